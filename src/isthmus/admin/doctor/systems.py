"""One system, looked at by itself: permissions, the end of its API version, its clock, its webhooks."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from isthmus.admin.doctor.diagnosis import Diagnosis, diagnosed, problem, some, warning
from isthmus.engine.connections import Connection
from isthmus.flows.settings import OrderSettings, StockSettings
from isthmus.ports.errors import Trouble
from isthmus.ports.probe import Report

#: An API version that ends sooner is worth a warning: an upgrade takes planning.
SOON = timedelta(days=90)
#: What a clock may be off before two systems' times are no longer comparable; signatures allow some minutes.
SKEW_S = 30.0
#: Of every currency that is switched on; the doctor compares those that shops sell in.
PRICE_LISTS = "no_price_list"
#: What permissions are called after, by the kind of flow: `Manifest.scopes`.
NEEDS = {OrderSettings: ("orders_to_erp", "customers"), StockSettings: ("stock_to_shop",)}


def needs_of(name: str, flows: Iterable[OrderSettings | StockSettings]) -> frozenset[str]:
    """Return what is switched on at a connection, in the words of `Manifest.scopes`."""
    return frozenset(need for flow in flows if name in (flow.source, flow.destination) for need in NEEDS[type(flow)])


def of_report(connection: Connection, report: Report, enabled: Collection[str], now: datetime) -> list[Diagnosis]:
    """Return what a system's own report says, and what follows from it. Pure."""
    name = connection.name
    matters = [
        each
        for each in report.findings
        if (not each.flows or {*each.flows} & {*enabled}) and not (report.currencies and each.code == PRICE_LISTS)
    ]
    found = [diagnosed(name, each) for each in matters]
    found += _needless(name, report, enabled)
    found += _ending(connection, report, now)
    if not any(each.code == "clock_skew" for each in matters):
        found += _clock(connection, report)
    return found


async def of_webhooks(connection: Connection, public_url: str) -> list[Diagnosis]:
    """Return what is wrong with a system's webhooks; nothing is made or mended."""
    subscriptions = connection.session.subscriptions
    if subscriptions is None:
        return []
    if not public_url:
        message = "webhooks are off: changes are only found by looking, minutes later"
        fix = "Put the https address under which shops reach this into public_url of [isthmus]."
        return [warning(connection.name, "no_public_url", message, fix)]
    try:
        found = await subscriptions.look(f"{public_url}/hooks/{connection.name}")
    except Trouble as trouble:
        return [unanswered(connection.name, trouble)]
    return [diagnosed(connection.name, each) for each in found]


def unanswered(name: str, trouble: Trouble) -> Diagnosis:
    """Return the finding for a system that gave no answer, or none we may use."""
    fix = {
        "unreachable": "Check the address in isthmus.toml, and that the system is up and reached from this machine.",
        "auth_expired": "Check the credentials in .env or the environment; `isthmus connect check` tries them again.",
        "forbidden": "Give the account the permissions on the connector's page.",
        "throttled": "The system is busy: ask again in a minute.",
    }.get(trouble.code, "See docs/reference/errors.md for what this means.")
    return problem(name, trouble.code, str(trouble), fix)


def _needless(name: str, report: Report, enabled: Collection[str]) -> list[Diagnosis]:
    """Return the permissions only flows need that are not switched on, one finding for each thing to click."""
    by_fix: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for held in report.held:
        if held.flows and not {*held.flows} & {*enabled}:
            by_fix.setdefault((held.fix, held.flows), []).append(held.name)
    return [
        warning(
            name,
            "needless_permission",
            f"the account holds {some(names)}: only {' and '.join(flows)} needs that, and it is not switched on",
            fix,
        )
        for (fix, flows), names in by_fix.items()
    ]


def _ending(connection: Connection, report: Report, now: datetime) -> Sequence[Diagnosis]:
    ends = report.api_ends_on
    if ends is None or ends - now.date() > SOON:
        return ()
    what = f"version {report.api_version} of the API of {connection.manifest.name}"
    fix = f"Update Isthmus: a newer connector speaks a newer version. See {connection.manifest.docs}."
    if ends <= now.date():
        return (problem(connection.name, "api_ended", f"{what} is out of support since {ends}", fix),)
    days = (ends - now.date()).days
    return (warning(connection.name, "api_ending", f"{what} is supported until {ends}, {days} days from now", fix),)


def _clock(connection: Connection, report: Report) -> Sequence[Diagnosis]:
    skew = report.clock_skew_s
    if skew is None or abs(skew) <= SKEW_S:
        return ()
    side = "ahead of" if skew > 0 else "behind"
    message = f"the clock of {connection.manifest.name} is {abs(skew):.0f} s {side} this machine's"
    fix = "Let both machines take their time from an NTP server."
    return (warning(connection.name, "clock_skew", message, fix),)


def who(name: str, report: Report) -> str:
    """Return in one line who a system says it is."""
    return f"{name}: {report.account}, {report.version}"
