"""What Isthmus has to do while it is killed at every point: each act brings some of the points about.

An act is played again to each life until one sees its end, so it begins wherever the last one was broken off.
"""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode

from isthmus.kit.http import Request
from isthmus.testing.campaign.pair import CannotPlay
from isthmus.testing.campaign.scene import Scene
from isthmus.testing.lives import Life, Program
from isthmus.web.guard import COOKIE, FIELD

#: A restore waits out the settle time of both systems.
COMMAND_S = 40.0
#: More points than one command has.
TRIES = 40
#: So many lives may end one after the other; then one goes on until nothing is in hand, or the same work would be lost
#: with its worker again and again until a person is asked.
IN_A_ROW = 4
#: Longer than a call may take for a worker to have to prolong what it holds, and for a comparison to.
LONG_CALL_S, LONGER_CALL_S = 12.0, 23.0


#: What the shop calls the first reading of all variants, and what is done once about each webhook.
FIRST = {"shop+productVariants", "webhookSubscriptionCreate"}
#: What the shop calls the reading of one order's refunds, which is done for those that were edited.
REFUNDS = "=order"
#: What it calls the reading of orders that changed.
READING = "=shop+orders"


class Died(Exception):
    """Isthmus was killed at a point while an act ended it by itself: it is played again."""


class Play(Protocol):
    """A function that does it; the file keeps the points that were met."""

    __name__: str

    async def __call__(self, scene: Scene, book: Path, /) -> None:
        """Do it."""
        ...


@dataclass(frozen=True, slots=True)
class Act:
    """Something to do for Isthmus, and how many seconds later all that follows from it is done."""

    play: Play
    seconds: float
    #: The act itself ends the process.
    ends: bool = False
    in_a_row: int = IN_A_ROW

    @property
    def name(self) -> str:
        """Return what it is called where its points are written down."""
        return self.play.__name__


async def begin(scene: Scene, _book: Path) -> None:
    """Let it read everything for the first time, and ask for webhooks."""

    async def begun() -> bool:
        return (await scene.pair.meter("shop"))["calls"].keys() >= FIRST

    await scene.until(begun, 60.0, "Isthmus does not read the shop, or asks for no webhooks", every_s=0.2)


async def trade(scene: Scene, _book: Path) -> None:
    """Sell, edit, cancel, count."""
    await scene.order(2)
    await scene.change_mind()
    await scene.pair.do("erp", "stock", sku=await some_sku(scene), place="WH", quantity=scene.chance.randint(200, 900))


async def some_sku(scene: Scene) -> str:
    """Return one of the SKUs both sides have."""
    return scene.chance.choice(sorted((await scene.pair.state("shop"))["stock"]))


# --- Both systems fail ------------------------------------------------------------------------------------------------


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


async def shop_bad(scene: Scene, _book: Path) -> None:
    """Let readings and deliveries of the shop fail."""
    await scene.fault("shop", "status_503", count=2)
    await scene.order(2)
    await asyncio.sleep(1)
    await scene.fault("shop", "wrong_type", count=2, match="order")
    await scene.order(1)


async def illegible(scene: Scene, _book: Path) -> None:
    """Let part of an edited order be illegible, again and again."""
    await scene.order(4)
    await scene.fault("shop", "wrong_type", rate=1, match=REFUNDS)
    for _ in range(4):
        await scene.change_mind()
        await asyncio.sleep(1)
    await scene.heal("shop", "wrong_type", REFUNDS)


async def removed(scene: Scene, _book: Path) -> None:
    """Delete a product in the shop that the ERP goes on counting."""
    sku = await some_sku(scene)
    await scene.pair.do("shop", "remove", sku=sku)
    await scene.pair.do("erp", "stock", sku=sku, place="WH", quantity=1)
    await scene.order(1)


async def erp_gone(scene: Scene, book: Path) -> None:
    """Let the ERP be down until a canary has found it so, and come back."""
    # Whoever died while asking whether it is there keeps the question for minutes; a check by hand ends that.
    await command(scene, book, "connect", "check", "erp")
    await scene.order(1)
    await scene.fault("erp", "status_503", rate=1)
    await scene.order(10)

    async def found_down() -> bool:
        return any(row["failures"] for row in await scene.ask("holds"))

    await scene.until(found_down, 60.0, "no canary was sent to an ERP that is down", every_s=0.3)
    await scene.heal("erp", "status_503")


# --- People give commands ---------------------------------------------------------------------------------------------


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
    # An Odoo older than 19 does not know the quick way to tell its version.
    await scene.fault("erp", "wrong_type", rate=1, match="json.version")
    await command(scene, book, "connect", "check", "erp")
    await scene.heal("erp", "wrong_type", "json.version")


async def slow(scene: Scene, _book: Path) -> None:
    """Let calls take so long that what is held has to be prolonged."""
    await scene.fault("erp", "slow_commit", count=1, seconds=LONG_CALL_S, match="sale.order.load")
    await scene.fault("shop", "slow_commit", count=1, seconds=LONG_CALL_S, match=READING)
    await scene.order(2)


async def told_to_stop(scene: Scene, _book: Path) -> None:
    """Stop it in the middle of its work."""
    await scene.order(20)
    await asyncio.sleep(0.4)
    if await scene.lives["up"].stop() != 0:
        raise Died


async def once(scene: Scene, book: Path) -> None:
    """Let a scheduler do all that is due, as `isthmus run --once` does."""
    await scene.order(2)
    await scene.lives["up"].kill()
    await command(scene, book, "run", "--once")


async def saved(scene: Scene, book: Path) -> None:
    """Take a backup, sell, and go back to it: what was sold since is read and looked for again."""
    for number in range(TRIES):
        file = scene.folder / f"{len(scene.placed)}-{number}.backup"
        await _tried(scene, book, ("backup", "--to", str(file)))
        if file.exists():
            break
    else:
        message = "isthmus backup does not come to its end"
        raise CannotPlay(message)
    await scene.order(3)
    await asyncio.sleep(2)
    if await scene.lives["up"].stop() != 0:
        raise Died
    # Whoever was killed before is not known to be gone yet.
    if (ended := await command(scene, book, "restore", str(file), "--replace", "--force")) != 0:
        message = f"isthmus restore ended with {ended}"
        raise CannotPlay(message)


async def command(scene: Scene, book: Path, *words: str) -> int:
    """Run a command until it lives to its end and return how it ended. Raises `CannotPlay` when it never does."""
    for _ in range(TRIES):
        ended = await _tried(scene, book, words)
        if ended is not None:
            return ended
    message = f"isthmus {' '.join(words)} does not come to its end"
    raise CannotPlay(message)


async def _tried(scene: Scene, book: Path, words: tuple[str, ...]) -> int | None:
    """Run a command once and return how it ended, None where it was killed at a point."""
    environment = {**scene.environment, "ISTHMUS_DATABASE_URL": scene.site.url, "ISTHMUS_FAILPOINTS_MET": str(book)}
    environment["ISTHMUS_FAILPOINTS_BY"] = scene.playing
    life = Life(Program([*words, "-C", str(scene.folder)], scene.folder / "commands.log", environment))
    try:
        ended = await life.over(COMMAND_S)
    finally:
        await life.kill()
    if ended is None:
        message = f"isthmus {' '.join(words)} takes longer than {COMMAND_S:.0f} s"
        raise CannotPlay(message)
    if ended < 0:
        scene.struck["killed"] += 1
        return None
    return ended


async def click(scene: Scene, path: str, **fields: str) -> None:
    """Press a button of the pages. Raises `CannotPlay` when it is refused."""
    at = f"http://127.0.0.1:{scene.pair.isthmus}"
    page = await scene.http.send(Request("GET", f"{at}/proof", "page"))
    token = page.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    headers = {
        "Cookie": f"{COOKIE}={token}",
        "Origin": at,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    body = urlencode({FIELD: token, **fields}).encode()
    answer = await scene.http.send(Request("POST", f"{at}{path}", "click", headers, body))
    if answer.status >= HTTPStatus.BAD_REQUEST:
        message = f"{path} was refused: {answer.status} {answer.body[:200]!r}"
        raise CannotPlay(message)
