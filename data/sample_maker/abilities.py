"""What lasts in a learner: two traits that, by construction, tell no group or school apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pandas as pd

from .people import ETHNICITIES

RELATED = 0.3  # how far engagement goes with ability
ROUNDS = 12  # evening out one group disturbs the others a little
SMALL = 100  # smaller groups are left to chance


@dataclass(frozen=True)
class Community:
    """All learners, where each was last in each year, who is in which group, and their traits.

    Groups and traits hold one value for each row of ``learners``, whose index is ``who``.
    """

    learners: pd.DataFrame
    places: pd.DataFrame
    groups: Mapping[str, np.ndarray]
    traits: Mapping[str, np.ndarray]


def community(
    rng: np.random.Generator, learners: pd.DataFrame, enrolled: pd.DataFrame
) -> Community:
    """Bring learners and their school enrolments together and draw what lasts in them."""
    places = enrolled.drop_duplicates(["who", "year"], keep="last")
    groups = _memberships(learners)
    return Community(learners, places, groups, _traits(rng, groups, places))


def _memberships(learners: pd.DataFrame) -> dict[str, np.ndarray]:
    """Say of every group who is in it; ethnicity is total response."""
    recorded = learners["ethnicity"].to_numpy() != ""
    groups = {
        f"ethnicity={name}": np.array([name in own for own in learners["groups"]]) & recorded
        for name in ETHNICITIES
    }
    for column in ("gender", "ell", "transient"):
        for value in sorted(set(learners[column]) - {""}):
            groups[f"{column}={value}"] = learners[column].to_numpy() == value
    return groups


def _traits(
    rng: np.random.Generator, groups: Mapping[str, np.ndarray], places: pd.DataFrame
) -> dict[str, np.ndarray]:
    size = len(next(iter(groups.values())))
    ability = rng.standard_normal(size)
    engagement = RELATED * ability + np.sqrt(1 - RELATED**2) * rng.standard_normal(size)
    schools = [np.isin(np.arange(size), own["who"]) for _, own in places.groupby("provider_id")]
    parts = [own for own in (*groups.values(), *_pairs(groups), *schools) if own.sum() > SMALL]
    return {"ability": _evened(ability, parts), "engagement": _evened(engagement, parts)}


def _pairs(groups: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Who is in two groups at once, of two attributes."""
    return [
        groups[one] & groups[other]
        for one, other in permutations(groups, 2)
        if one < other and one.split("=")[0] != other.split("=")[0]
    ]


def _evened(trait: np.ndarray, parts: list[np.ndarray]) -> np.ndarray:
    """Return the trait with a mean of nearly 0 in every part and a standard deviation of 1."""
    even = trait.copy()
    for own in parts * ROUNDS:
        even[own] -= even[own].mean()
    return even / even.std()
