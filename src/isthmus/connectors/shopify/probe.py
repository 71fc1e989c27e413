"""Asking a shop who it is, and whether the app may do what the flows need.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/Shop, .../AppInstallation;
https://shopify.dev/docs/api/usage/access-scopes
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from isthmus.connectors.shopify import operations as ask
from isthmus.connectors.shopify import wire
from isthmus.connectors.shopify import wire_catalog as catalog
from isthmus.connectors.shopify.client import Answer, Client, every
from isthmus.connectors.shopify.ids import legacy
from isthmus.connectors.shopify.locations import listed
from isthmus.craft.findings import of_clock
from isthmus.ports.connector import Manifest
from isthmus.ports.probe import CustomField, Finding, Held, Place, Report, Severity

WHERE = "Shopify Dev Dashboard > your app > Configuration > Access scopes, then release and install the new version"
#: Scopes that widen what is read without a flow depending on them.
OPTIONAL = frozenset({"read_all_orders"})
#: Who can have metafields, as `MetafieldOwnerType` calls them, and the scope to see them. Order lines cannot.
OWNERS = (
    ("order", "ORDER", "read_orders"),
    ("customer", "CUSTOMER", "read_customers"),
    ("variant", "PRODUCTVARIANT", "read_products"),
)
SKEW_S = 120.0
SET_CLOCK = "Let this machine take its time from an NTP server."


@dataclass(frozen=True, slots=True)
class ShopProbe:
    """Questions to one shop."""

    client: Client
    manifest: Manifest

    async def probe(self) -> Report:
        """Return the report. What may not be read is left out and named in the findings."""
        before = self.client.clock.now()
        answer = await self.client.query(ask.WHO, {}, wire.WhoAnswer)
        asked_at = before + (self.client.clock.now() - before) / 2
        shop = answer.content.shop
        granted = frozenset(scope.handle for scope in answer.content.current_app_installation.access_scopes)
        places = await listed(self.client) if allowed("read_locations", granted) else ()
        fields = {kind: await self._fields(owner) for kind, owner, scope in OWNERS if allowed(scope, granted)}
        report = Report(
            account=f"{shop.name} ({shop.myshopify_domain})",
            version="Shopify",
            api_version=answer.version or self.client.version,
            api_ends_on=self.manifest.api_ends_on,
            time_zone=shop.iana_timezone,
            currency=shop.currency_code,
            prices_include_tax=shop.taxes_included,
            server_time=answer.server_time,
            asked_at=asked_at,
            permissions=tuple(sorted(granted)),
            held=tuple(to_held(self.manifest, scope) for scope in sorted(granted)),
            places=tuple(to_place(location) for location in places),
            custom_fields={kind: tuple(map(to_field, found)) for kind, found in fields.items() if found},
        )
        return replace(report, findings=tuple(self._findings(report, answer, granted)))

    async def ping(self) -> None:
        """Ask for the shop's name: one call of one point."""
        await self.client.query(ask.PING, {}, wire.PingAnswer)

    def _findings(self, report: Report, answer: Answer[wire.WhoAnswer], granted: frozenset[str]) -> Sequence[Finding]:
        findings = [*scope_findings(self.manifest, granted)]
        if answer.version and answer.version != self.client.version:
            findings.append(version_finding(self.client.version, answer.version))
        findings += of_clock("Shopify's", report.clock_skew_s or 0, most_s=SKEW_S, fix=SET_CLOCK)
        return findings or [
            Finding(code="ready", severity=Severity.OK, message="Shopify answers and every scope is there")
        ]

    async def _fields(self, owner: str) -> Sequence[wire.FieldDefinition]:
        return await every(
            self.client, ask.ORDER_FIELDS, wire.FieldsAnswer, lambda told: told.metafield_definitions, {"owner": owner}
        )


def scope_findings(manifest: Manifest, granted: frozenset[str]) -> Iterable[Finding]:
    """Compare what is granted with what the flows need; `write_x` includes `read_x`."""
    needed = {scope: flow for flow, scopes in manifest.scopes.items() for scope in scopes}
    for scope, flow in sorted(needed.items()):
        if not allowed(scope, granted):
            optional = scope in OPTIONAL
            yield Finding(
                code="scope_missing",
                severity=Severity.WARNING if optional else Severity.PROBLEM,
                message=f"the app lacks the scope {scope}, which {flow} needs"
                if not optional
                else f"without the scope {scope} Shopify shows orders of the last 60 days only",
                fix=f"Add {scope} under {WHERE}.",
                flows=flows_of(manifest, scope),
            )
    for scope in sorted(granted - needed.keys() - {f"read_{name}" for name in written(needed)}):
        yield Finding(
            code="scope_excess",
            severity=Severity.WARNING,
            message=f"the app holds the scope {scope}, which no flow needs",
            fix=f"Remove {scope} under {WHERE}.",
        )


def flows_of(manifest: Manifest, scope: str) -> tuple[str, ...]:
    """Return the flows that need a scope."""
    return tuple(flow for flow, scopes in manifest.scopes.items() if scope in scopes)


def to_held(manifest: Manifest, scope: str) -> Held:
    """Return what a granted scope is for."""
    return Held(name=scope, flows=flows_of(manifest, scope), fix=f"Remove {scope} under {WHERE}.")


def allowed(scope: str, granted: frozenset[str]) -> bool:
    """Tell whether a scope is granted, itself or through its writing twin."""
    return scope in granted or (scope.startswith("read_") and f"write_{scope.removeprefix('read_')}" in granted)


def written(scopes: Iterable[str]) -> set[str]:
    """Return what the scopes allow to write, without the prefix."""
    return {scope.removeprefix("write_") for scope in scopes if scope.startswith("write_")}


def version_finding(asked: str, ran: str) -> Finding:
    """Return the finding for a version that Shopify no longer, or not yet, has."""
    return Finding(
        code="api_version",
        severity=Severity.PROBLEM,
        message=f"version {asked} was asked for and {ran} answered: {asked} is retired or not released",
        fix=f"Set the API version of this connection to one Shopify supports, such as {ran}, and test it.",
    )


def to_place(location: catalog.Location) -> Place:
    """Translate one location."""
    return Place(id=legacy(location.id), name=location.name, active=location.is_active)


def to_field(definition: wire.FieldDefinition) -> CustomField:
    """Translate one metafield definition; a record that carries it has it in `custom` under the same name."""
    return CustomField(
        name=f"{definition.namespace}.{definition.key}", label=definition.name, type=definition.type.name
    )
