"""What a resolver may know: the shop, and how it is being asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from isthmus.simulators.shopify.idempotency import Attempts
from isthmus.simulators.shopify.listings import Listings
from isthmus.simulators.shopify.shop import Shop

if TYPE_CHECKING:
    from graphql import GraphQLResolveInfo

#: Stable versions answered as asked; https://shopify.dev/docs/api/usage/versioning
VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
UNSTABLE = "unstable"
#: from this version on, writes to stock need `@idempotent` and `changeFromQuantity`
STRICT_WRITES_SINCE = "2026-04"


@dataclass(slots=True)
class Call:
    """One request, while it runs."""

    shop: Shop
    listings: Listings
    attempts: Attempts
    version: str
    scopes: tuple[str, ...]
    searches: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    throttled: bool = False
    points: int = 0  # what it was charged

    @property
    def strict_writes(self) -> bool:
        """Say whether this version demands an idempotency key; `unstable` sorts last and does."""
        return self.version >= STRICT_WRITES_SINCE


def served(version: str) -> str:
    """Return the version that answers; a retired or unknown one is served by the oldest."""
    return version if version in VERSIONS or version == UNSTABLE else VERSIONS[0]


#: what graphql-core hands to a resolver here
Info: TypeAlias = "GraphQLResolveInfo[Call]"
Resolver = Callable[..., Any]
#: what the fields of one type answer: a function, or the path of an attribute
Fields = Mapping[str, Resolver | str]


def constant(value: Any) -> Resolver:
    """Return a resolver that always answers the same."""

    def resolve(_source: Any, _info: Info, **_arguments: Any) -> Any:
        return value

    return resolve


def of(read: Callable[[Any], Any]) -> Resolver:
    """Return a resolver that only looks at the record."""

    def resolve(source: Any, _info: Info, **_arguments: Any) -> Any:
        return read(source)

    return resolve


def asking(read: Callable[[Call], Any]) -> Resolver:
    """Return a resolver that only looks at the request."""

    def resolve(_source: Any, info: Info, **_arguments: Any) -> Any:
        return read(info.context)

    return resolve
