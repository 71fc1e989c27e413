"""Asking a system who it is, before anything is saved or sent."""

import re
from functools import partial

from isthmus.ports.errors import AuthExpired, Trouble, Unreachable
from isthmus.ports.probe import Severity
from isthmus.testing.conformance.bench import Bench, read_all
from isthmus.testing.conformance.failing import attempt
from isthmus.testing.conformance.rule import Broken, Tier, expect, rule

#: A merchant reads the message and has to know what to do next.
_ADVICE = re.compile(
    r"\b(check|create|enter|renew|replace|generate|grant|install|put|add|sign|issue|correct)\w*\b", re.IGNORECASE
)
#: Further apart than this and a clock is wrong, not a network slow.
_SKEW_S = 3600.0


@rule(Tier.BRONZE)
async def probe_works(bench: Bench) -> None:
    """The probe says who is there: account, version, clock, money, and no finding without a way out."""
    report = await bench.open().probe.probe()
    expect(report.account and report.version and report.api_version, f"account or version is empty: {report}")
    expect(report.currency, "the currency is not told")
    skew = report.clock_skew_s
    expect(skew is not None and abs(skew) < _SKEW_S, f"the other clock is not told, or not in UTC: {skew}")
    expect(report.findings, "no finding at all: say at least that all is well")
    for finding in report.findings:
        expect(finding.code and finding.message, f"a finding without code or message: {finding}")
        helped = finding.severity is Severity.OK or finding.fix or _ADVICE.search(finding.message)
        expect(helped, f"{finding.code}: a finding that is not well says what to do")


@rule(Tier.BRONZE)
async def probe_refused(bench: Bench) -> None:
    """Wrong credentials are found before anything is saved, and the message says what to do."""
    try:
        report = await bench.open(bench.double.wrong).probe.probe()
    except AuthExpired as trouble:
        expect(_ADVICE.search(str(trouble)), f"the message does not say what to do: {trouble}")
        return
    except Trouble as trouble:
        message = f"AuthExpired expected, {type(trouble).__name__} raised: {trouble}"
        raise Broken(message) from trouble
    message = f"wrong credentials pass: {report.account}"
    raise Broken(message)


@rule(Tier.BRONZE)
async def probe_unreachable(bench: Bench) -> None:
    """A system that is not there is Unreachable, for the probe and for every reading."""
    session = bench.open(bench.nowhere)
    (await attempt(session.probe.probe)).check(Unreachable, "a connection nobody took (probe)")
    for kind in session.sources:
        seen = await attempt(partial(read_all, session, kind))
        seen.check(Unreachable, f"a connection nobody took ({kind})")


@rule(Tier.BRONZE)
async def ping_told_apart(bench: Bench) -> None:
    """A ping is one call that passes for somebody known, and tells a stranger and a system that is not there apart."""
    session = bench.open()
    await session.probe.probe()
    before = len(bench.line.calls)
    await session.probe.ping()
    made = len(bench.line.calls) - before
    expect(made == 1, f"{made} calls were made by a ping of a session that is open")
    for changed, wanted, what in (
        (bench.double.wrong, AuthExpired, "wrong credentials"),
        (bench.nowhere, Unreachable, "a connection nobody took"),
    ):
        (await attempt(bench.open(changed).probe.ping)).check(wanted, f"{what} (ping)")
