"""The same learners are followed from year to year; nobody who ends a step is dropped or told twice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from builders import checked
from hypothesis import given, settings
from hypothesis import strategies as st

from colanalysis import follow, link
from colanalysis.follow import FLOW_KEYS, FLOW_SUMS

GOES = ["stage_before", "year", *FLOW_SUMS]


def steps_taken(results: list[dict[str, object]]) -> pd.DataFrame:
    """Results with where the same learner stood a year before and a year after each."""
    rows = [{"measure": "belonging", **one} for one in results]
    journeys = link.journeys(checked(observations=rows))
    return journeys.results.join(follow.steps_taken(journeys))


def ends(results: list[dict[str, object]]) -> list[list[object]]:
    return steps_taken(results)[["year", "came_from", "goes_to"]].values.tolist()


def flows(*places: tuple[str, int, str, float | None]) -> pd.DataFrame:
    """Flows of enrolments given as learner, year, provider and year level."""
    rows = [
        {"learner_id": who, "year": year, "provider_id": provider, "year_level": level}
        for who, year, provider, level in places
    ]
    return follow.flows(link.journeys(checked(enrolments=rows)))


def test_where_a_learner_stood_before_and_after_is_that_of_plain_pandas(
    rng: np.random.Generator,
) -> None:
    results = [
        {
            "learner_id": f"{one}",
            "measure": name,
            "year": year,
            "year_level": 5 + year - 2022,
            "score": score,
        }
        for one in range(120)
        for name in ("belonging", "reading")
        for year in (2022, 2023, 2024, 2025)
        if (score := rng.choice([0.0, 1.0, np.nan, 9.0], p=[0.3, 0.4, 0.1, 0.2])) != 9
    ]
    rows = pd.DataFrame(results)
    rows["stage"] = rows["year_level"].map(
        {5: "years_4_6", 6: "years_4_6", 7: "years_7_8", 8: "years_7_8"}
    )
    known = rows.dropna().set_index(["learner_id", "measure", "year"])["stage"].to_dict()
    expected = [
        [known.get((row.learner_id, row.measure, row.year + step), "") for step in (-1, 1)]
        if (row.learner_id, row.measure, row.year) in known
        else ["", ""]
        for row in rows.itertuples()
    ]
    table = steps_taken(results)
    numbers = {name: place for place, name in enumerate(rows["learner_id"].unique())}
    keys = rows["learner_id"].map(numbers), rows["measure"], rows["year"]
    told = table.set_index(["learner", "measure", "year"]).loc[list(zip(*keys, strict=True))]
    assert told[["came_from", "goes_to"]].values.tolist() == expected
    assert sum(one != "" for one, _ in expected) > 300


def test_a_step_that_was_taken_is_said_at_both_of_its_ends() -> None:
    results = [{"learner_id": "a", "year": 2023 + i, "year_level": 5 + i} for i in range(3)]
    assert ends(results) == [
        [2023, "", "years_4_6"],
        [2024, "years_4_6", "years_7_8"],
        [2025, "years_4_6", ""],
    ]


def test_years_that_do_not_follow_each_other_are_not_paired() -> None:
    results = [{"learner_id": "a", "year": year, "year_level": 5} for year in (2022, 2024)]
    assert ends(results) == [[2022, "", ""], [2024, "", ""]]


def test_a_missing_result_is_no_half_of_a_pair() -> None:
    results = [
        {"learner_id": "a", "year": 2023, "year_level": 5},
        {"learner_id": "a", "year": 2024, "year_level": 6, "score": None},
    ]
    assert ends(results) == [[2023, "", ""], [2024, "", ""]]


def test_no_pair_reaches_over_a_change_of_the_yardstick() -> None:
    results = [
        {"learner_id": "a", "measure": name, "year": year, "year_level": 5}
        for name in ("changed", "belonging")
        for year in range(2021, 2027)
    ]
    table = steps_taken(results)
    went = table[table["goes_to"] != ""].groupby("measure")["year"].agg(list)
    assert went["changed"] == [2021, 2022, 2024, 2025]
    assert went["belonging"] == list(range(2021, 2026))
    came = table[table["came_from"] != ""].groupby("measure")["year"].agg(list)
    assert came["changed"] == [2022, 2023, 2025, 2026]


SCORES = st.lists(st.tuples(*[st.sampled_from([0.0, 1.0, None])] * 3), min_size=1, max_size=25)


@settings(max_examples=25)
@given(SCORES)
def test_every_pair_of_results_is_seen_from_either_side(
    scores: list[tuple[float | None, ...]],
) -> None:
    table = steps_taken(
        [
            {"learner_id": f"{who}", "year": 2023 + i, "year_level": 5, "score": score}
            for who, own in enumerate(scores)
            for i, score in enumerate(own)
        ]
    )
    pairs = [pair for own in scores for pair in zip(own, own[1:], strict=False)]
    both = [pair for pair in pairs if None not in pair]
    for column, side in (("goes_to", 0), ("came_from", 1)):
        own = table[table[column] != ""]
        assert len(own) == len(both)
        assert own["success"].sum() == sum(pair[side] for pair in both)


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
    assert follow.steps_taken(journeys).columns.tolist() == ["came_from", "goes_to"]
    assert follow.flows(journeys).empty
    assert follow.steps_taken(journeys).empty


@settings(max_examples=25)
@given(PLACES)
def test_flows_count_every_move_once(places: list[tuple[int, int, str, float | None]]) -> None:
    rows = [
        {"learner_id": f"{who}", "year": year, "provider_id": provider, "year_level": level}
        for who, year, provider, level in places
    ]
    journeys = link.journeys(checked(enrolments=rows))
    went, table = follow.moves(journeys), follow.flows(journeys)
    between = went[went["stage_before"].notna() & went["stage_after"].notna()]
    assert not went.duplicated(["learner", "year", "went"]).any()
    for way in (*follow.PARTS, follow.NEW):
        assert table[way].sum() == (between["went"] == way).sum()
