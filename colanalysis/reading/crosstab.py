"""Take published tables of counts apart: headers of several rows, text around them, totals, marks.

Nothing is guessed: a layout names a cell of the header, what every row of the header and every
column of labels says, and which labels are totals. What is not understood is refused with its
place. Places are files, sheets by number, rows and columns, and never what a cell says.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import pandas as pd

from colanalysis.errors import DataError, SettingsError
from colanalysis.reading import marks, tabs
from colanalysis.terms.problems import note

__all__ = ["JOINER", "NUMBER", "PLACE", "Layout", "cells", "long"]

JOINER = " & "
NUMBER = "number"
PLACE = ("value", "mark", "total", "sheet", "row", "column", "source_file")
_Notes = list[dict[str, object]]


@dataclass(frozen=True)
class Layout:
    """How a published table lies in its file.

    ``header`` is what a cell of the first header row says; ``levels`` is what each header row says,
    from the top ("" is not needed); ``columns`` is what the columns of labels say, by their
    headings; ``sheet`` is what the names of the sheets say. ``numbers`` turns the labels of the
    level or the column ``number`` into n, n_success, percent or share.
    """

    header: str
    levels: Sequence[str]
    columns: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    totals: Collection[str] = ()
    overlapping: Collection[str] = ()
    fill_down: Collection[str] = ()
    leave_out: Collection[str] = ()
    suppressed: Collection[str] = ()
    sheets: Collection[str] = ()
    sheet: str = ""

    @property
    def says(self) -> list[str]:
        """Names of what the labels say: those of the sheet, of the rows, of the header."""
        return [name for name in (self.sheet, *self.columns.values(), *self.levels) if name]


def long(data: bytes, file: str, layout: Layout) -> pd.DataFrame:
    """Give a published table as one row for each cell, totals and suppressed cells among them.

    A column for each thing that labels say, then ``value`` (plain number, "" where none is told),
    ``mark``, ``total`` (what a cell is the total over, its labels blank; "" for the parts),
    ``sheet``, ``row``, ``column`` (letters) and ``source_file``. Raises DataError where the file is
    not as the layout says.
    """
    return cells(data, file, layout)[0]


def cells(data: bytes, file: str, layout: Layout) -> tuple[pd.DataFrame, _Notes]:
    """Give what ``long`` gives, and notes on what was left out."""
    if ({layout.sheet, *layout.sheets} - {""}) and not tabs.is_workbook(file):
        raise SettingsError(
            "found sheets in [[source]]", where=file, expected="a workbook, which has sheets"
        )
    sheets, notes = tabs.opened(data, file, header=layout.header, only=layout.sheets)
    found: list[tuple[object, ...]] = []
    for sheet in sheets:
        found += _Table(sheet, layout).cells(notes)
    table = pd.DataFrame(found, columns=[*layout.says, *PLACE])
    table = table.astype({name: "str" for name in table if name != "row"} | {"row": "int64"})
    _refuse_twice(table, layout)
    return table, notes


class _Table:
    """One sheet, taken apart as the layout says."""

    def __init__(self, sheet: tabs.Sheet, layout: Layout) -> None:
        self.sheet, self.layout = sheet, layout
        self.fold = cache(tabs.fold)
        self.totals = set(map(self.fold, layout.totals))
        self.left_out = set(map(self.fold, layout.leave_out)) - {""}
        self.numbers = {self.fold(label): number for label, number in layout.numbers.items()}
        self.top = self._top()
        self.width = max(len(row) for row in sheet.rows[self.top :])
        deep = self.top + len(layout.levels)
        self.head = [self._row(at) for at in range(self.top, deep)]
        self.body = range(deep, len(sheet.rows))
        self.beside = self._labels_beside()

    def cells(self, notes: _Notes) -> Iterator[tuple[object, ...]]:
        """One row for each cell of the table; notes on rows and columns that are not in it."""
        above = self._labels_above(notes)
        name = self._name()
        known: dict[str, tuple[str, str] | None] = {}
        without: list[int] = []
        left: list[int] = []
        last: dict[str, str] = {}
        for at in self.body:
            row = self._row(at)
            if not any(row[place] for place in above):
                if any(row):
                    without.append(at + 1)
                    # It may be a heading of the rows below: no label is carried past it.
                    last = {}
                continue
            labels = self._labels_of_row(row, last, at)
            last = labels
            said = self._said(labels)
            if said is None:
                left.append(at + 1)
                continue
            for place, heading in above.items():
                text = row[place]
                if text not in known:
                    known[text] = marks.read(text, self.layout.suppressed)
                number = known[text]
                if number is None:
                    raise self._not_a_number(at, place)
                both = name | said[0] | heading[0]
                yield (
                    *(both[what] for what in self.layout.says),
                    *number,
                    JOINER.join(said[1] + heading[1]),
                    self.sheet.name,
                    at + 1,
                    _letters(place),
                    self.sheet.place,
                )
        for rule, rows in (("row without numbers", without), ("row left out", left)):
            if rows:
                notes.append(note(rule, self.sheet.place, row=rows[0], count=len(rows)))

    def _row(self, at: int) -> list[str]:
        row = self.sheet.rows[at] if at < len(self.sheet.rows) else ()
        return [*row, *[""] * (self.width - len(row))]

    def _where(self, at: int, place: int | None = None) -> str:
        column = "" if place is None else f", column {_letters(place)}"
        return f"{self.sheet.place}, row {at + 1}{column}"

    def _top(self) -> int:
        """Find the first row of the header: the only one with a cell that says its word."""
        same = tabs.same(self.sheet.rows, self.layout.header)
        found = [at for at, row in enumerate(self.sheet.rows) if not same.isdisjoint(row)]
        if len(found) == 1:
            return found[0]
        several = f"in rows {found[0] + 1} and {found[1] + 1}" if found else "in no row"
        raise DataError(
            f'a cell that says "{self.layout.header}" stands {several}',
            where=self.sheet.place,
            expected="one row that has it, the first one of the header",
            remedy="Name another cell as header in [[source]], or list the sheets that are meant.",
        )

    def _labels_beside(self) -> dict[int, str]:
        """Find the columns of labels, from the left."""
        found: dict[int, str] = {}
        for theirs, ours in self.layout.columns.items():
            places = [
                place
                for place in range(self.width)
                if self.fold(theirs) in {self.fold(row[place]) for row in self.head}
                or (theirs == f"column {_letters(place)}" and not any(r[place] for r in self.head))
            ]
            if len(places) != 1 or places[0] in found:
                raise DataError(
                    f'the heading "{theirs}" stands over {len(places) or "no"} columns',
                    where=self._where(self.top),
                    expected="one column of labels under it",
                    remedy="Correct columns in [[source]]; a column without a heading is "
                    'called by its letter, such as "column A".',
                )
            found[places[0]] = ours
        return dict(sorted(found.items()))

    def _labels_above(self, notes: _Notes) -> dict[int, tuple[dict[str, str], list[str]]]:
        """Read what the header says over each column of numbers, merged cells filled to the right."""
        found: dict[int, tuple[dict[str, str], list[str]]] = {}
        last = [""] * len(self.head)
        for place in range(self.width):
            own = [row[place] for row in self.head]
            if place in self.beside:
                last = [""] * len(self.head)
                continue
            if not any(own):
                if any(self._row(at)[place] for at in self.body):
                    notes.append(
                        note("column without a heading", self.sheet.place, column=_letters(place))
                    )
                continue
            last = _filled_right(own, last)
            said = self._said(dict(zip(self.layout.levels, last, strict=True)))
            if said is None:
                continue
            if any(text == "" and name not in said[1] for name, text in said[0].items()):
                raise self._no_label(self.top, place)
            found[place] = said
        return found

    def _labels_of_row(
        self, row: Sequence[str], last: Mapping[str, str], at: int
    ) -> dict[str, str]:
        """Read the labels of a row from the left; right of a total's label they may be blank."""
        labels: dict[str, str] = {}
        complete = False
        for place, name in self.beside.items():
            text = row[place]
            if text == "" and not complete:
                text = last.get(name, "") if name in self.layout.fill_down else ""
                if text == "":
                    raise self._no_label(at, place)
            labels[name] = text
            complete = complete or self.fold(text) in self.totals | self.left_out
        return labels

    def _said(self, labels: Mapping[str, str]) -> tuple[dict[str, str], list[str]] | None:
        """Give labels in the words wanted, and which are totals (then blank); None if left out."""
        said: dict[str, str] = {}
        over: list[str] = []
        for name, text in labels.items():
            folded = self.fold(text)
            if folded in self.left_out or (name == NUMBER and folded not in self.numbers):
                return None
            if name == NUMBER:
                said[name] = self.numbers[folded]
            elif folded in self.totals or (text == "" and over):
                said[name] = ""
                over.append(name)
            elif name:
                said[name] = self.layout.labels.get(name, {}).get(text, text)
        return said, over

    def _name(self) -> dict[str, str]:
        """Read what the name of the sheet says."""
        if not self.layout.sheet:
            return {}
        text = self.sheet.name
        if self.layout.sheet == "year":
            years = re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", text)
            if len(years) != 1:
                raise DataError(
                    "the name of the sheet does not hold one year",
                    where=self.sheet.place,
                    expected="a year of four digits in the name",
                    remedy="List the sheets that are meant in [[source]], or give the year there.",
                )
            text = years[0]
        labels = self.layout.labels.get(self.layout.sheet, {})
        return {self.layout.sheet: labels.get(text, text)}

    def _no_label(self, at: int, place: int) -> DataError:
        return DataError(
            "found numbers without a label",
            where=self._where(at, place),
            expected="a label in every column and every header row that [[source]] names",
            remedy="Write the label; where it stands only once above its rows, name the column in "
            "fill_down; a column that is not needed belongs in leave_out.",
        )

    def _not_a_number(self, at: int, place: int) -> DataError:
        return DataError(
            "found what is neither a number nor a known mark",
            where=self._where(at, place),
            expected="a number, a blank cell or a mark such as c, x or <5",
            remedy="Name a mark in suppressed, and the heading or the label of what is no count in "
            "leave_out.",
        )


def _filled_right(own: Sequence[str], last: Sequence[str]) -> list[str]:
    """Fill merged header cells: a blank is what stands left of it, until something above is new."""
    filled: list[str] = []
    for level, text in enumerate(own):
        new = any(own[:level])
        filled.append(text or ("" if new or level == len(own) - 1 else last[level]))
    return filled


def _letters(place: int) -> str:
    """Name a column as spreadsheets do.

    >>> _letters(0), _letters(25), _letters(26)
    ('A', 'Z', 'AA')
    """
    before, letter = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + letter)


def _refuse_twice(table: pd.DataFrame, layout: Layout) -> None:
    twice = table[table.duplicated(layout.says, keep=False)]
    if len(twice):
        first = twice.iloc[0]
        same = (twice[layout.says] == first[layout.says]).all(axis=1)
        second = twice[same].iloc[1]
        raise DataError(
            "two numbers have the same labels",
            where=" and ".join(
                f"{cell['source_file']}, row {cell['row']}, column {cell['column']}"
                for cell in (first, second)
            ),
            expected="labels that tell every number from every other",
            remedy="Name the column, the header row or the sheet that tells them apart, or leave "
            "one of the two out with leave_out.",
        )
