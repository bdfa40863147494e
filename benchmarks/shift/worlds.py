"""Made-up groups over some years: true levels, years that wander, and one group picked for a plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from colanalysis.planning.shift import Earlier
from colanalysis.planning.target import Baseline, by_points

MIDDLE, FIRST_YEAR = 0.6, 2020
POINTS = "10"


@dataclass(frozen=True, kw_only=True)
class World:
    """Groups of ``fewest`` to ``most`` learners whose levels differ by ``apart`` and wander by years.

    ``years`` up to the baseline are in the table, if the table is ``known`` at all; the plan is for
    the group that was ``lowest`` in the last of them, or for any. All counts may be ``rounded`` as a
    report tells them.
    """

    groups: int = 12
    fewest: int = 40
    most: int = 200
    apart: float = 0.08
    wander: float = 0.03
    years: int = 3
    lowest: bool = True
    known: bool = True
    rounded: bool = False


@dataclass(frozen=True, eq=False)
class Made:
    """What is known when the plan is made, and the true share of its group a year without a shift."""

    plan: Earlier
    history: pd.DataFrame | None
    later: float
    of: int


def published(
    of: np.ndarray, n: np.ndarray, chance: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Counts as a report tells them: at a neighbouring multiple of three, the nearer the likelier."""
    each = [
        count - count % 3 + 3 * (chance.random(count.shape) < count % 3 / 3) for count in (of, n)
    ]
    return each[0], np.minimum(each[1], each[0])


def made(world: World, chance: np.random.Generator) -> Made:
    """Make one world and pick the group of its plan."""
    levels = MIDDLE + world.apart * chance.standard_normal(world.groups)
    usual = chance.integers(world.fewest, world.most, world.groups, endpoint=True)
    shape = (world.groups, world.years + 1)
    true = np.clip(levels[:, None] + world.wander * chance.standard_normal(shape), 0.02, 0.98)
    of = np.maximum(chance.poisson(usual[:, None], shape), 10)
    n = chance.binomial(of, true)
    if world.rounded:
        of, n = published(of, n, chance)
    last = world.years - 1
    place = int(np.argmin(n[:, last] / of[:, last])) if world.lowest else 0
    baseline = Baseline(int(n[place, last]), int(of[place, last]))
    plan = Earlier(
        group=f"group {place}",
        year=FIRST_YEAR + last,
        baseline=baseline,
        wanted=by_points(baseline, POINTS) if baseline.share < 0.9 else by_points(baseline, "0.1"),
        looked_at=world.groups if world.lowest else 1,
    )
    rows = [
        (f"group {group}", FIRST_YEAR + year, int(n[group, year]), int(of[group, year]))
        for group in range(world.groups)
        for year in range(world.years)
    ]
    history = pd.DataFrame(rows, columns=["group", "year", "n", "of"])
    later, learners = float(true[place, -1]), int(of[place, -1])
    return Made(plan, history if world.known else None, later, learners)
