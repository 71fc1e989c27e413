"""What the reference pages are made of, read from sources and manifests."""

import ast
import tokenize
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

#: Packages whose settings are not the program's own: a connection's stand in its manifest.
_ELSEWHERE = frozenset({"canonical", "connectors", "simulators"})


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def cell(text: str) -> str:
    """Return text that cannot break out of its cell."""
    return " ".join(text.split()).replace("|", "\\|")


def manifests(folder: Path) -> list[str]:
    """Return a section for each connector."""
    return [_manifest(tomllib.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("*/manifest.toml"))]


def _manifest(told: dict[str, Any]) -> str:
    pace: dict[str, Any] = told.get("pace", {})
    facts = [
        ("role", told.get("role", "")),
        ("API version", f"{told.get('api_version', '')}" + _until(told.get("api_ends_on"))),
        ("documentation", _link(str(told.get("docs", "")))),
        ("reads", ", ".join(told.get("reads", ()))),
        ("writes", ", ".join(told.get("writes", ()))),
        ("told about", ", ".join(told.get("topics", ()))),
        ("settle time", f"{told.get('settle_s', '')} s"),
        ("pace", ", ".join(f"{name} {value}" for name, value in pace.items())),
    ]
    parts = [f"## {told.get('name', told.get('slug'))} (`{told.get('slug')}`)\n"]
    parts.append(table(("what", "value"), [(name, cell(str(value))) for name, value in facts if value]))
    fields: list[dict[str, Any]] = told.get("settings", [])
    if fields:
        parts.append(table(("setting", "label", "meaning", "default"), [_setting(one) for one in fields]))
    scopes: dict[str, list[str]] = told.get("scopes", {})
    if scopes:
        rows = [(cell(flow), ", ".join(f"`{scope}`" for scope in wanted)) for flow, wanted in scopes.items()]
        parts.append(table(("flow", "permissions it needs"), rows))
    if told.get("limits"):
        parts.append("Not supported:\n\n" + "".join(f"- {limit}\n" for limit in told["limits"]))
    return "\n".join(parts)


def _link(address: str) -> str:
    return f"<{address}>" if "://" in address else address


def _until(ends_on: object) -> str:
    return f" (until {ends_on})" if ends_on else ""


def _setting(one: dict[str, Any]) -> tuple[str, str, str, str]:
    default = "required" if one.get("required", True) and not one.get("default") else one.get("default", "")
    secret = " Kept secret." if one.get("secret") else ""
    return f"`{one['key']}`", cell(one.get("label", "")), cell(one.get("help", "")) + secret, cell(str(default))


def error_rows(kind: type[Exception], depth: int = 0) -> Iterator[tuple[str, str, str, str]]:
    """Return a row for an error and for each of its kinds, children below their parent."""
    carried = kind.__init__.__annotations__.keys() - {"return", "message"} if "__init__" in vars(kind) else set[str]()
    words = (kind.__doc__ or "").split("\n\n")[0]
    yield (
        f"`{getattr(kind, 'code', '')}`",
        "&nbsp;&nbsp;" * depth + f"`{kind.__name__}`",
        cell(words),
        ", ".join(f"`{name}`" for name in sorted(carried)),
    )
    for child in kind.__subclasses__():
        if child.__module__ == kind.__module__:
            yield from error_rows(child, depth + 1)


def settings(package: Path) -> list[str]:
    """Return a section for each class of settings; a field's meaning is the comment on its line or above it."""
    sections: list[str] = []
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).parts[0] in _ELSEWHERE:
            continue
        text = path.read_text("utf-8")
        tree = ast.parse(text)
        comments = _comments(text)
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.endswith("Settings")]
        sections += [_settings_class(node, comments) for node in classes]
    return sections


def _settings_class(node: ast.ClassDef, comments: dict[int, str]) -> str:
    rows: list[tuple[str, str, str, str]] = []
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            default = "required" if part.value is None else _default(part.value)
            meaning = comments.get(part.end_lineno or part.lineno) or comments.get(part.lineno - 1, "")
            rows.append((f"`{part.target.id}`", cell(meaning), f"`{cell(ast.unparse(part.annotation))}`", default))
    words = (ast.get_docstring(node) or "").split("\n\n")[0]
    return f"## {node.name}\n\n{words}\n\n{table(('setting', 'meaning', 'type', 'default'), rows)}"


def _default(value: ast.expr) -> str:
    factory = [k.value for k in value.keywords if k.arg == "default_factory"] if isinstance(value, ast.Call) else []
    if not factory:
        return f"`{cell(ast.unparse(value))}`"
    made = ast.unparse(factory[0]).split("[")[0]
    return "empty" if made in {"dict", "list", "set", "tuple", "frozenset"} else f"as `{made}` says"


def _comments(text: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(StringIO(text).readline)
    return {token.start[0]: token.string.lstrip("#: ") for token in tokens if token.type == tokenize.COMMENT}
