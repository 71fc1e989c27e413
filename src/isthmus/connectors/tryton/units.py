"""Tryton's units of measure and their UN/ECE Recommendation 20 codes.

A unit is known by its place in the module's own data (`xml_id`, 7.4 and later), before that by its symbol, which
people rarely translate. One of the merchant's own making goes by its name.
Source: product/uom.xml (8.2).
"""

from collections.abc import Mapping

from isthmus.canonical.quantity import PIECE

#: Name in the module's data, the symbol it comes with, and the code.
_KNOWN = (
    ("uom_unit", "u", PIECE),
    ("uom_kilogram", "kg", "KGM"),
    ("uom_gram", "g", "GRM"),
    ("uom_carat", "c", "CTM"),
    ("uom_pound", "lb", "LBR"),
    ("uom_ounce", "oz", "ONZ"),
    ("uom_second", "s", "SEC"),
    ("uom_minute", "min", "MIN"),
    ("uom_hour", "h", "HUR"),
    ("uom_day", "d", "DAY"),
    ("uom_meter", "m", "MTR"),
    ("uom_kilometer", "km", "KMT"),
    ("uom_centimeter", "cm", "CMT"),
    ("uom_millimeter", "mm", "MMT"),
    ("uom_foot", "ft", "FOT"),
    ("uom_yard", "yd", "YRD"),
    ("uom_inch", "in", "INH"),
    ("uom_mile", "mi", "SMI"),
    ("uom_cubic_meter", "m³", "MTQ"),
    ("uom_liter", "l", "LTR"),
    ("uom_cubic_centimeter", "cm³", "CMQ"),
    ("uom_cubic_inch", "in³", "INQ"),
    ("uom_cubic_foot", "ft³", "FTQ"),
    ("uom_gallon", "gal", "GLL"),
    ("uom_square_meter", "m²", "MTK"),
    ("uom_square_centimeter", "cm²", "CMK"),
    ("uom_are", "a", "ARE"),
    ("uom_hectare", "ha", "HAR"),
    ("uom_square_inch", "in²", "INK"),
    ("uom_square_foot", "ft²", "FTK"),
    ("uom_square_yard", "yd²", "YDK"),
    ("uom_energy_joule", "J", "JOU"),
    ("uom_energy_megajoule", "MJ", "3B"),
    ("uom_energy_kwh", "kW⋅h", "KWH"),
    ("uom_energy_mwh", "MW⋅h", "MWH"),
)
BY_NAME: Mapping[str, str] = {f"product.{name}": code for name, _symbol, code in _KNOWN}
BY_SYMBOL: Mapping[str, str] = {symbol: code for _name, symbol, code in _KNOWN}
KNOWN = frozenset(BY_NAME.values())


def code_of(xml_id: str, symbol: str, name: str) -> str:
    """Return the code of a unit, or the merchant's name for one of their own."""
    return BY_NAME.get(xml_id) or (BY_SYMBOL.get(symbol) if not xml_id else None) or name
