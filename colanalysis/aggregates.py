"""Aggregates: read counts that someone else made as counts of our own, wherever that is honest.

Such a table may hold a row for all learners and rows for groups, and the same learners are in both.
For each measure, step, year and year level the finest rows are used that add up, at every
provider, to the row for all learners; where none do (a cell is suppressed, a learner is in two
groups) only the rows for all learners are. Without a row for all learners nothing shows that the
rows do not overlap, and none is used.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from colanalysis import belong, link, measure
from colanalysis.measure import CELL, JOINER
from colanalysis.terms.schema import RESERVED, TABLES
from colanalysis.terms.settings import Community

STRATUM = ["measure", "stage", "year", "year_level"]
NOT_GROUPS = RESERVED | set(TABLES["counts"].columns)


def from_aggregates(
    frame: pd.DataFrame, *, providers: pd.DataFrame, community: Community
) -> pd.DataFrame:
    """Give the counts of a checked table ``counts`` in the columns of ``measure.counts``."""
    rows = _read(frame, providers, community)
    used = rows.merge(_chosen(rows), on=[*CELL, "by"])
    # Others' scores are not known: their results are counted and none of them is scored.
    unknown = dict.fromkeys(measure.SUMS, 0)
    return measure.merge(used.assign(**(unknown | {s: used[s] for s in ("n", "n_success")})))


def choices(frame: pd.DataFrame, *, providers: pd.DataFrame, community: Community) -> pd.DataFrame:
    """Say what was used: measure, stage, year, year_level, provider_id, by, rows, used.

    ``by`` names the attributes of the rows used, joined by `` & ``; "" is the row for all learners.
    ``used`` of the ``rows`` that could be read are 0 where there is no row for all learners.
    """
    rows = _read(frame, providers, community)
    size = rows.groupby(CELL, dropna=False).size().rename("rows").reset_index()
    used = rows.groupby([*CELL, "by"], dropna=False).size().rename("used").reset_index()
    told = size.merge(_chosen(rows).merge(used, on=[*CELL, "by"]), how="left", on=CELL)
    return told.fillna({"by": "", "used": 0}).astype({"used": int})[[*CELL, "by", "rows", "used"]]


def _read(frame: pd.DataFrame, providers: pd.DataFrame, community: Community) -> pd.DataFrame:
    """Read the rows that are not suppressed, each with its step, its profile and what it is by."""
    rows = frame[frame["mark"] == ""].reset_index(drop=True)
    rows = rows.assign(learner=np.arange(len(rows)))
    rows["stage"] = link.stages(rows, providers, community=community)
    groups = belong.memberships(rows, leave_out=NOT_GROUPS)
    attributes = groups.drop_duplicates(["learner", "attribute"]).sort_values("attribute")
    texts = {
        "profile": measure.profiles(belong.named(groups)),
        "by": attributes.groupby("learner")["attribute"].agg(JOINER.join),
    }
    for name, text in texts.items():
        rows[name] = text.reindex(rows["learner"]).fillna("").astype(object).to_numpy()
    wanted = belong.wanted(community)
    if wanted is not None:
        strange = groups.loc[~groups["attribute"].isin(wanted), "learner"]
        rows = rows[~rows["learner"].isin(strange)]
    # A row without a year level is the total of the rows that have one.
    levels = rows.groupby(["measure", "stage", "year", "provider_id"])["year_level"]
    total = rows["year_level"].isna() & (levels.transform("count") > 0)
    rows = rows[rows["stage"].notna() & ~total].astype({"n": int, "n_success": int})
    return rows.drop_duplicates([*CELL, "profile"], keep="last")


def _chosen(rows: pd.DataFrame) -> pd.DataFrame:
    """Choose for each cell what its rows are by: the finest that adds up in the whole stratum."""
    sums = rows.groupby([*CELL, "by"], dropna=False)[["n", "n_success"]].sum().reset_index()
    whole = sums[sums["by"] == ""].drop(columns="by")
    adds_up = sums.merge(whole, on=[*CELL, "n", "n_success"])
    wanted = whole.groupby(STRATUM, dropna=False).size().rename("providers").reset_index()
    found = adds_up.groupby([*STRATUM, "by"], dropna=False).size().rename("providers").reset_index()
    found = found.merge(wanted, on=[*STRATUM, "providers"])
    depth = found["by"].str.count(JOINER) + (found["by"] != "")
    finest = found.assign(depth=depth).sort_values(["depth", "by"])
    finest = finest.drop_duplicates(STRATUM, keep="last")
    return whole[CELL].merge(finest[[*STRATUM, "by"]], on=STRATUM)
