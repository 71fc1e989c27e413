"""Asking a shop who it is, how it keeps money and stock, and whether the key may do what the flows need.

What may not be read is left out and named. A key's permission is told by nothing but trying, so a batch without a
single row is sent: it changes nothing (seen on 9.2.5), and a key that may only read is refused.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#system-status, .../#settings, .../#webhooks (REST v3)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from isthmus.connectors.woocommerce import wire_catalog as catalog
from isthmus.connectors.woocommerce import wire_shop as wire
from isthmus.connectors.woocommerce.client import Client
from isthmus.connectors.woocommerce.failures import NoRoute
from isthmus.connectors.woocommerce.fields import People, Wanted, carried, of_customer, people
from isthmus.connectors.woocommerce.orders import ANY
from isthmus.connectors.woocommerce.orders import ROUTE as ORDERS
from isthmus.connectors.woocommerce.products import ROUTE
from isthmus.connectors.woocommerce.rounds import BEGINNING, bounds
from isthmus.connectors.woocommerce.shop import NAME as STORE
from isthmus.connectors.woocommerce.shop import options
from isthmus.connectors.woocommerce.sites import PLACE
from isthmus.connectors.woocommerce.subscriptions import ACTIVE, webhooks
from isthmus.connectors.woocommerce.subscriptions import NAME as OURS
from isthmus.craft.findings import of_clock
from isthmus.ports.connector import Manifest
from isthmus.ports.errors import AuthExpired, Forbidden
from isthmus.ports.probe import CustomField, Finding, Place, Report, Rounding, Severity

#: Orders looked at for fields of the merchant's own.
SAMPLE = 20
#: OAuth takes 15 minutes; before that, times in both systems only look odd.
SKEW_S = 120.0
SET_CLOCK = "Let both machines take their time from an NTP server; over http, 15 minutes apart is too much to sign in."
KEYS = "WooCommerce > Settings > Advanced > REST API"
#: "Round tax at subtotal level, instead of rounding per line" (WooCommerce > Settings > Tax).
ROUNDING = {"yes": Rounding.ORDER, "no": Rounding.LINE}
#: Older than this and parts of what we read are not there (`dates_are_gmt` filters of changes).
OLDEST = (5, 8)


@dataclass(slots=True)
class Heard:
    """What was asked and heard, part by part."""

    index: wire.Index
    asked_at: datetime
    server_time: datetime
    general: Mapping[str, str]
    status: wire.Status | None = None
    tax: Mapping[str, str] | None = None
    products: Mapping[str, str] | None = None
    hooks: Sequence[wire.Webhook] | None = None
    fields: Mapping[str, tuple[CustomField, ...]] = field(default_factory=dict[str, tuple[CustomField, ...]])
    writes: bool = True
    denied: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class ShopProbe:
    """Questions to one shop."""

    client: Client
    manifest: Manifest
    wanted: Wanted

    async def probe(self) -> Report:
        """Return the report, findings included."""
        heard = await self._listen()
        status = heard.status or wire.Status()
        included = (heard.tax or {}).get("woocommerce_prices_include_tax")
        return Report(
            account=f"{heard.index.name or 'WooCommerce'} ({self.client.site.host})",
            version=f"WooCommerce {status.environment.version or 'of an unknown version'}",
            api_version=self.manifest.api_version,
            api_ends_on=self.manifest.api_ends_on,
            time_zone=zone_of(heard.index),
            currency=heard.general.get("woocommerce_currency", ""),
            prices_include_tax=None if included is None else included == "yes",
            rounding=ROUNDING.get((heard.tax or {}).get("woocommerce_tax_round_at_subtotal", "")),
            server_time=heard.server_time,
            asked_at=heard.asked_at,
            permissions=("read", "write") if heard.writes else ("read",),
            places=(Place(id=PLACE, code=PLACE, name=STORE),),
            custom_fields=heard.fields,
            findings=tuple(findings(heard)),
        )

    async def ping(self) -> None:
        """Ask for the id of one product: a call nobody but a known key is answered."""
        query = [("per_page", "1"), ("_fields", "id")]
        await self.client.get("/wc/v3/products", list[catalog.Stocked], query, name="products.list")

    async def _listen(self) -> Heard:
        before = self.client.clock.now()
        general = await options(self.client, "general")
        index = await self.client.index(wire.Index)
        asked_at = before + (self.client.clock.now() - before) / 2
        heard = Heard(index.content, asked_at, index.server_time, general)
        heard.tax = await self._group(heard, "tax")
        heard.products = await self._group(heard, "products")
        try:
            heard.status = (
                await self.client.get("/wc/v3/system_status", wire.Status, name="system_status.get")
            ).content
        except (Forbidden, NoRoute):
            heard.denied.append("the system status")
        try:
            heard.hooks = await webhooks(self.client)
        except Forbidden:
            heard.denied.append("webhooks")
        heard.writes = await self._may_write()
        heard.fields = await self._fields(heard)
        return heard

    async def _fields(self, heard: Heard) -> Mapping[str, tuple[CustomField, ...]]:
        """Return the fields the newest orders and those who placed them were seen to have."""
        # Without a bound on dates some shops show no orders at all.
        newest = [("orderby", "id"), ("order", "desc"), ("per_page", str(SAMPLE)), ANY, *bounds(BEGINNING)]
        asked = [*newest, ("_fields", "id,customer_id,meta_data,line_items,fee_lines")]
        try:
            found = (await self.client.get(ORDERS, list[wire.Sample], asked, name="orders.list")).content
        except Forbidden:
            heard.denied.append("orders")
            return {}
        buyers: People = {}
        try:
            buyers = await people(self.client, (one.customer_id for one in found), self.wanted)
        except Forbidden:
            heard.denied.append("customers")
        parts = [part for one in found for part in (*one.line_items, *one.fee_lines)]
        return {
            kind: some
            for kind, some in (
                ("order", sampled(carried((said for one in found for said in one.meta_data), self.wanted))),
                ("order_line", sampled(carried((said for part in parts for said in part.meta_data), self.wanted))),
                ("customer", sampled(of_customer((said for one in buyers.values() for said in one), self.wanted))),
            )
            if some
        }

    async def _group(self, heard: Heard, group: str) -> Mapping[str, str] | None:
        try:
            return await options(self.client, group)
        except (Forbidden, NoRoute):
            heard.denied.append(f"the {group} settings")
            return None

    async def _may_write(self) -> bool:
        body: dict[str, list[object]] = {"update": []}
        try:
            await self.client.send(
                "POST", f"{ROUTE}/batch", body, object, key="may we write?", name="products.batch", repeatable=True
            )
        except (Forbidden, AuthExpired):
            return False  # it was good for reading a moment ago
        return True


def sampled(seen: Iterable[tuple[str, object]]) -> tuple[CustomField, ...]:
    """Return each field once; WooCommerce has no definitions, so the label says that it was only seen."""
    names = sorted({name for name, _value in seen})
    return tuple(
        CustomField(name=name, label=f"{name.removeprefix('meta.')} (seen on one of the newest orders)")
        for name in names
    )


def findings(heard: Heard) -> Sequence[Finding]:
    """Return what was found; at least that all is well."""
    found = [*access_findings(heard), *shop_findings(heard), *hook_findings(heard.hooks or ())]
    skew = (heard.server_time - heard.asked_at).total_seconds()
    found += of_clock("the shop's", skew, most_s=SKEW_S, fix=SET_CLOCK)
    storage = (heard.status or wire.Status()).settings.hpos
    if storage is not None:
        found.append(storage_finding(own_tables=storage))
    if all(one.severity is Severity.OK for one in found):
        well = "WooCommerce answers and the key may write"
        found.insert(0, Finding(code="ready", severity=Severity.OK, message=well))
    return found


def access_findings(heard: Heard) -> Iterable[Finding]:
    """Return what the key and its user may not do."""
    if not heard.writes:
        yield Finding(
            code="key_read_only",
            severity=Severity.PROBLEM,
            message="the key may only read: stock cannot be written and webhooks cannot be made",
            fix=f"Create a key with the permission Read/Write under {KEYS}.",
        )
    for what in heard.denied:
        yield Finding(
            code="not_shown",
            severity=Severity.WARNING,
            message=f"the user of the key may not see {what}",
            fix="Give that user the role Shop manager or Administrator.",
        )


def shop_findings(heard: Heard) -> Iterable[Finding]:
    """Return what about the shop itself is in the way of a flow."""
    version = heard.status.environment.version if heard.status else ""
    if version and number_of(version) < OLDEST:
        yield Finding(
            code="too_old",
            severity=Severity.PROBLEM,
            message=f"WooCommerce {version} cannot list what changed",
            fix="Update WooCommerce to a version that gets security fixes.",
        )
    if (heard.products or {}).get("woocommerce_manage_stock", "yes") != "yes":
        yield Finding(
            code="stock_off",
            severity=Severity.PROBLEM,
            message="the shop keeps no stock at all, so no figure can be written",
            fix="Switch on WooCommerce > Settings > Products > Inventory > Enable stock management.",
        )


def hook_findings(hooks: Sequence[wire.Webhook]) -> Iterable[Finding]:
    """Return which of our webhooks are off; they are switched on when webhooks are looked after."""
    off = sorted(one.topic for one in hooks if one.name.startswith(OURS) and one.status != ACTIVE)
    if off:
        yield Finding(
            code="webhook_off",
            severity=Severity.WARNING,
            message=f"WooCommerce has stopped sending {', '.join(off)}",
            fix="Check that the shop's server reaches this address; they are switched on again within the hour.",
        )


def storage_finding(*, own_tables: bool) -> Finding:
    """Say where orders are kept; the API is the same for both."""
    where = "in tables of their own (HPOS)" if own_tables else "as posts of WordPress"
    return Finding(code="order_storage", severity=Severity.OK, message=f"orders are kept {where}")


def zone_of(index: wire.Index) -> str:
    """Return the shop's time zone: its name, or how far it is from UTC."""
    if index.timezone_string:
        return index.timezone_string
    try:
        minutes = round(float(str(index.gmt_offset)) * 60)
    except (ValueError, OverflowError):
        return ""
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def number_of(version: str) -> tuple[int, int]:
    """Return the first two numbers of a version; an unreadable one counts as new."""
    major, _, rest = version.partition(".")
    minor = rest.partition(".")[0]
    if not (major.isascii() and major.isdecimal() and len(major) < 4):  # noqa: PLR2004 - digits
        return OLDEST
    return int(major), int(minor) if minor.isascii() and minor.isdecimal() and len(minor) < 4 else 0  # noqa: PLR2004
