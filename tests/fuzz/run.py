"""Feed every parser made-up input for a while, and report what was not one of our answers.

python -m tests.fuzz.run --seconds 60 --seed 1 --json
python -m tests.fuzz.run --only "mapping expressions" --cases 700000
"""

import argparse
import asyncio
import faulthandler
import json
import resource
import signal
import sys
import time
import traceback
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from tests.crash.stand import standing
from tests.fuzz.answers import record
from tests.fuzz.targets import Target, mappings, targets
from tests.fuzz.wire import served

#: Longer than this on a single input is a finding, however slow the machine: the inputs are small.
LONG_S = 5.0
STUCK_S = 15.0


@dataclass(slots=True)
class Found:
    """What one target did."""

    runs: int = 0
    refused: int = 0
    accepted: int = 0
    slowest_s: float = 0.0
    wrong: list[str] = field(default_factory=list[str])
    places: set[str] = field(default_factory=set[str])


class TooLong(BaseException):
    """An input took too long; no handler of ours may take it for an answer."""


def _too_long(*_said: object) -> None:
    raise TooLong


@contextmanager
def watched() -> Generator[None]:
    """Let an input that takes too long end in `TooLong`; main thread only."""
    before = signal.signal(signal.SIGVTALRM, _too_long)
    try:
        yield
    finally:
        signal.signal(signal.SIGVTALRM, before)


async def feed(target: Target, seeds: Sequence[int], found: Found, until: float = float("inf")) -> None:
    """Run a target once for each seed; `until` is a moment of the monotonic clock."""
    for seed in seeds:
        if time.monotonic() > until:
            return
        found.runs += 1
        began = time.process_time()
        # A call into C that does not come back is beyond signals of ours: the trace says where it is.
        faulthandler.dump_traceback_later(STUCK_S, exit=True)
        signal.setitimer(signal.ITIMER_VIRTUAL, LONG_S)  # of our own work: how busy the machine is does not count
        try:
            await target.run(Random(seed))  # noqa: S311 - not for secrets
            found.accepted += 1
        except target.says:
            found.refused += 1
        except (Exception, TooLong) as wrong:  # noqa: BLE001 - whatever it is, it is what this looks for
            place = traceback.extract_tb(wrong.__traceback__)[-1]
            where = f"{type(wrong).__name__} at {place.filename.rpartition('/')[2]}:{place.lineno}"
            if where not in found.places:
                found.places.add(where)
                trail = [
                    f"{each.filename.rpartition('/')[2]}:{each.lineno}"
                    for each in traceback.extract_tb(wrong.__traceback__)
                ]
                print(target.name, seed, where, trail[-6:], str(wrong)[-1500:], file=sys.stderr, flush=True)  # noqa: T201 - as it is found
                found.wrong.append(
                    f"seed {seed}: {type(wrong).__name__}: {str(wrong)[:200]} [{' > '.join(trail[-6:])}]"
                )
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            faulthandler.cancel_dump_traceback_later()
        found.slowest_s = max(found.slowest_s, time.process_time() - began)


async def campaign(seconds: float, first: int, only: str = "", cases: int = 0) -> dict[str, Found]:
    """Give each target its part of the time, or so many cases."""
    if found := [each for each in mappings() if only and only in each.name]:
        return await fed(found, seconds, first, cases)
    with standing() as stand:
        recordings = await record(stand)
    async with served() as wire:
        made = [each for each in targets(recordings, wire) if only in each.name]
        return await fed(made, seconds, first, cases)


async def fed(made: Sequence[Target], seconds: float, first: int, cases: int) -> dict[str, Found]:
    """Feed targets one after the other; `cases` of 0 is as many as there is time for."""
    found = {each.name: Found() for each in made}
    for target in made:
        print(target.name, file=sys.stderr, flush=True)  # noqa: T201 - how far it is
        if cases:
            await feed(target, range(first, first + cases), found[target.name])
            continue
        until, number = time.monotonic() + seconds / len(made), first
        while time.monotonic() < until:
            await feed(target, range(number, number + 50), found[target.name], until)
            number += 50
    return found


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--cases", type=int, default=0, help="of each target, instead of a time")
    parser.add_argument("--memory-mb", type=int, default=4096, help="address space; more fails as MemoryError")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", default="", help="targets whose name has this in it")
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args()
    # What needs more than this for a small input shall fail as MemoryError, not take the machine along.
    resource.setrlimit(resource.RLIMIT_AS, (said.memory_mb * 1024**2, resource.getrlimit(resource.RLIMIT_AS)[1]))
    with watched():
        found = asyncio.run(campaign(said.seconds, said.seed, said.only, said.cases))
    told = {
        name: {
            "runs": each.runs,
            "refused": each.refused,
            "accepted": each.accepted,
            "slowest_s": round(each.slowest_s, 3),
            "wrong": each.wrong,
        }
        for name, each in found.items()
    }
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    wrong = sum(len(each.wrong) for each in found.values())
    if said.json:
        print(json.dumps({"seed": said.seed, "wrong": wrong, "rss_mb": rss_mb, "targets": told}, indent=2))  # noqa: T201 - the answer
    else:
        for name, each in told.items():
            print(name, *(f"{what} {figure}" for what, figure in each.items() if what != "wrong"), sep=", ")  # noqa: T201
            print(*(f"  {line}" for line in each["wrong"]), sep="\n")  # noqa: T201 - same
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
