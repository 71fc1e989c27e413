"""Every recipe of the docs does what its page says."""

import ast
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from isthmus.mapping.document import ADD_KEYS, ROW_KEYS, Added, Document, Row, read_document
from isthmus.mapping.functions import FUNCTIONS
from isthmus.mapping.targets import SECTIONS
from tests.mapping.recipe_book import DOCUMENT, Case, Recipe, comes_of, recipes

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
PAGE = (HOW_TO / "mapping-recipes.md").read_text("utf-8")
RECIPES = recipes(PAGE)
LESSON = recipes((HOW_TO / "write-a-mapping.md").read_text("utf-8"))
CASES = [
    pytest.param(each, case, id=f"{each.title}:{case.line}") for each in (*RECIPES, *LESSON) for case in each.cases
]


@pytest.mark.parametrize(("recipe", "case"), CASES)
def test_what_the_page_says_comes_of_it(recipe: Recipe, case: Case, tmp_path: Path) -> None:
    came = comes_of(recipe, case, tmp_path)
    if "question" in case.comes and came["question"] is not None:
        assert came["question"].endswith(case.comes["question"])
    else:
        assert told(came) == told(case.comes)


def told(values: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    """Return values with their kinds: `True == 1` is no agreement."""
    return {path: ("truth" if isinstance(value, bool) else "", value) for path, value in values.items()}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
def test_without_its_files_a_recipe_would_show_something_else(recipe: Recipe, tmp_path: Path) -> None:
    bare = Recipe(recipe.title)
    assert any(comes_of(bare, case, tmp_path) != case.comes for case in recipe.cases)


def test_there_are_fifty_recipes_each_with_a_heading_of_its_own_and_an_example() -> None:
    headings = [line for line in PAGE.splitlines() if line.startswith("### ")]
    assert len(RECIPES) >= 50
    assert len(headings) == len(set(headings)) == len(RECIPES)


def test_a_page_that_cannot_be_read_is_told_with_its_line() -> None:
    with pytest.raises(ValueError, match="line 4: say above it which file"):
        recipes("## One\n\n```csv\nfrom,to\n```\n")
    with pytest.raises(ValueError, match="line 3: path = value"):
        recipes("## One\n```example\nnumber: 1\n```\n")
    with pytest.raises(ValueError, match=r"line 6: One has mappings/orders.toml already"):
        recipes("## One\n```toml\n```\n\n```toml\n```\n")


def documents() -> Iterator[Document]:
    for recipe in RECIPES:
        yield read_document(recipe.files.get(DOCUMENT, ""), recipe.title)


def expressions() -> Iterator[str]:
    for document in documents():
        parts: list[Row | Added] = [*document.rows.values(), *document.added]
        said = [getattr(part, name, "") for part in parts for name in ("source", "when", "check", "sku", "title")]
        said += [getattr(part, name, "") for part in document.added for name in ("price", "quantity")]
        yield from (each for each in (document.when, *said) if each)


def test_every_function_is_shown() -> None:
    nodes = chain.from_iterable(ast.walk(ast.parse(text, mode="eval")) for text in expressions())
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    called = {each.id for each in calls if isinstance(each, ast.Name)}
    assert {*FUNCTIONS, "lookup", "known"} - called == set()
    assert any(isinstance(each, ast.Attribute) for each in calls), "hooks"


def test_every_key_of_rows_and_of_added_lines_is_shown() -> None:
    usual, bare = Row(), Added(name="")
    rows = [row for document in documents() for row in document.rows.values()]
    names = {"from": "source"}
    shown = {
        key
        for key in ROW_KEYS
        for row in rows
        if (at := names.get(key, key)) and getattr(row, at) != getattr(usual, at)
    }
    assert set(ROW_KEYS) - shown == set()
    added = [line for document in documents() for line in document.added]
    assert (
        set(ADD_KEYS) - {key for key in ADD_KEYS for line in added if getattr(line, key) != getattr(bare, key)} == set()
    )


def test_every_field_of_every_section_is_shown() -> None:
    filled = {key for document in documents() for key in document.rows}
    wanted = {(section.name, name) for section in SECTIONS.values() for name in section.names}
    assert wanted - filled == set()
    customs = {section for section, name in filled if name.startswith("custom.")}
    assert customs == {"order", "lines", "customer"}
