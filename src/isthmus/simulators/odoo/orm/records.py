"""Rows and values: the ground every model stands on."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, ClassVar

from isthmus.simulators.odoo.errors import AccessError, MissingError, UserError, WrongValue
from isthmus.simulators.odoo.orm.env import Env
from isthmus.simulators.odoo.orm.fields import Field, Row, char, computed, integer, many2one, moment
from isthmus.simulators.rows import Table

Remote = Callable[..., Any]
_WORDS = {"read": "access", "write": "modify", "create": "create", "unlink": "delete"}
_MAGIC = (
    integer("id", "ID", readonly=True, default=None),
    computed(char, "display_name", "Display Name"),
    many2one("create_uid", "res.users", "Created by", readonly=True, copied=False),
    moment("create_date", "Created on", readonly=True, copied=False),
    many2one("write_uid", "res.users", "Last Updated by", readonly=True, copied=False),
    moment("write_date", "Last Updated on", readonly=True, copied=False),
)


def remote(needs: str = "read", *, on_model: bool = False) -> Callable[[Remote], Remote]:
    """Mark a method that callers outside may call.

    `needs` is the right it takes. Without `on_model` the first argument is the list of ids.
    """

    def mark(method: Remote) -> Remote:
        method.remote = (needs, on_model)  # type: ignore[attr-defined]
        return method

    return mark


def call_time(records: "Records") -> datetime:
    """Return the time of the call, as a default of a field."""
    return records.env.now


class Records:
    """One model inside one call."""

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    order: ClassVar[str] = "id"
    label_field: ClassVar[str] = "name"
    searched: ClassVar[tuple[str, ...]] = ()  # what `name_search` looks at, when more than the name
    parent_field: ClassVar[str] = "parent_id"
    FIELDS: ClassVar[tuple[Field, ...]] = ()
    #: columns callers never see, with their first value, and those of them that are indexed
    HIDDEN: ClassVar[dict[str, Any]] = {}
    INDEXED: ClassVar[tuple[str, ...]] = ()

    def __init__(self, env: Env) -> None:
        """Bind the model to a call."""
        self.env = env

    @classmethod
    def all_fields(cls) -> tuple[Field, ...]:
        """Return the model's fields of all versions, the automatic ones first."""
        own = {field.name for field in cls.FIELDS}
        return (*(field for field in _MAGIC if field.name not in own), *cls.FIELDS)

    @property
    def fields(self) -> dict[str, Field]:
        """Return the fields of this database, custom ones included."""
        return self.env.database.fields[self.name]

    @property
    def table(self) -> Table:
        """Return the model's rows."""
        return self.env.table(self.name)

    def row(self, record_id: int) -> Row:
        """Return one row. Raises `MissingError`."""
        found = self.table.rows.get(record_id)
        if found is None:
            raise self.missing(record_id)
        return found

    def missing(self, record_id: Any) -> MissingError:
        """Return the error for a record that is gone."""
        return MissingError(
            f"Record does not exist or has been deleted.\n(Record: {self.name}({record_id},), User: {self.env.uid})"
        )

    def check(self, operation: str) -> None:
        """Raise `AccessError` when the user has no such right on this model."""
        if not self.env.database.may(self.env.uid, operation, self.name):
            msg = (
                f"You are not allowed to {_WORDS[operation]} '{self.title}' ({self.name}) records.\n\n"
                "No group currently allows this operation.\n\n"
                "Contact your administrator to request access if necessary."
            )
            raise AccessError(msg)

    def field(self, name: str, where: str = "on model") -> Field:
        """Return a field by its name in this version. Raises `WrongValue` as Odoo words it."""
        found = self.fields.get(name)
        if found is None:
            msg = f"Invalid field {name!r} {where} {self.name!r}"
            raise WrongValue(msg)
        return found

    def value(self, row: Row, field: Field) -> Any:
        """Return the inner value of any field; x2many values are tuples of ids."""
        if field.compute:
            return getattr(self, field.compute)(row)
        if field.related:
            return self._through(row, field.related)
        if field.type == "one2many":
            return self.children(row["id"], field)
        return row.get(field.key)

    def get(self, row: Row, name: str) -> Any:
        """Return the inner value of the field called `name`."""
        return self.value(row, self.fields[name])

    def children(self, record_id: int, field: Field) -> tuple[int, ...]:
        """Return the records that link to this one, in their model's order, archived ones left out."""
        other = self.env[field.relation]
        ids = self.env.table(field.relation).where(field.inverse, record_id)
        if "active" in other.fields and self.env.context.get("active_test", True):
            ids = [i for i in ids if other.get(other.row(i), "active")]
        return tuple(other.sorted(ids, other.order))

    def sorted(self, ids: Iterable[int], order: str) -> list[int]:
        """Return `ids` ordered by "name desc, id"; empty values last, or first when descending."""
        result = list(ids)
        for part in reversed(order.split(",")):
            words = part.split()
            if not words or [word.lower() for word in words[1:]] not in ([], ["asc"], ["desc"]):
                msg = (
                    f'Invalid "order" specified ({order}). A valid "order" specification is a comma-separated list of '
                    "valid field names (optionally followed by asc/desc for the direction)"
                )
                raise UserError(msg)
            key = self._sort_key(self.field(words[0]))
            result.sort(key=key, reverse=words[-1].lower() == "desc")
        return result

    def _sort_key(self, field: Field) -> Callable[[int], Any]:
        rows = self.table.rows

        def key(record_id: int) -> Any:
            value = self.value(rows[record_id], field)
            if field.type == "many2one" and value is not None:
                value = self.env[field.relation].label(value)
            return (value is None, value.lower() if isinstance(value, str) else value)

        return key

    def label(self, record_id: int) -> str:
        """Return what people call a record; an empty text for one that is gone."""
        row = self.table.rows.get(record_id)
        return "" if row is None else self._compute_display_name(row)

    def _compute_display_name(self, row: Row) -> str:
        field = self.fields.get(self.label_field)
        value = self.value(row, field) if field else None
        return str(value) if value else f"{self.name},{row['id']}"

    def _through(self, row: Row, path: str) -> Any:
        link, _, rest = path.partition(".")
        field = self.fields[link]
        target = self.value(row, field)
        if target is None:
            return None
        other = self.env[field.relation]
        return other.get(other.row(target), rest)
