"""Follow the same learners across each step of the pathway: who stays, who goes, what changes.

Same-learner views are kept apart from year-on-year views of whole groups, which are made of
different learners. Leavers are counted, never dropped.
"""

from __future__ import annotations

import pandas as pd

from colanalysis.link import Journeys
from colanalysis.terms import catalogue
from colanalysis.terms.settings import Community

PAIR_KEYS = ["measure", "stage_before", "stage_after", "year", "group"]
PAIR_SUMS = ["n", "before", "after", "gained", "lost"]
FLOW_KEYS = ["stage_before", "stage_after", "year"]
FLOW_SUMS = ["leaving_step", "same_provider", "other_provider", "not_seen_again", "new_in_step"]


def transitions(journeys: Journeys) -> pd.DataFrame:
    """Pair the same learners' success one year and the next, whether or not they changed step.

    Columns: measure, stage_before, stage_after (equal where no step was taken), year (the first of
    the two), group ("" and every single group), n, before, after, gained, lost: learners, those who
    succeed before and after, those who came to succeed and those who no longer do. Two years on
    different yardsticks are never paired.
    """
    rows = journeys.results[journeys.results["success"].notna()]
    rows = rows[["learner", "measure", "year", "stage", "success"]]
    after = rows.assign(year=rows["year"] - 1)
    pairs = rows.merge(after, on=["learner", "measure", "year"], suffixes=("_before", "_after"))
    pairs = pairs[~_crosses_break(pairs, journeys.community)]
    first, then = pairs["success_before"].astype(bool), pairs["success_after"].astype(bool)
    pairs = pairs.assign(n=1, before=first, after=then, gained=~first & then, lost=first & ~then)
    grouped = pairs.merge(journeys.groups(), on="learner")
    table = pd.concat([pairs.assign(group=""), grouped], ignore_index=True)
    return table.groupby(PAIR_KEYS, sort=True)[PAIR_SUMS].sum().astype(int).reset_index()


def flows(journeys: Journeys) -> pd.DataFrame:
    """Where learners go at the end of each step: stay, move within the community, or are not seen.

    A learner leaves a step in the last year in which they are enrolled in it, unless that is the
    latest year of the data, when nobody can know yet; what follows is the next step they are seen
    in, even after a year away. Columns: stage_before, stage_after (the next step of the pathway),
    year, leaving_step, same_provider, other_provider, not_seen_again, and new_in_step (learners who
    come into the next step, in the year after, without having been here before).
    """
    order = {stage.id: place for place, stage in enumerate(journeys.community.stages)}
    everywhere = journeys.places.sort_values(["learner", "year"], kind="stable")
    seen = everywhere.groupby("learner")["year"].agg(["min", "max"])
    # A year at an unknown step is not the end of a step: the learner is still here.
    known = everywhere[everywhere["stage"].notna()].drop_duplicates(
        ["learner", "year"], keep="last"
    )
    here = known.assign(place=known["stage"].map(order)).join(seen, on="learner")
    then = here.groupby("learner")[["provider_id", "place"]].shift(-1)
    gone = here["year"] == here["max"]
    end = (gone & (here["year"] < everywhere["year"].max())) | (then["place"] > here["place"])
    same = then["provider_id"] == here["provider_id"]
    leaving = here.assign(
        leaving_step=1, same_provider=same, other_provider=~gone & ~same, not_seen_again=gone
    )[end].rename(columns={"stage": "stage_before"})
    leaving["stage_after"] = _next_stage(leaving["stage_before"], journeys.community)
    arrived = (here["year"] == here["min"]) & (here["year"] > everywhere["year"].min())
    new = here[arrived].rename(columns={"stage": "stage_after"})
    new = new.assign(year=new["year"] - 1, new_in_step=1)
    new["stage_before"] = _previous_stage(new["stage_after"], journeys.community)
    table = pd.concat([leaving, new], ignore_index=True)
    for column in FLOW_SUMS:
        table[column] = table[column].fillna(0).astype(int)
    summed = table.groupby(FLOW_KEYS, sort=False)[FLOW_SUMS].sum().reset_index()
    summed["place"] = summed["stage_before"].map(order)
    return summed.sort_values(["place", "year"]).drop(columns="place").reset_index(drop=True)


def _crosses_break(pairs: pd.DataFrame, community: Community) -> pd.Series:
    crosses = [
        catalogue.period(community.measures[name], year)
        != catalogue.period(community.measures[name], year + 1)
        for name, year in zip(pairs["measure"], pairs["year"], strict=True)
    ]
    return pd.Series(crosses, index=pairs.index, dtype=bool)


def _next_stage(stages: pd.Series, community: Community) -> pd.Series:
    ids = [stage.id for stage in community.stages]
    return stages.map(dict(zip(ids, ids[1:], strict=False)))


def _previous_stage(stages: pd.Series, community: Community) -> pd.Series:
    ids = [stage.id for stage in community.stages]
    return stages.map(dict(zip(ids[1:], ids, strict=False)))
