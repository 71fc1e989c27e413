"""Tests on real systems: install, start, fill and test them, all on this machine.

    make test-real                        everything
    make test-real ARGS="-k customer"     what follows goes to pytest
    make test-real ARGS="--only vendure"  one system and what is about it alone; may be repeated
    make test-real ARGS="--slice"         a part that takes a minute or two, for CI
    make test-real ARGS="--diff"          the same scenario to the real Tryton and the simulated one, answers compared
    make test-real ARGS="--serve"         start and wait, and show how to reach them

Needs the package registry on first use; what was fetched and made is kept in .cache/real, or where ISTHMUS_REAL_CACHE
says, and an interrupted run goes on where it stopped. `--fresh` makes everything anew. What cannot be had here is named
with its reason: an error where nothing is left to test, unless `--if-possible` is given.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.real.difference import DIFF_MODULES, compared, table
from tests.real.steps import CACHE, NotHere, StepFailed, forget, told
from tests.real.systems import SYSTEMS, Started, started
from tests.real.tryton import real_tryton

ROOT = Path(__file__).parents[2]
TESTS = ("tests/real", "tests/connectors/tryton/test_promises.py")
#: What `--slice` leaves out: scenes and rules that take longer than CI has.
SLICE = ("tests/real", "-m", "not slow")
#: Systems it leaves out as well, and why; with `--only` they are started all the same.
LONG = {"vendure": "--slice leaves it out: installing it takes minutes, and so does a scene that it plays in"}
#: Half of it is waiting for settle times. What shares a company or a shop stays together (`conftest.py`).
TOGETHER = ("-n", "2", "--dist", "loadgroup")
NOTHING, UNEXPLAINED = 1, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Do it and return how it ended."""
    asked, more = _options(arguments)
    if asked.fresh:
        forget(CACHE)
    try:
        if asked.diff:
            return _diff()
        brief = asked.slice and not asked.only
        with started([name for name in SYSTEMS if name not in LONG] if brief else asked.only or ()) as made:
            made.missing |= LONG if brief else {}
            if not made.running:
                return _told(made, 0 if asked.if_possible else NOTHING)
            if asked.serve:
                return _serve(made.variables)
            return _told(made, _test(made.variables, [*(SLICE if asked.slice else TESTS), *more]))
    except NotHere as reason:
        return _told(Started(missing={"tryton": str(reason)}), 0 if asked.if_possible else NOTHING)
    except StepFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return 1


def _options(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="make test-real", description="Test on real systems.")
    parser.add_argument("--only", action="append", choices=sorted(SYSTEMS), help="this system; may be repeated")
    parser.add_argument("--slice", action="store_true", help="the part that takes a minute or two")
    parser.add_argument("--diff", action="store_true", help="compare answers with the simulator's, request by request")
    parser.add_argument("--serve", action="store_true", help="start, show how to reach it, wait for Ctrl-C")
    parser.add_argument("--fresh", action="store_true", help="install and fill everything anew")
    parser.add_argument("--if-possible", action="store_true", help="no error where nothing of it can be had here")
    return parser.parse_known_args(arguments)


def _told(made: Started, ended: int) -> int:
    """Say last what ran and what did not: a test that was never asked must not look like one that passed."""
    if made.running:
        sys.stderr.write(f"real systems: {', '.join(made.running)}\n")
    for name, reason in made.missing.items():
        sys.stderr.write(f"NOT TESTED on a real {name}: {reason}\n")
    sys.stderr.flush()
    return ended


def _test(variables: Mapping[str, str], words: Sequence[str]) -> int:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *TOGETHER, *words]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **variables}, check=False).returncode


def _diff() -> int:
    with real_tryton(DIFF_MODULES) as real:
        with told("playing the scenario to both"):
            rows = asyncio.run(compared(real))
        sys.stdout.write(table(rows))
        return UNEXPLAINED if any(row.unexplained for row in rows) else 0


def _serve(variables: Mapping[str, str]) -> int:
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
