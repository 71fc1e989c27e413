"""The findings page of the reference: every code `isthmus doctor` and `connect check` may show, and who gives it."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.reference_source import cell

#: What makes a finding, and which of its arguments is the code.
MAKERS = {"Finding": None, "Diagnosis": None, "finding": 0, "problem": 1, "warning": 1, "Stop": None}
#: The doctor itself and whatever a system may say; the rehearsal of an order repeats reasons, which have a page.
GIVERS = ("admin/doctor", "bootstrap", "connectors", "craft")


def codes(package: Path) -> dict[str, list[str]]:
    """Return each code that is written out, with the modules that give it."""
    found: dict[str, list[str]] = {}
    for giver in GIVERS:
        for path in sorted((package / giver).rglob("*.py")):
            place = path.relative_to(package).with_suffix("").as_posix().replace("/", ".")
            for code in _named(ast.parse(path.read_text("utf-8"))):
                found.setdefault(code, [])
                if place not in found[code]:
                    found[code].append(place)
    return dict(sorted(found.items()))


def rows(package: Path, meanings: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, str, str, str]]:
    """Return a row for each code. Raises `LookupError` for one without a meaning, and for a meaning nobody gives."""
    given = codes(package)
    if astray := sorted(given.keys() ^ meanings.keys()):
        message = f"findings without a meaning, or meanings nobody gives: {', '.join(astray)}"
        raise LookupError(message)
    for code, places in given.items():
        meaning, fix = meanings[code]
        yield f"`{code}`", cell(meaning), cell(fix), ", ".join(f"`{place}`" for place in places)


def _named(tree: ast.Module) -> Iterator[str]:
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id not in MAKERS:
            continue
        at = MAKERS[call.func.id]
        named = next((each.value for each in call.keywords if each.arg == "code"), None)
        code = named if named is not None or at is None or at >= len(call.args) else call.args[at]
        if isinstance(code, ast.Constant) and isinstance(code.value, str):
            yield code.value
        elif isinstance(code, ast.JoinedStr):
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else "*" for each in code.values)
