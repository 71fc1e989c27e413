"""Commands that change something: retry, connect check."""

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from isthmus.admin import operations
from isthmus.admin.operations import Checked
from isthmus.bootstrap.start import ensure_subscriptions
from isthmus.bootstrap.wiring import App
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.project import with_app
from isthmus.cli.show import as_json, fail, out, table
from isthmus.ports.probe import Finding, Severity

_MARK = {
    Severity.OK: "[green]ok[/green]",
    Severity.WARNING: "[yellow]look[/yellow]",
    Severity.PROBLEM: "[red]mend[/red]",
}
#: Signatures and webhooks of both systems allow this much.
SKEW_S = 60.0


def retry(
    record: Annotated[str, typer.Argument(help="Order number, SKU or id; leave out to take all parked ones.")] = "",
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    flow: Annotated[str, typer.Option(help="Only this flow.")] = "",
    code: Annotated[str, typer.Option(help="Only this cause, such as unknown_sku.")] = "",
    json: Annotated[bool, JSON] = False,
) -> None:
    """Run parked work again: everything, a flow, a cause, or one record."""
    by = getpass.getuser()
    found = with_app(
        folder, lambda app: operations.retry(app.context, by=by, flow=flow, code=code, subject=record, number=record)
    )
    if json:
        as_json(found)
    else:
        table("Run again", ("record", "flow"), [(each.number or each.subject, each.flow) for each in found])
        if found:
            out.print("A running `isthmus up` takes them up at once; otherwise `isthmus run --once` does.", style="dim")
    raise SystemExit(0 if found or not record else 1)


connect = typer.Typer(help="Look at connections.", no_args_is_help=True)


@connect.command("check")
def connect_check(
    names: Annotated[list[str] | None, typer.Argument(help="Connections; leave out for all.")] = None,
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Ask each system who it is: account, version, permissions, time zone, currency, clock, webhooks.

    Exit code 1 when something must be mended.
    """

    async def ask(app: App) -> list[tuple[Checked, list[Finding]]]:
        unknown = [name for name in names or () if name not in app.context.connections]
        if unknown:
            fail(f"there is no connection {unknown[0]!r}; there are: {', '.join(app.context.connections)}")
        found: list[tuple[Checked, list[Finding]]] = []
        for name in names or list(app.context.connections):
            checked = await operations.check(app.context, name)
            extra = [] if checked.trouble else list(await ensure_subscriptions(app, name))
            found.append((checked, extra))
        return found

    answers = with_app(folder, ask)
    bad = any(checked.trouble or _worst(checked, extra) for checked, extra in answers)
    if json:
        as_json([_plain(checked, extra) for checked, extra in answers])
    else:
        for checked, extra in answers:
            _print(checked, extra)
    raise SystemExit(1 if bad else 0)


def _worst(checked: Checked, extra: list[Finding]) -> bool:
    findings = [*(checked.report.findings if checked.report else ()), *extra]
    return any(finding.severity is Severity.PROBLEM for finding in findings)


def _plain(checked: Checked, extra: list[Finding]) -> dict[str, object]:
    trouble = {"code": checked.trouble.code, "message": str(checked.trouble)} if checked.trouble else None
    skew = checked.report.clock_skew_s if checked.report else None
    return {
        "connection": checked.connection,
        "report": checked.report,
        "clock_skew_s": skew,
        "webhooks": extra,
        "trouble": trouble,
    }


def _print(checked: Checked, extra: list[Finding]) -> None:
    out.print(f"\n[bold]{escape(checked.connection)}[/bold]")
    if checked.trouble is not None:
        out.print(f"  {_MARK[Severity.PROBLEM]} {escape(str(checked.trouble))}")
    report = checked.report
    if report is None:
        return
    out.print(f"  {escape(report.account)}, version {escape(report.version)}, API {escape(report.api_version)}")
    taxes = {True: "prices include tax", False: "prices without tax", None: "tax mode not stated"}
    out.print(f"  {escape(report.time_zone)}, {escape(report.currency)}, {taxes[report.prices_include_tax]}")
    if report.clock_skew_s is not None:
        mark = _MARK[Severity.OK if abs(report.clock_skew_s) < SKEW_S else Severity.WARNING]
        out.print(f"  {mark} clock: {report.clock_skew_s:+.1f} s against ours")
    places = ", ".join(f"{place.name} ({place.code or place.id})" for place in report.places)
    if places:
        out.print(f"  places: {escape(places)}")
    for finding in [*report.findings, *extra]:
        fix = f" → {escape(finding.fix)}" if finding.fix else ""
        out.print(f"  {_MARK[finding.severity]} {escape(finding.message)}{fix}")
