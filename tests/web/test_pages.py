"""What a person reads on the pages."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from isthmus.kit.clock import from_micros, to_micros
from isthmus.store.group import StoreError
from isthmus.store.statement import Many, say
from tests.web.stand import ASKED, Stand, standing


def links(text: str) -> set[str]:
    return {each.replace("&amp;", "&") for each in re.findall(r'href="([^"]+)"', text)}


def words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


async def test_an_idle_project_is_well(stand: Stand) -> None:
    await stand.connected("shop")
    text = words(await stand.get("/"))
    assert "Reading the systems for the first time" in text or "All is well" in text
    assert "Example shop" in text


async def test_a_question_is_the_headline_with_what_to_do(stand: Stand) -> None:
    await stand.order("#1001", **ASKED)
    await stand.order("#1002", **ASKED)
    text = await stand.get("/")
    assert "1 question for you" in words(text)
    assert "2 records" in words(text)
    assert "Create the item MUG-0010 in the ERP" in text
    assert "/jobs/orders?state=parked" in links(text)


async def test_a_system_that_does_not_answer_is_the_headline_before_questions(stand: Stand) -> None:
    await stand.order("#1001", **ASKED)
    await stand.connected("erp", state="trouble", code="auth_expired", because="The API key is wrong or revoked.")
    text = words(await stand.get("/"))
    assert "erp needs attention" in text
    assert "erp: The API key is wrong or revoked." in text
    assert "stopped" in text


async def test_a_flow_is_late_when_its_work_has_waited(stand: Stand) -> None:
    await stand.connected("shop")
    old = to_micros(stand.engine.context.now()) - 3600 * 1_000_000
    await stand.store.write(say("mark_job", flow="stock", subject="MUG-0010", number="", now=old, lane=1))
    text = words(await stand.get("/"))
    assert "stock is late" in text
    assert "60 min ago" in text


async def test_more_than_is_counted_is_said_as_more(stand: Stand) -> None:
    now = to_micros(stand.engine.context.now())
    subjects = [f"SKU-{number}" for number in range(10_001)]
    marked = {"flow": "stock", "number": "", "now": now, "lane": 1}
    asked = {"flow": "orders", "number": "", "now": now, "code": "unmapped", "because": "No such tax.", "answers": "[]"}
    await stand.store.write(
        Many("mark_job", [{**marked, "subject": each} for each in subjects]),
        Many("park_unreadable", [{**asked, "subject": each} for each in subjects]),
    )
    home, parked = words(await stand.get("/")), words(await stand.get("/parked"))
    assert "10,000+ waiting" in home
    assert "10,000+ records cannot go on without an answer from you" in home
    assert "10,000+ records wait for an answer" in parked
    assert "10,000+ more records" in parked
    assert "Retry all 10,000+" in parked
    await stand.store.write(say("claim_job", flow="stock", subject="SKU-1", token="t", now=now, lease_until=now))
    await stand.store.write(say("retry_jobs", flow="orders", code="", subject="SKU-1", number="", now=now))
    assert "10,000 records wait for an answer" in words(await stand.get("/parked"))


async def test_every_link_of_every_page_leads_somewhere(stand: Stand) -> None:
    await stand.connected("shop")
    await stand.order("#1001", **ASKED)
    await stand.order("#1002", because="erp holds it as S00001: sale")
    await stand.job("stock", "MUG-0010", state="snoozed", code="throttled", because="The shop asks for patience.")
    seen, open_ends = set[str](), {"/", "/nothing"}
    while open_ends:
        path = open_ends.pop()
        seen.add(path)
        async with stand.client.get(stand.url + path) as answer:
            assert answer.status == (404 if path == "/nothing" else 200), path
            if "text/html" in answer.content_type:
                found = {each.split("#")[0] for each in links(await answer.text())}
                open_ends |= {each for each in found if each.startswith("/")} - seen
    assert {"/orders/shop/id-1001", "/jobs/stock?state=snoozed", "/parked"} <= seen


@pytest.mark.parametrize("term", ["#1001", "1001", "id-1001", " 1001 "])
async def test_the_search_leads_to_the_order(stand: Stand, term: str) -> None:
    await stand.order("#1001")
    async with stand.client.get(f"{stand.url}/orders", params={"q": term}) as answer:
        assert answer.url.path == "/orders/shop/id-1001"


async def test_a_search_without_a_hit_says_what_to_try(stand: Stand) -> None:
    text = words(await stand.get("/orders?q=%3Cscript%3E7"))
    assert "No order “&lt;script&gt;7” has been seen." in text
    assert "with or without its #" in text


@pytest_asyncio.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def either_store(request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    database = request.getfixturevalue("new_database") if request.param == "postgres" else ""
    async with standing(database=database) as made:
        yield made


async def test_pages_of_a_list_show_each_order_once_newest_first(either_store: Stand) -> None:
    for number in range(1, 121):
        await either_store.order(f"#{number}", **(ASKED if number % 2 else {}))
    for state, expected in (
        ("", list(range(120, 0, -1))),
        ("parked", list(range(119, 0, -2))),
        ("done", list(range(120, 0, -2))),
        ("waiting", []),
    ):
        path, shown = f"/orders?state={state}", list[int]()
        while path:
            text = await either_store.get(path)
            shown += [int(each) for each in re.findall(r'<a href="/orders/shop/[^"]+">#(\d+)</a>', text)]
            following = re.search(r'href="([^"]+)" rel="next"', text)
            path = following[1].replace("&amp;", "&") if following else ""
        assert shown == expected, state


async def test_questions_are_grouped_by_cause(either_store: Stand) -> None:
    for number in range(30):
        await either_store.order(f"#{number}", **ASKED)
    await either_store.order("#99", state="parked", code="total_unexplained", because="3.00 EUR is unexplained.")
    text = words(await either_store.get("/parked"))
    assert "31 records wait for an answer" in text
    assert text.index("Unknown SKU") < text.index("Total unexplained")
    assert "Retry all 30" in text
    assert "5 more records" in text


@pytest.mark.parametrize("before", ["", "x", "1", "-1.2", "9" * 40 + ".1", "1.2.3"])
async def test_a_place_that_makes_no_sense_starts_at_the_newest(stand: Stand, before: str) -> None:
    await stand.order("#1001")
    assert "#1001" in await stand.get(f"/orders?state=nonsense&before={before}")


async def test_one_order_tells_its_whole_story(stand: Stand) -> None:
    call = {"request": '{"note":"<b>bold</b>"}', "response": "not json"}
    subject = await stand.order("#1001", **ASKED, calls=[call, {"status": None, "failure": "timeout"}])
    text = await stand.get(f"/orders/shop/{subject}")
    told = words(text)
    for expected in (
        "Waits for a person",
        "12.50 EUR",
        "looked it up by SKU",
        "2 calls",
        "timeout",
        "Only shop has it",
    ):
        assert expected in told
    assert "<b>" not in text
    assert "&lt;b&gt;bold" in text
    assert told.count("UTC") > 3


async def test_one_order_as_text_for_a_mail(stand: Stand) -> None:
    subject = await stand.order("#1001", **ASKED, calls=[{}])
    text = await stand.get(f"/orders/shop/{subject}?as=text")
    assert text.startswith("Order #1001 from shop (id id-1001)\nWaits for a person: The ERP has no item")
    assert "> erp product.product.search_read: 200, 12 ms" in text


async def test_a_very_long_story_leaves_old_bodies_out_and_says_so(stand: Stand) -> None:
    large = [{"response": "x" * 8000}] * 20
    for _ in range(4):
        await stand.order("#1001", **ASKED, calls=large)
    short = await stand.get("/orders/shop/id-1001")
    assert "Show all bodies" in short
    assert len(await stand.get("/orders/shop/id-1001?bodies=all")) > len(short) + 100_000


async def test_an_id_with_slashes_has_a_page(stand: Stand) -> None:
    await stand.order("#1/2", **ASKED)
    [path] = {each for each in links(await stand.get("/orders")) if each.startswith("/orders/shop/")}
    assert path == "/orders/shop/id-1%2F2"
    assert "#1/2" in await stand.get(path)


async def test_names_from_outside_are_never_markup(stand: Stand) -> None:
    nasty = "<img src=x onerror=alert(1)>"
    await stand.order(nasty, state="parked", code="unknown_sku", because=nasty, answers=(nasty, "Retry"))
    for path in ("/", "/orders", "/parked", "/jobs/orders"):
        assert "<img src=x" not in await stand.get(path)


async def test_a_limit_says_what_more_volume_would_come_to(either_store: Stand) -> None:
    stand = either_store
    assert "No call was counted" in words(await stand.get("/limits"))
    now = stand.engine.context.micros()
    span_at = now - now % 600_000_000 - 600_000_000
    used = {"connection": "shop", "flow": "orders", "span_at": span_at, "steady": 0}
    await stand.store.write(
        say("keep_limit", connection="shop", counted="points", thousandths=100_000, seconds=1),
        say("add_use", **used, counted="points", growing=24_000),
        say("add_use", **used, counted="calls", growing=2_400),
        say("add_use", **used, counted="records", growing=600),
    )
    usual = words(await stand.get("/limits"))
    assert "points: 100 a second" in usual
    assert f"At 3 times the volume it is hit at {from_micros(span_at):%H:%M}." in usual
    assert "Carries up to 2.5 times." in usual
    assert "orders 600 2,400 4.00" in usual
    assert "erp publishes no limit by time" in usual
    assert "2 times the volume is carried." in words(await stand.get("/limits?at=2"))
    for nonsense in ("abc", "-1", "NaN", "1e99", ""):
        assert "At 3 times the volume" in words(await stand.get(f"/limits?at={nonsense}"))


async def test_what_does_not_exist_says_where_to_go_on(stand: Stand) -> None:
    for path in ("/nothing", "/jobs/nothing", "/orders/shop/nothing", "/static/nothing.css"):
        text = await stand.get(path, 404)
        assert {"/", "/orders", "/parked"} <= links(text)


async def test_a_mistake_of_ours_looks_like_every_other_page(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_args: object, **_values: object) -> None:
        message = "secret detail"
        raise RuntimeError(message)

    monkeypatch.setattr(stand.store, "read", fail)
    text = await stand.get("/", 500)
    assert "Isthmus made a mistake" in text
    assert "secret detail" not in text


async def test_a_database_that_does_not_answer_is_said_plainly(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_args: object, **_values: object) -> None:
        message = "disk I/O error"
        raise StoreError(message)

    monkeypatch.setattr(stand.store, "read", fail)
    assert "The database does not answer" in await stand.get("/orders", 503)
