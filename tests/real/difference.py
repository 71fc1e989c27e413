"""The same scenario told to a real Tryton and to the simulated one: each request, and whether both answered alike.

What no two databases share (ids, numbers, times) is blanked out by `tests/simulators/tryton/notes.py`, nothing else.
"""

import secrets
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientResponse, ClientSession

from isthmus.simulators.stage import serve, stage
from isthmus.simulators.tryton import SIMULATOR
from tests.real.tryton import ADMIN_PASSWORD, MODULES, RealTryton
from tests.simulators.tryton.caller import Caller
from tests.simulators.tryton.notes import Notes
from tests.simulators.tryton.scenario import Play

#: The scenario sells at price lists and packs parcels, too; what the simulated one has installed.
DIFF_MODULES = (
    *MODULES,
    "account_credit_limit",
    "account_payment",
    "party_relationship",
    "product_price_list",
    "sale_credit_limit",
    "sale_price_list",
    "sale_promotion",
    "stock_package",
    "stock_package_shipping",
)
#: Differences that are as they should be, by the name of the request, each with its reason.
EXPLAINED: Mapping[str, str] = {}
SHOWN = 160


@dataclass
class Noting(Caller):
    """A caller that remembers what it asked."""

    asked: list[str] = field(default_factory=list)

    async def post(self, path: str, body: Any, **headers: str) -> ClientResponse:
        """Remember the method, or the path."""
        named = body.get("method") if isinstance(body, dict) else None
        self.asked.append(str(named or f"POST {path}"))
        return await super().post(path, body, **headers)


class NotedPlay(Play):
    """The scenario, with the request behind each note."""

    def __init__(self, call: Noting, tag: str) -> None:
        """Play to `call`."""
        super().__init__(call, tag)
        self.requests: dict[str, str] = {}

    async def note(self, name: str, work: Awaitable[Any]) -> Any:
        """Write down what was asked, too."""
        asked = self.call.asked  # type: ignore[attr-defined]
        before = len(asked)
        answer = await super().note(name, work)
        self.requests[name] = asked[-1] if len(asked) > before else ""
        return answer


@dataclass(frozen=True, slots=True)
class Row:
    """One request and both answers."""

    name: str
    request: str
    real: Any
    ours: Any

    @property
    def same(self) -> bool:
        """Tell whether both answered alike."""
        return self.real == self.ours

    @property
    def unexplained(self) -> bool:
        """Tell whether somebody has to look at it."""
        return not self.same and self.name not in EXPLAINED


async def compared(real: RealTryton) -> Sequence[Row]:
    """Play to both, as their administrators, and return every request."""
    tag = secrets.token_hex(4).upper().translate(str.maketrans("0123456789", "GHIJKLMNOP"))
    async with ClientSession(auto_decompress=False) as http:
        there = NotedPlay(Noting(http, real.url, real.database, "admin", ADMIN_PASSWORD), tag)
        theirs = await there()
        async with simulated(http) as caller:
            here = NotedPlay(caller, tag)
            ours = await here()
    return rows(theirs, ours, {**here.requests, **there.requests})


def rows(theirs: Notes, ours: Notes, requests: Mapping[str, str]) -> Sequence[Row]:
    """Lay two plays side by side; what only one of them came to is a difference."""
    names = [*theirs, *(name for name in ours if name not in theirs)]
    return [Row(name, requests.get(name, ""), theirs.get(name, "-"), ours.get(name, "-")) for name in names]


@asynccontextmanager
async def simulated(http: ClientSession) -> AsyncIterator[Noting]:
    """Yield a caller of a fresh simulated Tryton."""
    runner = await serve(stage(SIMULATOR.build("skus:10", None)), 0)
    try:
        yield Noting(http, f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


def table(rows: Sequence[Row]) -> str:
    """Return a line for every request, what differs in full, and the sum."""
    lines: list[str] = []
    for row in rows:
        lines.append(f"{'same   ' if row.same else 'DIFFERS'}  {row.name:32}  {row.request}".rstrip())
        if not row.same:
            lines += [f"         {at}" for at in parts(row.real, row.ours)]
            lines += [f"         because {EXPLAINED[row.name]}"] if row.name in EXPLAINED else []
    differing = [row for row in rows if not row.same]
    unexplained = sum(row.unexplained for row in rows)
    lines.append(f"{len(rows)} requests, {len(differing)} answered differently, {unexplained} of them unexplained")
    return "\n".join(lines) + "\n"


def parts(real: Any, ours: Any, at: str = "") -> list[str]:
    """Name where two answers differ."""
    if isinstance(real, dict) and isinstance(ours, dict):
        keys = sorted({*real, *ours})
        return [each for key in keys for each in parts(real.get(key, "-"), ours.get(key, "-"), f"{at}.{key}")]
    if isinstance(real, list) and isinstance(ours, list) and len(real) == len(ours):
        pairs = enumerate(zip(real, ours, strict=True))
        return [each for place, pair in pairs for each in parts(*pair, f"{at}[{place}]")]
    return [] if real == ours else [f"{at or 'answer'}: real {str(real)[:SHOWN]}, simulated {str(ours)[:SHOWN]}"]
