"""Do shop and ERP agree? Asked of the two systems, never of Isthmus; and does every exception have its question?"""

import json
from collections import Counter
from decimal import Decimal
from typing import Any

from tests.model.people import People, first_name, whole
from tests.model.town import PLACES


async def disagreements(people: People) -> list[str]:
    """Return what is not as it should be, in words; an order somebody is asked about is as it should be."""
    asked = {row["subject"]: row for row in await people.town.harness.parked()}
    found = [f"no question: {row['flow']} {row['subject']}" for row in asked.values() if not _is_question(row)]
    orders, excused = _orders(people, asked)
    strangers = [row for subject, row in asked.items() if subject not in excused]
    found += [f"asked for nothing: {row['flow']} {row['subject']} {row['code']}: {row['because']}" for row in strangers]
    return [*found, *orders, *_stock(people, set(excused.values())), *_customers(people)]


def _is_question(row: Any) -> bool:
    return bool(row["because"]) and bool(json.loads(row["answers"]))


def _orders(people: People, asked: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
    """Return what is wrong with orders, and those somebody is rightly asked about: their names by subject."""
    shop, erp = people.town.shop.truth(), people.town.erp.truth()
    held: dict[str, list[Any]] = {}
    for order in erp["orders"]:
        if order["reference"]:
            held.setdefault(order["reference"], []).append(order)
    found = [f"{reference}: not the shop's" for reference in held.keys() - set(people.orders)]
    excused: dict[str, str] = {}
    for order in shop["orders"]:
        wrong = _order(order, held.get(order["reference"], []))
        subject = order["id"].rpartition("/")[2]
        if wrong and len(held.get(order["reference"], [])) <= 1 and subject in asked and _may_ask(people, order):
            excused[subject] = order["reference"]
        elif wrong:
            found.append(f"{order['reference']}: {wrong}")
    return found, excused


def _may_ask(people: People, order: Any) -> bool:
    """Only what has left the warehouse is a person's business: nobody can send it back by a call."""
    history = people.amended.get(order["reference"], [])
    return "shipped" in history


def _order(order: Any, held: list[Any]) -> str:
    if len(held) > 1:
        return f"{len(held)} times in the ERP"
    wanted = _goods(order["lines"])
    if order["status"] == "cancelled" or not wanted:
        # One that was never written need not be; one that was is to be empty or canceled there.
        there = held[0] if held else None
        if there is None or there["status"] == "cancel":
            return ""
        return "" if order["status"] != "cancelled" and not _goods(there["lines"]) else "canceled, still sold"
    if not held:
        return "lost"
    there = held[0]
    if there["status"] != "sale":
        return f"{there['status']} in the ERP"
    if _goods(there["lines"]) != wanted:
        return f"{dict(_goods(there['lines']))} in the ERP, {dict(wanted)} in the shop"
    return "" if there["total"] == order["total"] else f"{there['total']} in the ERP, {order['total']} in the shop"


def _goods(lines: list[Any]) -> Counter[str]:
    goods: Counter[str] = Counter()
    for line in lines:
        goods[first_name(line["sku"])] += int(line["quantity"])
    return +goods


def _stock(people: People, excused: set[str]) -> list[str]:
    told = people.town.shop.truth()["stock"]
    free = {first_name(sku): places for sku, places in people.town.erp.truth()["stock"].items()}
    kept = _kept(people, excused)
    found: list[str] = []
    for sku, places in told.items():
        for place, figure in places.items():
            there = whole(free.get(first_name(sku), {}).get(PLACES[place], 0)) - kept[first_name(sku), place]
            if whole(figure) != max(Decimal(0), there):
                found.append(f"{sku} at {place}: {figure} told, {there} free")
    return found


def _kept(people: People, excused: set[str]) -> Counter[tuple[str, str]]:
    """Return what is sold and not booked in the ERP while somebody is asked: it stays out of what the shop is told."""
    booked = {order["reference"]: _goods(order["lines"]) for order in people.town.erp.truth()["orders"]}
    kept: Counter[tuple[str, str]] = Counter()
    for order in people.town.shop.shop.orders.values():
        if order.name not in excused or order.cancelled_at or not order.fulfillment_orders:
            continue
        place = order.fulfillment_orders[0].assigned_location.location.name
        sold: Counter[str] = Counter()
        for line in order.line_items:
            sold[first_name(line.sku)] += line.current_quantity
        for sku, quantity in (sold - booked.get(order.name, Counter())).items():
            kept[sku, place] += quantity
    return kept


def _customers(people: People) -> list[str]:
    """Return the keys under which the ERP holds more than one customer."""
    env = people.town.erp.env()
    refs = Counter(row["ref"] for row in env.table("res.partner").rows.values() if row["ref"])
    return [f"customer {ref}: {count} times in the ERP" for ref, count in refs.items() if count > 1]


def sorted_out(wrong: list[str]) -> dict[str, int]:
    """Return how much of what is wrong is lost, doubled, or of wrong content."""
    lost = sum(each.endswith(": lost") for each in wrong)
    doubled = sum("times in the ERP" in each for each in wrong)
    return {"lost": lost, "doubled": doubled, "wrong": len(wrong) - lost - doubled}
