"""The list of the variations of all products, which newer versions have.

Source: woocommerce/includes/rest-api/Controllers/Version3/class-wc-rest-variations-controller.php (`/variations`)
"""

from dataclasses import dataclass

from isthmus.connectors.woocommerce import wire_catalog as catalog
from isthmus.connectors.woocommerce.client import Client
from isthmus.connectors.woocommerce.failures import NoRoute

ROUTE, LIST = "/wc/v3/variations", "variations.list"


@dataclass(slots=True)
class AllVariations:
    """Whether this shop has the list, asked for once."""

    client: Client
    known: bool | None = None

    async def listed(self) -> bool:
        """Tell whether the variations of all products are listed together."""
        if self.known is None:
            query = [("per_page", "1"), ("_fields", "id")]
            try:
                await self.client.get(ROUTE, list[catalog.Stocked], query, name=LIST)
            except NoRoute:
                self.known = False
            else:
                self.known = True
        return self.known
