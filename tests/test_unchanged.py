"""What would be seen if nothing changed: by dense matrices, by scipy's beta-binomial and by trying."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from colanalysis.errors import UsageError
from colanalysis.planning import ambition, unchanged
from colanalysis.planning.unchanged import APART, WANDER, Level


def history(rows: dict[str, list[tuple[int, int]]]) -> pd.DataFrame:
    told = [
        (group, 2020 + year, n, of)
        for group, years in rows.items()
        for year, (n, of) in enumerate(years)
    ]
    return pd.DataFrame(told, columns=["group", "year", "n", "of"])


ROWS = {
    "A": [(40, 100), (44, 90)],
    "B": [(55, 80)],
    "C": [(30, 45), (20, 50), (31, 52)],
    "D": [(70, 110), (66, 95)],
    "E": [(9, 20), (14, 22)],
}


def dense(place: int, apart: float, wander: float) -> tuple[float, float, float]:
    """Restricted log likelihood, and mean and variance of one level, by whole covariance matrices."""
    groups = [at for at, years in enumerate(ROWS.values()) for _ in years]
    n, of = (np.array([one[i] for years in ROWS.values() for one in years]) for i in (0, 1))
    sums = [np.sum(years, axis=0) for years in ROWS.values()]
    near = np.array([(sums[at][0] + 1) / (sums[at][1] + 2) for at in groups])
    chance = near * (1 - near) / of
    same = np.equal.outer(groups, groups)
    covariance = apart**2 * same + np.diag(wander**2 + chance)
    inverse, ones = np.linalg.inv(covariance), np.ones(len(n))
    precision = ones @ inverse @ ones
    mean = ones @ inverse @ (n / of) / precision
    away = n / of - mean
    log = -0.5 * (np.linalg.slogdet(covariance)[1] + np.log(precision) + away @ inverse @ away)
    own = apart**2 * (np.array(groups) == place)
    level = mean + own @ inverse @ away
    pull = 1 - own @ inverse @ ones
    return log, level, apart**2 - own @ inverse @ own + pull**2 / precision


def test_weights_and_levels_are_those_of_whole_covariance_matrices():
    fitted = unchanged.fit(history(ROWS))
    kept = fitted.weight > fitted.weight.max() * 1e-3
    known = unchanged.level(fitted, "C")
    places = np.argwhere(kept)
    seen = [dense(2, APART[one], WANDER[other]) for one, other in places]
    log, mean, variance = (np.array(part) for part in zip(*seen, strict=True))
    outset = (APART[places[:, 0]] / unchanged.USUALLY_APART) ** 2
    outset += (WANDER[places[:, 1]] / unchanged.USUALLY_WANDERS) ** 2
    weight = np.exp(log - log.max() - 0.5 * outset)
    assert known.weight == pytest.approx(weight / weight.sum())
    assert known.mean == pytest.approx(mean)
    assert known.error**2 == pytest.approx(variance)
    assert known.pulled


def test_a_few_groups_pull_nobody():
    known = unchanged.level(unchanged.fit(history({"A": [(30, 60)], "B": [(50, 60)]})), "A")
    assert known.share == pytest.approx(0.5)
    assert not known.pulled


def test_counts_are_beta_binomial_and_add_up():
    known = Level(np.array([0.25, 0.75]), np.array([0.5, 0.6]), np.array([0.03, 0.0]),
                  np.array([0.04, 0.02]), True)  # fmt: skip
    n = np.arange(31)
    expected = np.zeros(31)
    for weight, mean, spread in ((0.25, 0.5, 0.05), (0.75, 0.6, 0.02)):
        both = mean * (1 - mean) / spread**2 - 1
        expected += weight * scipy.stats.betabinom(30, mean * both, (1 - mean) * both).pmf(n)
    assert unchanged.likely(known, 30) == pytest.approx(expected)
    assert known.share == pytest.approx(0.575)
    drawn = np.random.default_rng(1)
    which = drawn.choice(2, size=400_000, p=known.weight)
    levels = drawn.normal(known.mean[which], known.error[which])
    assert known.deviation == pytest.approx(levels.std(), rel=0.01)


def test_the_smallest_shift_is_the_first_that_is_found_four_times_in_five():
    known = unchanged.level(unchanged.fit(history({"A": [(40, 100)]})), "A")
    extra = unchanged.smallest_shift(known, 80)
    assert extra is not None
    chances = unchanged.likely(known, 80)
    bar = next(n for n in range(82) if chances[n:].sum() <= 0.025)
    assert unchanged.beyond(chances) == bar

    def found(more: int) -> float:
        return unchanged.likely(known.moved(more / 80), 80)[bar:].sum()

    assert found(extra) >= unchanged.POWER > found(extra - 1)
    picked = unchanged.smallest_shift(known, 80, looked_at=10)
    assert picked is not None
    assert picked > extra


def test_hardly_any_learners_cannot_show_a_shift():
    known = unchanged.level(unchanged.fit(history({"A": [(2, 4)]})), "A")
    assert unchanged.smallest_shift(known, 4) is None
    assert unchanged.beyond(unchanged.likely(known, 4)) == 5


def test_years_that_wander_make_the_next_less_sure():
    steady = {name: [(50 + at, 100)] * 4 for at, name in enumerate("ABCDE")}
    restless = {name: [(50, 100), (70, 100), (35, 100), (65, 100)] for name in "ABCDE"}
    wide = [
        unchanged.smallest_shift(unchanged.level(unchanged.fit(history(rows)), "A"), 100)
        for rows in (steady, restless)
    ]
    assert wide[0] < wide[1]


def test_the_luckiest_small_group_is_no_rung():
    rows = {f"S{at}": [(60 + at, 100)] * 3 for at in range(8)}
    told = ambition.ladder(history({**rows, "tiny": [(9, 9)]})).set_index("rung")
    assert told.loc["best seen", "share"] < 0.75
    assert list(told.index) == list(ambition.RUNGS)
    assert told["share"].is_monotonic_increasing
    assert (told["low"] < told["share"]).all()
    assert (told["share"] < told["high"]).all()
    assert set(told["groups"]) == {9}
    # No group is named.
    assert not told.astype(str).stack().str.contains("tiny|S[0-9]").any()


def test_groups_that_differ_by_chance_alone_have_nearly_one_rung():
    drawn = np.random.default_rng(7)
    rows = {f"S{at}": [(int(drawn.binomial(30, 0.6)), 30)] for at in range(20)}
    told = ambition.ladder(history(rows))["share"]
    raw = max(n / of for years in rows.values() for n, of in years)
    assert told.iloc[2] - told.iloc[0] < 0.4 * (raw - 0.6)


def test_three_groups_make_no_ladder():
    with pytest.raises(UsageError, match="3 groups.*4 or more"):
        ambition.ladder(history({name: [(5, 10)] for name in "ABC"}))
