"""Whether a confirmed sale should have been processed by now.

Confirming answers before it is processed. Without a queue worker it is processed in the same breath, and what goes
wrong then stays on the server while the sale stays `confirmed`; asking for it again, where our user may, shows the
reason. A company may also let sales lie for a while, in which people can still change them; then they are left to lie.
Source: sale/sale.py (`confirm`, `process`), sale/configuration.py (`sale_process_after`), sale/sale.xml (8.2).
"""

from dataclasses import dataclass, field
from datetime import timedelta

from isthmus.connectors.tryton import wire
from isthmus.connectors.tryton.dialect import Dialect
from isthmus.connectors.tryton.order_vals import MODEL
from isthmus.ports.errors import Forbidden, Misconfigured

CONFIGURATION, BUTTON = "sale.configuration", "ir.model.button"


class Configuration(wire.Row, frozen=True, kw_only=True):
    """`sale.configuration` (sale/configuration.py)."""

    sale_process_after: timedelta | None = None


class Button(wire.Row, frozen=True, kw_only=True):
    """`ir.model.button` (trytond/ir/model.py); without groups everybody may press it."""

    groups: tuple[int, ...] = ()


@dataclass(slots=True)
class Processing:
    """Asks once per session."""

    dialect: Dialect
    _due: bool | None = field(default=None)

    async def due(self) -> bool:
        """Tell whether to ask for it: sales are not meant to lie, and our user may ask."""
        if self._due is None:
            try:
                self._due = not await self._lies() and await self._allowed()
            except (Forbidden, Misconfigured):  # what our user may not look at is not pressed
                self._due = False
        return self._due

    async def _lies(self) -> bool:
        found = await self.dialect.search(CONFIGURATION, Configuration, [])
        return any(one.sale_process_after for one in found)

    async def _allowed(self) -> bool:
        field_ = "model" if "model" in await self.dialect.fields(BUTTON) else "model.model"
        domain = [["name", "=", "process"], [field_, "=", MODEL]]
        buttons = await self.dialect.search(BUTTON, Button, domain)
        mine = set((await self.dialect.client.identity()).groups)
        return all(not one.groups or mine & set(one.groups) for one in buttons)
