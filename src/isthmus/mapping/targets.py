"""What a mapping of orders may fill, by section: the fields an ERP's sink reads, and what must stay as it came.

Not here: what makes an order the order it is (its id, its key, its currency, its sums) and what the flow resolves
itself (ids of the other system). Nor what no ERP's sink writes: such a row would do nothing, and a field of the ERP's
own is `custom.<its name>`. Amounts of lines can be set, but an order whose sum is not the buyer's any more is
asked about before anything is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from isthmus.canonical.order import Order, OrderLine, Payment, ShippingLine, Tax
from isthmus.canonical.party import Address, Customer
from isthmus.mapping.shapes import ANY, TEXT, Kind, Shape, fields_of

#: Before the name of a field that only the other system has.
CUSTOM = "custom."


@dataclass(frozen=True, slots=True)
class Section:
    """One `[section]` of a document: what its rows fill and which records they read."""

    name: str
    says: str
    record: type[msgspec.Struct]
    root: str
    roots: Mapping[str, type[msgspec.Struct]]
    fields: Mapping[str, str]
    #: Fields of the sink that the record has no place for, such as the number people see in the ERP.
    extra: Mapping[str, str]

    def shape(self, field: str) -> Shape | None:
        """Return what a field takes; None for one that cannot be filled."""
        if field.startswith(CUSTOM):
            return ANY if "custom" in self.record.__struct_fields__ else None
        if field in self.extra:
            return TEXT
        if field not in self.fields:
            return None
        head, _, rest = field.partition(".")
        shape = fields_of(self.record)[head]
        return fields_of(shape.part)[rest] if rest and shape.part is not None else shape

    def late(self, field: str) -> bool:
        """Tell whether a field is filled last, in what the flow has made ready: `value` is then the other system's."""
        return field.startswith(CUSTOM) or field in self.extra or self.name in ("order", "shipping", "payments")

    @property
    def names(self) -> tuple[str, ...]:
        """Return every field that can be filled, custom ones apart."""
        return (*self.fields, *self.extra)


_ORDER = Section(
    "order", "the order itself", Order, "order", {"order": Order},
    {
        "note": "remark on the order", "special_instructions": "wishes for its delivery",
        "purchase_order_number": "the buyer's own number", "payment_terms": "code of the terms",
        "channel": "where it was sold", "store": "the store it was bought in", "tags": "words it is sorted by",
        "email": "for messages about it", "phone": "for calls about it",
    },
    {
        "reference": "the number people see in the ERP; only of what never changes",
        "warehouse": "ERP code of the warehouse for all lines that name none",
    },
)  # fmt: skip
_LINES = Section(
    "lines", "each line", OrderLine, "line", {"order": Order, "line": OrderLine},
    {
        "sku": "what it is called; names that differ belong into the table sku, which stock knows as well",
        "title": "its text", "kind": "goods, fee, tip, deposit, gift_card or digital", "note": "remark on the line",
        "unit_price": "before discounts",
    },
    {"warehouse": "ERP code of the warehouse it leaves from"},
)  # fmt: skip
_TAXES = Section(
    "taxes",
    "each tax of lines and delivery",
    Tax,
    "tax",
    {"order": Order, "tax": Tax},
    {},
    {"code": "the ERP's tax id"},
)
_SHIPPING = Section(
    "shipping", "each charge for delivery", ShippingLine, "shipping", {"order": Order, "shipping": ShippingLine},
    {"title": "its text", "requested_on": "wished for", "pickup_point": "where it is fetched"},
    {"carrier": "the ERP's carrier or product"},
)  # fmt: skip
_PAYMENTS = Section(
    "payments", "each payment", Payment, "payment", {"order": Order, "payment": Payment},
    {"method": "how it was paid"}, {"erp_payment_code": "the ERP's payment code"},
)  # fmt: skip
_ADDRESSES = Section(
    "addresses", "where it is billed and delivered", Address, "address", {"order": Order, "address": Address},
    {
        "name": "who", "company": "of which company", "lines": "street and what belongs to it", "city": "city",
        "region": "state or region", "postal_code": "postal code", "phone": "for the carrier",
    },
    {},
)  # fmt: skip
_CUSTOMER = Section(
    "customer", "who buys", Customer, "customer", {"order": Order, "customer": Customer},
    {
        "name": "name", "email": "e-mail", "phone": "phone", "language": "language", "note": "remark",
        "company.name": "company", "company.tax_id": "VAT number",
    },
    {},
)  # fmt: skip
#: In the order in which they are worked out and shown.
SECTIONS: Mapping[str, Section] = {
    each.name: each for each in (_ORDER, _LINES, _TAXES, _SHIPPING, _PAYMENTS, _ADDRESSES, _CUSTOMER)
}
#: What may be read to make the number people see: an order keeps it for life.
UNCHANGING = frozenset({"order.number", "order.external_id", "order.store", "order.channel", "order.connection"})


def fits(target: Shape, made: Shape) -> bool:
    """Tell whether a value can go into a field, as far as that shows before it runs."""
    if made.kind in (Kind.PART, Kind.CUSTOM) or (
        made.inner is not None and made.inner.kind in (Kind.PART, Kind.CUSTOM)
    ):
        return False
    if Kind.ANY in (target.kind, made.kind) or made.kind is Kind.EMPTY:
        return True
    if target.kind is Kind.TEXT:
        return made.kind in (Kind.TEXT, Kind.NUMBER, Kind.DATE)
    if target.kind is Kind.LIST:
        return made.kind in (Kind.LIST, Kind.TEXT)
    return target.kind is made.kind
