"""What Shopify sends about an order, as far as we read it.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/Order and the types it leads to.
"""

from decimal import Decimal

import msgspec

from isthmus.connectors.shopify.wire import Amount, Bag, Connection, Metafield, Moment, Ref, Wire


class TwoCurrencies(Bag, frozen=True, kw_only=True):
    """`MoneyBag` with what the buyer saw."""

    presentment_money: Amount


class TaxLine(Wire, frozen=True, kw_only=True):
    """`TaxLine`; `rate` is a fraction."""

    title: str
    price_set: Bag
    rate: Decimal | None = None
    source: str | None = None


class Attribute(Wire, frozen=True, kw_only=True):
    """`Attribute`: what themes and carts add."""

    key: str
    value: str | None = None


class Application(Wire, frozen=True, kw_only=True):
    """`DiscountApplication` and the types that implement it."""

    kind: str = msgspec.field(name="__typename")
    index: int
    target_selection: str
    target_type: str
    allocation_method: str
    code: str | None = None
    title: str | None = None


class Allocation(Wire, frozen=True, kw_only=True):
    """`DiscountAllocation`: the part of a discount on one line, removed units included."""

    allocated_amount_set: Bag
    discount_application: Application


class Line(Wire, frozen=True, kw_only=True):
    """`LineItem`; `variant` is null once deleted and on custom lines such as tips."""

    id: str
    name: str
    quantity: int
    current_quantity: int
    unfulfilled_quantity: int
    requires_shipping: bool
    is_gift_card: bool
    original_unit_price_set: Bag
    sku: str | None = None
    variant: Ref | None = None
    custom_attributes: tuple[Attribute, ...] = ()
    discount_allocations: tuple[Allocation, ...] = ()
    tax_lines: tuple[TaxLine, ...] = ()


class Shipping(Wire, frozen=True, kw_only=True):
    """`ShippingLine`; removed ones are not listed."""

    title: str
    original_price_set: Bag
    discounted_price_set: Bag
    current_discounted_price_set: Bag
    id: str | None = None
    code: str | None = None
    source: str | None = None
    carrier_identifier: str | None = None
    discount_allocations: tuple[Allocation, ...] = ()
    tax_lines: tuple[TaxLine, ...] = ()


class MailingAddress(Wire, frozen=True, kw_only=True):
    """`MailingAddress`; every part may be missing."""

    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    province_code: str | None = None
    zip: str | None = None
    country_code: str | None = msgspec.field(default=None, name="countryCodeV2")
    phone: str | None = None


class Email(Wire, frozen=True, kw_only=True):
    """`CustomerEmailAddress`."""

    email_address: str


class Phone(Wire, frozen=True, kw_only=True):
    """`CustomerPhoneNumber`."""

    phone_number: str


class Metafields(Wire, frozen=True, kw_only=True):
    """`MetafieldConnection`, asked for by name: one page has them all."""

    nodes: tuple[Metafield, ...]


class Customer(Wire, frozen=True, kw_only=True):
    """`Customer`, as a shop's own app sees it; `metafields` are there where some were asked for."""

    id: str
    first_name: str | None = None
    last_name: str | None = None
    locale: str | None = None
    note: str | None = None
    tags: tuple[str, ...] = ()
    tax_exempt: bool = False
    tax_exemptions: tuple[str, ...] = ()
    default_email_address: Email | None = None
    default_phone_number: Phone | None = None
    metafields: Metafields | None = None


class Company(Wire, frozen=True, kw_only=True):
    """`Company`; `external_id` is the number the ERP gave it."""

    id: str
    name: str
    external_id: str | None = None


class Contact(Wire, frozen=True, kw_only=True):
    """`CompanyContact`."""

    title: str | None = None


class TaxSettings(Wire, frozen=True, kw_only=True):
    """`CompanyLocationTaxSettings`."""

    tax_registration_id: str | None = None
    tax_exempt: bool = False


class TermsTemplate(Wire, frozen=True, kw_only=True):
    """`PaymentTermsTemplate`."""

    name: str


class Experience(Wire, frozen=True, kw_only=True):
    """`BuyerExperienceConfiguration`."""

    payment_terms_template: TermsTemplate | None = None


class CompanyLocation(Wire, frozen=True, kw_only=True):
    """`CompanyLocation`: the branch that bought."""

    id: str
    name: str
    tax_settings: TaxSettings
    external_id: str | None = None
    buyer_experience_configuration: Experience | None = None


class Purchaser(Wire, frozen=True, kw_only=True):
    """`PurchasingEntity`; empty when it is a plain customer."""

    company: Company | None = None
    location: CompanyLocation | None = None
    contact: Contact | None = None


class Card(Wire, frozen=True, kw_only=True):
    """`CardPaymentDetails`, brand only: we hold no card data. Other details come empty."""

    company: str | None = None
    payment_method_name: str | None = None


class Transaction(Wire, frozen=True, kw_only=True):
    """`OrderTransaction`."""

    id: str
    kind: str
    status: str
    amount_set: Bag
    gateway: str | None = None
    formatted_gateway: str | None = None
    authorization_code: str | None = None
    payment_id: str | None = None
    processed_at: Moment | None = None
    parent_transaction: Ref | None = None
    payment_details: Card | None = None
    test: bool = False


class Assigned(Wire, frozen=True, kw_only=True):
    """`FulfillmentOrderAssignedLocation`; the location is null once deleted."""

    location: Ref | None = None


class FulfillmentPlace(Wire, frozen=True, kw_only=True):
    """`FulfillmentOrder`, for the place it ships from."""

    id: str
    status: str
    assigned_location: Assigned


class PlaceLine(Wire, frozen=True, kw_only=True):
    """`FulfillmentOrderLineItem`."""

    total_quantity: int
    line_item: Ref


class RefundLine(Wire, frozen=True, kw_only=True):
    """`RefundLineItem`."""

    quantity: int
    restock_type: str
    line_item: Ref


class Refund(Wire, frozen=True, kw_only=True):
    """`Refund`."""

    id: str
    refund_line_items: Connection[RefundLine]


class Fee(Wire, frozen=True, kw_only=True):
    """`AdditionalFee` and `Duty`, which look alike."""

    id: str
    price: Bag
    name: str = ""
    tax_lines: tuple[TaxLine, ...] = ()


class DutyLine(Wire, frozen=True, kw_only=True):
    """`LineItem`, for its duties."""

    id: str
    duties: tuple[Fee, ...] = ()


class Hold(Wire, frozen=True, kw_only=True):
    """`FulfillmentHold`."""

    reason: str
    display_reason: str = ""
    reason_notes: str | None = None


class HeldPlace(Wire, frozen=True, kw_only=True):
    """`FulfillmentOrder`, for its holds."""

    fulfillment_holds: tuple[Hold, ...] = ()


class Order(Wire, frozen=True, kw_only=True):
    """`Order`. `total*` is as ordered, `current*` after edits and refunds."""

    id: str
    name: str
    created_at: Moment
    updated_at: Moment
    processed_at: Moment
    currency_code: str
    presentment_currency_code: str
    taxes_included: bool
    display_fulfillment_status: str
    total_price_set: TwoCurrencies
    current_total_price_set: TwoCurrencies
    current_subtotal_price_set: Bag
    current_total_discounts_set: Bag
    current_shipping_price_set: Bag
    current_total_tax_set: Bag
    total_tip_received_set: Bag
    total_received_set: Bag
    total_refunded_set: Bag
    line_items: Connection[Line]
    shipping_lines: Connection[Shipping]
    fulfillment_orders: Connection[FulfillmentPlace]
    metafields: Connection[Metafield]
    transactions: tuple[Transaction, ...] = ()
    current_total_duties_set: Bag | None = None
    current_total_additional_fees_set: Bag | None = None
    cancelled_at: Moment | None = None
    cancel_reason: str | None = None
    closed_at: Moment | None = None
    test: bool = False
    confirmed: bool = True
    display_financial_status: str | None = None
    return_status: str = ""
    tax_exempt: bool = False
    duties_included: bool = False
    email: str | None = None
    phone: str | None = None
    note: str | None = None
    tags: tuple[str, ...] = ()
    po_number: str | None = None
    source_name: str | None = None
    source_identifier: str | None = None
    customer_locale: str | None = None
    customer_accepts_marketing: bool = False
    custom_attributes: tuple[Attribute, ...] = ()
    customer: Customer | None = None
    purchasing_entity: Purchaser | None = None
    billing_address: MailingAddress | None = None
    shipping_address: MailingAddress | None = None


class OrderShop(Wire, frozen=True, kw_only=True):
    """`Shop`, for what an order does not say itself."""

    myshopify_domain: str
    currency_code: str


class OrdersAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `ORDERS`."""

    shop: OrderShop
    orders: Connection[Order]


class OrdersByIdAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `ORDERS_BY_ID`; an unknown id is null."""

    shop: OrderShop
    nodes: tuple[Order | None, ...]


class Refunds(Wire, frozen=True, kw_only=True):
    """`Order`, for its refunds."""

    refunds: tuple[Refund, ...] = ()


class RefundsAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `ORDER_REFUNDS`."""

    order: Refunds | None


class Fees(Wire, frozen=True, kw_only=True):
    """`Order`, for its fees."""

    additional_fees: tuple[Fee, ...] = ()


class FeesAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `ORDER_FEES`."""

    order: Fees | None


class Held(Wire, frozen=True, kw_only=True):
    """The fulfillment orders inside an order, for their holds."""

    nodes: tuple[HeldPlace, ...]


class Holds(Wire, frozen=True, kw_only=True):
    """`Order`, for its holds."""

    fulfillment_orders: Held


class HoldsAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `ORDER_HOLDS`."""

    order: Holds | None
