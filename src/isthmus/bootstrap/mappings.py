"""The mapping documents of a project: `mappings/<flow>.toml`, `mappings/hooks.py`, and code tables beside them.

What stands in the files is what runs. A process that is running follows a change within seconds; a change that cannot
be used is said and the document before it goes on.
"""

import importlib.util
import inspect
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.code_tables import FOLDER as TABLES
from isthmus.bootstrap.code_tables import read_tables
from isthmus.mapping.build import build, revision_of
from isthmus.mapping.document import Document, read_document
from isthmus.mapping.errors import MappingError
from isthmus.mapping.order_mapping import OrderMapping
from isthmus.mapping.stock_mapping import StockMapping, build_stock
from isthmus.mapping.tables import Tables

FOLDER = "mappings"
HOOKS = "hooks.py"
#: How often files are looked at: a look costs microseconds, and nobody waits for less.
LOOK_EVERY_S = 1.0
Rows = Mapping[str, Mapping[str, str]]
_log = structlog.get_logger("isthmus.mapping")


def path_of(folder: Path, flow: str) -> Path:
    """Return where the document of a flow stands."""
    return folder / FOLDER / f"{flow}.toml"


@dataclass(frozen=True, slots=True)
class Hooks:
    """The project's own functions, and their text."""

    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict[str, Callable[..., Any]])
    text: str = ""


def read_hooks(folder: Path) -> Hooks:
    """Load `mappings/hooks.py`: every function in it whose name does not begin with `_`. Raises `ConfigError`."""
    path = folder / FOLDER / HOOKS
    if not path.is_file():
        return Hooks()
    text = path.read_text("utf-8")
    spec = importlib.util.spec_from_loader(f"isthmus_hooks_{revision_of(text, str(path))}", loader=None)
    assert spec is not None  # noqa: S101 - made from a name alone
    module = importlib.util.module_from_spec(spec)
    try:
        exec(compile(text, str(path), "exec"), module.__dict__)  # noqa: S102 - the merchant's own code, beside its project
    except Exception as wrong:
        line = wrong.lineno if isinstance(wrong, SyntaxError) else _line(wrong, path)
        message = f"{FOLDER}/{HOOKS} line {line}: {type(wrong).__name__}: {wrong}"
        raise ConfigError(message) from wrong
    functions = {
        name: each
        for name, each in vars(module).items()
        if inspect.isfunction(each) and each.__module__ == module.__name__ and not name.startswith("_")
    }
    return Hooks(functions, text)


def _line(wrong: BaseException, path: Path) -> int:
    trace, line = wrong.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


@dataclass(frozen=True, slots=True)
class Live:
    """A mapping that ran: its revision, and the texts that made it. `tables` is a digest of the rows of its files."""

    flow: str
    revision: str
    document: str
    hooks: str
    tables: str


@dataclass(slots=True)
class Project:
    """One flow's files, read anew when one of them changes. `written` are the tables of isthmus.toml."""

    folder: Path
    flow: str
    written: Tables
    #: What kind of flow it is: only orders have rows, others have code tables.
    kind: str = "orders"
    #: Why the files as they are now cannot be used; empty while all is well.
    trouble: str = ""
    #: What ran since somebody wrote it down last; a process that writes nothing down keeps a few.
    news: deque[Live] = field(default_factory=lambda: deque[Live](maxlen=100))
    _looked_at: float = 0.0
    _seen: tuple[tuple[str, int, int, int], ...] = ()
    _mapping: OrderMapping = field(default_factory=OrderMapping)
    _rows: Rows = field(default_factory=dict[str, Mapping[str, str]])
    _stock: StockMapping = field(default_factory=StockMapping)

    def __post_init__(self) -> None:
        """Read everything once. Raises `ConfigError`."""
        self._seen = self._stamps()
        self._read()

    def __call__(self) -> OrderMapping:
        """Return the document as it is now."""
        self._look()
        return self._mapping

    def stock(self) -> StockMapping:
        """Return what the document of a flow of stock says now."""
        self._look()
        return self._stock

    def rows(self) -> Rows:
        """Return the code tables as they are now."""
        self._look()
        return self._rows

    def state(self, *, look: bool = False) -> object:
        """Return what differs once the files do; with `look` they are looked at now, whenever that was done last."""
        if look:
            self._looked_at = -LOOK_EVERY_S
            self._look()
        return self._seen

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = now
        seen = self._stamps()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._read()
        except ConfigError as wrong:
            self.trouble = str(wrong)
            _log.error("mapping.unusable", flow=self.flow, because=str(wrong))

    def _stamps(self) -> tuple[tuple[str, int, int, int], ...]:
        paths = [path_of(self.folder, self.flow), self.folder / FOLDER / HOOKS]
        for place in (self.folder / TABLES, self.folder / TABLES / self.flow):
            paths += sorted(place.glob("*.csv"))
        found: list[tuple[str, int, int, int]] = []
        for path in paths:
            try:
                status = path.stat()
            except OSError:
                continue
            # A file that was put into the place of another one may have its size and its time.
            found.append((str(path), status.st_ino, status.st_mtime_ns, status.st_size))
        return tuple(found)

    def _read(self) -> None:
        document = document_of(self.folder, self.flow)
        if self.kind != "orders" and (document.rows or document.added or document.when):
            message = f"{document.name}: a flow of {self.kind} has [stock], code tables and a note, no other rows"
            raise ConfigError(message)
        if self.kind == "orders" and document.stock:
            message = f"{document.name}: [stock] belongs into the document of a flow of stock"
            raise ConfigError(message)
        hooks = read_hooks(self.folder)
        files = Tables(read_tables(self.folder, self.flow))
        tables = Tables(document.tables).over(files).over(self.written)
        try:
            mapping = build(document, tables, hooks.functions, content_of(hooks.text, files))
            stock = build_stock(document, tables, hooks.functions, mapping.revision)
        except MappingError as wrong:
            raise ConfigError(str(wrong)) from wrong
        if mapping.revision and mapping.revision != self._mapping.revision:
            rows = revision_of(content_of("", files))
            self.news.append(Live(self.flow, mapping.revision, document.text, hooks.text, rows))
        self._mapping, self._stock, self._rows, self.trouble = mapping, stock, tables.rows, ""


def document_of(folder: Path, flow: str) -> Document:
    """Return the document of a flow; an empty one where it has none. Raises `ConfigError`."""
    path = path_of(folder, flow)
    name = f"{FOLDER}/{path.name}"
    try:
        return read_document(path.read_text("utf-8"), name)
    except FileNotFoundError:
        return Document(name)
    except UnicodeDecodeError:
        message = f"{name} is not a text in UTF-8"
        raise ConfigError(message) from None
    except MappingError as wrong:
        raise ConfigError(str(wrong)) from wrong


def content_of(hooks: str, files: Tables) -> str:
    """Return what a mapping is made of beside its document."""
    rows = [f"{name}\x1e{word}\x1e{other}" for name, some in sorted(files.rows.items()) for word, other in some.items()]
    return "\x1d".join([hooks, *rows]) if hooks or rows else ""


class LiveRows(Mapping[str, Mapping[str, str]]):
    """Code tables that follow their files."""

    def __init__(self, project: Project) -> None:
        """Follow the files of `project`."""
        self._project = project

    def __getitem__(self, table: str) -> Mapping[str, str]:
        """Return a table's rows as they are now. Raises `KeyError`."""
        return self._project.rows()[table]

    def __iter__(self) -> Iterator[str]:
        """Yield the names of all tables."""
        return iter(self._project.rows())

    def __len__(self) -> int:
        """Return how many tables there are."""
        return len(self._project.rows())
