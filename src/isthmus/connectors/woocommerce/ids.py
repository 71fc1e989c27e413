"""How records of WooCommerce are called here.

A variation is only reached below its product, so both numbers name it: `22/23`. Stock is kept by product or variation
in one place, and that level is called as both: `22/23@store`.
Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#product-variations (REST v3)
"""

from isthmus.connectors.woocommerce.sites import PLACE

#: Numbers of WordPress are 64-bit.
_DIGITS = 19


def variant_id(number: int, parent: int = 0) -> str:
    """Return our id of a product, or of a variation of `parent`; empty where there is none any more."""
    if number <= 0:
        return ""
    return f"{parent}/{number}" if parent > 0 else str(number)


def parts(ref: str) -> tuple[int, int] | None:
    """Return product and variation (0: none) of our id; None for one that is not ours."""
    product, slash, variation = ref.partition("/")
    if not is_number(product) or (slash and not is_number(variation)):
        return None
    return int(product), int(variation or 0)


def level_id(ref: str) -> str:
    """Return our id of the stock that is kept under a product's or variation's id."""
    return f"{ref}@{PLACE}"


def level_ref(external_id: str) -> str:
    """Return under which id a stock level is kept; empty for one of another place."""
    ref, _, place = external_id.partition("@")
    return ref if place == PLACE else ""


def is_number(text: str) -> bool:
    """Tell whether a text is an id of WordPress."""
    return text.isascii() and text.isdigit() and 0 < len(text) <= _DIGITS
