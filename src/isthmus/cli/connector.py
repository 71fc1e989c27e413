"""`isthmus connector new`: begin a connector."""

from pathlib import Path
from typing import Annotated

import typer

from isthmus.cli.options import JSON
from isthmus.cli.scaffold.checkout import CannotMake, find, plan
from isthmus.cli.scaffold.wish import BadWish, Role, Wish
from isthmus.cli.show import as_json, fail, out

connector = typer.Typer(help="Write connectors.", no_args_is_help=True)


@connector.callback()
def group() -> None:
    """Write connectors."""


@connector.command()
def new(
    slug: Annotated[str, typer.Argument(help="What the system is called in code, such as acme or acme_shop.")],
    *,
    name: Annotated[str, typer.Option(help='What people call it, such as "Acme Shop".')],
    role: Annotated[Role, typer.Option(help="Which side it is on.")],
    docs: Annotated[str, typer.Option(help="Where its API is described; cited in every file.")] = "",
    folder: Annotated[Path, typer.Option("--dir", "-C", help="A checkout of Isthmus.")] = Path(),
    json: Annotated[bool, JSON] = False,
) -> None:
    """Make a connector, its simulator, tests and page in a checkout: small, working, and yours to change."""
    try:
        wish = Wish(slug, name, role, docs)
        made = plan(wish, find(folder))
        made.carry_out()
    except (BadWish, CannotMake) as wrong:
        fail(str(wrong))
        raise
    steps = next_steps(slug)
    if json:
        as_json({"slug": slug, "root": str(made.root), "made": [*made.made], "changed": [*made.changed], "next": steps})
        return
    for path in made.made:
        out.print(f"made     {path}", markup=False, soft_wrap=True)
    for path in made.changed:
        out.print(f"changed  {path}", markup=False, soft_wrap=True)
    out.print(f"\nnext, in {made.root}:", markup=False, soft_wrap=True)
    for number, step in enumerate(steps, start=1):
        out.print(f"  {number}. {step}", markup=False, soft_wrap=True)


def next_steps(slug: str) -> list[str]:
    """Return what to type next, in order."""
    cited = f"grep -rn 'To cite:' src/isthmus/*/{slug} docs/connectors/{slug}.md"
    return [
        "make docs   (installs the new entry points, as `pip install --no-deps -e .` does, and writes docs/reference)",
        f'make test ARGS="tests/connectors/{slug} tests/simulators/{slug}"',
        f'make test ARGS="tests/conformance/test_conformance.py -k {slug}"',
        "make check",
        f'make quality ARGS="--only {slug}"',
        f"{cited}   (each is a fact to look up: docs/how-to/add-a-connector.md)",
    ]
