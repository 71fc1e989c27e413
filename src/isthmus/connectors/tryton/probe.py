"""Asking a Tryton who it is and what is missing before orders are sent there.

Source: trytond/ir/model.py (`get_access`), trytond/ir/module.py, account/configuration.py (8.2).
"""

from collections import Counter
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from msgspec.structs import replace

from isthmus.connectors.tryton import wire
from isthmus.connectors.tryton.client import Identity
from isthmus.connectors.tryton.dialect import Dialect
from isthmus.connectors.tryton.lookups import Lookups, code_of
from isthmus.connectors.tryton.settings import Services
from isthmus.craft.by_id import first
from isthmus.craft.findings import CodeWords, finding, of_clock, of_codes, of_services
from isthmus.ports.errors import Forbidden, Misconfigured
from isthmus.ports.probe import CustomField, Finding, Held, Place, Report, Severity

#: What each flow needs, and the group that grants it (Administration > Users).
RIGHTS: Mapping[str, tuple[str, ...]] = {
    "sale.sale": ("read", "create", "write", "delete"),
    "sale.line": ("read", "create", "write", "delete"),
    "party.party": ("read", "create", "write"),
    "party.address": ("read", "create"),
    "party.contact_mechanism": ("read", "create"),
    "party.identifier": ("read", "create"),
    "product.product": ("read",),
    "account.tax": ("read",),
    "stock.location": ("read",),
    "stock.move": ("read",),
    "stock.shipment.out": ("read", "write"),
    "account.invoice": ("read", "write"),
}
GROUPS: Mapping[str, str] = {
    "sale": "Sales",
    "stock": "Stock",
    "account": "Accounting",
    "party": "Party Administration",
}
ORDERS, STOCK = "orders_to_erp", "stock_to_shop"
#: What only one flow needs; the rest is needed by both.
ONLY: Mapping[str, str] = {"sale": ORDERS, "party": ORDERS, "account": ORDERS, "stock.shipment.out": ORDERS}
#: Models whose own fields a mapping may use. Only their name tells them from those of Tryton's own modules: what begins
#: with `x_` is shown; any other field can be written as well.
CUSTOM_MODELS = {"order": "sale.sale", "order_line": "sale.line", "customer": "party.party"}
CUSTOM_PREFIX = "x_"
MODULES = ("party", "product", "account", "account_invoice", "stock", "sale")
OLDEST, TRIED = (6, 0), (8, 2)  # those it may speak to, and the one it was tried against
CODES_PER_CALL = 2000
CODES_READ = 20_000
WORDS = CodeWords(
    one="code", many="codes", shared="Give every product a code of its own.", empty="Fill in the code of the product."
)


@dataclass(frozen=True, slots=True)
class Probe:
    """One Tryton, asked about itself."""

    dialect: Dialect
    lookups: Lookups
    services: Services

    async def ping(self) -> None:
        """Ask for the user's own preferences, which every user may read."""
        await self.dialect.client.call("res.user", "get_preferences", True)  # noqa: FBT003 - Tryton's own order

    async def probe(self) -> Report:
        """Return the report. Raises `AuthExpired`, `Unreachable`, `Misconfigured`."""
        me = await self.dialect.client.identity()
        missing = await self._modules()
        asked_at, server_time = self.dialect.client.clock.now(), self.dialect.client.server_now()
        company = await self.lookups.company()
        findings = [*missing, *of_version(me), *of_clock("Tryton's", (server_time - asked_at).total_seconds())]
        granted: list[str] = []
        places: list[wire.Location] = []
        if not missing:
            granted, lacking = await self._rights()
            findings += lacking
            places = await self.lookups.warehouses_now()
            findings += [*of_places(places), *await self._services(), *await self._codes(), *await self._taxes()]
        return Report(
            account=f"{company.name} ({self.dialect.client.login})",
            version=me.version,
            api_version="JSON-RPC",
            time_zone=company.timezone or "UTC",
            currency=company.currency,
            prices_include_tax=False,
            server_time=server_time,
            asked_at=asked_at,
            permissions=tuple(granted),
            held=tuple(_held(right) for right in granted),
            currencies=await self.lookups.currency_codes() if "sale.sale:create" in granted else (),
            tax_modes=(False, True),  # prices with tax are written net
            places=tuple(Place(id=str(w.id), code=code_of(w), name=w.name, active=w.active) for w in places),
            custom_fields={} if missing else await self._custom_fields(),
            findings=tuple(findings) or (finding("ready", Severity.OK, "Tryton is ready"),),
        )

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
                    required=bool(one.required),
                    options=one.options or (),
                    size=one.letters,
                    writable=not one.readonly,
                )
                for name, one in sorted(fields.items())
                if name.startswith(CUSTOM_PREFIX)
            )
        return own

    async def _modules(self) -> list[Finding]:
        try:
            rows = await self.dialect.search("ir.module", wire.Named, [["state", "=", "activated"]])
        except Forbidden:
            return []  # then the rights tell
        there = {row.name for row in rows}
        return [
            finding(
                "module_missing",
                Severity.PROBLEM,
                f"the module {name} is not activated",
                f"Administration > Modules: install {name}.",
            )
            for name in MODULES
            if name not in there
        ]

    async def _rights(self) -> tuple[list[str], list[Finding]]:
        told = await self.dialect.client.rights(list(RIGHTS))
        granted: list[str] = []
        findings: list[Finding] = []
        for model, rights in RIGHTS.items():
            granted += [f"{model}:{right}" for right in rights if told.get(model, {}).get(right)]
            findings += [_lacking(model, right) for right in rights if not told.get(model, {}).get(right)]
        return granted, findings

    async def _services(self) -> list[Finding]:
        def fix(code: str) -> str:
            return f"Products > New: type Service, salable, code {code}, an accounting category without taxes."

        return await of_services(asdict(self.services), self.lookups.service, fix)

    async def _codes(self) -> list[Finding]:
        def read(after: int) -> Awaitable[Sequence[wire.Coded]]:
            domain = [["id", ">", after], ["active", "=", True]]
            return self.dialect.search("product.product", wire.Coded, domain, limit=CODES_PER_CALL)

        rows = await first(read, page=CODES_PER_CALL, most=CODES_READ)
        return of_codes((row.code for row in rows), WORDS)

    async def _taxes(self) -> list[Finding]:
        if await self.lookups.taxes_now():
            return []
        message = "the company has no sales tax: an order with tax cannot be written"
        return [finding("no_taxes", Severity.WARNING, message, "Create it under Financial > Configuration > Taxes.")]


def of_version(me: Identity) -> list[Finding]:
    """Say what the version means for this connection."""
    if me.series < OLDEST:
        message = f"Tryton {me.version} is too old: this connector speaks 6.0 to 8.2"
        return [finding("version_too_old", Severity.PROBLEM, message, "Upgrade Tryton.")]
    if me.series != TRIED:
        message = f"Tryton {me.version} is not the series this connector was tried against (8.2)"
        fix = "Look for a newer Isthmus." if me.series > TRIED else "Try it with a copy of your database first."
        return [finding("version_untried", Severity.WARNING, message, fix)]
    return []


def of_places(places: Iterable[wire.Location]) -> list[Finding]:
    """Say which warehouses have no code, or share one."""
    counted = Counter(one.code for one in places if one.active)
    findings: list[Finding] = []
    if counted.pop("", 0):
        message = "a warehouse has no code and goes by its number"
        findings.append(finding("no_place_code", Severity.WARNING, message, "Fill in the code of the location."))
    if shared := sorted(code for code, times in counted.items() if times > 1):
        message = f"several warehouses have the code {', '.join(shared)}"
        findings.append(
            finding("duplicate_places", Severity.PROBLEM, message, "Give every warehouse a code of its own.")
        )
    return findings


def _lacking(model: str, right: str) -> Finding:
    group = GROUPS.get(model.partition(".")[0], "Sales")
    message = f"the user may not {right} {model}"
    lacking = finding(
        "missing_permission", Severity.PROBLEM, message, f"Administration > Users: add the group {group}."
    )
    return replace(lacking, flows=_flows(model))


def _held(right: str) -> Held:
    model = right.partition(":")[0]
    group = GROUPS.get(model.partition(".")[0], "Sales")
    fix = f"Administration > Users: take away the group {group}."
    return Held(name=right, flows=_flows(model), fix=fix)


def _flows(model: str) -> tuple[str, ...]:
    only = ONLY.get(model) or ONLY.get(model.partition(".")[0])
    return (only,) if only else (ORDERS, STOCK)
