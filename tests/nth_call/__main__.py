"""Every call of every flow fails once, in every way: `python -m tests.nth_call` or `make nth-call`.

Writes docs/explanation/nth-call.md. Takes minutes; `--only new edited` runs some journeys and `--dry` writes nothing.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from tests.nth_call.cases import clean_run, run
from tests.nth_call.journeys import JOURNEYS, NAMES
from tests.nth_call.rig import rigged
from tests.nth_call.spoils import SPOILS
from tests.nth_call.table import Results, page, read

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "nth-call.md"
#: JSON-2 from 19 on; before it JSON-RPC, which words its failures in its own way.
VERSIONS = {19: NAMES, 17: ("new", "edited", "canceled")}
ERR = Console(stderr=True)


def main() -> int:
    """Run, and return 1 when anything was lost, doubled or wrong."""
    options = _options()
    memory = Path("/dev/shm")  # noqa: S108 - it is not the disk that is tested
    tempfile.tempdir = str(memory) if memory.is_dir() else None
    began = time.monotonic()
    if options.again:
        results = asyncio.run(again(read(PAGE.read_text("utf-8"))))
    else:
        results = asyncio.run(everything(options.only or list(NAMES), options.versions, options.spoils or list(SPOILS)))
    results.seconds = time.monotonic() - began
    ERR.print(f"{results.cells} cases in {time.monotonic() - began:.0f} s, {len(results.wrong)} wrong")
    for line in results.wrong:
        ERR.print(line, markup=False)
    if not options.dry:
        PAGE.write_text(page(results), "utf-8")
    return 1 if results.wrong else 0


async def everything(names: list[str], versions: list[int], spoils: list[str]) -> Results:
    """Run every case."""
    results = Results()
    with Progress(console=ERR) as progress:
        for version in versions:
            for name in [each for each in names if each in VERSIONS[version]]:
                async with rigged(version) as rig:
                    calls = await clean_run(rig, JOURNEYS[name])
                    task = progress.add_task(f"Odoo {version}: {name}", total=len(calls) * len(spoils))
                    for call in calls:
                        for spoil in spoils:
                            verdict = await run(rig, JOURNEYS[name], call, SPOILS[spoil])
                            results.add(version, name, call, spoil, verdict)
                            progress.advance(task)
                            if verdict.wrong:
                                where = f"Odoo {version} {name}: {call}, {spoil}"
                                results.wrong.append(f"{where}: {'; '.join(verdict.wrong)[:600]}")
    return results


async def again(results: Results) -> Results:
    """Run what went wrong, or was not reached, once more; the rest stays as the page has it."""
    broken = [key for key, verdict in results.verdicts.items() if verdict.wrong or not verdict.struck]
    with Progress(console=ERR) as progress:
        task = progress.add_task("again", total=len(broken))
        for version, name in dict.fromkeys(key[:2] for key in broken):
            async with rigged(version) as rig:
                for _version, _name, call, spoil in [key for key in broken if key[:2] == (version, name)]:
                    verdict = await run(rig, JOURNEYS[name], call, SPOILS[spoil])
                    results.add(version, name, call, spoil, verdict)
                    progress.advance(task)
                    if verdict.wrong:
                        where = f"Odoo {version} {name}: {call}, {spoil}"
                        results.wrong.append(f"{where}: {'; '.join(verdict.wrong)[:600]}")
    return results


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=NAMES, help=f"journeys: {', '.join(NAMES)}")
    parser.add_argument("--spoils", nargs="*", choices=list(SPOILS), help="classes of failure (default: all)")
    parser.add_argument(
        "--versions", nargs="*", type=int, choices=list(VERSIONS), default=list(VERSIONS), help="of Odoo"
    )
    parser.add_argument(
        "--again", action="store_true", help="run only what the page says went wrong or was not reached"
    )
    parser.add_argument("--dry", action="store_true", help="write no page")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
