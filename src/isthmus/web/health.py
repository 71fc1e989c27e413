"""Is the process alive, and may it get traffic?"""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from isthmus.engine.engine import Engine
from isthmus.store.group import StoreError
from isthmus.store.migrate import phase_of
from isthmus.web.ingress import Ingress

#: Whoever asks again sooner hears the same: anybody may ask, and the answer costs the database something.
FRESH_S = 1.0
Told = dict[str, Any]


class Health:
    """`/health/live` and `/health/ready`."""

    def __init__(self, engine: Engine, ingress: Ingress) -> None:
        """Ask the engine's store, and the ingress whether it takes deliveries."""
        self._engine = engine
        self._ingress = ingress
        self._asked_at = float("-inf")
        self._asking: asyncio.Task[Told] | None = None

    async def live(self, _request: Request) -> Response:
        """Answer as long as the loop turns."""
        return JSONResponse({"live": True})

    async def ready(self, _request: Request) -> Response:
        """Answer 200 when deliveries can be stored, 503 with the reason and since when otherwise."""
        now = asyncio.get_running_loop().time()
        if self._asking is None or now - self._asked_at >= FRESH_S:
            self._asked_at = now
            self._asking = asyncio.create_task(self._ask())
        told = await asyncio.shield(self._asking)
        return JSONResponse(told, status_code=200 if told["ready"] else 503)

    async def _ask(self) -> Told:
        admission = self._ingress.admission
        standing = admission.standing()
        if not standing.code.startswith("store_"):  # else it would not answer this either
            try:
                pending = await self._engine.context.store.pending()
            except StoreError as wrong:
                return {"ready": False, "because": str(wrong)}
            # A change that takes away waits until the last old process is gone; traffic need not.
            if any(phase_of(name) == "pre" for name in pending):
                return {"ready": False, "because": "the schema is not up to date"}
            await self._ingress.watch.look()
            standing = admission.standing()
        if standing.taking:
            return {"ready": True}
        since = standing.since.isoformat() if standing.since is not None else None
        return {"ready": False, "code": standing.code, "because": standing.because, "since": since}
