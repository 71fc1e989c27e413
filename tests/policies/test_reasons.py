"""Every reason a policy can give is written down in words."""

import ast
from pathlib import Path

import pytest

from isthmus.policies import decision
from isthmus.policies.reasons import REASONS

POLICIES = Path(decision.__file__).parent


def given() -> set[str]:
    codes: set[str] = set()
    for path in POLICIES.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Decision":
                codes |= {
                    part.value
                    for part in ast.walk(_because(call))
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                }
    return codes


def _because(call: ast.Call) -> ast.expr:
    named = [word.value for word in call.keywords if word.arg == "because"]
    return named[0] if named else call.args[1]


def test_no_decision_gives_a_reason_nobody_wrote_down() -> None:
    assert given() - set(REASONS) == set()


@pytest.mark.parametrize("code", sorted(REASONS))
def test_a_reason_is_a_sentence(code: str) -> None:
    assert REASONS[code].endswith(".")
    assert REASONS[code][0].isupper()
