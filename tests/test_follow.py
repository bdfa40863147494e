"""The same learners are followed from year to year; nobody who ends a step is dropped or told twice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from builders import checked
from hypothesis import given, settings
from hypothesis import strategies as st

from colanalysis import follow, link
from colanalysis.follow import FLOW_KEYS, FLOW_SUMS, PAIR_KEYS, PAIR_SUMS

GOES = ["stage_before", "year", *FLOW_SUMS]


def transitions(results: list[dict[str, object]], **more: list[dict[str, object]]) -> pd.DataFrame:
    base = {"measure": "belonging"}
    return follow.transitions(
        link.journeys(checked(observations=[base | r for r in results], **more))
    )


def flows(*places: tuple[str, int, str, float | None]) -> pd.DataFrame:
    """Flows of enrolments given as learner, year, provider and year level."""
    rows = [
        {"learner_id": who, "year": year, "provider_id": provider, "year_level": level}
        for who, year, provider, level in places
    ]
    return follow.flows(link.journeys(checked(enrolments=rows)))


def test_transitions_are_those_of_plain_pandas(rng: np.random.Generator) -> None:
    learners = [{"learner_id": f"{i}", "gender": rng.choice(["F", "M"])} for i in range(120)]
    results = [
        {
            "learner_id": one["learner_id"],
            "year": year,
            "year_level": 5 + year - 2022,
            "score": score,
        }
        for one in learners
        for year in (2022, 2023, 2024)
        if (score := rng.choice([0.0, 1.0, np.nan, 9.0], p=[0.3, 0.4, 0.1, 0.2])) != 9
    ]
    rows = pd.DataFrame(results).merge(pd.DataFrame(learners)).dropna()
    both = rows.merge(rows.assign(year=rows["year"] - 1), on=["learner_id", "year"])
    both["gained"] = (both["score_x"] == 0) & (both["score_y"] == 1)
    both["lost"] = (both["score_x"] == 1) & (both["score_y"] == 0)
    table = transitions(results, learners=learners).set_index(["group", "year"])
    assert set(table.index) == {(g, y) for g in ("", "gender=F", "gender=M") for y in (2022, 2023)}
    for (group, year), told in table.iterrows():
        own = both[both["year"] == year]
        own = own[own["gender_x"] == group[-1]] if group else own
        expected = [len(own), *own[["score_x", "score_y", "gained", "lost"]].sum()]
        assert told[PAIR_SUMS].tolist() == expected


def test_a_transition_says_from_which_step_to_which() -> None:
    results = [{"learner_id": "a", "year": 2023 + i, "year_level": 5 + i} for i in range(3)]
    steps = transitions(results)[["year", "stage_before", "stage_after"]]
    assert steps.values.tolist() == [
        [2023, "years_4_6", "years_4_6"],
        [2024, "years_4_6", "years_7_8"],
    ]


def test_years_that_do_not_follow_each_other_are_not_paired() -> None:
    assert transitions(
        [{"learner_id": "a", "year": y, "year_level": 5} for y in (2022, 2024)]
    ).empty


def test_a_missing_result_is_no_half_of_a_pair() -> None:
    results = [
        {"learner_id": "a", "year": 2023, "year_level": 5},
        {"learner_id": "a", "year": 2024, "year_level": 6, "score": None},
    ]
    assert transitions(results).empty


def test_no_pair_reaches_over_a_change_of_the_yardstick() -> None:
    results = [
        {"learner_id": "a", "measure": name, "year": year, "year_level": 5}
        for name in ("changed", "belonging")
        for year in range(2021, 2027)
    ]
    table = transitions(results)
    assert table.loc[table["measure"] == "changed", "year"].tolist() == [2021, 2022, 2024, 2025]
    assert table.loc[table["measure"] == "belonging", "year"].tolist() == list(range(2021, 2026))


def test_a_learner_in_two_groups_is_in_both_and_once_in_all() -> None:
    results = [{"learner_id": "a", "year": y, "year_level": 5} for y in (2023, 2024)]
    table = transitions(results, learners=[{"learner_id": "a", "ethnicity": "Māori;Asian"}])
    assert table[["group", "n"]].values.tolist() == [
        ["", 1],
        ["ethnicity=Asian", 1],
        ["ethnicity=Māori", 1],
    ]


SCORES = st.lists(st.tuples(*[st.sampled_from([0.0, 1.0, None])] * 3), min_size=1, max_size=25)


@settings(max_examples=40)
@given(SCORES)
def test_who_succeeds_after_are_those_before_and_who_gained_less_who_lost(
    scores: list[tuple[float | None, ...]],
) -> None:
    table = transitions(
        [
            {"learner_id": f"{who}", "year": 2023 + i, "year_level": 5, "score": score}
            for who, own in enumerate(scores)
            for i, score in enumerate(own)
        ]
    )
    assert (table["after"] == table["before"] + table["gained"] - table["lost"]).all()
    pairs = [pair for own in scores for pair in zip(own, own[1:], strict=False)]
    assert table["n"].sum() == sum(None not in pair for pair in pairs)
    assert table["gained"].sum() == pairs.count((0.0, 1.0))


def test_a_learner_who_goes_on_stays_or_moves_or_is_not_seen_again() -> None:
    table = flows(
        ("stays", 2024, "P", 6), ("stays", 2025, "P", 7),
        ("moves", 2024, "P", 6), ("moves", 2025, "Q", 7),
        ("goes", 2024, "P", 6),
        ("remains", 2024, "P", 5), ("remains", 2025, "Q", 6),
    )  # fmt: skip
    assert table[GOES].values.tolist() == [["years_4_6", 2024, 3, 1, 1, 1, 0]]
    assert table["stage_after"].tolist() == ["years_7_8"]


def test_nobody_leaves_in_the_latest_year() -> None:
    assert flows(("a", 2025, "P", 6), ("b", 2025, "S", 13)).empty


def test_who_leaves_school_goes_to_the_leavers() -> None:
    table = flows(("a", 2024, "S", 13), ("b", 2025, "S", 13))
    left = table[table["leaving_step"] > 0]
    assert left[["stage_before", "stage_after", "not_seen_again"]].values.tolist() == [
        ["years_11_13", "leavers", 1]
    ]


def test_a_year_away_is_not_the_end_of_a_step() -> None:
    table = flows(
        ("a", 2022, "P", 4), ("a", 2024, "P", 6), ("b", 2022, "Q", 4), ("b", 2025, "Q", 5)
    )
    assert table[GOES].values.tolist() == [["years_4_6", 2024, 1, 0, 0, 1, 0]]


def test_who_comes_back_at_the_next_step_after_a_year_away_was_seen_again() -> None:
    table = flows(
        ("a", 2022, "P", 6), ("a", 2024, "P", 8), ("b", 2022, "Q", 4), ("b", 2025, "Q", 5)
    )
    gone = table[table["stage_before"] == "years_4_6"]
    assert gone[GOES].values.tolist() == [["years_4_6", 2022, 1, 1, 0, 0, 0]]


def test_a_learner_at_an_unknown_year_level_is_still_here() -> None:
    table = flows(("a", 2023, "P", 4), ("a", 2024, "P", None), ("a", 2025, "P", None))
    assert table.empty
    table = flows(
        ("a", 2023, "P", None), ("a", 2024, "P", 4), ("b", 2022, "P", 1), ("b", 2024, "P", 3)
    )
    assert table.empty


def test_a_learner_at_two_providers_in_a_year_goes_on_from_the_last() -> None:
    rows = [
        {"learner_id": "a", "provider_id": p, "year": 2024, "year_level": 6, "start_date": d}
        for p, d in [("Q", "2024-07-01"), ("P", "2024-02-01")]
    ]
    rows += [{"learner_id": "a", "provider_id": "Q", "year": 2025, "year_level": 7}]
    table = follow.flows(link.journeys(checked(enrolments=rows)))
    assert table[GOES].values.tolist() == [["years_4_6", 2024, 1, 1, 0, 0, 0]]


def test_who_was_not_here_before_is_new_in_the_step_they_come_to() -> None:
    table = flows(
        ("old", 2023, "P", 6), ("old", 2024, "P", 7), ("old", 2025, "P", 8),
        ("new", 2025, "P", 7), ("mid", 2025, "P", 8), ("tiny", 2025, "E", None),
    )  # fmt: skip
    new = table[table["new_in_step"] > 0]
    assert new[["stage_before", "stage_after", "year", "new_in_step"]].values.tolist() == [
        ["years_4_6", "years_7_8", 2024, 2]
    ]


def test_who_comes_from_early_learning_is_not_new() -> None:
    table = flows(
        ("a", 2024, "E", None), ("a", 2025, "P", 0), ("b", 2024, "P", 1), ("b", 2025, "P", 2)
    )
    assert table[GOES].values.tolist() == [["ece", 2024, 1, 0, 1, 0, 0]]


def test_flows_are_in_the_order_of_the_pathway() -> None:
    places = [("a", 2023, "S", 13), ("b", 2024, "P", 6), ("c", 2023, "P", 6), ("d", 2025, "P", 1)]
    table = flows(*places)
    left = table[table["leaving_step"] > 0]
    assert left[["stage_before", "year"]].values.tolist() == [
        ["years_4_6", 2023],
        ["years_4_6", 2024],
        ["years_11_13", 2023],
    ]


PLACES = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(2021, 2025),
        st.sampled_from("PQ"),
        st.sampled_from([3, 4, 6, 7, None]),
    ),
    min_size=1,
    max_size=30,
    unique_by=lambda place: place[:2],
)


@settings(max_examples=40)
@given(PLACES)
def test_everybody_who_ends_a_step_is_told_once(
    places: list[tuple[int, int, str, float | None]],
) -> None:
    table = flows(*[(f"{who}", *rest) for who, *rest in places])
    ways = table[["same_provider", "other_provider", "not_seen_again"]].sum(axis=1)
    assert (table["leaving_step"] == ways).all()
    assert (table.loc[table["leaving_step"] > 0, "year"] < max(p[1] for p in places)).all()
    last = {who: max(p[1] for p in places if p[0] == who) for who, *_ in places}
    gone = [p for p in places if p[1] == last[p[0]] < max(last.values()) and p[3] is not None]
    assert table["not_seen_again"].sum() == len(gone)


@pytest.mark.parametrize("tables", [{}, {"learners": [{"learner_id": "a", "gender": "F"}]}])
def test_where_nobody_can_be_followed_the_tables_are_empty_and_have_their_columns(
    tables: dict[str, list[dict[str, object]]],
) -> None:
    journeys = link.journeys(checked(**tables))
    assert follow.flows(journeys).columns.tolist() == [*FLOW_KEYS, *FLOW_SUMS]
    assert follow.transitions(journeys).columns.tolist() == [*PAIR_KEYS, *PAIR_SUMS]
    assert follow.flows(journeys).empty
    assert follow.transitions(journeys).empty
