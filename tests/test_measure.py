"""Counts are whole numbers that add: over schools, over groups of a profile, over halves of the data."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pandas as pd
import pytest
from builders import checked, counted
from by_hand import BOTH_ENDS
from by_hand import pairs as pairs_by_hand
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from colanalysis import coded, link, measure
from colanalysis.check import Checked
from colanalysis.link import Journeys
from colanalysis.measure import CELL, PAIR_SUMS, SUMS

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
    rows = coded.plain(frames["observations"]).merge(frames["learners"], on="learner_id")
    return rows[rows["score"].notna()]


def in_group(rows: pd.DataFrame, group: str) -> pd.Series:
    parts = [part.split("=") for part in group.split(" & ")] if group else []
    tests = [rows[name].str.split(";").map(lambda v, one=one: one in v) for name, one in parts]
    return np.logical_and.reduce([np.ones(len(rows), dtype=bool), *tests])


def test_counts_are_whole_numbers_and_all_results_are_in_them() -> None:
    table = measure.counts(journeys())
    assert list(table) == [*CELL, "profile", *SUMS]
    assert table[SUMS].dtypes.tolist() == [np.dtype("int64")] * len(SUMS)
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


def test_counts_of_the_same_cell_are_added_where_the_year_level_is_missing_too() -> None:
    one = counted({"year_level": None}, {"year_level": 5})
    assert measure.merge(one, one)[["n", "n_success"]].values.tolist() == [[40, 20], [40, 20]]


@pytest.mark.parametrize("group", ["", "gender=F", "ethnicity=Māori", "ethnicity=Asian"])
def test_groups_are_those_of_plain_pandas(group: str) -> None:
    rows = raw()[in_group(raw(), group)]
    keys = ["measure", "year", "year_level", "provider_id"]
    expected = rows.groupby(keys)["score"].agg(["size", "sum"]).astype(int)
    table = measure.groups(measure.counts(journeys()))
    found = table[table["group"] == group].set_index(keys).sort_index()[["n", "n_success"]]
    assert len(rows) > 20
    assert found.index.equals(expected.index)
    assert found.values.tolist() == expected.values.tolist()


def test_groups_are_single_ones() -> None:
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


# -- Scores --------------------------------------------------------------------------------------


def test_scores_add_up_in_whole_thousandths() -> None:
    scores = {"a": 1.25, "b": 0.3333, "c": -2.0, "d": None}
    rows = [
        {"learner_id": who, "measure": "maths", "year_level": 4, "score": score}
        for who, score in scores.items()
    ]
    table = measure.counts(link.journeys(checked(observations=rows)))
    squares = 1250**2 + 333**2 + 2000**2
    assert table[SUMS].values.tolist() == [[3, 0, 3, 1250 + 333 - 2000, squares]]


def test_scores_are_those_of_plain_pandas() -> None:
    keys = ["measure", "year", "year_level", "provider_id"]
    own = raw().assign(squared=raw()["score"] ** 2)
    expected = own.groupby(keys)[["score", "squared"]].sum() * [1000, 1000**2]
    found = measure.counts(journeys()).groupby(keys)[["score_sum", "score_squares"]].sum()
    assert found.values.tolist() == expected.values.tolist()


# -- Pairs ---------------------------------------------------------------------------------------


def judged_rows() -> pd.DataFrame:
    """Judged results as the second road wants them, with learners' groups in plain pandas."""
    steps = ["years_0_3", "years_4_6", "years_7_8"]
    rows = raw().rename(columns={"learner_id": "learner"})
    return rows.assign(
        success=rows["score"] == 1,
        stage=pd.cut(rows["year_level"], [-1, 3, 6, 8], labels=steps).astype(object),
        profile=[
            " & ".join(
                [f"ethnicity={one}" for one in sorted(ethnicity.split(";")) if one]
                + ([f"gender={gender}"] if gender else [])
            )
            for ethnicity, gender in zip(rows["ethnicity"], rows["gender"], strict=True)
        ],
    )


def test_pairs_are_those_of_plain_pandas() -> None:
    table = measure.pairs(journeys())
    expected = pairs_by_hand(judged_rows()[[*CELL, "learner", "profile", "success"]])
    assert len(table) > 200
    assert list(table) == [*CELL, *measure.LATER, "profile", *PAIR_SUMS]
    assert table[PAIR_SUMS].dtypes.tolist() == [np.dtype("int64")] * 4
    assert_frame_equal(
        table.sort_values(BOTH_ENDS).reset_index(drop=True)[[*BOTH_ENDS, *PAIR_SUMS]],
        expected.sort_values(BOTH_ENDS).reset_index(drop=True)[[*BOTH_ENDS, *PAIR_SUMS]],
        check_dtype=False,
    )


def pairs_of(*results: tuple[str, int, float, float | None, str]) -> pd.DataFrame:
    rows = [
        {"learner_id": who, "year": year, "year_level": level, "score": score, "provider_id": place}
        for who, year, level, score, place in results
    ]
    return measure.pairs(link.journeys(checked(observations=rows)))


def test_three_results_of_a_learner_are_three_pairs_the_earlier_first() -> None:
    table = pairs_of(("a", 2025, 6, 0, "P"), ("a", 2023, 4, 1, "Q"), ("a", 2024, 5, 1, "P"))
    ends = ["year", "provider_id", "year_later", "provider_id_later", *PAIR_SUMS]
    assert table[ends].values.tolist() == [
        [2023, "Q", 2024, "P", 1, 1, 1, 1],
        [2023, "Q", 2025, "P", 1, 1, 0, 0],
        [2024, "P", 2025, "P", 1, 1, 0, 0],
    ]


def test_learners_who_do_the_same_are_counted_together() -> None:
    both = [("a", 1, 1), ("b", 1, 0), ("c", 0, 1), ("d", 0, 0), ("e", 1, 1)]
    table = pairs_of(
        *[(who, 2024 + at, 4 + at, score[at], "P") for who, *score in both for at in (0, 1)]
    )
    assert table[PAIR_SUMS].values.tolist() == [[5, 3, 3, 2]]


def test_what_cannot_be_judged_or_is_of_another_measure_is_no_pair() -> None:
    assert pairs_of(("a", 2024, 4, 1, "P"), ("a", 2025, 5, None, "P")).empty
    assert pairs_of(("a", 2024, 4, 1, "P"), ("b", 2025, 5, 1, "P")).empty
    rows = [
        {"learner_id": "a", "year": year, "year_level": 5, "measure": name}
        for year, name in [(2024, "reading"), (2025, "belonging")]
    ]
    assert measure.pairs(link.journeys(checked(observations=rows))).empty


def test_pairs_keep_results_without_a_year_level() -> None:
    rows = [
        {"learner_id": "a", "year": year, "measure": "ece_before", "year_level": None}
        for year in (2024, 2025)
    ]
    table = measure.pairs(link.journeys(checked(observations=rows)))
    assert table[["stage", "stage_later", "n"]].values.tolist() == [["ece", "ece", 1]]
    assert table[["year_level", "year_level_later"]].isna().all(axis=None)


@settings(max_examples=12)
@given(st.lists(st.integers(0, 2), min_size=200, max_size=200))
def test_counts_and_pairs_of_several_tables_add_to_those_of_the_whole(where: list[int]) -> None:
    """A learner's results have to be in one table, or what they repeat is not seen."""
    whole = journeys()
    chosen = whole.results["learner"].map(dict(enumerate(where)))
    parts = [dataclasses.replace(whole, results=whole.results[chosen == one]) for one in (0, 1, 2)]
    for make, merge in ((measure.counts, measure.merge), (measure.pairs, measure.merge_pairs)):
        assert_frame_equal(merge(*[make(one) for one in parts]), make(whole))
        assert_frame_equal(merge(*[make(one) for one in parts[::-1]]), make(whole))


def test_counts_of_schools_add_to_the_counts_of_all() -> None:
    table = measure.counts(journeys())
    schools = [own for _, own in table.groupby("provider_id")]
    assert len(schools) == 2
    assert_frame_equal(measure.merge(*schools[::-1]), table)
    assert_frame_equal(measure.merge(table, table)[SUMS], table[SUMS] * 2)


# -- Profiles ------------------------------------------------------------------------------------


def test_profiles_join_the_groups_of_each_learner_who_has_any() -> None:
    named = pd.DataFrame(
        [(7, "b=1"), (3, "c=2"), (7, "a=2"), (7, "a=1"), (3, "a=9")], columns=["learner", "group"]
    )
    assert measure.profiles(named).to_dict() == {3: "a=9 & c=2", 7: "a=1 & a=2 & b=1"}
    assert measure.profiles(named.iloc[:0]).to_dict() == {}


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abcd")), unique=True))
def test_profiles_are_those_of_plain_pandas_in_whatever_order(rows: list[tuple[int, str]]) -> None:
    named = pd.DataFrame(rows, columns=["learner", "group"])
    expected = {who: " & ".join(sorted(g for w, g in rows if w == who)) for who, _ in rows}
    assert measure.profiles(named).to_dict() == expected


# -- Coverage ------------------------------------------------------------------------------------


def test_coverage_is_that_of_plain_pandas() -> None:
    frames = many().frames
    places = coded.plain(frames["enrolments"]).merge(frames["learners"], on="learner_id")
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
    pairs = measure.pairs(whole)
    assert pairs.empty
    assert pairs.columns.tolist() == [*CELL, *measure.LATER, "profile", *PAIR_SUMS]
    assert measure.merge_pairs(pairs, pairs).empty
    assert measure.coverage(whole).columns.tolist()[-2:] == ["eligible", "assessed"]
    assert measure.coverage(whole).empty
