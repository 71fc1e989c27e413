"""Numbered changes of the schema: `0001_pre_foundation.sql`.

`pre` runs before the new code (it only adds), `post` after the old code is gone (it may take
away), so that the last release keeps working in between. A few words differ between the two
databases and are written `${identity}`, `${blob}`.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template

from isthmus.store.statement import Dialect

_NAME = re.compile(r"^(?P<number>\d{4})_(?P<phase>pre|post)_(?P<title>\w+)\.sql$")
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
    for entry in sorted(files("isthmus.store.migrations").iterdir(), key=lambda each: each.name):
        match = _NAME.match(entry.name)
        if match:
            text = Template(entry.read_text("utf-8")).substitute(_WORDS[dialect])
            found.append(Migration(entry.name.removesuffix(".sql"), match["phase"], _split(text)))
    return found


def missing(dialect: Dialect, applied: Collection[str], phase: str | None) -> list[Migration]:
    """Return what is still to be applied for `phase` (None: all), in order."""
    return [each for each in migrations(dialect) if each.name not in applied and (phase is None or each.phase == phase)]


def _split(text: str) -> tuple[str, ...]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    return tuple(part.strip() for part in "\n".join(lines).split(";") if part.strip())
