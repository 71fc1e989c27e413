"""Two people are never merged; one person in two spellings is found."""

import pytest

from isthmus.canonical.party import Company, Customer
from isthmus.policies.identity import plain, same_customer
from isthmus.policies.reasons import REASONS
from isthmus.testing.builders import a_customer


def known(number: int, name: str = "Anna Müller", **said: object) -> Customer:
    return a_customer(name, external_id=str(number), **{"email": "anna@example.com", **said})


ANNA = a_customer("Anna Müller", email="anna@example.com")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param([known(1)], ("1", "same_email_and_name"), id="same-mail-same-name"),
        pytest.param(
            [known(1, "ANNA  MULLER", email=" Anna@Example.COM")], ("1", "same_email_and_name"), id="spelling"
        ),
        pytest.param([known(1, "Otto Müller")], (None, "no_match"), id="a-family-shares-a-mailbox"),
        pytest.param([known(1, email="other@example.com")], (None, "no_match"), id="two-of-the-same-name"),
        pytest.param([known(1), known(2)], (None, "ambiguous"), id="two-fit-equally"),
        pytest.param([known(1), known(2, "Otto")], ("1", "same_email_and_name"), id="only-one-fits"),
        pytest.param([], (None, "no_match"), id="nobody-there"),
    ],
)
def test_people(found: list[Customer], expected: tuple[str | None, str]) -> None:
    decision = same_customer(ANNA, found)
    assert (decision.value and decision.value.external_id, decision.because) == expected
    assert decision.because in REASONS


def firm(tax_id: str, number: int = 9, name: str = "Muster GmbH") -> Customer:
    return a_customer(
        name, external_id=str(number), email="info@example.com", company=Company(name=name, tax_id=tax_id)
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param([firm("de 123-456", 1, "Other name")], ("1", "same_tax_id"), id="a-tax-number-is-strong"),
        pytest.param([firm("DE123456", 1), firm("DE123456", 2)], (None, "ambiguous"), id="entered-twice"),
        pytest.param([firm("", 1)], ("1", "same_email_and_name"), id="theirs-is-not-known"),
        pytest.param([firm("DE999999", 1)], (None, "no_match"), id="another-tax-number-is-another-company"),
        pytest.param([firm("DE999999", 1), firm("", 2)], ("2", "same_email_and_name"), id="the-other-one-is-left-out"),
    ],
)
def test_companies(found: list[Customer], expected: tuple[str | None, str]) -> None:
    decision = same_customer(firm("DE123456"), found)
    assert (decision.value and decision.value.external_id, decision.because) == expected


def test_no_mail_or_no_name_matches_nobody() -> None:
    nobody = a_customer("", external_id="x", email="")
    assert same_customer(nobody, [nobody]).value is None
    assert same_customer(a_customer("Anna", email=""), [a_customer("Anna", email="")]).value is None


def test_names_are_compared_without_accents_case_and_gaps() -> None:
    assert plain("  José  ÁLVAREZ ") == "jose alvarez"
    assert plain("Straße") == plain("STRASSE")
