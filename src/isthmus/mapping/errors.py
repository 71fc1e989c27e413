"""What can be wrong with a mapping, and where it stands."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a document: its file, the row, and the column in the row's text (from 1; 0 is the row as a whole)."""

    document: str = ""
    row: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return e.g. `mappings/orders.toml line 12, lines.sku, column 8`."""
        place = f"{self.document} line {self.line}" if self.line else self.document
        parts = [place, self.row, f"column {self.column}" if self.column else ""]
        return ", ".join(part for part in parts if part)

    def at(self, column: int) -> "Where":
        """Return the same row at a column."""
        return replace(self, column=column)

    def unreadable(self, says: str) -> "CannotRead":
        """Return the error that something here cannot be used for any record."""
        return CannotRead(says, self)

    def unworkable(self, says: str) -> "CannotWork":
        """Return the error that there is no answer here for this record."""
        return CannotWork(says, self)


class MappingError(ValueError):
    """Something a person has to change in a document; the message never holds a value of a record."""

    def __init__(self, says: str, where: Where = Where()) -> None:
        """Keep what is wrong and where."""
        super().__init__(f"{where}: {says}" if str(where) else says)
        self.says = says
        self.where = where


class NoAnswer(ValueError):
    """These values have no answer; the words are ours and hold none of them, so that people may be shown them."""


class CannotRead(MappingError):
    """A text that is no expression, or one that would be wrong for every record."""


class CannotWork(MappingError):
    """An expression that has no answer for this record: a number that is none, a field that is empty."""
