"""Customers: one party each, with every address, whoever was there before."""

from typing import Any

import msgspec
import pytest

from isthmus.canonical.party import Company
from isthmus.kit.http import Request, Response
from isthmus.ports.errors import Contended, Duplicate, Gone, InDoubt, Invalid, Unmapped
from isthmus.ports.listing import Span
from isthmus.ports.sink import Put, Receipt
from tests.connectors.erp import a_customer, an_address, key
from tests.connectors.tryton.stand import Stand

KEY = key("c1")


def parties(erp: Stand) -> list[Any]:
    return [row for row in erp.world.env().table("party.party").rows.values() if row["name"] != "Demo Company"]


async def made(erp: Stand, **vals: Any) -> str:
    (party,) = await erp.call("party.party", "create", [{"name": "Known", "addresses": [], **vals}])
    return str(party)


async def test_a_batch_answers_each_put_and_one_bad_one_fails_alone(erp: Stand) -> None:
    bad = a_customer(addresses=(an_address(country="XX"),))
    answers = await erp.customers.put_many([Put(a_customer(), KEY), Put(bad, key("c2")), Put(a_customer(), KEY)])
    assert answers[0].external_id == answers[2].external_id
    assert isinstance(answers[1], Unmapped)


async def test_a_lost_answer_is_found_and_a_late_request_makes_no_second_party(erp: Stand) -> None:
    erp.between.afterwards("model.party.party.create", lambda _request: Response(503, {}, b""))
    with pytest.raises(InDoubt):
        await erp.customers.put(a_customer(), key=KEY)
    receipt = await erp.customers.put(a_customer(), key=KEY)
    assert [row["id"] for row in parties(erp) if row["code"] == KEY.unique] == [int(receipt.external_id)]


@pytest.mark.parametrize("answer", [None, [], ["x"]])
async def test_a_creation_that_names_no_id_is_in_doubt(erp: Stand, answer: Any) -> None:
    body = msgspec.json.encode({"id": 0, "result": answer})
    erp.between.instead("model.party.party.create", lambda _request: Response(200, {}, body))
    with pytest.raises(InDoubt):
        await erp.customers.put(a_customer(), key=KEY)


async def test_what_tryton_refuses_is_told(erp: Stand) -> None:
    body = msgspec.json.encode({"id": 0, "error": ["UserError", ["No such thing.", "", None]]})
    erp.between.instead("model.party.party.create", lambda _request: Response(200, {}, body))
    with pytest.raises(Invalid, match="No such thing"):
        await erp.customers.put(a_customer(), key=KEY)


async def test_a_tax_number_that_does_not_pass_is_kept_without_a_type(erp: Stand) -> None:
    refuse = msgspec.json.encode({"id": 0, "error": ["UserError", ["The VAT number is not valid.", "", None]]})

    def check(request: Request) -> Response | None:
        return Response(200, {}, refuse) if b"eu_vat" in (request.body or b"") else None

    erp.between.instead("model.party.party.create", check)  # type: ignore[arg-type]
    record = a_customer(company=Company(name="Firma", tax_id="DE 123"))
    receipt = await erp.customers.put(record, key=KEY)
    (party,) = await erp.read("party.party", [["id", "=", int(receipt.external_id)]], "name", "identifiers.type")
    assert (party["name"], [one["type"] for one in party["identifiers."]]) == ("Firma", [None])


async def test_a_tax_number_that_is_checked_by_a_late_request_is_not_written_twice(erp: Stand) -> None:
    record = a_customer(company=Company(name="Firma", tax_id="DE136695976"))
    first = await erp.customers.put(record, key=KEY)
    again = await erp.customers.put(record, key=KEY)
    assert (again.external_id, again.refs) == (first.external_id, first.refs)


async def test_a_number_of_another_country_has_no_type(erp: Stand) -> None:
    record = a_customer(company=Company(name="Firma", tax_id="12-3456789"), language="xx")
    receipt = await erp.customers.put(record, key=KEY)
    (party,) = await erp.read("party.party", [["id", "=", int(receipt.external_id)]], "identifiers.type")
    assert [one["type"] for one in party["identifiers."]] == [None]


async def test_a_party_that_was_there_gets_what_it_lacks_once(erp: Stand) -> None:
    there = Receipt(await made(erp, code="OWN-1"))
    record = a_customer(company=Company(name="Firma", tax_id="77"), language="en")
    first = await erp.customers.put(record, key=KEY, existing=there)
    again = await erp.customers.put(record, key=KEY, existing=there)
    assert (first.refs, first.number) == (again.refs, "OWN-1")
    assert (await erp.customers.find(KEY)).external_id == there.external_id
    (party,) = await erp.read("party.party", [["id", "=", int(there.external_id)]], "identifiers.code", "addresses")
    assert ([one["code"] for one in party["identifiers."]], len(party["addresses"])) == ([KEY.unique, "77"], 2)


async def test_a_party_without_an_address_gets_an_empty_one(erp: Stand) -> None:
    there = Receipt(await made(erp))
    await erp.customers.put(a_customer(addresses=()), key=KEY, existing=there)
    (party,) = await erp.read("party.party", [["id", "=", int(there.external_id)]], "addresses")
    assert len(party["addresses"]) == 1
    alone = await erp.customers.put(a_customer(addresses=()), key=key("c2"))
    assert alone.refs == {}


async def test_a_party_that_changed_meanwhile_is_looked_at_again(erp: Stand) -> None:
    there = Receipt(await made(erp))
    row = await erp.customers._party(int(there.external_id))
    await erp.call("party.party", "write", [row.id], {"name": "Known better"})
    with pytest.raises(Contended):
        await erp.customers._fill(a_customer(), KEY, row)


async def test_a_replaced_party_is_followed(erp: Stand) -> None:
    new, old = await made(erp, name="New"), await made(erp, name="Old", code=KEY.unique)
    erp.world.env().table("party.party").rows[int(old)]["replaced_by"] = int(new)
    assert (await erp.customers.find(KEY)).external_id == new
    assert (await erp.customers.put(a_customer(), key=KEY)).external_id == new
    erp.world.env().table("party.party").rows[int(new)]["replaced_by"] = int(new)
    assert (await erp.customers.find(KEY)).external_id == new


async def test_a_key_on_two_parties_is_a_question(erp: Stand) -> None:
    one = await made(erp, code=KEY.unique)
    two = await made(erp, identifiers=[["create", [{"code": KEY.unique}]]])
    with pytest.raises(Duplicate) as asked:
        await erp.customers.find(KEY)
    assert set(asked.value.external_ids) == {one, two}


async def test_a_party_that_was_deleted_is_gone(erp: Stand) -> None:
    with pytest.raises(Gone):
        await erp.customers.put(a_customer(), key=KEY, existing=Receipt("987654"))


async def test_one_look_shows_ours_and_who_may_be_meant(erp: Stand) -> None:
    other = await made(erp, contact_mechanisms=[["create", [{"type": "email", "value": "ANNA@example.com"}]]])
    seen = await erp.customers.look(a_customer(), key=KEY)
    assert (seen.found, [one.external_id for one in seen.likely]) == (None, [other])
    receipt = await erp.customers.put(a_customer(), key=KEY)
    seen = await erp.customers.look(a_customer(), key=KEY)
    assert (seen.found.external_id, [one.external_id for one in seen.likely]) == (receipt.external_id, [other])
    assert [one.external_id for one in await erp.customers.candidates(a_customer())] == [other, receipt.external_id]


async def test_who_says_nothing_of_himself_is_like_nobody(erp: Stand) -> None:
    nobody = a_customer(email="", phone="", addresses=())
    assert await erp.customers.candidates(nobody) == []
    assert (await erp.customers.look(nobody, key=KEY)).found is None


async def test_a_number_that_hundreds_share_hides_nobody(erp: Stand) -> None:
    mechanisms = [["create", [{"type": "phone", "value": "+49 30 1"}]]]
    await erp.call("party.party", "create", [{"name": f"N{n}", "contact_mechanisms": mechanisms} for n in range(25)])
    receipt = await erp.customers.put(a_customer(), key=KEY)
    seen = await erp.customers.look(a_customer(), key=KEY)
    assert seen.found.external_id == receipt.external_id


async def test_regions_are_set_where_tryton_knows_them(erp: Stand) -> None:
    there = an_address(country="US", region="CA")
    nowhere = an_address(country="DE", region="DE-BE", city="Potsdam")
    receipt = await erp.customers.put(a_customer(addresses=(there, nowhere)), key=KEY)
    rows = await erp.read("party.address", [["party", "=", int(receipt.external_id)]], "subdivision.code", "attn")
    codes = [(one["subdivision."] or {}).get("code") for one in rows]
    assert sorted(codes, key=str) == [None, "US-CA"]


async def test_the_own_list_of_customers_is_paged_and_keyed(erp: Stand) -> None:
    for number in range(3):
        await erp.customers.put(a_customer(), key=key(f"c{number}"))
    known = Receipt(await made(erp, code="OWN-2"))
    await erp.customers.put(a_customer(), key=key("known"), existing=known)
    listing: Any = erp.session.listings["customer"]
    now = erp.clock.now()
    span = Span(now.replace(year=now.year - 1), now.replace(year=now.year + 1))
    entries = [one async for page in listing.listed(span, ours="shop:") for one in page.entries]
    assert [one.key for one in entries] == ["shop:c0", "shop:c1", "shop:c2", "shop:known"]
    assert [one.key for one in await listing.named(["shop:c1", "shop:known", "x"])] == ["shop:c1", "shop:known"]
