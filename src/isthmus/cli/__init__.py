"""Commands: parse, ask, print. A command holds no decision of its own."""


def main() -> None:
    """Run the `isthmus` command."""
    from isthmus.cli.app import app  # noqa: PLC0415 - keeps `import isthmus.cli` free of side effects

    app(prog_name="isthmus")
