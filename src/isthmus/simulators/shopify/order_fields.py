"""Fields of an order and its parts that are not simply an attribute."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from isthmus.simulators.shopify.call import Fields, Info, constant, of
from isthmus.simulators.shopify.lines import LineItem
from isthmus.simulators.shopify.money import Bag
from isthmus.simulators.shopify.orders import Order
from isthmus.simulators.shopify.parties import Address
from isthmus.simulators.shopify.payments import Transaction


@dataclass(frozen=True, slots=True)
class Count:
    """How many, exactly."""

    count: int
    precision: str = "EXACT"


@dataclass(frozen=True, slots=True)
class Application:
    """An app, as orders and the installation name it."""

    TYPENAME: ClassVar[str] = "App"

    id: str
    name: str
    handle: str

    @property
    def title(self) -> str:
        """Return the name under its other name."""
        return self.name


@dataclass(frozen=True, slots=True)
class Channel:
    """Where an order came in."""

    TYPENAME: ClassVar[str] = "ChannelInformation"

    id: str
    channel_id: str
    display_name: str
    handle: str
    app: Application


@dataclass(frozen=True, slots=True)
class CashRounding:
    """What was rounded off because coins are missing; here nothing."""

    payment_set: Bag
    refund_set: Bag


ONLINE_STORE = Application("gid://shopify/App/580111", "Online Store", "online_store")
_CHANNEL = Channel(
    "gid://shopify/ChannelInformation/1", "gid://shopify/Channel/1", "Online Store", "online_store", ONLINE_STORE
)


def _transactions(
    order: Order, _info: Info, first: int | None = None, *, capturable: bool | None = None, **_rest: Any
) -> list[Transaction]:
    found = [one for one in order.transactions if capturable is None or one.manually_capturable is capturable]
    return found[:first]


def _discounted_total(line: LineItem, _info: Info, *, withCodeDiscounts: bool = False) -> Any:  # noqa: N803 - the API's name
    return line.discounted_total(with_code_discounts=withCodeDiscounts)


def _formatted(address: Address, _info: Info, **wishes: bool) -> list[str]:
    return address.formatted(
        with_company=wishes.get("withCompany", True),
        with_name=wishes.get("withName", False),
    )


def _unpaid(order: Order) -> bool:
    return not order.total_received_set


def _fully_paid(order: Order) -> bool:
    return order.net_payment_set.shop_money.amount >= order.standing.total.shop_money.amount


ORDER: Fields = {
    "subtotalPriceSet": "ordered.subtotal",
    "totalDiscountsSet": "ordered.discounts",
    "cartDiscountAmountSet": "ordered.cart_discount",
    "totalShippingPriceSet": "ordered.shipping",
    "totalTaxSet": "ordered.tax",
    "totalPriceSet": "ordered.total",
    "totalTipReceivedSet": "ordered.tip",
    "taxLines": "ordered.tax_lines",
    "currentSubtotalPriceSet": "standing.subtotal",
    "currentTotalDiscountsSet": "standing.discounts",
    "currentCartDiscountAmountSet": "standing.cart_discount",
    "currentShippingPriceSet": "standing.shipping",
    "currentTotalTaxSet": "standing.tax",
    "currentTotalPriceSet": "standing.total",
    "currentTaxLines": "standing.tax_lines",
    "totalRefundedShippingSet": of(lambda order: order.ordered.shipping if order.refunds else order.nothing),
    "refundDiscrepancySet": "nothing",
    "currentTotalDutiesSet": constant(None),
    "currentTotalAdditionalFeesSet": constant(None),
    "originalTotalDutiesSet": constant(None),
    "originalTotalAdditionalFeesSet": constant(None),
    "additionalFees": constant([]),
    "totalCashRoundingAdjustment": of(lambda order: CashRounding(order.nothing, order.nothing)),
    "dutiesIncluded": constant(value=False),
    "estimatedTaxes": constant(value=False),
    "customerAcceptsMarketing": constant(value=False),
    "merchantEditable": constant(value=True),
    "retailLocation": constant(None),
    "clientIp": constant(None),
    "app": constant(ONLINE_STORE),
    "channelInformation": constant(_CHANNEL),
    "attribution": constant(_CHANNEL),
    "statusPageUrl": of(lambda order: f"https://demo-shop.myshopify.com/orders/{order.legacy_resource_id}"),
    "displayAddress": of(lambda order: order.shipping_address or order.billing_address),
    "shippingLine": of(lambda order: order.shipping_lines[0] if order.shipping_lines else None),
    "discountCode": of(lambda order: order.discount_codes[0] if order.discount_codes else None),
    "totalWeight": of(lambda order: order.weight_g(now=False)),
    "currentTotalWeight": of(lambda order: order.weight_g(now=True)),
    "fullyPaid": of(_fully_paid),
    "unpaid": of(_unpaid),
    "capturable": of(lambda order: bool(order.total_capturable_set)),
    "refundable": of(lambda order: bool(order.net_payment_set)),
    "restockable": of(lambda order: not order.cancelled_at and order.requires_shipping),
    "fulfillable": of(lambda order: not order.cancelled_at),
    "transactions": _transactions,
    "transactionsCount": of(lambda order: Count(len(order.transactions))),
}

TABLE: Mapping[str, Fields] = {
    "Order": ORDER,
    "LineItem": {"discountedTotalSet": _discounted_total, "duties": constant([]), "lineItemGroup": constant(None)},
    "MailingAddress": {"formatted": _formatted},
}
