"""WooCommerce's own Python client, used as its documentation shows, gets on with the simulator.

Over http it signs with OAuth 1.0a, so a shop that takes nothing else answers it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from woocommerce import API  # pyright: ignore[reportMissingTypeStubs]

from isthmus.simulators.woocommerce import CONSUMER_KEY, CONSUMER_SECRET
from tests.simulators.woocommerce.conftest import FAST, Caller, Opener

Result = TypeVar("Result")


async def drive(shop: Caller, script: Callable[[Any], Result]) -> Result:
    """Run a script with a client; the client blocks, so this runs in a thread."""
    client = API(url=shop.base, consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET, version="wc/v3", timeout=20)
    return await asyncio.to_thread(script, client)


@pytest.fixture
async def strict(open_shop: Opener) -> Caller:
    """Return a shop that WordPress believes to be on plain http: only signatures get in."""
    return await open_shop(settings=replace(FAST, secure=False))


async def test_it_creates_reads_changes_and_deletes_a_product(strict: Caller) -> None:
    def script(client: Any) -> list[Any]:
        made = client.post(
            "products", {"name": "Cup", "type": "simple", "regular_price": "12.50", "sku": "CUP-1"}
        ).json()
        path = f"products/{made['id']}"
        changed = client.put(path, {"regular_price": "13.00"}).json()
        gone = client.delete(path, params={"force": True})
        return [made, changed, gone.status_code, client.get(path).status_code]

    made, changed, gone, after = await drive(strict, script)
    assert (made["sku"], made["price"], changed["price"], gone, after) == ("CUP-1", "12.50", "13.00", 200, 404)


async def test_it_walks_through_all_orders_by_page(strict: Caller) -> None:
    numbers = await strict.world.place_orders(25, seed=1)

    def script(client: Any) -> list[str]:
        found: list[str] = []
        page, pages = 1, 1
        while page <= pages:
            answer = client.get("orders", params={"per_page": 10, "page": page, "orderby": "id", "order": "asc"})
            pages = int(answer.headers["X-WP-TotalPages"])
            found += [order["number"] for order in answer.json()]
            page += 1
        return found

    assert await drive(strict, script) == numbers


async def test_it_reads_what_changed_since_a_moment(strict: Caller) -> None:
    [number] = await strict.world.place_orders(1, seed=1)

    def script(client: Any) -> list[int]:
        asked = {"dates_are_gmt": "true", "orderby": "modified", "status": "any"}
        times = ("2020-01-01T00:00:00", "2099-01-01T00:00:00")
        return [len(client.get("orders", params={**asked, "modified_after": one}).json()) for one in times]

    assert await drive(strict, script) == [1, 0]
    assert strict.world.shop.order(number) is not None


async def test_it_places_an_order_and_refunds_it(strict: Caller) -> None:
    def script(client: Any) -> tuple[Any, Any]:
        product = client.get("products", params={"sku": "MUG-0020"}).json()[0]
        order = client.post(
            "orders",
            {
                "payment_method": "bacs",
                "set_paid": True,
                "billing": {"first_name": "Guest", "country": "DE", "email": "guest@example.com"},
                "line_items": [{"product_id": product["id"], "quantity": 2}],
                "shipping_lines": [{"method_id": "flat_rate", "method_title": "Flat", "total": "5.00"}],
            },
        ).json()
        return product, order

    product, order = await drive(strict, script)
    assert (order["status"], order["customer_id"], order["shipping_total"]) == ("processing", 0, "5.00")
    assert order["line_items"][0]["sku"] == product["sku"]
    # Prices include 20% here, shipping is net: what the buyer pays is twice the price and 6.00.
    gross = 2 * float(product["price"]) + 6
    assert abs(float(order["total"]) - gross) < 0.011
