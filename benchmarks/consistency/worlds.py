"""Communities in which it is known how strictly each school judges."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from colanalysis.link import Journeys
from colanalysis.terms import catalogue
from colanalysis.terms.settings import Community

COMMUNITY = Community(folder=Path(), id="t", name="Test", measures=catalogue.measures())
JUDGED, TESTED = "reading_judgement", "pat_reading_stanine"
LEVELS = range(4, 9)
# Log-odds of being judged at or above: where the year level's mean is, and for a standard deviation.
MIDDLE, SLOPE = 0.6, 1.8


@dataclass(frozen=True)
class World:
    """What is planted. ``apart`` is what the first school is stricter by (log-odds).

    ``spread`` is the standard deviation of how schools judge (log-odds); ``means`` that of what
    their learners can do, of which all learners have 1; ``reliability`` is the test's; ``curve`` is
    what the square of ability adds, so that no straight line in log-odds is true.
    """

    schools: int = 10
    fewest: int = 100
    most: int = 400
    apart: float = 0.0
    spread: float = 0.0
    means: float = 0.3
    reliability: float = 1.0
    curve: float = 0.0


def made(world: World, seed: int) -> tuple[Journeys, np.ndarray]:
    """One community, and by how much each school's share is higher than if all judged alike."""
    rng = np.random.default_rng(seed)
    size = rng.integers(world.fewest, world.most + 1, world.schools)
    school = np.repeat(np.arange(world.schools), size)
    learners = len(school)
    means = world.means * rng.standard_normal(world.schools)
    within = np.sqrt(1 - world.means**2)
    able = means[school] + within * rng.standard_normal(learners)
    error = np.sqrt(1 / world.reliability - 1)
    tested = able + error * rng.standard_normal(learners)
    judging = world.spread * rng.standard_normal(world.schools)
    judging[0] = judging[0] - world.apart
    alike = MIDDLE + SLOPE * able + world.curve * able**2
    success = rng.random(learners) < _share(alike + judging[school])
    higher = np.array([(_share(alike + one) - _share(alike)).mean() for one in judging])
    both = pd.DataFrame(
        {
            "learner": np.arange(learners),
            "provider_id": np.array([f"P{one:02d}" for one in range(world.schools)])[school],
            "year": 2025,
            "year_level": rng.choice(LEVELS, learners).astype(float),
        }
    )
    results = pd.concat(
        [
            both.assign(measure=JUDGED, score=success.astype(float), success=success),
            both.assign(measure=TESTED, score=tested, success=pd.NA),
        ],
        ignore_index=True,
    )
    nothing = pd.DataFrame()
    return Journeys(COMMUNITY, results, nothing, nothing, pd.Series(dtype="uint64")), higher


def _share(log_odds: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-log_odds)))
