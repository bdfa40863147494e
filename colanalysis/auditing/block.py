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
    ``tie_high``.
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

    @property
    def set_n(self) -> np.ndarray:
        """Learners in each set."""
        return self.holds @ self.n

    def shown(self, told: pd.DataFrame) -> pd.DataFrame:
        """Of the table of cells one row for each set: of the same learners, the one that tells most."""
        untold = (told["mark"] == protect.HIDDEN).to_numpy(int) + told["n"].isna().to_numpy(int)
        return told.iloc[[rows[untold[rows].argmin()] for rows in self.places]]

    @property
    def parts(self) -> list[np.ndarray]:
        """Classes of each provider alone, then those of several; none where that is all of them."""
        several = (self.own_n > 0).sum(axis=0) != 1
        parts = [np.flatnonzero((own > 0) & ~several) for own in self.own_n]
        parts = [part for part in [*parts, np.flatnonzero(several)] if len(part)]
        return parts if len(parts) > 1 else []


@dataclass(frozen=True)
class Ties:
    """Published numbers that are weighted sums of atoms' successes (numbers x atoms), and limits."""

    weights: np.ndarray
    low: np.ndarray
    high: np.ndarray


def untied(atoms: int) -> Ties:
    """No further numbers."""
    return Ties(np.zeros((0, atoms)), np.zeros(0), np.zeros(0))


def block(rows: np.ndarray, own: pd.DataFrame, holds: np.ndarray, ties: Ties) -> Block:
    """Arrange the cells ``rows``, which hold the atoms ``own``, with the ties between atoms."""
    used = holds.any(axis=0) | (ties.weights != 0).any(axis=0)
    holds, weights, own = holds[:, used], ties.weights[:, used], own[used]
    # Sets come first, so that the order of the cells makes no difference to anything.
    _, first, set_of = np.unique(
        np.packbits(holds, axis=1), axis=0, return_index=True, return_inverse=True
    )
    sets = holds[first]
    # Weights are shares of strata; what agrees to nine places is the same (and 0.0 is -0.0).
    shares = np.ascontiguousarray(weights.T.round(9) + 0.0).view(np.uint8)
    pattern = np.hstack([np.packbits(sets.T, axis=1), shares])
    _, first, class_of = np.unique(pattern, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(set_of, kind="stable")
    ends = np.cumsum(np.bincount(set_of))[:-1]
    providers = sorted(own["provider_id"].unique())

    def added(column: str, kept: np.ndarray | slice = slice(None)) -> np.ndarray:
        return np.bincount(class_of[kept], own[column].to_numpy(float)[kept], minlength=len(first))

    at = {name: (own["provider_id"] == name).to_numpy() for name in providers}
    return Block(
        places=[rows[part] for part in np.split(order, ends)],
        holds=sparse.csr_matrix(sets[:, first].astype(float)),
        asked=_whole(asked(own), class_of, {row.tobytes() for row in sets[:, first]}),
        n=added("n"),
        n_success=added("n_success"),
        providers=providers,
        own_n=np.array([added("n", kept) for kept in at.values()]),
        own_success=np.array([added("n_success", kept) for kept in at.values()]),
        ties=sparse.csr_matrix(weights[:, first]),
        tie_low=ties.low,
        tie_high=ties.high,
    )


def _whole(asked: sparse.csr_matrix, class_of: np.ndarray, told: set[bytes]) -> sparse.csr_matrix:
    """Of sets of atoms those that are made of some whole classes and are not told of, once each.

    Who is part of a class can be anybody of it: such a set is as safe as the class is.
    """
    size = np.bincount(class_of)
    member = sparse.csr_matrix((np.ones(len(class_of)), (np.arange(len(class_of)), class_of)))
    inside = (asked @ member).toarray()
    whole = ((inside == 0) | (inside == size)).all(axis=1) & ((inside > 0).sum(axis=1) > 1)
    whole = np.unique(inside[whole] > 0, axis=0)
    return sparse.csr_matrix(whole[[row.tobytes() not in told for row in whole]].astype(float))


def small_differences(of: Block, largest: int) -> sparse.csr_matrix:
    """Learners of one set who are not in another that lies within it, where they are few.

    The community less one school, a group less its girls: whoever takes one published count from
    another looks at these.
    """
    n, both = of.set_n, (of.holds @ sparse.diags(of.n) @ of.holds.T).toarray()
    inside = np.isclose(both, n[None, :]) & (n[:, None] > n[None, :])
    less = n[:, None] - n[None, :]
    whole, part = np.nonzero(inside & (less <= largest))
    apart = (of.holds[whole] - of.holds[part]).tocsr()
    apart.eliminate_zeros()
    if not apart.shape[0]:
        return apart
    # One class alone is looked at as a class.
    apart = apart[np.diff(apart.indptr) > 1]
    _, first = np.unique(apart.toarray().astype(np.int8), axis=0, return_index=True)
    return apart[np.sort(first)]
