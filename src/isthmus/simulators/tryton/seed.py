"""What a database starts with: an installed Tryton 8.2; `demo` has the demonstration's assortment and more.

`skus:50000` has that many products of the same kind and nothing else, for measurements.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from isthmus.simulators.demo_shop import CURRENCY, PLACES, SKUS, assortment
from isthmus.simulators.tryton.accounts import FULL, LIMITED
from isthmus.simulators.tryton.models import ALL
from isthmus.simulators.tryton.orm.env import Database, Env

SUPERUSER = 0
SERIES = "8.2"
#: how a seed begins that says how many products there are
SKUS_SEED = "skus:"
#: name, symbol, code, decimals, units for one euro (fixed, so that runs repeat)
CURRENCIES = (
    ("Euro", "€", "EUR", 2, "1"),
    ("US Dollar", "$", "USD", 2, "1.08"),
    ("Pound Sterling", "£", "GBP", 2, "0.85"),
    ("Yen", "¥", "JPY", 0, "162.5"),
    ("Kuwaiti Dinar", "KD", "KWD", 3, "0.332"),
)
COUNTRIES = {
    "AT": "Austria", "AU": "Australia", "BE": "Belgium", "BR": "Brazil", "CA": "Canada", "CH": "Switzerland",
    "CN": "China", "CZ": "Czechia", "DE": "Germany", "DK": "Denmark", "EE": "Estonia", "ES": "Spain",
    "FI": "Finland", "FR": "France", "GB": "United Kingdom", "GR": "Greece", "HU": "Hungary", "IE": "Ireland",
    "IN": "India", "IT": "Italy", "JP": "Japan", "KW": "Kuwait", "LT": "Lithuania", "LU": "Luxembourg",
    "LV": "Latvia", "MX": "Mexico", "NL": "Netherlands", "NO": "Norway", "NZ": "New Zealand", "PL": "Poland",
    "PT": "Portugal", "RO": "Romania", "SE": "Sweden", "SG": "Singapore", "SI": "Slovenia", "SK": "Slovakia",
    "TR": "Türkiye", "UA": "Ukraine", "US": "United States", "ZA": "South Africa",
}  # fmt: skip
#: ISO 3166-2, which is how Tryton keeps them
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
MODULES = (
    "account", "account_credit_limit", "account_invoice", "account_invoice_stock", "account_payment",
    "account_product", "carrier", "company", "country", "currency", "ir", "party", "party_relationship", "product",
    "product_price_list", "res", "sale", "sale_credit_limit", "sale_price_list", "sale_promotion",
    "sale_shipment_cost", "stock", "stock_package", "stock_package_shipping", "stock_shipment_cost",
)  # fmt: skip
SEQUENCES = (
    "Party", "Sale", "Customer Shipment", "Customer Return Shipment", "Package", "Invoice", "Inventory",
)  # fmt: skip
#: (id, login): ids 1 and 2 belong to the system
_USERS = ((1, "root"), (2, "user_cron_trigger"), (FULL.uid, FULL.login), (LIMITED.uid, LIMITED.login))
_PARTIES = frozenset({"party.party", "party.address", "party.contact_mechanism", "party.identifier"})


def made(seed: str, now: Callable[[], datetime] | None = None) -> Database:
    """Return a fresh database, seeded with `empty`, `demo` or `skus:<count>`."""
    database = Database(ALL, now)
    with database.store.transaction():
        env = database.env(SUPERUSER, {"company": 1})
        _system(env)
        _money(env)
        _people(env)
        _books(env)
        _places(env)
        _catalogue(env)
        if seed == "demo":
            _demo(env)
            _stock_up(env, SKUS)
            _services(env, env["product.uom"].table.where("name", "Unit")[0], DEMO_SERVICES)
        elif seed.startswith(SKUS_SEED):
            _stock_up(env, int(seed.removeprefix(SKUS_SEED)))
    return database


def _system(env: Env) -> None:
    env["ir.lang"].make([{"name": "English", "code": "en", "translatable": True}, {"name": "Deutsch", "code": "de"}])
    env["ir.module"].make({"name": name, "version": f"{SERIES}.0", "state": "activated"} for name in MODULES)
    env["ir.model"].make({"name": name, "string": model.title} for name, model in env.database.models.items())
    env["ir.sequence"].make({"name": name} for name in SEQUENCES)


def _money(env: Env) -> None:
    for name, symbol, code, digits, rate in CURRENCIES:
        values = {"name": name, "symbol": symbol, "code": code, "digits": digits}
        rates = [["create", [{"rate": Decimal(rate)}]]]
        env["currency.currency"].make([{**values, "rounding": Decimal(1).scaleb(-digits), "rates": rates}])
    env["country.country"].make({"code": code, "name": name} for code, name in COUNTRIES.items())
    countries = env["country.country"].table
    for code, states in STATES.items():
        country = countries.where("code", code)[0]
        subdivisions = ({"country": country, "code": f"{code}-{c}", "name": n} for c, n in states.items())
        env["country.subdivision"].make(subdivisions)


def _people(env: Env) -> None:
    own = env["party.party"].make([{"name": "Demo Company"}])[0]
    euro = env["currency.currency"].table.where("code", CURRENCY)[0]
    env["company.company"].make([{"party": own, "currency": euro}])
    groups = env["res.group"].make([{"name": "Party Administration"}, {"name": "Sales"}, {"name": "Stock"}])
    for uid, login in _USERS:
        mine = groups[:1] if uid == LIMITED.uid else groups
        values = {"login": login, "name": login.title(), "company": 1, "active": uid > 1}
        made_id = env["res.user"].make([{**values, "companies": [["add", [1]]], "groups": [["add", mine]]}])[0]
        while made_id < uid:  # the ids between are not given to anybody
            made_id = env["res.user"].make([{**values, "login": f"{login}{made_id}", "active": False}])[0]
    for model in env.database.models:
        if model not in _PARTIES:
            env.database.denied[LIMITED.uid, model] = frozenset({"write", "create", "delete"})


def _books(env: Env) -> None:
    revenue, expense, receivable = env["account.account"].make(
        {"name": name, "company": 1} for name in ("Main Revenue", "Main Expense", "Main Receivable")
    )
    accounts = {"default_category_account_revenue": revenue, "default_category_account_expense": expense}
    env["account.configuration"].make([{**accounts, "default_account_receivable": receivable}])
    env["account.tax"].make(
        {"name": f"{rate}%", "description": f"{rate}%", "rate": Decimal(rate) / 100} for rate in RATES
    )
    env["account.invoice.payment_term"].make({"name": name} for name in ("Net 10 days", "Net 30 days", "Upon Receipt"))


def _places(env: Env) -> None:
    places = env["stock.location"]
    for kind, code, name in (
        ("lost_found", None, "Lost and Found"),
        ("supplier", "SUP", "Supplier"),
        ("customer", "CUS", "Customer"),
    ):
        places.make([{"type": kind, "code": code, "name": name}])
    for code, name in PLACES:
        zones = [(c, f"{n} Zone") for c, n in (("IN", "Input"), ("OUT", "Output"), ("STO", "Storage"))]
        suffix = "" if code == PLACES[0][0] else f"-{code}"
        inside = places.make({"code": f"{c}{suffix}", "name": n, "type": "storage"} for c, n in zones)
        links = dict(zip(("input_location", "output_location", "storage_location"), inside, strict=True))
        warehouse = places.make([{"code": code, "name": name, "type": "warehouse", **links}])[0]
        places.change(inside, parent=warehouse)


def _catalogue(env: Env) -> None:
    units = env["product.uom.category"].make([{"name": "Units"}, {"name": "Weight"}])
    one = {"name": "Unit", "symbol": "u", "category": units[0], "digits": 0, "rounding": 1}
    kilo = {"name": "Kilogram", "symbol": "kg", "category": units[1], "digits": 2, "rounding": Decimal("0.01")}
    dozen = {"name": "Dozen", "symbol": "dz", "category": units[0], "digits": 0, "rounding": 1, "factor": 12}
    pieces = env["product.uom"].make([one, kilo, {**dozen, "rate": Decimal(1) / 12}])[0]
    taxed = env["account.tax"].table.where("name", "20%")
    revenue, expense = env["account.account"].matching([])[:2]
    books = {"accounting": True, "account_revenue": revenue, "account_expense": expense}
    env["product.category"].make(
        [{"name": "Goods", **books, "customer_taxes": [["add", taxed]]}, {"name": "Untaxed", **books}]
    )
    _services(env, pieces, SERVICES)
    env["stock.package.type"].make([{"name": "Box"}])


def _services(env: Env, unit: int, named: Mapping[str, str]) -> None:
    for code, name in named.items():
        _product(env, unit, 2, {"name": name, "code": code, "type": "service", "list_price": Decimal(0)})


def _product(env: Env, unit: int, category: int, values: dict[str, Any], **variant: Any) -> int:
    sold = {"default_uom": unit, "sale_uom": unit, "salable": True, "account_category": category}
    template = env["product.template"].make([{**sold, **values, "products": [["create", [variant]]]}])[0]
    return env["product.product"].table.where("template", template)[0]


def _demo(env: Env) -> None:
    lines = [["create", [{"formula": "unit_price * 0.9"}]]]
    env["product.price_list"].make([{"name": "Trade", "company": 1, "price": "list_price", "lines": lines}])


def _stock_up(env: Env, count: int) -> None:
    unit = env["product.uom"].table.where("name", "Unit")[0]
    kilo = env["product.uom"].table.where("name", "Kilogram")[0]
    places = env["stock.location"]
    storage = {code: places.row(places.table.where("code", code)[0])["storage_location"] for code, _name in PLACES}
    counted: dict[str, list[dict[str, Any]]] = {code: [] for code in storage}
    for item in assortment(count):
        weight = {"weight": Decimal(item.weight_g) / 1000, "weight_uom": kilo}
        values = {"name": item.title, "code": item.sku, "type": "goods", "list_price": item.price, **weight}
        ean = [["create", [{"type": "ean", "code": item.barcode}]]]
        product = _product(env, unit, 1, values, cost_price=item.cost, identifiers=ean)
        for code, quantity in item.stock.items():
            counted[code].append({"product": product, "quantity": quantity})
    inventories = env["stock.inventory"]
    for code, lines in counted.items():
        made_id = inventories.make([{"location": storage[code], "lines": [["create", lines]]}])
        inventories.confirm(made_id)  # type: ignore[attr-defined]
