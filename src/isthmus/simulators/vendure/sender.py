"""Sends what the shop's event plugin sends: thin, signed, from a job queue that tries again.

The plugin is the one this project gives to shops, for Vendure has no webhooks of its own: an event becomes a job with
an id, the same however often the job is tried. Headers and signature are those of Standard Webhooks:
HMAC-SHA256 over `id.timestamp.body`, base64, behind `v1,`; the timestamp is that of the try.
Sources: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md,
https://docs.vendure.io/guides/developer-guide/worker-job-queue/ (3.5)
"""

import asyncio
import base64
import hashlib
import hmac
import uuid
from collections import Counter, deque
from collections.abc import Coroutine, Mapping
from typing import Any

import aiohttp
import msgspec

from isthmus.simulators.faults import WEBHOOK, Faults
from isthmus.simulators.vendure.jobs import Job
from isthmus.simulators.vendure.resolvers import moment
from isthmus.simulators.vendure.shop import Shop

CONNECT_S = 1.0
#: how long a delivery waits for another one to overtake it
_OVERTAKEN_S = 1.0
_OK = 2  # any 2xx
#: jobs done with that are remembered
_REMEMBERED = 1000


class Sender:
    """Turns what happens in the shop into deliveries to one address."""

    def __init__(self, shop: Shop, faults: Faults, address: str | None, secret: str) -> None:
        """Send nothing yet; what happens before `start` waits for it. Without an address there is no plugin."""
        self.counts: Counter[str] = Counter()
        self._shop, self._faults = shop, faults
        self._address, self._secret = address, secret.encode()
        self._session: aiohttp.ClientSession | None = None
        self._queue: deque[Job] = deque()
        self._held: list[Job] = []
        self._slots = asyncio.Semaphore(shop.settings.concurrency)
        self._tasks: set[asyncio.Task[None]] = set()
        self._poll: asyncio.Task[None] | None = None
        if address is not None:
            shop.queues.append(shop.settings.queue)

    async def start(self) -> None:
        """Begin to send."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._shop.settings.webhook_answer_s, sock_connect=CONNECT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        self._wake()

    async def stop(self) -> None:
        """Forget what is not delivered yet."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        self._queue.clear()
        self._held.clear()
        if self._session is not None:
            await self._session.close()
            self._session = None

    def waiting(self) -> int:
        """Return how many jobs the queue holds."""
        return len(self._queue)

    def tell(self, topic: str, facts: Mapping[str, Any]) -> None:
        """Queue an event, unless a fault says otherwise."""
        if self._address is None:
            return
        event_id = str(uuid.uuid4())
        told = {"eventId": event_id, "topic": topic, "at": moment(self._shop.now())}
        body = msgspec.json.encode({**told, **facts})
        fault = self._faults.draw(topic, WEBHOOK)
        match fault.kind if fault else None:
            case "drop_webhook":
                self.counts["dropped"] += 1
            case "duplicate_webhook":
                self._queue_up(self._job(event_id, body), self._job(event_id, body))
            case "delay_webhook":
                self._run(self._late(self._job(event_id, body), fault.seconds if fault else 0.0))
            case "reorder_webhook":
                self._held.append(self._job(event_id, body))
                self._run(self._release_after(_OVERTAKEN_S))
            case _:
                self._queue_up(self._job(event_id, body))

    def _job(self, event_id: str, body: bytes) -> Job:
        settings, jobs = self._shop.settings, self._shop.jobs
        made = Job(
            **self._shop.new("Job"), queue_name=settings.queue, event_id=event_id, body=body, retries=settings.retries
        )
        jobs[made.id] = made
        if len(jobs) > 2 * _REMEMBERED:
            for number in [one.id for one in jobs.values() if one.state == "COMPLETED"][:_REMEMBERED]:
                del jobs[number]
        return made

    def _queue_up(self, *jobs: Job) -> None:
        self._queue.extend(jobs)
        self._wake()

    def _wake(self) -> None:
        if self._session is not None and self._queue and (self._poll is None or self._poll.done()):
            self._poll = self._run(self._look())

    async def _look(self) -> None:
        """Take as many jobs as may run at a time, every time the queue is looked at."""
        while self._queue:
            await asyncio.sleep(self._shop.settings.poll_s)
            for _ in range(min(self._shop.settings.concurrency, len(self._queue))):
                self._run(self._work(self._queue.popleft()))

    async def _work(self, job: Job) -> None:
        async with self._slots:
            job.attempts += 1
            job.state, job.started_at = "RUNNING", job.started_at or self._shop.now()
            job.error = await self._post(job)
        if job.error is None:
            job.state, job.settled_at = "COMPLETED", self._shop.now()
            self.counts["sent"] += 1
            self._release()
            return
        self.counts["failed"] += 1
        if job.attempts > job.retries:
            job.state, job.settled_at = "FAILED", self._shop.now()
            self.counts["lost"] += 1
            return
        job.state = "RETRYING"
        await self._late(job, self._shop.settings.retry_s)

    async def _late(self, job: Job, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._queue_up(job)

    async def _release_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._release()

    def _release(self) -> None:
        held, self._held = self._held, []
        if held:
            self._queue_up(*held)

    def _run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _post(self, job: Job) -> str | None:
        """Send a job and return what went wrong."""
        if self._session is None or self._address is None:
            return "there is nowhere to send it"
        try:
            async with self._session.post(
                self._address, data=job.body, headers=self._headers(job), allow_redirects=False
            ) as answer:
                return None if answer.status // 100 == _OK else f"HTTP {answer.status}"
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            return type(failure).__name__

    def _headers(self, job: Job) -> dict[str, str]:
        second = str(int(self._shop.now().timestamp()))
        return {
            "content-type": "application/json",
            "webhook-id": job.event_id,
            "webhook-timestamp": second,
            "webhook-signature": signature(self._secret, job.event_id, second, job.body),
        }


def signature(secret: bytes, event_id: str, second: str, body: bytes) -> str:
    """Return what stands in `webhook-signature`."""
    signed = hmac.new(secret, f"{event_id}.{second}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"
