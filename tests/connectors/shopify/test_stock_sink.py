"""Stock figures reach Shopify, each row for itself, and never over a sale in between."""

from typing import Any

import pytest

from isthmus.canonical.quantity import Quantity, pieces
from isthmus.canonical.stock import StockLevel
from isthmus.connectors.shopify.stock_sink import ROUNDS, Row, intent_key
from isthmus.ports.connector import Session
from isthmus.ports.errors import Contended, ContractBroken, Invalid, NotFound, Throttled, Unreachable
from isthmus.ports.sink import Key, Put, Receipt
from isthmus.simulators.shopify import ShopifyWorld
from tests.connectors.shopify.harness import Endpoint, Script, answered, failed, raw, scripted

GOOD = answered({"inventorySetQuantities": {"inventoryAdjustmentGroup": {"id": "gid://x/1"}, "userErrors": []}})
ACTIVATED = answered({"inventoryActivate": {"inventoryLevel": {"id": "gid://x/2"}, "userErrors": []}})


def level(item: str = "1", available: Any = 7, **said: Any) -> StockLevel:
    figure = available if isinstance(available, Quantity | None) else pieces(available)
    return StockLevel(
        external_id=f"{item}@5", sku=f"SKU-{item}", warehouse="5", item_ref=item, available=figure, **said
    )


def put(item: str = "1", available: Any = 7, base: Any = None, revision: str = "r1") -> Put[StockLevel]:
    known = None if base is None else level(item, base, revision="b1")
    return Put(level(item, available, revision=revision), Key(f"shop:{item}@5"), known)


def refused(*rows: tuple[int | None, str]) -> Script:
    """Answer with user errors for rows by place; None is about the call as a whole."""
    errors = [
        {
            "code": code,
            "field": ["input", "reason"] if row is None else ["input", "quantities", str(row), "quantity"],
            "message": "no",
        }
        for row, code in rows
    ]
    return answered({"inventorySetQuantities": {"inventoryAdjustmentGroup": None, "userErrors": errors}})


def items(variables: dict[str, Any]) -> list[str]:
    return [row["inventoryItemId"].rpartition("/")[2] for row in variables["input"]["quantities"]]


async def sent(endpoint: Endpoint, *puts: Put[StockLevel]) -> list[Any]:
    async with scripted(endpoint) as session:
        return list(await session.sinks["stock_level"].put_many(puts))


async def test_a_batch_is_one_call_with_what_we_last_saw() -> None:
    endpoint = Endpoint([GOOD])
    answers = await sent(endpoint, put("1", 7, base=0), put("2", 0))
    assert answers == [
        Receipt("1@5", number="SKU-1", details={"available": 7}),
        Receipt("2@5", number="SKU-2", details={"available": 0}),
    ]
    [variables] = endpoint.variables
    rows = variables["input"]["quantities"]
    assert [row["changeFromQuantity"] for row in rows] == [0, None]
    assert [row["quantity"] for row in rows] == [7, 0]
    assert variables["input"]["name"] == "available"


async def test_nothing_to_send_is_no_call() -> None:
    endpoint = Endpoint([GOOD])
    assert await sent(endpoint) == []
    assert endpoint.asked == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("CHANGE_FROM_QUANTITY_STALE", Contended, id="stale"),
        pytest.param("INVALID_INVENTORY_ITEM", NotFound, id="no-item"),
        pytest.param("INVALID_LOCATION", NotFound, id="no-location"),
        pytest.param("NON_MUTABLE_INVENTORY_ITEM", Invalid, id="not-tracked"),
        pytest.param("INVALID_QUANTITY_TOO_HIGH", Invalid, id="too-high"),
        pytest.param("INVENTED_LATER", Invalid, id="unknown"),
    ],
)
async def test_a_bad_row_fails_alone(code: str, expected: type[Exception]) -> None:
    endpoint = Endpoint([refused((1, code)), GOOD])
    good, bad, also = await sent(endpoint, put("1"), put("2"), put("3"))
    assert isinstance(good, Receipt)
    assert isinstance(bad, expected)
    assert isinstance(also, Receipt)
    assert [items(variables) for variables in endpoint.variables] == [["1", "2", "3"], ["1", "3"]]
    assert endpoint.variables[0]["key"] != endpoint.variables[1]["key"]


async def test_several_bad_rows_at_once() -> None:
    endpoint = Endpoint([refused((0, "INVALID_LOCATION"), (2, "CHANGE_FROM_QUANTITY_STALE")), GOOD])
    answers = await sent(endpoint, put("1"), put("2"), put("3"))
    assert [type(answer) for answer in answers] == [NotFound, Receipt, Contended]


async def test_rows_named_one_at_a_time_do_not_cost_calls_without_end() -> None:
    endpoint = Endpoint([refused((0, "INVALID_LOCATION"))])
    answers = await sent(endpoint, *(put(str(item)) for item in range(1, 21)))
    assert len(endpoint.asked) == ROUNDS
    assert [type(answer) for answer in answers] == [NotFound] * ROUNDS + [Unreachable] * (20 - ROUNDS)


async def test_an_item_not_stocked_there_is_stocked_and_sent_again() -> None:
    endpoint = Endpoint([refused((1, "ITEM_NOT_STOCKED_AT_LOCATION")), ACTIVATED, GOOD])
    answers = await sent(endpoint, put("1"), put("2"))
    assert [type(answer) for answer in answers] == [Receipt, Receipt]
    assert endpoint.variables[1]["item"] == "gid://shopify/InventoryItem/2"
    assert items(endpoint.variables[2]) == ["1", "2"]


async def test_an_item_that_cannot_be_stocked_fails_alone() -> None:
    no = answered({"inventoryActivate": {"inventoryLevel": None, "userErrors": [{"message": "not tracked"}]}})
    endpoint = Endpoint([refused((1, "ITEM_NOT_STOCKED_AT_LOCATION")), no, GOOD])
    answers = await sent(endpoint, put("1"), put("2"))
    assert [type(answer) for answer in answers] == [Receipt, Invalid]


async def test_stocking_that_did_not_help_is_not_tried_twice() -> None:
    not_stocked = refused((0, "ITEM_NOT_STOCKED_AT_LOCATION"))
    endpoint = Endpoint([not_stocked, ACTIVATED, not_stocked])
    [answer] = await sent(endpoint, put("1"))
    assert isinstance(answer, Invalid)
    assert len(endpoint.asked) == 3


async def test_stocking_that_got_no_answer_concerns_its_row_only() -> None:
    endpoint = Endpoint([refused((0, "ITEM_NOT_STOCKED_AT_LOCATION")), raw("", 500), GOOD])
    answers = await sent(endpoint, put("1"), put("2"))
    assert [type(answer) for answer in answers] == [Unreachable, Receipt]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(put("1", None), id="absent-is-not-zero"),
        pytest.param(put("1", "1.5"), id="half-a-piece"),
        pytest.param(put("1", Quantity(pieces(3).value, "KGM")), id="kilograms"),
        pytest.param(put("x"), id="no-item"),
    ],
)
async def test_what_cannot_be_said_is_not_sent(bad: Put[StockLevel]) -> None:
    endpoint = Endpoint([GOOD])
    answers = await sent(endpoint, bad, put("2"))
    assert [type(answer) for answer in answers] == [Invalid, Receipt]
    assert items(endpoint.variables[0]) == ["2"]


async def test_the_same_level_twice_goes_in_two_calls_in_order() -> None:
    endpoint = Endpoint([GOOD])
    answers = await sent(endpoint, put("1", 7), put("1", 8, revision="r2"))
    assert [answer.details["available"] for answer in answers] == [7, 8]
    assert [variables["input"]["quantities"][0]["quantity"] for variables in endpoint.variables] == [7, 8]


async def test_a_refusal_of_the_whole_call_is_ours_to_repair() -> None:
    async with scripted(Endpoint([refused((None, "INVALID_REASON"))])) as session:
        with pytest.raises(ContractBroken, match="INVALID_REASON"):
            await session.sinks["stock_level"].put_many([put()])


async def test_a_batch_larger_than_shopify_takes_is_refused_here() -> None:
    async with scripted(Endpoint([GOOD])) as session:
        with pytest.raises(ContractBroken):
            await session.sinks["stock_level"].put_many([put(str(item)) for item in range(251)])


async def test_trouble_with_the_connection_is_raised_before_and_told_per_row_after_a_success() -> None:
    async with scripted(Endpoint([failed("THROTTLED")])) as session:
        with pytest.raises(Throttled):
            await session.sinks["stock_level"].put_many([put("1")])
    answers = await sent(Endpoint([GOOD, failed("THROTTLED")]), put("1", 7), put("1", 8))
    assert [type(answer) for answer in answers] == [Receipt, Throttled]


@pytest.mark.parametrize("code", ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"])
async def test_a_key_that_is_used_up_is_replaced(code: str) -> None:
    endpoint = Endpoint([refused((None, code)), GOOD])
    [answer] = await sent(endpoint, put("1"))
    assert isinstance(answer, Receipt)
    first, second = (variables["key"] for variables in endpoint.variables)
    assert first != second


async def test_the_same_write_still_running_is_read_again_first() -> None:
    async with scripted(Endpoint([refused((None, "IDEMPOTENCY_CONCURRENT_REQUEST"))])) as session:
        with pytest.raises(Contended):
            await session.sinks["stock_level"].put_many([put("1")])


def test_the_key_is_the_same_for_the_same_intent_only() -> None:
    def row(quantity: int, *news: str) -> Row:
        return Row(0, "1", "5", quantity, None, ("shop:1@5", *news))

    assert intent_key([row(7, "read at ten")], 0) == intent_key([row(7, "read at ten")], 0)
    # 5, then 0, then 5 again: Shopify would answer the third from memory and not do it.
    assert intent_key([row(5, "read at ten")], 0) != intent_key([row(5, "read at noon")], 0)
    assert intent_key([row(5)], 0) != intent_key([row(5)], 0)


async def test_one_level_alone() -> None:
    async with scripted(Endpoint([GOOD])) as session:
        receipt = await session.sinks["stock_level"].put(level("1"), key=Key("k"))
        assert receipt.external_id == "1@5"
        assert await session.sinks["stock_level"].find(Key("k")) is None
    async with scripted(Endpoint([refused((0, "CHANGE_FROM_QUANTITY_STALE"))])) as session:
        with pytest.raises(Contended):
            await session.sinks["stock_level"].put(level("1"), key=Key("k"))


async def some_levels(shop: Session, count: int) -> list[StockLevel]:
    async for page in shop.sources["stock_level"].changes(None):
        return list(page.records[:count])
    return []


def raised(known: StockLevel, by: int = 3) -> Put[StockLevel]:
    assert known.available is not None
    wanted = StockLevel(
        external_id=known.external_id,
        sku=known.sku,
        warehouse=known.warehouse,
        item_ref=known.item_ref,
        available=known.available + pieces(by),
        revision="policy 1",
    )
    return Put(wanted, Key(f"shop:{known.external_id}"), known)


async def figures(shop: Session, levels: list[StockLevel]) -> dict[str, Quantity | None]:
    found = await shop.sources["stock_level"].read([one.external_id for one in levels])
    return {one.external_id: one.available for one in found}


async def test_a_simulated_shop_takes_a_batch_and_the_stale_row_fails_alone(shop: Session, world: ShopifyWorld) -> None:
    known = await some_levels(shop, 3)
    first = await shop.sinks["stock_level"].put_many([raised(known[1], -1)])
    assert isinstance(first[0], Receipt)
    answers = await shop.sinks["stock_level"].put_many([raised(one) for one in known])
    assert [type(answer) for answer in answers] == [Receipt, Contended, Receipt]
    after = await figures(shop, known)
    assert known[0].available is not None
    assert known[1].available is not None
    assert after[known[0].external_id] == known[0].available + pieces(3)
    assert after[known[1].external_id] == known[1].available - pieces(1)
    assert world.truth()["stock"]


@pytest.mark.parametrize("kind", ["commit_then_drop", "truncate"])
async def test_a_write_whose_answer_was_lost_is_safe_to_repeat(shop: Session, world: ShopifyWorld, kind: str) -> None:
    known = await some_levels(shop, 2)
    puts = [raised(one) for one in known]
    world.faults.set({"kind": kind, "count": 1, "match": "inventorySetQuantities"})
    with pytest.raises(Unreachable):
        await shop.sinks["stock_level"].put_many(puts)
    answers = await shop.sinks["stock_level"].put_many(puts)
    assert [type(answer) for answer in answers] == [Receipt, Receipt]
    assert await figures(shop, known) == {one.record.external_id: one.record.available for one in puts}


async def test_a_repeat_with_a_new_reading_meets_its_own_write(shop: Session, world: ShopifyWorld) -> None:
    [known] = await some_levels(shop, 1)
    first = raised(known)
    world.faults.set({"kind": "commit_then_drop", "count": 1, "match": "inventorySetQuantities"})
    with pytest.raises(Unreachable):
        await shop.sinks["stock_level"].put_many([first])
    again = Put(level_again(first.record), first.key, known)
    [answer] = await shop.sinks["stock_level"].put_many([again])
    assert isinstance(answer, Contended)  # read again: it is there already
    assert (await figures(shop, [known]))[known.external_id] == first.record.available


def level_again(record: StockLevel) -> StockLevel:
    return StockLevel(
        external_id=record.external_id,
        sku=record.sku,
        warehouse=record.warehouse,
        item_ref=record.item_ref,
        available=record.available,
        revision="policy 2",
    )
