"""Results of reconciliation as a file, and whether a file or the store still says what was written.

A file holds a stretch of the chain, every row with the digest before it and its own; CSV for people and spreadsheets,
JSON for programs. Times are microseconds since 1970 UTC, as they are digested.
"""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from isthmus.engine.chain import SAID, START, Break, verify
from isthmus.engine.context import Context
from isthmus.store.base import one

PAGE = 500
COLUMNS = (*SAID, "previous", "digest")
#: What ends a JSON export.
CLOSING = "\n]\n"
_NUMBERS = ("id", "run", "at")


class NotAnExport(ValueError):
    """The file is no export of ours; the message says what it lacks."""


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a check: how many rows are as they were written, and the first that is not."""

    rows: int
    broken: int | None = None
    because: str = ""

    @property
    def well(self) -> bool:
        """Tell whether every row is."""
        return self.broken is None


async def stretch(context: Context, first: date, last: date) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield the rows of the chain from the first to the last one about these days, in pages."""
    ends = one(await context.store.read("proof_range", first=first.isoformat(), last=last.isoformat()))
    if ends is None or ends["first"] is None:
        return
    async for page in _pages(context, ends["first"] - 1):
        yield [row for row in page if row["id"] <= ends["last"]]
        if page[-1]["id"] >= ends["last"]:
            return


async def lines(context: Context, first: date, last: date, form: str) -> AsyncIterator[str]:
    """Yield an export of these days piece by piece; `form` is `csv` or `json`."""
    beginning = True
    async for rows in stretch(context, first, last):
        yield as_csv(rows, header=beginning) if form == "csv" else as_json(rows, opening=beginning)
        beginning = False
    if beginning:
        yield as_csv([], header=True) if form == "csv" else as_json([], opening=True)
    if form == "json":
        yield CLOSING


def as_csv(rows: Iterable[Mapping[str, Any]], *, header: bool) -> str:
    """Return rows as CSV lines. A cell that a spreadsheet would take for a formula is told apart by a leading `'`."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\r\n")
    if header:
        writer.writeheader()
    for row in rows:
        writer.writerow({name: _harmless(row[name]) for name in COLUMNS})
    return out.getvalue()


def as_json(rows: Iterable[Mapping[str, Any]], *, opening: bool) -> str:
    """Return rows as lines of a JSON list; `CLOSING` ends it."""
    lines = [msgspec.json.encode({name: row[name] for name in COLUMNS}).decode() for row in rows]
    text = ",\n".join(lines)
    return f"[\n{text}" if opening else f",\n{text}" if lines else ""


def read(text: str) -> list[dict[str, Any]]:
    """Read an export back. Raises `NotAnExport`."""
    try:
        rows = msgspec.json.decode(text, type=list[dict[str, Any]]) if text.lstrip().startswith("[") else _csv(text)
    except (msgspec.DecodeError, ValueError, csv.Error) as wrong:
        message = f"this is no export of reconciliation: {wrong}"
        raise NotAnExport(message) from wrong
    for row in rows:
        if missing := [name for name in COLUMNS if name not in row]:
            message = f"this is no export of reconciliation: a row lacks {', '.join(missing)}"
            raise NotAnExport(message)
    return rows


async def verify_store(context: Context) -> Verified:
    """Check every row that has not gone after its time, and that none was cut off at the end."""
    while True:
        began = await _end(context, "proof_anchor")
        found = await _verified_from(context, *began)
        # Rows that went after their time meanwhile are no break.
        if found.well or await _end(context, "proof_anchor") == began:
            return found


async def _verified_from(context: Context, gone: int, before: str) -> Verified:
    good = 0
    async for page in _pages(context, 0):
        before, more, broken = verify(page, before, gone + good + 1)
        good += more
        if broken:
            return _broken(good, broken)
    links, digest = await _end(context, "proof_head")
    last = gone + good
    if (links, digest) != (last, before):
        because = f"{links} rows were written and {last} are there." if links > last else "The last rows are not those."
        return Verified(rows=good, broken=last + 1, because=because)
    return Verified(rows=good)


async def _end(context: Context, name: str) -> tuple[int, str]:
    """Return the number and the digest of the last row, or (`proof_anchor`) of the last one that has gone."""
    row = one(await context.store.read(name))
    return (row["links"], row["digest"]) if row else (0, START)


async def verify_file(context: Context, text: str) -> Verified:
    """Check an export: in itself, and against what the store holds. Raises `NotAnExport`.

    Of rows that have gone here after their time the digest of the last one is known, and covers those before it; a
    file that ends before that one can only be checked in itself.
    """
    rows = read(text)
    if not rows:
        return Verified(rows=0)
    first = rows[0]["id"]
    _digest, good, broken = verify(rows, rows[0]["previous"], first)
    kept = {row["id"]: row["digest"] for row in await _kept(context, first, rows[-1]["id"])}
    gone, digest = await _end(context, "proof_anchor")
    kept[gone] = digest
    for row in rows[:good]:
        if row["id"] >= gone and kept.get(row["id"]) != row["digest"]:
            why = f"Row {row['id']} of the file is not the one that was written here."
            return Verified(rows=row["id"] - first, broken=row["id"], because=why)
    return _broken(good, broken) if broken else Verified(rows=good)


async def _kept(context: Context, first: int, last: int) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    async for page in _pages(context, first - 1):
        found += [row for row in page if row["id"] <= last]
        if page[-1]["id"] >= last:
            break
    return found


async def _pages(context: Context, after: int) -> AsyncIterator[list[dict[str, Any]]]:
    while True:
        rows = await context.store.read("proof_chain", after=after, wish=PAGE)
        if rows:
            yield [dict(row) for row in rows]
        if len(rows) < PAGE:
            return
        after = rows[-1]["id"]


def _broken(good: int, broken: Break) -> Verified:
    return Verified(rows=good, broken=broken.row, because=broken.because)


def _csv(text: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for row in csv.DictReader(io.StringIO(text, newline="")):
        told = {name: (value or "").removeprefix("'") if name else value for name, value in row.items()}
        rows.append({name: int(value) if name in _NUMBERS else value for name, value in told.items()})
    return rows


def _harmless(value: Any) -> Any:
    """Spreadsheets run what begins like a formula; a leading quote makes it text again."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r", "'") else value
