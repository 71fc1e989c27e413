"""A local double of Tryton 8.2.

Seeds: `empty` is an installed Tryton with two warehouses, taxes and service products; `demo` adds the 200 products of
the demonstration and a price list; `skus:50000` only adds that many products.

Database `demo`. Login `demo` with the password `demo-password` may do everything; login `limited` with the password
`limited-password` reads everything and writes only parties. A REST key is made by `res.user.application`.

Doors: `/<db>/rpc/` (JSON-RPC with a session), `/rpc/` (version, databases), `/<db>/rest/model/...` (with a key),
`/<db>/r/user/application/` (asks for a key).

Controls: those of `isthmus.simulators.stage`; `POST /__sim/stock` with
`{"sku": "MUG-0010", "place": "WH", "quantity": 12}`, which counts a product in a warehouse; `POST /__sim/recount` with
`{"seed": 1}`, which counts every product in every warehouse and finds another figure each time; `POST /__sim/damage`;
`GET /__sim/history`; `POST /__sim/field` with
`{"model": "sale.sale", "name": "x_region", "type": "selection", "selection": {"n": "North"}}`, which adds a field as a
module would (also `label`, `size`, `digits`, `relation`, `required`, `readonly`, `draft_only`); what added fields hold
is shown as `custom` at `/__sim/state`. The fault `expire_auth` ends every session and refuses one request with a key.
Operations are named `sale.sale.create`, `party.party.search_read`, `common.db.login`.
"""

from isthmus.simulators.stage import Simulator
from isthmus.simulators.tryton.world import TrytonWorld, build

__all__ = ["SIMULATOR", "TrytonWorld"]

SIMULATOR = Simulator(
    slug="tryton",
    title="Tryton 8.2",
    build=build,
    form={"database": "demo", "login": "demo", "password": "demo-password"},
)
