"""A Shopify shop on this machine: Admin GraphQL API 2026-07, webhooks, metering.

Start it with `isthmus sim shopify`, or in a program with `stage(SIMULATOR.build("demo", callback))`.
Token `demo-token`; or client credentials `demo-client` / `demo-secret`, which is the webhook secret too.
Every GraphQL name is a subset of Shopify's own schema (`schema.graphql`).

Besides the usual controls (`/__sim/state`, `orders`, `fault`, `reset`), a POST with a JSON body to one of these
does what a person would; the world has the same as methods:

- `/__sim/order` {"lines": [{"sku", "quantity", "attributes"}], "note", "attributes", "email", "seed"}: buy just this,
  see `storefront.py`
- `/__sim/edit` {"reference", "sku", "quantity"}, `/__sim/cancel` {"reference"}
- `/__sim/stock` {"sku", "place", "quantity"}: what is available at a location, by its name
- `/__sim/plan` {"restore", "bucket"}: points a second and points held from now on
- `/__sim/product` {"sku", "title", "price"}, `/__sim/rename` {"sku", "name"}, `/__sim/remove` {"sku"}
- `/__sim/uninstall`
- `/__sim/webhook` {"reference", "topic"}: that order's webhook once more; `/__sim/announce`: all seeded orders'

Faults match the root field of a query (`orders`, `inventorySetQuantities`), `access_token`, or a webhook topic
(`orders/create`). Seeds: see `seeds.py`. Limits and times: see `settings.py`.
"""

from isthmus.simulators.shopify.gateway import SECRET, TOKEN
from isthmus.simulators.shopify.world import ShopifyWorld
from isthmus.simulators.stage import Simulator

SIMULATOR = Simulator(
    slug="shopify",
    title="Shopify (Admin GraphQL 2026-07)",
    build=ShopifyWorld,
    form={"access_token": TOKEN, "client_secret": SECRET},
)

__all__ = ["SIMULATOR", "ShopifyWorld"]
