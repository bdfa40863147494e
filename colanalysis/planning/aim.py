"""Aim: what a target for each candidate challenge would ask for, in learners, before it is agreed on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from colanalysis.errors import UsageError
from colanalysis.planning import ambition, calculate, rounding, target, unchanged
from colanalysis.planning.target import Baseline
from colanalysis.terms import catalogue
from colanalysis.terms.settings import Community

__all__ = ["COLUMNS", "at_candidates", "in_words"]

COLUMNS = [
    "candidate", "rank", "measure", "stages", "group", "provider_id", "year", "n", "of", "target",
    *rounding.RULES, *ambition.RUNGS, "says",
]  # fmt: skip
NOT_KNOWN = "What like groups have reached cannot be told: there are fewer than {} of them."


def at_candidates(
    ranks: Sequence[int], found: pd.DataFrame, counted: pd.DataFrame, *, community: Community
) -> pd.DataFrame:
    """Set the target of each candidate at the share that it was compared with, in whole per cent.

    ``ranks``: of the hurdles in ``found``. From the exact counts of the latest year that a hurdle
    speaks of: n of ``of`` learners succeed; by each rule of rounding how many would have to; and for
    each rung (``ambition.ladder``, over the providers where this group has results on the same
    yardstick) how many more. A hurdle whose group is there already asks for nothing and is left out.
    """
    rows = []
    for number, rank in enumerate(ranks, start=1):
        hurdle = next(found[found["rank"] == rank].itertuples())
        aimed = _aimed(hurdle, _counted(hurdle, counted), community)
        if aimed is not None:
            about = {name: getattr(hurdle, name) for name in COLUMNS[1:6]}
            rows.append({"candidate": number, **about, **aimed})
    return pd.DataFrame(rows, columns=COLUMNS)


def in_words(aims: pd.DataFrame) -> list[str]:
    """Say of each candidate what its target asks for."""
    return [
        f"Candidate {row.candidate}: from {row.n:,} of {row.of:,} to {row.target} % are "
        f"{row.reaches - row.n:,} more learners. {row.says}"
        for row in aims.itertuples()
    ]


def _counted(hurdle: Any, counted: pd.DataFrame) -> pd.DataFrame:
    """The results of a hurdle's group at its steps, wherever it is; of a step taken, after it."""
    steps = hurdle.stages.split()[-1:] if hurdle.kind == "transition" else hurdle.stages.split()
    wanted = set(hurdle.group.split(" & ")) - {""}
    rows = counted[(counted["measure"] == hurdle.measure) & counted["stage"].isin(steps)]
    has = [wanted <= set(profile.split(" & ")) for profile in rows["profile"]]
    return rows[np.array(has, dtype=bool) & (rows["year"] <= hurdle.year_max).to_numpy()]


def _aimed(hurdle: Any, rows: pd.DataFrame, community: Community) -> dict[str, object] | None:
    here = rows[rows["provider_id"] == hurdle.provider_id] if hurdle.provider_id else rows
    if here.empty:
        return None
    year = int(here["year"].max())
    now = here[here["year"] == year]
    baseline = Baseline(int(now["n_success"].sum()), int(now["n"].sum()))
    asked = f"{100 * hurdle.reference_rate:.0f}"
    try:
        wanted = target.to(baseline, asked)
    except UsageError:
        return None
    like = _by_provider(rows, community.measures[hurdle.measure], year)
    enough = like["group"].nunique() >= unchanged.FEWEST_GROUPS
    worked = calculate.target_of(baseline, wanted, like=like if enough else None)
    needed = dict(zip(worked.learners["rule"], worked.learners["needed"], strict=True))
    rungs = (
        dict(zip(worked.rungs["rung"], worked.rungs["extra"], strict=True))
        if enough
        else dict.fromkeys(ambition.RUNGS, np.nan)
    )
    lacking = [] if enough else [NOT_KNOWN.format(unchanged.FEWEST_GROUPS)]
    return {
        "year": year, "n": baseline.n, "of": baseline.of, "target": asked, **needed, **rungs,
        "says": " ".join([*worked.says, *lacking]),
    }  # fmt: skip


def _by_provider(rows: pd.DataFrame, measure: catalogue.Measure, year: int) -> pd.DataFrame:
    """Each provider as a group like the others, on the yardstick of a year: group, year, n, of."""
    period = catalogue.period(measure, year)
    on_it = [catalogue.period(measure, int(one)) == period for one in rows["year"]]
    own = rows[np.array(on_it, dtype=bool) & (rows["provider_id"] != "").to_numpy()]
    sums = own.groupby(["provider_id", "year"], observed=True)[["n_success", "n"]].sum()
    sums = sums.reset_index().astype({"provider_id": "str", "year": "int64"})
    return sums.rename(columns={"provider_id": "group", "n_success": "n", "n": "of"})
