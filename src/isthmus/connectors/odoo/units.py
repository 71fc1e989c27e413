"""Odoo's units of measure and their UN/ECE Recommendation 20 codes.

Odoo 19 has no categories of units any more and takes a kilogram for a product counted in pieces without a word (seen
on 19.0), so what may be converted into what is decided here.
Source: uom/data/uom_data.xml, account_edi_ubl_cii/models/account_edi_common.py (17.0, 19.0).
"""

from collections.abc import Mapping

from isthmus.canonical.quantity import PIECE

_COUNT: Mapping[str, str] = {
    "uom.product_uom_unit": PIECE,
    "uom.product_uom_dozen": "DZN",
    "uom.product_uom_pack_6": "PK",
}
_WEIGHT: Mapping[str, str] = {
    "uom.product_uom_kgm": "KGM",
    "uom.product_uom_gram": "GRM",
    "uom.product_uom_ton": "TNE",
    "uom.product_uom_lb": "LBR",
    "uom.product_uom_oz": "ONZ",
}
_TIME: Mapping[str, str] = {
    "uom.product_uom_day": "DAY",
    "uom.product_uom_hour": "HUR",
    "uom.product_uom_minute": "MIN",
}
_LENGTH: Mapping[str, str] = {
    "uom.product_uom_meter": "MTR",
    "uom.product_uom_km": "KMT",
    "uom.product_uom_cm": "CMT",
    "uom.product_uom_millimeter": "MMT",
    "uom.product_uom_foot": "FOT",
    "uom.product_uom_inch": "INH",
    "uom.product_uom_yard": "YRD",
    "uom.product_uom_mile": "SMI",
}
_VOLUME: Mapping[str, str] = {
    "uom.product_uom_litre": "LTR",
    "uom.product_uom_milliliter": "MLT",
    "uom.product_uom_cubic_meter": "MTQ",
    "uom.product_uom_gal": "GLL",
}
_ALONE: Mapping[str, str] = {"uom.product_uom_square_meter": "MTK", "uom.product_uom_kwh": "KWH"}
_FAMILIES = (_COUNT, _WEIGHT, _TIME, _LENGTH, _VOLUME)
#: External id to code; Odoo's own records keep their external id whatever people call them.
UNITS: Mapping[str, str] = {**_COUNT, **_WEIGHT, **_TIME, **_LENGTH, **_VOLUME, **_ALONE}
KNOWN = frozenset(UNITS.values())


def convertible(one: str, other: str) -> bool:
    """Tell whether Odoo's own factors lead from one unit to the other."""
    return any(one in family.values() and other in family.values() for family in _FAMILIES)
