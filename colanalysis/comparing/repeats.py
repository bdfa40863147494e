"""Repeats: results of one learner are not results of several, and this is what says so.

Pairs of results that one learner gave carry the covariance by which the variance of any group grows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

# Fewer pairs than this say little about how far results repeat one another a year apart.
ENOUGH_PAIRS = 50


@dataclass(frozen=True)
class Pairs:
    """Two results of one learner: how many learners, and the covariance that they bring.

    ``first`` and ``later`` are places on the grid; ``provider`` is -1 where the learner moved in
    between.
    """

    n: np.ndarray
    first: np.ndarray
    later: np.ndarray
    provider: np.ndarray
    profile: np.ndarray
    covariance: np.ndarray


def paired(
    met: pd.DataFrame,
    strata: pd.DataFrame,
    share: np.ndarray,
    place: Callable[[pd.Series, pd.Series], np.ndarray],
    providers: pd.Index,
    profiles: pd.Index,
) -> Pairs:
    """Bring pairs of results into the numbers of a panel, each with its expected covariance.

    The correlation of two results of one learner is estimated from all pairs equally many years
    apart, around the shares of their strata.
    """
    numbers = pd.Series(np.arange(len(strata)), pd.MultiIndex.from_frame(strata.fillna(-1)))
    ends = []
    for suffix in ("", "_later"):
        where = met[[f"{column}{suffix}" for column in strata]].fillna(-1)
        ends.append(numbers.reindex(pd.MultiIndex.from_frame(where)).to_numpy(float))
    known = ~(np.isnan(ends[0]) | np.isnan(ends[1]))
    met, (a, b) = met[known], (end[known].astype(int) for end in ends)
    n, first, later, both = (met[c].to_numpy(float) for c in ("n", "first", "later", "both"))
    spread = np.sqrt(share[a] * (1 - share[a]) * share[b] * (1 - share[b]))
    joint = both - share[b] * first - share[a] * later + n * share[a] * share[b]
    apart = (met["year_later"] - met["year"]).to_numpy(int)
    same = (met["provider_id"] == met["provider_id_later"]).to_numpy()
    provider = np.where(same, providers.get_indexer(met["provider_id"]), -1)
    return Pairs(
        n=n,
        first=place(met["stage"], met["year"]),
        later=place(met["stage_later"], met["year_later"]),
        provider=provider,
        profile=profiles.get_indexer(met["profile"]),
        covariance=n * spread * _correlation(apart, n, joint, n * spread),
    )


def _correlation(
    apart: np.ndarray, n: np.ndarray, joint: np.ndarray, most: np.ndarray
) -> np.ndarray:
    """The correlation of each pair, from all pairs as many years apart (all, where those are few)."""
    if not len(apart):
        return np.zeros(0)
    many, together, largest = (np.bincount(apart, one) for one in (n, joint, most))
    few = many < ENOUGH_PAIRS
    together, largest = (np.where(few, one.sum(), one) for one in (together, largest))
    correlation = np.divide(together, largest, out=np.zeros_like(largest), where=largest > 0)
    return np.clip(correlation, 0.0, 1.0)[apart]
