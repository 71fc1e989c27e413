"""Options every command shares."""

import typer

FOLDER = typer.Option("--dir", "-C", help="The project's folder.", envvar="ISTHMUS_DIR")
JSON = typer.Option("--json", help="Print JSON.")
