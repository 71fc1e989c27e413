"""Being told: only by whom it may, each thing once, and knowing our own voice."""

from datetime import datetime, timedelta

from isthmus.canonical.record import fingerprint
from isthmus.canonical.stock import StockLevel
from isthmus.ports.receiver import Accepted, Delivery, Receiver, Refused
from isthmus.testing.conformance.bench import Bench
from isthmus.testing.conformance.rule import Broken, Tier, expect, rule
from isthmus.testing.conformance.writing import write

#: A sender that gave up long ago does not send this any more.
LONG_AGO = timedelta(days=7)
#: An answer that makes the sender stop, not try again.
_REFUSALS = range(400, 500)


@rule(Tier.SILVER)
async def bad_signatures(bench: Bench) -> None:
    """A delivery that was changed, that is unsigned, or that another secret signed is refused."""
    async with bench.another(listen=True) as fresh:
        genuine, receiver = await _genuine(fresh)
        now = fresh.clock.now()
        accepted = receiver.verify(genuine, now)
        expect(accepted.delivery_id and accepted.topic, f"a genuine delivery has no id or topic: {accepted}")
        expect(receiver.notices(accepted.topic, genuine.body), f"{accepted.topic} names nothing")
        changed = Delivery(genuine.headers, genuine.body.replace(b"1", b"2", 1) + b" ", genuine.query)
        bare = Delivery({"content-type": "application/json"}, genuine.body, {})
        others = {one.key: "another-secret" for one in fresh.manifest.settings if one.secret}
        stranger = fresh.open(others).receiver
        assert stranger is not None
        for told, delivery, by in (
            ("a changed body", changed, receiver),
            ("no signature", bare, receiver),
            ("another secret", genuine, stranger),
            ("an empty body", Delivery(genuine.headers, b"", genuine.query), receiver),
        ):
            _refused(by, delivery, now, told)
        expect(receiver.notices("isthmus/unknown", genuine.body) == (), "an unknown topic names something")


@rule(Tier.SILVER)
async def replayed_deliveries(bench: Bench) -> None:
    """A delivery sent again is known by its id, another one has another id, and an old one is refused."""
    async with bench.another(listen=True) as fresh:
        first, receiver = await _genuine(fresh)
        now = fresh.clock.now()
        ids = {receiver.verify(first, now).delivery_id for _ in range(2)}
        expect(len(ids) == 1, f"the same delivery has two ids: {sorted(ids)}")
        second, _receiver = await _genuine(fresh, receiver)
        other = receiver.verify(second, fresh.clock.now())
        expect(other.delivery_id not in ids, f"two deliveries have one id: {other}")
        _refused(receiver, first, now + LONG_AGO, f"a delivery {LONG_AGO.days} days old")


@rule(Tier.SILVER)
async def echoes(bench: Bench) -> None:
    """What we wrote comes back as we wrote it, and writing it again makes no news."""
    both = [kind for kind in bench.double.writes if kind in bench.double.reads]
    expect(both, "nothing that is written can be read back")
    for kind in both:
        async with bench.another() as fresh:
            session = fresh.open()
            put = await bench.double.writes[kind].sample(session, fresh.world, 1)
            receipt = await write(fresh, session.sinks[kind], put)
            seen = await session.sources[kind].read([receipt.external_id])
            expect(len(seen) == 1, f"{kind}: {receipt.external_id} was written and is read {len(seen)} times")
            if isinstance(put.record, StockLevel):
                told = [one.available for one in seen if isinstance(one, StockLevel)]
                expect(told == [put.record.available], f"{kind}: {put.record.available} written, {told} read back")
            await write(fresh, fresh.open().sinks[kind], put)
            again = await session.sources[kind].read([receipt.external_id])
            same = [fingerprint(one) for one in again] == [fingerprint(one) for one in seen]
            expect(same, f"{kind}: the same written again reads as news")


async def _genuine(bench: Bench, receiver: Receiver | None = None) -> tuple[Delivery, Receiver]:
    receiver = receiver or bench.open().receiver
    if bench.double.told is None or receiver is None:
        message = "the connector takes no deliveries (exempt it with a reason if the system sends none)"
        raise Broken(message)
    while not bench.deliveries.empty():
        bench.deliveries.get_nowait()
    await bench.act(bench.double.told.happen)
    try:
        return await bench.delivery(), receiver
    except TimeoutError as silent:
        message = "the double sent nothing"
        raise Broken(message) from silent


def _refused(receiver: Receiver, delivery: Delivery, now: datetime, told: str) -> None:
    try:
        accepted: Accepted = receiver.verify(delivery, now)
    except Refused as refused:
        expect(refused.status in _REFUSALS, f"{told}: answered {refused.status}, so it would come again")
        return
    message = f"{told} is accepted: {accepted}"
    raise Broken(message)
