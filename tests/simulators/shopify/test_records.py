"""Records: look-ups, metafields as our reference, tags, the shapes of refusals."""

from typing import Any

import pytest

DEFINE = """mutation($d: MetafieldDefinitionInput!) { metafieldDefinitionCreate(definition: $d) {
  createdDefinition { id } userErrors { code field message } } }"""
PUT = """mutation($m: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $m) {
  metafields { value compareDigest } userErrors { code field message } } }"""
FIND = """query($v: String!) { orderByIdentifier(identifier:
  {customId: {namespace: "erp", key: "order_id", value: $v}}) { name } }"""
ERP_ID = {"ownerType": "ORDER", "namespace": "erp", "key": "order_id", "name": "ERP order", "type": "id"}


async def two_orders(shop: Any) -> list[Any]:
    return [shop.world.shop.order(name) for name in await shop.world.place_orders(2, seed=1)]


async def test_our_reference_is_unique_and_finds_the_order(shop: Any) -> None:
    one, other = await two_orders(shop)
    assert (await shop.data(DEFINE, d=ERP_ID))["metafieldDefinitionCreate"]["userErrors"] == []
    again = (await shop.data(DEFINE, d=ERP_ID))["metafieldDefinitionCreate"]
    assert again["userErrors"][0]["code"] == "TAKEN"

    def field(order: Any, value: str) -> dict[str, Any]:
        return {"ownerId": order.id, "namespace": "erp", "key": "order_id", "type": "id", "value": value}

    assert (await shop.data(PUT, m=[field(one, "SO-1")]))["metafieldsSet"]["userErrors"] == []
    taken = (await shop.data(PUT, m=[field(other, "SO-1")]))["metafieldsSet"]
    assert taken["userErrors"][0]["code"] == "TAKEN"
    assert (await shop.data(FIND, v="SO-1"))["orderByIdentifier"] == {"name": one.name}
    assert (await shop.data(FIND, v="SO-2"))["orderByIdentifier"] is None
    await shop.data(PUT, m=[field(one, "SO-9")])
    assert (await shop.data(FIND, v="SO-1"))["orderByIdentifier"] is None
    query = 'query($id: ID!) { order(id: $id) { metafield(namespace: "erp", key: "order_id") { value } } }'
    assert (await shop.data(query, id=one.id))["order"]["metafield"] == {"value": "SO-9"}


async def test_metafields_are_all_or_nothing_and_guarded_by_digest(shop: Any) -> None:
    one, other = await two_orders(shop)
    good = {"ownerId": one.id, "namespace": "erp", "key": "state", "type": "single_line_text_field", "value": "new"}
    bad = good | {"ownerId": "gid://shopify/Order/1"}
    answer = (await shop.data(PUT, m=[good, bad]))["metafieldsSet"]
    assert answer["userErrors"][0]["field"] == ["metafields", "1", "ownerId"]
    assert not shop.world.shop.metafields.get(one.id)
    [made] = (await shop.data(PUT, m=[good]))["metafieldsSet"]["metafields"]
    stale = (await shop.data(PUT, m=[good | {"value": "x", "compareDigest": "0"}]))["metafieldsSet"]
    assert stale["userErrors"][0]["code"] == "STALE_OBJECT"
    fresh = (await shop.data(PUT, m=[good | {"value": "x", "compareDigest": made["compareDigest"]}]))["metafieldsSet"]
    assert fresh["userErrors"] == []
    many = (await shop.data(PUT, m=[good | {"key": f"k{n}"} for n in range(26)]))["metafieldsSet"]
    assert many["userErrors"][0]["code"] == "LESS_THAN_OR_EQUAL_TO"
    assert other.tags is not None


async def test_tags_and_fields_of_an_order_are_changed_and_its_time_moves(shop: Any) -> None:
    one, _other = await two_orders(shop)
    one.updated_at = one.created_at.replace(year=2020)
    add = 'mutation($id: ID!) { tagsAdd(id: $id, tags: ["erp, b", "a"]) { node { id } userErrors { message } } }'
    await shop.data(add, id=one.id)
    assert {"erp", "b", "a"} <= set(one.tags)
    assert one.updated_at.year > 2020
    update = """mutation($i: OrderInput!) { orderUpdate(input: $i) {
      order { note poNumber } userErrors { message } } }"""
    changed = (await shop.data(update, i={"id": one.id, "note": "n", "poNumber": "SO-1"}))["orderUpdate"]
    assert changed == {"order": {"note": "n", "poNumber": "SO-1"}, "userErrors": []}
    missing = (await shop.data(update, i={"id": "gid://shopify/Order/1"}))["orderUpdate"]
    assert missing["userErrors"]


async def test_an_unknown_id_is_null_and_nodes_keep_their_order(shop: Any) -> None:
    one, other = await two_orders(shop)
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Order { name } ... on Product { title } } }"
    found = (await shop.data(query, ids=[other.id, "gid://shopify/Order/1", one.id]))["nodes"]
    assert found == [{"id": other.id, "name": other.name}, None, {"id": one.id, "name": one.name}]
    assert (await shop.data('{ order(id: "gid://shopify/Order/1") { id } }'))["order"] is None


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("{ shop { colour } }", "undefinedField", "Field 'colour' doesn't exist on type 'Shop'"),
        ("{ order { id } }", "missingRequiredArguments", "Field 'order' is missing required arguments: id"),
        ("{ orders(first: 1, colour: 2) { nodes { id } } }", "argumentNotAccepted", None),
        ("{ shop }", "selectionMismatch", None),
        ("{ shop {", "parseError", None),
    ],
)
async def test_requests_of_the_wrong_shape_are_refused_in_shopifys_words(
    shop: Any, query: str, code: str, message: str | None
) -> None:
    body = await shop.ask(query)
    assert "data" not in body
    assert body["errors"][0]["extensions"]["code"] == code
    assert message is None or body["errors"][0]["message"] == message


async def test_a_variable_that_does_not_fit_names_its_problems(shop: Any) -> None:
    body = await shop.ask("query($n: Int!) { orders(first: $n) { nodes { id } } }", n="many")
    [error] = body["errors"]
    assert "data" not in body
    assert error["extensions"]["code"] == "INVALID_VARIABLE"
    assert error["extensions"]["problems"][0]["explanation"]


async def test_amounts_are_text_without_needless_zeros_and_none_for_yen(busy_shop: Any) -> None:
    query = """query($q: String!) { orders(first: 1, query: $q) { nodes { totalPriceSet {
      shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } } totalRefundedSet {
      shopMoney { amount } } } } }"""
    special = busy_shop.world.seeded.specials
    yen = (await busy_shop.data(query, q=f"name:{special.yen_shop}"))["orders"]["nodes"][0]
    assert yen["totalPriceSet"]["shopMoney"]["currencyCode"] == "JPY"
    assert "." not in yen["totalPriceSet"]["shopMoney"]["amount"]
    both = (await busy_shop.data(query, q=f"name:{special.yen_buyer}"))["orders"]["nodes"][0]
    assert both["totalPriceSet"]["shopMoney"]["currencyCode"] == "EUR"
    assert both["totalPriceSet"]["presentmentMoney"]["currencyCode"] == "JPY"
    assert both["totalRefundedSet"]["shopMoney"]["amount"] == "0.0"


async def test_a_removed_product_leaves_a_tombstone_and_lines_without_a_variant(shop: Any) -> None:
    [name] = await shop.world.place_orders(1, seed=1)
    sku = shop.world.shop.order(name).line_items[0].sku
    await shop.sim("remove", sku=sku)
    events = await shop.data("{ deletionEvents(first: 5, subjectTypes: [PRODUCT]) { nodes { subjectType } } }")
    assert events["deletionEvents"]["nodes"] == [{"subjectType": "PRODUCT"}]
    query = "{ orders(first: 1) { nodes { lineItems(first: 1) { nodes { sku variant { id } product { id } } } } } }"
    [line] = (await shop.data(query))["orders"]["nodes"][0]["lineItems"]["nodes"]
    assert line == {"sku": sku, "variant": None, "product": None}
    assert (await shop.data("query($q: String) { productVariantsCount(query: $q) { count } }", q=f"sku:{sku}")) == {
        "productVariantsCount": {"count": 0}
    }


async def test_a_new_product_is_there_at_once_and_an_uninstalled_app_is_not(shop: Any) -> None:
    await shop.sim("product", sku="NEW-1", title="New thing", price="9.90")
    query = '{ productVariants(first: 1, query: "sku:NEW-1") { nodes { price product { title } } } }'
    assert (await shop.data(query))["productVariants"]["nodes"] == [
        {"price": "9.90", "product": {"title": "New thing"}}
    ]
    await shop.sim("uninstall")
    refused = await shop.post("/admin/api/2026-07/graphql.json", json={"query": query})
    assert refused.status == 401
