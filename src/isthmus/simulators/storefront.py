"""What every simulated shop offers to whoever stands outside it: controls, and where its webhooks go.

`POST /__sim/order` places one order as it is wished:

    {"lines": [{"sku": "MUG-0010", "quantity": 2, "attributes": {"Engraving": "For you"}}],
     "note": "Ring twice", "attributes": [{"key": "gift", "value": "yes"}],
     "fees": [{"name": "Gift wrap", "amount": "2.00"}], "email": "buyer1@example.com", "seed": 7}

Only `lines` is needed. `attributes` may be an object or, where a name comes twice, a list of keys and values; under the
system's own word (`customAttributes`, `meta_data`, `customFields`) they are taken as well. `email` is that of a buyer
with an account; without it, `seed` decides who buys, and how it is paid and sent. The answer tells the `reference`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast
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
            said = act(await body_of(request))
        except (TypeError, ValueError, ArithmeticError, LookupError) as wrong:
            return answer({"error": str(wrong)}, status=400)
        told = cast("dict[str, Any]", said) if isinstance(said, dict) else {}
        return answer({"done": True, **told})

    return handle


def hook_address(callback: str) -> str:
    """Return where webhooks go: the callback itself if it has a path, else the usual path on its host."""
    bare = callback.rstrip("/")
    return callback if urlsplit(bare).path else f"{bare}{HOOK_PATH}"


@dataclass(frozen=True, slots=True)
class WishedLine:
    """Some units of a SKU, with what is said of them."""

    sku: str
    quantity: int
    said: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class WishedOrder:
    """An order as somebody outside the shop wants it; amounts in the shop's currency."""

    lines: tuple[WishedLine, ...]
    note: str = ""
    said: tuple[tuple[str, Any], ...] = ()
    fees: tuple[tuple[str, Decimal], ...] = ()
    email: str = ""
    seed: int = 0


def wished(wish: Mapping[str, Any], word: str) -> WishedOrder:
    """Read what an order is to be; `word` is what this system calls attributes. Raises `ValueError`."""
    only(wish, {"lines", "note", "attributes", word, "fees", "email", "seed"}, "an order")
    lines = [_line(one, word) for one in wish.get("lines") or ()]
    if not lines:
        message = "an order needs lines, such as [{'sku': 'MUG-0010', 'quantity': 1}]"
        raise ValueError(message)
    return WishedOrder(
        lines=tuple(lines),
        note=str(wish.get("note") or ""),
        said=_said(wish, word),
        fees=tuple((str(one["name"]), Decimal(str(one["amount"]))) for one in wish.get("fees") or ()),
        email=str(wish.get("email") or ""),
        seed=int(wish.get("seed", 0)),
    )


def only(wish: Mapping[str, Any], known: Collection[str], what: str) -> None:
    """Raise `ValueError` for a name nobody here knows: it would be wished for in vain."""
    strange = sorted(wish.keys() - set(known))
    if strange:
        message = f"{what} has no {', '.join(strange)}: there are {', '.join(sorted(known))}"
        raise ValueError(message)


def _line(wish: Mapping[str, Any], word: str) -> WishedLine:
    only(wish, {"sku", "quantity", "attributes", word}, "a line")
    quantity = int(wish.get("quantity", 1))
    if quantity < 1:
        message = f"a quantity of {quantity} cannot be ordered"
        raise ValueError(message)
    return WishedLine(str(wish["sku"]), quantity, _said(wish, word))


def _said(wish: Mapping[str, Any], word: str) -> tuple[tuple[str, Any], ...]:
    found: list[tuple[str, Any]] = []
    for name in sorted({"attributes", word}):
        given: Any = wish.get(name) or []
        if isinstance(given, dict):
            given = [{"key": key, "value": value} for key, value in cast("dict[str, Any]", given).items()]
        found += [(str(one["key"]), one["value"]) for one in cast("list[dict[str, Any]]", given)]
    return tuple(found)
