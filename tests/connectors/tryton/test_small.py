"""The small parts: values on the wire, rows, settings, units, statuses."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.canonical.order import OrderStatus
from isthmus.canonical.product import ProductKind
from isthmus.connectors.tryton import addresses, lookups, order_status, probe, products, units, values, wire
from isthmus.connectors.tryton.client import Identity, to_series
from isthmus.connectors.tryton.customers import literal, name_of, to_customer
from isthmus.connectors.tryton.ids import number, numbers
from isthmus.connectors.tryton.order_listing import first_day
from isthmus.connectors.tryton.rounds import parse
from isthmus.connectors.tryton.settings import Settings
from isthmus.ports.errors import ContractBroken, Misconfigured, Unmapped, WireDrift
from isthmus.ports.source import Cursor
from tests.connectors.erp import NOW, a_customer, an_address, money, tax
from tests.connectors.tryton.stand import form

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**15), max_value=10**15)
MOMENTS = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone


@given(AMOUNTS)
def test_an_amount_comes_back_with_every_digit(amount: Decimal) -> None:
    assert values.plain(msgspec.json.decode(values.encode(values.numeric(amount)))) == amount


@given(MOMENTS)
def test_a_time_comes_back_to_the_microsecond(moment: datetime) -> None:
    assert values.plain(msgspec.json.decode(values.encode(values.stamp(moment)))) == moment
    assert values.plain(values.day(moment.date())) == moment.date()


NAMED = st.text(min_size=1).filter(lambda name: name != "__class__")
PLAIN = st.recursive(
    st.none() | st.integers() | st.text() | st.booleans(),
    lambda inner: st.lists(inner) | st.dictionaries(NAMED, inner),
)


@given(PLAIN)
def test_what_is_not_tagged_stays_as_it_is(value: Any) -> None:
    assert values.plain(value) == value


@pytest.mark.parametrize(
    "tagged",
    [
        {"__class__": "Decimal"},
        {"__class__": "Decimal", "decimal": "ten"},
        {"__class__": "Decimal", "decimal": "NaN"},
        {"__class__": "date", "year": 2026, "month": 13, "day": 1},
        {"__class__": "datetime", "year": 2026, "month": 1, "day": 1},
        {"__class__": "time", "hour": 1},
        {"__class__": ["x"]},
    ],
)
def test_what_is_tagged_and_cannot_be_read_is_drift(tagged: dict[str, Any]) -> None:
    with pytest.raises(WireDrift):
        values.plain([{"amount": tagged}])


def test_a_span_of_time_is_read() -> None:
    assert values.plain({"__class__": "timedelta", "seconds": 90}) == timedelta(seconds=90)


def test_quantities_are_numbers_and_lose_the_noise_of_floats() -> None:
    assert values.encode({"quantity": Decimal("1.50")}) == b'{"quantity":1.50}'
    assert wire.exact(Decimal("0.30000000000000004")) == Decimal("0.3")
    assert str(wire.exact(Decimal("100.0"))) == "100"
    with pytest.raises(WireDrift):
        wire.exact(Decimal("1e40"))


@pytest.mark.parametrize("answer", ["text", None, [7], [{"name": "no id"}], [{"id": 1, "rate": "x"}]])
def test_rows_of_another_shape_are_drift(answer: object) -> None:
    with pytest.raises(WireDrift):
        wire.rows(wire.Tax, answer)


def test_null_is_nothing_and_unknown_fields_are_safe() -> None:
    (row,) = wire.rows(wire.Party, [{"id": 1, "name": None, "new": {}, "addresses.": [{"id": 2, "city": None}]}])
    assert (row.name, row.addresses_[0].city, row.changed_at, row.revision) == ("", "", None, "")


def test_what_is_read_through_a_reference_is_asked_for_with_a_point() -> None:
    assert "addresses.city" in wire.asked(wire.Party)
    assert "addresses." not in wire.asked(wire.Party)
    assert {"group.kind", "group.id"} <= set(wire.asked(wire.Tax))


@pytest.mark.parametrize(("made", "found"), [([7, 8], 7), ([], None), ("7", None), ([True], None), ([2**70], None)])
def test_the_id_of_what_was_made(made: object, found: int | None) -> None:
    assert wire.first_id(made) == found


def test_ids_are_numbers() -> None:
    assert numbers(["3", "1", "x", "", "٣", "9" * 40, "3"]) == [1, 3]
    with pytest.raises(ContractBroken):
        number("shop:1")


@pytest.mark.parametrize("cursor", ["{", '{"since": "yesterday"}', '{"since": "2026-01-01T00:00:00"}', "[" * 5000])
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    with pytest.raises(ContractBroken):
        parse(Cursor(cursor))


@pytest.mark.parametrize(("told", "series"), [("8.2", (8, 2)), ("7.0.12", (7, 0)), ("10.0", (10, 0))])
def test_a_series_is_read(told: str, series: tuple[int, int]) -> None:
    assert to_series(told) == series


@pytest.mark.parametrize("told", [None, 8, "", "8", "eight.two", "8.99999", ["8.2"]])
def test_another_version_is_drift(told: object) -> None:
    with pytest.raises(WireDrift):
        to_series(told)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"url": "tryton.example.com"}, "URL"),
        ({"database": ""}, "Database"),
        ({"database": "a/b"}, "Database"),
        ({"company": "first"}, "Company"),
        ({"rounding_tolerance": "much"}, "Rounding tolerance"),
        ({"rounding_tolerance": "-1"}, "Rounding tolerance"),
    ],
)
def test_a_setting_that_cannot_be_understood_is_named(changed: dict[str, str], named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        Settings.read(form("http://127.0.0.1:1") | changed)


def test_settings_are_read() -> None:
    read = Settings.read(
        form("http://127.0.0.1:1/x/", company="3", shipping_code=" FREIGHT ", accept_warnings=" a, ,b")
    )
    assert (read.url, read.company, read.services.shipping) == ("http://127.0.0.1:1/x", 3, "FREIGHT")
    assert (read.accepted_warnings, read.services.codes) == (
        ("a", "b"),
        frozenset({"FREIGHT", "DISCOUNT", "ROUNDING", "TIP", "FEE"}),
    )


@pytest.mark.parametrize(
    ("state", "shipment", "invoice", "status"),
    [
        ("draft", "none", "none", OrderStatus.RECEIVED),
        ("quotation", "none", "none", OrderStatus.RECEIVED),
        ("confirmed", "none", "none", OrderStatus.ACCEPTED),
        ("processing", "waiting", "pending", OrderStatus.ACCEPTED),
        ("processing", "waiting", "awaiting payment", OrderStatus.ACCEPTED),
        ("processing", "partially shipped", "paid", OrderStatus.PARTLY_SHIPPED),
        ("processing", "sent", "pending", OrderStatus.SHIPPED),
        ("processing", "sent", "awaiting payment", OrderStatus.INVOICED),
        ("processing", "none", "awaiting payment", OrderStatus.INVOICED),
        ("done", "sent", "paid", OrderStatus.CLOSED),
        ("done", "none", "none", OrderStatus.CANCELED),
        ("cancelled", "none", "none", OrderStatus.CANCELED),
    ],
)
def test_a_status_is_the_furthest_step(state: str, shipment: str, invoice: str, status: OrderStatus) -> None:
    row = wire.Sale(id=1, state=state, shipment_state=shipment, invoice_state=invoice)
    assert order_status.to_status(row) is status


def test_a_state_a_module_invented_is_asked_about() -> None:
    with pytest.raises(Unmapped):
        order_status.to_status(wire.Sale(id=1, state="waiting_for_boss"))


def test_a_sale_without_a_day_or_a_currency_is_drift() -> None:
    euro = wire.Currency(id=1, code="EUR")
    with pytest.raises(WireDrift, match="neither a date"):
        order_status.to_order(wire.Sale(id=1, state="draft", currency_=euro), NOW)
    with pytest.raises(WireDrift, match="amount"):
        order_status.to_order(wire.Sale(id=1, state="draft", sale_date=date(2026, 3, 2)), NOW)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 2, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 3, 2, 0, 0, 0, 1, tzinfo=UTC), date(2026, 3, 3)),
        (datetime(2026, 3, 2, 23, 59, tzinfo=UTC), date(2026, 3, 3)),
    ],
)
def test_a_span_begins_with_the_first_day_that_is_whole_in_it(moment: datetime, day: date) -> None:
    assert first_day(moment) == day


def test_units_are_known_by_their_place_or_by_their_symbol() -> None:
    assert units.code_of("product.uom_kilogram", "Kilo", "Kilo") == "KGM"
    assert units.code_of("", "kg", "Kilogramm") == "KGM"
    assert units.code_of("custom.bottle", "kg", "Bottle") == "Bottle"
    assert units.code_of("", "btl", "Bottle") == "Bottle"


def test_goods_are_counted_unless_they_are_used_up() -> None:
    def kind(**said: Any) -> ProductKind:
        return products.to_variant(wire.Variant(id=1, **said), {}, "EUR", NOW).kind

    assert kind(type="goods") is ProductKind.STOCKED
    assert kind(type="goods", consumable=True) is ProductKind.SERVICE
    assert kind(type="service") is ProductKind.SERVICE


def test_prices_are_the_variants_or_the_templates_and_never_invented() -> None:
    def price(**said: Any) -> Any:
        return products.to_variant(wire.Variant(id=1, **said), {}, "EUR", NOW).price

    assert price(list_price=Decimal(1), list_price_used=Decimal(2)) == money("2.00")
    assert price(list_price=Decimal(1)) == money("1.00")
    assert price() is None
    with pytest.raises(WireDrift):
        price(list_price=Decimal("1e70"))


def test_a_tax_is_in_force_or_not_chosen() -> None:
    def a_tax(id_: int, **said: Any) -> wire.Tax:
        return wire.Tax(id=id_, rate=Decimal("0.2"), **said)

    taxes = [a_tax(1, end_date=date(2026, 1, 1)), a_tax(2, start_date=date(2027, 1, 1)), a_tax(3), a_tax(4)]
    on = date(2026, 3, 2)
    assert lookups.choose_tax(taxes, "", Decimal("0.20"), on=on, preferred=()) == 3
    assert lookups.choose_tax(taxes, "", Decimal("0.20"), on=on, preferred=(1, 4)) == 4
    assert lookups.choose_tax(taxes, "2", None, on=on, preferred=()) == 2
    assert lookups.choose_tax(taxes, "9", None, on=on, preferred=()) is None
    assert lookups.choose_tax(taxes, "", None, on=on, preferred=()) is None


def test_a_customer_is_filed_under_the_first_name_there_is() -> None:
    assert name_of(a_customer(name="", first_name="Anna", last_name="M")) == "Anna M"
    assert name_of(a_customer(name="", addresses=(an_address(name="", company="Firma"),))) == "Firma"
    assert name_of(a_customer(name="", addresses=())) == "anna@example.com"
    assert name_of(a_customer(name="", addresses=(), email="", phone="")) == "c1"


def test_wildcards_are_taken_at_their_word() -> None:
    assert literal("50%_a\\b") == "50\\%\\_a\\\\b"


def test_who_is_read_may_have_nothing_but_an_id() -> None:
    assert to_customer(wire.Party(id=1, addresses_=(wire.Address(id=2),))).addresses == ()


def test_an_address_is_known_again() -> None:
    there = wire.Address(id=1, street="Weg  1\nHof", postal_code="10115", city="BERLIN", country=3)
    wanted = {"street": "Weg 1\nHof", "postal_code": "10115", "city": "Berlin", "country": 3}
    assert addresses.same(there, wanted)
    assert not addresses.same(there, wanted | {"country": 4})
    assert not addresses.same(there, wanted | {"attn": "Anna"})
    assert not addresses.same(msgspec.structs.replace(there, active=False), wanted)


def test_a_phone_is_added_once_and_an_email_only_where_there_is_none() -> None:
    there = (
        wire.Mechanism(id=1, type="email", value="x@example.com"),
        wire.Mechanism(id=2, type="mobile", value="+49-30-1"),
    )
    added = addresses.missing(a_customer(addresses=(an_address(phone="+49 40 2"),)), there)
    assert added == [{"type": "phone", "value": "+49 40 2"}]


def test_the_probe_speaks_of_versions_and_places() -> None:
    def identity(*series: int) -> Identity:
        return Identity((series[0], series[1]), 1, 1, "en", {})

    assert [one.code for one in probe.of_version(identity(5, 8))] == ["version_too_old"]
    assert [one.code for one in probe.of_version(identity(8, 4))] == ["version_untried"]
    assert [one.code for one in probe.of_version(identity(6, 0))] == ["version_untried"]
    assert not probe.of_version(identity(8, 2))
    houses = [wire.Location(id=n, code=code) for n, code in enumerate(("A", "A", "", "B"))]
    assert [one.code for one in probe.of_places(houses)] == ["no_place_code", "duplicate_places"]
    assert lookups.code_of(houses[2]) == "2"


def test_a_missing_tax_is_asked_about_by_the_stores_name() -> None:
    asked = lookups._missing_tax(tax("1", "0.19", name="MwSt"))
    assert (asked.value, "19%" in str(asked)) == ("MwSt", True)
    assert lookups._missing_tax(tax("1", None)).value == "without a rate"
