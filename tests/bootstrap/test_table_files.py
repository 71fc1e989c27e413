"""A table that commands change keeps what people wrote, and means exactly what was said."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.code_tables import rows_of
from isthmus.bootstrap.table_files import Changes, Entry, NotWritten, alone, changed, place_of, write

WORD = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
SAID = st.sampled_from(["=1+1", "'=x", "''@a", "-5", "+49", "@home", "\tA", " MUG ", 'a"b', "a,b", "a;b", "x\ny", "\r"])
ROWS = st.dictionaries(WORD | SAID, st.tuples(WORD | SAID | st.just(""), st.just("") | SAID), max_size=8)


def read(text: str) -> dict[str, tuple[str, str]]:
    return {word: (other, note) for word, other, note in rows_of(text.removeprefix("\ufeff"), "tables/x.csv")}


@given(first=ROWS, then=ROWS, end=st.sampled_from(["\n", "\r\n"]), separator=st.sampled_from([",", ";", "\t"]))
def test_what_is_written_is_what_is_read(
    first: dict[str, tuple[str, str]], then: dict[str, tuple[str, str]], end: str, separator: str
) -> None:
    text = f"from{separator}to{separator}note{end}"
    text = changed(text, "t", {word: Entry(*said) for word, said in first.items()})
    assert read(text) == first
    assert changed(text, "t", {word: Entry(*said) for word, said in first.items()}) == text
    after = changed(text, "t", {word: Entry(*said) for word, said in then.items()})
    assert read(after) == first | then
    assert list(read(after))[: len(first)] == list(first)
    assert read(changed(after, "t", dict.fromkeys(then))) == {k: v for k, v in first.items() if k not in then}


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        pytest.param("", {"A": Entry("1")}, "from,to,note\nA,1\n", id="a-new-file"),
        pytest.param(
            "\ufefffrom;to;note\r\nA;1;why\r\n\r\nB;2\r\n",
            {"A": Entry("9"), "C": Entry("3")},
            "\ufefffrom;to;note\r\nA;9;why\r\n\r\nB;2\r\nC;3\r\n",
            id="mark-separator-note-line-ends-and-blank-rows-stay",
        ),
        pytest.param("from,to\nA,1", {"B": Entry("2")}, "from,to\nA,1\nB,2\n", id="a-last-line-without-end"),
        pytest.param('from,to\n"A" ,1\nB,2\n', {"B": None}, 'from,to\n"A" ,1\n', id="a-row-taken-out"),
        pytest.param("from,to,note\nA , 1,\n", {"A": Entry("1")}, "from,to,note\nA , 1,\n", id="the-same-stays"),
    ],
)
def test_only_what_changes_is_touched(before: str, changes: Changes, after: str) -> None:
    if '"A" ' in before:  # not CSV: a space behind the closing quote
        with pytest.raises(ConfigError, match="row 2"):
            changed(before, "tables/x.csv", changes)
        return
    assert changed(before, "tables/x.csv", changes) == after


def test_no_spreadsheet_takes_a_word_for_a_formula() -> None:
    text = changed("", "t", {'=HYPERLINK("http://x")': Entry("-2+3")})
    assert text == 'from,to,note\n"\'=HYPERLINK(""http://x"")",\'-2+3\n'


def test_a_folder_that_is_read_only_says_so_and_keeps_the_file(tmp_path: Path) -> None:
    path = place_of(tmp_path, "tax")
    path.parent.write_text("a file where the folder belongs", "utf-8")
    wrong = pytest.raises(NotWritten, match=r"tables/tax\.csv cannot be written .* nothing was written")
    with wrong, alone(path, "tables/tax.csv"):
        write(path, "from,to\n", "tables/tax.csv")
    assert path.parent.read_text("utf-8") == "a file where the folder belongs"


@pytest.mark.parametrize("table", ["../etc", "Tax", "a b", "", "a/b", "x" * 41])
def test_a_table_is_a_plain_word(tmp_path: Path, table: str) -> None:
    with pytest.raises(NotWritten, match="no name of a code table"):
        place_of(tmp_path, table)
