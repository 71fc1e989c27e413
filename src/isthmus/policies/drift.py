"""What is different about an answer, compared with what was learned of those before it. Pure.

Nothing is said that was not seen often enough: each claim ("always there", "never empty") needs its own number of
sightings, so that a rare but honest answer is no alarm.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from isthmus.policies.shape import FALSE, MOST_NODES, NULL, TRUE, TYPE_OF_UNION, Node, count, join

#: A field is always there once so many objects had it; one object in two hundred may have been without.
OBJECTS, WITHOUT = 30, 200
#: A place has one type once it was seen so often.
TYPED = 20
#: A place is never empty once it was full so often: a rate of one in seventy would have shown with 95% certainty.
FULL = 200
#: So many answers in a row without a field are a field that is gone.
IN_A_ROW = 3
#: A path longer than this is cut; it is shown and compared as cut.
LONGEST_PATH = 300
#: What a value is called that looks like no code, and is not kept.
NO_CODE = "(a text that is no code)"
_EMPTY = frozenset({NULL, FALSE})


class Drift(StrEnum):
    """What can be different."""

    NEW_FIELD = "new_field"
    FIELD_MISSING = "field_missing"
    TYPE_CHANGED = "type_changed"
    NEW_ENUM_VALUE = "new_enum_value"
    NULL_WHERE_NEVER = "null_where_never"
    NOT_WATCHED = "not_watched"

    @property
    def breaking(self) -> bool:
        """Tell whether a job may fail over it."""
        return self not in (Drift.NEW_FIELD, Drift.NOT_WATCHED)


class Difference(msgspec.Struct, frozen=True):
    """One difference, and what it was before and is now."""

    drift: Drift
    path: str
    before: str = ""
    after: str = ""


def differences(known: Node, seen: Node, *, aged: bool = True) -> list[Difference]:
    """Return what an answer shows that none before it did. What it lacks is another question: `presence`.

    `aged`: answers were read for so long that a state not seen yet is a new one. Many answers of one hour do not say
    that: a state shows only when a record gets there.
    """
    # Where not all places are kept, one that is not known may be an old one.
    fresh = count(known) < MOST_NODES
    return [
        each
        for each in _compare(known, seen, "$", fresh=fresh)
        if aged or each.drift not in (Drift.NEW_ENUM_VALUE, Drift.NULL_WHERE_NEVER)
    ]


def presence(known: Node, seen: Node) -> Mapping[str, bool]:
    """Return the fields that were always there, where their object is there: are they in half of the objects now?"""
    return dict(_presence(known, seen, "$"))


def gone(path: str) -> Difference:
    """Return the difference of a field that is not there any more."""
    return Difference(Drift.FIELD_MISSING, path, "always there", "not there")


def kinds_of(node: Node) -> Sequence[str]:
    """Return the types of a place; a place that was true or false has one type, one that was only false has none.

    Some systems say `false` for "nothing": https://www.odoo.com/documentation/18.0/developer/reference/backend/orm.html
    """
    firm = {each for each in node.kinds if each not in (*_EMPTY, TRUE)}
    return sorted(firm | ({"boolean"} if TRUE in node.kinds else set[str]()))


def _compare(known: Node, seen: Node, path: str, *, fresh: bool) -> Iterator[Difference]:
    changed = list(_types(known, seen, path))
    yield from changed
    if changed:
        return
    yield from _values(known, seen, path)
    for name, below in seen.parts.items():
        place, before = _cut(join(path, name)), known.parts.get(name)
        if before is not None:
            yield from _compare(before, below, place, fresh=fresh)
        elif fresh and not known.folded and known.objects >= OBJECTS and _named(name):
            yield Difference(Drift.NEW_FIELD, place, "", " or ".join(kinds_of(below)) or NULL)


def _types(known: Node, seen: Node, path: str) -> Iterator[Difference]:
    firm = kinds_of(known)
    sightings = sum(number for kind, number in known.kinds.items() if kind not in _EMPTY)
    if "boolean" in firm:
        sightings += known.kinds.get(FALSE, 0)
    words = " or ".join(firm)
    if sightings >= TYPED:
        for kind in kinds_of(seen):
            if kind not in firm:
                yield Difference(Drift.TYPE_CHANGED, path, words, kind)
    empties = _empties(known)
    if sightings >= FULL and not any(known.kinds.get(each) for each in empties):
        for kind in sorted(empties):
            if seen.kinds.get(kind):
                yield Difference(Drift.NULL_WHERE_NEVER, path, words, kind)


def _empties(known: Node) -> frozenset[str]:
    """Return what says "nothing" at a place: where true was seen, false says no."""
    return frozenset({NULL}) if TRUE in known.kinds else _EMPTY


def _values(known: Node, seen: Node, path: str) -> Iterator[Difference]:
    if not known.settled:
        return
    before = ", ".join(sorted(known.values))
    if seen.many:
        yield Difference(Drift.NEW_ENUM_VALUE, path, before, NO_CODE)
    for value in sorted(set(seen.values) - set(known.values)):
        yield Difference(Drift.NEW_ENUM_VALUE, path, before, value)


def _presence(known: Node, seen: Node, path: str) -> Iterator[tuple[str, bool]]:
    for name, before in known.parts.items():
        below, place = seen.parts.get(name), _cut(join(path, name))
        if _named(name) and seen.objects and not known.folded and known.objects >= OBJECTS:
            without = known.objects - before.seen
            if without * WITHOUT <= known.objects:
                yield place, (below.seen if below else 0) * 2 > seen.objects
        if below is not None:
            yield from _presence(before, below, place)


def _named(part: str) -> bool:
    return part[:1] not in "[{<" and part != TYPE_OF_UNION


def _cut(path: str) -> str:
    return path if len(path) <= LONGEST_PATH else path[:LONGEST_PATH] + "..."
