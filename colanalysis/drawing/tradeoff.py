"""The picture of a trade-off: how far shares are from equal ones, against how many are reached."""

from __future__ import annotations

import math

import pandas as pd

from colanalysis.drawing import ends
from colanalysis.drawing.canvas import GREY, GRID, WIDE, Scale, text_size
from colanalysis.drawing.ends import STYLES, End
from colanalysis.drawing.letters import wrap
from colanalysis.drawing.picture import Line, Mark, Marker, Picture, Text

# Tenths of a power of ten by which a scale is easily read.
_ROUND = (10, 15, 20, 25, 30, 40, 50, 60, 75, 100)
ACROSS, UP = "Units elsewhere than with equal shares", "Learners reached"
BEST = "Line: the most that can be reached"


def tradeoff_figure(table: pd.DataFrame, width: int) -> Picture:
    """Draw a table with way, moved and reached: a mark for each way, a line for those without one."""
    best, ways = table[table["way"] == ""], table[table["way"] != ""]
    size = text_size(width)
    step = size * 1.3
    top = 2 * step
    bottom = top + (240 if width >= WIDE else 210)
    left, right = 44.0, width - (190.0 if width >= WIDE else 124.0)
    across = Scale(left, right, 0, _round_up(table["moved"].max()))
    up = Scale(bottom, top, 0, _round_up(table["reached"].max()))
    line = tuple((across(x), up(y)) for x, y in best[["moved", "reached"]].astype(float).to_numpy())
    marks: list[Mark] = [*_grid(across, up)]
    marks += [Line("best", line, GREY, 2)] if len(line) > 1 else []
    found = []
    for row, (colour, shape) in zip(ways.itertuples(), STYLES, strict=False):
        x, y = across(float(row.moved)), up(float(row.reached))
        marks.append(Marker(str(row.way), x, y, shape, colour, 11))
        found.append(End(str(row.way), f"{row.way} {row.reached:,.0f}", y, colour, shape))
    keys, names = ends.named(found, right=right, bounds=(top, bottom), width=width)
    texts = [*_scale_texts(across, up, size - 1), *names, Text(UP, 0, step * 0.6, size - 1)]
    below = wrap(ACROSS, right - left, size - 1) + wrap(BEST, width, size - 1)
    texts += [Text(text, 0, bottom + step * (2.3 + i), size - 1) for i, text in enumerate(below)]
    height = math.ceil(bottom + step * (2.3 + len(below)))
    return Picture(width, height, (*marks, *keys), tuple(texts))


def _round_up(value: float) -> int:
    """The next number that four even, whole and round steps make: 4, 8, 12, 40, 60, 80 and so on."""
    size = 10 ** math.floor(math.log10(value / 4)) if value > 4 else 1
    steps = (tenths * size // 10 for tenths in _ROUND if tenths * size % 10 == 0)
    return next(4 * step for step in steps if 4 * step >= value)


def _ticks(scale: Scale) -> list[float]:
    return [scale.last * part / 4 for part in range(5)]


def _grid(across: Scale, up: Scale) -> list[Line]:
    level = across.start, across.end
    return [Line("grid", tuple((x, up(tick)) for x in level), GRID) for tick in _ticks(up)]


def _scale_texts(across: Scale, up: Scale, size: float) -> list[Text]:
    beside = [
        Text(f"{tick:,.0f}", across.start - 8, up(tick), size, anchor="right")
        for tick in _ticks(up)
    ]
    below = up.start + 18
    return beside + [
        Text(f"{tick:,.0f}", across(tick), below, size, anchor="center") for tick in _ticks(across)
    ]
