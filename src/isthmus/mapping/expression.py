"""One expression, ready to be worked out any number of times."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from isthmus.mapping.compiler import FILE, Compiled, Compiler
from isthmus.mapping.errors import CannotWork, Where
from isthmus.mapping.scope import Scope
from isthmus.mapping.shapes import Shape
from isthmus.ports.errors import Trouble

#: What can go wrong in working an expression out: all of it is the record's or the rule's fault, never a defect.
FAULTS = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError)


@dataclass(frozen=True, slots=True)
class Expression:
    """A text of the mapping and what it means."""

    text: str
    where: Where
    compiled: Compiled = field(repr=False)

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
        """Return an error that says where in the text it was, and never what the record holds."""
        said = str(wrong) if isinstance(wrong, TypeError | ValueError) and not _foreign(wrong) else ""
        return CannotWork(
            said or _WORDS.get(type(wrong).__name__, "cannot be worked out"), self.where.at(self._column(wrong))
        )

    def _column(self, wrong: BaseException) -> int:
        """Return the column of the part that failed, from the code's own table of places."""
        trace, column = wrong.__traceback__, 0
        while trace is not None:
            code = trace.tb_frame.f_code
            if code.co_filename == FILE:
                positions = list(code.co_positions())
                start = positions[trace.tb_lasti // 2][2]
                if start is not None:
                    column = len(self.text.encode()[:start].decode("utf-8", "ignore")) + 1
            trace = trace.tb_next
        return column


_WORDS = {
    "DivisionByZero": "divided by zero",
    "InvalidOperation": "cannot be reckoned",
    "Inexact": "needs more digits than can be kept: round(...) says how many are wanted",
    "Overflow": "a number that is too large",
    "OverflowError": "a number or a day that is too large",
    "TypeError": "values of different kinds, or an empty one: number(...), text(...) or coalesce(...) helps",
}


def _foreign(wrong: BaseException) -> bool:
    """Tell whether the words are not ours: Python's own may repeat a value."""
    trace = wrong.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is None or not str(trace.tb_frame.f_globals.get("__name__", "")).startswith("isthmus.")


def expression(text: str, scope: Scope, where: Where | None = None) -> Expression:
    """Read an expression. Raises `CannotRead` with the column."""
    place = where or Where()
    # On one line, so that a column is a place in it.
    flat = " ".join(text.split("\n")).strip() if "\n" in text else text.strip()
    return Expression(flat, place, Compiler(scope, place, flat).compile())


def columns(expressions: Sequence[Expression]) -> frozenset[str]:
    """Return every field that some expressions read."""
    return frozenset(name for each in expressions for name in each.compiled.fields)
