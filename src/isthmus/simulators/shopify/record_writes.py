"""Mutations on records: metafields and their definitions, tags, the fields of an order.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/metafieldsSet and its like
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from isthmus.simulators.shopify.call import Fields, Info
from isthmus.simulators.shopify.lines import Attribute
from isthmus.simulators.shopify.metafields import (
    OWNER_TYPES,
    Definition,
    DefinitionType,
    DefinitionValidation,
    Metafield,
    namespace_of,
    wrong_value,
)
from isthmus.simulators.shopify.orders import Order
from isthmus.simulators.shopify.paging import plain
from isthmus.simulators.shopify.parties import Address
from isthmus.simulators.shopify.payloads import RecordPayload, UserError
from isthmus.simulators.shopify.record_fields import SHOP_ID
from isthmus.simulators.shopify.shop import Shop

MAX_METAFIELDS = 25
#: what a change of a record is announced as
TOPICS = {"Order": "orders/updated", "Product": "products/update", "Customer": "customers/update"}
_CATEGORIES = {"id": "ID", "boolean": "TRUE_FALSE", "json": "JSON"}


def metafield_of(shop: Shop, owner: Any, namespace: str | None, key: str) -> Metafield | None:
    """Return one metafield of a record."""
    return shop.metafields.get(_id(owner), {}).get((namespace_of(namespace), key))


def metafields_of(shop: Shop, owner: Any, arguments: dict[str, Any]) -> Any:
    """Return a page of a record's metafields; asked for as `namespace.key`, that is what the key is then.

    Source: https://shopify.dev/changelog/simplified-metafield-querying
    """
    namespace, keys = arguments.get("namespace"), arguments.get("keys")
    found: list[Metafield] = []
    for one in shop.metafields.get(_id(owner), {}).values():
        if namespace is not None and one.namespace != namespace_of(namespace):
            continue
        whole = f"{one.namespace}.{one.key}"
        if keys is None or one.key in keys:
            found.append(one)
        elif whole in keys:
            found.append(replace(one, key=whole))
    return plain(found, arguments)


def _id(owner: Any) -> str:
    return SHOP_ID if isinstance(owner, Shop) else owner.id


def _metafields_set(_root: Any, info: Info, metafields: list[dict[str, Any]]) -> RecordPayload:
    shop = info.context.shop
    if len(metafields) > MAX_METAFIELDS:
        message = f"Exceeded the maximum metafields input limit of {MAX_METAFIELDS}."
        return RecordPayload(None, [UserError(["metafields"], message, "LESS_THAN_OR_EQUAL_TO")])
    errors = [error for index, wish in enumerate(metafields) if (error := _wrong_metafield(shop, index, wish))]
    if errors:
        return RecordPayload(None, errors)
    kept = [_keep(shop, wish) for wish in metafields]
    for owner in {_id(one.owner): one.owner for one in kept}.values():
        _touched(shop, owner)
    return RecordPayload(kept)


def _owner(shop: Shop, gid: str) -> Any:
    return shop if gid == SHOP_ID else shop.find(gid)


def _definition(shop: Shop, owner: Any, namespace: str, key: str) -> Definition | None:
    wanted = (OWNER_TYPES[_type(owner)], namespace, key)
    return next((one for one in shop.definitions.values() if (one.owner_type, one.namespace, one.key) == wanted), None)


def _type(owner: Any) -> str:
    return "Shop" if isinstance(owner, Shop) else owner.TYPENAME


def _wrong_metafield(shop: Shop, index: int, wish: Mapping[str, Any]) -> UserError | None:
    def error(name: str, message: str, code: str) -> UserError:
        return UserError(["metafields", str(index), name], message, code, index)

    owner = _owner(shop, wish["ownerId"])
    if owner is None or _type(owner) not in OWNER_TYPES:
        return error("ownerId", "Owner does not exist.", "INVALID")
    namespace = namespace_of(wish.get("namespace"))
    definition = _definition(shop, owner, namespace, wish["key"])
    kind = wish.get("type") or (definition.type.name if definition else None)
    old = shop.metafields.get(_id(owner), {}).get((namespace, wish["key"]))
    if kind is None and old is None:
        return error("type", "Type can't be blank.", "BLANK")
    kind = kind or (old.type if old else "")
    if definition is not None and kind != definition.type.name:
        message = f"Type '{kind}' must be consistent with the definition's type: '{definition.type.name}'."
        return error("type", message, "INVALID_TYPE")
    reason = wrong_value(kind, wish["value"])
    if reason:
        return error("value", reason, "INVALID_VALUE" if wish["value"].strip() else "BLANK")
    if definition and definition.unique and definition.owners.get(wish["value"], _id(owner)) != _id(owner):
        return error("value", "Value has already been assigned to another metafield.", "TAKEN")
    if "compareDigest" in wish and wish["compareDigest"] != (old.compare_digest if old else None):
        return error("compareDigest", "The resource has been updated since it was loaded.", "STALE_OBJECT")
    return None


def _keep(shop: Shop, wish: Mapping[str, Any]) -> Metafield:
    owner = _owner(shop, wish["ownerId"])
    namespace, key = namespace_of(wish.get("namespace")), wish["key"]
    definition = _definition(shop, owner, namespace, key)
    fields = shop.metafields[_id(owner)]
    now = shop.now()
    metafield = fields.get((namespace, key))
    if metafield is None:
        gid, number = shop.new_id("Metafield")
        kind = wish.get("type") or (definition.type.name if definition else "")
        metafield = Metafield(
            gid, number, namespace, key, kind, wish["value"], owner, OWNER_TYPES[_type(owner)], now, now
        )
        fields[namespace, key] = metafield
    elif definition and definition.unique:
        definition.owners.pop(metafield.value, None)
    metafield.value = wish["value"]
    metafield.type = wish.get("type") or metafield.type
    metafield.updated_at = now
    if definition and definition.unique:
        definition.owners[wish["value"]] = _id(owner)
    return metafield


def _touched(shop: Shop, owner: Any) -> None:
    if not isinstance(owner, Shop):
        shop.touch(owner, TOPICS.get(owner.TYPENAME))


def _define(_root: Any, info: Info, definition: dict[str, Any]) -> RecordPayload:
    shop = info.context.shop
    namespace, key, owner_type = namespace_of(definition.get("namespace")), definition["key"], definition["ownerType"]
    if any(
        (one.owner_type, one.namespace, one.key) == (owner_type, namespace, key) for one in shop.definitions.values()
    ):
        message = f"Key is in use for {owner_type.capitalize()} metafields on the '{namespace}' namespace."
        return RecordPayload(None, [UserError(["definition", "key"], message, "TAKEN")])
    kind = definition["type"]
    made = Definition(
        id=shop.gid("MetafieldDefinition"),
        namespace=namespace,
        key=key,
        name=definition["name"],
        owner_type=owner_type,
        type=DefinitionType(kind, _CATEGORIES.get(kind, "TEXT")),
        description=definition.get("description"),
        validations=[DefinitionValidation(one["name"], one["value"]) for one in definition.get("validations") or ()],
    )
    shop.definitions[made.id] = made
    return RecordPayload(made)


def _tags(change: Callable[[set[str], set[str]], set[str]]) -> Callable[..., RecordPayload]:
    def resolve(_root: Any, info: Info, id: str, tags: list[str]) -> RecordPayload:  # noqa: A002 - the API's name
        shop = info.context.shop
        record = shop.find(id)
        if record is None or not hasattr(record, "tags"):
            return RecordPayload(None, [UserError(["id"], "Resource not found")])
        after = sorted(change(set(record.tags), set(_single_tags(tags))))
        if after != record.tags:
            record.tags = after
            _touched(shop, record)
        return RecordPayload(record)

    return resolve


def _single_tags(tags: Iterable[str]) -> list[str]:
    return [tag.strip() for text in tags for tag in text.split(",") if tag.strip()]


def _order_update(_root: Any, info: Info, input: dict[str, Any]) -> RecordPayload:  # noqa: A002 - the API's name
    shop = info.context.shop
    order = shop.find(input["id"], "Order")
    if not isinstance(order, Order):
        return RecordPayload(None, [UserError(["id"], "Order does not exist")])
    for name, attribute in (("note", "note"), ("email", "email"), ("phone", "phone"), ("poNumber", "po_number")):
        if name in input:
            setattr(order, attribute, input[name])
    if input.get("tags") is not None:
        order.tags = sorted(set(_single_tags(input["tags"])))
    if input.get("customAttributes") is not None:
        order.custom_attributes = [Attribute(one["key"], one["value"]) for one in input["customAttributes"]]
    if input.get("shippingAddress"):
        order.shipping_address = _address(shop, input["shippingAddress"])
    for wish in input.get("metafields") or ():
        _keep(shop, {**wish, "ownerId": order.id})
    _touched(shop, order)
    return RecordPayload(order)


def _address(shop: Shop, wish: Mapping[str, Any]) -> Address:
    return Address(
        id=shop.gid("MailingAddress"),
        first_name=wish.get("firstName"),
        last_name=wish.get("lastName"),
        address1=wish.get("address1"),
        address2=wish.get("address2"),
        city=wish.get("city"),
        zip=wish.get("zip"),
        country_code_v2=wish.get("countryCode"),
        province_code=wish.get("provinceCode"),
        company=wish.get("company"),
        phone=wish.get("phone"),
    )


TABLE: Fields = {
    "metafieldsSet": _metafields_set,
    "metafieldDefinitionCreate": _define,
    "tagsAdd": _tags(lambda old, given: old | given),
    "tagsRemove": _tags(lambda old, given: old - given),
    "orderUpdate": _order_update,
}
