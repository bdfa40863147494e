"""Charts that are a list: one row a thing, its marks from 0 to 100 %, its values in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from colanalysis.drawing.canvas import (
    GRID,
    HIDDEN,
    INK,
    WIDE,
    blank,
    mark,
    percent,
    text_size,
    text_width,
    wrap,
    write,
)

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
    marker: str = ""
    colour: str = INK
    filled: bool = True


def listing(
    rows: Sequence[Row], *, heads: Sequence[Head], width: int, note: str = ""
) -> tuple[Figure, Axes, list[float]]:
    """Lay out rows with label, 0 to 100 % axis and values; give the height of each row's marks.

    On a page the label stands beside the marks, on a phone above them, so that it keeps the width.
    """
    size, beside = text_size(width), width >= WIDE
    step, aside = size * 1.3, 22.0 if beside else 0.0
    columns = list(zip(*(row.values for row in rows), strict=True))
    rooms = [_room(head, found, size, aside) for head, found in zip(heads, columns, strict=True)]
    names = [
        wrap(head.text, room - aside, size - 1) for head, room in zip(heads, rooms, strict=True)
    ]
    left, right = (258.0 if beside else _PAD + 4), width - sum(rooms) - _PAD
    top = max((len(lines) for lines in names if lines[0]), default=0) * step
    top += 0 if beside or not top else 16
    heights, texts, down = _place(rows, left - 22 if beside else width, top, width=width)
    foot = down + step * (0.9 if beside or not note else 2)
    figure, axes = blank(width, foot + step * 0.7, left=left, right=right)
    _grid(axes, heights, top=top, bottom=down, beside=beside)
    for tick in _TICKS[:: 1 if beside else 2]:
        x = left + tick * (right - left)
        write(figure, x, down + step * 0.8, percent(tick), small=True, ha="center")
    for y, text, bold in texts:
        write(figure, 0, y, text, bold=bold)
    write(figure, 0, foot, note, small=True)
    edge = right + _PAD
    for i, (head, room) in enumerate(zip(heads, rooms, strict=True)):
        edge += room
        _column(figure, axes, head, names[i], edge=edge, beside=beside)
        for value, y in zip(columns[i], heights, strict=True):
            write(figure, edge, y, value, bold=i == 0 and value != HIDDEN, ha="right")
    return figure, axes, heights


def _place(
    rows: Sequence[Row], room: float, top: float, *, width: int
) -> tuple[list[float], list[tuple[float, str, bool]], float]:
    """Give the height of each row's marks, the texts with theirs, and where the list ends."""
    size, beside = text_size(width), width >= WIDE
    step, down = size * 1.3, top
    heights: list[float] = []
    texts: list[tuple[float, str, bool]] = []
    for row in rows:
        lines = wrap(row.label, room, size)
        if row.heading:
            texts.append((down + 12 + step / 2, row.heading, True))
            down += step + 14
        half = len(lines) * step / 2
        start = down + step / 2 + (6 if beside else 4)
        texts += [(start + i * step, line, False) for i, line in enumerate(lines)]
        heights.append(down + (half + 6 if beside else 2 * half + 13))
        down = heights[-1] + (half + 6 if beside else 15)
    return heights, texts, down


def _room(head: Head, values: Sequence[str], size: float, aside: float) -> float:
    words = max(text_width(word, size - 1) for word in head.text.split(" "))
    return max(words + 12 + aside, *(text_width(value, size, "bold") + 12 for value in values))


def _grid(axes: Axes, heights: Sequence[float], *, top: float, bottom: float, beside: bool) -> None:
    ends = [(top, bottom)] if beside else [(y - 8, y + 8) for y in heights]
    # All in one call: matplotlib takes longer to begin a set of lines than to draw it.
    x, low, high = zip(*((tick, *end) for end in ends for tick in _TICKS), strict=True)
    axes.vlines(x, low, high, colors=GRID, linewidth=1, label="grid", zorder=0.5)
    axes.hlines(heights, 0, 1, colors=GRID, linewidth=1, label="grid", zorder=0.5)


def _column(
    figure: Figure, axes: Axes, head: Head, lines: Sequence[str], *, edge: float, beside: bool
) -> None:
    """Write a column's name with its marker: on a page beside the name, on a phone above it."""
    width = figure.get_figwidth() * 72
    size = text_size(round(width))
    step, box = size * 1.3, axes.get_position()
    first = step / 2 if beside else 16 + step / 2
    for i, line in enumerate(lines):
        write(figure, edge, first + i * step, line, small=True, ha="right")
    if head.marker:
        reach = max(text_width(line, size - 1) for line in lines) + 10 if beside else 8
        share = ((edge - reach) / width - box.x0) / box.width
        y = first if beside else 8
        mark(axes, [share], [y], head.marker, colour=head.colour, filled=head.filled, label="key")
