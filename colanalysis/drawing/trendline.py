"""The picture of a trend: years across, lines broken where the yardstick changed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from colanalysis.drawing import ends
from colanalysis.drawing.canvas import (
    GREY,
    GRID,
    HIDDEN,
    WIDE,
    Scale,
    percent,
    text_size,
)
from colanalysis.drawing.ends import MARKER, STYLES, End
from colanalysis.drawing.letters import text_width, wrap
from colanalysis.drawing.picture import Line, Mark, Marker, Picture, Point, Shape, Text

CHANGED = "yardstick changed"

_RANGE = "Upright lines: 95% range"
_NUMBERS = ["year", "rate", "low", "high"]

_Row = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Series:
    name: str
    rows: list[_Row]
    colour: str
    shape: Shape


def trend_figure(table: pd.DataFrame, width: int) -> Picture:
    """Draw the series of a table with year, series, rate, low, high and break_after."""
    size = text_size(width)
    step = size * 1.3
    known = table[["low", "high"]].notna().all(axis=1).any()
    notes = [_RANGE] if known else []
    if table["rate"].isna().any():
        notes += wrap(_hidden_note(table), width, size - 1)
    places = breaks(table)
    top = step + 8 if places else 10.0
    bottom = top + (290 if width >= WIDE else 250)
    left, right = 50.0, width - (190.0 if width >= WIDE else 124.0)
    years = _years(table)
    across = Scale(left, right, years[0] - 0.3, years[-1] + 0.3)
    up = Scale(bottom, top, *_limits(table))
    series = _series(table)
    keys, names = ends.named(
        list(_ends(series, up)), right=across.end, bounds=(up.end, up.start), width=width
    )
    marks = [*_grid(across, up), *_changes(across, up, places), *_lines(series, places, across, up)]
    texts = [*_scale_texts(across, up, years, size - 1), *names]
    texts += [_changed(across(place), top - step * 0.6, width) for place in places]
    texts += [Text(line, 0, bottom + step * (2.3 + i), size - 1) for i, line in enumerate(notes)]
    height = math.ceil(bottom + step * (2 + len(notes)))
    return Picture(width, height, (*marks, *keys), tuple(texts))


def breaks(table: pd.DataFrame) -> list[float]:
    """Give the places between two years where the yardstick changed."""
    years = _years(table)
    after = set(table.loc[table["break_after"].fillna(False).astype(bool), "year"].astype(int))
    return [(a + b) / 2 for a, b in zip(years, years[1:], strict=False) if a in after]


def _years(table: pd.DataFrame) -> list[int]:
    return sorted(set(table["year"].astype(int).tolist()))


def _hidden_note(table: pd.DataFrame) -> str:
    lost = table[table["rate"].isna()]
    years = lost.groupby("series", sort=False, observed=True)["year"]
    parts = [f"{name} {', '.join(str(int(y)) for y in sorted(found))}" for name, found in years]
    return f"{HIDDEN.capitalize()}: {'; '.join(parts)}"


def _limits(table: pd.DataFrame) -> tuple[float, float]:
    """Give the tenths between which all rates and ranges lie, four of them at least."""
    values = table[["rate", "low", "high"]].astype(float).to_numpy()
    values = values[~pd.isna(values)]
    low = math.floor(10 * values.min()) / 10 if len(values) else 0.0
    high = math.ceil(10 * values.max()) / 10 if len(values) else 1.0
    while high - low < 0.4 - 1e-9:
        low, high = max(low - 0.1, 0.0), min(high + 0.1, 1.0)
    return low, high


def _ticks(up: Scale) -> list[float]:
    return [tick / 10 for tick in range(round(up.first * 10), round(up.last * 10) + 1)]


def _grid(across: Scale, up: Scale) -> list[Line]:
    ends = across.start, across.end
    return [Line("grid", tuple((x, up(tick)) for x in ends), GRID) for tick in _ticks(up)]


def _scale_texts(across: Scale, up: Scale, years: Sequence[int], size: float) -> list[Text]:
    """Write the shares at the left and, as far as there is room, the years below."""
    every = max(1, math.ceil(len(years) * 44 / (across.end - across.start)))
    shares = [
        Text(percent(tick), across.start - 8, up(tick), size, anchor="right") for tick in _ticks(up)
    ]
    below = up.start + 18
    return shares + [
        Text(str(year), across(year), below, size, anchor="center") for year in years[::-1][::every]
    ]


def _changes(across: Scale, up: Scale, places: Sequence[float]) -> list[Line]:
    ends = up.start, up.end
    lines = [tuple((across(place), y) for y in ends) for place in places]
    return [Line("break", line, GREY, 1.2, dashed=True) for line in lines]


def _changed(centre: float, y: float, width: int) -> Text:
    """Name a change of yardstick above its line, all of it inside the picture."""
    size = text_size(width) - 1
    reach = text_width(CHANGED, size) / 2
    return Text(CHANGED, min(max(centre, reach), width - reach), y, size, anchor="center")


def _series(table: pd.DataFrame) -> list[_Series]:
    found: dict[str, list[_Row]] = {}
    rows = table[_NUMBERS].astype(float).itertuples(index=False, name=None)
    for name, row in zip(table["series"].astype(str), rows, strict=True):
        found.setdefault(name, []).append(row)
    return [
        _Series(name, sorted(rows, key=lambda row: row[0]), *style)
        for (name, rows), style in zip(found.items(), STYLES, strict=False)
    ]


def _lines(
    series: Sequence[_Series], places: Sequence[float], across: Scale, up: Scale
) -> Iterator[Mark]:
    """Give the ranges of all series, above them the lines, and above those the markers."""
    drawn = []
    for one in series:
        for year, _, low, high in one.rows:
            if not (math.isnan(low) or math.isnan(high)):
                ends = (across(year), up(low)), (across(year), up(high))
                yield Line("interval", ends, one.colour, 1.5, 0.6)
        runs = _runs([(year, rate) for year, rate, _, _ in one.rows], places)
        drawn.append((one, [[(across(year), up(rate)) for year, rate in run] for run in runs]))
    for one, runs in drawn:
        yield from (Line(one.name, tuple(run), one.colour, 2) for run in runs if len(run) > 1)
    for one, runs in drawn:
        for x, y in itertools.chain.from_iterable(runs):
            yield Marker(one.name, x, y, one.shape, one.colour, MARKER)


def _runs(points: Sequence[Point], places: Sequence[float]) -> list[list[Point]]:
    """Give the points that one line joins: none is hidden between them, no yardstick changed."""
    runs: list[list[Point]] = [[]]
    for year, rate in points:
        changed = runs[-1] and any(runs[-1][-1][0] < place < year for place in places)
        if changed or math.isnan(rate):
            runs.append([])
        if not math.isnan(rate):
            runs[-1].append((year, rate))
    return runs


def _ends(series: Sequence[_Series], up: Scale) -> Iterator[End]:
    """Each series where its last mark is."""
    for one in series:
        shown = [rate for _, rate, _, _ in one.rows if not math.isnan(rate)]
        if shown:
            words = f"{one.name} {percent(shown[-1])}"
            yield End(one.name, words, up(shown[-1]), one.colour, one.shape)
