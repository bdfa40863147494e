"""Read a text file without quotation marks all at once, which is many times quicker than by records.

Where anything about it is not plain (records of other widths, blank ones, a heading said again), it
is left to the reader that goes from record to record and says what is the matter.
"""

from __future__ import annotations

import csv
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute
from pyarrow import csv as arrow_csv

from colanalysis import coded
from colanalysis.reading.grid import Grid, grid_of

__all__ = ["unquoted_grid"]

_LINE_END, _QUOTE, _NUL = b"\n", b'"', b"\0"
_CODED = pa.dictionary(pa.int32(), pa.string())


def unquoted_grid(
    data: bytes,
    file: str,
    delimiter_of: Callable[[str], str],
    notes: list[dict[str, object]],
) -> Grid | None:
    """Read UTF-8 of which every line is a record of as many fields as the first, or None.

    ``delimiter_of`` tells the delimiter from the first line.
    """
    if _QUOTE in data or _NUL in data:
        return None
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return None
    end = data.find(_LINE_END)
    line = data[: end if end >= 0 else None].rstrip(b"\r")
    if len(line) >= csv.field_size_limit():
        return None
    try:
        first = line.decode()
        delimiter = delimiter_of(first)
        head = first.split(delimiter)
        table = _table(data, delimiter, len(head))
    except (UnicodeDecodeError, pa.ArrowInvalid):
        return None
    if not table.num_rows or _doubtful(table, head):
        return None
    rows = range(2, table.num_rows + 2)
    return grid_of(file, head, rows, lambda place: _column(table, place), notes)


def _table(data: bytes, delimiter: str, width: int) -> pa.Table:
    """Every field as its place among the different texts; ArrowInvalid where widths differ."""
    names = [str(place) for place in range(width)]
    table = arrow_csv.read_csv(
        pa.BufferReader(data),
        arrow_csv.ReadOptions(column_names=names, skip_rows=1),
        arrow_csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, _CODED), strings_can_be_null=False
        ),
    )
    return table.unify_dictionaries()


def _doubtful(table: pa.Table, head: list[str]) -> bool:
    """Whether a row may be blank or the headings again, or a field is endless."""
    texts = [column.chunk(0).dictionary for column in table.columns]
    longest = max(compute.max(compute.binary_length(own)).as_py() for own in texts)
    if longest >= csv.field_size_limit():
        return True
    return _somewhere(table, texts, head) or _somewhere(table, texts, [""] * len(head))


def _somewhere(table: pa.Table, texts: list[pa.Array], record: list[str]) -> bool:
    """Whether a row has exactly these fields."""
    places = [own.index(field).as_py() for own, field in zip(texts, record, strict=True)]
    if min(places) < 0:
        return False
    here = np.ones(table.num_rows, dtype=bool)
    for column, place in zip(table.columns, places, strict=True):
        here &= np.concatenate([chunk.indices for chunk in column.chunks]) == place
    return bool(here.any())


def _column(table: pa.Table, place: int) -> pd.Series:
    chunks = table.column(place).chunks
    codes = np.concatenate([chunk.indices for chunk in chunks])
    return coded.made(codes, chunks[0].dictionary.to_pandas())
