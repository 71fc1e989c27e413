"""Which real systems there are, and how they are started together."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from tests.real.steps import NotHere
from tests.real.tryton import real_tryton
from tests.real.vendure import real_vendure


class Running(Protocol):
    """A real system that runs."""

    def variables(self) -> Mapping[str, str]:
        """Return what the tests are told by, such as ISTHMUS_TEST_TRYTON_URL."""
        ...


#: Starts a system and ends it with the block. Raises `NotHere` where this machine lacks what it needs.
Start = Callable[[], AbstractContextManager[Running]]
SYSTEMS: Mapping[str, Start] = {"tryton": real_tryton, "vendure": real_vendure}


@dataclass(slots=True)
class Started:
    """What runs: the variables of all of them; and what does not, with the reason."""

    variables: dict[str, str] = field(default_factory=dict[str, str])
    running: list[str] = field(default_factory=list[str])
    missing: dict[str, str] = field(default_factory=dict[str, str])


@contextmanager
def started(only: Collection[str], systems: Mapping[str, Start] = SYSTEMS) -> Iterator[Started]:
    """Start those there are, of all or of those named, while the block runs."""
    made = Started()
    with ExitStack() as stack:
        for name, start in systems.items():
            if only and name not in only:
                continue
            try:
                running = stack.enter_context(start())
            except NotHere as reason:
                made.missing[name] = str(reason)
            else:
                made.running.append(name)
                made.variables |= running.variables()
        yield made
