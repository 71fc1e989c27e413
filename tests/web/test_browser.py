"""The pages in a real browser: on a desk and a phone, by day and by night, with and without scripts."""

import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from isthmus.engine.tally import Sums, Tally, tally_text
from isthmus.store.statement import Many, say
from tests.web.stand import ASKED, Stand

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
SIZES = {"desk": (1280, 860), "tablet": (768, 1024), "phone": (390, 844), "small phone": (320, 640)}
PAGES = {
    "home": "/",
    "orders": "/orders",
    "question": "/orders/shop/id-1001",
    "order": "/orders/shop/id-1002",
    "questions": "/parked",
    "jobs": "/jobs/stock",
    "proof": "/proof",
    "proof rows": "/proof/1",
    "limits": "/limits?at=2",
    "nothing": "/nothing",
}
LONG = "The ERP says: " + "a_word_that_does_not_end_" * 12
#: Every text whose contrast to what lies behind it is under 4.5 (WCAG AA), with its contrast.
FAINT = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("main *, header *, footer *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || element.matches(".hidden, .skip") || !element.checkVisibility()) continue;
    const [a, b] = [light(parts(getComputedStyle(element).color)), light(behind(element))];
    const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (contrast < 4.5) faint.push(`${element.textContent.trim().slice(0, 40)}: ${contrast.toFixed(1)}`);
  }
  return faint;
}"""
#: Everything that sticks out to the right, where the page itself would have to be scrolled for it.
WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth && !element.closest("pre"))
  .map((element) => element.outerHTML.slice(0, 80))"""
#: Every thing to press that a thumb would miss; links inside a sentence are part of the text.
SMALL = """() => [...document.querySelectorAll("button, .button, summary, input[name=q], nav a, .figure, th a")]
  .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 43.5)
  .map((element) => element.outerHTML.slice(0, 80))"""


@pytest_asyncio.fixture
async def browser(chromium_path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as tools:
        made = await tools.chromium.launch(executable_path=chromium_path, args=ARGS)
        yield made
        await made.close()


@pytest_asyncio.fixture
async def busy(stand: Stand) -> Stand:
    """Fill the project with one of everything."""
    await stand.connected("shop")
    await stand.connected("erp", state="trouble", code="unreachable", because=LONG)
    await stand.order(
        "#1001", **ASKED, calls=[{}, {"status": 500, "response": "x" * 400}, {"status": None, "failure": "timeout"}]
    )
    await stand.order("#1002", because="erp holds it as S00001: sale", calls=[{}])
    await stand.order("#1003", state="snoozed", code="throttled", because="The ERP asks for patience.")
    await stand.order("#1004", state="parked", code="invalid", because=LONG, answers=(LONG, "Retry"))
    await stand.order("#1005", state="ready")
    await stand.order("#1006", code="test_order", because="A test order: it stays in the shop.")
    await stand.job("stock", "MUG-0010", because="The shop offers the right figure already.")
    await stand.job("stock", "A-VERY-LONG-SKU-" * 8, state="parked", code="invalid", because=LONG, answers=("Retry",))
    await proven(stand)
    await asked_much(stand)
    return stand


async def asked_much(stand: Stand) -> None:
    """Let the shop have been asked more than it allows for an hour, and a little for the rest of the day."""
    now = stand.harness.engine.context.micros()
    span = 600_000_000
    used = {"connection": "shop", "counted": "points", "flow": "stock", "steady": 400}
    moments = [(now - now % span - at * span, 70_000 if 60 < at < 67 else 9_000) for at in range(1, 144)]
    spans = [{**used, "span_at": at, "growing": growing} for at, growing in moments]
    calls = [{**each, "counted": "calls", "growing": each["growing"] // 10} for each in spans]
    await stand.harness.store.write(
        say("keep_limit", connection="shop", counted="points", thousandths=100_000, seconds=1),
        say("keep_limit", connection="shop", counted="new variants a day", thousandths=10_000_000, seconds=86_400),
        Many("add_use", [*spans, *calls, {**calls[0], "counted": "records"}]),
    )


async def proven(stand: Stand) -> None:
    """Let one comparison have found something of each kind."""
    store, now = stand.harness.store, stand.harness.engine.context.micros()
    tally = Tally(here=Sums(count=1204, sums={"EUR": "1234567.89"}), there=Sums(count=1203, sums={"EUR": "1234500.00"}))
    tally.matched, tally.explained, tally.open, tally.findings = 1200, 2, 4, {"missing": 1, "different": 3}
    await store.write(
        say("ask_proof", flow="orders", day=f"{datetime.now(UTC):%Y-%m-%d}", asked="a", who="", now=now),
        say("claim_proof", now=now, lease_until=now, token="t"),
        say("finish_proof", id=1, token="t", now=now, summary=tally_text(tally)),
    )
    evidence = {"total": ["12.50 EUR", "13.00 EUR"], "quantity of " + "A-VERY-LONG-SKU-" * 8: ["1", "2"]}
    for number, finding in enumerate(("missing", "different", "doubled", "orphaned"), start=1):
        values = {"id": number, "run": 1, "flow": "orders", "day": "2026-11-20", "verdict": "open", "finding": finding}
        said = {"code": finding, "because": LONG, "subject": "id-1002", "number": f"#100{number}", "fields": "[]"}
        kept = {"evidence": json.dumps(evidence), "now": now, "previous": "", "digest": "0123456789abcdef" * 2}
        await store.write(say("add_proof_row", **values, **said, **kept))


def listening(page: Page) -> list[str]:
    """Return a list that fills with whatever the browser complains about."""
    told: list[str] = []
    page.on("pageerror", lambda wrong: told.append(str(wrong)))
    page.on("console", lambda line: told.append(line.text) if line.type in ("error", "warning") else None)
    return told


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_every_page_fits_reads_and_can_be_pressed(busy: Stand, browser: Browser, size: str, scheme: str) -> None:
    width, height = SIZES[size]
    context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    page = await context.new_page()
    told = listening(page)
    for name, path in PAGES.items():
        await page.goto(busy.url + path)
        for summary in await page.locator("details:not(.call) > summary").all():
            await summary.click()
        for summary in await page.locator("details.call > summary").all():
            await summary.click()
        assert await page.evaluate(WIDE) == [], name
        assert await page.evaluate(FAINT) == [], name
        assert await page.evaluate(SMALL) == [], name
        if folder := os.environ.get("ISTHMUS_SCREENSHOTS"):
            shot = Path(folder) / f"{name}-{size.replace(' ', '-')}-{scheme}.png"
            await page.screenshot(path=shot, full_page=True)
    assert [line for line in told if "404" not in line] == []
    await context.close()


@pytest.fixture(params=[True, False], ids=["with-scripts", "without-scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return request.param


async def test_retry_from_the_page_of_an_order(busy: Stand, browser: Browser, *, scripts: bool) -> None:
    page = await browser.new_page(java_script_enabled=scripts)
    told = listening(page)
    await page.goto(f"{busy.url}/orders/shop/id-1001")
    await page.get_by_role("button", name="Retry").click()
    await expect(page.get_by_text("1 record queued to run again.")).to_be_visible()
    await expect(page.locator("#now .badge").first).to_have_text("waiting")
    assert page.url.endswith("/orders/shop/id-1001")
    row = await busy.harness.job("orders", "id-1001")
    assert row
    assert row["state"] == "ready"
    assert told == []


async def test_retry_of_a_whole_cause(busy: Stand, browser: Browser) -> None:
    await busy.order("#1011", **ASKED)
    page = await browser.new_page()
    await page.goto(busy.url)
    await page.get_by_role("link", name="Unknown SKU").click()
    await page.get_by_role("button", name="Retry all 2").click()
    await expect(page.get_by_text("2 records queued to run again.")).to_be_visible()


async def test_finding_an_order_with_the_keyboard_alone(busy: Stand, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{busy.url}/orders")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("Order number or id")).to_be_focused()
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"
    await page.keyboard.type("1002")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Order #1002")).to_be_visible()


async def test_pausing_and_resuming_with_the_keyboard_alone(busy: Stand, browser: Browser) -> None:
    page = await browser.new_page()
    told = listening(page)
    await page.goto(busy.url)
    await page.locator("#connections summary", has_text="Pause").first.focus()
    await page.keyboard.press("Enter")
    for _ in range(2):  # to the reason
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.name") == "because":
            break
    await page.keyboard.type("stocktaking until noon")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Paused. What has begun is brought to its end")).to_be_visible()
    await expect(page.locator("#connections").get_by_text("stocktaking until noon")).to_be_visible()
    [hold] = await busy.store.read("holds")
    assert (hold["what"], hold["until"] - hold["since"] > 0) == ("connection:erp", True)
    resume = page.get_by_role("button", name="Resume: erp")
    await resume.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("It goes on, the oldest first.")).to_be_visible()
    assert await busy.store.read("holds") == []
    assert told == []


async def test_the_first_page_keeps_itself_fresh_and_the_reader_undisturbed(busy: Stand, browser: Browser) -> None:
    page = await browser.new_page()
    told = listening(page)
    await page.goto(busy.url)
    opened = page.locator("#connections details").first
    await page.evaluate("window.stayed = true")
    if await opened.count():
        await opened.locator("summary").click()
    await page.locator("#flows a.figure").nth(2).focus()
    held = await page.evaluate_handle("document.activeElement")
    await busy.order("#1020", **ASKED)
    await expect(page.locator("#flows a.figure strong").nth(2)).to_have_text("3", timeout=12_000)
    assert await page.evaluate("window.stayed")
    assert await page.evaluate("(held) => document.activeElement === held && held.isConnected", held)
    assert told == []


async def test_a_page_says_when_what_it_shows_is_old(busy: Stand, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(busy.url)
    await page.route("**/*", lambda route: route.abort())
    await expect(page.locator("#pulse")).to_contain_text("may be old", timeout=12_000)
    await page.unroute("**/*")
    await expect(page.locator("#pulse")).to_have_text("", timeout=12_000)


async def test_a_story_is_copied_as_text(busy: Stand, browser: Browser) -> None:
    context: BrowserContext = await browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = await context.new_page()
    await page.goto(f"{busy.url}/orders/shop/id-1001")
    await page.get_by_role("link", name="Copy as text").click()
    await expect(page.get_by_role("link", name="Copied")).to_be_visible()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Order #1001 from shop")
    await context.close()
