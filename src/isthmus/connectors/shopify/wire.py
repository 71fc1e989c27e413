"""What Shopify sends, as far as we read it; anything else in an answer is ignored.

Types and nullability follow the Admin GraphQL schema 2026-07
(https://shopify.dev/docs/api/admin-graphql/2026-07), one type there for each type here. Amounts are
`Decimal` scalars (text on the wire), times `DateTime` (UTC). Enumerations stay text: Shopify adds
values between versions.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Generic, TypeVar

import msgspec

T = TypeVar("T")
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A type of the schema; unknown fields are skipped."""


class Ref(Wire, frozen=True, kw_only=True):
    """Any node of which only the id matters."""

    id: str


class PageInfo(Wire, frozen=True, kw_only=True):
    """https://shopify.dev/docs/api/admin-graphql/2026-07/objects/PageInfo."""

    has_next_page: bool
    end_cursor: str | None = None


class Connection(Wire, Generic[T], frozen=True, kw_only=True):
    """One page of a list: https://shopify.dev/docs/api/usage/pagination-graphql."""

    nodes: tuple[T, ...]
    page_info: PageInfo


class Rest(Wire, Generic[T], frozen=True, kw_only=True):
    """The further pages of a connection inside a node, called `page` in our operations."""

    page: Connection[T]


class RestAnswer(Wire, Generic[T], frozen=True, kw_only=True):
    """The answer to every `_rest` operation."""

    node: Rest[T] | None


class Amount(Wire, frozen=True, kw_only=True):
    """`MoneyV2`; a decimal string with the currency's own decimals."""

    amount: Decimal
    currency_code: str


class Bag(Wire, frozen=True, kw_only=True):
    """`MoneyBag`, of which the shop's currency is booked."""

    shop_money: Amount


class UserError(Wire, frozen=True, kw_only=True):
    """`UserError` and its relatives; `field` is a path, `code` exists on some only."""

    message: str
    field: tuple[str, ...] | None = None
    code: str | None = None


class Metafield(Wire, frozen=True, kw_only=True):
    """`Metafield`."""

    namespace: str
    key: str
    type: str
    value: str


class Subscription(Wire, frozen=True, kw_only=True):
    """`WebhookSubscription`; a filter or a choice of fields would hide changes from us."""

    id: str
    topic: str
    uri: str
    format: str
    filter: str | None = None
    include_fields: tuple[str, ...] = ()


class SubscriptionsAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `SUBSCRIPTIONS`."""

    webhook_subscriptions: Connection[Subscription]


class SubscribePayload(Wire, frozen=True, kw_only=True):
    """`WebhookSubscriptionCreatePayload`."""

    user_errors: tuple[UserError, ...]
    webhook_subscription: Ref | None = None


class SubscribeAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `SUBSCRIBE`."""

    webhook_subscription_create: SubscribePayload


class Scope(Wire, frozen=True, kw_only=True):
    """`AccessScope`."""

    handle: str


class Installation(Wire, frozen=True, kw_only=True):
    """`AppInstallation`."""

    access_scopes: tuple[Scope, ...]


class Shop(Wire, frozen=True, kw_only=True):
    """`Shop`."""

    name: str
    myshopify_domain: str
    currency_code: str
    iana_timezone: str
    taxes_included: bool


class WhoAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `WHO`."""

    shop: Shop
    current_app_installation: Installation


class ShopName(Wire, frozen=True, kw_only=True):
    """`Shop`, only its name."""

    name: str


class PingAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `PING`."""

    shop: ShopName


class FieldType(Wire, frozen=True, kw_only=True):
    """`MetafieldDefinitionType`."""

    name: str


class FieldDefinition(Wire, frozen=True, kw_only=True):
    """`MetafieldDefinition`."""

    namespace: str
    key: str
    name: str
    type: FieldType


class FieldsAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `ORDER_FIELDS`."""

    metafield_definitions: Connection[FieldDefinition]
