"""Tax numbers as the app `base_vat` looks at them: by the form of each country, its check digits left out.

Source: addons/base_vat/models/res_partner.py (`_ref_vat`, `simple_vat_check`, `_build_vat_error_message`; 17.0).
"""

import re

#: What the error shows as the expected format, and what passes.
FORMS: dict[str, tuple[str, re.Pattern[str]]] = {
    "at": ("ATU12345675", re.compile(r"U\d{8}")),
    "be": ("BE0477472701", re.compile(r"[01]\d{9}")),
    "de": ("DE123456788 or 12/345/67890", re.compile(r"\d{9}")),
    "ee": ("EE123456780", re.compile(r"\d{9}")),
    "es": ("ESA12345674", re.compile(r"[A-Z0-9]\d{7}[A-Z0-9]")),
    "fr": ("FR23334175221", re.compile(r"[A-Z0-9]{2}\d{9}")),
    "it": ("IT12345670017", re.compile(r"\d{11}")),
    "nl": ("NL123456782B90", re.compile(r"\d{9}B\d{2}")),
    "pl": ("PL1234567883", re.compile(r"\d{10}")),
    "se": ("SE123456789701", re.compile(r"\d{12}")),
}
_PREFIX = 2


def fits(number: str, country: str) -> bool:
    """Tell whether a number passes: by the country it begins with, else by the partner's; others are not looked at."""
    plain = re.sub(r"[\s.-]", "", number).upper()
    named = plain[:_PREFIX].lower()
    if named in FORMS:
        return FORMS[named][1].fullmatch(plain[_PREFIX:]) is not None
    known = FORMS.get(country.lower())
    return known is None or known[1].fullmatch(plain) is not None


def refusal(number: str, country: str, label: str) -> str:
    """Return what Odoo says."""
    own = number[:_PREFIX].lower()
    expected = FORMS.get(own, FORMS.get(country.lower(), ("'CC##' (CC=Country Code, ##=VAT Number)", None)))[0]
    return (
        f"\nThe VAT number [{number}] for {label} does not seem to be valid. \nNote: the expected format is {expected}"
    )
