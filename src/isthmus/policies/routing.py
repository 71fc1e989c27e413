"""Which flow takes an order, where one shop's orders go to several ERPs.

Flows are asked in the order of the project file; the first that takes the order has it. One that is held somewhere
already stays there, whatever the rules say by now: it would be in two ERPs otherwise. (R-MUL-01)
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from isthmus.canonical.order import LineKind, Order
from isthmus.policies.decision import Decision

#: What a flow may ask of an order in `[flows.<name>.when]`.
ASKED: Mapping[str, str] = {
    "store": "the store it was bought in, as the shop calls it",
    "channel": "the sales channel, as the shop calls it",
    "country": "two letters of the country it is delivered to, else billed to",
    "warehouse": "the shop's place (id or name) all its goods ship from",
}


@dataclass(frozen=True, slots=True)
class When:
    """The orders a flow takes: each asked word must be one of those written. Nothing asked: all orders.

    `rule` is a merchant's own condition beside the words; whatever it raises is raised by `route`.
    """

    words: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    rule: Callable[[Order], bool] | None = None

    def __bool__(self) -> bool:
        """Tell whether anything is asked."""
        return bool(self.words) or self.rule is not None


@dataclass(frozen=True, slots=True)
class Way:
    """One flow an order may take."""

    flow: str
    destination: str
    when: When = field(default_factory=When)


def route(
    order: Order, ways: Sequence[Way], places: Mapping[str, str], held_in: Collection[str] = ()
) -> Decision[str | None]:
    """Return the name of the flow that takes `order`, or None with the reason.

    `places` is the shop's name of each place by id. `held_in` are the ERPs that hold the order, or may hold it because
    a try there got no answer.
    """
    said = _said(order, places)
    at_home = [way for way in ways if way.destination in held_in]
    for way in at_home or ways:
        if _takes(way.when, said) and (way.when.rule is None or way.when.rule(order)):
            return Decision(way.flow, "routed")
    if at_home:
        return Decision(at_home[0].flow, "routed")
    detail = "; ".join(f"{name}: {_shown(said[name])}" for name in ASKED if _is_asked(name, ways))
    by_place = [way.when for way in ways if "warehouse" in way.when.words]
    split = any(_takes(when, {**said, "warehouse": [place]}) for when in by_place for place in said["warehouse"])
    return Decision(None, "several_routes" if split else "no_route", detail or "nothing that a mapping asks for")


def _said(order: Order, places: Mapping[str, str]) -> dict[str, list[frozenset[str]]]:
    """Return what an order says to each question: one answer, or one for each place; an answer may have two words."""
    address = order.shipping_to or order.billing
    lines = [line for line in order.lines if line.kind is LineKind.GOODS and line.quantity]
    shipping = sorted({line.warehouse for line in lines or order.lines})
    return {
        "store": [_words(order.store)],
        "channel": [_words(order.channel)],
        "country": [_words(address.country if address else "")],
        "warehouse": [_words(place, places.get(place, "")) for place in shipping] or [_words("")],
    }


def _takes(when: When, said: Mapping[str, Sequence[frozenset[str]]]) -> bool:
    return all(words & answer for name, words in when.words.items() for answer in said[name])


def _is_asked(name: str, ways: Sequence[Way]) -> bool:
    return any(name in way.when.words for way in ways)


def _shown(answers: Sequence[frozenset[str]]) -> str:
    return ", ".join(" ".join(sorted(answer)) or "not said" for answer in answers)


def _words(*texts: str) -> frozenset[str]:
    return frozenset(text.casefold() for text in texts if text)


def asked(**words: Sequence[str]) -> When:
    """Return the rule with these words, of which capitals do not matter."""
    return When({name: _words(*some) for name, some in words.items()})
