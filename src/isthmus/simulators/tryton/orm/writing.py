"""Writing: create, write, delete, copy and the commands inside an x2many value."""

from collections.abc import Iterable, Mapping
from typing import Any

from isthmus.simulators.rows import Row
from isthmus.simulators.shapes import is_list, is_object
from isthmus.simulators.tryton.errors import Outdated, PythonError, UserError
from isthmus.simulators.tryton.orm.checks import Checks
from isthmus.simulators.tryton.orm.fields import X2MANY, Field, accept
from isthmus.simulators.tryton.orm.records import remote

_UNTOUCHED = frozenset({"id", "create_date", "create_uid", "write_date", "write_uid"})
_COMMANDS = frozenset({"create", "write", "delete", "add", "remove", "copy"})


class Writing(Checks):
    """The writing half of a model. A model overrides the hooks `prepare`, `saved` and `before_*`."""

    def prepare(self, row: Row) -> None:
        """Complete a new row before it is checked."""

    def saved(self, ids: list[int], changed: frozenset[str]) -> None:
        """Follow up on rows just created (`changed` holds "id" then) or changed."""

    def before_write(self, ids: list[int], values: Mapping[str, Any]) -> None:
        """Raise when the records must not change like this; `values` are as sent."""

    def before_delete(self, ids: list[int]) -> None:
        """Raise when the records must stay, or take their companions along."""

    # Inside calls: rows and columns

    def make(self, many: Iterable[Mapping[str, Any]]) -> list[int]:
        """Create records from values as callers send them."""
        ids = [self._make_one(values) for values in many]
        self.saved(ids, frozenset({"id", *self.fields}))
        return ids

    def put(self, **columns: Any) -> int:
        """Create one record from inside."""
        return self.env.inner()[self.name].make([columns])[0]

    def change(self, ids: Iterable[int], **columns: Any) -> None:
        """Set columns of rows to inner values, moving `write_date`, without any hook."""
        stamp = {"write_date": self.env.now, "write_uid": self.env.uid}
        for record_id in ids:
            self.table.update(record_id, {**columns, **stamp})

    def _make_one(self, values: Mapping[str, Any]) -> int:
        named = [(self.field(name), value) for name, value in values.items()]
        row: Row = {}
        for field, value in named:
            if field.kept and field.type not in X2MANY:
                row[field.name] = self._column(field, None, accept(field, value))
        self._fill_defaults(row)
        self.prepare(row)
        self.check_columns(row)
        record_id = self.table.insert(row)
        self._follow(row, named)
        self.check_record(row, None)
        self.check_unlocked(row, [field for field, _ in named], new=True)
        return record_id

    def _column(self, field: Field, row: Row | None, value: Any) -> Any:
        """Return what the column holds: the value, or the values of all companies with this one's changed."""
        if not field.multi:
            return value
        before: dict[int | None, Any] = (row or {}).get(field.name) or {}
        return {**before, self.env.company: value}

    def _fill_defaults(self, row: Row) -> None:
        for column, first in self.HIDDEN.items():
            row.setdefault(column, first)
        for field in self.env.database.plans[self.name].kept:
            if field.name not in row:
                default = field.default(self, row) if callable(field.default) else field.default
                row[field.name] = {None: default} if field.multi and default is not None else default
        row.update(create_date=self.env.now, create_uid=self.env.uid, write_date=None, write_uid=None)

    def _follow(self, row: Row, named: list[tuple[Field, Any]]) -> None:
        """Apply what cannot stand in the row: x2many commands and values kept elsewhere."""
        for field, value in named:
            if field.setter:
                getattr(self, field.setter)(row, value)
            elif field.type in X2MANY and not (field.getter or field.through):
                self.command(row, field, value)
            elif field.getter or field.through:
                message = f'Missing setter function for field "{field.label}" in "{self.title}".'
                raise UserError(message)

    def modify(self, ids: Iterable[int], values: Mapping[str, Any]) -> None:
        """Change records with values as callers send them."""
        ids = list(ids)
        named = [(self.field(name), value) for name, value in values.items()]
        missing = [i for i in ids if i not in self.table.rows]
        if missing:
            raise self.gone(missing, "write")
        for record_id in ids:
            self.check_unlocked(self.row(record_id), [field for field, _ in named], new=False)
        self.before_write(ids, values)
        changed = frozenset(field.name for field, _ in named)
        for record_id in ids:
            row = self.row(record_id)
            columns = {f.name: self._column(f, row, accept(f, v)) for f, v in named if f.kept and f.type not in X2MANY}
            self.change([record_id], **columns)
            self.check_columns(row, changed)
            self._follow(row, named)
            self.check_record(row, changed)
        self.saved(ids, changed)

    def remove(self, ids: Iterable[int]) -> None:
        """Delete records; what must have them stops it."""
        ids = [i for i in ids if i in self.table.rows]
        self.before_delete(ids)
        self.check_unused(ids)
        for record_id in ids:
            for field in self.fields.values():
                if field.type == "one2many" and not field.getter and field.only is None:
                    self.env.inner()[field.relation].remove_children(field.inverse, self.name, record_id)
            if record_id in self.table.rows:
                self.table.delete(record_id)

    def remove_children(self, column: str, model: str, record_id: int) -> None:
        """Delete or detach what pointed to a record that goes."""
        field = self.fields[column]
        value = f"{model},{record_id}" if field.type == "reference" else record_id
        ids = self.table.where(column, value)
        if field.required:
            self.remove(ids)
        else:
            self.change(ids, **{column: None})

    # x2many commands

    def command(self, row: Row, field: Field, commands: Any) -> None:
        """Do what the commands in an x2many value say."""
        other = self.env[field.relation]
        for command in _commands(commands):
            what, rest = command[0], command[1:]
            if field.type == "one2many":
                self._children_command(row, field, other, what, rest)
            else:
                self._links_command(row, field, other, what, rest)

    def _children_command(self, row: Row, field: Field, other: "Writing", what: str, rest: list[Any]) -> None:
        points = other.fields[field.inverse].type == "reference"
        here = f"{self.name},{row['id']}" if points else row["id"]
        if what == "create":
            other.make([{**values, field.inverse: here} for values in rest[0]])
        elif what == "write":
            other.write(*rest)
        elif what == "delete":
            other.delete(rest[0])
        elif what == "copy":
            other.copy(rest[0], {**(rest[1] if rest[1:] else {}), field.inverse: here})
        else:
            target = here if what == "add" else None
            mine = [i for i in rest[0] if what == "add" or other.row(i)[field.inverse] == here]
            other.modify(mine, {field.inverse: target})

    def _links_command(self, row: Row, field: Field, other: "Writing", what: str, rest: list[Any]) -> None:
        now: tuple[int, ...] = row.get(field.name) or ()
        if what == "write":
            other.write(*rest)
            return
        if what in ("create", "copy"):
            fresh = other.make(rest[0]) if what == "create" else other.copy(*rest)
            now = (*now, *fresh)
        elif what == "add":
            for record_id in rest[0]:
                other.row(record_id)
            now = tuple(dict.fromkeys((*now, *rest[0])))
        else:
            now = tuple(i for i in now if i not in rest[0])
        self.table.update(row["id"], {field.name: now})
        if what == "delete":
            other.delete(rest[0])

    # What callers may do; arguments are told by position

    @remote(writes=True)
    def create(self, vlist: Any) -> list[int]:
        """Create records from a list of objects and return their ids."""
        self.check("create")
        if not is_list(vlist) or not all(is_object(values) for values in vlist):
            message = "'str' object has no attribute 'copy'"
            raise PythonError(message)
        return self.make(vlist)

    @remote(writes=True)
    def write(self, *args: Any) -> None:
        """Change records: ids, values, ids, values, ..."""
        self.check("write")
        if len(args) % 2:
            message = "ModelSQL.write() missing 1 required positional argument: 'values'"
            raise PythonError(message)
        for ids, values in zip(args[::2], args[1::2], strict=True):
            wanted = as_ids(ids)
            self.check_stamps(wanted)
            self.modify(wanted, values)

    @remote(on="records", writes=True)
    def delete(self, ids: Any) -> None:
        """Delete records; those that are gone already are no error."""
        self.check("delete")
        wanted = as_ids(ids)
        self.check_stamps(wanted)
        if self.env.outside:
            self._log_deleted(wanted)
        self.remove(wanted)

    @remote(on="records", writes=True)
    def copy(self, ids: Any, default: Mapping[str, Any] | None = None) -> list[int]:
        """Duplicate records without what is marked as not copied, such as a sale's number."""
        self.check("create")
        return [self._copied(self.row(i), dict(default or {})) for i in as_ids(ids)]

    def _copied(self, row: Row, default: dict[str, Any]) -> int:
        mine = {name: value for name, value in default.items() if "." not in name}
        kept = [f for f in self.fields.values() if f.kept and f.copied and f.name not in _UNTOUCHED]
        values: dict[str, Any] = {}
        for field in kept:
            value = self.value(row, field)
            values[field.name] = [["add", list(value or ())]] if field.type in X2MANY else value
        inner = self.env.inner()
        made = inner[self.name].make([{**values, **mine}])[0]
        for field in self.fields.values():
            if field.type == "one2many" and field.copied and not (field.readonly or field.only or field.getter):
                points = self.env[field.relation].fields[field.inverse].type == "reference"
                link = f"{self.name},{made}" if points else made
                deeper = {k.partition(".")[2]: v for k, v in default.items() if k.startswith(f"{field.name}.")}
                inner[field.relation].copy(self.children(row["id"], field), {**deeper, field.inverse: link})
        return made

    def check_stamps(self, ids: Iterable[int]) -> None:
        """Refuse the change of a record that is not as the caller knows it. Raises `Outdated`."""
        for record_id in ids:
            told = self.env.stamps.pop(f"{self.name},{record_id}", None)
            row = self.table.rows.get(record_id)
            if told is not None and row is not None and str(told) != self.stamp(row):
                raise Outdated

    def _log_deleted(self, ids: Iterable[int]) -> None:
        log = self.env.inner()["ir.model.log"]
        for record_id in ids:
            log.put(model=self.name, gone=record_id, event="delete", user=self.env.uid)


def as_ids(ids: Any) -> list[int]:
    """Return ids as a list: one number or many. Raises `PythonError`."""
    told = list(ids) if is_list(ids) else [ids]
    if not all(isinstance(i, int) and not isinstance(i, bool) for i in told):
        message = "int() argument must be a string, a bytes-like object or a real number"
        raise PythonError(message)
    return told


def _commands(value: Any) -> list[list[Any]]:
    """Return the commands of an x2many value. Raises `PythonError`."""
    if value is None:
        return []
    commands = [list(item) for item in value if is_list(item)] if is_list(value) else []
    if not is_list(value) or len(commands) != len(value) or any(not c or c[0] not in _COMMANDS for c in commands):
        message = f"{value!r}"
        raise PythonError(message)
    return commands
