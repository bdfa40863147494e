"""The picture of a trend: years across, lines broken where the yardstick changed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from colanalysis.drawing.canvas import (
    GREY,
    GRID,
    HIDDEN,
    NAVY,
    ORANGE,
    PLUM,
    TEAL,
    WIDE,
    percent,
    text_size,
    text_width,
    wrap,
    write,
)

STYLES = ((NAVY, "o"), (PLUM, "s"), (TEAL, "^"), (ORANGE, "D"))
CHANGED = "yardstick changed"

_RANGE = "Upright lines: 95% range"

_End = tuple[float, list[str], str, str]


def trend_figure(table: pd.DataFrame, width: int) -> Figure:
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
    height = bottom + step * (2 + len(notes))
    left, right = 50.0, width - (190.0 if width >= WIDE else 124.0)
    figure = Figure(figsize=(width / 72, height / 72), dpi=72)
    axes = figure.add_axes(
        (left / width, 1 - bottom / height, (right - left) / width, (bottom - top) / height)
    )
    _frame(figure, axes, table)
    for place in places:
        axes.axvline(place, color=GREY, linewidth=1.2, linestyle="dashed", label="break")
        reach = text_width(CHANGED, size - 1) / 2
        centre = min(max(_across(figure, axes, place), reach), width - reach)
        write(figure, centre, top - step * 0.6, CHANGED, small=True, ha="center")
    ends = _lines(axes, table, places, room=width - right - 26, size=size)
    _end_labels(figure, axes, ends, step=step, bounds=(top, bottom))
    for i, line in enumerate(notes):
        write(figure, 0, bottom + step * (2.3 + i), line, small=True)
    return figure


def breaks(table: pd.DataFrame) -> list[float]:
    """Give the places between two years where the yardstick changed."""
    years = sorted(table["year"].astype(int).unique())
    after = set(table.loc[table["break_after"].fillna(False).astype(bool), "year"].astype(int))
    return [(a + b) / 2 for a, b in zip(years, years[1:], strict=False) if a in after]


def _hidden_note(table: pd.DataFrame) -> str:
    lost = table[table["rate"].isna()]
    years = lost.groupby("series", sort=False, observed=True)["year"]
    parts = [f"{name} {', '.join(str(int(y)) for y in sorted(found))}" for name, found in years]
    return f"{HIDDEN.capitalize()}: {'; '.join(parts)}"


def _frame(figure: Figure, axes: Axes, table: pd.DataFrame) -> None:
    width, height = figure.get_figwidth() * 72, figure.get_figheight() * 72
    years = sorted(table["year"].astype(int).unique())
    values = table[["rate", "low", "high"]].astype(float).to_numpy()
    values = values[~pd.isna(values)]
    low = math.floor(10 * values.min()) / 10 if len(values) else 0.0
    high = math.ceil(10 * values.max()) / 10 if len(values) else 1.0
    while high - low < 0.4 - 1e-9:
        low, high = max(low - 0.1, 0.0), min(high + 0.1, 1.0)
    axes.set(xlim=(years[0] - 0.3, years[-1] + 0.3), ylim=(low, high))
    axes.set_axis_off()
    box = axes.get_position()
    bottom = (1 - box.y0) * height
    for tick in range(round(low * 10), round(high * 10) + 1):
        axes.axhline(tick / 10, color=GRID, linewidth=1, label="grid")
        y = bottom - (tick / 10 - low) / (high - low) * box.height * height
        write(figure, box.x0 * width - 8, y, percent(tick / 10), small=True, ha="right")
    every = max(1, math.ceil(len(years) * 44 / (box.width * width)))
    for year in years[::-1][::every]:
        write(figure, _across(figure, axes, year), bottom + 18, str(year), small=True, ha="center")


def _across(figure: Figure, axes: Axes, year: float) -> float:
    first, last = axes.get_xlim()
    box = axes.get_position()
    return (box.x0 + box.width * (year - first) / (last - first)) * figure.get_figwidth() * 72


def _lines(
    axes: Axes, table: pd.DataFrame, places: Sequence[float], *, room: float, size: float
) -> list[_End]:
    ends = []
    series = table.groupby("series", sort=False, observed=True)
    for (name, part), (colour, marker) in zip(series, STYLES, strict=False):
        part = part.sort_values("year").astype({"rate": float, "low": float, "high": float})
        known = part.dropna(subset=["low", "high"])
        axes.vlines(
            known["year"],
            known["low"],
            known["high"],
            colors=colour,
            linewidth=1.5,
            alpha=0.6,
            label="interval",
        )
        stretch = sum((part["year"] > place).astype(int) for place in places) if places else 0
        for _, piece in part.groupby(stretch) if places else [(0, part)]:
            axes.plot(
                piece["year"],
                piece["rate"],
                color=colour,
                marker=marker,
                markersize=8,
                linewidth=2,
                clip_on=False,
                label=str(name),
            )
        shown = part.dropna(subset=["rate"])
        if len(shown):
            words = f"{name} {percent(shown['rate'].iloc[-1])}"
            ends.append((shown["rate"].iloc[-1], wrap(words, room, size), colour, marker))
    return ends


def _end_labels(
    figure: Figure, axes: Axes, ends: Sequence[_End], *, step: float, bounds: tuple[float, float]
) -> None:
    """Write each series' name at the height of its last mark, moved apart where they would meet."""
    width, height = figure.get_figwidth() * 72, figure.get_figheight() * 72
    (top, bottom), (low, high) = bounds, axes.get_ylim()
    right = axes.get_position().x1 * width
    ends = sorted(ends, key=lambda end: -end[0])
    sizes = [len(lines) * step + 6 for _, lines, _, _ in ends]
    middles = [bottom - (rate - low) / (high - low) * (bottom - top) for rate, *_ in ends]
    for (_, lines, colour, marker), y in zip(ends, apart(middles, sizes, bounds), strict=True):
        first = y - (len(lines) - 1) * step / 2
        key = Line2D(
            [(right + 14) / width],
            [1 - first / height],
            transform=figure.transFigure,
            color=colour,
            marker=marker,
            markersize=8,
            linestyle="none",
            label="key",
        )
        figure.add_artist(key)
        for i, line in enumerate(lines):
            write(figure, right + 24, first + i * step, line)


def apart(
    middles: Sequence[float], sizes: Sequence[float], bounds: tuple[float, float]
) -> list[float]:
    """Move the middles of stacked boxes, top first, just so far that none covers another."""
    placed: list[float] = []
    edge = bounds[0] - sizes[0] / 2 if sizes else 0.0
    for middle, size in zip(middles, sizes, strict=True):
        placed.append(max(middle, edge + size / 2))
        edge = placed[-1] + size / 2
    edge = bounds[1] + (sizes[-1] / 2 if sizes else 0.0)
    for i in reversed(range(len(placed))):
        placed[i] = min(placed[i], edge - sizes[i] / 2)
        edge = placed[i] - sizes[i] / 2
    return placed
