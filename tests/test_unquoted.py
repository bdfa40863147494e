"""Text read all at once is the same as text read from record to record."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colanalysis.reading import read
from colanalysis.reading.grid import Grid
from colanalysis.reading.unquoted import unquoted_grid

KNOWN = frozenset(["learner_id", "value"])
cell = st.text(st.characters(codec="utf-8", exclude_characters='",;\t\r\n\0'), max_size=6)
rows = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=6)
)


def by_records(data: bytes) -> Grid:
    text = data.decode()
    delimiter = read._delimiter(text, KNOWN, "a.csv")
    numbers, cells = read._records(text, "a.csv", delimiter)
    return read.from_records("a.csv", numbers, cells, [])


def same(one: Grid, other: Grid) -> bool:
    columns = range(len(one.headings))
    return (
        (one.headings, list(one.rows), one.notes) == (other.headings, list(other.rows), other.notes)
        and one.heading_row == other.heading_row
        and all(one.fetch(place).tolist() == other.fetch(place).tolist() for place in columns)
    )


@given(rows, st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]), st.booleans())
@settings(max_examples=150)
def test_every_text_without_quotes_is_the_same_in_both_ways(table, delimiter, line_end, ended):
    head = ["learner_id", "value", "", "value", "more"][: len(table[0])]
    text = line_end.join(delimiter.join(record) for record in [head, *table]) + line_end * ended
    plain = unquoted_grid(text.encode(), "a.csv", lambda _: delimiter, [])
    blank = any(not any(record) for record in table)
    assert (plain is None) == (blank or table.count(head) > 0)
    if plain is not None:
        assert same(plain, by_records(text.encode()))


@pytest.mark.parametrize(
    "text",
    [
        'learner_id,value\n1,"a"\n', "learner_id,value\n1,\0\n", "learner_id,value\r1,a\r2,b\r",
        "learner_id,value\n1,a,b\n", "learner_id,value\n1\n", "learner_id,value\n\n1,a\n",
        "learner_id,value\n,\n1,a\n", "learner_id,value\n", "learner_id,value", "",
        "learner_id,value\n1,a\nlearner_id,value\n2,b\n", "learner_id,value\n1," + "a" * 200_000,
        "\nlearner_id,value\n1,a\n", "learner_id,value\n1,a\n\n",
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_the_reader_of_records(text):
    assert unquoted_grid(text.encode(), "a.csv", lambda _: ",", []) is None


def test_files_are_read_all_at_once_where_they_can_be(monkeypatch):
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(read, "_records", never)
    grid = read.text_grid(b"\xef\xbb\xbflearner_id;value\n007;NA\n1 ; b\n", "a.csv", KNOWN)
    assert grid.column("learner_id").tolist() == ["007", "1"]
    assert grid.column("value").tolist() == ["NA", "b"]
