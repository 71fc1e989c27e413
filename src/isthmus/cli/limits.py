"""`isthmus limits`: how near each limit is, and what more volume would come to."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from isthmus.admin import limits as admin
from isthmus.admin.limits import Limits, in_words
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.project import with_app
from isthmus.cli.show import as_json, fail, out, table


def limits(
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    at: Annotated[str, typer.Option(help="How many times the volume of the last 24 hours.")] = str(admin.USUAL),
    json: Annotated[bool, JSON] = False,
) -> None:
    """Measure the last 24 hours against every limit: calls per record, and when more volume would hit one."""
    volume = _volume(at)
    found = with_app(folder, lambda app: admin.limits(app.context, volume=volume))
    if json:
        as_json(found)
    else:
        _print(found)


def _volume(text: str) -> Decimal:
    try:
        volume = Decimal(text)
    except InvalidOperation:
        volume = Decimal(0)
    if not (volume.is_finite() and volume > 0):
        fail(f"--at {text!r} is not a number above 0, such as 3 or 1.5")
    return volume


def _print(found: Limits) -> None:
    out.print(f"{found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M} UTC")
    table(
        "Limits",
        ("connection", "limit", "used", "busiest", f"at {found.volume} times the volume", "carries up to"),
        [
            (
                each.connection,
                f"{each.limit}: {in_words(each)}",
                f"{each.used:,}",
                f"{each.busiest:.1%} at {each.busiest_at:%H:%M}" if each.used else "-",
                f"hit at {each.hit_at:%H:%M}" if each.hit_at else "carried",
                f"{each.most} times" if each.most is not None else "-",
            )
            for each in found.limits
        ],
    )
    for name in found.unlimited:
        out.print(f"{name} publishes no limit by time; its calls at a time are bounded.", style="dim")
    table(
        "Calls",
        ("connection", "flow", "records", "calls", "calls per record"),
        [
            (
                each.connection,
                each.flow or "(looks)",
                f"{each.records:,}",
                f"{each.calls:,}",
                "-" if each.per_record is None else str(each.per_record),
            )
            for each in found.flows
        ],
    )
