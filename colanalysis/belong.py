"""Belong: the groups that a learner belongs to, and the one form in which groups are named.

A learner belongs to every group recorded for them. A group is named attribute=value; names are
joined with "&" later, so no value may hold one.
"""

from __future__ import annotations

from collections.abc import Set

import pandas as pd

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
    pieces = [
        pd.DataFrame(
            {"learner": table["learner"], "attribute": a, "value": table[a].str.split(";")}
        )
        for a in attributes
    ]
    if not pieces:
        return pd.DataFrame(columns=COLUMNS)
    rows = pd.concat(pieces, ignore_index=True).explode("value")
    tidy = {
        value: " ".join(value.replace("&", " and ").split()) for value in rows["value"].unique()
    }
    rows["value"] = rows["value"].map(tidy).astype("str")
    return rows[rows["value"] != ""].drop_duplicates().reset_index(drop=True)


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
