"""Model: what somebody knows of a block, and the counts that they must not come too close to.

Two kinds of people are modelled. Those who hold the rolls know who was counted, and only outcomes are
secret; whatever the public, a parent or a school could find out about an outcome, they could find out
too if they held the rolls as well. Those who do not hold them do not know the sizes of groups either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from colanalysis import protect
from colanalysis.auditing.block import Block, small_differences
from colanalysis.protect import Rules

# A number that is not shown keeps this much room between the least and the most that it could be, or
# as much as there are learners in it; one that is shown keeps as much as rounding leaves.
HIDDEN_ROOM = 3


@dataclass(frozen=True)
class Model:
    """Rows of what is known, boxes of what could be, and targets with the room that they need.

    ``row_of``: the set whose published count a row is, or -1. ``true``: the counts as they are.
    ``parts``: counts that can be let go together while the others stay. ``sets``: where among the
    targets the sets themselves stand, once or (of how many it is so) twice.
    """

    rows: sparse.csr_matrix
    low: np.ndarray
    high: np.ndarray
    row_of: np.ndarray
    least: np.ndarray
    most: np.ndarray
    true: np.ndarray
    targets: sparse.csr_matrix
    need: np.ndarray
    parts: list[np.ndarray]
    sets: list[int]


def outcomes(of: Block, told: pd.DataFrame, rules: Rules) -> Model:
    """What those who hold the rolls know of who succeeds: one unknown for each class."""
    own = of.shown(told)
    n, mark = of.set_n, own["mark"].to_numpy()
    low, high = np.full(len(n), -np.inf), np.full(len(n), np.inf)
    shown, few, most = mark == protect.SHOWN, mark == protect.FEW, mark == protect.MOST
    value, highest = own["n_success"].to_numpy(float), rules.highest(n)
    low[shown] = np.maximum(value - rules.base + 1, rules.lowest)[shown]
    high[shown] = np.minimum(value + rules.base - 1, highest)[shown]
    low[few], high[few] = 0, rules.lowest - 1
    low[most], high[most] = (highest + 1)[most], n[most]
    known = np.flatnonzero(mark != protect.HIDDEN)
    apart = small_differences(of, rules.smallest_told - 1)
    room = np.where(shown, rules.base - 1, HIDDEN_ROOM)
    apart_n = apart @ of.n
    return Model(
        rows=sparse.vstack([of.holds[known], of.ties]).tocsr(),
        low=np.concatenate([low[known], of.tie_low]),
        high=np.concatenate([high[known], of.tie_high]),
        row_of=np.concatenate([known, np.full(len(of.tie_low), -1)]).astype(int),
        least=np.zeros(len(of.n)),
        most=of.n,
        true=of.n_success,
        targets=sparse.vstack([of.holds, sparse.identity(len(of.n)), apart, of.asked]).tocsr(),
        need=np.concatenate(
            [
                np.minimum(room, n),
                np.minimum(HIDDEN_ROOM, of.n),
                np.minimum(HIDDEN_ROOM, apart_n),
                np.minimum(HIDDEN_ROOM, of.asked @ of.n),
            ]
        ),
        parts=of.parts,
        sets=[0],
    )


def sizes(of: Block, told: pd.DataFrame, rules: Rules) -> Model:
    """What the public knows, who does not hold the rolls, of how many are counted: one unknown a class.

    Of outcomes it cannot know more than those who hold the rolls; that so many succeed, and so many
    do not, still says how many there are at least.
    """
    own = of.shown(told)
    n, mark = of.set_n, own["mark"].to_numpy()
    sized, low, high = _size_limits(own, rules)
    value = own["n_success"].to_numpy(float)
    fewest = np.maximum(value - rules.base + 1, rules.lowest) + rules.smallest_count
    low = np.where(mark == protect.SHOWN, np.fmax(low, fewest), low)
    apart = small_differences(of, rules.smallest_group - 1)
    known = np.flatnonzero(np.isfinite(low))
    return Model(
        rows=of.holds[known],
        low=low[known],
        high=high[known],
        row_of=known,
        least=np.zeros(len(of.n)),
        most=2 * of.n + 10 * rules.base,
        true=of.n,
        targets=sparse.vstack([of.holds, sparse.identity(len(of.n)), apart, of.asked]).tocsr(),
        need=np.concatenate(
            [
                np.where(sized, 0, np.minimum(HIDDEN_ROOM, n)),
                np.minimum(HIDDEN_ROOM, of.n),
                np.minimum(HIDDEN_ROOM, apart @ of.n),
                _size_room(of.asked @ of.n, rules),
            ]
        ),
        parts=of.parts,
        sets=[0],
    )


def both(of: Block, told: pd.DataFrame, rules: Rules) -> Model:
    """What the public knows where holding the rolls would mean knowing the outcome itself.

    Who was assessed and who has left stands on a roll. Two unknowns for each class: those of whom it
    is so, and those of whom it is not.
    """
    own = of.shown(told)
    n, mark = of.set_n, own["mark"].to_numpy()
    value = own["n_success"].to_numpy(float)
    shown, few, most = mark == protect.SHOWN, mark == protect.FEW, mark == protect.MOST
    sized, low, high = _size_limits(own, rules)
    off, nothing, endless = rules.base - 1, np.zeros(len(n)), np.full(len(n), np.inf)
    ends = [  # which sets, whose sum (so and not so), from, to
        (np.isfinite(low), (1, 1), low, high),
        (shown, (1, 0), np.maximum(value - off, rules.lowest), value + off),
        (shown, (0, 1), nothing + rules.smallest_count, endless),
        (few, (1, 0), nothing, nothing + rules.lowest - 1),
        (most, (0, 1), nothing, nothing + rules.smallest_count + off - 1),
    ]
    rows = [sparse.hstack([a * of.holds[w], b * of.holds[w]]) for w, (a, b), _, _ in ends]
    apart = small_differences(of, rules.smallest_group - 1)
    targets = [
        _twice(of.holds),
        _twice(sparse.identity(len(of.n))),
        _twice(apart),
        _twice(of.asked),
    ]
    targets.append(sparse.hstack([of.holds, sparse.csr_matrix(of.holds.shape)]))
    return Model(
        rows=sparse.vstack(rows).tocsr(),
        low=np.concatenate([low[w] for w, _, low, _ in ends]),
        high=np.concatenate([high[w] for w, _, _, high in ends]),
        row_of=np.concatenate([np.flatnonzero(w) for w, _, _, _ in ends]).astype(int),
        least=np.zeros(2 * len(of.n)),
        most=np.tile(2 * of.n + 10 * rules.base, 2),
        true=np.concatenate([of.n_success, of.n - of.n_success]),
        targets=sparse.vstack(targets).tocsr(),
        need=np.concatenate(
            [
                np.where(sized, 0, np.minimum(HIDDEN_ROOM, n)),
                np.minimum(HIDDEN_ROOM, of.n),
                np.minimum(HIDDEN_ROOM, apart @ of.n),
                _size_room(of.asked @ of.n, rules),
                np.minimum(np.where(shown, off, HIDDEN_ROOM), n),
            ]
        ),
        parts=[np.concatenate([part, part + len(of.n)]) for part in of.parts],
        sets=[0, sum(target.shape[0] for target in targets[:4])],
    )


def once_withheld(known: Model, of: Block, gone: list[int]) -> np.ndarray:
    """What every target needs when some sets (places in the block) are no longer told."""
    need = known.need.copy()
    for first in known.sets:
        need[first + np.array(gone)] = np.minimum(HIDDEN_ROOM, of.set_n[gone])
    return need


def _size_limits(own: pd.DataFrame, rules: Rules) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which sizes are told, and the limits that follow for each set's size (NaN where there are none)."""
    size, smallest = own["n"].to_numpy(float), own["smallest"].to_numpy(float)
    sized, absent = ~np.isnan(size), (own["done"] == protect.ABSENT).to_numpy()
    least = np.where(own["mark"] == protect.HIDDEN, smallest, rules.smallest_told)
    off = rules.base - 1
    low = np.where(absent, 0.0, np.maximum(size - off, least))
    return sized, low, np.where(absent, smallest - 1, size + off)


def _size_room(n: np.ndarray, rules: Rules) -> np.ndarray:
    """What the size of a group needs that nobody is told of.

    A large one is no secret: it could have been told, and keeps what rounding would have left.
    """
    return np.minimum(np.where(n < rules.smallest_group, HIDDEN_ROOM, rules.base - 1), n)


def _twice(sums: sparse.csr_matrix) -> sparse.csr_matrix:
    return sparse.hstack([sums, sums])
