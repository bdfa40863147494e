"""Overlap: learners who belong to several groups of a plan are counted once.

A learner can be a boy and Māori and stand in two targets. Shifts of groups that overlap do not
add up, so they are worked out over *parts*: learners who belong to exactly the same groups.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from colanalysis.errors import UsageError

__all__ = ["JOINER", "all_different", "fewest", "parts"]

JOINER = " & "
Groups = frozenset[str]


def parts(table: pd.DataFrame) -> pd.DataFrame:
    """Learners who belong to exactly so many groups and no other, by inclusion and exclusion.

    ``table`` has groups ("A", "B", "A & B") and n, the learners who are in all groups of the row
    whatever else they are in. Every overlap has to stand there, 0 where nobody is in both. Columns:
    groups, n. UsageError where an overlap is missing or the counts cannot all be true.
    """
    within = {_groups(row.groups): int(row.n) for row in table.itertuples()}
    names = sorted(frozenset().union(*within))
    every = [
        frozenset(some)
        for size in range(1, len(names) + 1)
        for some in combinations(names, size)
    ]  # fmt: skip
    if missing := [_named(one) for one in every if one not in within]:
        raise UsageError(
            f"found no count of learners in {', '.join(missing[:3])}",
            expected="a count for every group and every overlap of groups, 0 where there is nobody",
        )
    rows = []
    for one in every:
        exactly = sum(within[more] * (-1) ** len(more - one) for more in every if more >= one)
        if exactly < 0:
            raise UsageError(
                f"found counts that cannot all be true: {exactly} learners in {_named(one)} alone",
                expected="no overlap larger than its groups leave room for",
            )
        rows.append((_named(one), exactly))
    return pd.DataFrame(rows, columns=["groups", "n"])


def all_different(exactly: pd.DataFrame) -> int:
    """How many learners there are in all groups together, each counted once."""
    return int(exactly["n"].sum())


def fewest(exactly: pd.DataFrame, extra: pd.DataFrame) -> pd.DataFrame:
    """The fewest different learners with whom every group gets its extra ones.

    ``exactly`` has the learners who are not yet there, by ``parts``; ``extra`` has group and extra. A
    learner who belongs to several groups counts towards each of their targets and is one learner.
    Columns: groups, n, shift; the shifts add up to the fewest. UsageError where a target asks for more
    learners than are not yet there.
    """
    wanted = {str(row.group): int(row.extra) for row in extra.itertuples()}
    belongs = [_groups(one) for one in exactly["groups"]]
    room = exactly["n"].to_numpy(dtype=float)
    holds = np.array([[group in one for one in belongs] for group in wanted], dtype=float)
    for (group, asked), has in zip(wanted.items(), holds @ room, strict=True):
        if not 0 <= asked <= has:
            raise UsageError(
                f"found {asked} more learners of {group}, where {has:.0f} are not yet there",
                expected=f"from 0 to {has:.0f}",
            )
    return exactly.assign(shift=_least(room, holds, np.array(list(wanted.values()), dtype=float)))


def _least(room: np.ndarray, holds: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    from scipy.optimize import Bounds, LinearConstraint, milp

    # Whole learners: the linear program alone could halve one. There is always an answer, since
    # everybody who is not yet there would do.
    found = milp(
        np.ones(len(room)),
        integrality=np.ones(len(room)),
        bounds=Bounds(0, room),
        constraints=LinearConstraint(holds, lb=wanted),
    )
    return np.rint(found.x).astype("int64")


def _groups(text: str) -> Groups:
    return frozenset(part.strip() for part in text.split(JOINER.strip()) if part.strip())


def _named(groups: Groups) -> str:
    return JOINER.join(sorted(groups))
