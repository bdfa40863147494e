"""Crowd: everybody who is counted of one measure, as somebody who does not hold the rolls sees them.

Results, and the list of those who could have been assessed, tell of the same learners: who has a
result was assessed, and the others on the list have none. So both are one crowd, and what is published
of either narrows the other down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from colanalysis import cells
from colanalysis.auditing.asked import asked
from colanalysis.auditing.block import kinds, parts_of, sets_of, small_differences, whole

# Cells, the atoms that they can hold, and which cell holds which (``cells.blocks``).
Piece = tuple[np.ndarray, pd.DataFrame, np.ndarray]
SAME_LEARNERS = ["stage", "year", "provider_id", "profile"]
RESULT, LISTED = "result", "listed"


@dataclass(frozen=True)
class Crowd:
    """Sets of learners as sums of unknowns: of how many of each class it is so, then is not so.

    ``places``: the rows of the table of cells that are each set; ``size``, ``so``: all in a set, and
    those of whom it is so (sets x unknowns); ``on_list``: whether a set is of the list (who was
    assessed, who left) rather than of results. ``classes``, ``apart``, ``asked``: learners whom
    published numbers tell apart, small differences between sets, and groups that nobody is told of.
    ``true``: what is true of the unknowns; ``class_n``: learners in the class of each; ``parts``:
    those of each provider.
    """

    places: list[np.ndarray]
    size: sparse.csr_matrix
    so: sparse.csr_matrix
    on_list: np.ndarray
    classes: sparse.csr_matrix
    apart: sparse.csr_matrix
    asked: sparse.csr_matrix
    true: np.ndarray
    class_n: np.ndarray
    parts: list[np.ndarray]


def crowd(told: pd.DataFrame, results: Piece | None, listed: Piece | None, few: int) -> Crowd:
    """Arrange what is ``told`` of the results of a measure and of its list; either may be lacking.

    ``few``: differences between two sets of up to so many learners are looked at.
    """
    if results and listed:
        results = _could_have_results(told, results, listed[1])
    people = _people(results, listed)
    sets_told = [_sets(results, people[RESULT]), _sets(listed, people[LISTED])]
    used = np.vstack([sets for sets, _ in sets_told]).any(axis=0)
    people, held = people[used], [sets[:, used] for sets, _ in sets_told]
    among = [(people[what] >= 0).to_numpy() for what in (RESULT, LISTED)]
    first, class_of = kinds(np.vstack([*held, among[0]]).T)
    held, with_result = [sets[:, first] for sets in held], among[0][first]
    so, not_so = (np.bincount(class_of, people[name].astype(float)) for name in ("so", "not_so"))
    groups = [
        whole(_asked(people, own), class_of, sets) for own, sets in zip(among, held, strict=True)
    ]
    # Where all who were assessed could be judged, whoever has no result was not assessed.
    nobody = ~with_result & (so == 0) & (results is not None)
    unknown = np.concatenate([~nobody, np.ones(len(first), dtype=bool)])
    place = np.cumsum(unknown) - 1
    parts = [np.concatenate([part, part + len(first)]) for part in _parts(people, class_of)]

    def sums(so: np.ndarray, not_so: np.ndarray) -> sparse.csr_matrix:
        return sparse.csr_matrix(np.hstack([so, not_so])[:, unknown], dtype=float)

    def both(classes: np.ndarray) -> sparse.csr_matrix:
        return sums(classes, classes)

    every = np.vstack(held)
    # Of the list it is so of whoever has a result, whatever the result.
    others = np.vstack([np.zeros_like(held[0]), held[1] & with_result])
    apart = [
        small_differences(sparse.csr_matrix(sets.astype(float)), so + not_so, few) for sets in held
    ]
    return Crowd(
        places=[place for _, places in sets_told for place in places],
        size=both(every),
        so=sums(every, others),
        on_list=np.repeat([False, True], [len(places) for _, places in sets_told]),
        classes=both(np.vstack([np.eye(len(first), dtype=bool)[with_result], _alike(held[1])])),
        apart=both(sparse.vstack(apart).toarray()),
        asked=both(sparse.vstack(groups).toarray()),
        true=np.concatenate([so, not_so])[unknown],
        class_n=np.tile(so + not_so, 2)[unknown],
        parts=[place[part[unknown[part]]] for part in parts],
    )


def _could_have_results(told: pd.DataFrame, results: Piece, listed: pd.DataFrame) -> Piece:
    """The results of a measure with none of those on the list who have none, as far as anybody knows."""
    rows, own, holds = results
    known = listed[SAME_LEARNERS].merge(
        own[SAME_LEARNERS].drop_duplicates(), how="left", indicator=True
    )
    others = listed[(known["_merge"] == "left_only").to_numpy()].assign(n=0, n_success=0)
    # A list tells no year level: year levels that are all of a step hold whoever is at that step.
    levels = own.groupby("stage")["year_level"].agg(["min", "max"])
    beside = np.logical_and(
        *(
            cells.holding(
                told.iloc[rows], others.assign(year_level=others["stage"].map(levels[end]))
            )
            for end in levels
        )
    )
    return rows, pd.concat([own, others], ignore_index=True), np.hstack([holds, beside])


def _people(results: Piece | None, listed: Piece | None) -> pd.DataFrame:
    """Learners with a result, by their atoms among results and on the list; then the rest of the list.

    So many of whom it is ``so`` and ``not_so``; -1 stands for no atom.
    """
    own, rest = _named(results, RESULT), _named(listed, LISTED)
    own[LISTED] = (
        own.merge(rest, how="left", on=SAME_LEARNERS)[f"{LISTED}_y"].fillna(-1).to_numpy(int)
    )
    with_result = (own["so"] + own["not_so"]).groupby(own[LISTED]).sum()
    with_result = with_result.reindex(rest[LISTED], fill_value=0).to_numpy()
    # With more results than were assessed there, some are of learners who are on another list.
    unlike = with_result > rest["so"]
    own.loc[own[LISTED].isin(rest.loc[unlike, LISTED]), LISTED] = -1
    rest["so"] -= np.where(unlike, 0, with_result)
    return pd.concat([own, rest], ignore_index=True)


def _named(piece: Piece | None, what: str) -> pd.DataFrame:
    """The atoms of a piece as people, each by its place."""
    if piece is None:
        none = pd.DataFrame(columns=[*SAME_LEARNERS, "so", "not_so", RESULT, LISTED])
        return none.astype({"year": float, "so": int, "not_so": int, RESULT: int, LISTED: int})
    own = piece[1][SAME_LEARNERS].reset_index(drop=True)
    n, n_success = (piece[1][name].to_numpy() for name in ("n", "n_success"))
    own = own.assign(so=n_success, not_so=n - n_success, **{RESULT: -1, LISTED: -1})
    return own.assign(**{what: np.arange(len(own))})


def _sets(piece: Piece | None, atom: pd.Series) -> tuple[np.ndarray, list[np.ndarray]]:
    """The sets of people of a piece, and the rows of the table of cells that are each."""
    if piece is None:
        return np.zeros((0, len(atom)), dtype=bool), []
    rows, _, holds = piece
    return sets_of(rows, holds[:, atom] & (atom >= 0).to_numpy())


def _asked(people: pd.DataFrame, among: np.ndarray) -> sparse.csr_matrix:
    """The groups that nobody is told of, of some of the people (groups x people)."""
    if not among.any():
        return sparse.csr_matrix((0, len(people)))
    return asked(people[among]) @ sparse.identity(len(people), format="csr")[among]


def _alike(held: np.ndarray) -> np.ndarray:
    """Classes that some sets do not tell apart, together (kinds x classes); without those in none."""
    first, kind = kinds(held.T)
    return (np.arange(len(first))[:, None] == kind)[held[:, first].any(axis=0)]


def _parts(people: pd.DataFrame, class_of: np.ndarray) -> list[np.ndarray]:
    providers = people["provider_id"].to_numpy()
    own = [class_of[providers == name] for name in np.unique(providers)]
    return parts_of(np.array([np.bincount(of, minlength=class_of.max() + 1) for of in own]))
