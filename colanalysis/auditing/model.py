"""Model: what somebody knows of learners, and the counts that they must not come too close to.

Two kinds of people are modelled. Those who hold the rolls know who was counted, and only outcomes are
secret; whatever the public, a parent or a school could find out about an outcome, they could find out
too if they held the rolls as well. Those who do not hold them do not know the sizes of groups either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from colanalysis import protect
from colanalysis.auditing.block import Block, shown, small_differences
from colanalysis.auditing.crowd import Crowd
from colanalysis.protect import Rules

# A number that is not shown keeps this much room between the least and the most that it could be, or
# as much as there are learners in it; one that is shown keeps as much as rounding leaves.
HIDDEN_ROOM = 3


@dataclass(frozen=True)
class Model:
    """Rows of what is known, boxes of what could be, and targets with the room that they want.

    ``row_of``: the set whose published count a row is. ``true``: the counts as they are. ``set_of``:
    the set that a target is, or -1; ``told``: whether it is published; ``set_n``: learners in each
    set. ``parts``: counts that can be let go together while the others stay.
    """

    rows: sparse.csr_matrix
    low: np.ndarray
    high: np.ndarray
    row_of: np.ndarray
    least: np.ndarray
    most: np.ndarray
    true: np.ndarray
    targets: sparse.csr_matrix
    room: np.ndarray
    told: np.ndarray
    set_of: np.ndarray
    set_n: np.ndarray
    parts: list[np.ndarray]

    @cached_property
    def need(self) -> np.ndarray:
        """The room that each target needs: what is told by one name is no secret by another."""
        drawn = np.random.default_rng(0).integers(0, 2**62, self.targets.shape[1])
        _, kind = np.unique(self.targets.astype(np.int64) @ drawn, return_inverse=True)
        told = np.full(len(self.room), -1.0)
        np.maximum.at(told, kind[self.told], self.room[self.told])
        return np.where(told[kind] >= 0, told[kind], self.room)

    def without(self, sets: np.ndarray) -> Model:
        """The same once some sets are told no longer; what is known of them stays."""
        gone = np.isin(self.set_of, sets)
        room = np.where(gone, np.minimum(HIDDEN_ROOM, self.set_n[self.set_of]), self.room)
        return replace(self, room=room, told=self.told & ~gone)


def outcomes(of: Block, told: pd.DataFrame, rules: Rules) -> Model:
    """What those who hold the rolls know of who succeeds: one unknown for each class."""
    own = shown(told, of.places)
    n, mark = of.set_n, own["mark"].to_numpy()
    low, high = np.full(len(n), -np.inf), np.full(len(n), np.inf)
    is_shown, few, most = mark == protect.SHOWN, mark == protect.FEW, mark == protect.MOST
    value, highest = own["n_success"].to_numpy(float), rules.highest(n)
    low[is_shown] = np.maximum(value - rules.base + 1, rules.lowest)[is_shown]
    high[is_shown] = np.minimum(value + rules.base - 1, highest)[is_shown]
    low[few], high[few] = 0, rules.lowest - 1
    low[most], high[most] = (highest + 1)[most], n[most]
    known = np.flatnonzero(mark != protect.HIDDEN)
    tied = np.flatnonzero(told["mark"].to_numpy()[of.tie_row] != protect.HIDDEN)
    apart = small_differences(of.holds, of.n, rules.smallest_told - 1)
    further = sparse.vstack([sparse.identity(len(of.n)), apart, of.asked])
    return Model(
        rows=sparse.vstack([of.holds[known], of.ties[tied]]).tocsr(),
        low=np.concatenate([low[known], of.tie_low[tied]]),
        high=np.concatenate([high[known], of.tie_high[tied]]),
        row_of=np.concatenate([known, of.tie_set[tied]]),
        least=np.zeros(len(of.n)),
        most=of.n,
        true=of.n_success,
        targets=sparse.vstack([of.holds, further]).tocsr(),
        room=np.concatenate(
            [
                np.minimum(np.where(is_shown, rules.base - 1, HIDDEN_ROOM), n),
                np.minimum(HIDDEN_ROOM, further @ of.n),
            ]
        ),
        told=np.zeros(len(n) + further.shape[0], dtype=bool),
        set_of=np.concatenate([np.arange(len(n)), np.full(further.shape[0], -1)]),
        set_n=n,
        parts=of.parts,
    )


def sizes(of: Crowd, told: pd.DataFrame, rules: Rules) -> Model:
    """What the public, who does not hold the rolls, knows of how many are counted.

    Who was assessed and who has left stands on a roll as well, and is asked for here. Of how many
    succeed the public cannot know more than those who hold the rolls.
    """
    own = shown(told, of.places)
    n, mark = of.size @ of.true, own["mark"].to_numpy()
    value = own["n_success"].to_numpy(float)
    is_shown, few, most = mark == protect.SHOWN, mark == protect.FEW, mark == protect.MOST
    sized, low, high = _size_limits(own, rules)
    off, nothing, endless = rules.base - 1, np.zeros(len(n)), np.full(len(n), np.inf)
    not_so = of.size - of.so
    ends = [  # which sets, what is known of them, from, to
        (np.isfinite(low), of.size, low, high),
        (is_shown, of.so, np.maximum(value - off, rules.lowest), value + off),
        (is_shown, not_so, nothing + rules.smallest_count, endless),
        (few, of.so, nothing, nothing + rules.lowest - 1),
        (most, not_so, nothing, nothing + rules.smallest_count + off - 1),
    ]
    listed = np.flatnonzero(of.on_list)
    close = sparse.vstack([of.classes, of.apart])
    targets = [of.size, of.so[listed], close, of.asked]
    others = np.full(close.shape[0] + of.asked.shape[0], -1)
    return Model(
        rows=sparse.vstack([sums[which] for which, sums, _, _ in ends]).tocsr(),
        low=np.concatenate([low[which] for which, _, low, _ in ends]),
        high=np.concatenate([high[which] for which, _, _, high in ends]),
        row_of=np.concatenate([np.flatnonzero(which) for which, *_ in ends]),
        least=np.zeros(len(of.true)),
        most=2 * of.class_n + 10 * rules.base,
        true=of.true,
        targets=sparse.vstack(targets).tocsr(),
        room=np.concatenate(
            [
                np.where(sized, 0, np.minimum(HIDDEN_ROOM, n)),
                np.minimum(np.where(is_shown, off, HIDDEN_ROOM), n)[listed],
                np.minimum(HIDDEN_ROOM, close @ of.true),
                _size_room(of.asked @ of.true, rules),
            ]
        ),
        told=np.concatenate([sized, is_shown[listed], others >= 0]),
        set_of=np.concatenate([np.arange(len(n)), listed, others]),
        set_n=n,
        parts=of.parts,
    )


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
