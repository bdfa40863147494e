"""How far schools judge apart: by scipy's optimiser and densities, and in communities made so."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType

import builders
import numpy as np
import pandas as pd
import pytest
import scipy.optimize
import scipy.stats
from scipy.special import expit, log_expit

from colanalysis import agree
from colanalysis.comparing import spread
from colanalysis.moderating import apart, fitted, moderate
from colanalysis.terms.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
COMMUNITY = builders.community()
# A flat prior for the mean of schools, as good as.
WIDE = 1e3


@pytest.fixture(scope="module")
def worlds() -> Iterator[ModuleType]:
    """The made-up communities of the benchmark; they are beside the package, not in it."""
    sys.path.insert(0, str(ROOT))
    yield importlib.import_module("benchmarks.consistency.worlds")
    sys.path.remove(str(ROOT))


@pytest.fixture
def agreed(worlds: ModuleType) -> pd.DataFrame:
    """Five schools that judge differently and whose learners differ."""
    world = worlds.World(schools=5, spread=0.5, means=0.5, reliability=0.85)
    return agree.counts(worlds.made(world, 3)[0])


def school(name: str, **more: object) -> list[dict[str, object]]:
    """Sixty learners of a school at one year level, half of whom succeed."""
    row = {
        "measure": "writing",
        "test": "a test",
        "year": 2025,
        "year_level": 5.0,
        "provider_id": name,
        "n": 20,
        "n_success": 10,
    }
    return [{**row, "score": score, **more} for score in (-1.0, 0.0, 1.0)]


def several(*schools: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame([row for rows in schools for row in rows])[agree.COLUMNS]


# By a second road


def test_schools_are_those_of_a_logistic_regression_by_scipy(agreed: pd.DataFrame) -> None:
    told = fitted.fit(agreed, 1.0)
    dummies = pd.get_dummies(agreed[["provider_id", "year_level"]].astype(str), dtype=float)
    dummies["score"] = agreed["score"]
    design, success = dummies.to_numpy(), agreed["n_success"].to_numpy()
    failed = agreed["n"].to_numpy() - success

    def loss(effects: np.ndarray) -> float:
        odds = design @ effects
        own = success @ log_expit(odds) + failed @ log_expit(-odds)
        return float(-own + (effects @ effects) / (2 * fitted.FLAT**2))

    best = scipy.optimize.minimize(loss, np.zeros(design.shape[1]), method="BFGS", tol=1e-9)
    share = expit(design @ best.x)
    worth = np.average(share * (1 - share), weights=agreed["n"])
    names = [f"provider_id_{name}" for name in told.schools]
    level = best.x[[dummies.columns.get_loc(name) for name in names]] * worth
    np.testing.assert_allclose(told.level, level, atol=1e-4)
    # The error of a difference, from the curvature of the loss by steps.
    own = [dummies.columns.get_loc(name) for name in names]
    step = 1e-3 * np.eye(design.shape[1])
    curvature = [
        [
            loss(best.x + a + b)
            - loss(best.x + a - b)
            - loss(best.x - a + b)
            + loss(best.x - a - b)
            for b in step
        ]
        for a in step
    ]
    covariance = np.linalg.inv(np.array(curvature) / 4e-6)[np.ix_(own, own)] * worth**2
    first = np.eye(5)[0] - np.eye(5)[1]
    assert first @ told.covariance @ first == pytest.approx(first @ covariance @ first, rel=0.01)


def test_distances_are_those_of_a_normal_of_all_schools(agreed: pd.DataFrame) -> None:
    told, usual = fitted.fit(agreed, 0.9), 0.05
    seen = apart.beside(told, usual)
    shift, error = apart.shrunken(told, usual)
    size = len(told.n)
    for place in range(size):
        others = [one for one in range(size) if one != place]
        logs, distances, chances = [], [], []
        for wide in spread.GRID:
            all_ = told.covariance + wide**2 * np.eye(size) + WIDE
            inside = all_[np.ix_(others, others)]
            normal = scipy.stats.multivariate_normal(cov=inside)
            logs.append(normal.logpdf(told.level[others]))
            # The others' mean by least squares, of what is made independent by Cholesky's root.
            root = np.linalg.inv(np.linalg.cholesky(inside - WIDE))
            ones = root @ np.ones(size - 1)
            mean = np.linalg.lstsq(ones[:, None], root, rcond=None)[0][0]
            distance = told.level[place] - mean @ told.level[others]
            drawn = np.insert(-mean, place, 1.0)
            deviation = np.sqrt(drawn @ (all_ - WIDE) @ drawn)
            distances.append(distance)
            chances.append(2 * scipy.stats.norm.sf(abs(distance) / deviation))
        likely = spread.after(spread.outset(usual), np.array(logs))
        assert seen.away[place] == pytest.approx(likely @ distances, abs=1e-4)
        assert seen.p[place] == pytest.approx(likely @ chances, abs=1e-3)
    logs, means, variances = [], [], []
    for wide in spread.GRID:
        all_ = told.covariance + wide**2 * np.eye(size) + WIDE
        logs.append(scipy.stats.multivariate_normal(cov=all_).logpdf(told.level))
        pulled = np.linalg.solve(all_, wide**2 * np.eye(size))
        means.append(pulled.T @ told.level)
        variances.append(wide**2 - wide**2 * np.diag(pulled))
    likely = spread.after(spread.outset(usual), np.array(logs))
    expected = likely @ np.array(means)
    np.testing.assert_allclose(shift, expected, atol=1e-4)
    squares = likely @ (np.array(variances) + np.array(means) ** 2)
    np.testing.assert_allclose(error, np.sqrt(squares - expected**2), atol=1e-4)


def test_the_doubt_of_all_schools_is_that_of_their_weighted_mean(agreed: pd.DataFrame) -> None:
    (doubt,) = moderate.doubts(agreed, community=COMMUNITY).itertuples()
    n = agreed.groupby("provider_id")["n"].sum().to_numpy()
    told = fitted.fit(agreed, 0.9)
    logs = [
        scipy.stats.multivariate_normal(cov=told.covariance + wide**2 * np.eye(5) + WIDE).logpdf(
            told.level
        )
        for wide in spread.GRID
    ]
    likely = spread.after(spread.outset(0.05), np.array(logs))
    rng = np.random.default_rng(1)
    wide = rng.choice(np.maximum(spread.GRID, 0.005), 200_000, p=likely)
    schools = wide[:, None] * rng.standard_normal((200_000, 5))
    assert np.std(schools[:, 0]) == pytest.approx(doubt.spread, rel=0.02)
    assert np.quantile(abs(schools), 0.95) == pytest.approx(doubt.one_school, rel=0.02)
    assert np.quantile(abs(schools @ n / n.sum()), 0.95) == pytest.approx(doubt.pooled, rel=0.02)
    assert (doubt.n, doubt.n_schools) == (n.sum(), 5)


def test_a_school_is_pulled_one_error_at_most() -> None:
    seen = apart.Beside(np.array([0.2, -0.2, 0.02]), np.full(3, 0.04), np.zeros(3))
    shift, error = apart.pulled(seen, np.array([0.1, -0.1, 0.01]), np.full(3, 0.03))
    np.testing.assert_allclose(shift, [0.16, -0.16, 0.01])
    np.testing.assert_allclose(error, [0.04, 0.04, 0.03])


# An unreliable test


def test_a_noisy_test_does_not_make_schools_of_low_scores_look_strict(worlds: ModuleType) -> None:
    world = worlds.World(schools=20, fewest=4000, most=4000, means=0.6, reliability=0.8)
    journeys, _ = worlds.made(world, 8)
    counted = agree.counts(journeys)
    score = counted["score"] * counted["n"]
    mean = score.groupby(counted["provider_id"]).sum() / counted.groupby("provider_id")["n"].sum()
    slopes = [
        np.polyfit(mean.to_numpy(), fitted.fit(counted, reliability).level, 1)[0]
        for reliability in (1.0, 0.8)
    ]
    assert (
        slopes[0] > 0.05
    )  # taken at its word, the test makes 5 points of every standard deviation
    assert abs(slopes[1]) < 0.015


# Planted


def seen(worlds: ModuleType, seeds: int, **world: float) -> tuple[int, int]:
    """In how many communities the first school is told apart, and in how many another one."""
    found = false = 0
    for seed in range(seeds):
        journeys, _ = worlds.made(worlds.World(**world), seed)
        told = moderate.schools(agree.counts(journeys), community=COMMUNITY)["apart"]
        found += int(told.iloc[0])
        false += int(told.iloc[1:].any())
    return found, false


def test_a_school_that_is_apart_is_found(worlds: ModuleType) -> None:
    found, false = seen(worlds, 20, apart=1.0, reliability=0.85)
    assert found >= 18
    assert false <= 1


@pytest.mark.parametrize("world", [{}, {"reliability": 0.85, "means": 0.6}, {"spread": 0.3}])
def test_where_none_is_apart_hardly_ever_one_is_told(worlds: ModuleType, world: dict) -> None:
    assert sum(seen(worlds, 12, **world)) <= 1


# What cannot be said


def test_three_schools_with_enough_learners_at_shared_year_levels_are_needed() -> None:
    three = [school("P"), school("Q"), school("R")]
    assert len(moderate.schools(several(*three), community=COMMUNITY)) == 3
    few = school("R", n=6, n_success=3)
    elsewhere = school("R", year_level=8.0)
    for third in ([], few, elsewhere):
        table = several(*three[:2], third)
        assert moderate.schools(table, community=COMMUNITY).empty
        assert moderate.doubts(table, community=COMMUNITY).empty
    assert moderate.schools(several(*three)[:0], community=COMMUNITY).empty


def test_the_latest_year_that_can_be_compared_is_told() -> None:
    before = [school(name, year=year) for year in (2023, 2024) for name in "PQR"]
    now = [school(name) for name in "PQ"]
    told = moderate.schools(several(*before, *now), community=COMMUNITY)
    assert told["year"].tolist() == [2024] * 3


def test_a_judgement_has_the_doubt_of_the_test_that_most_took() -> None:
    most = [school(name) for name in "PQRS"]
    other = [school(name, test="another", n_success=13 if name == "P" else 10) for name in "PQR"]
    (doubt,) = moderate.doubts(several(*other, *most), community=COMMUNITY).itertuples()
    assert (doubt.test, doubt.n_schools, doubt.n) == ("a test", 4, 240)


def test_a_difference_too_small_for_a_finding_is_no_alarm() -> None:
    rows = [school(name, n=4000, n_success=2000) for name in "PQRSTUVWX"]
    rows.append(school("Y", n=4000, n_success=1760))
    told = moderate.schools(several(*rows), community=COMMUNITY).set_index("provider_id")
    assert told["apart"].sum() == 1
    assert told.loc["Y", "apart"]
    assert told.loc["Y", "seen"] == pytest.approx(-0.06, abs=0.001)
    wanted = replace(COMMUNITY, settings=Settings(smallest_gap=0.07))
    assert not moderate.schools(several(*rows), community=wanted)["apart"].any()


def test_many_schools_that_are_alike_leave_hardly_a_doubt() -> None:
    rows = [school(name, n=40_000, n_success=20_000) for name in "PQRSTUVWXY"]
    (doubt,) = moderate.doubts(several(*rows), community=COMMUNITY).itertuples()
    assert 0 < doubt.pooled < doubt.one_school < 0.012


# Figures


@pytest.mark.usefixtures("worlds")
def test_the_figures_of_the_document_are_those_that_were_kept() -> None:
    run = importlib.import_module("benchmarks.consistency.run")
    kept = pd.read_csv(run.RESULTS)
    assert run.written(kept) in (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    assert [run.World(**row) for row in kept[list(asdict(run.World()))].to_dict("records")] == (
        run.KINDS
    )
    assert (kept["communities"] == run.SEEDS).all()
    alike = kept[(kept["apart"] == 0) & (kept["spread"] == 0)]
    assert (alike["false"] / alike["communities"]).max() <= 0.05
