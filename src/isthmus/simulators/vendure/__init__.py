"""A local double of Vendure: its REST API, version v1.

Written from the vendor's pages alone; it knows nothing of our connector, or both would share one mistake.
To cite: for each fact below the page it stands on.
Source: https://docs.vendure.io/reference/graphql-api/admin/

Every request carries `Authorization: Bearer <token>`; `demo-token` may do everything.

- `GET /api/v1/account`: whose token this is
- `GET /api/v1/variants`: items by the time of their last change (whole seconds), then by id. `limit` rows on a page (1
  to 100), `after` the token of the page before; `updated_since` leaves out what changed before that second, and adds
  what was deleted since. `ids` (up to 100) and `sku` name items instead.

Refusals are `{"error": {"code", "message"}}`. Above 10 calls a second, 40 saved up, the answer is 429 with
`Retry-After` in seconds.

Seeds: `demo` has 30 items, `empty` none. Besides the usual controls, a POST with a JSON body does what a person would:

- `/__sim/variant` {"sku", "name", "price"}: make an item, or change the one with this SKU
- `/__sim/remove` {"sku"}
- `/__sim/damage` {"kind", ...}: see `damage.py`

Faults match `account.get` and `variants.list`. `expire_auth` refuses the next request that brings a token.
"""

from isthmus.simulators.stage import Simulator
from isthmus.simulators.vendure.world import VendureWorld, build

SIMULATOR = Simulator(slug="vendure", title="Vendure (REST v1)", build=build)

__all__ = ["SIMULATOR", "VendureWorld"]
