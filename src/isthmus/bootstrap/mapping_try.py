"""`isthmus mapping try`: one order as it came, and as the other system would be told."""

from collections.abc import Sequence
from dataclasses import dataclass

from isthmus.admin.mapping_seen import around, named
from isthmus.bootstrap.config import ProjectConfig
from isthmus.bootstrap.mapping_files import Written, order_flow, read_flow
from isthmus.engine.context import Context
from isthmus.flows.order_preview import Around, Preview, preview


@dataclass(frozen=True, slots=True)
class Tried:
    """One order tried with one flow's document."""

    written: Written
    around: Around
    preview: Preview


async def tried(
    config: ProjectConfig, context: Context, term: str, *, flow: str = "", draft: bool = False
) -> Sequence[Tried]:
    """Try every order of the mirror with this number or id, by each flow of its shop. Raises `ConfigError`."""
    flows = [order_flow(config, flow)] if flow else [each for each in config.flows if each.kind == "orders"]
    if not flows:
        order_flow(config, "")
    found: list[Tried] = []
    for each in flows:
        files = read_flow(config, each, draft=draft)
        orders = await named(context, files.settings, term)
        known = await around(context, files.settings, orders)
        found += [Tried(files, known, preview(files.mapping, order, known)) for order in orders]
    return found
