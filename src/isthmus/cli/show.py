"""How commands print: tables for people, JSON for programs, errors with the next step."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def as_json(answer: Any) -> None:
    """Print one JSON value and nothing else."""
    text = msgspec.json.format(msgspec.json.encode(answer), indent=2)
    sys.stdout.write(text.decode() + "\n")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; an empty one says so."""
    if not rows:
        out.print(f"{title}: none", style="dim")
        return
    grid = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        grid.add_column(column, header_style="dim", overflow="fold")
    for row in rows:
        grid.add_row(*(escape(cell) for cell in row))
    out.print(grid)


def ago(moment: datetime | None) -> str:
    """Return how long ago, in the largest unit that says something."""
    if moment is None:
        return "never"
    seconds = int((datetime.now(UTC) - moment).total_seconds())
    if seconds < 0:
        return f"in {-seconds} s"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def fail(message: str, code: int = 2) -> None:
    """Print what is wrong and end: 2 for a wrong call or project, 1 for a bad answer."""
    err.print(f"[red]error:[/red] {escape(message)}")
    raise SystemExit(code)
