"""`isthmus migrate`: bring the schema up to date, or move the whole store into another database."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from isthmus import __version__
from isthmus.bootstrap.alive import alive, named
from isthmus.bootstrap.config import ConfigError, ProjectConfig
from isthmus.bootstrap.moving import Moved, move, shown
from isthmus.bootstrap.own import worker_of
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.project import project, run_async
from isthmus.cli.rows import rows_told
from isthmus.cli.show import as_json, fail, out, table
from isthmus.store.group import StoreError
from isthmus.store.level import Level, change, level_of
from isthmus.store.open import open_store


class Phase(StrEnum):
    """Which changes of the schema."""

    PRE = "pre"
    POST = "post"


def migrate(
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    phase: Annotated[
        Phase | None, typer.Option(help="Only changes that add (pre), or only those that may take away (post).")
    ] = None,
    source: Annotated[
        str, typer.Option("--from", help="Move: the database to copy; the project's own when only --to is given.")
    ] = "",
    target: Annotated[str, typer.Option("--to", help="Move: the empty database to copy into.")] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Go on although an older process, or the source, seems to be at work.")
    ] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Bring the database schema up to date, or move everything into another database.

    Without --to: applies what is missing and says what that was. With --to: copies every table into an empty database,
    reads everything back and compares; exit code 1 when anything differs. Nothing may be at work on the source.
    """
    config = project(folder)
    if source and not target:
        fail("--from says what to copy; say --to as well")
    if target and phase:
        fail("--phase is about the schema, --to about moving: one at a time")
    try:
        if target:
            _move(config, source or config.database, target, force=force, json=json)
        else:
            _change(config, phase, force=force, json=json)
    except (ConfigError, StoreError) as wrong:
        fail(str(wrong))


def _change(config: ProjectConfig, phase: Phase | None, *, force: bool, json: bool) -> None:
    worker = worker_of(config)
    older_alive = [worker] if worker else []

    async def work() -> tuple[list[str], Level]:
        store = await open_store(config.database, config.folder, connections=config.database_connections)
        try:
            older = [named(each) for each in await alive(store) if each["version"] != __version__]
            applied = list(await change(store, phase, older_alive=[*older_alive, *older], force=force))
            return applied, await level_of(store)
        finally:
            await store.close()

    applied, level = run_async(work())
    if json:
        levels = {each.value: level.newest(each) for each in Phase}
        as_json({"applied": applied, "pending": list(level.pending), "level": levels})
        return
    for name in applied:
        out.print(f"applied {name}")
    for name in level.pending:
        words = f"not yet applied {name}: `isthmus migrate` does, once no older process is at work"
        out.print(words, soft_wrap=True)
    if not level.pending:
        out.print("the schema is up to date")


def _move(config: ProjectConfig, source: str, target: str, *, force: bool, json: bool) -> None:
    with rows_told("copy", "compare", sides=2) as told:
        moved = run_async(move(config, source, target, told, force=force))
    if json:
        as_json({"from": moved.source, "to": moved.target, "same": moved.same, "tables": moved.tables})
    else:
        _print(moved)
        if moved.same:
            _print_next(config, source, target)
    if not moved.same:
        fail("the two differ, so the target stays marked and cannot be worked on: repeat to copy what differs anew", 1)


def _print(moved: Moved) -> None:
    rows = [
        (
            each.table,
            f"{each.source.rows:,}",
            f"{each.target.rows:,}",
            each.source.digest,
            "same" if each.same else f"DIFFERS: {each.target.digest}",
        )
        for each in moved.tables
    ]
    table(f"{moved.source} → {moved.target}", ("table", "rows", "rows there", "digest", "compared"), rows)


def _print_next(config: ProjectConfig, source: str, target: str) -> None:
    if config.environment.get("ISTHMUS_DATABASE_URL"):
        first = [f"1. set ISTHMUS_DATABASE_URL to {shown(target)} (with its password, if it has one)"]
    else:
        first = [
            f'1. in isthmus.toml, under [isthmus]: database = "{shown(target)}"',
            "   or, with a password, in the environment or .env: ISTHMUS_DATABASE_URL",
        ]
    steps = [
        *first,
        "2. start `isthmus up` again: it goes on where it stopped",
        f"3. put {shown(source)} away as a backup; nothing may work on it again",
    ]
    out.print("next:")
    for step in steps:
        out.print(f"  {step}", markup=False, soft_wrap=True)
