"""What was ordered: the ERP item of each line, found by binding, by SKU, or by asking the ERP."""

from collections.abc import Mapping, Sequence
from typing import cast

from isthmus.canonical.order import LineKind, Order, OrderLine
from isthmus.canonical.product import Variant
from isthmus.engine.context import Context
from isthmus.engine.disposition import row_wanted
from isthmus.engine.lacking import lack_text
from isthmus.engine.outcome import Ask, Parked
from isthmus.flows.settings import OrderSettings
from isthmus.ports.source import Searchable
from isthmus.store.records import record_values
from isthmus.store.statement import Many, Row, listed

#: Lines that sell no stocked item; unless the ERP has one of that SKU, its sink books them by its own settings.
_WITHOUT_ITEM = frozenset({LineKind.TIP, LineKind.FEE, LineKind.DEPOSIT})


class OrderItems:
    """Finds the items of orders."""

    def __init__(self, context: Context, settings: OrderSettings) -> None:
        """Look from the source's variants to the destination's."""
        self._context = context
        self._settings = settings

    async def of(self, order: Order) -> Mapping[str, str]:
        """Return the ERP item id by line id. Raises `Ask` naming every SKU nobody knows."""
        lines = [line for line in order.lines if line.kind not in _WITHOUT_ITEM or line.sku]
        bound = await self._bound(lines)
        by_sku = await self._by_sku([line for line in lines if line.variant_ref not in bound or self._written(line)])
        found: dict[str, str] = {}
        unknown: list[OrderLine] = []
        for line in lines:
            # A row that a person wrote comes before what was matched by itself.
            written = by_sku.get(self._settings.tables.sku(line.sku)) if self._written(line) else None
            item = written or bound.get(line.variant_ref) or by_sku.get(self._settings.tables.sku(line.sku))
            if item is None and line.kind in _WITHOUT_ITEM:
                continue  # booked on what the ERP has for all of its kind
            if item is None:
                unknown.append(line)
            else:
                found[line.external_id] = item
        if unknown:
            raise Ask(self._question(unknown))
        return found

    async def names(self, order: Order) -> set[str]:
        """Return what the ERP calls what was ordered: now, and when it was sold."""
        called = {row["called"] for row in await self._counterparts(order.lines) if row["called"]}
        return called | {self._settings.tables.sku(line.sku) for line in order.lines if line.sku}

    def _written(self, line: OrderLine) -> bool:
        """Tell whether the code table has a row for what was ordered."""
        return bool(line.sku and self._settings.tables.get("sku", line.sku))

    async def _bound(self, lines: Sequence[OrderLine]) -> dict[str, str]:
        return {row["mine_id"]: row["other_id"] for row in await self._counterparts(lines)}

    async def _counterparts(self, lines: Sequence[OrderLine]) -> Sequence[Row]:
        ids = [line.variant_ref for line in lines if line.variant_ref]
        if not ids:
            return ()
        return await self._context.store.read(
            "counterparts",
            connection=self._settings.source,
            kind="variant",
            other=self._settings.destination,
            ids=listed(ids),
        )

    async def _by_sku(self, lines: list[OrderLine]) -> dict[str, str]:
        wanted = {self._settings.tables.sku(line.sku) for line in lines if line.sku}
        if not wanted:
            return {}
        mirrored = await self._context.by_number(Variant, self._settings.destination, sorted(wanted))
        found = self._single([each.record for each in mirrored])
        for sku in sorted(wanted - found.keys()):
            found.update(self._single(await self._asked(sku)))
        return found

    async def _asked(self, sku: str) -> Sequence[Variant]:
        """Ask the ERP itself: the item may be newer than our last round."""
        source = self._context.connection(self._settings.destination).source("variant")
        if not isinstance(source, Searchable):
            return []
        read_at = self._context.now()
        variants = await cast("Searchable[Variant]", source).by_number(sku)
        if variants:
            rows = [record_values(self._settings.destination, "variant", each, read_at) for each in variants]
            await self._context.store.write(Many("store_record", rows))
        return variants

    def _single(self, variants: Sequence[Variant]) -> dict[str, str]:
        by_sku: dict[str, list[Variant]] = {}
        for variant in variants:
            if variant.active:
                by_sku.setdefault(variant.sku, []).append(variant)
        for sku, same in by_sku.items():
            if len(same) > 1:
                because = f"The ERP has {len(same)} items with SKU {sku}; nobody can tell which one to ship."
                raise Ask(Parked("repeated_sku", because, ("Make the SKU unique in the ERP, then retry", "Retry")))
        return {sku: same[0].external_id for sku, same in by_sku.items()}

    def _question(self, lines: list[OrderLine]) -> Parked:
        if any(not line.sku for line in lines):
            titles = ", ".join(sorted({line.title for line in lines if not line.sku}))
            because = f"No SKU on: {titles}. Without one nobody can tell which item to ship."
            return Parked("empty_sku", because, ("Give the product a SKU in the shop and in the ERP", "Retry"))
        skus = sorted({line.sku for line in lines})
        wanted = {sku: self._settings.tables.sku(sku) for sku in skus}
        named = [sku if sku == erp else f"{erp} (the code table's word for {sku})" for sku, erp in wanted.items()]
        create = f"Create the item {wanted[skus[0]]} in the ERP: the order goes on by itself"
        return Parked(
            "unknown_sku",
            f"The ERP has no item with SKU {', '.join(named)}.",
            (create, row_wanted("sku", skus[0]), "Retry"),
            lack_text("sku", skus),
        )
