"""Atoms: the finest counts that a release is made from, each with its learners' record keys.

Whatever a report tells is a sum of atoms, so what it gives away can be worked out from them. There
are three kinds: results (learners with a result, and of them those who succeed), assessed (learners
who could have been assessed, and of them those who were) and flows (learners at the end of a step,
by the way they go).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from colanalysis import custody, follow, keyed, measure
from colanalysis.link import Journeys

RESULTS, ASSESSED, FLOWS = "results", "assessed", "flows"
KEYS = [
    "domain", "measure", "stage", "year", "year_level", "provider_id", "profile", "came_from",
    "goes_to",
]  # fmt: skip
SUMS = ["n", "n_success", "key", "key_success"]


def of(journeys: Journeys, elsewhere: pd.DataFrame) -> pd.DataFrame:
    """All atoms of a community: ``KEYS`` and ``SUMS``.

    ``key`` and ``key_success`` are sums (modulo 2**64) of the record keys of those counted.
    ``elsewhere`` holds counts that others made (columns of ``measure.counts``): nobody knows whom
    they count, so their keys are drawn from the counts themselves.
    """
    pieces = [_results(journeys), _assessed(journeys), _flows(journeys)]
    told = journeys.groups()
    profile = measure.profiles(told)
    rows = pd.concat(pieces, ignore_index=True)
    own = rows["learner"].map(journeys.keys).to_numpy(np.int64)
    rows = rows.assign(
        profile=profile.reindex(rows["learner"]).fillna("").to_numpy(),
        n=1,
        key=own,
        key_success=np.where(rows["n_success"] == 1, own, 0),
    )
    rows = pd.concat([rows, _elsewhere(elsewhere, journeys)], ignore_index=True)
    filled = rows.fillna({"measure": "", "provider_id": "", "came_from": "", "goes_to": ""})
    summed = filled.groupby(KEYS, dropna=False, sort=True)[SUMS].sum().reset_index()
    return summed.astype(dict.fromkeys(SUMS, "int64"))


def _results(journeys: Journeys) -> pd.DataFrame:
    results = journeys.results.join(follow.steps_taken(journeys))
    results = results[results["success"].notna()]
    return results[
        ["learner", "measure", "stage", "year", "year_level", "provider_id", "came_from", "goes_to"]
    ].assign(domain=RESULTS, n_success=results["success"].astype(int))


def _assessed(journeys: Journeys) -> pd.DataFrame:
    return (
        measure.eligible(journeys).rename(columns={"assessed": "n_success"}).assign(domain=ASSESSED)
    )


def _flows(journeys: Journeys) -> pd.DataFrame:
    if journeys.places.empty:
        return pd.DataFrame(columns=["learner", "stage", "year", "goes_to", "domain", "n_success"])
    moves = follow.moves(journeys).rename(columns={"stage_before": "stage", "went": "goes_to"})
    moves = moves[moves["stage"].notna() & moves["stage_after"].notna()]
    return moves[["learner", "stage", "year", "goes_to"]].assign(domain=FLOWS, n_success=0)


def _elsewhere(counted: pd.DataFrame, journeys: Journeys) -> pd.DataFrame:
    told = counted[[*measure.CELL, "profile", "n", "n_success"]]
    names = keyed.said(told)
    secret = custody.keys(journeys.community).round
    key, success = (keyed.records(f"{what}|" + names, secret) for what in ("count", "success"))
    x = told["n_success"]
    return told.assign(
        domain=RESULTS,
        came_from="",
        goes_to="",
        key=key,
        # As with learners: none who succeed add nothing, and all of them are the same people.
        key_success=np.select([x == 0, x == told["n"]], [0, key], success),
    )
