"""What a resolver may know: the shop, who asks, and through which channel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from isthmus.simulators.vendure.catalog import Channel
from isthmus.simulators.vendure.sessions import Sessions
from isthmus.simulators.vendure.settings import Settings
from isthmus.simulators.vendure.shop import Shop

if TYPE_CHECKING:
    from graphql import GraphQLResolveInfo


@dataclass(slots=True)
class Call:
    """One request, while it runs."""

    shop: Shop
    sessions: Sessions
    channel: Channel
    language: str
    #: the token it came with, or the one it was given meanwhile; empty for none
    token: str = ""
    #: the token to be told with the answer; nothing where there is none to tell
    tell_token: str | None = None

    @property
    def settings(self) -> Settings:
        """Return how the shop is set up."""
        return self.shop.settings


#: what graphql-core hands to a resolver here
Info: TypeAlias = "GraphQLResolveInfo[Call]"
Resolver = Callable[..., Any]
#: what the fields of one type answer
Fields = Mapping[str, Resolver]


def of(read: Callable[[Any], Any]) -> Resolver:
    """Return a resolver that only looks at the record."""

    def resolve(source: Any, _info: Info, **_arguments: Any) -> Any:
        return read(source)

    return resolve


def within(read: Callable[[Call, Any], Any]) -> Resolver:
    """Return a resolver that looks at the record through the request."""

    def resolve(source: Any, info: Info, **_arguments: Any) -> Any:
        return read(info.context, source)

    return resolve
