"""Machines that fail while a shop is busy: `python -m tests.machines.campaign` or `make machines`.

Each arm begins anew: a database, a shop, an ERP, six processes on four machines. Traffic runs, something is done to the
machines, traffic ends, and then both systems must agree within a while: `traffic.verdict` says on what. Without names
all arms run. Prints a line for each on stderr and one JSON object at the end on stdout.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.machines.arms import ARMS, Arm
from tests.machines.network import SCRATCH, end_with_parent, inside, lay_out, missing
from tests.machines.scene import CALLS_AT_A_TIME, Scene, wait_for
from tests.machines.traffic import FOR_GOOD, Traffic, count, verdict

#: Whoever would do something twice has done it by then.
LINGER_S = 6.0
INSIDE = "ISTHMUS_MACHINES_INSIDE"


def main() -> int:
    """Run arms, each in namespaces of its own."""
    options = _options()
    if os.environ.get(INSIDE):
        print(json.dumps(perform(ARMS[options.arms[0]], options)))  # noqa: T201 - the line the outer program reads
        return 0
    if reason := missing():
        sys.exit(f"cannot run here: {reason}")
    results = [run(name, options) for name in options.arms]
    print(json.dumps({"name": "machines", "arms": results}))  # noqa: T201 - the result
    return 0 if all(each.get("well") for each in results) else 1


def run(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Run one arm in a process of its own and return what it said."""
    command = [sys.executable, "-m", "tests.machines.campaign", name, "--seed", str(options.seed)]
    if options.keep:
        command += ["--keep", str(options.keep)]
    done = subprocess.run(
        inside(command),
        env={**os.environ, INSIDE: "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=False,
        preexec_fn=end_with_parent,
    )
    lines = done.stdout.decode().splitlines()
    result = json.loads(lines[-1]) if done.returncode == 0 and lines else {"arm": name, "well": False}
    say(json.dumps(result))
    return result


def perform(arm: Arm, options: argparse.Namespace) -> dict[str, Any]:
    """Play one arm, inside, and return the verdict with figures."""
    lay_out()
    scene = Scene()
    try:
        return _play(arm, scene, options.seed)
    finally:
        if options.keep:
            kept = Path(options.keep) / arm.name
            kept.mkdir(parents=True, exist_ok=True)
            for log in SCRATCH.glob("*.log"):
                shutil.copy(log, kept / log.name)


def _play(arm: Arm, scene: Scene, seed: int) -> dict[str, Any]:
    began = time.monotonic()
    scene.open()
    scene.everybody()
    traffic = Traffic(scene, seed)
    if arm.traffic:
        traffic.begin()
    told = arm.strike(scene, traffic)
    if arm.traffic:
        traffic.end()
    asked = scene.call("erp", "meter")["calls"]
    agreed_s = _agreed(scene, traffic, arm.agree_s)
    asked = sum(scene.call("erp", "meter")["calls"].values()) - sum(asked.values())
    waiting = [] if agreed_s is not None else _waiting(scene)
    time.sleep(LINGER_S)
    exits = scene.stop_all()
    wrong = {name: found for name, found in verdict(scene, traffic.hot).items() if found}
    return {
        "arm": arm.name,
        "well": not wrong and agreed_s is not None and set(exits.values()) <= {0} and told.pop("well", True),
        "agreed_s": agreed_s,
        # What the ERP's limit alone would have taken for the calls that were made until then.
        "at_best_s": round(asked * scene.latency_ms / 1000 / CALLS_AT_A_TIME, 1),
        "took_s": round(time.monotonic() - began, 1),
        **count(scene),
        **told,
        "exits": exits,
        "waiting": waiting,
        "wrong": wrong,
        "parked": scene.database.ask("SELECT flow, subject, code, because FROM job WHERE state = 'parked'"),
    }


def _agreed(scene: Scene, traffic: Traffic, most_s: float) -> float | None:
    """Return in how many seconds both sides agreed, or None when they never did."""

    def agree() -> bool:
        return {name for name, found in verdict(scene, traffic.hot).items() if found} <= FOR_GOOD

    try:
        return round(wait_for(agree, most_s, "no agreement"), 1)
    except TimeoutError:
        return None


def _waiting(scene: Scene) -> list[dict[str, Any]]:
    """Return what Isthmus has not done yet, for whoever looks for the reason."""
    return [
        *scene.database.ask(
            "SELECT flow, state, code, because, count(*) AS jobs FROM job WHERE state <> 'done' GROUP BY 1, 2, 3, 4"
        ),
        *scene.database.ask("SELECT connection, kind, code, rounds, token FROM stream"),
        *scene.database.ask("SELECT what, why, because FROM hold"),
        *scene.database.ask(
            "SELECT state, wait_event, left(query, 80) AS query FROM pg_stat_activity WHERE state <> 'idle'"
        ),
    ]


def say(text: str) -> None:
    """Tell whoever watches."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - a tool that speaks


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("arms", nargs="*", choices=[[], *ARMS], help=f"which: {', '.join(ARMS)} (default: all)")
    parser.add_argument("--seed", type=int, default=7, help="of what is bought and who is struck")
    parser.add_argument("--keep", help="a folder for the logs")
    options = parser.parse_args()
    options.arms = options.arms or list(ARMS)
    return options


if __name__ == "__main__":
    sys.exit(main())
