"""Columns of text as their different texts say the same as the plain columns."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from colanalysis import coded

texts = st.text("abā1", max_size=2)
columns = st.lists(texts, max_size=12)
pairs = st.lists(st.tuples(texts, texts, st.integers(0, 3) | st.none()), min_size=1, max_size=15)


def plain(cells: list[str]) -> pd.Series:
    # An index of its own shows what is lost on the way.
    return pd.Series(cells, index=range(7, 7 + len(cells)), dtype="str")


@given(columns)
def test_a_column_keeps_its_texts_and_its_index(cells: list[str]) -> None:
    column = coded.column(plain(cells))
    assert column.tolist() == cells
    assert column.index.equals(plain(cells).index)
    assert column.cat.categories.tolist() == list(dict.fromkeys(cells))
    assert coded.column(column) is column
    assert coded.plain(column.to_frame("a"))["a"].equals(plain(cells))


@given(columns)
def test_texts_that_mean_the_same_become_one(cells: list[str]) -> None:
    expected = [cell.upper()[:1] for cell in cells]
    for column in (plain(cells), coded.column(plain(cells))):
        found = coded.recoded(column, lambda text: text.upper()[:1])
        assert found.tolist() == expected
        assert found.cat.categories.is_unique
        lengths = coded.each(column, len, "int64")
        assert lengths.tolist() == [len(cell) for cell in cells]
        assert lengths.index.equals(column.index)


@given(st.lists(columns, min_size=1, max_size=4), st.booleans())
def test_columns_below_one_another_are_those_of_plain_lists(
    parts: list[list[str]], one: bool
) -> None:
    series = [coded.column(plain(cells)) for cells in parts]
    if one:  # parts of one column have its categories
        whole = coded.column(plain(sum(parts, [])))
        ends = [sum(map(len, parts[: n + 1])) for n in range(len(parts))]
        series = [
            whole.iloc[end - len(cells) : end] for end, cells in zip(ends, parts, strict=True)
        ]
    found = coded.joined(series)
    assert found.tolist() == sum(parts, [])
    assert found.index.tolist() == list(range(len(found)))


@given(st.lists(columns, min_size=2, max_size=4), st.booleans())
def test_aligned_columns_have_the_same_place_for_the_same_text(
    parts: list[list[str]], same: bool
) -> None:
    if same:  # the same texts in another order make types that are equal
        parts = [parts[0], parts[0][::-1]]
    found = coded.aligned([coded.column(plain(cells)) for cells in parts])
    assert [one.tolist() for one in found] == parts
    places: dict[str, int] = {}
    for one in found:
        for text, place in zip(one, one.cat.codes, strict=True):
            assert places.setdefault(text, place) == place
    assert len(set(places.values())) == len(places)


@given(pairs)
def test_rows_are_numbered_alike_where_all_columns_are(
    rows: list[tuple[str, str, int | None]],
) -> None:
    table = pd.DataFrame(rows, columns=["a", "b", "n"]).astype({"a": "str", "n": "float64"})
    table["b"] = coded.column(table["b"].astype("str"))
    number = coded.together(table[name] for name in table)
    alike = [[one == other for other in rows] for one in rows]
    assert [[one == other for other in number] for one in number] == alike
    places, found = coded.distinct(table)
    assert found.iloc[places].reset_index(drop=True).equals(table)
    assert len(found) == len(set(rows))


def test_more_combinations_than_numbers_are_told_apart() -> None:
    many = [pd.Series(range(5_000)) for _ in range(8)]  # 5000**8 is beyond 64 bits
    number = coded.together(many)
    assert len(set(number.tolist())) == 5_000
    assert number.min() >= 0


@given(columns)
def test_in_order_is_the_rank_among_the_different_texts(cells: list[str]) -> None:
    expected = [sorted(set(cells)).index(cell) for cell in cells]
    assert coded.in_order(plain(cells)).tolist() == expected
    assert coded.in_order(coded.column(plain(cells))).tolist() == expected


def test_a_table_that_lacks_a_column_is_blank_there() -> None:
    one = pd.DataFrame({"a": ["x", "y"], "source_row": [2, 3]}).astype({"a": "str"})
    other = pd.DataFrame({"b": ["z"], "source_row": [2]}).astype({"b": "str"})
    found = coded.below([one, other])
    assert found.to_dict("list") == {
        "a": ["x", "y", ""],
        "b": ["", "", "z"],
        "source_row": [2, 3, 2],
    }
