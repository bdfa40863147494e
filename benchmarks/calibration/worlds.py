"""Made-up communities in which everything true is known, to try a search for hurdles on.

A learner's lasting ability shows in every year and measure, and more so in the same measure. Each
result has a true probability of success, from which all that is planted is added or taken off; the
ability only decides whose results are the successful ones. So what is planted has the size it says.
Results are missing more often for those who find it hard and for those who move a lot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtri

from benchmarks.calibration import people, truth
from benchmarks.calibration.people import SCHOOLS, YEARS, People
from colanalysis.link import Journeys
from colanalysis.terms.settings import Community
from colanalysis.terms.yardstick import Measure

# measure: share who succeed at year level 6, change of its log odds per year level
BASES = {"reading": (0.70, -0.03), "writing": (0.60, -0.05), "mathematics": (0.65, -0.04)}
MEASURES = tuple(BASES)
DEFAULT_GROUP = "ethnicity=Māori"
LOWEST, HIGHEST = 0.02, 0.98

# Nothing of these worlds is published, so nobody's counts are rounded by a key.
UNPUBLISHED = pd.Series(dtype="int64")
COMMUNITY = Community(
    folder=Path(),
    id="made_up",
    name="Made up",
    made_up=True,
    measures={
        name: Measure(
            id=name, label=name.capitalize(), domain="achievement", scale="yes/no",
            success_from="yes",
        )
        for name in MEASURES
    },
)  # fmt: skip


@dataclass(frozen=True)
class Plant:
    """A hurdle (points below 0) or a success of a group, a school or a group at a school."""

    measure: str
    group: str = ""
    provider_id: str = ""
    first: int = 7
    last: int = 10
    points: float = -25.0


@dataclass(frozen=True)
class Planted:
    """What came of a plant: its ``rows`` of the results, and the true ``gap`` (a share).

    The gap is between the probabilities of success of the plant's rows and those of the other
    learners of the same measure, year and year level, weighted by the plant's own mix of years and
    year levels. It holds for learners like these (over abilities, given the schools, whose results
    are there), and not for the outcomes that happened to be drawn.
    """

    plant: Plant
    rows: np.ndarray
    gap: float


@dataclass(frozen=True)
class World:
    """A community, what is true in it and the probability of success behind each result."""

    journeys: Journeys
    truth: tuple[Planted, ...]
    probability: np.ndarray


def make(
    rng: np.random.Generator,
    *,
    learners: int,
    schools: float = 0.0,
    plants: Sequence[Plant] = (),
    layout: str = "pathway",
    repetition: str = "strong",
) -> World:
    """Make a community; the same seed gives the same learners and luck whatever is planted.

    ``schools`` is the standard deviation of schools on the log odds, half of its variance shared by
    all measures. ``repetition`` is "strong" (a learner's results go together, many are seen for one
    or two years only, and results are missing) or "weak" (they hardly do, everyone is seen for three
    years, and nothing is missing): see ``truth.REPETITIONS``.
    """
    held = truth.REPETITIONS[repetition]
    who = people.make(rng, learners=learners, held=held, layout=layout)
    ability, shape = rng.standard_normal(learners), (learners, len(MEASURES), len(YEARS))
    luck = (
        np.sqrt(held.ability) * ability[:, None, None]
        + np.sqrt(held.in_measure) * rng.standard_normal((*shape[:2], 1))
        + np.sqrt(1 - held.ability - held.in_measure) * rng.standard_normal(shape)
    )
    of_school = np.sqrt(0.5) * schools * rng.standard_normal((len(SCHOOLS), 1))
    of_school = of_school + np.sqrt(0.5) * schools * rng.standard_normal((len(SCHOOLS), shape[1]))
    chance_missing = truth.missing(ability, who.transient, held=held)[:, None, None]
    there = who.seen[:, None, :] & (rng.random(shape) >= chance_missing)

    learner, measure, year = np.nonzero(there)
    level, school = who.level[learner, year], who.school[learner, year]
    base, change = np.array(list(BASES.values())).T
    odds = logit(base)[measure] + change[measure] * (level - 6) + of_school[school, measure]
    probability = expit(odds)
    places = {"measure": np.array(MEASURES)[measure], "provider_id": np.array(SCHOOLS)[school]}
    chosen = [_rows(plant, who, learner, level, **places) for plant in plants]
    for plant, rows in zip(plants, chosen, strict=True):
        probability = probability + rows * plant.points / 100
    probability = probability.clip(LOWEST, HIGHEST)
    success = ndtri(probability) + luck[there] > 0
    probability = truth.of_those_there(probability, who.transient[learner], held)

    columns = {"learner": learner, "year": np.array(YEARS)[year], "year_level": level.astype(float)}
    results = pd.DataFrame(columns | places).assign(score=success.astype(float))
    results["stage"] = _stages(level)
    results["success"] = pd.array(success, dtype="boolean")
    order = ["learner", "provider_id", "year", "year_level", "measure", "score", "stage", "success"]
    results = results[order]
    found = [
        Planted(plant, rows, truth.gap(rows, results, probability))
        for plant, rows in zip(plants, chosen, strict=True)
    ]
    journeys = Journeys(COMMUNITY, results, _enrolled(who), who.memberships, UNPUBLISHED)
    return World(journeys, tuple(found), probability)


def _rows(
    plant: Plant,
    who: People,
    learner: np.ndarray,
    level: np.ndarray,
    *,
    measure: np.ndarray,
    provider_id: np.ndarray,
) -> np.ndarray:
    here = (level >= plant.first) & (level <= plant.last) & (measure == plant.measure)
    if plant.provider_id:
        here &= provider_id == plant.provider_id
    return here & who.belongs(plant.group)[learner]


def _stages(level: np.ndarray) -> np.ndarray:
    named = np.array([COMMUNITY.stage_of(float(one), "primary") for one in range(12)], dtype=object)
    return named[level]


def _enrolled(who: People) -> pd.DataFrame:
    """Everyone is enrolled in every year in which they are seen, with results or without."""
    learner, year = np.nonzero(who.seen)
    level = who.level[learner, year]
    return pd.DataFrame(
        {
            "learner": learner,
            "provider_id": np.array(SCHOOLS)[who.school[learner, year]],
            "year": np.array(YEARS)[year],
            "year_level": level.astype(float),
            "stage": _stages(level),
        }
    )
