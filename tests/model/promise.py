"""Stock is never promised twice: each write that raises a figure is held against what there was and what was sold."""

from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from isthmus.kit.http import Request, Response
from tests.model.people import People, first_name
from tests.model.town import PLACES
from tests.model.weather import Weather

Where = tuple[str, str]
#: Readings the newest figure may come from: two places, and one reading that may still be on its way into the store.
USUAL = 4
#: And when answers were lost or everything stopped in between: then an older one may be the last that was kept.
TROUBLED = 64


@dataclass(frozen=True, slots=True)
class Look:
    """What the ERP had when its figures were read: free by SKU and place, and what it held of each order.

    A SKU is always what it was called at first: names change on either side and at any moment.
    """

    free: dict[Where, int]
    booked: dict[tuple[str, str], int]  # by order and SKU


class Promise:
    """Watches the wire, the weather included."""

    def __init__(self, people: People, weather: Weather) -> None:
        self.people = people
        self.weather = weather
        self.broken: list[str] = []
        self.raised = 0
        self._looks: deque[Look] = deque(maxlen=TROUBLED)
        self._trusted = USUAL

    async def __call__(self, side: str, request: Request, through: Callable[[], Awaitable[Response]]) -> Response:
        body = request.body or b""

        async def watched() -> Response:
            before = self._told() if side == "shop" and b"inventorySetQuantities" in body else None
            answer = await through()
            if side == "erp" and b"free_qty" in body:
                self._looks.append(self.look())
            if before is not None:
                self._check(before)
            return answer

        struck = self.weather.struck.total()
        try:
            return await self.weather(side, request, watched)
        finally:
            if self.weather.struck.total() != struck:
                self.trouble()

    def trouble(self) -> None:
        """Say that a reading may not have been kept."""
        self._trusted = TROUBLED

    def calm(self) -> None:
        """Say that everything was read and kept."""
        self._trusted = USUAL

    def look(self) -> Look:
        """Return what the ERP has now."""
        truth = self.people.town.erp.truth()
        free = {
            (first_name(sku), place): int(by[code])
            for sku, by in truth["stock"].items()
            for place, code in PLACES.items()
            if code in by
        }
        booked: Counter[tuple[str, str]] = Counter()
        for order in truth["orders"]:
            for line in order["lines"] if order["status"] == "sale" else ():
                booked[order["reference"], first_name(line["sku"])] += int(line["quantity"])
        return Look(free, booked)

    def _told(self) -> dict[Where, int]:
        told = self.people.town.shop.truth()["stock"]
        return {(first_name(sku), place): figure for sku, places in told.items() for place, figure in places.items()}

    def _check(self, before: dict[Where, int]) -> None:
        sold = self._sold()
        looks = list(self._looks)[-self._trusted :]
        for where, after in self._told().items():
            if after <= before[where]:
                continue
            self.raised += 1
            most = max((self._left(look, where, sold) for look in looks), default=0)
            if after > max(0, most):
                # Written down and not raised: the engine would take it for a defect of its own.
                self.broken.append(f"{where[0]} at {where[1]}: {before[where]} raised to {after}, at most {most} left")

    def _left(self, look: Look, where: Where, sold: dict[tuple[str, Where], int]) -> int:
        booked: Counter[str] = Counter()
        for (reference, sku), quantity in look.booked.items():
            booked[reference] += quantity if sku == where[0] else 0
        open_ = sum(
            max(0, quantity - booked[reference]) for (reference, place), quantity in sold.items() if place == where
        )
        return look.free.get(where, 0) - open_

    def _sold(self) -> dict[tuple[str, Where], int]:
        """Return what each living order takes from where."""
        found: Counter[tuple[str, Where]] = Counter()
        for order in self.people.town.shop.shop.orders.values():
            if order.cancelled_at or not order.fulfillment_orders:
                continue
            place = order.fulfillment_orders[0].assigned_location.location.name
            for line in order.line_items:
                if line.sku and line.current_quantity:
                    found[order.name, (first_name(line.sku), place)] += line.current_quantity
        return found
