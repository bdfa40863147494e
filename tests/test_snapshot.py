"""Two snapshots show how many learners differ and where, and nothing of who they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import checked, community, counted, files, put
from hypothesis import given, settings
from hypothesis import strategies as st

from colanalysis import evidence, link, snapshot
from colanalysis.terms.settings import Community

NOBODY = counted().iloc[:0]
Rows = list[dict[str, Any]]


def of(results: Rows, elsewhere: pd.DataFrame = NOBODY, community: Community | None = None, **more: Rows) -> pd.DataFrame:  # fmt: skip
    return snapshot.of(
        link.journeys(checked(of=community, observations=results, **more)), elsewhere
    )


def result(who: int, provider: str = "P", year: int = 2025, **more: Any) -> dict[str, Any]:
    known = {"learner_id": f"{who}", "provider_id": provider, "year": year, "year_level": 5}
    return {**known, "measure": "belonging", "score": 1.0, **more}


def differing(one: pd.DataFrame, other: pd.DataFrame) -> dict[str, int]:
    assert snapshot.differing(one, other).to_dict() == snapshot.differing(other, one).to_dict()
    return snapshot.differing(one, other).to_dict()


WHOLE = [result(who, "PQ"[who % 2], year) for who in range(6) for year in (2024, 2025)]


def changed(place: int, **more: Any) -> Rows:
    return [{**row, **more} if at == place else row for at, row in enumerate(WHOLE)]


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (WHOLE, {}),
        (WHOLE[::-1], {}),
        (WHOLE[1:], {"P": 1}),
        ([*WHOLE, result(9, "Q")], {"Q": 1}),
        (changed(0, score=0.0), {"P": 1}),
        (changed(0, year_level=6), {"P": 1}),
        (changed(0, measure="reading"), {"P": 1}),
        (changed(0, provider_id="Q"), {"P": 1, "Q": 1}),
        (changed(0, learner_id="other"), {"P": 2}),
        # A learner who differs in two years is one learner.
        ([row for row in WHOLE if row["learner_id"] != "0"], {"P": 1}),
        # What is of another year is not compared.
        ([*WHOLE, *(result(who, "P", 2026) for who in range(5))], {}),
    ],
)
def test_whoever_was_added_taken_away_or_changed_differs(
    results: Rows, expected: dict[str, int]
) -> None:
    assert differing(of(WHOLE), of(results)) == expected


def test_a_learner_whose_group_has_changed_differs_wherever_they_are() -> None:
    results = [*WHOLE, result(0, "S", 2023)]
    one, other = (
        of(results, learners=[{"learner_id": "0", "gender": gender}]) for gender in ("f", "m")
    )
    assert differing(one, other) == {"P": 1, "S": 1}


def test_where_a_learner_was_enrolled_counts_too() -> None:
    one, other = (
        of(WHOLE, enrolments=[{"learner_id": "1", "provider_id": "Q", "year_level": level}])
        for level in (5, 6)
    )
    assert differing(one, other) == {"Q": 1}
    assert differing(one, one) == {}


def test_a_table_that_was_empty_before_changes_nobody_in_other_years() -> None:
    known = [{"learner_id": f"{who}", "gender": f"{who}"} for who in range(40)]
    results = [result(who) for who in range(40)]
    one = of(results, learners=known)
    place = {"learner_id": "0", "provider_id": "P", "year": 2026, "year_level": 6}
    assert differing(one, of(results, learners=known, enrolments=[place])) == {}


@pytest.mark.parametrize("told", ["observations", "enrolments"])
def test_results_alone_and_rolls_alone_make_a_whole_snapshot(told: str) -> None:
    rows = [result(who) for who in range(200)]
    if told == "enrolments":
        rows = [
            {name: row[name] for name in ("learner_id", "provider_id", "year", "year_level")}
            for row in rows
        ]
    table = snapshot.of(link.journeys(checked(**{told: rows})), NOBODY)
    assert (len(table), list(table)) == (200, snapshot.COLUMNS)
    assert table[["learner", "content"]].dtypes.eq("int64").all()


def test_anonymous_answers_differ_by_how_many_say_the_same() -> None:
    yes, no = ({"score": score, "gender": "f", "year_level": 5} for score in (1.0, 0.0))
    answers: Rows = [yes] * 3 + [no] * 2
    one = of([], survey=answers)
    assert len(one) == 5
    assert differing(one, of([], survey=answers[::-1])) == {}
    assert differing(one, of([], survey=[*answers, answers[0]])) == {"P": 1}
    assert differing(one, of([], survey=[*answers[:4], answers[0]])) == {"P": 2}


def test_a_count_that_others_made_stands_for_one_learner() -> None:
    theirs = counted({"n": 20, "n_success": 12}, {"provider_id": "Q", "n": 9, "n_success": 3})
    other = theirs.assign(n_success=[12, 4])
    assert differing(of(WHOLE, theirs), of(WHOLE, other)) == {"Q": 1}
    assert differing(of(WHOLE, theirs), of(WHOLE, theirs[::-1])) == {}


@settings(max_examples=12)
@given(st.sets(st.integers(0, 29), max_size=12), st.sets(st.integers(0, 29), max_size=12))
def test_as_many_differ_as_in_sets_of_learners(gone: set[int], turned: set[int]) -> None:
    rows = [result(who, "PQ"[who % 2]) for who in range(30)]
    later = [
        {**row, "score": 0.0} if who in turned else row
        for who, row in enumerate(rows)
        if who not in gone
    ]
    expected = {
        name: many
        for place, name in enumerate("PQ")
        if (many := sum(who % 2 == place for who in gone | turned))
    }
    assert differing(of(rows), of(later)) == expected


def test_with_another_key_every_mark_is_another_one() -> None:
    one, other = (of(WHOLE, community=community(id=name)) for name in ("t", "another"))
    assert len(one) == len(other)
    assert not set(one["learner"]) & set(other["learner"])
    assert not set(one["content"]) & set(other["content"])


def test_no_learner_and_no_score_stands_in_a_snapshot(tmp_path: Path) -> None:
    people = evidence.gather(put(tmp_path, files(np.random.default_rng(2), learners=80))).people
    assert set(people["provider_id"]) == {"P1", "P2", "P3", "S1"}
    marks = people[["learner", "content"]].to_numpy()
    assert (np.abs(marks.astype(float)) > 2**40).mean() > 0.99


def test_learners_of_whom_the_same_is_known_have_marks_that_differ() -> None:
    """How many share a result would be told by the marks alone."""
    people = of([result(who) for who in range(30)])
    assert people["learner"].is_unique
    assert people["content"].is_unique
