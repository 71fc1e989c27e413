"""Webhook bodies: the old REST shape, numbers as ids, amounts as text, the shop's own time zone.

Source: https://shopify.dev/docs/apps/build/webhooks/delivery-structure and the REST order resource.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from isthmus.simulators.shopify.amendments import OrderEdit
from isthmus.simulators.shopify.catalog import InventoryLevel, Product, Variant
from isthmus.simulators.shopify.charges import (
    DiscountAllocation,
    DiscountApplication,
    Percentage,
    ShippingLine,
    TaxLine,
)
from isthmus.simulators.shopify.lines import Attribute, LineItem
from isthmus.simulators.shopify.money import Bag, MoneyV2
from isthmus.simulators.shopify.orders import Order
from isthmus.simulators.shopify.parties import Address, Customer
from isthmus.simulators.shopify.payments import Refund
from isthmus.simulators.shopify.shop import TIME_ZONE, Shop

Body = dict[str, Any]
_KINDS = {
    "DiscountCodeApplication": "discount_code",
    "ManualDiscountApplication": "manual",
    "AutomaticDiscountApplication": "automatic",
    "ScriptDiscountApplication": "script",
}


def body_of(topic: str, subject: Any) -> Body:
    """Return the body of a webhook."""
    if topic == "orders/edited":
        return _edit(subject)
    if topic == "products/delete":
        return {"id": subject.legacy_resource_id}
    return _BODIES[type(subject)](subject)


def _edit(change: OrderEdit) -> Body:
    moved = [{"id": _number(change.line.id), "delta": abs(change.delta)}]
    return {
        "order_edit": {
            "id": _number(change.id),
            "app_id": None,
            "created_at": _time(change.order.updated_at),
            "notify_customer": False,
            "order_id": change.order.legacy_resource_id,
            "staff_note": "",
            "line_items": {
                "additions": moved if change.delta > 0 else [],
                "removals": moved if change.delta < 0 else [],
            },
        }
    }


def _order(order: Order) -> Body:
    return {
        **_order_head(order),
        **_order_money(order),
        "billing_address": _address(order.billing_address),
        "shipping_address": _address(order.shipping_address),
        "customer": _customer(order.customer) if order.customer else None,
        "company": _company(order),
        "discount_applications": [_application(one) for one in order.discount_applications],
        "discount_codes": _codes(order),
        "line_items": [_line(one) for one in order.line_items],
        "shipping_lines": [_shipping(one) for one in order.shipping_lines],
        "tax_lines": [_tax(one) for one in order.ordered.tax_lines],
        "payment_gateway_names": order.payment_gateway_names,
        "payment_terms": {"payment_terms_name": order.payment_terms.payment_terms_name}
        if order.payment_terms
        else None,
        "refunds": [_refund(one) for one in order.refunds],
        "fulfillments": [],
    }


def _order_head(order: Order) -> Body:
    return {
        "id": order.legacy_resource_id,
        "admin_graphql_api_id": order.id,
        "name": order.name,
        "order_number": order.number,
        "number": order.number - 1000,
        "confirmation_number": order.confirmation_number,
        "created_at": _time(order.created_at),
        "updated_at": _time(order.updated_at),
        "processed_at": _time(order.processed_at),
        "cancelled_at": _time(order.cancelled_at),
        "closed_at": _time(order.closed_at),
        "cancel_reason": order.cancel_reason.lower() if order.cancel_reason else None,
        "financial_status": order.display_financial_status.lower(),
        "fulfillment_status": None,
        "email": order.email,
        "contact_email": order.email,
        "phone": order.phone,
        "note": order.note,
        "note_attributes": _attributes(order.custom_attributes, "name"),
        "tags": ", ".join(order.tags),
        "test": order.test,
        "source_name": order.source_name,
        "source_identifier": order.source_identifier,
        "po_number": order.po_number,
        "customer_locale": order.customer_locale,
        "confirmed": order.confirmed,
        "taxes_included": order.taxes_included,
        "tax_exempt": order.tax_exempt,
        "currency": order.currency_code,
        "presentment_currency": order.presentment_currency_code,
    }


def _order_money(order: Order) -> Body:
    whole, now = order.ordered, order.standing
    amounts = {
        "total_price": whole.total,
        "subtotal_price": whole.subtotal,
        "total_tax": whole.tax,
        "total_discounts": whole.discounts,
        "current_total_price": now.total,
        "current_subtotal_price": now.subtotal,
        "current_total_tax": now.tax,
        "current_total_discounts": now.discounts,
    }
    body: Body = {name: _text(bag.shop_money) for name, bag in amounts.items()}
    body.update({f"{name}_set": _bag(bag) for name, bag in amounts.items()})
    body["total_shipping_price_set"] = _bag(whole.shipping)
    body["total_tip_received"] = _text(whole.tip.shop_money)
    body["total_outstanding"] = _text(order.total_outstanding_set.shop_money)
    goods = [line.original_total_set.shop_money.amount for line in order.line_items if not line.is_tip]
    body["total_line_items_price"] = format(sum(goods), "f")
    body["total_weight"] = order.weight_g(now=False)
    return body


def _line(line: LineItem) -> Body:
    price = line.original_unit_price_set
    return {
        "id": _number(line.id),
        "admin_graphql_api_id": line.id,
        "variant_id": line.variant.legacy_resource_id if line.variant else None,
        "product_id": line.product.legacy_resource_id if line.product else None,
        "sku": line.sku,
        "title": line.title,
        "variant_title": line.variant_title,
        "name": line.name,
        "vendor": line.vendor,
        "quantity": line.quantity,
        "current_quantity": line.current_quantity,
        "fulfillable_quantity": line.unfulfilled_quantity,
        "fulfillment_status": None,
        "grams": int(line.weight.value) if line.weight else 0,
        "price": _text(price.shop_money),
        "price_set": _bag(price),
        "total_discount": "0.00",
        "requires_shipping": line.requires_shipping,
        "gift_card": line.is_gift_card,
        "taxable": line.taxable,
        "properties": _attributes(line.custom_attributes, "name"),
        "tax_lines": [_tax(one) for one in line.tax_lines],
        "discount_allocations": [_allocation(one) for one in line.discount_allocations],
    }


def _shipping(line: ShippingLine) -> Body:
    return {
        "id": _number(line.id),
        "title": line.title,
        "code": line.code,
        "source": line.source,
        "price": _text(line.original_price_set.shop_money),
        "price_set": _bag(line.original_price_set),
        "discounted_price": _text(line.discounted_price_set.shop_money),
        "discounted_price_set": _bag(line.discounted_price_set),
        "is_removed": line.is_removed,
        "tax_lines": [_tax(one) for one in line.tax_lines],
        "discount_allocations": [_allocation(one) for one in line.discount_allocations],
    }


def _tax(tax: TaxLine) -> Body:
    return {
        "title": tax.title,
        "rate": tax.rate,
        "price": _text(tax.price_set.shop_money),
        "price_set": _bag(tax.price_set),
        "channel_liable": tax.channel_liable,
    }


def _allocation(allocation: DiscountAllocation) -> Body:
    amount = allocation.allocated_amount_set
    return {
        "amount": _text(amount.shop_money),
        "amount_set": _bag(amount),
        "discount_application_index": allocation.discount_application.index,
    }


def _application(one: DiscountApplication) -> Body:
    share = isinstance(one.value, Percentage)
    value = format(one.value.percentage, "f") if isinstance(one.value, Percentage) else _text(one.value)
    body: Body = {
        "type": _KINDS[one.kind],
        "target_type": one.target_type.lower(),
        "target_selection": one.target_selection.lower(),
        "allocation_method": one.allocation_method.lower(),
        "value": value,
        "value_type": "percentage" if share else "fixed_amount",
    }
    return body | ({"code": one.title} if one.kind == "DiscountCodeApplication" else {"title": one.title})


def _codes(order: Order) -> list[Body]:
    codes: list[Body] = []
    for one in order.discount_applications:
        if one.kind != "DiscountCodeApplication":
            continue
        lines: list[LineItem | ShippingLine] = [*order.line_items, *order.shipping_lines]
        off = order.nothing
        for line in lines:
            for allocation in line.discount_allocations:
                if allocation.discount_application is one:
                    off += allocation.allocated_amount_set
        kind = "shipping" if one.target_type == "SHIPPING_LINE" else "fixed_amount"
        kind = "percentage" if isinstance(one.value, Percentage) and kind != "shipping" else kind
        codes.append({"code": one.title, "amount": _text(off.shop_money), "type": kind})
    return codes


def _refund(refund: Refund) -> Body:
    return {
        "id": refund.legacy_resource_id,
        "admin_graphql_api_id": refund.id,
        "created_at": _time(refund.created_at),
        "note": refund.note,
        "restock": True,
        "refund_line_items": [
            {
                "line_item_id": _number(one.line_item.id),
                "quantity": one.quantity,
                "restock_type": one.restock_type.lower(),
                "subtotal": _text(one.subtotal_set.shop_money),
                "total_tax": _text(one.total_tax_set.shop_money),
            }
            for one in refund.refund_line_items
        ],
    }


def _address(address: Address | None) -> Body | None:
    if address is None:
        return None
    return {
        "first_name": address.first_name,
        "last_name": address.last_name,
        "name": address.name,
        "company": address.company,
        "address1": address.address1,
        "address2": address.address2,
        "city": address.city,
        "zip": address.zip,
        "province": address.province,
        "province_code": address.province_code,
        "country": address.country,
        "country_code": address.country_code_v2,
        "phone": address.phone,
    }


def _customer(customer: Customer) -> Body:
    return {
        "id": customer.legacy_resource_id,
        "admin_graphql_api_id": customer.id,
        "created_at": _time(customer.created_at),
        "updated_at": _time(customer.updated_at),
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "email": customer.email,
        "phone": customer.phone,
        "tags": ", ".join(customer.tags),
        "tax_exempt": customer.tax_exempt,
        "default_address": _address(customer.default_address),
    }


def _company(order: Order) -> Body | None:
    buyer = order.purchasing_entity
    if buyer is None or isinstance(buyer, Customer):
        return None
    return {"id": _number(buyer.company.id), "location_id": _number(buyer.location.id)}


def _product(product: Product) -> Body:
    return {
        "id": product.legacy_resource_id,
        "admin_graphql_api_id": product.id,
        "title": product.title,
        "handle": product.handle,
        "vendor": product.vendor,
        "product_type": product.product_type,
        "body_html": product.description_html,
        "status": product.status.lower(),
        "tags": ", ".join(product.tags),
        "created_at": _time(product.created_at),
        "updated_at": _time(product.updated_at),
        "variants": [_variant(one) for one in product.variants],
    }


def _variant(variant: Variant) -> Body:
    return {
        "id": variant.legacy_resource_id,
        "admin_graphql_api_id": variant.id,
        "product_id": variant.product.legacy_resource_id,
        "inventory_item_id": variant.inventory_item.legacy_resource_id,
        "sku": variant.sku,
        "barcode": variant.barcode,
        "title": variant.title,
        "price": format(variant.price, "f"),
        "position": variant.position,
        "taxable": variant.taxable,
        "inventory_policy": variant.inventory_policy.lower(),
        "inventory_quantity": variant.inventory_quantity,
    }


def _level(level: InventoryLevel) -> Body:
    return {
        "inventory_item_id": level.item.legacy_resource_id,
        "location_id": level.location.legacy_resource_id,
        "available": level.available,
        "updated_at": _time(level.updated_at),
        "admin_graphql_api_id": level.id,
    }


def _shop(shop: Shop) -> Body:
    return {"id": 1, "name": shop.name, "domain": shop.myshopify_domain, "myshopify_domain": shop.myshopify_domain}


def _attributes(attributes: list[Attribute], key: str) -> list[Body]:
    return [{key: one.key, "value": one.value} for one in attributes]


def _bag(bag: Bag) -> Body:
    shop = {"amount": _text(bag.shop_money), "currency_code": bag.shop_money.currency_code}
    buyer = {"amount": _text(bag.presentment_money), "currency_code": bag.presentment_money.currency_code}
    return {"shop_money": shop, "presentment_money": buyer}


def _text(money: MoneyV2) -> str:
    return format(money.amount, "f")


def _time(when: datetime | None) -> str | None:
    return when.astimezone(TIME_ZONE).isoformat(timespec="seconds") if when else None


def _number(gid: str) -> int:
    return int(gid.rsplit("/", 1)[1].split("?", 1)[0])


_BODIES: Mapping[type, Callable[[Any], Body]] = {
    Order: _order,
    Product: _product,
    Customer: _customer,
    InventoryLevel: _level,
    Shop: _shop,
}
