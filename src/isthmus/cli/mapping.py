"""`isthmus mapping`: what is done with mapping documents."""

import typer

mapping = typer.Typer(help="Mapping documents: what the other system is told of a record.", no_args_is_help=True)
