"""A flow's mapping as a file people read and edit, and the edited file taken back. (R-MAP-01, 02, 03, 10)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from isthmus.admin.known import Known
from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.code_tables import read_tables
from isthmus.bootstrap.config import FlowConfig, ProjectConfig
from isthmus.bootstrap.flow_facts import counts, facts, running
from isthmus.bootstrap.mappings import FOLDER, document_of, path_of, read_hooks
from isthmus.bootstrap.spreadsheets import (
    LARGEST_FILE,
    NotASheet,
    as_csv,
    as_xlsx,
    read_csv,
    read_xlsx,
)
from isthmus.bootstrap.wiring import written_tables
from isthmus.kit.names import nearest
from isthmus.kit.paper import Paper, Part, Table, as_html, as_markdown
from isthmus.mapping.build import build_all, revision_of
from isthmus.mapping.cells import hint
from isthmus.mapping.document import Document, read_document
from isthmus.mapping.errors import CannotRead
from isthmus.mapping.reading_copy import parts
from isthmus.mapping.rewriting import CannotRewrite, rewritten
from isthmus.mapping.sheet import ADD, ALL, About, Grid, NoCell, one_list, sheets
from isthmus.mapping.sheet_reading import Edited, WrongCell, edited
from isthmus.mapping.tables import Tables

FORMS = ("html", "markdown", "xlsx", "csv")
#: The sheet of facts of a flow: for readers, never read back.
FACTS = "flow"
_NOTHING = "no document"


class Refused(Exception):
    """A sheet cannot be taken over; nothing was written. `cells` are the wrong ones, if it is cells."""

    def __init__(self, message: str, cells: Sequence[WrongCell] = ()) -> None:
        """Keep what is wrong where."""
        super().__init__(message)
        self.cells = cells


@dataclass(frozen=True, slots=True)
class Export:
    """A flow's mapping, ready to be shown in any form."""

    flow: str
    grids: Sequence[Grid]
    facts: Mapping[str, str]
    owner: str
    title: str

    def form(self, name: str) -> bytes:
        """Return it as one of `FORMS`."""
        if name == "xlsx":
            told = Grid(FACTS, [("fact", "it is"), *self.facts.items()])
            return as_xlsx([self.grids[0], told, *self.grids[1:]])
        if name == "csv":
            return as_csv(one_list(self.grids, ""))
        paper = self.paper()
        return (as_html(paper) if name == "html" else as_markdown(paper)).encode()

    def paper(self) -> Paper:
        """Return it for readers."""
        first = Part("The flow", tables=[Table(("fact", "it is"), list(self.facts.items()))])
        rows = [*parts(self.grids, owner=f"{self.owner} (each time)")]
        return Paper(self.title, ["What is not written is as it comes from the shop."], [first, *rows])


@dataclass(frozen=True, slots=True)
class Import:
    """An edited sheet, read and found right: `text` is the whole document with its changes."""

    flow: str
    path: Path
    edited: Edited
    before: str
    text: str
    #: Why the sheet may undo what others have done since it was written; empty where it does not.
    stale: str

    def write(self, *, anyway: bool = False) -> None:
        """Write the document, if anything is different. Raises `Refused` when somebody has changed it meanwhile.

        `anyway`: also when it was changed since the sheet was made of it.
        """
        if not self.edited.changes:
            return
        if self.stale and not anyway:
            raise Refused(self.stale)
        if _text(self.path) != self.before:
            message = f"{FOLDER}/{self.path.name} was changed just now by somebody else: repeat"
            raise Refused(message)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_name(f".{self.path.name}.new")
        new.write_bytes(self.text.encode())
        new.replace(self.path)  # whoever reads meanwhile reads the old or the new one


def flow_named(config: ProjectConfig, name: str = "") -> FlowConfig:
    """Return a flow; without a name the only one, or the only one of orders. Raises `ConfigError`."""
    if name:
        for each in config.flows:
            if each.name == name:
                return each
        names = [each.name for each in config.flows]
        message = f"there is no flow {name!r}{nearest(name, names)}; there are: {', '.join(names)}"
        raise ConfigError(message)
    orders = [each for each in config.flows if each.kind == "orders"]
    found = config.flows if len(config.flows) == 1 else orders
    if len(found) != 1:
        message = f"say which flow; there are: {', '.join(each.name for each in config.flows) or 'none'}"
        raise ConfigError(message)
    return found[0]


def export(config: ProjectConfig, flow: FlowConfig, known: Known, now: datetime) -> Export:
    """Return the mapping of a flow as it runs. Raises `ConfigError`."""
    mapping = running(config, flow)()
    document = mapping.document
    told = facts(config, flow, known)
    told |= {f"rows of the code table {name}": f"{rows:,}" for name, rows in counts(config, flow).items()}
    written = {
        "flow": flow.name,
        "revision": mapping.revision or "none: everything is as it comes",
        "document": revision_of(document.text) or _NOTHING,
        "written": f"{now.astimezone(config.zone):%Y-%m-%d %H:%M} {config.zone.key}",
    }
    try:
        grids = sheets(document, About(written), fields=flow.kind == "orders")
    except NoCell as wrong:
        raise ConfigError(str(wrong)) from None
    told = {"revision": written["revision"], "written": written["written"], **told}
    return Export(flow.name, grids, told, flow.source, f"Mapping of {flow.name}")


def grids_in(path: Path) -> list[Grid]:
    """Return the sheets of a file. Raises `Refused`."""
    read = {".xlsx": read_xlsx, ".csv": read_csv}.get(path.suffix.lower())
    if read is None:
        message = f"{path.name} must end in .xlsx or .csv"
        raise Refused(message)
    try:
        with path.open("rb") as file:
            return read(file.read(LARGEST_FILE + 1))
    except OSError as wrong:
        message = f"{path.name} cannot be read: {wrong.strerror}"
        raise Refused(message) from None
    except NotASheet as wrong:
        message = f"{path.name}: {wrong}"
        raise Refused(message) from None


def read_back(config: ProjectConfig, path: Path, name: str = "") -> Import:
    """Return what an edited file changes. Raises `Refused` naming every wrong cell, and `ConfigError`."""
    grids = grids_in(path)
    about = edited(Document(), grids).about
    flow = flow_named(config, name or about.get("flow", ""))
    document = document_of(config.folder, flow.name)
    text = _text(path_of(config.folder, flow.name))
    found = edited(document, grids)
    if not found.texts and not found.wrong:
        message = f"{path.name} has no row of a mapping: `isthmus mapping export` writes one to begin with"
        raise Refused(message)
    made, wrong = text, [*found.wrong]
    try:
        made = rewritten(document, text, found.changes)
        if found.changes:
            wrong += _checked(config, flow, read_document(made, document.name), found)
    except CannotRead as unreadable:
        wrong.append(_at_cell(unreadable, document, found))
    except CannotRewrite as unwritable:
        if not wrong:
            raise Refused(str(unwritable)) from None
    if wrong:
        raise _refused(path, wrong)
    if name and about.get("flow", name) != name:
        found.remarks.append(f"this sheet was written for the flow {about['flow']}")
    return Import(flow.name, path_of(config.folder, flow.name), found, text, made, _stale(about, document))


def _text(path: Path) -> str:
    """Return a document with the line ends of its file, which stay."""
    return path.read_bytes().decode("utf-8") if path.is_file() else ""


def _stale(about: Mapping[str, str], document: Document) -> str:
    now = revision_of(document.text) or _NOTHING
    if about.get("document", now) == now:
        return ""
    return (
        "the document was changed since this sheet was written, and the sheet would put back what it has of it: "
        "export it again, or look at every line of the difference and repeat with --anyway"
    )


def _refused(path: Path, wrong: Sequence[WrongCell]) -> Refused:
    cells = list(dict.fromkeys(wrong))
    return Refused(f"{path.name}: {len(cells)} wrong cell{'s' if len(cells) > 1 else ''}, nothing was changed", cells)


def _checked(config: ProjectConfig, flow: FlowConfig, document: Document, found: Edited) -> list[WrongCell]:
    """Return what of a changed document could not run, each at its cell. Raises `ConfigError`."""
    if flow.kind != "orders" and (document.rows or document.added or document.when):
        rows = [change for change in found.changes if not change.key[0].startswith("tables.")]
        says = f"a flow of {flow.kind} has code tables and a note, no rows"
        return [WrongCell(change.place, says) for change in rows if change.kind != "removed"]
    tables = Tables(read_tables(config.folder, flow.name)).over(written_tables(flow))
    hooks = read_hooks(config.folder)
    _mapping, wrong = build_all(document, Tables(document.tables).over(tables), hooks.functions)
    return [_at_cell(each, document, found) for each in wrong]


def _at_cell(wrong: CannotRead, document: Document, found: Edited) -> WrongCell:
    """Return the error at the cell of the sheet, where the row stands in it."""
    place, text = _cells(document, found).get(wrong.where.row, ("", ""))
    column = f"character {wrong.where.column}: " if wrong.where.column else ""
    if not place:
        return WrongCell(str(replace(wrong.where, column=0)), f"{column}{wrong.says}")
    return WrongCell(place, f"{column}{wrong.says}{hint(text)}")


def _cells(document: Document, found: Edited) -> dict[str, tuple[str, str]]:
    """Return the cell of each row and each part of one, by the words in which an error names them, with its text."""
    cells: dict[str, tuple[str, str]] = {}
    for (section, name, column), place in found.places.items():
        if (section, name) == ALL:
            row = document.where("", column).row
        elif section == ADD:
            row = document.where(ADD, "", f"{name} {column}".strip()).row
        else:
            row = document.where(section, name, column).row
        cells[row] = place, found.texts.get((section, name, column), "")
    return cells
