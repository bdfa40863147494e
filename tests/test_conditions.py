"""What success goes with, within school and year level: worked out beside by hand and by chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import found, journeys

from colanalysis import conditions

HURDLE = found({"measure": "reading"}).assign(kind="gap", year_max=2025)


def learners(
    n: int, *, of: int, has: bool, provider: str = "P", level: float = 5.0
) -> list[dict[str, Any]]:
    """So many learners with or without attendance, of whom some succeed in reading."""
    return [
        {"provider_id": provider, "year_level": level, "reading": place < of, "attendance": has}
        for place in range(n)
    ]


def told(*groups: list[dict[str, Any]], year: int = 2025) -> Any:
    """The only row of the table, of attendance beside reading."""
    people = pd.DataFrame([one for group in groups for one in group])
    people = people.assign(learner=range(len(people)), year=2025, stage="years_4_6", profile="")
    rows = pd.concat(
        [
            people.assign(measure="reading", success=people["reading"]),
            people.assign(measure="attendance", success=people["attendance"], year=year),
        ],
        ignore_index=True,
    )
    rows = rows.drop(columns=["reading", "attendance"]).astype({"success": "boolean"})
    return next(conditions.table(HURDLE, journeys(rows)).itertuples(), None)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.05, 0.2, "goes with"), (-0.2, -0.05, "goes with its absence"), (0.0, 0.2, "cannot tell"),
     (-0.2, 0.0, "cannot tell"), (np.nan, np.nan, "cannot tell")],
)  # fmt: skip
def test_a_range_that_holds_nought_tells_nothing(low: float, high: float, said: str) -> None:
    assert conditions.verdict(low, high) == said


def test_of_one_school_and_year_level_the_difference_is_that_of_two_shares() -> None:
    row = told(learners(50, of=40, has=True), learners(40, of=20, has=False))
    assert (row.rank, row.condition, row.strata) == (1, "attendance", 1)
    assert (row.n_with, row.success_with, row.n_without, row.success_without) == (50, 40, 40, 20)
    assert row.difference == pytest.approx(0.8 - 0.5)
    error = np.sqrt(0.8 * 0.2 / 50 + 0.5 * 0.5 / 40)
    assert row.low == pytest.approx(0.3 - 1.96 * error, abs=0.004)
    assert row.high == pytest.approx(0.3 + 1.96 * error, abs=0.004)
    assert row.verdict == "goes with"


def test_what_schools_differ_by_is_not_taken_for_what_goes_with_attending() -> None:
    """Attending is common where more succeed; within each school nothing goes with it."""
    row = told(
        learners(80, of=72, has=True, provider="P"), learners(20, of=18, has=False, provider="P"),
        learners(20, of=8, has=True, provider="Q"), learners(80, of=32, has=False, provider="Q"),
    )  # fmt: skip
    assert row.difference == pytest.approx(0.0)
    assert row.low < 0 < row.high
    assert row.verdict == "cannot tell"


def test_year_levels_are_held_equal_too_and_a_stratum_of_one_side_tells_nothing() -> None:
    row = told(
        learners(40, of=30, has=True, level=4.0), learners(40, of=10, has=False, level=4.0),
        learners(60, of=60, has=True, level=6.0),
    )  # fmt: skip
    assert (row.strata, row.n_with) == (1, 40)
    assert row.difference == pytest.approx(0.5)


def test_success_can_go_with_the_absence_of_a_condition() -> None:
    row = told(learners(50, of=20, has=True), learners(50, of=40, has=False))
    assert row.verdict == "goes with its absence"


def test_of_fewer_than_forty_on_a_side_nothing_is_said() -> None:
    row = told(learners(39, of=39, has=True), learners(60, of=0, has=False))
    assert row.low > 0
    assert row.verdict == "cannot tell"


@pytest.mark.parametrize(("n", "listed"), [(9, False), (10, True)])
def test_a_side_smaller_than_any_group_that_is_compared_is_not_listed(n: int, listed: bool) -> None:
    row = told(
        learners(n, of=4, has=True), learners(60, of=40, has=False),
        learners(30, of=4, has=True, provider="Q"),
    )  # fmt: skip
    assert (row is not None) is listed


def test_a_condition_of_another_year_is_not_met() -> None:
    assert told(learners(50, of=40, has=True), learners(50, of=40, has=False), year=2024) is None


def test_changing_school_often_is_a_condition_unless_the_hurdle_is_about_it() -> None:
    people = pd.DataFrame(
        {
            "learner": range(100),
            "profile": ["transient=yes", "transient=no"] * 50,
            "success": pd.array([False, True] * 50, dtype="boolean"),
        }
    )
    row = next(conditions.table(HURDLE, journeys(people)).itertuples())
    assert (row.condition, row.n_with, row.difference) == ("transient=yes", 50, -1.0)
    about_it = HURDLE.assign(group="transient=yes")
    assert conditions.table(about_it, journeys(people)).empty


def test_the_interval_holds_the_difference_nineteen_times_in_twenty(
    rng: np.random.Generator,
) -> None:
    """Of many small schools, where the difference is the same in each."""
    held, times, true = 0, 2_000, 0.15
    n1, n0 = rng.integers(1, 9, 40).astype(float), rng.integers(1, 9, 40).astype(float)
    base = rng.uniform(0.1, 0.8, 40)
    for _ in range(times):
        a = rng.binomial(n1.astype(int), base + true).astype(float)
        b = rng.binomial(n0.astype(int), base).astype(float)
        difference, error = conditions.mantel_haenszel(a, n1, b, n0)
        held += abs(difference - true) <= 1.96 * error
    assert 0.93 < held / times < 0.97
