"""What a request is expected to cost: never less than Shopify will charge, once it has told anything."""

from hypothesis import given
from hypothesis import strategies as st

from isthmus.connectors.shopify.cost import MOST, Costs
from isthmus.connectors.shopify.operations import Operation

BY_ID = Operation("ById", "query ById($ids:[ID!]!,$lines:Int!){x}", estimate=100.0)
LIST = Operation("List", "query List($first:Int!){x}", estimate=40.0)
counts = st.integers(1, 50)


def asked(count: int, lines: int = 20) -> dict[str, object]:
    return {"ids": [f"gid://shopify/Order/{number}" for number in range(count)], "lines": lines}


@given(st.floats(0, 20), st.floats(1, 19), st.lists(counts, min_size=1, max_size=6), counts)
def test_more_ids_than_ever_are_not_taken_for_as_many_as_usual(
    constant: float, each: float, seen: list[int], wanted: int
) -> None:
    costs = Costs()
    for count in seen:
        costs.told(BY_ID, asked(count), constant + each * count)
    assert costs.expected(BY_ID, asked(wanted)) >= min(MOST, constant + each * wanted) - 1e-6


def test_what_was_told_counts_and_other_page_sizes_are_another_matter() -> None:
    costs = Costs()
    costs.told(BY_ID, asked(1), 121.0)
    assert costs.expected(BY_ID, asked(1)) == 121.0
    assert costs.expected(BY_ID, asked(7)) == 847.0
    assert costs.expected(BY_ID, asked(7, lines=5)) == 700.0  # the estimate: nothing is known of such a page
    assert costs.expected(BY_ID, asked(40)) == MOST
    assert costs.expected(LIST, {"first": 50}) == 40.0
