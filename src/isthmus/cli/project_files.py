"""The files of a new project: what is in them, and that nobody else may read the secrets."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from isthmus.bootstrap.config import FILE, variable
from isthmus.bootstrap.trying import Filled
from isthmus.ports.connector import Manifest, Setting

PRIVATE = "needed when the address is in your own network, such as 10.0.0.5"
IGNORED = ".env\n*.db\n*.db-*\n*.lock\nbackups/\n"


@dataclass(frozen=True, slots=True)
class Project:
    """What a new project says; `places` is the ERP warehouse code to the shop's location."""

    name: str
    connections: Sequence[Filled]
    public_url: str = ""
    time_zone: str = "UTC"
    places: Mapping[str, str] = field(default_factory=dict[str, str])


def write(folder: Path, project: Project) -> None:
    """Write every file of a project; `.env` only where there are secrets, and what else is in it stays."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(project_file(project), "utf-8")
    made = {each.name: each.manifest for each in project.connections}
    (folder / ".env.example").write_text(secrets_file(made), "utf-8")
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text(IGNORED, "utf-8")
    secrets = {name: value for each in project.connections for name, value in each.secrets.items()}
    if secrets:
        keep_secrets(folder / ".env", secrets)


def project_file(project: Project) -> str:
    """Return `isthmus.toml` for a new project."""
    parts = [
        "# What each setting means: docs/reference/settings.md. Secrets are not kept here: see .env.example.",
        "[isthmus]",
        f"name = {quoted(project.name)}",
        'database = "sqlite:///isthmus.db"   # or postgresql://user@host/name; ISTHMUS_DATABASE_URL overrides it',
        'listen = "127.0.0.1:8100"',
        f"public_url = {quoted(project.public_url):20} # https://... where the shop can reach this for webhooks",
        f"time_zone = {quoted(project.time_zone):21} # the company's: decides on which day an order is booked",
    ]
    for each in project.connections:
        parts += ["", f"[connections.{each.name}]", f'connector = "{each.manifest.slug}"']
        parts += [_setting(setting, each.plain) for setting in each.manifest.settings if not setting.secret]
        mark = "" if each.allow_private else "# "
        parts += [f"{mark}allow_private = true                # {PRIVATE}"]
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
        *([f"{quoted(code)} = {quoted(place)}" for code, place in project.places.items()] or ['# WH = "Main shop"']),
        "",
    ]
    return "\n".join(parts)


def secrets_file(made: Mapping[str, Manifest]) -> str:
    """Return the list of secrets a new project needs."""
    lines: list[str] = []
    for connection, manifest in made.items():
        for setting in manifest.settings:
            if setting.secret:
                need = "" if setting.required else " (may stay empty)"
                lines += [f"# {setting.label}{need}: {setting.help}", f"{variable(connection, setting.key)}="]
    return "\n".join(lines) + "\n"


def keep_secrets(path: Path, secrets: Mapping[str, str]) -> None:
    """Put secrets into a file only its owner may read; other lines of it stay."""
    before = path.read_text("utf-8").splitlines() if path.exists() else []
    kept = [line for line in before if line.partition("=")[0].strip() not in secrets]
    text = "\n".join([*kept, *(f"{name}={value}" for name, value in secrets.items())]) + "\n"
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    # Made with its mode, not given it afterwards: there is no moment in which somebody else may read it.
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def fits_a_line(secret: str) -> bool:
    """Tell whether `.env` gives a secret back as it was: one line, without quotes around it."""
    return secret == secret.strip().strip("\"'") and len(secret.splitlines()) <= 1


def quoted(text: str) -> str:
    """Return a text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _setting(setting: Setting, filled: Mapping[str, str]) -> str:
    value = filled.get(setting.key, setting.default)
    line = f"{setting.key} = {quoted(value)}"
    if not setting.required and (setting.key not in filled or value == setting.default):
        line = f"# {line}"
    return f"{line}  # {setting.label}. {setting.help}"
