"""Belong: the groups that a learner belongs to, and the one form in which groups are named.

A learner belongs to every group recorded for them. A group is named attribute=value; names are
joined with "&" later, so no value may hold one.
"""

from __future__ import annotations

from collections.abc import Set

import numpy as np
import pandas as pd

from colanalysis import coded
from colanalysis.terms.schema import column_name
from colanalysis.terms.settings import Community

COLUMNS = ["learner", "attribute", "value"]
NOT_ATTRIBUTES = frozenset(["learner", "learner_id", "source_file", "source_row"])


def memberships(
    table: pd.DataFrame, *, leave_out: Set[str] = frozenset(), wanted: Set[str] | None = None
) -> pd.DataFrame:
    """Give one row per learner and group; several groups in one cell are several memberships.

    ``table`` has a column learner. Columns in ``leave_out`` are not attributes; of the others only
    ``wanted`` are taken, or all when it is None. Columns: learner, attribute, value.
    """
    attributes = [
        column
        for column in table
        if column not in NOT_ATTRIBUTES | leave_out and (wanted is None or column in wanted)
    ]
    pieces = [_of_one(table, name) for name in attributes]
    if not pieces:
        return pd.DataFrame(columns=COLUMNS)
    rows = pd.concat(pieces, ignore_index=True)
    return rows.drop_duplicates().reset_index(drop=True)


def _of_one(table: pd.DataFrame, attribute: str) -> pd.DataFrame:
    """The groups of one attribute, those of a cell one after another."""
    places, different = coded.different(table[attribute])
    told = [list(filter(None, map(_tidy, text.split(";")))) for text in different]
    several = np.array([len(groups) for groups in told], dtype=np.int64)
    groups = np.array([group for own in told for group in own], dtype=object)
    # Where each cell's first group stands, and how far from it each row of the result is.
    first = (np.cumsum(several) - several)[places]
    times = several[places]
    further = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    return pd.DataFrame(
        {
            "learner": np.repeat(table["learner"].to_numpy(), times),
            "attribute": attribute,
            "value": pd.Series(groups[np.repeat(first, times) + further], dtype="str"),
        }
    )


def _tidy(group: str) -> str:
    return " ".join(group.replace("&", " and ").split())


def named(belonging: pd.DataFrame) -> pd.DataFrame:
    """Name every group of memberships as one text: learner, group (attribute=value)."""
    group = belonging["attribute"] + "=" + belonging["value"]
    return pd.DataFrame({"learner": belonging["learner"], "group": group})


def prioritised(belonging: pd.DataFrame) -> pd.DataFrame:
    """Keep one ethnic group of each learner: the first, in the order that checking put them in."""
    further = belonging.duplicated(["learner", "attribute"])
    return belonging[~(further & (belonging["attribute"] == "ethnicity"))].reset_index(drop=True)


def wanted(community: Community) -> set[str] | None:
    """Name the attributes that a community chose, as its tables name them; None is all of them."""
    chosen = community.attributes
    return None if chosen is None else {column_name(name) for name in chosen}
