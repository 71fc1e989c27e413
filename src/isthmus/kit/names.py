"""The nearest right name for a wrong one."""

import difflib
from collections.abc import Iterable


def nearest(wrong: str, right: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)`, or nothing when no name is near."""
    found = difflib.get_close_matches(wrong, list(right), n=1, cutoff=0.6)
    return f" (did you mean '{found[0]}'?)" if found else ""
