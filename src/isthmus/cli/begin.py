"""`isthmus init`: a project folder that explains itself, filled in by asking where somebody is there to answer."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from isthmus.bootstrap.config import FILE, ConfigError
from isthmus.bootstrap.connectors import connector
from isthmus.bootstrap.trying import Filled
from isthmus.cli.project_files import Project, write
from isthmus.cli.show import fail, out
from isthmus.cli.trial import trial
from isthmus.cli.wizard import Wizard

SHOP, ERP = "shopify", "odoo"


def init(
    folder: Annotated[Path, typer.Argument(help="Where to make the project.")] = Path(),
    shop: Annotated[str, typer.Option(help=f"The shop's connector (default without questions: {SHOP}).")] = "",
    erp: Annotated[str, typer.Option(help=f"The ERP's connector (default without questions: {ERP}).")] = "",
    *,
    simulators: Annotated[
        bool, typer.Option("--simulators", help="Make a project for local simulators, ready to run.")
    ] = False,
    no_input: Annotated[
        bool, typer.Option("--no-input", help="Ask nothing; write a file to be filled in. So also without a terminal.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing project file.")] = False,
) -> None:
    """Make a project folder: `isthmus.toml` with both connections and two flows, and a list of secrets.

    On a terminal, without options, it asks for each setting, tries each connection, and lets the doctor look.
    """
    path = folder / FILE
    if path.exists() and not force:
        fail(f"{path} exists already; --force overwrites it")
    if simulators:
        trial(folder, shop or SHOP, erp or ERP)
    elif shop or erp or no_input or not (sys.stdin.isatty() and sys.stdout.isatty()):
        _blank(folder, shop or SHOP, erp or ERP)
    else:
        Wizard(folder).run()


def _blank(folder: Path, shop: str, erp: str) -> None:
    """Write the files with nothing filled in, and say what is left to do."""
    try:
        made = [Filled(name, connector(slug).manifest, {}) for name, slug in (("shop", shop), ("erp", erp))]
    except ConfigError as wrong:
        fail(str(wrong))
        raise
    write(folder, Project(folder.resolve().name, made))
    path = folder / FILE
    out.print(f"made {path}")
    out.print("next:")
    out.print(f"  1. fill in {path}")
    out.print(f"  2. put the secrets of {folder / '.env.example'} into the environment, or into {folder / '.env'}")
    out.print("  3. isthmus connect check")
    out.print("  4. isthmus up")
