"""Who gets in, and which version answers."""

from typing import Any

import pytest

from isthmus.simulators.shopify.settings import Settings

GRAPHQL = "/admin/api/2026-07/graphql.json"
HELLO = {"query": "{ shop { name } }"}
GRANT = {"grant_type": "client_credentials", "client_id": "demo-client", "client_secret": "demo-secret"}


async def test_the_static_token_opens_and_a_wrong_one_gets_the_documented_401(shop: Any) -> None:
    assert (await shop.post(GRAPHQL, json=HELLO)).status == 200
    refused = await shop.post(GRAPHQL, json=HELLO, token="wrong")
    assert refused.status == 401
    assert await refused.json() == {
        "errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"
    }
    assert (await shop.post(GRAPHQL, json=HELLO, token=None)).status == 401


@pytest.mark.parametrize("encoding", ["data", "json"])
async def test_client_credentials_are_granted_a_token_that_works(shop: Any, encoding: str) -> None:
    granted = await shop.post("/admin/oauth/access_token", **{encoding: GRANT})
    body = await granted.json()
    assert granted.status == 200
    assert body["expires_in"] == 86399
    assert "read_orders" in body["scope"].split(",")
    assert (await shop.post(GRAPHQL, json=HELLO, token=body["access_token"])).status == 200


async def test_a_wrong_secret_and_a_missing_grant_type_are_refused_with_400(shop: Any) -> None:
    wrong = await shop.post("/admin/oauth/access_token", data={**GRANT, "client_secret": "x"})
    assert (wrong.status, (await wrong.json())["error"]) == (400, "invalid_client")
    missing = await shop.post("/admin/oauth/access_token", data={"client_id": "demo-client"})
    assert (missing.status, await missing.json()) == (400, {"error": "invalid_request"})


async def test_an_issued_token_ends_by_time_and_by_the_fault(open_shop: Any) -> None:
    brief = await open_shop(settings=Settings(token_s=0.0))
    token = (await (await brief.post("/admin/oauth/access_token", data=GRANT)).json())["access_token"]
    assert (await brief.post(GRAPHQL, json=HELLO, token=token)).status == 401

    lasting = await open_shop()
    token = (await (await lasting.post("/admin/oauth/access_token", data=GRANT)).json())["access_token"]
    await lasting.sim("fault", kind="expire_auth", count=1)
    assert (await lasting.post(GRAPHQL, json=HELLO, token=token)).status == 401
    assert (await lasting.post(GRAPHQL, json=HELLO)).status == 200  # a static token never expires


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("2026-07", "2026-07"), ("2026-10", "2026-10"), ("2023-04", "2026-01"), ("unstable", "unstable")],
)
async def test_the_header_tells_which_version_answered(shop: Any, asked: str, answered: str) -> None:
    answer = await shop.post(f"/admin/api/{asked}/graphql.json", json=HELLO)
    assert answer.headers["X-Shopify-API-Version"] == answered
    assert answer.headers["X-Request-Id"]


async def test_what_is_not_a_request_is_refused_as_one(shop: Any) -> None:
    assert (await shop.post("/admin/api/nonsense/graphql.json", json=HELLO)).status == 404
    assert (await shop.post(GRAPHQL, data=b"{not json")).status == 400
    assert (await shop.post(GRAPHQL, json={"variables": {}})).status == 400


async def test_the_app_sees_its_scopes(shop: Any) -> None:
    scopes = (await shop.data("{ currentAppInstallation { accessScopes { handle } } }"))["currentAppInstallation"]
    assert {"read_orders", "write_inventory"} <= {scope["handle"] for scope in scopes["accessScopes"]}
