"""Apart: how far each school is from the others, beyond chance and what schools ordinarily differ by.

What schools differ by is never known: everything is worked out for each spread of ``spread.GRID`` and
weighed by how likely that spread is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from colanalysis.comparing import estimate, spread
from colanalysis.moderating.fitted import Fit

# In standard errors. Every school is told here, not only those that stand out: it is pulled further.
FURTHEST_PULL = 1.0


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
    # Nought on the grid stands for all that is nearer to it than to what comes next.
    wide = np.maximum(spread.GRID, spread.GRID[1] / 2)

    def beyond(half: float) -> float:
        return float(likely @ estimate.p_values(half / wide)) - 0.05

    return float(np.sqrt(likely @ wide**2)), float(brentq(beyond, 0.0, 10 * wide[-1]))


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
