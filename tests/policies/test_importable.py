"""Which orders go to the ERP, and why the others wait."""

import pytest

from isthmus.canonical.order import OrderStatus, PaymentStatus
from isthmus.policies.importable import GATES, ImportPolicy, importable
from isthmus.policies.reasons import REASONS
from isthmus.testing.builders import a_line, an_order

PAID = {PaymentStatus.PAID, PaymentStatus.PARTLY_REFUNDED, PaymentStatus.REFUNDED}
SECURED = PAID | {PaymentStatus.AUTHORIZED, PaymentStatus.PARTLY_PAID}


@pytest.mark.parametrize("status", PaymentStatus)
@pytest.mark.parametrize("gate", GATES)
def test_the_gate_lets_through_what_its_name_says(gate: str, status: PaymentStatus) -> None:
    expected = {
        "confirmed": "importable",
        "authorized": "importable" if status in SECURED else "not_authorized",
        "paid": "importable" if status in PAID else "not_paid",
    }
    decision = importable(an_order(payment_status=status), ImportPolicy(gate), known=False)
    assert (decision.value, decision.because) == (expected[gate] == "importable", expected[gate])


@pytest.mark.parametrize(
    ("said", "because"),
    [
        pytest.param({"is_test": True}, "test_order", id="test-orders-stay-in-the-shop"),
        pytest.param({"status": OrderStatus.CANCELED}, "canceled_before_import", id="cancelled-before-is-nothing"),
        pytest.param({"status": OrderStatus.ON_HOLD}, "on_hold", id="held-orders-wait"),
        pytest.param({"lines": (a_line(quantity=0),)}, "no_lines", id="an-emptied-order-has-nothing-to-deliver"),
    ],
)
def test_an_order_waits_with_a_reason(said: dict[str, object], because: str) -> None:
    order = an_order(**said)
    assert (importable(order, ImportPolicy(), known=False).because, because in REASONS) == (because, True)
    # What the ERP has already is followed whatever became of it.
    assert importable(order, ImportPolicy("paid"), known=True).value


def test_test_orders_go_where_they_are_wanted() -> None:
    assert importable(an_order(is_test=True), ImportPolicy(test_orders=True), known=False).value


def test_the_shops_own_reason_for_holding_is_told() -> None:
    held = an_order(status=OrderStatus.ON_HOLD, hold_reason="address check")
    assert importable(held, ImportPolicy(), known=False).detail == "address check"
