"""All commands in one place."""

from typing import Annotated

import typer

from isthmus import __version__
from isthmus.cli import (
    act,
    answer,
    backup,
    begin,
    book,
    connector,
    demo,
    doctor,
    drift,
    drill,
    health,
    hold,
    limits,
    look,
    mapping_changes,
    mapping_sheets,
    migrate,
    promote,
    prove,
    proxy,
    run,
    serve,
    sim,
    tables,
)

app = typer.Typer(
    help="Keeps storefronts in step with ERP systems: nothing lost, nothing doubled, every no with a reason.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"isthmus {__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keep storefronts in step with ERP systems."""
    _ = version


app.command()(begin.init)
app.add_typer(act.connect, name="connect")
app.command()(doctor.doctor)
app.command()(serve.up)
app.command()(serve.web)
app.command()(serve.worker)
app.command()(serve.scheduler)
app.command()(run.run)
app.command()(look.status)
app.command()(health.health)
app.command()(limits.limits)
app.command()(look.trace)
app.command()(look.parked)
app.command()(look.audit)
app.command()(promote.promote)
app.command()(prove.reconcile)
app.command()(prove.prove)
app.command()(act.retry)
app.command()(answer.answer)
app.command()(hold.pause)
app.command()(hold.resume)
app.command()(migrate.migrate)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(book.book)
app.command()(look.schema)
app.command()(sim.sim)
app.command()(proxy.proxy)
app.command()(drill.drill)
app.command()(drill.failpoints)
app.command()(demo.demo)
mapping_changes.mapping.command("export")(mapping_sheets.export)
mapping_changes.mapping.command("import")(mapping_sheets.import_)
app.add_typer(tables.tables, name="tables")
app.add_typer(drift.drift, name="drift")
app.add_typer(connector.connector, name="connector")
app.add_typer(mapping_changes.mapping, name="mapping")
