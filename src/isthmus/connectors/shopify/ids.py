"""The two forms of a Shopify id, and the pair that names a stock level.

GraphQL speaks in global ids (`gid://shopify/Order/5501`), webhooks, filters and admin addresses in
the number at their end (`legacyResourceId`). Isthmus keeps the number, as text.

Source: https://shopify.dev/docs/api/usage/gids (2026-07)
"""


def gid(type_name: str, number: str) -> str:
    """Return the global id, such as `gid://shopify/Order/5501`."""
    return f"gid://shopify/{type_name}/{number}"


def legacy(global_id: str) -> str:
    """Return the number at the end of a global id, without a query such as `?inventory_item_id=1`."""
    return global_id.partition("?")[0].rpartition("/")[2]


def level_id(item: str, location: str) -> str:
    """Return our id of a stock level: the inventory item at the location, both as numbers."""
    return f"{item}@{location}"


def level_parts(external_id: str) -> tuple[str, str]:
    """Return the inventory item and the location of a stock level; the location may be empty."""
    item, _, location = external_id.partition("@")
    return item, location
