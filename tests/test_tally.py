"""Profiles as codes, and the sums of every group in one pass, against loops over texts."""

from __future__ import annotations

import itertools
from math import prod

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colanalysis.comparing import tally

PROFILES = [
    "ell=no & ethnicity=Māori & ethnicity=Samoan & gender=female",
    "ell=yes & ethnicity=Asian & gender=male",
    "gender=male",
    "",
]


def axes(profiles: list[str]) -> tally.Axes:
    return tally.axes(pd.Series(profiles, dtype=object))


def holds(profile: str, group: str) -> bool:
    return set(group.split(" & ")) <= set(profile.split(" & "))


# -- Axes ------------------------------------------------------------------------------------------


def test_an_attribute_is_one_axis_and_one_with_several_values_an_axis_for_each() -> None:
    coded = axes(PROFILES)
    assert list(zip(coded.attributes, coded.values, strict=True)) == [
        ("ell", ("ell=no", "ell=yes")),
        ("ethnicity", ("ethnicity=Asian",)),
        ("ethnicity", ("ethnicity=Māori",)),
        ("ethnicity", ("ethnicity=Samoan",)),
        ("gender", ("gender=female", "gender=male")),
    ]


def test_a_code_is_the_place_of_the_value_and_one_past_the_last_where_there_is_none() -> None:
    assert axes(PROFILES).codes.tolist() == [
        [0, 1, 0, 0, 0],
        [1, 0, 1, 1, 1],
        [2, 1, 1, 1, 1],
        [2, 1, 1, 1, 2],
    ]


def test_sizes_have_room_for_none_only_where_some_profile_has_none() -> None:
    assert axes(PROFILES).sizes == (3, 2, 2, 2, 3)
    assert axes(["gender=female", "gender=male"]).sizes == (2,)


@pytest.mark.parametrize("profiles", [[], ["", ""]])
def test_profiles_without_attributes_have_no_axes(profiles: list[str]) -> None:
    coded = axes(profiles)
    assert (coded.attributes, coded.sizes, coded.codes.shape) == ((), (), (len(profiles), 0))
    assert [len(part) for part in tally.named(coded, tally.combined(coded, deepest=3))] == [0, 0]


# -- Groups ----------------------------------------------------------------------------------------


def test_groups_combine_different_attributes_and_never_two_values_of_one() -> None:
    coded = axes(PROFILES)
    names, depths = tally.named(coded, tally.combined(coded, deepest=2))
    single = [
        "ell=no", "ell=yes", "ethnicity=Asian", "ethnicity=Māori", "ethnicity=Samoan",
        "gender=female", "gender=male",
    ]  # fmt: skip
    double = [
        " & ".join(pair)
        for pair in itertools.combinations(single, 2)
        if pair[0].split("=")[0] != pair[1].split("=")[0]
    ]
    assert sorted(names[depths == 1]) == single
    assert sorted(names[depths == 2]) == sorted(double)
    assert set(depths) == {1, 2}


def test_shorter_combinations_come_first_and_none_is_deeper_than_asked() -> None:
    chosen = tally.combined(axes(PROFILES), deepest=3)
    depths = [len(one) for one in chosen]
    assert depths == sorted(depths)
    # ell and gender with each of three ethnicities; singles 5, doubles 3 + 3 + 1, triples 3
    assert [depths.count(depth) for depth in (1, 2, 3)] == [5, 7, 3]


@pytest.mark.parametrize(
    "group",
    ["", "ell=no", "ethnicity=Samoan", "ethnicity=Asian & gender=male", "ell=no & gender=male"],
)
def test_belonging_is_that_of_the_names(group: str) -> None:
    expected = [not group or holds(profile, group) for profile in PROFILES]
    assert tally.belonging(axes(PROFILES), group).tolist() == expected


def test_nobody_belongs_to_a_group_that_no_profile_names() -> None:
    assert not tally.belonging(axes(PROFILES), "gender=other & ell=no").any()


# -- Sums ------------------------------------------------------------------------------------------

VALUES = {
    "ell": ["", "ell=no", "ell=yes"],
    "ethnicity": ["", "ethnicity=A", "ethnicity=B", "ethnicity=A & ethnicity=B"],
    "gender": ["", "gender=f", "gender=m", "gender=x"],
    "year": ["year=1"],
}
PROFILE = st.tuples(*map(st.sampled_from, VALUES.values())).map(
    lambda parts: " & ".join(part for part in parts if part)
)


def summed(
    profiles: list[str], rows: list[tuple[int, int, int, int]], boxes: int, deepest: int
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Names of all groups, and the sums of both weights of the rows (profile, box, one, other)."""
    coded = axes(profiles)
    chosen = tally.combined(coded, deepest=deepest)
    profile, box, one, other = np.array(rows, dtype=int).reshape(-1, 4).T
    weights = [one.astype(float), other.astype(float)]
    found = tally.sums(coded, chosen, profile=profile, box=box, boxes=boxes, weights=weights)
    return tally.named(coded, chosen)[0], found


@given(st.data(), st.integers(1, 4), st.integers(1, 3), st.sampled_from([1, 20, 8192]))
def test_sums_are_those_of_a_loop_over_groups_and_boxes(
    data: st.DataObject, boxes: int, deepest: int, cells: int
) -> None:
    profiles = data.draw(st.lists(PROFILE, min_size=1, max_size=8, unique=True))
    row = st.tuples(
        st.integers(0, len(profiles) - 1),
        st.integers(0, boxes - 1),
        st.integers(0, 50),
        st.integers(-9, 9),
    )
    rows = data.draw(st.lists(row, max_size=25))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tally, "BLOCK_CELLS", cells)
        names, found = summed(profiles, rows, boxes, deepest)
    assert [one.shape for one in found] == [(len(names), boxes)] * 2
    for place, name in enumerate(names):
        for box in range(boxes):
            own = [row for row in rows if row[1] == box and holds(profiles[row[0]], name)]
            assert found[0][place, box] == sum(row[2] for row in own)
            assert found[1][place, box] == sum(row[3] for row in own)


def test_sums_over_no_boxes_and_of_no_groups_are_empty() -> None:
    names, found = summed(PROFILES, [], 0, 2)
    assert [one.shape for one in found] == [(len(names), 0)] * 2
    assert [one.shape for one in summed(["", ""], [(0, 1, 1, 1)], 2, 3)[1]] == [(0, 2)] * 2


# -- Covering --------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 7), min_size=1, max_size=9), st.integers(1, 3), st.integers(1, 500))
def test_every_combination_is_read_from_one_block_that_holds_it(
    sizes: list[int], deepest: int, cells: int
) -> None:
    chosen = tuple(
        one
        for depth in range(1, deepest + 1)
        for one in itertools.combinations(range(len(sizes)), depth)
    )
    blocks = tally.covering(tuple(sizes), chosen, cells=cells)
    assert sorted(one for _, inside in blocks for one in inside) == sorted(chosen)
    for block, inside in blocks:
        assert all(set(one) <= set(block) for one in inside)
        # Only a combination that is too large by itself may be larger than the limit.
        assert prod(sizes[axis] for axis in block) <= cells or block in inside


def test_one_block_is_enough_where_there_is_room_for_all() -> None:
    chosen = tuple(itertools.combinations(range(5), 2))
    assert [block for block, _ in tally.covering((2, 3, 2, 3, 2), chosen, cells=72)] == [
        (0, 1, 2, 3, 4)
    ]
