"""The shop's list of webhooks, kept right by us.

The seventh failed delivery in a row switches a webhook off without a word (a success sets the count back), so the list
is looked at regularly: what is missing is made, what is off is switched on again, with the secret we have now.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks (REST v3);
woocommerce/includes/class-wc-webhook.php (`failed_delivery`)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from isthmus.connectors.woocommerce import wire_shop as wire
from isthmus.connectors.woocommerce.client import Client
from isthmus.connectors.woocommerce.rounds import Feed, every
from isthmus.craft.findings import absent
from isthmus.ports.errors import ContractBroken, NeedsOperator, Rejected
from isthmus.ports.probe import Finding, Severity

ROUTE = "/wc/v3/webhooks"
NAME = "Isthmus"
ACTIVE = "active"
#: WordPress sends to these ports only (seen on WordPress 7.0, `wp_http_validate_url`).
PORTS = frozenset({None, 80, 443, 8080})


@dataclass(frozen=True, slots=True)
class Topics:
    """The webhooks this connector needs."""

    client: Client
    topics: Sequence[str]
    secret: str = field(repr=False)

    async def ensure(self, url: str) -> Sequence[Finding]:
        """Create what is missing for `url` and switch on what is off; foreign webhooks are left alone."""
        findings, ours = await self._compare(url)
        for topic in self.topics:
            one = ours.get(topic)
            if one is None:
                findings += await self._write("POST", ROUTE, topic, {"name": f"{NAME} {topic}", "delivery_url": url})
            elif one.status != ACTIVE:
                findings += await self._write("PUT", f"{ROUTE}/{one.id}", topic, {}) or [repaired(one)]
        return findings

    async def look(self, url: str) -> Sequence[Finding]:
        """Report what is wrong, and in one finding what is missing; of what is off the probe speaks."""
        findings, ours = await self._compare(url)
        return [*findings, *absent("WooCommerce", [topic for topic in self.topics if topic not in ours])]

    async def _compare(self, url: str) -> tuple[list[Finding], dict[str, wire.Webhook]]:
        found = await webhooks(self.client)
        ours = {one.topic: one for one in reversed(found) if one.delivery_url == url}
        findings = [finding for one in found if (finding := self._judge(one, url, ours))]
        if urlsplit(url).port not in PORTS:
            findings.append(unusual_port(url))
        return findings, ours

    def _judge(self, one: wire.Webhook, url: str, ours: dict[str, wire.Webhook]) -> Finding | None:
        if one.delivery_url == url:
            needless = one.topic not in self.topics or ours[one.topic] is not one
            return needless_one(one) if needless and one.status == ACTIVE else None
        if one.name.startswith(NAME) and one.status == ACTIVE:
            return Finding(
                code="foreign_subscription",
                severity=Severity.WARNING,
                message=f"{one.topic} is also sent to {shown(one.delivery_url)}",
                fix="Delete that webhook if it is a former address of Isthmus.",
            )
        return None  # another integration's business

    async def _write(self, method: str, route: str, topic: str, more: dict[str, str]) -> Sequence[Finding]:
        body = {**more, "topic": topic, "secret": self.secret, "status": ACTIVE}
        name = "webhooks.create" if method == "POST" else "webhooks.update"
        try:
            await self.client.send(method, route, body, wire.Webhook, key=f"webhook {topic}", name=name)
        except (Rejected, NeedsOperator, ContractBroken) as refused:
            return [failed(topic, str(refused))]
        return []


async def webhooks(client: Client) -> Sequence[wire.Webhook]:
    """Return every webhook of the shop."""
    return await every(client, Feed(ROUTE, wire.Webhook, "webhooks.list"))


def repaired(one: wire.Webhook) -> Finding:
    """Return the finding for a webhook that was off and is on again."""
    return Finding(
        code="subscription_repaired",
        severity=Severity.WARNING,
        message=f"WooCommerce had stopped sending {one.topic} (it was {one.status}); it is switched on again",
        fix="It stops after seven failed deliveries in a row: check that the shop's server can reach this address.",
    )


def needless_one(one: wire.Webhook) -> Finding:
    """Return the finding for a webhook nobody needs."""
    return Finding(
        code="needless_subscription",
        severity=Severity.WARNING,
        message=f"webhook {one.id} sends {one.topic} here, which is not used or sent twice",
        fix=f"Delete webhook {one.id} under WooCommerce > Settings > Advanced > Webhooks.",
    )


def unusual_port(url: str) -> Finding:
    """Return the finding for an address WordPress does not send to."""
    return Finding(
        code="webhook_port",
        severity=Severity.WARNING,
        message=f"WordPress sends webhooks to the ports 80, 443 and 8080 only, not to {shown(url)}",
        fix="Put a public https address in public_url of [isthmus].",
    )


def failed(topic: str, why: str) -> Finding:
    """Return the finding for a webhook that could not be made."""
    return Finding(
        code="subscription_failed",
        severity=Severity.PROBLEM,
        message=f"WooCommerce does not send {topic}: {why}",
        fix="The shop's server must reach this address, and the key needs the permission Read/Write.",
    )


def shown(url: str) -> str:
    """Return an address without what may be secret in it: user, query and path."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that is none"
    return f"{parts.scheme}://{parts.hostname}{port}"
