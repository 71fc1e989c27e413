"""Everything that can happen to a shop, step by step; and what must be true once it calms down."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

from isthmus.admin.holds import pause, resume
from isthmus.admin.operations import retry
from tests.model.people import People
from tests.model.promise import Promise
from tests.model.town import Town
from tests.model.verdict import disagreements
from tests.model.weather import Weather

#: Goods are scarce, so that every mistake with stock shows.
SCARCE = {"Main warehouse": 9, "East warehouse": 4}
#: Waits until everything agrees: rounds at first, then what backs off for half an hour at most.
PATIENCE_S = (75,) * 6 + (600,) * 4 + (2400,) * 8
#: The long overlap of readings and the assortment's rhythm have passed after this.
AFTERWARDS_S = 960


class Unsettled(AssertionError):
    """Something is not as it should be; the message says what."""


class Life:
    """One town and what happens in it."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.people = People(town)
        self.weather = Weather(town.hands)
        self.promise = Promise(self.people, self.weather)
        self.steps: Counter[str] = Counter()
        self.settled_s: list[int] = []  # how long each calming down took
        town.line.weather = self.promise

    async def begin(self) -> None:
        """Make goods scarce and let Isthmus read everything once."""
        for sku in self.people.skus():
            for place, quantity in SCARCE.items():
                self.people.count(sku, place, quantity)
        await self.town.work(poll=True)
        await self.settle()

    # --- Webhooks -----------------------------------------------------------------------------------------------------

    async def deliver(self, which: int, times: int, *, keep: bool = False) -> None:
        """Bring one of the webhooks under way, so often; `keep` leaves a copy for later."""
        self.town.collect()
        if not self.town.mail:
            return
        place = which % len(self.town.mail)
        sent = self.town.mail[place] if keep else self.town.mail.pop(place)
        for _ in range(times):
            await self.town.deliver(sent)

    def lose_webhooks(self) -> None:
        """Let everything that is under way get lost."""
        self.town.collect()
        self.town.mail.clear()

    # --- Trouble ------------------------------------------------------------------------------------------------------

    async def crash(self, touches: int, *, alone: bool) -> None:
        """Stop everything in the middle of the work, and start again on what is on disk."""
        self.promise.trouble()
        self.steps["crashed" if await self.town.crash(touches) else "stopped"] += 1
        if not alone:
            # Another process goes on, which has to wait until what the first one held has run out.
            await self.town.hands.sleep(200)
        await self.town.open(alone=alone)

    async def pause(self, what: str) -> None:
        """Let a person put something on hold."""
        engine = self.town.harness.engine
        await pause(engine.context, engine.flows, what, by="test", because="stocktaking")

    async def resume(self, what: str) -> None:
        """Let a person end it."""
        engine = self.town.harness.engine
        await resume(engine.context, engine.flows, what, by="test")

    # --- Calm ---------------------------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """End all trouble and see that everything comes right by itself. Raises `Unsettled`."""
        await self._calm()
        waited, wrong = 0, ["not asked yet"]
        for seconds in PATIENCE_S:
            await self.town.wait(seconds)
            waited += seconds
            wrong = await disagreements(self.people)
            if not wrong:
                break
        self._judge(wrong)
        self.settled_s.append(waited)
        await self.town.wait(AFTERWARDS_S)
        self._judge(await disagreements(self.people))
        self.promise.calm()

    async def _calm(self) -> None:
        self.weather.clear()
        self.town.shop.faults.clear()
        self.town.erp.faults.clear()
        for what in ("connection:shop", "connection:erp", "flow:orders", "flow:stock"):
            await self.resume(what)
        await self.town.hands.sleep(5)
        await self.weather.land(everything=True)
        # What was asked because an answer made no sense is answered by a person who tries again.
        for row in await self.town.harness.parked():
            await retry(self.town.harness.engine.context, by="test", flow=row["flow"], subject=row["subject"])

    def _judge(self, wrong: list[str]) -> None:
        wrong = [*self.promise.broken, *wrong]
        if wrong:
            raise Unsettled("; ".join(wrong))


def skewed(minutes: float) -> timedelta:
    """Return how far a system's clock is ahead of the true one."""
    return timedelta(minutes=minutes)


def database_in(folder: Path, url: str = "") -> str:
    """Return the store's URL: `url`, or a file in `folder`."""
    return url or f"sqlite:///{folder / 'town.db'}"
