"""Learners of several groups are counted once: by sets of learners and by trying every shift."""

from __future__ import annotations

from itertools import combinations, product

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colanalysis.errors import UsageError
from colanalysis.planning import overlap

NAMES = ("boys", "Māori", "Pacific")
learners = st.lists(st.sets(st.sampled_from(NAMES)), max_size=30)


def counted(people: list[set[str]]) -> pd.DataFrame:
    """How many learners are in every group and every overlap, whatever else they are in."""
    rows = [
        (" & ".join(some), sum(set(some) <= one for one in people))
        for size in (1, 2, 3)
        for some in combinations(NAMES, size)
    ]
    return pd.DataFrame(rows, columns=["groups", "n"])


@settings(max_examples=50)
@given(learners)
def test_nobody_is_counted_twice(people):
    exactly = overlap.parts(counted(people))
    assert overlap.all_different(exactly) == sum(bool(one) for one in people)
    for row in exactly.itertuples():
        assert row.n == sum(one == set(row.groups.split(" & ")) for one in people)


@settings(max_examples=50)
@given(learners, st.data())
def test_the_fewest_learners_are_different_ones_and_reach_every_target(people, data):
    exactly = overlap.parts(counted(people))
    has = {name: sum(name in one for one in people) for name in NAMES}
    extra = {name: data.draw(st.integers(0, has[name])) for name in NAMES}
    told = overlap.fewest(exactly, pd.DataFrame(extra.items(), columns=["group", "extra"]))
    assert (told["shift"] <= told["n"]).all()
    for name, asked in extra.items():
        assert told.loc[told["groups"].str.contains(name), "shift"].sum() >= asked
    assert max(extra.values()) <= told["shift"].sum() <= sum(extra.values())


@settings(max_examples=20)
@given(st.lists(st.sets(st.sampled_from(NAMES)), max_size=9), st.data())
def test_no_fewer_learners_would_do(people, data):
    exactly = overlap.parts(counted(people))
    has = {name: sum(name in one for one in people) for name in NAMES}
    extra = {name: data.draw(st.integers(0, has[name])) for name in NAMES}
    told = overlap.fewest(exactly, pd.DataFrame(extra.items(), columns=["group", "extra"]))
    belongs = [set(one.split(" & ")) for one in exactly["groups"]]
    tried = (
        sum(shifts)
        for shifts in product(*(range(n + 1) for n in exactly["n"]))
        if all(
            sum(s for s, one in zip(shifts, belongs, strict=True) if name in one) >= asked
            for name, asked in extra.items()
        )
    )
    assert told["shift"].sum() == min(tried)


def test_two_targets_of_learners_in_both_groups_by_hand():
    within = pd.DataFrame([("A", 50), ("B", 30), ("A & B", 10)], columns=["groups", "n"])
    exactly = overlap.parts(within)
    assert exactly["n"].tolist() == [40, 20, 10]
    extra = pd.DataFrame({"group": ["A", "B"], "extra": [12, 25]})
    # Ten count for both, so 37 become 27.
    assert overlap.fewest(exactly, extra)["shift"].sum() == 27


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("A", 5), ("B", 5)], ["A & B", "every overlap"]),
        ([("A", 5), ("B", 5), ("B & A", 6)], ["cannot all be true", "A alone"]),
    ],
)
def test_counts_that_cannot_be_say_what_is_missing(rows, words):
    with pytest.raises(UsageError) as told:
        overlap.parts(pd.DataFrame(rows, columns=["groups", "n"]))
    assert [word for word in words if word not in str(told.value)] == []


def test_more_extra_learners_than_there_are_is_one_clear_error():
    exactly = pd.DataFrame([("A", 4), ("A & B", 1)], columns=["groups", "n"])
    with pytest.raises(UsageError, match="6 more learners of A, where 5 are not yet there"):
        overlap.fewest(exactly, pd.DataFrame({"group": ["A"], "extra": [6]}))
