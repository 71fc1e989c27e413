"""What an arm is, and what came of one."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import msgspec

from isthmus.store.statement import Dialect
from isthmus.testing.campaign.scene import Scene

BOTH: tuple[Dialect, ...] = ("sqlite", "postgres")
Strike = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to break something.

    `play` starts Isthmus, lets customers order and does the damage; when it returns, nothing is broken any more.
    """

    name: str
    says: str
    play: Strike
    stores: tuple[Dialect, ...] = BOTH
    #: Stock flows back to the shop beside the orders: without it the shop is only read.
    stock: bool = False
    #: Addresses that lead through a proxy.
    proxied: tuple[str, ...] = ()
    #: The database server is ended and started again, so it has to be this run's alone.
    restarts: bool = False
    #: Nothing is broken: there is nothing to reach.
    harmless: bool = False
    #: How long both sides may take to agree, once the last fault is over. A change of an order that was cut off at its
    #: cancellation is taken up again only when that cancellation can no longer come through: 120 s in Odoo. A system
    #: that refused our credentials is asked once a minute, and what that look finds refused once more waits another.
    agree_s: float = 200.0


class Result(msgspec.Struct, kw_only=True):
    """What one run showed; `once` to `asked` count orders, in the systems themselves (`asked`: in the ledger)."""

    arm: str
    store: str
    seed: int
    offered: int = 0
    once: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    asked: int = 0
    skipped: int = 0  # canceled before anybody could bring them
    wrong_stock: int = 0
    faults: Mapping[str, int] = msgspec.field(default_factory=dict[str, int])
    reached: bool = False
    drain_s: float | None = None
    at_best_s: float = 0.0
    took_s: float = 0.0
    calls_per_order: float = 0.0
    met: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])  # points it was killed at, and in which act
    trouble: str = ""
    samples: tuple[str, ...] = ()

    @property
    def well(self) -> bool:
        """Tell whether nothing was lost, doubled or wrong, and the fault was really met."""
        return self.reached and not (self.lost or self.doubled or self.wrong or self.wrong_stock or self.trouble)
