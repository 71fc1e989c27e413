"""Asking Vendure who it is, and whether the token may do what the flows need.

Source: https://docs.vendure.io/reference/graphql-api/admin/
"""

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from isthmus.connectors.vendure import wire
from isthmus.connectors.vendure.client import Client
from isthmus.ports.connector import Manifest
from isthmus.ports.probe import Finding, Report, Severity

SKEW_S = 120.0
#: To cite: where a person gives a token more permissions.
WHERE = "Settings > API > your token"
WELL = "Vendure answers and every permission is there"


@dataclass(frozen=True, slots=True)
class AccountProbe:
    """Questions to one account."""

    client: Client
    manifest: Manifest

    async def probe(self) -> Report:
        """Return the report, with what is missing among the findings."""
        before = self.client.clock.now()
        answer = await self.client.get("account.get", "account", wire.Account)
        account = answer.content
        report = Report(
            account=f"{account.name} ({account.id})",
            version=account.version,
            api_version=self.manifest.api_version,
            api_ends_on=self.manifest.api_ends_on,
            time_zone=account.time_zone,
            currency=account.currency,
            prices_include_tax=account.prices_include_tax,
            server_time=answer.server_time,
            asked_at=before + (self.client.clock.now() - before) / 2,
            permissions=tuple(sorted(account.permissions)),
        )
        return replace(report, findings=tuple(findings(report, self.manifest)))

    async def ping(self) -> None:
        """Ask whose token this is: one call."""
        await self.client.get("account.get", "account", wire.Account)


def findings(report: Report, manifest: Manifest) -> list[Finding]:
    """Return what is not well with an account, or that all is."""
    found = [*_missing(report, manifest)]
    skew = report.clock_skew_s
    if skew is not None and abs(skew) > SKEW_S:
        ahead = "ahead of" if skew > 0 else "behind"
        found.append(
            Finding(
                code="clock_skew",
                severity=Severity.WARNING,
                message=f"the clock of Vendure is {abs(skew):.0f} s {ahead} this machine's",
                fix="Let this machine take its time from an NTP server.",
            )
        )
    return found or [Finding(code="ready", severity=Severity.OK, message=WELL)]


def _missing(report: Report, manifest: Manifest) -> Iterable[Finding]:
    for flow, scopes in sorted(manifest.scopes.items()):
        for scope in scopes:
            if scope not in report.permissions:
                yield Finding(
                    code="scope_missing",
                    severity=Severity.PROBLEM,
                    message=f"the token lacks the permission {scope}, which {flow} needs",
                    fix=f"Add {scope} under {WHERE}.",
                )
