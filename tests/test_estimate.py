"""The arithmetic of comparing shares: by hand where it is small, by scipy where scipy has it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from colanalysis.comparing import estimate

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=40)
# Two strata (rows) by two groups (columns): learners and successes of each, and of the others.
N, X = np.array([[10.0, 20], [30, 5]]), np.array([[5.0, 15], [9, 4]])
N_OTHERS, X_OTHERS = np.array([[40.0, 25], [10, 50]]), np.array([[30.0, 5], [4, 25]])


def made(**changes: object) -> estimate.Contrast:
    given = {"n": N, "n_success": X, "n_others": N_OTHERS, "n_success_others": X_OTHERS, **changes}
    return estimate.contrast(
        given["n"],
        given["n_success"],
        given["n_others"],
        given["n_success_others"],
        design_effect=given.get("design_effect", 1.0),
    )


def test_the_others_are_standardised_to_the_mix_of_strata_of_the_group() -> None:
    # 10 of 40 learners are in the first stratum: a quarter of 30/40, three quarters of 4/10.
    first = 10 / 40 * 30 / 40 + 30 / 40 * 4 / 10
    second = 20 / 25 * 5 / 25 + 5 / 25 * 25 / 50
    assert made().reference == pytest.approx([first, second])


def test_counts_rate_and_gap_are_those_of_both_strata_together() -> None:
    found = made()
    assert found.n.tolist() == [40, 25]
    assert found.n_others.tolist() == [50, 75]
    assert found.n_success.tolist() == [14, 19]
    assert found.rate == pytest.approx([14 / 40, 19 / 25])
    assert found.gap == pytest.approx([14 / 40 - 0.4875, 19 / 25 - 0.26])


def test_the_error_has_both_sides_in_it() -> None:
    own = 15 / 42 * 27 / 42 / 40
    others = (10 / 40) ** 2 * (31 / 42 * 11 / 42) / 40 + (30 / 40) ** 2 * (5 / 12 * 7 / 12) / 10
    assert made().error[0] == pytest.approx(math.sqrt(own + others))
    assert made(n_others=N_OTHERS * 1e9, n_success_others=X_OTHERS * 1e9).error[0] == pytest.approx(
        math.sqrt(own), rel=1e-6
    )


def test_z_of_a_single_stratum_is_the_score_test_of_two_shares() -> None:
    found = estimate.contrast(
        np.array([[50.0]]), np.array([[20.0]]), np.array([[150.0]]), np.array([[90.0]])
    )
    pooled = 110 / 200
    z = (20 / 50 - 90 / 150) / math.sqrt(pooled * (1 - pooled) * (1 / 50 + 1 / 150))
    assert found.z[0] == pytest.approx(z)
    # The same by scipy: without a correction, chi-square of a two by two table is z squared.
    table = [[20, 30], [90, 60]]
    assert z**2 == pytest.approx(scipy.stats.chi2_contingency(table, correction=False).statistic)


def test_z_of_two_strata_adds_the_variances_without_a_gap() -> None:
    variance = sum(
        weight**2 * pooled * (1 - pooled) * (1 / n + 1 / n_others)
        for weight, pooled, n, n_others in [(0.25, 35 / 50, 10, 40), (0.75, 13 / 40, 30, 10)]
    )
    assert made().z[0] == pytest.approx((14 / 40 - 0.4875) / math.sqrt(variance))


def test_a_design_effect_widens_error_and_z_and_leaves_the_gap() -> None:
    plain, wide = made(), made(design_effect=np.array([4.0, 1.0]))
    assert wide.error == pytest.approx(plain.error * [2, 1])
    assert wide.z == pytest.approx(plain.z / [2, 1])
    assert wide.gap == pytest.approx(plain.gap)


@pytest.mark.parametrize("empty", ["n", "n_others"])
def test_a_stratum_with_one_side_empty_is_left_out_of_both(empty: str) -> None:
    one_side = {"n": (N, X), "n_others": (N_OTHERS, X_OTHERS)}[empty]
    counts, successes = (side.copy() for side in one_side)
    counts[1], successes[1] = 0, 0
    name = {"n": "n_success", "n_others": "n_success_others"}[empty]
    found = made(**{empty: counts, name: successes})
    alone = estimate.contrast(N[:1], X[:1], N_OTHERS[:1], X_OTHERS[:1])
    for field in ("n", "n_others", "n_success", "rate", "reference", "gap", "error", "z"):
        assert getattr(found, field) == pytest.approx(getattr(alone, field)), field


def test_nobody_to_compare_gives_no_gap_and_no_evidence() -> None:
    found = made(n_others=N_OTHERS * 0, n_success_others=X_OTHERS * 0)
    assert found.n.tolist() == found.n_others.tolist() == [0, 0]
    assert found.gap.tolist() == found.z.tolist() == [0, 0]


def test_when_everybody_succeeds_there_is_no_evidence_but_there_is_doubt() -> None:
    found = made(n_success=N, n_success_others=N_OTHERS)
    assert found.z.tolist() == found.gap.tolist() == [0, 0]
    assert (found.error > 0.01).all()


@given(st.lists(st.floats(-6, 6), min_size=1, max_size=20))
def test_p_values_are_two_sided_normal(z: list[float]) -> None:
    expected = 2 * scipy.stats.norm.sf(np.abs(z))
    assert estimate.p_values(np.array(z)) == pytest.approx(expected)


@given(st.lists(st.floats(1e-200, 1), min_size=1, max_size=20))
def test_z_is_the_statistic_that_has_the_p_value(p: list[float]) -> None:
    found = estimate.z_of(np.array(p))
    assert found == pytest.approx(scipy.stats.norm.isf(np.array(p) / 2), abs=1e-12)
    assert estimate.p_values(found) == pytest.approx(p)


def test_z_of_a_p_value_of_nought_is_large_and_not_infinite() -> None:
    assert 30 < estimate.z_of(np.array([0.0]))[0] < 50


# -- Skewed tails ----------------------------------------------------------------------------------


def mid_p(x: int, n: int, share: float) -> float:
    """Twice the tail on the side of ``x``, with half of the chance of ``x`` itself."""
    law = scipy.stats.binom(n, share)
    beyond = law.cdf(x - 1) if x < n * share else law.sf(x)
    return min(2 * beyond + law.pmf(x), 1.0)


@given(
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    st.floats(0.02, 0.98),
)
def test_exact_p_values_of_counted_learners_are_the_mid_p_of_the_binomial(
    counts: tuple[int, int], share: float
) -> None:
    n, x = counts
    found = estimate.exact_p_values(
        np.array([x / n - share]), np.array([share]), np.array([share * (1 - share) / n])
    )
    assert found[0] == pytest.approx(mid_p(x, n, share), rel=1e-5, abs=1e-12)


def test_results_that_repeat_one_another_count_as_the_learners_they_are_worth() -> None:
    # 40 results with twice the variance of 40 learners, 30 of them successes: 15 of 20 learners.
    found = estimate.exact_p_values(
        np.array([0.75 - 0.9]), np.array([0.9]), np.array([2 * 0.9 * 0.1 / 40])
    )
    assert found[0] == pytest.approx(mid_p(15, 20, 0.9))


def test_no_p_value_is_above_one() -> None:
    # 18 of 20 where 90 % are expected: more than half of the skewed binomial is on either side.
    found = estimate.exact_p_values(np.zeros(1), np.array([0.9]), np.array([0.9 * 0.1 / 20]))
    assert found.tolist() == [1]


def test_parts_of_learners_lie_between_their_neighbours() -> None:
    shares = np.array([4, 4.5, 5]) / 20
    found = estimate.exact_p_values(shares - 0.6, np.full(3, 0.6), np.full(3, 0.6 * 0.4 / 20))
    assert found[0] < found[1] < found[2]


def test_the_exact_tail_is_the_normal_one_in_the_middle_of_many_learners() -> None:
    found = estimate.exact_p_values(
        np.array([0.0052, -0.0052]), np.full(2, 0.5), np.full(2, 0.25 / 100_000)
    )
    z = 0.0052 / math.sqrt(0.25 / 100_000)
    assert found == pytest.approx(2 * scipy.stats.norm.sf(z), rel=0.01)


def test_both_sides_of_a_share_have_the_same_tail() -> None:
    away, expected, variance = np.array([0.08]), np.array([0.9]), np.array([0.0005])
    mirrored = estimate.exact_p_values(-away, 1 - expected, variance)
    assert estimate.exact_p_values(away, expected, variance) == pytest.approx(mirrored)


@pytest.mark.parametrize("expected", [0.0, 1.0])
def test_a_share_that_is_all_or_nothing_is_no_surprise_where_it_is_expected(
    expected: float,
) -> None:
    found = estimate.exact_p_values(np.zeros(1), np.array([expected]), np.zeros(1))
    assert found == pytest.approx(1, abs=1e-4)


# -- Where a list is cut ---------------------------------------------------------------------------


def test_the_first_two_entries_are_set_against_one_and_each_later_one_against_those_before() -> (
    None
):
    assert estimate.allowed(np.arange(1, 6)).tolist() == [1, 1, 2, 3, 4]
    assert estimate.allowed(0) == 1


def test_false_shares_by_hand() -> None:
    # In order: 0.1 of 1, 0.15 of 1, 0.16 of 2, 0.9 of 3; the third takes the second and first along.
    found = estimate.false_shares(np.array([0.9, 0.1, 0.16, 0.15]))
    assert found == pytest.approx([0.3, 0.08, 0.08, 0.08])


def test_one_entry_bears_all_that_is_false() -> None:
    assert estimate.false_shares(np.array([0.04])).tolist() == [0.04]
    assert estimate.false_shares(np.array([3.0])).tolist() == [1.0]
    assert estimate.false_shares(np.array([])).tolist() == []


@given(st.lists(st.floats(0, 30), min_size=1, max_size=25))
def test_an_entry_is_as_false_as_the_best_list_that_holds_it(expected: list[float]) -> None:
    found = estimate.false_shares(np.array(expected))
    for place, own in enumerate(expected):
        # Every cut at this entry or later: what is false there, set against those listed before it.
        lists = [
            cut / max(listed - 1, 1)
            for cut in expected
            if cut >= own
            for listed in [sum(one <= cut for one in expected)]
        ]
        assert found[place] == pytest.approx(min([1.0, *lists]))


@given(st.lists(st.floats(0, 30), min_size=2, max_size=25))
def test_what_is_less_likely_by_chance_is_never_a_larger_share(expected: list[float]) -> None:
    found = estimate.false_shares(np.array(expected))
    assert (np.diff(found[np.argsort(expected, kind="stable")]) >= 0).all()
    assert ((found >= 0) & (found <= 1)).all()


@given(SHARES)
def test_a_list_is_cut_no_later_than_benjamini_and_hochberg_would(p: list[float]) -> None:
    found = estimate.false_shares(np.array(p) * len(p))
    q_values = scipy.stats.false_discovery_control(p, method="bh")
    assert (found >= q_values - 1e-12).all()


# -- Spread and shrinkage --------------------------------------------------------------------------


def test_spread_is_dersimonian_and_laird_around_a_known_centre() -> None:
    gap, error = np.array([0.3, -0.2, 0.1]), np.array([0.1, 0.05, 0.2])
    weights = [100, 400, 25]
    heterogeneity = 100 * 0.09 + 400 * 0.04 + 25 * 0.01
    expected = math.sqrt((heterogeneity - 3) / sum(weights))
    assert estimate.spread(gap, error, floor=0.0) == pytest.approx(expected)


def test_spread_comes_back_from_gaps_that_were_made_with_it(rng: np.random.Generator) -> None:
    error = rng.uniform(0.02, 0.1, 4000)
    gap = rng.normal(0, np.sqrt(0.08**2 + error**2))
    assert estimate.spread(gap, error, floor=0.0) == pytest.approx(0.08, rel=0.05)


def test_two_gaps_that_mirror_each_other_do_not_spread_more_than_each() -> None:
    gap, error = np.array([0.2, -0.2]), np.array([0.1, 0.1])
    assert estimate.spread(gap, error, floor=0.0) == pytest.approx(math.sqrt(0.2**2 - 0.1**2))


@pytest.mark.parametrize("gaps", [[], [0.4], [0.001, -0.001, 0.0]])
def test_spread_is_never_under_its_floor(gaps: list[float]) -> None:
    gap = np.array(gaps)
    assert estimate.spread(gap, np.full_like(gap, 0.1), floor=0.05) == 0.05


def test_a_gap_gives_up_what_its_unsureness_says_of_its_way_to_the_prior() -> None:
    # spread and error alike: half the way of 0.04, which is less than a quarter of the error
    gap = estimate.shrink(np.array([0.14]), np.array([0.1]), np.array([0.1]), 0.1)
    assert gap == pytest.approx([0.12])


def test_a_gap_is_never_pulled_further_than_a_quarter_of_its_error() -> None:
    gap = estimate.shrink(np.array([0.3, -0.3]), np.array([0.1, 0.1]), 0.0, 0.01)
    assert gap == pytest.approx([0.275, -0.275])


@given(st.floats(-1, 1), st.floats(0.001, 1), st.floats(-1, 1), st.floats(0.001, 1))
def test_a_shrunken_gap_lies_between_prior_and_gap(
    raw: float, error: float, prior: float, spread: float
) -> None:
    gap = estimate.shrink(np.array([raw]), np.array([error]), prior, spread)
    assert min(raw, prior) - 1e-12 <= gap[0] <= max(raw, prior) + 1e-12
    assert abs(gap[0] - raw) <= error / 4 + 1e-12


def test_an_interval_of_the_own_error_around_a_shrunken_gap_holds_a_lone_true_gap(
    rng: np.random.Generator,
) -> None:
    true, error = 0.2, 0.05
    raw = true + error * rng.standard_normal(20_000)
    gap = estimate.shrink(raw, np.full_like(raw, error), 0.0, 0.05)
    held = np.abs(gap - true) <= estimate.Z95 * error
    # Pulled by a quarter of an error at most, for one gap among many with none
    normal = scipy.stats.norm
    expected = normal.cdf(1.96 + 0.25) - normal.cdf(-1.96 + 0.25)
    assert expected > 0.94
    assert held.mean() == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize("sign", [1, -1])
def test_beyond_is_the_normal_share_past_the_margin(sign: int) -> None:
    found = estimate.beyond(np.array([sign * 0.15]), np.array([0.05]), 0.05)
    assert found == pytest.approx(scipy.stats.norm.sf(0.05, loc=0.15, scale=0.05))


def test_beyond_is_a_half_at_the_margin_and_certain_without_error() -> None:
    found = estimate.beyond(np.array([0.05, 0.06, 0.04]), np.array([0.3, 0, 0]), 0.05)
    assert found.tolist() == [0.5, 1.0, 0.0]


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_wilson_is_the_interval_of_scipy(counts: tuple[int, int]) -> None:
    n, x = counts
    low, high = estimate.wilson(np.array([n]), np.array([x]))
    expected = scipy.stats.binomtest(x, n).proportion_ci(method="wilson")
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_wilson_of_nobody_is_missing() -> None:
    assert np.isnan(estimate.wilson(np.array([0]), np.array([0]))).all()
