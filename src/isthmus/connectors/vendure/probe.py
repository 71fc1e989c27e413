"""Asking a shop who it is, how it keeps money and stock, and whether the account may do what the flows need.

Source: https://docs.vendure.io/reference/graphql-api/admin/queries#me, .../#globalsettings, .../#jobqueues (3.5). The
API states no version anywhere; what a shop can do is asked of its schema, where it may be looked at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from isthmus.connectors.vendure import operations as ask
from isthmus.connectors.vendure import wire
from isthmus.connectors.vendure import wire_catalog as catalog
from isthmus.connectors.vendure.client import Client
from isthmus.connectors.vendure.failures import rows_of
from isthmus.connectors.vendure.features import Shop, fields_of
from isthmus.connectors.vendure.lists import AS_MADE, PAGE, page
from isthmus.connectors.vendure.order_states import STATES, States
from isthmus.ports.connector import Manifest
from isthmus.ports.errors import AuthExpired, ContractBroken, Forbidden
from isthmus.ports.probe import CustomField, Finding, Held, Place, Report, Severity

SKEW_S = 120.0
WHERE = "Vendure > Settings > Roles, for every channel"
#: The queue the plugin makes; nothing else has it.
QUEUE = "isthmus-webhook"
#: What our questions need of the schema; without `_or` it is older than 3.0.
NEEDED = frozenset({"_or", "active", "orderPlacedAt", "type", "updatedAt"})
#: States no placed order is in.
BEFORE = frozenset({"Created", "Draft", "AddingItems"})
ENTITIES = {
    "order": "Order",
    "order_line": "OrderLine",
    "variant": "ProductVariant",
    "customer": "Customer",
    "shipment": "Fulfillment",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What was asked and heard beside the report itself; None: not allowed to ask."""

    shop: wire.ShopAnswer
    places: Sequence[catalog.Place] | None
    queues: wire.QueuesAnswer | None
    filters: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class ShopProbe:
    """Questions to one shop."""

    client: Client
    shop: Shop
    manifest: Manifest
    known: States

    async def probe(self) -> Report:
        """Return the report. What may not be read is left out and named in the findings."""
        me = await self._who()
        before = self.client.clock.now()
        answer = await self.shop.asked()
        asked_at = before + (self.client.clock.now() - before) / 2
        channel = answer.content.active_channel
        granted = frozenset(
            permission for one in me.channels if one.code == channel.code for permission in one.permissions
        )
        heard = Heard(answer.content, await self._places(granted), await self._queues(granted), await self._filters())
        report = Report(
            account=f"Vendure at {host(self.client.endpoint)}, channel {channel.code}",
            version="Vendure 3 (the API does not say which)",
            api_version=self.manifest.api_version,
            api_ends_on=self.manifest.api_ends_on,
            currency=channel.default_currency_code,
            prices_include_tax=channel.prices_include_tax,
            server_time=answer.server_time,
            asked_at=asked_at,
            permissions=tuple(sorted(granted)),
            held=tuple(to_held(self.manifest, permission) for permission in sorted(granted)),
            places=tuple(Place(id=one.id, name=one.name) for one in heard.places or ()),
            custom_fields={
                kind: tuple(CustomField(name=f"customFields.{one.name}", type=one.type) for one in found)
                for kind, entity in ENTITIES.items()
                if (found := fields_of(answer.content, entity))
            },
        )
        return replace(report, findings=tuple(findings(report, heard, self.manifest, self.known)))

    async def ping(self) -> None:
        """Ask who we are: one call, of which nobody is not forbidden but null."""
        await self._who()

    async def _who(self) -> wire.User:
        me = (await self.client.query(ask.WHO, {}, wire.WhoAnswer)).content.me
        if me is None:
            message = "Vendure does not know who we are after signing in: check the settings Login and Password"
            raise AuthExpired(message)
        return me

    async def _places(self, granted: frozenset[str]) -> Sequence[catalog.Place] | None:
        if not allowed("ReadStockLocation", granted):
            return None
        found, _at = await page(self.client, ask.PLACES, {"sort": AS_MADE}, 0, PAGE)
        return rows_of(found, catalog.Place)

    async def _queues(self, granted: frozenset[str]) -> wire.QueuesAnswer | None:
        if not allowed("ReadSettings", granted):
            return None
        try:
            return (await self.client.query(ask.QUEUES, {"queue": QUEUE}, wire.QueuesAnswer)).content
        except (ContractBroken, Forbidden):
            return None  # a shop without a queue that can be looked into

    async def _filters(self) -> frozenset[str] | None:
        try:
            found = (await self.client.query(ask.FEATURES, {}, wire.FeaturesAnswer)).content.type
        except (ContractBroken, Forbidden):
            return None  # introspection is switched off, as it should be
        return None if found is None else frozenset(one.name for one in found.input_fields or ())


def findings(report: Report, heard: Heard, manifest: Manifest, known: States) -> list[Finding]:
    """Return what is not well with a shop, or that all is."""
    found = [
        *permission_findings(manifest, frozenset(report.permissions)),
        *schema_findings(heard),
        *shop_findings(heard.shop, known),
        *plugin_findings(heard.queues),
    ]
    skew = report.clock_skew_s
    if skew is not None and abs(skew) > SKEW_S:
        ahead = "ahead of" if skew > 0 else "behind"
        found.append(
            Finding(
                code="clock_skew",
                severity=Severity.WARNING,
                message=f"the clock of Vendure is {abs(skew):.0f} s {ahead} this machine's",
                fix="Let both machines take their time from an NTP server: signed deliveries are refused after 5 min.",
            )
        )
    return found or [
        Finding(code="ready", severity=Severity.OK, message="Vendure answers and every permission is there")
    ]


def permission_findings(manifest: Manifest, granted: frozenset[str]) -> Iterable[Finding]:
    """Compare what is granted with what the flows need."""
    for flow, needed in sorted(manifest.scopes.items()):
        for permission in needed:
            if not allowed(permission, granted):
                yield Finding(
                    code="permission_missing",
                    severity=Severity.PROBLEM,
                    message=f"the account lacks the permission {permission}, which {flow} needs",
                    fix=f"Add {permission} to its role under {WHERE}.",
                    flows=(flow,),
                )
    if "SuperAdmin" in granted:
        yield Finding(
            code="permission_excess",
            severity=Severity.WARNING,
            message="the account may do everything in this shop",
            fix="Make an administrator of its own with the permissions named on the connector's page.",
        )


def schema_findings(heard: Heard) -> Iterable[Finding]:
    """Return what the shop's schema lacks, where it may be looked at."""
    missing = sorted(NEEDED - heard.filters) if heard.filters is not None else []
    if missing:
        yield Finding(
            code="too_old",
            severity=Severity.PROBLEM,
            message=f"orders cannot be asked for by {', '.join(missing)}: this Vendure is too old",
            fix="Update Vendure to 3.5.",
        )


def shop_findings(shop: wire.ShopAnswer, known: States) -> Iterable[Finding]:
    """Return what about the shop itself is in the way of a flow."""
    own = [one.name for one in shop.global_settings.server_config.order_process]
    strange = sorted({*own} - {*STATES} - {*known} - BEFORE)
    if strange:
        yield Finding(
            code="unknown_states",
            severity=Severity.WARNING,
            message=f"orders of this shop can be in states of its own: {', '.join(strange)}",
            fix="Enter what each stands for under 'States of this shop', such as: AwaitingPickup = PaymentSettled",
        )
    if not shop.global_settings.track_inventory:
        yield Finding(
            code="stock_off",
            severity=Severity.WARNING,
            message="the shop tracks no stock, except of variants that are told to",
            fix="Switch on 'Track inventory' in Vendure under Settings > Global settings.",
        )
    if shop.global_settings.out_of_stock_threshold < 0:
        yield Finding(
            code="back_orders",
            severity=Severity.WARNING,
            message=f"the shop sells up to {-shop.global_settings.out_of_stock_threshold} pieces more than there are",
            fix="If that is not wanted, set the out-of-stock threshold to 0 under Settings > Global settings.",
        )


def plugin_findings(queues: wire.QueuesAnswer | None) -> Iterable[Finding]:
    """Return whether the shop tells us of changes at all; Vendure does not without a plugin."""
    if queues is None:
        return
    if QUEUE not in {one.name for one in queues.job_queues}:
        yield Finding(
            code="plugin_missing",
            severity=Severity.WARNING,
            message="nothing in this shop tells Isthmus of changes: they are found by asking, ten minutes late",
            fix="Add the plugin of the connector's page to the shop; it sends to /hooks/ and this connection's name.",
        )
    elif queues.jobs.total_items:
        yield Finding(
            code="deliveries_failed",
            severity=Severity.WARNING,
            message=f"the shop has given up {queues.jobs.total_items} deliveries to Isthmus",
            fix=f"Check ISTHMUS_WEBHOOK_URL and ISTHMUS_WEBHOOK_SECRET of the shop and its job queue {QUEUE}.",
        )


def to_held(manifest: Manifest, permission: str) -> Held:
    """Return what a granted permission is for."""
    flows = tuple(flow for flow, needed in manifest.scopes.items() if permission in needed)
    return Held(name=permission, flows=flows, fix=f"Take {permission} out of its role under {WHERE}.")


def allowed(permission: str, granted: frozenset[str]) -> bool:
    """Tell whether a permission is granted, itself or by the one that includes all."""
    return permission in granted or "SuperAdmin" in granted


def host(endpoint: str) -> str:
    """Return the host of an address."""
    return endpoint.partition("://")[2].partition("/")[0]
