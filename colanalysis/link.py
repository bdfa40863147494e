"""Link tables into journeys: each learner's results, each with its step and its success.

Three rules are kept here, and every later number rests on them: a learner counts once per measure
and year (the last result of the year stands), an anonymous survey answer counts as a learner of its
own, and a learner belongs to every group recorded for them (of ethnic groups only to the first in
the order of ``ethnicity.GROUPS`` where the settings say "prioritised"). Learner ids end here: after
linking, a learner is a number that means nothing outside this run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from colanalysis import belong, custody, keyed
from colanalysis.check import Checked
from colanalysis.terms import catalogue
from colanalysis.terms.settings import Community

SURVEY_COLUMNS = {"provider_id", "year", "measure", "value", "score", "year_level", "term", "date"}
RESULT_COLUMNS = ["learner", "provider_id", "year", "year_level", "measure", "score"]


@dataclass(frozen=True)
class Journeys:
    """Learners along the pathway, in three tables joined by ``learner`` (a number).

    ``results``: learner, provider_id, year, year_level, measure, score, stage, success (nullable).
    ``places``: learner, provider_id, year, year_level, stage: where each learner was enrolled, the
    place they came to last standing last within a year.
    ``memberships``: learner, attribute, value: every group a learner belongs to.
    ``keys``: the record key of each learner, by which published counts are rounded (``keyed``).
    """

    community: Community
    results: pd.DataFrame
    places: pd.DataFrame
    memberships: pd.DataFrame
    keys: pd.Series

    def groups(self) -> pd.DataFrame:
        """Name every group a learner belongs to as one text: learner, group (attribute=value)."""
        return belong.named(self.memberships)

    def __repr__(self) -> str:
        learners = self.places["learner"].nunique()
        return f"Journeys({learners:,} learners, {len(self.results):,} results)"


def journeys(checked: Checked) -> Journeys:
    """Follow every learner from table to table and judge each result by its measure's own rule."""
    community, frames = checked.community, checked.frames
    wanted = belong.wanted(community)
    numbers = _number_learners(frames)
    places = _places(frames.get("enrolments"), numbers)
    places["stage"] = stages(places, frames["providers"], community=community)
    results = _results(frames.get("observations"), numbers)
    answers, answered = _answers(frames.get("survey"), len(numbers), wanted)
    results = pd.concat([results, answers], ignore_index=True) if len(answers) else results
    results["stage"] = stages(results, frames["providers"], community=community)
    results = results[results["stage"].notna()].reset_index(drop=True)
    results["success"] = _successes(results, community)
    belonging = _memberships(frames.get("learners"), numbers, wanted)
    belonging = pd.concat([belonging, answered], ignore_index=True)
    if community.settings.ethnicity == "prioritised":
        belonging = belong.prioritised(belonging)
    keys = _record_keys(numbers, frames.get("survey"), community)
    return Journeys(community, results, places, belonging, keys)


def stages(rows: pd.DataFrame, providers: pd.DataFrame, *, community: Community) -> pd.Series:
    """Find the step of each row: its measure's own, else that of its year level and provider.

    ``rows`` needs provider_id and year_level, and has a measure or not. Missing where there is no
    step, or none that the community has.
    """
    types = dict(zip(providers["provider_id"], providers["type"], strict=True))
    by_level = _by_level(rows, types, community)
    if "measure" not in rows:
        return by_level
    own = rows["measure"].map({m.id: m.stage for m in community.measures.values() if m.stage})
    found = own.astype(object).where(own.notna(), by_level)
    return found.where(found.isin([stage.id for stage in community.stages]))


def _number_learners(frames: Mapping[str, pd.DataFrame]) -> pd.Series:
    ids = [frame["learner_id"] for frame in frames.values() if "learner_id" in frame]
    known = pd.unique(pd.concat(ids)) if ids else np.array([], dtype=object)
    return pd.Series(np.arange(len(known)), index=pd.Index(known))


def _record_keys(
    numbers: pd.Series, survey: pd.DataFrame | None, community: Community
) -> pd.Series:
    """Of a learner from the pseudonym; of an anonymous answer from all that it says.

    Answers that say the same are told apart by how many such there are, in whatever order they lie.
    """
    names = list("learner|" + numbers.index)
    if survey is not None and len(survey):
        said = survey.drop(columns=["source_file", "source_row"], errors="ignore")
        said = keyed.said(said[sorted(said)])
        alike = said.groupby(said).cumcount().astype(str)
        names += list("answer|" + said + "|" + alike)
    keys = keyed.records(names, custody.keys(community).round)
    return pd.Series(keys, index=pd.RangeIndex(len(names)), name="key")


def _places(enrolments: pd.DataFrame | None, numbers: pd.Series) -> pd.DataFrame:
    columns = ["learner", "provider_id", "year", "year_level"]
    if enrolments is None:
        return pd.DataFrame(columns=columns)
    places = enrolments.assign(learner=numbers.loc[enrolments["learner_id"]].to_numpy())
    dates = [column for column in ("start_date", "end_date") if column in places]
    places = places.sort_values(dates, kind="stable", na_position="first")
    return places[columns].drop_duplicates(keep="last").reset_index(drop=True)


def _memberships(
    learners: pd.DataFrame | None, numbers: pd.Series, wanted: set[str] | None
) -> pd.DataFrame:
    if learners is None:
        return pd.DataFrame(columns=belong.COLUMNS)
    units = numbers.loc[learners["learner_id"]].to_numpy()
    return belong.memberships(learners.assign(learner=units), wanted=wanted)


def _results(observations: pd.DataFrame | None, numbers: pd.Series) -> pd.DataFrame:
    if observations is None:
        return pd.DataFrame(columns=RESULT_COLUMNS)
    rows = observations.assign(learner=numbers.loc[observations["learner_id"]].to_numpy())
    # The last of a learner's results of a measure and year stands: by date, then term, then row.
    by = [rows["learner"].to_numpy(), _places_in_order(rows["measure"]), rows["year"].to_numpy()]
    then = [_places_in_order(rows[name]) for name in ("date", "term", "source_row") if name in rows]
    order = np.lexsort([*then[::-1], *by[::-1]])
    ends = np.ones(len(rows), dtype=bool)
    ends[:-1] = np.any([key[order[1:]] != key[order[:-1]] for key in by], axis=0)
    return rows[RESULT_COLUMNS].iloc[order[ends]].reset_index(drop=True)


def _places_in_order(values: pd.Series) -> np.ndarray:
    """Where each value stands among all that there are, from the smallest; -1 is missing."""
    return pd.factorize(values, sort=True)[0]


def _answers(
    survey: pd.DataFrame | None, first: int, wanted: set[str] | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Anonymous answers, numbered after the learners so that nobody can join the two."""
    if survey is None or survey.empty:
        return pd.DataFrame(columns=RESULT_COLUMNS), pd.DataFrame()
    rows = survey.reset_index(drop=True)
    rows["learner"] = np.arange(first, first + len(rows))
    groups = belong.memberships(rows, leave_out=SURVEY_COLUMNS, wanted=wanted)
    return rows[RESULT_COLUMNS], groups


def _by_level(rows: pd.DataFrame, types: dict[str, str], community: Community) -> pd.Series:
    """Work steps out once per year level and type of provider, then look them up."""
    keys = pd.DataFrame({"level": rows["year_level"], "type": rows["provider_id"].map(types)})
    unique = keys.drop_duplicates()
    unique = unique.assign(
        stage=[
            community.stage_of(None if pd.isna(level) else level, type_)
            for level, type_ in zip(unique["level"], unique["type"], strict=True)
        ]
    )
    found = keys.merge(unique, how="left", on=["level", "type"])["stage"]
    return pd.Series(found.to_numpy(), index=rows.index, dtype=object)


def _successes(results: pd.DataFrame, community: Community) -> pd.Series:
    success = pd.Series(pd.NA, index=results.index, dtype="boolean")
    for name, rows in results.groupby("measure", observed=True, sort=True):
        measure = community.measures[name]
        success.loc[rows.index] = catalogue.succeeds(measure, rows["score"], rows["year_level"])
    return success
