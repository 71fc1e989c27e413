"""`isthmus mapping revisions`, `diff`, `publish` and `rollback`: what ran, what would change, and making it so."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from isthmus.admin.revisions import Revision, revisions
from isthmus.bootstrap import mapping_changes
from isthmus.bootstrap.config import ProjectConfig
from isthmus.bootstrap.mapping_changes import Difference, Published, Refused
from isthmus.bootstrap.mapping_check import flows_named
from isthmus.bootstrap.mapping_files import order_flow, read_flow
from isthmus.cli.mapping import DAYS, FLOW, mapping, with_context
from isthmus.cli.mapping_show import plain_check, plain_difference, print_check, print_difference, print_results
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.show import ago, as_json, err, fail, out, table
from isthmus.engine.context import Context

WHY = typer.Option("--why", help="Why, for the audit trail.")
OFFLINE = typer.Option("--offline", help="Ask no system; what it said last counts.")


@mapping.command("revisions")
def list_revisions(
    flow: Annotated[str, typer.Argument(help="Only this flow.")] = "",
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    json: Annotated[bool, JSON] = False,
) -> None:
    """List every revision that ever ran: when first, when it began last, who published it and why."""

    async def work(config: ProjectConfig, context: Context) -> tuple[list[Revision], set[tuple[str, str]]]:
        flows = [each for each in flows_named(config, flow) if each.kind == "orders"]
        live = {(each.name, read_flow(config, each).mapping.revision) for each in flows}
        return await revisions(context, flow), live

    found, live = with_context(folder, work)
    if json:
        as_json([{"live": (each.flow, each.revision) in live, **_plain(each)} for each in found])
        return
    table(
        "Revisions",
        ("flow", "revision", "first", "last begun", "by", "why"),
        [
            (
                each.flow,
                f"{each.revision}{' (live)' if (each.flow, each.revision) in live else ''}",
                ago(each.seen_at),
                ago(each.live_at),
                each.who or "file edited",
                each.why,
            )
            for each in found
        ],
    )


def _plain(each: Revision) -> dict[str, object]:
    return {name: getattr(each, name) for name in each.__struct_fields__}


@mapping.command()
def diff(
    old: Annotated[str, typer.Argument(help="live, draft or a revision (its beginning is enough).")] = "live",
    new: Annotated[str, typer.Argument(help="live, draft or a revision.")] = "draft",
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    flow: Annotated[str, FLOW] = "",
    days: Annotated[int, DAYS] = 1,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Compare two revisions: rows that differ, and what the ERP would be told otherwise of the last days' orders."""

    async def work(config: ProjectConfig, context: Context) -> Difference:
        return await mapping_changes.difference(config, context, old, new, flow=flow, days=days)

    found = with_context(folder, work)
    if json:
        as_json(plain_difference(found))
    else:
        print_difference(found)


@mapping.command()
def publish(
    flow: Annotated[str, typer.Argument(help="Which flow, where there are several.")] = "",
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    why: Annotated[str, WHY],
    days: Annotated[int, DAYS] = 7,
    offline: Annotated[bool, OFFLINE] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Check and test the draft, show what it changes, and make it the document. A running Isthmus follows in seconds.

    Exit code 1 and nothing written when the check finds an error or a test does not pass.
    """
    _needs(why)

    async def work(config: ProjectConfig, context: Context) -> Published | Refused:
        return await mapping_changes.publish(
            config, context, flow, by=getpass.getuser(), why=why, days=days, offline=offline
        )

    found = with_context(folder, work)
    if isinstance(found, Refused):
        if json:
            as_json({"published": False, "check": plain_check(found.checked), "failed": found.failed})
        else:
            print_check(found.checked)
            if found.failed:
                print_results(found.failed)
            err.print("nothing was published", style="red")
        raise SystemExit(1)
    _told(found, "published", json=json)
    if not json:
        out.print(f"{found.tests} tests passed. Undo it with `isthmus mapping rollback <revision>`.", style="dim")


@mapping.command()
def rollback(
    revision: Annotated[str, typer.Argument(help="Which revision runs again (its beginning is enough).")],
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    why: Annotated[str, WHY],
    flow: Annotated[str, FLOW] = "",
    days: Annotated[int, DAYS] = 1,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Make the document what it was in a revision that ran; hooks.py and code tables stay as they are."""
    _needs(why)

    async def work(config: ProjectConfig, context: Context) -> Published:
        order_flow(config, flow)
        return await mapping_changes.roll_back(
            config, context, revision, flow=flow, by=getpass.getuser(), why=why, days=days
        )

    _told(with_context(folder, work), "went back", json=json)


def _needs(why: str) -> None:
    if not why.strip():
        fail("--why must say why")


def _told(found: Published, what: str, *, json: bool) -> None:
    if json:
        as_json({"published": True, "revision": found.revision, **plain_difference(found.difference)})
        return
    print_difference(found.difference)
    out.print(f"{what}: revision {found.revision or '(an empty document)'}", markup=False)
