"""The state machine at length: `python -m tests.model.campaign` or `make model`.

Runs examples until so many steps were taken. Prints the seed first, so that a run can be repeated, and one JSON object
at the end; a failing example is made as small as it can be and printed as the steps that led to it.
"""

import argparse
import json
import random
import sys
import time
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import ShopLife, on

#: Examples between two looks at how far it is.
ROUND = 20
STEPS_EACH = 40


def main() -> int:
    """Run examples and print what they came to."""
    options = _options()
    began, beginning = time.monotonic(), options.seed
    machine: type[ShopLife] = on(options.database)
    wrong = ""
    rounds = 0
    while machine.taken < options.steps and not wrong:
        print(f"seed {beginning + rounds}: {machine.taken} of {options.steps} steps", file=sys.stderr)  # noqa: T201 - progress
        wrong = _round(machine, beginning + rounds)
        rounds += 1
    result: dict[str, Any] = {
        "name": "model",
        "store": "postgresql" if options.database else "sqlite",
        "seeds": [beginning, beginning + rounds - 1],
        "examples": machine.examples,
        "steps": machine.taken,
        "rules": dict(sorted(machine.rules_taken.items())),
        "crashes": machine.crashes,
        "settled_s_most": machine.settled_s_most,
        "stock_raised": machine.raised,
        "wrong": wrong,
        "took_s": round(time.monotonic() - began, 1),
    }
    print(json.dumps(result))  # noqa: T201 - the result
    return 1 if wrong else 0


def _round(machine: type[ShopLife], number: int) -> str:
    seed(number)(machine)
    phases = [Phase.generate, Phase.shrink]
    rules = settings(
        max_examples=ROUND,
        stateful_step_count=STEPS_EACH,
        deadline=None,
        database=None,
        print_blob=True,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    try:
        run_state_machine_as_test(machine, settings=rules)
    except AssertionError as failed:
        return "\n".join([str(failed), *getattr(failed, "__notes__", ())])
    return ""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make model", description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000, help="steps to take (default: %(default)s)")
    parser.add_argument(
        "--database", default="", help="a PostgreSQL URL whose database may be emptied (default: files)"
    )
    drawn = random.SystemRandom().randrange(1_000_000)
    parser.add_argument("--seed", type=int, default=drawn, help="what chance begins with (default: drawn, and printed)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
