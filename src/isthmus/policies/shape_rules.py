"""What of an answer is a name of the other system's, and what is content: only names are learned. Pure.

Content may be about people. So a text is taken for the name of a state only where all of these hold: it looks like a
code, no part of its path says that something personal or free stands there, and few different ones were ever seen.
"""

import re

#: A part of a path for: the elements of a list, the values under free keys, the objects of one type of a union.
ELEMENTS, FREE = "[]", "{}"
#: An object with more keys than this is a map, and its keys are content.
MOST_KEYS = 100
#: More different texts than this are content.
MOST_VALUES = 24
#: In an entry of a map that is written as a list, what stands beside the key may be anything.
_ENTRY = frozenset({"value", "display_value", "display_key", "jsonValue"})

_NAME = re.compile(r"[$@]?[A-Za-z_][A-Za-z0-9_.:]{0,63}")
#: `o12` in an answer to a query that was put together, and keys with numbers of records in them.
_NUMBERED = re.compile(r"[A-Za-z_]{0,2}\d+|.*\d{4}.*", re.DOTALL)
_CODE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}")
#: Words of a path under which texts are never kept, whatever they look like.
_PRIVATE = frozenset(
    """
    name names first last full nick mail email emails phone mobile fax address addresses addr billing shipping
    street city town zip postal postcode province region country countries county company party parties person customer
    customers partner partners buyer user users login author staff contact contacts vat tax iban bic account holder
    note notes comment comments message messages text html body title titles subject description label caption summary
    reason memo remark remarks sku skus barcode ean gtin code codes number reference ref handle slug alias tag tags key
    keys cursor token secret password pass signature hash id ids uid uuid gid url uri link links path file image host ip
    agent latitude longitude birth birthday gender language lang locale timezone tz value values meta attribute
    attributes option options property properties custom
    """.split()  # noqa: SIM905 - words are read better in lines
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def is_name(key: str) -> bool:
    """Tell whether a key is the name of a field; others are numbers, ids, addresses and the like."""
    return bool(_NAME.fullmatch(key)) and not _NUMBERED.fullmatch(key)


def is_entry(keys: object) -> bool:
    """Tell whether an object is one entry of a map that is written as a list of `key` and `value`."""
    return isinstance(keys, dict) and "key" in keys and "value" in keys


def is_any(key: str) -> bool:
    """Tell whether a field of such an entry may hold anything."""
    return key in _ENTRY


def is_private(part: str) -> bool:
    """Tell whether no text below this part of a path is ever kept."""
    if part[:1] in "[{<":
        return part == FREE
    return any(word.lower() in _PRIVATE for word in _WORDS.findall(part))


def is_code(text: str) -> bool:
    """Tell whether a text looks like the name of a state, such as `on-hold` or `PARTIALLY_PAID`."""
    return bool(_CODE.fullmatch(text))
