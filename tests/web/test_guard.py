"""Who may look and who may press a button."""

import re

import pytest

from isthmus.web.guard import COOKIE, FIELD, hostname
from tests.web.stand import ASKED, Stand, standing


async def press(stand: Stand, form: dict[str, str], status: int, **headers: str) -> tuple[str, str]:
    told = {"Origin": stand.url} | headers
    sent = {name: value for name, value in told.items() if value}
    async with stand.client.post(f"{stand.url}/retry", data=form, headers=sent, allow_redirects=False) as answer:
        text = await answer.text()
        assert answer.status == status, text
        return text, answer.headers.get("Location", "")


async def token(stand: Stand) -> str:
    """Open a page with a button, as a browser would, and return what its form holds."""
    found = re.search(rf'name="{FIELD}" value="([^"]+)"', await stand.get("/parked"))
    assert found
    return found[1]


async def state(stand: Stand, subject: str = "id-1001") -> str:
    row = await stand.harness.job("orders", subject)
    assert row
    return row["state"]


async def test_retry_runs_the_record_again_and_says_so(stand: Stand) -> None:
    await stand.order("#1001", **ASKED)
    form = {FIELD: await token(stand), "flow": "orders", "subject": "id-1001", "back": "/parked"}
    _text, location = await press(stand, form, 303)
    assert location == "/parked"
    assert await state(stand) == "ready"
    [entry] = await stand.store.read("audit_trail", wish=5)
    assert (entry["who"], entry["action"], entry["target"]) == ("web", "retry", "id-1001")
    assert "1 record queued to run again." in await stand.get("/parked")
    assert "queued to run again" not in await stand.get("/parked")


async def test_retry_of_a_cause_leaves_other_causes_alone(stand: Stand) -> None:
    await stand.order("#1001", **ASKED)
    await stand.order("#1002", **ASKED)
    await stand.order("#1003", state="parked", code="total_unexplained", because="3.00 EUR is unexplained.")
    form = {FIELD: await token(stand), "flow": "orders", "code": "unknown_sku", "back": "/parked"}
    await press(stand, form, 303)
    assert [await state(stand, f"id-{number}") for number in (1001, 1002, 1003)] == ["ready", "ready", "parked"]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "https://elsewhere.example.com"}, id="from-another-site"),
        pytest.param({"Origin": "http://127.0.0.1:9"}, id="from-another-port"),
        pytest.param({"Origin": "null"}, id="from-a-page-that-hides"),
        pytest.param({"Origin": ""}, id="from-nowhere"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="the-browser-says-so"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="from-a-neighbour"),
    ],
)
async def test_a_click_made_elsewhere_is_not_taken(stand: Stand, headers: dict[str, str]) -> None:
    await stand.order("#1001", **ASKED)
    form = {FIELD: await token(stand), "flow": "orders", "subject": "id-1001"}
    text, _location = await press(stand, form, 403, **headers)
    assert "another site" in text
    assert await state(stand) == "parked"


async def test_a_form_without_its_browser_is_not_taken(stand: Stand) -> None:
    await stand.order("#1001", **ASKED)
    form = {FIELD: await token(stand), "flow": "orders", "subject": "id-1001"}
    stand.client.cookie_jar.clear()
    text, _location = await press(stand, form, 403)
    assert "Open the page again" in text
    assert await state(stand) == "parked"


async def test_a_token_made_up_by_somebody_is_not_taken(stand: Stand) -> None:
    await stand.order("#1001", **ASKED)
    made_up = "nonce.0000"
    stand.client.cookie_jar.update_cookies({COOKIE: made_up})
    form = {FIELD: made_up, "flow": "orders", "subject": "id-1001"}
    await press(stand, form, 403)
    assert await state(stand) == "parked"


@pytest.mark.parametrize(
    "back", ["//evil.example.com", "https://evil.example.com", "/\\evil.example.com", "/a\r\nX: y"]
)
async def test_a_click_never_leads_away(stand: Stand, back: str) -> None:
    await stand.order("#1001", **ASKED)
    form = {FIELD: await token(stand), "flow": "orders", "subject": "id-1001", "back": back}
    assert (await press(stand, form, 303))[1] == "/"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        pytest.param({"flow": "orders"}, 400, id="neither-record-nor-cause"),
        pytest.param({"flow": "orders", "subject": "id-1001", "code": "unknown_sku"}, 400, id="both"),
        pytest.param({"subject": "id-1001"}, 400, id="no-flow"),
        pytest.param({"flow": "orders", "subject": "x" * 20_000}, 413, id="too-large"),
        pytest.param({f"f{number}": "" for number in range(20)}, 400, id="too-many-fields"),
    ],
)
async def test_a_form_that_is_not_ours_does_nothing(stand: Stand, form: dict[str, str], status: int) -> None:
    await stand.order("#1001", **ASKED)
    await press(stand, {FIELD: await token(stand), **form}, status)
    assert await state(stand) == "parked"


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stand: Stand) -> None:
    async with stand.client.get(stand.url) as answer:
        cookie = answer.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


async def test_pages_answer_only_under_names_of_this_machine(stand: Stand) -> None:
    port = stand.url.rsplit(":", 1)[1]
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}", "LOCALHOST"):
        await stand.get("/", headers={"Host": host})
    for host in ("evil.example.com", f"127.0.0.1.evil.example.com:{port}", "user@localhost", "localhost:x", ""):
        text = await stand.get("/", 421, headers={"Host": host})
        assert "public_url" in text


async def test_pages_answer_under_the_public_name_too() -> None:
    async with standing(public_url="https://isthmus.example.com") as stand:
        await stand.order("#1001", **ASKED)
        await stand.get("/", headers={"Host": "isthmus.example.com"})
        # A proxy may speak to us under our local name while people use the public one.
        form = {FIELD: await token(stand), "flow": "orders", "subject": "id-1001"}
        await press(stand, form, 303, Origin="https://isthmus.example.com")


@pytest.mark.parametrize("path", ["/", "/orders", "/parked", "/nothing", "/static/isthmus.css"])
async def test_every_answer_carries_the_security_headers(stand: Stand, path: str) -> None:
    async with stand.client.get(stand.url + path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        told = {name: answer.headers[name] for name in ("X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options")}
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert told == {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY"}


async def test_pages_with_orders_are_not_kept_by_browsers_but_files_are(stand: Stand) -> None:
    async with stand.client.get(stand.url) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        text = await answer.text()
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', text):
        async with stand.client.get(stand.url + path) as answer:
            assert (answer.status, "immutable" in answer.headers["Cache-Control"]) == (200, True)


async def test_no_page_holds_a_script_or_a_style_of_its_own(stand: Stand) -> None:
    await stand.order("#1001", **ASKED)
    for path in ("/", "/orders", "/parked", "/orders/shop/id-1001", "/jobs/orders", "/nothing"):
        async with stand.client.get(stand.url + path) as answer:
            text = await answer.text()
        assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?! src=\"/static/)|//[\w.]+\.\w+/", text) == []


@pytest.mark.parametrize(
    ("host", "name"),
    [("localhost:8100", "localhost"), ("[::1]:8100", "::1"), ("a@b", ""), ("x:y", ""), ("a/b", ""), ("a b", "a b")],
)
def test_hostname(host: str, name: str) -> None:
    assert hostname(host) == name
