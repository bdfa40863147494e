"""Measure: turn journeys into counts, the narrow waist that everything later is made from.

A count says how many results there are and how many of them succeed, for one measure, year, year
level, provider and *profile*. A profile is the whole set of groups a learner belongs to, so that
the counts of any group, of any two groups' overlap and of any school are sums of the same integers,
and counts made in different places merge by adding.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from colanalysis.link import Journeys

CELL = ["measure", "stage", "year", "year_level", "provider_id"]
JOINER = " & "


def counts(journeys: Journeys) -> pd.DataFrame:
    """Count results and successes per measure, step, year, year level, provider and profile.

    Columns: measure, stage, year, year_level (NaN where there is none), provider_id, profile,
    n, n_success. Results that no rule can judge are left out here and seen in ``coverage``.
    """
    rows = journeys.results[journeys.results["success"].notna()]
    rows = rows[CELL].assign(
        profile=profiles(journeys.groups()).reindex(rows["learner"]).fillna("").to_numpy(),
        n=1,
        n_success=rows["success"].astype(int),
    )
    return merge(rows)


def merge(*tables: pd.DataFrame) -> pd.DataFrame:
    """Add counts up: the counts of several schools are the sum of each school's counts."""
    rows = pd.concat(tables, ignore_index=True)
    keys = [*CELL, "profile"]
    return (
        rows.groupby(keys, dropna=False, sort=True, observed=True)[["n", "n_success"]]
        .sum()
        .reset_index()
    )


def profiles(named: pd.DataFrame) -> pd.Series:
    """Join the groups of each learner who has any into one text, in alphabetical order."""
    ordered = named.sort_values(["learner", "group"])
    return ordered.groupby("learner")["group"].agg(JOINER.join)


def members(profiles: pd.Series, *, deepest: int) -> pd.DataFrame:
    """Say which profiles belong to which group: a table of true and false, profiles by groups.

    The first column, named "", is everybody. Groups join up to ``deepest`` attributes; two values
    of one attribute are never joined, since they are two memberships and not a combination.
    """
    parts = profiles.str.split(JOINER, regex=False)
    singles = sorted({group for groups in parts for group in groups if group})
    table = {"": np.ones(len(profiles), dtype=bool)}
    for group in singles:
        table[group] = np.array([group in groups for groups in parts], dtype=bool)
    for depth in range(2, deepest + 1):
        for joined in combinations(singles, depth):
            attributes = {group.split("=", 1)[0] for group in joined}
            together = np.logical_and.reduce([table[group] for group in joined])
            if len(attributes) == depth and together.any():
                table[JOINER.join(joined)] = together
    return pd.DataFrame(table, index=pd.Index(profiles))


def groups(counted: pd.DataFrame, *, deepest: int = 1) -> pd.DataFrame:
    """Add profiles up into groups of up to ``deepest`` attributes; "" is all learners.

    Columns: measure, stage, year, year_level, provider_id, group, n, n_success. Groups overlap
    (a learner is in several), so they are never added to one another.
    """
    profiles = pd.Series(counted["profile"].unique(), dtype=object)
    belongs = members(profiles, deepest=deepest)
    pieces = []
    for group in belongs.columns:
        chosen = counted[counted["profile"].isin(belongs.index[belongs[group]])]
        summed = chosen.groupby(CELL, dropna=False, sort=True)[["n", "n_success"]].sum()
        pieces.append(summed.reset_index().assign(group=group))
    table = pd.concat(pieces, ignore_index=True)
    return table[[*CELL, "group", "n", "n_success"]]


def repeats(journeys: Journeys) -> pd.DataFrame:
    """How far results repeat one another because the same learner gave several of them.

    Per measure and step: learners, results, the correlation of a learner's own results around the
    mean of their year level and year, and the design effect by which the variance of a share grows
    (Kish: 1 + correlation x (results per learner, weighted by results, - 1)).
    """
    rows = journeys.results[journeys.results["success"].notna()]
    strata = ["measure", "stage", "year", "year_level"]
    success = rows["success"].astype(float)
    away = success - success.groupby([rows[c] for c in strata], dropna=False).transform("mean")
    per_learner = (
        rows.assign(away=away, away_square=away**2, results=1)
        .groupby(["measure", "stage", "learner"])[["away", "away_square", "results"]]
        .sum()
    )
    per_learner["pairs"] = per_learner["results"] * (per_learner["results"] - 1)
    per_learner["joint"] = per_learner["away"] ** 2 - per_learner["away_square"]
    per_learner["learners"] = 1
    total = per_learner.groupby(["measure", "stage"]).sum()
    variance = total["away_square"] / total["results"]
    # Without a pair, or with nothing that varies, there is nothing to repeat.
    shared = total["joint"] / total["pairs"] / variance
    total["correlation"] = shared.fillna(0.0).clip(0.0, 1.0)
    total["design_effect"] = 1 + total["correlation"] * total["pairs"] / total["results"]
    return total[["learners", "results", "correlation", "design_effect"]].reset_index()


def coverage(journeys: Journeys) -> pd.DataFrame:
    """Who could have been assessed and who was, per measure, step, year and provider.

    Eligible are the learners enrolled at a year level which the measure covers, in a year in which
    the community used it. Measures tied to entry or leaving and anonymous surveys have no list of
    the eligible, and are left out rather than guessed. Columns: measure, stage, year, provider_id,
    group ("" and each single group), eligible, assessed.
    """
    used = journeys.results[["measure", "year"]].drop_duplicates()
    pieces = []
    for name, years in used.groupby("measure")["year"]:
        measure = journeys.community.measures[name]
        first, last = measure.year_levels or (0, 13)
        places = journeys.places[
            journeys.places["year_level"].between(first, last) & journeys.places["year"].isin(years)
        ].drop_duplicates(["learner", "year"], keep="last")
        assessed = journeys.results.loc[
            (journeys.results["measure"] == name) & (journeys.results["score"].notna()),
            ["learner", "year"],
        ].drop_duplicates()
        if measure.stage is None and assessed["learner"].isin(places["learner"]).any():
            joined = places.merge(assessed.assign(assessed=1), how="left", on=["learner", "year"])
            pieces.append(joined.assign(measure=name, eligible=1))
    keys = ["measure", "stage", "year", "provider_id", "group"]
    if not pieces:
        return pd.DataFrame(columns=[*keys, "eligible", "assessed"])
    rows = pd.concat(pieces, ignore_index=True).fillna({"assessed": 0})
    rows = rows.drop(columns="year_level")
    everyone = pd.concat([rows.assign(group=""), rows.merge(journeys.groups(), on="learner")])
    summed = everyone.groupby(keys, sort=True)[["eligible", "assessed"]].sum()
    return summed.astype(int).reset_index()
