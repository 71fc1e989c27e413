"""`isthmus book`: the hand-over book."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from isthmus.bootstrap.book import book as made_of
from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.looking import look
from isthmus.cli.mapping_sheets import hand_out
from isthmus.cli.options import FOLDER
from isthmus.cli.project import project, run_async
from isthmus.cli.show import fail
from isthmus.kit.paper import as_html, as_markdown


def book(
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    to: Annotated[Path | None, typer.Option("--out", help="The file to write (default: printed).")] = None,
    form: Annotated[Literal["html", "markdown"], typer.Option("--as", help="One HTML file, or Markdown.")] = "html",
    docs: Annotated[str, typer.Option(help="Address of the documentation, for links into it.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write the hand-over book: systems, flows, owners, mappings, questions, what to do. No secret is in it.

    It is made from the running configuration and the store; no system is called, and no secret has to be set.
    """
    if docs and not docs.startswith(("https://", "http://", "/", "./", "../")):
        fail("--docs must be an address such as https://docs.example.com/isthmus, or a path such as ../docs")
    config = project(folder)
    now = datetime.now(UTC)
    try:
        paper = made_of(config, run_async(look(config, now)), now, docs=docs)
    except ConfigError as wrong:
        fail(str(wrong))
        raise
    text = as_html(paper) if form == "html" else as_markdown(paper)
    hand_out(text.encode(), to, force=force)
