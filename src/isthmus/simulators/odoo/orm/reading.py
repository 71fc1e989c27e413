"""Reading: search, read and everything a caller can ask without changing anything."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from isthmus.simulators.faults import LAG
from isthmus.simulators.odoo import versions
from isthmus.simulators.odoo.errors import WrongValue
from isthmus.simulators.odoo.orm.domain import Condition, compile_domain, mentions
from isthmus.simulators.odoo.orm.fields import X2MANY, Field, Row, show
from isthmus.simulators.odoo.orm.records import Records, remote
from isthmus.simulators.shapes import is_list, listed

Show = Callable[[Row], Any]
_PRECISION = 16


class Reading(Records):
    """The reading half of a model."""

    def condition(self, domain: Any) -> Condition:
        """Return the compiled domain. Raises `WrongValue`."""
        return compile_domain(self, domain)  # type: ignore[arg-type]

    def matching(self, domain: Any) -> list[int]:
        """Return the ids a domain matches, ascending; archived records only when asked for."""
        if not is_list(domain):
            msg = f"Domain() invalid item in domain: {domain!r}"
            raise WrongValue(msg)
        if "active" in self.fields and self.env.context.get("active_test", True) and not mentions(domain, "active"):
            domain = [["active", "=", True], *domain]
        found = self.condition(domain)
        rows = self.table.rows
        if found.ids is not None:
            return [i for i in sorted(i for i in found.ids if i in rows) if found.test(rows[i])]
        return [i for i, row in rows.items() if found.test(row)]

    def named(self, name: str, sign: str = "ilike") -> list[int]:
        """Return the records people would mean by `name`."""
        known = [f for f in self.searched or (self.label_field,) if f in self.fields]
        return self.matching([*["|"] * (len(known) - 1), *([f, sign, name] for f in known)]) if known else []

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

    def shower(self, name: str, *, pairs: bool, where: str = "on model") -> Show:
        """Return the function from a row to the wire value of a field."""
        field = self.field(name, where)
        if field.type == "many2one":
            return self._link_shower(field, pairs=pairs)
        if field.type in X2MANY:
            return lambda row: list(self.value(row, field))
        if field.kept:
            key = field.key
            return lambda row: show(field, row.get(key))
        return lambda row: show(field, self.value(row, field))

    def _link_shower(self, field: Field, *, pairs: bool) -> Show:
        other = self.env[field.relation]
        labels: dict[int, list[Any]] = {}

        def pair(row: Row) -> Any:
            target = self.value(row, field)
            if target is None:
                return False
            if not pairs:
                return target
            if target not in labels:
                labels[target] = [target, other.label(target)]
            return labels[target]

        return pair

    def shown(self, ids: Iterable[int], names: Iterable[str] | None, load: str | None = "_classic_read") -> list[Row]:
        """Return records as the wire shows them; all fields unless named."""
        where = "on" if self.env.version >= versions.NEW_WORDING else "on model"
        wanted = list(names) if names else list(self.fields)
        showers = [(n, self.shower(n, pairs=load == "_classic_read", where=where)) for n in wanted if n != "id"]
        rows = self.table.rows
        if wanted == ["id"]:
            return [{"id": i} for i in ids]  # echoed without a look, as Odoo does
        return [{"id": i, **{n: shower(rows[i]) for n, shower in showers}} for i in ids if i in rows]

    def _shown_by_now(self, ids: list[int]) -> list[int]:
        """Leave out what a look-up that lags does not show yet; Odoo's own never does, a read replica may."""
        lag = LAG.get()
        if not lag:
            return ids
        since = self.env.now - timedelta(seconds=lag)
        return [i for i in ids if self.table.rows[i]["create_date"] <= since]

    # What callers may ask, with the argument names of Odoo

    @remote(on_model=True)
    def search(self, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None) -> list[int]:
        """Return the ids of a domain, in order, a page of them."""
        found = self._shown_by_now(self.matching(domain))
        order = order or self.order
        if order not in ("id", "id asc"):
            found = self.sorted(found, order)
        return found[offset or 0 : (offset or 0) + limit if limit else None]

    @remote(on_model=True)
    def search_count(self, domain: Any, limit: int | None = None) -> int:
        """Return how many records a domain has."""
        count = len(self.matching(domain))
        return min(count, limit) if limit else count

    @remote(on_model=True)
    def search_read(
        self,
        domain: Any = None,
        fields: list[str] | None = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        **read: Any,
    ) -> list[Row]:
        """Return a page of a domain, read."""
        return self.read(self.search(domain or [], offset, limit, order), fields, **read)

    @remote()
    def read(self, ids: Any, fields: list[str] | None = None, load: str | None = "_classic_read") -> list[Row]:
        """Return the records of `ids`; those that are gone are left out without a word."""
        return self.shown(listed(ids), fields, load)

    @remote(on_model=True)
    def name_search(
        self,
        name: str = "",
        args: Any = None,
        operator: str = "ilike",
        limit: int = 100,
        domain: Any = None,  # 19 renamed `args`
    ) -> list[list[Any]]:
        """Return `[id, name]` of the records people would mean."""
        allowed = self.matching(domain or args or [])
        found = set(self.named(name, operator)) if name else set(allowed)
        return [[i, self.label(i)] for i in [i for i in allowed if i in found][: limit or None]]

    @remote(on_model=True)
    def fields_get(
        self, allfields: list[str] | None = None, attributes: list[str] | None = None
    ) -> dict[str, dict[str, Any]]:
        """Return what the fields are; unknown names are left out without a word."""
        return {
            name: {k: v for k, v in _described(field).items() if not attributes or k in attributes}
            for name, field in self.fields.items()
            if not allfields or name in allfields
        }

    @remote(on_model=True)
    def check_access_rights(self, operation: str, raise_exception: bool = True) -> bool:  # noqa: FBT001, FBT002
        """Say whether the user has a right on the model (18 and later prefer `has_access`)."""
        if raise_exception:
            self.check(operation)
        return self.env.database.may(self.env.uid, operation, self.name)

    @remote()
    def has_access(self, ids: Any, operation: str) -> bool:
        """Say whether the user may do `operation` on the records (18 and later)."""
        return all(i in self.table.rows for i in listed(ids)) and self.env.database.may(
            self.env.uid, operation, self.name
        )

    @remote()
    def get_external_id(self, ids: Any) -> dict[int, str]:
        """Return `module.name` by id, an empty text for a record that has none; whoever asks may see them."""
        found = dict.fromkeys(listed(ids), "")
        links = self.env.table("ir.model.data").rows
        for link in reversed(list(links.values())):  # the first one counts
            if link["model"] == self.name and link["res_id"] in found:
                found[link["res_id"]] = f"{link['module']}.{link['name']}"
        return found

    @remote()
    def exists(self, ids: Any) -> list[int]:
        """Return those of `ids` that are still there."""
        return [i for i in listed(ids) if i in self.table.rows]

    @remote()
    def name_get(self, ids: Any) -> list[list[Any]]:
        """Return `[id, name]` pairs (gone in 17)."""
        return [[i, self.label(self.row(i)["id"])] for i in listed(ids)]


def _described(field: Field) -> Mapping[str, Any]:
    answer: dict[str, Any] = {
        "type": field.type,
        "name": field.name,
        "string": field.string or field.name.removesuffix("_ids").removesuffix("_id").replace("_", " ").title(),
        "required": field.required,
        "readonly": field.readonly,
        "store": field.shown_as_stored,
        "sortable": field.shown_as_stored,
        "searchable": True,
        "company_dependent": field.company_dependent,
    }
    if field.relation:
        answer["relation"] = field.relation
    if field.type == "one2many":
        answer["relation_field"] = field.inverse
    if field.size:
        answer["size"] = field.size
    if field.digits is not None and field.type == "float":
        answer["digits"] = [_PRECISION, field.digits]
    if field.type == "selection":
        answer["selection"] = [list(choice) for choice in field.choices]
    return answer
