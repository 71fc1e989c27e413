"""SKUs that are missing, repeated or empty: what an order or a stock figure would be held up by. Pure."""

from collections import Counter
from collections.abc import Collection, Mapping

from isthmus.admin.doctor.agreement import Side
from isthmus.admin.doctor.diagnosis import Diagnosis, some, warning
from isthmus.admin.doctor.reading import Read
from isthmus.canonical.product import ProductKind, Variant
from isthmus.flows.settings import OrderSettings
from isthmus.mapping.tables import Tables

#: Nothing anybody ships, or looks for in a warehouse.
NO_ITEM = frozenset({ProductKind.GIFT_CARD})


def of_side(side: Side, read: Read[Variant], known: Collection[str]) -> list[Diagnosis]:
    """Return how many SKUs of a system are repeated or empty; `known` are the codes its own report gave already."""
    sold = _sold(read)
    counted = Counter(sold.values())
    empty = counted.pop("", 0)
    repeated = [sku for sku, times in counted.items() if times > 1]
    where = side.manifest.at("sku")
    found: list[Diagnosis] = []
    if repeated and "duplicate_skus" not in known:
        message = f"{len(repeated):,} SKUs of {side.name} stand on several products: {some(repeated)}"
        fix = f"Give every product a SKU of its own: {where}."
        found.append(warning(side.connection, "duplicate_skus", message, fix))
    if empty and "empty_skus" not in known:
        message = f"{empty:,} of {len(sold):,} products of {side.name} have no SKU: orders of them wait for a person"
        fix = f"Fill it in: {where}."
        found.append(warning(side.connection, "empty_skus", message, fix))
    return found


def of_pair(flow: OrderSettings, shop: Side, erp: Side, here: Read[Variant], there: Read[Variant]) -> list[Diagnosis]:
    """Return which SKUs of the shop the ERP lacks; says nothing unless the whole of the ERP was read."""
    if not there.whole:
        return []
    known = {*_sold(there).values()}
    wanted = {sku for sku in _sold(here).values() if sku}
    unknown = [sku for sku in wanted if flow.tables.sku(sku) not in known]
    if not unknown:
        return [*_rows_astray(flow, erp, known)]
    message = f"{len(unknown):,} of {len(wanted):,} SKUs of {shop.name} are unknown to {erp.name}: {some(unknown)}"
    fix = (
        f"Create them under {erp.manifest.at('sku')}, or add a row to [flows.{flow.name}.tables.sku] of isthmus.toml: "
        f'"{min(unknown)}" = "<SKU in {erp.name}>".'
    )
    return [warning(flow.name, "unknown_skus", message, fix), *_rows_astray(flow, erp, known)]


def unread(side: Side, read: Read[Variant]) -> list[Diagnosis]:
    """Return the finding for a catalog that was not read to its end."""
    if read.whole:
        return []
    message = f"only the first {len(read.records):,} products of {side.name} were looked at: the time was over"
    return [warning(side.connection, "not_all_read", message, "Give it longer, such as: isthmus doctor --seconds 600.")]


def _rows_astray(flow: OrderSettings, erp: Side, known: Collection[str]) -> list[Diagnosis]:
    rows: Mapping[str, str] = _sku_rows(flow.tables)
    if strange := {ours for ours in rows.values() if ours not in known}:
        message = f"the table of SKUs names {some(strange)}, which {erp.name} does not have"
        fix = f"Correct [flows.{flow.name}.tables.sku] of isthmus.toml."
        return [warning(flow.name, "sku_row_unknown", message, fix)]
    return []


def _sku_rows(tables: Tables) -> Mapping[str, str]:
    return tables.rows.get("sku", {})


def _sold(read: Read[Variant]) -> dict[str, str]:
    return {one.external_id: one.sku for one in read.records if one.active and one.kind not in NO_ITEM}
