"""A project's code tables: where each row comes from, which of several counts, and what a change would do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.code_tables import FOLDER, read_rows, table_files
from isthmus.bootstrap.config import FlowConfig, ProjectConfig
from isthmus.bootstrap.mappings import document_of, read_hooks
from isthmus.bootstrap.table_files import Changes, NotWritten, alone, changed, named, place_of, text_of, write
from isthmus.kit.names import nearest
from isthmus.mapping.build import build_all
from isthmus.mapping.document import Document
from isthmus.mapping.order_mapping import OrderMapping
from isthmus.mapping.tables import KNOWN, OF_KIND, USUAL, Tables

#: Where rows stand, what counts first coming first.
DOCUMENT, OWN, SHARED, PROJECT = range(4)


@dataclass(frozen=True, slots=True)
class Layer:
    """One place rows of a table stand in; the lowest `rank` counts first. Commands write the two kinds of files."""

    rank: int
    origin: str
    rows: Mapping[str, str]
    notes: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Table:
    """One table of one flow, the layer that counts first."""

    flow: str
    name: str
    layers: Sequence[Layer]
    used_by: Sequence[str]

    @property
    def rows(self) -> Mapping[str, str]:
        """Return the rows as they count."""
        return {word: other for layer in reversed(self.layers) for word, other in layer.rows.items()}

    def origin(self, word: str) -> Layer | None:
        """Return the layer whose row of a word counts."""
        return next((layer for layer in self.layers if word in layer.rows), None)


@dataclass(frozen=True, slots=True)
class Change:
    """One row that changes; None stands for no row."""

    word: str
    before: str | None
    after: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A table file as it would become. `flows`: whose orders may go on then. `remarks`: what is to be known of it."""

    table: str
    path: Path
    name: str
    changes: Sequence[Change]
    flows: Sequence[str]
    remarks: Sequence[str] = ()


def flow_named(config: ProjectConfig, name: str) -> FlowConfig:
    """Return a flow of the project. Raises `ConfigError`."""
    for each in config.flows:
        if each.name == name:
            return each
    there = [each.name for each in config.flows]
    message = f"there is no flow {name!r}{nearest(name, there)}; there are: {', '.join(there) or 'none'}"
    raise ConfigError(message)


def tables_of(config: ProjectConfig, flow: FlowConfig) -> list[Table]:
    """Return every table of a flow: those it looks into by itself, those its rows do, and those that have rows for it.

    Raises `ConfigError`.
    """
    document = document_of(config.folder, flow.name)
    uses = used(config, flow, document)
    files = table_files(config.folder, flow.name)
    own = {name for name, paths in files.items() if flow.kind == "orders" or _own(config.folder, flow, paths[0])}
    names = {*uses, *document.tables, *own, *_written(flow)}
    return [
        Table(flow.name, name, _layers(config.folder, flow, name, document, files), uses.get(name, ()))
        for name in sorted(names, key=lambda name: (name not in KNOWN, name))
    ]


def table_of_flow(config: ProjectConfig, flow: FlowConfig, name: str) -> Table:
    """Return one table of a flow, without rows where there are none. Raises `ConfigError`."""
    return next((each for each in tables_of(config, flow) if each.name == name), Table(flow.name, name, (), ()))


def used(config: ProjectConfig, flow: FlowConfig, document: Document) -> dict[str, list[str]]:
    """Return what looks into which table: `the flow itself`, or rows of the mapping by name. Raises `ConfigError`."""
    found: dict[str, list[str]] = {name: ["the flow itself"] for name in OF_KIND.get(flow.kind, ())}
    for (section, name), row in document.rows.items():
        if row.table:
            found.setdefault(row.table, []).append(f"{section}.{name}")
    for where, tables in _in_expressions(compiled(config, document)):
        for table in sorted(tables):
            found.setdefault(table, []).append(where)
    return {table: list(dict.fromkeys(by)) for table, by in found.items()}


def compiled(config: ProjectConfig, document: Document) -> OrderMapping:
    """Return those rows of a document that can be compiled. Raises `ConfigError` for the project's own functions."""
    return build_all(document, Tables(document.tables), read_hooks(config.folder).functions)[0]


def _in_expressions(mapping: OrderMapping) -> list[tuple[str, frozenset[str]]]:
    found = [(f"{row.section}.{row.field}", one.compiled.tables) for row in mapping.rows for one in row.expressions]
    found += [
        (f"add {each.line.name}", part.compiled.tables) for each in mapping.additions for part in each.parts.values()
    ]
    return found + ([("when", mapping.when.compiled.tables)] if mapping.when else [])


def _layers(
    folder: Path, flow: FlowConfig, name: str, document: Document, files: Mapping[str, Sequence[Path]]
) -> list[Layer]:
    found: list[Layer] = []
    if name in document.tables:
        found.append(Layer(DOCUMENT, f"{document.name} [tables.{name}]", document.tables[name]))
    for path in files.get(name, ()):
        read = list(read_rows(path))
        rank = OWN if _own(folder, flow, path) else SHARED
        found.append(Layer(rank, named(path, folder), {w: o for w, o, _ in read}, {w: n for w, _, n in read if n}))
    if rows := _written(flow).get(name):
        found.append(Layer(PROJECT, f"isthmus.toml [flows.{flow.name}.tables.{name}]", rows))
    return found


def _own(folder: Path, flow: FlowConfig, path: Path) -> bool:
    return path.parent == folder / FOLDER / flow.name


def _written(flow: FlowConfig) -> dict[str, dict[str, str]]:
    written = flow.values.get("tables", {})
    if not isinstance(written, dict):
        return {}
    return {
        str(name): {str(word): str(other) for word, other in rows.items()}  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType]
        for name, rows in written.items()  # pyright: ignore[reportUnknownVariableType]
        if isinstance(rows, dict)
    }


def landing(config: ProjectConfig, flow: FlowConfig, table: str) -> str:
    """Return whose file an answer to a question of `flow` belongs into: the flow's name, or nothing for all flows.

    A table for all flows is the ordinary one, since stock follows it too. Where several order flows could mean
    different things by one word, the flow that asks gets a row of its own.
    """
    if place_of(config.folder, table, flow.name).exists():
        return flow.name
    alike = [each for each in config.flows if each.kind == flow.kind]
    return flow.name if len(alike) > 1 and not place_of(config.folder, table).exists() else ""


def planned(config: ProjectConfig, table: str, changes: Changes, flow: str = "") -> Plan:
    """Return what a change of a table's file would do.

    Raises `ConfigError`, also where a row that is to be written would not count for anybody.
    """
    if flow:
        flow_named(config, flow)
    path = place_of(config.folder, table, flow)
    name = named(path, config.folder)
    text = text_of(path, name)
    rows = {word: (other, note) for word, other, note in _rows(path)}
    changed(text, name, changes)
    made = [
        Change(word, rows.get(word, (None, ""))[0], entry.other if entry else None, (entry.note or "") if entry else "")
        for word, entry in changes.items()
        if _differs(rows.get(word), None if entry is None else (entry.other, entry.note))
    ]
    flows = [flow_named(config, flow)] if flow else list(config.flows)
    seen = [table_of_flow(config, one, table) for one in flows]
    seen = [each for each in seen if each.used_by] or seen
    remarks = _remarks(table, seen, OWN if flow else SHARED, made)
    return Plan(table, path, name, made, [each.flow for each in seen if each.used_by], remarks)


def carry_out(config: ProjectConfig, table: str, changes: Changes, flow: str = "") -> Plan:
    """Write a table's file, and return what changed; what changes nothing is not written. Raises `ConfigError`."""
    path = place_of(config.folder, table, flow)
    name = named(path, config.folder)
    plan = planned(config, table, changes, flow)
    if not plan.changes:
        return plan
    with alone(path, name):
        plan = planned(config, table, changes, flow)
        if plan.changes:
            write(path, changed(text_of(path, name), name, changes), name)
    return plan


def _rows(path: Path) -> list[tuple[str, str, str]]:
    return list(read_rows(path)) if path.exists() else []


def _differs(was: tuple[str, str] | None, wish: tuple[str, str | None] | None) -> bool:
    if was is None or wish is None:
        return (was is None) != (wish is None)
    return was[0] != wish[0] or (wish[1] is not None and was[1] != wish[1])


def _remarks(table: str, seen: Sequence[Table], rank: int, changes: Sequence[Change]) -> list[str]:
    """Return what somebody has to know who changes rows. Raises `NotWritten` where a new row would count for nobody."""
    remarks: list[str] = []
    if not any(each.used_by for each in seen):
        known = {*KNOWN, *USUAL}
        remarks.append(f"no flow looks into the table {table!r} yet{nearest(table, known - {table})}")
    for change in changes:
        covering = [first for each in seen if (first := each.origin(change.word)) and first.rank < rank]
        if change.after is not None and covering and len(covering) == len(seen):
            message = (
                f"{change.word!r} has a row in {covering[0].origin}, which comes before this file: change it there; "
                "nothing was written"
            )
            raise NotWritten(message)
        remarks += [f"{change.word!r}: the row in {each.origin} goes on counting there" for each in covering]
        if change.after is None:
            behind = [
                each.origin for one in seen for each in one.layers if each.rank > rank and change.word in each.rows
            ]
            remarks += [f"{change.word!r}: the row in {origin} counts now" for origin in behind if not covering]
    return list(dict.fromkeys(remarks))
