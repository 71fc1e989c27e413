"""The reasons page of the reference: which codes exist, what they say, and who gives them."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.reference_source import cell

#: Where reasons are given; connectors and simulators report errors instead.
GIVERS = ("policies", "flows", "engine", "admin")
#: An outcome's name, what follows from it, and which of its arguments are the code and the words.
OUTCOMES = {
    "Skipped": ("nothing to do", 0, 1),
    "Parked": ("a question", 0, 1),
    "Snoozed": ("later", 1, 2),
}


@dataclass(slots=True)
class _Given:
    """One way a job may end."""

    follows: str
    words: str
    places: list[str] = field(default_factory=list[str])


def decision_rows(package: Path, meanings: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Return a row for each code of the closed set, with the modules that name it."""
    places: dict[str, list[str]] = {code: [] for code in meanings}
    for place, tree in _modules(package):
        named = {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        for code in named & places.keys():
            places[code].append(place)
    for code, meaning in meanings.items():
        yield f"`{code}`", cell(meaning), ", ".join(f"`{place}`" for place in places[code])


def outcome_rows(package: Path, meanings: Mapping[str, str]) -> list[tuple[str, str, str, str]]:
    """Return a row for each outcome whose code is written out; what it quotes of the moment stands in braces."""
    found: dict[tuple[str, str], _Given] = {}
    for place, tree in _modules(package):
        for code, name, words in _outcomes(tree):
            given = found.setdefault((code, name), _Given(OUTCOMES[name][0], words or meanings.get(code, "")))
            if place not in given.places:
                given.places.append(place)
    return [
        (f"`{code}`", given.follows, cell(given.words), ", ".join(f"`{place}`" for place in given.places))
        for (code, _), given in sorted(found.items())
    ]


def _modules(package: Path) -> Iterator[tuple[str, ast.Module]]:
    for giver in GIVERS:
        for path in sorted((package / giver).rglob("*.py")):
            if path.name != "reasons.py":
                place = path.relative_to(package).with_suffix("").as_posix().replace("/", ".")
                yield place, ast.parse(path.read_text("utf-8"))


def _outcomes(tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for call in ast.walk(function):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id not in OUTCOMES:
                continue
            _, code_at, words_at = OUTCOMES[call.func.id]
            code = _argument(call, code_at, "code")
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield code.value, call.func.id, _words(_argument(call, words_at, "because"), function, call.lineno)


def _argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[position] if position < len(call.args) else None


def _words(node: ast.expr | None, function: ast.AST, before: int) -> str:
    """Return what an expression says; a name is followed to its last assignment above."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_piece(part) for part in node.values)
    if isinstance(node, ast.Name):
        assigned = [
            other
            for other in ast.walk(function)
            if isinstance(other, ast.Assign)
            and other.lineno < before
            and any(isinstance(target, ast.Name) and target.id == node.id for target in other.targets)
        ]
        if assigned:
            last = max(assigned, key=lambda other: other.lineno)
            return _words(last.value, function, last.lineno)
    return ""


def _piece(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    inner = part.value if isinstance(part, ast.FormattedValue) else part
    words = inner.id if isinstance(inner, ast.Name) else "..."
    return "{" + words + "}"
