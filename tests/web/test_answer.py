"""An unknown outcome is answered on its page, and an answer that does not fit changes nothing."""

from typing import Any

from isthmus.web.guard import FIELD
from tests.web.stand import Stand
from tests.web.test_guard import state, token

DOUBT: dict[str, Any] = {
    "state": "parked",
    "code": "in_doubt",
    "because": "Sent to erp 5 times without an answer.",
    "answers": ("Look for it in the other system. If it is there, say as what", "Retry"),
}


async def press(stand: Stand, form: dict[str, str], status: int) -> str:
    sent = {"Origin": stand.url}
    url = f"{stand.url}/answer"
    async with stand.client.post(url, data=form, headers=sent, allow_redirects=False) as answer:
        text = await answer.text()
        assert answer.status == status, text
        return text


async def test_a_question_shows_what_can_be_said_and_carries_it_out(stand: Stand) -> None:
    await stand.order("#1001", **DOUBT)
    for path in ("/parked", "/orders/shop/id-1001"):
        page = await stand.get(path)
        assert 'action="/answer"' in page
        assert "create it" in page
        assert "Leave it as it is" in page
    form = {FIELD: await token(stand), "flow": "orders", "subject": "id-1001", "back": "/parked", "said": "create"}
    await press(stand, form, 303)
    assert await state(stand) == "ready"
    [entry] = await stand.store.read("audit_trail", wish=5)
    assert (entry["who"], entry["action"], entry["after"]) == ("web", "answer", "create")
    assert "then created" in await stand.get("/parked")


async def test_what_is_left_is_left_and_offered_no_more(stand: Stand) -> None:
    await stand.order("#1001", **DOUBT)
    form = {FIELD: await token(stand), "flow": "orders", "subject": "id-1001", "back": "/parked", "said": "leave"}
    await press(stand, form, 303)
    rows = await stand.store.read("intents_of", flow="orders", subject="id-1001")
    assert [(row["state"], row["because"]) for row in rows] == [("unknown", "web said: leave it as it is")]
    counted = await stand.store.read("intents_in_doubt", most=10)
    assert counted[0]["intents"] == 0


async def test_what_was_removed_may_be_written_again_or_left_deleted(stand: Stand) -> None:
    await stand.order("#1001", **DOUBT | {"code": "gone"})
    for path in ("/parked", "/orders/shop/id-1001"):
        page = await stand.get(path)
        assert 'value="create">Write it again<' in page
        assert 'class="calm">Leave it deleted<' in page


async def test_of_two_nobody_offers_to_make_a_third(stand: Stand) -> None:
    await stand.order("#1001", **DOUBT | {"code": "duplicate"})
    page = await stand.get("/parked")
    assert "Take this one" in page
    assert 'value="create"' not in page


async def test_an_answer_that_does_not_fit_says_why_and_changes_nothing(stand: Stand) -> None:
    await stand.order("#1001", **DOUBT)
    form = {FIELD: await token(stand), "flow": "orders", "subject": "id-1001", "back": "/parked"}
    assert "choose another answer" in await press(stand, form | {"said": "there", "as_what": " "}, 400)
    assert "choose another answer" in await press(stand, form | {"said": "perhaps"}, 400)
    assert "nothing is asked" in await press(stand, form | {"said": "create", "subject": "id-9"}, 409)
    assert "not taken" in await press(stand, form | {"said": "create", FIELD: "forged"}, 403)
    # The ERP cannot be asked whether there is such an order: nobody listens there.
    assert "Nothing was done" in await press(stand, form | {"said": "there", "as_what": "S00042"}, 409)
    assert await state(stand) == "parked"


async def test_all_that_ask_the_same_are_answered_with_one_click(stand: Stand) -> None:
    for number in ("#1001", "#1002", "#1003"):
        await stand.order(number, **DOUBT | {"code": "gone"})
    await stand.order("#1004", **DOUBT)
    page = await stand.get("/parked")
    assert "Answer all 3 alike" in page
    assert "Write it again: 3 records" in page
    form = {FIELD: await token(stand), "flow": "orders", "code": "gone", "back": "/parked", "said": "leave"}

    await press(stand, form, 303)

    entries = await stand.store.read("audit_trail", wish=9)
    assert sorted(entry["target"] for entry in entries) == ["#1001", "#1002", "#1003"]
    after = await stand.get("/parked")
    assert "3 questions answered" in after
    assert "#1004" in after
    assert "Answer all" not in after


async def test_what_is_answered_one_by_one_is_not_answered_together(stand: Stand) -> None:
    for number in ("#1001", "#1002"):
        await stand.order(number, **DOUBT | {"code": "duplicate"})
    assert "Answer all" not in await stand.get("/parked")
    form = {FIELD: await token(stand), "flow": "orders", "code": "duplicate", "back": "/parked"}
    assert "one by one" in await press(stand, form | {"said": "create"}, 409)
    assert "Nothing was done" in await press(stand, form | {"said": "there", "as_what": "S00042"}, 409)
