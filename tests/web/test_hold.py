"""What is paused by a click is paused everywhere, shows why, since and until when, and goes on by another click."""

import re
from typing import Any

import pytest

from isthmus.web.guard import FIELD
from tests.web.stand import Stand

HOSTILE = "stocktaking <script>alert(1)</script>"


async def press(stand: Stand, form: dict[str, str], status: int, **said: str) -> str:
    sent = {"Origin": stand.url} | said
    url = f"{stand.url}/hold"
    async with stand.client.post(url, data=form, headers=sent, allow_redirects=False) as answer:
        text = await answer.text()
        assert answer.status == status, text
        return text


async def token(stand: Stand) -> str:
    found = re.search(rf'name="{FIELD}" value="([^"]+)"', await stand.get("/"))
    assert found
    return found[1]


async def form(stand: Stand, what: str, said: str = "pause", **more: str) -> dict[str, str]:
    return {FIELD: await token(stand), "what": what, "said": said, "back": "/", "because": "an update", **more}


async def held(stand: Stand) -> list[tuple[Any, ...]]:
    return [(row["what"], row["why"], row["because"], row["who"]) for row in await stand.store.read("holds")]


@pytest.mark.parametrize(("what", "name"), [("connection:erp", "erp"), ("flow:orders", "orders")])
async def test_a_click_pauses_and_another_one_lets_it_go_on(stand: Stand, what: str, name: str) -> None:
    await stand.connected("shop")
    await stand.connected("erp")
    assert f"Pause: {name}" in await stand.get("/")
    await press(stand, await form(stand, what, because=HOSTILE, length="4h"), 303)
    assert await held(stand) == [(what, "paused", HOSTILE, "web")]
    page = await stand.get("/")
    assert "Paused. What has begun is brought to its end" in page
    assert re.search(r"Paused since .+ UTC, until .+ UTC: stocktaking &lt;script&gt;", page)
    assert "<script>alert" not in page
    assert page.count(f"Resume: {name}") == 1
    await press(stand, await form(stand, what, "resume"), 303)
    assert await held(stand) == []
    assert "It goes on, the oldest first." in await stand.get("/")
    lines = await stand.store.read("audit_trail", wish=5)
    assert [(row["who"], row["action"], row["target"]) for row in lines] == [
        ("web", "resume", what),
        ("web", "pause", what),
    ]
    await press(stand, await form(stand, what, "resume"), 303)
    assert "It was not paused" in await stand.get("/")


async def test_a_flow_whose_system_is_paused_says_so_and_is_not_offered_to_be_resumed_itself(stand: Stand) -> None:
    await stand.connected("shop")
    await stand.connected("erp")
    await press(stand, await form(stand, "connection:erp"), 303)
    page = await stand.get("/")
    assert "until somebody resumes it: an update" in page
    assert "Resume: erp" in page
    assert "Resume: orders" not in page


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"because": " "}, 400),
        ({"length": "7 years"}, 400),
        ({"said": "stop"}, 400),
        ({"what": "nothing"}, 404),
        ({FIELD: "made.up"}, 403),
    ],
)
async def test_a_form_that_is_not_ours_pauses_nothing(stand: Stand, more: dict[str, str], status: int) -> None:
    await press(stand, await form(stand, "connection:erp") | more, status)
    assert await held(stand) == []


async def test_a_click_made_elsewhere_pauses_nothing(stand: Stand) -> None:
    await press(stand, await form(stand, "connection:erp"), 403, Origin="https://elsewhere.example.com")
    assert await held(stand) == []
