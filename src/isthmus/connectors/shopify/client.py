"""One way to ask Shopify: sign in, keep the pace, and sort what comes back.

Shopify meters by cost points in a leaky bucket per app and shop and reports the bucket in every
answer, so the pace is corrected each time instead of being guessed.
Sources: https://shopify.dev/docs/api/usage/limits, https://shopify.dev/docs/api/usage/versioning (2026-07)
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar

import msgspec

from isthmus.connectors.shopify import wire
from isthmus.connectors.shopify.auth import Auth
from isthmus.connectors.shopify.cost import Costs
from isthmus.connectors.shopify.failures import (
    READ,
    Cost,
    Envelope,
    Intent,
    TooCostly,
    check_errors,
    check_status,
    drift,
    envelope,
    lost,
)
from isthmus.connectors.shopify.operations import Operation
from isthmus.kit.clock import Clock
from isthmus.kit.http import AnswerLost, Http, NotSent, Request, Response
from isthmus.ports.errors import ContractBroken, Throttled, Unreachable
from isthmus.ports.pace import Pace

A = TypeVar("A")
T = TypeVar("T")
#: What to wait when Shopify says THROTTLED without saying how full the bucket is.
UNTOLD_WAIT_S = 1.0
YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What was asked for, the shop's clock when it answered, and the API version that ran."""

    content: T
    server_time: datetime
    version: str


@dataclass(slots=True)
class Client:
    """The GraphQL endpoint of one shop."""

    url: str
    version: str
    http: Http
    clock: Clock
    pace: Pace
    auth: Auth
    costs: Costs = field(default_factory=Costs)

    async def query(self, operation: Operation, variables: Mapping[str, Any], into: type[T]) -> Answer[T]:
        """Read. Raises anything but `InDoubt`."""
        return await self._ask(operation, variables, into, READ)

    async def mutate(
        self, operation: Operation, variables: Mapping[str, Any], into: type[T], *, key: str, repeatable: bool = False
    ) -> Answer[T]:
        """Write once.

        Raises `InDoubt(key)` when the outcome is unknown, unless `repeatable` says that sending the
        very same again is one write: then `Unreachable`.
        """
        return await self._ask(operation, variables, into, Intent(key, repeatable))

    async def rest(
        self, operation: Operation, owner: str, first: wire.Connection[T], into: type[wire.RestAnswer[T]]
    ) -> tuple[T, ...]:
        """Return every node of a connection whose `first` page is at hand."""
        nodes = list(first.nodes)
        page = first.page_info
        while page.has_next_page:
            answer = await self.query(operation, {"id": owner, "after": page.end_cursor}, into)
            if answer.content.node is None:
                break  # deleted meanwhile
            nodes += answer.content.node.page.nodes
            page = answer.content.node.page.page_info
        return tuple(nodes)

    async def _ask(
        self, operation: Operation, variables: Mapping[str, Any], into: type[T], intent: Intent
    ) -> Answer[T]:
        async with self.pace.slot(self.costs.expected(operation, variables), operation=operation.name):
            response = await self._signed(operation, variables, intent)
            try:
                check_status(response, intent, self.clock.now(), self.auth.secrets)
            except Throttled as throttled:
                self.pace.back_off((throttled.retry_at - self.clock.now()).total_seconds())
                raise
            found = envelope(response, intent)
            self._learn(operation, variables, found)
            check_errors(found, intent)
        check_filters(found)
        return Answer(decode(found, into, intent), self._time(response), served(response))

    async def _signed(self, operation: Operation, variables: Mapping[str, Any], intent: Intent) -> Response:
        token = await self.auth.token()
        response = await self._send(operation, variables, intent, token)
        if response.status == 401 and (fresh := await self.auth.renewed(token)):  # noqa: PLR2004 - HTTP's own number
            # A refused token means nothing was done, so sending a write again is safe.
            return await self._send(operation, variables, intent, fresh)
        return response

    async def _send(self, operation: Operation, variables: Mapping[str, Any], intent: Intent, token: str) -> Response:
        request = Request(
            "POST",
            f"{self.url}/admin/api/{self.version}/graphql.json",
            operation=operation.name,
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "X-Shopify-Access-Token": token,
            },
            body=msgspec.json.encode(
                {"query": operation.text, "variables": variables, "operationName": operation.name}
            ),
        )
        try:
            return await self.http.send(request)
        except NotSent as failure:
            message = f"Shopify cannot be reached: {failure}"
            raise Unreachable(message) from failure
        except AnswerLost as failure:
            raise lost(intent, str(failure)) from failure

    def _learn(self, operation: Operation, variables: Mapping[str, Any], found: Envelope) -> None:
        """Take over what the answer says about cost. Raises `Throttled`."""
        cost = found.extensions.cost if found.extensions else None
        if cost is not None:
            if cost.requested_query_cost > 0:
                self.costs.told(operation, variables, cost.requested_query_cost)
            if status := cost.throttle_status:
                self.pace.learn(
                    available=status.currently_available,
                    capacity=status.maximum_available,
                    per_second=status.restore_rate,
                )
        errors = found.errors
        if errors and not isinstance(errors, str) and any(error.code == "THROTTLED" for error in errors):
            wait = refill_s(cost)
            self.pace.back_off(wait)
            message = f"Shopify's cost bucket is empty for {wait:.1f} s"
            raise Throttled(message, retry_at=self.clock.now() + timedelta(seconds=wait))

    def _time(self, response: Response) -> datetime:
        """Return the shop's clock: the `Date` header, in whole seconds."""
        try:
            told = parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
        except (KeyError, ValueError, TypeError, OverflowError):
            return self.clock.now()
        # A clock of no year of ours would end outside of what a date can be.
        return told if told.year in YEARS else self.clock.now()


def refill_s(cost: Cost | None) -> float:
    """Return how long the bucket takes to hold what was requested."""
    status = cost.throttle_status if cost else None
    if cost is None or status is None or status.restore_rate <= 0:
        return UNTOLD_WAIT_S
    return max(0.0, (cost.requested_query_cost - status.currently_available) / status.restore_rate)


def check_filters(found: Envelope) -> None:
    """Refuse an answer whose filter Shopify ignored: it would list everything as changed."""
    for search in found.extensions.search if found.extensions else ():
        if search.get("warnings"):
            message = f"Shopify ignored a filter: {search.get('query', '')}"
            raise ContractBroken(message)


def decode(found: Envelope, into: type[T], intent: Intent) -> T:
    """Read the data of an answer. Raises `WireDrift`, for a write that must not be repeated `InDoubt`."""
    try:
        return msgspec.json.decode(found.data, type=into)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        if intent.key and not intent.repeatable:
            raise lost(intent, "an answer of unknown form") from wrong
        raise drift(wrong) from wrong


def served(response: Response) -> str:
    """Return the version that answered; Shopify serves the oldest one it still has for a retired one."""
    return response.headers.get("X-Shopify-API-Version", "")


@dataclass(slots=True)
class Sizes:
    """Page sizes to try, largest first; the first that is not too costly is kept.

    What a request may cost at most (1000 points) is known, what each part of it costs is not told.
    """

    options: tuple[tuple[int, int], ...]
    chosen: int = 0

    async def fit(self, request: Callable[[int, int], Awaitable[A]]) -> A:
        """Make the request with the largest sizes Shopify lets pass. Raises `TooCostly` after the smallest."""
        while True:
            try:
                return await request(*self.options[self.chosen])
            except TooCostly:
                if self.chosen + 1 == len(self.options):
                    raise
                self.chosen += 1


async def every(
    client: Client,
    operation: Operation,
    into: type[A],
    pick: Callable[[A], wire.Connection[T]],
    variables: Mapping[str, Any] | None = None,
) -> tuple[T, ...]:
    """Return every node of a short list, such as locations or subscriptions."""
    nodes: list[T] = []
    after: str | None = None
    while True:
        page = pick((await client.query(operation, {**(variables or {}), "after": after}, into)).content)
        nodes += page.nodes
        if not page.page_info.has_next_page:
            return tuple(nodes)
        after = page.page_info.end_cursor
