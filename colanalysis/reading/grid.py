"""A file as a grid of text: folded headings, the numbers of its rows, columns fetched one by one.

A column that nobody asks for is never made into a table, so identifying columns stay in the file.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from colanalysis.errors import DataError
from colanalysis.terms.problems import note
from colanalysis.terms.schema import TABLES, column_name

__all__ = ["Grid", "Read", "from_records", "headings", "known_headings"]

_SCHEMA = frozenset(name for table in TABLES.values() for name in table.columns)


@dataclass(frozen=True)
class Read:
    """What one file holds: rows of the community's tables as text, and notes for the checks."""

    tables: Mapping[str, pd.DataFrame]
    notes: Sequence[dict[str, object]] = ()


@dataclass(frozen=True)
class Grid:
    """One file (or one sheet): ``rows`` are numbered as a spreadsheet shows them, from 1."""

    file: str
    headings: tuple[str, ...]
    rows: Sequence[int]
    fetch: Callable[[int], pd.Series]
    notes: tuple[dict[str, object], ...] = ()

    def column(self, heading: str) -> pd.Series:
        """One column as text without blanks around it; "" where the cell is blank."""
        texts = self.fetch(self.headings.index(heading)).astype("str").str.strip()
        if not bool(texts.str.isascii().all()):
            texts = texts.map({text: unicodedata.normalize("NFC", text) for text in texts.unique()})
        return texts.astype("str")

    def table(self, columns: Mapping[str, pd.Series | str]) -> pd.DataFrame:
        """Join the named columns (one text stands for the same in every row), with file and row."""
        rows = pd.DataFrame(
            {**columns, "source_row": pd.Series(self.rows, dtype="int64")},
            index=range(len(self.rows)),
        )
        rows.insert(len(columns), "source_file", self.file)
        return rows.astype(dict.fromkeys(rows.columns[:-1], "str"))


def headings(cells: Sequence[str], file: str, row: int = 1) -> tuple[str, ...]:
    """Fold the headings of a file and refuse two of the same name."""
    names = tuple(column_name(cell) for cell in cells)
    first: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        if name and name in first:
            called = f" ({name})" if name in _SCHEMA else ""
            raise DataError(
                f"columns {first[name]} and {place} have the same heading{called}",
                where=f"{file}, row {row}",
                expected="every heading once",
                remedy="Rename or delete one of the two columns.",
            )
        first[name] = place
    return names


def known_headings(cells: Sequence[str], known: frozenset[str]) -> int:
    """How many cells are names of known columns."""
    return sum(column_name(cell) in known for cell in cells)


def from_records(
    file: str, numbers: list[int], cells: list[str], notes: list[dict[str, object]]
) -> Grid:
    """Make a grid of records, the heading first, whose cells follow one another in one list.

    One long list of cells is far quicker to make than one list a row.
    """
    width = len(cells) // len(numbers)
    head, row = cells[:width], numbers[0]
    names = headings(head, file, row)
    again = [
        place
        for place, cell in enumerate(cells[::width])
        if place and cell == head[0] and cells[place * width : (place + 1) * width] == head
    ]
    notes = notes + [note("repeated heading row", file, row=numbers[place]) for place in again]
    for place in reversed(again):
        del numbers[place], cells[place * width : (place + 1) * width]
    nameless = [place for place, name in enumerate(names) if not name]
    if any(cell.strip() for place in nameless for cell in cells[place + width :: width]):
        notes.append(note("column without a heading", file))
    return Grid(
        file,
        names,
        numbers[1:],
        lambda place: pd.Series(cells[place + width :: width], dtype="str"),
        tuple(notes),
    )
