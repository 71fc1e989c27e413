"""Customers: found again, matched by hints, filled in but never rewritten."""

from typing import Any

import pytest

from isthmus.canonical.party import AddressRole, Company
from isthmus.connectors.odoo.customers import CANDIDATES, name_of
from isthmus.ports.errors import Duplicate, Gone, InDoubt, Unmapped, Unreachable
from isthmus.ports.sink import Put, Receipt
from tests.connectors.erp import a_customer, an_address, key
from tests.connectors.odoo.stand import Stand

KEY = key("c1")
FIELDS = ("name", "ref", "email", "phone", "street", "street2", "city", "zip", "country_id", "type", "parent_id", "vat")


async def family(erp: Stand, partner: str) -> list[dict[str, Any]]:
    return await erp.read("res.partner", ["|", ["id", "=", int(partner)], ["parent_id", "=", int(partner)]], *FIELDS)


async def test_a_customer_is_a_contact_with_its_addresses(each: Stand) -> None:
    customer = a_customer()
    receipt = await each.customers.put(customer, key=KEY)

    main, delivery = await family(each, receipt.external_id)
    assert (main["name"], main["ref"], main["email"]) == ("Anna Muster", "shop:c1", "anna@example.com")
    assert (main["street"], main["street2"], main["city"], main["zip"]) == ("Weg 1", "Hof", "Berlin", "10115")
    assert (delivery["type"], delivery["name"], delivery["city"]) == ("delivery", "Lager", "Wien")
    billing, shipping = customer.addresses
    assert receipt.refs == {billing.fingerprint(): str(main["id"]), shipping.fingerprint(): str(delivery["id"])}


async def test_the_same_customer_again_changes_nothing(each: Stand) -> None:
    first = await each.customers.put(a_customer(), key=KEY)
    again = await each.customers.put(a_customer(), key=KEY, existing=await each.customers.find(KEY))
    assert (again.external_id, again.refs) == (first.external_id, first.refs)
    assert len(await family(each, first.external_id)) == 2


async def test_a_changed_address_is_added_beside_the_old_one(erp: Stand) -> None:
    first = await erp.customers.put(a_customer(), key=KEY)
    moved = an_address(lines=("Neue Allee 5",))
    after = await erp.customers.put(a_customer(addresses=(moved,)), key=KEY, existing=first)
    people = await family(erp, first.external_id)
    assert [row["street"] for row in people] == ["Weg 1", "Tor 2", "Neue Allee 5"]
    assert after.refs == {moved.fingerprint(): str(people[-1]["id"])}


async def test_only_what_is_empty_is_filled(erp: Stand) -> None:
    vals = {"name": "A. Muster", "email": "own@example.com", "ref": "K-77"}
    (made,) = await erp.call("res.partner", "create", vals_list=[vals])
    await erp.customers.put(a_customer(), key=KEY, existing=Receipt(external_id=str(made)))
    main = (await family(erp, str(made)))[0]
    assert (main["name"], main["email"], main["ref"]) == ("A. Muster", "own@example.com", "K-77")
    assert (main["phone"], main["street"]) == ("+49 30 1", "Weg 1")


async def test_a_matched_customer_is_found_by_its_address_after_a_lost_answer(erp: Stand) -> None:
    vals = {"name": "A. Muster", "ref": "K-77", "street": "Old 1", "city": "Bonn"}
    (made,) = await erp.call("res.partner", "create", vals_list=[vals])
    await erp.fault(kind="commit_then_drop", count=1, match="res.partner.load")
    with pytest.raises(InDoubt):
        await erp.customers.put(a_customer(), key=KEY, existing=Receipt(external_id=str(made)))
    found = await erp.customers.find(KEY)
    assert found.external_id == str(made)
    await erp.customers.put(a_customer(), key=KEY, existing=found)
    assert len(await family(erp, str(made))) == 3


async def test_a_lost_answer_to_filling_in_is_simply_tried_again(erp: Stand) -> None:
    (made,) = await erp.call("res.partner", "create", vals_list=[{"name": "A. Muster", "ref": "K-77"}])
    await erp.fault(kind="commit_then_drop", count=1, match="res.partner.write")
    with pytest.raises(Unreachable):
        await erp.customers.put(a_customer(), key=KEY, existing=Receipt(external_id=str(made)))
    again = await erp.customers.put(a_customer(), key=KEY, existing=Receipt(external_id=str(made)))
    assert again.external_id == str(made)


async def test_a_create_whose_answer_was_lost_is_found(each: Stand) -> None:
    await each.fault(kind="commit_then_drop", count=1, match="res.partner.load")
    with pytest.raises(InDoubt):
        await each.customers.put(a_customer(), key=KEY)
    found = await each.customers.find(KEY)
    done = await each.customers.put(a_customer(), key=KEY, existing=found)
    assert len(done.refs) == 2
    assert len(await each.read("res.partner", [["ref", "=", "shop:c1"]], "name")) == 1


async def test_a_reference_on_two_contacts_is_a_question(erp: Stand) -> None:
    for _twice in range(2):
        await erp.call("res.partner", "create", vals_list=[{"name": "Anna Muster", "ref": KEY.unique}])
    with pytest.raises(Duplicate) as found:
        await erp.customers.find(KEY)
    assert len(found.value.external_ids) == 2


async def test_hints_match_exactly_and_ignore_case(erp: Stand) -> None:
    company = Company(name="ACME", tax_id="DE123")
    await erp.customers.put(a_customer(email="Anna_M@Example.com", addresses=()), key=KEY)
    await erp.customers.put(a_customer(name="ACME", email="", phone="", company=company, addresses=()), key=key("c2"))
    await erp.customers.put(a_customer(name="Other", email="annaXm@example.com", phone="", addresses=()), key=key("c3"))

    by_mail = await erp.customers.candidates(a_customer(email="anna_m@example.com", phone=""))
    by_phone = await erp.customers.candidates(a_customer(email=""))
    by_tax_id = await erp.customers.candidates(a_customer(email="", phone="", company=company))

    assert [one.number for one in by_mail] == [one.number for one in by_phone] == ["shop:c1"]
    assert [(one.number, one.company.tax_id) for one in by_tax_id] == [("shop:c2", "DE123")]
    assert await erp.customers.candidates(a_customer(email="", phone="")) == []


async def test_one_look_shows_ours_and_who_may_be_meant(erp: Stand) -> None:
    await erp.customers.put(a_customer(), key=KEY)
    await erp.customers.put(a_customer(name="Anna's sister"), key=key("c2"))
    before = (await erp.state())["calls"]["res.partner.search_read"]

    ours = await erp.customers.look(a_customer(), key=KEY)
    other = await erp.customers.look(a_customer(), key=key("c3"))
    nameless = await erp.customers.look(a_customer(email="", phone=""), key=KEY)

    assert (ours.found, [one.number for one in ours.likely]) == (await erp.customers.find(KEY), ["shop:c2"])
    assert (other.found, list(other.likely)) == (None, await erp.customers.candidates(a_customer()))
    assert (nameless.found, nameless.likely) == (ours.found, ())
    assert (await erp.state())["calls"]["res.partner.search_read"] == before + 3 + 2


async def test_a_look_that_is_cut_short_still_finds_ours(erp: Stand) -> None:
    crowd = [{"name": f"P{number}", "email": "anna@example.com"} for number in range(CANDIDATES + 1)]
    await erp.call("res.partner", "create", vals_list=crowd)
    await erp.customers.put(a_customer(), key=KEY)
    look = await erp.customers.look(a_customer(), key=KEY)
    assert look.found == await erp.customers.find(KEY)
    await erp.call("res.partner", "create", vals_list=[{"name": "Double", "ref": KEY.unique}])
    with pytest.raises(Duplicate):
        await erp.customers.look(a_customer(), key=KEY)


async def test_our_key_on_an_address_leads_a_look_to_the_person(erp: Stand) -> None:
    (made,) = await erp.call("res.partner", "create", vals_list=[{"name": "A. Muster", "ref": "K-77"}])
    await erp.customers.put(a_customer(), key=KEY, existing=Receipt(external_id=str(made)))
    assert (await erp.customers.look(a_customer(), key=KEY)).found.external_id == str(made)


async def test_a_customer_is_made_with_all_its_addresses_in_one_call(each: Stand) -> None:
    company = Company(name="ACME", tax_id="DE123")
    addresses = (an_address(), *(an_address(role=AddressRole.SHIPPING, name=f"Lager {n}") for n in range(3)))
    customer = a_customer(company=company, language="en", name="ACME", addresses=addresses)
    await each.customers.find(KEY)
    before = (await each.state())["calls"]

    receipt = await each.customers.put(customer, key=KEY)

    after = (await each.state())["calls"]
    made = {name: after[name] - before.get(name, 0) for name in after if name.startswith("res.partner.")}
    assert {name: count for name, count in made.items() if count} == {
        "res.partner.load": 1,
        "res.partner.search_read": 1,
    }
    main, *children = await each.read(
        "res.partner",
        ["|", ["id", "=", int(receipt.external_id)], ["parent_id", "=", int(receipt.external_id)]],
        *("type", "is_company", "vat", "lang", "email", "ref", "name"),
    )
    assert (main["type"], main["is_company"], main["vat"], main["lang"]) == ("contact", True, "DE123", "en_US")
    kept = {(row["type"], row["is_company"], row["vat"], row["lang"], row["email"], row["ref"]) for row in children}
    assert ("delivery", False, "DE123", "en_US", False, False) in kept
    assert (
        len({row["name"] for row in children})
        == len(children)
        == len(set(receipt.refs.values())) - (str(main["id"]) in receipt.refs.values())
    )


async def test_an_address_left_behind_by_a_deleted_contact_is_made_anew(erp: Stand) -> None:
    first = await erp.customers.put(a_customer(), key=KEY)
    await erp.call("res.partner", "unlink", ids=[int(first.external_id)])
    with pytest.raises(Gone):
        await erp.customers.put(a_customer(), key=KEY, existing=first)

    again = await erp.customers.put(a_customer(), key=KEY)

    assert again.external_id != first.external_id
    assert {str(row["id"]) for row in await family(erp, again.external_id)} == set(again.refs.values())


async def test_a_contact_deleted_as_soon_as_it_was_made_is_gone(erp: Stand) -> None:
    def deleted(said: Any) -> Any:
        erp.world.env().table("res.partner").delete(said["ids"][0])
        return said

    erp.between.next_answer("res.partner.load", deleted)
    with pytest.raises(Gone):
        await erp.customers.put(a_customer(addresses=()), key=KEY)


async def test_an_unknown_country_is_asked_about_and_an_unknown_region_is_not(erp: Stand) -> None:
    with pytest.raises(Unmapped) as asked:
        await erp.customers.put(a_customer(addresses=(an_address(country="XK"),)), key=KEY)
    assert (asked.value.table, asked.value.value) == ("country", "XK")
    assert await erp.customers.find(KEY) is None
    await erp.customers.put(a_customer(addresses=(an_address(region="BE"),)), key=KEY)


async def test_a_region_is_found_by_either_way_of_writing_it(erp: Stand) -> None:
    addresses = (an_address(country="US", region="CA"), an_address(country="US", region="US-NY", name="B"))
    receipt = await erp.customers.put(a_customer(addresses=addresses), key=KEY)
    domain = ["|", ["id", "=", int(receipt.external_id)], ["parent_id", "=", int(receipt.external_id)]]
    rows = await erp.read("res.partner", domain, "state_id")
    assert ["California" in row["state_id"][1] or "CA" in row["state_id"][1] for row in rows] == [True, False]
    assert all(row["state_id"] for row in rows)


async def test_a_deleted_contact_is_gone_and_a_bad_one_fails_alone(erp: Stand) -> None:
    with pytest.raises(Gone):
        await erp.customers.put(a_customer(), key=KEY, existing=Receipt(external_id="999999"))
    bad, good = a_customer(addresses=(an_address(country="XK"),)), a_customer()
    outcomes = await erp.customers.put_many([Put(bad, key("c8")), Put(good, key("c9"))])
    assert [type(one).__name__ for one in outcomes] == ["Unmapped", "Receipt"]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"name": "Anna"}, "Anna"),
        ({"name": "", "first_name": "Eva", "last_name": "Held"}, "Eva Held"),
        ({"name": "", "addresses": (an_address(role=AddressRole.SHIPPING, name="Ship"),)}, "Ship"),
        ({"name": "", "addresses": (an_address(name="", company="Box AG"),)}, "Box AG"),
        ({"name": "", "addresses": ()}, "anna@example.com"),
        ({"name": "", "addresses": (), "email": ""}, "+49 30 1"),
        ({"name": "", "addresses": (), "email": "", "phone": ""}, "c1"),
        ({"company": Company(name="ACME")}, "ACME"),
    ],
    ids=["own", "parts", "address", "company-of-address", "email", "phone", "key", "company"],
)
def test_the_name_falls_back_in_a_written_order(said: dict[str, Any], name: str) -> None:
    assert name_of(a_customer(**said)) == name
