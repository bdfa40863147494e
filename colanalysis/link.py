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

from colanalysis import belong, coded, custody, keyed
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
    results = _judged(_results(frames.get("observations"), numbers), frames["providers"], community)
    answers, answered = _answers(frames.get("survey"), len(numbers), wanted)
    answers = _judged(answers, frames["providers"], community)
    results = pd.concat([results, answers], ignore_index=True) if len(answers) else results
    belonging = _memberships(frames.get("learners"), numbers, wanted)
    belonging = pd.concat([belonging, answered], ignore_index=True)
    if community.settings.ethnicity == "prioritised":
        belonging = belong.prioritised(belonging)
    keys = _record_keys(numbers, frames.get("survey"), community)
    return Journeys(community, results, coded.plain(places), belonging, keys)


def stages(rows: pd.DataFrame, providers: pd.DataFrame, *, community: Community) -> pd.Series:
    """Find the step of each row: its measure's own, else that of its year level and provider.

    ``rows`` needs provider_id and year_level, and has a measure or not. Missing where there is no
    step, or none that the community has.
    """
    places, told = _stages(rows, providers, community)
    return pd.Series(told[places], index=rows.index, dtype=object)


def _stages(
    rows: pd.DataFrame, providers: pd.DataFrame, community: Community
) -> tuple[np.ndarray, np.ndarray]:
    """The place of each row's step in a list of steps, and this list."""
    types = dict(zip(providers["provider_id"], providers["type"], strict=True))
    own = {m.id: m.stage for m in community.measures.values() if m.stage}
    known = {stage.id for stage in community.stages}
    names = [name for name in ("measure", "provider_id", "year_level") if name in rows]
    places, found = coded.distinct(rows[names])
    steps = [
        own.get(measure)
        or community.stage_of(None if pd.isna(level) else level, types.get(provider))
        for measure, provider, level in zip(
            found["measure"] if "measure" in rows else [""] * len(found),
            found["provider_id"],
            found["year_level"],
            strict=True,
        )
    ]
    return places, np.array([step if step in known else None for step in steps], dtype=object)


def _number_learners(frames: Mapping[str, pd.DataFrame]) -> pd.Series:
    ids = [frame["learner_id"] for frame in frames.values() if "learner_id" in frame]
    known = coded.joined(ids).unique().astype("str") if ids else []
    return pd.Series(np.arange(len(known)), index=pd.Index(known, dtype="str"))


def _numbered(ids: pd.Series, numbers: pd.Series) -> np.ndarray:
    """The number of each row's learner."""
    places, known = coded.different(ids)
    return numbers.reindex(known, fill_value=-1).to_numpy()[places]


def _record_keys(
    numbers: pd.Series, survey: pd.DataFrame | None, community: Community
) -> pd.Series:
    """Of a learner from the pseudonym; of an anonymous answer from all that it says.

    Answers that say the same are told apart by how many such there are, in whatever order they lie.
    """
    names = [f"learner|{name}" for name in numbers.index.to_numpy(object)]
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
    places = enrolments.assign(learner=_numbered(enrolments["learner_id"], numbers))
    dates = [column for column in ("start_date", "end_date") if column in places]
    places = places.sort_values(dates, kind="stable", na_position="first")
    return places[columns].drop_duplicates(keep="last").reset_index(drop=True)


def _memberships(
    learners: pd.DataFrame | None, numbers: pd.Series, wanted: set[str] | None
) -> pd.DataFrame:
    if learners is None:
        return pd.DataFrame(columns=belong.COLUMNS)
    units = _numbered(learners["learner_id"], numbers)
    return belong.memberships(learners.assign(learner=units), wanted=wanted)


def _results(observations: pd.DataFrame | None, numbers: pd.Series) -> pd.DataFrame:
    if observations is None:
        return pd.DataFrame(columns=RESULT_COLUMNS)
    rows = observations.assign(learner=_numbered(observations["learner_id"], numbers))
    key = np.zeros(len(rows), dtype=np.int64)
    for name in ("learner", "measure", "year"):
        place = coded.in_order(rows[name])
        key = key * (place.max(initial=0) + 1) + place
    order = np.argsort(key)
    sorted_ = key[order]
    if bool((sorted_[1:] == sorted_[:-1]).any()):
        # The last of a learner's results of a measure and year stands: by date, then term, then row.
        then = [
            coded.in_order(rows[name]) for name in ("date", "term", "source_row") if name in rows
        ]
        order = np.lexsort([*then[::-1], key])
        order = order[np.append(sorted_[1:] != sorted_[:-1], True)]
    return rows[RESULT_COLUMNS].iloc[order].reset_index(drop=True)


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


def _judged(results: pd.DataFrame, providers: pd.DataFrame, community: Community) -> pd.DataFrame:
    """Results at a step of the pathway, each with its step and its success."""
    steps, told = _stages(results, providers, community)
    rows = results.assign(stage=pd.Series(told[steps], results.index, dtype=object))
    if None in told:
        rows = rows[rows["stage"].notna()].reset_index(drop=True)
    places, found = coded.distinct(rows[["measure", "score", "year_level"]])
    success = pd.Series(pd.NA, index=found.index, dtype="boolean")
    for name, own in coded.plain(found).groupby("measure", sort=True):
        measure = community.measures[name]
        success.loc[own.index] = catalogue.succeeds(measure, own["score"], own["year_level"])
    return coded.plain(rows).assign(success=success.array[places])
