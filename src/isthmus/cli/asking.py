"""The single questions of the wizard; each shows what it proposes, and asks again for what cannot be."""

from collections.abc import Sequence

import typer
from rich.markup import escape

from isthmus.bootstrap.trying import Filled, is_zone, manifests
from isthmus.cli.project_files import fits_a_line
from isthmus.cli.show import out
from isthmus.ports.connector import Manifest, Setting
from isthmus.ports.probe import Place, Report

#: What is typed to leave something empty that has a proposal.
NONE = "-"
RECORDS = {"order": "orders", "variant": "products", "stock_level": "stock", "warehouse": "places"}


def choose(role: str, label: str) -> Manifest:
    """Return the chosen connector of a role, its limits shown before anything else is asked."""
    there = {each.slug: each for each in manifests(role)}
    for each in there.values():
        reads, writes = _named(each.reads), _named(each.writes)
        out.print(f"\n[bold]{each.slug}[/bold]: {escape(each.name)}, API {escape(each.api_version)}")
        out.print(f"  reads {reads}; writes {writes}", soft_wrap=True)
        for limit in each.limits:
            out.print(f"  [dim]- {escape(limit)}[/dim]")
    usual = next(iter(there), "")
    while True:
        slug = str(typer.prompt(f"{label} ({', '.join(there)})", default=usual)).strip().lower()
        if slug in there:
            return there[slug]
        out.print(f"there is no {escape(slug)!r} among them")


def ask_form(before: Filled) -> Filled:
    """Return a connection's form, each setting asked with its help; what was answered before is proposed."""
    values = {each.key: _setting(each, before.values.get(each.key, each.default)) for each in before.manifest.settings}
    return Filled(before.name, before.manifest, values)


def ask_address() -> str:
    """Return the public address, empty where there is none."""
    out.print(
        "\nUnder which https address do the shop's webhooks reach this machine? Empty: changes are found by asking."
    )
    while True:
        address = str(typer.prompt("Public address", default="", show_default=False)).strip().rstrip("/")
        if not address or address.startswith(("https://", "http://")):
            return address
        out.print("an address begins with https://")


def ask_zone(*reports: Report | None) -> str:
    """Return the company's time zone; what a system says is proposed."""
    usual = next((each.time_zone for each in reports if each and each.time_zone and is_zone(each.time_zone)), "UTC")
    while True:
        zone = str(typer.prompt("The company's time zone (decides on which day an order is booked)", default=usual))
        if is_zone(zone.strip()):
            return zone.strip()
        out.print(f"{escape(zone)!r} is not a time zone such as Europe/Berlin")


def ask_places(erp: Report | None, shop: Report | None) -> dict[str, str]:
    """Return the shop's location for each ERP warehouse; the one of the same name, or the only one, is proposed."""
    warehouses = [each for each in erp.places if each.active] if erp else []
    locations = [each for each in shop.places if each.active] if shop else []
    if not warehouses or not locations:
        return {}
    out.print(f"\nWhere is the stock of each warehouse sold? Locations of the shop: {escape(_listed(locations))}")
    return {each.code or each.id: _place(each, locations) for each in warehouses}


def _setting(setting: Setting, usual: str) -> str:
    """Ask until there is an answer that can be kept; a secret is never shown, Enter keeps the one typed before."""
    out.print(f"[dim]{escape(setting.help)}[/dim]", soft_wrap=True)
    label = setting.label if setting.required else f"{setting.label} (may stay empty)"
    while True:
        said = str(
            typer.prompt(
                label, default=usual, hide_input=setting.secret, show_default=bool(usual and not setting.secret)
            )
        ).strip()
        said = "" if said == NONE and not setting.required else said
        if setting.required and not said:
            out.print("it is needed")
        elif setting.secret and not fits_a_line(said):
            out.print("a secret with quotes around it cannot stand in .env: set it in the environment instead")
        else:
            return said


def _place(warehouse: Place, locations: Sequence[Place]) -> str:
    same = [each.name for each in locations if each.name.casefold() == warehouse.name.casefold()]
    usual = same[0] if same else locations[0].name if len(locations) == 1 else NONE
    names = {word.casefold(): each.name for each in locations for word in (each.name, each.id)}
    while True:
        label = f"{warehouse.code or warehouse.id} ({warehouse.name}), {NONE} for nowhere"
        said = str(typer.prompt(label, default=usual)).strip()
        if said == NONE:
            return ""
        if said.casefold() in names:
            return names[said.casefold()]
        out.print(f"the shop has: {escape(_listed(locations))}")


def _listed(places: Sequence[Place]) -> str:
    return ", ".join(each.name for each in places)


def _named(kinds: Sequence[str]) -> str:
    return ", ".join(RECORDS.get(kind, f"{kind}s") for kind in kinds) or "nothing"
