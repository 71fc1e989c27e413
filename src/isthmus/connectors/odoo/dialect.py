"""What differs from version to version and from installation to installation.

Names are today's (19); an older server's are looked up in its own `fields_get`, once per model and session, because
the fields of a model depend on the version and on the installed apps alike.
Source: the table of renames in the upgrade notes 14 to 19 and `fields_get` in odoo/orm/models.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import msgspec

from isthmus.connectors.odoo import wire
from isthmus.connectors.odoo.client import Client
from isthmus.ports.errors import Gone, Invalid, Misconfigured, WireDrift

W = TypeVar("W", bound=wire.Row)

#: Today's name of a field, and what it was called before 19.
RENAMED: Mapping[str, Mapping[str, str]] = {
    "sale.order.line": {"tax_ids": "tax_id", "product_uom_id": "product_uom"},
}
#: 14 to 16 ask in a wizard before a confirmed order is canceled, unless told not to (sale/models/sale_order.py).
CANCEL_AT_ONCE = {"disable_cancel_warning": True}
#: Archived records are records too.
ARCHIVED_TOO = {"active_test": False}
PAGE = 200


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """What `fields_get` says of one field."""

    string: str = ""
    type: str = ""
    required: bool = False
    digits: Any = None  # [16, 2]; false or 0 where a float keeps every digit (prices in 19)
    readonly: bool = False
    relation: str = ""
    selection: Any = None  # [["red", "Red"], ...]
    size: Any = None  # letters a char keeps, where it says so; Odoo cuts the rest without a word
    states: Any = None  # up to 16: {"draft": [["readonly", false]]}

    @property
    def options(self) -> tuple[str, ...] | None:
        """Return the keys to choose from; None where there is no such list."""
        if self.type != "selection" or not isinstance(self.selection, list):
            return None
        return tuple(str(pair[0]) for pair in cast("list[list[Any]]", self.selection))

    @property
    def writable(self) -> bool:
        """Tell whether the field is open at least in some state of its record."""
        if not isinstance(self.states, dict):
            return not self.readonly
        said = cast("Mapping[str, list[list[Any]]]", self.states)
        return not self.readonly or any(["readonly", False] in changes for changes in said.values())


@dataclass(slots=True)
class Dialect:
    """Reading in today's names, whatever the server calls them."""

    client: Client
    _fields: dict[str, Mapping[str, Field]] = field(default_factory=dict[str, Mapping[str, Field]])
    _readings: dict[tuple[str, type[wire.Row]], tuple[Mapping[str, str], Sequence[str]]] = field(
        default_factory=dict[tuple[str, type[wire.Row]], tuple[Mapping[str, str], Sequence[str]]]
    )

    async def fields(self, model: str) -> Mapping[str, Field]:
        """Return the fields of a model by name. Raises `Misconfigured` when the app is not installed."""
        return self._fields[model] if model in self._fields else await self.described(model)

    async def described(self, model: str) -> Mapping[str, Field]:
        """Return the same as the server has them now."""
        try:
            said = await self.client.call(model, "fields_get", attributes=list(Field.__struct_fields__))
        except (Invalid, Gone) as absent:
            message = f"Odoo has no {model}: install the app it belongs to"
            raise Misconfigured(message) from absent
        try:
            self._fields[model] = msgspec.convert(said, dict[str, Field])
        except msgspec.ValidationError as wrong:
            message = f"{model}.fields_get: {wrong}"
            raise WireDrift(message, path=f"{model}.fields_get") from wrong
        return self._fields[model]

    async def knows(self, model: str, name: str) -> bool:
        """Tell whether this server has a field (by today's name)."""
        return self._old(model, name, await self.fields(model)) in await self.fields(model)

    async def name(self, model: str, name: str) -> str:
        """Return what this server calls a field."""
        return self._old(model, name, await self.fields(model))

    async def decimals(self, model: str, name: str) -> int | None:
        """Return how many decimals a float field keeps; None when it keeps them all."""
        digits = (await self.fields(model))[name].digits
        return int(digits[1]) if isinstance(digits, list) else None  # pyright: ignore[reportUnknownArgumentType]

    async def vals(self, model: str, vals: Mapping[str, Any]) -> dict[str, Any]:
        """Return values to write under this server's names, without fields it does not have."""
        known = await self.fields(model)
        named = {self._old(model, name, known): value for name, value in vals.items()}
        return {name: value for name, value in named.items() if name in known}

    async def search(
        self,
        model: str,
        kind: type[W],
        domain: list[Any],
        *,
        order: str = "id asc",
        limit: int = 0,
        context: Mapping[str, Any] | None = None,
    ) -> list[W]:
        """Return the records of a domain with the fields `kind` reads; `limit` 0 is all of them."""
        wanted, fields = await self._reading(model, kind)
        answer = await self.client.call(
            model,
            "search_read",
            domain=domain,
            fields=fields,
            order=order,
            limit=limit or None,
            context={**ARCHIVED_TOO, **(context or {})},
        )
        return wire.rows(kind, answer, wanted)

    async def _reading(self, model: str, kind: type[W]) -> tuple[Mapping[str, str], Sequence[str]]:
        """Return today's names by this server's, and the ones to ask for."""
        if (model, kind) not in self._readings:
            known = await self.fields(model)
            wanted = {self._old(model, name, known): name for name in kind.__struct_fields__}
            self._readings[model, kind] = wanted, [name for name in wanted if name in known]
        return self._readings[model, kind]

    async def read(self, model: str, kind: type[W], ids: Iterable[int]) -> list[W]:
        """Return the records of `ids` that still exist, archived ones included."""
        wanted = sorted(set(ids))
        return await self.search(model, kind, [["id", "in", wanted]]) if wanted else []

    def _old(self, model: str, name: str, known: Mapping[str, Field]) -> str:
        return name if name in known else RENAMED.get(model, {}).get(name, name)


def in_warehouse(warehouse: int) -> dict[str, int]:
    """Return the context that narrows stock figures.

    A key of another version is ignored silently and gives the sum of all warehouses, so both are sent.
    """
    return {"warehouse": warehouse, "warehouse_id": warehouse}
