"""Secrets stay where they belong: the values of the form are canaries, looked for everywhere else."""

from collections.abc import Iterable, Mapping, Sequence

from isthmus.kit.http import Exchange, Request, Response, recorded
from isthmus.kit.scrub import scrub
from isthmus.ports.errors import Trouble
from isthmus.testing.conformance.bench import Bench, read_all
from isthmus.testing.conformance.rule import Tier, expect, rule

#: Headers that carry no credential.
_PLAIN = frozenset({"content-type", "accept", "user-agent", "accept-encoding", "content-length", "accept-language"})
#: Shorter header values are words, not credentials.
_SHORTEST = 8


@rule(Tier.BRONZE)
async def secrets_scrubbed(bench: Bench) -> None:
    """No secret is left in an address, an operation's name or a kept exchange."""
    with recorded() as exchanges:
        await _use(bench)
    expect(exchanges, "nothing was recorded: the connector does not call through kit.http")
    expect(bench.secrets, "the form has no secret to look for")
    for exchange in exchanges:
        _check_exchange(exchange, bench.secrets)


@rule(Tier.BRONZE)
async def secrets_out_of_errors(bench: Bench) -> None:
    """No secret is in a message, whatever the other side answers, nor in how a session shows itself."""
    session = bench.open()
    _check_text(repr(session), bench.secrets, "repr of the session")
    for parts in (session.sources, session.sinks):
        for kind, part in parts.items():
            _check_text(repr(part), bench.secrets, f"repr of {kind}")
    for status in (200, 400, 401, 403, 404, 429, 500):
        # Servers do quote what they were sent; a message must not pass that on.
        quoting = " ".join(bench.secrets).encode()
        bench.line.invent = lambda _request, status=status, quoting=quoting: Response(status, {}, quoting)
        for trouble in await _troubles(bench):
            _check_text(f"{trouble} {vars(trouble)}", bench.secrets, f"{type(trouble).__name__} after HTTP {status}")
    bench.line.invent = None
    for trouble in await _troubles(bench, bench.double.wrong):
        wrong = tuple(value for value in bench.double.wrong.values() if value)
        _check_text(f"{trouble} {vars(trouble)}", (*bench.secrets, *wrong), type(trouble).__name__)


async def _use(bench: Bench) -> None:
    for changed in (None, bench.double.wrong, bench.double.renewing):
        await _troubles(bench, changed)


async def _troubles(bench: Bench, changed: Mapping[str, str] | None = None) -> list[Trouble]:
    """Probe and read every kind; return what was raised."""
    raised: list[Trouble] = []
    session = bench.open(changed)
    try:
        await session.probe.probe()
    except Trouble as trouble:
        raised.append(trouble)
    for kind in session.sources:
        try:
            await read_all(session, kind)
        except Trouble as trouble:
            raised.append(trouble)
    return raised


def _check_exchange(exchange: Exchange, secrets: Sequence[str]) -> None:
    request = exchange.request
    canaries = (*secrets, *_credentials(request))
    answer = exchange.response.body if exchange.response else None
    for where, text in (
        ("address", request.url),
        ("operation", request.operation),
        ("failure", exchange.failure or ""),
        ("request", scrub(request.body, secrets)),
        ("answer", scrub(answer, secrets)),
    ):
        _check_text(text, canaries, f"{where} of {request.operation}")


def _credentials(request: Request) -> Iterable[str]:
    for name, value in request.headers.items():
        if name.lower() not in _PLAIN:
            yield from (part for part in value.split() if len(part) >= _SHORTEST and not part.startswith("demo"))


def _check_text(text: str, secrets: Sequence[str], where: str) -> None:
    for secret in secrets:
        expect(secret not in text, f"{where}: a secret stands in it")
