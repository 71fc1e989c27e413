"""One request to a route, and what comes back."""

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from isthmus.simulators.woocommerce.params import Specs
from isthmus.simulators.woocommerce.shop import Shop

View = dict[str, Any]
#: how many rows of a batch the request being answered gets through before PHP's time is up; nothing is no limit
PATIENCE: ContextVar[int | None] = ContextVar("patience", default=None)


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose parameters were checked."""

    shop: Shop
    params: Mapping[str, Any]
    #: the variable parts of the path, numbers as numbers
    ids: tuple[Any, ...] = ()
    #: the query as sent, without credentials, and the path, for links to other pages
    query: tuple[tuple[str, str], ...] = ()
    path: str = ""

    @property
    def id(self) -> int:
        """Return the last number of the path."""
        return int(self.ids[-1])


@dataclass(slots=True)
class Reply:
    """An answer."""

    content: Any
    status: int = HTTPStatus.OK
    headers: dict[str, str] = field(default_factory=dict[str, str])


Handler = Callable[[Call], Reply | Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Route:
    """A path (`#` stands for a number, `*` for a word), a method, and who answers.

    `right` is what the caller must be allowed to do: list, view, create, edit, delete, batch or nothing (open).
    """

    method: str
    path: str
    operation: str
    handler: Handler
    specs: Specs = field(default_factory=dict[str, Any])
    right: str = "view"


def created(call: Call, view: View) -> Reply:
    """Return what was made, with its address."""
    location = f"{call.shop.home}/wp-json{call.path}/{view['id']}"
    return Reply(view, HTTPStatus.CREATED, {"Location": location})
