"""Deliveries from other systems: proven, stored, then answered. A 202 means it is on disk.

`wire.py` asks `look` before a body is read, and calls the application once the body is there.
"""

import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from isthmus.engine.connections import Connection
from isthmus.engine.engine import Engine
from isthmus.kit.clock import to_micros
from isthmus.ports.receiver import Delivery, Notice, Refused
from isthmus.store.group import StoreError
from isthmus.web.admission import LATER, Admission, Limits
from isthmus.web.inbox import Arrival, Inbox
from isthmus.web.proxies import Proxies
from isthmus.web.refusals import DEFECT, NOT_PLAIN, NOT_POST, ODD_NAME, TOO_LARGE, UNKNOWN, Refusal
from isthmus.web.watch import Watch

log = logging.getLogger("isthmus.web")
HOOKS = "/hooks/"
#: The largest order webhook seen in the field is well under this.
MAX_BODY_BYTES = 2 * 1024 * 1024
#: Digits of a length that is worth reading as a number.
LONGEST_LENGTH = 18
#: Ids and topics are a few dozen letters. They need not be signed, and no database keeps any length in an index.
LONGEST_NAME = 500
#: Where the decoded headers, and the size of the body counted as held, are left for the application.
HEADERS = "isthmus.headers"
SIZE = "isthmus.size"
_ACCEPTED: dict[str, Any] = {"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]}
_END: dict[str, Any] = {"type": "http.response.body", "body": b""}


class Ingress:
    """Takes deliveries at `/hooks/{connection}`; an ASGI application behind `wire.Line`."""

    def __init__(self, engine: Engine, limits: Limits | None = None, proxies: Sequence[str] = ()) -> None:
        """Store into the engine's inbox and stir its intake; `proxies` are ours, see `Proxies`."""
        context = engine.context
        self._context = context
        self.admission = Admission(context.now, limits or Limits())
        self.inbox = Inbox(context.store, self.admission, engine.intake.stir)
        self.watch = Watch(context.store, self.admission)
        self._proxies = Proxies(proxies)

    async def close(self) -> None:
        """Wait for what is on its way to the store; nothing more may come in."""
        await self.inbox.close()
        await self.watch.close()

    def look(self, scope: Scope) -> Refusal | None:
        """Return why a delivery is refused for what its head says, None to let the body come."""
        self.watch.glance()
        if refused := self.admission.refusal():
            return refused
        connection = self._connection(scope)
        if connection is None:
            refused = self.admission.too_often("", self._proxies.sender(scope))
            self.admission.unproven(self._proxies.sender(scope))
            return refused or UNKNOWN
        if scope["method"] != "POST":
            return NOT_POST
        if refused := self.admission.too_often(connection.name, self._proxies.sender(scope)):
            return refused
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        scope[HEADERS] = headers
        return amiss(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one delivery."""
        self.admission.arrived -= 1
        message = await receive()
        if message["type"] != "http.request":  # the sender hung up; it has no answer, so it sends again
            self.admission.held_bytes -= scope[SIZE]
            return
        refused = await self._take(scope, message["body"])
        if refused is None:
            await send(_ACCEPTED)
            await send(_END)
        else:
            await send({"type": "http.response.start", "status": refused.status, "headers": refused.headers})
            await send({"type": "http.response.body", "body": refused.body})

    async def _take(self, scope: Scope, body: bytes) -> Refusal | None:
        try:
            arrival = self._verified(scope, body)
        except Refused as wrong:
            self.admission.held_bytes -= scope[SIZE]
            self.admission.unproven(self._proxies.sender(scope))
            log.info("a delivery to %s was refused: %s", scope["path"], wrong.code)
            return Refusal(wrong.status, wrong.code, str(wrong))
        except Exception:
            # The sender can do nothing about our mistake but come back when it is repaired.
            self.admission.held_bytes -= scope[SIZE]
            log.exception("a defect while checking a delivery to %s", scope["path"])
            return DEFECT
        try:
            await self.inbox.keep(arrival)  # from here on it holds the bytes
        except StoreError:
            return LATER["store_fails"].next()
        return None

    def _verified(self, scope: Scope, body: bytes) -> Arrival:
        connection = self._connection(scope)
        receiver = connection.session.receiver if connection is not None else None
        if connection is None or receiver is None:
            raise Refused(UNKNOWN.message, status=UNKNOWN.status, code=UNKNOWN.code)
        text = scope["query_string"]
        query = dict(parse_qsl(text.decode("latin-1"), keep_blank_values=True)) if text else {}
        now = self._context.now()
        accepted = receiver.verify(Delivery(scope[HEADERS], body, query), now)
        if any(len(name) > LONGEST_NAME or "\0" in name for name in (accepted.delivery_id, accepted.topic)):
            raise Refused(ODD_NAME.message, status=ODD_NAME.status, code=ODD_NAME.code)
        self.admission.verified(connection.name, self._proxies.sender(scope))
        first = next((each for each in receiver.notices(accepted.topic, body) if _named(each)), None)
        return Arrival(
            connection.name,
            accepted.delivery_id,
            accepted.topic,
            body,
            first.kind if first else "",
            first.external_id if first else "",
            to_micros(now),
        )

    def _connection(self, scope: Scope) -> Connection | None:
        found = self._context.connections.get(scope["path"][len(HOOKS) :])
        return found if found is not None and found.session.receiver is not None else None


def _named(notice: Notice) -> bool:
    """Tell whether the id a delivery names can be kept beside it; it is read from the body again later."""
    return len(notice.external_id) <= LONGEST_NAME and "\0" not in notice.external_id


def amiss(headers: dict[str, str]) -> Refusal | None:
    """Return what is wrong with a head, None for an ordinary one."""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > LONGEST_LENGTH or int(declared) > MAX_BODY_BYTES):
        return TOO_LARGE
    # Not unpacked: a few bytes may become gigabytes, and what was signed is the packed form with some, not with others.
    if headers.get("content-encoding", "identity").lower() != "identity":
        return NOT_PLAIN
    return None
