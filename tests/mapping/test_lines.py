"""Where a row stands in its file is told, however TOML lets it be written."""

import pytest

from isthmus.mapping.build import build
from isthmus.mapping.document import read_document
from isthmus.mapping.errors import CannotRead
from isthmus.mapping.tables import Tables


@pytest.mark.parametrize(
    "row",
    [
        'note = "nonsense"',
        'note = { from = "nonsense" }',
        'note.from = "nonsense"',
        '"note".from = "nonsense"',
        'custom.x.from = "nonsense"',
        '"custom.x".from = "nonsense"',
        "\"custom.x\" . 'from' = 'nonsense'",
    ],
)
def test_a_wrong_row_is_told_with_its_line(row: str) -> None:
    with pytest.raises(CannotRead, match=r"mappings/orders.toml line 3, order"):
        build(read_document(f"[order]\n\n{row}\n", "mappings/orders.toml"), Tables())
