"""A checkout of Isthmus: what a new connector adds to it, all of it or nothing."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isthmus import __version__
from isthmus.cli.scaffold.render import rendered
from isthmus.cli.scaffold.wish import Role, Wish

PROJECT = "pyproject.toml"
INDEX = "docs/connectors/index.md"
GROUPS = {"isthmus.connectors": "CONNECTOR", "isthmus.simulators": "SIMULATOR"}


class CannotMake(Exception):
    """The connector cannot be made here; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be made and what will be changed, by path from the root."""

    root: Path
    made: Mapping[str, str]
    changed: Mapping[str, str]

    def carry_out(self) -> None:
        """Write everything. Raises `CannotMake`, with everything as it was before."""
        before = {path: (self.root / path).read_text("utf-8") for path in self.changed}
        folders: list[Path] = []
        try:
            for path, text in self.made.items():
                for folder in _missing((self.root / path).parent):
                    folder.mkdir()
                    folders.append(folder)
                (self.root / path).write_text(text, "utf-8")
            for path, text in self.changed.items():
                (self.root / path).write_text(text, "utf-8")
        except OSError as wrong:
            self._undo(before, folders)
            message = f"cannot write {wrong.filename}: {wrong.strerror}; nothing was changed"
            raise CannotMake(message) from wrong

    def _undo(self, before: Mapping[str, str], folders: Sequence[Path]) -> None:
        for path, text in before.items():
            if (self.root / path).read_text("utf-8") != text:
                (self.root / path).write_text(text, "utf-8")
        for path in self.made:
            if (self.root / path).is_file():
                (self.root / path).unlink()
        for folder in reversed(folders):
            folder.rmdir()


def find(start: Path) -> Path:
    """Return the root of the checkout `start` is in. Raises `CannotMake`."""
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / PROJECT).is_file() and (folder / "src" / "isthmus" / "connectors").is_dir():
            return folder
    message = f"{start} is in no checkout of Isthmus: clone the repository and run this inside, or name it with --dir"
    raise CannotMake(message)


def plan(wish: Wish, root: Path) -> Plan:
    """Return what a new connector takes. Raises `CannotMake` where anything of that name is there already."""
    made = rendered(wish)
    there = [path for path in [*_homes(wish), *made] if (root / path).exists()]
    if there:
        message = f"there is something of that name already, so nothing was made: {', '.join(there)}"
        raise CannotMake(message)
    changed = {PROJECT: with_entries(_read(root, PROJECT), wish.slug), INDEX: with_row(_read(root, INDEX), wish)}
    return Plan(root, made, changed)


def with_entries(text: str, slug: str) -> str:
    """Return `pyproject.toml` with the connector's entry points. Raises `CannotMake`."""
    for group, name in GROUPS.items():
        if slug in _entries(text, group):
            message = f"{PROJECT} has an entry point {slug!r} in {group} already, so nothing was made"
            raise CannotMake(message)
        head, title, tail = text.partition(f'[project.entry-points."{group}"]\n')
        section, gap, rest = tail.partition("\n\n")
        text = f'{head}{title}{section}\n{slug} = "{group}.{slug}:{name}"{gap}{rest}'
        if not title or _entries(text, group).get(slug) != f"{group}.{slug}:{name}":
            message = f'{PROJECT} has no section [project.entry-points."{group}"] to add to, so nothing was made'
            raise CannotMake(message)
    return text


def with_row(text: str, wish: Wish) -> str:
    """Return the list of connectors' pages with a row more. Raises `CannotMake`."""
    release = ".".join(__version__.split(".")[:2])
    role = "ERP" if wish.role is Role.ERP else wish.role.value
    table, bar, rest = text.rpartition("|\n")
    if not bar:
        message = f"{INDEX} has no table to add to, so nothing was made"
        raise CannotMake(message)
    return f"{table}{bar}| [{wish.name}]({wish.slug}.md) | {role} | {release} |\n{rest}"


def _homes(wish: Wish) -> list[str]:
    """Return the packages and modules that would stand in the way."""
    places = ("src/isthmus/connectors/{}", "src/isthmus/simulators/{}", "tests/connectors/{}", "tests/simulators/{}")
    homes = [place.format(wish.slug) for place in places]
    return [*homes, *(f"{home}.py" for home in homes)]


def _entries(text: str, group: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)["project"]["entry-points"].get(group, {})
    except (tomllib.TOMLDecodeError, KeyError) as wrong:
        message = f"{PROJECT} cannot be read: {wrong}"
        raise CannotMake(message) from wrong


def _read(root: Path, path: str) -> str:
    try:
        return (root / path).read_text("utf-8")
    except OSError as wrong:
        message = f"cannot read {path}: {wrong.strerror}"
        raise CannotMake(message) from wrong


def _missing(folder: Path) -> list[Path]:
    """Return a folder and those above it that are not there, outermost first."""
    return [one for one in (folder, *folder.parents) if not one.exists()][::-1]
