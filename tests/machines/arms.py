"""What is done to the machines, one arm each."""

import random
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isthmus.engine.leases import LEASE_S, RECLAIM_EVERY_S
from tests.machines.scene import CAST, Scene, wait_for
from tests.machines.traffic import Traffic

#: More than the workers can have done in a moment, so that whoever is struck has jobs in hand.
BACKLOG = 60
#: So long after a worker was last heard of, its jobs are others' for certain.
GONE_S = LEASE_S + RECLAIM_EVERY_S * 2
#: How long the ERP is away, the most calls of one minute of it (one canary), and of finding out that it is: six in a
#: row for each of five processes that call, and the first canaries come sooner than each minute.
AWAY_S = 600
CANARIES_A_MINUTE, FINDING_OUT = 1, 35
FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))

Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Arm:
    """A name, and what happens while the shop is busy; it returns figures, and `well` when it judges by itself."""

    name: str
    strike: Callable[[Scene, Traffic], Told]
    traffic: bool = True
    #: The longest it may take until both sides agree, once the last fault is over.
    agree_s: float = 200.0


def plain(_scene: Scene, _traffic: Traffic) -> Told:
    """Nothing fails."""
    time.sleep(15)
    return {}


def cut(scene: Scene, traffic: Traffic) -> Told:
    """One worker loses the database for longer than its lease, with jobs in hand; shop and ERP it can reach."""
    _busy(scene, traffic)
    scene.machines[CAST["worker-b"]].plug("store", there=False)
    time.sleep(GONE_S)
    scene.machines[CAST["worker-b"]].plug("store", there=True)
    traffic.burst(BACKLOG // 3)
    time.sleep(5)
    return {"cut_s": GONE_S}


def frozen(scene: Scene, traffic: Traffic) -> Told:
    """One worker stands still past its lease in the middle of calls, and goes on."""
    _busy(scene, traffic)
    scene.send("worker-b", signal.SIGSTOP)
    time.sleep(GONE_S)
    scene.send("worker-b", signal.SIGCONT)
    time.sleep(5)
    return {"frozen_s": GONE_S}


def killed(scene: Scene, traffic: Traffic) -> Told:
    """Workers, web and schedulers are killed at random and started again."""
    chance = random.Random(traffic.seed)  # noqa: S311 - repeatable chance, not secrecy
    return _kill(scene, traffic, chance.choices(list(CAST), k=12), chance)


def killed_briefly(scene: Scene, traffic: Traffic) -> Told:
    """One of each is killed: as much as CI has time for."""
    chance = random.Random(traffic.seed)  # noqa: S311 - repeatable chance, not secrecy
    return _kill(scene, traffic, ["worker-b", "scheduler-a", "web", "worker-c"], chance)


def database(scene: Scene, traffic: Traffic) -> Told:
    """The database falls as in a power cut, twice, and comes back."""
    for away_s in (0.0, 8.0):
        _busy(scene, traffic)
        scene.database.stop("immediate")
        time.sleep(away_s)
        scene.database.start()
        time.sleep(10)
    return {"restarts": 2}


def clock_ahead(scene: Scene, _traffic: Traffic) -> Told:
    """One worker's clock is two minutes ahead, another's two minutes behind."""
    for name, offset in (("worker-b", "+120"), ("worker-c", "-120")):
        scene.send(name, signal.SIGTERM)
        scene.ended(name)
        scene.up(name, **_clock(offset))
    time.sleep(GONE_S)
    lost = scene.database.ask("SELECT count(*) AS lost FROM attempt WHERE outcome = 'lost'")[0]["lost"]
    return {"lost": lost, "well": lost == 0}


def clock_steps(scene: Scene, traffic: Traffic) -> Told:
    """One worker's clock is set back five minutes while it works, and it is cut off right afterwards."""
    hands = scene.folder / "hands"
    hands.write_text("+300")
    scene.send("worker-b", signal.SIGTERM)
    scene.ended("worker-b")
    scene.up("worker-b", **_clock(None), FAKETIME_TIMESTAMP_FILE=str(hands), FAKETIME_NO_CACHE="1")
    time.sleep(8)
    _busy(scene, traffic)
    hands.write_text("+0")
    scene.machines[CAST["worker-b"]].plug("store", there=False)
    time.sleep(GONE_S)
    scene.machines[CAST["worker-b"]].plug("store", there=True)
    time.sleep(5)
    return {}


def terminated(scene: Scene, traffic: Traffic) -> Told:
    """A worker is told to stop in the middle of its work; the others have its jobs at once."""
    codes: list[int] = []
    took: list[float] = []
    for name in ("worker-b", "worker-c"):
        _busy(scene, traffic)
        began = time.monotonic()
        scene.send(name, signal.SIGTERM)
        codes.append(scene.ended(name))
        took.append(round(time.monotonic() - began, 1))
        scene.up(name)
    lost = scene.database.ask("SELECT count(*) AS lost FROM attempt WHERE outcome = 'lost'")[0]["lost"]
    return {"codes": codes, "stopped_in_s": took, "lost": lost, "well": codes == [0, 0] and lost == 0}


def schedulers(scene: Scene, _traffic: Traffic) -> Told:
    """Of two schedulers one at a time reads each stream; the other takes over when it is killed."""
    began = time.monotonic()
    time.sleep(50)
    scene.kill("scheduler-a")
    time.sleep(60)
    passed = time.monotonic() - began
    calls = scene.call("shop", "state")["calls"]
    rounds = scene.database.ask("SELECT connection, kind, every_s, rounds FROM stream ORDER BY connection, kind")
    # Each round begins `every_s` after the last one ended, so there cannot be more; one reader was dead for a lease.
    most = {f"{each['connection']}/{each['kind']}": passed / each["every_s"] + 2 for each in rounds}
    read = {f"{each['connection']}/{each['kind']}": each["rounds"] for each in rounds}
    well = all(0 < read[name] <= most[name] for name in read)
    scene.up("scheduler-a")
    return {"rounds": read, "shop_calls": calls, "well": well}


def outage(scene: Scene, traffic: Traffic) -> Told:
    """The ERP serves nobody for ten minutes while the shop goes on selling more than the ERP can take."""
    _busy(scene, traffic)
    scene.call("erp", "fault", kind="status_503", rate=1)
    time.sleep(AWAY_S)
    struck = scene.call("erp", "meter")["faults"]["status_503"]
    waiting = scene.database.ask("SELECT count(*) AS jobs, max(attempts) AS tries FROM job WHERE state <> 'done'")[0]
    scene.call("erp", "fault", kind="status_503", rate=0)
    most = AWAY_S / 60 * CANARIES_A_MINUTE + FINDING_OUT
    well = struck <= most and waiting["tries"] == 0
    return {"away_s": AWAY_S, "calls_meanwhile": struck, **waiting, "well": well}


def _kill(scene: Scene, traffic: Traffic, names: Sequence[str], chance: random.Random) -> Told:
    for name in names:
        _busy(scene, traffic, orders=6)
        scene.kill(name)
        time.sleep(chance.uniform(0, 1.5))
        scene.up(name)
        time.sleep(chance.uniform(0, 2))
    return {"killed": list(names)}


def _busy(scene: Scene, traffic: Traffic, orders: int = BACKLOG) -> None:
    traffic.burst(orders)
    wait_for(lambda: scene.running() >= min(orders // 2, 6), 60, "nobody took up any work")


def _clock(offset: str | None) -> Mapping[str, str]:
    preload = {"LD_PRELOAD": str(FAKETIME[-1]), "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    return preload if offset is None else {**preload, "FAKETIME": offset}


ARMS = {
    name: Arm(name, strike, traffic, agree_s)
    for name, strike, traffic, agree_s in (
        ("plain", plain, True, 200),
        ("cut", cut, True, 200),
        ("frozen", frozen, True, 200),
        ("killed", killed, True, 200),
        ("killed-briefly", killed_briefly, True, 200),
        ("database", database, True, 200),
        ("clock-ahead", clock_ahead, True, 200),
        ("clock-steps", clock_steps, True, 200),
        ("terminated", terminated, True, 200),
        ("schedulers", schedulers, False, 200),
        ("outage", outage, True, 900),
    )
    if FAKETIME or not name.startswith("clock")
}
