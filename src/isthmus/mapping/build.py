"""A document compiled: every row against the fields it fills and reads, so that what cannot work never runs."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from isthmus.canonical.order import Order
from isthmus.mapping.document import Added, Document
from isthmus.mapping.errors import CannotRead
from isthmus.mapping.expression import Expression, expression
from isthmus.mapping.order_mapping import Addition, OrderMapping
from isthmus.mapping.rows import Ready, ready
from isthmus.mapping.scope import Scope
from isthmus.mapping.shapes import EMPTY, TRUTH, Kind
from isthmus.mapping.tables import Tables
from isthmus.mapping.targets import SECTIONS, Section

Hooks = Mapping[str, Callable[..., Any]]
_EXPRESSIONS = ("when", "sku", "title", "price", "quantity")


def build(document: Document, tables: Tables, hooks: Hooks | None = None, source: str = "") -> OrderMapping:
    """Compile a document; `source` is the text of the hooks. Raises `CannotRead` for the first row that cannot work."""
    mapping, wrong = build_all(document, tables, hooks, source)
    if wrong:
        raise wrong[0]
    return mapping


def build_all(
    document: Document, tables: Tables, hooks: Hooks | None = None, source: str = ""
) -> tuple[OrderMapping, list[CannotRead]]:
    """Compile what can be compiled, and return everything that is wrong beside it."""
    words = Tables(document.tables).over(tables) if document.tables else tables
    wrong: list[CannotRead] = []
    early: dict[str, list[Ready]] = {}
    late: dict[str, list[Ready]] = {}
    for (name, field), row in document.rows.items():
        section = SECTIONS[name]
        try:
            made = ready(document, section, field, row, _scope(section, words, hooks))
        except CannotRead as bad:
            wrong.append(bad)
        else:
            (late if section.late(field) else early).setdefault(name, []).append(made)
    additions: list[Addition] = []
    for line in document.added:
        try:
            additions.append(_addition(document, line, words, hooks))
        except CannotRead as bad:
            wrong.append(bad)
    when: Expression | None = None
    try:
        when = _when(document, words, hooks)
    except CannotRead as bad:
        wrong.append(bad)
    revision = revision_of(document.text, source)
    return OrderMapping(document, revision, words, early, late, additions, when), wrong


def revision_of(*texts: str) -> str:
    """Return a short name for exactly this content; empty for none at all."""
    whole = "\x1f".join(texts)
    return blake2b(whole.encode(), digest_size=6).hexdigest() if whole.strip("\x1f") else ""


def _scope(section: Section, tables: Tables, hooks: Hooks | None) -> Scope:
    return Scope(section.roots, section.root, tables=tables, hooks=hooks or {})


def _when(document: Document, tables: Tables, hooks: Hooks | None) -> Expression | None:
    if not document.when:
        return None
    scope = replace(_scope(SECTIONS["order"], tables, hooks), value=EMPTY)
    found = expression(document.when, scope, document.where("", "when"))
    if found.shape.kind not in (TRUTH.kind, Kind.ANY):
        message = f"must be true or false, and is always {found.shape}"
        raise found.where.unreadable(message)
    return found


def _addition(document: Document, line: Added, tables: Tables, hooks: Hooks | None) -> Addition:
    scope = Scope({"order": Order}, "order", EMPTY, tables, hooks or {})
    parts = {
        name: expression(text, scope, document.where("add", "", f"{line.name} {name}"))
        for name in _EXPRESSIONS
        if (text := getattr(line, name))
    }
    return Addition(line, parts)
