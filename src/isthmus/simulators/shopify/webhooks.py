"""Sends webhooks the way Shopify does: signed, at least once, in no promised order.

Five seconds to answer with 2xx; otherwise eight more tries with growing gaps, each with the first body.
When all fail, a subscription made by API is deleted.
Source: https://shopify.dev/docs/apps/build/webhooks/delivery-structure and
https://shopify.dev/docs/apps/build/webhooks/troubleshooting-webhooks (retries over four hours; scaled here)
"""

import asyncio
import base64
import hashlib
import hmac
import uuid
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import msgspec

from isthmus.simulators.faults import WEBHOOK, Faults
from isthmus.simulators.shopify.bodies import body_of
from isthmus.simulators.shopify.shop import Shop, Subscription

ANSWER_S = 5.0
CONNECT_S = 1.0
AT_ONCE = 8
#: seconds between tries: four hours pressed into two minutes
GAPS_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
API_VERSION = "2026-07"
#: how long a delivery waits for another one to overtake it
_OVERTAKEN_S = 1.0
_OK = 2  # any 2xx
_JSON = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one subscription: what it says never changes, however often it is sent."""

    subscription_id: str
    uri: str
    body: bytes
    headers: dict[str, str]


class Sender:
    """Turns what happens in the shop into deliveries."""

    def __init__(
        self, shop: Shop, faults: Faults, secret: str, gaps_s: Sequence[float] = GAPS_S, answer_s: float = ANSWER_S
    ) -> None:
        """Send nothing yet; what happens before `start` waits for it."""
        self.counts: Counter[str] = Counter()
        self._shop = shop
        self._faults = faults
        self._secret = secret.encode()
        self._gaps_s = tuple(gaps_s)
        self._answer_s = answer_s
        self._session: aiohttp.ClientSession | None = None
        self._waiting: list[Delivery] = []
        self._held: list[Delivery] = []
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to send."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=AT_ONCE),
            timeout=aiohttp.ClientTimeout(total=self._answer_s, sock_connect=CONNECT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        waiting, self._waiting = self._waiting, []
        for delivery in waiting:
            self._launch(delivery)

    def collect(self) -> list[Delivery]:
        """Hand over what has waited since before `start`, for whoever carries it to its receivers himself."""
        waiting, self._waiting = self._waiting, []
        return waiting

    async def stop(self) -> None:
        """Forget what is not delivered yet."""
        await self.forget()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def forget(self) -> None:
        """Drop every delivery under way and count from zero."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        self._waiting.clear()
        self._held.clear()
        self.counts.clear()

    def tell(self, topic: str, subject: Any) -> None:
        """Deliver an event to everybody who wants it, unless a fault says otherwise."""
        for delivery in self._deliveries(topic, subject):
            fault = self._faults.draw(topic, WEBHOOK)
            match fault.kind if fault else None:
                case "drop_webhook":
                    self.counts["dropped"] += 1
                case "duplicate_webhook":
                    self._launch(delivery)
                    self._launch(delivery)
                case "delay_webhook":
                    self._launch(delivery, delay_s=fault.seconds if fault else 0.0)
                case "reorder_webhook":
                    self._hold(delivery)
                case _:
                    self._launch(delivery)

    def _deliveries(self, topic: str, subject: Any) -> list[Delivery]:
        wanted = topic.upper().replace("/", "_")
        receivers = [one for one in self._shop.subscriptions.values() if one.topic == wanted]
        if not receivers:
            return []
        body = body_of(topic, subject)
        event_id = str(uuid.uuid4())
        return [self._delivery(topic, one, body, event_id, test=getattr(subject, "test", False)) for one in receivers]

    def _delivery(
        self, topic: str, subscription: Subscription, body: dict[str, Any], event_id: str, *, test: bool
    ) -> Delivery:
        if subscription.include_fields:
            body = {name: body[name] for name in subscription.include_fields if name in body}
        raw = _JSON.encode(body)
        signature = base64.b64encode(hmac.new(self._secret, raw, hashlib.sha256).digest()).decode()
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": signature,
            "X-Shopify-Shop-Domain": self._shop.myshopify_domain,
            "X-Shopify-API-Version": API_VERSION,
            "X-Shopify-Webhook-Id": str(uuid.uuid4()),
            "X-Shopify-Event-Id": event_id,
            "X-Shopify-Triggered-At": _stamp(self._shop.now()),
        }
        if subscription.name:
            headers["X-Shopify-Name"] = subscription.name
        if test:
            headers["X-Shopify-Test"] = "true"
        return Delivery(subscription.id, subscription.uri, raw, headers)

    def _launch(self, delivery: Delivery, delay_s: float = 0.0) -> None:
        if self._session is None:
            self._waiting.append(delivery)
        else:
            self._run(self._deliver(delivery, delay_s))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _hold(self, delivery: Delivery) -> None:
        """Keep a delivery until a later one has gone out, or for a moment when none comes."""
        self._held.append(delivery)
        self._run(self._release_after(_OVERTAKEN_S))

    async def _release_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._release()

    def _release(self) -> None:
        held, self._held = self._held, []
        for delivery in held:
            self._launch(delivery)

    async def _deliver(self, delivery: Delivery, delay_s: float) -> None:
        if delay_s:
            await asyncio.sleep(delay_s)
        for gap_s in (*self._gaps_s, None):
            async with self._slots:
                arrived = await self._post(delivery)
            if arrived:
                self.counts["sent"] += 1
                self._release()
                return
            self.counts["failed"] += 1
            if gap_s is not None:
                await asyncio.sleep(gap_s)
        self._give_up(delivery.subscription_id)

    async def _post(self, delivery: Delivery) -> bool:
        if self._session is None:
            return False
        try:
            async with self._session.post(
                delivery.uri, data=delivery.body, headers=delivery.headers, allow_redirects=False
            ) as answer:
                return answer.status // 100 == _OK
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    def _give_up(self, subscription_id: str) -> None:
        subscription = self._shop.subscriptions.get(subscription_id)
        if subscription is not None and subscription.by_api:
            del self._shop.subscriptions[subscription_id]
            self.counts["removed"] += 1


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
