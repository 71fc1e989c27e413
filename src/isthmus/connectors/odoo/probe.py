"""Asking an Odoo who it is and what is missing before orders are sent there.

Source: base/models/ir_model.py (`check_access_rights`, `has_access` since 18), base/security groups (17.0, 19.0).
"""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import asdict, dataclass

from msgspec.structs import replace

from isthmus.connectors.odoo import wire
from isthmus.connectors.odoo.client import JSON2_SINCE, OLDEST, Identity
from isthmus.connectors.odoo.dialect import Dialect
from isthmus.connectors.odoo.lookups import Lookups
from isthmus.connectors.odoo.settings import Services
from isthmus.craft.by_id import first
from isthmus.craft.findings import CodeWords, finding, of_clock, of_codes, of_services
from isthmus.ports.errors import Forbidden, Misconfigured, Unmapped
from isthmus.ports.probe import CustomField, Finding, Held, Place, Report, Rounding, Severity

#: What each flow needs, and the group that grants it (Settings > Users > Access Rights).
RIGHTS: Mapping[str, tuple[str, ...]] = {
    "sale.order": ("create", "write"),
    "sale.order.line": ("create", "write"),
    "res.partner": ("create", "write"),
    "product.product": ("read",),
    "product.pricelist": ("read",),
    "account.tax": ("read",),
    "stock.warehouse": ("read",),
    "stock.quant": ("read",),
    "stock.move": ("read",),
    "stock.picking": ("read",),
}
GROUPS: Mapping[str, str] = {
    "sale.order": "Sales / User: All Documents",
    "sale.order.line": "Sales / User: All Documents",
    "res.partner": "Extra Rights / Contact Creation",
    "product.product": "Sales / User: All Documents",
    "product.pricelist": "Sales / User: All Documents",
    "account.tax": "Sales / User: All Documents",
}
STOCK_GROUP = "Inventory / User"
ORDERS, STOCK = "orders_to_erp", "stock_to_shop"
#: Which flow needs what; the rest is needed by both.
ONLY: Mapping[str, str] = {
    **dict.fromkeys(
        ("sale.order", "sale.order.line", "res.partner", "product.pricelist", "account.tax", "stock.picking"), ORDERS
    ),
    "stock.quant": STOCK,
}
#: `res.company` (account/models/company.py).
ROUNDING: Mapping[str, Rounding] = {"round_per_line": Rounding.LINE, "round_globally": Rounding.ORDER}
NEWEST = 19  # the newest this connector was tried against
CUSTOM_PREFIX = "x_"
#: Models whose own fields a mapping may use.
CUSTOM_MODELS = {
    "order": "sale.order",
    "order_line": "sale.order.line",
    "customer": "res.partner",
    "product": "product.template",
}
CODES_PER_CALL = 2000
CODES_READ = 20_000
WORDS = CodeWords(
    one="internal reference",
    many="internal references",
    shared="Give every product one of its own.",
    empty="Fill in Internal Reference.",
)


class Currency(wire.Row, frozen=True, kw_only=True):
    """`res.currency`."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """One Odoo, asked about itself."""

    dialect: Dialect
    lookups: Lookups
    services: Services

    async def ping(self) -> None:
        """Ask for the user's own context, which every user may read."""
        await self.dialect.client.call("res.users", "context_get")

    async def probe(self) -> Report:
        """Return the report. Raises `AuthExpired`, `Unreachable`, `Misconfigured`."""
        me = await self.dialect.client.identity()
        asked_at, server_time = self.dialect.client.clock.now(), self.dialect.client.server_now()
        company = await self.lookups.company()
        granted, findings = await self._rights()
        findings += [*of_version(me), *of_clock("Odoo's", (server_time - asked_at).total_seconds())]
        usable = {right.partition(":")[0] for right in granted}
        if "product.product" in usable:
            findings += [*await self._services(), *await self._codes()]
        if "product.pricelist" in usable:
            findings += await self._currencies(company)
        places = await self.lookups.warehouses_now() if "stock.warehouse" in usable else []
        return Report(
            account=f"{company.name} ({self.dialect.client.login or me.uid})",
            version=me.version.text,
            api_version="JSON-2" if me.json2 else "JSON-RPC",
            time_zone=me.tz,
            currency=company.currency_id[1] if company.currency_id else "",
            prices_include_tax=await self._prices_include_tax(company) if "account.tax" in usable else None,
            server_time=server_time,
            asked_at=asked_at,
            permissions=tuple(granted),
            held=tuple(_held(right) for right in granted),
            currencies=await self._currencies_taken(company) if "product.pricelist" in usable else (),
            tax_modes=await self.lookups.tax_modes() if "account.tax" in usable else (),
            rounding=ROUNDING.get(company.tax_calculation_rounding_method),
            places=tuple(Place(id=str(w.id), code=w.code, name=w.name, active=w.active) for w in places),
            custom_fields=await self._custom_fields(),
            findings=tuple(findings) or (finding("ready", Severity.OK, "Odoo is ready"),),
        )

    async def _rights(self) -> tuple[list[str], list[Finding]]:
        granted: list[str] = []
        findings: list[Finding] = []
        for model, operations in RIGHTS.items():
            try:
                await self.dialect.fields(model)
                allowed = {operation: await self.dialect.client.may(model, operation) for operation in operations}
            except Misconfigured as absent:
                findings.append(finding("app_missing", Severity.PROBLEM, str(absent), "Install Sales and Inventory."))
                continue
            except Forbidden:
                allowed = dict.fromkeys(operations, False)
            granted += [f"{model}:{operation}" for operation, yes in allowed.items() if yes]
            findings += [_lacking(model, operation) for operation, yes in allowed.items() if not yes]
        return granted, findings

    async def _services(self) -> list[Finding]:
        def fix(sku: str) -> str:
            return f"Sales > Products > New: type Service, internal reference {sku}, no taxes."

        return await of_services(asdict(self.services), self.lookups.service, fix)

    async def _codes(self) -> list[Finding]:
        def read(after: int) -> Awaitable[Sequence[wire.Coded]]:
            domain = [["id", ">", after], ["active", "=", True]]
            return self.dialect.search("product.product", wire.Coded, domain, limit=CODES_PER_CALL)

        rows = await first(read, page=CODES_PER_CALL, most=CODES_READ)
        return of_codes((row.default_code for row in rows), WORDS)

    async def _currencies(self, company: wire.Company) -> list[Finding]:
        active = await self.dialect.search("res.currency", Currency, [["active", "=", True]])
        findings: list[Finding] = []
        for currency in active:
            if company.currency_id is None or currency.id != company.currency_id[0]:
                findings += await self._price_list(currency.name)
        return findings

    async def _currencies_taken(self, company: wire.Company) -> tuple[str, ...]:
        own = [company.currency_id[1]] if company.currency_id else []
        return tuple(sorted({*own, *await self.lookups.listed_currencies()}))

    async def _price_list(self, currency: str) -> list[Finding]:
        try:
            await self.lookups.pricelist(currency)
        except Unmapped as missing:
            return [finding("no_price_list", Severity.WARNING, str(missing))]
        return []

    async def _prices_include_tax(self, company: wire.Company) -> bool | None:
        if company.account_sale_tax_id is None:
            return None
        found = await self.dialect.read("account.tax", wire.Tax, [company.account_sale_tax_id[0]])
        return found[0].price_include if found else None

    async def _custom_fields(self) -> dict[str, tuple[CustomField, ...]]:
        own: dict[str, tuple[CustomField, ...]] = {}
        for kind, model in CUSTOM_MODELS.items():
            try:
                fields = await self.dialect.described(model)
            except (Forbidden, Misconfigured):
                continue
            own[kind] = tuple(
                CustomField(
                    name=name,
                    label=one.string,
                    type=one.type,
                    required=one.required,
                    options=one.options or (),
                    size=one.size or None,
                    writable=one.writable,
                )
                for name, one in sorted(fields.items())
                if name.startswith(CUSTOM_PREFIX)
            )
        return own


def of_version(me: Identity) -> list[Finding]:
    """Say what the version means for this connection."""
    major = me.version.major
    if major < OLDEST:
        message = f"Odoo {me.version.text} is too old: this connector speaks {OLDEST} to {NEWEST}"
        return [finding("version_too_old", Severity.PROBLEM, message, "Upgrade Odoo.")]
    if major > NEWEST:
        message = f"Odoo {me.version.text} is newer than what this connector was tried against ({NEWEST})"
        return [finding("version_untried", Severity.WARNING, message, "Look for a newer Isthmus.")]
    if major >= JSON2_SINCE and not me.json2:
        message = "JSON-RPC is deprecated since Odoo 19 and is announced to go in Odoo 22"
        return [finding("protocol_deprecated", Severity.WARNING, message, "Set Protocol to auto or json2.")]
    return []


def _lacking(model: str, operation: str) -> Finding:
    group = GROUPS.get(model, STOCK_GROUP)
    message = f"the user may not {operation} {model}"
    fix = f"Settings > Users > this user > Access Rights: add {group}."
    return replace(finding("missing_permission", Severity.PROBLEM, message, fix), flows=_flows(model))


def _held(right: str) -> Held:
    model = right.partition(":")[0]
    fix = f"Settings > Users > this user > Access Rights: take away {GROUPS.get(model, STOCK_GROUP)}."
    return Held(name=right, flows=_flows(model), fix=fix)


def _flows(model: str) -> tuple[str, ...]:
    return (ONLY[model],) if model in ONLY else (ORDERS, STOCK)
