"""Read spreadsheets and Parquet files as text, as a person would have typed it.

Dates become year-month-day, whole numbers have no ".0", true and false become yes and no.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from colanalysis.errors import DataError
from colanalysis.reading import unpack
from colanalysis.reading.grid import Grid, from_records, headings, known_headings
from colanalysis.terms.problems import SHOWN_PER_FILE, note

if TYPE_CHECKING:
    import pyarrow as pa
    from python_calamine import CalamineWorkbook

__all__ = ["parquet_grid", "workbook", "workbook_grid"]

_LARGEST = 50_000_000  # cells of a Parquet file, of which a few bytes may tell any number


def workbook_grid(data: bytes, file: str, known: frozenset[str]) -> Grid:
    """Read the sheet of an XLSX or XLS workbook whose headings are known."""
    lacking = unpack.rows_without_values(data, file)
    with workbook(data, file) as book:
        sheets = [
            _records(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
            for name in book.sheet_names
        ]
    filled = [sheet for sheet in sheets if sheet[0]]
    if not filled:
        raise DataError(
            "every sheet is empty",
            where=file,
            expected="a row of headings",
            remedy="Export it again, or delete it if there is nothing to report.",
        )
    fits = [known_headings(rows[0], known) for _, rows in filled]
    if len(filled) > 1 and not max(fits):
        raise DataError(
            f"none of the {len(filled)} sheets has a known heading in its first row",
            where=file,
            expected="one sheet with the headings of its table",
            remedy="Delete title rows above the headings and write them as the guide names them.",
        )
    numbers, rows = filled[fits.index(max(fits))]
    notes = [note("cell without a value", file, row=row) for row in lacking[:SHOWN_PER_FILE]]
    if others := lacking[SHOWN_PER_FILE:]:
        notes.append(note("cell without a value", file, count=len(others)))
    if len(filled) > 1:
        notes.append(note("other sheets", file, count=len(filled) - 1))
    return from_records(file, numbers, [cell for row in rows for cell in row], notes)


@contextmanager
def workbook(data: bytes, file: str) -> Iterator[CalamineWorkbook]:
    """Open a workbook for reading its sheets; DataError where it or one of them cannot be opened."""
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - slow to import

    try:
        yield CalamineWorkbook.from_filelike(io.BytesIO(data))
    except CalamineError as error:
        raise unpack.cannot_be_opened(file) from error


def _records(rows: Sequence[Sequence[object]]) -> tuple[list[int], list[list[str]]]:
    """Numbers and texts of the rows that are not blank, without columns blank throughout."""
    texts = [[_cell(cell) for cell in row] for row in rows]
    used = [i for i in range(len(texts[0]) if texts else 0) if any(row[i] for row in texts)]
    filled = [number for number, row in enumerate(texts, 1) if any(row)]
    return filled, [[texts[number - 1][i] for i in used] for number in filled]


def _cell(cell: object) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def parquet_grid(data: bytes, file: str) -> Grid:
    """Read a Parquet file; a row has the number it would have below a row of headings."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError as error:
        raise DataError(
            "the library pyarrow, which reads Parquet, is not installed",
            where=file,
            remedy="Install pyarrow, or save the table as CSV.",
        ) from error
    try:
        told = pq.read_metadata(pa.BufferReader(data))
        if told.num_rows * told.num_columns > _LARGEST:
            raise DataError(
                f"found {told.num_rows:,} rows of {told.num_columns} columns",
                where=file,
                expected=f"at most {_LARGEST:,} cells",
                remedy="Keep the columns and rows that are needed.",
            )
        table = pq.read_table(pa.BufferReader(data))
        table.validate(full=True)  # else letters that are none are found by whoever uses them
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # Arrow's own are not all
        raise DataError(
            "the file cannot be opened",
            where=file,
            expected="a Parquet file",
            remedy="Export it again, or give it the ending of what it is.",
        ) from error
    return Grid(
        file,
        headings(table.column_names, file),
        range(2, table.num_rows + 2),
        lambda i: _texts(table.column(i), file, i + 1),
    )


def _texts(column: pa.ChunkedArray, file: str, place: int) -> pd.Series:
    """Give a typed column as text, worked out once per different value."""
    from pyarrow import types  # noqa: PLC0415

    kind = column.type.value_type if types.is_dictionary(column.type) else column.type
    if types.is_nested(kind) or types.is_binary(kind):
        raise DataError(
            "found lists or raw bytes inside cells",
            where=f"{file}, column {place}",
            expected="single values",
            remedy="Write several values as one text with ; between them.",
        )
    column = column.cast(kind)
    if types.is_floating(kind):
        return _numbers(column.to_numpy())
    values = column.to_pandas(integer_object_nulls=True).astype(object)
    values = values.where(values.notna(), "")
    texts = {value: _cell(value) for value in values.unique()}
    return values.map(texts).astype("str")


def _numbers(values: np.ndarray) -> pd.Series:
    """Numbers as text; whole ones lose their ".0" only when the whole column is whole."""
    found, places = np.unique(values, return_inverse=True)
    known = found[np.isfinite(found)]
    whole = bool((known == np.floor(known)).all())
    texts = [
        ""
        if np.isnan(number)
        else str(int(number))
        if whole and np.isfinite(number)
        else str(number)
        for number in found
    ]
    return pd.Series(np.array(texts, dtype=object)[places], dtype="str")
