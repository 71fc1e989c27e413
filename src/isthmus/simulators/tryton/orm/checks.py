"""What Tryton checks before it keeps a record, in its order and words."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from isthmus.simulators.rows import Row
from isthmus.simulators.tryton.errors import AccessError, UserError
from isthmus.simulators.tryton.orm.fields import X2MANY, Field, decimals, written_decimals
from isthmus.simulators.tryton.orm.reading import Reading, described

_STAMPS = frozenset({"create_uid", "write_uid"})


class Checks(Reading):
    """The half of a model that says no."""

    def check_values(self, row: Row, changed: frozenset[str] | None) -> None:
        """Raise `UserError` for a record that must not be like this; `changed` is `None` for a new one."""

    def check_columns(self, row: Row, changed: frozenset[str] | None = None) -> None:
        """Check what the database itself would refuse: nothing where something must be, links into nowhere."""
        for field in self.env.database.plans[self.name].kept:
            if changed is not None and field.name not in changed:
                continue
            value = row.get(field.name)
            if field.required and value is None:
                message = f'A value is required for field "{field.label}" in "{self.title}".'
                raise UserError(message)
            if field.size is not None and value is not None and len(value) > field.size:
                what = f'The value "{value}" for field "{field.label}" in "{self.title}"'
                message = f"{what} is too long ({len(value)} > {field.size})."
                raise UserError(message)
            if field.type == "many2one" and field.name not in _STAMPS and value is not None and not field.multi:
                self._check_link(field, value)

    def _check_link(self, field: Field, value: int) -> None:
        if field.relation in self.env and value not in self.env.table(field.relation).rows:
            message = f'The value "{value}" for field "{field.label}" in "{self.title}" does not exist.'
            raise UserError(message)

    def check_record(self, row: Row, changed: frozenset[str] | None) -> None:
        """Check what the server refuses once the record is there."""
        for field in self.env.database.plans[self.name].checked:
            value: Any = self.value(row, field)
            must = field.required or (field.needed is not None and field.needed(self, row))
            if must and (value is None or value in ("", ())):
                raise self._no(field, row, "A value is required for field")
            if value is None or field.type in X2MANY:
                continue
            if field.choices and value not in dict(field.choices):
                what = f'The value "{value}" for field'
                raise self._no(field, row, what, " is not one of the allowed options")
            if isinstance(value, Decimal) and field.digits is not None:
                self._check_digits(field, row, value)
        self.check_values(row, changed)

    def _check_digits(self, field: Field, row: Row, value: Decimal) -> None:
        most = field.digits(self, row) if callable(field.digits) else field.digits
        # Of a number in `numeric` the zeros at its end count, too (trytond 8.2.1, model/modelstorage.py, digits_test).
        held = written_decimals(value) if field.type == "numeric" else decimals(value)
        if most is not None and held > most:
            limit = f' exceeds the limit of "(None, {most})"'
            what = f'The number of digits in the value "{str(value)!r}" for field'
            raise self._no(field, row, what, limit)

    def _no(self, field: Field, row: Row, what: str, why: str = "") -> UserError:
        return UserError(f'{what} "{field.label}" in record "{self.label(row["id"])}" of "{self.title}"{why}.')

    def not_in_domain(self, row: Row, name: str, domain: Any = None) -> UserError:
        """Return the error for a value that its field's domain does not allow; it says what would be."""
        field = self.fields[name]
        value = self.value(row, field)
        told = (
            self.env[field.relation].label(value) if field.type == "many2one" else dict(field.choices).get(value, value)
        )
        wrong = self._no(field, row, f'The value "{told}" for field', " is not valid according to its domain")
        return UserError(wrong.message, domain=[domain or [], {name: described(field)}])

    def check_unlocked(self, row: Row, fields: Iterable[Field], *, new: bool) -> None:
        """Refuse callers the fields they may never write or not in this state; x2many guard themselves."""
        if not self.env.outside:
            return
        for field in fields:
            if field.type in X2MANY:
                continue
            if field.readonly:
                message = f'You are not allowed to modify the field "{field.label}" of "{self.title}".'
                raise AccessError(message)
            if field.locked is not None and field.locked(self, {**row, "id": -1} if new else row):
                message = (
                    f'You are not allowed to modify the field "{field.label}" in record '
                    f'"{self.label(row["id"])}" of "{self.title}".'
                )
                raise AccessError(message)

    def check_unused(self, ids: Iterable[int]) -> None:
        """Refuse to delete what another record cannot be without."""
        going = frozenset(ids)
        owned = {(f.relation, f.inverse) for f in self.fields.values() if f.type == "one2many"}
        for model, fields in self.env.database.fields.items():
            for field in fields.values():
                if field.type != "many2one" or field.relation != self.name or not field.required or not field.kept:
                    continue
                if (model, field.name) not in owned and self._points(model, field.name, going):
                    message = (
                        "The records could not be deleted because they are used by field "
                        f'"{field.label}" of "{self.env[model].title}".'
                    )
                    raise UserError(message)

    def _points(self, model: str, column: str, going: frozenset[int]) -> bool:
        table = self.env.table(model)
        if table.indexed(column):
            return any(table.where(column, i) for i in going)
        return any(row.get(column) in going for row in table.rows.values())
