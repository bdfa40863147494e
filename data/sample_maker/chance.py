"""The draws that the other modules share; their order is what makes the same seed the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import NormalDist

import numpy as np

WITHIN = 0.5  # correlation of a learner's own results


def pick(rng: np.random.Generator, shares: Mapping[str, float], but: Iterable[str] = ()) -> str:
    """Draw one name by its share, leaving out those in ``but``."""
    names = [name for name in shares if name not in but]
    edges = np.cumsum([shares[name] for name in names])
    return names[int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))]


def one_of(rng: np.random.Generator, names: Sequence[str]) -> str:
    """Draw one name, each as likely as the next."""
    return names[int(rng.integers(len(names)))]


def probit(rate: float) -> float:
    """Where the middle lies if the share ``rate`` is above 0, in standard deviations."""
    return NormalDist().inv_cdf(rate)


def around(rng: np.random.Generator, trait: np.ndarray, *, middle: float = 0.0) -> np.ndarray:
    """Draw one result for each learner around a lasting trait, correlated by ``WITHIN``."""
    lasting = middle + np.sqrt(WITHIN) * trait
    return lasting + np.sqrt(1 - WITHIN) * rng.standard_normal(len(trait))
