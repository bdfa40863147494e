"""Measures: what a result is, what a success is, and when the yardstick changed.

A measure is defined by data (``catalogue``); this module holds its shape and what follows from it:
the score of a value, the success of a score, and the period of a year.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd

from colanalysis.errors import SettingsError
from colanalysis.terms.labels import plain

__all__ = ["Break", "Measure", "level_names", "levels", "on_that_of", "period", "score", "succeeds"]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII)
_YES = {"yes", "y", "true", "1", "1.0", "āe", "ae"}
_NO = {"no", "n", "false", "0", "0.0", "kāo", "kao"}


@dataclass(frozen=True)
class Break:
    """A date from which results are not comparable with the ones before, and why."""

    date: datetime.date
    why: str


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A yardstick. ``scale`` is "number", "yes/no" or ordered levels, lowest first.

    Exactly one rule of success is set: ``success_from`` (a level, or yes or no), ``at_least``,
    ``more_than``, ``cut`` (at least, per year level) or ``unset``, which says what a community must
    fill in before success can be asked for. ``levels_from`` names ranges of a number by their lower
    bounds, which belong to the range unless the rule is ``more_than``. ``stage`` fixes the step
    whatever the year level. ``expectation`` is the share of learners hoped for. ``compared_with``
    names the tests that show whether schools mean the same by this judgement.
    """

    id: str
    label: str
    domain: str
    scale: tuple[str, ...] | str
    label_mi: str = ""
    success_from: str | None = None
    at_least: float | None = None
    more_than: float | None = None
    cut: Mapping[int, float | str] = field(default_factory=dict)
    year_levels: tuple[int, int] | None = None
    stage: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    judged_by: str = ""
    unit: str = ""
    success_label: str = ""
    success_label_mi: str = ""
    breaks: tuple[Break, ...] = ()
    source: str = ""
    note: str = ""
    expectation: float | None = None
    unset: str = ""
    levels_from: tuple[tuple[float, str], ...] = ()
    compared_with: tuple[str, ...] = ()


def level_names(measure: Measure) -> tuple[str, ...]:
    """List the values of a scale, lowest first; for a number the names of its ranges."""
    if measure.scale == "number":
        return tuple(name for _, name in measure.levels_from)
    return ("no", "yes") if measure.scale == "yes/no" else tuple(measure.scale)


def score(measure: Measure, text: str) -> float | None:
    """Turn a value as it is written into a number; None when it is not on the scale.

    Levels count from 0, yes is 1 and no is 0. A percentage is read as a share where 1 is the most.
    """
    written = plain(text)
    if measure.scale == "number":
        return _number(measure, written)
    if measure.scale == "yes/no":
        return 1.0 if written in _YES else 0.0 if written in _NO else None
    return _positions(measure.scale).get(written)


def succeeds(measure: Measure, score: pd.Series, year_level: pd.Series) -> pd.Series:
    """Say of each score whether it is a success: true, false, or NA where no one can say.

    NA where the score is missing or the year level has no cut. SettingsError when the measure has
    no rule yet.
    """
    if measure.unset:
        raise SettingsError(
            "no success rule is set", where=f'measure "{measure.id}"', remedy=measure.unset
        )
    value, needed = _rounded(score), _needed(measure, year_level)
    if measure.success_from is not None and plain(measure.success_from) == "no":
        passed = value <= needed
    elif measure.more_than is not None:
        passed = value > needed
    else:
        passed = value >= needed
    return passed.astype("boolean").mask(value.isna() | needed.isna())


def levels(measure: Measure, score: pd.Series) -> pd.Series:
    """Name the level of each score; missing where there is no score or no level."""
    value, names = _rounded(score), np.array([*level_names(measure), None], dtype=object)
    if measure.scale == "number":
        bounds = np.array([bound for bound, _ in measure.levels_from])
        known = value.fillna(-math.inf).to_numpy()
        # A rule of "more than" puts a bound into the range below it.
        side: Literal["left", "right"] = "right" if measure.more_than is None else "left"
        place = np.searchsorted(bounds, known, side=side) - 1
    else:
        place = value.fillna(-1).astype(int).to_numpy()
    place = np.where(value.isna(), -1, place)
    return pd.Series(names[place], index=score.index, dtype=object)


def period(measure: Measure, year: int) -> int:
    """Count the changes of the yardstick up to a year; only equal periods can be compared.

    A year in which the yardstick changed belongs to what came after.
    """
    return sum(change.date.year <= year for change in measure.breaks)


def on_that_of(measure: Measure, year: int, years: pd.Series) -> np.ndarray:
    """Which of some years have the yardstick that a measure had in one year."""
    here = period(measure, year)
    return np.array([period(measure, int(one)) == here for one in years], dtype=bool)


def _number(measure: Measure, written: str) -> float | None:
    percent = written.endswith("%") and measure.maximum == 1
    digits = written.removesuffix("%").rstrip() if percent else written
    if not _NUMBER.fullmatch(digits):
        return None
    value = float(digits) / (100 if percent else 1)
    lowest = -math.inf if measure.minimum is None else measure.minimum
    highest = math.inf if measure.maximum is None else measure.maximum
    return value if lowest <= value <= highest and math.isfinite(value) else None


@cache
def _positions(scale: tuple[str, ...]) -> Mapping[str, float]:
    return {plain(name): float(place) for place, name in enumerate(scale)}


def _rounded(score: pd.Series) -> pd.Series:
    # Spreadsheets hand on 0.9 as 0.9000000000000001, which would pass a rule of more than 0.9.
    return score.astype(float).round(9)


def _needed(measure: Measure, year_level: pd.Series) -> pd.Series:
    """Find the score each row must reach (or, for "no", not exceed)."""
    if measure.cut:
        wanted = {float(year): _threshold(measure, at) for year, at in measure.cut.items()}
        return year_level.astype(float).map(wanted).astype(float)
    rules = (measure.more_than, measure.at_least, measure.success_from)
    rule = next(rule for rule in rules if rule is not None)
    return pd.Series(_threshold(measure, rule), index=year_level.index, dtype=float)


def _threshold(measure: Measure, at: float | str) -> float:
    if not isinstance(at, str):
        return float(at)
    if measure.scale == "number":
        return next(low for low, name in measure.levels_from if plain(name) == plain(at))
    return _positions(level_names(measure))[plain(at)]
