"""Of plans: what earlier plans' groups reach now and reached before, and groups like them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from colanalysis import challenge
from colanalysis.evidence import Evidence
from colanalysis.measure import JOINER
from colanalysis.publishing import chosen
from colanalysis.terms import labels


def now(evidence: Evidence) -> pd.DataFrame:
    """The group of each plan in the latest year up to the target's; ``plan`` is the plan's place."""
    community = evidence.community
    table = challenge.monitored(evidence.counted, community=community)
    limits = [_levels(plan, evidence) for plan in community.plans]
    table = table.assign(
        plan=range(len(table)),
        group=[spelt(group, evidence) for group in table["group"]],
        level_min=[low for low, _ in limits],
        level_max=[high for _, high in limits],
    )
    dated = table.assign(year_min=table["year"], year_max=table["year"])
    return dated[
        ["plan", "measure", "group", "year", "year_min", "year_max", "level_min", "level_max"]
    ]


def years(evidence: Evidence) -> pd.DataFrame:
    """The group of each plan, and every single group beside it, year by year up to the latest.

    What would have come without any shift can be told only beside groups that were alike. Years are
    those on the yardstick of the plan's baseline.
    """
    plans = now(evidence)
    pieces = [plans.iloc[:0]]
    for row, plan in zip(plans.itertuples(), evidence.community.plans, strict=True):
        results = challenge.on_yardstick(plan, evidence.counted, community=evidence.community)
        results = results[results["year"] <= row.year]
        singles = chosen.single_groups(results, evidence) if row.group else []
        groups = pd.DataFrame({"group": list(dict.fromkeys([row.group, *singles]))})
        known = pd.DataFrame({"year": sorted(results["year"].unique())})
        told = known.merge(groups, how="cross").assign(
            plan=row.plan, measure=row.measure, level_min=row.level_min, level_max=row.level_max
        )
        pieces.append(told.assign(year_min=told["year"], year_max=told["year"]))
    return pd.concat(pieces[1:] or pieces, ignore_index=True)


def spelt(group: str, evidence: Evidence) -> str:
    """A group that somebody has written, as the counts write it."""
    known = set(evidence.counted["profile"].drop_duplicates().str.split(JOINER).explode())
    by_plain = {labels.plain(name): name for name in known}
    return JOINER.join(by_plain.get(labels.plain(part), part) for part in group.split(JOINER))


def _levels(plan: Mapping[str, object], evidence: Evidence) -> tuple[float, float]:
    """The year levels of a plan; a measure with a step of its own has none to choose from."""
    own_step = evidence.community.measures[str(plan["measure"])].stage
    low, high = challenge.levels("" if own_step else str(plan.get("year_levels", "")))
    return (low if low >= 0 else np.nan, high if high < challenge.ALL_LEVELS else np.nan)
