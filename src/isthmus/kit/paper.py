"""A document for people, as one HTML file or as Markdown: headings, paragraphs, tables; every text is only a text."""

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Code:
    """A text of a program, such as a rule or a command."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads somewhere."""

    text: str
    to: str


Text = str | Code | Link


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below column names."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Text]]


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with what stands below it; `level` 2 is a chapter, 3 a part of one."""

    title: str
    says: Sequence[str] = ()
    tables: Sequence[Table] = ()
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paper:
    """The whole of it."""

    title: str
    says: Sequence[str]
    parts: Sequence[Part]


def mapped(paper: Paper, change: Callable[[str], str]) -> Paper:
    """Return a paper with each of its texts changed."""

    def text(one: Text) -> Text:
        if isinstance(one, str):
            return change(one)
        return Code(change(one.text)) if isinstance(one, Code) else Link(change(one.text), one.to)

    def table(one: Table) -> Table:
        return Table([change(each) for each in one.columns], [[text(cell) for cell in row] for row in one.rows])

    def part(one: Part) -> Part:
        says, tables = [change(each) for each in one.says], [table(each) for each in one.tables]
        return replace(one, title=change(one.title), says=says, tables=tables)

    return Paper(change(paper.title), [change(each) for each in paper.says], [part(each) for each in paper.parts])


def filled(table: Table, *, keep: Sequence[str] = ()) -> Table:
    """Return a table without the columns in which no row says anything; those of `keep` stay."""
    used = [
        index for index, name in enumerate(table.columns) if name in keep or any(_raw(row[index]) for row in table.rows)
    ]
    return Table([table.columns[index] for index in used], [[row[index] for index in used] for row in table.rows])


def _raw(text: Text) -> str:
    return text if isinstance(text, str) else text.text


# Markdown ------------------------------------------------------------------------------------------------------------

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!$&])")
#: At the beginning of a line these make lists, quotes and headings.
_FIRST = re.compile(r"^(\s*)([-+=])|^(\s*\d+)([.)])(?=\s|$)", re.MULTILINE)
_FENCES = re.compile("`+")


def as_markdown(paper: Paper) -> str:
    """Return the paper as Markdown with tables, such as GitHub and most editors show."""
    pieces = [f"# {_md_line(paper.title)}", *(_md(each) for each in paper.says)]
    for part in paper.parts:
        pieces.append(f"{'#' * part.level} {_md_line(part.title)}")
        pieces += [_md(each) for each in part.says]
        pieces += [_md_table(each) for each in part.tables if each.rows]
    return "\n\n".join(pieces) + "\n"


def _md_table(table: Table) -> str:
    lines = [_md_row(table.columns), "|" + "---|" * len(table.columns)]
    return "\n".join([*lines, *(_md_row(row) for row in table.rows)])


def _md_row(cells: Sequence[Text]) -> str:
    return "| " + " | ".join(_md_cell(each) for each in cells) + " |"


def _md_cell(text: Text) -> str:
    if isinstance(text, Code):
        if not text.text:
            return ""
        flat = " ".join(text.text.split("\n"))
        fence = "`" * (max((len(each) for each in _FENCES.findall(flat)), default=0) + 1)
        blank = " " if flat.startswith("`") or flat.endswith("`") else ""
        # A bar ends a cell even in code.
        return f"{fence}{blank}{flat}{blank}{fence}".replace("|", "\\|")
    if isinstance(text, Link):
        return f"[{_md_line(text.text)}]({text.to})"
    return "<br>".join(_md_line(line) for line in text.split("\n"))


def _md_line(text: str) -> str:
    return _md(" ".join(text.split("\n")))


def _md(text: str) -> str:
    plain = _SPECIAL.sub(r"\\\1", text)
    return _FIRST.sub(lambda found: f"{found[1] or found[3] or ''}\\{found[2] or found[4]}", plain)


# HTML ----------------------------------------------------------------------------------------------------------------

_STYLE = """
:root { color-scheme: light dark; --line: #ccc; --soft: #f4f4f4; --dim: #555; }
@media (prefers-color-scheme: dark) { :root { --line: #444; --soft: #222; --dim: #aaa; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.2rem; } h3 { font-size: 1rem; margin-top: 1.6rem; }
nav ol { columns: 20rem; color: var(--dim); }
div { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { border: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: top; }
th { background: var(--soft); } td { overflow-wrap: anywhere; min-width: 4rem; white-space: pre-line; }
code { font: .9em/1.4 ui-monospace, monospace; white-space: pre-wrap; }
@media print {
  :root { color-scheme: light; --line: #999; --soft: #eee; }
  @page { size: A4 landscape; margin: 12mm; }
  body { margin: 0; max-width: none; font-size: 10px; }
  nav { display: none; } div { overflow: visible; } thead { display: table-header-group; } tr { break-inside: avoid; }
}
"""


def as_html(paper: Paper) -> str:
    """Return the paper as one HTML file that needs nothing else, and can do nothing: no script, no address is asked."""
    chapters = [(f"part-{number}", part) for number, part in enumerate(paper.parts)]
    links = "".join(f'<li><a href="#{name}">{_e(part.title)}</a></li>' for name, part in chapters if part.level == 2)  # noqa: PLR2004 - chapters
    body = [
        f"<h1>{_e(paper.title)}</h1>",
        *(f"<p>{_e(each)}</p>" for each in paper.says),
        f"<nav><ol>{links}</ol></nav>",
    ]
    for name, part in chapters:
        body.append(f'<h{part.level} id="{name}">{_e(part.title)}</h{part.level}>')
        body += [f"<p>{_e(each)}</p>" for each in part.says]
        body += [_html_table(each) for each in part.tables if each.rows]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{_e(paper.title)}</title><style>{_STYLE}</style>"
    )
    inside = "\n".join(body)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{inside}\n</body></html>\n'


def _html_table(table: Table) -> str:
    head = "".join(f"<th>{_e(each)}</th>" for each in table.columns)
    rows = "\n".join("<tr>" + "".join(f"<td>{_html_cell(each)}</td>" for each in row) + "</tr>" for row in table.rows)
    return f"<div><table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"


def _html_cell(text: Text) -> str:
    if isinstance(text, Code):
        return f"<code>{_e(text.text)}</code>" if text.text else ""
    if isinstance(text, Link):
        return f'<a href="{_e(text.to)}">{_e(text.text)}</a>'
    return _e(text)


def _e(text: str) -> str:
    return html.escape(text, quote=True)
