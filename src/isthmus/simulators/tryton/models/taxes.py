"""Taxes and how a document's lines become tax amounts, and the accounts they need."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from isthmus.simulators.tryton.models.world import Currency
from isthmus.simulators.tryton.orm.env import Env
from isthmus.simulators.tryton.orm.fields import (
    ZERO,
    Field,
    boolean,
    char,
    day,
    integer,
    many2one,
    numeric,
    one2many,
    own_company,
    selection,
    text,
)
from isthmus.simulators.tryton.orm.model import Model
from isthmus.simulators.tryton.orm.records import Order


class Account(Model):
    """A ledger account, as far as categories and invoices name one."""

    name = "account.account"
    title = "Account"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Name", required=True, index=True),
        char("code", "Code", index=True),
        many2one("company", "company.company", "Company", required=True),
        boolean("active", "Active", default=True),
    )


class Configuration(Model):
    """How the company keeps its books; one record, id 1."""

    name = "account.configuration"
    title = "Account Configuration"
    rec_field = "id"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        selection("tax_rounding", "Tax Rounding", {"document": "Per Document", "line": "Per Line"}, default="document"),
        many2one("default_category_account_revenue", "account.account", "Default Revenue Account", multi=True),
        many2one("default_category_account_expense", "account.account", "Default Expense Account", multi=True),
        many2one("default_account_receivable", "account.account", "Default Receivable Account", multi=True),
    )


class Tax(Model):
    """A tax; one with a parent is a part of it and never on a line by itself."""

    name = "account.tax"
    title = "Account Tax"
    order: ClassVar[Order] = (("sequence", "ASC"), ("id", "ASC"))
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Name", required=True, index=True),
        char("description", "Description", required=True),
        selection(
            "type",
            "Type",
            {"percentage": "Percentage", "fixed": "Fixed", "none": "None"},
            required=True,
            default="percentage",
        ),
        numeric("rate", "Rate"),
        numeric("amount", "Amount"),
        many2one("company", "company.company", "Company", required=True, default=own_company),
        many2one("parent", "account.tax", "Parent", index=True),
        one2many("childs", "account.tax", "parent", "Children"),
        boolean("update_unit_price", "Update Unit Price", default=False),
        day("start_date", "Starting Date"),
        day("end_date", "Ending Date"),
        text("legal_notice", "Legal Notice"),
        integer("sequence", "Sequence"),
        boolean("active", "Active", default=True),
    )


class TaxRule(Model):
    """Which tax takes the place of which; only its name matters here."""

    name = "account.tax.rule"
    title = "Account Tax Rule"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Name", required=True),
        many2one("company", "company.company", "Company", required=True),
        boolean("active", "Active", default=True),
    )


@dataclass(frozen=True, slots=True)
class Taxed:
    """One line as taxes see it."""

    taxes: tuple[int, ...]
    unit_price: Decimal
    quantity: Decimal


def tax_amount(env: Env, lines: Iterable[Taxed], currency: int) -> Decimal:
    """Return the tax on all lines, rounded per tax for the document or for each line, as configured."""
    by_line = _rounding(env) == "line"
    currencies = env.of(Currency)
    totals: dict[int, Decimal] = {}
    for line in lines:
        for tax, amount in _amounts(env, line):
            part = currencies.rounded(currency, amount) if by_line else amount
            totals[tax] = totals.get(tax, ZERO) + part
    return sum((currencies.rounded(currency, total) for total in totals.values()), ZERO)


def _rounding(env: Env) -> Any:
    return next((row["tax_rounding"] for row in env.table("account.configuration").rows.values()), "document")


def _amounts(env: Env, line: Taxed) -> Iterable[tuple[int, Decimal]]:
    rows = env.table("account.tax").rows
    for tax_id in line.taxes:
        parts = env.table("account.tax").where("parent", tax_id) or [tax_id]
        for part in parts:
            tax = rows[part]
            if tax["type"] == "percentage":
                yield part, line.unit_price * line.quantity * (tax["rate"] or ZERO)
            elif tax["type"] == "fixed":
                yield part, (tax["amount"] or ZERO) * line.quantity
