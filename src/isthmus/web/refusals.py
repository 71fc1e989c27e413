"""How a delivery is refused: in words its sender's developer understands, ready to go over the wire."""

import json
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus

RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Refusal:
    """One answer that is no 2xx; with `retry_after_s` the sender is asked to come back."""

    status: int
    code: str
    message: str
    retry_after_s: int = 0
    allow: str = ""

    @cached_property
    def body(self) -> bytes:
        """Return what the answer says."""
        return json.dumps({"error": self.code, "message": self.message}).encode()

    @cached_property
    def headers(self) -> RawHeaders:
        """Return the headers of the answer."""
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(self.body)).encode()),
            (b"x-content-type-options", b"nosniff"),
        ]
        if self.retry_after_s:
            headers.append((b"retry-after", str(self.retry_after_s).encode()))
        if self.allow:
            headers.append((b"allow", self.allow.encode()))
        return headers

    @cached_property
    def head(self) -> bytes:
        """Return status line and headers as they go over the wire, the empty line at their end left off."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}".encode()]
        lines.extend(name + b": " + value for name, value in self.headers)
        return b"\r\n".join([*lines, b""])

    def wire(self, *, last: bool, bodiless: bool = False) -> bytes:
        """Return the whole answer; the `last` one on its connection says so, one to a HEAD has no body."""
        return self.head + (b"connection: close\r\n\r\n" if last else b"\r\n") + (b"" if bodiless else self.body)


def busy(code: str, message: str, *, status: int = 503, retry_after_s: tuple[int, ...] = (1, 2, 3, 4, 5)) -> "Spread":
    """Return a refusal whose senders are told to come back at different times, not all at once again."""
    return Spread([Refusal(status, code, message, seconds) for seconds in retry_after_s])


class Spread:
    """The same refusal with several times to come back, handed out in turn."""

    def __init__(self, refusals: list[Refusal]) -> None:
        """Hand these out in turn."""
        self._refusals = refusals
        self._turn = 0

    def next(self) -> Refusal:
        """Return the next one."""
        self._turn = (self._turn + 1) % len(self._refusals)
        return self._refusals[self._turn]


UNKNOWN = Refusal(404, "unknown_connection", "no connection of this name takes deliveries")
NOT_POST = Refusal(405, "method_not_allowed", "deliveries are sent with POST", allow="POST")
NOT_PLAIN = Refusal(415, "unsupported_encoding", "a delivery must not be compressed")
TOO_LARGE = Refusal(413, "too_large", "a delivery may have 2 MB")
ODD_NAME = Refusal(400, "odd_name", "the delivery's id or topic is too long")
DEFECT = Refusal(503, "defect", "the delivery could not be checked because of a mistake of ours", 300)
STOPPING = Refusal(503, "stopping", "Isthmus is being stopped", 30)
NOT_HTTP = Refusal(400, "not_http", "this is not a request")
TOO_SLOW = Refusal(408, "too_slow", "the request did not arrive in time")
HEAD_TOO_LARGE = Refusal(431, "head_too_large", "the request line and headers are too long")
TOO_MANY = Refusal(503, "too_many_connections", "too many connections are open", 2)
