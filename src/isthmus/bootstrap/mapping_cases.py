"""Tests of a mapping: recorded orders with what they must come to, in `mappings/tests/<name>.json` or `.toml`."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.config import ProjectConfig
from isthmus.bootstrap.mapping_files import Written, order_flow, read_flow, read_text
from isthmus.bootstrap.mapping_try import Tried
from isthmus.bootstrap.mappings import FOLDER
from isthmus.canonical.neutral import neutral
from isthmus.canonical.order import Order
from isthmus.canonical.record import dump, load
from isthmus.flows.order_preview import Around, filled, preview, results
from isthmus.kit.names import nearest

TESTS = "tests"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_PATH = re.compile(r"(order|customer)\..+|takes")


class Case(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One test. `expected` is by path; `wrong` are the rows that must have no answer, as `order.custom.x`."""

    flow: str
    note: str = ""
    order: dict[str, Any]
    #: The other system's warehouse code by the source's place, as it was found when the order was recorded.
    warehouses: dict[str, str] = {}
    expected: dict[str, Any]
    wrong: list[str] = []


@dataclass(frozen=True, slots=True)
class Difference:
    """A path that is not what the test expects."""

    path: str
    expected: Any
    got: Any


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one test."""

    name: str
    flow: str
    differences: Sequence[Difference]

    @property
    def passed(self) -> bool:
        """Tell whether everything is as expected."""
        return not self.differences


def tests_folder(folder: Path) -> Path:
    """Return where a project's tests stand."""
    return folder / FOLDER / TESTS


def read_cases(folder: Path) -> dict[str, Case]:
    """Return every test by the name of its file. Raises `ConfigError` for one that cannot be read."""
    paths = [path for path in sorted(tests_folder(folder).glob("*")) if path.suffix in (".json", ".toml")]
    found: dict[str, Case] = {}
    for path in paths:
        if path.stem in found:
            message = f"{_shown(path)}: there is another test named {path.stem}"
            raise ConfigError(message)
        found[path.stem] = read_case(path)
    return found


def read_case(path: Path) -> Case:
    """Return one test. Raises `ConfigError` that names the file and the place in it."""
    text = read_text(path) or ""
    try:
        tree = tomllib.loads(text) if path.suffix == ".toml" else msgspec.json.decode(text)
        case = msgspec.convert(tree, Case)
        load(Order, msgspec.json.encode(case.order))
    except (ValueError, RecursionError) as wrong:
        message = f"{_shown(path)}: {wrong}"
        raise ConfigError(message) from wrong
    for each in case.expected:
        if not _PATH.fullmatch(each):
            message = f"{_shown(path)}: expected {each!r} is no path such as order.custom.x, customer.name or takes"
            raise ConfigError(message)
    return case


def _shown(path: Path) -> str:
    return f"{FOLDER}/{TESTS}/{path.name}"


def run_case(name: str, case: Case, written: Written) -> Result:
    """Return what differs from what the test expects."""
    settings = written.settings
    order = load(Order, msgspec.json.encode(case.order))
    around = Around(settings.tables, settings.zone, settings.reference, settings.warehouse, case.warehouses)
    found = preview(written.mapping, order, around)
    got = results(found)
    expected = msgspec.to_builtins(case.expected)
    differences = [
        Difference(path, value, got.get(path)) for path, value in expected.items() if not _same(value, got.get(path))
    ]
    rows = {_row(each.where.row): each.says for each in found.wrong}
    differences += [
        Difference(row, "no answer" if row in case.wrong else "an answer", rows.get(row, "an answer"))
        for row in sorted({*case.wrong} ^ {*rows})
    ]
    differences += [Difference(each.where.row, "readable", each.says) for each in written.wrong]
    return Result(name, case.flow, differences)


def _row(where: str) -> str:
    """Return a row without the part of it: `order.custom.x from` is `order.custom.x`."""
    return where.removesuffix(" from").removesuffix(" when").removesuffix(" check")


def _same(expected: Any, got: Any) -> bool:
    """Tell whether a value is what is expected; numbers are texts in records, and nothing is nothing."""
    if expected in ("", None):
        return got in ("", None)
    if isinstance(expected, int | float) and not isinstance(expected, bool) and isinstance(got, str):
        return str(expected) == got
    return expected == got


def run_cases(
    config: ProjectConfig, flow: str = "", *, draft: bool = False, draft_of: Mapping[str, Written] | None = None
) -> list[Result]:
    """Run every test of a flow, or all. Raises `ConfigError` for tests, flows or drafts that are not there."""
    names = {each.name for each in config.flows}
    if flow:
        order_flow(config, flow)
    read: dict[str, Written] = dict(draft_of or {})
    found: list[Result] = []
    for name, case in read_cases(config.folder).items():
        if flow and case.flow != flow:
            continue
        if case.flow not in names:
            message = f"{FOLDER}/{TESTS}/{name}: there is no flow {case.flow!r}{nearest(case.flow, names)}"
            raise ConfigError(message)
        if case.flow not in read:
            read[case.flow] = read_flow(config, order_flow(config, case.flow), draft=draft)
        found.append(run_case(name, case, read[case.flow]))
    return found


def record(config: ProjectConfig, tried: Tried, name: str, *, keep: bool) -> Path:
    """Write a test from an order as it was tried: what it comes to today is what is expected. Raises `ConfigError`."""
    if not _NAME.fullmatch(name):
        message = f"--name {name!r} must be small letters, digits, points and dashes"
        raise ConfigError(message)
    path = tests_folder(config.folder) / f"{name}.json"
    if name in {each.stem for each in path.parent.glob("*")}:
        message = f"{_shown(path)} exists already: choose another name, or remove it"
        raise ConfigError(message)
    order = tried.preview.source if keep else neutral(tried.preview.source)
    places = {line.warehouse for line in order.lines}
    around = replace(tried.around, warehouses={k: v for k, v in tried.around.warehouses.items() if k in places})
    found = preview(tried.written.mapping, order, around)
    case = Case(
        flow=tried.written.flow.name,
        order=msgspec.json.decode(dump(order)),
        warehouses=dict(around.warehouses),
        expected=filled(found),
        wrong=sorted({_row(each.where.row) for each in found.wrong}),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(case), indent=2).decode() + "\n"
    path.write_text(text, "utf-8")
    return path
