"""`isthmus mapping`: look at what a mapping document says and does, before it runs and after."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.config import ProjectConfig
from isthmus.bootstrap.mapping_check import checked
from isthmus.bootstrap.wiring import joined
from isthmus.cli.mapping_show import plain_check, print_check
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.project import project, run_async
from isthmus.cli.show import as_json, fail
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
