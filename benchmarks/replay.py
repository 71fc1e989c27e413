"""The floor of `orders.py`: the very requests Isthmus sent, sent again by a bare loop to another ERP in the same state.

What is needed is the calls, what came in between is ours: no mirror, no ledger, no trace, only aiohttp and one durable
commit per order. Ids the ERP gives out (contacts, orders) differ from run to run, so they are put in anew.
"""

import asyncio
import contextlib
import sqlite3
from collections import defaultdict
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import aiohttp
import msgspec
from floor import median

from isthmus.kit.http import Http, Request, Response

PARTNER, ORDER = "res.partner", "sale.order"
#: Calls of Odoo 19's own protocol; finding out its version goes elsewhere.
API = "/json/2/"
#: How a column of a `load` ends that holds ids.
ID = "/.id"
#: What points to a record that was made along the way, by the field's name.
REFS = {"partner_id": PARTNER, "partner_invoice_id": PARTNER, "partner_shipping_id": PARTNER, "parent_id": PARTNER}


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it left, and the ids it created."""

    request: Request
    created: Sequence[int]

    @property
    def model(self) -> str:
        """Return the model it was about."""
        return self.request.operation.rpartition(".")[0]


class Listening(Http):
    """The pool of connections, noting what each task sent to the ERP: one task is one job."""

    def __init__(self) -> None:
        """Know of nothing yet."""
        super().__init__()
        self._heard: dict[Any, list[Call]] = {}

    async def _send(self, request: Request) -> Response:
        calls = self._heard.setdefault(asyncio.current_task(), [])
        response = await super()._send(request)
        if API in request.url:
            calls.append(Call(request, made_by(request.operation, response.json())))
        return response

    def heard(self) -> list[list[Call]]:
        """Return the calls of each order's job since the last time, in the order the jobs began."""
        jobs = [calls for calls in self._heard.values() if any(call.model in (ORDER, PARTNER) for call in calls)]
        self._heard = {}
        return jobs


def made_by(operation: str, answer: Any) -> Sequence[int]:
    """Return the ids of the records a call has created."""
    if operation.endswith(".create"):
        return answer
    return answer["ids"] if operation.endswith(".load") else ()


@contextlib.contextmanager
def listening() -> Generator[Listening]:
    """Let projects opened inside send through a pool that listens."""
    pool = Listening()
    with mock.patch("isthmus.engine.failpoints.http", return_value=pool):
        yield pool


class Loop:
    """The bare loop."""

    def __init__(self, url: str, folder: Path) -> None:
        """Send to the ERP at `url` and commit to a file of our own."""
        self._url = url
        self._new: defaultdict[tuple[str, int], asyncio.Future[int]] = defaultdict(asyncio.Future)
        self._made: set[tuple[str, int]] = set()
        self._disk = ThreadPoolExecutor(1)
        self._database = sqlite3.connect(folder / "floor.db", isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("CREATE TABLE bound (shop TEXT, erp INTEGER)")
        self.took_ms: defaultdict[str, list[float]] = defaultdict(list)

    async def send(self, jobs: Sequence[Sequence[Call]], concurrency: int) -> float:
        """Send all jobs, so many at a time; return the seconds it took."""
        self._made |= {(call.model, made) for job in jobs for call in job for made in call.created}
        todo = iter(jobs)

        async def worker(session: aiohttp.ClientSession) -> None:
            for job in todo:
                await self._job(session, job)

        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:
            began = asyncio.get_running_loop().time()
            await asyncio.gather(*(worker(session) for _ in range(concurrency)))
            return asyncio.get_running_loop().time() - began

    def alone(self) -> dict[str, float]:
        """Return how many ms each operation took since the last time, in the middle."""
        medians = {operation: median(took) for operation, took in self.took_ms.items()}
        self.took_ms.clear()
        return medians

    def close(self) -> None:
        """Close the file."""
        self._disk.shutdown()
        self._database.close()

    async def _job(self, session: aiohttp.ClientSession, job: Sequence[Call]) -> None:
        order = None
        for call in job:
            body = msgspec.json.decode(call.request.body or b"null")
            if call.request.operation.endswith(".load"):
                body["data"] = [await self._cells(body["fields"], row) for row in body["data"]]
            sent = msgspec.json.encode(await self._anew(call.model, "", body))
            began = asyncio.get_running_loop().time()
            url = self._url + "/" + call.request.url.split("/", 3)[3]
            async with session.post(url, data=sent, headers=call.request.headers) as answer:
                answered = msgspec.json.decode(await answer.read())
            assert answer.status == 200, answered  # noqa: PLR2004
            self.took_ms[call.request.operation].append((asyncio.get_running_loop().time() - began) * 1000)
            for old, new in zip(call.created, made_by(call.request.operation, answered), strict=True):
                self._new[call.model, old].set_result(new)
                order = new if call.model == ORDER else order
        if order is not None:
            await asyncio.get_running_loop().run_in_executor(self._disk, self._commit, order)

    def _commit(self, order: int) -> None:
        self._database.execute("INSERT INTO bound VALUES (?, ?)", (str(order), order))

    async def _cells(self, columns: Sequence[str], row: Sequence[str]) -> list[str]:
        """Return a row of a load with this ERP's ids, which stand there as texts."""
        return [
            str(await self._anew("", column.removesuffix("/.id"), int(cell)))
            if cell and column.endswith("/.id")
            else cell
            for column, cell in zip(columns, row, strict=True)
        ]

    async def _anew(self, model: str, field: str, value: Any) -> Any:
        """Return a part of a request with this ERP's ids; waits for one that another job is making."""
        match value:
            case dict():
                return {name: await self._anew(model, name, part) for name, part in value.items()}
            case [str() as name, str() as how, part]:
                return [name, how, await self._anew(model, name, part)]
            case list():
                return [await self._anew(model, field, part) for part in value]
            case int() if not isinstance(value, bool):
                known = (model if field in ("id", "ids") else REFS.get(field, ""), value)
                return await self._new[known] if known in self._made else value
            case _:
                return value
