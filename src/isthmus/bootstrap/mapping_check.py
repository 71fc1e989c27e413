"""`isthmus mapping check`: every flow's files against each other, both systems and the last days' orders."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from isthmus.admin.mapping_check import Looked, look
from isthmus.admin.operations import check
from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.code_tables import table_files
from isthmus.bootstrap.config import FlowConfig, ProjectConfig
from isthmus.bootstrap.mapping_files import Written, draft_path, hook_users, read_flow
from isthmus.bootstrap.mappings import FOLDER, HOOKS
from isthmus.engine.context import Context
from isthmus.kit.names import nearest
from isthmus.mapping.errors import Where
from isthmus.mapping.findings import Found, Weight
from isthmus.mapping.lint import lint, two_owners, unused

_ORDER = list(Weight)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found, errors first; `orders` by flow is how many orders of the last days were looked at."""

    found: Sequence[Found]
    orders: dict[str, int]

    @property
    def well(self) -> bool:
        """Tell whether it can run."""
        return all(each.weight is not Weight.ERROR for each in self.found)


def flows_named(config: ProjectConfig, name: str) -> list[FlowConfig]:
    """Return the flow with a name, or all. Raises `ConfigError`."""
    flows = {flow.name: flow for flow in config.flows}
    if name and name not in flows:
        message = f"there is no flow {name!r}{nearest(name, flows)}; there are: {', '.join(flows)}"
        raise ConfigError(message)
    return [flows[name]] if name else list(flows.values())


async def checked(
    config: ProjectConfig, context: Context, name: str = "", *, days: int, offline: bool, draft: bool = False
) -> Checked:
    """Check one flow's mapping, or all. Raises `ConfigError` for a flow or draft that is not there."""
    wanted = flows_named(config, name)
    if draft:
        wanted = [flow for flow in wanted if name or draft_path(config.folder, flow.name).exists()]
    every = [read_flow(config, flow, draft=draft and flow in wanted) for flow in config.flows]
    mine = [each for each in every if each.flow in wanted]
    found = [] if offline else await _asked(context, mine)
    orders: dict[str, int] = {}
    for each in mine:
        found += [replace(one, flow=each.flow.name) for one in await _of_flow(config, context, each, days, orders)]
    found += _across(config, every, mine, whole=not name)
    unique = {(one.code, one.where, one.says): one for one in found}
    return Checked(sorted(unique.values(), key=lambda one: _ORDER.index(one.weight)), orders)


async def _asked(context: Context, flows: Sequence[Written]) -> list[Found]:
    """Have both sides of the flows say again which fields they have."""
    names = sorted({side for each in flows for side in (each.flow.source, each.flow.destination)})
    answers = [await check(context, name) for name in names]
    says = "{} cannot be asked for its fields now ({}): what it said last counts"
    return [
        Found("not_checked", Where(), says.format(each.connection, each.trouble))
        for each in answers
        if each.trouble is not None
    ]


async def _of_flow(
    config: ProjectConfig, context: Context, each: Written, days: int, orders: dict[str, int]
) -> list[Found]:
    found = [Found("unreadable", wrong.where, wrong.says) for wrong in each.wrong]
    if each.flow.kind != "orders":
        return found
    looked = await look(context, each.settings, each.mapping, days)
    orders[each.flow.name] = looked.orders
    found += [*lint(each.mapping, looked.sides), *looked.found, *_unknown(each, looked, days)]
    return [*found, *_shadowed(config, each)]


def _unknown(each: Written, looked: Looked, days: int) -> list[Found]:
    found: list[Found] = []
    where = Where(each.document.name)
    if looked.sides.fields is None:
        says = f"{each.flow.destination} was never asked which fields it has: custom fields are not checked"
        found.append(Found("not_checked", where, says))
    if not looked.orders:
        says = f"no order of the last {days} days is known: words and rows are not tried on records"
        found.append(Found("not_checked", where, says))
    if looked.more:
        found.append(Found("not_checked", where, f"only the newest {looked.orders} orders were looked at"))
    return found


def _shadowed(config: ProjectConfig, each: Written) -> list[Found]:
    found: list[Found] = []
    for table, rows in each.document.tables.items():
        both = sorted(word for word, other in each.files.rows.get(table, {}).items() if rows.get(word, other) != other)
        if both:
            files = ", ".join(
                path.relative_to(config.folder).as_posix()
                for path in table_files(config.folder, each.flow.name).get(table, ())
            )
            says = f"{len(both)} words such as {both[0]!r} have another row in {files}, which does nothing"
            found.append(Found("shadowed_code", each.document.where("tables", table), says))
    return found


def _across(config: ProjectConfig, every: Sequence[Written], mine: Sequence[Written], *, whole: bool) -> list[Found]:
    """Return what only shows when all flows are seen together."""
    orders = [each for each in every if each.flow.kind == "orders"]
    names = {each.flow.name for each in mine}
    owners = two_owners([(each.flow.name, each.flow.destination, each.mapping) for each in orders])
    found = [one for one in owners if whole or one.flow in names]
    # A row that cannot be read may be the one that uses it.
    if not any(each.wrong for each in every):
        files = {
            name: paths[-1].relative_to(config.folder).as_posix()
            for each in every
            for name, paths in table_files(config.folder, each.flow.name).items()
        }
        tables = unused([(each.mapping, each.used_tables) for each in every], files if whole else {})
        own = {each.document.name for each in mine}
        found += [one for one in tables if whole or one.where.document in own]
        idle = [name for name, count in hook_users(orders).items() if not count]
        found += [Found("unused_hook", Where(f"{FOLDER}/{HOOKS}"), f"nothing calls {name}") for name in idle if whole]
    return found
