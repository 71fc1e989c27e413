"""What the shop says of itself, and the one place all of its stock is kept in.

WooCommerce knows no locations. Stock is one pool, and the address of the store is where it is.
Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#list-all-setting-options (REST v3)
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape

from isthmus.canonical.party import Address, AddressRole
from isthmus.canonical.stock import Warehouse
from isthmus.connectors.woocommerce import wire_shop as wire
from isthmus.connectors.woocommerce.client import Client
from isthmus.connectors.woocommerce.rounds import Round
from isthmus.connectors.woocommerce.sites import PLACE
from isthmus.ports.errors import WireDrift
from isthmus.ports.source import Cursor, Page

NAME = "Store"


async def options(client: Client, group: str) -> Mapping[str, str]:
    """Return the settings of a group as text, those that are texts."""
    answer = await client.get(f"/wc/v3/settings/{group}", list[wire.Option], name="settings.list")
    return {option.id: option.value for option in answer.content if isinstance(option.value, str)}


@dataclass(slots=True)
class ShopCurrency:
    """The currency prices are in, asked for once: products do not name it."""

    client: Client
    known: str = ""

    async def code(self) -> str:
        """Return the currency."""
        if not self.known:
            self.known = (await options(self.client, "general")).get("woocommerce_currency", "")
        return self.known


@dataclass(frozen=True, slots=True)
class Places:
    """The one place there is."""

    client: Client

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Warehouse]]:
        """Yield the place; there is no list of changes."""
        del since
        yield Page([await self._place()], Round().cursor(), last=True)

    async def read(self, ids: Sequence[str]) -> Sequence[Warehouse]:
        """Return the place, if it is asked for."""
        return [await self._place()] if PLACE in ids else []

    async def _place(self) -> Warehouse:
        try:
            return to_warehouse(await options(self.client, "general"))
        except ValueError as wrong:
            message = f"the address of the store cannot be read: {wrong}"
            raise WireDrift(message, path="woocommerce_default_country") from wrong


def to_warehouse(said: Mapping[str, str]) -> Warehouse:
    """Translate the address of the store; a country may have its region behind a colon. Raises `ValueError`."""
    country, _, region = said.get("woocommerce_default_country", "").partition(":")
    lines = (said.get("woocommerce_store_address", ""), said.get("woocommerce_store_address_2", ""))
    return Warehouse(
        external_id=PLACE,
        number=NAME,
        code=PLACE,
        name=NAME,
        address=Address(
            role=AddressRole.SHIPPING,
            lines=tuple(unescape(line) for line in lines if line),
            city=unescape(said.get("woocommerce_store_city", "")),
            region=region,
            postal_code=said.get("woocommerce_store_postcode", ""),
            country=country,
        ),
    )
