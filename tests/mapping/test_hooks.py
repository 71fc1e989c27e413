"""The project's own functions: typed, checked, and without a way to change what they are handed."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from isthmus.canonical.money import Money
from isthmus.canonical.order import Order, OrderLine
from isthmus.canonical.party import Address
from isthmus.mapping.build import build
from isthmus.mapping.document import read_document
from isthmus.mapping.errors import CannotRead, CannotWork
from isthmus.mapping.expression import expression
from isthmus.mapping.scope import Scope
from isthmus.mapping.tables import Tables
from isthmus.ports.errors import Unmapped
from isthmus.testing.builders import an_order

Hook = Callable[..., Any]


def scope(*hooks: Hook) -> Scope:
    return Scope({"order": Order}, "order", hooks={each.__name__: each for each in hooks})


def of(text: str, hook: Hook, **said: Any) -> Any:
    return expression(text, scope(hook)).of(replace(an_order("7"), **said), None)


def route(address: Address | None, weight: Decimal, express: bool = False) -> str:  # noqa: FBT001, FBT002 - as a project has it
    return f"{address.country if address else '?'}-{weight}-{express}"


def shares(order: Order) -> list[Decimal]:
    return [line.quantity.value / 3 for line in order.lines]


def deliver(when: datetime, days: Decimal) -> date:
    return date(when.year, when.month, when.day + int(days))


def test_a_hook_says_what_rules_cannot() -> None:
    assert of("hooks.route(shipping_to, 2.5)", route) == "?-2.5-False"
    assert of("hooks.route(shipping_to, 2.5, is_test)", route, shipping_to=Address(country="DE")) == "DE-2.5-False"
    assert of("hooks.deliver(placed_at, 3)", deliver) == date(2026, 3, 5)
    assert of("sum(hooks.shares(order))", shares) == Decimal(1) / 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hooks.route(note, 1)", "takes group of fields there, not text"),
        ("hooks.route(billing, note)", "takes number there, not text"),
        ("hooks.route(billing)", "takes 2 to 3 values"),
        ("hooks.route(lines[0], 1)", "takes group of fields there"),
        ("hooks.rout(billing, 1)", "did you mean 'route'"),
        ("hooks.route(billing, 1) + 1", "do not go together"),
        ("hooks.route(*tags)", "plain arguments"),
    ],
)
def test_what_would_be_wrong_for_every_record_is_refused(text: str, says: str) -> None:
    with pytest.raises(CannotRead, match=r"^column [0-9]+") as wrong:
        expression(text, scope(route))
    assert says in wrong.value.says


def untyped(text) -> str:  # type: ignore[no-untyped-def] # noqa: ANN001
    return str(text)  # pyright: ignore[reportUnknownArgumentType]


def unsaid(text: str):  # type: ignore[no-untyped-def] # noqa: ANN201
    return text


def binary(share: float) -> str:
    return str(share)


def whole(count: int) -> str:
    return str(count)


def starred(*texts: str) -> str:
    return texts[0]


def unknown(text: "Nowhere") -> str:  # type: ignore[name-defined] # noqa: F821
    return str(text)


def odd(text: set[str]) -> str:
    return str(text)


async def later(text: str) -> str:
    return text


@pytest.mark.parametrize(
    ("hook", "says"),
    [  # pyright: ignore[reportUnknownArgumentType]
        (untyped, "does not say what text is"),
        (unsaid, "does not say what it gives"),
        (binary, "numbers are Decimal, not float"),
        (whole, "numbers are Decimal, not int"),
        (starred, "no stars"),
        (unknown, "cannot be read: NameError"),
        (odd, "is no type a value"),
        (later, "must be a plain function"),
        (Decimal, "must be a plain function"),
    ],
)
def test_a_hook_says_its_types(hook: Hook, says: str) -> None:
    with pytest.raises(CannotRead) as wrong:
        expression(f"hooks.{hook.__name__}(note)", scope(hook))
    assert says in wrong.value.says


def raises(text: str) -> str:
    raise KeyError(text)


def leaves(text: str) -> str:
    raise SystemExit(text)


def asks(text: str) -> str:
    table = "region"
    raise Unmapped(table, text)


def lies(text: str) -> Decimal:
    return text  # type: ignore[return-value]


def floats(_text: str) -> Any:
    return 0.5


def naive(_text: str) -> datetime:
    return datetime(2026, 1, 1)  # noqa: DTZ001 - what a project may write


def endless(_text: str) -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


def long(text: str) -> str:
    return text * 100_000


@pytest.mark.parametrize(
    ("hook", "says"),
    [
        (raises, "failed in line"),
        (leaves, "SystemExit"),
        (lies, "gave str, not number"),
        (floats, "not float"),
        (naive, "a zone"),
        (endless, "not list"),
        (long, "more than 20000 characters"),
    ],
)
def test_whatever_a_hook_does_is_said_with_its_place_and_without_values(hook: Hook, says: str) -> None:
    with pytest.raises(CannotWork) as wrong:
        of(f"hooks.{hook.__name__}(note)", hook, note="S3CRET")
    assert says in wrong.value.says
    assert wrong.value.where.column == 1
    assert "S3CRET" not in str(wrong.value)


def test_a_hook_may_ask_for_a_counterpart() -> None:
    with pytest.raises(Unmapped):
        of("hooks.asks(note)", asks, note="x")


def test_values_known_only_when_it_runs_are_looked_at_then() -> None:
    with pytest.raises(CannotWork, match="takes number there, not str"):
        of("hooks.route(billing, custom.weight)", route, custom={"weight": "heavy"})


def scribbles(order: Order) -> str:
    order.custom["gift"] = "changed"  # type: ignore[index]
    return "done"


def digs(line: OrderLine) -> str:
    line.custom["sizes"].append("changed")
    return "done"


@pytest.mark.parametrize("text", ["hooks.scribbles(order)", "hooks.digs(lines[0])"])
def test_a_hook_cannot_change_what_the_shop_said(text: str) -> None:
    order = an_order("7")
    order = replace(
        order, custom={"gift": "yes"}, lines=tuple(replace(line, custom={"sizes": ["a"]}) for line in order.lines)
    )
    with pytest.raises(CannotWork, match="failed in line"):
        expression(text, scope(scribbles, digs)).of(order, None)
    assert (order.custom, order.lines[0].custom) == ({"gift": "yes"}, {"sizes": ["a"]})


def named(order: Order) -> str:
    return order.note


def test_a_reference_is_not_made_of_what_a_hook_reads() -> None:
    document = read_document('[order]\nreference = "hooks.named(order)"', "mappings/orders.toml")
    with pytest.raises(CannotRead, match="may only be made of what never changes"):
        build(document, Tables(), {"named": named})


def priced(line: OrderLine) -> Money:
    return line.unit_price


def test_what_a_hook_gives_is_looked_at_before_it_runs() -> None:
    document = read_document('[lines]\ntitle = "hooks.priced(line)"', "mappings/orders.toml")
    with pytest.raises(CannotRead, match="title takes text, and this is amount of money"):
        build(document, Tables(), {"priced": priced})
