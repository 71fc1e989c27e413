"""Nothing a person or a key could be known by stays in what is kept for traces."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from isthmus.kit.scrub import HIDDEN, LARGEST_BODY, LARGEST_TEXT, scrub

SECRET = "shpat_0123456789abcdef"
letters = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789", min_size=8, max_size=20)
plain_keys = st.sampled_from(["id", "lines", "note", "variables", "input", "data", "result", "values"])
scalars = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=8)


def nested(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaf, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(plain_keys, inner, max_size=4), max_leaves=8
    )


def around(value: Any, filler: list[Any]) -> Any:
    """Bury a value at some depth among other things."""
    for number, each in enumerate(filler):
        value = {"data": value, "other": each} if number % 2 else [each, value]
    return value


@given(letters, letters, st.lists(scalars, max_size=5))
def test_a_secret_never_appears_wherever_it_stands(secret: str, text: str, filler: list[Any]) -> None:
    assume(secret not in text)
    assume(not any(isinstance(each, str) and secret in each for each in filler))
    for body in ({"note": f"{text}{secret}{text}"}, {secret: 1}, [secret], {"query": f"mutation {secret}"}):
        assert secret not in scrub(json.dumps(around(body, filler)).encode(), [secret])
    assert secret not in scrub(f"{text} {secret} {text}".encode(), [secret])


@pytest.mark.parametrize("secret", ["p+q/r=s&t", 'quo"te\\back', "ümlaut-geheim", "<xml>&co"])
def test_a_secret_never_appears_in_another_spelling(secret: str) -> None:
    for body in (json.dumps({"x": secret}), json.dumps({"x": secret}, ensure_ascii=False), urlencode({"x": secret})):
        shown = scrub(body.encode(), [secret])
        assert HIDDEN in shown
        assert secret not in shown


PERSONAL = {
    "email": "jo@example.com",
    "phone": "+1 512 555 0100",
    "mobile": "+1 512 555 0100",
    "phoneNumber": "+1 512 555 0100",
    "emailAddress": "not-quite-a-mail-address",
    "firstName": "Josephine",
    "last_name": "Doe-Example",
    "address1": "1 Main Street",
    "street": "1 Main Street",
    "street2": "Apartment 7",
    "zip": "78701-0001",
    "city": "Austintown",
    "vat": "DE123456789",
    "company": "Doe and daughters",
    "password": "hunter2hunter2",
    "access_token": "tok-9f8e7d6c",
    "client_secret": "sec-9f8e7d6c",
}


@pytest.mark.parametrize("key", PERSONAL)
@given(filler=st.lists(scalars, max_size=4))
def test_a_field_that_is_personal_by_its_name_is_hidden(key: str, filler: list[Any]) -> None:
    value = PERSONAL[key]
    assume(not any(isinstance(each, str) and (value in each) for each in filler))
    shown = scrub(json.dumps(around({key: value, "id": 7}, filler)).encode())
    assert value not in shown
    assert key in shown  # which fields were sent stays readable


def test_a_persons_name_is_hidden_and_an_order_number_is_not() -> None:
    person = scrub(b'{"name": "Anna Muster", "street": "Weg 1"}')
    assert "Anna" not in person
    assert "S00042" in scrub(b'{"name": "S00042", "amount_total": 12.5}')


def test_the_name_that_odoo_shows_beside_a_partners_id_is_hidden() -> None:
    shown = scrub(b'{"id": 5, "partner_id": [7, "Anna Muster"], "partner_shipping_id": [8, "Anna Muster, Weg 1"]}')
    assert "Anna" not in shown
    assert "[7," in shown


def test_a_search_condition_hides_its_value() -> None:
    shown = scrub(b'{"domain": ["|", ["phone", "=", "+49 30 901820"], ["vat", "=ilike", "DE123"], ["id", "=", 5]]}')
    assert "901820" not in shown
    assert "DE123" not in shown
    assert '["id","=",5]' in shown


@given(nested(st.sampled_from(["jo@example.com", "<Jo.Doe+tag@mail.example.co.uk>", "a b@c.de d"])))
def test_no_mail_address_survives_in_any_text(body: Any) -> None:
    assert "@" not in scrub(json.dumps(body).encode())
    assert "@" not in scrub(str(body).encode())


def test_the_fields_of_a_form_are_hidden_by_name_too() -> None:
    shown = scrub(b"grant_type=client_credentials&client_id=77&client_secret=sec-9f8e7d6c&password=hunter2")
    assert "sec-9f8e7d6c" not in shown
    assert "hunter2" not in shown
    assert "grant_type=client_credentials" in shown


@given(nested(scalars | st.floats(allow_nan=False, allow_infinity=False)))
def test_what_is_nobodys_stays_as_it_was(body: Any) -> None:
    assume("@" not in json.dumps(body))
    assert json.loads(scrub(json.dumps(body).encode())) == body


@given(st.binary(max_size=300))
def test_no_body_is_too_strange_to_be_kept(body: bytes) -> None:
    assert isinstance(scrub(body, [SECRET]), str)


@pytest.mark.parametrize("deep", [b"[" * 5000 + b"]" * 5000, b'{"a":' * 5000 + b"1" + b"}" * 5000, b"[" * 5000])
def test_a_body_nested_beyond_reason_is_kept_all_the_same(deep: bytes) -> None:
    assert scrub(deep, [SECRET])


def test_a_large_body_is_not_kept_and_a_long_text_is_cut() -> None:
    assert scrub(b"x" * (LARGEST_BODY + 1)) == f"[{LARGEST_BODY + 1} bytes, not kept]"
    shown = scrub(json.dumps(["x" * 100] * 400).encode())
    assert len(shown) < LARGEST_TEXT + 100
    assert shown.endswith("characters in all]")


def test_a_secret_at_the_place_of_the_cut_does_not_show_its_first_half() -> None:
    body = json.dumps(["x" * (LARGEST_TEXT - 10), SECRET, "y" * 100]).encode()
    assert SECRET[:8] not in scrub(body, [SECRET])


def test_amounts_are_kept_digit_by_digit() -> None:
    assert scrub(b'{"price_unit": 10.10, "big": 123456789012345678901234567890}') == (
        '{"price_unit":10.10,"big":123456789012345678901234567890}'
    )


def test_nothing_is_nothing() -> None:
    assert scrub(None) == scrub(b"") == ""


@pytest.mark.parametrize("phone", ["+49300000003", "+1 512 555 0100", "+44 (20) 7946-0958", "+372.5123.4567"])
def test_a_phone_in_a_note_is_hidden(phone: str) -> None:
    shown = scrub(json.dumps({"note": f"<p>Contact: {phone}</p>"}).encode())
    assert shown == f'{{"note":"<p>Contact: {HIDDEN}</p>"}}'


@pytest.mark.parametrize("text", ["2026-03-02T10:00:00+01:00", "1+1=2", "310.62 EUR", "+0200", "UTC+14:00", "#1001"])
def test_times_and_amounts_are_no_phones(text: str) -> None:
    assert scrub(json.dumps({"note": text}).encode()) == f'{{"note":"{text}"}}'


def test_an_address_does_not_name_the_person_it_belongs_to() -> None:
    address = {"id": 6, "ref": "shop:1", "parent_id": [5, "Anna Muster"], "commercial_partner_id": [5, "Anna Muster"]}
    kept = scrub(json.dumps([address, {"id": 5, "parent_id": False}]).encode())
    assert "Anna" not in kept
    assert json.loads(kept)[0]["parent_id"] == [5, HIDDEN]
    assert json.loads(kept)[1] == {"id": 5, "parent_id": False}


def test_a_table_hides_by_its_columns_what_a_record_hides_by_its_fields() -> None:
    table = {
        "fields": ["id", "name", "street", "email", "parent_id/.id", "customer_rank"],
        "data": [["isthmus.c_1", "Anna Muster", "Weg 1", "a@example.com", "7", "1"]],
        "context": {"mode": "update"},
    }
    kept = scrub(json.dumps(table).encode())
    for personal in ("Anna", "Weg", "example.com"):
        assert personal not in kept
    row = json.loads(kept)["data"][0]
    assert (row[0], row[4], row[5]) == ("isthmus.c_1", "7", "1")
    order = {"fields": ["id", "name"], "data": [["isthmus.o_1", "S00012"]]}
    assert "S00012" in scrub(json.dumps(order).encode())
    uneven = {"fields": ["name", "email"], "data": [["Anna Muster"]]}
    assert "Anna" not in scrub(json.dumps(uneven).encode())
