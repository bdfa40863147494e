"""Charts that are a list: one row a thing, its marks from 0 to 100 %, its values in columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from colanalysis.drawing.canvas import (
    GRID,
    HIDDEN,
    WIDE,
    Scale,
    percent,
    text_size,
)
from colanalysis.drawing.letters import text_width, wrap
from colanalysis.drawing.picture import INK, Line, Mark, Marker, Picture, Shape, Text

_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_PAD = 10


@dataclass(frozen=True)
class Row:
    """One line of a list of marks; `heading` opens a new block above it."""

    label: str
    values: tuple[str, ...]
    heading: str = ""


@dataclass(frozen=True)
class Head:
    """The name of a column of values and the marker that belongs to it."""

    text: str
    marker: Shape | None = None
    colour: str = INK
    filled: bool = True


def listing(
    rows: Sequence[Row], *, heads: Sequence[Head], width: int, note: str = ""
) -> tuple[Picture, Scale, list[float]]:
    """Lay out rows with label, 0 to 100 % and values; say where shares and rows have their marks.

    On a page the label stands beside the marks, on a phone above them, so that it keeps the width.
    """
    size, beside = text_size(width), width >= WIDE
    step, aside = size * 1.3, 22.0 if beside else 0.0
    columns = list(zip(*(row.values for row in rows), strict=True))
    rooms = [_room(head, found, size, aside) for head, found in zip(heads, columns, strict=True)]
    names = [
        wrap(head.text, room - aside, size - 1) for head, room in zip(heads, rooms, strict=True)
    ]
    across = Scale(258.0 if beside else _PAD + 4, width - sum(rooms) - _PAD)
    top = max((len(lines) for lines in names if lines[0]), default=0) * step
    top += 0 if beside or not top else 16
    heights, texts, down = _place(rows, across.start - 22 if beside else width, top, width=width)
    foot = down + step * (0.9 if beside or not note else 2)
    texts += [
        Text(percent(tick), across(tick), down + step * 0.8, size - 1, anchor="center")
        for tick in _TICKS[:: 1 if beside else 2]
    ]
    texts.append(Text(note, 0, foot, size - 1))
    keys: list[Marker] = []
    edge = across.end + _PAD
    for i, (head, lines) in enumerate(zip(heads, names, strict=True)):
        edge += rooms[i]
        keys += _key(head, lines, edge, width)
        texts += _head(lines, edge, width)
        texts += _values(columns[i], edge, heights, size, main=i == 0)
    ends = [(top, down)] if beside else [(y - 8, y + 8) for y in heights]
    drawn: tuple[Mark, ...] = (*_grid(across, heights, ends), *keys)
    return Picture(width, math.ceil(foot + step * 0.7), drawn, tuple(texts)), across, heights


def _place(
    rows: Sequence[Row], room: float, top: float, *, width: int
) -> tuple[list[float], list[Text], float]:
    """Give the height of each row's marks, the labels and headings, and where the list ends."""
    size, beside = text_size(width), width >= WIDE
    step, down = size * 1.3, top
    heights: list[float] = []
    texts: list[Text] = []
    for row in rows:
        lines = wrap(row.label, room, size)
        if row.heading:
            texts.append(Text(row.heading, 0, down + 12 + step / 2, size, bold=True))
            down += step + 14
        half = len(lines) * step / 2
        start = down + step / 2 + (6 if beside else 4)
        texts += [Text(line, 0, start + i * step, size) for i, line in enumerate(lines)]
        heights.append(down + (half + 6 if beside else 2 * half + 13))
        down = heights[-1] + (half + 6 if beside else 15)
    return heights, texts, down


def _room(head: Head, values: Sequence[str], size: float, aside: float) -> float:
    words = max(text_width(word, size - 1) for word in head.text.split(" "))
    return max(words + 12 + aside, *(text_width(value, size, "bold") + 12 for value in values))


def _grid(
    across: Scale, heights: Sequence[float], ends: Sequence[tuple[float, float]]
) -> list[Line]:
    upright = [((across(tick), a), (across(tick), b)) for a, b in ends for tick in _TICKS]
    level = [((across.start, y), (across.end, y)) for y in heights]
    return [Line("grid", points, GRID) for points in (*upright, *level)]


def _key(head: Head, lines: Sequence[str], edge: float, width: int) -> list[Marker]:
    """Give the marker of a column: on a page beside its name, on a phone above it."""
    if head.marker is None:
        return []
    size, beside = text_size(width), width >= WIDE
    reach = max(text_width(line, size - 1) for line in lines) + 10 if beside else 8
    y = size * 1.3 / 2 if beside else 8.0
    return [Marker("key", edge - reach, y, head.marker, head.colour, 11, head.filled)]


def _head(lines: Sequence[str], edge: float, width: int) -> list[Text]:
    """Write the name of a column: on a page beside its marker, on a phone below it."""
    size = text_size(width)
    first = size * 0.65 + (0 if width >= WIDE else 16)
    return [
        Text(line, edge, first + i * size * 1.3, size - 1, anchor="right")
        for i, line in enumerate(lines)
    ]


def _values(
    values: Sequence[str], edge: float, heights: Sequence[float], size: float, *, main: bool
) -> list[Text]:
    """Write the values of a column, bold in the main one unless they are hidden."""
    return [
        Text(value, edge, y, size, bold=main and value != HIDDEN, anchor="right")
        for value, y in zip(values, heights, strict=True)
    ]
