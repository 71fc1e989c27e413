"""What really happened, read from the two systems themselves and not from Isthmus. Pure."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

State = Mapping[str, Any]


def figures(shop: State, erp: State, parked: Collection[str], seconds: float) -> dict[str, Any]:
    """Return the figures of a demonstration; `shop` and `erp` are answers of `/__sim/state`.

    `parked` are the order numbers Isthmus asks a person about. `skipped` are orders that rightly
    stay in the shop: test orders, and those cancelled before anyone could import them.
    """
    return {
        "orders": _orders(shop["orders"], erp["orders"], parked),
        "stock": _stock(shop, erp),
        "seconds": round(seconds, 1),
        "calls": {
            "shop": sum(shop["calls"].values()),
            "erp": sum(erp["calls"].values()),
            "throttled": shop.get("throttled", 0) + erp.get("throttled", 0),
        },
    }


def clean(result: Mapping[str, Any]) -> bool:
    """Tell whether nothing was lost, doubled or wrong."""
    orders = result["orders"]
    return not (orders["lost"] or orders["doubled"] or orders["wrong_content"] or result["stock"]["wrong"])


def _orders(offered: Sequence[State], booked: Sequence[State], parked: Collection[str]) -> dict[str, int]:
    by_reference: defaultdict[str, list[State]] = defaultdict(list)
    for order in booked:
        by_reference[order["reference"]].append(order)
    names = ("offered", "once_in_erp", "lost", "doubled", "parked", "skipped", "wrong_content")
    count: dict[str, int] = dict.fromkeys(names, 0)
    for order in offered:
        count["offered"] += 1
        found = by_reference.get(order["reference"], [])
        if len(found) > 1:
            count["doubled"] += 1
        elif found:
            count["once_in_erp"] += 1
            count["wrong_content"] += not same(order, found[0])
        elif order["reference"] in parked:
            count["parked"] += 1
        elif order["test"] or order["status"] == "cancelled":
            count["skipped"] += 1
        else:
            count["lost"] += 1
    return count


def same(ordered: State, booked: State) -> bool:
    """Tell whether the ERP's order says what the shop's says."""
    if ordered["status"] == "cancelled" or booked["status"] == "cancel":
        return ordered["status"] == "cancelled" and booked["status"] == "cancel"
    return (
        _lines(ordered) == _lines(booked)
        and Decimal(ordered["total"]) == Decimal(booked["total"])
        and ordered["currency"] == booked["currency"]
    )


def _lines(order: State) -> list[tuple[str, Decimal, Decimal]]:
    lines = [(line["sku"], Decimal(str(line["quantity"])), Decimal(line["unit_price"])) for line in order["lines"]]
    return sorted(line for line in lines if line[1])


def _stock(shop: State, erp: State) -> dict[str, int]:
    skus, wrong = len(_sold(shop, erp)), len(wrong_stock(shop, erp))
    return {"skus": skus, "equal": skus - wrong, "wrong": wrong}


def wrong_stock(shop: State, erp: State) -> list[str]:
    """Return the SKUs of which all places together do not offer what the ERP has free, less orders it does not know."""
    booked = {order["reference"] for order in erp["orders"]}
    unknown: defaultdict[str, Decimal] = defaultdict(Decimal)
    for order in shop["orders"]:
        if order["reference"] not in booked and order["status"] == "open" and not order["test"]:
            for line in order["lines"]:
                unknown[line["sku"]] += Decimal(str(line["quantity"]))
    sold = _sold(shop, erp)
    return [sku for sku in sold if _sum(shop["stock"][sku]) != max(Decimal(0), _sum(sold[sku]) - unknown[sku])]


def _sold(shop: State, erp: State) -> dict[str, Mapping[str, Any]]:
    return {sku: places for sku, places in erp["stock"].items() if sku in shop["stock"]}


def _sum(places: Mapping[str, Any]) -> Decimal:
    return sum((max(Decimal(0), Decimal(str(quantity))) for quantity in places.values()), start=Decimal(0))
