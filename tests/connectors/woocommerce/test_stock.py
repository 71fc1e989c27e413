"""Stock is read from whoever keeps it, and written only where it will be kept."""

from decimal import Decimal
from typing import Any

import pytest

from isthmus.canonical.quantity import Quantity, pieces
from isthmus.canonical.stock import StockLevel, StockStatus
from isthmus.connectors.woocommerce.ids import level_id, level_ref, parts, variant_id
from isthmus.kit.http import AnswerLost, Response
from isthmus.ports.connector import Session
from isthmus.ports.errors import (
    Contended,
    ContractBroken,
    Duplicate,
    Forbidden,
    Invalid,
    NotFound,
    Trouble,
    Unreachable,
    WireDrift,
)
from isthmus.ports.sink import Key, Put, Receipt
from tests.connectors.woocommerce.builders import product, variable, variation
from tests.connectors.woocommerce.harness import Asked, Desk, Handler, answer, opened, refused, shelves

PRODUCTS, VARIATIONS = "products__22__variations", "variations"


async def levels(session: Session) -> tuple[dict[str, StockLevel], list[str]]:
    pages = [page async for page in session.sources["stock_level"].changes(None)]
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    return {one.external_id: one for page in pages for one in page.records}, [
        each for page in pages for each in page.gone
    ]


@pytest.mark.parametrize("together", [True, False], ids=["listed-together", "product-by-product"])
async def test_every_keeper_of_stock_has_a_level(*, together: bool) -> None:
    below = [variation(23, stock_quantity=3), variation(24, manage_stock=False, stock_quantity=None)]
    lists = {
        "products": [variable(), product(stock_status="onbackorder", backorders="notify")],
        "products__22__variations": below,
    }
    lists |= {"variations": below} if together else {}
    session = opened(Desk(shelves(**lists)))
    found, gone = await levels(session)
    assert {name: level.available for name, level in found.items()} == {"93@store": pieces(7), "22/23@store": pieces(3)}
    assert set(gone) == {"22@store", "22/24@store"}
    mug = found["93@store"]
    assert (mug.sku, mug.warehouse, mug.item_ref, mug.status) == ("MUG", "store", "93", StockStatus.BACKORDERABLE)
    assert mug.custom == {"backorders": "notify"}
    assert {one.external_id for one in await session.sources["stock_level"].read(list(found))} == found.keys()
    assert await session.sources["stock_level"].read(["93@elsewhere", "x@store", "99@store", "22/99@store"]) == []


async def test_a_product_may_keep_the_stock_of_its_variations() -> None:
    rows = [variable(manage_stock=True, stock_quantity=9)]
    below = [variation(manage_stock="parent"), variation(24, manage_stock="parent")]
    found, gone = await levels(opened(Desk(shelves(products=rows, variations=below))))
    assert ({name: one.available for name, one in found.items()}, gone) == (
        {"22@store": pieces(9)},
        ["22/23@store", "22/24@store"],
    )


async def test_a_figure_the_shop_does_not_tell_is_not_zero() -> None:
    found, _gone = await levels(opened(Desk(shelves(products=[product(stock_quantity=None)], variations=[]))))
    assert found["93@store"].available is None


async def test_a_variation_without_a_product_is_refused() -> None:
    with pytest.raises(WireDrift, match="does not name its product"):
        await levels(opened(Desk(shelves(products=[], variations=[variation(parent_id=0)]))))


def put(ref: str, quantity: Any, *, base: int | None = None, **said: Any) -> Put[StockLevel]:
    usual: dict[str, Any] = {"external_id": level_id(ref), "sku": "MUG", "warehouse": "store", "item_ref": ref}
    told: dict[str, Any] = {"available": None if quantity is None else Quantity(Decimal(quantity))}
    before = StockLevel(**usual, available=pieces(base)) if base is not None else None
    return Put(StockLevel(**usual | told | said), Key(f"shop:{ref}", "MUG"), base=before)


def shop(*rows: dict[str, Any], batch: Handler | None = None) -> Desk:
    """Return a shop with these products and variations, which takes batches as WooCommerce does."""
    held = {row["id"]: row for row in rows}
    plain = [row for row in rows if row["type"] != "variation"]
    reading = shelves(products=plain, variations=[row for row in rows if row["type"] == "variation"])

    def handle(asked: Asked) -> Response | Exception:
        if asked.method == "GET":
            return reading(asked)
        if batch is not None:
            return batch(asked)
        for one in asked.body["update"]:
            held[one["id"]]["stock_quantity"] = one["stock_quantity"]
        return answer({"update": [held[one["id"]] for one in asked.body["update"]]})

    return Desk(handle)


async def written(desk: Desk, *puts: Put[StockLevel]) -> list[Receipt | Trouble]:
    return list(await opened(desk).sinks["stock_level"].put_many(puts))


async def test_products_go_in_one_call_and_variations_in_one_per_product() -> None:
    desk = shop(product(), product(id=94), variable(), variation(23), variation(24))
    answers = await written(desk, put("93", 1), put("22/23", 2), put("94", 3), put("22/24", 4))
    assert [one.external_id for one in answers if isinstance(one, Receipt)] == [
        "93@store", "22/23@store", "94@store", "22/24@store",
    ]  # fmt: skip
    (plain,), (below,) = desk.of("POST", "products/batch"), desk.of("POST", "products/22/variations/batch")
    assert plain.body == {"update": [{"id": 93, "stock_quantity": 1}, {"id": 94, "stock_quantity": 3}]}
    assert below.body == {"update": [{"id": 23, "stock_quantity": 2}, {"id": 24, "stock_quantity": 4}]}


async def test_a_figure_that_changed_since_it_was_read_is_left_alone() -> None:
    desk = shop(product(stock_quantity=6))
    (no,) = await written(desk, put("93", 20, base=7))
    assert isinstance(no, Contended)
    assert not desk.of("POST", "products/batch")
    (yes,) = await written(desk, put("93", 20, base=6))
    assert isinstance(yes, Receipt)


async def test_what_is_right_already_is_not_written() -> None:
    desk = shop(product())
    (yes,) = await written(desk, put("93", 7, base=3))
    assert isinstance(yes, Receipt)
    assert not desk.of("POST", "products/batch")


@pytest.mark.parametrize(
    ("wrong", "kind", "words"),
    [
        (put("93", None), Invalid, "no available"),
        (put("93", "1.5"), Invalid, "whole pieces"),
        (put("93", 1, available=Quantity(Decimal(1), "KGM")), Invalid, "KGM"),
        (put("x", 1), Invalid, "does not name"),
        (put("93", 1, warehouse="moon"), Invalid, "one place"),
        (put("404", 1), NotFound, "no product 404"),
        (put("95", 1), Invalid, "Track stock quantity"),
        (put("22/23", 1), Invalid, "kept by its product"),
    ],
)
async def test_a_figure_that_cannot_be_kept_fails_alone(
    wrong: Put[StockLevel], kind: type[Trouble], words: str
) -> None:
    desk = shop(product(), product(id=95, manage_stock=False), variable(), variation(manage_stock="parent"))
    no, yes = await written(desk, wrong, put("93", 5))
    assert isinstance(no, kind)
    assert words in str(no)
    assert isinstance(yes, Receipt)


async def test_stock_that_variations_share_takes_no_figure_of_one_of_them() -> None:
    shared = variable(manage_stock=True, stock_quantity=9)
    (no,) = await written(shop(shared), put("22", 1, sku="SHIRT-23"))
    assert isinstance(no, Invalid)
    assert "2 variations" in str(no)
    (own,) = await written(shop(shared), put("22", 1, sku="SHIRT"))
    assert isinstance(own, Receipt)
    (only,) = await written(shop(shared | {"variations": [23]}), put("22", 1, sku="SHIRT-23"))
    assert isinstance(only, Receipt)
    both = await written(shop(shared | {"variations": [23]}), put("22", 1, sku="A"), put("22", 2, sku="B"))
    assert [type(one) for one in both] == [Invalid, Invalid]


async def test_refused_rows_are_told_apart() -> None:
    def batch(asked: Asked) -> Response:
        del asked
        rows = [
            {
                "id": 93,
                "error": {"code": "product_invalid_sku", "message": "x", "data": {"status": 400, "resource_id": 5}},
            },
            {"id": 94, "error": {"code": "woocommerce_rest_cannot_edit", "message": "x", "data": {"status": 403}}},
            {"id": 95, "manage_stock": True, "stock_quantity": 4},
            {"id": 96, "manage_stock": "parent", "stock_quantity": 1},
            {"id": 97, "manage_stock": True, "stock_quantity": 1},
        ]
        return answer({"update": rows})

    desk = shop(*(product(id=number) for number in range(93, 98)), batch=batch)
    answers = await written(desk, *(put(str(number), 1) for number in range(93, 98)))
    assert [type(one) for one in answers] == [Duplicate, Forbidden, Contended, Invalid, Receipt]


async def test_an_answer_with_fewer_rows_is_no_answer() -> None:
    desk = shop(product(), product(id=94), batch=lambda _asked: answer({"update": []}))
    with pytest.raises(WireDrift, match="2 rows"):
        await written(desk, put("93", 1), put("94", 1))


async def test_what_concerns_the_connection_is_raised_and_what_was_written_stays_written() -> None:
    with pytest.raises(Unreachable):
        await written(shop(product(), batch=lambda _asked: AnswerLost("reset")), put("93", 1))

    def batch(asked: Asked) -> Response | Exception:
        if asked.route == "products/batch":
            return answer({"update": [{"id": 93, "manage_stock": True, "stock_quantity": 1}]})
        return AnswerLost("reset")

    desk = shop(product(), variable(), variation(), batch=batch)
    first, second = await written(desk, put("93", 1), put("22/23", 2))
    assert isinstance(first, Receipt)
    assert isinstance(second, Unreachable)


async def test_a_batch_that_is_too_large_goes_in_parts() -> None:
    def batch(asked: Asked) -> Response:
        rows = asked.body["update"]
        if len(rows) > 2:
            return refused(413, "woocommerce_rest_request_entity_too_large")
        return answer({"update": [{**row, "manage_stock": True} for row in rows]})

    desk = shop(*(product(id=number) for number in range(1, 8)), batch=batch)
    answers = await written(desk, *(put(str(number), number) for number in range(1, 8)))
    assert all(isinstance(one, Receipt) for one in answers)
    never = shop(product(), batch=lambda _asked: refused(413, "woocommerce_rest_request_entity_too_large"))
    with pytest.raises(ContractBroken):
        await written(never, put("93", 1))


async def test_more_than_a_batch_is_a_mistake_of_ours() -> None:
    with pytest.raises(ContractBroken, match="101 levels"):
        await written(shop(), *(put("93", 1) for _ in range(101)))


async def test_one_level_is_put_or_its_trouble_raised() -> None:
    sink = opened(shop(product())).sinks["stock_level"]
    good, bad = put("93", 1), put("404", 1)
    assert (await sink.put(good.record, key=good.key)).details == {"available": 1}
    assert await sink.find(good.key) is None
    with pytest.raises(NotFound):
        await sink.put(bad.record, key=bad.key)


def test_names_are_read_as_they_are_written() -> None:
    assert (variant_id(23, 22), variant_id(93), variant_id(0)) == ("22/23", "93", "")
    assert (parts("22/23"), parts("93"), parts("22/"), parts("a"), parts("9" * 20)) == (
        (22, 23),
        (93, 0),
        None,
        None,
        None,
    )
    assert (level_ref("22/23@store"), level_ref("22/23@moon"), level_ref("22")) == ("22/23", "", "")
