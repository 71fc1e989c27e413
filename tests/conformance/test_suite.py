"""The suite catches what it is for: each test spoils one thing in a good connector and sees the rule break."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from isthmus.kit.http import Request
from isthmus.ports.connector import Connector, Session, Tools
from isthmus.ports.errors import AuthExpired, InDoubt, Trouble, Unreachable
from isthmus.ports.receiver import Accepted, Delivery, Notice
from isthmus.ports.sink import Key, Put, Receipt
from isthmus.ports.source import Cursor, Page
from isthmus.testing.conformance import RULES, Broken, Double, State, Tier, ask, doubles, hold
from isthmus.testing.conformance.measured import REPORT, covered
from isthmus.testing.conformance.suite import BadExemption, Examined, Verdict, exemptions

ROOT = Path(__file__).parents[2]
RULE = {rule.id: rule for rule in RULES}
Spoil = Callable[[Session, Tools], Session]


def spoiled(slug: str, spoil: Spoil) -> Double:
    """Return a connector's double with every session spoiled, and only one kind read: that is enough to be caught."""
    double = doubles(slug, ROOT)
    assert double is not None
    good = double.connector
    bad = Connector(good.manifest, lambda form, tools: spoil(good.open(form, tools), tools))
    reads = {kind: double.reads[kind] for kind in ("order", "stock_level")}
    return replace(double, connector=bad, reads=reads)


async def broken(rule: str, double: Double) -> str:
    with pytest.raises(Broken) as caught:
        await hold(RULE[rule], double)
    return str(caught.value)


@dataclass
class Forgetful:
    """A sink that never looks before it writes, and writes under another key each time."""

    inner: Any
    batch: int = 1
    upserts: bool = False
    puts: int = 0

    async def find(self, key: Key) -> Receipt | None:
        del key

    async def put(self, record: Any, *, key: Key, existing: Receipt | None = None) -> Receipt:
        del existing
        self.puts += 1
        return await self.inner.put(record, key=Key(f"{key.unique}/{id(self)}/{self.puts}", key.reference))

    async def put_many(self, puts: Sequence[Put[Any]]) -> Sequence[Receipt | Trouble]:
        return [await self.put(put.record, key=put.key) for put in puts]


class Careless(Forgetful):
    """A sink that takes a lost answer for a failure, and one bad record for the end of the batch."""

    async def put(self, record: Any, *, key: Key, existing: Receipt | None = None) -> Receipt:
        try:
            return await self.inner.put(record, key=key, existing=existing)
        except InDoubt as doubt:
            raise Unreachable(str(doubt)) from doubt


@dataclass
class Hurried:
    """A source that leaves something out."""

    inner: Any
    drop_last_record: bool = False
    drop_cursor: bool = False
    swallow: bool = False

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Any]]:
        try:
            async for page in self.inner.changes(None if self.drop_cursor else since):
                records = page.records[:-1] if self.drop_last_record and page.last else page.records
                yield replace(page, records=records)
        except Trouble:
            if not self.swallow:
                raise
            yield Page([], Cursor("?"), last=True)

    async def read(self, ids: Sequence[str]) -> Sequence[Any]:
        return await self.inner.read(ids)


@dataclass
class Gullible:
    """A receiver that believes everybody."""

    inner: Any
    fixed: str = ""

    def verify(self, delivery: Delivery, now: datetime) -> Accepted:
        if self.fixed:
            return replace(self.inner.verify(delivery, now), delivery_id=self.fixed)
        return Accepted("1", delivery.headers.get("x-shopify-topic", ""))

    def notices(self, topic: str, body: bytes) -> Sequence[Notice]:
        return self.inner.notices(topic, body)


def sinks(kind: Callable[[Any], Any]) -> Spoil:
    return lambda session, _tools: replace(session, sinks={name: kind(one) for name, one in session.sinks.items()})


def sources(**how: bool) -> Spoil:
    return lambda session, _tools: replace(
        session, sources={name: Hurried(one, **how) for name, one in session.sources.items()}
    )


@pytest.mark.parametrize(("rule", "seen"), [("same_key_once", "three ids"), ("lost_answers_found", "is there 2 times")])
async def test_a_sink_that_does_not_look_first_is_caught(rule: str, seen: str) -> None:
    assert seen in await broken(rule, spoiled("odoo", sinks(Forgetful)))


async def test_a_lost_answer_taken_for_a_failure_is_caught() -> None:
    assert "InDoubt expected, Unreachable raised" in await broken(
        "write_failures_sorted", spoiled("odoo", sinks(Careless))
    )


async def test_a_batch_that_fails_as_a_whole_is_caught() -> None:
    assert "failed as a whole" in await broken("bad_record_alone", spoiled("odoo", sinks(Careless)))


@pytest.mark.parametrize("rule", ["paging_complete", "cursor_resumes"])
async def test_a_source_that_loses_the_last_record_is_caught(rule: str) -> None:
    assert "missing" in await broken(rule, spoiled("shopify", sources(drop_last_record=True)))


async def test_a_source_that_hides_failures_is_caught() -> None:
    assert "nothing raised" in await broken("read_failures_sorted", spoiled("shopify", sources(swallow=True)))


async def test_a_receiver_that_believes_everybody_is_caught() -> None:
    double = spoiled("shopify", lambda session, _tools: replace(session, receiver=Gullible(session.receiver)))
    assert "changed body" in await broken("bad_signatures", double)


async def test_deliveries_that_cannot_be_told_apart_are_caught() -> None:
    double = spoiled("shopify", lambda session, _tools: replace(session, receiver=Gullible(session.receiver, "same")))
    assert "two deliveries have one id" in await broken("replayed_deliveries", double)


@dataclass
class Talkative:
    """A probe that quotes the credential."""

    inner: Any
    secret: str

    async def probe(self) -> Any:
        try:
            return await self.inner.probe()
        except Trouble as trouble:
            message = f"{trouble}; check {self.secret}"
            raise AuthExpired(message) from trouble

    async def ping(self) -> None:
        await self.inner.ping()


async def test_a_secret_in_a_message_is_caught() -> None:
    double = spoiled("odoo", lambda session, _tools: replace(session, probe=Talkative(session.probe, "demo-key")))
    assert "a secret stands in it" in await broken("secrets_out_of_errors", double)


async def test_a_call_outside_the_pace_is_caught() -> None:
    class Rogue:
        def __init__(self, inner: Any, tools: Tools, url: str) -> None:
            self.inner, self.tools, self.url = inner, tools, url

        async def probe(self) -> Any:
            await self.tools.http.send(Request("GET", f"{self.url}/", "rogue"))
            return await self.inner.probe()

        async def ping(self) -> None:
            await self.inner.ping()

    double = doubles("odoo", ROOT)
    assert double is not None
    good = double.connector

    def opened(form: Any, tools: Tools) -> Session:
        session = good.open(form, tools)
        return replace(session, probe=Rogue(session.probe, tools, form["url"]))

    double = replace(double, connector=Connector(good.manifest, opened))
    assert await broken("pace_kept", double) == "called without holding a slot: rogue"


async def test_a_changed_translation_is_caught() -> None:
    double = spoiled("odoo", lambda session, _tools: session)
    other = replace(double, golden=double.golden.parent / "nowhere")
    assert "there is no recording order.json" in await broken("golden_readings", other)


async def test_what_escapes_a_connector_breaks_the_rule_and_not_the_suite() -> None:
    def explode(_session: Session, _tools: Tools) -> Session:
        message = "boom"
        raise KeyError(message)

    verdict = await ask(RULE["probe_works"], spoiled("odoo", explode))
    assert (verdict.state, verdict.why) == (State.BROKEN, "KeyError: 'boom'")


def test_a_tier_needs_every_rule_of_it_and_below() -> None:
    def with_broken(*names: str) -> Tier:
        verdicts = [Verdict(rule, State.BROKEN if rule.id in names else State.HELD) for rule in RULES]
        return Examined("x", tuple(verdicts)).tier

    assert with_broken() is Tier.GOLD
    assert with_broken("runbooks") is Tier.SILVER
    assert with_broken("echoes") is Tier.BRONZE
    assert with_broken("money_exact") is Tier.NONE
    assert Examined.unknown("x").tier is Tier.NONE


@pytest.mark.parametrize(
    ("package", "line", "said"),
    [
        ("exempts_nonsense", 'nonsense = "a reason that is long"', "there is no rule 'nonsense'"),
        ("exempts_silently", 'echoes = ""', "without a reason"),
    ],
)
def test_an_exemption_names_a_rule_and_a_reason(
    package: str, line: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / package
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "quality.toml").write_text(f"[exempt]\n{line}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(BadExemption, match=said):
        exemptions(package)


def test_coverage_counts_lines_and_branches_of_the_connector_alone() -> None:
    def file(lines: int, branches: int, met: int) -> dict[str, Any]:
        share = {"num_statements": lines, "num_branches": branches, "covered_lines": met, "covered_branches": 0}
        return {"summary": share | {"percent_covered": 100 * met / (lines + branches)}}

    report = {
        "files": {
            "src/isthmus/connectors/odoo/client.py": file(90, 10, 80),
            "src/isthmus/connectors/shopify/client.py": file(10, 10, 0),
        }
    }
    assert covered(report, "isthmus.connectors.odoo") == (80.0, "client.py 80 %")
    with pytest.raises(Broken, match="says nothing about"):
        covered(report, "isthmus.connectors.other")


async def test_coverage_that_was_not_measured_has_not_been_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(REPORT, str(tmp_path / "none.json"))
    assert "not measured" in await broken("branch_coverage", spoiled("odoo", lambda session, _tools: session))


def test_every_rule_says_what_it_promises_and_the_docs_repeat_it() -> None:
    assert [rule.id for rule in RULES if not rule.promise.endswith(".")] == []
    page = (ROOT / "docs" / "explanation" / "quality-tiers.md").read_text("utf-8")
    assert [rule.id for rule in RULES if f"| `{rule.id}` | {rule.promise} |" not in page] == []
