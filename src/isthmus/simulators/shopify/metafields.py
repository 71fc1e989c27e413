"""Merchant-defined fields on records, and the definitions that give them a type.

A definition of type `id` makes values unique per owner type, which is what look-ups by custom id rest on.
Source: https://shopify.dev/docs/apps/build/metafields/working-with-custom-ids
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

#: GraphQL type of the owner -> value of `MetafieldOwnerType`
OWNER_TYPES = {
    "Product": "PRODUCT", "ProductVariant": "PRODUCTVARIANT", "Customer": "CUSTOMER", "Order": "ORDER",
    "Location": "LOCATION", "Company": "COMPANY", "CompanyLocation": "COMPANY_LOCATION", "Shop": "SHOP",
}  # fmt: skip
#: the app's own namespace; other apps would see it under their number
APP_NAMESPACE = "app--1"


@dataclass(slots=True)
class DefinitionType:
    """The kind of value a definition admits."""

    name: str
    category: str


@dataclass(slots=True)
class DefinitionValidation:
    """A rule a value must pass."""

    name: str
    value: str | None
    type: str = "single_line_text_field"


@dataclass(slots=True)
class Definition:
    """What a metafield of this namespace and key is."""

    TYPENAME: ClassVar[str] = "MetafieldDefinition"

    id: str
    namespace: str
    key: str
    name: str
    owner_type: str
    type: DefinitionType
    description: str | None = None
    pinned_position: int | None = None
    validations: list[DefinitionValidation] = field(default_factory=list[DefinitionValidation])
    #: values in use, when they must be unique: value -> owner id
    owners: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def unique(self) -> bool:
        """Say whether no two records may carry the same value."""
        return self.type.name == "id"


@dataclass(slots=True)
class Metafield:
    """One value on one record."""

    TYPENAME: ClassVar[str] = "Metafield"

    id: str
    legacy_resource_id: int
    namespace: str
    key: str
    type: str
    value: str
    owner: object
    owner_type: str
    created_at: datetime
    updated_at: datetime

    @property
    def compare_digest(self) -> str:
        """Return the state to compare with before overwriting."""
        return hashlib.sha256(f"{self.type}:{self.value}".encode()).hexdigest()

    @property
    def json_value(self) -> Any:
        """Return the value as JSON, text when it is none."""
        if self.type in {"json", "number_integer", "boolean", "rating", "money"} or self.type.startswith("list."):
            return json.loads(self.value)
        return self.value


def namespace_of(namespace: str | None) -> str:
    """Resolve the app's own namespace, which is also the default."""
    if namespace is None or namespace == "$app":
        return APP_NAMESPACE
    return namespace.replace("$app:", f"{APP_NAMESPACE}--", 1)


def wrong_value(kind: str, value: str) -> str | None:
    """Return why `value` is not of metafield type `kind`, nothing when it is."""
    if not value.strip():
        return "Value can't be blank."
    try:
        if kind == "number_integer":
            int(value)
        elif kind in {"json", "money"} or kind.startswith("list."):
            json.loads(value)
    except ValueError:
        return f"Value must be a valid {kind}."
    if kind == "boolean" and value not in {"true", "false"}:
        return "Value must be true or false."
    if kind == "single_line_text_field" and "\n" in value:
        return "Value can't contain line breaks."
    return None
