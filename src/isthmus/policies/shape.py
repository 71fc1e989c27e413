"""The shape of answers: which fields there are, of which types, how often, and which states they name. Pure.

A shape is a tree; each node counts what was seen at its place. Shapes of two answers, or of two processes, are put
together with `absorb`: in any order, the outcome is the same.
"""

import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from isthmus.policies.shape_rules import (
    ELEMENTS,
    FREE,
    MOST_KEYS,
    MOST_VALUES,
    is_any,
    is_code,
    is_entry,
    is_name,
    is_private,
)

NULL, FALSE, TRUE, NUMBER, STRING, LIST, OBJECT = "null", "false", "true", "number", "string", "list", "object"
#: Places kept of one operation; what is beyond, in the order of the alphabet, is not looked at.
MOST_NODES = 2_000
#: Deeper than this nothing is looked at.
MOST_DEPTH = 24
#: Of a longer list so many elements are looked at, spread over all of it.
MOST_ELEMENTS = 40
#: States are settled once so many texts were read, so many for each, and none of them only once: another one is then
#: less frequent than one in seventy, with 95% certainty.
SETTLED, EACH = 200, 20
TYPE_OF_UNION = "__typename"


class Node(msgspec.Struct, omit_defaults=True, gc=False):  # a tree, so that nothing is to be collected
    """One place: how often which type was seen, what is below it, and which states it named (`many`: it names none).

    `folded`: its keys are content, so all that is below them stands under one part.
    """

    kinds: dict[str, int] = {}
    parts: dict[str, "Node"] = {}
    values: dict[str, int] = {}
    many: bool = False
    folded: bool = False

    @property
    def seen(self) -> int:
        """Return how often there was anything here."""
        return sum(self.kinds.values())

    @property
    def objects(self) -> int:
        """Return how often an object was here."""
        return self.kinds.get(OBJECT, 0)

    @property
    def settled(self) -> bool:
        """Tell whether the states seen here are all there are, as far as one can know."""
        if self.many or not self.values:
            return False
        read = sum(self.values.values())
        return read >= max(SETTLED, EACH * len(self.values)) and min(self.values.values()) > 1


def read(value: Any) -> Node:
    """Return the shape of one answer."""
    node = Node()
    _note(node, value, False, 0)  # noqa: FBT003 - asked for each value of an answer
    if count(node) > MOST_NODES:
        cut(node)
    return node


def absorb(into: Node, other: Node, most: int = MOST_NODES) -> Node:
    """Add what `other` saw to `into`, and return it; `other` stays as it is."""
    _absorb(into, other)
    if count(into) > most:
        cut(into, most)
    return into


def count(node: Node) -> int:
    """Return the number of places."""
    return 1 + sum(count(each) for each in node.parts.values())


def cut(node: Node, most: int = MOST_NODES) -> int:
    """Keep the first places in the order of the alphabet; return how many are left of `most`."""
    most -= 1
    kept: dict[str, Node] = {}
    for name in sorted(node.parts):
        if most <= 0:
            break
        kept[name] = node.parts[name]
        most = cut(kept[name], most)
    node.parts = kept
    return most


def without_open(node: Node) -> Node:
    """Return a copy that names states only where they are settled: what may still be about people is left out."""
    return Node(
        dict(node.kinds),
        {name: without_open(each) for name, each in node.parts.items()},
        dict(node.values) if node.settled else {},
        node.many,
        node.folded,
    )


def only_open(node: Node) -> Node:
    """Return the texts that are not settled yet, and nothing else."""
    parts = {name: only_open(each) for name, each in node.parts.items()}
    held = {} if node.settled else dict(node.values)
    return Node({}, {name: each for name, each in parts.items() if each.values or each.parts}, held)


def fingerprint(node: Node) -> str:
    """Return a digest of what is known, whatever the counts."""
    lines = "\n".join(f"{path} {words}" for path, words in facts(node))
    return hashlib.blake2b(lines.encode(), digest_size=8).hexdigest()


def facts(node: Node, path: str = "$") -> Iterator[tuple[str, str]]:
    """Yield each place and what is known of it: types, whether it may be absent, states."""
    yield path, " ".join((*sorted(node.kinds), *(f"={each}" for each in sorted(node.values) if node.settled)))
    for name, each in sorted(node.parts.items()):
        # Once an object was without it, and once more for each time: the fact is the same.
        optional = "?" if name[:1] not in "[{<" and each.seen < node.objects else ""
        yield from facts(each, join(path, name) + optional)


def join(path: str, part: str) -> str:
    """Return the path of a part, as people read it: `$.orders[].status`."""
    return path + part if part == ELEMENTS or part[:1] == "<" else f"{path}.{part}"


def _note(node: Node, value: Any, private: bool, depth: int) -> None:  # noqa: FBT001 - see `read`
    kind = _KIND.get(value.__class__, NULL)
    if kind is TRUE and not value:
        kind = FALSE
    node.kinds[kind] = node.kinds.get(kind, 0) + 1
    if kind is STRING:
        if not node.many:
            _text(node, value, private)
    elif depth >= MOST_DEPTH:
        return
    elif kind is OBJECT:
        _object(node, value, private, depth)
    elif kind is LIST and value:
        below = _part(node, ELEMENTS)
        for each in value if len(value) <= MOST_ELEMENTS else value[:: -(-len(value) // MOST_ELEMENTS)]:
            _note(below, each, private, depth + 1)


def _object(node: Node, value: Mapping[str, Any], private: bool, depth: int) -> None:  # noqa: FBT001 - see `read`
    union = value.get(TYPE_OF_UNION)
    if isinstance(union, str) and is_code(union):
        # Each type of a union has fields of its own; what it is called is the other system's word, wherever it stands.
        _note(_part(node, TYPE_OF_UNION), union, False, depth + 1)  # noqa: FBT003 - see `read`
        node = _part(node, f"<{union}>")
        node.kinds[OBJECT] = node.kinds.get(OBJECT, 0) + 1
    folded, entry = len(value) > MOST_KEYS or node.folded, is_entry(value)
    if folded and not node.folded:
        _fold(node)
    parts, deeper = node.parts, depth + 1
    for key, each in value.items():
        if (entry and is_any(key)) or (union is not None and key == TYPE_OF_UNION):
            continue
        part, hides = _FOLDED if folded else _place(key)
        below = parts.get(part)
        if below is None:
            below = parts[part] = Node()
        _note(below, each, private or hides, deeper)


def _text(node: Node, text: str, private: bool) -> None:  # noqa: FBT001 - see `read`
    if not text:
        return
    if private or not is_code(text):
        node.many, node.values = True, {}
        return
    node.values[text] = node.values.get(text, 0) + 1
    if len(node.values) > MOST_VALUES:
        node.many, node.values = True, {}


def _part(node: Node, name: str) -> Node:
    found = node.parts.get(name)
    if found is None:
        found = node.parts[name] = Node()
    return found


def _absorb(into: Node, other: Node) -> None:
    for kind, number in other.kinds.items():
        into.kinds[kind] = into.kinds.get(kind, 0) + number
    if into.many or other.many:
        into.many, into.values = True, {}
    else:
        for text, number in other.values.items():
            into.values[text] = into.values.get(text, 0) + number
        if len(into.values) > MOST_VALUES:
            into.many, into.values = True, {}
    if other.folded and not into.folded:
        _fold(into)
    for name, each in other.parts.items():
        _absorb(_part(into, FREE if into.folded and _folds(name) else name), each)
    if not into.folded and sum(_folds(name) for name in into.parts) > MOST_KEYS:
        _fold(into)
    if into.folded and FREE in into.parts:
        _forget(into.parts[FREE])


def _fold(node: Node) -> None:
    """Put all that is below the keys under one part."""
    node.folded = True
    parts, node.parts = node.parts, {}
    for name, each in parts.items():
        _absorb(_part(node, FREE if _folds(name) else name), each)


def _forget(node: Node) -> None:
    """Take out all texts: what stands under content is content."""
    if STRING in node.kinds:
        node.many, node.values = True, {}
    for each in node.parts.values():
        _forget(each)


def _folds(part: str) -> bool:
    return part[:1] not in "[<" and part != TYPE_OF_UNION


@lru_cache(maxsize=4096)
def _place(key: str) -> tuple[str, bool]:
    """Return the part a key stands for, and whether no text below it is kept."""
    part = key if is_name(key) else FREE
    return part, is_private(part)


_FOLDED = (FREE, is_private(FREE))


_KIND: Mapping[object, str] = {bool: TRUE, int: NUMBER, float: NUMBER, str: STRING, list: LIST, dict: OBJECT}
