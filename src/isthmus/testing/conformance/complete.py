"""Gold: everything a system of this role is asked for, at size, in every currency and unit.

What Isthmus itself does not offer yet is said so; nothing passes because nobody looked.
"""

from pathlib import Path

from isthmus.canonical.record import Record
from isthmus.canonical.stock import StockLevel
from isthmus.ports.errors import Trouble
from isthmus.ports.probe import Severity
from isthmus.testing.conformance.bench import Bench, ids_of, read_all, records_of
from isthmus.testing.conformance.rule import NotThere, Tier, expect, expect_same, rule
from isthmus.testing.conformance.writing import write

#: What a merchant asks of a system, by its role: kinds to read, kinds to write.
EXPECTED: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "shop": (
        frozenset({"order", "customer", "product", "variant", "warehouse", "stock_level", "refund", "return"}),
        frozenset({"product", "variant", "price", "stock_level", "customer", "shipment", "refund", "return"}),
    ),
    "erp": (
        frozenset({"order", "customer", "account_status", "product", "variant", "price", "stock_level"})
        | {"warehouse", "shipment", "document"},
        frozenset({"order", "customer", "refund", "return"}),
    ),
}
BULK = 10_000
#: Fewer records in one call than this, and a large catalog takes a night.
LEAST_PER_CALL = 20
#: Times a record goes there and back.
TRIPS = 25


@rule(Tier.GOLD)
async def every_kind(bench: Bench) -> None:
    """Every kind of record a system of this role has is read, and written."""
    reads, writes = EXPECTED.get(bench.manifest.role, (frozenset[str](), frozenset[str]()))
    missing = [f"reads {kind}" for kind in sorted(reads - set(bench.manifest.reads))]
    missing += [f"writes {kind}" for kind in sorted(writes - set(bench.manifest.writes))]
    if missing:
        raise NotThere(", ".join(missing))


@rule(Tier.GOLD)
async def mapping_options(bench: Bench) -> None:
    """The mapping screen is offered what there is to choose from on the other side."""
    report = await bench.open().probe.probe()
    expect(report.places, "the probe names no places")
    what = "a port that lists taxes, payment methods, delivery methods and price lists"
    raise NotThere(what)


@rule(Tier.GOLD)
async def bulk(bench: Bench) -> None:
    """Ten thousand records are read, and written, many at a time."""
    kind = max(bench.double.reads, key=lambda each: bench.double.reads[each].page)
    reading = bench.double.reads[kind]
    async with bench.another(kind, BULK) as fresh:
        pages = await read_all(fresh.open(), kind)
        expect_same(ids_of(pages), reading.ids(fresh.world), f"{BULK} of {kind}")
        calls = len(fresh.line.calls)
        expect(calls * LEAST_PER_CALL <= len(records_of(pages)), f"{calls} calls for {len(records_of(pages))} {kind}")
    for name, sink in bench.open().sinks.items():
        if sink.batch < LEAST_PER_CALL:
            what = f"{name} is written {sink.batch} at a time"
            raise NotThere(what)


@rule(Tier.GOLD)
async def round_trip(bench: Bench) -> None:
    """What is written and read back says the same, for many values."""
    both = sorted(bench.double.writes.keys() & bench.double.reads.keys())
    expect(both, "no kind is both written and read")
    for kind in both:
        async with bench.another() as fresh:
            session = fresh.open()
            for number in range(1, TRIPS + 1):
                put = await bench.double.writes[kind].sample(session, fresh.world, number)
                receipt = await write(fresh, session.sinks[kind], put)
                (back,) = await session.sources[kind].read([receipt.external_id])
                _check_trip(kind, put.record, back)


def _check_trip(kind: str, sent: Record, back: Record) -> None:
    names = ("available",) if isinstance(sent, StockLevel) else ("total", "currency", "placed_at", "name", "email")
    for name in names:
        if hasattr(sent, name) and hasattr(back, name):
            went, came = getattr(sent, name), getattr(back, name)
            expect(went == came, f"{kind}: {name} went as {went} and came back as {came}")


@rule(Tier.GOLD)
async def stock_of_several_places(bench: Bench) -> None:
    """Stock of several locations is told apart, and each location has a name."""
    if "stock_level" not in bench.double.reads:
        what = "stock is not read"
        raise NotThere(what)
    session = bench.open()
    levels = [one for one in records_of(await read_all(session, "stock_level")) if isinstance(one, StockLevel)]
    places = {level.warehouse for level in levels}
    expect(len(places) > 1, f"the double has one place only: {places}")
    report = await session.probe.probe()
    known = {one for place in report.places for one in (place.id, place.code) if one}
    expect_same(places - known, (), "places of stock the probe does not name")


@rule(Tier.GOLD)
async def custom_fields(bench: Bench) -> None:
    """Fields of the merchant's own are named by the probe, carried when read and taken when written."""
    await _proven(bench, "custom_fields", "carrying fields of the merchant's own both ways")


@rule(Tier.GOLD)
async def several_currencies(bench: Bench) -> None:
    """Several currencies come through, those with no and with three decimals too."""
    await _proven(bench, "several_currencies", "a proof with currencies of no and of three decimals")


@rule(Tier.GOLD)
async def several_tax_modes(bench: Bench) -> None:
    """Prices with and without tax come through."""
    await _proven(bench, "several_tax_modes", "a proof with prices that include tax and prices that do not")


@rule(Tier.GOLD)
async def several_units(bench: Bench) -> None:
    """Quantities in other units than pieces come through, or are refused with a reason."""
    await _proven(bench, "several_units", "a proof with quantities in other units than pieces")


@rule(Tier.GOLD)
async def diagnostics_bundle(bench: Bench) -> None:
    """One file with everything support needs, and nothing it must not see."""
    del bench
    what = "a bundle of diagnostics"
    raise NotThere(what)


@rule(Tier.GOLD)
async def runbooks(bench: Bench) -> None:
    """Every error code has a page that says what to do."""
    del bench
    folder = Path("docs/runbooks")
    codes = sorted({one.code for one in _below(Trouble)})
    missing = [code for code in codes if not (folder / f"{code}.md").is_file()]
    if missing:
        what = f"a runbook for {len(missing)} of {len(codes)} error codes"
        raise NotThere(what)


def _below(kind: type[Trouble]) -> set[type[Trouble]]:
    found = {each for each in kind.__subclasses__() if each.__module__ == Trouble.__module__}
    return found | {deeper for each in found for deeper in _below(each)}


@rule(Tier.GOLD)
async def next_api_version(bench: Bench) -> None:
    """The vendor's next version has been tried: the probe is well and every kind is read as before."""
    changed = bench.double.next_version
    if changed is None:
        what = "a try with the vendor's next version"
        raise NotThere(what)
    session = bench.open(changed)
    known = {finding.message for finding in (await bench.open().probe.probe()).findings}
    report = await session.probe.probe()
    bad = [one.message for one in report.findings if one.severity is not Severity.OK and one.message not in known]
    expect(not bad, f"the next version: {bad}")
    for kind in session.sources:
        now = records_of(await read_all(bench.open(), kind))
        then = records_of(await read_all(session, kind))
        expect([one.external_id for one in now] == [one.external_id for one in then], f"{kind} is read differently")


async def _proven(bench: Bench, name: str, what: str) -> None:
    proof = bench.double.proofs.get(name)
    if proof is None:
        raise NotThere(what)
    async with bench.another() as fresh:
        await proof(fresh)
