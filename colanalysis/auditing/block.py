"""Block: published counts that have learners in common, as arrays.

Atoms that stand in exactly the same published counts cannot be told apart by them and are one
*class*; definitions that hold exactly the same learners are one *set*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from colanalysis import protect
from colanalysis.auditing.asked import asked


@dataclass(frozen=True)
class Block:
    """Sets of learners by the classes that they hold, and what is true of each class.

    ``places``: the rows of the table of cells that are each set. ``n``, ``n_success``: of each
    class; ``own_n``, ``own_success``: of them with each of the ``providers`` (providers x classes).
    ``asked``: classes of further sets that nobody is told of (``auditing.asked``). ``ties``: further
    published numbers that are weighted sums of the classes' successes, between ``tie_low`` and
    ``tie_high``, each told as long as the row ``tie_row`` of the table is (of the set ``tie_set``).
    """

    places: list[np.ndarray]
    holds: sparse.csr_matrix
    asked: sparse.csr_matrix
    n: np.ndarray
    n_success: np.ndarray
    providers: list[str]
    own_n: np.ndarray
    own_success: np.ndarray
    ties: sparse.csr_matrix
    tie_low: np.ndarray
    tie_high: np.ndarray
    tie_row: np.ndarray
    tie_set: np.ndarray

    @property
    def set_n(self) -> np.ndarray:
        """Learners in each set."""
        return self.holds @ self.n

    @property
    def parts(self) -> list[np.ndarray]:
        """Classes of each provider alone, then those of several; none where that is all of them."""
        return parts_of(self.own_n)


@dataclass(frozen=True)
class Ties:
    """Published numbers that are weighted sums of atoms' successes (numbers x atoms), and limits.

    ``row``: the row of the table of cells that each accompanies; it is not told without it.
    """

    weights: np.ndarray
    low: np.ndarray
    high: np.ndarray
    row: np.ndarray


def untied(atoms: int) -> Ties:
    """No further numbers."""
    return Ties(np.zeros((0, atoms)), np.zeros(0), np.zeros(0), np.zeros(0, dtype=int))


def block(rows: np.ndarray, own: pd.DataFrame, holds: np.ndarray, ties: Ties) -> Block:
    """Arrange the cells ``rows``, which hold the atoms ``own``, with the ties between atoms."""
    used = holds.any(axis=0) | (ties.weights != 0).any(axis=0)
    holds, weights, own = holds[:, used], ties.weights[:, used], own[used]
    sets, places = sets_of(rows, holds)
    # Weights are shares of strata; what agrees to nine places is the same (and 0.0 is -0.0).
    shares = np.ascontiguousarray(weights.T.round(9) + 0.0).view(np.uint8)
    pattern = np.hstack([np.packbits(sets.T, axis=1), shares])
    _, first, class_of = np.unique(pattern, axis=0, return_index=True, return_inverse=True)
    providers = sorted(own["provider_id"].unique())

    def added(column: str, kept: np.ndarray | slice = slice(None)) -> np.ndarray:
        return np.bincount(class_of[kept], own[column].to_numpy(float)[kept], minlength=len(first))

    at = {name: (own["provider_id"] == name).to_numpy() for name in providers}
    held = sets[:, first]
    set_of = {row: place for place, rows in enumerate(places) for row in rows}
    return Block(
        places=places,
        holds=sparse.csr_matrix(held.astype(float)),
        asked=whole(asked(own), class_of, held),
        n=added("n"),
        n_success=added("n_success"),
        providers=providers,
        own_n=np.array([added("n", kept) for kept in at.values()]),
        own_success=np.array([added("n_success", kept) for kept in at.values()]),
        ties=sparse.csr_matrix(weights[:, first]),
        tie_low=ties.low,
        tie_high=ties.high,
        tie_row=ties.row,
        tie_set=np.array([set_of[row] for row in ties.row], dtype=int),
    )


def kinds(flags: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first of each kind of row in an order of their own, and which kind each row is."""
    packed = np.packbits(flags, axis=1)
    _, first, kind = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    return first, kind


def sets_of(rows: np.ndarray, holds: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """The different sets of atoms (sets x atoms) and which of the cells ``rows`` are each.

    The order of the cells makes no difference.
    """
    first, set_of = kinds(holds)
    order = np.argsort(set_of, kind="stable")
    return holds[first], np.split(rows[order], np.cumsum(np.bincount(set_of))[:-1])


def parts_of(own_n: np.ndarray) -> list[np.ndarray]:
    """Columns of each provider alone, then those of several; none where that is all of them."""
    several = (own_n > 0).sum(axis=0) != 1
    parts = [np.flatnonzero((own > 0) & ~several) for own in own_n]
    parts = [part for part in [*parts, np.flatnonzero(several)] if len(part)]
    return parts if len(parts) > 1 else []


def shown(told: pd.DataFrame, places: list[np.ndarray]) -> pd.DataFrame:
    """Of the table of cells one row for each set: of the same learners, the one that tells most."""
    untold = (told["mark"] == protect.HIDDEN).to_numpy(int) + told["n"].isna().to_numpy(int)
    return told.iloc[[rows[untold[rows].argmin()] for rows in places]]


def whole(asked: sparse.csr_matrix, class_of: np.ndarray, told: np.ndarray) -> sparse.csr_matrix:
    """Of sets of atoms those that are made of some whole classes and are not ``told`` of, once each.

    Who is part of a class can be anybody of it: such a set is as safe as the class is.
    """
    size, known = np.bincount(class_of), {row.tobytes() for row in told}
    member = sparse.csr_matrix((np.ones(len(class_of)), (np.arange(len(class_of)), class_of)))
    inside = (asked @ member).toarray()
    kept = ((inside == 0) | (inside == size)).all(axis=1) & ((inside > 0).sum(axis=1) > 1)
    sets = inside[kept] > 0
    sets = sets[kinds(sets)[0]]
    return sparse.csr_matrix(sets[[row.tobytes() not in known for row in sets]].astype(float))


def small_differences(holds: sparse.csr_matrix, n: np.ndarray, largest: int) -> sparse.csr_matrix:
    """Learners of one set who are not in another that lies within it, where they are few.

    The community less one school, a group less its girls: whoever takes one published count from
    another looks at these. ``holds``: sets x classes of ``n`` learners each.
    """
    set_n, both = holds @ n, (holds @ sparse.diags(n) @ holds.T).toarray()
    inside = np.isclose(both, set_n[None, :]) & (set_n[:, None] > set_n[None, :])
    less = set_n[:, None] - set_n[None, :]
    larger, smaller = np.nonzero(inside & (less <= largest))
    apart = (holds[larger] - holds[smaller]).tocsr()
    apart.eliminate_zeros()
    if not apart.shape[0]:
        return apart
    # One class alone is looked at as a class.
    apart = apart[np.diff(apart.indptr) > 1]
    return apart[np.sort(kinds(apart.toarray() > 0)[0])]
