"""`isthmus health`: for whoever has to know whether a process is alive, such as a container's runtime."""

import json
import urllib.error
import urllib.request
from typing import Annotated, Any

import typer

from isthmus.cli.show import out

TIMEOUT_S = 5.0


def health(
    url: Annotated[str, typer.Option(help="Where the process answers.")] = "http://127.0.0.1:8100",
    *,
    live: Annotated[bool, typer.Option("--live", help="Only whether it is alive, not whether it can work.")] = False,
) -> None:
    """Ask a running process whether it can work. Exit code 1 when it cannot, or does not answer."""
    if not url.startswith(("http://", "https://")):
        out.print("--url must begin with http:// or https://")
        raise SystemExit(2)
    said = _ask(f"{url.rstrip('/')}/health/{'live' if live else 'ready'}")
    well = said.get("live", said.get("ready", False)) is True
    out.print("well" if well else f"not well: {said.get('because', 'an unknown answer')}")
    raise SystemExit(0 if well else 1)


def _ask(url: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - the scheme was checked
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        return json.load(refused)
    except (OSError, ValueError) as wrong:
        return {"because": str(wrong)}
