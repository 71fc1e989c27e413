"""`isthmus mapping`: look at what a mapping document says and does, before it runs and after."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from isthmus.admin.mapping_coverage import Coverage
from isthmus.admin.mapping_coverage import coverage as coverage_of
from isthmus.bootstrap import mapping_cases
from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.config import ProjectConfig
from isthmus.bootstrap.mapping_check import checked
from isthmus.bootstrap.mapping_files import order_flow, read_flow
from isthmus.bootstrap.mapping_try import tried
from isthmus.bootstrap.wiring import joined
from isthmus.cli.mapping_show import plain_check, plain_try, print_check, print_coverage, print_results, print_try
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.project import project, run_async
from isthmus.cli.show import as_json, fail, out
from isthmus.engine.context import Context
from isthmus.store.group import StoreError

T = TypeVar("T")
DAYS = typer.Option("--days", help="Look at the orders of so many days.", min=1, max=400)
FLOW = typer.Option("--flow", help="Which flow, where there are several.")
DRAFT = typer.Option("--draft", help="The draft, mappings/<flow>.draft.toml.")

mapping = typer.Typer(help="Check, try, test and publish mapping documents.", no_args_is_help=True)


def with_context(folder: Path, work: Callable[[ProjectConfig, Context], Awaitable[T]]) -> T:
    """Open store and connections, do `work`, close them, and return the result; the flows' files may be wrong."""
    config = project(folder)

    async def run() -> T:
        async with joined(config) as context:
            return await work(config, context)

    try:
        return run_async(run())
    except (ConfigError, StoreError) as wrong:
        fail(str(wrong))
        raise
    except OSError as wrong:
        fail(f"{wrong.filename}: {wrong.strerror}")
        raise


@mapping.command()
def check(
    flow: Annotated[str, typer.Argument(help="Only this flow.")] = "",
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    days: Annotated[int, DAYS] = 7,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no system; what it said last counts.")] = False,
    draft: Annotated[bool, DRAFT] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Say everything that is wrong with a mapping, or may be, before it runs.

    Both systems are asked for their fields, and every row is tried on the orders of the last days. Exit code 1 with
    errors; warnings and hints do not count.
    """
    found = with_context(
        folder,
        lambda config, context: checked(config, context, flow, days=days, offline=offline, draft=draft),
    )
    if json:
        as_json(plain_check(found))
    else:
        print_check(found)
    raise SystemExit(0 if found.well else 1)


@mapping.command("try")
def try_(
    order: Annotated[str, typer.Argument(help="Order number (#1001 or 1001) or the shop's order id.")],
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    flow: Annotated[str, FLOW] = "",
    draft: Annotated[bool, DRAFT] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Show what the mapping makes of one order that was seen: left as it came, right as it would be told.

    Nothing is asked and nothing is written. Exit code 1 when a row has no answer for it.
    """
    found = with_context(folder, lambda config, context: tried(config, context, order, flow=flow, draft=draft))
    if not found:
        fail(f"no order {order!r} has been seen; is it newer than the last look at the shop?", 1)
    if json:
        as_json([plain_try(each) for each in found])
    else:
        for each in found:
            print_try(each)
    raise SystemExit(
        1 if any(each.preview.wrong or each.preview.because or each.written.wrong for each in found) else 0
    )


@mapping.command()
def record(
    order: Annotated[str, typer.Argument(help="Order number (#1001 or 1001) or the shop's order id.")],
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    name: Annotated[str, typer.Option("--name", help="What the test is called, such as bavaria-gift.")],
    flow: Annotated[str, FLOW] = "",
    keep: Annotated[
        bool, typer.Option("--keep/--scrub", help="Keep the buyer's name, e-mail, phone, street and remarks.")
    ] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Write a test from an order that was seen: what it comes to today is what is expected from now on.

    Whoever bought is replaced by neutral words, unless --keep says otherwise; custom fields and tags stay.
    """

    async def work(config: ProjectConfig, context: Context) -> Path | None:
        found = await tried(config, context, order, flow=flow)
        if len(found) > 1:
            fail(f"{len(found)} flows or orders have it: say --flow, or the shop's own id")
        return mapping_cases.record(config, found[0], name, keep=keep) if found else None

    path = with_context(folder, work)
    if path is None:
        fail(f"no order {order!r} has been seen; is it newer than the last look at the shop?", 1)
    if json:
        as_json({"path": str(path)})
        return
    out.print(f"wrote {path}", markup=False, soft_wrap=True)
    out.print(
        "Look through its custom fields and tags before it is shared; `isthmus mapping test` runs it.", style="dim"
    )


@mapping.command("test")
def run_tests(
    flow: Annotated[str, typer.Argument(help="Only this flow.")] = "",
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    draft: Annotated[bool, DRAFT] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Run the recorded tests in mappings/tests. Exit code 1 when something is not as expected."""
    config = project(folder)
    try:
        found = mapping_cases.run_cases(config, flow, draft=draft)
    except ConfigError as wrong:
        fail(str(wrong))
        raise
    if not found:
        fail(
            "there are no tests: `isthmus mapping record <number> --name <name>` makes one from an order that was seen"
        )
    if json:
        as_json(found)
    else:
        print_results(found)
    raise SystemExit(0 if all(each.passed for each in found) else 1)


@mapping.command()
def coverage(
    flow: Annotated[str, typer.Argument(help="Which flow, where there are several.")] = "",
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    days: Annotated[int, DAYS] = 30,
    draft: Annotated[bool, DRAFT] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Show which fields the orders of the last days have, which the mapping uses, and what nobody fills. No values."""

    async def work(config: ProjectConfig, context: Context) -> Coverage:
        files = read_flow(config, order_flow(config, flow), draft=draft)
        if files.wrong:
            fail(f"{files.wrong[0]}: see `isthmus mapping check`")
        return await coverage_of(context, files.settings, files.mapping, days)

    found = with_context(folder, work)
    if json:
        as_json(found)
    else:
        print_coverage(found)
