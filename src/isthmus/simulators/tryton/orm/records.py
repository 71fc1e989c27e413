"""Rows and values: the ground every model stands on."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from isthmus.simulators.rows import Row, Table
from isthmus.simulators.tryton.errors import AccessError, PythonError
from isthmus.simulators.tryton.orm.env import Env
from isthmus.simulators.tryton.orm.fields import Field, char, computed, integer, many2one, moment

Remote = Callable[..., Any]
Order = tuple[tuple[str, str], ...]
_DIRECTIONS = ("ASC", "DESC")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive UTC, as Tryton keeps its times
_MICRO = timedelta(microseconds=1)
_MAGIC = (
    integer("id", "ID", readonly=True),
    many2one("create_uid", "res.user", "Created by", readonly=True, copied=False),
    moment("create_date", "Created at", readonly=True, copied=False),
    many2one("write_uid", "res.user", "Edited by", readonly=True, copied=False),
    moment("write_date", "Edited at", readonly=True, copied=False),
    computed(moment, "last_modified_at", "Last Modified at", searcher="search_last_modified_at"),
    computed(char, "rec_name", "Record Name", searcher="search_rec_name"),
    computed(char, "xml_id", "XML ID"),
)


def remote(*, on: str = "", writes: bool = False) -> Callable[[Remote], Remote]:
    """Mark a method that callers may call.

    `on` says what its first argument names: "" for nothing, "records" for ids. `writes` changes something.
    """

    def mark(method: Remote) -> Remote:
        method.__dict__.update(remote=True, on_records=on == "records", writes=writes)
        return method

    return mark


def button(shown: Callable[[Any, Row], bool] = lambda _model, _row: True) -> Callable[[Remote], Remote]:
    """Mark a method behind a button: callable for records in whose state the button is `shown`."""

    def mark(method: Remote) -> Remote:
        method.__dict__.update(remote=True, on_records=True, writes=True, button=shown)
        return method

    return mark


class Records:
    """The half of a model that knows its fields and values."""

    name: ClassVar[str]
    title: ClassVar[str]
    rec_field: ClassVar[str] = "name"
    parent_field: ClassVar[str] = "parent"
    order: ClassVar[Order] = (("id", "ASC"),)
    FIELDS: ClassVar[tuple[Field, ...]] = ()
    #: columns callers never see, with their first value
    HIDDEN: ClassVar[dict[str, Any]] = {}

    def __init__(self, env: Env) -> None:
        """Bind the model to a call."""
        self.env = env

    @classmethod
    def all_fields(cls) -> tuple[Field, ...]:
        """Return the model's fields, the automatic ones first."""
        own = {field.name for field in cls.FIELDS}
        return (*(field for field in _MAGIC if field.name not in own), *cls.FIELDS)

    @property
    def fields(self) -> dict[str, Field]:
        """Return the fields."""
        return self.env.database.fields[self.name]

    @property
    def table(self) -> Table:
        """Return the model's rows."""
        return self.env.table(self.name)

    def row(self, record_id: int) -> Row:
        """Return one row. Raises `AccessError` for one that is not there."""
        found = self.table.rows.get(record_id)
        if found is None:
            raise self.gone([record_id], "read")
        return found

    def gone(self, ids: Iterable[Any], doing: str) -> AccessError:
        """Return the error for records that do not exist."""
        told = ", ".join(f"{i}" for i in ids)
        words = {"read": "read", "write": "write to"}[doing]
        return AccessError(f'You are trying to {words} records "{told}" of "{self.title}" that don\'t exist.')

    def field(self, name: str) -> Field:
        """Return a field. Raises `PythonError`."""
        found = self.fields.get(name)
        if found is None:
            raise PythonError(repr(name))
        return found

    def value(self, row: Row, field: Field) -> Any:
        """Return the inner value of any field; x2many values are tuples of ids."""
        if field.getter:
            return getattr(self, field.getter)(row)
        if field.through:
            return self.follow(row, field.through)
        if field.type == "one2many":
            return self.children(row["id"], field)
        if field.multi:
            per: dict[int | None, Any] = row.get(field.name) or {}
            company = self.env.company
            return per[company] if company in per and company is not None else per.get(None)
        return row.get(field.name)

    def get(self, row: Row, name: str) -> Any:
        """Return the inner value of the field called `name`."""
        return self.value(row, self.fields[name])

    def follow(self, row: Row, path: str) -> Any:
        """Return the value at the end of a path of links, `None` where one of them is empty."""
        link, _, rest = path.partition(".")
        field = self.fields[link]
        value = self.value(row, field)
        if not rest or value is None:
            return value
        other = self.env[field.relation]
        return other.follow(other.row(value), rest)

    def children(self, record_id: int, field: Field) -> tuple[int, ...]:
        """Return the records that point to this one, in their model's order, inactive ones left out."""
        other = self.env[field.relation]
        link = other.fields[field.inverse]
        ids = self.env.table(field.relation).where(
            field.inverse, f"{self.name},{record_id}" if link.type == "reference" else record_id
        )
        rows = other.table.rows
        if field.only is not None:
            ids = [i for i in ids if field.only(rows[i])]
        if "active" in other.fields and self.env.context.get("active_test", True):
            ids = [i for i in ids if rows[i]["active"] is not False]
        return tuple(other.sorted(ids, other.order))

    @staticmethod
    def owner(value: Any) -> int | None:
        """Return the id in the column of a one2many's other side."""
        return int(value.rpartition(",")[2]) if isinstance(value, str) else value

    def sorted(self, ids: Iterable[int], order: Iterable[Any]) -> list[int]:
        """Return `ids` ordered; PostgreSQL puts empty values last, first when descending, unless told."""
        result = list(ids)
        for item in reversed(list(order)):
            path, told = str(item[0]), str(item[1] if len(item) > 1 else "ASC").upper()
            direction, _, nulls = told.partition(" NULLS ")
            if direction not in _DIRECTIONS:
                raise PythonError(repr(told))
            down = direction == "DESC"
            first = nulls == "FIRST" if nulls else down
            result.sort(key=self._sort_key(path, empty_high=first == down), reverse=down)
        return result

    def _sort_key(self, path: str, *, empty_high: bool) -> Callable[[int], Any]:
        rows = self.table.rows
        name, _, rest = path.partition(".")
        field = self.field(name)
        if (field.getter and name != "last_modified_at" and not rest) or field.multi:
            message = f'Missing order function for field "{field.label}" in "{self.title}".'
            raise PythonError(message)

        def key(record_id: int) -> Any:
            value = self.follow(rows[record_id], path) if rest else self.value(rows[record_id], field)
            if value is None:
                return (empty_high, 0)
            if field.type == "many2one" and not rest and field.relation in self.env:
                value = self.env[field.relation].position(value)
            return (not empty_high, value)

        return key

    def position(self, record_id: int) -> Any:
        """Return what records that link to this one are sorted by: the first field of its model's order."""
        row = self.table.rows[record_id]
        name = self.order[0][0]
        value = row.get(name) if "." not in name else None
        return (value is None, record_id if value is None else value) if not isinstance(value, str) else (False, value)

    def label(self, record_id: int | None) -> str:
        """Return what people call a record; an empty text for one that is gone."""
        row = self.table.rows.get(record_id) if record_id is not None else None
        return "" if row is None else self.get_rec_name(row)

    # The automatic fields

    def get_rec_name(self, row: Row) -> str:
        """Return the record's name."""
        field = self.fields.get(self.rec_field)
        value = self.value(row, field) if field else None
        return str(value) if value else str(row["id"]) if not field else ""

    def search_rec_name(self, _rest: str, sign: str, value: Any) -> Any:
        """Search by name."""
        return [[self.rec_field if self.rec_field in self.fields else "id", sign, value]]

    def get_last_modified_at(self, row: Row) -> datetime:
        """Return the write time, the creation time for what was never written."""
        return row["write_date"] or row["create_date"]

    def search_last_modified_at(self, _rest: str, sign: str, value: Any) -> Any:
        """Search by either time, whichever counts."""
        return ["OR", [["write_date", sign, value]], [["write_date", "=", None], ["create_date", sign, value]]]

    def get_xml_id(self, _row: Row) -> None:
        """Return nothing: seeded records were made by hand."""

    def stamp(self, row: Row) -> str:
        """Return the text by which a caller says which state of a record it read."""
        ticks = (self.get_last_modified_at(row) - _EPOCH) // _MICRO
        return f"{ticks // 1_000_000}.{ticks % 1_000_000:06d}"

    def family(self, ids: Iterable[int], *, up: bool) -> frozenset[int]:
        """Return the records with all their descendants, or all their ancestors."""
        parent = self.parent_field
        found = set(ids)
        if parent not in self.fields:
            return frozenset(found)
        fresh = set(found)
        while fresh:
            if up:
                fresh = {p for i in fresh if (p := self.table.rows.get(i, {}).get(parent))} - found
            else:
                fresh = {c for i in fresh for c in self.table.where(parent, i)} - found
            found |= fresh
        return frozenset(found)
