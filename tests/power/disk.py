"""A disk that loses its power: what of the writes nobody waited for is on it afterwards is anybody's guess.

Kept, gone, or torn between two sectors, in any order; a file made or removed without a wait for its folder may be there
or not. What was waited for is there: that is the one thing a disk promises.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.power.recording import Event

SECTOR = 512
WAYS = ("none", "all", "in order", "any")


@dataclass(slots=True)
class File:
    """One file: what is surely on disk, and what is on its way there."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[Event] = field(default_factory=list[Event])

    def settle(self, until: float) -> None:
        """Take in what was written before a wait for the disk began."""
        for event in self.pending:
            if event.ended <= until:
                apply(self.durable, event)
        self.pending = [event for event in self.pending if event.ended > until]

    def after_cut(self, random: Random, way: str) -> bytearray:
        """Return what is found once power is back."""
        found = bytearray(self.durable)
        stop = random.randint(0, len(self.pending))
        for place, event in enumerate(self.pending):
            if way == "all" or (way == "in order" and place < stop):
                apply(found, event)
            elif (way == "in order" and place == stop) or (way == "any" and random.random() < 0.5):
                apply(found, event, random)
        return found


def apply(body: bytearray, event: Event, random: Random | None = None) -> None:
    """Write into a file's body; with `random`, only some of the sectors arrive."""
    if event.kind == "truncate":
        if len(body) > event.offset:
            del body[event.offset :]
        else:
            body.extend(bytes(event.offset - len(body)))
        return
    end = event.offset + len(event.body)
    if len(body) < end:
        body.extend(bytes(end - len(body)))
    if random is None:
        body[event.offset : end] = event.body
        return
    at = event.offset
    while at < end:
        until = min(end, (at // SECTOR + 1) * SECTOR)
        if random.random() < 0.5:
            body[at:until] = event.body[at - event.offset : until - event.offset]
        at = until


@dataclass(slots=True)
class Disk:
    """A folder on a disk, as one event after the other reaches it."""

    files: dict[str, File] = field(default_factory=dict[str, File])
    #: Made or removed since the folder was last waited for.
    unsure: dict[str, File | None] = field(default_factory=dict[str, File | None])

    def take(self, event: Event) -> None:
        """Let one event happen."""
        if event.name.endswith("-shm") or event.kind == "sent":
            return  # shared memory, rebuilt by whoever opens first
        if event.kind == "create":
            if event.name not in self.files:
                self.unsure.setdefault(event.name, None)
                self.files[event.name] = File()
        elif event.kind == "remove":
            if (gone := self.files.pop(event.name, None)) is not None:
                self.unsure[event.name] = gone
        elif event.kind == "sync" and not event.name:
            self.unsure.clear()
        elif event.kind == "sync":
            self.files.setdefault(event.name, File()).settle(event.began)
        else:
            self.files.setdefault(event.name, File()).pending.append(event)

    def cut(self, folder: Path, random: Random) -> str:
        """Write what may be found after a cut now; return in words which guess it was."""
        way = random.choice(WAYS)
        there = dict(self.files)
        for name, before in self.unsure.items():
            if random.random() < 0.5:
                if before is None:
                    there.pop(name, None)
                elif name not in there:
                    there[name] = before
        folder.mkdir()
        for name, file in there.items():
            (folder / name).write_bytes(file.after_cut(random, way))
        leftover = random.random() < 0.3
        if leftover and "isthmus.db" in there:
            (folder / "isthmus.db-shm").write_bytes(random.randbytes(32_768))
        return f"{way}, {len(self.unsure)} names unsure{', an old -shm' if leftover else ''}"


def moments(events: Sequence[Event], count: int, random: Random) -> list[int]:
    """Choose when to cut: anywhere, while the file itself is written, around waits, and after a create was sent."""
    kinds = (
        [place for place, _ in enumerate(events)],
        [place for place, event in enumerate(events) if event.kind == "write" and event.name == "isthmus.db"],
        [place for place, event in enumerate(events) if event.kind in ("sync", "create", "remove", "truncate")],
        [place for place, event in enumerate(events) if event.kind == "sent"],
    )
    chosen = [random.choice(kinds[number % 4] or kinds[0]) + random.choice((0, 1)) for number in range(count)]
    return sorted(min(place, len(events)) for place in chosen)
