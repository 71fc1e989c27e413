"""Numbered changes of the schema: `0001_pre_foundation.sql`.

`pre` runs before the new code (it only adds), `post` after the old code is gone (it may take
away), so that the last release keeps working in between. A few words differ between the two
databases and are written `${identity}`, `${blob}`; a statement only one of them is to run stands
under a line `-- [sqlite]` or `-- [postgres]`. The body of a function stands between `$$` and `$$`.

The order across the phases: changes of one phase run by number. A `pre` change may run while an
earlier `post` still waits for the last old process, so it must not depend on that one. A `post`
change never runs before an earlier `pre`. Both ways lead to the same schema.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files

from isthmus.store.group import StoreError
from isthmus.store.statement import Dialect

#: Where the changes are.
FOLDER = files("isthmus.store.migrations")
_NAME = re.compile(r"^(?P<number>\d{4})_(?P<phase>pre|post)_(?P<title>\w+)\.sql$")
_ONLY = re.compile(r"^\s*-- \[(sqlite|postgres)\]\s*$", re.MULTILINE)
_WORD = re.compile(r"\$\{(\w+)\}")
#: A statement, up to a semicolon that is neither in a comment nor in a function's body.
_STATEMENT = re.compile(r"(?:--[^\n]*|\$\$.*?\$\$|[^;])+", re.DOTALL)
_WORDS: dict[Dialect, dict[str, str]] = {
    "sqlite": {"identity": "INTEGER PRIMARY KEY", "blob": "BLOB"},
    "postgres": {"identity": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "blob": "BYTEA"},
}
LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migration (
  name TEXT PRIMARY KEY,
  applied_at BIGINT NOT NULL
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One change, in statements."""

    name: str
    phase: str
    statements: tuple[str, ...]


def migrations(dialect: Dialect) -> Sequence[Migration]:
    """Return every migration in order, in the words of `dialect`."""
    found: list[Migration] = []
    for entry in sorted(FOLDER.iterdir(), key=lambda each: each.name):
        match = _NAME.match(entry.name)
        if match:
            text = _WORD.sub(lambda word: _WORDS[dialect][word[1]], entry.read_text("utf-8"))
            found.append(Migration(entry.name.removesuffix(".sql"), match["phase"], _split(text, dialect)))
    return found


def missing(dialect: Dialect, applied: Collection[str], phase: str | None) -> list[Migration]:
    """Return what is still to be applied for `phase` (None: all), in order.

    Raises `StoreError` when a `post` change is asked for before an earlier `pre` change is applied.
    """
    left = [each for each in migrations(dialect) if each.name not in applied]
    if phase is None:
        return left
    wanted = [each for each in left if each.phase == phase]
    if phase == "post" and wanted:
        early = [each.name for each in left if each.phase == "pre" and each.name < wanted[-1].name]
        if early:
            message = f"{wanted[-1].name} comes after {', '.join(early)}: apply the pre changes first"
            raise StoreError(message)
    return wanted


def phase_of(name: str) -> str:
    """Return `pre` or `post`; a name that says neither may take something away, so it counts as `post`."""
    match = _NAME.match(f"{name}.sql")
    return match["phase"] if match else "post"


def _split(text: str, dialect: Dialect) -> tuple[str, ...]:
    # Comments go first, but for the marks: a semicolon in one ends no statement.
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--") or _ONLY.match(line)]
    found: list[str] = []
    for part in _STATEMENT.findall("\n".join(lines)):
        only, statement = _ONLY.search(part), _ONLY.sub("", part).strip()
        if statement and (only is None or only[1] == dialect):
            found.append(statement)
    return tuple(found)
