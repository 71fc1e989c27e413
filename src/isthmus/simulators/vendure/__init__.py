"""A Vendure 3.5 shop on this machine: Admin API (GraphQL), and a plugin that turns events into webhooks.

Start it with `isthmus sim vendure`, or in a program with `stage(SIMULATOR.build("demo", callback))`.
Sign in as `demo` with `demo-password` (an integration's permissions), `superadmin` (everything) or `reader` (looks
only); webhooks go to the callback, signed with `demo-secret`. Every GraphQL name is a subset of Vendure's own schema.

Besides the usual controls (`/__sim/state`, `orders`, `fault`, `reset`), a POST with a JSON body to one of these
does what a person or bad luck would; the world has the same as methods:

- `/__sim/order` {"lines": [{"sku", "quantity", "customFields"}], "note", "customFields", "fees": [{"name", "amount"}],
  "email", "seed"}: buy just this, see `storefront.py`. Fields must be declared, such as by the environment variable
  ISTHMUS_SIM_VENDURE_CUSTOM_FIELDS="Order.giftNote:text, OrderLine.engraving"; a note goes into the order's history,
  because Vendure has no place for what a buyer says
- `/__sim/edit` {"reference", "sku", "quantity"}, `/__sim/cancel` {"reference"}, `/__sim/status` {"reference", "status"}
- `/__sim/ship` {"reference"} or {"reference", "sku", "quantity"}, `/__sim/deliver` {"reference"}
- `/__sim/return` {"reference", "sku", "quantity"}: units cancelled after delivery
- `/__sim/refund` {"reference", "amount"} or {"reference", "sku", "quantity"}
- `/__sim/stock` {"sku", "place", "quantity"}: what is to be had at a location, by its name, besides what is promised
- `/__sim/product` {"sku", "title", "price"}, `/__sim/price` {"sku", "price"}, `/__sim/rename` {"sku", "name"},
  `/__sim/remove` {"sku"}
- `/__sim/settings`: any field of `settings.py`, from now on; `/__sim/revoke`: nobody gets in any more
- `/__sim/damage`: see `damage.py`
- `/__sim/webhook` {"reference", "topic"}: told once more; `/__sim/announce`: all seeded orders

Faults match the root field of an operation (`orders`, `updateProductVariants`), or a topic (`order.placed`).
References are order codes. Drafts and carts are `test` in the truth. Seeds: see `seeds.py`. Switches: `settings.py`.
"""

from isthmus.simulators.stage import Simulator
from isthmus.simulators.vendure.shop import LOGIN, PASSWORD
from isthmus.simulators.vendure.world import WEBHOOK_SECRET, VendureWorld

SIMULATOR = Simulator(
    slug="vendure",
    title="Vendure (Admin API 3.5)",
    build=VendureWorld,
    form={"login": LOGIN, "password": PASSWORD, "webhook_secret": WEBHOOK_SECRET},
)

__all__ = ["LOGIN", "PASSWORD", "SIMULATOR", "WEBHOOK_SECRET", "VendureWorld"]
