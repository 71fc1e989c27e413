"""The fields of records that are not simply an attribute of the same name."""

from collections.abc import Mapping
from typing import Any

from isthmus.simulators.vendure import amounts, states, stock
from isthmus.simulators.vendure.call import Call, Fields, Info, Resolver, of, within
from isthmus.simulators.vendure.catalog import Channel, Product, Variant
from isthmus.simulators.vendure.custom_fields import ENTITIES, described
from isthmus.simulators.vendure.errors import Failed
from isthmus.simulators.vendure.lines import Line
from isthmus.simulators.vendure.lists import cut
from isthmus.simulators.vendure.people import Administrator, Group, OrderAddress
from isthmus.simulators.vendure.queries import look, price, stock_word
from isthmus.simulators.vendure.text import snake, text_of

#: what an administrator with everything has, so far as this shop knows
_EVERYTHING = (
    "Authenticated", "SuperAdmin", "CreateCatalog", "ReadCatalog", "UpdateCatalog", "DeleteCatalog", "ReadSettings",
    "UpdateSettings", "CreateCustomer", "ReadCustomer", "UpdateCustomer", "DeleteCustomer", "CreateOrder", "ReadOrder",
    "UpdateOrder", "DeleteOrder", "CreateProduct", "ReadProduct", "UpdateProduct", "DeleteProduct",
    "CreateStockLocation", "ReadStockLocation", "UpdateStockLocation", "DeleteStockLocation",
)  # fmt: skip


def _translated(name: str) -> Resolver:
    return within(lambda call, one: text_of(one, call.language, name))


def _language(call: Call, record: Any) -> str:
    return call.language if call.language in record.translations else next(iter(record.translations), "en")


def _translations(record: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "created_at": record.created_at,
            "updated_at": record.updated_at,
            "language_code": language,
            "custom_fields": {},
            **{name: texts.get(name, "") for name in ("name", "slug", "description")},
        }
        for number, (language, texts) in enumerate(record.translations.items(), 1)
    ]


_TOLD: Fields = {
    "name": _translated("name"),
    "languageCode": within(_language),
    "translations": of(_translations),
}
_DESCRIBED: Fields = {**_TOLD, "description": _translated("description")}


def _address(name: str) -> Resolver:
    def read(address: OrderAddress) -> str | None:
        return address.get(name)

    return of(read)


def _history(source: Any, info: Info, options: dict[str, Any] | None = None) -> Any:
    return cut(info.context, source.entries, options, look(info.context))


def _orders(source: Any, info: Info, options: dict[str, Any] | None = None) -> Any:
    rows = (one for one in info.context.shop.orders.values() if one.customer is source)
    return cut(info.context, rows, options, look(info.context))


def _variant_list(source: Product, info: Info, options: dict[str, Any] | None = None) -> Any:
    return cut(info.context, _variants(info.context, source), options, look(info.context))


def _variants(call: Call, product: Product) -> list[Variant]:
    return [one for one in product.all_variants if not one.gone and call.channel.id in one.channels]


def _movements(source: Variant, info: Info, options: dict[str, Any] | None = None) -> Any:
    asked = dict(options or {})
    kind = asked.pop("type", None)
    rows = (one for one in source.movements if kind is None or one.type == kind)
    return cut(info.context, rows, asked, look(info.context))


def _members(source: Group, info: Info, options: dict[str, Any] | None = None) -> Any:
    return cut(info.context, source.members, options, look(info.context))


def _prices(call: Call, variant: Variant) -> list[dict[str, Any]]:
    found = (
        (currency, amount) for (channel, currency), amount in variant.amounts.items() if channel == call.channel.id
    )
    return [{"currency_code": currency, "price": amount, "custom_fields": {}} for currency, amount in found]


def _channels(call: Call, record: Any) -> list[Channel]:
    return [one for one in call.shop.channels.values() if one.id in record.channels]


def _signed_in(call: Call, administrator: Administrator) -> list[dict[str, Any]]:
    held = administrator.permissions
    shown = _EVERYTHING if "SuperAdmin" in held else held
    channels = [
        one for one in call.shop.channels.values() if not administrator.channels or one.id in administrator.channels
    ]
    return [{"id": one.id, "token": one.token, "code": one.code, "permissions": list(shown)} for one in channels]


def _settings(call: Call) -> dict[str, Any]:
    fields = call.settings.custom_fields
    return {
        "order_process": [{"name": name, "to": list(to)} for name, to in states.ORDER.items()],
        "money_strategy_precision": 2,
        "custom_field_config": {entity: described(fields, entity) for entity in ENTITIES},
        "entity_custom_fields": [
            {"entity_name": entity, "custom_fields": described(fields, entity)} for entity in ENTITIES
        ],
    }


def _sum(name: str) -> Resolver:
    def read(call: Call, variant: Variant) -> int:
        return sum(getattr(one, name) for one in stock.seen(variant, call.channel))

    return within(read)


def _error(name: str) -> Resolver:
    def read(failed: Failed) -> Any:
        match name:
            case "errorCode":
                return failed.error_code
            case "message":
                return failed.told()
            case _:
                return failed.details.get(snake(name))

    return of(read)


def error_fields(names: list[str]) -> Fields:
    """Return the fields of a business error."""
    return {name: _error(name) for name in names}


def _tax(line: Line) -> float:
    return line.tax_rate


TABLE: Mapping[str, Fields] = {
    "Order": {
        "nextStates": of(lambda one: list(states.following(one.state))),
        "channels": within(_channels),
        "taxSummary": of(amounts.tax_summary),
        "discounts": of(amounts.order_discounts),
        "history": _history,
    },
    "OrderLine": {"discounts": of(amounts.line_discounts), "taxRate": of(_tax)},
    "ShippingLine": {"discounts": of(amounts.shipping_discounts)},
    "OrderAddress": {
        name: _address(name)
        for name in (
            "fullName",
            "company",
            "streetLine1",
            "streetLine2",
            "city",
            "province",
            "postalCode",
            "country",
            "countryCode",
            "phoneNumber",
            "customFields",
        )
    },
    "Payment": {"nextStates": of(lambda one: list(states.PAYMENT[one.state]))},
    "Fulfillment": {"nextStates": of(lambda one: list(states.FULFILLMENT[one.state]))},
    "Customer": {"orders": _orders, "history": _history},
    "CustomerGroup": {"customers": _members},
    "Product": {
        **_DESCRIBED,
        "slug": _translated("slug"),
        "channels": within(_channels),
        "variants": within(_variants),
        "variantList": _variant_list,
    },
    "ProductVariant": {
        **_TOLD,
        "price": within(lambda call, one: price(call, one, with_tax=False)),
        "priceWithTax": within(lambda call, one: price(call, one, with_tax=True)),
        "currencyCode": within(lambda call, _one: call.channel.default_currency_code),
        "prices": within(_prices),
        "stockLevels": of(lambda one: sorted(one.levels.values(), key=lambda each: each.stock_location.id)),
        "stockOnHand": _sum("stock_on_hand"),
        "stockAllocated": _sum("stock_allocated"),
        "stockLevel": within(stock_word),
        "stockMovements": _movements,
        "channels": within(_channels),
        "taxRateApplied": within(lambda call, one: call.shop.rate(one.tax_category, call.channel)),
    },
    "ProductOption": _TOLD,
    "ProductOptionGroup": _TOLD,
    "Country": {
        **_TOLD,
        "type": of(lambda _one: "country"),
        "parent": of(lambda _one: None),
        "parentId": of(lambda _one: None),
    },
    "ShippingMethod": _DESCRIBED,
    "PaymentMethod": _DESCRIBED,
    "Promotion": {
        **_DESCRIBED,
        **{name: of(lambda _one: None) for name in ("startsAt", "endsAt", "perCustomerUsageLimit", "usageLimit")},
    },
    "TaxRate": {"customerGroup": of(lambda _one: None)},
    "CurrentUser": {
        "id": of(lambda one: one.user.id),
        "identifier": of(lambda one: one.user.identifier),
        "channels": within(_signed_in),
    },
    "GlobalSettings": {
        "id": of(lambda _one: 1),
        "createdAt": of(lambda one: one.opened_at),
        "updatedAt": of(lambda one: one.opened_at),
        "availableLanguages": of(lambda _one: ["en"]),
        "trackInventory": of(lambda one: one.default_channel.track_inventory),
        "outOfStockThreshold": of(lambda one: one.default_channel.out_of_stock_threshold),
        "serverConfig": within(lambda call, _one: _settings(call)),
    },
    "CustomFields": {name: of(lambda told, name=name: told[name]) for name in ENTITIES},
}
