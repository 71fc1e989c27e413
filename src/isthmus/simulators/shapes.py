"""Telling shapes of untyped values apart."""

from typing import Any, TypeGuard


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether the value is a JSON list (XML-RPC and inside calls may bring a tuple)."""
    return isinstance(value, list | tuple)


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether the value is a JSON object."""
    return isinstance(value, dict)


def listed(ids: Any) -> list[Any]:
    """Return ids as a list: callers may send one id, many, or `null` or `false` for none."""
    if is_list(ids):
        return list(ids)
    return [] if ids is None or ids is False else [ids]
