"""What a database starts with: an installed Odoo; `demo` has the demonstration's assortment and more.

`skus:50000` has that many products of the same kind and nothing else, for measurements.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from isthmus.simulators.demo_shop import CURRENCY, PLACES, SKUS, assortment
from isthmus.simulators.odoo import versions
from isthmus.simulators.odoo.accounts import FULL, LIMITED
from isthmus.simulators.odoo.models import known
from isthmus.simulators.odoo.models.quant import Quant
from isthmus.simulators.odoo.orm.env import Database, Env

#: code, symbol, smallest amount, units for one euro (fixed, so that runs repeat)
CURRENCIES = (
    ("EUR", "€", "0.01", "1"),
    ("USD", "$", "0.01", "1.08"),
    ("GBP", "£", "0.01", "0.85"),
    ("JPY", "¥", "1", "162.5"),
    ("KWD", "KD", "0.001", "0.332"),
)
COUNTRIES = {
    "AT": "Austria", "AU": "Australia", "BE": "Belgium", "BR": "Brazil", "CA": "Canada", "CH": "Switzerland",
    "CN": "China", "CZ": "Czech Republic", "DE": "Germany", "DK": "Denmark", "EE": "Estonia", "ES": "Spain",
    "FI": "Finland", "FR": "France", "GB": "United Kingdom", "GR": "Greece", "HU": "Hungary", "IE": "Ireland",
    "IN": "India", "IT": "Italy", "JP": "Japan", "KW": "Kuwait", "LT": "Lithuania", "LU": "Luxembourg",
    "LV": "Latvia", "MX": "Mexico", "NL": "Netherlands", "NO": "Norway", "NZ": "New Zealand", "PL": "Poland",
    "PT": "Portugal", "RO": "Romania", "SE": "Sweden", "SG": "Singapore", "SI": "Slovenia", "SK": "Slovakia",
    "TR": "Turkey", "UA": "Ukraine", "US": "United States", "ZA": "South Africa",
}  # fmt: skip
STATES = {
    "US": {"CA": "California", "FL": "Florida", "IL": "Illinois", "NY": "New York", "TX": "Texas", "WA": "Washington"},
    "CA": {"BC": "British Columbia", "ON": "Ontario", "QC": "Quebec"},
    "AU": {"NSW": "New South Wales", "QLD": "Queensland", "VIC": "Victoria"},
    "JP": {"13": "Tokyo", "27": "Osaka"},
}
RATES = ("20", "10", "5.5", "0")
SERVICES = {"SHIPPING": "Shipping", "DISCOUNT": "Discount", "ROUNDING": "Rounding", "TIP": "Tip"}
#: what the merchant of the demonstration has made besides, because their shop charges fees
DEMO_SERVICES = {"FEE": "Fee"}
SUPERUSER = 1
#: how a seed begins that says how many products there are
SKUS_SEED = "skus:"


def made(version: int, seed: str, now: Callable[[], datetime] | None = None) -> Database:
    """Return a fresh database of a major version, seeded with `empty`, `demo` or `skus:<count>`."""
    database = Database(version, known(version), now)
    with database.store.transaction():
        env = database.env(SUPERUSER)
        _money(env)
        _people(env)
        _places(env)
        _catalogue(env)
        _describe(env)
        if seed == "demo":
            _demo(env)
            _stock_up(env, SKUS)
            _services(env, DEMO_SERVICES)
        elif seed.startswith(SKUS_SEED):
            _stock_up(env, int(seed.removeprefix(SKUS_SEED)))
    return database


def _money(env: Env) -> None:
    env["res.currency"].make(
        {"name": n, "symbol": s, "rounding": Decimal(r), "rate": Decimal(q)} for n, s, r, q in CURRENCIES
    )
    env["res.country"].make({"code": code, "name": name} for code, name in COUNTRIES.items())
    countries = env["res.country"].table
    for code, states in STATES.items():
        country = countries.where("code", code)[0]
        env["res.country.state"].make({"country_id": country, "code": c, "name": n} for c, n in states.items())
    env["res.lang"].make([{"name": "English (US)", "code": "en_US", "iso_code": "en"}])
    rounding = "round_globally" if env.version >= versions.ROUND_PER_TAX else "round_per_line"
    company = {"name": "Demo Company", "currency_id": env["res.currency"].table.where("name", CURRENCY)[0]}
    env["res.company"].make([{**company, "tax_calculation_rounding_method": rounding}])


def _people(env: Env) -> None:
    env["ir.config_parameter"].make(
        {"key": key, "value": value}
        for key, value in (("base.login_cooldown_after", "10"), ("base.login_cooldown_duration", "60"))
    )
    groups = {"base.group_user": "Internal User", "sales_team.group_sale_manager": "Sales / Administrator"}
    groups["stock.group_stock_manager"] = "Inventory / Administrator"
    ids = env["res.groups"].make({"name": name} for name in groups.values())
    for external, record_id in zip(groups, ids, strict=True):
        module, _, name = external.partition(".")
        env["ir.model.data"].make([{"module": module, "name": name, "model": "res.groups", "res_id": record_id}])
    company = env["res.partner"].make([{"name": "Demo Company", "is_company": True}])[0]
    env["res.company"].modify([1], {"partner_id": company})
    members = "group_ids" if "group_ids" in env["res.users"].fields else "groups_id"
    for uid, login, mine in (
        (1, "__system__", ids),
        (FULL.uid, FULL.login, ids),
        (LIMITED.uid, LIMITED.login, ids[:1]),
    ):
        partner = env["res.partner"].make([{"name": f"User {login.strip('_')}", "email": f"{login}@example.com"}])[0]
        while env.table("res.users").rows.keys() < set(range(1, uid)):  # uids 3 to 5 belong to Odoo's own users
            _placeholder(env, partner)
        env["res.users"].make([{"login": login, "partner_id": partner, members: [[6, 0, mine]]}])
    others = frozenset(env.database.models) - {"res.partner"}
    for operation in ("create", "write", "unlink"):
        env.database.denied[LIMITED.uid, operation] = others
    # Only administrators see what models and external ids are made of.
    env.database.denied[LIMITED.uid, "read"] = frozenset({"ir.model", "ir.model.fields", "ir.model.data"})


def _placeholder(env: Env, partner: int) -> None:
    table = env.table("res.users")
    number = len(table.rows) + 1
    env["res.users"].make([{"login": f"template{number}", "partner_id": partner, "active": False}])


def _places(env: Env) -> None:
    locations = env["stock.location"]
    root, partners = locations.make(
        [{"name": "Physical Locations", "usage": "view"}, {"name": "Partners", "usage": "view"}]
    )
    del root
    locations.make(
        [
            {"name": "Vendors", "usage": "supplier", "location_id": partners},
            {"name": "Customers", "usage": "customer", "location_id": partners},
            {"name": "Inventory adjustment", "usage": "inventory"},
        ]
    )
    env["stock.warehouse"].make({"code": code, "name": name} for code, name in PLACES)


def _catalogue(env: Env) -> None:
    env["product.category"].make([{"name": "All"}])
    unit: dict[str, Any] = {"name": "Units"}
    if "uom.category" in env:
        unit["category_id"] = env["uom.category"].make([{"name": "Unit"}])[0]
    (pieces,) = env["uom.uom"].make([unit])
    known_as = {"module": "uom", "name": "product_uom_unit", "model": "uom.uom", "res_id": pieces}
    env["ir.model.data"].make([known_as])
    taxes = env["account.tax"]
    for included in (False, True):
        how: dict[str, Any] = {"price_include": included}
        if "price_include_override" in taxes.fields:
            how = {"price_include_override": "tax_included" if included else "tax_excluded"}
        suffix = " incl" if included else ""
        taxes.make({"name": f"{rate}%{suffix}", "amount": Decimal(rate), **how} for rate in RATES)
    env["product.pricelist"].make([{"name": "Default", "currency_id": 1, "sequence": 1}])
    _services(env, SERVICES)
    shipping = env["product.product"].table.where("default_code", "SHIPPING")[0]
    env["delivery.carrier"].make([{"name": "Standard delivery", "product_id": shipping, "fixed_price": Decimal(5)}])


def _services(env: Env, named: Mapping[str, str]) -> None:
    services = [{"name": name, "default_code": code, "list_price": 0} for code, name in named.items()]
    env["product.product"].make({**s, "type": "service", "taxes_id": [[5, 0, 0]]} for s in services)


def _demo(env: Env) -> None:
    env["res.users"].modify([FULL.uid], {"tz": "Europe/Berlin"})
    order = env["ir.model"].table.where("model", "sale.order")[0]
    gift = {"name": "x_gift_message", "field_description": "Gift Message", "ttype": "char", "copied": True}
    env["ir.model.fields"].make([{"model_id": order, **gift}])
    yen = env["res.currency"].table.where("name", "JPY")[0]
    env["product.pricelist"].make([{"name": "Japan", "currency_id": yen}])
    env["account.payment.term"].make({"name": name} for name in ("Immediate Payment", "15 Days", "30 Days"))
    env["res.company"].modify([1], {"account_sale_tax_id": env["account.tax"].table.where("name", "20%")[0]})


def _stock_up(env: Env, count: int) -> None:
    storable: dict[str, Any] = {"type": "consu", "is_storable": True}
    if "is_storable" not in env["product.template"].fields:
        storable = {"detailed_type" if "detailed_type" in env["product.template"].fields else "type": "product"}
    stock = {w["code"]: w["lot_stock_id"] for w in env.table("stock.warehouse").rows.values()}
    quants = env.of(Quant)
    for item in assortment(count):
        values = {"name": item.title, "default_code": item.sku, "barcode": item.barcode, "list_price": item.price}
        more = {"standard_price": item.cost, "weight": Decimal(item.weight_g) / 1000}
        made_id = env["product.product"].make([{**storable, **values, **more}])[0]
        for code, quantity in item.stock.items():
            quants.count(made_id, stock[code], Decimal(quantity))


def _describe(env: Env) -> None:
    """Make the records that describe models; their own fields have none, only those made by hand."""
    env["ir.model"].make({"name": model.title or name, "model": name} for name, model in env.database.models.items())
