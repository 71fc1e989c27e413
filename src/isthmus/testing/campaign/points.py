"""The arm that kills Isthmus once at every point between two things it does.

Isthmus is started again and again; each life ends at the first moment at which no earlier one ended
(`engine/failpoints`). What it has to do meanwhile are the acts below: together they reach every commit and every call.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from isthmus.engine.failpoints import PLACES, call_points, commit_points
from isthmus.testing.campaign.arm import Arm
from isthmus.testing.campaign.pair import CannotPlay
from isthmus.testing.campaign.scene import Scene
from isthmus.testing.lives import Life, Program

#: So many lives may end one after the other; then one goes on until nothing is in hand, or the same work would be lost
#: with its worker again and again until a person is asked.
IN_A_ROW = 4
CALM_S = 3.0
COMMANDS_S = 15.0
#: Statements whose commits are not a running Isthmus's, and where they are killed instead.
ELSEWHERE: Mapping[str, str] = {
    "take_delivery": "only the test harness takes deliveries one by one; the web face uses take_deliveries",
    "mark_copied": "isthmus migrate --from --to; killed in tests/store/test_copy.py",
    "unmark_copied": "the same",
    "park_unreadable": "no simulated record is illegible; tests/engine/test_rounds.py",
}
#: Processes share budgets through these only where there are several, which a file database does not allow.
ON_A_SERVER = ("keep_allowance",)


@dataclass(frozen=True, slots=True)
class Act:
    """Something to do for Isthmus, and how long it may take until all of it is done."""

    play: Callable[[Scene, Path], Awaitable[None]]
    seconds: float


def points(dialect: str) -> frozenset[str]:
    """Return every point a running Isthmus has on this store."""
    away = {*ELSEWHERE, *(ON_A_SERVER if dialect == "sqlite" else ())}
    commits = {each for each in commit_points() if each.split(".")[1] not in away}
    return frozenset(commits | PLACES | call_points(operations()))


def operations() -> Sequence[str]:
    """Return the operations of the calls that are made in the acts; a test keeps the list true."""
    text = files("isthmus.testing.campaign").joinpath("operations.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def killed_in(name: str, says: str, *acts: Act) -> Arm:
    """Return an arm that plays some acts until no point is left at which none of this campaign's lives has ended."""

    async def play(scene: Scene) -> None:
        # Shared with the other arms of this kind: what one has died at the next may pass.
        book = scene.folder.parent / f"met-{scene.site.dialect}-{scene.seed}"
        await scene.order(3)
        for act in acts:
            await _lives(scene, act, book)
        # Whoever was killed in the middle of an act left it half-way.
        await scene.heal_all()
        for what in ("erp", "orders"):
            await scene.command("resume", what)
        scene.met = set(book.read_text("utf-8").split())
        await scene.up()
        await scene.order(max(1, scene.orders - len(scene.placed)))

    # What went down with its worker again and again is run one by one afterwards.
    says = f"killed before and after every commit and call {says}"
    return Arm(f"killed-{name}", says, play, stock=True, agree_s=240.0)


def missed(dialect: str, met: Collection[str]) -> list[str]:
    """Return the points nothing was killed at, and the calls that are made and not on the list."""
    known = points(dialect)
    return sorted({*(known - set(met)), *(each for each in met if each.startswith("call.") and each not in known)})


async def _lives(scene: Scene, act: Act, book: Path) -> None:
    """Play one act to lives that end at new points, until one lives to see its end."""
    deaths = 0
    while True:
        life = await scene.up(ISTHMUS_FAILPOINTS_MET=str(book))
        playing = asyncio.create_task(_played(act, scene, book, life))
        died = await life.over(act.seconds)
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        if died is None:
            await life.stop()
            return
        scene.struck["killed"] += 1
        deaths += 1
        if deaths % IN_A_ROW == 0:
            await _calm(scene)


async def _played(act: Act, scene: Scene, book: Path, life: Life) -> None:
    await scene.up_and_well(life)
    await act.play(scene, book)


async def _calm(scene: Scene) -> None:
    """Let it work without dying until nothing is in hand."""
    await scene.up()
    loop = asyncio.get_running_loop()
    until = loop.time() + CALM_S
    while loop.time() < until:
        await asyncio.sleep(0.2)
        if not [row for row in await scene.ask("jobs_due", flows='["orders", "customers", "stock"]') if row["run_at"]]:
            break
    await scene.kill()


# --- The acts ---------------------------------------------------------------------------------------------------------


async def trade(scene: Scene, _book: Path) -> None:
    """Sell, edit, cancel, count."""
    await scene.order(2)
    await scene.change_mind()
    skus = sorted((await scene.pair.state("erp"))["stock"])
    await scene.pair.do(
        "erp", "stock", sku=scene.chance.choice(skus), place="WH", quantity=scene.chance.randint(200, 900)
    )


async def doubt(scene: Scene, _book: Path) -> None:
    """Make the ERP act without our hearing of it, refuse for a moment, and refuse for good."""
    await scene.fault("erp", "commit_then_drop", count=1, match="sale.order.load")
    await scene.order(1)
    await asyncio.sleep(0.5)
    await scene.fault("erp", "status_503", count=1, match="sale.order.load")
    await scene.order(1)
    await asyncio.sleep(0.5)
    await scene.fault("erp", "wrong_type", count=1, match="sale.order.search_read")
    await scene.order(2)


async def erp_gone(scene: Scene, _book: Path) -> None:
    """Let the ERP be down until a canary has found it so, and come back."""
    await scene.order(1)
    await scene.fault("erp", "status_503", rate=1)
    await scene.order(10)
    await asyncio.sleep(14)
    await scene.heal("erp", "status_503")


async def shop_bad(scene: Scene, _book: Path) -> None:
    """Let readings and deliveries of the shop fail, and one order be illegible."""
    await scene.fault("shop", "status_503", count=2)
    await scene.order(2)
    await asyncio.sleep(1)
    await scene.fault("shop", "wrong_type", count=2, match="order")
    await scene.order(1)


async def removed(scene: Scene, _book: Path) -> None:
    """Delete a product in the shop."""
    skus = sorted((await scene.pair.state("shop"))["stock"])
    await scene.pair.do("shop", "remove", sku=scene.chance.choice(skus))
    await scene.order(1)


async def slow(scene: Scene, _book: Path) -> None:
    """Let a call take so long that leases have to be prolonged."""
    await scene.fault("erp", "slow_commit", count=1, seconds=12, match="sale.order.load")
    await scene.fault("shop", "slow_commit", count=1, seconds=12, match="orders")
    await scene.order(2)


async def commands(scene: Scene, book: Path) -> None:
    """Let a person pause, look, retry and resume, each command dying at its own points."""
    for words in (
        ("pause", "erp"),
        ("retry",),
        ("connect", "check"),
        ("resume", "erp"),
        ("pause", "orders"),
        ("resume", "orders"),
    ):
        await command(scene, book, *words)


async def command(scene: Scene, book: Path, *words: str) -> None:
    """Run a command until it lives to its end."""
    environment = {"ISTHMUS_DATABASE_URL": scene.site.url, "ISTHMUS_FAILPOINTS_MET": str(book)}
    for _ in range(30):
        life = Life(Program([*words, "-C", str(scene.folder)], scene.folder / "commands.log", environment))
        if (await life.over(COMMANDS_S) or 0) >= 0:
            return
        scene.struck["killed"] += 1
    message = f"isthmus {' '.join(words)} does not come to its end"
    raise CannotPlay(message)


async def told_to_stop(scene: Scene, _book: Path) -> None:
    """Stop it in the middle of its work."""
    await scene.order(20)
    await asyncio.sleep(0.4)
    await scene.lives["up"].stop()


async def once(scene: Scene, book: Path) -> None:
    """Let a scheduler do all that is due, as `isthmus run --once` does."""
    await scene.lives["up"].kill()
    await command(scene, book, "run", "--once")


TROUBLED = ((doubt, 9.0), (shop_bad, 5.0), (removed, 8.0), (erp_gone, 26.0))
SERVED = ((commands, 20.0), (slow, 14.0), (told_to_stop, 6.0), (once, 30.0))
#: Together these reach every point; each begins with an empty shop and an empty ERP.
POINTS: Sequence[Arm] = (
    killed_in("trading", "while orders and stock come and go", Act(trade, 6.0), Act(trade, 6.0)),
    killed_in("troubled", "while both systems fail", *(Act(play, s) for play, s in TROUBLED)),
    killed_in(
        "served",
        "while people give commands, calls take long, and it is told to stop",
        *(Act(play, s) for play, s in SERVED),
    ),
)
