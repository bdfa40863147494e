"""Target: how many learners a target asks for, from a baseline in whole learners.

The same learners can be meant later (a fixed cohort), or the next ones (a moving cohort, of whom
there may be more or fewer); percentage points are one thing and per cent of the baseline another.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction

import pandas as pd

from colanalysis.errors import UsageError
from colanalysis.planning import rounding
from colanalysis.planning.rounding import HALF, RULES, Percent
from colanalysis.terms.yardstick import Measure

__all__ = [
    "COLUMNS",
    "Baseline",
    "by_per_cent",
    "by_points",
    "ahead",
    "known",
    "learners",
    "met",
    "to",
]

COLUMNS = ["rule", "promises", "needed", "of", "share", "unchanged", "extra", "not_yet"]


@dataclass(frozen=True)
class Baseline:
    """So many of so many learners succeed now; UsageError where that cannot be."""

    n: int
    of: int

    def __post_init__(self) -> None:
        if self.of < 1:
            raise UsageError(f"found a baseline of {self.of} learners", expected="one or more")
        if not 0 <= self.n <= self.of:
            raise UsageError(
                f"found a baseline of {self.n} out of {self.of} learners",
                expected=f"from 0 to {self.of} of them",
            )

    @property
    def share(self) -> Fraction:
        """The share between 0 and 1."""
        return Fraction(self.n, self.of)

    def __str__(self) -> str:
        return f"{self.n} of {self.of} ({100 * float(self.share):.1f} %)"


def to(baseline: Baseline, written: str) -> Percent:
    """The target "to 60 %"; UsageError where the baseline is there already."""
    return _above(baseline, rounding.percent(written, where="the target"))


def by_points(baseline: Baseline, written: str) -> Percent:
    """The target "by 8 percentage points": 20 % and 8 points are 28 %."""
    more = rounding.percent(written, where="the points")
    return _above(baseline, Percent(100 * baseline.share + more.value, more.decimals))


def by_per_cent(baseline: Baseline, written: str) -> Percent:
    """The target "by 8 per cent" of the baseline: 20 % and 8 per cent of it are 21.6 %."""
    more = rounding.percent(written, where="the per cent of the baseline")
    return _above(baseline, Percent(100 * baseline.share * (1 + more.share), more.decimals))


def learners(baseline: Baseline, wanted: Percent, *, of_then: int | None = None) -> pd.DataFrame:
    """How many learners have to succeed, by each rule of rounding, and how many more that is.

    ``of_then``: how many learners the target is about, where they are not the same ones. Columns:
    rule and what it promises; needed of how many, and their share; unchanged (who would succeed
    then at the share of now); extra (needed beyond those); not_yet (who would not succeed
    unchanged, of whom the extra ones have to come).
    """
    of = baseline.of if of_then is None else of_then
    if of < 1:
        raise UsageError(f"found a target for {of} learners", expected="one or more")
    unchanged = math.floor(baseline.share * of + HALF)
    rows = []
    for rule, promises in RULES.items():
        needed = rounding.learners(wanted, of, rule=rule)
        extra = max(needed - unchanged, 0)
        rows.append((rule, promises, needed, of, needed / of, unchanged, extra, of - unchanged))
    return pd.DataFrame(rows, columns=COLUMNS)


def met(n: int, of: int, wanted: Percent, *, rule: str = rounding.REACHES) -> bool:
    """Whether so many of so many learners are what a target asks for, by one rule of rounding."""
    return n >= rounding.learners(wanted, of, rule=rule)


def known(name: str, names: Collection[str], *, what: str) -> str:
    """Give back a group or a measure that exists; UsageError that lists those that do."""
    if name in names:
        return name
    near = get_close_matches(name, names, n=1)
    raise UsageError(
        f'found the {what} "{name}"',
        expected=f"one of: {', '.join(sorted(names)) or 'none'}",
        remedy=f'Did you mean "{near[0]}"?' if near else "",
    )


def ahead(year: int, *, today: datetime.date) -> int:
    """Give back the year of a target; UsageError where it is over."""
    if year < today.year:
        raise UsageError(f"found a target for {year}", expected=f"{today.year} or later")
    return year


def changes(measure: Measure, baseline_year: int, year: int) -> list[str]:
    """Say where the yardstick changes, or ends, between the baseline and the date of a target."""
    return [
        f"The yardstick changes on {one.date.day} {one.date:%B %Y} ({one.why}): results from {one.date.year} "
        f"on cannot be set beside the baseline of {baseline_year}, and whether the target is met "
        "cannot be known."
        for one in measure.breaks
        if baseline_year < one.date.year <= year
    ]


def _above(baseline: Baseline, wanted: Percent) -> Percent:
    if wanted.value > 100:
        raise UsageError(f"found a target of {float(wanted.value):.1f} %", expected="at most 100 %")
    if wanted.share <= baseline.share:
        raise UsageError(
            f"found a target of {wanted}, where {baseline} succeed already",
            expected="a target above the baseline",
        )
    return wanted
