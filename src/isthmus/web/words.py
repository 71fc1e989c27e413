"""How the pages say states, times and counts. Pure: the time now is an argument."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from isthmus.admin.orders import STATES, Place
from isthmus.admin.views import HoldView, counted


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as a page shows it: for machines, exactly with its zone, and roughly from now."""

    iso: str
    exact: str
    about: str


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in one word; `tone` chooses colour and sign: good, wait, late, bad, calm."""

    word: str
    tone: str


FLOW_BADGES = {
    "fresh": Badge("fresh", "good"),
    "late": Badge("late", "late"),
    "held": Badge("on hold", "wait"),
    "stopped": Badge("stopped", "bad"),
}
HOLD_BADGES = {
    "paused": Badge("paused", "wait"),
    "window": Badge("maintenance", "wait"),
    "down": Badge("down", "bad"),
}
CONNECTION_BADGES = {
    "ok": Badge("answers", "good"),
    "trouble": Badge("trouble", "bad"),
    "unknown": Badge("not asked yet", "calm"),
}
JOB_BADGES = {
    "ready": Badge("waiting", "wait"),
    "running": Badge("running", "wait"),
    "snoozed": Badge("later", "wait"),
    "parked": Badge("question", "late"),
    "done": Badge("in step", "good"),
}
OUTCOME_BADGES = {
    "done": Badge("done", "good"),
    "skipped": Badge("nothing to do", "calm"),
    "parked": Badge("a person is asked", "late"),
    "snoozed": Badge("later", "wait"),
    "lost": Badge("interrupted", "late"),
    "taken in": Badge("taken in", "good"),
    "waiting": Badge("waiting", "wait"),
    "open": Badge("sent, no answer yet", "wait"),
    "unknown": Badge("outcome unknown", "late"),
    "refused": Badge("refused", "late"),
}
#: The filters of the lists: name in the address, word on the page.
FILTERS = {"": "All", "waiting": "Waiting", "snoozed": "Later", "parked": "Questions", "done": "Done"}
FILTER_HELP = {
    "": "Everything, newest first.",
    "waiting": "Due now or being worked on.",
    "snoozed": "Tried again by itself at the time shown.",
    "parked": "A person is asked; nothing happens until then.",
    "done": "Both sides agree, or there was nothing to do; the reason says which.",
}


def job_badge(state: str, code: str = "") -> Badge:
    """Return the badge of a job; one that is done for a reason had nothing to do."""
    if state == "done" and code:
        return Badge("nothing to do", "calm")
    return JOB_BADGES.get(state, Badge(state, "calm"))


def outcome_badge(outcome: str) -> Badge | None:
    """Return the badge of a step's outcome, None when it has none."""
    return OUTCOME_BADGES.get(outcome, Badge(outcome, "calm")) if outcome else None


def moment(at: datetime, now: datetime) -> Moment:
    """Return a time for a page; times are UTC, as in traces, logs and commands."""
    exact = f"{at:%H:%M:%S} UTC" if at.date() == now.date() else f"{at.day} {at:%b %Y, %H:%M} UTC"
    return Moment(f"{at:%Y-%m-%dT%H:%M:%SZ}", exact, about(at, now))


def maybe(at: datetime | None, now: datetime) -> Moment | None:
    """Return a time for a page, None when there is none."""
    return None if at is None else moment(at, now)


def about(at: datetime, now: datetime) -> str:
    """Return how far a time is from now, such as `3 min ago` or `in 40 s`."""
    if at > now:
        return f"in {span(at - now)}"
    return "just now" if now - at < timedelta(seconds=1) else f"{span(now - at)} ago"


def span(length: timedelta) -> str:
    """Return a length of time in the largest unit that says something."""
    seconds = int(length.total_seconds())
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def count(number: int, singular: str, plural: str = "") -> str:
    """Return e.g. `1 question`, `2 questions`, `10,000+ questions`."""
    return f"{counted(number)} {singular if number == 1 else plural or singular + 's'}"


def hold_words(hold: HoldView, now: datetime) -> str:
    """Return why something waits, since when and until when."""
    why = {"paused": "Paused", "window": "Planned maintenance", "down": "Does not answer"}[hold.why]
    if hold.until is not None:
        end = f"until {moment(hold.until, now).exact}"
    elif hold.next_look is not None:
        end = f"asked again {about(hold.next_look, now)}"
    else:
        end = "until somebody resumes it"
    return f"{why} since {moment(hold.since, now).exact}, {end}: {hold.because}"


def heading(code: str) -> str:
    """Return a cause's code as words: `unknown_sku` becomes `Unknown SKU`."""
    words = " ".join({"sku": "SKU", "erp": "ERP", "id": "ID"}.get(word, word) for word in code.split("_"))
    return words[:1].upper() + words[1:]


def order_path(connection: str, external_id: str) -> str:
    """Return the address of one order's page."""
    return f"/orders/{quote(connection, safe='')}/{quote(external_id, safe='')}"


def jobs_path(flow: str, state: str = "") -> str:
    """Return the address of a list of jobs."""
    return with_query(f"/jobs/{quote(flow, safe='')}", state=state)


def with_query(path: str, **values: str) -> str:
    """Return an address with those values that are not empty."""
    told = {name: value for name, value in values.items() if value}
    return f"{path}?{urlencode(told)}" if told else path


def state_from(text: str) -> str:
    """Return a filter's name as an address gives it; what is none means all."""
    return text if text in STATES else ""


def place_from(text: str) -> Place | None:
    """Read where a page ended from an address; nonsense starts at the newest."""
    at, _, number = text.partition(".")
    largest = 18  # digits: what both databases keep in 64 bits
    if not all(part.isascii() and part.isdigit() and len(part) <= largest for part in (at, number)):
        return None
    return Place(int(at), int(number))


def place_text(place: Place | None) -> str:
    """Return where a page ended as an address gives it."""
    return f"{place.at}.{place.id}" if place else ""
