"""Who bought: one entry for each order, and a guest is there as long as the order is."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from isthmus.canonical.money import Money
from isthmus.canonical.order import Order, OrderStatus
from isthmus.canonical.party import Customer
from isthmus.craft.buyers import BuyerListing
from isthmus.ports.errors import WireDrift
from isthmus.ports.listing import Keyed, ListPage, Span
from isthmus.ports.source import Cursor, Unreadable

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SPAN = Span(NOON, NOON)
BAD = Unreadable("9", "#9", WireDrift("odd"))


def an_order(number: int, buyer: str | None) -> Keyed[Order]:
    order = Order(
        external_id=str(number),
        number=f"#{number}",
        status=OrderStatus.RECEIVED,
        placed_at=NOON,
        currency="EUR",
        lines=(),
        total=Money(Decimal(0), "EUR"),
        customer=Customer(external_id=buyer, name="Anna Muster", email="anna@example.com") if buyer else None,
    )
    return Keyed(str(number), order)


class Orders:
    """A list of orders on two pages."""

    def __init__(self) -> None:
        self.known = [an_order(1, "7"), an_order(2, "guest:2"), an_order(3, "7"), an_order(4, None)]
        self.asked: list[str] = []

    async def listed(
        self, span: Span, *, ours: str = "", after: Cursor | None = None
    ) -> AsyncIterator[ListPage[Order]]:
        assert (span, ours) == (SPAN, "shop:")
        if after is None:
            yield ListPage(self.known[:2], Cursor("2"), [BAD])
        yield ListPage(self.known[2:], Cursor("4"), last=True)

    async def named(self, keys: Sequence[str]) -> Sequence[Keyed[Order]]:
        self.asked += keys
        return [entry for entry in self.known if entry.key in keys]


class Shop:
    """A shop with two customers whose ids are digits."""

    def __init__(self) -> None:
        self.orders = Orders()
        self.asked: list[str] = []
        self.buyers = BuyerListing(self.orders, self.there, is_id=str.isdigit)

    async def there(self, ids: Sequence[str]) -> list[str]:
        self.asked += ids
        return [one for one in ids if one in {"7", "8"}]


async def test_who_bought_twice_is_there_twice_and_goes_by_an_id_alone() -> None:
    pages = [page async for page in Shop().buyers.listed(SPAN, ours="shop:")]
    entries = [entry for page in pages for entry in page.entries]
    assert [(entry.key, entry.record.number, entry.record.custom) for entry in entries] == [
        ("7", "#1", {"order": "1"}),
        ("guest:2", "#2", {"order": "2"}),
        ("7", "#3", {"order": "3"}),
    ]
    assert {(entry.record.name, entry.record.email) for entry in entries} == {("", "")}
    assert [(page.cursor, page.bad, page.last) for page in pages] == [("2", [BAD], False), ("4", (), True)]


async def test_the_list_goes_on_behind_a_page() -> None:
    (page,) = [page async for page in Shop().buyers.listed(SPAN, ours="shop:", after=Cursor("2"))]
    assert [entry.key for entry in page.entries] == ["7"]


async def test_people_are_asked_for_by_id_and_guests_by_their_order() -> None:
    shop = Shop()
    keys = ["7", "9", "guest:2", "guest:99", "guest:odd", "odd", ""]
    assert sorted(entry.key for entry in await shop.buyers.named(keys)) == ["7", "guest:2"]
    assert (shop.asked, shop.orders.asked) == (["7", "9"], ["2", "99"])
