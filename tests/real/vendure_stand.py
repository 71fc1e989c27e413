"""What the tests of a real Vendure stand on: a session, a line on which things happen, the shop's staff."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from isthmus.canonical.quantity import pieces
from isthmus.canonical.stock import StockLevel
from isthmus.connectors.vendure import CONNECTOR
from isthmus.kit.clock import SystemClock
from isthmus.kit.http import AnswerLost, Http, Request, Response
from isthmus.ports.connector import Session, Tools
from isthmus.testing.pace import OpenPace
from tests.real.vendure_day import Merchant
from tests.real.vendure_hooks import Inbox, receiving
from tests.real.vendure_seed import signed_in

NAMES = ("URL", "LOGIN", "PASSWORD", "SECRET", "HOOKS", "STAFF", "STAFF_PASSWORD")
REAL = {name: os.environ.get(f"ISTHMUS_TEST_VENDURE_{name}", "") for name in NAMES}
GIVEN = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not all(REAL.values()), reason="no real Vendure given: `make test-real` starts one"),
]
LAMP, SHELF, CHAIR = "LAMP-0001", "SHELF-0002", "CHAIR-0003"


class Wire(Http):
    """A connection on which something can happen to one operation."""

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[str, Callable[[], Awaitable[Any]]] = {}
        self.losing: set[str] = set()
        self.without: str = ""
        self.calls: list[str] = []

    async def send(self, request: Request) -> Response:
        self.calls.append(request.operation)
        if happens := self.before.pop(request.operation, None):
            await happens()
        answer = await super().send(request)
        if request.operation in self.losing:
            self.losing.discard(request.operation)
            message = "the line broke"
            raise AnswerLost(message)
        if self.without:
            kept = [(name, value) for name, value in answer.headers.items() if name.lower() != self.without]
            return Response(answer.status, _Headers(kept), answer.body)
        return answer


class _Headers(dict[str, str]):
    """Headers as they come, several of a name too."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def items(self) -> Any:
        return self._pairs


@pytest.fixture(scope="module")
def merchant() -> Merchant:
    found = Merchant(signed_in(REAL["URL"], REAL["STAFF"], REAL["STAFF_PASSWORD"]))
    found.find()
    return found


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    with receiving(urlsplit(REAL["HOOKS"]).port or 0) as found:
        yield found


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire() as http:
        yield http


@pytest.fixture
def session(wire: Wire, inbox: Inbox) -> Session:
    del inbox  # it listens meanwhile
    return opened(wire)


def opened(wire: Http, **more: str) -> Session:
    form = {one.key: one.default for one in CONNECTOR.manifest.settings}
    own = {
        "url": REAL["URL"],
        "login": REAL["LOGIN"],
        "password": REAL["PASSWORD"],
        "webhook_secret": REAL["SECRET"],
    }
    return CONNECTOR.open({**form, **own, **more}, Tools("shop", wire, SystemClock(), OpenPace()))


def wanted(level: StockLevel, count: int) -> StockLevel:
    return StockLevel(
        external_id=level.external_id,
        sku=level.sku,
        warehouse=level.warehouse,
        item_ref=level.item_ref,
        available=pieces(count),
    )


async def level_of(session: Session, merchant: Merchant, sku: str, place: str = "WH") -> StockLevel:
    [level] = await session.sources["stock_level"].read([f"{merchant.variants[sku]}@{merchant.places[place]}"])
    return level
