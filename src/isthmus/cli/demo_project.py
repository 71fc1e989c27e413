"""The ready-made project of the demonstration: two simulators and Isthmus between them."""

from dataclasses import dataclass
from pathlib import Path

from isthmus.bootstrap.config import FILE


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens on this machine."""

    isthmus: int = 8100
    shop: int = 8101
    erp: int = 8102


def write_project(folder: Path, ports: Ports) -> None:
    """Write `isthmus.toml` and `.env`; the simulators' credentials are public and open nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(_TOML.format(ports=ports), "utf-8")
    secrets = folder / ".env"
    secrets.write_text(SECRETS, "utf-8")
    secrets.chmod(0o600)


_TOML = """\
[isthmus]
name = "demo"
database = "sqlite:///isthmus.db"
listen = "127.0.0.1:{ports.isthmus}"
public_url = "http://127.0.0.1:{ports.isthmus}"
time_zone = "Europe/Berlin"

[connections.shop]
connector = "shopify"
url = "http://127.0.0.1:{ports.shop}"
allow_private = true

[connections.erp]
connector = "odoo"
url = "http://127.0.0.1:{ports.erp}"
allow_private = true
database = "demo"
login = "demo"

[flows.orders]
from = "shop"
to = "erp"

[flows.stock]
from = "erp"
to = "shop"

[flows.stock.places]
WH = "Main warehouse"
EAST = "East warehouse"
"""
SECRETS = """\
ISTHMUS_SHOP_ACCESS_TOKEN=demo-token
ISTHMUS_SHOP_CLIENT_SECRET=demo-secret
ISTHMUS_ERP_API_KEY=demo-key
"""
