"""Everything we ask, held against Shopify's own schema."""

import os
from functools import cache
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from isthmus.connectors.shopify import MANIFEST, operations

ROOT = Path(__file__).parents[3]
SPECS = Path(os.environ.get("ISTHMUS_SPECS") or ROOT.parent / "shared" / "specs") / "shopify"
VERSIONS = {
    "2026-01": "admin-2026-01.nodesc.graphql",
    "2026-07": "admin-2026-07.graphql",
    "2026-10": "admin-2026-10.nodesc.graphql",
}


@cache
def schema(version: str) -> GraphQLSchema:
    path = SPECS / VERSIONS[version]
    if not path.exists():
        pytest.skip(f"the vendor's schema is not here: {path} (set ISTHMUS_SPECS)")
    return build_schema(path.read_text("utf-8"), assume_valid=True)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("operation", operations.ALL, ids=lambda operation: operation.name)
def test_an_operation_is_valid_for_shopify(operation: operations.Operation, version: str) -> None:
    assert validate(schema(version), parse(operation.text)) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_orders_with_metafields_of_customers_are_valid_for_shopify(version: str) -> None:
    asked = operations.order_questions(["loyalty.level", "$app:own.key"])
    for operation in (asked.listed, asked.by_id):
        assert validate(schema(version), parse(operation.text)) == []


def test_topics_exist_at_shopify() -> None:
    known = schema("2026-07").type_map["WebhookSubscriptionTopic"].values  # type: ignore[attr-defined]
    assert set(MANIFEST.topics) <= set(known)


def test_names_are_told_apart() -> None:
    names = [operation.name for operation in operations.ALL]
    assert len(names) == len(set(names)) > 20
