"""What Vendure sends, as far as we read it; anything else in an answer is ignored.

Types and nullability follow the Admin API's schema, 3.5 (https://docs.vendure.io/reference/graphql-api/admin/object-types),
one type there for each type here. Enumerations stay text: a shop adds values of its own.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec

#: A time without a zone could be anybody's: it is refused, not guessed.
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Count = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
#: The scalar `Money`: a whole number of the smallest unit, but some computed fields come unrounded (seen on 3.5.5).
Figure = Annotated[Decimal, msgspec.Meta()]


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A type of the schema; unknown fields are skipped."""


class Ref(Wire, frozen=True, kw_only=True):
    """Any node of which only the id matters."""

    id: Id


class Named(Wire, frozen=True, kw_only=True):
    """As much of a row as is needed to say which one cannot be understood."""

    id: Id
    code: str = ""
    sku: str = ""


class Rows(Wire, frozen=True, kw_only=True):
    """Any `...List`; each row is read by itself, so that a bad one fails alone."""

    items: tuple[msgspec.Raw, ...]
    total_items: Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Listed(Wire, frozen=True, kw_only=True):
    """The answer to every operation that lists; in our operations a list is called `page`."""

    page: Rows


class Signed(Wire, frozen=True, kw_only=True):
    """`NativeAuthenticationResult`: `CurrentUser`, or an `ErrorResult` with its code."""

    typename: str = msgspec.field(name="__typename")
    error_code: str = ""


class LoginAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `LOGIN`."""

    login: Signed


class UserChannel(Wire, frozen=True, kw_only=True):
    """`CurrentUserChannel`; `permissions` are values of the enumeration `Permission`."""

    id: Id
    code: str
    permissions: tuple[str, ...] = ()


class User(Wire, frozen=True, kw_only=True):
    """`CurrentUser`."""

    id: Id
    channels: tuple[UserChannel, ...] = ()


class WhoAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `WHO`; nobody is signed in where it is null."""

    me: User | None


class Channel(Wire, frozen=True, kw_only=True):
    """`Channel`."""

    id: Id
    code: str
    default_currency_code: str
    prices_include_tax: bool


class FieldConfig(Wire, frozen=True, kw_only=True):
    """`CustomField`: one field of the shop's own; `type` is `string`, `int`, `relation` and the like."""

    name: str
    type: str
    list: bool = False
    internal: bool | None = None
    requires_permission: tuple[str, ...] | None = None


class EntityFields(Wire, frozen=True, kw_only=True):
    """`EntityCustomFields`."""

    entity_name: str
    custom_fields: tuple[FieldConfig, ...] = ()


class ProcessState(Wire, frozen=True, kw_only=True):
    """`OrderProcessState`."""

    name: str


class ServerConfig(Wire, frozen=True, kw_only=True):
    """`ServerConfig`; `money_strategy_precision` is how many decimals an amount has, in any currency."""

    money_strategy_precision: Annotated[int, msgspec.Meta(ge=0, le=8)]
    order_process: tuple[ProcessState, ...] = ()
    entity_custom_fields: tuple[EntityFields, ...] = ()


class GlobalSettings(Wire, frozen=True, kw_only=True):
    """`GlobalSettings`."""

    track_inventory: bool
    out_of_stock_threshold: Count
    server_config: ServerConfig


class ShopAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `SHOP`."""

    active_channel: Channel
    global_settings: GlobalSettings


class Queue(Wire, frozen=True, kw_only=True):
    """`JobQueue`."""

    name: str


class QueuesAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `QUEUES`: the shop's job queues, and how many deliveries of the plugin's have failed for good."""

    job_queues: tuple[Queue, ...]
    jobs: Rows


class InputField(Wire, frozen=True, kw_only=True):
    """`__InputValue`."""

    name: str


class InputType(Wire, frozen=True, kw_only=True):
    """`__Type` of an input."""

    input_fields: tuple[InputField, ...] | None = None


class FeaturesAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `FEATURES`, which a shop without introspection refuses."""

    type: InputType | None = msgspec.field(name="__type", default=None)
