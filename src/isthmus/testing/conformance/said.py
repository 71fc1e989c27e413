"""What a connector says of itself before it is opened: its manifest and the sources of its wire types."""

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import PurePosixPath

from isthmus.canonical.kinds import KINDS
from isthmus.testing.conformance.bench import Bench
from isthmus.testing.conformance.rule import Broken, Tier, expect, expect_same, rule

ROLES = frozenset({"shop", "erp", "marketplace", "channel"})
#: A page of the vendor, or a file of its source where that is the documentation.
_CITED = re.compile(r"https?://\S+|\b[\w-]+/[\w./-]+\.(?:py|php|js|java|xsd|wsdl|proto|graphql|pdf)\b")
#: Modules that translate what goes over the wire must name where the facts come from.
_WIRE = re.compile(r"^wire\w*\.py$")
_LEAST_HELP = 10


@rule(Tier.BRONZE)
async def manifest_complete(bench: Bench) -> None:
    """The manifest says everything a person and the engine need, and the session offers what it says."""
    manifest = bench.manifest
    expect(manifest.role in ROLES, f"role {manifest.role!r} is none of {', '.join(sorted(ROLES))}")
    for name in ("slug", "name", "api_version", "docs"):
        expect(getattr(manifest, name), f"{name} is empty")
    pace = manifest.pace
    published = pace.per_second > 0 and pace.burst >= 1
    unpublished = pace.per_second == 0 and pace.burst == 0  # then only the number of calls at a time bounds it
    expect(published or unpublished, "the pace has a rate without a burst, or a burst without a rate")
    expect(pace.concurrency >= 1, "the pace lets nothing through")
    expect(manifest.settle_s >= 0, "settle_s is negative")
    expect(manifest.limits, "limits: no system is supported without any limit; say what is not done")
    keys = [one.key for one in manifest.settings]
    expect(len(keys) == len(set(keys)), "a setting is listed twice")
    expect(any(one.secret for one in manifest.settings), "no setting is marked secret")
    for one in manifest.settings:
        expect(one.label and len(one.help) >= _LEAST_HELP, f"setting {one.key}: label and help are for a person")
    session = bench.open()
    for said, offered in ((manifest.reads, session.sources), (manifest.writes, session.sinks)):
        expect_same(offered, said, "what the session offers against the manifest")
        expect_same(set(said) - KINDS.keys(), (), "kinds of record there are not")
    expect(bool(manifest.topics) == (session.subscriptions is not None), "topics and subscriptions go together")
    expect_same(bench.double.reads, manifest.reads, "kinds described for the suite (reads)")
    expect_same(bench.double.writes, manifest.writes, "kinds described for the suite (writes)")


@rule(Tier.BRONZE)
async def wire_cited(bench: Bench) -> None:
    """Every module about the wire names the vendor's page in its docstring."""
    found = [each for each in modules(bench.double.package) if _WIRE.match(PurePosixPath(each[0]).name)]
    expect(found, "there is no wire module")
    for name, text in found:
        cited = ast.get_docstring(ast.parse(text)) or ""
        if not _CITED.search(cited):
            message = f"{name}: the docstring names no page of the vendor"
            raise Broken(message)


def modules(package: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of each Python file of a package."""
    for entry in sorted(files(package).iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".py"):
            yield entry.name, entry.read_text("utf-8")
