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
    "below",
    "column",
    "constant",
    "different",
    "distinct",
    "each",
    "in_order",
    "is_coded",
    "joined",
    "plain",
    "recoded",
    "together",
]

_MOST = 2**62


def column(texts: pd.Series) -> pd.Series:
    """Make a column of text categorical; one that is so already stays as it is."""
    return texts if is_coded(texts) else _made(*different(texts), texts.index)


def constant(text: str, index: pd.Index) -> pd.Series:
    """Make a column that has the same text in every row."""
    return _made(np.zeros(len(index), dtype=np.int8), [text], index)


def plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Turn the categorical columns of a table into plain columns of text."""
    found = {name: rows[name] for name in rows if is_coded(rows[name])}
    return rows.assign(
        **{
            name: pd.Series(texts.cat.categories.array.take(texts.cat.codes), texts.index)
            for name, texts in found.items()
        }
    )


def in_order(values: pd.Series) -> np.ndarray:
    """Where each value stands among the different ones, from the smallest; -1 is missing."""
    if not is_coded(values):
        return pd.factorize(values, sort=True)[0]
    places = np.empty(len(values.cat.categories), dtype=np.int64)
    places[np.argsort(values.cat.categories.to_numpy(object))] = np.arange(len(places))
    return places[values.cat.codes]


def is_coded(texts: pd.Series) -> bool:
    """Whether a column is categorical."""
    return isinstance(texts.dtype, pd.CategoricalDtype)


def different(texts: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Give the place of each row's text in the list of the different ones, and this list."""
    if is_coded(texts):
        return texts.cat.codes.to_numpy(), texts.cat.categories.tolist()
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
    return _made(places_of_meant[places], known.tolist(), texts.index)


def joined(parts: Sequence[pd.Series]) -> pd.Series:
    """Put columns of text below one another; rows are numbered anew."""
    coded = [column(part) for part in parts]
    if all(part.cat.categories is coded[0].cat.categories for part in coded):
        codes = np.concatenate([part.cat.codes for part in coded])
        return pd.Series(pd.Categorical.from_codes(codes, dtype=coded[0].dtype))
    known = pd.Index(
        pd.unique(np.concatenate([part.cat.categories.to_numpy(object) for part in coded]))
    )
    places = [known.get_indexer(part.cat.categories)[part.cat.codes] for part in coded]
    return _made(np.concatenate(places), known.tolist(), pd.RangeIndex(sum(map(len, coded))))


def below(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put tables of text below one another; a column that a table lacks is blank there.

    All columns become categorical but ``source_row``, which holds numbers.
    """
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
    number, count = np.zeros(1, dtype=np.int64), 1
    for one in columns:
        if is_coded(one):
            places, further = one.cat.codes.to_numpy(), len(one.cat.categories)
        else:
            places, found = pd.factorize(one)
            further = len(found)
        # A missing value (-1) is a value of its own.
        if count * (further + 1) > _MOST:
            number, kept = pd.factorize(number)
            count = len(kept)
        number = number * (further + 1) + (places.astype(np.int64) + 1)
        count *= further + 1
    return number


def distinct(rows: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Give the place of each row among the rows that differ, and these rows."""
    places, found = pd.factorize(together(rows[name] for name in rows))
    a_row = np.empty(len(found), dtype=np.int64)
    a_row[places] = np.arange(len(rows))
    return places, rows.iloc[a_row].reset_index(drop=True)


def _made(places: np.ndarray, texts: Sequence[str], index: pd.Index) -> pd.Series:
    dtype = pd.CategoricalDtype(pd.Index(texts, dtype="str"))
    return pd.Series(pd.Categorical.from_codes(places, dtype=dtype), index=index)
