"""What a word is in the other system is said under Questions: the row is written, and all that wait for it go on."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from isthmus.engine.lacking import lack_text
from isthmus.store.records import record_values
from isthmus.store.statement import say
from isthmus.testing.builders import a_line, a_variant
from isthmus.web.guard import FIELD
from tests.web.stand import ASKED, NOWHERE, Stand, standing
from tests.web.test_answer import press
from tests.web.test_browser import ARGS, SIZES, WIDE
from tests.web.test_guard import state, token

PROJECT = f"""[isthmus]
[connections.shop]
connector = "shopify"
url = "{NOWHERE}"
allow_private = true
[connections.erp]
connector = "odoo"
url = "{NOWHERE}"
allow_private = true
database = "demo"
login = "demo"
[flows.orders]
from = "shop"
to = "erp"
"""
ODD = 'mug-0010 "<b>=1+1</b>"'


@pytest_asyncio.fixture
async def asking(tmp_path: Path) -> AsyncIterator[Stand]:
    """Three orders wait for one SKU that the ERP has in other case, one for a word full of signs."""
    (tmp_path / "isthmus.toml").write_text(PROJECT, "utf-8")
    async with standing(folder=tmp_path) as stand:
        variant = a_variant("MUG-0010", external_id="p-1")
        values = record_values("erp", "variant", variant, datetime.now(UTC))
        await stand.store.write(say("store_record", **values))
        for number in ("#1001", "#1002", "#1003"):
            await stand.order(number, a_line("mug-0010"), **asked("mug-0010"))
        await stand.order("#1004", a_line(ODD), **asked(ODD))
        yield stand


def asked(sku: str) -> dict[str, Any]:
    return ASKED | {"because": f"The ERP has no item with SKU {sku}.", "waits_for": lack_text("sku", [sku])}


async def test_one_answer_writes_the_row_and_wakes_all_that_wait(asking: Stand, tmp_path: Path) -> None:
    page = await asking.get("/parked")
    assert page.count('value="as"') == 2
    assert "same SKU in other case or spaces" in page
    form = {FIELD: await token(asking), "flow": "orders", "subject": "id-1002", "back": "/parked", "said": "as"}
    before = asking.engine.context.micros()

    await press(asking, form | {"word": "mug-0010", "as_what": " MUG-0010 "}, 303)

    assert (tmp_path / "tables/sku.csv").read_text("utf-8") == "from,to,note\nmug-0010,MUG-0010\n"
    for subject in ("id-1001", "id-1002", "id-1003"):
        row = await asking.harness.job("orders", subject)
        assert row is not None
        assert (row["state"], row["waits_for"]) == ("ready", None)
        assert row["run_at"] - before >= 2_000_000  # by then every process has looked at the file
    assert await state(asking, "id-1004") == "parked"
    [entry] = await asking.store.read("audit_trail", wish=5)
    assert (entry["who"], entry["action"], entry["target"], entry["before"], entry["after"]) == (
        "web",
        "answer",
        "sku: mug-0010",
        "",
        "MUG-0010",
    )
    assert "3 records let go on" in await asking.get("/parked")


async def test_an_answer_that_does_not_fit_writes_nothing(asking: Stand, tmp_path: Path) -> None:
    form = {FIELD: await token(asking), "flow": "orders", "subject": "id-1001", "back": "/parked", "said": "as"}
    assert "say what it is called" in await press(asking, form | {"as_what": "  "}, 409)
    assert "in one line" in await press(asking, form | {"as_what": "A\nB"}, 409)
    assert "does not wait for" in await press(asking, form | {"as_what": "MUG-0010", "word": "x"}, 409)
    assert "not wait for a row" in await press(asking, form | {"as_what": "MUG-0010", "subject": "id-9"}, 409)
    assert "not taken" in await press(asking, form | {"as_what": "MUG-0010", FIELD: "forged"}, 403)
    # Not in the mirror, and the ERP cannot be asked: nobody listens there.
    assert "Nothing was done" in await press(asking, form | {"as_what": "NEW"}, 409)
    (tmp_path / "tables").write_text("a file where the folder belongs", "utf-8")
    assert "nothing was written" in await press(asking, form | {"as_what": "MUG-0010"}, 409)
    assert await state(asking) == "parked"
    assert await asking.store.read("audit_trail", wish=5) == []


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("size", ["desk", "small phone"])
async def test_a_person_types_it_in_a_browser(asking: Stand, tmp_path: Path, chromium_path: str, size: str) -> None:
    async with async_playwright() as tools:
        browser = await tools.chromium.launch(executable_path=chromium_path, args=ARGS)
        width, height = SIZES[size]
        page = await browser.new_page(viewport={"width": width, "height": height})
        await page.goto(f"{asking.url}/parked")
        field = page.get_by_label("What mug-0010 is in the other system (sku)")
        options = await page.eval_on_selector_all("datalist option", "all => all.map(each => each.value)")
        assert options[0] == "MUG-0010"
        assert await page.evaluate(WIDE) == []
        await field.fill("MUG-0010")
        await page.get_by_role("button", name="Write the row for mug-0010 into the table sku").click()
        await expect(page.get_by_text("3 records let go on")).to_be_visible()
        await expect(field).to_have_count(0)
        odd = page.get_by_label(f"What {ODD} is in the other system (sku)")
        await odd.fill("MUG-0010")
        await odd.press("Enter")
        await expect(page.get_by_text("1 record let go on")).to_be_visible()
        await browser.close()
    text = (tmp_path / "tables/sku.csv").read_text("utf-8")
    assert text == 'from,to,note\nmug-0010,MUG-0010\n"mug-0010 ""<b>=1+1</b>""",MUG-0010\n'


async def test_suggestions_are_not_looked_up_for_every_look_of_a_page(asking: Stand) -> None:
    await asking.get("/parked")
    began = time.monotonic()
    for _ in range(10):
        await asking.get("/parked")
    assert time.monotonic() - began < 5
