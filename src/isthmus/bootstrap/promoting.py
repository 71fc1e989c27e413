"""Take what one environment has tried over into another: flows, mappings and code tables, with the difference shown.

An environment is a project folder: its own database, addresses and secrets, the same flows. What belongs to the place
stays there: `[isthmus]`, the settings of connections, whether a flow is enabled.
"""

import difflib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError

from isthmus.bootstrap.checks import FILE, ConfigError
from isthmus.bootstrap.code_tables import FOLDER as TABLES
from isthmus.bootstrap.config import ProjectConfig, read_config
from isthmus.bootstrap.mappings import FOLDER as MAPPINGS
from isthmus.bootstrap.wiring import flow_settings

#: Where the target's files are kept as they were; a folder in it can be promoted back.
KEPT = "promotions"
#: Keys of a flow that say something of the place.
OF_THE_PLACE = ("enabled",)
_KINDS = (".toml", ".csv", ".py", ".json")
#: Shorter values of the environment are words such as "true", which stand everywhere.
SHORTEST_SECRET = 8


@dataclass(frozen=True, slots=True)
class Change:
    """One file that differs: what it is to hold (None: it goes) and the difference in lines."""

    path: str
    text: str | None
    lines: Sequence[str]

    @property
    def says(self) -> str:
        """Return what happens to the file, in a word."""
        if self.text is None:
            return "removed"
        return "added" if all(line.startswith(("+", "@")) for line in self.lines) else "changed"


def difference(source: Path, target: Path) -> list[Change]:
    """Return every file that differs.

    Raises `ConfigError` where a flow needs a connection the target does not have, and where a file holds a secret.
    """
    here, there = read_config(source), read_config(target)
    _same_connections(here, there)
    mine, theirs = dict(_files(source)), dict(_files(target))
    mine[FILE] = _with_flows(source / FILE, target / FILE)
    theirs[FILE] = (target / FILE).read_text("utf-8")
    changes = [
        Change(path, mine.get(path), _lines(path, theirs.get(path), mine.get(path)))
        for path in sorted({*mine, *theirs})
        if mine.get(path) != theirs.get(path)
    ]
    _refuse_secrets(changes, {**here.environment, **there.environment})
    if changes:
        _tried(target, changes)
    return changes


def promote(target: Path, changes: Sequence[Change], now: datetime) -> Path:
    """Write the changes into the target, code tables first; return the folder that keeps what was there."""
    kept = target / KEPT / f"{now:%Y%m%dT%H%M%SZ}"
    kept.mkdir(parents=True, exist_ok=True)
    shutil.copy2(target / FILE, kept / FILE)
    for folder in (TABLES, MAPPINGS):
        if (target / folder).is_dir():
            shutil.copytree(target / folder, kept / folder, dirs_exist_ok=True)
    _write(target, changes)
    return kept


def _write(folder: Path, changes: Sequence[Change]) -> None:
    # A document that needs a table must not be read before the table is there.
    order = {TABLES: 0, MAPPINGS: 1}
    for each in sorted(changes, key=lambda change: (order.get(change.path.split("/")[0], 2), change.path)):
        path = folder / each.path
        if each.text is None:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.write_text(each.text, "utf-8", newline="")
        new.replace(path)  # whoever reads meanwhile reads the old or the new one


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for name in (MAPPINGS, TABLES):
        for path in sorted((folder / name).rglob("*")):
            if path.is_file() and path.suffix in _KINDS and not path.name.endswith(".draft.toml"):
                try:
                    yield path.relative_to(folder).as_posix(), path.read_bytes().decode("utf-8")
                except UnicodeDecodeError:
                    message = f"{path.relative_to(folder).as_posix()} is not a text in UTF-8"
                    raise ConfigError(message) from None


def _same_connections(here: ProjectConfig, there: ProjectConfig) -> None:
    for name, mine in here.connections.items():
        used = any(name in (flow.source, flow.destination) for flow in here.flows)
        other = there.connections.get(name)
        if used and other is None:
            message = f"the target has no [connections.{name}]: add it there with its own address and secrets"
            raise ConfigError(message)
        if other is not None and other.connector != mine.connector:
            message = f"[connections.{name}] is {other.connector} in the target and {mine.connector} here"
            raise ConfigError(message)


def _with_flows(source: Path, target: Path) -> str:
    """Return the target's project file with the source's flows; comments and all else stay as they are."""
    try:
        mine, theirs = (tomlkit.parse(path.read_bytes().decode("utf-8")) for path in (source, target))
    except (TOMLKitError, UnicodeDecodeError) as wrong:
        message = f"{FILE}: {wrong}"
        raise ConfigError(message) from wrong
    wanted = cast("dict[str, Any]", mine).get("flows", {})
    flows = theirs.setdefault("flows", tomlkit.table(is_super_table=True))
    for name in [name for name in flows if name not in wanted]:
        del flows[name]
    for name, body in wanted.items():
        if name not in flows:
            flows[name] = body
            continue
        _merged(flows[name], body)
    return tomlkit.dumps(theirs)


def _merged(there: Any, here: Mapping[str, Any]) -> None:
    """Give a table of the target the source's keys, leaving alone what says the same already."""
    for key in [key for key in there if key not in here and key not in OF_THE_PLACE]:
        del there[key]
    for key, value in here.items():
        if key in OF_THE_PLACE:
            continue
        if isinstance(value, Mapping) and isinstance(there.get(key), Mapping):
            _merged(there[key], cast("Mapping[str, Any]", value))
        elif key not in there or _plain(there[key]) != _plain(value):
            there[key] = value


def _plain(value: Any) -> Any:
    return value.unwrap() if hasattr(value, "unwrap") else value


def _lines(path: str, old: str | None, new: str | None) -> list[str]:
    before, after = (old or "").splitlines(), (new or "").splitlines()
    return list(difflib.unified_diff(before, after, f"{path} (target)", path, lineterm="", n=1))[2:]


def _refuse_secrets(changes: Sequence[Change], environment: Mapping[str, str]) -> None:
    secrets = {
        name: value
        for name, value in environment.items()
        if name.startswith("ISTHMUS_") and len(value) >= SHORTEST_SECRET and any(word in name for word in _SECRET_WORDS)
    }
    for each in changes:
        for name, value in secrets.items():
            if each.text is not None and value in each.text:
                message = f"{each.path} holds the value of {name}: secrets stay in the environment"
                raise ConfigError(message)


_SECRET_WORDS = ("SECRET", "TOKEN", "PASSWORD", "KEY")


def _tried(target: Path, changes: Sequence[Change]) -> None:
    """Open the target as it would be, in a folder of its own. Raises `ConfigError` for what would not run."""
    with tempfile.TemporaryDirectory(prefix="isthmus-promote-") as scratch:
        trial = Path(scratch)
        shutil.copy2(target / FILE, trial / FILE)
        for folder in (TABLES, MAPPINGS):
            if (target / folder).is_dir():
                shutil.copytree(target / folder, trial / folder)
        _write(trial, changes)
        (trial / FILE).write_text(_all_enabled((trial / FILE).read_text("utf-8")), "utf-8")
        try:
            flow_settings(read_config(trial))
        except ConfigError as wrong:
            message = f"nothing was written: with these changes the target would not start: {wrong}"
            raise ConfigError(message) from wrong


def _all_enabled(text: str) -> str:
    """Return a project file in which every flow runs: what is not enabled yet has to work on the day it is."""
    whole = tomlkit.parse(text)
    for flow in cast("dict[str, Any]", whole).get("flows", {}).values():
        flow.pop("enabled", None)
    return tomlkit.dumps(whole)


def writable(target: Path) -> bool:
    """Tell whether the target's files can be written."""
    return os.access(target, os.W_OK) and os.access(target / FILE, os.W_OK)
