"""Findings of a probe, in the words of whoever is asked."""

import pytest

from isthmus.craft.findings import CodeWords, of_clock, of_codes, of_services
from isthmus.ports.errors import Misconfigured, Unreachable
from isthmus.ports.probe import Severity

WORDS = CodeWords(one="code", many="codes", shared="Give each its own.", empty="Fill it in.")


@pytest.mark.parametrize(
    ("ahead_s", "said"),
    [
        (0, []),
        (-60, []),
        (61, ["Acme's clock is 61 s ahead of this machine's"]),
        (-3600, ["Acme's clock is 3600 s behind this machine's"]),
    ],
    ids=["right", "a-minute", "ahead", "behind"],
)
def test_clocks_apart_are_told(ahead_s: float, said: list[str]) -> None:
    assert [one.message for one in of_clock("Acme's", ahead_s)] == said
    assert of_clock("Acme's", ahead_s, most_s=4000) == []


def test_codes_that_are_shared_or_missing_are_counted_and_some_named() -> None:
    assert of_codes(["A", "B"], WORDS) == []
    shared, empty = of_codes(["", *"GFEDCBA", *"ABCDEFG", "A", "", "Z"], WORDS)
    assert (shared.code, shared.fix) == ("duplicate_skus", "Give each its own.")
    assert shared.message == "7 codes stand on several products, such as A, B, C, D, E"
    assert (empty.code, empty.fix) == ("empty_skus", "Fill it in.")
    assert empty.message == "2 products have no code and cannot be sold through a store"


async def test_missing_service_products_are_named_and_other_troubles_pass() -> None:
    async def look(code: str) -> int:
        if code == "TIP":
            message = f"no {code}"
            raise Misconfigured(message)
        if code == "FEE":
            raise Unreachable
        return 1

    services = {"shipping": "SHIPPING", "tip": "TIP"}
    (one,) = await of_services(services, look, lambda code: f"Create {code}.")
    assert (one.code, one.severity) == ("no_tip_product", Severity.WARNING)
    assert (one.message, one.fix) == ("no TIP", "Create TIP.")
    with pytest.raises(Unreachable):
        await of_services({"fee": "FEE"}, look, str)
