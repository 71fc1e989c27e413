"""What this shop is like: its money, its fields, whether it keeps stock. Asked once and kept while a session lasts.

Source: https://docs.vendure.io/reference/graphql-api/admin/object-types#serverconfig (3.5). `globalSettings` is open to
whoever is signed in and tells of custom fields where introspection is switched off.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from isthmus.connectors.vendure import operations as ask
from isthmus.connectors.vendure import wire
from isthmus.connectors.vendure.client import Answer, Client

#: Types of custom fields that have no fields of their own.
PLAIN = frozenset({"string", "localeString", "text", "localeText", "int", "float", "boolean", "datetime"})
#: Types whose fields are read: an order's own, its lines', its customer's.
READ = ("Order", "OrderLine", "Customer")
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
#: The channel every order is in, beside the one it was placed in.
DEFAULT_CHANNEL = "__default_channel__"


@dataclass(slots=True)
class Shop:
    """One shop's own way."""

    client: Client
    _told: wire.ShopAnswer | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def known(self) -> wire.ShopAnswer:
        """Return what the shop said of itself."""
        async with self._turn:
            if self._told is None:
                self._told = (await self.asked()).content
            return self._told

    async def asked(self) -> Answer[wire.ShopAnswer]:
        """Ask anew."""
        answer = await self.client.query(ask.SHOP, {}, wire.ShopAnswer)
        self._told = answer.content
        return answer

    def forget(self) -> None:
        """Ask again next time: the shop was changed."""
        self._told = None


def own_of(shop: wire.ShopAnswer) -> Mapping[str, tuple[wire.FieldConfig, ...]]:
    """Return the fields of the shop's own that come with an order, by the type that has them."""
    return {entity: fields_of(shop, entity) for entity in READ}


def fields_of(shop: wire.ShopAnswer, entity: str) -> tuple[wire.FieldConfig, ...]:
    """Return the fields of an entity that whoever may read it may read."""
    return tuple(
        one
        for each in shop.global_settings.server_config.entity_custom_fields
        if each.entity_name == entity
        for one in each.custom_fields
        if one.type in PLAIN and not one.internal and not one.requires_permission and _NAME.fullmatch(one.name)
    )
