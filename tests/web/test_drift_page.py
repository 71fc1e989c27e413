"""What is different about answers stands on the first page and on one of its own, and a click takes it for right."""

import re

import pytest

from isthmus.engine.drift import everything
from isthmus.web.guard import FIELD
from tests.engine.answers import ORDER, hear, told
from tests.web.stand import Stand

HOSTILE = "<script>alert(1)</script>"


async def differ(stand: Stand) -> None:
    watch = stand.engine.watch
    watch.budget = everything()
    hear(watch, times=50)
    hear(watch, {**ORDER, "total": 1, "channel": HOSTILE})
    hear(watch, {**ORDER, "lines": "none"})
    await watch.keep(stand.store)


async def press(stand: Stand, which: str, status: int, *, token: str = "", **said: str) -> str:
    found = re.search(rf'name="{FIELD}" value="([^"]+)"', await stand.get("/drift"))
    form = {FIELD: token or (found[1] if found else ""), "id": which}
    sent = {"Origin": stand.url} | said
    async with stand.client.post(f"{stand.url}/drift/accept", data=form, headers=sent, allow_redirects=False) as answer:
        text = await answer.text()
        assert answer.status == status, text
        return text


async def test_the_page_says_that_nothing_was_learned_and_then_that_nothing_is_different(stand: Stand) -> None:
    page = await stand.get("/drift")
    assert "No answer was looked at yet" in page
    stand.engine.watch.budget = everything()
    hear(stand.engine.watch, times=3)
    await stand.engine.watch.keep(stand.store)
    page = await stand.get("/drift")
    assert "Answers are as they were" in page
    assert "shop Orders" in page
    assert 'href="/drift"' in await stand.get("/")


async def test_a_difference_is_shown_and_accepted_by_a_click(stand: Stand) -> None:
    await differ(stand)
    home = await stand.get("/")
    assert re.search(r'href="/drift" class="figure late"><strong>2</strong> <span>of their answers', home)
    page = await stand.get("/drift")
    assert "2 differences may break a job" in page
    assert "$.total" in page
    assert "Before: string. Now: number." in page
    assert "<script>alert" not in page
    number = re.search(r'id="drift-(\d+)"', page)
    assert number
    await press(stand, number[1], 303)
    assert "1 difference accepted" in await stand.get("/drift")
    assert len(await told(stand.store)) == 2
    await press(stand, "all", 303)
    assert await told(stand.store) == []
    assert 'class="figure late"><strong>2' not in await stand.get("/")
    lines = await stand.store.read("audit_trail", wish=5)
    assert {(row["who"], row["action"]) for row in lines} == {("web", "accept drift")}


@pytest.mark.parametrize(("which", "status"), [("", 400), ("some", 400), ("-1", 400), ("9" * 30, 400), ("99", 404)])
async def test_a_form_that_names_nothing_accepts_nothing(stand: Stand, which: str, status: int) -> None:
    await differ(stand)
    await press(stand, which, status)
    assert len(await told(stand.store)) == 3


async def test_a_click_made_elsewhere_accepts_nothing(stand: Stand) -> None:
    await differ(stand)
    await press(stand, "all", 403, token="made.up")
    await press(stand, "all", 403, Origin="https://elsewhere.example.com")
    assert len(await told(stand.store)) == 3
