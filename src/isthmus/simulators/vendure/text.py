"""Names and translated texts."""

import re
from typing import Any


def snake(name: str) -> str:
    """Return a GraphQL name the way attributes are written: `streetLine1` is `street_line1`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def text_of(record: Any, language: str, name: str) -> str:
    """Return a text in a language, else in the first one there is."""
    told = record.translations.get(language) or next(iter(record.translations.values()), {})
    return str(told.get(name, ""))
