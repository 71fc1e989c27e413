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
    "routed": "This flow takes it.",
    "other_flow": "Another flow of this shop takes it.",
    "no_route": "No flow of this shop takes this order.",
    "several_routes": "Its goods ship from places of several flows, and an order goes to one ERP.",
    "mapping_failed": "The mapping document has no answer for this record.",
    "left": "A person decided to leave it as it is.",
    # stock
    "free_stock": "Everything that is free is offered.",
    "capped": "There are more, but the mapping document offers no more than this.",
    "sold_out": "There is none on hand.",
    "spoken_for": "What is on hand is already promised to orders or kept back.",
    "kept_back": "Only the safety stock is left.",
    "negative_on_hand": "The ERP states less than nothing on hand; zero is offered and this is reported.",
    "not_in_shop": "The shop does not sell this SKU.",
    "not_in_erp": "The ERP keeps no stock of this SKU; the shop keeps its own figure.",
    "other_name": "The ERP has another name for this item and its stock is looked after under that one.",
    # reconciliation, explained
    "asked": "A person is asked about it; the question says what can be done.",
    "in_doubt": "A try got no answer; what it did is looked up before anything is sent again.",
    "young": "It is younger than ten minutes, or was changed in that time.",
    "under_way": "It is being pushed just now.",
    "waits_for_erp": "The ERP holds it and waits for an approval there.",
    "canceled_there": "The shop no longer has it, and the ERP has cancelled it.",
    "accepted": "A person found it right as it is.",
    # reconciliation, open
    "missing": "The side it belongs on does not have it.",
    "doubled": "The ERP holds it more than once.",
    "different": "Both sides have it, and not with the same content.",
    "orphaned": "The ERP holds it with our key, and the shop does not have it.",
    "unreadable": "A system lists it in a form that cannot be understood.",
    # people
    "same_tax_id": "The tax number is the same.",
    "same_email_and_name": "E-mail address and name are the same.",
    "ambiguous": "Several existing customers fit equally well.",
    "no_match": "No existing customer fits well enough.",
}
