"""Which of a shop's order flows takes which orders: `[flows.<name>.when]`, checked."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from isthmus.bootstrap.checks import FILE, ConfigError, check_keys, table_of
from isthmus.flows.settings import OrderSettings, StockSettings
from isthmus.policies.routing import ASKED, Way, When, asked

_COUNTRY = 2


def read_when(written: Any, flow: str) -> When:
    """Return the rule of a flow. Raises `ConfigError`."""
    where = f"[flows.{flow}.when]"
    table = table_of(written, where)
    check_keys(table, ASKED, f"{where} ")
    words = {name: _words(value, f"{where} {name}") for name, value in table.items()}
    for country in words.get("country", ()):
        if len(country) != _COUNTRY or not country.isalpha():
            message = f'{FILE}: {where} country = {country!r} must be two letters, such as "DE"'
            raise ConfigError(message)
    return asked(**words)


def with_neighbors(settings: Sequence[OrderSettings | StockSettings]) -> list[OrderSettings | StockSettings]:
    """Tell each flow of the others of its shop.

    Raises `ConfigError` where one takes every order before another one is asked, and where two stock flows are to write
    the same location of a shop.
    """
    by_shop: defaultdict[str, list[OrderSettings]] = defaultdict(list)
    for each in settings:
        if isinstance(each, OrderSettings):
            by_shop[each.source].append(each)
    ways: dict[str, tuple[Way, ...]] = {}
    for flows in by_shop.values():
        for one, following in pairwise(flows):
            if not one.when:
                message = (
                    f"{FILE}: [flows.{one.name}] takes every order of {one.source}, so [flows.{following.name}] gets "
                    f"none: say in [flows.{one.name}.when] which orders it takes, or put it last"
                )
                raise ConfigError(message)
        if len(flows) > 1 or flows[0].when:
            ways |= dict.fromkeys(
                (each.name for each in flows), tuple(Way(each.name, each.destination, each.when) for each in flows)
            )
    stock = [each for each in settings if isinstance(each, StockSettings)]
    _apart(stock)
    return [
        replace(each, ways=ways.get(each.name, ()))
        if isinstance(each, OrderSettings)
        else replace(each, beside=tuple(o for o in stock if o.destination == each.destination and o.name != each.name))
        for each in settings
    ]


def _apart(flows: Sequence[StockSettings]) -> None:
    """Refuse two flows that write the same location: each would undo what the other has written."""
    writers: dict[tuple[str, str], str] = {}
    for each in flows:
        for place in {place for place in each.places.values() if place}:
            key = each.destination, place.casefold()
            if key in writers:
                message = (
                    f"{FILE}: [flows.{each.name}.places] and [flows.{writers[key]}.places] both name {place!r} of "
                    f"{each.destination}: the stock of a location comes from one ERP"
                )
                raise ConfigError(message)
            writers[key] = each.name


def _words(value: Any, where: str) -> list[str]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not words:
        message = f'{FILE}: {where} = {value!r} must be a text or a list of texts, such as ["DE", "AT"]'
        raise ConfigError(message)
    found: list[str] = []
    for word in words:  # pyright: ignore[reportUnknownVariableType] - what the file says
        if not isinstance(word, str) or not word.strip():
            message = f"{FILE}: {where} = {value!r} must hold texts, and none may be empty"
            raise ConfigError(message)
        found.append(word.strip())
    return found
