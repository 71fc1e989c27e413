"""What the tests of this connector stand on: a session to the double, or to answers that a test makes up."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from isthmus.connectors.vendure import CONNECTOR
from isthmus.connectors.vendure.client import Client
from isthmus.kit.http import Http, HttpFailure, Request, Response
from isthmus.ports.connector import Session, Tools
from isthmus.simulators.stage import serve, stage
from isthmus.simulators.vendure import VendureWorld
from isthmus.testing.clock import HandClock
from isthmus.testing.pace import OpenPace

URL = "http://127.0.0.1:1"
TOKEN = "demo-token"
Said = Response | HttpFailure


class Script(Http):
    """Answers in order, the last one for ever, and remembers what was asked."""

    def __init__(self, answers: Sequence[Said]) -> None:
        super().__init__()
        self.asked: list[Request] = []
        self._answers = list(answers)

    async def _send(self, request: Request) -> Response:
        self.asked.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, HttpFailure):
            raise answer
        return answer


@dataclass
class Stand:
    """A session and a client to a script."""

    http: Script
    clock: HandClock = field(default_factory=HandClock)
    pace: OpenPace = field(default_factory=OpenPace)

    @property
    def client(self) -> Client:
        return Client(URL, TOKEN, self.http, self.clock, self.pace)

    @property
    def session(self) -> Session:
        return CONNECTOR.open({"url": URL, "token": TOKEN}, Tools("test", self.http, self.clock, self.pace))


def said(*answers: Said) -> Stand:
    """Return a stand on which the other side says this."""
    return Stand(Script(answers))


def ok(body: bytes, **headers: str) -> Response:
    """Return an answer that went well."""
    return Response(200, headers, body)


@asynccontextmanager
async def opened(world: VendureWorld) -> AsyncGenerator[Session]:
    """Serve a double on a free port and open a session to it."""
    runner = await serve(stage(world), 0)
    try:
        async with Http() as http:
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield CONNECTOR.open({"url": url, "token": TOKEN}, Tools("test", http, HandClock(), OpenPace()))
    finally:
        await runner.cleanup()
