"""The chapter of the hand-over book about the connected systems."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from isthmus.admin.known import Known
from isthmus.bootstrap.book_help import page
from isthmus.bootstrap.config import ConnectionConfig, FlowConfig, ProjectConfig, variable
from isthmus.bootstrap.connectors import connector, limits_of
from isthmus.bootstrap.flow_facts import SCOPES
from isthmus.engine.hold import Window
from isthmus.kit.paper import Code, Part, Table, Text
from isthmus.ports.connector import Manifest, PaceLimits

_KIND = {"shop": "shop", "erp": "ERP"}


def systems(config: ProjectConfig, known: Known, now: datetime, docs: str) -> Iterator[Part]:
    """Yield the chapter: a part for each connection."""
    says = [] if config.connections else ["There is none."]
    yield Part("Systems", says)
    for each in config.connections.values():
        manifest = connector(each.connector).manifest
        rows = [*_facts(each, manifest, config, known), ("documentation", page(manifest.docs, docs))]
        yield Part(f"{each.name}: {manifest.name}", tables=[Table(("fact", "it is"), rows)], level=3)
        if permissions := list(_permissions(each, manifest, config)):
            yield Part(f"{each.name}: what its account must be allowed", tables=[_table(permissions)], level=4)
        if each.windows:
            windows = [(_window(window, now), window.because or "planned maintenance") for window in each.windows]
            yield Part(f"{each.name}: planned maintenance", tables=[Table(("when", "why"), windows)], level=4)
        if manifest.limits:
            limits = [(limit,) for limit in manifest.limits]
            yield Part(f"{each.name}: what is not supported", tables=[Table(("limit",), limits)], level=4)


def _table(rows: list[tuple[str, str, str]]) -> Table:
    return Table(("flow", "for", "permission"), rows)


def _facts(
    each: ConnectionConfig, manifest: Manifest, config: ProjectConfig, known: Known
) -> Iterator[tuple[str, Text]]:
    ends = manifest.api_ends_on
    yield "connector", f"{manifest.slug} ({_KIND.get(manifest.role, manifest.role)})"
    yield "API version", each.settings.get("api_version") or manifest.api_version
    yield "API supported until", f"{ends:%Y-%m-%d}" if ends else "its vendor names no end"
    yield "version when last asked", _version(each.name, known)
    yield "calls", _pace(limits_of(manifest, each))
    yield "what is written can be found after", f"{max(each.settle_s, manifest.settle_s):g} s"
    yield "tells of changes", "yes, by webhook" if manifest.topics and config.public_url else "no: it is asked"
    for setting in manifest.settings:
        if setting.secret:
            name = variable(each.name, setting.key)
            there = "is set" if config.environment.get(name) else "is not set"
            yield f"secret: {setting.label}", Code(f"{name} {there}")


def _version(name: str, known: Known) -> str:
    seen = known.seen.get(name)
    if known.because:
        return f"not known: {known.because}"
    if seen is None or not seen.version:
        return "not known: it was not asked yet (`isthmus connect check`)"
    when = f", asked {seen.asked_at:%Y-%m-%d}" if seen.asked_at else ""
    return f"{seen.version}{when}"


def _pace(limits: PaceLimits) -> str:
    said = [f"at most {limits.concurrency} at a time"]
    if limits.per_second:
        said.append(f"{limits.per_second:g} points a second, {limits.burst:g} saved up")
    said += [f"{limit.amount:g} {limit.counts} in {limit.seconds:g} s ({limit.name})" for limit in limits.also]
    if limits.adaptive:
        said.append("fewer when it answers slowly")
    return "; ".join(said)


def _permissions(each: ConnectionConfig, manifest: Manifest, config: ProjectConfig) -> Iterator[tuple[str, str, str]]:
    for flow in config.flows:
        if each.name in (flow.source, flow.destination):
            yield from _of_flow(flow, manifest.scopes)


def _of_flow(flow: FlowConfig, scopes: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str, str]]:
    for kind in SCOPES[flow.kind]:
        for permission in scopes.get(kind, ()):
            yield flow.name, kind.replace("_", " "), permission


def _window(window: Window, now: datetime) -> str:
    if window.first and window.last:
        over = " (over)" if window.last < now else ""
        return f"{window.first:%Y-%m-%d %H:%M} to {window.last:%Y-%m-%d %H:%M} UTC{over}"
    days = ", ".join(window.days)
    less = f", not on {', '.join(f'{day:%Y-%m-%d}' for day in window.except_on)}" if window.except_on else ""
    return f"{days} {window.begins:%H:%M} to {window.ends:%H:%M} {window.zone.key}{less}"
