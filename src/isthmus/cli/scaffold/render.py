"""From the templates to the texts of a new connector. Pure but for reading the package's own files."""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template

from isthmus.cli.scaffold.wish import Role, Wish

SUFFIX = ".tmpl"
_OPEN = re.compile(r"__([a-z]+)__")
#: A line that is there for one role only begins with the role.
_FOR_ROLE = re.compile(r"^%([a-z]+)%(.*\n)", re.MULTILINE)
_IMPORT = r"from (?:isthmus|tests)\S* import (?:\([^)]*\)|[^\n(]+)\n"
_IMPORTS = re.compile(rf"^(?:{_IMPORT})+", re.MULTILINE)


def rendered(wish: Wish) -> dict[str, str]:
    """Return the text of every file by its path from the root of a checkout."""
    words = wish.words
    return {
        _path(name, words): _sorted(Template(_for_role(text, wish.role)).substitute(words))
        for name, text in _templates(files(__package__ or "").joinpath("templates"), "")
    }


def _templates(folder: Traversable, above: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            yield from _templates(entry, f"{above}{entry.name}/")
        elif entry.name.endswith(SUFFIX):
            yield f"{above}{entry.name.removesuffix(SUFFIX)}", entry.read_text("utf-8")


def _path(name: str, words: Mapping[str, str]) -> str:
    # `__init__` is no word of ours and stays.
    return _OPEN.sub(lambda found: words.get(found[1], found[0]), name)


def _for_role(text: str, role: Role) -> str:
    return _FOR_ROLE.sub(lambda line: line[2] if line[1] == role else "", text)


def _sorted(text: str) -> str:
    """Put imports in order: where a new package stands among the others depends on its name."""
    return _IMPORTS.sub(lambda block: "".join(sorted(re.findall(_IMPORT, block[0]), key=_module)), text)


def _module(line: str) -> str:
    return line.split()[1]
