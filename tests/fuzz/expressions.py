"""Made-up expressions: what a person may write, what nobody should, and both mixed and damaged.

What comes out is a value of the kind that was said before, or one of our errors. While an expression runs nothing may
be opened, imported, compiled or asked of the system: an audit hook of Python's own sees to that.
"""
# ruff: noqa: RUF001 - letters that look like others are what this is about

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from random import Random
from types import NoneType
from typing import Any

import msgspec

from isthmus.canonical.money import Money
from isthmus.canonical.order import Order, OrderLine, OrderStatus, Payment, PaymentStatus, ShippingLine
from isthmus.canonical.party import Address, Company, Customer
from isthmus.canonical.quantity import Quantity
from isthmus.mapping.errors import CannotWork
from isthmus.mapping.expression import expression
from isthmus.mapping.functions import FUNCTIONS
from isthmus.mapping.scope import Scope
from isthmus.mapping.shapes import Kind, Shape
from isthmus.mapping.tables import Tables
from isthmus.mapping.texts import LONGEST, MOST
from tests.fuzz.mutate import flipped

#: Stands in every text of a record: no error may hold it.
MARK = "sEcReT"
TEXTS = (
    "", " ", "12.50", "1e5", "NaN", "-0", "2026-11-22", "2026-11-22T08:30:00Z", "9999-12-31T23:59:59-14:00", "#1001",
    "a,b;c d", "ß" * 9_000, "ﬀ" * 19_000, "x " * 10_000, "ab1 " * 5_000, "🫖" * 400, "\0\x1b[31m", "{0.__class__}",
    "%s%n", "__import__('os').system('x')", "٣" * 9, "9" * 70, "e\u0301" * 3_000, "y" * 100_000,
)  # fmt: skip
_NUMBERS = ("0", "1", "-1", "2.50", "1e18", "0.000000000000000000000000000001", "999999999999999999.99")
_ITEMS: tuple[Any, ...] = (
    None,
    True,
    7,
    10**30,
    10**900,
    1.5,
    {},
    [],
    [1, "a", [True]],
    ["x"] * 1_900,
    [[[[[[[[[[1]]]]]]]]]],
)
FIELDS = (
    "number", "note", "email", "phone", "tags", "status", "is_test", "currency", "placed_at", "ordered_on", "total",
    "total.amount", "total.currency", "shipping_to", "shipping_to.region", "shipping_to.lines", "billing.city",
    "lines", "lines[0]", "lines[-1].sku", "lines[0].quantity", "lines[0].net_of_discount", "payments",
    "customer.company.tax_id", "customer.custom.x", "custom.a", 'custom["b"]', 'custom["__class__"]', "custom",
    "exchange_rate", "order", "value", "order.number", "discount", "shipping.amount", "last(payments).amount.amount",
    "nothing", "order.lines[0].unit_price",
)  # fmt: skip
LITERALS = (
    "0", "1", "2.50", "1e39", "1e400", "0.1", "9" * 61, "1_000", "0x10", "1j", "None", "True", "...", 'b"x"', '"a"',
    '"EUR"', '""', '"\\x00"', '"\\ud800"', '"ﬀ"', '"Europe/Berlin"', '"../../etc/passwd"', '"YYYY-MM-DD"',
    '"VAT:? *([A-Z]{2}[0-9]+)"', '"(a?){200}b"', '"(x+x+)+y"', '"(?P<a>.)(?:.{0,30}){9}"', '"["', '"codes"',
    '"\\u202e"', '"\\N{DIGIT ONE}"', '"%s"', '"{0.__class__}"', "-1", "[]", "()", '("a", "b")', "[1, 2.5, None]",
    '"' + "z" * 900 + '"',
)  # fmt: skip
HOSTILE = (
    "__import__('os').system('id')", "().__class__.__bases__[0].__subclasses__()",
    "order.__class__.__init__.__globals__", "open('/etc/passwd').read()", "eval('1')", "exec('x')", "lambda: 0",
    "(lambda x: x)(1)", "(x := 1)", "[*tags]", "upper(*tags)", "upper(text=note)", "{1: 2}", "{*tags}",
    "{a for a in tags}", "await note", "(yield note)", "tags[0:2]", "note[0]", "note.format(order)", "note.__format__",
    'f"{order!r}"', 'f"{number:>99999999}"', 'f"{number:{number}}"', "f\"{f'{note}'}\"", "'a' * 9**9**9", "9**9**9",
    "1 << 999999", "note @ note", "~1", "+note", "note is None", "[a for a in tags for b in tags]",
    "[a for a in [b for b in tags]]", "[[b for b in tags] for a in tags]", "[value for value in tags]",
    "[upper for upper in tags]", "[hooks for hooks in tags]", "[_n for _n in tags]", "[order for order in tags]",
    "ｎote", "ｏrder.ｎumber", "note.ｕpper()", "note if", "note;note", "note\nnote", "note#x", "print(note)",
    "hooks.run(note)", "hooks.short(note)", "hooks.__class__", "hooks.boom(order)", "globals()", "_custom", "v_a",
    "_f_upper(note)", "_tuple(tags)", "custom.__class__.__mro__", "custom.get('a')", "total.amount.__class__",
    "placed_at.tzinfo", "lines[0].custom", "replace(note, ' ', note)", "join([note for a in words(note)], note)",
    'padded(note, 20000, "x")', "split(note, ' ')", "[note + a for a in words(note)]",
    "[words(note) for a in words(note)]", "[plain(note) + title(note) for a in words(note)]",
    "[[upper(note), lower(note)] for a in split(note, ' ')]", "[find(note, '(.?){99}x') for a in words(note)]",
    "unique(lines)", "unique(custom.a)", "min(lines)", "sum(tags)", "-" * 900 + "1", "not " * 400 + "1",
    "(" * 150 + "1" + ")" * 150, "1" + "+1" * 900, "1" + " and 1" * 300, "1" + " < 1" * 450, "[" * 99 + "]" * 99,
    "f'" + "{note}" * 300 + "'", "a." * 900 + "a", "order" + ".lines[0]" * 99,
)  # fmt: skip
#: Whose names have a form that the grammar below gives them more often than chance does.
_SHAPED = (
    "{}",
    "upper({})",
    "[{1} for a in {0}]",
    "[{1} for a in {0} if {2}]",
    "any({1} for a in {0})",
    'f"{{{0}}}-{{{1}}}"',
)
_BINARY = ("+", "-", "*", "/", "//", "%", "==", "!=", "<", ">=", "in", "not in", "and", "or")
ALLOWED = (NoneType, str, bool, Decimal, date, datetime, Money, Quantity, tuple, msgspec.Struct, Mapping)
_FORBIDDEN: list[str] = []
_watching = False


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching:
        return
    # What was called where is read off a traceback to tell the column; nothing else looks at Python's own parts.
    if event == "object.__getattr__" and arguments[1] in ("tb_frame", "f_code", "__code__"):
        return
    # The rows of a section become one function when they are needed first.
    if event in ("compile", "exec") and "<section>" in (arguments[-1], getattr(arguments[0], "co_filename", "")):
        return
    _FORBIDDEN.append(f"{event} {arguments}"[:200])


@contextmanager
def nothing_outside() -> Generator[None]:
    """Fail where anything but reckoning goes on in the block."""
    global _watching  # noqa: PLW0603 - a hook of Python's cannot be taken away again
    _audited()
    _FORBIDDEN.clear()
    _watching = True
    try:
        yield
    finally:
        _watching = False
        assert not _FORBIDDEN, _FORBIDDEN


@cache
def _audited() -> None:
    sys.addaudithook(_audit)


def short(text: str) -> str:
    """Return a short text, as a project's own function may."""
    return text[:9]


def boom(order: Order) -> str:
    """Fail, as a project's own function may."""
    raise RuntimeError(order.note)


def made(random: Random, depth: int = 0) -> str:
    """Return an expression, more or less."""
    what = random.random()
    if depth > 4 or what < 0.25:
        return random.choice(FIELDS if random.random() < 0.6 else LITERALS)
    if what < 0.3:
        return random.choice(HOSTILE)
    if what < 0.62:
        return _call(random, depth + 1)
    if what < 0.8:
        return f"({made(random, depth + 1)} {random.choice(_BINARY)} {made(random, depth + 1)})"
    if what < 0.86:
        return f"({made(random, depth + 1)} if {made(random, depth + 1)} else {made(random, depth + 1)})"
    if what < 0.9:
        return f"[{', '.join(made(random, depth + 1) for _ in range(random.randrange(4)))}]"
    if what < 0.94:
        return f"{random.choice(('not ', '-', '+'))}{made(random, depth + 1)}"
    parts = [made(random, depth + 1) for _ in range(3)]
    return random.choice(_SHAPED).format(*parts)


def _call(random: Random, depth: int) -> str:
    what = random.random()
    if what < 0.08:
        return f'lookup("codes", {made(random, depth)}, {made(random, depth)})'
    if what < 0.12:
        return f"hooks.{random.choice(('short', 'boom'))}({made(random, depth)})"
    name = random.choice([*FUNCTIONS])
    function = FUNCTIONS[name]
    if what < 0.3:
        return function.example
    count = len(function.takes) - random.randint(0, function.spare) + random.choice((0, 0, 0, 0, 0, 1, -1))
    given = [
        random.choice(LITERALS)
        if place in function.fixed
        else _fitting(random, function.takes[place % len(function.takes)], depth)
        for place in range(count)
    ]
    return f"{name}({', '.join(given)})"


def _fitting(random: Random, kind: Kind, depth: int) -> str:
    if random.random() < 0.3:
        return made(random, depth)
    return random.choice(_BY_KIND.get(kind, FIELDS))


_BY_KIND: Mapping[Kind, tuple[str, ...]] = {
    Kind.TEXT: (
        "note",
        "number",
        "shipping_to.region",
        '"a"',
        "custom.a",
        "upper(note)",
        'join(tags, "-")',
        "text(total)",
    ),
    Kind.NUMBER: ("1", "0", "2.5", "20000", "total.amount", "count(lines)", "length(note)", "custom.a", "1e40"),
    Kind.DATE: ("placed_at", "ordered_on", 'day("2026-11-22")', "day(placed_at)", "custom.a"),
    Kind.LIST: (
        "tags",
        "lines",
        "words(note)",
        "[line.sku for line in lines]",
        "custom.a",
        'split(note, " ")',
        "[1, 2]",
    ),
}


@cache
def an_order(number: int) -> Order:
    """Return one of a few orders, with texts in it that have broken programs before."""
    random = Random(number)  # noqa: S311 - not for secrets

    def text() -> str:
        return random.choice(TEXTS) + MARK if random.random() < 0.9 else random.choice(TEXTS)

    def custom() -> dict[str, Any]:
        return {name: random.choice((text(), random.choice(_ITEMS))) for name in ("a", "b", "x", "__class__")}

    def money() -> Money:
        return Money(Decimal(random.choice(_NUMBERS)), random.choice(("EUR", "USD", "JPY")))

    def line(place: int) -> OrderLine:
        count = Quantity(Decimal(random.choice(_NUMBERS)))
        return OrderLine(
            external_id=str(place), sku=text(), title=text(), quantity=count, unit_price=money(), custom=custom()
        )

    address = Address(region=text(), city=text(), lines=(text(), text()), country=random.choice(("DE", "")))
    buyer = Customer(external_id="c", company=random.choice((None, Company(name=text()))), custom=custom())
    return Order(
        external_id=str(number), number=text(), note=text(), email=text(), phone=text(), status=random.choice(_STATUS),
        placed_at=random.choice((datetime(2026, 3, 29, 1, 30, tzinfo=UTC), _FIRST, _LAST)),
        currency="EUR", lines=tuple(map(line, range(random.choice((0, 1, 3, 30))))), total=money(),
        shipping_to=random.choice((None, address)), billing=random.choice((None, address)), custom=custom(),
        customer=random.choice((None, buyer)), tags=tuple(text() for _ in range(random.choice((0, 2, 40, 2_100)))),
        ordered_on=random.choice((None, date.max, date.min)), exchange_rate=random.choice((None, Decimal("1E+30"))),
        payments=(Payment(transaction_id="t", amount=money(), status=PaymentStatus.PAID),) * (number % 3),
        shipping_lines=(ShippingLine(price=money(), title=text()),) * (number % 2),
        discount=random.choice((None, money())),
    )  # fmt: skip


_STATUS = tuple(OrderStatus)
_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
SCOPE = Scope(
    {"order": Order}, "order", tables=Tables({"codes": {"a": "1", "*": "9"}}), hooks={"short": short, "boom": boom}
)
MARKS = frozenset({MARK, MARK.upper(), MARK.lower()})


async def run(random: Random) -> None:
    """Compile one expression and work it out for a few orders."""
    text = made(random)
    if random.random() < 0.15:
        text = flipped(random, text.encode("utf-8", "surrogatepass")).decode(
            "utf-8", random.choice(("replace", "surrogateescape"))
        )
    found = expression(text, SCOPE)
    wrong: CannotWork | None = None
    for _ in range(2):
        order = an_order(random.randrange(48))
        body = msgspec.json.encode(order) if found.compiled.hooks else b""
        try:
            with nothing_outside():
                value = found.of(order, None)
        except CannotWork as bad:
            wrong = bad
        else:
            assert conforms(found.shape, value), (text, found.shape, type(value))
            assert small(value, 100_000 + len(MARK)), text
        assert not body or body == msgspec.json.encode(order), "a hook changed an order"
    if wrong is not None:
        assert not any(mark in str(wrong) for mark in MARKS), wrong
        assert 1 <= wrong.where.column <= len(text) + 1, wrong
        raise wrong


def conforms(shape: Shape, value: Any) -> bool:
    """Tell whether a value is of the kind that was said before it was known."""
    if value is None:
        return shape.optional or shape.kind in (Kind.ANY, Kind.CUSTOM)
    if shape.kind is Kind.ANY:
        return isinstance(value, ALLOWED)
    if shape.kind is Kind.LIST:
        return isinstance(value, tuple) and (shape.inner is None or all(conforms(shape.inner, each) for each in value))
    if shape.kind is Kind.PART:
        return shape.part is not None and isinstance(value, shape.part)
    if shape.kind is Kind.DATE and isinstance(value, datetime):
        return False
    return isinstance(value, _CLASSES[shape.kind])


def small(value: Any, longest: int = LONGEST) -> bool:
    """Tell whether a value is within bounds; texts of a record itself may be longer than those that are made."""
    if isinstance(value, str):
        return len(value) <= longest
    if isinstance(value, tuple):
        return len(value) <= max(MOST, 2_100) and all(small(each, longest) for each in value)
    return not isinstance(value, Decimal) or abs(value.adjusted()) <= 60


_CLASSES: Mapping[Kind, type | tuple[type, ...]] = {
    Kind.TEXT: str, Kind.NUMBER: Decimal, Kind.TRUTH: bool, Kind.DATE: date, Kind.MOMENT: datetime, Kind.MONEY: Money,
    Kind.QUANTITY: Quantity, Kind.CUSTOM: Mapping, Kind.EMPTY: NoneType,
}  # fmt: skip
