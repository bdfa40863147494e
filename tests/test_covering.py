"""Candidates together reach the most learners: laid beside every set that there could be."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from builders import found, journeys
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from colanalysis import covering

# A hurdle is a measure and its steps; those of one measure with a common step clash.
Hurdle = tuple[str, str]
APART = [("reading", f"step_{place}") for place in range(8)]


def hurdles(grounds: list[Hurdle]) -> pd.DataFrame:
    return found(*[{"measure": measure, "stages": steps} for measure, steps in grounds])


def behind(reach: list[set[int]]) -> pd.DataFrame:
    rows = [(rank, who) for rank, own in enumerate(reach, start=1) for who in sorted(own)]
    return pd.DataFrame(rows, columns=["rank", "learner"], dtype="int64")


def chosen(reach: list[set[int]], grounds: list[Hurdle], at_most: int) -> list[tuple[object, ...]]:
    table = covering.sets(behind(reach), hurdles(grounds), at_most=at_most)
    return list(table.drop(columns="set").itertuples(index=False, name=None))


def every(
    reach: list[set[int]], grounds: list[Hurdle], at_most: int
) -> list[tuple[int, int, tuple[int, ...]]]:
    """Every set that there could be, best first: learners missed, overlap, ranks."""

    def clash(one: int, other: int) -> bool:
        (measure, steps), (again, further) = grounds[one], grounds[other]
        return measure == again and bool(set(steps.split()) & set(further.split()))

    known = [place for place, own in enumerate(reach) if own]
    stand = [
        some
        for size in range(at_most + 1)
        for some in combinations(known, size)
        if not any(clash(*pair) for pair in combinations(some, 2))
    ]
    least = min(3, at_most, max(map(len, stand)))
    rated = []
    for some in stand:
        if len(some) >= least:
            reached = len(set().union(*[reach[place] for place in some]))
            overlap = sum(len(reach[place]) for place in some) - reached
            rated.append((-reached, overlap, tuple(place + 1 for place in some)))
    return sorted(rated)


def by_brute_force(
    reach: list[set[int]], grounds: list[Hurdle], at_most: int
) -> list[tuple[int, int, tuple[int, ...]]]:
    left, kept = every(reach, grounds, at_most), []
    while left and left[0][2] and len(kept) < 3:
        kept.append(left[0])
        left = [one for one in left if not set(kept[-1][2]) <= set(one[2])]
    return kept


STEPS = st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True).map(" ".join)
GROUND = st.tuples(st.sampled_from(["reading", "maths", "attendance"]), STEPS)
CASES = st.lists(st.tuples(st.sets(st.integers(0, 9), max_size=6), GROUND), min_size=1, max_size=7)


@settings(max_examples=60)
@given(CASES, st.integers(1, 5))
def test_sets_are_the_best_of_all_that_there_could_be(
    case: list[tuple[set[int], Hurdle]], at_most: int
) -> None:
    reach, grounds = [own for own, _ in case], [ground for _, ground in case]
    expected = by_brute_force(reach, grounds, at_most)
    made = chosen(reach, grounds, at_most)
    if not any(reach):
        assert [row[0] for row in made] == [""]
        return
    assert [row[0] for row in made] == [" ".join(map(str, ranks)) for *_, ranks in expected]
    assert [row[2:] for row in made] == [
        (-missed, overlap, len(set().union(*reach))) for missed, overlap, _ in expected
    ]


def test_the_widest_first_is_not_always_the_best_together() -> None:
    """The first hurdle holds most, and the two that it is made of reach more without it."""
    first, left, right = set(range(6)), {0, 1, 2, 10, 11}, {3, 4, 5, 12, 13}
    best, *_ = chosen([first, left, right], APART[:3], 2)
    assert best == ("2 3", "", 10, 0, 10)


def test_of_sets_that_reach_as_many_the_one_with_less_overlap_is_chosen() -> None:
    reach = [set(range(6)), {4, 5, 6, 7}, {6, 7}, {10, 11}]
    best, second, _ = chosen(reach, APART[:4], 3)
    assert best == ("1 3 4", "", 10, 0, 10)
    assert second == ("1 2 4", "", 10, 2, 10)


def test_of_equal_sets_the_one_whose_findings_stand_first_is_chosen() -> None:
    reach = [{10 * place, 10 * place + 1} for place in range(8)]
    made = chosen(reach, APART, 3)
    assert [row[0] for row in made] == ["1 2 3", "1 2 4", "1 2 5"]


def test_a_hurdle_that_reaches_nobody_new_is_left_out_where_three_are_chosen() -> None:
    reach = [{1, 2}, {3, 4}, {5, 6}, {1, 3}]
    assert chosen(reach, APART[:4], 5)[0] == ("1 2 3", "", 6, 0, 6)


def test_where_only_few_can_stand_beside_one_another_they_are_fewer() -> None:
    assert chosen([{1}, {2}], APART[:2], 5) == [("1 2", "", 2, 0, 2)]


def test_hurdles_whose_learners_nobody_knows_come_last_while_there_is_room() -> None:
    grounds = [("belonging", "a"), ("reading", "a"), ("belonging", "a b"), ("belonging", "c")]
    reach = [set(), {1, 2}, set(), set()]
    table = covering.sets(behind(reach), hurdles(grounds), at_most=3)
    assert table[["ranks", "unknown"]].values.tolist() == [["2", "1 4"]]
    assert covering.ranks(table) == [2, 1, 4]
    only = covering.sets(behind(reach), hurdles(grounds), at_most=2)
    assert covering.ranks(only) == [2, 1]


def test_of_hurdles_of_whom_no_learner_is_known_the_first_are_candidates() -> None:
    table = covering.sets(behind([]), hurdles(APART[:4]), at_most=3)
    assert table.values.tolist() == [[1, "", "1 2 3", 0, 0, 0]]


@pytest.mark.parametrize("rows", [[], [{"direction": "success"}]])
def test_without_hurdles_there_is_no_set(rows: list[dict[str, object]]) -> None:
    table = covering.sets(behind([]), found(*rows), at_most=5)
    assert table.columns.tolist() == covering.COLUMNS
    assert table.empty
    assert covering.ranks(table) == []


def test_many_learners_are_counted_exactly() -> None:
    """One learner among forty thousand decides."""
    reach = [set(range(40_000)), set(range(40_001)), {0}]
    assert chosen(reach, APART[:3], 1)[0][:3] == ("2", "", 40_001)


def test_a_mixed_integer_program_reaches_as_many(rng: np.random.Generator) -> None:
    """With too many sets to look at each: by HiGHS, which chooses in another way."""
    grounds = [(f"measure {place % 5}", steps) for place, steps in enumerate("abcdefabcdefab" * 2)]
    holds = rng.random((300, len(grounds))) < rng.uniform(0.02, 0.2, len(grounds))
    reach = [set(np.flatnonzero(holds[:, place])) for place in range(len(grounds))]
    n = len(reach)
    pairs = [pair for pair in combinations(range(n), 2) if grounds[pair[0]] == grounds[pair[1]]]
    apart = np.array([np.isin(np.arange(n), pair) for pair in pairs], dtype=float)
    solved = milp(
        np.repeat([0, -1], [n, 300]),
        integrality=np.repeat([1, 0], [n, 300]),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(np.hstack([-holds.astype(float), np.eye(300)]), ub=0),
            LinearConstraint(np.hstack([apart, np.zeros((len(pairs), 300))]), ub=1),
            LinearConstraint(np.repeat([1, 0], [n, 300]), ub=5),
        ],
        options={"mip_rel_gap": 0},
    )
    assert chosen(reach, grounds, 5)[0][2] == round(-solved.fun)


def hurdle(**what: object) -> pd.DataFrame:
    blank = {"kind": "gap", "year_max": 2025, "measure": "reading"}
    rows = found({**blank, **what})
    return rows.assign(**{name: (blank | what)[name] for name in ("kind", "year_max")})


CAREERS = pd.DataFrame(
    [
        # learner, year, stage, provider, profile, success
        (0, 2025, "years_4_6", "P", "gender=female & ethnicity=Māori", False),
        (1, 2025, "years_4_6", "P", "gender=female", False),
        (2, 2025, "years_4_6", "Q", "gender=female", True),
        (3, 2025, "years_7_8", "Q", "gender=female", False),
        (4, 2025, "years_4_6", "Q", "gender=male", False),
        (1, 2024, "years_4_6", "P", "gender=female", True),
        (3, 2024, "years_4_6", "Q", "gender=female", False),
        (5, 2024, "years_4_6", "Q", "gender=female", False),
        (6, 2025, "years_7_8", "Q", "", False),
        (7, 2025, "years_4_6", "Q", "gender=female", pd.NA),
    ],
    columns=["learner", "year", "stage", "provider_id", "profile", "success"],
).astype({"success": "boolean"})


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ({}, {0, 1, 4}),
        ({"group": "gender=female"}, {0, 1}),
        ({"group": "ethnicity=Māori & gender=female"}, {0}),
        ({"group": "gender=female", "stages": "years_4_6 years_7_8"}, {0, 1, 3}),
        ({"provider_id": "Q"}, {4}),
        ({"group": "gender=female", "year_max": 2024}, {3, 5}),
        # Nobody of Māori learners has a result in 2024.
        ({"group": "ethnicity=Māori", "year_max": 2024}, set()),
        ({"measure": "maths"}, set()),
        ({"kind": "transition", "stages": "years_4_6 years_7_8"}, {3}),
        ({"direction": "success"}, set()),
    ],
)
def test_whom_a_hurdle_has_to_shift(what: dict[str, object], expected: set[int]) -> None:
    rows = covering.members(hurdle(**what), journeys(CAREERS))
    assert rows.columns.tolist() == ["rank", "learner"]
    assert set(rows["learner"]) == expected
    assert np.array_equal(rows["rank"], np.ones(len(expected)))
