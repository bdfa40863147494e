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

from colanalysis import challenge, follow
from colanalysis.link import Journeys
from colanalysis.measure import JOINER

COLUMNS = ["set", "ranks", "unknown", "learners", "overlap", "of"]
SETS = 3
# A community agrees on three challenges at least, though the third may reach nobody new.
FEWEST = 3
# Learners reached, and overlap with its sign turned: the larger the better.
Value = tuple[int, int]


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
    chosen: list[list[int]] = []
    while len(chosen) < how_many:
        best = _best(ground, chosen, at_most=at_most)
        if best is None:
            break
        chosen.append(best)
    if not chosen and len(hurdles):
        chosen = [[]]
    rows = []
    for number, inside in enumerate(chosen, start=1):
        taken = hurdles[told].iloc[inside]
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
    clashes: np.ndarray


def _ground(members: pd.DataFrame, hurdles: pd.DataFrame) -> _Ground:
    own = members[members["rank"].isin(hurdles["rank"])]
    column = pd.Index(hurdles["rank"]).get_indexer(own["rank"])
    row, learners = pd.factorize(own["learner"])
    each = np.zeros((len(learners), len(hurdles)), dtype=bool)
    each[row, column] = True
    holds, weights = np.unique(each, axis=0, return_counts=True)
    rows = [hurdle for _, hurdle in hurdles.iterrows()]
    clashes = [[challenge.same_ground(one, other) for other in rows] for one in rows]
    together = np.array(clashes, dtype=bool).reshape(len(rows), len(rows))
    return _Ground(holds, weights, each.sum(axis=0), together)


def _reached(ground: _Ground, inside: list[int]) -> int:
    return int(ground.weights[ground.holds[:, inside].any(axis=1)].sum())


def _best(ground: _Ground, before: list[list[int]], *, at_most: int) -> list[int] | None:
    """The best set that leaves out something of each one before it; None where there is none."""
    in_order, by_size = range(len(ground.sizes)), np.argsort(-ground.sizes, kind="stable")
    widest, value = _search(ground, list(by_size), before, at_most, beat=(0, 0))
    if widest is None:
        return None
    # How good the best is, is known; of those as good, the first in the list is the first met.
    reached, overlap = value
    first, _ = _search(ground, list(in_order), before, at_most, beat=(reached, overlap - 1))
    return first


def _search(
    ground: _Ground, places: list[int], before: list[list[int]], at_most: int, beat: Value
) -> tuple[list[int] | None, Value]:
    """Branch and bound: the first set, in the order of ``places``, than which none is better.

    A set with more hurdles reaches at most what it reaches now and the largest gains that are left
    (no gain grows when others are added), and its overlap can only grow; what cannot be better than
    the best so far, or than ``beat``, is not looked into.
    """
    least, best, found = _fewest(ground, at_most), beat, None
    nobody = np.zeros(len(ground.weights), dtype=bool)
    waiting: list[tuple[list[int], list[int], np.ndarray, int]]
    waiting = [([], places, nobody, int(ground.weights.sum()))]
    while waiting:
        chosen, left, covered, bound = waiting.pop()
        reached = int(ground.weights[covered].sum())
        overlap = int(ground.sizes[chosen].sum()) - reached
        if (bound, -overlap) <= best or any(set(other) <= set(chosen) for other in before):
            continue
        if len(chosen) >= least and (reached, -overlap) > best:
            best, found = (reached, -overlap), chosen
        if len(chosen) == at_most:
            continue
        gains = ground.weights[~covered] @ ground.holds[~covered][:, left]
        for place in reversed(range(len(left))):
            new, after = left[place], np.sort(gains[place + 1 :])[::-1]
            could = reached + gains[place] + after[: at_most - len(chosen) - 1].sum()
            apart = [one for one in left[place + 1 :] if not ground.clashes[new, one]]
            waiting.append(([*chosen, new], apart, covered | ground.holds[:, new], int(could)))
    return found, best


def _fewest(ground: _Ground, at_most: int) -> int:
    """Three, or as many as can stand beside one another where those are fewer."""
    for size in range(min(FEWEST, at_most), 0, -1):
        for some in combinations(range(len(ground.sizes)), size):
            if not any(ground.clashes[pair] for pair in combinations(some, 2)):
                return size
    return 0


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
