"""Covering: the few hurdles that together reach the most learners who have to shift.

Hurdles overlap, since a learner belongs to several groups and is assessed in several measures. The
widest few may be about the same learners; those chosen here reach as many different ones as can be.
Who they are never leaves the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from colanalysis import challenge, follow
from colanalysis.link import Journeys
from colanalysis.measure import JOINER

COLUMNS = ["set", "ranks", "unknown", "learners", "overlap", "of"]
SETS = 3
# A community agrees on three challenges at least, though the third may reach nobody new.
FEWEST = 3
# Between two whole numbers.
HALF = 0.5


def members(found: pd.DataFrame, journeys: Journeys) -> pd.DataFrame:
    """Name the learners whom each hurdle has to shift: rank (of the finding), learner.

    They are those of its latest year (``cells``) who do not succeed.
    """
    pieces = [
        pd.DataFrame({"rank": hurdle.rank, "learner": cell.loc[~cell["success"], "learner"]})
        for hurdle, cell in cells(found, journeys)
    ]
    nobody = pd.DataFrame({"rank": [], "learner": []}, dtype="int64")
    return pd.concat([nobody, *pieces], ignore_index=True)


def cells(found: pd.DataFrame, journeys: Journeys) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Give each hurdle with the results of its learners in the latest year that it speaks of.

    They are in its group, at its steps and provider; of a step taken they are those who have taken
    it. The latest year is the last with such results.
    """
    judged = journeys.results["success"].notna()
    results = journeys.results[judged].assign(
        success=journeys.results["success"][judged].astype(bool),
        came_from=follow.steps_taken(journeys)["came_from"][judged],
    )
    belonging = {group: own["learner"] for group, own in journeys.groups().groupby("group")}
    for hurdle in found[found["direction"] == "hurdle"].itertuples():
        yield hurdle, _latest(hurdle, results, belonging)


def _latest(hurdle: Any, results: pd.DataFrame, belonging: dict[str, pd.Series]) -> pd.DataFrame:
    steps = hurdle.stages.split()
    rows = results[(results["measure"] == hurdle.measure) & (results["year"] <= hurdle.year_max)]
    if hurdle.kind == "transition":
        before, after = steps
        rows = rows[(rows["came_from"] == before) & (rows["stage"] == after)]
    else:
        rows = rows[rows["stage"].isin(steps)]
    if hurdle.provider_id:
        rows = rows[rows["provider_id"] == hurdle.provider_id]
    for group in hurdle.group.split(JOINER) if hurdle.group else []:
        rows = rows[rows["learner"].isin(belonging[group])]
    return rows[rows["year"] == rows["year"].max()]


def sets(
    members: pd.DataFrame, found: pd.DataFrame, *, at_most: int, how_many: int = SETS
) -> pd.DataFrame:
    """Choose the hurdles of ``found`` that together reach the most of ``members``, and the next best.

    Most learners first, then least overlap, then the order of findings; no two of one measure at a
    common step; three at least where so many can stand beside one another. Every further set leaves
    out one or more of each set before it. Columns: set (1, 2 …), ranks (joined by a blank), unknown
    (ranks of further hurdles, whose learners nobody can tell apart from others'), learners (whom the
    set reaches), overlap (how often one of them is reached once more), of (whom all hurdles reach).
    """
    hurdles = found[found["direction"] == "hurdle"]
    told = hurdles["rank"].isin(members["rank"])
    ground = _ground(members, hurdles[told])
    chosen: list[np.ndarray] = []
    while len(chosen) < how_many:
        best = _best(ground, chosen, at_most=at_most)
        if best is None:
            break
        chosen.append(best)
    if not chosen and len(hurdles):
        chosen = [np.zeros(len(ground.sizes), dtype=bool)]
    rows = []
    for number, inside in enumerate(chosen, start=1):
        taken = hurdles[told][inside]
        reached = _reached(ground, inside)
        rows.append(
            {
                "set": number,
                "ranks": _joined(taken["rank"]),
                "unknown": _joined(_beside(taken, hurdles[~told], at_most)),
                "learners": reached,
                "overlap": int(ground.sizes[inside].sum()) - reached,
                "of": int(ground.weights.sum()),
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def ranks(sets: pd.DataFrame) -> list[int]:
    """List the hurdles of the best set, those whose learners nobody can tell apart last."""
    best = sets.head(1)
    return [int(rank) for text in [*best["ranks"], *best["unknown"]] for rank in text.split()]


@dataclass(frozen=True)
class _Ground:
    """What there is to choose from: learners who are in the same hurdles are one weighted row."""

    holds: np.ndarray
    weights: np.ndarray
    sizes: np.ndarray
    clashes: list[np.ndarray]


def _ground(members: pd.DataFrame, hurdles: pd.DataFrame) -> _Ground:
    own = members[members["rank"].isin(hurdles["rank"])]
    column = pd.Index(hurdles["rank"]).get_indexer(own["rank"])
    row, learners = pd.factorize(own["learner"])
    each = np.zeros((len(learners), len(hurdles)), dtype=np.int64)
    each[row, column] = 1
    holds, weights = np.unique(each, axis=0, return_counts=True)
    rows = [row for _, row in hurdles.iterrows()]
    places = np.arange(len(rows))
    clashes = [
        np.isin(places, pair)
        for pair in combinations(places, 2)
        if challenge.same_ground(*(rows[place] for place in pair))
    ]
    return _Ground(holds, weights, each.sum(axis=0), clashes)


def _reached(ground: _Ground, inside: np.ndarray) -> int:
    return int(ground.weights[ground.holds[:, inside].any(axis=1)].sum())


def _best(ground: _Ground, before: list[np.ndarray], *, at_most: int) -> np.ndarray | None:
    """The best set that leaves out something of each one before it; None where there is none."""
    every = np.ones(len(ground.sizes))
    if not len(every):
        return None
    apart = [_hurdles(ground, clash, most=1) for clash in ground.clashes]
    few = _hurdles(ground, every, most=min(FEWEST, at_most))
    can_stand = _solved(ground, [*apart, few], hurdles=-every)
    rules = [
        *apart,
        _hurdles(ground, every, least=0 if can_stand is None else can_stand.sum(), most=at_most),
        *[_hurdles(ground, inside, most=inside.sum() - 1) for inside in before],
    ]
    widest = _solved(ground, rules, rows=-ground.weights)
    if widest is None:
        return None
    rules.append(_rows(ground, ground.weights, least=_reached(ground, widest) - HALF))
    # Learners reached being as many, the fewer places the less overlap.
    leanest = _solved(ground, rules, hurdles=ground.sizes)
    if leanest is None:
        return None
    rules.append(_hurdles(ground, ground.sizes, most=ground.sizes[leanest].sum() + HALF))
    return _first(ground, rules, leanest)


def _first(ground: _Ground, rules: list[LinearConstraint], equal: np.ndarray) -> np.ndarray:
    """Of equally good sets the one whose findings stand first in the list."""
    for place in range(len(equal)):
        if not equal[place]:
            here = np.arange(len(equal)) == place
            before = np.where(here, False, equal) & (np.arange(len(equal)) < place)
            fixed = _hurdles(ground, before | here, least=before.sum() + 1)
            earlier = _solved(ground, [*rules, fixed])
            equal = equal if earlier is None else earlier
    return equal


def _solved(
    ground: _Ground,
    rules: list[LinearConstraint],
    *,
    hurdles: np.ndarray | float = 0.0,
    rows: np.ndarray | float = 0.0,
) -> np.ndarray | None:
    """Which hurdles make the sum least, exactly; None where no choice keeps the rules.

    What is looked for is a whole number for every hurdle (chosen or not), and for every row of
    learners what part of it is reached: at most what is chosen of its hurdles.
    """
    n_rows, n_hurdles = ground.holds.shape
    cost = np.concatenate([np.broadcast_to(hurdles, n_hurdles), np.broadcast_to(rows, n_rows)])
    reach = sparse.hstack([-sparse.csr_array(ground.holds), sparse.eye_array(n_rows)])
    solved = milp(
        cost,
        integrality=np.repeat([1, 0], [n_hurdles, n_rows]),
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(reach, ub=0), *rules],
        options={"mip_rel_gap": 0},
    )
    return None if solved.x is None else solved.x[:n_hurdles] > HALF


def _hurdles(
    ground: _Ground, times: np.ndarray, *, least: float = 0, most: float = np.inf
) -> LinearConstraint:
    """A rule about the hurdles that are chosen."""
    return LinearConstraint(np.concatenate([times, 0 * ground.weights]), least, most)


def _rows(ground: _Ground, times: np.ndarray, *, least: float) -> LinearConstraint:
    """A rule about the learners who are reached."""
    return LinearConstraint(np.concatenate([0 * ground.sizes, times]), least)


def _beside(taken: pd.DataFrame, further: pd.DataFrame, at_most: int) -> list[int]:
    """Further hurdles in their order, while there is room and each stands on ground of its own."""
    rows, kept = [row for _, row in taken.iterrows()], []
    for _, hurdle in further.iterrows():
        room = len(rows) < at_most
        if room and not any(challenge.same_ground(hurdle, other) for other in rows):
            rows.append(hurdle)
            kept.append(int(hurdle["rank"]))
    return kept


def _joined(ranks: Iterable[int]) -> str:
    return " ".join(str(int(rank)) for rank in ranks)
