"""Counts are whole numbers that add: over schools, over groups of a profile, over halves of the data."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from builders import checked, counted
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from colanalysis import link, measure
from colanalysis.check import Checked
from colanalysis.link import Journeys
from colanalysis.measure import CELL

ETHNICITIES = ["Māori", "Pacific Peoples", "Asian", "Māori;Asian", ""]
KEYS = [*CELL, "profile"]


@cache
def many() -> Checked:
    """Two hundred learners over three years: some in two groups, some results missing."""
    rng = np.random.default_rng(20)
    learners = [
        {"learner_id": f"L{i}", "gender": rng.choice(["F", "M", ""]), "ethnicity": ethnicity}
        for i, ethnicity in enumerate(rng.choice(ETHNICITIES, 200))
    ]
    places = [
        {
            "learner_id": one["learner_id"],
            "provider_id": rng.choice(["P", "Q"]),
            "year": year,
            "year_level": 2 + i % 5 + year - 2023,
        }
        for i, one in enumerate(learners)
        for year in (2023, 2024, 2025)
        if rng.random() < 0.8
    ]
    results = [
        {**place, "measure": name, "score": rng.choice([0.0, 1.0, np.nan], p=[0.4, 0.5, 0.1])}
        for place in places
        for name in ("reading", "belonging")
        if rng.random() < 0.7
    ]
    return checked(learners=learners, enrolments=places, observations=results)


@cache
def journeys() -> Journeys:
    return link.journeys(many())


def raw() -> pd.DataFrame:
    """The same results in plain pandas: one row a judged result, with the learner's attributes."""
    frames = many().frames
    rows = frames["observations"].merge(frames["learners"], on="learner_id")
    return rows[rows["score"].notna()]


def in_group(rows: pd.DataFrame, group: str) -> pd.Series:
    parts = [part.split("=") for part in group.split(" & ")] if group else []
    tests = [rows[name].str.split(";").map(lambda v, one=one: one in v) for name, one in parts]
    return np.logical_and.reduce([np.ones(len(rows), dtype=bool), *tests])


def test_counts_are_whole_numbers_and_all_results_are_in_them() -> None:
    table = measure.counts(journeys())
    assert list(table) == [*CELL, "profile", "n", "n_success"]
    assert table[["n", "n_success"]].dtypes.tolist() == [np.dtype("int64")] * 2
    assert table["n"].sum() == len(raw())
    assert table["n_success"].sum() == raw()["score"].sum()
    assert (table["n_success"] <= table["n"]).all()


def test_every_cell_is_there_once() -> None:
    assert not measure.counts(journeys()).duplicated(KEYS).any()


def test_counts_per_school_year_and_year_level_are_those_of_plain_pandas() -> None:
    keys = ["measure", "year", "year_level", "provider_id"]
    expected = raw().groupby(keys)["score"].agg(["size", "sum"])
    found = measure.counts(journeys()).groupby(keys)[["n", "n_success"]].sum()
    assert expected.astype(int).values.tolist() == found.values.tolist()
    assert expected.index.equals(found.index)


def test_a_profile_names_all_groups_in_alphabetical_order() -> None:
    rows = checked(
        learners=[{"learner_id": "a", "gender": "F", "ethnicity": "Māori;Asian"}],
        observations=[{"learner_id": "a", "year_level": 4}],
    )
    profile = measure.counts(link.journeys(rows))["profile"].item()
    assert profile == "ethnicity=Asian & ethnicity=Māori & gender=F"


def test_counts_keep_results_without_a_year_level() -> None:
    rows = checked(observations=[{"learner_id": "a", "measure": "ece_before"}])
    table = measure.counts(link.journeys(rows))
    assert table[["stage", "n", "n_success"]].values.tolist() == [["ece", 1, 1]]
    assert table["year_level"].isna().all()


def test_results_that_no_rule_can_judge_are_not_counted() -> None:
    base = {"year_level": 4, "score": None}
    rows = [{"learner_id": "a", **base}, {"learner_id": "b", **base, "score": 0.0}]
    table = measure.counts(link.journeys(checked(observations=rows)))
    assert table[["n", "n_success"]].values.tolist() == [[1, 0]]


@settings(max_examples=40)
@given(st.lists(st.booleans(), min_size=200, max_size=200))
def test_counts_of_two_halves_add_to_the_counts_of_the_whole(half: list[bool]) -> None:
    whole = journeys()
    chosen = whole.results["learner"].map(dict(enumerate(half)))
    parts = [
        measure.counts(
            Journeys(whole.community, whole.results[one], whole.places, whole.memberships)
        )
        for one in (chosen, ~chosen)
    ]
    assert_frame_equal(measure.merge(*parts), measure.counts(whole))


def test_counts_of_the_same_cell_are_added_where_the_year_level_is_missing_too() -> None:
    one = counted({"year_level": None}, {"year_level": 5})
    assert measure.merge(one, one)[["n", "n_success"]].values.tolist() == [[40, 20], [40, 20]]


@pytest.mark.parametrize("group", ["", "gender=F", "ethnicity=Māori", "ethnicity=Asian & gender=M"])
def test_groups_are_those_of_plain_pandas(group: str) -> None:
    rows = raw()[in_group(raw(), group)]
    keys = ["measure", "year", "year_level", "provider_id"]
    expected = rows.groupby(keys)["score"].agg(["size", "sum"]).astype(int)
    table = measure.groups(measure.counts(journeys()), deepest=2)
    found = table[table["group"] == group].set_index(keys).sort_index()[["n", "n_success"]]
    assert len(rows) > 20
    assert found.index.equals(expected.index)
    assert found.values.tolist() == expected.values.tolist()


def test_groups_are_single_ones_unless_deeper_ones_are_asked_for() -> None:
    assert not measure.groups(measure.counts(journeys()))["group"].str.contains("&").any()


def test_groups_keep_results_without_a_year_level() -> None:
    table = measure.groups(counted({"year_level": None, "profile": "gender=F", "n": 7}))
    assert table[["group", "n"]].values.tolist() == [["", 7], ["gender=F", 7]]


def test_a_learner_in_two_groups_counts_in_each_and_once_in_all() -> None:
    table = measure.groups(counted({"profile": "ethnicity=Asian & ethnicity=Māori", "n": 7}))
    assert table.set_index("group")["n"].to_dict() == {
        "": 7,
        "ethnicity=Asian": 7,
        "ethnicity=Māori": 7,
    }


def test_members_never_join_two_values_of_one_attribute() -> None:
    profiles = pd.Series(["a=1 & a=2 & b=1 & c=1", "a=2 & c=1", ""])
    joined = [group for group in measure.members(profiles, deepest=3) if "&" in group]
    expected = {"a=1 & b=1", "a=1 & c=1", "a=2 & b=1", "a=2 & c=1", "b=1 & c=1"}
    assert set(joined) == expected | {"a=1 & b=1 & c=1", "a=2 & b=1 & c=1"}


def test_members_say_which_profiles_are_in_a_group() -> None:
    profiles = pd.Series(["a=1 & b=1", "a=1", "b=1", "a=11", ""])
    table = measure.members(profiles, deepest=2)
    assert table.index.tolist() == profiles.tolist()
    assert table.astype(int).to_dict("list") == {
        "": [1, 1, 1, 1, 1],
        "a=1": [1, 1, 0, 0, 0],
        "a=11": [0, 0, 0, 1, 0],
        "b=1": [1, 0, 1, 0, 0],
        "a=1 & b=1": [1, 0, 0, 0, 0],
    }


def test_members_of_learners_without_groups_are_everybody_alone() -> None:
    assert list(measure.members(pd.Series([""]), deepest=2)) == [""]
    assert list(measure.members(pd.Series([], dtype=object), deepest=2)) == [""]


def repeats(*scores: tuple[str, int, float, float | None]) -> pd.Series:
    """What is said of results given as learner, year, year level and score."""
    rows = [
        {"learner_id": who, "year": year, "year_level": level, "score": score}
        for who, year, level, score in scores
    ]
    return measure.repeats(link.journeys(checked(observations=rows))).iloc[0]


def test_the_design_effect_is_one_where_every_learner_has_one_result() -> None:
    told = repeats(("a", 2025, 4, 1), ("b", 2025, 4, 0), ("c", 2025, 4, 1), ("d", 2024, 4, 1))
    assert told["design_effect"] == 1
    assert (told["learners"], told["results"]) == (4, 4)


def test_results_that_only_repeat_each_other_count_as_much_as_there_are_learners() -> None:
    same = [("a", 1), ("b", 0), ("c", 1), ("d", 0)]
    told = repeats(*[(who, year, 4, x) for year in (2023, 2024, 2025) for who, x in same])
    assert told["correlation"] == pytest.approx(1)
    assert told["design_effect"] == pytest.approx(3)
    assert told["results"] / told["design_effect"] == pytest.approx(told["learners"])


def test_repeats_by_hand_where_some_learners_have_more_results_than_others() -> None:
    # Shares: 2023 all, 2024 2/4, 2025 3/4. Away in 2024 and 2025: a and c +1/2 +1/4, b -1/2 -3/4,
    # d -1/2 +1/4. Products over the 8 ordered pairs: 2 (1/8 + 3/8 + 1/8 - 1/8) = 1, so 1/8 a pair;
    # variance (1 + 3/4) / 9; correlation 1/8 x 36/7 = 9/14; 8 pairs for 9 results.
    told = repeats(
        ("a", 2024, 4, 1), ("b", 2024, 4, 0), ("c", 2024, 4, 1), ("d", 2024, 4, 0),
        ("a", 2025, 4, 1), ("b", 2025, 4, 0), ("c", 2025, 4, 1), ("d", 2025, 4, 1),
        ("e", 2023, 4, 1),
    )  # fmt: skip
    assert told["correlation"] == pytest.approx(9 / 14)
    assert told["design_effect"] == pytest.approx(1 + 9 / 14 * 8 / 9)


def test_results_that_swap_do_not_make_the_design_effect_smaller_than_one() -> None:
    told = repeats(("a", 2024, 4, 1), ("b", 2024, 4, 0), ("a", 2025, 4, 0), ("b", 2025, 4, 1))
    assert (told["correlation"], told["design_effect"]) == (0, 1)


def test_only_what_is_left_beside_year_and_year_level_counts_as_repeated() -> None:
    told = repeats(("a", 2024, 4, 0), ("a", 2025, 4, 0), ("b", 2024, 5, 1), ("b", 2025, 5, 1))
    assert (told["correlation"], told["design_effect"]) == (0, 1)


def test_missing_results_are_no_repeats() -> None:
    told = repeats(("a", 2024, 4, 1), ("b", 2024, 4, 0), ("a", 2025, 4, None))
    assert (told["results"], told["design_effect"]) == (2, 1)


def test_repeats_are_told_for_every_measure_and_step_that_has_counts() -> None:
    twice = [{"learner_id": "a", "year": year, "year_level": 4} for year in (2024, 2025)]
    once = [{"learner_id": "b", "measure": "belonging", "year_level": level} for level in (4, 9)]
    whole = link.journeys(checked(observations=[*twice, once[0], {**once[1], "learner_id": "c"}]))
    told, table = measure.repeats(whole), measure.counts(whole)
    pairs = ["measure", "stage"]
    assert told[pairs].values.tolist() == table[pairs].drop_duplicates().values.tolist()
    assert len(told) == 3


def test_coverage_is_that_of_plain_pandas() -> None:
    frames = many().frames
    places = frames["enrolments"].merge(frames["learners"], on="learner_id")
    results = raw()[raw()["measure"] == "reading"].assign(assessed=1)
    keys = ["learner_id", "year"]
    rows = places.merge(results[[*keys, "assessed"]], how="left", on=keys)
    steps = ["years_0_3", "years_4_6", "years_7_8"]
    rows["stage"] = pd.cut(rows["year_level"], [-1, 3, 6, 8], labels=steps)
    table = measure.coverage(journeys())
    for group in ("", "gender=M", "ethnicity=Asian"):
        own = rows[in_group(rows, group)]
        expected = own.groupby(["stage", "year", "provider_id"], observed=True)["assessed"]
        expected = expected.agg(["size", "count"])
        found = table[(table["measure"] == "reading") & (table["group"] == group)]
        found = found.set_index(["stage", "year", "provider_id"])[["eligible", "assessed"]]
        assert found.values.tolist() == expected.values.tolist()
        assert found.index.tolist() == expected.index.tolist()


def covered(measure_id: str, **tables: list[dict[str, object]]) -> list[list[object]]:
    levels = {
        (row["learner_id"], row.get("year", 2025)): row["year_level"]
        for row in tables.get("enrolments", [])
        if "year_level" in row
    }
    tables["observations"] = [
        {"year_level": levels.get((row["learner_id"], row.get("year", 2025))), **row}
        for row in tables.get("observations", [])
    ]
    table = measure.coverage(link.journeys(checked(**tables)))
    own = table[(table["measure"] == measure_id) & (table["group"] == "")]
    return own[["stage", "year", "provider_id", "eligible", "assessed"]].values.tolist()


def test_only_learners_whom_the_measure_is_for_are_eligible_in_years_in_which_it_was_used() -> None:
    places = [
        {"learner_id": "a", "year_level": 8},
        {"learner_id": "b", "year_level": 7},
        {"learner_id": "c", "year_level": 9},
        {"learner_id": "d", "year_level": 0},
        {"learner_id": "a", "year_level": 7, "year": 2024},
    ]
    assert covered("reading", enrolments=places, observations=[{"learner_id": "a"}]) == [
        ["years_7_8", 2025, "P", 2, 1]
    ]


def test_a_measure_without_year_levels_is_for_all_of_them() -> None:
    places = [{"learner_id": "a", "year_level": 0}, {"learner_id": "b", "year_level": 13}]
    results = [{"learner_id": "a", "measure": "belonging"}]
    assert covered("belonging", enrolments=places, observations=results) == [
        ["years_0_3", 2025, "P", 1, 1],
        ["years_11_13", 2025, "P", 1, 0],
    ]


def test_a_result_without_a_score_was_not_assessed() -> None:
    places = [{"learner_id": who, "year_level": 4} for who in "ab"]
    results = [{"learner_id": "a"}, {"learner_id": "b", "score": None}]
    assert covered("reading", enrolments=places, observations=results) == [
        ["years_4_6", 2025, "P", 2, 1]
    ]


def test_a_learner_at_two_schools_in_a_year_is_eligible_once_at_the_last() -> None:
    places = [
        {"learner_id": "a", "provider_id": "Q", "year_level": 4, "start_date": "2025-06-01"},
        {"learner_id": "a", "provider_id": "P", "year_level": 4, "start_date": "2025-02-01"},
    ]
    results = [{"learner_id": "a", "provider_id": "P"}]
    assert covered("reading", enrolments=places, observations=results) == [
        ["years_4_6", 2025, "Q", 1, 1]
    ]


@pytest.mark.parametrize("name", ["ece_before", "leaver"])
def test_a_measure_with_a_step_of_its_own_has_no_coverage(name: str) -> None:
    places = [{"learner_id": "a", "year_level": 4}]
    assert (
        covered(name, enrolments=places, observations=[{"learner_id": "a", "measure": name}]) == []
    )


def test_an_anonymous_survey_has_no_coverage() -> None:
    places = [{"learner_id": "a", "year_level": 4}]
    assert covered("belonging", enrolments=places, survey=[{"year_level": 4}]) == []


NOTHING = {
    "no rows": {},
    "no results": {"enrolments": [{"learner_id": "a", "year_level": 4}]},
    "no scores": {"observations": [{"learner_id": "a", "year_level": 4, "score": None}]},
}


@pytest.mark.parametrize("tables", NOTHING.values(), ids=NOTHING.keys())
def test_where_there_is_nothing_the_tables_are_empty_and_have_their_columns(
    tables: dict[str, list[dict[str, object]]],
) -> None:
    whole = link.journeys(checked(**tables))
    counts = measure.counts(whole)
    assert counts.empty
    assert measure.groups(counts).columns.tolist() == [*CELL, "group", "n", "n_success"]
    assert measure.repeats(whole).empty
    assert measure.coverage(whole).columns.tolist()[-2:] == ["eligible", "assessed"]
    assert measure.coverage(whole).empty


def test_all_who_succeed_are_counted_without_a_warning() -> None:
    told = repeats(("a", 2024, 4, 1), ("a", 2025, 5, 1), ("b", 2025, 5, 1))
    assert (told["correlation"], told["design_effect"]) == (0, 1)
