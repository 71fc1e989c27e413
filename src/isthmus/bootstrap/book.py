"""The hand-over book: what runs here, for whoever takes it over, made from the configuration as it is. (R-MAP-01)

No system is called, and no secret and nobody's data is in it: values of settings, records and words of code tables are
left out, and what people have written themselves is cleaned.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from isthmus import __version__
from isthmus.admin.known import Known
from isthmus.bootstrap.book_help import asked, health, reasons, stopped
from isthmus.bootstrap.book_systems import systems
from isthmus.bootstrap.config import FlowConfig, ProjectConfig, variable
from isthmus.bootstrap.connectors import connector
from isthmus.bootstrap.flow_facts import counts, facts, running
from isthmus.bootstrap.sheets import export
from isthmus.kit.paper import Paper, Part, Table, Text, mapped
from isthmus.kit.scrub import scrub
from isthmus.mapping.reading_copy import parts
from isthmus.mapping.sheet import TABLES, Grid
from isthmus.mapping.tables import KNOWN

#: Shorter ones stand in ordinary words.
SHORTEST_SECRET = 4
#: Sections and fields whose examples may be somebody's own data.
_PERSONAL = ("customer", "addresses")
_PERSONAL_FIELDS = ("email", "phone", "note", "special_instructions", "purchase_order_number")


def book(config: ProjectConfig, known: Known, now: datetime, *, docs: str = "") -> Paper:
    """Return the book; `docs` is the address below which the documentation is read. Raises `ConfigError`."""
    chapters = [
        _versions(config, known),
        *systems(config, known, now, docs),
        *_flows(config, known),
        *_mappings(config, known, now),
        _code_tables(config),
        asked(known),
        *reasons(),
        health(docs),
        stopped(docs),
    ]
    written = f"{now.astimezone(config.zone):%Y-%m-%d %H:%M} {config.zone.key}"
    says = [
        f"Written {written} by Isthmus {__version__} from the running configuration. No system was asked.",
        "It holds no secret, no customer and no order. It is as old as the line above: `isthmus book` writes it anew.",
    ]
    secrets = secrets_of(config)
    return mapped(Paper(f"Hand-over book of {config.name}", says, chapters), lambda text: _clean(text, secrets))


def secrets_of(config: ProjectConfig) -> tuple[str, ...]:
    """Return every secret the project knows: of connections, and within addresses."""
    found: list[str] = []
    for each in config.connections.values():
        for setting in connector(each.connector).manifest.settings:
            if setting.secret:
                found.append(config.environment.get(variable(each.name, setting.key), ""))
            else:
                found += _within(each.settings.get(setting.key, ""))
    found += _within(config.database)
    return tuple(dict.fromkeys(each for each in found if len(each) >= SHORTEST_SECRET))


def _within(address: str) -> list[str]:
    """Return the secrets within an address."""
    try:
        parts_of = urlsplit(address)
    except ValueError:
        return [address]
    return [parts_of.password or "", parts_of.query]


def _clean(text: str, secrets: tuple[str, ...]) -> str:
    if "@" in text or "+" in text or any(each in text for each in secrets):
        # Not at the beginning of what is cleaned: a number or a text in quotes would be read as JSON.
        return scrub(f"- {text}".encode(), secrets).removeprefix("- ")
    return text


def _versions(config: ProjectConfig, known: Known) -> Part:
    rows: list[list[Text]] = [
        ["Isthmus", __version__],
        ["database", config.database.partition(":")[0]],
        ["schema", known.schema or f"not known: {known.because}"],
        ["company's time zone", config.zone.key],
        ["flows", ", ".join(each.name for each in config.flows) or "none"],
    ]
    for flow in config.flows:
        revision = running(config, flow)().revision
        rows.append([f"mapping of {flow.name}", revision or "none: everything is as it comes"])
    return Part("Versions", tables=[Table(("what", "which"), rows)])


def _flows(config: ProjectConfig, known: Known) -> Iterator[Part]:
    head = ("flow", "kind", "from", "to", "looks every", "brought lately")
    rows = [
        (
            each.name,
            each.kind,
            each.source,
            each.destination,
            f"{each.values.get('every', 60)} s",
            known.volume(each.name),
        )
        for each in config.flows
    ]
    yield Part("Flows", [] if rows else ["There is none."], [Table(head, rows)])
    for each in config.flows:
        told = facts(config, each, known)
        yield Part(f"The flow {each.name}", tables=[Table(("fact", "it is"), list(told.items()))], level=3)


def _mappings(config: ProjectConfig, known: Known, now: datetime) -> Iterator[Part]:
    says = [
        "What the other system is told of each field, and whose field it is.",
        "A field of the source is written each time; one of the destination only at first, and may be changed there.",
    ]
    yield Part("Mappings and owners", says)
    for flow in config.flows:
        if flow.kind != "orders":
            continue
        made = export(config, flow, known, now)
        grids = [_anonymous(grid) for grid in made.grids if grid.name != TABLES]
        for part in parts(grids, owner=f"{flow.source} (each time)", level=3):
            yield replace(part, title=f"{flow.name}, {part.title}")


def _anonymous(grid: Grid) -> Grid:
    """Return a sheet without examples that may be somebody's own data."""
    if "example" not in grid.rows[0]:
        return grid
    place = list(grid.rows[0]).index("example")

    def row(cells: list[str]) -> list[str]:
        if cells[place] and (cells[0] in _PERSONAL or cells[1] in _PERSONAL_FIELDS):
            cells[place] = "(in the document)"
        return cells

    return Grid(grid.name, [grid.rows[0], *(row([*each]) for each in grid.rows[1:])])


def _code_tables(config: ProjectConfig) -> Part:
    rows: list[list[Text]] = []
    for flow in config.flows:
        for name, count in counts(config, flow).items():
            rows.append([flow.name, name, _meaning(name, flow), f"{count:,}"])
    says = [] if rows else ["There is none: the same words are used on both sides."]
    return Part("Code tables", says, [Table(("flow", "table", "from what to what", "rows"), rows)])


def _meaning(table: str, flow: FlowConfig) -> str:
    return KNOWN.get(table, f"used by the mapping of {flow.name}")
