"""Fitted: what each school's judgements are at the same test results, from one regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

# Weak enough to matter only where all, or none, of a school or a year level succeed (log-odds).
FLAT = 3.0
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
