"""Follow the same learners across each step of the pathway: who stays, who goes, what changes.

Same-learner views are kept apart from year-on-year views of whole groups, which are made of
different learners. Leavers are counted, never dropped.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from colanalysis.link import Journeys
from colanalysis.terms import catalogue
from colanalysis.terms.settings import Community

FLOW_KEYS = ["stage_before", "stage_after", "year"]
PARTS, NEW = ["same_provider", "other_provider", "not_seen_again"], "new_in_step"
FLOW_SUMS = ["leaving_step", *PARTS, NEW]


def steps_taken(journeys: Journeys) -> pd.DataFrame:
    """Where the same learner stood in the same measure a year before and a year after each result.

    Columns came_from and goes_to, in the order of ``journeys.results``: the step of the result in
    the year before and after, "" where there is none, or only one on another yardstick.
    """
    results = journeys.results
    known = results.loc[results["success"].notna(), ["learner", "measure", "year", "stage"]]
    known = known.assign(period=_periods(known, journeys.community))
    told = pd.DataFrame("", index=results.index, columns=["came_from", "goes_to"])
    for column, away in (("came_from", 1), ("goes_to", -1)):
        beside = known.assign(year=known["year"] + away).rename(columns={"stage": column})
        keys = ["learner", "measure", "year", "period"]
        met = known.drop(columns="stage").merge(beside, how="left", on=keys)
        told.loc[known.index, column] = met[column].fillna("").to_numpy()
    return told


def flows(journeys: Journeys) -> pd.DataFrame:
    """Where learners go at the end of each step: stay, move within the community, or are not seen.

    A learner leaves a step in the last year in which they are enrolled in it, unless that is the
    latest year of the data, when nobody can know yet; what follows is the next step they are seen
    in, even after a year away. Columns: stage_before, stage_after (the next step of the pathway),
    year, leaving_step, same_provider, other_provider, not_seen_again, and new_in_step (learners who
    come into the next step, in the year after, without having been here before).
    """
    went = moves(journeys)
    summed = went.groupby([*FLOW_KEYS, "went"]).size().unstack("went", fill_value=0)
    summed = summed.reindex(columns=[*PARTS, NEW], fill_value=0)
    summed = summed.assign(leaving_step=summed[PARTS].sum(axis=1))[FLOW_SUMS]
    order = {stage.id: place for place, stage in enumerate(journeys.community.stages)}
    table = summed.rename_axis(columns=None).reset_index()
    table["place"] = table["stage_before"].map(order)
    return table.sort_values(["place", "year"]).drop(columns="place").reset_index(drop=True)


def moves(journeys: Journeys) -> pd.DataFrame:
    """Every learner at the end of a step, and every newcomer: learner, ``FLOW_KEYS``, went.

    ``went`` is same_provider, other_provider, not_seen_again or new_in_step.
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
    went = np.select([gone, same], ["not_seen_again", "same_provider"], "other_provider")
    leaving = here.assign(went=went)[end].rename(columns={"stage": "stage_before"})
    leaving["stage_after"] = _next_stage(leaving["stage_before"], journeys.community)
    arrived = (here["year"] == here["min"]) & (here["year"] > everywhere["year"].min())
    new = here[arrived].rename(columns={"stage": "stage_after"})
    new = new.assign(year=new["year"] - 1, went=NEW)
    new["stage_before"] = _previous_stage(new["stage_after"], journeys.community)
    table = pd.concat([leaving, new], ignore_index=True)
    return table[["learner", *FLOW_KEYS, "went"]]


def _periods(rows: pd.DataFrame, community: Community) -> list[int]:
    """The yardstick of each row's measure in its year."""
    return [
        catalogue.period(community.measures[name], year)
        for name, year in zip(rows["measure"], rows["year"], strict=True)
    ]


def _next_stage(stages: pd.Series, community: Community) -> pd.Series:
    ids = [stage.id for stage in community.stages]
    return stages.map(dict(zip(ids, ids[1:], strict=False)))


def _previous_stage(stages: pd.Series, community: Community) -> pd.Series:
    ids = [stage.id for stage in community.stages]
    return stages.map(dict(zip(ids[1:], ids, strict=False)))
