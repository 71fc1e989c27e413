"""SQL's LIKE patterns as ERP systems let callers write them."""

import re
from collections.abc import Callable


def like(value: str, sign: str) -> Callable[[str], bool]:
    """Return a test for `like`, `ilike`, `=like`, `=ilike` and their negations (told as if positive).

    Without the leading `=` the value may stand anywhere. `%` and `_` are wildcards, a backslash
    makes them plain. Case matters unless the name has the i.
    """
    pattern = _translate(value)
    if not sign.startswith("="):
        pattern = f".*{pattern}.*"
    compiled = re.compile(pattern, re.DOTALL | (re.IGNORECASE if "ilike" in sign else 0))
    return lambda text: compiled.fullmatch(text) is not None


def _translate(value: str) -> str:
    parts: list[str] = []
    letters = iter(value)
    for letter in letters:
        if letter == "\\":
            parts.append(re.escape(next(letters, "\\")))
        else:
            parts.append({"%": ".*", "_": "."}.get(letter) or re.escape(letter))
    return "".join(parts)
