"""Recordings: what the other side said once, and what becomes of it now.

One file per kind and direction in the double's `golden` folder. A connector that reads a recording differently than
before either mends a mistake or makes one; the difference shows which. ISTHMUS_GOLDEN=write records anew.
"""

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from isthmus.canonical.kinds import KINDS
from isthmus.canonical.record import Record, dump, load
from isthmus.kit.http import Request, Response
from isthmus.ports.connector import Session, Tools
from isthmus.ports.sink import Key, Put
from isthmus.testing.clock import HandClock
from isthmus.testing.conformance.bench import Bench, read_all, records_of
from isthmus.testing.conformance.rule import Broken, Tier, expect, readable, rule, writable
from isthmus.testing.line import Call, Replay
from isthmus.testing.pace import OpenPace

WRITE = "ISTHMUS_GOLDEN"
#: Records in a recording: two, so that a list is one.
SOME = 2
#: Headers of an answer that a connector may read; the others change with every run.
_KEPT = ("Content-Type", "Date", "Retry-After", "Link", "X-Shopify-API-Version")
_URL = "http://127.0.0.1:1"


class Exchanged(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request, without credentials, and its answer as it came."""

    operation: str
    status: int
    headers: Mapping[str, str]
    answer: msgspec.Raw
    sent: msgspec.Raw = msgspec.Raw(b"null")


class Recording(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything needed to do it again without the other side."""

    at: datetime
    exchanges: tuple[Exchanged, ...]
    records: tuple[msgspec.Raw, ...]
    key: tuple[str, str] = ("", "")


@rule(Tier.BRONZE)
@readable
async def golden_readings(bench: Bench, kind: str) -> None:
    """A recorded answer of each kind becomes exactly the record kept beside it, which survives being stored."""
    if os.environ.get(WRITE) == "write":
        await _record_reading(bench, kind)
    recording = _kept(bench, f"{kind}.json")
    session, replay = _replaying(bench, recording)
    records = records_of(await read_all(session, kind))
    expect(not replay.left, f"recorded and not asked for any more: {', '.join(replay.left)}")
    _check_same(kind, records, recording)


@rule(Tier.BRONZE)
@writable
async def golden_writes(bench: Bench, kind: str) -> None:
    """A record of each kind is sent exactly as the recording has it."""
    if os.environ.get(WRITE) == "write":
        await _record_write(bench, kind)
    recording = _kept(bench, f"put_{kind}.json")
    session, replay = _replaying(bench, recording)
    put = _put_of(kind, recording)
    await session.sinks[kind].put(put.record, key=put.key)
    expect(not replay.left, f"recorded and not asked for any more: {', '.join(replay.left)}")
    for request, exchanged in zip(replay.requests, recording.exchanges, strict=True):
        sent, wanted = _decoded(_sent(request, bench.secrets)), _decoded(exchanged.sent)
        expect(sent == wanted, f"{request.operation} is sent differently:\n{sent}\n{wanted}")


def _check_same(kind: str, records: list[Record], recording: Recording) -> None:
    expect(len(records) == len(recording.records), f"{len(records)} records instead of {len(recording.records)}")
    for record, wanted in zip(records, recording.records, strict=True):
        body = dump(record)
        expect(load(KINDS[kind], body) == record, f"{record.external_id} does not survive being stored")
        if _decoded(body) != _decoded(wanted):
            message = f"{record.external_id} is read differently:\n{body.decode()}\n{bytes(wanted).decode()}"
            raise Broken(message)


def _put_of(kind: str, recording: Recording) -> Put[Any]:
    return Put(load(KINDS[kind], bytes(recording.records[0])), Key(*recording.key))


def _replaying(bench: Bench, recording: Recording) -> tuple[Session, Replay]:
    answers = [(one.operation, Response(one.status, one.headers, _body(one.answer))) for one in recording.exchanges]
    replay = Replay(answers)
    form = {one.key: one.default for one in bench.manifest.settings} | dict(bench.double.form(_URL))
    tools = Tools("bench", replay, HandClock(recording.at, flowing=True), OpenPace())
    return bench.double.connector.open(form, tools), replay


async def _record_reading(bench: Bench, kind: str) -> None:
    async with bench.another(kind, max(SOME, bench.double.reads[kind].least)) as fresh:
        at = fresh.clock.now()
        await read_all(fresh.open(), kind)
        recording = Recording(at, _exchanges(fresh), ())
        session, _replay = _replaying(fresh, recording)
        records = records_of(await read_all(session, kind))
    _keep(bench, f"{kind}.json", msgspec.structs.replace(recording, records=tuple(map(_raw, records))))


async def _record_write(bench: Bench, kind: str) -> None:
    async with bench.another() as fresh:
        put = await bench.double.writes[kind].sample(fresh.open(), fresh.world, 1)
        fresh.line.calls.clear()
        at = fresh.clock.now()
        await fresh.open().sinks[kind].put(put.record, key=put.key)
        key = (put.key.unique, put.key.reference)
        recording = Recording(at, _exchanges(fresh), (_raw(put.record),), key)
    _keep(bench, f"put_{kind}.json", recording)


def _exchanges(bench: Bench) -> tuple[Exchanged, ...]:
    return tuple(_exchanged(call, bench.secrets) for call in bench.line.calls if call.response is not None)


def _exchanged(call: Call, secrets: tuple[str, ...]) -> Exchanged:
    answer = call.response
    assert answer is not None
    headers = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
    return Exchanged(call.request.operation, answer.status, headers, _told(answer.body), _sent(call.request, secrets))


def _told(body: bytes) -> msgspec.Raw:
    """Return an answer as JSON: itself, or a text when it is none."""
    try:
        msgspec.json.decode(body)
    except msgspec.DecodeError:
        return msgspec.Raw(msgspec.json.encode({"text": body.decode("utf-8", "replace")}))
    return msgspec.Raw(body)


def _body(kept: msgspec.Raw) -> bytes:
    try:
        return msgspec.json.decode(kept, type=_Text).text.encode()
    except msgspec.ValidationError:
        return bytes(kept)


class _Text(msgspec.Struct, forbid_unknown_fields=True):
    text: str


def _sent(request: Request, secrets: tuple[str, ...]) -> msgspec.Raw:
    """Return what was sent, without the double's credentials; its people are made up."""
    text = (request.body or b"null").decode("utf-8", "replace")
    for secret in secrets:
        text = text.replace(secret, "canary")
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        text = msgspec.json.encode(text).decode()
    return msgspec.Raw(text.encode())


def _raw(record: Record) -> msgspec.Raw:
    return msgspec.Raw(dump(record))


def _decoded(body: bytes | msgspec.Raw) -> Any:
    return msgspec.json.decode(body, strict=True)


def _kept(bench: Bench, name: str) -> Recording:
    path = bench.double.golden / name
    if not path.is_file():
        message = f"there is no recording {path.name}: run with {WRITE}=write and read what it holds"
        raise Broken(message)
    return msgspec.json.decode(path.read_bytes(), type=Recording)


def _keep(bench: Bench, name: str, recording: Recording) -> None:
    bench.double.golden.mkdir(parents=True, exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(recording), indent=1)
    (bench.double.golden / name).write_bytes(text + b"\n")
