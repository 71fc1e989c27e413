"""Products and variations become variants; what is in the trash is gone."""

from typing import TYPE_CHECKING, Any, cast

import pytest

from isthmus.canonical.money import Money
from isthmus.canonical.product import ProductKind, Variant
from isthmus.connectors.woocommerce.rounds import Round
from isthmus.kit.http import Response
from isthmus.ports.connector import Session
from isthmus.ports.errors import WireDrift
from tests.connectors.woocommerce.builders import product, variable, variation
from tests.connectors.woocommerce.harness import NOW, Asked, Desk, answer, opened, refused, shelves

if TYPE_CHECKING:
    from isthmus.ports.source import Searchable

GENERAL: list[dict[str, Any]] = [{"id": "woocommerce_currency", "value": "EUR"}, {"id": "numbers", "value": 5}]
BELOW = [variation(23), variation(24, status="private")]


def desk(*rows: dict[str, Any], below: list[dict[str, Any]] | None = None) -> Desk:
    handle = shelves(products=list(rows), products__22__variations=BELOW if below is None else below)

    def settings_too(asked: Asked) -> Any:
        return answer(GENERAL) if asked.route == "settings/general" else handle(asked)

    return Desk(settings_too)


async def variants(session: Session) -> tuple[dict[str, Variant], list[str]]:
    pages = [page async for page in session.sources["variant"].changes(None)]
    return {one.external_id: one for page in pages for one in page.records}, [
        each for page in pages for each in page.gone
    ]


async def test_what_is_sold_is_a_variant() -> None:
    found, gone = await variants(
        opened(desk(variable(), product(global_unique_id="4012"), product(id=95, type="grouped")))
    )
    assert (set(found), gone) == ({"22/23", "22/24", "93"}, [])
    mug, red = found["93"], found["22/23"]
    assert (mug.sku, mug.gtin, mug.price, mug.stock_ref, mug.title) == (
        "MUG",
        "4012",
        Money.parse("12.50", "EUR"),
        "93",
        "Mug",
    )
    assert (red.product_ref, red.stock_ref, red.option_values) == ("22", "22/23", {"Colour": "Red & white"})
    assert (red.title, red.active, found["22/24"].active) == ("Shirt - Red & white", True, False)


@pytest.mark.parametrize(
    ("said", "active", "kind"),
    [
        ({"status": "draft"}, False, ProductKind.STOCKED),
        ({"type": "external"}, False, ProductKind.STOCKED),
        ({"virtual": True}, True, ProductKind.DIGITAL),
        ({"downloadable": True, "price": ""}, True, ProductKind.DIGITAL),
    ],
)
async def test_what_a_product_is(said: dict[str, Any], *, active: bool, kind: ProductKind) -> None:
    found, _gone = await variants(opened(desk(product(**said))))
    assert (found["93"].active, found["93"].kind) == (active, kind)
    assert (found["93"].price is None) == (said.get("price") == "")


async def test_a_variation_that_changed_alone_is_read_where_variations_are_listed_together() -> None:
    later = variation(24, date_modified_gmt="2026-11-20T11:00:00")
    handle = shelves(products=[variable()], products__22__variations=BELOW, variations=[BELOW[0], later])
    session = opened(Desk(lambda asked: answer(GENERAL) if asked.route == "settings/general" else handle(asked)))
    since = Round(since=NOW).cursor()
    pages = [page async for page in session.sources["variant"].changes(since)]
    assert [one.external_id for page in pages for one in page.records] == ["22/24"]
    assert pages[-1].last


async def test_a_variation_of_a_draft_is_not_for_sale() -> None:
    found, _gone = await variants(opened(desk(variable(status="draft"))))
    assert not found["22/23"].active


async def test_the_stock_of_a_variation_may_be_its_products() -> None:
    found, _gone = await variants(opened(desk(variable(), below=[variation(manage_stock="parent")])))
    assert (found["22/23"].stock_ref, found["22/23"].custom["tracked"]) == ("22", "parent")


async def test_the_trash_is_reported_gone_with_all_that_was_sold_of_it() -> None:
    found, gone = await variants(opened(desk(variable(status="trash"), product())))
    assert (set(found), set(gone)) == ({"93"}, {"22", "22/23", "22/24"})


async def test_variants_are_read_by_their_names() -> None:
    source = opened(desk(variable(), product())).sources["variant"]
    found = await source.read(["22/23", "93", "22/99", "404", "nonsense", "22"])
    assert {one.external_id for one in found} == {"22/23", "93"}
    assert await source.read([]) == []


async def test_a_product_that_went_while_it_was_read_has_nothing_below_it() -> None:
    lost = desk(variable())
    whole = lost.handler

    def handle(asked: Asked) -> Response | Exception:
        gone = refused(404, "woocommerce_rest_product_invalid_id")
        return gone if "/variations" in asked.route else whole(asked)

    lost.handler = handle
    assert await variants(opened(lost)) == ({}, [])


async def test_a_number_finds_products_and_variations() -> None:
    rows = [variable(sku=""), product(), variation(23, sku="RED"), product(id=95, sku="mug")]
    plain = shelves(products=rows, products__22__variations=BELOW)
    asked_for: list[str] = []

    def handle(asked: Asked) -> Any:
        if asked.route == "settings/general":
            return answer(GENERAL)
        asked_for.append(asked.query.get("sku", ""))
        if "sku" in asked.query:
            return answer([row for row in rows if row["sku"].lower() == asked.query["sku"].lower()])
        return plain(asked)

    source = cast("Searchable[Variant]", opened(Desk(handle)).sources["variant"])
    assert [one.external_id for one in await source.by_number("RED")] == ["22/23"]
    assert [one.external_id for one in await source.by_number("MUG")] == ["93"]
    assert await source.by_number("A,B") == await source.by_number("") == await source.by_number("SHIRT") == []
    assert "A,B" not in asked_for


async def test_a_price_that_is_none_is_refused() -> None:
    with pytest.raises(WireDrift, match="price of product 93"):
        await variants(opened(desk(product(price="free"))))
    with pytest.raises(WireDrift):
        await variants(opened(Desk(lambda asked: answer([]) if "settings" in asked.route else answer([product()]))))
