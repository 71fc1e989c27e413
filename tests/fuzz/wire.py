"""Made-up bytes to a real server: whatever comes, there is an answer of HTTP or an end, and nothing is left behind."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random

from isthmus.web.admission import Limits
from tests.fuzz import mutate
from tests.web.deliveries import BODY, head, until, whole, wire
from tests.web.stand import Stand, standing

#: Impatient, so that what never ends does; and no limit on how often one may be refused.
LIMITS = Limits(arrival_s=0.5, idle_s=0.5, stranger_per_s=1e9, stranger_burst=1e9)
CHUNKED = head(**{"Transfer-Encoding": "chunked"})
GENUINE = (
    whole(),
    head(len(BODY)) + BODY,
    CHUNKED + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
    CHUNKED + b"5;name=value\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",
    whole() + whole("d-2"),
    b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: a=b\r\n\r\n",
    b"GET /orders?after=x&q=%F0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /retry HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nflow=a&x",
    b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
)


class _Errors(logging.Handler):
    """What the program itself calls a mistake of its own."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(self.format(record))


@asynccontextmanager
async def served() -> AsyncIterator[Callable[[Random], Awaitable[None]]]:
    """Serve a project, and yield what sends it one made-up piece of input."""
    errors = _Errors()
    logging.getLogger().addHandler(errors)
    try:
        async with standing(limits=LIMITS) as stand:

            async def run(random: Random) -> None:
                await _send(stand, random)
                said, errors.seen = errors.seen, []
                assert said == [], said[0][-600:]
                # What was let in may still be on its way to the disk.
                await until(lambda: stand.ingress.admission.held_bytes == 0)

            yield run
    finally:
        logging.getLogger().removeHandler(errors)


async def _send(stand: Stand, random: Random) -> None:
    said = mutate.flipped(random, random.choice(GENUINE)) if random.random() < 0.9 else mutate.body(random, GENUINE[0])
    pieces = [said]
    if random.random() < 0.5 and len(said) > 1:
        at = random.randrange(1, len(said))
        pieces = [said[:at], said[at:]]
    async with wire(stand) as line:
        try:
            await line.say(*pieces)
            line.writer.write_eof()
            answer = await line.ended()
        except (ConnectionError, OSError):
            return  # it hung up while we were still speaking
    for status in [each[:3] for each in answer.split(b"HTTP/1.1 ")[1:]]:
        assert status in STATUSES, answer[:200]
    assert answer == b"" or answer.startswith(b"HTTP/1.1 "), answer[:200]


STATUSES = {
    b"%d" % each for each in (100, 200, 202, 303, 304, 307, 400, 401, 403, 404, 405, 408, 413, 415, 421, 422, 431, 503)
}
