"""Records: what a domain finds, what a write refuses, what a copy keeps."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from isthmus.simulators.tryton import TrytonWorld
from tests.simulators.tryton.caller import Caller, Refused


@pytest.fixture
async def parties(tryton: Caller) -> dict[str, int]:
    """Three parties: in one city, in two, nowhere."""
    cities = {"A": ["Gent"], "B": ["Gent", "Brugge"], "C": []}
    return {
        code: await tryton.make(
            "party.party",
            name=f"Party {code}",
            code=code,
            addresses=[["create", [{"city": city, "street": "1 Street"} for city in mine]]],
        )
        for code, mine in cities.items()
    }


# Each row was also put to a running trytond 8.2.1, which found the same.
@pytest.mark.parametrize(
    ("domain", "codes"),
    [
        pytest.param([["code", "=", "A"]], "A", id="equal"),
        pytest.param([["code", "!=", "A"]], "BC", id="unequal"),
        pytest.param([["code", "in", ["A", "C"]]], "AC", id="in"),
        pytest.param([["code", "not in", ["A"]]], "BC", id="not-in"),
        pytest.param([["code", "in", []]], "", id="in-nothing"),
        pytest.param([["name", "like", "Party _"]], "ABC", id="like"),
        pytest.param([["name", "like", "party%"]], "", id="like-minds-case"),
        pytest.param([["name", "ilike", "party%"]], "ABC", id="ilike"),
        pytest.param([["name", "ilike", "arty"]], "", id="ilike-is-the-whole-text"),
        pytest.param([["name", "not ilike", "%b"]], "AC", id="not-ilike"),
        pytest.param(["OR", [["code", "=", "A"]], [["code", "=", "C"]]], "AC", id="or"),
        pytest.param(
            [["name", "like", "Party%"], ["OR", ["code", "=", "A"], ["code", "=", "B"]]], "AB", id="nested-or"
        ),
        pytest.param([["code", ">=", "B"]], "BC", id="ordered"),
        pytest.param([["addresses.city", "=", "Gent"]], "AB", id="dotted"),
        pytest.param([["addresses.city", "!=", "Gent"]], "BC", id="elsewhere-or-nowhere"),
        pytest.param([["addresses", "where", [["city", "=", "Brugge"], ["street", "=", "1 Street"]]]], "B", id="where"),
        pytest.param([["addresses", "not where", [["city", "=", "Brugge"]]]], "AC", id="not-where"),
        pytest.param([["addresses", "=", None]], "C", id="without"),
        pytest.param([["addresses", "!=", None]], "AB", id="with"),
        pytest.param([["replaced_by", "!=", 1]], "", id="an-empty-link-is-not-unequal"),
        pytest.param([["replaced_by", "=", None]], "ABC", id="an-empty-link"),
        pytest.param([["rec_name", "ilike", "%b"]], "B", id="by-name"),
        pytest.param([], "ABC", id="everything"),
    ],
)
async def test_domains(tryton: Caller, parties: dict[str, int], domain: list[Any], codes: str) -> None:
    mine = [domain, ["id", "in", list(parties.values())]]
    assert "".join(one["code"] for one in await tryton.find("party.party", mine, "code")) == codes


@pytest.mark.parametrize(
    ("domain", "order", "text"),
    [
        ([["nope", "=", 1]], None, "'nope'"),
        ([["full_name", "=", "x"]], None, 'Missing search function for field "Full Name" in "Party".'),
        ([["lang", "=", 1]], None, 'Missing search function for field "Language" in "Party".'),
        ([["code", "in", 5]], None, "'int' object is not iterable"),
        ([], [["nope", "ASC"]], "'nope'"),
        ([], [["name", "UP"]], "'UP'"),
        ([], [["rec_name", "ASC"]], 'Missing order function for field "Record Name" in "Party".'),
    ],
)
async def test_what_cannot_be_searched_is_a_python_error(tryton: Caller, domain: Any, order: Any, text: str) -> None:
    with pytest.raises(Refused) as wrong:
        await tryton("model.party.party.search", domain, 0, None, order)
    assert (wrong.value.name, wrong.value.told) == (text, "")


async def test_pages_and_counts(tryton: Caller, parties: dict[str, int]) -> None:
    ids, order = list(parties.values()), [["code", "DESC"]]
    mine = [["id", "in", ids]]
    assert await tryton("model.party.party.search", mine, 0, None, order) == ids[::-1]
    assert await tryton("model.party.party.search", mine, 1, 1, order) == [ids[1]]
    assert await tryton("model.party.party.search", mine, 0, 0, order) == []
    assert await tryton("model.party.party.search_count", mine) == 3
    assert await tryton("model.party.party.search_count", mine, 0, 2) == 2
    assert await tryton("model.party.party.search_read", mine, 0, 1, order, None) == [{"id": ids[2]}]


async def test_dotted_names_bring_objects_under_a_dotted_key(tryton: Caller, parties: dict[str, int]) -> None:
    row = await tryton.read("party.party", parties["A"], "addresses.city", "addresses.party.code", "lang.code")
    (address,) = row["addresses."]
    assert (row["lang."], address["city"], address["party."]) == (None, "Gent", {"id": parties["A"], "code": "A"})
    assert "addresses" not in row
    with pytest.raises(Refused) as empty:
        await tryton.read("party.party", parties["A"], "addresses.")
    assert empty.value.name == "''"


async def test_records_that_are_gone(tryton: Caller) -> None:
    for call, words in ((("read", [999], ["name"]), "read"), (("write", [999], {"name": "x"}), "write to")):
        with pytest.raises(Refused) as gone:
            await tryton(f"model.party.party.{call[0]}", *call[1:])
        told = f'You are trying to {words} records "999" of "Party" that don\'t exist.'
        assert (gone.value.name, gone.value.told) == ("UserError", [told, "", None])
    assert await tryton("model.party.party.delete", [999]) is None
    assert (await tryton("model.party.party.read", [1, 1], ["id"])) == [{"id": 1}]


async def test_inactive_records_hide_unless_the_domain_speaks_of_it(tryton: Caller, parties: dict[str, int]) -> None:
    await tryton("model.party.party.write", [parties["A"]], {"active": False})
    mine = [["code", "=", "A"]]
    assert await tryton.find("party.party", mine) == []
    assert len(await tryton.find("party.party", [mine, ["active", "in", [True, False]]])) == 1
    assert len(await tryton.find("party.party", mine, active_test=False)) == 1


async def test_a_stamp_guards_against_overwriting(tryton: Caller, parties: dict[str, int]) -> None:
    party = parties["A"]
    stamp = (await tryton.read("party.party", party, "_timestamp"))["_timestamp"]
    guard = {"_timestamp": {f"party.party,{party}": stamp}}
    await tryton("model.party.party.write", [party], {"name": "First"}, **guard)
    with pytest.raises(Refused) as late:
        await tryton("model.party.party.write", [party], {"name": "Second"}, **guard)
    assert (late.value.name, late.value.told) == ("ConcurrencyException", "Records were modified in the meanwhile")
    assert (await tryton.read("party.party", party, "name"))["name"] == "First"


async def test_what_a_caller_may_not_write(tryton: Caller, parties: dict[str, int]) -> None:
    for values, label in (({"full_name": "x"}, "Full Name"), ({"create_date": None}, "Created at"), ({"id": 5}, "ID")):
        with pytest.raises(Refused) as fixed:
            await tryton("model.party.party.write", [parties["A"]], values)
        assert fixed.value.message == f'You are not allowed to modify the field "{label}" of "Party".'
    with pytest.raises(Refused) as unknown:
        await tryton.make("party.party", nope=1)
    assert unknown.value.name == "'nope'"


async def test_commands_change_what_hangs_on_a_record(tryton: Caller, parties: dict[str, int]) -> None:
    party, table = parties["B"], "model.party.party.write"
    one, two = (await tryton.read("party.party", party, "addresses"))["addresses"]
    await tryton(table, [party], {"addresses": [["write", [one], {"city": "Luik"}], ["delete", [two]]]})
    assert [a["city"] for a in (await tryton.read("party.party", party, "addresses.city"))["addresses."]] == ["Luik"]
    with pytest.raises(Refused):
        await tryton(table, [party], {"addresses": [["nope", [one]]]})
    tax = await tryton.one("account.tax", ["name", "=", "20%"])
    sale = await tryton.sale(await tryton.line("LAMP-0001", 1, "10", taxes=[["add", [tax]]]))
    (line,) = (await tryton.read("sale.sale", sale, "lines"))["lines"]
    assert (await tryton.read("sale.line", line, "taxes"))["taxes"] == [tax]
    await tryton("model.sale.line.write", [line], {"taxes": [["remove", [tax]]]})
    assert (await tryton.read("sale.line", line, "taxes"))["taxes"] == []


async def test_a_failing_call_changes_nothing_but_uses_up_numbers(tryton: Caller) -> None:
    await tryton.make("party.party", name="First")
    contact = [["create", [{"type": "email"}]]]
    with pytest.raises(Refused) as wrong:
        await tryton.make("party.party", name="Lost", contact_mechanisms=contact)
    assert wrong.value.message == 'A value is required for field "Value" in "Party Contact Mechanism".'
    assert await tryton.find("party.party", [["name", "=", "Lost"]]) == []
    third = await tryton.make("party.party", name="Third")
    assert (await tryton.read("party.party", third, "code"))["code"] == "4"  # 1 is the company, 3 is lost


async def test_a_party_is_found_by_its_unique_code(tryton: Caller, parties: dict[str, int]) -> None:
    with pytest.raises(Refused) as taken:
        await tryton.make("party.party", name="Again", code="A")
    assert taken.value.told == ["The code on party must be unique.", "", None]
    copied = (await tryton("model.party.party.copy", [parties["A"]]))[0]
    told = await tryton.read("party.party", copied, "code", "name", "addresses.city")
    assert (told["name"], told["code"] == "A", [a["city"] for a in told["addresses."]]) == ("Party A", False, ["Gent"])


async def test_a_childs_change_leaves_its_parent_untouched(tryton: Caller, parties: dict[str, int]) -> None:
    before = await tryton.read("party.party", parties["A"], "last_modified_at", "addresses")
    await tryton("model.party.address.write", before["addresses"], {"city": "Luik"})
    assert (await tryton.read("party.party", parties["A"], "last_modified_at"))["last_modified_at"] == before[
        "last_modified_at"
    ]
    since = [["last_modified_at", ">", before["last_modified_at"]], ["party", "=", parties["A"]]]
    assert [one["id"] for one in await tryton.find("party.address", since)] == before["addresses"]


async def test_a_deletion_leaves_a_row_that_does_not_say_what_it_was(tryton: Caller, parties: dict[str, int]) -> None:
    await tryton("model.party.party.delete", [parties["C"]])
    (row,) = await tryton.find("ir.model.log", [["event", "=", "delete"]], "resource", "user", "rec_name")
    assert (row["resource"], row["user"], row["rec_name"]) == (None, 3, f"({row['id']})")


async def test_what_others_need_cannot_be_deleted(tryton: Caller) -> None:
    lamp = await tryton.one("product.product", ["code", "=", "LAMP-0001"])
    with pytest.raises(Refused) as used:
        await tryton("model.product.product.delete", [lamp])
    assert "used by field" in used.value.message


async def test_fields_describe_themselves(tryton: Caller) -> None:
    fields = await tryton("model.sale.sale.fields_get", ["lines", "state", "party", "total_amount"])
    assert (fields["lines"]["relation"], fields["lines"]["relation_field"]) == ("sale.line", "sale")
    assert ["processing", "Processing"] in fields["state"]["selection"]
    assert (fields["party"]["required"], fields["total_amount"]["readonly"]) == (True, True)
    start = await tryton("model.sale.sale.default_get", ["company", "state", "shipment_cost_method"])
    assert start == {"company": 1, "state": "draft", "shipment_cost_method": "order"}


def test_everything_in_one_call_bears_one_time_and_a_late_commit_an_old_one() -> None:
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    world = TrytonWorld("skus:1", lambda: now)
    env = world.env()
    first, second = (env["party.party"].put(name=name) for name in ("One", "Two"))
    rows = env.table("party.party").rows
    assert rows[first]["create_date"] == rows[second]["create_date"] == rows[first]["write_date"]
    late = world.env(now - timedelta(minutes=5))["party.party"].put(name="Late")
    assert rows[late]["create_date"] == (now - timedelta(minutes=5)).replace(tzinfo=None)
    assert world.env().now > env.now  # the same clock reading twice is still two times
