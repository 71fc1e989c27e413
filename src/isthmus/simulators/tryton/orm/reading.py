"""Reading: search, read and everything a caller can ask without changing anything."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from isthmus.simulators.faults import LAG
from isthmus.simulators.rows import Row
from isthmus.simulators.shapes import is_list
from isthmus.simulators.tryton.errors import AccessError, PythonError
from isthmus.simulators.tryton.orm.domain import compile_domain, mentions
from isthmus.simulators.tryton.orm.fields import X2MANY, Field, show
from isthmus.simulators.tryton.orm.records import Records, remote

Show = Callable[[Row], Any]


class Reading(Records):
    """The reading half of a model."""

    def check(self, operation: str) -> None:
        """Raise `AccessError` when a caller has no such right on this model; inside a call nobody asks."""
        if self.env.outside and not self.env.database.may(self.env.uid, operation, self.name):
            message = f'You are not allowed to access "{self.title}".'
            raise AccessError(message)

    def matching(self, domain: Any, *, active_test: bool = True) -> list[int]:
        """Return the ids a domain matches, ascending; inactive records only when asked for."""
        asked = active_test and self.env.context.get("active_test", True)
        if asked and "active" in self.fields and not mentions(domain, "active"):
            domain = [["active", "=", True], domain]
        found = compile_domain(self, domain)  # type: ignore[arg-type]
        rows = self.table.rows
        if found.ids is not None:
            return [i for i in sorted(i for i in found.ids if i in rows) if found.test(rows[i])]
        return [i for i, row in rows.items() if found.test(row)]

    def shown(self, ids: Iterable[int], names: Iterable[str]) -> list[Row]:
        """Return records as callers see them; a dotted name makes an object under `"link."`."""
        plain, nested = _sorted_out(names)
        showers = {name: self._shower(name) for name in plain if name != "id"}
        insides = {name: self._inside(self.field(name), rest) for name, rest in nested.items()}
        result: list[Row] = []
        for record_id in ids:
            row = self.table.rows[record_id]
            told = {"id": record_id, **{name: shower(row) for name, shower in showers.items()}}
            result.append(told | {f"{name}.": inside(row) for name, inside in insides.items()})
        return result

    def _shower(self, name: str) -> Show:
        if name == "_timestamp":
            return self.stamp
        if name in ("_write", "_delete"):
            right = name.removeprefix("_")
            return lambda _row: self.env.database.may(self.env.uid, right, self.name)
        if name == "__name__":
            return lambda _row: self.name
        if name.endswith(":string"):
            return self._choice(self.field(name.removesuffix(":string")))
        field = self.field(name)
        return lambda row: show(field, self.value(row, field))

    def _choice(self, field: Field) -> Show:
        choices = dict(field.choices)
        return lambda row: choices.get(self.value(row, field), "")

    def _inside(self, field: Field, names: list[str]) -> Show:
        if field.type == "reference":
            return lambda row: self._referred(self.value(row, field), names)
        if not field.relation:
            message = f"'{field.type.title()}' object has no attribute 'get_target'"
            raise PythonError(message)
        other = self.env[field.relation]
        if field.type in X2MANY:
            return lambda row: other.shown(self.value(row, field), names)
        return lambda row: None if (target := self.value(row, field)) is None else other.shown([target], names)[0]

    def _referred(self, value: str | None, names: list[str]) -> Row | None:
        if value is None:
            return None
        model, _, record_id = value.partition(",")
        return self.env[model].shown([int(record_id)], names)[0]

    def _shown_by_now(self, ids: list[int]) -> list[int]:
        """Leave out what a look-up that lags does not show yet; one PostgreSQL never does, a read replica may."""
        lag = LAG.get()
        if not lag:
            return ids
        since = self.env.now - timedelta(seconds=lag)
        return [i for i in ids if self.table.rows[i]["create_date"] <= since]

    def found(self, domain: Any, offset: Any = 0, limit: Any = None, order: Any = None) -> list[int]:
        """Return a page of the ids of a domain, in order."""
        ids = self._shown_by_now(self.matching(domain))
        ids = self.sorted(ids, self.order if order is None else [item for item in order if item])
        first = int(offset or 0)
        return ids[first : None if limit is None else first + int(limit)]

    # What callers may ask; arguments are told by position

    @remote()
    def search(self, domain: Any, offset: Any = 0, limit: Any = None, order: Any = None) -> list[int]:
        """Return the ids of a domain, in order, a page of them."""
        self.check("read")
        return self.found(domain, offset, limit, order)

    @remote()
    def search_count(self, domain: Any, offset: Any = 0, limit: Any = None) -> int:
        """Return how many records a domain has."""
        self.check("read")
        found = len(self.matching(domain)[int(offset or 0) :])
        return found if limit is None else min(found, int(limit))

    @remote()
    def search_read(
        self,
        domain: Any,
        offset: Any = 0,
        limit: Any = None,
        order: Any = None,
        fields_names: Any = None,
    ) -> list[Row]:
        """Return a page of a domain, read; only ids when no field is named."""
        self.check("read")
        return self.shown(self.found(domain, offset, limit, order), _names(fields_names or ["id"]))

    @remote()
    def read(self, ids: Any, fields_names: Any) -> list[Row]:
        """Return the records of `ids`. Raises `AccessError` when one does not exist."""
        self.check("read")
        if not is_list(ids):
            message = f"{type(ids).__name__!r} object is not iterable"
            raise PythonError(message)
        wanted = list(dict.fromkeys(int(i) for i in ids))
        missing = [i for i in wanted if i not in self.table.rows]
        if missing:
            raise self.gone(missing, "read")
        return self.shown(wanted, _names(fields_names))

    @remote()
    def default_get(self, fields_names: Any, with_rec_name: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002
        """Return the values a new record would start with."""
        del with_rec_name
        row: Row = {}
        for name, field in self.fields.items():
            if field.kept and field.default is not None and field.type not in X2MANY:
                row[name] = field.default(self, row) if callable(field.default) else field.default
        return {name: show(self.field(name), row[name]) for name in _names(fields_names) if name in row}

    @remote()
    def fields_get(self, fields_names: Any = None, level: int = 0) -> dict[str, dict[str, Any]]:
        """Return what the fields are; all of them unless named."""
        del level
        names = _names(fields_names) if fields_names else list(self.fields)
        return {name: described(self.field(name)) for name in names}


def _names(told: Any) -> list[str]:
    if not is_list(told):
        message = f"{type(told).__name__!r} object is not iterable"
        raise PythonError(message)
    return [str(name) for name in told]


def _sorted_out(names: Iterable[str]) -> tuple[list[str], dict[str, list[str]]]:
    plain: list[str] = []
    nested: dict[str, list[str]] = {}
    for name in names:
        link, dot, rest = name.partition(".")
        if not dot:
            plain.append(name)
        elif rest:
            nested.setdefault(link, []).append(rest)
        else:
            raise PythonError(repr(rest))
    return plain, nested


def described(field: Field) -> dict[str, Any]:
    """Return what `fields_get` says of a field."""
    told: dict[str, Any] = {
        "name": field.name,
        "type": field.type,
        "string": field.label,
        "help": "",
        "required": field.required,
        "readonly": field.readonly,
        "searchable": field.kept or bool(field.searcher or field.through) or field.type == "one2many",
        "sortable": field.kept and field.type not in X2MANY,
        "domain": "[]",
        "states": "{}",
        "context": "{}",
        "on_change": [],
        "on_change_with": [],
        "loading": "eager" if field.kept else "lazy",
    }
    if field.size is not None:
        told["size"] = field.size
    if isinstance(field.digits, int):
        told["digits"] = f"[null, {field.digits}]"  # a PYSON text
    if field.relation:
        told["relation"] = field.relation
    if field.type == "one2many":
        told["relation_field"] = field.inverse
    if field.type == "selection":
        told["selection"] = [list(choice) for choice in field.choices]
    if field.type == "reference":
        told["selection"] = [[target, target] for target in field.targets]
    return told
