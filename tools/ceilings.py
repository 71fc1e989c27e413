"""Ceilings and house rules that no general linter knows: `python -m tools.ceilings`.

The rules, each with its reason, are in `WHY`. An exception is an entry with a reason in `tools/ceilings.toml`.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tools.rules import BadException, Finding, read_exempt, report, unexcused

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
#: Files that are read and changed by hand, and so have a ceiling too.
TEXT_SUFFIXES = (".sql", ".html", ".css", ".js")
CORE = ("src/isthmus/canonical/", "src/isthmus/policies/", "src/isthmus/mapping/", "src/isthmus/craft/")
STORE = "src/isthmus/store/"

WHY = {
    "file-length": f"past {LONGEST_FILE} lines a file holds two subjects; find the seam before it has grown shut",
    "function-length": f"past {LONGEST_FUNCTION} lines (docstring not counted) nobody sees what a function promises",
    "clock-in-core": "a decision that reads the clock cannot be repeated or tested; `now` comes in as an argument",
    "sql-outside-store": "one door to the database: transactions, both dialects and their tests live in isthmus.store",
    "unfinished": "a note to do it later is done now or becomes an issue; shipped code has no half-done corners",
}

#: Calls that read a clock or draw chance, by the two last names of the call.
_CLOCK = frozenset(
    {
        ("datetime", "now"),
        ("datetime", "utcnow"),
        ("datetime", "today"),
        ("date", "today"),
        ("time", "time"),
        ("time", "time_ns"),
        ("time", "monotonic"),
        ("time", "perf_counter"),
    }
)
# A statement in one case: "Select a store from the list" is a sentence.
_SQL = re.compile(
    r"""\s*(?:
        (?:SELECT|select)\b.+\b(?:FROM|from)\b
      | (?:INSERT\s+(?:OR\s+\w+\s+)?INTO|insert\s+(?:or\s+\w+\s+)?into)\b
      | (?:UPDATE\s+\S+\s+SET|update\s+\S+\s+set)\b
      | (?:DELETE\s+FROM|delete\s+from)\b
      | (?:WITH|with)\s.+\s(?:AS|as)\s*\(\s*(?:SELECT|INSERT|UPDATE|DELETE|VALUES|select|insert|update|delete|values)\b
    )""",
    re.VERBOSE | re.DOTALL,
)
_UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def check(root: Path) -> list[Finding]:
    """Return what breaks a rule below `root`, a checkout."""
    findings: list[Finding] = []
    for path in sorted([*(root / "src").rglob("*"), *(root / "tools").rglob("*")]):
        if path.suffix == ".py":
            findings += check_python(path.read_text("utf-8"), path.relative_to(root).as_posix())
        elif path.suffix in TEXT_SUFFIXES:
            findings += file_length(path.read_text("utf-8"), path.relative_to(root).as_posix())
    return findings


def check_python(source: str, path: str) -> list[Finding]:
    """Return what breaks a rule in one module; `path` decides which rules apply."""
    tree = ast.parse(source, filename=path)
    findings = [*file_length(source, path), *function_lengths(tree, path), *unfinished(source, path)]
    if path.startswith(CORE):
        findings += clock_reads(tree, path)
    if not path.startswith(STORE):
        findings += sql_strings(tree, path)
    return findings


def file_length(source: str, path: str) -> Iterator[Finding]:
    """Find a file above its ceiling."""
    lines = source.count("\n") + (not source.endswith("\n"))
    if lines > LONGEST_FILE:
        yield Finding("file-length", path, LONGEST_FILE + 1, f"{lines} lines, at most {LONGEST_FILE}")


def function_lengths(tree: ast.Module, path: str) -> Iterator[Finding]:
    """Find functions above the ceiling; lines count from `def` to the end, without the docstring."""
    for name, node in _functions(tree, ""):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1 - _docstring_lines(node)
        if lines > LONGEST_FUNCTION:
            message = f"{name} has {lines} lines, at most {LONGEST_FUNCTION}"
            yield Finding("function-length", path, node.lineno, message, symbol=name)


def clock_reads(tree: ast.Module, path: str) -> Iterator[Finding]:
    """Find calls that read a clock."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if (name, node.func.attr) in _CLOCK:
                yield Finding("clock-in-core", path, node.lineno, f"{name}.{node.func.attr}() in the pure core")


def sql_strings(tree: ast.Module, path: str) -> Iterator[Finding]:
    """Find string literals that are statements for a database; documentation is not looked at."""
    skipped = {id(node) for node in _docstrings(tree)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        text = _text(node)
        if text is not None and _SQL.match(text):
            skipped |= {id(part) for part in ast.walk(node)}
            start = " ".join(text.split())[:40]
            yield Finding("sql-outside-store", path, getattr(node, "lineno", 1), f"a statement: {start!r}")


def unfinished(source: str, path: str) -> Iterator[Finding]:
    """Find comments that put work off."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and (note := _UNFINISHED.search(token.string)):
            yield Finding("unfinished", path, token.start[0], f"{note.group()} in a comment")


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{child.name}", child
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        yield from _functions(child, f"{prefix}{child.name}." if named else prefix)


def _docstring(node: ast.AST) -> ast.Constant | None:
    body = getattr(node, "body", None)
    if not isinstance(body, list) or not body:
        return None
    first: object = body[0]  # pyright: ignore[reportUnknownVariableType] - the body of any node
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first.value
    return None


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if (text := _docstring(node)) is not None:
            yield text


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    text = _docstring(node)
    return 0 if text is None else (text.end_lineno or text.lineno) - text.lineno + 1


def _text(node: ast.AST) -> str | None:
    """Return a literal's text; the values inside an f-string count as one word."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "_" for part in node.values)
    return None


def main() -> int:
    """Check this checkout."""
    root = Path(__file__).parents[1]
    try:
        exempt = read_exempt(root / "tools" / "ceilings.toml", WHY)
    except BadException as wrong:
        print(f"tools/ceilings.toml: {wrong}", file=sys.stderr)
        return 2
    return report(unexcused(check(root), exempt), WHY, "ceilings")


if __name__ == "__main__":
    sys.exit(main())
