"""A project against local simulators, filled in with their public credentials: the first order in minutes."""

import shlex
from pathlib import Path

from isthmus.bootstrap.config import FILE, ConfigError
from isthmus.bootstrap.connectors import connector
from isthmus.bootstrap.trying import Filled
from isthmus.cli.demo_project import Ports
from isthmus.cli.project_files import Project, write
from isthmus.cli.show import fail, out
from isthmus.cli.sim import simulator
from isthmus.simulators.demo_shop import PLACES

#: Where the merchant of the simulators is at home.
ZONE = "Europe/Berlin"


def trial(folder: Path, shop: str, erp: str) -> None:
    """Write the project and say which commands to type."""
    ports = Ports()
    made = [_filled("shop", shop, ports.shop), _filled("erp", erp, ports.erp)]
    only = simulator(shop).place
    project = Project(
        name=folder.resolve().name,
        connections=made,
        public_url=f"http://127.0.0.1:{ports.isthmus}",
        time_zone=ZONE,
        places={code: only or place for code, place in PLACES},
    )
    write(folder, project)
    where = shlex.quote(str(folder))
    out.print(f"made {folder / FILE}; two simulators, each in a terminal of its own:")
    out.print(f"  isthmus sim {shop} --port {ports.shop} --seed demo", soft_wrap=True)
    out.print(f"  isthmus sim {erp} --port {ports.erp} --seed demo", soft_wrap=True)
    out.print("then, in a third one:")
    out.print(f"  isthmus doctor -C {where} --sample", soft_wrap=True)
    out.print(f"  isthmus run --once -C {where}", soft_wrap=True)
    out.print(f"  isthmus status -C {where}", soft_wrap=True)
    out.print("`isthmus trace` and an order's number shows one order; `isthmus up` stays and listens.")


def _filled(name: str, slug: str, port: int) -> Filled:
    try:
        manifest = connector(slug).manifest
    except ConfigError as wrong:
        fail(str(wrong))
        raise
    return Filled(name, manifest, {"url": f"http://127.0.0.1:{port}", **simulator(slug).form}, allow_private=True)
