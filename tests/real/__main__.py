"""Tests on real systems: install, start, fill and test them, all on this machine.

    make test-real                        everything
    make test-real ARGS="-k customer"     what follows goes to pytest
    make test-real ARGS="--serve"         start and wait, and show how to reach them

Needs the package registry on first use; what was fetched and made is kept in .cache/real, and an interrupted run goes
on where it stopped. `--fresh` makes everything anew.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.postgres_server import NoPostgres
from tests.real.steps import CACHE, StepFailed, forget
from tests.real.tryton import real_tryton

ROOT = Path(__file__).parents[2]
TESTS = ("tests/real", "tests/connectors/tryton/test_promises.py")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do it and return pytest's exit code."""
    parser = argparse.ArgumentParser(prog="make test-real", description="Test on real systems.")
    parser.add_argument("--serve", action="store_true", help="start, show how to reach it, wait for Ctrl-C")
    parser.add_argument("--fresh", action="store_true", help="install and fill everything anew")
    asked, more = parser.parse_known_args(arguments)
    if asked.fresh:
        forget(CACHE)
    try:
        with real_tryton() as tryton, tryton.database() as database:
            variables = {**tryton.variables(), "ISTHMUS_TEST_TRYTON_DATABASE": database}
            return _serve(variables) if asked.serve else _test(variables, more)
    except (NoPostgres, StepFailed) as failure:
        sys.stderr.write(f"{failure}\n")
        return 1


def _test(variables: dict[str, str], more: Sequence[str]) -> int:
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *TESTS, *more]
    return subprocess.run(words, cwd=ROOT, env={**os.environ, **variables}, check=False).returncode


def _serve(variables: dict[str, str]) -> int:
    for name, value in variables.items():
        sys.stdout.write(f"export {name}={value}\n")
    sys.stdout.flush()
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    raise SystemExit(main())
