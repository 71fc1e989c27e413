"""Writing: create, write, unlink, copy and the commands inside an x2many value."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from isthmus.simulators.odoo import versions
from isthmus.simulators.odoo.errors import UserError, ValidationError, WrongValue
from isthmus.simulators.odoo.orm.fields import X2MANY, Field, Row, accept
from isthmus.simulators.odoo.orm.reading import Reading
from isthmus.simulators.odoo.orm.records import remote
from isthmus.simulators.shapes import is_list, listed

CREATE, UPDATE, DELETE, UNLINK, LINK, CLEAR, REPLACE = range(7)
_UNTOUCHED = frozenset({"id", "create_date", "create_uid", "write_date", "write_uid", "display_name"})


class Writing(Reading):
    """The writing half of a model. A model overrides the hooks `prepare`, `saved` and `before_unlink`."""

    #: the model whose record carries part of this one's fields, and the link to it
    delegate: ClassVar[tuple[str, str] | None] = None

    def prepare(self, row: Row, given: frozenset[str]) -> None:
        """Complete a new row; `given` names the columns the caller sent."""

    def saved(self, ids: list[int], changed: frozenset[str]) -> None:
        """Follow up on rows just created (`changed` holds "id" then) or changed."""

    def before_unlink(self, ids: list[int]) -> None:
        """Raise when the records must stay, or take their companions along."""

    def before_write(self, ids: list[int], values: dict[str, Any]) -> None:
        """Raise when the records must not change like this; `values` are as sent."""

    # Inside calls: rows and columns, no rights

    def make(self, many: Iterable[Mapping[str, Any]]) -> list[int]:
        """Create records from wire-like values, without asking for rights."""
        ids = [self._make_one(dict(values)) for values in many]
        self.saved(ids, frozenset({"id", *self.fields}))
        return ids

    def change(self, ids: Iterable[int], **columns: Any) -> None:
        """Set columns of rows to inner values, moving `write_date`, without any hook."""
        stamp = {"write_date": self.env.now, "write_uid": self.env.uid}
        for record_id in ids:
            self.table.update(record_id, {**columns, **stamp})

    def _make_one(self, values: dict[str, Any]) -> int:
        for key, value in self.env.context.items():
            if key.startswith("default_") and key[8:] in self.fields:
                values.setdefault(key[8:], value)
        named = self._sorted_out(values, "in" if self.env.version >= versions.NEW_WORDING else "on model")
        row: Row = {f.key: accept(self.name, f, v) for f, v in named if f.kept and f.type not in X2MANY}
        given = frozenset(f.key for f, _ in named)
        self._make_delegate(row, named)
        self._fill_defaults(row)
        self.prepare(row, given)
        self._check_required(row)
        record_id = self.table.insert(row)
        self._follow(row, named)
        return record_id

    def _sorted_out(self, values: Mapping[str, Any], where: str) -> list[tuple[Field, Any]]:
        named = [(self._writable(name, where), value) for name, value in values.items() if name not in _UNTOUCHED]
        return [(field, value) for field, value in named if not field.compute or field.setter or field.type in X2MANY]

    def _writable(self, name: str, where: str) -> Field:
        # A line's unknown name is worded differently from the order's: create checks them in another place.
        return self.field(name, "on model" if self.env.context.get("_inside") else where)

    def _make_delegate(self, row: Row, named: list[tuple[Field, Any]]) -> None:
        if not self.delegate:
            return
        model, link = self.delegate
        theirs = {f.related.partition(".")[2]: v for f, v in named if f.related.startswith(f"{link}.")}
        if row.get(link) is None:
            inside = self.env.with_context(_delegating=True)
            row[link] = inside[model].make([theirs])[0]  # type: ignore[attr-defined]

    def _fill_defaults(self, row: Row) -> None:
        for column, first in self.HIDDEN.items():
            row.setdefault(column, first)
        for field in self.env.database.plan(self.name).kept:
            if field.key not in row:
                row[field.key] = field.default(self) if callable(field.default) else field.default
        row.update(create_date=self.env.now, write_date=self.env.now, create_uid=self.env.uid, write_uid=self.env.uid)

    def _check_required(self, row: Row) -> None:
        for field in self.env.database.plan(self.name).required:
            if row.get(field.key) in (None, ""):
                msg = (
                    f"The operation cannot be completed: Missing required value for the field '{field.string}' "
                    f"({field.name}).\nModel: '{self.title}' ({self.name})\n"
                    "- create/update: a mandatory field is not set\n"
                    "- delete: another model requires the record being deleted, you can archive it instead\n"
                )
                raise ValidationError(msg)
        self._check_links(row, self.env.database.plan(self.name).links)

    def _check_links(self, row: Row, links: Iterable[Field]) -> None:
        """Refuse dead links the way PostgreSQL's complaint is worded, although nothing is deleted."""
        for field in links:
            target = row.get(field.key)
            if target is not None and target not in self.env.table(field.relation).rows:
                msg = (
                    "The operation cannot be completed: Another model is using the record you are trying to delete.\n\n"
                    f"The troublemaker is: '{self.title}' ({self.name})\n"
                    f"Thanks to the following constraint: '{field.string}' ({field.name})\n"
                    "How about archiving the record instead?"
                )
                raise ValidationError(msg)

    def _follow(self, row: Row, named: list[tuple[Field, Any]]) -> None:
        """Apply what cannot stand in the row: x2many commands, setters and values kept elsewhere."""
        for field, value in named:
            if field.related:
                if not field.readonly:
                    self._write_through(row, field, value)
            elif field.setter:
                getattr(self, field.setter)(row, accept(self.name, field, value))
            elif field.type in X2MANY:
                self._command(row, field, value)

    def _write_through(self, row: Row, field: Field, value: Any) -> None:
        link, _, name = field.related.partition(".")
        other = self.env[self.fields[link].relation]
        other.modify([row[link]], {name: value})  # type: ignore[attr-defined]

    def modify(self, ids: Iterable[int], values: Mapping[str, Any]) -> None:
        """Change records with wire-like values, without asking for rights."""
        ids = list(ids)
        for record_id in ids:
            self.row(record_id)
        named = self._sorted_out(values, "in" if self.env.version >= versions.NEW_WORDING else "on model")
        self.before_write(ids, dict(values))
        columns: Row = {f.key: accept(self.name, f, v) for f, v in named if f.kept and f.type not in X2MANY}
        for record_id in ids:
            self.change([record_id], **columns)
            self._check_required(self.row(record_id))
            self._follow(self.row(record_id), named)
        self.saved(ids, frozenset(f.key for f, _ in named))

    def _command(self, row: Row, field: Field, commands: Any) -> None:
        other: Writing = self.env.with_context(_inside=True)[field.relation]  # type: ignore[assignment]
        fresh: list[dict[str, Any]] = []
        for command in _commands(commands):
            if command[0] == CREATE:
                fresh.append(command[2])
            else:
                self._relate(row, field, other, command)
        if not fresh:
            return
        if field.type == "one2many":
            column = next(f.name for f in other.fields.values() if f.key == field.inverse)
            other.make([{**values, column: row["id"]} for values in fresh])
        else:
            self._set_many(row, field, (*row[field.key], *other.make(fresh)))

    def _relate(self, row: Row, field: Field, other: "Writing", command: list[Any]) -> None:
        code = command[0]
        if code == UPDATE:
            other.modify([command[1]], command[2])
        elif code == DELETE or (code == UNLINK and field.type == "one2many"):
            other.remove([command[1]])
        elif field.type == "one2many":
            self._adopt(row, field, other, command)
        else:
            now = row[field.key] or ()
            changed = {
                UNLINK: lambda: tuple(i for i in now if i != command[1]),
                LINK: lambda: now if command[1] in now else (*now, command[1]),
                CLEAR: lambda: (),
                REPLACE: lambda: tuple(dict.fromkeys(command[2])),
            }[code]()
            for target in changed:
                other.row(target)
            self._set_many(row, field, changed)

    def _adopt(self, row: Row, field: Field, other: "Writing", command: list[Any]) -> None:
        if command[0] == LINK:
            other.change([command[1]], **{field.inverse: row["id"]})
            return
        kept = set(command[2]) if command[0] == REPLACE else set[int]()
        other.remove([i for i in other.table.where(field.inverse, row["id"]) if i not in kept])
        for record_id in kept:
            other.change([record_id], **{field.inverse: row["id"]})

    def _set_many(self, row: Row, field: Field, ids: tuple[int, ...]) -> None:
        self.change([row["id"]], **{field.key: ids})

    def remove(self, ids: Iterable[int]) -> None:
        """Delete records, without asking for rights."""
        ids = [i for i in ids if self.row(i)]
        self.before_unlink(ids)
        for record_id in ids:
            if record_id in self.table.rows:
                self.table.delete(record_id)

    # What callers may do, with the argument names of Odoo

    @remote("create", on_model=True)
    def create(self, vals_list: Any) -> Any:
        """Create one record (a dict) or several (a list) and return the id or ids."""
        self.check("create")
        made = self.make(listed(vals_list))
        return made if is_list(vals_list) else made[0]

    @remote("write")
    def write(self, ids: Any, vals: dict[str, Any]) -> bool:
        """Change records; `vals` may hold x2many commands."""
        self.check("write")
        self.modify(listed(ids), vals)
        return True

    @remote("unlink")
    def unlink(self, ids: Any) -> bool:
        """Delete records."""
        self.check("unlink")
        self.remove(listed(ids))
        return True

    @remote("create")
    def copy(self, ids: Any, default: dict[str, Any] | None = None) -> Any:
        """Duplicate records without what is marked as not copied, such as `client_order_ref`."""
        made = [self.make([{**self.copied(i), **(default or {})}])[0] for i in listed(ids)]
        return made[0] if isinstance(ids, int) or self.env.version < versions.COPIES_ANSWER_LIST else made

    def copied(self, record_id: int) -> dict[str, Any]:
        """Return the values a duplicate starts with."""
        row = self.row(record_id)
        kept = [f for f in self.fields.values() if f.kept and f.copied and f.name not in _UNTOUCHED]
        return {f.name: [[6, 0, list(row[f.key])]] if f.type in X2MANY else row.get(f.key) for f in kept}

    @remote("create", on_model=True)
    def name_create(self, name: str) -> list[Any]:
        """Create a record from its name alone."""
        self.check("create")
        made = self.make([{self.label_field: name}])[0]
        return [made, self.label(made)]

    @remote(on_model=True)
    def default_get(self, fields: list[str]) -> dict[str, Any]:
        """Return the values a new record would start with."""
        found = {n: f for n, f in self.fields.items() if n in fields and f.kept and f.default is not None}
        row = {f.key: f.default(self) if callable(f.default) else f.default for f in found.values()}
        return {n: self.shower(n, pairs=False)(row) for n in found}


def _commands(value: Any) -> list[list[Any]]:
    """Return the commands of an x2many value; a plain list of ids replaces. Raises `WrongValue`."""
    if value is False or value is None:
        return [[CLEAR, 0, 0]]
    if not is_list(value):
        msg = f"Wrong value for x2many: {value!r}"
        raise WrongValue(msg)
    if value and all(isinstance(item, int) for item in value):
        return [[REPLACE, 0, list(value)]]
    commands = [list(item) for item in value if is_list(item)]
    if len(commands) != len(value) or any(not c or c[0] not in range(7) for c in commands):
        msg = f"Invalid command in {value!r}"
        raise UserError(msg)
    return commands
