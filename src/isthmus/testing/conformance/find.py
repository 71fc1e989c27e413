"""Find what connectors tell the suite: by entry point, or in the checkout's tests."""

import importlib
import sys
from importlib.metadata import entry_points
from pathlib import Path

from isthmus.testing.conformance.double import Double

GROUP = "isthmus.conformance"
#: Where a connector of this repository keeps it: `tests/conformance/<slug>.py`.
MODULE = "tests.conformance.{slug}"


def doubles(slug: str, root: Path | None = None) -> Double | None:
    """Return a connector's double, None when it tells of none. `root` is the checkout to look in."""
    for entry in entry_points(group=GROUP):
        if entry.name == slug:
            return entry.load()
    if root is None or not (root / "tests" / "conformance" / f"{slug}.py").is_file():
        return None
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return importlib.import_module(MODULE.format(slug=slug)).DOUBLE
