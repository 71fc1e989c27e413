"""What a check of a mapping may find: every code with its weight, its words and what to do, for faces and reference."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from isthmus.mapping.errors import Where


class Weight(StrEnum):
    """How bad it is: an error stops the document, a warning may be meant, a hint is only worth a look."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Sort:
    """One code: how bad it is, what it means, and what to do about it."""

    weight: Weight
    says: str
    do: str


E, W, H = Weight.ERROR, Weight.WARNING, Weight.HINT
#: Every code there is; docs/reference/mapping.md shows the same table.
SORTS: Mapping[str, Sort] = {
    "unreadable": Sort(E, "a row, table or hook that cannot be used for any record", "Correct the place it names"),
    "unknown_owner": Sort(
        E,
        "an owner that is neither of the flow's two connections",
        "Write the source's connection or the destination's",
    ),
    "two_owners": Sort(
        E, "two flows fill one field of one system and name different owners", "Write the same owner in both"
    ),
    "required_target": Sort(
        E, "a field the other system insists on, and no row fills it", "Add a row for it, with a default if need be"
    ),
    "unknown_target": Sort(
        W,
        "a custom field that is not among those the other system reports",
        "Correct its name or create it there; fields of its standard are not listed and may be right all the same",
    ),
    "read_only_target": Sort(E, "a field the other system fills itself", "Take the row out, or name another field"),
    "not_an_option": Sort(
        W,
        "a word that is none of those the other system's field takes",
        "Write one of its words, or look it up in a table",
    ),
    "too_long": Sort(
        W,
        "a text that may be longer than the other system keeps",
        "Give the row that length; cut = true cuts instead of asking",
    ),
    "target_type": Sort(
        W, "a value of another kind than the other system's field", "Convert it: number(...), text(...), day(...)"
    ),
    "may_be_empty": Sort(
        W,
        "a field the other system insists on is filled by what may be empty",
        "Give the row a default, or required = true",
    ),
    "unknown_source": Sort(
        W, "a custom field of the source that no record of the last days has", "Correct its name; it is case-sensitive"
    ),
    "cost_and_price": Sort(
        W, "a cost goes into a price, or a price into a cost", "Check which of the two is meant; shoppers see prices"
    ),
    "money_without_currency": Sort(
        W, "the number of an amount of money without its currency", "Fill a field with the currency as well"
    ),
    "quantity_without_unit": Sort(
        W, "the number of a quantity without its unit", "Fill a field with the unit as well, or write it into the text"
    ),
    "moment_without_zone": Sort(
        W,
        "a moment becomes a day or a text and no zone is said, so it is UTC",
        'Say the zone: day(placed_at, "Europe/Berlin")',
    ),
    "unmapped_code": Sort(
        W, "a word of the last days without a row in its table", "Add a row to the table, or a row for *"
    ),
    "unknown_sku": Sort(
        W,
        "a SKU sold in the last days that the other system's list does not have",
        "Create the item there, or add it to the table sku",
    ),
    "fails_on_records": Sort(
        W, "a row that has no answer for orders of the last days", "See one of them with `isthmus mapping try`"
    ),
    "reference_not_unique": Sort(
        W, "two orders of the last days have the same number for people", "Put the order's own number into it"
    ),
    "dead_row": Sort(W, "a row that never does anything", "Take it out, or correct its condition"),
    "no_such_record": Sort(
        H, "rows for a part that no order of the last days has", "Look whether the source sends it at all"
    ),
    "did_nothing": Sort(
        H, "a row whose condition no order of the last days has met", "Look whether the condition is right"
    ),
    "unused_table": Sort(W, "a code table that nothing looks into", "Use it in a row, or take it out"),
    "shadowed_code": Sort(H, "a word that has two rows: the document's own comes first", "Keep it in one place"),
    "unused_hook": Sort(
        W, "a function of hooks.py that no document calls", "Call it as hooks.name(...), or begin its name with _"
    ),
    "not_checked": Sort(H, "something that could not be looked at", "See what it says is missing"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """One finding: its code, where it is, and what exactly."""

    code: str
    where: Where
    says: str
    flow: str = ""

    @property
    def weight(self) -> Weight:
        """Return how bad it is."""
        return SORTS[self.code].weight

    @property
    def do(self) -> str:
        """Return what to do about it."""
        return SORTS[self.code].do
