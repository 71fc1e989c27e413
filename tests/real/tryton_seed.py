"""Fill a fresh Tryton database with a small company: runs inside the environment Tryton is installed in.

A program of its own, because Tryton is GPL and no part of Isthmus imports it: `python tryton_seed.py`, with one JSON
object on standard input (`database`, `config`, `login`, `password`, `items`, `places`, `today`). It talks to Tryton
through proteus, the vendor's own client library. Source: https://docs.tryton.org/latest/client-library/
"""

import datetime as dt
import json
import sys
from decimal import Decimal
from typing import Any

# pyright: basic, reportMissingImports=false
from proteus import Model, Wizard, config

TAXES = ("0.20", "0.10", "0.055")
CURRENCIES = {"EUR": "0.01", "USD": "0.01", "JPY": "1"}
COUNTRIES = {
    "AT": ("Austria", ()),
    "DE": ("Germany", ()),
    "ES": ("Spain", ()),
    "FR": ("France", ()),
    "JP": ("Japan", ()),
    "NL": ("Netherlands", ()),
    "US": ("United States", (("US-CA", "California"),)),
}
SERVICES = {
    "SHIPPING": "Shipping",
    "DISCOUNT": "Discount",
    "ROUNDING": "Rounding",
    "TIP": "Tip",
    "FEE": "Fee",
}
GROUPS = (
    "Sales",
    "Stock",
    "Accounting",
    "Party Administration",
)


def main() -> None:
    """Do every step; each needs the ones before."""
    order = json.load(sys.stdin)
    config.set_trytond(order["database"], config_file=order["config"])
    today = dt.date.fromisoformat(order["today"])
    currencies = {code: currency(code, rounding) for code, rounding in CURRENCIES.items()}
    company = make_company(currencies["EUR"])
    countries()
    accounts = make_chart(company)
    make_year(company, today)
    taxes = [make_tax(Decimal(rate), accounts["tax"]) for rate in TAXES]
    make_term()
    category = make_category(accounts, taxes[0])
    products = make_goods(order["items"], category)
    make_services(accounts)
    stock(company, products, places(order["places"]), order["items"], today)
    user(company, order["login"], order["password"])


def currency(code: str, rounding: str) -> Any:
    """Make a currency with a rate of one to the company's."""
    currencies, rates = Model.get("currency.currency"), Model.get("currency.currency.rate")
    made = currencies(name=code, symbol=code, code=code, rounding=Decimal(rounding))
    made.digits = max(0, -Decimal(rounding).as_tuple().exponent)
    made.save()
    rates(date=dt.date(2000, 1, 1), rate=Decimal(160 if code == "JPY" else 1), currency=made).save()
    return made


def make_company(euro: Any) -> Any:
    """Make the company by the wizard, and take over its preferences."""
    party = Model.get("party.party")(name="Demo company")
    party.save()
    wizard = Wizard("company.company.config")
    wizard.execute("company")
    wizard.form.party, wizard.form.currency = party, euro
    if hasattr(wizard.form, "timezone"):
        wizard.form.timezone = "Europe/Berlin"
    wizard.execute("add")
    config.get_config()._context = Model.get("res.user").get_preferences(True, {})  # noqa: FBT003 - Tryton's own order
    (company,) = Model.get("company.company").find()
    company.timezone = "Europe/Berlin"
    company.save()
    return company


def countries() -> None:
    """Make the countries the tests send people to; Tryton imports the others by a program of its own."""
    countries_, subdivisions_ = Model.get("country.country"), Model.get("country.subdivision")
    for code, (name, subdivisions) in COUNTRIES.items():
        made = countries_(name=name, code=code)
        made.save()
        for code_, name_ in subdivisions:
            subdivisions_(country=made, code=code_, name=name_, type="state").save()


def make_chart(company: Any) -> dict[str, Any]:
    """Make the chart of accounts that comes with Tryton, and name its accounts by what they are for."""
    templates, ledger, registry = (
        Model.get(name) for name in ("account.account.template", "account.account", "ir.model.data")
    )
    root = registry.get_id("account.account_template_root_en", config.get_config().context)
    wizard = Wizard("account.create_chart")
    wizard.execute("account")
    wizard.form.account_template, wizard.form.company = templates(root), company
    wizard.execute("create_account")
    found = {}
    for kind in ("receivable", "payable", "revenue", "expense"):
        domain = [(f"type.{kind}", "=", True), ("company", "=", company.id), ("closed", "!=", True)]
        found[kind] = ledger.find(domain, limit=1)[0]
    found["tax"] = ledger.find([("company", "=", company.id), ("code", "=", "6.3.6")], limit=1)[0]
    wizard.form.account_receivable, wizard.form.account_payable = found["receivable"], found["payable"]
    wizard.form.category_account_revenue, wizard.form.category_account_expense = found["revenue"], found["expense"]
    wizard.execute("create_properties")
    return found


def make_year(company: Any, today: dt.date) -> None:
    """Make the fiscal years around today: an order of any recent day can be invoiced."""
    years, sequences, kinds = (
        Model.get(name) for name in ("account.fiscalyear", "ir.sequence.strict", "ir.sequence.type")
    )

    def sequence(kind: str, year: int) -> Any:
        (its,) = kinds.find([("name", "=", kind)], limit=1)
        made = sequences(name=f"{kind} {year}", sequence_type=its, company=company)
        made.save()
        return made

    for number in range(today.year - 1, today.year + 2):
        year = years(name=str(number), company=company)
        year.start_date, year.end_date = dt.date(number, 1, 1), dt.date(number, 12, 31)
        year.move_sequence = sequence("Account Move", number)
        invoices = sequence("Invoice", number)
        (line,) = year.invoice_sequences
        line.out_invoice_sequence = line.in_invoice_sequence = invoices
        line.out_credit_note_sequence = line.in_credit_note_sequence = invoices
        year.save()
        year.click("create_period")


def make_tax(rate: Decimal, account: Any) -> Any:
    """Make a sales tax of a rate; Tryton adds taxes to prices, always."""
    name = f"{(rate * 100).normalize():f}%"
    tax = Model.get("account.tax")(name=name, description=name, type="percentage", rate=rate)
    tax.invoice_account = tax.credit_note_account = account
    tax.save()
    return tax


def make_term() -> None:
    """Make a payment term: all of it within 30 days."""
    term = Model.get("account.invoice.payment_term")(name="Net 30 days")
    line = term.lines.new(type="remainder")
    line.relativedeltas.new(days=30)
    term.save()


def make_category(accounts: dict[str, Any], tax: Any, name: str = "Goods") -> Any:
    """Make an accounting category: it says where a product is booked and how it is taxed."""
    made = Model.get("product.category")(name=name, accounting=True)
    made.account_revenue, made.account_expense = accounts["revenue"], accounts["expense"]
    if tax is not None:
        made.customer_taxes.append(Model.get("account.tax")(tax.id))
    made.save()
    return made


def make_goods(items: list[dict[str, Any]], category: Any) -> dict[str, Any]:
    """Make one template with one variant for each item, in the order given."""
    (unit,) = Model.get("product.uom").find([("name", "=", "Unit")])
    templates = Model.get("product.template")
    made = []
    for item in items:
        template = templates(name=item["title"], code=item["sku"], default_uom=unit, type="goods", salable=True)
        template.sale_uom = unit
        template.list_price = Decimal(item["price"])
        template.account_category = category
        (variant,) = template.products
        variant.identifiers.new(type="ean", code=item["barcode"])
        made.append(template)
    templates.save(made)
    return {product.code: product for product in Model.get("product.product").find([])}


def make_services(accounts: dict[str, Any]) -> None:
    """Make the service products that everything but goods is booked on, without taxes of their own."""
    (unit,) = Model.get("product.uom").find([("name", "=", "Unit")])
    category = make_category(accounts, None, "Services")
    for code, name in SERVICES.items():
        template = Model.get("product.template")(name=name, code=code, default_uom=unit, type="service", salable=True)
        template.sale_uom = unit
        template.list_price = Decimal(0)
        template.account_category = category
        template.save()


def places(wanted: list[list[str]]) -> dict[str, Any]:
    """Return a warehouse for each code; the first is the one Tryton comes with."""
    locations = Model.get("stock.location")
    found = {}
    for number, (code, name) in enumerate(wanted):
        if number == 0:
            (warehouse,) = locations.find([("type", "=", "warehouse")], limit=1)
            warehouse.code, warehouse.name = code, name
        else:
            parts = {
                kind: locations(name=f"{name} {kind}", code=f"{code}-{kind[:3].upper()}", type="storage")
                for kind in ("storage", "input", "output")
            }
            for part in parts.values():
                part.save()
            warehouse = locations(name=name, code=code, type="warehouse")
            warehouse.storage_location, warehouse.input_location = parts["storage"], parts["input"]
            warehouse.output_location = parts["output"]
            warehouse.lost_found_location = next(iter(found.values())).lost_found_location
        warehouse.save()
        found[code] = warehouse
    return found


def stock(
    company: Any, products: dict[str, Any], places_: dict[str, Any], items: list[dict[str, Any]], today: dt.date
) -> None:
    """Count what lies in each place."""
    for code, warehouse in places_.items():
        inventory = Model.get("stock.inventory")(
            location=warehouse.storage_location, company=company, date=today - dt.timedelta(days=400)
        )
        for item in items:
            inventory.lines.new(product=products[item["sku"]], quantity=float(item["stock"][code]))
        inventory.save()
        inventory.click("confirm")


def user(company: Any, login: str, password: str) -> None:
    """Make the user of the connection, with the groups its page asks for and no more."""
    made = Model.get("res.user")(name="Isthmus", login=login, password=password)
    made.companies.append(Model.get("company.company")(company.id))
    made.company = Model.get("company.company")(company.id)
    for name in GROUPS:
        made.groups.extend(Model.get("res.group").find([("name", "=", name)]))
    made.save()


if __name__ == "__main__":
    main()
