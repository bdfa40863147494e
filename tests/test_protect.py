"""What may be shown of a count, at every boundary and for every pair of numbers."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from aliases import mac
from hypothesis import given
from hypothesis import strategies as st

from colanalysis import protect
from colanalysis.terms.settings import Settings

SECRET = b"a key for tests"
PUBLIC = protect.rules_for("public", Settings(), SECRET)
GOVERNANCE = protect.rules_for("governance", Settings(), b"")
NUMBERS = ["n", "n_success", "rate", "low", "high"]
KEYS = st.integers(-(2**63), 2**63 - 1)


def row_of(n, n_success, key, key_success, smallest=10):
    return {"n": n, "n_success": n_success, "key": key, "key_success": key_success,
            "smallest": smallest}  # fmt: skip


def shown(n, n_success, rules=PUBLIC, *, key=1, key_success=2, smallest=10):
    table = pd.DataFrame([row_of(n, n_success, key, key_success, smallest)])
    return protect.counts(table, rules).iloc[0]


def pairs(largest=400):
    return st.integers(0, largest).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


def chance(key):
    """Drawn by hand for a sum of record keys."""
    digest = mac(SECRET, b"cell|" + (key % 2**64).to_bytes(8, "big"))
    return int.from_bytes(digest[:8], "big") / 2**64


def rounded(count, key):
    """Of base 3: with one over, a third goes up; with two over, two thirds do."""
    whole, over = divmod(count, 3)
    return 3 * whole + (3 if chance(key) < over / 3 else 0)


def told(n, n_success, smallest=10):
    """The mark that the privacy page promises."""
    if n < smallest or n < 15:
        return "c"
    if n_success <= 5:
        return "few"
    return "most" if n_success > 3 * ((n - 6) // 3) else ""


def wilson_by_roots(n, n_success):
    """The two shares p from which x of n is just 1.96 standard errors away."""
    share, z2 = n_success / n, 1.959963984540054**2
    return sorted(np.roots([1 + z2 / n, -(2 * share + z2 / n), share**2]).real)


@pytest.mark.parametrize(
    ("n", "n_success", "mark"),
    [
        (9, 6, "c"), (10, 5, "c"), (14, 7, "c"), (15, 5, "few"), (15, 6, ""), (15, 9, ""),
        (15, 10, "most"), (16, 9, ""), (16, 10, "most"), (17, 9, ""), (17, 10, "most"),
        (18, 12, ""), (18, 13, "most"), (20, 5, "few"), (20, 6, ""), (20, 12, ""), (20, 13, "most"),
        (20, 0, "few"), (20, 20, "most"), (0, 0, "c"), (9, 0, "c"), (9, 9, "c"), (100, 93, ""),
        (100, 94, "most"),
    ],
)  # fmt: skip
def test_a_group_a_success_and_a_failure_each_have_their_boundary(n, n_success, mark):
    assert shown(n, n_success)["mark"] == mark == told(n, n_success)


@pytest.mark.parametrize(("n", "size"), [(9, False), (10, True), (14, True), (15, True)])
def test_of_a_group_with_too_little_room_the_size_alone_is_told(n, size):
    row = shown(n, n // 2)
    assert pd.notna(row["n"]) == size
    assert row["done"].startswith(
        "size alone" if 10 <= n < 15 else "hidden" if n < 10 else "rounded"
    )


@pytest.mark.parametrize(("n", "size"), [(4, False), (5, True), (9, True)])
def test_a_survey_has_a_boundary_of_its_own_row_by_row(n, size):
    rows = [row_of(n, 2, 1, 2, smallest) for smallest in (5, 10)]
    sizes = protect.counts(pd.DataFrame(rows), PUBLIC)["n"]
    assert list(sizes.notna()) == [size, False]


@given(pairs(), KEYS, KEYS)
def test_a_count_is_rounded_by_its_own_key_and_keeps_its_mark(pair, key, key_success):
    row = shown(*pair, key=key, key_success=key_success)
    assert row["mark"] == told(*pair)
    assert pair[0] < 10 or row["n"] == rounded(pair[0], key)
    assert row["mark"] or row["n_success"] == rounded(pair[1], key_success)


@given(st.integers(0, 10**6), KEYS)
def test_rounding_goes_to_a_neighbouring_multiple_and_leaves_multiples_alone(count, key):
    near = int(protect.rounded(np.array([count]), np.array([key]), PUBLIC)[0])
    assert near % 3 == 0
    assert abs(near - count) <= (0 if count % 3 == 0 else 2)


@pytest.mark.parametrize("count", range(15, 21))
def test_rounding_adds_and_takes_away_as_much_and_goes_to_the_nearer_twice_in_three(count):
    keys, counts = np.arange(9000), np.full(9000, count)
    got = protect.rounded(counts, keys, PUBLIC)
    nearer = 3 * round(count / 3)
    share = (got == nearer).mean()
    # Five standard errors of two thirds.
    assert abs(share - (1 if count % 3 == 0 else 2 / 3)) < (0 if count % 3 == 0 else 0.025) + 1e-9
    assert abs(got.mean() - count) < 0.08


def test_another_base_and_none_round_in_the_same_way():
    keys = np.arange(6000)
    five = protect.rounded(np.full(6000, 12), keys, replace(PUBLIC, base=5))
    assert set(five) == {10, 15}
    assert abs(five.mean() - 12) < 0.16
    assert list(protect.rounded(np.arange(6000), keys, replace(PUBLIC, base=1))) == list(keys)


@given(pairs(), KEYS)
def test_what_is_shown_can_be_as_many_counts_as_the_base_also_for_who_holds_the_roll(pair, key):
    """Between the smallest and the largest count that a number may stand for there is always room."""
    n, x = pair
    row = shown(n, x, key_success=key)
    if row["mark"] == "":
        could = [
            other
            for other in range(max(0, x - 4), x + 5)
            if 6 <= other <= 3 * ((n - 6) // 3) and abs(other - row["n_success"]) < 3
        ]
        assert len(could) >= 3
        assert x in could
        assert 6 <= row["n_success"] <= 3 * ((n - 6) // 3)


def test_the_share_and_its_limits_come_from_the_rounded_counts():
    # Both round down: 22 to 21, 10 to 9.
    keys = [key for key in range(50) if chance(key) > 1 / 3]
    row = shown(22, 10, key=keys[0], key_success=keys[1])
    assert (row["n"], row["n_success"], row["rate"]) == (21, 9, 0.43)
    low, high = wilson_by_roots(21, 9)
    assert (row["low"], row["high"]) == (round(low, 2), round(high, 2))


@given(pairs(), KEYS, KEYS)
def test_limits_are_wilsons_of_what_is_published(pair, key, key_success):
    row = shown(*pair, key=key, key_success=key_success)
    if row["mark"] == "":
        low, high = wilson_by_roots(row["n"], row["n_success"])
        assert row["low"] == pytest.approx(low, abs=0.0051)
        assert row["high"] == pytest.approx(high, abs=0.0051)
        assert row["rate"] == pytest.approx(row["n_success"] / row["n"], abs=0.0051)


@given(pairs(), st.tuples(st.integers(-2, 2), st.integers(-2, 2)), KEYS, KEYS)
def test_what_is_derived_tells_no_more_than_the_two_counts_that_are_published(
    pair, moved, key, key_success
):
    n = max(pair[0] + moved[0], 0)
    other = (n, min(max(pair[1] + moved[1], 0), n))
    one, two = (shown(*numbers, key=key, key_success=key_success) for numbers in (pair, other))
    if one[["n", "n_success", "mark", "done"]].equals(two[["n", "n_success", "mark", "done"]]):
        pd.testing.assert_series_equal(one, two)


@given(pairs(), st.sampled_from([5, 10]))
def test_what_is_hidden_is_missing_and_never_nought(pair, smallest):
    row = shown(*pair, smallest=smallest)
    missing = {name for name in NUMBERS if math.isnan(row[name])}
    if row["mark"] == "":
        assert missing == set()
    elif pair[0] < smallest:
        assert missing == set(NUMBERS)
    else:
        assert missing == set(NUMBERS) - {"n"}
    assert row["n"] != 0
    assert row["n_success"] != 0


def test_sums_of_keys_stay_behind():
    assert not {"key", "key_success"} & set(shown(20, 10).index)


@given(pairs())
def test_governance_sees_exact_counts(pair):
    row = shown(*pair, GOVERNANCE)
    if pair[0] == 0:
        assert row["mark"] == "c"
    else:
        assert (row["n"], row["n_success"], row["mark"], row["done"]) == (*pair, "", "exact")
        assert row["rate"] == pytest.approx(pair[1] / pair[0], abs=0.0051)


def test_a_community_that_does_not_round_keeps_to_the_other_rules():
    rules = replace(PUBLIC, base=1)
    marks = [shown(*pair, rules)["mark"] for pair in [(9, 4), (12, 5), (12, 6), (12, 7), (20, 14)]]
    assert marks == ["c", "few", "", "most", ""]
    assert shown(20, 14, rules)["n_success"] == 14


def test_every_row_says_what_was_done_to_it():
    done = [shown(*pair)["done"] for pair in [(9, 5), (12, 6), (20, 1), (20, 19), (20, 10)]]
    assert [text.split(":")[0].split(";")[0] for text in done] == [
        "hidden", "size alone", "in words", "in words", "rounded",
    ]  # fmt: skip
    assert len(set(done)) == 5


def test_an_empty_table_keeps_all_its_columns():
    empty = pd.DataFrame({name: [] for name in row_of(0, 0, 0, 0)})
    assert set(NUMBERS) | {"mark", "done"} <= set(protect.counts(empty, PUBLIC))


def test_the_key_is_not_shown_where_rules_are_printed():
    assert "key for tests" not in repr(PUBLIC)


def test_sizes_under_the_smallest_are_missing_and_the_others_rounded():
    table = pd.DataFrame({"count": [0, 5, 6, 7, 100], "name": list("abcde")})
    public = protect.sizes(table, ["count"], PUBLIC, smallest=6)
    assert list(public["count"].fillna(-1)) == [-1, -1, 6, 6, 99]
    assert list(public["name"]) == list("abcde")
    exact = protect.sizes(table, ["count"], GOVERNANCE, smallest=0)
    assert list(exact["count"]) == [0, 5, 6, 7, 100]
    assert set(exact["done"]) == {"exact"}
