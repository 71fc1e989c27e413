"""How much of a product lies somewhere: the sum of moves, seen through the context of the call.

`locations` names the places (nothing there: no stock at all), `stock_date_end` the day looked at. One location, or
warehouses only, count with everything below them; several locations count alone unless `with_childs` says otherwise.
"""

import operator as py
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from isthmus.simulators.rows import Row
from isthmus.simulators.tryton.orm.env import Env
from isthmus.simulators.tryton.orm.fields import ZERO, number

MOVES, LOCATIONS = "stock.move", "stock.location"
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": py.eq, "!=": py.ne, "<": py.lt, "<=": py.le, ">": py.gt, ">=": py.ge,
}  # fmt: skip


def quantity_of(env: Env, product: int, *, forecast: bool) -> Decimal:
    """Return the quantity of a product as the context asks for it, in its default unit."""
    locations = _asked(env)
    return _summed(env, product, _groups(env, locations), forecast=forecast) if locations else ZERO


def matches(env: Env, sign: str, value: Any, *, forecast: bool) -> Any:
    """Return the domain of the products whose quantity compares to `value`."""
    locations = _asked(env)
    if not locations:
        return []
    groups = _groups(env, locations)
    if sign.endswith("in"):
        wanted = {number(one) for one in value}
        return _ids(env, groups, lambda found: (found in wanted) is (sign == "in"), forecast=forecast)
    bound = number(value)
    return _ids(env, groups, lambda found: _SIGNS[sign](found, bound), forecast=forecast)


def _ids(env: Env, groups: list[frozenset[int]], fits: Callable[[Decimal], bool], *, forecast: bool) -> Any:
    rows = env.table("product.product").rows
    return [["id", "in", [i for i in rows if fits(_summed(env, i, groups, forecast=forecast))]]]


def in_location(env: Env, product: int, location: int, *, forecast: bool = False) -> Decimal:
    """Return what lies in a location and below it today."""
    groups = [env[LOCATIONS].family([location], up=False)]
    return _summed(env.with_context(stock_date_end=None), product, groups, forecast=forecast)


def free_in(env: Env, product: int, location: int) -> Decimal:
    """Return what could still be assigned there: done moves in, done and assigned ones out."""
    places = env[LOCATIONS].family([location], up=False)
    free = ZERO
    for move_id in env.table(MOVES).where("product", product):
        move = env.table(MOVES).rows[move_id]
        if move["state"] == "done" and move["to_location"] in places:
            free += move["internal_quantity"]
        if move["state"] in ("done", "assigned") and move["from_location"] in places:
            free -= move["internal_quantity"]
    return free


def _asked(env: Env) -> list[int]:
    context = env.context
    told = context.get("locations") or ([context["location"]] if context.get("location") else [])
    return list(told)


def _groups(env: Env, locations: list[int]) -> list[frozenset[int]]:
    """Return sets of places between which moves do not count: each warehouse with what is below it, or all at once."""
    rows = env.table(LOCATIONS).rows
    warehouses = all(i in rows and rows[i]["type"] == "warehouse" for i in locations)
    groups = [[i] for i in locations] if warehouses else [locations]
    result: list[frozenset[int]] = []
    for group in groups:
        if env.context.get("stock_skip_warehouse"):
            group = [rows[i]["storage_location"] or i for i in group]  # noqa: PLW2901
        deep = env.context.get("with_childs", len(group) == 1)
        if deep:
            result.append(env[LOCATIONS].family(group, up=False))
        else:
            result.extend(frozenset([i]) for i in group)
    return result


def _summed(env: Env, product: int, groups: list[frozenset[int]], *, forecast: bool) -> Decimal:
    counts = _counted(env, forecast=forecast)
    moves = env.table(MOVES)
    found = ZERO
    for move_id in moves.where("product", product):
        move = moves.rows[move_id]
        if not counts(move):
            continue
        for places in groups:
            found += move["internal_quantity"] * ((move["to_location"] in places) - (move["from_location"] in places))
    return found


def _counted(env: Env, *, forecast: bool) -> Callable[[Row], bool]:
    """Return which moves count: done ones until the day, planned ones as well from today on when forecasting."""
    today = env.today
    end: date = env.context.get("stock_date_end") or date.max
    if not forecast:
        end = min(end, today)
        return lambda move: move["state"] == "done" and move["effective_date"] <= end
    if end < today:
        return lambda move: move["state"] == "done" and move["effective_date"] <= end

    def planned(move: Row) -> bool:
        if move["state"] not in ("done", "draft", "assigned"):
            return False
        # Assigned counts as of today; what was planned for a day that is over and never happened does not count.
        day = move["effective_date"] or (today if move["state"] == "assigned" else move["planned_date"]) or date.max
        return (move["state"] == "done" and day <= today) or today <= day <= end

    return planned
