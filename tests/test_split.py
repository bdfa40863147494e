"""Shifts of schools add up to the community's, by hand and in many random communities."""

from __future__ import annotations

import random
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colanalysis.errors import UsageError
from colanalysis.planning import split


@st.composite
def asked(draw: st.DrawFn) -> tuple[int, list[int], list[int]]:
    most = draw(st.lists(st.integers(0, 300), min_size=1, max_size=15))
    weights = draw(st.lists(st.integers(0, 500), min_size=len(most), max_size=len(most)))
    return draw(st.integers(0, sum(most))), weights, most


@settings(max_examples=100)
@given(st.integers(0, 2**64))
def test_shifts_add_up_again_and_ask_no_school_for_more_than_it_can(seed):
    # A hundred communities of each seed: drawing ten thousand of them one by one takes long.
    chance = random.Random(seed)
    for _ in range(100):
        most = [chance.randrange(chance.choice((1, 2, 300))) for _ in range(chance.randint(1, 15))]
        weights = [chance.randrange(chance.choice((1, 500))) for _ in most]
        total = chance.randint(0, sum(most))
        given_ = split.shared(total, weights, most)
        assert sum(given_) == total
        assert all(0 <= one <= room for one, room in zip(given_, most, strict=True))


@given(asked())
def test_a_shift_is_its_school_s_part_to_the_next_learner(case):
    total, _, most = case
    # By those not yet there nobody is ever full before the others.
    for one, room in zip(split.shared(total, most, most), most, strict=True):
        assert sum(most) == 0 or abs(one - Fraction(total * room, sum(most))) < 1


def test_largest_remainders_by_hand():
    # 10 × 5/11, 3/11, 3/11 = 4.55, 2.73, 2.73: two remainders of .73 come before one of .55.
    assert split.shared(10, [5, 3, 3], [50, 30, 30]) == [4, 3, 3]
    # A school that is full leaves its part to the others.
    assert split.shared(10, [5, 3, 3], [2, 30, 30]) == [2, 4, 4]
    # No weight left: one each.
    assert split.shared(3, [1, 0, 0], [1, 5, 5]) == [1, 1, 1]


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {"school": ["A", "B", "C"], "n": [20, 10, 10], "of": [30, 20, 20]}, index=[7, 8, 9]
    )


def test_ties_do_not_depend_on_the_order_of_the_file():
    told = split.schools(10, table()).set_index("school")["shift"]
    turned = split.schools(10, table().iloc[::-1]).set_index("school")["shift"]
    # 3.33 each: the learner left over goes to the larger school.
    assert told.to_dict() == turned.to_dict() == {"A": 4, "B": 3, "C": 3}


def test_shifts_by_all_learners_stop_at_those_not_yet_there():
    # 14 × 30, 20, 20 of 70.
    assert split.schools(14, table(), by="of")["shift"].tolist() == [6, 4, 4]
    assert split.schools(14, table())["shift"].tolist() == [5, 5, 4]
    told = split.schools(29, table(), by="of")
    assert told["shift"].tolist() == [10, 10, 9]
    assert told["needed"].tolist() == [30, 20, 19]
    assert told["share"].tolist() == [1.0, 1.0, 0.95]


@pytest.mark.parametrize(
    ("total", "change", "words"),
    [
        (31, {}, ["31 more learners", "30 do not yet"]),
        (1, {"school": ["A", "A", "C"]}, ['"A" twice']),
        (1, {"n": [31, 1, 1]}, ["31 of 30", "A"]),
    ],
)
def test_a_total_or_a_table_that_cannot_be_is_one_clear_error(total, change, words):
    with pytest.raises(UsageError) as told:
        split.schools(total, table().assign(**change))
    assert [word for word in words if word not in str(told.value)] == []


def test_unknown_ways_and_columns_are_refused():
    with pytest.raises(UsageError, match="not_yet, of"):
        split.schools(1, table(), by="need")
    with pytest.raises(UsageError, match="school, n and of"):
        split.schools(1, table().drop(columns="n"))
