"""Products, variants, prices and stock as somebody writes them; customers and warehouses."""

from dataclasses import replace
from typing import Any

import pytest

from isthmus.simulators.vendure.catalog import Variant
from isthmus.simulators.vendure.registry import make_channel
from tests.simulators.vendure.conftest import FAST, Caller, Opener

CHANGE = """mutation($i:[UpdateProductVariantInput!]!){updateProductVariants(input:$i){id updatedAt price priceWithTax
  prices{currencyCode price} stockLevels{stockLocationId stockOnHand stockAllocated}}}"""
MAKE = "mutation($i:[CreateProductVariantInput!]!){createProductVariants(input:$i){id sku price stockOnHand}}"
PRODUCT = "mutation($i:CreateProductInput!){createProduct(input:$i){id slug enabled}}"
CUSTOMER = """mutation($i:CreateCustomerInput!){createCustomer(input:$i){__typename ... on Customer{id emailAddress}
  ... on ErrorResult{errorCode}}}"""


def named(text: str, **more: Any) -> list[dict[str, Any]]:
    return [{"languageCode": "en", "name": text, **more}]


def a_variant(shop: Caller, number: int = 20) -> Variant:
    return list(shop.world.shop.variants.values())[number]


def on_hand(variant: Variant) -> list[int]:
    return [one.stock_on_hand for one in variant.levels.values()]


async def test_stock_is_set_per_location_and_the_others_stay(shop: Caller) -> None:
    variant = a_variant(shop)
    first, second = variant.levels
    kept = variant.levels[first].stock_on_hand
    wish = {"id": str(variant.id), "stockLevels": [{"stockLocationId": str(second), "stockOnHand": 7}]}
    [row] = await shop.one(CHANGE, i=[wish])
    assert [one["stockOnHand"] for one in row["stockLevels"]] == on_hand(variant) == [kept, 7]
    assert [one.type for one in variant.movements] == ["ADJUSTMENT"]
    await shop.one(CHANGE, i=[wish])
    assert len(variant.movements) == 1  # nothing has moved
    wish["stockLevels"] = [{"stockLocationId": str(first), "stockOnHand": -3}]
    await shop.one(CHANGE, i=[wish])
    assert on_hand(variant) == [-3, 7]


async def test_a_batch_is_written_as_a_whole_or_not_at_all(shop: Caller) -> None:
    variant, before = a_variant(shop), on_hand(a_variant(shop))
    good = {"id": str(variant.id), "stockLevels": [{"stockLocationId": "1", "stockOnHand": 1}]}
    for bad, code in (
        ({"id": "99999"}, "ENTITY_NOT_FOUND"),
        ({"id": "21", "stockOnHand": -1}, "USER_INPUT_ERROR"),
        ({"id": "21", "prices": [{"currencyCode": "GBP", "price": 1}]}, "USER_INPUT_ERROR"),
        ({"id": "21", "stockLevels": [{"stockLocationId": "77", "stockOnHand": 1}]}, None),
    ):
        assert await shop.refused(CHANGE, i=[good, bad]) == (200, code)
        assert on_hand(variant) == before


@pytest.mark.parametrize(("postgres", "words"), [(True, "violates unique"), (False, "UNIQUE constraint failed")])
async def test_a_unique_custom_field_is_guarded_by_the_database(
    open_shop: Opener, *, postgres: bool, words: str
) -> None:
    shop = await open_shop(settings=replace(FAST, postgres=postgres))
    await shop.sign_in()
    wish = {"customFields": {"erpRef": "P-1"}}
    await shop.one(CHANGE, i=[{"id": "1", **wish}])
    await shop.one(CHANGE, i=[{"id": "1", **wish}])
    [error] = (await shop.send(CHANGE, i=[{"id": "2", **wish}])).body["errors"]
    assert words in error["message"]
    assert "extensions" not in error
    found = '{productVariants(options:{filter:{erpRef:{eq:"P-1"}}}){items{id}}}'
    assert (await shop.one(found))["items"] == [{"id": "1"}]
    assert await shop.refused(CHANGE, i=[{"id": "1", "customFields": {"nope": "x"}}]) == (200, "BAD_USER_INPUT")


async def test_prices_are_per_channel_and_currency(shop: Caller) -> None:
    variant = a_variant(shop)
    number = str(variant.id)
    wish = {"id": number, "price": 1290, "prices": [{"currencyCode": "USD", "price": 1500}]}
    [row] = await shop.one(CHANGE, i=[wish])
    assert (row["price"], row["priceWithTax"]) == (1075, 1290)
    prices = {one["currencyCode"]: one["price"] for one in row["prices"]}
    assert (prices["EUR"], prices["USD"]) == (1290, 1500)
    [row] = await shop.one(CHANGE, i=[{"id": number, "prices": [{"currencyCode": "USD", "price": 0, "delete": True}]}])
    assert "USD" not in {one["currencyCode"] for one in row["prices"]}
    rest = {"defaultLanguageCode": "en", "defaultTaxZoneId": "1", "defaultShippingZoneId": "1"}
    wish = {"code": "net", "token": "net-token", "pricesIncludeTax": False, "defaultCurrencyCode": "EUR", **rest}
    make_channel(shop.world.shop, wish)
    assign = (
        "mutation($i:AssignProductVariantsToChannelInput!){assignProductVariantsToChannel(input:$i){channels{code}}}"
    )
    [told] = await shop.one(assign, i={"productVariantIds": [number], "channelId": "2", "priceFactor": 2})
    assert [one["code"] for one in told["channels"]] == ["__default_channel__", "net"]
    shop.headers["vendure-token"] = "net-token"
    shown = await shop.one("query($i:ID!){productVariant(id:$i){price priceWithTax currencyCode}}", i=number)
    assert shown == {"price": 2150, "priceWithTax": 2580, "currencyCode": "EUR"}
    shop.headers.clear()
    remove = "mutation($i:RemoveProductVariantsFromChannelInput!){removeProductVariantsFromChannel(input:$i){id}}"
    await shop.one(remove, i={"productVariantIds": [number], "channelId": "2"})
    home = {"productVariantIds": [number], "channelId": "1"}
    assert await shop.refused(remove, i=home) == (200, "USER_INPUT_ERROR")


async def test_products_are_made_with_options_and_slugs_do_not_repeat(shop: Caller) -> None:
    one, two = [await shop.one(PRODUCT, i={"translations": named("Tea", slug="tea")}) for _ in range(2)]
    assert (one["slug"], two["slug"]) == ("tea", "tea-2")
    group = """mutation($i:CreateProductOptionGroupInput!){createProductOptionGroup(input:$i){id options{id code}}}"""
    options = [{"code": code, "translations": named(code)} for code in ("green", "black")]
    made = await shop.one(group, i={"code": "kind", "translations": named("Kind"), "options": options})
    give = "mutation($p:ID!,$g:ID!){addOptionGroupToProduct(productId:$p,optionGroupId:$g){optionGroups{code}}}"
    assert (await shop.one(give, p=one["id"], g=made["id"]))["optionGroups"] == [{"code": "kind"}]
    green, black = (each["id"] for each in made["options"])
    wish = {"productId": one["id"], "sku": "TEA", "price": 500, "stockOnHand": 4, "translations": named("Tea")}
    assert await shop.refused(MAKE, i=[wish]) == (200, "USER_INPUT_ERROR")
    rows = await shop.one(MAKE, i=[{**wish, "optionIds": [green]}, {**wish, "optionIds": [black]}])
    assert [(row["sku"], row["stockOnHand"]) for row in rows] == [("TEA", 4), ("TEA", 4)]  # SKUs may repeat
    assert await shop.refused(MAKE, i=[{**wish, "optionIds": [green]}]) == (200, "USER_INPUT_ERROR")
    assert await shop.refused(MAKE, i=[{**wish, "productId": "99999"}]) == (200, "ENTITY_NOT_FOUND")
    option = "mutation($i:CreateProductOptionInput!){createProductOption(input:$i){code group{code}}}"
    told = {"productOptionGroupId": made["id"], "code": "white", "translations": named("white")}
    assert await shop.one(option, i=told) == {"code": "white", "group": {"code": "kind"}}
    change = "mutation($i:UpdateProductInput!){updateProduct(input:$i){name enabled variants{sku}}}"
    wish = {"id": one["id"], "enabled": False, "translations": named("Fine tea")}
    assert await shop.one(change, i=wish) == {"name": "Fine tea", "enabled": False, "variants": [{"sku": "TEA"}] * 2}
    remove = "mutation($i:ID!){deleteProduct(id:$i){result}}"
    assert await shop.one(remove, i=one["id"]) == {"result": "DELETED"}
    assert await shop.refused(remove, i=one["id"]) == (200, "ENTITY_NOT_FOUND")
    assert await shop.refused(change, i=wish) == (200, "ENTITY_NOT_FOUND")


async def test_one_customer_has_one_address_in_small_letters(shop: Caller) -> None:
    wish = {"firstName": "A", "lastName": "B", "emailAddress": "Ab@Example.com"}
    made = await shop.one(CUSTOMER, i=wish)
    assert made["emailAddress"] == "ab@example.com"
    assert (await shop.one(CUSTOMER, i=wish))["errorCode"] == "EMAIL_ADDRESS_CONFLICT_ERROR"
    other = await shop.one(CUSTOMER, i={**wish, "emailAddress": "c@example.com"})
    change = """mutation($i:UpdateCustomerInput!){updateCustomer(input:$i){__typename ... on Customer{firstName
      customFields{erpRef}} ... on ErrorResult{errorCode}}}"""
    taken = await shop.one(change, i={"id": other["id"], "emailAddress": "AB@example.com"})
    assert taken["errorCode"] == "EMAIL_ADDRESS_CONFLICT_ERROR"
    told = await shop.one(change, i={"id": made["id"], "firstName": "Z", "customFields": {"erpRef": "C-1"}})
    assert (told["firstName"], told["customFields"]) == ("Z", {"erpRef": "C-1"})
    assert await shop.refused(change, i={"id": "999"}) == (200, "ENTITY_NOT_FOUND")
    add = "mutation($c:ID!,$i:CreateAddressInput!){createCustomerAddress(customerId:$c,input:$i){id country{code}}}"
    home = {"streetLine1": "1 Example Street", "countryCode": "DE", "defaultShippingAddress": True}
    one, two = [await shop.one(add, c=made["id"], i=home) for _ in range(2)]
    listed = "query($i:ID!){customer(id:$i){addresses{id defaultShippingAddress} orders{totalItems}}}"
    book = (await shop.one(listed, i=made["id"]))["addresses"]
    assert [each["defaultShippingAddress"] for each in book] == [False, True]
    move = "mutation($i:UpdateAddressInput!){updateCustomerAddress(input:$i){city country{code}}}"
    wish = {"id": two["id"], "city": "Lyon", "countryCode": "FR"}
    assert await shop.one(move, i=wish) == {"city": "Lyon", "country": {"code": "FR"}}
    drop = "mutation($i:ID!){deleteCustomerAddress(id:$i){success}}"
    assert await shop.one(drop, i=one["id"]) == {"success": True}
    for query, told in ((drop, one["id"]), (move, {"id": "999"})):
        assert await shop.refused(query, i=told) == (200, "ENTITY_NOT_FOUND")
    assert await shop.refused(add, c=made["id"], i={**home, "countryCode": "XX"}) == (200, "USER_INPUT_ERROR")
    noted = "mutation($i:AddNoteToCustomerInput!){addNoteToCustomer(input:$i){history{items{type data}}}}"
    told = await shop.one(noted, i={"id": made["id"], "note": "x", "isPublic": False})
    assert told["history"]["items"] == [{"type": "CUSTOMER_NOTE", "data": {"note": "x"}}]
    gone = await shop.one("mutation($i:ID!){deleteCustomer(id:$i){result}}", i=made["id"])
    assert gone == {"result": "DELETED"}
    assert await shop.one(listed, i=made["id"]) is None


async def test_warehouses_open_move_and_close(shop: Caller) -> None:
    made = await shop.one('mutation{createStockLocation(input:{name:"West"}){id name}}')
    change = "mutation($i:UpdateStockLocationInput!){updateStockLocation(input:$i){name description}}"
    assert await shop.one(change, i={"id": made["id"], "name": "Far west"}) == {"name": "Far west", "description": ""}
    variant = a_variant(shop)
    there = on_hand(variant)
    close = "mutation($i:DeleteStockLocationInput!){deleteStockLocation(input:$i){result message}}"
    told = await shop.one(close, i={"id": "1", "transferToLocationId": made["id"]})
    assert told["result"] == "DELETED"
    assert sorted(on_hand(variant)) == sorted(there)
    await shop.one(close, i={"id": "2"})
    assert (await shop.one(close, i={"id": made["id"]}))["result"] == "NOT_DELETED"
    assert await shop.refused(close, i={"id": "99"}) == (200, "ENTITY_NOT_FOUND")
    assign = "mutation($i:AssignStockLocationsToChannelInput!){assignStockLocationsToChannel(input:$i){id}}"
    assert await shop.one(assign, i={"stockLocationIds": [made["id"]], "channelId": "1"}) == [{"id": made["id"]}]
    assert await shop.refused(assign, i={"stockLocationIds": [], "channelId": "99"}) == (200, "ENTITY_NOT_FOUND")


async def test_channels_are_made_and_changed(shop: Caller) -> None:
    make = """mutation($i:CreateChannelInput!){createChannel(input:$i){__typename ... on Channel{id currencyCode
      availableCurrencyCodes}}}"""
    rest = {"defaultLanguageCode": "en", "defaultTaxZoneId": "1", "defaultShippingZoneId": "1"}
    made = await shop.one(make, i={"code": "b2b", "token": "b2b", "pricesIncludeTax": False, **rest})
    assert (made["currencyCode"], made["availableCurrencyCodes"]) == ("USD", ["USD"])
    change = """mutation($i:UpdateChannelInput!){updateChannel(input:$i){... on Channel{defaultCurrencyCode
      availableCurrencyCodes outOfStockThreshold}}}"""
    told = await shop.one(change, i={"id": made["id"], "defaultCurrencyCode": "GBP", "outOfStockThreshold": 2})
    assert told == {"defaultCurrencyCode": "GBP", "availableCurrencyCodes": ["USD", "GBP"], "outOfStockThreshold": 2}


async def test_what_is_kept_back_is_not_sellable(shop: Caller) -> None:
    variant = a_variant(shop)
    shown = "query($i:ID!){productVariant(id:$i){stockLevel stockOnHand}}"
    assert (await shop.one(shown, i=str(variant.id)))["stockLevel"] == "IN_STOCK"
    wish = {"id": str(variant.id), "useGlobalOutOfStockThreshold": False, "outOfStockThreshold": sum(on_hand(variant))}
    await shop.one(CHANGE, i=[wish])
    assert (await shop.one(shown, i=str(variant.id)))["stockLevel"] == "OUT_OF_STOCK"
    await shop.one(CHANGE, i=[{"id": str(variant.id), "trackInventory": "FALSE"}])
    assert (await shop.one(shown, i=str(variant.id)))["stockLevel"] == "IN_STOCK"


async def test_the_server_tells_how_it_is_configured(shop: Caller) -> None:
    told = await shop.one("""{globalSettings{trackInventory outOfStockThreshold serverConfig{moneyStrategyPrecision
      orderProcess{name to} customFieldConfig{ProductVariant{__typename ... on StringCustomFieldConfig{name type}}}
      entityCustomFields{entityName customFields{... on CustomField{name type list internal}}}}}}""")
    config = told["serverConfig"]
    assert config["moneyStrategyPrecision"] == 2
    assert {one["name"]: one["to"] for one in config["orderProcess"]}["Delivered"] == ["Cancelled"]
    declared = {
        one["entityName"]: [each["name"] for each in one["customFields"]] for one in config["entityCustomFields"]
    }
    assert declared["OrderLine"] == ["erpLine"]
    [field] = config["customFieldConfig"]["ProductVariant"]
    assert field == {"__typename": "StringCustomFieldConfig", "name": "erpRef", "type": "string"}
