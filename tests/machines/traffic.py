"""A day at the shop and in the ERP, and what both must agree on afterwards. Only the two systems are asked."""

import random
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.machines.scene import CALLS_AT_A_TIME, Scene

HOT = 3  # orders that are edited again and again
PLACES = {"Main warehouse": "WH", "East warehouse": "EAST"}
#: One refusal in so many calls may happen: answers of calls that overlap reach their processes in another order than
#: they were given, so what the shop says it has left may be older than it looks.
REFUSED_AT_MOST = 100
Verdict = dict[str, list[str]]
#: What time does not mend: waiting for it is no use.
FOR_GOOD = frozenset({"doubled", "went back", "too many at once", "throttled"})


@dataclass(slots=True)
class Traffic:
    """Orders, edits, cancellations and stock counts until told to stop."""

    scene: Scene
    seed: int
    orders_a_second: float = 2.0
    #: What the ERP must have seen in rising order only: (order, SKU).
    hot: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    wrong: list[str] = field(default_factory=list[str])
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - repeatable chance, not secrecy
        self._thread = threading.Thread(target=self._run)

    def begin(self) -> None:
        """Place the orders that will be edited, and start the day."""
        placed = self.scene.call("shop", "orders", count=HOT, seed=self.seed)["references"]
        shown = {each["reference"]: each for each in self.scene.call("shop", "state")["orders"]}
        for reference in placed:
            skus = Counter(line["sku"] for line in shown[reference]["lines"] if line["sku"])
            sku = next(iter(skus))
            self.hot[reference, sku] = max(line["ordered"] for line in shown[reference]["lines"] if line["sku"] == sku)
        self._thread.start()

    def burst(self, orders: int) -> None:
        """Place so many orders at once: more than the workers can have done in a moment."""
        self.scene.call("shop", "orders", count=orders, seed=self._chance.randrange(1_000_000))

    def end(self) -> None:
        """Close the shop."""
        self._over.set()
        self._thread.join()
        if self.wrong:
            raise RuntimeError(self.wrong[0])

    def _run(self) -> None:
        steps = 0
        try:
            while not self._over.wait(0.5):
                steps += 1
                count = max(1, round(self.orders_a_second / 2))
                self.scene.call("shop", "orders", count=count, seed=self.seed + 1000 + steps)
                self._edit()
                if steps % 6 == 0:
                    self._count_stock()
                if steps % 10 == 0:
                    self._cancel()
        except Exception as wrong:  # noqa: BLE001 - told to whoever waits for this thread
            self.wrong.append(f"{type(wrong).__name__}: {wrong}")

    def _edit(self) -> None:
        for reference, sku in self._chance.sample(sorted(self.hot), k=2):
            quantity = self.hot[reference, sku] = self.hot[reference, sku] + 1
            self.scene.call("shop", "edit", reference=reference, sku=sku, quantity=quantity)

    def _count_stock(self) -> None:
        stock = self.scene.call("erp", "state")["stock"]
        sku = self._chance.choice(sorted(stock))
        self.scene.call("erp", "stock", sku=sku, place="WH", quantity=self._chance.randint(200, 900))

    def _cancel(self) -> None:
        orders = self.scene.call("shop", "state")["orders"]
        hot = {reference for reference, _ in self.hot}
        found = [each["reference"] for each in orders if each["status"] == "open" and each["reference"] not in hot]
        if found:
            self.scene.call("shop", "cancel", reference=self._chance.choice(found))


def verdict(scene: Scene, hot: Iterable[tuple[str, str]]) -> Verdict:
    """Return what is not as it must be, by name; all empty when all is well."""
    return compare(scene.call("shop", "state"), scene.call("erp", "state"), scene.call("erp", "history"), hot)


def compare(
    shop: dict[str, Any], erp: dict[str, Any], history: dict[str, Any], hot: Iterable[tuple[str, str]]
) -> Verdict:
    """Return the verdict on what both systems say of themselves; `hot`: orders and SKUs whose quantity only rose."""
    booked = Counter(order["reference"] for order in erp["orders"])
    held = {order["reference"]: order for order in erp["orders"]}
    open_ones = [order for order in shop["orders"] if order["status"] == "open" and not order["test"]]
    free = {(sku, code): figure for sku, places in erp["stock"].items() for code, figure in places.items()}
    told = {(sku, PLACES[place]): figure for sku, by in shop["stock"].items() for place, figure in by.items()}
    return {
        "lost": [each["reference"] for each in open_ones if not booked[each["reference"]]],
        "doubled": [reference for reference, count in booked.items() if count > 1],
        "strange": sorted(set(booked) - {order["reference"] for order in shop["orders"]}),
        "not equal": [o["reference"] for o in open_ones if (h := held.get(o["reference"])) and _differs(o, h)],
        "not canceled": [
            order["reference"]
            for order in shop["orders"]
            if order["status"] == "cancelled" and held.get(order["reference"], {}).get("status", "cancel") != "cancel"
        ],
        "went back": [
            f"{reference} {sku}: {seen}" for (reference, sku), seen in _seen(history, hot).items() if _falls(seen)
        ],
        "wrong stock": [f"{key}: {told[key]} told, {free[key]} free" for key in told if told[key] != free.get(key)],
        "too many at once": [f"{erp['most_at_once']}"] if erp["most_at_once"] > CALLS_AT_A_TIME else [],
        "throttled": [f"{name} {side['throttled']}" for name, side in (("shop", shop), ("erp", erp)) if _refuses(side)],
    }


def _refuses(side: dict[str, Any]) -> bool:
    return side["throttled"] > sum(side["calls"].values()) / REFUSED_AT_MOST


def _differs(order: dict[str, Any], held: dict[str, Any]) -> bool:
    wanted, there = Counter[str](), Counter[str]()
    for line in order["lines"]:
        wanted[line["sku"]] += line["quantity"]
    for line in held["lines"]:
        there[line["sku"]] += line["quantity"]
    return held["total"] != order["total"] or held["status"] != "sale" or +wanted != +there


def _seen(history: dict[str, Any], hot: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[int]]:
    moments = {each["reference"]: each["moments"] for each in history["orders"]}
    return {
        (reference, sku): [moment["lines"].get(sku, 0) for moment in moments.get(reference, [])]
        for reference, sku in hot
    }


def _falls(seen: list[int]) -> bool:
    return any(later < earlier for earlier, later in pairwise(seen))


def count(scene: Scene) -> dict[str, int]:
    """Return figures for the report: how much was asked of whom."""
    shop, erp = scene.call("shop", "state"), scene.call("erp", "state")
    return {
        "orders": len(shop["orders"]),
        "booked": len(erp["orders"]),
        "erp_calls": sum(erp["calls"].values()),
        "shop_calls": sum(shop["calls"].values()),
        "shop_refused": shop["throttled"],
        "most_at_once": erp["most_at_once"],
        "writes_of_edited": sum(len(each["moments"]) for each in scene.call("erp", "history")["orders"]),
    }
