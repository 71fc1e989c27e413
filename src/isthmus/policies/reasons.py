"""The closed set of reasons a policy may give, in words a merchant reads.

`docs/reference/reasons.md` is made from this table.
"""

REASONS: dict[str, str] = {
    # orders
    "importable": "The order can go to the ERP.",
    "test_order": "A test order: it stays in the shop.",
    "canceled_before_import": "It was cancelled before it reached the ERP, so there is nothing to do there.",
    "deleted_before_import": "It was deleted in the shop before it reached the ERP.",
    "on_hold": "The shop holds the order back; it goes on as soon as the shop releases it.",
    "not_paid": "Orders of this flow go to the ERP once they are paid; this one is not yet.",
    "not_authorized": "Orders of this flow go to the ERP once payment is authorized; this one is not yet.",
    "no_lines": "The order has nothing to deliver: every line was removed.",
    "empty_sku": "A line has no SKU, so nobody can tell which item to ship.",
    # stock
    "free_stock": "Everything that is free is offered.",
    "sold_out": "There is none on hand.",
    "spoken_for": "What is on hand is already promised to orders or kept back.",
    "kept_back": "Only the safety stock is left.",
    "negative_on_hand": "The ERP states less than nothing on hand; zero is offered and this is reported.",
    # people
    "same_tax_id": "The tax number is the same.",
    "same_email_and_name": "E-mail address and name are the same.",
    "ambiguous": "Several existing customers fit equally well.",
    "no_match": "No existing customer fits well enough.",
}
