"""Shopify's list of where it sends deliveries, kept right by us.

A subscription made by API is deleted after eight failed deliveries in a row, so it is looked at
regularly. Subscriptions of the app's TOML file are not in this list.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/webhookSubscriptionCreate
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from isthmus.connectors.shopify import operations as ask
from isthmus.connectors.shopify import wire
from isthmus.connectors.shopify.client import Client, every
from isthmus.craft.findings import absent
from isthmus.ports.errors import ContractBroken, Forbidden
from isthmus.ports.probe import Finding, Severity


@dataclass(frozen=True, slots=True)
class Topics:
    """The subscriptions this connector needs."""

    client: Client
    topics: Sequence[str]

    async def ensure(self, url: str) -> Sequence[Finding]:
        """Create what is missing for `url`; foreign subscriptions are reported and left alone."""
        findings, missing = await self._compare(url)
        created = [await self._create(topic, url) for topic in missing]
        return [*findings, *(problem for problem in created if problem)]

    async def look(self, url: str) -> Sequence[Finding]:
        """Report what is wrong, and in one finding what is missing."""
        findings, missing = await self._compare(url)
        return [*findings, *absent("Shopify", missing)]

    async def _compare(self, url: str) -> tuple[list[Finding], list[str]]:
        found = await every(
            self.client, ask.SUBSCRIPTIONS, wire.SubscriptionsAnswer, lambda answer: answer.webhook_subscriptions
        )
        ours = {one.topic for one in found if one.uri == url}
        findings = [finding for one in found if (finding := self._judge(one, url))]
        return findings, [topic for topic in self.topics if topic not in ours]

    def _judge(self, one: wire.Subscription, url: str) -> Finding | None:
        if one.uri != url:
            if one.topic not in self.topics:
                return None  # another integration's business
            return Finding(
                code="foreign_subscription",
                severity=Severity.WARNING,
                message=f"{one.topic} is also sent to {shown(one.uri)}",
                fix="Delete that subscription if it is a former address of Isthmus.",
            )
        if one.format != "JSON" or one.filter or one.include_fields:
            return Finding(
                code="wrong_subscription",
                severity=Severity.PROBLEM,
                message=f"{one.topic} is not sent whole (format {one.format}, filter or chosen fields)",
                fix="Delete this webhook subscription in the app's settings; Isthmus creates it anew.",
            )
        if one.topic not in self.topics:
            return Finding(
                code="needless_subscription",
                severity=Severity.WARNING,
                message=f"{one.topic} is sent here but not used",
                fix="Delete this webhook subscription.",
            )
        return None

    async def _create(self, topic: str, url: str) -> Finding | None:
        variables = {"topic": topic, "subscription": {"uri": url, "format": "JSON"}}
        try:
            # Topic and address together are unique there, so a repeat cannot make a second one.
            answer = await self.client.mutate(
                ask.SUBSCRIBE, variables, wire.SubscribeAnswer, key=f"{topic} {url}", repeatable=True
            )
        except (Forbidden, ContractBroken) as refused:
            return failed(topic, str(refused))
        errors = answer.content.webhook_subscription_create.user_errors
        if not errors or any("taken" in error.message.lower() for error in errors):
            return None
        return failed(topic, errors[0].message)


def failed(topic: str, why: str) -> Finding:
    """Return the finding for a subscription that could not be made."""
    return Finding(
        code="subscription_failed",
        severity=Severity.PROBLEM,
        message=f"Shopify does not send {topic}: {why}",
        fix="The address must be public HTTPS and the app needs the scope of the topic.",
    )


def shown(uri: str) -> str:
    """Return an address without what may be secret in it: user, query and path."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.hostname}" if parts.hostname else f"{parts.scheme}:..."
