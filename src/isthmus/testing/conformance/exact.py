"""Money and time come through unharmed, and what is new in an answer breaks nothing."""

import os
import re
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import msgspec

from isthmus.canonical.money import Money
from isthmus.canonical.order import Order
from isthmus.canonical.record import Record, fingerprint
from isthmus.kit.http import Request, Response
from isthmus.testing.conformance.bench import Bench, read_all, records_of
from isthmus.testing.conformance.rule import Broken, Tier, expect, readable, rule, shorter, writable

#: Not exact in binary, the sum that is famous for it, and more digits than a float holds.
AMOUNTS = ("10.10", "0.30", "12345678901234567.89")
#: The amount that stands in the double and is replaced on the way by each of `AMOUNTS`.
MARKER = "7654.32"
#: Far from UTC in both halves of the year.
FAR_ZONE = "Pacific/Auckland"
#: Binary floating point shows itself by digits nobody wrote.
_FLOAT = re.compile(r"-?\d+\.\d*(?:0000000|9999999)\d+|-?\d+(?:\.\d+)?[eE][+-]?\d+")


@rule(Tier.BRONZE)
async def money_exact(bench: Bench) -> None:
    """Amounts keep every digit, read and written."""
    for kind, reading in bench.double.reads.items():
        if reading.price is None:
            continue
        for amount in AMOUNTS:
            await _read_exact(bench, kind, amount)
    for kind, writing in bench.double.writes.items():
        async with bench.another() as fresh:
            session = fresh.open()
            put = await writing.sample(session, fresh.world, 1)
            fresh.line.calls.clear()
            await session.sinks[kind].put(put.record, key=put.key)
            bodies = [call.request.body or b"" for call in fresh.line.calls]
            _no_floats(kind, bodies)
            if isinstance(put.record, Order):
                _all_written(kind, [line.unit_price for line in put.record.lines], b" ".join(bodies))


async def _read_exact(bench: Bench, kind: str, amount: str) -> None:
    reading = bench.double.reads[kind]
    assert reading.price is not None
    async with bench.another(kind, max(1, reading.least)) as fresh:
        one = reading.ids(fresh.world)[0]
        await fresh.act(reading.price, one, MARKER)
        fresh.line.alter = lambda _request, answer: _with(answer, MARKER.encode(), amount.encode())
        found = [each for each in await fresh.open().sources[kind].read([one]) if each.external_id == one]
        amounts = {money.amount for each in found for money in _every(each, Money)}
        expect(Decimal(amount) in amounts, f"{kind}: {amount} was read as {sorted(map(str, amounts))}")


def _with(answer: Response, old: bytes, new: bytes) -> Response:
    return Response(answer.status, answer.headers, answer.body.replace(old, new))


def _no_floats(kind: str, bodies: list[bytes]) -> None:
    numbers: list[str] = []

    def note(number: str) -> Decimal:
        numbers.append(number)
        return Decimal(number)

    decoder = msgspec.json.Decoder(float_hook=note)
    for body in bodies:
        try:
            numbers += list(_every(decoder.decode(body), str))
        except msgspec.DecodeError:
            continue
    floats = [number for number in numbers if _FLOAT.fullmatch(number)]
    expect(not floats, f"{kind}: binary floating point was sent: {shorter(floats)}")


def _all_written(kind: str, prices: list[Money], sent: bytes) -> None:
    for price in prices:
        plain = f"{price.amount.normalize():f}".encode()
        expect(plain in sent, f"{kind}: the price {price} was not sent as it is")


@rule(Tier.BRONZE)
@readable
async def time_aware(bench: Bench, kind: str) -> None:
    """Every time in a record is aware and in UTC, wherever this program runs."""
    reading = bench.double.reads[kind]
    async with bench.another(kind, max(2, reading.least)) as fresh:
        here = records_of(await read_all(fresh.open(), kind))
        with _living_in(FAR_ZONE):
            there = records_of(await read_all(fresh.open(), kind))
    expect(here, "nothing was read")
    for record in here:
        for moment in _every(record, datetime):
            aware = moment.tzinfo is not None and moment.utcoffset() == timedelta(0)
            expect(aware, f"{record.external_id}: {moment!r} is not in UTC")
    expect([_said(one) for one in here] == [_said(one) for one in there], f"read differently in {FAR_ZONE}")


def _said(record: Record) -> tuple[str, str, datetime | None]:
    return record.external_id, fingerprint(record), record.changed_at


@contextmanager
def _living_in(zone: str) -> Generator[None]:
    before = os.environ.get("TZ")
    try:
        os.environ["TZ"] = zone
        time.tzset()
        yield
    finally:
        if before is None:
            os.environ.pop("TZ", None)
        else:
            os.environ["TZ"] = before
        time.tzset()


def _every(value: Any, kind: type[Any]) -> Iterator[Any]:
    """Yield everything of a kind inside a record."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _every(getattr(value, name), kind)
    elif isinstance(value, dict):
        for each in cast("dict[str, Any]", value).values():
            yield from _every(each, kind)
    elif isinstance(value, list | tuple):
        for each in cast("list[Any]", value):
            yield from _every(each, kind)


@rule(Tier.BRONZE)
@readable
async def unknown_fields_safe(bench: Bench, kind: str) -> None:
    """A field the vendor adds tomorrow changes nothing that is read."""
    reading = bench.double.reads[kind]
    async with bench.another(kind, max(2, reading.least)) as fresh:
        plain = records_of(await read_all(fresh.open(), kind))
        fresh.line.alter = _added
        grown = records_of(await read_all(fresh.open(), kind))
    seen = [(one.external_id, fingerprint(one)) for one in plain]
    expect(seen == [(one.external_id, fingerprint(one)) for one in grown], "read differently with a new field")


@rule(Tier.BRONZE)
@writable
async def unknown_fields_safe_when_writing(bench: Bench, kind: str) -> None:
    """A field the vendor adds tomorrow stops no write."""
    writing = bench.double.writes[kind]
    async with bench.another() as fresh:
        session = fresh.open()
        put = await writing.sample(session, fresh.world, 1)
        fresh.line.alter = _added
        await fresh.open().sinks[kind].put(put.record, key=put.key)
        count = writing.standing(fresh.world, put)
    if count != 1:
        message = f"written {count} times instead of once"
        raise Broken(message)


def _added(_request: Request, answer: Response) -> Response:
    try:
        content = _DECODER.decode(answer.body)
    except msgspec.DecodeError:
        return answer
    return Response(answer.status, answer.headers, _ENCODER.encode(_grown(content)))


def _grown(value: Any) -> Any:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {**{name: _grown(each) for name, each in fields.items()}, "isthmusUnknown": {}}
    return [_grown(each) for each in cast("list[Any]", value)] if isinstance(value, list) else value


_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
