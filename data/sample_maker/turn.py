"""Turn each planted effect until the tables themselves show the points that were wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from .counts import change, gap, strata
from .measures import Made
from .planted import PLANTED, Planted
from .setting import SECONDARIES

ROUNDS = 3  # effects on one measure disturb one another a little


def with_planted(
    made: Made, rows: pd.DataFrame, standing: np.ndarray, groups: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Return the standing on one measure with all its effects in it."""
    for plant in [plant for plant in PLANTED if plant.measure == made.id] * ROUNDS:
        if plant.transition:
            standing = _with_step(plant, made, rows, standing)
            continue
        if len(plant.parts()) > 1:
            standing = _parts_evened(plant, made, rows, standing, groups)
        standing = _with_gap(plant, made, rows, standing, plant.members(rows, groups))
    return standing


def evened(standing: np.ndarray, own: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """Return the standing with no gap between a group and the others."""
    return standing + own * _turned(partial(_points, standing, own, strata), 0.0)


def _turned(points: Callable[[float], float], wanted: float) -> float:
    """Find by halving how far to turn an effect until the tables show what is wanted."""
    low, high = -2.5, 2.5
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if points(middle) < wanted else (low, middle)
    return (low + high) / 2


def _points(standing: np.ndarray, own: np.ndarray, strata: np.ndarray, by: float) -> float:
    return gap(standing + by * own >= 0, own, strata)["points"]


def _with_gap(
    plant: Planted, made: Made, rows: pd.DataFrame, standing: np.ndarray, own: np.ndarray
) -> np.ndarray:
    """Return the standing with one effect in it, turned afresh for each step and yardstick."""
    new = made.by_new_yardstick(rows)
    for first, last in plant.steps():
        for yardstick in np.unique(new):
            at = rows["level"].between(first, last).to_numpy() & (new == yardstick)
            points = partial(_points, standing[at], own[at], strata(rows[at]))
            standing = standing + _turned(points, plant.points) * (own & at)
    return standing


def _with_step(plant: Planted, made: Made, rows: pd.DataFrame, standing: np.ndarray) -> np.ndarray:
    """Return the standing with a step in it, felt in its own year level and the next."""
    later = rows["level"].between(plant.levels[1], plant.levels[1] + 1)
    later = (later & rows["provider_id"].isin(SECONDARIES)).to_numpy()

    def points(by: float) -> float:
        return change(made, rows, standing + by * later >= 0, plant.levels)["points"]

    return standing + _turned(points, plant.points) * later


def _parts_evened(
    plant: Planted,
    made: Made,
    rows: pd.DataFrame,
    standing: np.ndarray,
    groups: Mapping[str, np.ndarray],
) -> np.ndarray:
    """Return the standing with nothing in the parts of a combination outside of it."""
    standing, rest = standing.copy(), ~plant.members(rows, groups)
    for part in plant.parts() * 2:
        even = replace(plant, group=part, points=0)
        own = groups[part][rows["who"]]
        standing[rest] = _with_gap(even, made, rows[rest], standing[rest], own[rest])
    return standing
