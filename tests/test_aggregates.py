"""Counts that others made are used only where no learner can count twice, and it is said which were."""

from __future__ import annotations

import numpy as np
import pandas as pd
from builders import community, providers, table
from hypothesis import given, settings
from hypothesis import strategies as st

from colanalysis import aggregates
from colanalysis.measure import CELL, SUMS

ALL = {"n": 100, "n_success": 60, "year_level": 4}
GIRLS = {"n": 55, "n_success": 40, "year_level": 4, "gender": "F"}
BOYS = {"n": 45, "n_success": 20, "year_level": 4, "gender": "M"}
SUPPRESSED = {"n": None, "n_success": None, "mark": "c"}


def read(*rows: dict[str, object], attributes: tuple[str, ...] | None = None) -> pd.DataFrame:
    own = community(attributes=attributes)
    return aggregates.from_aggregates(
        table("counts", list(rows)), providers=providers(), community=own
    )


def said(*rows: dict[str, object]) -> list[list[object]]:
    frame = table("counts", list(rows))
    told = aggregates.choices(frame, providers=providers(), community=community())
    return told[["provider_id", "by", "rows", "used"]].values.tolist()


def seen(*rows: dict[str, object]) -> dict[str, int]:
    return read(*rows).groupby("profile")["n"].sum().to_dict()


def test_rows_for_all_learners_are_counts_in_the_columns_of_counts() -> None:
    made = read(ALL)
    assert made.columns.tolist() == [*CELL, "profile", *SUMS]
    expected = ["reading", "years_4_6", 2025, 4.0, "P", "", 100, 60, 0, 0, 0]
    assert made.values.tolist() == [expected]
    assert made[SUMS].dtypes.tolist() == [np.dtype("int64")] * len(SUMS)


def test_of_scores_that_others_hold_nothing_is_known() -> None:
    scores = ["n_scored", "score_sum", "score_squares"]
    assert read(ALL, GIRLS, BOYS)[scores].sum().tolist() == [0, 0, 0]


def test_groups_that_add_up_to_all_learners_take_the_place_of_the_row_for_all() -> None:
    assert seen(ALL, GIRLS, BOYS) == {"gender=F": 55, "gender=M": 45}
    assert said(ALL, GIRLS, BOYS) == [["P", "gender", 3, 2]]


def test_groups_that_overlap_are_not_used() -> None:
    both = [
        {"n": 70, "n_success": 50, "year_level": 4, "ethnicity": "Māori"},
        {"n": 50, "n_success": 20, "year_level": 4, "ethnicity": "Asian"},
    ]
    assert seen(ALL, *both) == {"": 100}
    assert said(ALL, *both) == [["P", "", 3, 1]]


def test_groups_of_which_only_the_learners_add_up_are_not_used() -> None:
    assert seen(ALL, GIRLS, {**BOYS, "n_success": 21}) == {"": 100}


def test_two_ways_to_part_the_same_learners_are_never_both_used() -> None:
    ell = [
        {"n": 10, "n_success": 5, "year_level": 4, "ell": "yes"},
        {"n": 90, "n_success": 55, "year_level": 4, "ell": "no"},
    ]
    assert sum(seen(ALL, GIRLS, BOYS, *ell).values()) == 100


def test_the_finest_rows_that_add_up_are_used() -> None:
    cross = [
        {**GIRLS, "n": 20, "n_success": 20, "ell": "yes"},
        {**GIRLS, "n": 35, "n_success": 20, "ell": "no"},
        {**BOYS, "ell": "no"},
    ]
    fine = {"ell=no & gender=F": 35, "ell=no & gender=M": 45, "ell=yes & gender=F": 20}
    assert seen(ALL, GIRLS, BOYS, *cross) == fine
    assert said(ALL, GIRLS, BOYS, *cross) == [["P", "ell & gender", 6, 3]]
    assert seen(ALL, GIRLS, BOYS, *cross[1:]) == {"gender=F": 55, "gender=M": 45}


def test_a_suppressed_group_leaves_the_row_for_all_learners() -> None:
    assert seen(ALL, GIRLS, {**BOYS, **SUPPRESSED}) == {"": 100}


def test_where_one_school_cannot_be_parted_none_is_in_that_year_and_year_level() -> None:
    other = {"n": 30, "n_success": 3, "year_level": 4, "provider_id": "Q"}
    fifth = [{**row, "year_level": 5} for row in (ALL, GIRLS, BOYS)]
    made = read(ALL, GIRLS, BOYS, other, *fifth)
    assert made[["year_level", "provider_id", "profile", "n"]].values.tolist() == [
        [4, "P", "", 100],
        [4, "Q", "", 30],
        [5, "P", "gender=F", 55],
        [5, "P", "gender=M", 45],
    ]


def test_without_a_row_for_all_learners_nothing_is_used_and_it_is_said() -> None:
    assert read(GIRLS, BOYS).empty
    assert said(GIRLS, BOYS) == [["P", "", 2, 0]]
    assert seen(GIRLS, BOYS, {**ALL, "provider_id": "Q"}) == {"": 100}
    assert said(GIRLS, BOYS, {**ALL, "provider_id": "Q"}) == [["P", "", 2, 0], ["Q", "", 1, 1]]


def test_a_school_without_a_row_for_all_learners_is_left_out_beside_one_that_has_it() -> None:
    elsewhere = [{**row, "provider_id": "Q"} for row in (ALL, GIRLS, BOYS)]
    assert read(GIRLS, BOYS, *elsewhere)["provider_id"].tolist() == ["Q", "Q"]


def test_a_suppressed_row_for_all_learners_is_none() -> None:
    assert read({**ALL, **SUPPRESSED}, GIRLS, BOYS).empty


def test_the_step_is_that_of_the_measure_the_provider_or_the_year_level() -> None:
    made = read(
        {**ALL, "measure": "leaver", "year_level": None},
        {**ALL, "measure": "belonging", "year_level": None, "provider_id": "E"},
        {**ALL, "year_level": 8},
        {**ALL, "measure": "maths", "year_level": None},
    )
    assert sorted(made["stage"]) == ["ece", "leavers", "years_7_8"]


def test_the_total_of_year_levels_is_not_counted_beside_them() -> None:
    rows = [{**ALL, "measure": "leaver", "year_level": level} for level in (None, 12, 13)]
    assert read(*rows)["year_level"].tolist() == [12, 13]


def test_of_a_row_given_twice_the_last_stands() -> None:
    assert seen({**ALL, "n": 90}, ALL) == {"": 100}
    assert seen(ALL, {**GIRLS, "n": 50}, GIRLS, BOYS) == {"gender=F": 55, "gender=M": 45}


def test_rows_about_attributes_that_the_community_did_not_choose_are_not_used() -> None:
    bus = [{**GIRLS, "gender": "", "bus": "yes"}, {**BOYS, "gender": "", "bus": "no"}]
    assert read(ALL, *bus)["n"].tolist() == [45, 55]
    assert read(ALL, *bus, attributes=("gender",))["n"].tolist() == [100]
    assert read(ALL, GIRLS, BOYS, attributes=("Gender",))["n"].tolist() == [55, 45]


def test_a_combination_of_ethnic_groups_is_one_profile() -> None:
    parts = [
        {"n": 30, "n_success": 30, "year_level": 4, "ethnicity": "Māori;Asian"},
        {"n": 70, "n_success": 30, "year_level": 4, "ethnicity": "Māori"},
    ]
    assert seen(ALL, *parts) == {"ethnicity=Asian & ethnicity=Māori": 30, "ethnicity=Māori": 70}


def test_an_empty_table_gives_empty_counts() -> None:
    assert read().columns.tolist() == [*CELL, "profile", *SUMS]
    assert read().empty
    assert said() == []


CELLS = st.tuples(st.sampled_from("PQ"), st.sampled_from([4, 5]))
ROWS = st.fixed_dictionaries(
    {
        "n": st.integers(5, 8),
        "n_success": st.integers(0, 5),
        "gender": st.sampled_from(["", "F", "M"]),
        "ell": st.sampled_from(["", "yes", "no"]),
        "mark": st.sampled_from(["", "", "", "c"]),
    }
)


@settings(max_examples=40)
@given(st.lists(st.tuples(CELLS, ROWS), max_size=25))
def test_whatever_is_given_the_learners_are_those_of_the_rows_for_all(rows: list) -> None:
    given_rows = [{**row, "provider_id": p, "year_level": level} for (p, level), row in rows]
    whole = {
        (row["provider_id"], row["year_level"]): row["n"]
        for row in given_rows
        if not row["gender"] and not row["ell"] and not row["mark"]
    }
    made = read(*given_rows).groupby(["provider_id", "year_level"])["n"].sum().to_dict()
    assert made == whole
