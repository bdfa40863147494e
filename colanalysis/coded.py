"""Columns of text as their different texts and which of them each row has.

A column of a million rows has a few different texts, mostly: what is worked out once for each of
them is quick, and takes little memory. Such a column is categorical, in no order that means anything;
a category that no row has any more may stay behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

__all__ = [
    "aligned",
    "below",
    "column",
    "constant",
    "different",
    "distinct",
    "each",
    "in_order",
    "is_coded",
    "joined",
    "made",
    "plain",
    "recoded",
    "same_places",
    "together",
]

_MOST = 2**62


def column(texts: pd.Series) -> pd.Series:
    """Make a column of text categorical; one that is so already stays as it is."""
    return texts if is_coded(texts) else made(*different(texts), texts.index)


def constant(text: str, index: pd.Index) -> pd.Series:
    """Make a column that has the same text in every row."""
    return made(np.zeros(len(index), dtype=np.int8), [text], index)


def plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Turn the categorical columns of a table into plain columns of text."""
    found = {name: rows[name] for name in rows if is_coded(rows[name])}
    return rows.assign(
        **{
            name: pd.Series(texts.array.categories.array.take(texts.array.codes), texts.index)
            for name, texts in found.items()
        }
    )


def in_order(values: pd.Series) -> np.ndarray:
    """Where each value stands among the others, from the smallest; -1 is missing."""
    if values.dtype.kind == "i":
        return values.to_numpy() - values.min() if len(values) else values.to_numpy()
    if not is_coded(values):
        return pd.factorize(values, sort=True)[0]
    places = np.empty(len(values.array.categories), dtype=np.int64)
    places[np.argsort(values.array.categories.to_numpy(object))] = np.arange(len(places))
    return places[values.array.codes]


def made(
    places: np.ndarray, texts: Sequence[str] | np.ndarray | pd.Series, index: pd.Index | None = None
) -> pd.Series:
    """Make a column of the different texts and the place of each row's text among them."""
    dtype = pd.CategoricalDtype(pd.Index(texts, dtype="str"))
    return pd.Series(pd.Categorical.from_codes(places, dtype=dtype), index=index)


def same_places(one: pd.Series, other: pd.Series) -> bool:
    """Whether the same text has the same place in two categorical columns.

    Types do not tell: they are equal where the same texts stand in another order.
    """
    return one.array.categories is other.array.categories or one.array.categories.equals(
        other.array.categories
    )


def is_coded(texts: pd.Series) -> bool:
    """Whether a column is categorical."""
    return isinstance(texts.dtype, pd.CategoricalDtype)


def different(texts: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Give the place of each row's text in the list of the different ones, and this list."""
    if is_coded(texts):
        return texts.array.codes, texts.array.categories.tolist()
    places, found = pd.factorize(texts)
    return places, found.tolist()


def each(texts: pd.Series, meaning: Callable[[str], Any], dtype: str) -> pd.Series:
    """Work out what each text means, every different text once."""
    places, found = different(texts)
    meant = pd.Series([meaning(text) for text in found], dtype=dtype)
    return meant.take(places).set_axis(texts.index)


def recoded(texts: pd.Series, meaning: Callable[[str], str]) -> pd.Series:
    """Put another text in the place of each, as ``each`` does; the column is categorical."""
    places, found = different(texts)
    meant = [meaning(text) for text in found]
    if meant == found and is_coded(texts):
        return texts
    places_of_meant, known = pd.factorize(np.array(meant, dtype=object))
    return made(places_of_meant[places], known, texts.index)


def aligned(columns: Sequence[pd.Series]) -> list[pd.Series]:
    """Give several columns of text the same categories, so that the same text has the same place."""
    coded = [column(one) for one in columns]
    if all(same_places(one, coded[0]) for one in coded):
        return coded
    texts = [one.array.categories.to_numpy(object) for one in coded]
    place, known = pd.factorize(np.concatenate(texts))
    dtype = pd.CategoricalDtype(pd.Index(known, dtype="str"))
    places = np.split(place, np.cumsum([len(own) for own in texts])[:-1])
    return [
        pd.Series(pd.Categorical.from_codes(own[one.array.codes], dtype=dtype), index=one.index)
        for own, one in zip(places, coded, strict=True)
    ]


def joined(parts: Sequence[pd.Series]) -> pd.Series:
    """Put columns of text below one another; rows are numbered anew."""
    return pd.concat(aligned(parts), ignore_index=True)


def below(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put tables of text below one another; a column that a table lacks is blank there.

    All columns become categorical but ``source_row``, which holds numbers.
    """
    if len(tables) == 1:
        one = tables[0].reset_index(drop=True)
        texts = [name for name in one if name != "source_row" and not is_coded(one[name])]
        return one.assign(**{name: column(one[name]) for name in texts})
    names = dict.fromkeys(name for table in tables for name in table if name != "source_row")
    told = {
        name: joined(
            [table[name] if name in table else constant("", table.index) for table in tables]
        )
        for name in names
    }
    rows = pd.concat([table["source_row"] for table in tables], ignore_index=True)
    return pd.DataFrame(told | {"source_row": rows})


def together(columns: Iterable[pd.Series]) -> np.ndarray:
    """A number for each row that is the same where all columns are the same, and differs elsewhere."""
    return _together(columns)[0]


def distinct(rows: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Give the place of each row among the rows that differ, and these rows."""
    number, count = _together(rows[name] for name in rows)
    if count <= len(rows):
        there = np.zeros(count, dtype=bool)
        there[number] = True
        places, further = (np.cumsum(there) - 1)[number], int(there.sum())
    else:
        places, found = pd.factorize(number)
        further = len(found)
    a_row = np.empty(further, dtype=np.int64)
    a_row[places] = np.arange(len(rows))
    return places, rows.iloc[a_row].reset_index(drop=True)


def _together(columns: Iterable[pd.Series]) -> tuple[np.ndarray, int]:
    """The numbers of ``together``, and one more than the greatest that there may be."""
    number, count = np.zeros(1, dtype=np.int64), 1
    for one in columns:
        places, further = _places(one)
        if count * further > _MOST:
            number, kept = pd.factorize(number)
            count = len(kept)
        number = number * further
        number = number + places
        count *= further
    return number, count


def _places(values: pd.Series) -> tuple[np.ndarray, int]:
    """A number from 0 for each different value, and how many numbers there may be."""
    if is_coded(values):
        return values.array.codes, max(len(values.array.categories), 1)
    if values.dtype.kind == "i" and len(values):
        least, most = values.min(), values.max()
        if most - least < len(values):
            return values.to_numpy() - least, int(most - least) + 1
    places, found = pd.factorize(values, use_na_sentinel=False)
    return places, max(len(found), 1)
