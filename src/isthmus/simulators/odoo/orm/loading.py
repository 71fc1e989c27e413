"""`load`: rows of texts, external ids, all or nothing."""

from typing import Any

from isthmus.simulators.odoo.errors import OdooError, WrongValue
from isthmus.simulators.odoo.orm.fields import Field, Row
from isthmus.simulators.odoo.orm.records import remote
from isthmus.simulators.odoo.orm.writing import Writing

DATA = "ir.model.data"
_FALSE = frozenset({"", "0", "false", "no"})


class Loading(Writing):
    """The import of a table of texts; external ids make it an upsert."""

    @remote(on_model=True)  # a right that is missing is told in `messages`, as a row that is wrong
    def load(self, fields: list[str], data: list[list[Any]]) -> dict[str, Any]:
        """Create or update one record per row and return ids, or `false` and messages when one row is wrong.

        With `mode` "update" and `noupdate` in the context, a record that is there already stays as it is.
        """
        for name in fields:
            if name != ".id" and name.partition("/")[0] not in self.fields:
                msg = f"Invalid field name {name.partition('/')[0]!r}"
                raise WrongValue(msg)
        ids: list[int] = []
        messages: list[dict[str, Any]] = []
        mark = len(self.env.database.store.journal)
        for number, row in enumerate(data):
            try:
                ids.append(self._load_row(dict(zip(fields, row, strict=True))))
            except OdooError as wrong:
                messages.append(_message(number, fields, wrong))
        if messages:
            self._take_back(mark)
        return {"ids": False if messages else ids, "messages": messages, "nextrow": 0}

    def _take_back(self, mark: int) -> None:
        journal = self.env.database.store.journal
        while len(journal) > mark:
            journal.pop()()

    def _load_row(self, cells: dict[str, Any]) -> int:
        external, database_id = cells.pop("id", None), cells.pop(".id", None)
        values = {name.partition("/")[0]: self._cell(name, cell) for name, cell in cells.items()}
        module, _, name = str(external).rpartition(".") if external else ("", "", "")
        known = self.resolve(module or "__import__", name) if external else None
        if known is None and database_id:
            known = int(database_id)
        if known is not None and known in self.table.rows:
            if not (external and self._kept_as_it_is(module or "__import__", name)):
                self.check("write")
                self.modify([known], values)
            return known
        self.check("create")
        made = self.make([values])[0]
        if external:
            self._link(module or "__import__", name, made)
        return made

    def _kept_as_it_is(self, module: str, name: str) -> bool:
        if self.env.context.get("mode") != "update":
            return False
        table = self.env.table(DATA)
        return any(table.rows[i]["noupdate"] for i in table.where("name", name) if table.rows[i]["module"] == module)

    def _link(self, module: str, name: str, record_id: int) -> None:
        link: Any = self.env[DATA]
        table = self.env.table(DATA)
        # What is left of a record that was deleted gives way, as in Odoo.
        link.remove([i for i in table.where("name", name) if table.rows[i]["module"] == module])
        noupdate = bool(self.env.context.get("noupdate"))
        link.make([{"module": module, "name": name, "model": self.name, "res_id": record_id, "noupdate": noupdate}])

    def resolve(self, module: str, name: str) -> int | None:
        """Return the record an external id stands for, if it still exists."""
        table = self.env.table(DATA)
        for link in table.where("name", name):
            row = table.rows[link]
            if row["module"] == module and row["model"] == self.name and row["res_id"] in self.table.rows:
                return row["res_id"]
        return None

    def _cell(self, name: str, cell: Any) -> Any:
        base, _, how = name.partition("/")
        field = self.field(base)
        if field.relation:
            targets = [self._target(field, how, part.strip()) for part in str(cell or "").split(",") if part]
            if field.type == "many2one":
                return targets[0] if targets else False
            return [[6, 0, targets]]
        if field.type == "boolean" and isinstance(cell, str):
            return cell.lower() not in _FALSE
        if field.type == "selection" and cell:
            return next((key for key, label in field.choices if label == cell), cell)
        return False if cell == "" else cell

    def _target(self, field: Field, how: str, cell: str) -> int:
        other = self.env[field.relation]
        if how == ".id":
            found: list[Any] = [int(cell)]
        elif how == "id":
            module, _, name = cell.rpartition(".")
            found = [other.resolve(module or "__import__", name)]
        else:
            found = other.named(cell, "=")
        if not found or found[0] not in other.table.rows:
            kind = {"id": "external id", ".id": "database id"}.get(how, "name")
            msg = f"No matching record found for {kind} '{cell}' in field '{field.string}'"
            raise OdooError(msg, field.name)
        return found[0]


def _message(number: int, fields: list[str], wrong: OdooError) -> Row:
    told = wrong.arguments[0]
    named = told if told in {name.partition("/")[0] for name in fields} else fields[0]
    return {
        "type": "error",
        "record": number,
        "rows": {"from": number, "to": number},
        "field": named,
        "message": wrong.message,
    }
