"""A local double of Odoo 14 to 19 (19 unless told otherwise).

Seeds: `empty` is an installed Odoo with two warehouses, taxes and service products; `demo` adds the
200 products of the demonstration, a price list in yen and payment terms; `skus:50000` only adds that many
products. `demo@17` chooses the version.

Database `demo`. Login `demo` with the key `demo-key` may do everything; login `limited` with the
key `limited-key` reads everything and writes only contacts (`AccessError` for orders).

Doors: `/jsonrpc`, `/xmlrpc/2/{common,object,db}`, `/json/2/<model>/<method>` (19), `/web/version`
and `/json/version` (19), and the web client's `/web/session/...` and `/web/dataset/call_kw`.

Controls: those of `isthmus.simulators.stage`; `POST /__sim/stock` with
`{"sku": "MUG-0010", "place": "WH", "quantity": 12}`, which counts a product in a warehouse; `POST /__sim/recount` with
`{"seed": 1}`, which counts every product in every warehouse and finds another figure each time; `POST /__sim/field`
with `{"model": "sale.order", "name": "x_region", "type": "selection", "selection": {"n": "North"}}`, which adds a field
(also `label`, `size`, `relation`, `required`, `readonly`; a name without `x_` is one of an app); `POST /__sim/app` with
`{"name": "base_vat"}`, which installs an app. What added fields hold is shown as `custom` at `/__sim/state`.
The fault `expire_auth` refuses one request with a credential; it does not start the login pause.
Operations are named `sale.order.create`, `res.partner.search_read`, `common.authenticate`.
"""

from isthmus.simulators.odoo.accounts import FULL
from isthmus.simulators.odoo.world import OdooWorld, build
from isthmus.simulators.stage import Simulator

__all__ = ["SIMULATOR", "OdooWorld"]

SIMULATOR = Simulator(
    slug="odoo",
    title="Odoo 14 to 19",
    build=build,
    form={"database": "demo", "login": FULL.login, "api_key": FULL.key},
)
