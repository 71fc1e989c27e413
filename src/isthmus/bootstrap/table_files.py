"""Code table files as commands change them: what is not changed stays byte for byte, and a write is whole."""

import fcntl
import os
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.code_tables import FOLDER, HEAD, line_of, records, rows_of, separator_of

#: A table is a file of this name.
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_BOM = "\ufeff"


class NotWritten(ConfigError):
    """A table could not be changed; the message says why, and that nothing was written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a word is in the other system; `note` None keeps the remark that stands there."""

    other: str
    note: str | None = None


#: Rows to write by word; None takes a row out.
Changes = Mapping[str, Entry | None]


def place_of(folder: Path, table: str, flow: str = "") -> Path:
    """Return the file of a table: the flow's own, or the one for all flows. Raises `NotWritten` for a wrong name."""
    if not NAME.fullmatch(table):
        message = f"{table!r} is no name of a code table: one word in small letters, such as payment_terms"
        raise NotWritten(message)
    return folder / FOLDER / flow / f"{table}.csv" if flow else folder / FOLDER / f"{table}.csv"


def named(path: Path, folder: Path) -> str:
    """Return what people call a file of the project."""
    return path.relative_to(folder).as_posix()


def text_of(path: Path, name: str) -> str:
    """Return a table's text, empty where there is no file. Raises `NotWritten`."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        message = f"{name} is not a text in UTF-8: save it as CSV UTF-8; nothing was written"
        raise NotWritten(message) from None
    except OSError as wrong:
        message = f"{name} cannot be read ({wrong.strerror}): nothing was written"
        raise NotWritten(message) from wrong


def changed(text: str, name: str, changes: Changes) -> str:
    """Return a table's text with `changes` made: rows keep their place, notes and line ends. Raises `ConfigError`."""
    mark, body = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    if not body.strip():
        body = ",".join(HEAD) + "\n"
    list(rows_of(body, name))  # what is wrong already is not written over
    separator = separator_of(body)
    end = "\r\n" if "\r\n" in body else "\n"
    made: list[str] = []
    left = dict(changes)
    for number, (raw, cells) in enumerate(records(body, name), 1):
        word = cells[0] if cells else ""
        if number == 1 or word not in left:
            made.append(raw)
        elif (entry := left.pop(word)) is not None:
            made.append(_row(raw, cells, entry, separator))
    if added := {word: entry for word, entry in left.items() if entry is not None}:
        if made and not made[-1].endswith(("\n", "\r")):
            made[-1] += end
        made += [line_of(_cells(word, entry), separator, end) for word, entry in added.items()]
    after = "".join(made)
    _check(after, name, changes)
    return mark + after


def _row(raw: str, cells: list[str], entry: Entry, separator: str) -> str:
    """Return a row with its new word; one that says the same already stays as it is written."""
    _, was, note = (*cells, "", "")[:3]
    wish = note if entry.note is None else entry.note
    if (was, note) == (entry.other, wish):
        return raw
    end = raw[len(raw.rstrip("\r\n")) :]
    return line_of(_cells(cells[0], Entry(entry.other, wish)), separator, end)


def _cells(word: str, entry: Entry) -> list[str]:
    return [word, entry.other, entry.note] if entry.note else [word, entry.other]


def _check(text: str, name: str, changes: Changes) -> None:
    """Refuse what could not be read as it was meant."""
    there = {word: other for word, other, _ in rows_of(text, name)}
    for word, entry in changes.items():
        if there.get(word) != (None if entry is None else entry.other):
            message = f"{name} cannot hold {word!r} and its counterpart: nothing was written"
            raise NotWritten(message)


@contextmanager
def alone(path: Path, name: str) -> Generator[None]:
    """Let nobody else change the files of a folder meanwhile. Raises `NotWritten`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as wrong:
        message = f"{name} cannot be written ({wrong.strerror}): nothing was written"
        raise NotWritten(message) from wrong
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def write(path: Path, text: str, name: str) -> None:
    """Put a table's text into its place, whole or not at all. Raises `NotWritten`."""
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    except OSError as wrong:
        with suppress(OSError):
            beside.unlink()
        message = f"{name} cannot be written ({wrong.strerror}): nothing was written"
        raise NotWritten(message) from wrong
