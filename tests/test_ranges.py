"""Every contiguous range once, and how many independent looks all of them are worth."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from colanalysis.comparing import ranges as module
from colanalysis.comparing.ranges import Ranges, effective, ranges

Range = tuple[int, int, int, int]


def told(made: Ranges) -> list[Range]:
    """First and last step, first and last year of every range."""
    ends = made.first_step, made.last_step, made.first_year, made.last_year
    return [tuple(map(int, one)) for one in zip(*ends, strict=True)]


def places(one: Range, years: int) -> set[int]:
    a, b, c, d = one
    return {s * years + y for s in range(a, b + 1) for y in range(c, d + 1)}


def every(steps: int, years: int) -> list[Range]:
    """All ranges, the plain way."""
    return [
        (a, b, c, d)
        for a, b in itertools.combinations_with_replacement(range(steps), 2)
        for c, d in itertools.combinations_with_replacement(range(years), 2)
    ]


def full(steps: int, years: int) -> Ranges:
    return ranges(steps, years, filled=np.ones(steps * years, dtype=bool))


def test_every_range_is_there_once_with_the_places_it_holds() -> None:
    made = full(3, 4)
    assert sorted(told(made)) == every(3, 4)
    for held, one in zip(made.holds, told(made), strict=True):
        assert set(np.flatnonzero(held)) == places(one, 4)


def test_ranges_of_the_same_steps_or_years_share_a_number() -> None:
    made = full(3, 4)
    by_steps, by_span = {}, {}
    for one, steps, span in zip(told(made), made.steps, made.span, strict=True):
        assert by_steps.setdefault(one[:2], steps) == steps
        assert by_span.setdefault(one[2:], span) == span
    assert (len(set(by_steps.values())), len(set(by_span.values()))) == (6, 10)


def test_all_years_are_the_ranges_from_the_first_year_to_the_last() -> None:
    made = full(2, 3)
    assert [one for one, whole in zip(told(made), made.all_years, strict=True) if whole] == [
        (0, 0, 0, 2), (0, 1, 0, 2), (1, 1, 0, 2),
    ]  # fmt: skip
    assert full(3, 1).all_years.all()


@given(st.integers(1, 3), st.integers(1, 4), st.data())
def test_ranges_that_hold_the_same_results_are_looked_at_once(
    steps: int, years: int, data: st.DataObject
) -> None:
    filled = data.draw(st.lists(st.booleans(), min_size=steps * years, max_size=steps * years))
    made = ranges(steps, years, filled=np.array(filled))
    results = {place for place, here in enumerate(filled) if here}
    smallest: dict[frozenset[int], int] = {}
    for one in every(steps, years):
        held = frozenset(places(one, years) & results)
        smallest[held] = min(len(places(one, years)), smallest.get(held, 99))
    smallest.pop(frozenset(), None)
    kept = {
        frozenset(np.flatnonzero(held).tolist()): len(places(one, years))
        for held, one in zip(made.holds, told(made), strict=True)
    }
    assert kept == smallest
    assert len(made.holds) == len(kept)


def test_boxes_are_the_ranges_that_hold_both_places() -> None:
    made = full(2, 2)
    first, later = np.array([0, 0, 1]), np.array([3, 1, 1])
    expected = [
        [{a, b} <= places(one, 2) for a, b in zip(first, later, strict=True)] for one in told(made)
    ]
    assert made.boxes(first, later).tolist() == expected


# -- How many looks they are worth -----------------------------------------------------------------


def test_one_range_is_one_look_and_none_is_none() -> None:
    assert effective(np.ones((1, 3)), np.eye(3)) == 1
    assert effective(np.ones((0, 3)), np.eye(3)) == 0


def test_ranges_without_variance_are_no_looks() -> None:
    assert effective(np.eye(3), np.diag([1.0, 0, 0])) == 1


@pytest.mark.parametrize("looks", [2, 5, 20])
def test_independent_ranges_are_worth_as_many_looks(looks: int) -> None:
    found = effective(np.eye(looks), np.diag(np.arange(1.0, looks + 1)))
    assert found == pytest.approx(looks, rel=0.02)


def test_the_same_range_again_is_no_further_look() -> None:
    assert effective(np.ones((4, 2)), np.diag([1.0, 2.0])) == pytest.approx(1)


def test_the_answer_is_the_same_at_every_call() -> None:
    holds = full(3, 3).holds.astype(float)
    assert effective(holds, np.eye(9)) == effective(holds, np.eye(9))


@pytest.mark.parametrize("repeated", [0.0, 0.6])
def test_looks_times_the_tail_is_the_chance_that_any_range_is_far_out(
    repeated: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nearer than where it is used, so that plain draws see the tail often enough to check it.
    monkeypatch.setattr(module, "FAR_OUT", 3.0)
    monkeypatch.setattr(module, "DRAWS", 20_000)
    holds = full(3, 4).holds.astype(float)
    year = np.tile(np.arange(4), 3)
    size = np.linspace(1, 3, 12)
    # A learner's results of two years go together, wherever they were.
    covariance = np.outer(size, size) * np.where(year[:, None] == year, 0.0, repeated / 3)
    covariance += np.diag(size**2 - np.diag(covariance))
    rng = np.random.default_rng(7)
    drawn = rng.multivariate_normal(np.zeros(12), covariance, 200_000, method="cholesky")
    statistics = drawn @ holds.T / np.sqrt(np.einsum("rp,pq,rq->r", holds, covariance, holds))
    plain = (np.abs(statistics).max(axis=1) > 3.0).mean()
    tail = 2 * scipy.stats.norm.sf(3.0)
    assert effective(holds, covariance) * tail == pytest.approx(plain, rel=0.06)
    # The exponential tail makes it a few percent too few. One look would not do, nor as many as there
    # are ranges.
    assert 5 * tail < plain < len(holds) * tail / 1.5
