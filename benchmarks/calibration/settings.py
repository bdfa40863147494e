"""What is tried: the kinds of communities and what is planted in them, for each part of a run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from benchmarks.calibration.worlds import DEFAULT_GROUP, Plant, World, make

FIRST_SEED = 10_000
SIZES = (800, 2_500, 10_000)
REPETITIONS = ("weak", "strong")
# How a learner's results go together, and how learners are spread over schools.
NULL_KINDS = (("mixed", "weak"), ("mixed", "strong"), ("pathway", "strong"), ("mixed", "even"))
MEASURE, SCHOOL = "reading", "P05"
# Year levels of plants: two whole steps, as many levels that cut two steps in half, all levels.
STEPS, ACROSS, ALL_LEVELS = (7, 10), (6, 9), (1, 11)
# Learners and points at which the overlap of the first finding is asked for.
CELLS = ((2_500, 25.0), (800, 25.0), (10_000, 12.0), (2_500, 12.0))
POINTS = (8.0, 12.0, 18.0, 25.0)
# About 2, 6, 8, 12 and 20 % of learners.
GROUPS = (
    "ethnicity=MELAA",
    "ethnicity=Pacific Peoples & gender=male",
    "ell=yes",
    "ethnicity=Pacific Peoples",
    DEFAULT_GROUP,
)


@dataclass(frozen=True)
class Setting:
    """A kind of community; something is planted in it where ``points`` is not nought."""

    learners: int
    schools: float = 0.0
    layout: str = "mixed"
    repetition: str = "strong"
    group: str = ""
    provider_id: str = ""
    first: int = 7
    last: int = 10
    points: float = 0.0

    @property
    def direction(self) -> str:
        """Which way what is planted goes."""
        return "success" if self.points > 0 else "hurdle"

    def world(self, seed: int) -> World:
        """Make one community of this kind."""
        plant = Plant(
            MEASURE, self.group, self.provider_id, self.first, self.last, points=self.points
        )
        return make(
            np.random.default_rng(seed),
            learners=self.learners,
            schools=self.schools,
            plants=[plant] if self.points else [],
            layout=self.layout,
            repetition=self.repetition,
        )


def null() -> list[Setting]:
    """Communities in which no group differs; schools do where ``schools`` is not nought."""
    kinds = product(NULL_KINDS, SIZES, (0.0, 0.2))
    return [Setting(learners, schools, *kind) for kind, learners, schools in kinds]


def planted() -> list[Setting]:
    """A hurdle of one group, and a success of one school at all levels or at some."""
    plants = [(-1, STEPS, DEFAULT_GROUP, ""), (-1, ACROSS, DEFAULT_GROUP, "")]
    plants += [(1, ALL_LEVELS, "", SCHOOL), (1, STEPS, "", SCHOOL)]
    return [
        Setting(size, 0.0, "mixed", repetition, group, school, *levels, sign * points)
        for repetition, (size, points), (sign, levels, group, school) in product(
            REPETITIONS, CELLS, plants
        )
    ]


def power() -> list[Setting]:
    """Hurdles of several sizes in groups of several sizes."""
    kinds = product(SIZES, GROUPS, POINTS)
    return [Setting(learners, group=group, points=-points) for learners, group, points in kinds]


def seeds_of(part: str, setting: Setting) -> int:
    """How many communities of a kind are made; fewer of large ones."""
    return SEEDS[part][setting.learners > FEWER_ABOVE]


PARTS = {"null": null, "planted": planted, "power": power}
FEWER_ABOVE = 5_000
SEEDS = {"null": (300, 300), "planted": (100, 60), "power": (40, 20)}
