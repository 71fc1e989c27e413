"""Free fields: `meta_data`, a list of id, key and value on almost every record.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-meta-data-properties (REST v3)
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Meta = list[dict[str, Any]]


def merge(meta: Meta, rows: Iterable[Mapping[str, Any]], new_id: Callable[[str], int]) -> None:
    """Put rows in: by id where they have one, else by key; a value of null takes the field away."""
    for row in rows:
        given, key = row.get("id"), str(row.get("key", ""))
        known = next((one for one in meta if one["id"] == given), None) if given else None
        if known is None:
            known = next((one for one in meta if one["key"] == key), None)
        if row.get("value") is None:
            if known is not None:
                meta.remove(known)
        elif known is not None:
            known.update(key=key or known["key"], value=kept(row["value"]))
        elif key:
            meta.append({"id": new_id("meta"), "key": key, "value": kept(row["value"])})


def kept(given: Any) -> Any:
    """Return what comes back of a value: the database makes texts of numbers and switches, not of lists."""
    if isinstance(given, bool):
        return "1" if given else ""
    return str(given) if isinstance(given, int | float) else given


def put(meta: Meta, key: str, value: Any, new_id: Callable[[str], int]) -> None:
    """Set one field."""
    merge(meta, [{"key": key, "value": value}], new_id)


def add(meta: Meta, rows: Iterable[tuple[str, Any]], new_id: Callable[[str], int]) -> None:
    """Add fields as `add_meta_data` of PHP does for plugins: a key that is there comes once more.

    Source: https://woocommerce.github.io/code-reference/classes/WC-Data.html (`add_meta_data`, `unique` false)
    """
    for key, said in rows:
        meta.append({"id": new_id("meta"), "key": key, "value": kept(said)})


def value(meta: Meta, key: str) -> Any:
    """Return what a field holds, or nothing."""
    return next((one["value"] for one in meta if one["key"] == key), None)
