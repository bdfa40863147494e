"""Charts of published tables: a table in, a picture for the page and one for the phone out.

Rates are shares from 0 to 1. A missing number is a hidden one: its mark is absent and its row
says so. Every chart carries a description in words made from the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd

from colanalysis.drawing import alt
from colanalysis.drawing.canvas import (
    GREY,
    HIDDEN,
    NAVY,
    PLUM,
    Chart,
    chart,
    marks,
    percent,
    spans,
    words,
)
from colanalysis.drawing.ends import STYLES
from colanalysis.drawing.listing import Head, Row, listing
from colanalysis.drawing.picture import Bar, Mark, Picture
from colanalysis.drawing.tradeoff import tradeoff_figure
from colanalysis.drawing.trendline import trend_figure
from colanalysis.errors import ReportError

__all__ = ["Chart", "coverage", "flow", "gaps", "pathway", "trade_off", "trend"]

_LINE, _BAND = "Line: 95% range", "Band: 95% range"
_BAR = 14
_DIRECTIONS = {"success": ("Successes", NAVY), "hurdle": ("Hurdles", PLUM)}


def pathway(table: pd.DataFrame) -> Chart:
    """Show each measure's rate with its interval, step by step along the pathway.

    Columns: step (rows of a step stand together), measure, rate, low, high; words (what stands in
    place of a missing rate) where there are any.
    """
    _need(table, "pathway", ["step", "measure", "rate", "low", "high"])
    return chart(partial(_pathway_figure, table), alt=alt.pathway(table))


def gaps(table: pd.DataFrame, *, reference: str = "Other learners") -> Chart:
    """Show each group's rate beside that of the learners it is compared with, in the order given.

    Columns: label, rate, reference, low, high (interval of the rate), direction (success, hurdle);
    words (what stands in place of a missing rate) where there are any.
    """
    _need(table, "gaps", ["label", "rate", "reference", "low", "high", "direction"])
    figure = partial(_gaps_figure, table, reference=reference)
    return chart(figure, alt=alt.gaps(table, reference=reference))


def trend(table: pd.DataFrame) -> Chart:
    """Show up to four series over the years, never joined across a change of yardstick.

    Columns: year, series, rate, low, high, break_after (the yardstick changed after this year).
    """
    _need(table, "trend", ["year", "series", "rate", "low", "high", "break_after"])
    if table["series"].nunique() > len(STYLES):
        raise ReportError(
            f"found {table['series'].nunique()} series",
            where="trend chart",
            expected=f"at most {len(STYLES)}",
            remedy="Draw several charts",
        )
    return chart(partial(trend_figure, table), alt=alt.trend(table))


def flow(table: pd.DataFrame) -> Chart:
    """Show the same learners' rate before and after a step, and what is ordinary after it.

    Columns: step ("Year 8 → Year 9"), before, after, ordinary.
    """
    _need(table, "flow", ["step", "before", "after", "ordinary"])
    return chart(partial(_flow_figure, table), alt=alt.flow(table))


def coverage(table: pd.DataFrame, *, what: str = "assessed") -> Chart:
    """Show as bars which share of the learners the data speaks of.

    Columns: label, share.
    """
    _need(table, "coverage", ["label", "share"])
    return chart(partial(_coverage_figure, table, what=what), alt=alt.coverage(table, what=what))


def trade_off(table: pd.DataFrame) -> Chart:
    """Show how many learners each way of sharing reaches, against how far it is from equal shares.

    Columns: way (up to four; blank for the line of the most that can be reached), moved, reached.
    """
    _need(table, "trade-off", ["way", "moved", "reached"])
    return chart(partial(tradeoff_figure, table), alt=alt.trade_off(table))


def _need(table: pd.DataFrame, name: str, columns: Sequence[str]) -> None:
    where = f"{name} chart"
    absent = [column for column in columns if column not in table]
    if absent:
        found = f"found columns {', '.join(map(str, table))}"
        raise ReportError(found, where=where, expected=f"also {', '.join(absent)}")
    if table.empty:
        raise ReportError(
            "found no rows", where=where, expected="one or more", remedy="Say so in words"
        )


def _numbers(table: pd.DataFrame, column: str) -> list[float]:
    return table[column].astype(float).tolist()


def _openings(labels: Sequence[str]) -> list[str]:
    return [label if i == 0 or label != labels[i - 1] else "" for i, label in enumerate(labels)]


def _pathway_figure(table: pd.DataFrame, width: int) -> Picture:
    rates = _numbers(table, "rate")
    blocks = _openings(table["step"].astype(str).tolist())
    rows = [
        Row(str(label), (percent(rate, instead),), block)
        for label, rate, instead, block in zip(
            table["measure"], rates, words(table), blocks, strict=True
        )
    ]
    picture, across, heights = listing(rows, heads=[Head("")], width=width, note=_LINE)
    ends = _numbers(table, "low"), _numbers(table, "high")
    return picture.over(
        spans(across, *ends, heights, colour=NAVY, label="interval"),
        marks(across, rates, heights, "circle", colour=NAVY, label="rate"),
    )


def _gaps_figure(table: pd.DataFrame, width: int, *, reference: str = "Other learners") -> Picture:
    rates, others = _numbers(table, "rate"), _numbers(table, "reference")
    directions = table["direction"].astype(str).tolist()
    blocks = _openings(directions) if len(set(directions)) > 1 else [""] * len(directions)
    said = [percent(rate, instead) for rate, instead in zip(rates, words(table), strict=True)]
    rows = [
        Row(str(label), (share, percent(other)), _DIRECTIONS.get(block, (block,))[0])
        for label, share, other, block in zip(table["label"], said, others, blocks, strict=True)
    ]
    heads = [Head("This group", "circle", GREY), Head(reference, "diamond", GREY, filled=False)]
    picture, across, heights = listing(rows, heads=heads, width=width, note=_BAND)
    drawn: list[Mark] = [
        *spans(across, rates, others, heights, colour=GREY, label="difference", thickness=1)
    ]
    for direction in dict.fromkeys(directions):
        colour = _DIRECTIONS.get(direction, ("", NAVY))[1]
        chosen = [i for i, found in enumerate(directions) if found == direction]
        part, levels = table.iloc[chosen], [heights[i] for i in chosen]
        ends = _numbers(part, "low"), _numbers(part, "high")
        drawn += spans(
            across, *ends, levels, colour=colour, label="interval", thickness=5, opacity=0.6
        )
        drawn += marks(
            across, _numbers(part, "rate"), levels, "circle", colour=colour, label="rate"
        )
    beside = marks(
        across, others, heights, "diamond", colour=GREY, label="reference", filled=False, size=9
    )
    return picture.over(drawn, beside)


def _flow_figure(table: pd.DataFrame, width: int) -> Picture:
    before, after, ordinary = (_numbers(table, name) for name in ("before", "after", "ordinary"))
    rows = [
        Row(str(label), tuple(percent(share) for share in shares))
        for label, *shares in zip(table["step"], after, before, ordinary, strict=True)
    ]
    heads = [
        Head("After", "circle", NAVY),
        Head("Before", "circle", NAVY, filled=False),
        Head("Usual", "diamond", PLUM, filled=False),
    ]
    picture, across, heights = listing(rows, heads=heads, width=width)
    return picture.over(
        spans(across, before, after, heights, colour=NAVY, label="difference"),
        marks(across, before, heights, "circle", colour=NAVY, label="before", filled=False),
        marks(across, after, heights, "circle", colour=NAVY, label="after"),
        marks(
            across, ordinary, heights, "diamond", colour=PLUM, label="ordinary", filled=False,
            size=8,
        ),
    )  # fmt: skip


def _coverage_figure(table: pd.DataFrame, width: int, *, what: str = "assessed") -> Picture:
    shares = _numbers(table, "share")
    said = [HIDDEN if share != share else f"{what} {percent(share)}" for share in shares]
    rows = [Row(str(label), (word,)) for label, word in zip(table["label"], said, strict=True)]
    picture, across, heights = listing(rows, heads=[Head("")], width=width)
    return picture.over(
        Bar("share", across.start, y - _BAR / 2, across(share) - across.start, _BAR, NAVY)
        for share, y in zip(shares, heights, strict=True)
        if share == share
    )
