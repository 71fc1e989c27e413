"""`isthmus init`: a project folder that explains itself."""

from pathlib import Path
from typing import Annotated

import typer

from isthmus.bootstrap.config import FILE, ConfigError
from isthmus.bootstrap.connectors import connector, variable
from isthmus.cli.show import fail, out
from isthmus.ports.connector import Connector, Setting


def init(
    folder: Annotated[Path, typer.Argument(help="Where to make the project.")] = Path(),
    shop: Annotated[str, typer.Option(help="The shop's connector.")] = "shopify",
    erp: Annotated[str, typer.Option(help="The ERP's connector.")] = "odoo",
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing project file.")] = False,
) -> None:
    """Make a project folder: `isthmus.toml` with both connections and two flows, and a list of secrets."""
    path = folder / FILE
    if path.exists() and not force:
        fail(f"{path} exists already; --force overwrites it")
    try:
        made = {"shop": connector(shop), "erp": connector(erp)}
    except ConfigError as wrong:
        fail(str(wrong))
        raise
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(project_file(folder.resolve().name, made), "utf-8")
    example = folder / ".env.example"
    example.write_text(secrets_file(made), "utf-8")
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text(".env\n*.db\n*.db-*\n*.lock\nbackups/\n", "utf-8")
    out.print(f"made {path}")
    out.print("next:")
    out.print(f"  1. fill in {path}")
    out.print(f"  2. put the secrets of {example} into the environment, or into {folder / '.env'}")
    out.print("  3. isthmus connect check")
    out.print("  4. isthmus up")


def project_file(name: str, made: dict[str, Connector]) -> str:
    """Return `isthmus.toml` for a new project."""
    parts = [
        "# What each setting means: docs/reference/settings.md. Secrets are not kept here: see .env.example.",
        "[isthmus]",
        f'name = "{name}"',
        'database = "sqlite:///isthmus.db"   # or postgresql://user@host/name; ISTHMUS_DATABASE_URL overrides it',
        'listen = "127.0.0.1:8100"',
        'public_url = ""                     # https://... where the shop can reach this for webhooks',
        'time_zone = "UTC"                   # the company\'s: decides on which day an order is booked',
    ]
    for connection, each in made.items():
        parts += ["", f"[connections.{connection}]", f'connector = "{each.manifest.slug}"']
        parts += [_setting(setting) for setting in each.manifest.settings if not setting.secret]
        parts += [
            "# allow_private = true                # needed when the address is in your own network, such as 10.0.0.5"
        ]
    parts += [
        "",
        "[flows.orders]                      # every order exactly once, equal to the cent",
        'from = "shop"',
        'to = "erp"',
        'import_when = "confirmed"           # or authorized, or paid',
        "",
        "[flows.stock]                       # what can really be sold, and never more",
        'from = "erp"',
        'to = "shop"',
        "safety_stock = 0",
        "",
        "[flows.stock.places]                # ERP warehouse code = shop location; equal names need no row",
        "# `isthmus connect check` lists the places of both. Warehouses that share a location are added up.",
        '# WH = "Main shop"',
        "",
    ]
    return "\n".join(parts)


def secrets_file(made: dict[str, Connector]) -> str:
    """Return the list of secrets a new project needs."""
    lines: list[str] = []
    for connection, each in made.items():
        for setting in each.manifest.settings:
            if setting.secret:
                need = "" if setting.required else " (may stay empty)"
                lines += [f"# {setting.label}{need}: {setting.help}", f"{variable(connection, setting.key)}="]
    return "\n".join(lines) + "\n"


def _setting(setting: Setting) -> str:
    line = f'{setting.key} = "{setting.default}"'
    if not setting.required:
        line = f"# {line}"
    return f"{line}  # {setting.label}. {setting.help}"
