"""Words of the job ledger, short enough for tests."""

from typing import Any

from isthmus.engine.flow import Mark
from isthmus.engine.mirror import HOT, USUAL, mark_jobs
from isthmus.kit.fresh import fresh_id
from isthmus.store.base import Store, one
from isthmus.store.statement import Row, Statement, say

LEASE = 60


async def mark(store: Store, *subjects: str, flow: str = "orders", now: int = 0, number: str = "") -> None:
    await store.write(mark_jobs([Mark(flow, subject, number) for subject in subjects], now))


async def claim(store: Store, *, flow: str = "orders", now: int = 0, wish: int = 100, lease: int = LEASE) -> list[Row]:
    terms = {"flow": flow, "now": now, "wish": wish, "lease_until": now + lease}
    rows = await store.write(*(say("claim_jobs", lane=lane, token=fresh_id(), **terms) for lane in (HOT, USUAL)))
    return [*rows[0], *rows[1]]


def finishing(job: Row, state: str = "done", *, now: int = 1, expect: int | None = 1, **said: Any) -> Statement:
    usual: dict[str, Any] = {
        "id": job["id"],
        "token": job["token"],
        "state": state,
        "now": now,
        "run_at": now,
        "attempts": 0,
        "first_failed_at": None,
        "waits_for": None,
        "code": "",
        "because": "",
        "answers": "[]",
        "number": "",
    }
    return Statement("finish_job", usual | said, expect)


def losing(now: int, before: int) -> Statement:
    """Give back what dead workers held."""
    return say("release_jobs", now=now, before=before, most=5, because="", answers="[]")


async def job(store: Store, subject: str, flow: str = "orders") -> Row:
    row = one(await store.read("job", flow=flow, subject=subject))
    assert row is not None
    return row


def delivery(delivery_id: str, *, connection: str = "shop", now: int = 0, **said: Any) -> dict[str, Any]:
    usual = {
        "connection": connection,
        "delivery_id": delivery_id,
        "topic": "orders/create",
        "body": b"{}",
        "kind": "order",
        "external_id": delivery_id,
        "now": now,
    }
    return usual | said


def attempt(attempt_id: str, *, now: int = 0) -> dict[str, Any]:
    return {
        "id": attempt_id,
        "flow": "orders",
        "subject": "1",
        "started_at": now,
        "now": now,
        "outcome": "done",
        "code": "",
        "because": "",
        "notes": "[]",
    }
