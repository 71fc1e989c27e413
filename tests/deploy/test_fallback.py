"""What docs/how-to/long-outage.md tells people to do by hand is true."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.connectors.erp import a_line, an_order, key
from tests.connectors.odoo.stand import Stand as Erp
from tests.connectors.odoo.stand import standing as erp_standing
from tests.crash.stand import Stand, standing

KEY = key("5501", "#1001")
ORDERS = 3
ALL_WELL = {"lost": [], "doubled": [], "strange": [], "wrong total": [], "unconfirmed": [], "wrong stock": []}


@pytest.fixture
async def erp() -> AsyncIterator[Erp]:
    async with erp_standing(19) as made:
        yield made


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    with standing() as made:
        yield made


async def by_hand(erp: Erp, **references: str) -> None:
    """Enter an order as staff would: a customer, one line, and the references it is given."""
    partner, product = int(await erp.customer()), int(await erp.sku("MUG-0010"))
    line = {"product_id": product, "product_uom_qty": 1, "price_unit": 11.0, "tax_ids": [[6, 0, []]]}
    vals = {"partner_id": partner, "order_line": [[0, 0, line]], **references}
    await erp.call("sale.order", "create", vals_list=[vals])


async def bring(erp: Erp) -> list[str]:
    """Do what the flow does, look first and then write; return the state of each order Odoo has afterwards."""
    line = a_line("12.50", 2, item_ref=await erp.sku("MUG-0010"))
    order = an_order(line, total="25.00", customer_ref=await erp.customer())
    await erp.orders.put(order, key=KEY, existing=await erp.orders.find(KEY))
    rows = await erp.read("sale.order", [["client_order_ref", "=", "#1001"]], "state", "amount_total")
    return [f"{row['state']} {row['amount_total']:.2f}" for row in rows]


async def test_an_order_entered_with_both_references_is_taken_over(erp: Erp) -> None:
    await by_hand(erp, client_order_ref="#1001", origin="shop:5501")
    assert await bring(erp) == ["sale 25.00"]


async def test_an_order_entered_with_the_number_alone_is_not_known_as_ours(erp: Erp) -> None:
    await by_hand(erp, client_order_ref="#1001")
    assert sorted(await bring(erp)) == ["draft 11.00", "sale 25.00"]


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.parametrize("backup", [True, False], ids=["from-a-backup", "from-nothing"])
def test_starting_again_with_an_older_database_doubles_nothing(stand: Stand, tmp_path: Path, *, backup: bool) -> None:
    project, copy = tmp_path / "project", tmp_path / "copy.db"
    stand.project(project, ORDERS)
    assert stand.run(project).returncode == 0
    shutil.copy(project / "isthmus.db", copy)
    stand.call("shop", "orders", {"count": ORDERS, "seed": 8})
    assert stand.run(project).returncode == 0
    before = stand.verdict()

    for left in project.glob("isthmus.db*"):
        left.unlink()
    if backup:
        shutil.copy(copy, project / "isthmus.db")
    again = stand.run(project)

    assert again.returncode == 0, (again.stdout, again.stderr)
    assert before == stand.verdict() == ALL_WELL
    assert len(stand.call("erp", "state")["orders"]) == 2 * ORDERS
