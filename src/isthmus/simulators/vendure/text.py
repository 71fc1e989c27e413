"""Names and translated texts."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def snake(name: str) -> str:
    """Return a GraphQL name the way attributes are written: `streetLine1` is `street_line1`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def text_of(record: Any, language: str, name: str) -> str:
    """Return a text in a language, else in the first one there is."""
    translations: Mapping[str, Mapping[str, str]] = record.translations
    told = translations.get(language) or next(iter(translations.values()))
    return told.get(name, "")
