"""Unchanged: what the next results of a group would be if nothing changed.

Results move by themselves. Other learners come, the same ones have another day, and who was
picked because of a low result was, on average, a little unlucky. So a group's true level is learnt from
its own years and from those of groups like it, and the next count follows from it:

    share of group g in year t = level of g + wander of that year + chance of so many learners
    level of g ~ normal(mean of all groups, apart²),  wander ~ normal(0, wander²)

How far groups are apart and how much their years wander is not known: every pair of values counts by
how well it explains the table (restricted likelihood; half-normal at the outset). A level is pulled towards the mean of
all groups by as much as chance explains it (empirical Bayes, Efron and Morris 1975; Kane and Staiger
2002 for schools and their years), which is regression to the mean worked out beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

__all__ = ["DOUBT", "Fit", "Level", "beyond", "fit", "level", "likely", "smallest_shift"]

# Standard deviations of shares: between groups, and from year to year beyond chance.
APART = np.linspace(0.0, 0.4, 25)
WANDER = np.linspace(0.0, 0.15, 16)
USUALLY_APART, USUALLY_WANDERS = 0.20, 0.03
FEWEST_GROUPS = 4
# Aimed a little above four times in five, because what it rests on is an estimate itself.
POWER, DOUBT = 0.86, 0.05
_ROOM = 0.005


@dataclass(frozen=True, eq=False)
class Fit:
    """What a table of groups and years tells: ``weight`` of each pair of ``APART`` and ``WANDER``.

    ``mean`` and ``precision`` are of the mean of all groups, ``own`` and ``doubt`` of each group's
    years by themselves; ``learnt`` says whether there were enough groups to know how far they are
    apart. Without them a level is what the group's own years say.
    """

    groups: tuple[str, ...]
    weight: np.ndarray
    mean: np.ndarray
    precision: np.ndarray
    own: np.ndarray
    doubt: np.ndarray
    learnt: bool


@dataclass(frozen=True, eq=False)
class Level:
    """A group's true share, as values with weights: ``error`` of the level, ``wander`` of a year."""

    weight: np.ndarray
    mean: np.ndarray
    error: np.ndarray
    wander: np.ndarray
    pulled: bool

    @property
    def share(self) -> float:
        """The share to be expected if nothing changes."""
        return float(self.weight @ self.mean)

    @property
    def deviation(self) -> float:
        """How unsure the level is, as a standard deviation."""
        return float(
            np.sqrt(self.weight @ (self.error**2 + self.mean**2) - (self.weight @ self.mean) ** 2)
        )

    def moved(self, by: float, *, more_doubt: float = 0.0) -> Level:
        """The same level if it truly moved by so much; ``more_doubt`` is a variance."""
        return replace(self, mean=self.mean + by, error=np.sqrt(self.error**2 + more_doubt))


def fit(history: pd.DataFrame) -> Fit:
    """Learn levels from a table with group, year, n and of, all of one measure, step and yardstick."""
    rows = history[history["of"] > 0]
    groups = tuple(rows["group"].unique())
    shape = (len(groups), len(APART), len(WANDER))
    own, doubt, log = np.zeros(shape), np.zeros(shape), np.zeros(shape[1:])
    for place, group in enumerate(groups):
        years = rows[rows["group"] == group]
        of, n = years["of"].to_numpy(dtype=float), years["n"].to_numpy(dtype=float)
        near = (n.sum() + 1) / (of.sum() + 2)
        weight = 1 / (WANDER[:, None] ** 2 + near * (1 - near) / of)
        total = weight.sum(axis=1)
        middle = (weight * n / of).sum(axis=1) / total
        away = (weight * (n / of - middle[:, None]) ** 2).sum(axis=1)
        log += 0.5 * (np.log(weight).sum(axis=1) - np.log(total) - away)
        own[place], doubt[place] = middle, 1 / total
    between = APART[:, None] ** 2 + doubt
    precision = (1 / between).sum(axis=0)
    mean = (own / between).sum(axis=0) / precision
    learnt = len(groups) >= FEWEST_GROUPS
    if learnt:
        log -= 0.5 * (np.log(between) + (own - mean) ** 2 / between).sum(axis=0)
        log -= 0.5 * np.log(precision)
    outset = (APART[:, None] / USUALLY_APART) ** 2 + (WANDER / USUALLY_WANDERS) ** 2
    weight = np.exp(log - log.max() - 0.5 * outset)
    return Fit(groups, weight / weight.sum(), mean, precision, own, doubt, learnt)


def level(fitted: Fit, group: str) -> Level:
    """The level of one group: its own years, pulled towards all groups by what chance explains."""
    place = fitted.groups.index(group)
    own, doubt = fitted.own[place], fitted.doubt[place]
    apart, wander = np.broadcast_arrays(APART[:, None], WANDER[None, :])
    kept = apart**2 / (apart**2 + doubt) if fitted.learnt else np.ones_like(own)
    mean = fitted.mean + kept * (own - fitted.mean)
    variance = kept * doubt + (1 - kept) ** 2 / fitted.precision
    # Values that next to nothing speaks for cost time and change nothing.
    likely_ = fitted.weight > fitted.weight.max() * 1e-3
    weight = fitted.weight[likely_] / fitted.weight[likely_].sum()
    return Level(weight, mean[likely_], np.sqrt(variance[likely_]), wander[likely_], fitted.learnt)


def likely(known: Level, of: int) -> np.ndarray:
    """The chance of 0, 1, … up to all of so many learners succeeding, if the level is as known.

    Each value of the level gives a beta-binomial count with its mean and its spread.
    """
    from scipy.special import betaln, gammaln

    mean = np.clip(known.mean, _ROOM, 1 - _ROOM)[:, None]
    spread = np.maximum(known.error**2 + known.wander**2, 1e-9)[:, None]
    # A share cannot stray further than from 0 to 1.
    both = np.maximum(mean * (1 - mean) / spread - 1, 0.5)
    first, second = mean * both, (1 - mean) * both
    n = np.arange(of + 1)
    ways = gammaln(of + 1) - gammaln(n + 1) - gammaln(of - n + 1)
    log = ways + betaln(n + first, of - n + second) - betaln(first, second)
    return known.weight @ np.exp(log)


def smallest_shift(known: Level, of: int, *, looked_at: int = 1) -> int | None:
    """The fewest extra learners of so many that would be told from chance four times in five.

    Two-sided, 5 %; None where not even all of them would do. ``looked_at``: among how many groups the
    group was picked, where their levels are not known.
    """
    bar = beyond(likely(known, of), looked_at=1 if known.pulled else looked_at)
    room = round(of * (1 - known.share))
    low, high = 1, room + 1
    while low < high:
        extra = (low + high) // 2
        if likely(known.moved(extra / of), of)[bar:].sum() >= POWER:
            high = extra
        else:
            low = extra + 1
    return low if low <= room else None


def beyond(chances: np.ndarray, *, looked_at: int = 1) -> int:
    """The fewest successes that are beyond chance; one more than there are learners where none are."""
    at_least = chances[::-1].cumsum()[::-1]
    return int((at_least > DOUBT / 2 / looked_at).sum())
