"""The files of a flow's mapping read for people: everything that is wrong with them at once, drafts too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.code_tables import read_tables
from isthmus.bootstrap.config import FlowConfig, ProjectConfig
from isthmus.bootstrap.mappings import FOLDER, Hooks, content_of, path_of, read_hooks
from isthmus.bootstrap.wiring import written_tables
from isthmus.flows.settings import OrderSettings
from isthmus.kit.names import nearest
from isthmus.mapping.build import build_all
from isthmus.mapping.document import Document, read_document
from isthmus.mapping.errors import CannotRead, MappingError, Where
from isthmus.mapping.expression import Expression
from isthmus.mapping.order_mapping import OrderMapping
from isthmus.mapping.tables import Tables


@dataclass(frozen=True, slots=True)
class Written:
    """A flow's mapping as its files say it; `wrong` is all that cannot run, `mapping` what is left without it.

    `files` are the rows of its CSV tables.
    """

    flow: FlowConfig
    mapping: OrderMapping
    wrong: Sequence[MappingError]
    hooks: Hooks
    files: Tables
    settings: OrderSettings

    @property
    def document(self) -> Document:
        """Return the document itself."""
        return self.mapping.document

    @property
    def used_tables(self) -> frozenset[str]:
        """Return every table a row looks into."""
        looked = {table for one in self.expressions for table in one.compiled.tables}
        return frozenset(looked | {row.row.table for row in self.mapping.rows})

    @property
    def expressions(self) -> Sequence[Expression]:
        """Return every expression of the document."""
        parts = [one for row in self.mapping.rows for one in row.expressions]
        parts += [one for each in self.mapping.additions for one in each.parts.values()]
        return [*parts, *([self.mapping.when] if self.mapping.when is not None else [])]


def order_flow(config: ProjectConfig, name: str) -> FlowConfig:
    """Return the flow of orders with this name, or the only one. Raises `ConfigError`."""
    flows = {flow.name: flow for flow in config.flows if flow.kind == "orders"}
    if not name and len(flows) == 1:
        return next(iter(flows.values()))
    if name in flows:
        return flows[name]
    if not flows:
        message = "isthmus.toml has no flow of orders, so there are no rows"
    elif not name:
        message = f"say which flow: {', '.join(flows)}"
    else:
        message = f"there is no flow of orders {name!r}{nearest(name, flows)}; there are: {', '.join(flows)}"
    raise ConfigError(message)


def draft_path(folder: Path, flow: str) -> Path:
    """Return where the draft of a flow's document stands."""
    return folder / FOLDER / f"{flow}.draft.toml"


def read_text(path: Path) -> str | None:
    """Return the text of a file as it stands, None where there is none. Raises `ConfigError`."""
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        message = f"{path.parent.name}/{path.name} is not a text in UTF-8"
        raise ConfigError(message) from None


def draft_text(folder: Path, flow: str) -> str:
    """Return the draft of a flow. Raises `ConfigError` where there is none."""
    path = draft_path(folder, flow)
    text = read_text(path)
    if text is None:
        message = f"there is no draft: copy {FOLDER}/{flow}.toml to {FOLDER}/{path.name} and change that one"
        raise ConfigError(message)
    return text


def read_flow(config: ProjectConfig, flow: FlowConfig, *, draft: bool = False) -> Written:
    """Return a flow's mapping, the draft's with `draft`. Raises `ConfigError` where there is no draft."""
    if draft:
        name = f"{FOLDER}/{flow.name}.draft.toml"
        return written(config, flow, draft_text(config.folder, flow.name), name)
    wrong: list[MappingError] = []
    text = ""
    try:
        text = read_text(path_of(config.folder, flow.name)) or ""
    except ConfigError as bad:
        wrong.append(CannotRead(str(bad)))
    return written(config, flow, text, f"{FOLDER}/{flow.name}.toml", wrong)


def written(
    config: ProjectConfig, flow: FlowConfig, text: str, name: str, known: Sequence[MappingError] = ()
) -> Written:
    """Return what a text means as the document of a flow, with the hooks and tables as they stand."""
    wrong: list[MappingError] = list(known)
    hooks, files = Hooks(), Tables()
    try:
        hooks = read_hooks(config.folder)
    except ConfigError as bad:
        wrong.append(CannotRead(str(bad)))
    try:
        files = Tables(read_tables(config.folder, flow.name))
    except ConfigError as bad:
        wrong.append(CannotRead(str(bad)))
    document, unread = _document(text, name)
    wrong += unread
    tables = Tables(document.tables).over(files).over(_own(flow))
    content = content_of(hooks.text, files)
    mapping, unusable = build_all(document, tables, hooks.functions, content)
    wrong += unusable
    if flow.kind != "orders" and (document.rows or document.added or document.when):
        wrong.append(CannotRead(f"a flow of {flow.kind} has code tables and a note, no rows", Where(name)))
    return Written(flow, mapping, wrong, hooks, files, _settings(config, flow, mapping, tables))


def _document(text: str, name: str) -> tuple[Document, list[CannotRead]]:
    wrong: list[CannotRead] = []
    try:
        return read_document(text, name, wrong), wrong
    except CannotRead as bad:
        return Document(name, text), [bad]


def _own(flow: FlowConfig) -> Tables:
    return written_tables(flow)


def _settings(config: ProjectConfig, flow: FlowConfig, mapping: OrderMapping, tables: Tables) -> OrderSettings:
    return OrderSettings(
        name=flow.name,
        source=flow.source,
        destination=flow.destination,
        tables=tables,
        mapping=lambda: mapping,
        reference=str(flow.values.get("reference", "{number}")),
        warehouse=str(flow.values.get("warehouse", "")),
        zone=config.zone,
    )


def hook_users(flows: Sequence[Written]) -> Mapping[str, int]:
    """Return how many expressions of all flows call each hook."""
    used: dict[str, int] = dict.fromkeys((name for each in flows for name in each.hooks.functions), 0)
    for name in [name for flow in flows for one in flow.expressions for name in one.compiled.hooks]:
        used[name] += 1
    return used
