"""Orders, refunds and notes as the API shows them, field by field in the documentation's order.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties (REST v3) and its samples.
"""

from decimal import Decimal
from typing import Any

from isthmus.simulators.woocommerce import stamps
from isthmus.simulators.woocommerce.money import bare, shown
from isthmus.simulators.woocommerce.orders import Line, Note, Order, Refund, RefundLine, TaxLine
from isthmus.simulators.woocommerce.shop import Shop

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
View = dict[str, Any]


def order_view(shop: Shop, order: Order, decimals: int | None = None) -> View:
    """Return one order; `decimals` is the parameter `dp`."""
    zone = shop.settings.zone
    places = shop.settings.decimals if decimals is None else decimals
    sums = ("discount_total", "discount_tax", "shipping_total", "shipping_tax", "cart_tax", "total")
    view: View = {
        "id": order.id,
        "parent_id": 0,
        "status": order.status,
        "currency": order.currency,
        "version": order.version or shop.settings.version,
        "prices_include_tax": order.prices_include_tax,
        **stamps.both("date_created", order.created_at, zone),
        **stamps.both("date_modified", order.modified_at, zone),
        **{name: shown(getattr(order, name), places) for name in sums},
        "total_tax": shown(order.cart_tax + order.shipping_tax, places),
        "customer_id": order.customer_id,
        "order_key": order.key,
        "billing": dict(order.billing),
        "shipping": dict(order.shipping),
        "payment_method": order.payment_method,
        "payment_method_title": order.payment_method_title,
        "transaction_id": order.transaction_id,
        "customer_ip_address": "",
        "customer_user_agent": "",
        "created_via": order.created_via,
        "customer_note": order.customer_note,
        **stamps.both("date_completed", order.completed_at, zone),
        **stamps.both("date_paid", order.paid_at, zone),
        "cart_hash": "",
        "number": order.number,
        "meta_data": [dict(one) for one in order.meta],
        **_lines(shop, order, places),
        "refunds": [{"id": one.id, "reason": one.reason, "total": shown(-one.amount, places)} for one in order.refunds],
        "payment_url": f"{shop.home}/checkout/order-pay/{order.id}/?pay_for_order=true&key={order.key}",
        "is_editable": order.status in {"pending", "on-hold"},
        "needs_payment": order.needs_payment,
        "needs_processing": bool(order.goods),
        "currency_symbol": SYMBOLS.get(order.currency, order.currency),
    }
    return {**view, "_links": links(shop, f"orders/{order.id}", "orders", _customer_link(shop, order))}


def _customer_link(shop: Shop, order: Order) -> dict[str, str]:
    return {"customer": f"customers/{order.customer_id}"} if order.customer_id in shop.customers else {}


def _lines(shop: Shop, order: Order, places: int) -> View:
    return {
        "line_items": [line_view(shop, line, places) for line in order.goods],
        "tax_lines": [_tax_line(line, places) for line in order.tax_lines],
        "shipping_lines": [_shipping(line, places) for line in order.of("shipping")],
        "fee_lines": [_fee(line, places) for line in order.of("fee")],
        "coupon_lines": [_coupon(line, places) for line in order.of("coupon")],
    }


def _shipping(line: Line, places: int) -> View:
    return {
        "id": line.id,
        "method_title": line.name,
        "method_id": line.method_id,
        "instance_id": "0",
        "total": shown(line.total, places),
        "total_tax": shown(line.total_tax, places),
        "taxes": _taxes(line),
        "tax_status": line.tax_status,
        "meta_data": _shown_meta(line),
    }


def _fee(line: Line, places: int) -> View:
    return {
        "id": line.id,
        "name": line.name,
        "tax_class": line.tax_class,
        "tax_status": line.tax_status,
        "amount": bare(line.total),
        "total": shown(line.total, places),
        "total_tax": shown(line.total_tax, places),
        "taxes": _taxes(line),
        "meta_data": _shown_meta(line),
    }


def _coupon(line: Line, places: int) -> View:
    return {
        "id": line.id,
        "code": line.code,
        "discount": shown(line.total, places),
        "discount_tax": shown(line.discount_tax, places),
        "meta_data": _shown_meta(line),
        "discount_type": line.discount_type,
        "nominal_amount": 0,
        "free_shipping": False,
    }


def line_view(shop: Shop, line: Line, places: int) -> View:
    """Return a line of goods; its SKU is the product's of today, and null when the product is gone."""
    product = shop.products.get(line.variation_id or line.product_id)
    return {
        "id": line.id,
        "name": line.name,
        "product_id": line.product_id,
        "variation_id": line.variation_id,
        "quantity": line.quantity,
        "tax_class": line.tax_class,
        "subtotal": shown(line.subtotal, places),
        "subtotal_tax": shown(line.subtotal_tax, places),
        "total": shown(line.total, places),
        "total_tax": shown(line.total_tax, places),
        "taxes": _taxes(line),
        "meta_data": _shown_meta(line),
        "sku": product.sku if product else None,
        "global_unique_id": product.gtin if product else "",
        # A number, unrounded, after discounts and without tax: the documentation's own sample has it so.
        "price": php_number(line.total / line.quantity) if line.quantity else 0,
        "image": {"id": "", "src": ""},
        "parent_name": product.parent.name if product and product.parent else None,
    }


def php_number(amount: Decimal) -> float | int:
    """Return a number as PHP prints it: binary, and without a fraction of nothing."""
    number = float(amount)
    return int(number) if number.is_integer() else number


def _taxes(line: Line) -> list[View]:
    return [
        {"id": rate_id, "total": bare(tax.total), "subtotal": bare(tax.subtotal)} for rate_id, tax in line.taxes.items()
    ]


def _tax_line(line: TaxLine, places: int) -> View:
    return {
        "id": line.id,
        "rate_code": line.rate_code,
        "rate_id": line.rate_id,
        "label": line.label,
        "compound": line.compound,
        "tax_total": shown(line.tax_total, places),
        "shipping_tax_total": shown(line.shipping_tax_total, places),
        "rate_percent": php_number(line.percent),
        "meta_data": [],
    }


def _shown_meta(line: Line) -> list[View]:
    return [{**one, "display_key": one["key"], "display_value": one["value"]} for one in line.meta]


def refund_view(shop: Shop, refund: Refund, decimals: int | None = None, *, parent: bool = False) -> View:
    """Return one refund; the list of all refunds names the order in `parent_id`."""
    places = shop.settings.decimals if decimals is None else decimals
    path = f"orders/{refund.order_id}/refunds"
    return {
        "id": refund.id,
        **({"parent_id": refund.order_id} if parent else {}),
        **stamps.both("date_created", refund.created_at, shop.settings.zone),
        "amount": shown(refund.amount, places),
        "reason": refund.reason,
        "refunded_by": refund.refunded_by,
        "refunded_payment": refund.refunded_payment,
        "meta_data": [dict(one) for one in refund.meta],
        "line_items": [_refund_line(shop, row, places) for row in refund.lines if row.line.kind == "line_item"],
        "tax_lines": [],
        "shipping_lines": [_refund_line(shop, row, places) for row in refund.lines if row.line.kind == "shipping"],
        "fee_lines": [_refund_line(shop, row, places) for row in refund.lines if row.line.kind == "fee"],
        "_links": links(shop, f"{path}/{refund.id}", path, {"up": f"orders/{refund.order_id}"}),
    }


def _refund_line(shop: Shop, row: RefundLine, places: int) -> View:
    product = shop.products.get(row.line.variation_id or row.line.product_id)
    taxes: list[tuple[int, Decimal]] = list(row.taxes.items())
    return {
        "id": row.id,
        "name": row.line.name,
        "product_id": row.line.product_id,
        "variation_id": row.line.variation_id,
        "quantity": row.quantity,
        "tax_class": row.line.tax_class,
        "subtotal": shown(row.total, places),
        "subtotal_tax": shown(row.total_tax, places),
        "total": shown(row.total, places),
        "total_tax": shown(row.total_tax, places),
        "taxes": [{"id": rate_id, "total": bare(tax), "subtotal": bare(tax)} for rate_id, tax in taxes],
        "meta_data": [{"id": row.id * 10, "key": "_refunded_item_id", "value": str(row.line.id)}],
        "sku": product.sku if product else None,
        "price": php_number(row.total / row.quantity) if row.quantity else 0,
    }


def note_view(shop: Shop, order_id: int, note: Note) -> View:
    """Return one note of an order."""
    path = f"orders/{order_id}/notes"
    return {
        "id": note.id,
        "author": note.author,
        **stamps.both("date_created", note.created_at, shop.settings.zone),
        "note": note.text,
        "customer_note": note.customer_note,
        "_links": links(shop, f"{path}/{note.id}", path, {"up": f"orders/{order_id}"}),
    }


def links(shop: Shop, own: str, collection: str, more: dict[str, str] | None = None) -> View:
    """Return the `_links` of a record."""
    base = f"{shop.home}/wp-json/wc/v3"
    named = {"self": own, "collection": collection, **(more or {})}
    return {name: [{"href": f"{base}/{path}"}] for name, path in named.items()}
