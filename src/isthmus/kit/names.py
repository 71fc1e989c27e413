"""Names that never repeat, and the nearest right one for a wrong one."""

import difflib
import os
from collections.abc import Iterable


def fresh_id() -> str:
    """Return 24 random hexadecimal digits."""
    return os.urandom(12).hex()


def nearest(wrong: str, right: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)`, or nothing when no name is near."""
    found = difflib.get_close_matches(wrong, list(right), n=1, cutoff=0.6)
    return f" (did you mean '{found[0]}'?)" if found else ""
