"""How far providers are apart: by scipy's normal density, by leaving out, by schools made so."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from colanalysis.comparing import spread

WIDE = len(spread.GRID)


def schools(
    rng: np.random.Generator, *, apart: float, schools: int = 12, steps: int = 2
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Results, successes beyond those expected and their variance, where schools differ so much."""
    n = rng.integers(30, 200, (schools, steps))
    share = np.clip(0.6 + rng.normal(0, apart, (schools, 1)), 0.01, 0.99)
    success = rng.binomial(n, share)
    expected = success.sum(axis=0) / n.sum(axis=0)
    return n.astype(float), success - n * expected, n * expected * (1 - expected)


def direct(n: np.ndarray, away: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Log likelihood of every spread, one provider at a time with scipy's density."""
    told = []
    part = n / n.sum()
    for wide in spread.GRID:
        total = 0.0
        for one in range(len(n)):
            # Of a provider's distance from the mean over all: its own effect less everybody's.
            loads = np.eye(len(n))[one] - part
            doubt = variance[one] / n[one] ** 2 * (1 - part[one]) + wide**2 * (loads**2).sum()
            centre = away.sum() / n.sum()
            total += scipy.stats.norm.logpdf(away[one] / n[one], centre, np.sqrt(doubt))
        told.append(total * (len(n) - 1) / len(n))
    return np.array(told)


def relative(told: np.ndarray) -> np.ndarray:
    """Log likelihoods against that of no spread; a constant says nothing."""
    return told - told[..., :1]


def test_the_grid_starts_at_nought_and_rises() -> None:
    assert spread.GRID[0] == 0
    assert (np.diff(spread.GRID) > 0).all()


def test_likelihoods_are_those_of_normal_densities(rng: np.random.Generator) -> None:
    n, away, variance = schools(rng, apart=0.1)
    expected = sum(direct(n[:, step], away[:, step], variance[:, step]) for step in range(2))
    told = spread.likelihoods(n, away, variance)
    assert told.shape == (13, WIDE)
    assert relative(told)[-1] == pytest.approx(relative(expected))


def test_a_provider_is_left_out_of_what_is_said_of_it(rng: np.random.Generator) -> None:
    n, away, variance = schools(rng, apart=0.1)
    told = spread.likelihoods(n, away, variance)
    for one in range(12):
        others = np.arange(12) != one
        alone = spread.likelihoods(n[others], away[others], variance[others])[-1]
        assert told[one] == pytest.approx(alone)
        far = away.copy()
        far[one] += 50
        assert spread.likelihoods(n, far, variance)[one] == pytest.approx(told[one])


def test_a_provider_without_learners_at_a_step_says_nothing_there(
    rng: np.random.Generator,
) -> None:
    n, away, variance = schools(rng, apart=0.1)
    n[0, 1] = away[0, 1] = variance[0, 1] = 0
    told = spread.likelihoods(n, away, variance)
    first = spread.likelihoods(n[1:, :1], away[1:, :1], variance[1:, :1])[-1]
    second = spread.likelihoods(n[1:, 1:], away[1:, 1:], variance[1:, 1:])[-1]
    assert told[0] == pytest.approx(first + second)
    everybody = spread.likelihoods(n[:, :1], away[:, :1], variance[:, :1])[-1]
    assert told[-1] == pytest.approx(everybody + second)


@pytest.mark.parametrize("many", [1, 2])
def test_a_provider_without_others_to_compare_teaches_nothing(many: int) -> None:
    told = spread.likelihoods(*(np.full((many, 1), value) for value in (50.0, 3.0, 12.0)))
    assert not told[:-1].any()
    assert told[-1].any() == (many == 2)


# -- Before and after ------------------------------------------------------------------------------


def outset(usual: float) -> np.ndarray:
    return scipy.stats.halfnorm.pdf(spread.GRID, scale=usual) * np.gradient(spread.GRID)


def test_after_is_the_rule_of_bayes_and_adds_up_to_one(rng: np.random.Generator) -> None:
    prior, told = rng.random(WIDE), rng.normal(0, 3, (2, 4, WIDE))
    found = spread.after(prior / prior.sum(), told)
    assert found.sum(axis=-1) == pytest.approx(np.ones((2, 4)))
    by_hand = [prior[at] * np.exp(told[1, 2, at]) for at in range(WIDE)]
    assert found[1, 2] == pytest.approx(np.array(by_hand) / sum(by_hand))


def test_after_is_not_lost_where_everything_is_very_unlikely() -> None:
    told = np.full(WIDE, -1e5)
    told[3] += 50
    assert spread.after(np.full(WIDE, 1 / WIDE), told)[3] == pytest.approx(1)


def test_before_one_panel_there_is_only_what_is_usual() -> None:
    (prior,) = spread.before([(("P", "Q"), np.ones((3, WIDE)))], usual=0.05)
    expected = outset(0.05) / outset(0.05).sum()
    assert prior == pytest.approx(np.tile(expected, (3, 1)))


def test_before_moves_half_the_way_to_what_the_other_panels_show() -> None:
    # The others are sure that schools are as far apart as the 15th of the grid.
    sure = np.where(np.arange(WIDE) == 15, 0.0, -1000.0) * np.ones((3, 1))
    own = np.where(np.arange(WIDE) == 2, 0.0, -1000.0) * np.ones((3, 1))
    prior = spread.before([(("P", "Q"), own), (("P", "Q"), sure)], usual=0.05)[0]
    half = outset(0.05) / outset(0.05).sum() / 2
    half[15] += 0.5
    assert prior == pytest.approx(np.tile(half, (3, 1)))


def test_before_leaves_a_provider_out_of_the_other_panels_too() -> None:
    likely = np.arange(3 * WIDE, dtype=float).reshape(3, WIDE) ** 1.2 / 50
    nothing = np.zeros((4, WIDE))
    prior, _ = spread.before([(("R", "Q", "Z"), nothing), (("P", "Q"), likely)], usual=0.05)
    usual = outset(0.05) / outset(0.05).sum()
    # Q has a row of its own there; R and Z are not there, so that everybody there counts.
    for row, of in enumerate([2, 1, 2, 2]):
        weight = usual * np.exp(likely[of])
        assert prior[row] == pytest.approx(usual / 2 + weight / weight.sum() / 2)


@pytest.mark.parametrize("apart", [0.03, 0.1, 0.2])
def test_the_spread_of_many_schools_comes_back(apart: float, rng: np.random.Generator) -> None:
    told = sum(spread.likelihoods(*schools(rng, apart=apart))[-1] for _ in range(150))
    likely = spread.after(np.gradient(spread.GRID), np.asarray(told))
    # Schools are made with shares cut to within 0 and 1, which costs a little far out.
    assert (likely * spread.GRID).sum() == pytest.approx(apart, rel=0.1)


def test_schools_that_are_alike_are_taken_to_be_alike(rng: np.random.Generator) -> None:
    told = sum(spread.likelihoods(*schools(rng, apart=0.0))[-1] for _ in range(150))
    likely = spread.after(np.gradient(spread.GRID), np.asarray(told))
    assert (likely * spread.GRID).sum() < 0.015
