"""Open a file and read it as a grid by its ending."""

from __future__ import annotations

from pathlib import Path

from colanalysis.errors import DataError
from colanalysis.reading.grid import Grid
from colanalysis.reading.read import text_grid
from colanalysis.reading.sheets import parquet_grid, workbook_grid

__all__ = ["BY_SOURCE", "ENDINGS", "grid", "opened"]

_TEXT, _BOOK, _PARQUET = (".csv", ".tsv", ".txt"), (".xlsx", ".xls"), (".parquet",)
ENDINGS = (*_TEXT, *_BOOK, *_PARQUET)
BY_SOURCE = (".moe",)  # never a table by its name, only as a [[source]]


def opened(path: Path, file: str) -> bytes:
    """Read the bytes of a file, which errors call ``file``; DataError where that cannot be done."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            "the file cannot be opened",
            where=file,
            remedy="Close it in other programs and check that you may read it.",
        ) from error


def grid(data: bytes, file: str, known: frozenset[str]) -> Grid:
    """Read a spreadsheet, a Parquet or a text file, whose headings are the ``known`` ones."""
    ending = Path(file).suffix.lower()
    if ending in _BOOK:
        return workbook_grid(data, file, known)
    if ending in _PARQUET:
        return parquet_grid(data, file)
    return text_grid(data, file, known)
