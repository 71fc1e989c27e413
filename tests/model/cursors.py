"""Rows that commit late under wrong clocks: `python -m tests.model.cursors` or `make cursors`.

Every listing a connector reads changes by, each under one clock that jumps and under two clocks that differ. Prints a
line for each on stderr and one JSON object at the end on stdout; ends with 1 when anything was missed.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from typing import Any

from isthmus.testing.clock import HandClock
from tests.model.benches import BENCHES, ShopifyOrders
from tests.model.reading import Clocks, Plan, Reading, Result

#: The part of all changes each listing gets: an order costs ten times what a figure does.
PARTS = {"odoo stock": 26, "odoo variants": 26, "shopify stock": 26, "shopify variants": 21, "shopify orders": 1}
ARMS = {"one clock": False, "two clocks": True}


async def read(name: str, plan: Plan, seed: int, *, apart: bool, records: int) -> Result:
    """Play one listing and return what came of it."""
    chance = random.Random(seed)  # noqa: S311 - repeatable chance, not secrecy
    hands = HandClock(flowing=True)
    clocks = Clocks(hands, chance, apart)
    bench = BENCHES[name](hands, clocks, records)
    if isinstance(bench, ShopifyOrders):
        await bench.open()
        clocks.step()
    return await Reading(bench, clocks, plan, chance).run()


def main() -> int:
    """Play all listings and print what was missed."""
    options = _options()
    lines: list[dict[str, Any]] = []
    for place, (name, part) in enumerate(PARTS.items()):
        for arm, apart in ARMS.items():
            if options.only and options.only not in f"{name}, {arm}":
                continue
            plan = Plan(changes=max(100, options.changes * part // 200), per_s=options.per_second)
            records = options.records // 10 if name == "shopify orders" else options.records
            lines.append(_play(name, arm, plan, (options.seed * 100 + place, apart, records)))
    total = {key: sum(each[key] for each in lines) for key in ("changes", "rows", "rounds", "restarts", "missed")}
    result = {"name": "cursors", "seed": options.seed, **total, "worst_s": max(each["worst_s"] for each in lines)}
    factor = round(total["rows"] / max(1, total["changes"]), 2)
    print(json.dumps({**result, "read_again": factor, "listings": lines}))  # noqa: T201 - the result
    return 1 if total["missed"] else 0


def _play(name: str, arm: str, plan: Plan, how: tuple[int, bool, int]) -> dict[str, Any]:
    began = time.monotonic()
    seed, apart, records = how
    found = asyncio.run(read(name, plan, seed, apart=apart, records=records))
    line = {
        "listing": name,
        "clocks": arm,
        "changes": found.changes,
        "rows": found.rows,
        "read_again": found.factor,
        "rounds": found.rounds,
        "restarts": found.restarts,
        "clock_steps": found.steps,
        "missed": len(found.missed),
        "late": found.late,
        "worst_s": round(found.worst_s),
        "took_s": round(time.monotonic() - began, 1),
    }
    print(json.dumps(line), file=sys.stderr)  # noqa: T201 - what it did
    return line


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make cursors", description=__doc__)
    parser.add_argument("--changes", type=int, default=50_000, help="changes in all (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what chance begins with (default: %(default)s)")
    parser.add_argument("--records", type=int, default=2000, help="records a listing has (default: %(default)s)")
    parser.add_argument("--per-second", type=float, default=5.0, help="changes a second (default: %(default)s)")
    parser.add_argument("--only", default="", help='a part of a name, such as "shopify stock, two clocks"')
    parser.add_argument("--json", action="store_true", help="print the result as JSON, which is done anyway")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
