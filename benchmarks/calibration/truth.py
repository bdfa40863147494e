"""What is true in a made-up community: whose results are there, and how far a plant is off.

A result is there more often for an able learner, so the share of success among the results that are
there is a little above the probability for all; a gap is between results that are there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import expit, ndtr, ndtri

MISSING_ABILITY = -0.8  # log odds
STRATUM = ["measure", "year", "year_level"]


@dataclass(frozen=True)
class Repetition:
    """How much a learner's results go together, and how often there are several.

    ``ability`` and ``in_measure`` are shares of the variance behind a result: of the learner in
    every measure, and of the learner in this one besides. ``starts`` are the lowest and the highest
    year level in the first of the three years (results are at 1 to 11). ``seen`` is how often a
    learner is seen in one, two and three years, first of those who do not move a lot, then of those
    who do. ``missing`` is the log odds of an average learner's result not being there, ``moving`` what is
    added for those who move a lot: where it is not nought the abler of them are there, and a small
    gap of theirs is true though nothing is planted.
    """

    ability: float
    in_measure: float
    starts: tuple[int, int]
    seen: tuple[tuple[float, float, float], tuple[float, float, float]]
    missing: float
    moving: float = 0.0


STRONG = Repetition(
    0.48,
    0.20,
    starts=(-1, 11),
    seen=((0.15, 0.20, 0.65), (0.60, 0.30, 0.10)),
    missing=-2.6,
    moving=0.8,
)
REPETITIONS = {
    "strong": STRONG,
    "even": replace(STRONG, moving=0.0),
    "weak": Repetition(
        0.10, 0.05, starts=(1, 9), seen=((0.0, 0.0, 1.0), (0.0, 0.0, 1.0)), missing=-np.inf
    ),
}


def missing(ability: np.ndarray | float, transient: np.ndarray, *, held: Repetition) -> np.ndarray:
    """The probability that a result is missing; ``ability`` has mean 0 and variance 1."""
    return expit(held.missing + MISSING_ABILITY * ability + held.moving * transient)


def of_those_there(probability: np.ndarray, transient: np.ndarray, held: Repetition) -> np.ndarray:
    """The probability of success of each result, given that it is not missing.

    An average over abilities: ``probability`` is that of all learners, ``transient`` is true or
    false for each result.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    needed = ndtri(probability)
    total, there = np.zeros(len(needed)), np.zeros(len(needed))
    for node, weight in zip(nodes, weights, strict=True):
        present = weight * (1 - missing(node, np.array([0, 1]), held=held))[transient.astype(int)]
        succeed = ndtr((needed + np.sqrt(held.ability) * node) / np.sqrt(1 - held.ability))
        total, there = total + present * succeed, there + present
    return total / there


def gap(rows: np.ndarray, results: pd.DataFrame, values: np.ndarray) -> float:
    """The mean of ``values`` in some rows of the results less that of the others.

    Others are those of the same measure, year and year level; the weights are the rows' own mix of
    these. With probabilities as values it is the true gap, with successes the observed one; not a
    number where there is nobody to compare with.
    """
    sums = pd.DataFrame(
        {
            "inside": np.where(rows, values, 0.0),
            "outside": np.where(rows, 0.0, values),
            "n_inside": rows.astype(int),
            "n_outside": (~rows).astype(int),
        }
    )
    strata = sums.groupby([results[name] for name in STRATUM]).sum()
    strata = strata[(strata["n_inside"] > 0) & (strata["n_outside"] > 0)]
    if strata.empty:
        return float("nan")
    away = strata["inside"] / strata["n_inside"] - strata["outside"] / strata["n_outside"]
    return float(np.average(away, weights=strata["n_inside"]))


def repeats(results: pd.DataFrame) -> tuple[float, float]:
    """How a learner's results go together: one measure in two years, two measures in one year.

    Both are mean correlations of what is left after the share of the year level in each year.
    """
    success = results["success"].astype(float)
    away = success - success.groupby([results[name] for name in STRATUM]).transform("mean")
    wide = results.assign(away=away).pivot(
        index="learner", columns=["measure", "year"], values="away"
    )
    table = wide.corr().to_numpy()
    measure, year = (wide.columns.get_level_values(name).to_numpy() for name in wide.columns.names)
    same = measure[:, None] == measure
    now = year[:, None] == year
    return float(table[same & ~now].mean()), float(table[~same & now].mean())
