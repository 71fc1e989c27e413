"""Compare two revisions of a flow's mapping, publish a draft, go back to what ran before."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from isthmus.admin import revisions
from isthmus.admin.mapping_effect import Effect, effect
from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.config import FlowConfig, ProjectConfig
from isthmus.bootstrap.mapping_cases import Result, run_cases
from isthmus.bootstrap.mapping_check import Checked, checked
from isthmus.bootstrap.mapping_files import Written, draft_path, order_flow, read_flow, read_text, written
from isthmus.bootstrap.mappings import FOLDER, Live, content_of, path_of
from isthmus.engine.context import Context
from isthmus.mapping.build import revision_of
from isthmus.mapping.compare import RowChange, compared

LIVE, DRAFT = "live", "draft"
#: So many letters of a revision are enough where they name one.
SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison."""

    name: str
    written: Written


@dataclass(frozen=True, slots=True)
class Difference:
    """Two revisions side by side, and what the second would change. `notes` is what the comparison cannot show."""

    old: Side
    new: Side
    rows: Sequence[RowChange]
    effect: Effect
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing was published."""

    checked: Checked
    failed: Sequence[Result]


@dataclass(frozen=True, slots=True)
class Published:
    """What was published: the difference that was made, and the new revision (empty for an empty document)."""

    difference: Difference
    revision: str
    tests: int


async def difference(
    config: ProjectConfig, context: Context, old: str, new: str, *, flow: str = "", days: int
) -> Difference:
    """Return two revisions side by side: `live`, `draft`, or what a revision begins with. Raises `ConfigError`."""
    own = order_flow(config, flow)
    notes: list[str] = []
    sides = [await _side(config, context, own, name, notes) for name in (old or LIVE, new or DRAFT)]
    return await _compared(context, sides[0], sides[1], days, notes)


async def _compared(context: Context, old: Side, new: Side, days: int, notes: Sequence[str]) -> Difference:
    rows = compared(old.written.document, new.written.document)
    more = [f"{side.name}: {wrong}" for side in (old, new) for wrong in side.written.wrong]
    found = await effect(context, old.written.settings, new.written.settings, days)
    return Difference(old, new, rows, found, [*notes, *more])


async def _side(config: ProjectConfig, context: Context, flow: FlowConfig, name: str, notes: list[str]) -> Side:
    if name in (LIVE, DRAFT):
        return Side(name, read_flow(config, flow, draft=name == DRAFT))
    ran = await _ran(context, flow.name, name)
    now = written(config, flow, ran.document, f"{flow.name} {ran.revision}")
    if now.mapping.revision != ran.revision:
        notes.append(
            f"{ran.revision} is looked at with hooks.py and code tables as they are now; they were others then"
        )
    return Side(ran.revision, now)


async def _ran(context: Context, flow: str, name: str) -> revisions.Kept:
    """Return a revision by its name or the beginning of it. Raises `ConfigError`."""
    there = [each.revision for each in await revisions.revisions(context, flow)]
    matching = [each for each in there if len(name) >= SHORTEST and each.startswith(name)]
    if len(matching) != 1:
        which = f"there are several: {', '.join(matching)}" if matching else "see `isthmus mapping revisions`"
        message = f"no one revision {name!r} of {flow} ever ran here; {which}"
        raise ConfigError(message)
    found = await revisions.kept(context, flow, matching[0])
    assert found is not None  # noqa: S101 - it was listed a moment ago, and none is ever removed
    return found


async def publish(
    config: ProjectConfig, context: Context, flow: str, *, by: str, why: str, days: int, offline: bool
) -> Published | Refused:
    """Make the draft the document, if it can run and every test of the flow passes. Raises `ConfigError`."""
    own = order_flow(config, flow)
    draft = read_flow(config, own, draft=True)
    found = await checked(config, context, own.name, days=days, offline=offline, draft=True)
    results = run_cases(config, own.name, draft_of={own.name: draft})
    failed = [each for each in results if not each.passed]
    if not found.well or failed:
        return Refused(found, failed)
    before = read_flow(config, own)
    made = await _compared(context, Side(LIVE, before), Side(DRAFT, draft), days, ())
    replace_text(path_of(config.folder, own.name), draft.document.text)
    draft_path(config.folder, own.name).unlink(missing_ok=True)
    after = read_flow(config, own)
    await revisions.changed(
        context,
        own.name,
        "publish mapping",
        before=None if before.wrong else live(before),
        after=live(after),
        by=by,
        why=why,
    )
    return Published(made, after.mapping.revision, len(results))


async def roll_back(
    config: ProjectConfig, context: Context, revision: str, *, flow: str, by: str, why: str, days: int
) -> Published:
    """Make what ran before the document again. Raises `ConfigError`, also where it cannot run with what is there."""
    own = order_flow(config, flow)
    ran = await _ran(context, own.name, revision)
    before = read_flow(config, own)
    notes: list[str] = []
    old = await _side(config, context, own, ran.revision, notes)
    if old.written.wrong:
        message = f"{ran.revision} cannot run with hooks.py and code tables as they are now: {old.written.wrong[0]}"
        raise ConfigError(message)
    if read_text(path_of(config.folder, own.name)) == ran.document:
        message = f"{FOLDER}/{own.name}.toml says what {ran.revision} said already"
        raise ConfigError(message)
    made = await _compared(context, Side(LIVE, before), old, days, notes)
    replace_text(path_of(config.folder, own.name), ran.document)
    after = read_flow(config, own)
    await revisions.changed(
        context,
        own.name,
        "roll back mapping",
        before=None if before.wrong else live(before),
        after=live(after),
        by=by,
        why=why,
    )
    return Published(made, after.mapping.revision, 0)


def live(each: Written) -> Live:
    """Return a mapping as it is written down."""
    tables = revision_of(content_of("", each.files))
    return Live(each.flow.name, each.mapping.revision, each.document.text, each.hooks.text, tables)


def replace_text(path: Path, text: str) -> None:
    """Write a file so that whoever reads meanwhile reads the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, "utf-8", newline="")
    new.replace(path)
