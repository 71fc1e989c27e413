"""Deliveries from other systems: proven, stored, then answered. A 202 means it is on disk."""

import logging

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from isthmus.engine.engine import Engine
from isthmus.ports.receiver import Accepted, Delivery, Receiver, Refused
from isthmus.store.group import StoreError
from isthmus.store.statement import Many

log = logging.getLogger("isthmus.web")
#: The largest order webhook seen in the field is well under this.
MAX_BODY_BYTES = 2 * 1024 * 1024
#: A sender that is told "later" comes back; one that gets a 500 may give up.
RETRY_AFTER_S = "30"


class Ingress:
    """Takes deliveries at `/hooks/{connection}`."""

    def __init__(self, engine: Engine) -> None:
        """Store into the engine's inbox and stir its intake."""
        self._engine = engine

    async def take(self, request: Request) -> Response:
        """Answer one delivery."""
        connection = self._engine.context.connections.get(request.path_params["connection"])
        if connection is None or connection.session.receiver is None:
            return refuse(404, "unknown_connection", "no connection of this name takes deliveries")
        try:
            body = await read_body(request)
        except ClientDisconnect:
            return refuse(400, "disconnected", "the sender hung up")
        if body is None:
            return refuse(413, "too_large", f"a delivery may have {MAX_BODY_BYTES} bytes")
        headers = dict(request.headers.items())  # ASGI servers send the names in lower case
        delivery = Delivery(headers, body, dict(request.query_params))
        receiver = connection.session.receiver
        try:
            accepted = receiver.verify(delivery, self._engine.context.now())
        except Refused as refused:
            log.info("delivery to %s refused: %s", connection.name, refused.code)
            return refuse(refused.status, refused.code, str(refused))
        return await self._keep(connection.name, receiver, accepted, body)

    async def _keep(self, connection: str, receiver: Receiver, accepted: Accepted, body: bytes) -> Response:
        first = next(iter(receiver.notices(accepted.topic, body)), None)
        row = {
            "connection": connection,
            "delivery_id": accepted.delivery_id,
            "topic": accepted.topic,
            "body": body,
            "kind": first.kind if first else "",
            "external_id": first.external_id if first else "",
            "now": self._engine.context.micros(),
        }
        try:
            await self._engine.context.store.write(Many("take_delivery", [row]))
        except StoreError:
            log.exception("a delivery could not be stored")
            return refuse(503, "not_stored", "cannot store deliveries right now", retry=True)
        self._engine.intake.stir()
        return Response(status_code=202)


async def read_body(request: Request) -> bytes | None:
    """Return the body, or None as soon as it is known to be too large."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        return None
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def refuse(status: int, code: str, message: str, *, retry: bool = False) -> Response:
    """Return an error a developer understands and an attacker learns nothing from."""
    headers = {"Retry-After": RETRY_AFTER_S} if retry else None
    return JSONResponse({"error": code, "message": message}, status_code=status, headers=headers)
