"""The state machine: hypothesis picks what happens, `Life` makes it happen, calm must follow."""

import asyncio
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.model.life import Life, skewed
from tests.model.town import Town
from tests.model.weather import CALLS

SIDES = st.sampled_from(["shop", "erp"])
#: What the simulators do by themselves to the next calls.
OWN_FAULTS = (
    "status_500", "status_503", "throttle", "throttle_no_hint", "truncate", "reset", "commit_then_drop", "expire_auth",
)  # fmt: skip
MEMORY = Path("/dev/shm")  # noqa: S108 - only folders of our own are made there


class ShopLife(RuleBasedStateMachine):
    """One example: a town from its opening to its last calm."""

    #: A store's URL; empty: a file of the example's own. Emptied before each example.
    database = ""
    #: Of all examples so far.
    taken = examples = crashes = raised = settled_s_most = 0
    rules_taken: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.life: Life

    def run(self, work: Any) -> Any:
        """Run one step to its end."""
        cls = type(self)
        cls.taken += 1
        cls.rules_taken[sys._getframe(1).f_code.co_name] += 1  # pyright: ignore[reportPrivateUsage]
        return self.runner.run(work)

    # --- Beginning and end --------------------------------------------------------------------------------------------

    @initialize()
    def open(self) -> None:
        """Open the town."""
        self.runner.run(self._open())

    async def _open(self) -> None:
        if self.database:
            from tests.store.conftest import emptied  # noqa: PLC0415 - only where there is a server

            await emptied(self.database)
        database = self.database or "sqlite:///town.db"
        town = Town(self.folder, skus=3, database=database, every_s=60, version=19)
        await town.open()
        self.life = Life(town)
        await self.life.begin()

    def teardown(self) -> None:
        """Let everything calm down once more, and tidy up."""
        cls = type(self)
        try:
            if hasattr(self, "life"):
                cls.examples += 1
                cls.crashes += self.life.steps["crashed"]
                try:
                    self.runner.run(self.life.settle())
                    cls.raised += self.life.promise.raised
                    cls.settled_s_most = max(cls.settled_s_most, *self.life.settled_s)
                finally:
                    self.runner.run(self.life.town.close())
        finally:
            self.runner.close()
            shutil.rmtree(self.folder)

    # --- The shop -----------------------------------------------------------------------------------------------------

    @rule(seed=st.integers(0, 9999), count=st.integers(1, 3))
    def buy(self, seed: int, count: int) -> None:
        """Place orders."""
        self.run(self.life.people.buy(count, seed))

    @precondition(lambda self: self.life.people.orders)
    @rule(which=st.integers(0, 30), line=st.integers(0, 4), quantity=st.integers(0, 6))
    def edit(self, which: int, line: int, quantity: int) -> None:
        """Change an order, a late one first."""
        self.run(self._do(lambda: self.life.people.edit(self._order(which), line, quantity)))

    @precondition(lambda self: self.life.people.orders)
    @rule(which=st.integers(0, 30))
    def cancel(self, which: int) -> None:
        """Cancel an order."""
        self.run(self._do(lambda: self.life.people.cancel(self._order(which))))

    @rule(sku=st.integers(0, 2), place=st.integers(0, 1), quantity=st.integers(0, 15))
    def type_stock_into_the_shop(self, sku: int, place: int, quantity: int) -> None:
        """Set a figure in the shop by hand, which is put right again."""
        self.run(self._do(lambda: self.life.people.set_shop_stock(self._sku(sku), _place(place), quantity)))

    # --- The ERP ------------------------------------------------------------------------------------------------------

    @rule(sku=st.integers(0, 2), place=st.integers(0, 1), quantity=st.integers(0, 15))
    def count(self, sku: int, place: int, quantity: int) -> None:
        """Count stock."""
        self.run(self._do(lambda: self.life.people.count(self._sku(sku), _place(place), quantity)))

    @rule(seed=st.integers(0, 9999))
    def sell_over_the_counter(self, seed: int) -> None:
        """Sell in the ERP."""
        self.run(self.life.people.sell_over_the_counter(seed))

    @precondition(lambda self: self.life.people.orders)
    @rule(which=st.integers(0, 30))
    def ship(self, which: int) -> None:
        """Ship an order."""
        self.run(self._do(lambda: self.life.people.ship(self._order(which))))

    @rule(sku=st.integers(0, 2), where=st.sampled_from(["shop", "erp", "both"]))
    def rename(self, sku: int, where: str) -> None:
        """Rename a SKU in the shop, in the ERP or in both, whatever is on its way under the old name."""
        self.run(self._do(lambda: self.life.people.rename(self._sku(sku), where)))

    # --- Webhooks -----------------------------------------------------------------------------------------------------

    @rule(which=st.integers(0, 50), times=st.integers(1, 3), keep=st.booleans())
    def deliver(self, which: int, times: int, keep: bool) -> None:  # noqa: FBT001 - hypothesis gives it by name
        """Bring a webhook, in any order, so often."""
        self.run(self.life.deliver(which, times, keep=keep))

    @rule()
    def lose_webhooks(self) -> None:
        """Lose all that are under way."""
        self.run(self._do(self.life.lose_webhooks))

    # --- Isthmus ------------------------------------------------------------------------------------------------------

    @rule()
    def work(self) -> None:
        """Do what is due."""
        self.run(self.life.town.work())

    @rule(seconds=st.sampled_from([1, 6, 20, 65, 300, 1000]))
    def wait(self, seconds: int) -> None:
        """Let time pass and do what is due."""
        self.run(self.life.town.wait(seconds))

    @rule(touches=st.integers(0, 60), alone=st.booleans())
    def crash(self, touches: int, alone: bool) -> None:  # noqa: FBT001 - hypothesis gives it by name
        """Be gone in the middle, and come back."""
        self.run(self.life.crash(touches, alone=alone))

    @rule(what=st.sampled_from(["connection:shop", "connection:erp", "flow:orders", "flow:stock"]))
    def pause(self, what: str) -> None:
        """Put something on hold."""
        self.run(self.life.pause(what))

    @rule(what=st.sampled_from(["connection:shop", "connection:erp", "flow:orders", "flow:stock"]))
    def resume(self, what: str) -> None:
        """End a hold."""
        self.run(self.life.resume(what))

    # --- The world ----------------------------------------------------------------------------------------------------

    @rule(side=SIDES)
    def go_down(self, side: str) -> None:
        """Take a system away."""
        self.run(self._do(lambda: self.life.weather.down.add(side)))

    @rule(side=SIDES)
    def come_back(self, side: str) -> None:
        """Bring it back."""
        self.run(self._do(lambda: self.life.weather.down.discard(side)))

    @rule(side=SIDES, kinds=st.lists(st.sampled_from([*CALLS, "well"]), min_size=1, max_size=8))
    def strike(self, side: str, kinds: list[str]) -> None:
        """Let something happen to the next calls."""
        self.run(self._do(lambda: self.life.weather.next[side].extend(kinds)))

    @rule(side=SIDES, kind=st.sampled_from(OWN_FAULTS), count=st.integers(1, 3))
    def misbehave(self, side: str, kind: str, count: int) -> None:
        """Let a system answer wrongly."""
        world = self.life.town.shop if side == "shop" else self.life.town.erp
        self.run(self._do(lambda: world.faults.set({"kind": kind, "count": count})))

    @rule(side=SIDES, minutes=st.sampled_from([-5, -2, 0, 2, 5]))
    def set_clock(self, side: str, minutes: int) -> None:
        """Put a system's clock forward or back."""
        self.run(self._do(lambda: self.life.town.skew.__setitem__(side, skewed(minutes))))

    # --- Calm ---------------------------------------------------------------------------------------------------------

    @rule()
    def settle(self) -> None:
        """End all trouble: everything comes right."""
        self.run(self.life.settle())

    @invariant()
    def nothing_is_promised_twice(self) -> None:
        """See the writes so far."""
        if hasattr(self, "life"):
            assert self.life.promise.broken == []

    async def _do(self, act: Any) -> None:
        act()

    def _order(self, which: int) -> str:
        orders = self.life.people.orders
        return orders[-1 - which % len(orders)]

    def _sku(self, which: int) -> str:
        skus = self.life.people.skus()
        return skus[which % len(skus)]


def _place(which: int) -> str:
    return ("Main warehouse", "East warehouse")[which]


def on(database: str) -> type[ShopLife]:
    """Return the machine for a store of this URL; empty: files."""
    own = {"database": database, "rules_taken": Counter[str](), "__module__": __name__}
    return type("ShopLife", (ShopLife,), own)
