"""Warehouses and shop locations that nothing stands for on the other side. Pure."""

from collections.abc import Sequence

from isthmus.admin.doctor.agreement import Side
from isthmus.admin.doctor.diagnosis import Diagnosis, problem, some, warning
from isthmus.canonical.stock import Warehouse
from isthmus.flows.order_places import written
from isthmus.flows.settings import OrderSettings, StockSettings
from isthmus.flows.stock_places import matched, unmatched
from isthmus.ports.errors import Misconfigured

Places = Sequence[Warehouse]


def of_stock(flow: StockSettings, erp: Side, shop: Side, warehouses: Places, locations: Places) -> list[Diagnosis]:
    """Return which warehouses no location shows, and which locations get no figures."""
    section = f"[flows.{flow.name}.places] of isthmus.toml"
    used = [each for each in locations if each.active]
    open_ = [each for each in warehouses if each.active]
    try:
        table = matched(flow, open_, used)
    except Misconfigured as wrong:
        names = some(each.name for each in used)
        return [problem(flow.name, "place_unknown", str(wrong), f"{shop.name} has {names}: correct {section}.")]
    found: list[Diagnosis] = []
    if strange := {*flow.places} - {each.code for each in warehouses}:
        message = f"{erp.name} has no warehouse {some(strange)}"
        fix = f"Correct {section}: {erp.name} has {some(each.code for each in open_)}."
        found.append(problem(flow.name, "place_unknown", message, fix))
    if not table:
        fix = f"Write those rows; the places are under {erp.manifest.at('places')}, and {shop.manifest.at('places')}."
        return [*found, problem(flow.name, "places_unmatched", unmatched(flow, open_, used), fix)]
    fed = set(table.values()) | {place for other in flow.beside for place in other.places.values()}
    if alone := [each.name for each in used if each.external_id not in fed and each.name not in fed]:
        message = f"no warehouse of {erp.name} stands for {some(alone)} of {shop.name}: its stock is never written"
        fix = f'Add a row to {section}, such as {open_[0].code} = "{alone[0]}".'
        found.append(warning(flow.name, "place_without_warehouse", message, fix))
    if left := [each.code for each in open_ if each.code not in table and flow.places.get(each.code) != ""]:
        message = f"what lies in {some(left)} of {erp.name} is offered at no location of {shop.name}"
        fix = f'Add a row to {section}: {left[0]} = "{used[0].name}", or {left[0]} = "" to keep it out.'
        found.append(warning(flow.name, "warehouse_without_place", message, fix))
    return found


def of_orders(flow: OrderSettings, shop: Side, erp: Side, locations: Places, warehouses: Places) -> list[Diagnosis]:
    """Return the locations whose orders would leave from whatever warehouse the ERP takes first."""
    codes, names = {each.code for each in warehouses}, {each.name.casefold() for each in warehouses}
    where = f"[flows.{flow.name}.tables.warehouse] of isthmus.toml"
    found: list[Diagnosis] = []
    meant = {flow.warehouse, *flow.tables.rows.get("warehouse", {}).values()} - {""}
    if strange := meant - codes - {each.external_id for each in warehouses}:
        message = f"{erp.name} has no warehouse {some(strange)}, which orders are to leave from"
        fix = f"Correct warehouse of [flows.{flow.name}] or {where}: {erp.name} has {some(codes)}."
        found.append(problem(flow.name, "place_unknown", message, fix))
    used = [each for each in locations if each.active]
    astray = [
        each.name
        for each in used
        if not written(flow, each.external_id, each.name) and each.name.casefold() not in names
    ]
    if astray and len(used) > 1 and len(codes) > 1 and not flow.warehouse:
        message = (
            f"no warehouse of {erp.name} stands for {some(astray)} of {shop.name}: its orders leave from whichever "
            f"one {erp.name} takes first"
        )
        fix = (
            f'Add a row to {where}, such as "{astray[0]}" = "{min(codes)}", or name a warehouse in [flows.{flow.name}].'
        )
        found.append(warning(flow.name, "place_without_warehouse", message, fix))
    return found
