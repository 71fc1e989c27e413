"""Where the real browser for the screen tests is."""

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find_chromium() -> str | None:
    """Return the browser's program: ISTHMUS_CHROMIUM, one on the path, or one Playwright keeps."""
    if named := os.environ.get("ISTHMUS_CHROMIUM"):
        return named
    for name in NAMES:
        if found := shutil.which(name):
            return found
    kept = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))
    installed = sorted(kept.glob("chromium-*/chrome-linux*/chrome"))
    return str(installed[-1]) if installed else None
