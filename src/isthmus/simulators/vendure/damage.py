"""What goes wrong behind everybody's back: a restored backup, somebody in the database.

None of it moves `updated_at`, so nothing that follows changes ever hears of it.
"""

from collections.abc import Mapping

from isthmus.simulators.damage import Deed, NotThere, Wish, done
from isthmus.simulators.vendure.catalog import Catalog, Variant


def damage(catalog: Catalog, wish: Wish) -> str:
    """Do one `kind` of damage and return the SKU. Raises `NotThere`."""
    return done(KINDS, catalog, wish)


def lose_variant(catalog: Catalog, wish: Wish) -> str:
    """Forget an item, tombstone and all."""
    found = _variant(catalog, wish)
    catalog.forget(found)
    return found.sku


def alter_price(catalog: Catalog, wish: Wish) -> str:
    """Let an item cost `price` from now on, without a change date."""
    found = _variant(catalog, wish)
    found.price = str(wish["price"])
    return found.sku


KINDS: Mapping[str, Deed[Catalog]] = {"lose_variant": lose_variant, "alter_price": alter_price}


def _variant(catalog: Catalog, wish: Wish) -> Variant:
    found = catalog.find(str(wish["sku"]))
    if found is None:
        message = f"no item {wish['sku']!r}"
        raise NotThere(message)
    return found
