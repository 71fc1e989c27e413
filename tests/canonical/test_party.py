"""The same place written twice is one place; two places stay two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.canonical.party import AddressRole
from isthmus.testing.builders import an_address

words = st.text(alphabet=st.characters(categories=("L", "N")), min_size=1, max_size=8)


@given(st.lists(words, min_size=1, max_size=3), st.sampled_from([" ", "  ", "\t", " \n "]))
def test_case_and_spacing_make_no_other_address(street: list[str], gap: str) -> None:
    plain = an_address(lines=(" ".join(street),), city="Tallinn")
    shouted = an_address(lines=(f" {gap.join(street).swapcase()} ",), city="TALLINN ")
    # Some letters have no lower case of their own; those differ by more than case.
    same = " ".join(street).casefold() == " ".join(street).swapcase().casefold()
    assert (plain.fingerprint() == shouted.fingerprint()) is same


def test_the_role_and_empty_lines_make_no_other_address() -> None:
    here = an_address(lines=("Weg 1",))
    assert an_address(role=AddressRole.SHIPPING, lines=("Weg 1", "", "  ")).fingerprint() == here.fingerprint()


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Otto"},
        {"company": "X"},
        {"lines": ("Weg 2",)},
        {"city": "Bonn"},
        {"region": "BE"},
        {"postal_code": "1"},
        {"country": "AT"},
        {"phone": "1"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_anything_that_leads_a_parcel_elsewhere_makes_another(change: dict[str, str]) -> None:
    assert an_address(**change).fingerprint() != an_address().fingerprint()


@pytest.mark.parametrize("country", ["Germany", "de", "D", "D1", "DEU"])
def test_a_country_is_its_two_letter_code(country: str) -> None:
    with pytest.raises(ValueError, match="alpha-2"):
        an_address(country=country)


def test_no_country_is_allowed() -> None:
    assert an_address(country="").country == ""
