from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

class Cell:
    value: Any
    data_type: str
    number_format: str
    quotePrefix: bool
    alignment: Any
    font: Any
    fill: Any
    column_letter: str

class Dimension:
    width: float

class Worksheet:
    title: str
    sheet_state: str
    freeze_panes: str | None
    column_dimensions: dict[str, Dimension]

    def cell(self, row: int, column: int) -> Cell: ...
    def iter_rows(self) -> Iterator[tuple[Cell, ...]]: ...
    def reset_dimensions(self) -> None: ...

class Workbook:
    worksheets: Sequence[Worksheet]

    def create_sheet(self, title: str) -> Worksheet: ...
    def remove(self, worksheet: Worksheet) -> None: ...
    def save(self, filename: BinaryIO) -> None: ...
    def close(self) -> None: ...
