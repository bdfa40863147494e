"""Snapshot: whom a release is about and what was known of them, as marks that tell nothing by themselves.

Two snapshots side by side show how many learners differ between two extracts, and at which providers;
without the community's key nobody can tell who they are or what has changed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from colanalysis import custody, keyed, measure
from colanalysis.link import Journeys

COLUMNS = ["provider_id", "year", "learner", "content"]


def of(journeys: Journeys, elsewhere: pd.DataFrame) -> pd.DataFrame:
    """One row for each learner, provider and year (``COLUMNS``): marks of who it is and of all results.

    An anonymous answer, and a count that others made (``elsewhere``), stands for one learner.
    """
    # SipHash, whose key is 16 letters; both marks are sums of hashes and add up modulo 2**64.
    key = custody.keys(journeys.community).ledger.hex()[:16]
    profile = measure.profiles(journeys.groups())
    pieces = [
        _marked(journeys.results, ["measure", "stage", "year", "year_level", "score"], key),
        _marked(journeys.places, ["stage", "year", "year_level"], key),
    ]
    # Python's own integers, which a column beside an empty one would hold, do not run over.
    rows = pd.concat(pieces, ignore_index=True).astype({"content": "int64"})
    rows["learner"] = _hashed(journeys.keys, key).loc[rows["number"]].to_numpy()
    rows["content"] += _hashed(profile, key).reindex(rows["number"]).fillna(0).to_numpy("int64")
    own = elsewhere[[*measure.CELL, "profile", "n", "n_success"]]
    theirs = own[["provider_id", "year"]].assign(
        learner=_hash_rows(own[[*measure.CELL, "profile"]], key), content=_hash_rows(own, key)
    )
    table = pd.concat([rows[COLUMNS], theirs], ignore_index=True)
    known = table.groupby(COLUMNS[:3], sort=True)["content"].sum().reset_index()
    # Learners of whom the same is known would have the same mark, and tell how many they are.
    return known.assign(content=_hash_rows(known[["learner", "content"]], key))


def differing(one: pd.DataFrame, other: pd.DataFrame) -> pd.Series:
    """How many learners differ, by provider, in the years that both snapshots have."""
    years = set(one["year"]) & set(other["year"])
    both = [table[table["year"].isin(years)] for table in (one, other)]
    met = both[0].merge(both[1], how="outer", on=COLUMNS, indicator=True)
    apart = met[met["_merge"] != "both"]
    return apart.groupby("provider_id")["learner"].nunique()


def _marked(table: pd.DataFrame, columns: list[str], key: str) -> pd.DataFrame:
    if table.empty:
        return pd.DataFrame(columns=["number", "provider_id", "year", "content"])
    return table[["provider_id", "year"]].assign(
        number=table["learner"].to_numpy(), content=_hash_rows(table[columns], key)
    )


def _hashed(values: pd.Series, key: str) -> pd.Series:
    hashed = pd.util.hash_pandas_object(values, index=False, hash_key=key)
    return pd.Series(hashed.to_numpy().view(np.int64), index=values.index)


def _hash_rows(table: pd.DataFrame, key: str) -> np.ndarray:
    return pd.util.hash_array(keyed.said(table).to_numpy(), hash_key=key).view(np.int64)
