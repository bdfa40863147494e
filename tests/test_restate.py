"""Findings as the public may see them: worked out by hand from what was found exactly."""

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from colanalysis import protect
from colanalysis.comparing import rank
from colanalysis.publishing import restate
from colanalysis.terms.settings import Settings

PUBLIC = protect.rules_for("public", Settings(), b"a key for tests")
GOVERNANCE = protect.rules_for("governance", Settings(), b"")
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


# The variance of 51 of 99 beside 70 % of 201, by hand: one success and one failure are added.
NAIVE = (52 / 101) * (49 / 101) / 99 + 0.7 * 0.3 / 201
STEP = {"measure": "reading", "stage_before": "years_4_6", "stage_after": "years_7_8"}
STILL = {**STEP, "stage_after": "years_4_6"}


def found(*changes):
    rows = [{**ONE, "rank": place, **change} for place, change in enumerate(changes, start=1)]
    return pd.DataFrame(rows, columns=[*rank.COLUMNS, *rank.EXTRA])


def cell(n, x, mark=""):
    """Numbers as they may be told."""
    told = {
        "n": float(n),
        "n_success": float(x),
        "rate": round(x / n, 2),
        "mark": mark,
        "done": mark,
    }
    return told if not mark else {**told, "n_success": np.nan, "rate": np.nan}


def ends(*rows):
    """Cells before or after each step: the measure and steps, and what is told."""
    return pd.DataFrame(
        [{**step, **numbers} for step, numbers in rows], columns=[*STEP, *cell(9, 3)]
    )


def tables(numbers, *, latest=(), starts=(), before=(), after=()):
    """What may be told of some findings, in the tables of a plan."""
    places = range(1, len(numbers) + 1)
    return {
        "findings": pd.DataFrame(numbers, columns=list(cell(9, 3))).assign(rank=places),
        "latest": pd.DataFrame({"rank": places, "n": list(latest) or [30.0] * len(numbers)}),
        "starts": pd.DataFrame(list(starts), columns=["rank", "rate"]),
        "before": ends(*before),
        "after": ends(*after),
    }


def seen(*changes, numbers=None, rules=PUBLIC, **more):
    numbers = numbers or [cell(99, 51)] * len(changes)
    return restate.findings(found(*changes), tables(numbers, **more), rules, smallest_gap=0.05)


def only(numbers=None, **change):
    return seen(change, numbers=[numbers or cell(99, 51)]).iloc[0]


def test_a_finding_is_worked_out_again_from_rounded_counts():
    row = only()
    assert (row["n_learners"], row["n_success"], row["rate"]) == (99, 51, 0.52)
    assert row["reference_rate"] == 0.70  # 141 of 201
    error = math.sqrt(NAIVE)
    # Shrunken by a quarter of its error, as far as a listed gap is.
    gap = 51 / 99 - 0.70 + 0.25 * error
    assert row["gap"] == round(gap, 2) == -0.17
    assert row["learners_to_shift"] == 6  # 0.17 x 30 = 5.1, up to a multiple of three
    half = 1.96 * error
    assert (row["gap_low"], row["gap_high"]) == (round(gap - half, 2), round(gap + half, 2))


@pytest.mark.parametrize(("effect", "told"), [(0.9, 1.0), (1.01, 1.5), (1.49, 1.5), (2.2, 2.5)])
def test_how_much_wider_a_range_is_is_said_in_steps(effect, told):
    def with_(times):
        half = 1.959964 * math.sqrt(times * NAIVE)
        return only(gap_low=-0.16 - half, gap_high=-0.16 + half)

    one, plain = with_(effect), with_(0.999)
    wide = (one["gap_high"] - one["gap_low"]) / (plain["gap_high"] - plain["gap_low"])
    assert wide == pytest.approx(math.sqrt(told), abs=0.06)


@pytest.mark.parametrize(
    "inner",
    [{"n_learners": 97, "n_success": 52, "rate": 0.536}, {"gap": -0.3}, {"pull": 0.1}, {"sure": 0.97},
     {"n_latest": 31}, {"n_others": 199.0}, {"p_value": 0.04}, {"design_effect": 1.9},
     {"reference_rate": 0.6999}, {"learners_to_shift": 9}, {"gap_low": -0.251}],
)  # fmt: skip
def test_exact_numbers_behind_what_is_told_change_nothing_of_it(inner):
    usual = {"sure": 0.96, "design_effect": 0.8, "n_others": 200.0}
    pd.testing.assert_series_equal(only(**{**usual, **inner}), only(**usual))


def test_learners_to_shift_are_not_counted_up_by_a_slip_of_the_machine(monkeypatch):
    monkeypatch.setattr(restate.estimate, "FURTHEST_PULL", 0.0)
    # 0.63 beside 0.70 of 300 learners a year: 21, though 0.07 x 300 / 3 is a hair above 7 here
    told = seen({}, numbers=[cell(300, 189)], latest=[300.0]).iloc[0]
    assert (told["gap"], told["learners_to_shift"]) == (-0.07, 21)


def test_a_finding_that_is_surer_by_its_own_range_comes_first():
    wide = {"gap_low": -0.6, "gap_high": 0.3}
    rows = seen({"group": "a", **wide}, {"group": "b"})
    assert list(rows["group"]) == ["b", "a"]


def test_how_sure_it_was_in_exact_numbers_orders_nothing():
    rows = seen({"group": "a", "sure": 0.6}, {"group": "b", "sure": 0.99})
    assert list(rows["group"]) == ["a", "b"]


def test_what_it_was_worked_out_with_stays_behind():
    for rules in (PUBLIC, GOVERNANCE):
        columns = set(seen({}, rules=rules))
        assert not columns & NEVER
        assert set(rank.COLUMNS) <= columns
    assert only()[["p_value", "q_value"]].isna().all()


def test_governance_sees_what_was_found():
    small = {"n_learners": 7, "n_success": 1, "n_latest": 2}
    row = seen(small, numbers=[cell(7, 1)], rules=GOVERNANCE).iloc[0]
    assert (row["n_learners"], row["n_success"], row["n_latest"]) == (7, 1, 2)
    assert (row["gap"], row["p_value"], row["learners_to_shift"]) == (-0.16, 0.001, 5)
    assert row["notes"] == ONE["notes"]


def test_how_sure_it_is_leaves_the_notes():
    assert only()["notes"] == "shows in 3 of 4 years; a learner counts once in each year"


@pytest.mark.parametrize("n", [24, 27, 30, 33])
@pytest.mark.parametrize("exactly", [28, 31])
def test_few_learners_are_said_of_the_rounded_count_alone(n, exactly):
    notes = ONE["notes"].replace("; a l", "; few learners; a l" if exactly < 30 else "; a l")
    told = only(cell(n, 12), n_learners=exactly, notes=notes)["notes"]
    assert ("few learners" in told) == (n < 30)
    assert told.count("shows in 3 of 4 years") == 1


def test_no_exact_number_is_in_the_notes():
    notes = ("97% sure to be beyond 5%; shows in 3 of 4 years; its attributes by themselves predict "
             "-12 points; mean score -0.31 standard deviations; a learner counts once in each year")  # fmt: skip
    assert only(notes=notes)["notes"] == "shows in 3 of 4 years; a learner counts once in each year"


@pytest.mark.parametrize(("n_others", "listed"), [(11, 0), (12, 1)])
def test_beside_too_few_others_nothing_is_told(n_others, listed):
    assert len(seen({"n_others": n_others})) == listed


def step(numbers, starts, *, before, after):
    change = {"kind": "transition", "n_others": 2000.0, "reference_rate": 0.123}
    return seen(change, numbers=[numbers], starts=starts, before=before, after=after)


def test_a_step_is_compared_with_the_same_learners_before_it_and_the_ordinary_change():
    # Elsewhere 30 of 90 became 39 of 90: 0.10 is usual.
    told = step(cell(60, 24), [(1, 0.55)],
                before=[(STILL, cell(90, 30))], after=[(STILL, cell(90, 39))])  # fmt: skip
    assert told["reference_rate"].item() == 0.65
    assert told["rate"].item() == 0.4


def test_where_no_ordinary_change_may_be_told_a_step_is_compared_with_its_start():
    told = step(cell(60, 24), [(1, 0.55)],
                before=[(STILL, cell(90, 3, "few"))], after=[(STILL, cell(90, 39))])  # fmt: skip
    assert told["reference_rate"].item() == 0.55


def test_a_step_whose_start_may_not_be_told_is_not_told():
    told = step(cell(60, 24), [(1, np.nan)], before=[], after=[])
    assert told.empty


@pytest.mark.parametrize("kind", ["level", "transition"])
def test_without_others_to_count_there_is_still_a_range(kind):
    numbers = {"numbers": [cell(99, 51)], "starts": [(1, 0.85)]}
    row = seen({"kind": kind, "n_others": np.inf, "reference_rate": 0.85}, **numbers).iloc[0]
    assert row["reference_rate"] == 0.85
    assert row["gap_low"] < row["gap"] < row["gap_high"]


def test_an_expectation_is_told_as_it_was_set():
    assert only(kind="level", n_others=np.inf, reference_rate=0.99)["reference_rate"] == 0.99


@pytest.mark.parametrize(("n_latest", "told"), [(30, 30), (9, 9), (np.nan, 24)])
def test_too_few_learners_in_the_latest_year_are_told_as_an_equal_share(n_latest, told):
    # 99 learners in four years: 24.75 a year.
    assert seen({"n_latest": 2}, latest=[n_latest]).iloc[0]["n_latest"] == told


@pytest.mark.parametrize(
    ("direction", "n", "x", "reference"),
    [
        ("success", 15, 12, 0.78),
        ("hurdle", 15, 6, 0.41),
        ("hurdle", 12, 6, 0.5),
        ("success", 12, 6, 0.5),
    ],
)
def test_rounding_never_turns_a_success_into_a_hurdle_or_back(direction, n, x, reference):
    row = only(cell(n, x), direction=direction, reference_rate=reference)
    assert row["gap"] >= 0 if direction == "success" else row["gap"] <= 0
    assert row["learners_to_shift"] == 0 or direction == "hurdle"


@pytest.mark.parametrize(("mark", "beside"), [("few", -0.67), ("most", 0.27)])
def test_a_share_said_in_words_is_ordered_by_the_middle_of_what_the_words_allow(
    mark, beside, monkeypatch
):
    monkeypatch.setattr(restate.estimate, "FURTHEST_PULL", 0.0)
    # 3 of 99 and 96 of 99 stand in: 0.0303 - 0.70, 0.9697 - 0.70
    direction = "hurdle" if mark == "few" else "success"
    row = only(cell(99, 3, mark), direction=direction)
    assert (row["mark"], row["gap"]) == (mark, beside)
    assert math.isnan(row["rate"])
    assert math.isnan(row["n_success"])


def test_findings_that_the_plan_leaves_out_are_left_out_and_ranks_are_made_anew():
    planned = tables([cell(99, 51)] * 3)
    planned = {**planned, "findings": planned["findings"].drop(index=1)}
    rows = found({"group": "a"}, {"group": "b"}, {"group": "c"})
    told = restate.findings(rows, planned, PUBLIC, smallest_gap=0.05)
    assert list(told["group"]) == ["a", "c"]
    assert list(told["rank"]) == [1, 2]
    assert list(told["exact_rank"]) == [1, 3]


def test_a_group_that_may_not_be_told_is_not_told():
    assert seen({}, numbers=[cell(99, 51, "c")]).empty


def test_nothing_found_is_an_empty_table_with_all_its_columns():
    assert list(seen()) == list(seen({}))


SAME = ["measure", "group", "provider_id", "kind", "stages", "direction", "year_min", "year_max"]


def test_order_is_reach_by_sureness_by_persistence_of_what_is_told(gathered, public):
    table = public.tables["findings"]
    exact = gathered.found[[*SAME, "n_others", "gap_low", "gap_high"]]
    both = table.merge(exact, on=SAME, validate="one_to_one", suffixes=("", "_exact"))
    assert len(both) == len(table) > 10
    orders = []
    for row in both.itertuples():
        n, hurdle = row.n_learners, row.direction == "hurdle"
        # In words, the middle of none to six stands for a number on either side.
        rate = {"few": 3 / n, "most": 1 - 3 / n}.get(row.mark, row.n_success / n)
        own, beside = (rate * n + 1) / (n + 2), row.reference_rate
        others = 3 * math.floor(row.n_others / 3 + 0.5)
        doubt = own * (1 - own) / n + beside * (1 - beside) / others
        exact_error = (row.gap_high_exact - row.gap_low_exact) / (2 * 1.959963984540054)
        error = math.sqrt(math.ceil(exact_error**2 / doubt * 2) / 2 * doubt)
        gap = rate - beside + (0.25 if hurdle else -0.25) * error
        assert row.gap == pytest.approx(gap, abs=0.0051)
        sure = scipy.stats.norm.cdf((abs(gap) - 0.05) / error)
        orders.append(abs(gap) * row.n_latest * sure * row.years_seen / row.years_with_data)
    assert orders == sorted(orders, reverse=True)
    assert list(table["rank"]) == list(range(1, len(table) + 1))
    behind = both["gap"].clip(upper=0).abs() * both["n_latest"]
    shift = np.where(
        both["direction"] == "hurdle", 3 * np.ceil((behind / 3).astype(float).round(6)), 0
    )
    assert list(both["learners_to_shift"]) == list(shift)


def test_what_is_told_keeps_the_order_of_what_was_found(gathered, public):
    both = public.tables["findings"].merge(gathered.found[[*SAME, "rank"]], on=SAME)
    tau = scipy.stats.kendalltau(both["rank_x"], both["rank_y"]).statistic
    assert tau >= 0.9


def test_transitions_are_told_from_their_two_sides():
    before = ends((STEP, cell(60, 30)), (STILL, cell(90, 30)),
                  ({**STEP, "stage_before": "a"}, cell(60, 3, "few")),
                  ({**STEP, "stage_before": "b"}, cell(60, 30)))  # fmt: skip
    after = ends((STEP, cell(60, 21)), (STILL, cell(90, 39)),
                 ({**STEP, "stage_before": "a"}, cell(60, 30)),
                 ({**STEP, "stage_before": "b"}, cell(60, 58, "most")))  # fmt: skip
    told = restate.transitions(before, after)
    assert list(told["stage_before"]) == ["years_4_6", "a", "b"]
    first = told.iloc[0]
    assert [first[name] for name in ("n", "before", "after", "rate_before", "rate_after")] == [
        60, 30, 21, 0.5, 0.35,
    ]  # fmt: skip
    assert set(told["ordinary_change"]) == {0.1}
    assert list(told["done"]) == ["", "few", "most"]


def test_the_ordinary_change_is_of_those_alone_of_whom_both_sides_may_be_told():
    rows = [(STILL, cell(90, 30)), ({**STILL, "stage_before": "b", "stage_after": "b"}, cell(60, 58, "most")),
            (STEP, cell(60, 30))]  # fmt: skip
    other = [(step, cell(90, 39)) for step, _ in rows]
    assert restate.transitions(ends(*rows), ends(*other))["ordinary_change"].item() == 0.1
    none = restate.transitions(ends(*rows[1:]), ends(*other[1:]))
    assert np.isnan(none["ordinary_change"].item())
