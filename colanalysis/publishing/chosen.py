"""Chosen: which counts and groups a report's tables tell of, and in which order."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pandas as pd

from colanalysis import cells, protect
from colanalysis.evidence import Evidence
from colanalysis.measure import JOINER
from colanalysis.terms import ethnicity

STEP = ["measure", "stage"]
# Ethnic groups by the name they have here, with what puts them into the order of the catalogue.
_ETHNIC = {f"ethnicity={name}": f"ethnicity={n:02d}" for n, name in enumerate(ethnicity.GROUPS)}


def of(counted: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Keep the counts of one provider; of all where ``unit`` is blank."""
    return counted[counted["provider_id"] == unit] if unit else counted


def latest_year(counted: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Keep the counts of the latest year that each of the ``keys`` has."""
    return counted[counted["year"] == counted.groupby(keys)["year"].transform("max")]


def in_order(table: pd.DataFrame, evidence: Evidence, stage: str = "stage") -> pd.DataFrame:
    """Rows in the order of the pathway, then of the catalogue."""
    steps = {one.id: place for place, one in enumerate(evidence.community.stages)}
    measures = {name: place for place, name in enumerate(evidence.community.measures)}
    order = table.assign(step=table[stage].map(steps), which=table["measure"].map(measures))
    order = order.sort_values(["step", "which"], kind="stable")
    return order.drop(columns=["step", "which"]).reset_index(drop=True)


def with_pairs(counted: pd.DataFrame, evidence: Evidence) -> list[str]:
    """All learners, every single group, and ethnic groups by gender."""
    groups = ["", *single_groups(counted, evidence)]
    by = {key: [g for g in groups if g.startswith(f"{key}=")] for key in ("ethnicity", "gender")}
    return groups + [JOINER.join(both) for both in product(by["ethnicity"], by["gender"])]


def single_groups(counted: pd.DataFrame, evidence: Evidence) -> list[str]:
    """Single groups in the order in which they are always told; small ones merged into one.

    Ethnic groups of which nothing but the size could be told are told together; what stays too small
    even so is not told of. Small groups of other attributes are not named beside one another: nobody
    knows what values a column holds, and a value that one learner has may be that learner's name.
    """
    size: Counter[str] = Counter()
    for profile, n in zip(counted["profile"], counted["n"], strict=True):
        for group in filter(None, profile.split(JOINER)):
            size[group] += n
    least = protect.rules_for("public", evidence.community.settings, b"").smallest_told
    small = sorted((group for group in _ETHNIC if 0 < size[group] < least), key=place_of)
    merged = [cells.either(small)] if len(small) > 1 else small
    large = [group for group in size if group not in small]
    return sorted([*large, *merged], key=place_of)


def place_of(group: str) -> str:
    """The order in which groups are always told: by attribute, ethnic groups as the catalogue has."""
    return _ETHNIC.get(group, group)
