"""What every simulated shop offers to whoever stands outside it: controls, and where its webhooks go."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from isthmus.simulators.stage import answer, body_of

#: where webhooks go when the callback is only a host
HOOK_PATH = "/hooks/shop"


class Unknown(LookupError):
    """There is no such order, SKU or place in this shop."""


def control(act: Callable[[dict[str, Any]], object]) -> Callable[[web.Request], Any]:
    """Return the handler of a control; what `act` cannot do is told with status 400."""

    async def handle(request: web.Request) -> web.Response:
        try:
            act(await body_of(request))
        except (TypeError, ValueError, ArithmeticError, LookupError) as wrong:
            return answer({"error": str(wrong)}, status=400)
        return answer({"done": True})

    return handle


def hook_address(callback: str) -> str:
    """Return where webhooks go: the callback itself if it has a path, else the usual path on its host."""
    bare = callback.rstrip("/")
    return callback if urlsplit(bare).path else f"{bare}{HOOK_PATH}"
