"""One expression, ready to be worked out any number of times."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from isthmus.mapping.compiler import FILE, Compiled, Compiler, column_of
from isthmus.mapping.errors import CannotWork, NoAnswer, Where
from isthmus.mapping.scope import Scope
from isthmus.mapping.shapes import Shape
from isthmus.ports.errors import Trouble

#: What can go wrong in working an expression out: all of it is the record's or the rule's fault, never a defect.
FAULTS = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
#: What ends a line to Python.
_BREAK = re.compile(r"[\r\n\f]")


@dataclass(frozen=True, slots=True)
class Expression:
    """A text of the mapping and what it means."""

    text: str
    where: Where
    compiled: Compiled = field(repr=False)
    #: How many characters of the row stand before the text.
    lead: int = 0

    @property
    def shape(self) -> Shape:
        """Return the shape of what it gives."""
        return self.compiled.shape

    def of(self, *records: Any) -> Any:
        """Return its value for these records. Raises `CannotWork` with the column, and `Unmapped`."""
        try:
            return self.compiled.run(*records)
        except Trouble:
            raise
        except FAULTS as wrong:
            raise self.fault(wrong) from None

    def fault(self, wrong: BaseException) -> CannotWork:
        """Return an error that says where in the text it was, and never what the record holds.

        Only words of ours are repeated: Python's own, and those of records, may hold a value.
        """
        said = str(wrong) if isinstance(wrong, NoAnswer) else _WORDS.get(type(wrong).__name__, "cannot be worked out")
        return CannotWork(said, self.where.at(self._column(wrong)))

    def _column(self, wrong: BaseException) -> int:
        """Return the column of the part that failed, from the code's own table of places."""
        trace, column = wrong.__traceback__, 0
        while trace is not None:
            code = trace.tb_frame.f_code
            if code.co_filename == FILE:
                positions = list(code.co_positions())
                start = positions[trace.tb_lasti // 2][2]
                if start is not None:
                    column = self.lead + column_of(self.text, start)
            trace = trace.tb_next
        return column


_WORDS = {
    "DivisionByZero": "divided by zero",
    "InvalidOperation": "cannot be reckoned",
    "Inexact": "needs more digits than can be kept: round(...) says how many are wanted",
    "Overflow": "a number that is too large",
    "Subnormal": "a number that is too fine",
    "OverflowError": "a number or a day that is too large",
    "TypeError": "values of different kinds, or an empty one: number(...), text(...) or coalesce(...) helps",
}


def expression(text: str, scope: Scope, where: Where | None = None) -> Expression:
    """Read an expression. Raises `CannotRead` with the column."""
    place = where or Where()
    # On one line, so that a column is a place in it.
    flat = _BREAK.sub(" ", text) if _BREAK.search(text) else text
    bare = flat.strip()
    lead = len(flat) - len(flat.lstrip())
    return Expression(bare, place, Compiler(scope, place, bare, lead).compile(), lead)


def columns(expressions: Sequence[Expression]) -> frozenset[str]:
    """Return every field that some expressions read."""
    return frozenset(name for each in expressions for name in each.compiled.fields)
