"""Moderate: do schools mean the same by a judgement? A test of the same learners tells.

A school whose learners are judged at or above the expectation more often, or less often, than learners
with the same test results elsewhere judges by its own measure, or its learners show what the test does
not ask. Which of the two it is only moderation can tell: nothing here is about any teacher.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from colanalysis.comparing import estimate, spread
from colanalysis.terms.settings import Community

SCHOOLS = ["measure", "test", "year", "provider_id", "n", "seen", "shift", "low", "high",
           "p_value", "apart"]  # fmt: skip
DOUBTS = ["measure", "test", "year", "n_schools", "n", "spread", "one_school", "pooled"]
# A school with fewer learners who have both results is left out, and with fewer schools nothing is said.
LEAST_LEARNERS, LEAST_SCHOOLS = 20, 3
# No test is quite reliable, and how reliable it is in a community is not known: what is told is told
# for the middle, and nobody is told to be apart whom the ends of what is usual would explain.
RELIABILITY, RELIABILITY_ENDS = 0.9, (0.8, 0.95)
# Weak enough to matter only where all, or none, of a school or a year level succeed (log-odds).
FLAT = 3.0
# In standard errors. Every school is told here, not only those that stand out: it is pulled further.
FURTHEST_PULL = 1.0
STEPS_AT_MOST, NEAR_ENOUGH = 50, 1e-9


@dataclass(frozen=True)
class Fit:
    """How far each school's judgements are from any other's, in shares, and how sure that is.

    ``level`` is from an origin of no meaning: only differences between schools tell anything.
    """

    schools: list[str]
    n: np.ndarray
    level: np.ndarray
    covariance: np.ndarray


def schools(agreed: pd.DataFrame, *, community: Community) -> pd.DataFrame:
    """How far each school's judgements sit from those of the others, at the same test results.

    ``agreed`` as ``agree.counts`` makes it; the latest year of each judgement and test is told.
    Columns: measure, test, year, provider_id, n (learners with both), seen (difference in shares from
    the others, positive where more are judged to succeed), shift, low, high (the same, shrunken for
    small numbers, with its 95 % interval), p_value (the larger at both ends of reliability), apart.
    """
    rows = []
    usual = community.settings.smallest_spread
    for names, counted in _comparable(agreed):
        told = fit(counted, RELIABILITY)
        seen = beside(told, usual)
        shift, error = pulled(seen, *shrunken(told, usual))
        low, high = shift - estimate.Z95 * error, shift + estimate.Z95 * error
        one, other = (beside(fit(counted, end), usual) for end in RELIABILITY_ENDS)
        # What turns round within the usual reliability is no difference at all.
        same = np.sign(one.away) == np.sign(other.away)
        p_value = np.where(same, np.maximum(one.p, other.p), 1.0)
        columns = (told.n.astype(int), seen.away, shift, low, high, p_value)
        rows += [(*names, *row) for row in zip(told.schools, *columns, strict=True)]
    table = pd.DataFrame(rows, columns=SCHOOLS[:-1])
    large = table["shift"].abs() >= community.settings.smallest_gap
    sure = (table["low"] > 0) | (table["high"] < 0)
    # All schools were looked at, in every judgement: chance is shared out among them.
    share = community.settings.false_share
    return table.assign(apart=large & sure & (table["p_value"] * len(table) <= share))


def doubts(agreed: pd.DataFrame, *, community: Community) -> pd.DataFrame:
    """What a share of a judgement carries as doubt, because schools judge differently.

    One row a judgement, by the test that most of its learners took. Columns: measure, test, year,
    n_schools, n (learners with both), spread (standard deviation between schools, in shares),
    one_school and pooled (half of a 95 % interval: of one school's share, and of all schools').
    """
    rows = []
    for names, counted in _comparable(agreed):
        told = fit(counted, RELIABILITY)
        wide, one = between(told, community.settings.smallest_spread)
        part = told.n / told.n.sum()
        pooled = one * float(np.sqrt(part @ part))
        rows.append((*names, len(told.n), int(told.n.sum()), wide, one, pooled))
    table = pd.DataFrame(rows, columns=DOUBTS)
    most = table.sort_values("n", ascending=False, kind="stable").drop_duplicates("measure")
    return most.sort_values("measure").reset_index(drop=True)


def _comparable(agreed: pd.DataFrame) -> Iterator[tuple[tuple[str, str, int], pd.DataFrame]]:
    """Each judgement and test in the latest year in which enough schools can be compared."""
    for (name, test), both in agreed.groupby(["measure", "test"], sort=True):
        for year in sorted(both["year"].unique(), reverse=True):
            counted = _enough(both[both["year"] == year])
            if counted["provider_id"].nunique() >= LEAST_SCHOOLS:
                yield (name, test, int(year)), counted
                break


def _enough(counted: pd.DataFrame) -> pd.DataFrame:
    """Schools with enough learners at year levels that another school has too."""
    before = -1
    while len(counted) != before:
        before = len(counted)
        shared = counted.groupby("year_level")["provider_id"].transform("nunique") > 1
        counted = counted[shared]
        counted = counted[counted.groupby("provider_id")["n"].transform("sum") >= LEAST_LEARNERS]
    return counted


def fit(counted: pd.DataFrame, reliability: float) -> Fit:
    """Fit the log-odds of success: a level for each year level and each school, one slope for all.

    The test's score is first replaced by what it leads one to expect of the learner (Kelley 1927):
    part of the way back to the school's own mean, for else a school where learners score low would
    look strict, and one where they score high lenient, only because every test errs.
    """
    school, names = pd.factorize(counted["provider_id"], sort=True)
    level, levels = pd.factorize(counted["year_level"], sort=True)
    n = counted["n"].to_numpy(float)
    size = np.bincount(school, weights=n)
    standing = _expected(counted["score"].to_numpy(float), school, n, size, reliability)
    design = np.column_stack([np.eye(len(names))[school], np.eye(len(levels))[level], standing])
    effects, covariance, share = _logistic(design, n, counted["n_success"].to_numpy(float))
    # What a step of log-odds is worth in shares, for the learners of this community.
    worth = float((n * share * (1 - share)).sum() / n.sum())
    own = slice(0, len(names))
    return Fit(list(names), size, effects[own] * worth, covariance[own, own] * worth**2)


def _expected(
    score: np.ndarray, school: np.ndarray, n: np.ndarray, size: np.ndarray, reliability: float
) -> np.ndarray:
    """Each score pulled to its school's mean by how unreliable the test is within schools."""
    mean = np.bincount(school, weights=n * score) / size
    away = score - mean[school]
    within = (n * away**2).sum() / n.sum()
    error = (1 - reliability) * (n * score**2).sum() / n.sum()
    # A reliability that the scores themselves contradict is not believed.
    kept = max(1 - error / within, 0.5) if within > 0 else 1.0
    return np.asarray(mean[school] + kept * away)


def _logistic(
    design: np.ndarray, n: np.ndarray, success: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Effects, their covariance and the shares they lead one to expect, by Newton's method."""
    held = np.eye(design.shape[1]) / FLAT**2
    effects = np.zeros(design.shape[1])
    for _ in range(STEPS_AT_MOST):
        share = 1 / (1 + np.exp(-design @ effects))
        information = (design * (n * share * (1 - share))[:, None]).T @ design + held
        step = np.linalg.solve(information, design.T @ (success - n * share) - held @ effects)
        effects = effects + step
        if np.abs(step).max() < NEAR_ENOUGH:
            break
    return effects, np.linalg.inv(information), share


@dataclass(frozen=True)
class Beside:
    """Each school beside the others: how far ``away``, the error of that by chance, the p-value."""

    away: np.ndarray
    error: np.ndarray
    p: np.ndarray


def beside(told: Fit, usual: float) -> Beside:
    """Set each school beside the others; it stands out only beyond what the others differ by."""
    rows = []
    for place in range(len(told.n)):
        others = np.arange(len(told.n)) != place
        means = [_mean(told, others, wide) for wide in spread.GRID]
        likely = _likely(means, usual)
        # The school itself less the mean of the others, for each spread.
        contrast = np.array([-mean.weights for mean in means])
        contrast[:, place] = 1.0
        distance = contrast @ told.level
        chance = ((contrast @ told.covariance) * contrast).sum(axis=1)
        error = np.sqrt(chance + spread.GRID**2 * (contrast**2).sum(axis=1))
        p = likely @ estimate.p_values(distance / error)
        rows.append((likely @ distance, np.sqrt(likely @ chance), p))
    return Beside(*np.array(rows).T)


def shrunken(told: Fit, usual: float) -> tuple[np.ndarray, np.ndarray]:
    """Each school's distance from what schools here do, as far as it can be believed; its error."""
    means = [_mean(told, np.ones(len(told.n), dtype=bool), wide) for wide in spread.GRID]
    between = spread.GRID[:, None] ** 2
    # Best linear unbiased prediction for each spread, then over all of them.
    shift = between * np.array([mean.around @ told.level for mean in means])
    variance = between - between**2 * np.array([np.diag(mean.around) for mean in means])
    likely = _likely(means, usual)
    told_shift = likely @ shift
    return told_shift, np.sqrt(likely @ (np.maximum(variance, 0.0) + (shift - told_shift) ** 2))


def pulled(seen: Beside, shift: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Limit how far a shrunken distance is from the one that was seen (Efron and Morris).

    One school that is truly apart from others which are alike would else be told as one of them.
    """
    limit = FURTHEST_PULL * seen.error
    far = np.abs(seen.away - shift) > limit
    near = seen.away - np.sign(seen.away - shift) * limit
    return np.where(far, near, shift), np.where(far, np.maximum(error, seen.error), error)


def between(told: Fit, usual: float) -> tuple[float, float]:
    """What schools differ by: the standard deviation, and half of the interval of 95 in 100 schools.

    The interval is that of a normal whose spread is not known: wider than 1.96 deviations.
    """
    from scipy.optimize import brentq

    means = [_mean(told, np.ones(len(told.n), dtype=bool), wide) for wide in spread.GRID]
    likely = _likely(means, usual)
    wide = np.sqrt(likely @ spread.GRID**2)
    some = spread.GRID > 0

    def beyond(half: float) -> float:
        return float(likely[some] @ estimate.p_values(half / spread.GRID[some])) - 0.05

    return float(wide), float(brentq(beyond, 0.0, 10 * spread.GRID[-1]))


@dataclass(frozen=True)
class _Mean:
    """The mean of some schools if schools differ by so much: weights, and what lies around it.

    ``around`` is the inverse of the covariance with the mean taken out; ``log`` is how well the spread
    explains the schools (restricted log likelihood).
    """

    weights: np.ndarray
    around: np.ndarray
    log: float


def _mean(told: Fit, kept: np.ndarray, wide: float) -> _Mean:
    inverse = np.linalg.inv(told.covariance[np.ix_(kept, kept)] + wide**2 * np.eye(kept.sum()))
    sums = inverse.sum(axis=0)
    around = inverse - np.outer(sums, sums) / sums.sum()
    weights = np.zeros(len(kept))
    weights[kept] = sums / sums.sum()
    level = told.level[kept]
    log = np.linalg.slogdet(inverse)[1] - np.log(sums.sum()) - level @ around @ level
    return _Mean(weights, around, float(log) / 2)


def _likely(means: list[_Mean], usual: float) -> np.ndarray:
    """How likely each spread of ``spread.GRID`` is, given the schools that the means are of."""
    return spread.after(spread.outset(usual), np.array([mean.log for mean in means]))
