"""Two shops and two ERPs: an order goes to one of them, stays there, and takes stock of no other."""

from collections.abc import AsyncIterator
from dataclasses import replace

import msgspec
import pytest

from isthmus.canonical.order import OrderStatus
from isthmus.policies.routing import asked
from isthmus.store.statement import say
from isthmus.testing.builders import a_customer, a_line, a_warehouse, an_address, an_order
from tests.flows.conftest import SETTLE_S
from tests.flows.fakes import PLACE
from tests.flows.group import LYON, Group, at_work, bought, entity, grouped, trade


@pytest.fixture
async def group() -> AsyncIterator[Group]:
    async with grouped() as made:
        yield made


async def test_each_order_goes_to_the_erp_of_its_country(group: Group) -> None:
    for number, country in (("1", "DE"), ("2", "FR"), ("3", "DE")):
        group.shop.sells(bought(number, country))
    await group.sync()
    assert [group.holds(number) for number in ("1", "2", "3")] == [["north"], ["south"], ["north"]]
    assert await group.state("to-north", "order-2") == ("done", "other_flow")
    assert await group.harness.parked() == []


async def test_an_order_no_flow_takes_is_asked_about_once(group: Group) -> None:
    order = group.shop.sells(bought("1", "PT"))
    await group.sync()
    assert group.holds("1") == []
    (question,) = await group.harness.parked()
    assert (question["flow"], question["code"]) == ("to-south", "no_route")
    assert "country: pt" in question["because"]
    # What would not go anywhere is no question.
    group.shop.changes(order, status=OrderStatus.CANCELED)
    await group.sync(60)
    assert await group.harness.parked() == []


async def test_goods_of_two_flows_in_one_order_are_asked_about() -> None:
    async with grouped(asked(warehouse=["Main"]), asked(warehouse=[LYON])) as group:
        group.shop.sells(an_order("1", a_line("MUG", warehouse=PLACE)))
        group.shop.sells(an_order("2", a_line("MUG", warehouse=LYON)))
        order = group.shop.sells(an_order("3", a_line("MUG", warehouse=PLACE), a_line("LAMP", warehouse=LYON)))
        await group.sync()
        assert [group.holds(number) for number in ("1", "2", "3")] == [["north"], ["south"], []]
        assert [each["code"] for each in await group.harness.parked()] == ["several_routes"]
        group.shop.changes(order, lines=tuple(msgspec.structs.replace(each, warehouse=LYON) for each in order.lines))
        await group.sync(60)
        assert (group.holds("3"), await group.harness.parked()) == (["south"], [])


async def test_an_order_stays_where_it_is_when_its_address_changes(group: Group) -> None:
    order = group.shop.sells(bought("1", "DE"))
    await group.sync()
    group.shop.changes(order, shipping_to=an_address(country="FR"), note="moved")
    await group.sync(60)
    assert group.holds("1") == ["north"]
    assert group.erps["north"].holds("1")[0].note == "moved"


async def test_an_order_whose_first_try_got_no_answer_stays_there(group: Group) -> None:
    group.erps["north"].orders.plan.append("commit")
    order = group.shop.sells(bought("1", "DE"))
    await group.sync()
    assert await group.state("to-north", "order-1") == ("snoozed", "in_doubt")
    group.shop.changes(order, shipping_to=an_address(country="FR"), note="moved")
    for _ in range(4):
        await group.sync(SETTLE_S)
    assert group.holds("1") == ["north"]
    assert group.erps["north"].holds("1")[0].note == "moved"


async def test_one_that_waits_for_an_approval_stays_there(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    put = group.erps["north"].orders.put

    async def waits(*given: object, **said: object) -> object:
        return replace(await put(*given, **said), complete=False, state="draft")  # type: ignore[arg-type]

    monkeypatch.setattr(group.erps["north"].orders, "put", waits)
    order = group.shop.sells(bought("1", "DE"))
    await group.sync()
    assert await group.state("to-north", "order-1") == ("snoozed", "waits_for_erp")
    group.shop.changes(order, shipping_to=an_address(country="FR"), note="moved")
    await group.sync(60)
    assert group.holds("1") == ["north"]
    monkeypatch.undo()
    await group.sync(600)
    assert (group.holds("1"), await group.state("to-north", "order-1")) == (["north"], ("done", ""))


async def test_a_claim_is_refused_where_another_erp_has_begun_meanwhile(group: Group) -> None:
    """Both flows have found that nobody holds the order, and the other one is faster."""
    order = group.shop.sells(bought("1", "DE"))

    async def meanwhile() -> None:
        now = group.harness.engine.context.micros()
        await group.harness.store.write(
            say(
                "open_intent",
                id="elsewhere",
                flow="to-south",
                subject=order.external_id,
                connection="south",
                kind="order",
                key=f"shop:{order.external_id}",
                reference="1",
                now=now,
                settles_at=now,
            )
        )

    group.erps["north"].customers.plan.append(meanwhile)
    for _ in range(4):
        group.shop.changes(order, note="again")
        await group.sync(SETTLE_S)
    assert group.holds("1") == ["south"]
    assert await group.state("to-north", order.external_id) == ("done", "other_flow")


async def test_a_rule_that_changes_moves_only_what_is_nowhere_yet(new_database: str) -> None:
    group = trade()
    async with at_work(group, new_database):
        order = group.shop.sells(bought("1", "DE"))
        group.shop.sells(bought("2", "PT"))
        await group.sync()
        assert [each["code"] for each in await group.harness.parked()] == ["no_route"]
    group.rules["north"] = asked(country=["PT"])
    async with at_work(group, new_database):
        now = group.harness.engine.context.micros()
        await group.harness.store.write(
            say("retry_jobs", flow="to-south", code="no_route", subject="", number="", now=now)
        )
        group.shop.changes(order, note="again")
        await group.sync(60)
        assert (group.holds("1"), group.holds("2")) == (["north"], ["north"])
        assert group.erps["north"].holds("1")[0].note == "again"
        assert await group.harness.parked() == []


async def test_an_order_takes_stock_only_of_the_erp_that_holds_it(group: Group) -> None:
    group.shop.sells(bought("1", "FR", place=LYON, quantity=4))
    await group.sync(120)
    assert (group.shop.available["MUG", PLACE], group.shop.available["MUG", LYON]) == (10, 6)
    # One nobody holds yet may go to any of them.
    group.shop.sells(bought("2", "PT", quantity=3))
    group.erps["north"].stocks("MUG", 12)
    await group.sync(120)
    assert group.shop.available["MUG", PLACE] == 9


async def test_a_buyer_of_both_erps_has_one_contact_in_each(group: Group) -> None:
    for number, country in (("1", "DE"), ("2", "FR"), ("3", "DE"), ("4", "FR")):
        group.shop.sells(bought(number, country))
        await group.sync(60)
    assert [group.holds(number) for number in "1234"] == [["north"], ["south"], ["north"], ["south"]]
    assert {name: len(erp.people()) for name, erp in group.erps.items()} == {"north": 1, "south": 1}


async def test_two_buyers_who_turn_out_to_be_one_in_an_erp_can_order_everywhere(group: Group) -> None:
    """The one contact of the south has the e-mail of both; in the north each has a contact of his own by then."""
    first, second = bought("1", "DE", name="Ada Berg"), bought("2", "DE", name="Ida Tal")
    for order in (first, second):
        group.shop.sells(order)
    await group.sync()
    shared = a_customer("Ada Berg", external_id="known-1", number="known-1")
    group.erps["south"].customers.known.append(shared)
    for number, order in (("3", first), ("4", second)):
        assert order.customer is not None
        same = msgspec.structs.replace(order.customer, name=shared.name, email=shared.email)
        address = an_address(country="FR", name=shared.name)
        group.shop.sells(
            msgspec.structs.replace(
                order, external_id=f"order-{number}", number=number, customer=same, shipping_to=address
            )
        )
        await group.sync(60)
    assert [group.holds(number) for number in "1234"] == [["north"], ["north"], ["south"], ["south"]]
    assert {order.customer_ref for number in "34" for order in group.erps["south"].holds(number)} == {"known-1"}


async def test_two_shops_share_an_erp_and_no_keys(group: Group) -> None:
    group.shop.sells(bought("1", "DE"))
    group.other.sells(an_order("1", a_line("MUG", variant_ref="other-MUG")))
    await group.sync()
    assert group.holds("1") == ["north", "north"]
    assert {key for key, _, _ in group.erps["north"].orders.created} == {"shop:order-1", "other:order-1"}
    await group.sync(120)
    # What the other shop sold is offered by neither.
    assert group.shop.available["MUG", PLACE] == 8


async def test_all_that_bears_a_number_is_bound_whatever_came_first(group: Group) -> None:
    rows = await group.harness.store.read("bindings_of", entity=await entity(group, "shop", "variant-MUG"))
    assert {row["connection"] for row in rows} == {"shop", "other", "north", "south"}
    # A name that changes later changes nothing of it.
    group.erps["south"].renames("MUG", "TASSE")
    group.shop.sells(msgspec.structs.replace(bought("1", "FR"), lines=(a_line("MUG", variant_ref="variant-MUG"),)))
    await group.sync(60)
    assert group.holds("1") == ["south"]


async def test_two_erps_do_not_write_the_same_location() -> None:
    async with grouped() as group:
        group.erps["south"].places.keep(a_warehouse("WH", name="Main"))
        await group.sync(7200)
        told = len(group.shop.offers.told)
        group.erps["south"].stocks("MUG", 3)
        group.erps["north"].stocks("MUG", 5)
        await group.sync(120)
        assert len(group.shop.offers.told) == told
        found = {each["flow"]: each for each in await group.harness.parked()}
        assert found.keys() == {"from-north", "from-south"}
        assert "[flows.from-north.places] and [flows.from-south.places]" in found["from-north"]["because"]
