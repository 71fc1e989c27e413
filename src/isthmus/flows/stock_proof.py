"""Stock, proven: what the ERP has and what the shop offers, each by its own full list, SKU by SKU and place by place.

What should be offered follows the policy of the flow, worked out anew from the ERP's list. A figure that is not right
is read again at both systems before anything is said about it, and pushed by the flow's own job.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from msgspec.structs import replace

from isthmus.canonical.record import dump, fingerprint, load
from isthmus.canonical.stock import StockLevel
from isthmus.engine.context import Context
from isthmus.engine.flow import Mark
from isthmus.engine.mirror import Absorbs, mark_jobs
from isthmus.engine.proof import GRACE, Entry, Finding, Judgement, Pair, Part, Side, Verdict, matched
from isthmus.engine.unreadable import read_apart
from isthmus.flows.proof_reasons import Accepted, accepted_of
from isthmus.flows.settings import StockSettings
from isthmus.flows.stock_figures import Figures, StockFigures, Target, targets
from isthmus.flows.stock_places import StockPlaces
from isthmus.kit.clock import from_micros
from isthmus.mapping.errors import MappingError
from isthmus.policies.reasons import REASONS
from isthmus.ports.errors import Unmapped
from isthmus.ports.listing import Span
from isthmus.ports.source import Cursor
from isthmus.store.base import one
from isthmus.store.records import Mirrored
from isthmus.store.statement import Row, Step, listed

LEVEL = "stock_level"
NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Wrong:
    """One place of the shop that does not offer what it should."""

    target: Target
    offered: Decimal | None
    changed_at: datetime | None
    level: str  # the shop's, of the item that is bound, whatever it is called there


@dataclass(frozen=True, slots=True)
class Ground:
    """What the explanations of one page rest on."""

    places: Mapping[str, str]  # ERP warehouse code to shop place
    jobs: Mapping[str, Row]
    accepted: Accepted
    moved: frozenset[str]  # SKUs whose figure in the ERP has changed since our last reading
    polled: bool  # and that reading is of the last minutes
    now: datetime


class StockProof:
    """One ERP's stock in one shop."""

    kind = LEVEL
    daily = False

    def __init__(
        self,
        context: Context,
        settings: StockSettings,
        mirror: Absorbs,
        zone: tzinfo,
        grace: timedelta = GRACE,
    ) -> None:
        """Prove the flow of `settings`."""
        self.flow = settings.name
        self.source = settings.source
        self.destination = settings.destination
        self.zone = zone
        self._context = context
        self._settings = settings
        self._mirror = mirror
        self._grace = grace
        self._figures = StockFigures(context, settings, mirror)
        self._places = StockPlaces(context, settings)

    async def listed(self, side: Side, span: Span, after: Cursor | None) -> AsyncIterator[Part]:  # noqa: ARG002 - stock is compared as it is now
        """Yield one side's levels, all of them."""
        name = self.source if side is Side.HERE else self.destination
        names: Mapping[str, str] = _codes(await self._places.known()) if side is Side.THERE else {}
        # A reading without a cursor is the system's full list; resumed, it goes on inside that list.
        read_at = self._context.now()
        async for page in self._context.connection(name).source(LEVEL).changes(after):
            levels = [replace(each, read_at=read_at) for each in page.records if each.sku]
            entries = [self._entry(side, each, names.get(each.warehouse) or each.warehouse) for each in levels]
            yield Part(entries, page.cursor, page.bad, page.last)
            read_at = self._context.now()

    async def judge(self, pairs: Sequence[Pair], now: datetime) -> Sequence[Judgement]:
        """Compare; look again at what does not agree; say what that means."""
        places = await self._places.known()
        found = await self._wrong(pairs, places)
        doubtful = [pair for pair in pairs if found[pair.key]]
        judged = {pair.key: self._plain(pair) for pair in pairs if not found[pair.key]}
        if doubtful:
            again = await self._again(doubtful, found)
            wrong = await self._wrong(again, places)
            ground = await self._ground(again, places, now)
            steps = await self._mending([pair for pair in again if wrong[pair.key]])
            for pair in again:
                judged[pair.key] = self._verdict(pair, wrong[pair.key], ground, steps.get(pair.key, ()))
        return [judged[pair.key] for pair in pairs]

    async def again(self, subject: str) -> Sequence[Step]:
        """Have one SKU's figures read and pushed once more."""
        return (mark_jobs([Mark(self.flow, subject, subject)], self._context.micros()),)

    def _entry(self, side: Side, level: StockLevel, unit: str = "", key: str = "") -> Entry:
        sku = level.sku if side is Side.HERE else self._settings.tables.sku(level.sku)
        return Entry(key or sku, level.external_id, dump(level).decode(), unit, _amount(side, level))

    def _plain(self, pair: Pair) -> Judgement:
        """Say of a pair nothing is wrong with whether both sides have it at all."""
        if pair.here and pair.there:
            return matched(pair.key)
        code = "not_in_shop" if pair.here else "not_in_erp"
        return Judgement(
            pair.key, Verdict.EXPLAINED, Finding.MISSING, code, REASONS[code], pair.key, pair.key, quiet=True
        )

    async def _wrong(self, pairs: Sequence[Pair], places: Mapping[str, str]) -> dict[str, list[Wrong]]:
        """Return, by SKU, the places that do not offer what they should."""
        levels = {pair.key: [_mirrored(entry) for entry in pair.here] for pair in pairs if pair.here}
        figures = await self._figures.around(levels)
        found: dict[str, list[Wrong]] = {pair.key: [] for pair in pairs}
        for pair in pairs:
            mine = figures.get(pair.key)
            if mine is None or mine.variant is None or any(each.record.on_hand is None for each in mine.levels):
                continue
            offers = {level.record.warehouse: level.record for level in map(_mirrored, pair.there)}
            found[pair.key] = [each for each in self._compared(mine, offers, places) if each is not None]
        return found

    def _compared(
        self, figures: Figures, offers: Mapping[str, StockLevel], places: Mapping[str, str]
    ) -> list[Wrong | None]:
        ref = figures.variant.stock_ref if figures.variant else ""
        try:
            wanted = targets(figures, places, self._settings)
        except (MappingError, Unmapped):
            return []  # what should be there is asked, by the SKU's own job
        return [
            _wrong_at(target, offers.get(target.place), f"{ref}@{target.place}" if ref else "") for target in wanted
        ]

    async def _again(self, pairs: Sequence[Pair], found: Mapping[str, Sequence[Wrong]]) -> list[Pair]:
        """Read these SKUs at both systems now; what has another name in the shop by now is found by its item."""
        fresh = {pair.key: Pair(pair.key) for pair in pairs}
        for side, name in ((Side.HERE, self.source), (Side.THERE, self.destination)):
            entries = [entry for pair in pairs for entry in (pair.here if side is Side.HERE else pair.there)]
            keys = {entry.external_id: entry.key for entry in entries}
            if side is Side.THERE:
                keys |= {each.level: pair.key for pair in pairs for each in found[pair.key] if each.level}
            read_at = self._context.now()
            levels, _bad = await read_apart(self._context.connection(name).source(LEVEL), list(keys))
            for level in levels:
                if isinstance(level, StockLevel):
                    pair = fresh[keys[level.external_id]]
                    entry = self._entry(side, replace(level, read_at=read_at), key=pair.key)
                    (pair.here if side is Side.HERE else pair.there).append(entry)
        return list(fresh.values())

    async def _ground(self, pairs: Sequence[Pair], places: Mapping[str, str], now: datetime) -> Ground:
        store, skus = self._context.store, [pair.key for pair in pairs]
        jobs = {row["subject"]: row for row in await store.read("jobs_of", flow=self.flow, subjects=listed(skus))}
        ids = listed(entry.external_id for pair in pairs for entry in pair.here)
        known = await store.read("fingerprints", connection=self.source, kind=LEVEL, ids=ids)
        prints = {row["external_id"]: row["fingerprint"] for row in known}
        moved = {
            pair.key
            for pair in pairs
            for entry in pair.here
            if prints.get(entry.external_id) != fingerprint(load(StockLevel, entry.body))
        }
        stream = one(await store.read("stream", connection=self.source, kind=LEVEL))
        patience = timedelta(seconds=2 * self._settings.every_s + 60)
        polled = bool(stream and stream["finished_at"] and from_micros(stream["finished_at"]) > now - patience)
        accepted = await accepted_of(self._context, self.flow, skus)
        return Ground(places, jobs, accepted, frozenset(moved), polled, now)

    def _verdict(self, pair: Pair, wrong: Sequence[Wrong], ground: Ground, mend: Sequence[Step]) -> Judgement:
        if not wrong:
            return self._plain(pair)
        codes = _codes(ground.places)
        evidence = {
            codes[each.target.place]: (
                f"{each.target.quantity:f}",
                "none" if each.offered is None else f"{each.offered:f}",
            )
            for each in wrong
        }
        finding = Finding.MISSING if all(each.offered is None for each in wrong) else Finding.DIFFERENT
        words = "; ".join(
            f"{codes[each.target.place]}: {each.target.quantity:f} is right ({each.target.sum}), "
            f"{'nothing' if each.offered is None else f'{each.offered:f}'} is offered"
            for each in wrong
        )
        about = (pair.key, pair.key, list(evidence), evidence)
        if why := self._why(pair.key, wrong, ground):
            return Judgement(pair.key, Verdict.EXPLAINED, finding, *why, *about, mend=mend)
        because = f"{words}. The right figure is being pushed."
        return ground.accepted.of(Judgement(pair.key, Verdict.OPEN, finding, str(finding), because, *about, mend=mend))

    def _why(self, sku: str, wrong: Sequence[Wrong], ground: Ground) -> tuple[str, str] | None:
        job = ground.jobs.get(sku)
        if job is not None and job["state"] == "parked":
            return "asked", f"A person is asked: {job['because']}"
        begun = ground.now - self._grace
        if job is not None and job["state"] != "done" and from_micros(job["marked_at"]) > begun:
            return "under_way", f"It is being pushed. {job['because']}".strip()
        if any(each.changed_at is not None and each.changed_at > begun for each in wrong):
            return "young", "The shop's figure moved in the last minutes."
        if sku in ground.moved and ground.polled:
            return "young", "The ERP's figure has changed since the last look at it, a moment ago."
        return None

    async def _mending(self, pairs: Sequence[Pair]) -> dict[str, Sequence[Step]]:
        """Return, by SKU, the steps that have its figures pushed: what was read just now goes into the mirror."""
        steps: dict[str, Sequence[Step]] = {}
        if not pairs:
            return steps
        shared: list[Step] = []
        for side, name in ((Side.HERE, self.source), (Side.THERE, self.destination)):
            entries = [entry for pair in pairs for entry in (pair.here if side is Side.HERE else pair.there)]
            by_time: defaultdict[datetime, list[StockLevel]] = defaultdict(list)
            for entry in entries:
                level = load(StockLevel, entry.body)
                by_time[level.read_at or self._context.now()].append(level)
            for read_at, levels in by_time.items():
                shared += (await self._mirror.absorb(name, LEVEL, levels, read_at=read_at)).steps
        for pair in pairs:
            mark = mark_jobs([Mark(self.flow, pair.key, pair.key)], self._context.micros())
            steps[pair.key] = (*shared, mark)
            shared = []
        return steps


def _wrong_at(target: Target, offer: StockLevel | None, level: str) -> Wrong | None:
    offered = offer.available.value if offer is not None and offer.available is not None else None
    if offered == target.quantity or (offered is None and target.quantity == 0):
        return None
    return Wrong(target, offered, offer.changed_at if offer else None, level)


def _codes(places: Mapping[str, str]) -> dict[str, str]:
    """Return the ERP's codes by shop place; several warehouses may stand behind one."""
    codes: dict[str, str] = {}
    for code, place in sorted(places.items()):
        codes[place] = f"{codes[place]}+{code}" if place in codes else code
    return codes


def _mirrored(entry: Entry) -> Mirrored[StockLevel]:
    level = load(StockLevel, entry.body)
    assert level.read_at is not None  # noqa: S101 - `_entry` has said when
    return Mirrored(level, "", level.read_at, deleted=False)


def _amount(side: Side, level: StockLevel) -> Decimal | None:
    if side is Side.THERE:
        return level.available.value if level.available else None
    return level.on_hand.value - level.allocated.value - level.reserved.value if level.on_hand else None
