"""A WooCommerce shop on this machine: REST `wc/v3`, webhooks, and the bad habits of plugins and hosts.

Start it with `isthmus sim woocommerce`, or in a program with `stage(SIMULATOR.build("demo", callback))`.
The key is `CONSUMER_KEY` with `CONSUMER_SECRET` (see `shop.py`, which also has a key that only reads, one that only
writes and one of a user without rights); webhooks of the callback are signed with `demo-secret`.

Besides the usual controls (`/__sim/state`, `orders`, `fault`, `reset`), a POST with a JSON body to one of these
does what a person or bad luck would; the world has the same as methods:

- `/__sim/order` {"lines": [{"sku", "quantity", "meta_data"}], "note", "meta_data", "fees": [{"name", "amount"}],
  "email", "seed"}: buy just this, see `storefront.py`
- `/__sim/edit` {"reference", "sku", "quantity"}, `/__sim/cancel` {"reference"}, `/__sim/status` {"reference", "status"}
- `/__sim/refund` {"reference", "amount"} or {"reference", "sku", "quantity"}: by hand, no gateway sends anything
- `/__sim/stock` {"sku", "quantity"}: there is one figure per SKU, and no places
- `/__sim/product` {"sku", "title", "price"}, `/__sim/rename` {"sku", "name"}, `/__sim/remove` {"sku"}
- `/__sim/settings`: any field of `settings.py`, from now on; `/__sim/revoke`: no key counts any more
- `/__sim/busy` {"sku"}: somebody else is inserting that SKU at this moment
- `/__sim/host` {"trouble", "count", "match"}: what stands before WordPress goes wrong, see `host.py`
- `/__sim/damage`: see `damage.py`
- `/__sim/webhook` {"reference", "topic"}: that order's webhook once more; `/__sim/announce`: all seeded orders'

Faults match a resource and what is done to it (`orders.list`, `variations.batch`), or a topic (`order.created`).
Parameters nobody knows are ignored, as WordPress ignores them, and counted in `/__sim/meter`.
The truth gives what a line cost before discounts, without tax and at the shop's decimals, as `unit_price`; orders not
paid for are `test` there, because nobody should import them. Seeds: see `seeds.py`. Times and switches: `settings.py`.
"""

from isthmus.simulators.stage import Simulator
from isthmus.simulators.woocommerce.shop import CONSUMER_KEY, CONSUMER_SECRET, WEBHOOK_SECRET
from isthmus.simulators.woocommerce.world import WooCommerceWorld

SIMULATOR = Simulator(
    slug="woocommerce",
    title="WooCommerce (REST wc/v3)",
    build=WooCommerceWorld,
    form={
        "consumer_key": CONSUMER_KEY,
        "consumer_secret": CONSUMER_SECRET,
        "webhook_secret": WEBHOOK_SECRET,
    },
    place="Store",
)

__all__ = ["CONSUMER_KEY", "CONSUMER_SECRET", "SIMULATOR", "WooCommerceWorld"]
