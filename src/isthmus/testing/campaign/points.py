"""The arms that kill Isthmus once at every point between two things it does.

Isthmus is started again and again; each life ends at the first moment at which no earlier one ended
(`engine/failpoints`). What it has to do meanwhile are the acts (`acts.py`, `proof_acts.py`): together they reach every
commit and every call.
"""

import asyncio
import signal
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from isthmus.engine.failpoints import BY, PLACES, call_points, commit_points
from isthmus.kit.http import HttpFailure
from isthmus.testing.campaign import acts, proof_acts
from isthmus.testing.campaign.acts import Act, Died
from isthmus.testing.campaign.arm import Arm
from isthmus.testing.campaign.pair import CannotPlay
from isthmus.testing.campaign.scene import Scene
from isthmus.testing.lives import Life

CALM_S = 3.0
#: A field that every further order of a buyer changes: without a row, a known contact is hardly ever written to.
DOCUMENT = '[customer]\n"custom.x_last_order" = "order.number"\n'
#: Longer than any act takes, however slow the machine is.
AN_ACT_S = 400.0


@dataclass(frozen=True, slots=True)
class Exempt:
    """Why no act can reach what a statement commits, and the test that does."""

    because: str
    test: str


SEVERAL_ERPS = "only for a shop whose orders go to several ERPs; the campaign's goes to one"
OLD_RESULTS = "no result of a campaign is 400 days old, so that there nothing goes"
#: What is learned of answers is no part of any record's work: a life that loses it learns it again.
LEARNED = "beside the work and in no act's way: what a killed process had learned and not written is learned again"
#: Statements whose commits are not a running Isthmus's.
ELSEWHERE: Mapping[str, Exempt] = {
    "take_delivery": Exempt(
        "only the test harness takes deliveries one by one; the web face uses take_deliveries",
        "tests/campaign/test_exempt.py",
    ),
    "watch_intent": Exempt(
        "only for a system that cannot refuse a second record of the same key; Odoo can",
        "tests/campaign/test_exempt.py",
    ),
    "claim_order": Exempt(SEVERAL_ERPS, "tests/campaign/test_exempt.py"),
    "join_entities": Exempt(SEVERAL_ERPS, "tests/campaign/test_exempt.py"),
    "join_by_number": Exempt(SEVERAL_ERPS, "tests/campaign/test_exempt.py"),
    "move_proof_anchor": Exempt(OLD_RESULTS, "tests/campaign/test_exempt.py"),
    "prune_proof_rows": Exempt(OLD_RESULTS, "tests/campaign/test_exempt.py"),
    "keep_shape": Exempt(LEARNED, "tests/campaign/test_exempt.py"),
    "note_drift": Exempt(LEARNED, "tests/campaign/test_exempt.py"),
    "accept_drift": Exempt("a person's command, about what no act makes different", "tests/campaign/test_exempt.py"),
    "prune_shapes": Exempt(LEARNED, "tests/campaign/test_exempt.py"),
    "prune_drifts": Exempt(LEARNED, "tests/campaign/test_exempt.py"),
    "keep_mapping": Exempt("the campaign's project has no mapping document", "tests/campaign/test_exempt.py"),
}
#: Processes share budgets through the first only where there are several, which a file database does not allow; a file
#: is copied whole, a server's tables one by one.
ON_A_SERVER = ("keep_allowance", "note_change")
#: Only where nobody else can be at work is everything a killed process held taken back at once.
ON_A_FILE = ("free_streams", "free_duties", "free_proofs", "free_canaries")


def points(dialect: str) -> frozenset[str]:
    """Return every point a running Isthmus has on this store."""
    away = {*ELSEWHERE, *(ON_A_SERVER if dialect == "sqlite" else ON_A_FILE)}
    commits = {each for each in commit_points() if each.split(".")[1] not in away}
    return frozenset(commits | PLACES | call_points(operations()))


def operations() -> Sequence[str]:
    """Return the operations of the calls that are made in the acts; a test keeps the list true."""
    text = files("isthmus.testing.campaign").joinpath("operations.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def killed_in(name: str, says: str, *played: Act) -> Arm:
    """Return an arm that plays some acts until no point is left at which none of this campaign's lives has ended."""

    async def play(scene: Scene) -> None:
        # Shared with the other arms of this kind: what one has died at the next may pass.
        book = scene.folder.parent / f"met-{scene.site.dialect}-{scene.seed}"
        await _mapped(scene)
        await scene.order(3)
        for act in played:
            await _lives(scene, act, book)
        # Whoever was killed in the middle of an act left it half-way.
        await scene.heal_all()
        for what in ("erp", "orders"):
            await scene.command("resume", what)
        scene.met = met_in(book)
        await scene.up()
        await scene.order(max(1, scene.orders - len(scene.placed)))

    # What went down with its worker again and again is run one by one afterwards.
    says = f"killed before and after every commit and call {says}"
    return Arm(f"killed-{name}", says, play, stock=True, agree_s=240.0)


async def _mapped(scene: Scene) -> None:
    """Have contacts written to as well, by a mapping document."""
    await scene.pair.do("erp", "field", model="res.partner", name="x_last_order", type="char")
    folder = scene.folder / "mappings"
    folder.mkdir()
    (folder / "orders.toml").write_text(DOCUMENT, "utf-8")


def met_in(book: Path) -> dict[str, str]:
    """Return each point at which a life ended, with the act that was played to it."""
    lines = [line.split() for line in book.read_text("utf-8").splitlines()]
    return {name: act.removeprefix(BY) for act, *names in lines for name in names}


def missed(dialect: str, met: Collection[str]) -> list[str]:
    """Return the points nothing was killed at, and the calls that are made and not on the list."""
    known = points(dialect)
    return sorted({*(known - set(met)), *(each for each in met if each.startswith("call.") and each not in known)})


async def _lives(scene: Scene, act: Act, book: Path) -> None:
    """Play one act to lives that end at new points, until one lives to see its end."""
    deaths = 0
    while not await _survived(scene, act, book):
        scene.struck["killed"] += 1
        deaths += 1
        if deaths % act.in_a_row == 0:
            await _calm(scene)


async def _survived(scene: Scene, act: Act, book: Path) -> bool:
    """Play an act to a new life; return whether it, or what the act did to it, came to its end."""
    await scene.heal_all()
    if "up" in scene.lives:
        await scene.free_duties()
    scene.playing = act.name
    life = await scene.up(ISTHMUS_FAILPOINTS_MET=str(book), ISTHMUS_FAILPOINTS_BY=act.name)
    playing = asyncio.create_task(_played(act, scene, book, life))
    ending = asyncio.create_task(life.over(AN_ACT_S))
    try:
        first = {playing} if act.ends else {playing, ending}
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED, timeout=AN_ACT_S)
        if playing.done():
            if (wrong := playing.exception()) is not None:
                return await _blamed(wrong, life)
            if act.ends:
                return True
            await asyncio.wait({ending}, timeout=act.seconds)
        if life.alive:
            return await life.stop() == 0
        return _as_wanted(life)
    finally:
        for task in (playing, ending):
            task.cancel()
        await asyncio.gather(playing, ending, return_exceptions=True)


async def _blamed(wrong: BaseException, life: Life) -> bool:
    """Return False where an act was broken off because Isthmus was killed. Raises what was wrong otherwise."""
    if isinstance(wrong, Died):
        return False
    await life.over(1.0)
    if isinstance(wrong, HttpFailure | CannotPlay) and not life.alive:
        return _as_wanted(life)
    raise wrong


def _as_wanted(life: Life) -> bool:
    """Return False: it was killed. Raises `CannotPlay` when it ended in another way."""
    if life.ended != -signal.SIGKILL:
        message = f"Isthmus ended by itself with {life.ended}"
        raise CannotPlay(message)
    return False


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


TRADING = (
    # Nothing is in hand yet that could be lost too often.
    Act(acts.begin, 6.0, in_a_row=100),
    Act(acts.trade, 6.0),
    Act(proof_acts.forgotten, 1.0),
    Act(proof_acts.compared, 2.0),
    Act(proof_acts.judged, 2.0),
    Act(proof_acts.answered, 2.0),
    Act(proof_acts.withdrawn, 2.0),
)
TROUBLED = (
    Act(acts.doubt, 9.0),
    Act(acts.shop_bad, 5.0),
    Act(acts.illegible, 4.0),
    Act(acts.removed, 20.0),
    Act(acts.erp_gone, 20.0),
)
SERVED = (
    Act(acts.commands, 3.0),
    Act(acts.slow, acts.LONG_CALL_S + 4),
    Act(proof_acts.slowly_compared, 1.0),
    Act(acts.told_to_stop, 0.0, ends=True),
    Act(acts.once, 0.0, ends=True),
    Act(acts.saved, 0.0, ends=True),
)
ACTS = frozenset(act.name for act in (*TRADING, *TROUBLED, *SERVED))
#: Together these reach every point; each begins with an empty shop and an empty ERP.
POINTS: Sequence[Arm] = (
    killed_in("trading", "while orders and stock come and go and are compared", *TRADING),
    killed_in("troubled", "while both systems fail", *TROUBLED),
    killed_in("served", "while people give commands, calls take long, and it is told to stop", *SERVED),
)
