"""Open a published file as its sheets, every cell a text, with the numbers that its places have."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from colanalysis.errors import SettingsError
from colanalysis.reading import files
from colanalysis.reading.read import decode
from colanalysis.reading.sheets import workbook
from colanalysis.terms.labels import plain

__all__ = ["Sheet", "fold", "is_workbook", "opened", "same"]


@dataclass(frozen=True)
class Sheet:
    """One sheet: ``place`` is its file and, of several sheets, its number; row 1 comes first."""

    place: str
    name: str
    rows: Sequence[Sequence[str]]


def is_workbook(file: str) -> bool:
    """Say whether a file is a spreadsheet by its ending."""
    return Path(file).suffix.lower() in (".xlsx", ".xls")


def opened(
    data: bytes, file: str, *, header: str, only: Collection[str] = ()
) -> tuple[list[Sheet], list[dict[str, object]]]:
    """Open a workbook (all sheets that are not empty, or ``only`` some), a Parquet or a text file.

    ``header`` is what a cell of the header says, from which the delimiter of a text is known.
    """
    if is_workbook(file):
        return _of_workbook(data, file, only), []
    if Path(file).suffix.lower() == ".parquet":
        grid = files.grid(data, file, frozenset())
        columns = [grid.fetch(place).tolist() for place in range(len(grid.headings))]
        return [Sheet(file, "", [grid.headings, *zip(*columns, strict=True)])], []
    text, notes = decode(data, file)
    return [Sheet(file, "", _fields(text, header))], notes


def _fields(text: str, header: str) -> list[list[str]]:
    """Split text at the delimiter that makes most cells of the header, if it makes the named one."""
    best: list[list[str]] = []
    most = 0
    for delimiter in (",", ";", "\t"):
        try:
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
            rows = [[_cell(cell) for cell in row] for row in reader]
        except csv.Error:
            continue
        named = same(rows, header)
        cells_of_header = max((len(row) for row in rows if not named.isdisjoint(row)), default=0)
        if cells_of_header > most:
            best, most = rows, cells_of_header
    return best


def _of_workbook(data: bytes, file: str, only: Collection[str]) -> list[Sheet]:
    with workbook(data, file) as book:
        names = book.sheet_names
        missing = [name for name in only if name not in names]
        if missing:
            raise SettingsError(
                f'the workbook has no sheet "{missing[0]}"',
                where=file,
                expected="names of sheets as they stand on the tabs",
                remedy="Correct sheets in [[source]].",
            )
        read = [
            Sheet(
                file if len(names) == 1 else f"{file}, sheet {number}",
                name,
                [
                    [_cell(cell) for cell in row]
                    for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                ],
            )
            for number, name in enumerate(names, 1)
            if name in only or not only
        ]
    filled = [sheet for sheet in read if only or any(map(any, sheet.rows))]
    return filled or read


def _cell(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return unicodedata.normalize("NFC", " ".join(str(cell).split()))


def fold(text: str) -> str:
    """Fold a label, so that capitals, blanks, macrons and marks of footnotes do not matter."""
    return plain(text.replace("_", " ").rstrip(" *^†‡¹²³")) or plain(text)


def same(rows: Sequence[Sequence[str]], wanted: str) -> set[str]:
    """All texts in the rows that say the same as the wanted one."""
    return {text for text in set(chain.from_iterable(rows)) if fold(text) == fold(wanted)}
