"""What a parked job lacks is kept with it, and read back as it was."""

from hypothesis import given
from hypothesis import strategies as st

from isthmus.engine.lacking import LONGEST, Lack, lack_of, lack_text

WORDS = st.lists(st.text(st.characters(exclude_categories=("Cs",)), min_size=1), min_size=1, max_size=8)


@given(WORDS)
def test_words_are_read_back_as_they_were(words: list[str]) -> None:
    assert lack_of(lack_text("tax", words)) == Lack("tax", tuple(words))


def test_what_an_index_cannot_hold_is_asked_about_later() -> None:
    text = lack_text("sku", ["Ä" * 300, "Ö" * 300, "Ü" * 800])
    assert text is not None
    assert len(text.encode()) <= LONGEST
    assert lack_of(text) == Lack("sku", ("Ä" * 300, "Ö" * 300))
    assert lack_text("sku", ["x" * LONGEST]) is None
    assert lack_text("sku", [""]) is None


def test_what_sleeps_lacks_no_word() -> None:
    assert lack_of(None) is None
    assert lack_of("connection:erp") is None
