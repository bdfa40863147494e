"""Measure: turn journeys into counts, the narrow waist that everything later is made from.

A count says how many results there are and how many of them succeed, for one measure, year, year
level, provider and *profile*. A profile is the whole set of groups a learner belongs to, so that
the counts of any group, of any two groups' overlap and of any school are sums of the same integers,
and counts made in different places merge by adding.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from colanalysis.link import Journeys

STEP = ["stage", "year", "year_level", "provider_id"]
CELL = ["measure", *STEP]
LATER = [f"{column}_later" for column in STEP]
SUMS = ["n", "n_success", "n_scored", "score_sum", "score_squares"]
PAIR_SUMS = ["n", "first", "later", "both"]
JOINER = " & "
# Scores add up in whole thousandths, so that counts are the same in whatever order they are added.
SCORE_UNITS = 1000


def counts(journeys: Journeys) -> pd.DataFrame:
    """Count results and successes per measure, step, year, year level, provider and profile.

    Columns: measure, stage, year, year_level (NaN where there is none), provider_id, profile,
    n, n_success, and of the results whose score is known (all of them here, none in counts that
    others made) n_scored, score_sum and score_squares, in thousandths. Results that no rule can
    judge are left out here and seen in ``coverage``.
    """
    rows = _judged(journeys)
    units = (rows["score"] * SCORE_UNITS).round().astype("int64")
    table = rows[[*CELL, "profile"]].assign(
        n=1,
        n_success=rows["success"].astype(int),
        n_scored=1,
        score_sum=units,
        score_squares=units**2,
    )
    return merge(table)


def pairs(journeys: Journeys) -> pd.DataFrame:
    """Count the learners who have a result of the same measure in each two years.

    What makes several results of one learner count as one learner's: columns measure, the earlier
    and the later stage, year, year_level and provider_id (``..._later``), profile, n (learners with
    both results), first, later and both (of them, who succeed in each year and in both).
    """
    rows = _judged(journeys)[["learner", *CELL, "profile", "success"]]
    rows = rows.assign(success=rows["success"].astype(int))
    second = rows.drop(columns="profile").rename(
        columns=dict(zip([*STEP, "success"], [*LATER, "later"], strict=True))
    )
    met = rows.rename(columns={"success": "first"}).merge(second, on=["learner", "measure"])
    met = met[met["year"] < met["year_later"]]
    return _added(met.assign(n=1, both=met["first"] * met["later"]), [*CELL, *LATER], PAIR_SUMS)


def merge(*tables: pd.DataFrame) -> pd.DataFrame:
    """Add counts up: the counts of several schools are the sum of each school's counts."""
    return _added(pd.concat(tables, ignore_index=True), CELL, SUMS)


def merge_pairs(*tables: pd.DataFrame) -> pd.DataFrame:
    """Add pairs up, as ``merge`` does counts."""
    return _added(pd.concat(tables, ignore_index=True), [*CELL, *LATER], PAIR_SUMS)


def _judged(journeys: Journeys) -> pd.DataFrame:
    """Results that a rule can judge, each with its learner's profile."""
    rows = journeys.results[journeys.results["success"].notna()]
    profile = profiles(journeys.groups()).reindex(rows["learner"]).fillna("").astype("category")
    return rows.assign(profile=profile.to_numpy() if rows.empty else profile.array)


def _added(rows: pd.DataFrame, keys: list[str], sums: list[str]) -> pd.DataFrame:
    keys = [*keys, "profile"]
    summed = rows.groupby(keys, dropna=False, sort=True, observed=True)[sums].sum().reset_index()
    return summed.astype({"profile": object, **dict.fromkeys(sums, "int64")})


def profiles(named: pd.DataFrame) -> pd.Series:
    """Join the groups of each learner who has any into one text, in alphabetical order."""
    ordered = named.sort_values(["learner", "group"])
    learner = ordered["learner"].to_numpy()
    first = np.flatnonzero(learner[1:] != learner[:-1]) + 1
    groups = np.split(ordered["group"].to_numpy(object), first) if len(learner) else []
    index = pd.Index(pd.unique(learner), name="learner")
    return pd.Series([JOINER.join(own) for own in groups], index=index, name="group", dtype=object)


def groups(counted: pd.DataFrame) -> pd.DataFrame:
    """Add profiles up into single groups; "" is all learners.

    Columns: measure, stage, year, year_level, provider_id, group, n, n_success. Groups overlap
    (a learner is in several), so they are never added to one another.
    """
    keys, sums = [*CELL, "group"], ["n", "n_success"]
    own = counted.assign(group=counted["profile"].str.split(JOINER, regex=False)).explode("group")
    own = own[own["group"] != ""]
    table = pd.concat([counted.assign(group=""), own], ignore_index=True)
    return table.groupby(keys, dropna=False, sort=True)[sums].sum().reset_index()


def coverage(journeys: Journeys) -> pd.DataFrame:
    """Who could have been assessed and who was, per measure, step, year and provider.

    Columns: measure, stage, year, provider_id, group ("" and each single group), eligible, assessed.
    """
    keys = ["measure", "stage", "year", "provider_id", "group"]
    rows = eligible(journeys).assign(eligible=1)
    everyone = pd.concat([rows.assign(group=""), rows.merge(journeys.groups(), on="learner")])
    summed = everyone.groupby(keys, sort=True)[["eligible", "assessed"]].sum()
    return summed.astype(int).reset_index()


def eligible(journeys: Journeys) -> pd.DataFrame:
    """Every learner who could have been assessed: learner, measure, stage, year, provider_id, assessed.

    Eligible are the learners enrolled at a year level which the measure covers, in a year in which
    the community used it. Measures tied to entry or leaving and anonymous surveys have no list of
    the eligible, and are left out rather than guessed.
    """
    columns = ["learner", "measure", "stage", "year", "provider_id", "assessed"]
    used = journeys.results[["measure", "year"]].drop_duplicates()
    pieces = [pd.DataFrame(columns=columns).astype({"learner": "int64", "assessed": "int64"})]
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
            pieces.append(joined.assign(measure=name)[columns])
    rows = pd.concat(pieces[1:] or pieces, ignore_index=True)
    return rows.assign(assessed=rows["assessed"].fillna(0).astype(int))
