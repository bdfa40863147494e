"""What may be shown of a count, at every boundary and for every pair of numbers."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colanalysis.publishing import protect
from colanalysis.terms.settings import Settings

PUBLIC = protect.rules_for("public", Settings())
GOVERNANCE = protect.rules_for("governance", Settings())
NUMBERS = ["n", "n_success", "rate", "low", "high"]


def shown(n, n_success, rules=PUBLIC, *, survey=False):
    table = protect.counts(pd.DataFrame({"n": [n], "n_success": [n_success]}), rules, survey=survey)
    return table.iloc[0]


def pairs(largest=400):
    return st.integers(0, largest).flatmap(
        lambda n: st.tuples(st.just(n), st.integers(0, n)),
    )


def wilson_by_roots(n, n_success):
    """The two shares p from which x of n is just 1.96 standard errors away."""
    share, z2 = n_success / n, 1.959963984540054**2
    return sorted(np.roots([1 + z2 / n, -(2 * share + z2 / n), share**2]).real)


@pytest.mark.parametrize(
    ("n", "n_success", "mark"),
    [
        (9, 6, "c"), (10, 5, "few"), (10, 6, "most"), (12, 6, ""), (11, 6, "most"),
        (20, 5, "few"), (20, 6, ""), (20, 14, ""), (20, 15, "most"), (20, 0, "few"),
        (20, 20, "most"), (0, 0, "c"), (9, 0, "c"), (9, 9, "c"),
    ],
)  # fmt: skip
def test_a_group_a_success_and_a_failure_each_have_their_boundary(n, n_success, mark):
    assert shown(n, n_success)["mark"] == mark


@pytest.mark.parametrize(("n", "mark"), [(4, "c"), (5, "few"), (9, "few"), (10, "few"), (12, "")])
def test_a_survey_has_a_boundary_of_its_own(n, mark):
    assert shown(n, min(n, n // 2), survey=True)["mark"] == mark


def test_survey_rows_are_told_from_others_row_by_row():
    table = pd.DataFrame({"n": [7, 7], "n_success": [3, 3]})
    marks = protect.counts(table, PUBLIC, survey=pd.Series([True, False]))["mark"]
    assert list(marks) == ["few", "c"]


@pytest.mark.parametrize(
    ("count", "nearest"),
    [(0, 0), (1, 0), (2, 3), (3, 3), (4, 3), (5, 6), (7, 6), (8, 9), (100, 99), (101, 102)],
)
def test_counts_go_to_the_nearest_multiple_of_three(count, nearest):
    assert protect.rounded(pd.Series([count]), 3).item() == nearest


def test_no_count_lies_half_way_between_two_multiples_of_three():
    counts = pd.Series(range(3000))
    assert (protect.rounded(counts, 3) - counts).abs().max() == 1


def test_half_way_between_multiples_of_another_base_goes_up():
    assert list(protect.rounded(pd.Series([1, 3, 5]), 2)) == [2, 4, 6]


def test_the_share_and_its_limits_come_from_the_rounded_counts():
    row = shown(13, 7)
    assert (row["n"], row["n_success"], row["rate"]) == (12, 6, 0.5)
    low, high = wilson_by_roots(12, 6)
    assert (row["low"], row["high"]) == (round(low, 2), round(high, 2))


@given(pairs())
def test_limits_are_wilsons_of_what_is_published(pair):
    row = shown(*pair)
    if row["mark"] == "":
        low, high = wilson_by_roots(row["n"], row["n_success"])
        assert row["low"] == pytest.approx(low, abs=0.0051)
        assert row["high"] == pytest.approx(high, abs=0.0051)
        assert row["rate"] == pytest.approx(row["n_success"] / row["n"], abs=0.0051)


@given(pairs(), st.tuples(st.integers(-2, 2), st.integers(-2, 2)))
def test_what_is_derived_tells_no_more_than_the_two_counts_that_are_published(pair, moved):
    n = pair[0] + moved[0]
    other = (max(n, 0), min(max(pair[1] + moved[1], 0), max(n, 0)))
    one, two = (shown(*numbers) for numbers in (pair, other))
    if one[["n", "n_success", "mark"]].equals(two[["n", "n_success", "mark"]]):
        pd.testing.assert_series_equal(one, two)


@given(pairs(), st.booleans())
def test_what_is_hidden_is_missing_and_never_nought(pair, survey):
    row = shown(*pair, survey=survey)
    missing = {name for name in NUMBERS if math.isnan(row[name])}
    assert (
        missing
        == {
            "c": set(NUMBERS),
            "few": set(NUMBERS) - {"n"},
            "most": set(NUMBERS) - {"n"},
            "": set(),
        }[row["mark"]]
    )
    assert row["n"] != 0
    assert row["n_success"] != 0


@given(pairs())
def test_a_published_count_leaves_six_or_more_on_either_side(pair):
    row = shown(*pair)
    if row["mark"] == "":
        assert min(row["n_success"], row["n"] - row["n_success"]) >= 6
        assert row["n"] % 3 == row["n_success"] % 3 == 0


@given(pairs())
def test_governance_sees_exact_counts(pair):
    row = shown(*pair, GOVERNANCE)
    if pair[0] == 0:
        assert row["mark"] == "c"
    else:
        assert (row["n"], row["n_success"], row["mark"], row["done"]) == (*pair, "", "exact")
        assert row["rate"] == pytest.approx(pair[1] / pair[0], abs=0.0051)


def test_a_promise_made_to_those_who_answer_a_survey_holds_for_governance_too():
    assert shown(4, 2, GOVERNANCE, survey=True)["mark"] == "c"
    assert shown(5, 2, GOVERNANCE, survey=True)["n"] == 5


def test_every_row_says_what_was_done_to_it():
    done = [shown(*pair)["done"] for pair in [(9, 5), (20, 1), (20, 19), (20, 10)]]
    assert [text.split(":")[0].split(";")[0] for text in done] == [
        "hidden", "in words", "in words", "rounded",
    ]  # fmt: skip
    assert len(set(done)) == 4


def test_an_empty_table_keeps_all_its_columns():
    empty = protect.counts(pd.DataFrame({"n": [], "n_success": []}), PUBLIC)
    assert set(NUMBERS) | {"mark", "done"} <= set(empty)


def test_sizes_under_the_smallest_are_missing_and_the_others_rounded():
    table = pd.DataFrame({"count": [0, 5, 6, 7, 100], "name": list("abcde")})
    public = protect.sizes(table, ["count"], PUBLIC, smallest=6)
    assert list(public["count"].fillna(-1)) == [-1, -1, 6, 6, 99]
    assert list(public["name"]) == list("abcde")
    exact = protect.sizes(table, ["count"], GOVERNANCE, smallest=0)
    assert list(exact["count"]) == [0, 5, 6, 7, 100]
    assert set(exact["done"]) == {"exact"}


@pytest.mark.parametrize(
    ("whole", "part", "told"),
    [
        (9, 3, (None, None)), (10, 5, (9, None)), (11, 6, (12, None)), (12, 6, (12, 6)),
        (100, 94, (99, 93)), (100, 95, (99, None)), (100, 100, (99, None)), (100, 5, (99, None)),
        (100, 0, (99, None)),
    ],
)  # fmt: skip
def test_a_part_is_told_only_if_the_rest_of_its_group_could_be(whole, part, told):
    table = pd.DataFrame({"all": [whole], "some": [part]})
    row = protect.parts(table, "all", ["some"], PUBLIC).iloc[0]
    assert tuple(None if math.isnan(number) else number for number in row) == told


def test_governance_sees_parts_exactly_even_of_nobody():
    table = pd.DataFrame({"all": [0, 9], "some": [0, 9]})
    exact = protect.parts(table, "all", ["some"], GOVERNANCE)
    assert exact.to_numpy().tolist() == [[0, 0], [9, 9]]


def test_parts_of_a_group_that_is_too_small_are_not_told_whatever_the_smallest_group():
    rules = replace(PUBLIC, smallest_group=20)
    table = pd.DataFrame({"all": [19, 20], "some": [9, 9]})
    told = protect.parts(table, "all", ["some"], rules)
    assert told.fillna(-1).to_numpy().tolist() == [[-1, -1], [21, 9]]
