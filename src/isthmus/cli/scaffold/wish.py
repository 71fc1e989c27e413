"""What somebody wants to connect, checked before anything is made of it."""

import keyword
import re
from dataclasses import dataclass
from enum import StrEnum

#: Longer ones would break the lines of the files that are made.
LONGEST_SLUG, LONGEST_NAME, LONGEST_DOCS = 24, 30, 80
_SLUG = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
#: What may stand in Python, TOML and Markdown alike without being quoted anew.
_NAME = re.compile(r"[A-Za-z0-9À-ÖØ-öø-ÿ](?:[A-Za-z0-9À-ÖØ-öø-ÿ .&+-]*[A-Za-z0-9À-ÖØ-öø-ÿ+])?")
_DOCS = re.compile(r"https://[\w.-]+(?:/[\w./~-]*)?")


class BadWish(ValueError):
    """What is wanted cannot be made; the message says why."""


class Role(StrEnum):
    """Which side of Isthmus a system is on."""

    SHOP = "shop"
    ERP = "erp"


@dataclass(frozen=True, slots=True)
class Wish:
    """A connector to be: `slug` names it in code, `name` for people, `docs` is where its API is described."""

    slug: str
    name: str
    role: Role
    docs: str = ""

    def __post_init__(self) -> None:
        """Refuse what would not work as a package, a heading or a link. Raises `BadWish`."""
        if not _SLUG.fullmatch(self.slug) or not 1 < len(self.slug) <= LONGEST_SLUG:
            message = (
                f"{self.slug!r} is no slug: 2 to {LONGEST_SLUG} small letters and digits, a letter first, "
                "words joined by _, such as acme or acme_shop"
            )
            raise BadWish(message)
        if keyword.iskeyword(self.slug) or keyword.issoftkeyword(self.slug):
            message = f"{self.slug!r} is a word of Python and cannot name a package"
            raise BadWish(message)
        if self.slug.startswith("test"):
            message = f"{self.slug!r} would be taken for a test: choose a slug that does not begin with test"
            raise BadWish(message)
        if not _NAME.fullmatch(self.name) or len(self.name) > LONGEST_NAME:
            message = (
                f"{self.name!r} is no name: up to {LONGEST_NAME} letters, digits, spaces and . & + -, "
                "a letter or digit first and last"
            )
            raise BadWish(message)
        if self.docs and (not _DOCS.fullmatch(self.docs) or len(self.docs) > LONGEST_DOCS):
            message = f"{self.docs!r} is no https address of a page of at most {LONGEST_DOCS} characters"
            raise BadWish(message)

    @property
    def words(self) -> dict[str, str]:
        """Return what the templates leave open."""
        return {
            "slug": self.slug,
            "dashed": self.slug.replace("_", "-"),
            "upper": self.slug.upper(),
            "class": "".join(part.capitalize() for part in self.slug.split("_")),
            "name": self.name,
            "role": self.role.value,
            "docs": self.docs or f"https://developer.example.com/{self.slug}",
            "flow": "orders_to_erp" if self.role is Role.ERP else "stock_to_shop",
        }
