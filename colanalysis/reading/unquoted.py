"""Read a text file without quotation marks all at once, which is many times quicker than by records.

Where anything about it is not plain (records of other widths, blank ones, a heading said again), it
is left to the reader that goes from record to record and says what is the matter.
"""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from colanalysis.reading.grid import Grid, grid_of

__all__ = ["unquoted_grid"]

_LINE_END, _QUOTE, _NUL = b"\n", b'"', b"\0"


def unquoted_grid(
    data: bytes, file: str, delimiter: str, notes: list[dict[str, object]]
) -> Grid | None:
    """Read UTF-8 of which every line is a record of as many fields as the first, or None."""
    data = data.removesuffix(b"\r\n").removesuffix(_LINE_END)
    if _QUOTE in data or _NUL in data or data.count(b"\r") != data.count(b"\r\n"):
        return None
    first = data.partition(_LINE_END)[0].rstrip(b"\r")
    width = first.count(delimiter.encode()) + 1
    if _LINE_END + first in data or not _even(data, delimiter, width):
        return None
    names = [str(place) for place in range(width)]
    table = arrow_csv.read_csv(
        pa.BufferReader(data),
        arrow_csv.ReadOptions(column_names=names, skip_rows=1),
        arrow_csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )

    def fetch(place: int) -> pd.Series:
        return pd.Series(table.column(place).to_pandas(), dtype="str")

    head = first.decode().split(delimiter)
    return grid_of(file, head, range(2, table.num_rows + 2), fetch, notes)


def _even(data: bytes, delimiter: str, width: int) -> bool:
    """Whether every line has so many fields, one of which is not blank, and none is endless."""
    letters = np.frombuffer(data, dtype=np.uint8)
    starts = np.append(0, np.flatnonzero(letters == ord(_LINE_END)) + 1)
    if len(starts) == 1 or starts[-1] == len(letters):
        return False
    between = np.flatnonzero(letters == ord(delimiter))
    fields = np.diff(np.searchsorted(between, np.append(starts, len(letters))))
    length = np.diff(starts, append=len(letters) + 1) - 1
    shown = length - (letters[np.minimum(starts + length - 1, len(letters) - 1)] == ord(b"\r"))
    return bool(
        (fields == width - 1).all()
        and (shown > fields).all()
        and length.max() < csv.field_size_limit()
    )
