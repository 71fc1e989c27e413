"""`isthmus backup` and `isthmus restore`: one file with everything, and the way back."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from isthmus.bootstrap.backing_up import Taken, back_up
from isthmus.bootstrap.config import ConfigError, ProjectConfig
from isthmus.bootstrap.restoring import Restored, ahead, as_told, examine
from isthmus.bootstrap.restoring import restore as put_back
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.project import project, run_async
from isthmus.cli.rows import rows_told
from isthmus.cli.show import as_json, fail, out, table
from isthmus.kit.clock import from_micros
from isthmus.store.backup import Manifest, named_tables
from isthmus.store.group import StoreError


def backup(
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    to: Annotated[
        Path | None, typer.Option("--to", help="The file to write (default: backups/isthmus-<time>.backup).")
    ] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Write everything into one file, while Isthmus runs or not; secrets are not in it."""
    config = project(folder)
    try:
        with rows_told("copy", "compare") as told:
            taken = run_async(back_up(config, to, told))
    except (ConfigError, StoreError) as wrong:
        fail(str(wrong))
        raise
    if json:
        as_json({"file": str(taken.path), "bytes": taken.size, **_plain(taken.manifest)})
        return
    _print_taken(taken)


def restore(
    file: Annotated[Path, typer.Argument(help="A file made by `isthmus backup`.")],
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    verify: Annotated[bool, typer.Option("--verify", help="Only check the file and say what a restore does.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put aside what the database holds; without this it must be empty.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Go on although another process seems to be at work on PostgreSQL.")
    ] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Make the project's database hold a backup: checked before, compared after. Nothing may be at work on it."""
    config = project(folder)
    try:
        if verify:
            _verify(file, json=json)
        else:
            _restore(config, file, replace=replace, force=force, json=json)
    except (ConfigError, StoreError) as wrong:
        fail(str(wrong))


def _verify(file: Path, *, json: bool) -> None:
    with rows_told("compare") as told:
        manifest = run_async(examine(file, told))
    if json:
        as_json({"file": str(file), "sound": True, **_plain(manifest), "ahead": list(ahead(manifest))})
        return
    _print_tables(manifest)
    out.print("the file is sound: every row is as it was", soft_wrap=True)
    _print_ahead(manifest)


def _restore(config: ProjectConfig, file: Path, *, replace: bool, force: bool, json: bool) -> None:
    with rows_told("copy", "compare", sides=3) as told:
        work = put_back(config, file, told, by=getpass.getuser(), force_over=replace, force=force)
        restored = run_async(work)
    if json:
        as_json(
            {
                "to": restored.target,
                "same": restored.same,
                "put_aside": restored.put_aside,
                **_plain(restored.manifest),
                "ahead": list(ahead(restored.manifest)),
            }
        )
    elif restored.same:
        _print_restored(restored)
    if not restored.same:
        fail("the database does not hold what the backup holds and stays marked: repeat to copy what differs anew", 1)


def _print_taken(taken: Taken) -> None:
    _print_tables(taken.manifest)
    out.print(f"{taken.path} ({taken.size:,} bytes), on disk and compared", soft_wrap=True, markup=False)
    out.print("Keep it on another machine, readable by one account: it holds names and addresses.", soft_wrap=True)
    out.print(
        f"Not in it: isthmus.toml and the secrets. Check it: isthmus restore {taken.path} --verify", soft_wrap=True
    )


def _print_tables(manifest: Manifest) -> None:
    rows = [(name, f"{held.rows:,}", held.digest) for name, held in named_tables(manifest)]
    table(as_told(manifest), ("table", "rows", "digest"), rows)


def _print_ahead(manifest: Manifest) -> None:
    out.print("after a restore:")
    for sentence in ahead(manifest):
        out.print(f"  - {sentence}", markup=False, soft_wrap=True)


def _print_restored(restored: Restored) -> None:
    _print_tables(restored.manifest)
    out.print(f"{restored.target} holds the backup, compared row by row", soft_wrap=True, markup=False)
    if restored.put_aside:
        out.print(f"what was there before is in {restored.put_aside}", soft_wrap=True, markup=False)
    _print_ahead(restored.manifest)
    out.print("next: isthmus up, or isthmus run --once --wait 60, and then isthmus parked")


def _plain(manifest: Manifest) -> dict[str, object]:
    return {
        "taken_at": from_micros(manifest.taken_at),
        "version": manifest.version,
        "project": manifest.project,
        "from": manifest.source,
        "figures": manifest.figures,
        "tables": manifest.tables,
    }
