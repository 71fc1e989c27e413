"""Sends webhooks the way WooCommerce does: later, once, signed, and saying how things stand by then.

An event only queues a job (webhook, record); jobs that wait already are not queued twice, and none leaves before
WP-Cron comes round. A delivery not answered with 200 to 302 is lost; the seventh in a row switches the webhook off.
Sources: https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks (REST v3), class-wc-webhook.php and
wc-webhook-functions.php of WooCommerce 11, and what a server of 11.0.1 showed.
"""

import asyncio
import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from isthmus.simulators.faults import WEBHOOK, Faults
from isthmus.simulators.woocommerce.gateway import printed
from isthmus.simulators.woocommerce.people import Webhook
from isthmus.simulators.woocommerce.shop import Shop, Topic

CONNECT_S = 1.0
AT_ONCE = 5  # Action Scheduler works on so many at a time
#: failures a webhook survives; the next one switches it off
SURVIVED = 6
USUAL_PORTS = frozenset({80, 443, 8080})
#: how long a delivery waits for another one to overtake it
_OVERTAKEN_S = 1.0
_LEAST_OK, _MOST_OK = 200, 302
#: what WordPress keeps of these letters in a secret, and turns back when it signs
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#039;", "'"), ("&amp;", "&"))


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to tell one webhook."""

    webhook: int
    record: int


class Sender:
    """Turns what happens in the shop into deliveries; `body` is what the API would say of a record now."""

    def __init__(self, shop: Shop, faults: Faults, body: Callable[[str, int], Any]) -> None:
        """Send nothing yet; what happens before `start` waits for it."""
        self.counts: Counter[str] = Counter()
        self._shop = shop
        self._faults = faults
        self._body = body
        self._session: aiohttp.ClientSession | None = None
        self._queue: dict[Job, int] = {}  # how often each is to be sent: once, but for faults
        self._held: list[Job] = []
        self._cron: asyncio.Task[None] | None = None
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to send."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._shop.settings.webhook_answer_s, sock_connect=CONNECT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            version=aiohttp.HttpVersion10,
        )
        if self._queue:
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

    def tell(self, topic: Topic | str, record: int) -> None:
        """Queue an event for every webhook that wants it, unless a fault says otherwise."""
        for webhook in list(self._shop.webhooks.values()):
            if webhook.topic == topic and webhook.status == "active":
                self._queue_up(topic, Job(webhook.id, record))

    async def ping(self, webhook: Webhook) -> bool:
        """Send the unsigned greeting of a new webhook and tell whether it was answered with exactly 200."""
        status = await self._post(webhook, f"webhook_id={webhook.id}".encode(), {}, "application/x-www-form-urlencoded")
        self.counts["pings"] += 1
        return status == _LEAST_OK

    def waiting(self) -> int:
        """Return how many jobs wait for WP-Cron."""
        return len(self._queue)

    def _queue_up(self, topic: str, job: Job) -> None:
        fault = self._faults.draw(topic, WEBHOOK)
        match fault.kind if fault else None:
            case "drop_webhook":
                self.counts["dropped"] += 1
            case "delay_webhook":
                self._run(self._late(job, fault.seconds if fault else 0.0))
            case "reorder_webhook":
                self._held.append(job)
                self._run(self._release_after(_OVERTAKEN_S))
            case "duplicate_webhook":
                self._queue[job] = 2
                self._wake()
            case _:
                if job in self._queue:
                    self.counts["merged"] += 1
                self._queue.setdefault(job, 1)
                self._wake()

    def _wake(self) -> None:
        """Let WP-Cron come round in a while, if it is not on its way."""
        if self._session is not None and (self._cron is None or self._cron.done()):
            self._cron = self._run(self._come_round())

    async def _come_round(self) -> None:
        while self._queue:
            await asyncio.sleep(self._shop.settings.cron_s)
            due, self._queue = self._queue, {}
            for job, times in due.items():
                for _ in range(times):
                    self._run(self._deliver(job))

    async def _late(self, job: Job, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._queue.setdefault(job, 1)
        self._wake()

    async def _release_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._release()

    def _release(self) -> None:
        held, self._held = self._held, []
        for job in held:
            self._queue.setdefault(job, 1)
        if held:
            self._wake()

    def _run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _deliver(self, job: Job) -> None:
        async with self._slots:
            webhook = self._shop.webhooks.get(job.webhook)
            if webhook is None or webhook.status != "active":
                return
            content = {"id": job.record} if webhook.event == "deleted" else self._body(webhook.resource, job.record)
            body = printed(content).encode()
            status = await self._post(webhook, body, self._headers(webhook, body), "application/json")
        if status is not None and _LEAST_OK <= status <= _MOST_OK:
            webhook.failure_count = 0
            self.counts["sent"] += 1
            self._release()
        else:
            self._fail(webhook)

    def _fail(self, webhook: Webhook) -> None:
        self.counts["failed"] += 1
        if webhook.failure_count >= SURVIVED:
            webhook.status = "disabled"
            self.counts["disabled"] += 1
        else:
            webhook.failure_count += 1

    def _headers(self, webhook: Webhook, body: bytes) -> dict[str, str]:
        secret = webhook.secret
        for kept, letter in _ENTITIES:
            secret = secret.replace(kept, letter)
        second = int(self._shop.now().timestamp())
        return {
            "X-WC-Webhook-Source": f"{self._shop.home}/",
            "X-WC-Webhook-Topic": webhook.topic,
            "X-WC-Webhook-Resource": webhook.resource,
            "X-WC-Webhook-Event": webhook.event,
            "X-WC-Webhook-Signature": signature(secret, body),
            "X-WC-Webhook-ID": str(webhook.id),
            # Two deliveries of one second share it.
            "X-WC-Webhook-Delivery-ID": hashlib.md5(f"{webhook.id}{second}".encode()).hexdigest(),  # noqa: S324 - theirs
        }

    async def _post(self, webhook: Webhook, body: bytes, headers: dict[str, str], kind: str) -> int | None:
        settings = self._shop.settings
        port = urlsplit(webhook.delivery_url).port
        if self._session is None or (settings.usual_ports_only and port is not None and port not in USUAL_PORTS):
            return None
        agent = f"WooCommerce/{settings.version} Hookshot (WordPress/{settings.wordpress})"
        try:
            async with self._session.post(
                webhook.delivery_url,
                data=body,
                headers={"User-Agent": agent, "Content-Type": kind, **headers},
                allow_redirects=False,
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None


def signature(secret: str, body: bytes) -> str:
    """Return what stands in `X-WC-Webhook-Signature`."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
