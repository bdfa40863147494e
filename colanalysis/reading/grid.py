"""A file as a grid of text: folded headings, the numbers of its rows, columns fetched one by one.

A column that nobody asks for is never made into a table, so identifying columns stay in the file.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from colanalysis import coded
from colanalysis.errors import DataError
from colanalysis.terms.problems import note
from colanalysis.terms.schema import TABLES, column_name

__all__ = ["Grid", "Read", "from_records", "grid_of", "headings", "known_headings"]

_SHOWN = 3
_SCHEMA = frozenset(name for table in TABLES.values() for name in table.columns)


@dataclass(frozen=True)
class Read:
    """What one file holds: rows of the community's tables as text, and notes for the checks."""

    tables: Mapping[str, pd.DataFrame]
    notes: Sequence[dict[str, object]] = ()


@dataclass(frozen=True)
class Grid:
    """One file (or one sheet): ``rows`` are numbered as a spreadsheet shows them, from 1.

    Headings may stand twice; a column is only fetched where its heading stands once.
    """

    file: str
    headings: tuple[str, ...]
    rows: Sequence[int]
    fetch: Callable[[int], pd.Series]
    notes: tuple[dict[str, object], ...] = ()
    heading_row: int = 1

    def column(self, heading: str) -> pd.Series:
        """One column as text without blanks around it, categorical; "" where the cell is blank.

        DataError where several columns have the heading.
        """
        _refuse_shared(self.headings, heading, self.file, self.heading_row)
        texts = coded.column(self.fetch(self.headings.index(heading)))
        together = "".join(coded.different(texts)[1])
        plain = together.isascii() and "".join(together.split()) == together
        return texts if plain else coded.recoded(texts, _tidy)

    def texts(self, heading: str) -> pd.Series:
        """The same as plain text, for readers that go on to change it."""
        return self.column(heading).astype("str")

    def table(self, columns: Mapping[str, pd.Series | str]) -> pd.DataFrame:
        """Join the named columns (one text stands for the same in every row), with file and row."""
        every = pd.RangeIndex(len(self.rows))
        told = {
            name: coded.constant(one, every) if isinstance(one, str) else coded.column(one)
            for name, one in {**columns, "source_file": self.file}.items()
        }
        numbers = pd.Series(self.rows, dtype="int64")
        return pd.DataFrame(told | {"source_row": numbers}, index=every, copy=False)


def _tidy(text: str) -> str:
    text = text.strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def headings(cells: Sequence[str], file: str, row: int = 1) -> tuple[str, ...]:
    """Fold the headings of a file and refuse two of the same name."""
    names = tuple(column_name(cell) for cell in cells)
    for name in names:
        _refuse_shared(names, name, file, row)
    return names


def _refuse_shared(names: Sequence[str], name: str, file: str, row: int) -> None:
    """Refuse a heading that several columns have: nobody knows which of them is meant."""
    places = [place for place, other in enumerate(names, 1) if name and other == name]
    if len(places) > 1:
        called = f" ({name})" if name in _SCHEMA else ""
        raise DataError(
            f"columns {places[0]} and {places[1]} have the same heading{called}",
            where=f"{file}, row {row}",
            expected="every heading once",
            remedy="Rename or delete one of the two columns.",
        )


def _shared(names: Sequence[str], file: str, row: int) -> list[dict[str, object]]:
    """Note the places of columns that share a heading, which itself may be data and is not told."""
    times = Counter(name for name in names if name)
    places = [str(place) for place, name in enumerate(names, 1) if times[name] > 1]
    if not places:
        return []
    others = len(places) - _SHOWN
    told = ", ".join(places[:_SHOWN]) + (f" and {others} more" if others > 0 else "")
    return [note("shared heading", file, row=row, column=told)]


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
    again = [
        place
        for place, cell in enumerate(cells[::width])
        if place and cell == head[0] and cells[place * width : (place + 1) * width] == head
    ]
    notes = notes + [note("repeated heading row", file, row=numbers[place]) for place in again]
    for place in reversed(again):
        del numbers[place], cells[place * width : (place + 1) * width]
    return grid_of(
        file,
        head,
        numbers[1:],
        lambda place: pd.Series(cells[place + width :: width], dtype="str"),
        notes,
        row,
    )


def grid_of(
    file: str,
    head: Sequence[str],
    rows: Sequence[int],
    fetch: Callable[[int], pd.Series],
    notes: Sequence[dict[str, object]],
    heading_row: int = 1,
) -> Grid:
    """Make a grid of a heading and of columns that are fetched by their place."""
    names = tuple(column_name(cell) for cell in head)
    notes = [*notes, *_shared(names, file, heading_row)]
    nameless = [place for place, name in enumerate(names) if not name]
    if any(text.strip() for place in nameless for text in coded.different(fetch(place))[1]):
        notes.append(note("column without a heading", file))
    return Grid(file, names, rows, fetch, tuple(notes), heading_row)
