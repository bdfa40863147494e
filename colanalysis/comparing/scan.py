"""Scan: every group and provider over every range of steps and years, in one pass.

The statistic is a score test: how many more (or fewer) of a group succeed than would if successes
fell on all learners of the same step, year and year level alike. Its variance counts a learner's
several results as one learner's, and lets providers differ as they ordinarily do: a group whose
learners sit mostly at one school carries that school's difference in its doubt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from colanalysis.comparing import estimate, spread
from colanalysis.comparing.compare import Panel
from colanalysis.comparing.ranges import Ranges
from colanalysis.comparing.sums import Sums, by_place
from colanalysis.terms.settings import Settings

# Nearer than this to nought the normal tail is as good as any.
NEAR = 2.0
# So many numbers at a time stay in the processor's cache.
AT_ONCE = 1 << 17


@dataclass(frozen=True)
class Scan:
    """A panel with the sums of its ``units`` (groups and providers) and all its ranges.

    ``spread`` says how likely each spread of ``spread.GRID`` between providers is, by range of years
    and provider (left out itself; the last row is for groups, learnt from all). ``looks`` is how many
    independent looks the ranges are worth: those of all years, and the others.
    """

    panel: Panel
    ranges: Ranges
    sums: Sums
    spread: np.ndarray
    looks: tuple[float, float]
    settings: Settings

    @property
    def units(self) -> pd.DataFrame:
        """What is compared: provider_id, group, depth (0 for a provider)."""
        return self.sums.units

    @cached_property
    def stages(self) -> np.ndarray:
        """The steps of each range, ids joined by a blank."""
        ends = zip(self.ranges.first_step, self.ranges.last_step, strict=True)
        return np.array([" ".join(self.panel.stages[a : b + 1]) for a, b in ends], dtype=object)

    @cached_property
    def allowance(self) -> np.ndarray:
        """By how much the p-value of each range grows since all ranges are looked at.

        Half of what is allowed goes to the ranges of all years, half to the others.
        """
        halves = 1.0 if self.ranges.all_years.all() else 2.0
        return np.where(self.ranges.all_years, *self.looks) * halves

    @cached_property
    def holds(self) -> np.ndarray:
        """Places by ranges: 1 where the range holds the place."""
        return self.ranges.holds.T.astype(float)

    @cached_property
    def holds_both(self) -> np.ndarray:
        """Pairs of places (``sums.met``) by ranges: 1 where the range holds both."""
        return self.ranges.boxes(*self.sums.met.T).T.astype(float)

    @cached_property
    def n_all(self) -> np.ndarray:
        """All results of every range."""
        by_grid = np.bincount(self.panel.grid, weights=self.panel.n, minlength=self.panel.places)
        return self.ranges.holds @ by_grid

    def pieces(self) -> Iterator[np.ndarray]:
        """All units, so many at a time as can be judged at once without much memory."""
        size = max(AT_ONCE // max(len(self.n_all), 1), 1)
        for start in range(0, len(self.units), size):
            yield np.arange(start, min(start + size, len(self.units)))


@dataclass(frozen=True)
class Judged:
    """Some units of a scan over every range: arrays of units by ranges.

    ``n``, ``expected`` and ``away`` (successes beyond those expected); ``independent`` and
    ``chance``, the variance of ``away`` if every result were a learner of its own, and as it is;
    ``between``, what ordinary differences between providers add to it; ``p``, two-sided, NaN where a
    side is smaller than the smallest group.
    """

    n: np.ndarray
    others: np.ndarray
    expected: np.ndarray
    away: np.ndarray
    independent: np.ndarray
    chance: np.ndarray
    between: np.ndarray
    p: np.ndarray

    @property
    def gap(self) -> np.ndarray:
        """Share of the unit less that of the others (Mantel and Haenszel's mean over strata)."""
        return self.away / self._weight

    @property
    def error(self) -> np.ndarray:
        """The standard error that ``gap`` would have if there were none."""
        return np.sqrt(self.chance + self.between) / self._weight

    def only(self, which: Any) -> Judged:
        """Some of its cells, by any index of units by ranges."""
        return Judged(**{name: values[which] for name, values in vars(self).items()})

    @property
    def _weight(self) -> np.ndarray:
        return np.maximum(self.n * self.others / np.maximum(self.n + self.others, 1), 1e-9)


def judged(looked: Scan, units: np.ndarray, away: np.ndarray | None = None) -> Judged:
    """Judge some ``units`` (rows of ``looked.units``) over every range.

    ``away``, successes beyond those expected for every entry of the panel, is what the panel shows
    unless other residuals are given in its place.
    """
    own, panel, settings = looked.sums, looked.panel, looked.settings
    by_grid = own.away[units]
    if away is not None:
        by_grid = by_place(panel, away, deepest=settings.deepest_group, rows=own.rows[units])
    holds = looked.holds
    n = own.n[units] @ holds
    others = looked.n_all - n
    rest = others / looked.n_all
    independent = rest * (own.independent[units] @ holds)
    uneven = _uneven(looked, units)
    place = own.provider[units]
    between = ((looked.spread @ spread.GRID**2)[looked.ranges.span].T)[place] * n**2 * uneven
    enough = np.minimum(n, others) >= settings.smallest_group
    told = Judged(
        n=n, others=others, expected=own.expected[units] @ holds, away=by_grid @ holds,
        independent=independent, between=between,
        chance=independent + rest * (own.covariance[units] @ looked.holds_both),
        p=np.where(enough, 1.0, np.nan),
    )  # fmt: skip
    told.p[enough] = _tail(told, told.chance + between, enough)
    for row in np.flatnonzero(place >= 0) if len(panel.providers) > 1 else []:
        likely = looked.spread[looked.ranges.span[enough[row]], place[row]]
        told.p[row, enough[row]] = _of_provider(
            told.only(int(row)), uneven[row], enough[row], likely
        )
    return told


def _of_provider(
    told: Judged, uneven: np.ndarray, which: np.ndarray, likely: np.ndarray
) -> np.ndarray:
    """A provider's p-values, averaged over how far the others are likely to be apart."""
    each = [_tail(told, told.chance + (wide * told.n) ** 2 * uneven, which) for wide in spread.GRID]
    return np.einsum("gr,rg->r", each, likely)


def _tail(told: Judged, variance: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Two-sided p-values of ``which`` cells."""
    n, away, doubt = told.n[which], told.away[which], variance[which]
    z = away / np.sqrt(np.maximum(doubt, 1e-12))
    p = estimate.p_values(z)
    far = np.abs(z) > NEAR
    p[far] = estimate.exact_p_values(
        away[far] / n[far], told.expected[which][far] / n[far], doubt[far] / n[far] ** 2
    )
    return p


def _uneven(looked: Scan, units: np.ndarray) -> np.ndarray:
    """How differently a unit and all learners are spread over providers, for every range.

    Over providers, the sum of squared differences between the unit's share of results there and
    everybody's, years together.
    """
    own, steps = looked.sums, looked.ranges.steps
    everybody = own.placed[own.provider >= 0].sum(axis=0)
    uneven = np.zeros((len(units), len(steps)))
    if len(looked.panel.providers) < 2:
        return uneven
    for number in np.unique(steps):
        same = steps == number
        held = slice(looked.ranges.first_step[same][0], looked.ranges.last_step[same][0] + 1)
        unit, all_ = own.placed[units, held].sum(axis=1), everybody[held].sum(axis=0)
        shares = unit / np.maximum(unit.sum(axis=1, keepdims=True), 1) - all_ / all_.sum()
        uneven[:, same] = (shares**2).sum(axis=1)[:, None]
    return uneven
