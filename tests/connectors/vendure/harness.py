"""What the tests of the Vendure connector stand on: a shop that answers by operation and keeps the questions."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from multidict import CIMultiDict

from isthmus.connectors.vendure import CONNECTOR
from isthmus.connectors.vendure.client import Client
from isthmus.kit.http import Http, HttpFailure, Request, Response
from isthmus.ports.connector import Session, Tools
from isthmus.testing.pace import OpenPace
from tests.connectors.vendure.builders import Content, a_shop

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
DATE = "Fri, 20 Nov 2026 10:00:00 GMT"
SECRET = "demo-webhook-secret"
Answer = Content | Response | HttpFailure | Callable[[Content], Any]
SIGNED_IN: Content = {"login": {"__typename": "CurrentUser"}}


@dataclass
class FixedClock:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


@dataclass
class Desk(Http):
    """Answers each operation with the next of its answers, and for ever with the last one."""

    answers: dict[str, list[Answer]] = field(default_factory=dict[str, list[Answer]])
    asked: list[tuple[str, Content]] = field(default_factory=list[tuple[str, Content]])
    requests: list[Request] = field(default_factory=list[Request])

    def __post_init__(self) -> None:
        super().__init__()
        self.answers = {"Login": [signed_in()], "Shop": [a_shop()], **self.answers}

    def on(self, operation: str, *answers: Answer) -> "Desk":
        self.answers[operation] = list(answers)
        return self

    def names(self) -> list[str]:
        return [name for name, _variables in self.asked]

    def options(self, operation: str) -> list[Content]:
        return [variables["options"] for name, variables in self.asked if name == operation]

    async def _send(self, request: Request) -> Response:
        await asyncio.sleep(0)  # others may go first, as on a line
        body = json.loads(request.body or b"{}")
        self.requests.append(request)
        self.asked.append((request.operation, body["variables"]))
        left = self.answers[request.operation]
        answer: Any = left.pop(0) if len(left) > 1 else left[0]
        if callable(answer):
            answer = answer(body["variables"])
        if isinstance(answer, HttpFailure):
            raise answer
        return answer if isinstance(answer, Response) else said(answer)


def said(content: Content, status: int = 200, **headers: str) -> Response:
    """Return an answer with `data`."""
    return raw(json.dumps({"data": content}), status, **headers)


def raw(body: str, status: int = 200, **headers: str) -> Response:
    """Return exactly this."""
    return Response(status, CIMultiDict({"Date": DATE, **headers}), body.encode())


def failed(code: str, message: str = "no", status: int = 200) -> Response:
    """Return an answer with an error; without a code as databases' messages come."""
    extensions = {"extensions": {"code": code}} if code else {}
    return raw(json.dumps({"data": None, "errors": [{"message": message, **extensions}]}), status)


def signed_in(token: str = "token-one") -> Response:
    return said(SIGNED_IN, **{"vendure-auth-token": token})


def opened(desk: Desk, pace: OpenPace | None = None, **settings: str) -> Session:
    form: Mapping[str, str] = {
        "url": "https://shop.example.com",
        "login": "isthmus@example.com",
        "password": "demo-password",
        "webhook_secret": SECRET,
        **settings,
    }
    return CONNECTOR.open(form, Tools("shop", desk, FixedClock(), pace or OpenPace()))


def client_of(session: Session) -> Client:
    client: Client = session.sources["warehouse"].client  # type: ignore[attr-defined]
    return client
