"""Findings as the public may see them: worked out by hand from what was found exactly."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from colanalysis import evidence
from colanalysis.comparing import rank
from colanalysis.publishing import protect, restate
from colanalysis.terms.settings import Settings

PUBLIC = protect.rules_for("public", Settings())
GOVERNANCE = protect.rules_for("governance", Settings())
NEVER = {"sure", "pull", "n_others", "design_effect", "z", "error", "raw_gap", "smallest"}
ONE = {
    "rank": 1, "direction": "hurdle", "kind": "gap", "measure": "reading", "year_level_min": 4.0,
    "year_level_max": 6.0, "year_min": 2022, "year_max": 2025, "provider_id": "",
    "group": "gender=male", "n_learners": 100, "n_success": 50, "rate": 0.5,
    "reference": "other learners of the same step", "reference_rate": 0.7, "gap": -0.16,
    "gap_low": -0.25, "gap_high": -0.07, "p_value": 0.001, "q_value": 0.01, "years_seen": 3,
    "learners_to_shift": 5, "evidence": "strong",
    "notes": "99% sure to be beyond 5%; shows in 3 of 4 years; a learner counts once in each year",
    "stages": "years_4_6", "years_with_data": 4, "n_latest": 30, "sure": 0.994, "pull": 0.42,
    "n_others": 200.0, "design_effect": 1.0,
}  # fmt: skip


def found(*changes):
    rows = [{**ONE, "rank": place, **change} for place, change in enumerate(changes, start=1)]
    return pd.DataFrame(rows, columns=[*rank.COLUMNS, *rank.EXTRA])


def seen(*changes, rules=PUBLIC, provider="", surveyed=frozenset()):
    return restate.findings(found(*changes), rules, provider=provider, surveyed=surveyed)


def only(**change):
    return seen(change).iloc[0]


def three(count):
    return 3 * math.floor(count / 3 + 0.5)


def test_a_finding_is_worked_out_again_from_rounded_counts():
    row = only()
    assert (row["n_learners"], row["n_success"], row["rate"]) == (99, 51, 0.52)
    assert row["reference_rate"] == 0.70  # 141 of 201
    own = (0.52 * 99 + 1) / 101
    error = math.sqrt(own * (1 - own) / 99 + 0.7 * 0.3 / 201)
    assert row["gap"] == round(0.52 - 0.70 + 0.4 * error, 2) == -0.16
    assert row["learners_to_shift"] == 6  # 0.16 x 30 = 4.8, up to a multiple of three
    half = 1.96 * error
    assert (row["gap_low"], row["gap_high"]) == (round(-0.16 - half, 2), round(-0.16 + half, 2))


def test_learners_to_shift_are_not_counted_up_by_a_slip_of_the_machine():
    # 0.63 beside 0.70 of 300 learners a year: 21, though 0.07 x 300 / 3 is a hair above 7 here
    row = only(n_learners=300, n_success=189, pull=0.0, n_latest=300)
    assert (row["gap"], row["learners_to_shift"]) == (-0.07, 21)


def test_a_finding_that_is_surer_comes_first():
    rows = seen({"group": "a", "sure": 0.8}, {"group": "b", "sure": 0.9})
    assert list(rows["group"]) == ["b", "a"]


def test_what_it_was_worked_out_with_stays_behind():
    for rules in (PUBLIC, GOVERNANCE):
        columns = set(seen({}, rules=rules))
        assert not columns & NEVER
        assert set(rank.COLUMNS) <= columns
    assert only()[["p_value", "q_value"]].isna().all()


def test_governance_sees_what_was_found():
    row = seen({"n_learners": 7, "n_success": 1, "n_latest": 2}, rules=GOVERNANCE).iloc[0]
    assert (row["n_learners"], row["n_success"], row["n_latest"]) == (7, 1, 2)
    assert (row["gap"], row["p_value"], row["learners_to_shift"]) == (-0.16, 0.001, 5)
    assert row["notes"] == ONE["notes"]


def test_how_sure_it_is_leaves_the_notes():
    assert only()["notes"] == "shows in 3 of 4 years; a learner counts once in each year"


@pytest.mark.parametrize("n", [25, 28, 29, 30, 31, 33])
def test_few_learners_are_said_of_the_rounded_count_alone(n):
    exact = ONE["notes"].replace("; a l", "; few learners; a l" if n < 30 else "; a l")
    notes = only(n_learners=n, n_success=n // 2, notes=exact)["notes"]
    assert ("few learners" in notes) == (three(n) < 30)
    assert notes.count("shows in 3 of 4 years") == 1


@pytest.mark.parametrize(
    ("n_others", "share", "told"),
    [(200, 0.99, 0.97), (200, 0.005, 0.03), (20, 0.95, 0.71), (12, 0.9, 0.5), (14, 0.5, 0.6)],
)
def test_the_share_compared_with_leaves_six_on_either_side(n_others, share, told):
    # 195 of 201, 6 of 201, 15 of 21, 6 of 12, 9 of 15
    assert only(n_others=n_others, reference_rate=share)["reference_rate"] == told


@pytest.mark.parametrize(("n_others", "listed"), [(11, 0), (12, 1)])
def test_beside_too_few_others_nothing_is_told(n_others, listed):
    assert len(seen({"n_others": n_others})) == listed


def test_a_step_is_compared_with_the_same_learners_before_it():
    change = {"kind": "transition", "n_learners": 20, "n_success": 8, "n_others": 2000.0}
    # 0.68 x 21 = 14.28, told as 15 of 21
    assert only(**change, reference_rate=0.68)["reference_rate"] == 0.71


@pytest.mark.parametrize("kind", ["level", "transition"])
def test_without_others_to_count_there_is_still_a_range(kind):
    row = only(kind=kind, n_others=np.inf, reference_rate=0.85)
    assert row["reference_rate"] == 0.85
    assert row["gap_low"] < row["gap"] < row["gap_high"]


def test_an_expectation_is_told_as_it_was_set():
    assert only(kind="level", n_others=np.inf, reference_rate=0.99)["reference_rate"] == 0.99


@pytest.mark.parametrize(("n_latest", "told"), [(30, 30), (10, 9), (9, 24), (4, 24), (1, 24)])
def test_too_few_learners_in_the_latest_year_are_told_as_an_equal_share(n_latest, told):
    # 99 learners in four years: 24.75 a year.
    assert only(n_latest=n_latest)["n_latest"] == told


def test_a_survey_has_its_own_smallest_group_in_the_latest_year_too():
    row = seen({"n_latest": 5}, surveyed={"reading"}).iloc[0]
    assert row["n_latest"] == 6
    assert seen({"n_latest": 4}, surveyed={"reading"}).iloc[0]["n_latest"] == 24


@pytest.mark.parametrize(
    ("direction", "n", "x", "reference"),
    [
        ("success", 10, 10, 0.75),
        ("hurdle", 10, 1, 0.25),
        ("success", 13, 7, 0.5),
        ("hurdle", 13, 6, 0.5),
    ],
)
def test_rounding_never_turns_a_success_into_a_hurdle_or_back(direction, n, x, reference):
    pull = -0.5 if direction == "success" else 0.5
    row = only(direction=direction, n_learners=n, n_success=x, reference_rate=reference, pull=pull)
    assert row["gap"] == 0 if direction == "success" else row["gap"] <= 0
    assert row["learners_to_shift"] == 0 or direction == "hurdle"


@pytest.mark.parametrize(
    ("x", "mark", "gap"),
    [(3, "few", -0.67), (97, "most", 0.27)],
)
def test_a_share_said_in_words_is_ordered_by_the_middle_of_what_the_words_allow(x, mark, gap):
    # 3 of 99 and 96 of 99 stand in: 0.0303 - 0.70, 0.9697 - 0.70
    row = only(n_success=x, direction="hurdle" if mark == "few" else "success", pull=0.0)
    assert (row["mark"], row["gap"]) == (mark, gap)
    assert math.isnan(row["rate"])
    assert math.isnan(row["n_success"])


def test_a_provider_sees_its_own_hurdles_and_all_see_successes():
    rows = [
        {"group": "a"},
        {"group": "", "provider_id": "P1"},
        {"group": "", "provider_id": "P2"},
        {"group": "", "provider_id": "P1", "direction": "success", "gap": 0.2, "measure": "maths"},
    ]
    told = {
        who: set(
            seen(*rows, rules=rules, provider=who)[["provider_id", "direction"]]
            .agg(" ".join, axis=1)
            .str.strip()
        )
        for who, rules in [("", PUBLIC), ("P1", PUBLIC), ("P2", PUBLIC), ("P3", PUBLIC)]
    }
    assert told[""] == told["P3"] == {"hurdle", "P1 success"}
    assert told["P1"] == {"hurdle", "P1 success", "P1 hurdle"}
    assert told["P2"] == {"hurdle", "P1 success", "P2 hurdle"}
    assert len(seen(*rows, rules=GOVERNANCE)) == 4


def test_a_community_that_does_not_round_keeps_to_the_other_rules():
    rules = protect.rules_for("public", replace(Settings(), rounding_base=1))
    table = seen({}, {"provider_id": "P1", "group": ""}, rules=rules)
    assert list(table["provider_id"]) == [""]
    assert table["p_value"].isna().all()
    assert table["n_learners"].item() == 100


def test_a_group_that_is_too_small_is_not_told():
    assert seen({"n_learners": 9, "n_success": 5}).empty


def test_nothing_found_is_an_empty_table_with_all_its_columns():
    assert list(seen()) == list(seen({}))


def test_order_is_reach_by_sureness_by_persistence_of_rounded_numbers(sample):
    exact = evidence.gather(sample).found
    table = restate.findings(exact, PUBLIC, provider="", surveyed=frozenset())
    keys = ["measure", "group", "provider_id", "kind", "stages", "direction"]
    both = table.merge(exact[[*keys, "sure", "pull"]], on=keys, validate="one_to_one")
    assert len(both) == len(table) > 10
    order = (
        both["gap"].abs()
        * both["n_latest"]
        * both["sure"].round(1)
        * both["years_seen"]
        / both["years_with_data"]
    )
    assert order.round(6).is_monotonic_decreasing
    assert list(table["rank"]) == list(range(1, len(table) + 1))
    error = (both["gap_high"] - both["gap_low"]) / 2 / 1.96
    again = both["rate"] - both["reference_rate"] + both["pull"].round(1) * error
    assert (both["gap"] - again).abs().max() < 0.0071
    behind = both["gap"].clip(upper=0).abs() * both["n_latest"]
    shift = np.where(both["direction"] == "hurdle", 3 * np.ceil((behind / 3).round(6)), 0)
    assert list(both["learners_to_shift"]) == list(shift)
