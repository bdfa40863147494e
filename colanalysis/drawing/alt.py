"""Descriptions of charts in words, made from the numbers that the chart shows.

Each says what kind of chart it is, what it shows, the main point, and how much is hidden. What
goes well comes first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from colanalysis.drawing.canvas import HIDDEN, words

_Item = tuple[str, float]


def pathway(table: pd.DataFrame) -> str:
    """Describe the rates along the pathway."""
    items = [
        (f"{measure}, {step}", rate)
        for step, measure, rate in zip(
            table["step"], table["measure"], _numbers(table, "rate"), strict=True
        )
    ]
    steps = table["step"].nunique()
    return _join(
        f"Dot chart with intervals: share of learners who succeed, {_many(len(items), 'result')} "
        f"in {_many(steps, 'step')} of the pathway.",
        _extremes(items),
        *_untold([name for name, _ in items], _numbers(table, "rate"), words(table)),
    )


def gaps(table: pd.DataFrame, *, reference: str) -> str:
    """Describe groups beside those they are compared with."""
    rates, others = _numbers(table, "rate"), _numbers(table, "reference")
    pairs = [
        (abs(rate - other), f"{label}, {_percent(rate)} against {_percent(other)}")
        for label, rate, other in zip(table["label"], rates, others, strict=True)
        if not math.isnan(rate + other)
    ]
    point = f"Largest difference: {max(pairs, key=lambda pair: pair[0])[1]}." if pairs else ""
    return _join(
        f"Dumbbell chart: {_many(len(rates), 'group')}, each beside {_lower(reference)}.",
        point,
        *_untold(table["label"].astype(str).tolist(), rates, words(table), others),
    )


def trade_off(table: pd.DataFrame) -> str:
    """Describe ways of sharing by how many they reach, and what can be reached at most."""
    best, ways = table[table["way"] == ""], table[table["way"] != ""]
    told = [
        f"{row.way}: {row.reached:,.0f} reached, {_many(round(row.moved), 'unit')} moved"
        for row in ways.itertuples()
    ]
    most = [
        f"{row.reached:,.0f} with {_many(round(row.moved), 'unit')} moved"
        for row in best.iloc[[0, -1]].drop_duplicates().itertuples()
    ]
    return _join(
        f"Line with marks: learners reached by {_many(len(ways), 'way')} of sharing, against units moved "
        "from equal shares.",
        "; ".join(told) + ".",
        f"At most are reached: {', '.join(most)}.",
    )


def trend(table: pd.DataFrame) -> str:
    """Describe series over the years: where each starts and ends, and broken yardsticks."""
    years = table["year"].astype(int)
    changed = sorted(set(years[table["break_after"].fillna(False).astype(bool)]))
    parts = []
    moves: list[tuple[float, str]] = []
    for name, part in table.groupby("series", sort=False, observed=True):
        shown = part.dropna(subset=["rate"]).sort_values("year")
        ends = [
            (int(year), float(rate))
            for year, rate in zip(shown["year"], shown["rate"], strict=True)
        ]
        if ends:
            (first, before), (last, after) = ends[0], ends[-1]
            then = f", {_percent(after)} in {last}" if last > first else ""
            parts.append(f"{name}: {_percent(before)} in {first}{then}.")
            # What was asked for has no range, and is no change that was seen.
            if shown["low"].notna().any():
                moves.append((abs(after - before), str(name)))
    # A change across a changed yardstick would say nothing about learners.
    point = f"Largest change: {max(moves)[1]}." if len(moves) > 1 and not changed else ""
    return _join(
        f"Line chart: {_many(table['series'].nunique(), 'series', 'series')}, "
        f"{years.min()} to {years.max()}.",
        *parts,
        point,
        f"The yardstick changed after {_list(changed)}; the lines are broken there."
        if changed
        else "",
        _hidden(_numbers(table, "rate")),
    )


def flow(table: pd.DataFrame) -> str:
    """Describe the same learners before and after each step."""
    before, after, ordinary = (_numbers(table, name) for name in ("before", "after", "ordinary"))
    moves = [
        (b - a, f"{step}, from {_percent(b)} to {_percent(a)}" + _ordinary(o))
        for step, b, a, o in zip(table["step"], before, after, ordinary, strict=True)
        if not math.isnan(a + b)
    ]
    point = f"Largest change: {max(moves, key=lambda move: abs(move[0]))[1]}." if moves else ""
    return _join(
        f"Dumbbell chart: rate of the same learners before and after {_many(len(before), 'step')}.",
        point,
        _hidden([*before, *after, *ordinary]),
    )


def coverage(table: pd.DataFrame, *, what: str) -> str:
    """Describe the shares of learners that the data speaks of."""
    items = list(zip(table["label"].astype(str), _numbers(table, "share"), strict=True))
    return _join(
        f"Bar chart: share of learners {what}, {_many(len(items), 'bar')}.",
        _extremes(items),
        _hidden([share for _, share in items]),
    )


def _numbers(table: pd.DataFrame, column: str) -> list[float]:
    return table[column].astype(float).tolist()


def _percent(share: float) -> str:
    return f"{math.floor(100 * share + 0.5 + 1e-9)}%"


def _ordinary(share: float) -> str:
    return "" if math.isnan(share) else f" where {_percent(share)} is usual"


def _many(n: int, one: str, more: str = "") -> str:
    return f"{n} {one if n == 1 else more or one + 's'}"


def _list(years: Sequence[int]) -> str:
    return " and ".join(map(str, years))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _extremes(items: Sequence[_Item]) -> str:
    shown = [(label, share) for label, share in items if not math.isnan(share)]
    if not shown:
        return ""
    best, least = max(shown, key=lambda item: item[1]), min(shown, key=lambda item: item[1])
    if best[1] == least[1]:
        return (
            f"{best[0]}: {_percent(best[1])}."
            if len(shown) == 1
            else f"All at {_percent(best[1])}."
        )
    return f"Highest: {best[0]}, {_percent(best[1])}; lowest: {least[0]}, {_percent(least[1])}."


def _untold(
    labels: Sequence[str], rates: Sequence[float], said: Sequence[str], others: Sequence[float] = ()
) -> list[str]:
    """Rates told in words instead of numbers, and how many marks are hidden."""
    missing = [math.isnan(rate) for rate in rates]
    in_words = [gone and word != HIDDEN for gone, word in zip(missing, said, strict=True)]
    told = [f"{name}: {word}." for name, word, so in zip(labels, said, in_words, strict=True) if so]
    rest = [rate for rate, so in zip(rates, in_words, strict=True) if not so]
    return [*told, _hidden([*rest, *others])]


def _hidden(shares: Sequence[float]) -> str:
    lost = sum(math.isnan(share) for share in shares)
    if not lost:
        return ""
    if lost == len(shares):
        return "All marks are hidden because too few learners are counted."
    return f"{_many(lost, 'mark is', 'marks are')} hidden because too few learners are counted."


def _join(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
