"""The project a run plays with: both simulators, orders and, where it says so, stock, looked at often."""

from pathlib import Path

from isthmus.bootstrap.config import FILE
from isthmus.simulators.demo_shop import PLACES

EVERY_S = 3
#: Not as often: a figure is raised only after a moment in which nobody has read it.
STOCK_EVERY_S = 15
_TOML = """\
[isthmus]
name = "campaign"
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"

[connections.shop]
connector = "shopify"
url = "{shop}"
client_id = "demo-client"
allow_private = true

[connections.erp]
connector = "odoo"
url = "{erp}"
database = "demo"
login = "demo"
allow_private = true

[flows.orders]
from = "shop"
to = "erp"
every = {every}
"""
_STOCK = """
[flows.stock]
from = "erp"
to = "shop"
every = {every}

[flows.stock.places]
{places}
"""


def write_project(folder: Path, *, port: int, shop: str, erp: str, stock: bool) -> None:
    """Write `isthmus.toml` and `.env`; `shop` and `erp` are the addresses Isthmus is to use."""
    text = _TOML.format(port=port, shop=shop, erp=erp, every=EVERY_S)
    if stock:
        places = "\n".join(f'{code} = "{name}"' for code, name in PLACES)
        text += _STOCK.format(every=STOCK_EVERY_S, places=places)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(text, "utf-8")
    secrets = folder / ".env"
    secrets.write_text("ISTHMUS_SHOP_CLIENT_SECRET=demo-secret\nISTHMUS_ERP_API_KEY=demo-key\n", "utf-8")
    secrets.chmod(0o600)
