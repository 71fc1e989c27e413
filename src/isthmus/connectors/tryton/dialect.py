"""What differs from series to series and from installation to installation.

Names are today's (8.2); which of them a server has is asked of it (`fields_get`), once per model and session, because
the fields of a model depend on the series and on the activated modules alike.
Source: trytond/model/modelstorage.py, trytond/model/model.py (`fields_get`), the changelogs of 6.0 to 8.2.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

import msgspec

from isthmus.connectors.tryton import wire
from isthmus.connectors.tryton.client import Client
from isthmus.connectors.tryton.values import stamp
from isthmus.ports.errors import Invalid, Misconfigured, WireDrift

W = TypeVar("W", bound=wire.Row)

#: Deactivated records are records too.
INACTIVE_TOO = {"active_test": False}
PAGE = 200
BY_ID = [["id", "ASC"]]


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """What `fields_get` says of one field."""

    string: str = ""
    type: str = ""
    required: Any = False
    digits: Any = None  # [16, 4]; the name of a field that knows; null where every digit is kept
    readonly: Any = False
    relation: str = ""
    selection: Any = None  # [["order", "On Order"], ...]; the name of a method where it depends on the record
    size: Any = None  # letters a char keeps; a longer one is refused by the database

    @property
    def options(self) -> tuple[str, ...] | None:
        """Return the keys to choose from; None where there is no such list."""
        if self.type != "selection" or not isinstance(self.selection, list):
            return None
        return tuple(str(key) for key, _label in cast("list[list[Any]]", self.selection) if key is not None)

    @property
    def letters(self) -> int | None:
        """Return how many letters a text keeps, where it says so."""
        return self.size if isinstance(self.size, int) and self.size > 0 else None

    @property
    def decimals(self) -> int | None:
        """Return how many decimals a number keeps, where it says so in figures."""
        try:
            digits = msgspec.json.decode(self.digits) if isinstance(self.digits, str) else self.digits
        except msgspec.DecodeError:
            digits = None
        last = cast("list[Any]", digits)[-1] if isinstance(digits, list) and digits else None  # a PYSON text since 5.0
        return last if isinstance(last, int) else None


@dataclass(slots=True)
class Dialect:
    """Asking for what this server has."""

    client: Client
    _fields: dict[str, Mapping[str, Field]] = field(default_factory=dict[str, Mapping[str, Field]])
    _asked: dict[tuple[str, type[wire.Row]], tuple[str, ...]] = field(
        default_factory=dict[tuple[str, type[wire.Row]], tuple[str, ...]]
    )

    async def fields(self, model: str) -> Mapping[str, Field]:
        """Return the fields of a model by name. Raises `Misconfigured` when its module is not activated."""
        return self._fields[model] if model in self._fields else await self.described(model)

    async def described(self, model: str) -> Mapping[str, Field]:
        """Return the same as the server has them now."""
        try:
            said = await self.client.call(model, "fields_get", None)
        except (Invalid, WireDrift) as absent:
            if isinstance(absent, WireDrift) and absent.path != f"model.{model}.fields_get":
                raise
            message = f"Tryton has no {model}: activate the module it belongs to"
            raise Misconfigured(message) from absent
        try:
            self._fields[model] = msgspec.convert(said, dict[str, Field])
        except msgspec.ValidationError as wrong:
            message = f"{model}.fields_get: {wrong}"
            raise WireDrift(message, path=f"{model}.fields_get") from wrong
        return self._fields[model]

    async def knows(self, model: str, name: str) -> bool:
        """Tell whether this server has a field ."""
        return name in await self.fields(model)

    async def vals(self, model: str, vals: Mapping[str, Any]) -> dict[str, Any]:
        """Return values to write, without fields this server does not have."""
        known = await self.fields(model)
        return {name: value for name, value in vals.items() if name in known}

    async def decimals(self, model: str, name: str) -> int:
        """Return how many decimals a field keeps, where it says so in figures; 4 as Tryton comes."""
        told = (await self.fields(model))[name].decimals
        return 4 if told is None else told

    async def since(self, model: str, moment: datetime, prefix: str = "") -> list[Any]:
        """Return the domain of records made or changed at a moment or after it."""
        when = stamp(moment)
        if await self.knows(model, "last_modified_at"):
            return [[f"{prefix}last_modified_at", ">=", when]]
        # Never written is no write date; `last_modified_at` is the later of the two and came with 8.0.
        return ["OR", [[f"{prefix}write_date", ">=", when]], [[f"{prefix}create_date", ">=", when]]]

    async def search(
        self,
        model: str,
        kind: type[W],
        domain: Sequence[Any],
        *,
        order: Sequence[Any] = BY_ID,
        limit: int | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> list[W]:
        """Return the records of a domain with the fields `kind` reads; `limit` None is all of them."""
        asked = await self._reading(model, kind)
        answer = await self.client.call(
            model,
            "search_read",
            list(domain),
            0,
            limit,
            list(order),
            list(asked),
            context={**INACTIVE_TOO, **(context or {})},
        )
        return wire.rows(kind, answer)

    async def read(
        self, model: str, kind: type[W], ids: Iterable[int], *, context: Mapping[str, Any] | None = None
    ) -> list[W]:
        """Return the records of `ids` that still exist, deactivated ones included."""
        wanted = sorted(set(ids))
        return await self.search(model, kind, [["id", "in", wanted]], context=context) if wanted else []

    async def _reading(self, model: str, kind: type[W]) -> tuple[str, ...]:
        """Return the names to ask for: what `kind` reads and this server has."""
        if (model, kind) not in self._asked:
            known = await self.fields(model)
            self._asked[model, kind] = tuple(
                name
                for name in wire.asked(kind)
                if name in {"_timestamp", "id"} or name.partition(".")[0].partition(":")[0] in known
            )
        return self._asked[model, kind]
