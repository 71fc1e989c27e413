"""Chapters of the hand-over book for the day on which something does not go: questions, alerts, who does what."""

from collections.abc import Iterator

from isthmus.admin.known import Known
from isthmus.admin.queries import LATE_AFTER
from isthmus.kit.paper import Code, Link, Part, Table, Text
from isthmus.policies.reasons import REASONS
from isthmus.ports.errors import Defect, InDoubt, NeedsOperator, Rejected, Transient, Trouble

_LATE = f"{LATE_AFTER.total_seconds() / 60:.0f} minutes"
_WHO: tuple[tuple[type[Trouble], str, str], ...] = (
    (Transient, "nobody", "waits and tries again by itself"),
    (InDoubt, "nobody, at first", "looks whether the write arrived, and asks only if that cannot be seen"),
    (NeedsOperator, "whoever looks after Isthmus", "asks: a credential, a permission, a setting or a counterpart"),
    (Rejected, "whoever owns the record", "asks, with the other system's words about it"),
    (Defect, "a developer", "stops this record and keeps the exchange for a report"),
)
_HEALTH = (
    ("isthmus status", f"1 when a flow is late (work waits longer than {_LATE}), stopped, or asks something; else 0"),
    ("isthmus health", "1 when a running process cannot take deliveries; --live: when it does not answer"),
    ("isthmus connect check", "1 when something about a system must be mended: account, permissions, clock, webhooks"),
    ("isthmus prove", "1 while both systems' lists differ in a way nobody has explained"),
    ("isthmus limits", "shows how full each limit was, and the volume at which it would be hit"),
    ("GET /health/live", "200 while the process answers"),
    ("GET /health/ready", "200 while deliveries can be stored; 503 with the reason and since when"),
)
_STOPPED = (
    ("Work waits for a person", "isthmus parked", "docs/how-to/answer-a-question.md"),
    ("A system is down, or was for long", "isthmus status", "docs/how-to/long-outage.md"),
    ("A system is to be left alone", "isthmus pause", "docs/explanation/limits-and-outages.md"),
    ("Nobody knows whether a record was made", "isthmus trace", "docs/explanation/in-doubt.md"),
    ("Do both systems agree?", "isthmus prove", "docs/how-to/prove-it.md"),
    ("The database or the machine is lost", "isthmus restore", "docs/how-to/back-up.md"),
    ("A new version is to be installed", "isthmus migrate", "docs/how-to/upgrade.md"),
    ("A rule of the mapping is to change", "isthmus mapping export", "docs/how-to/review-a-mapping.md"),
    ("A machine is to be set up anew", "isthmus up", "docs/how-to/deploy.md"),
)


def page(path: str, docs: str) -> Text:
    """Return a page of the documentation: a link, where it is known where that is read."""
    return Link(path, f"{docs.rstrip('/')}/{path.removeprefix('docs/')}") if docs else Code(path)


def meaning(code: str) -> str:
    """Return what a reason or a trouble means."""
    return REASONS.get(code) or _troubles().get(code, "")


def _troubles() -> dict[str, str]:
    found: dict[str, str] = {}
    waiting: list[type[Trouble]] = [Trouble]
    while waiting:
        kind = waiting.pop()
        waiting += [each for each in kind.__subclasses__() if each.__module__ == Trouble.__module__]
        found[kind.code] = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
    return found


def asked(known: Known) -> Part:
    """Return what waits for a person now: how often which question, and nothing of the records."""
    rows = [(each.flow, Code(each.code), f"{each.jobs:,}", meaning(each.code)) for each in known.asked]
    says = [f"Not known: {known.because}"] if known.because else [] if rows else ["Nothing is asked."]
    return Part("Questions that wait now", says, [Table(("flow", "code", "how many", "meaning"), rows)])


def reasons() -> Iterator[Part]:
    """Yield every reason and every trouble there may be, with its meaning."""
    says = ["Nothing is skipped in silence: each no, not yet and question has one of these codes."]
    decided = [(Code(code), words) for code, words in REASONS.items()]
    yield Part("Reasons and what they mean", says, [Table(("code", "meaning"), decided)])
    troubles = [(Code(code), words) for code, words in sorted(_troubles().items())]
    yield Part("What systems may answer", tables=[Table(("code", "meaning"), troubles)], level=3)


def health(docs: str) -> Part:
    """Return how to hear that something is wrong."""
    says = [
        "Isthmus sends no messages by itself: let a monitor ask. Exit codes of commands and answers of addresses:",
    ]
    rows = [(Code(asked_with), words) for asked_with, words in _HEALTH]
    more: list[tuple[Text, Text]] = [("where to look", page("docs/how-to/look-at-the-pages.md", docs))]
    return Part("Alerts and health", says, [Table(("ask", "and it says"), [*rows, *more])])


def stopped(docs: str) -> Part:
    """Return who does what when something stops."""
    who = [(Code(kind.code), person, f"Isthmus {words}") for kind, person, words in _WHO]
    what = [(when, Code(command), page(path, docs)) for when, command, path in _STOPPED]
    return Part(
        "When it stops: who does what",
        ["Only the record in question waits; everything else goes on."],
        [Table(("kind", "who acts next", "what happens"), who), Table(("what", "begin with", "read"), what)],
    )
