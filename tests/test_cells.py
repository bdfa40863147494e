"""A definition counts whom it says, whatever it says: held to plain pandas on rows of results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colanalysis import atoms, cells, keyed

STAGES = ["years_4_6", "years_7_8"]
MAORI, PACIFIC, SMALL = "ethnicity=Māori", "ethnicity=Pacific Peoples", "ethnicity=One or other"
PROFILES = ["", MAORI, f"{MAORI} & gender=female", f"{MAORI} & {PACIFIC} & gender=male", SMALL,
            f"{PACIFIC} & gender=female", "gender=male", "gender=female"]  # fmt: skip


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """A row a result, with the key of its learner."""
    rng, many = np.random.default_rng(11), 700
    rows = pd.DataFrame(
        {
            "learner": rng.integers(0, 200, many),
            "domain": rng.choice(["results", "assessed"], many, p=[0.8, 0.2]),
            "measure": rng.choice(["reading", "maths"], many),
            "stage": rng.choice(STAGES, many),
            "year": rng.integers(2022, 2026, many),
            "year_level": rng.choice([4.0, 5.0, 7.0, np.nan], many),
            "provider_id": rng.choice(["P", "Q"], many),
            "came_from": rng.choice(["", *STAGES], many),
            "goes_to": rng.choice(["", *STAGES], many),
            "n_success": rng.integers(0, 2, many),
        }
    )
    profile = rng.choice(PROFILES, 200)
    own = keyed.records([f"{one}" for one in range(200)], b"k")[rows["learner"]]
    return rows.assign(
        profile=profile[rows["learner"]], n=1, key=own, key_success=own * rows["n_success"]
    )


@pytest.fixture(scope="module")
def finest(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.groupby(atoms.KEYS, dropna=False)[atoms.SUMS].sum().reset_index()


def of_group(profile: str, group: str) -> bool:
    """Whether a learner of a profile is meant by a group, a merged one too."""
    held = set(profile.split(" & "))
    merged = {"ethnicity=Māori or Pacific Peoples": {MAORI, PACIFIC},
              f"{SMALL} or Māori": {SMALL, MAORI}}  # fmt: skip
    return all(held & merged.get(part, {part}) for part in group.split(" & ") if part)


def by_hand(rows: pd.DataFrame, one: dict[str, Any]) -> list[int]:
    mine = rows["domain"].eq(one["domain"]) & rows["measure"].eq(one["measure"])
    for name in ("stage", "came_from", "goes_to"):
        wanted = one[{"stage": "stages"}.get(name, name)].split()
        mine &= rows[name].isin(wanted) if wanted else True
    for name, column in (("year", "year"), ("level", "year_level")):
        low, high = one[f"{name}_min"], one[f"{name}_max"]
        mine &= rows[column].ge(low) if low == low else True  # noqa: PLR0124 (not a number)
        mine &= rows[column].le(high) if high == high else True  # noqa: PLR0124
    mine &= rows["provider_id"].eq(one["provider_id"]) if one["provider_id"] else True
    own = rows[mine & rows["profile"].map(lambda profile: of_group(profile, one["group"]))]
    return [int(own[name].sum()) for name in atoms.SUMS]


NONE = st.just(float("nan"))
SOME = st.sampled_from(["", "years_4_6", "years_7_8", "years_4_6 years_7_8", "ece"])
DEFINITIONS = st.fixed_dictionaries(
    {
        "domain": st.sampled_from(["results", "assessed", "flows"]),
        "measure": st.sampled_from(["reading", "maths", "unknown"]),
        "stages": SOME,
        "year_min": NONE | st.sampled_from([2022.0, 2024.0]),
        "year_max": NONE | st.sampled_from([2023.0, 2025.0]),
        "level_min": NONE | st.sampled_from([0.0, 5.0]),
        "level_max": NONE | st.sampled_from([4.0, 7.0]),
        "provider_id": st.sampled_from(["", "P", "Q", "R"]),
        "group": st.sampled_from(
            ["", MAORI, SMALL, f"{MAORI} & gender=female", "gender=male", "gender=other",
             "ethnicity=Māori or Pacific Peoples", f"{SMALL} or Māori",
             "ethnicity=Māori or Pacific Peoples & gender=male", f"{MAORI} & {PACIFIC}"]
        ),
        "came_from": SOME,
        "goes_to": SOME,
    }
)  # fmt: skip


@settings(max_examples=25)
@given(st.lists(DEFINITIONS, min_size=1, max_size=20))
def test_every_definition_counts_as_plain_pandas_does(
    rows: pd.DataFrame, finest: pd.DataFrame, told: list[dict[str, Any]]
) -> None:
    index = [f"cell {place}" for place in range(len(told))]
    counted = cells.counted(pd.DataFrame(told, index=index), finest)
    assert list(counted.index) == index
    assert counted.to_numpy().tolist() == [by_hand(rows, one) for one in told]


def test_a_blank_leaves_nothing_out(rows: pd.DataFrame, finest: pd.DataFrame) -> None:
    told = cells.define(pd.DataFrame({"measure": ["reading"], "mark": ["kept"]}))
    assert set(cells.DEFINITION) | {"mark"} == set(told)
    own = rows[(rows["domain"] == "results") & (rows["measure"] == "reading")]
    assert cells.counted(told, finest).to_numpy().tolist() == [own[atoms.SUMS].sum().tolist()]


def test_the_same_learners_have_the_same_key_however_they_are_meant(finest: pd.DataFrame) -> None:
    told = cells.define(
        pd.DataFrame(
            [
                {"measure": "reading", "provider_id": "P"},
                {"measure": "reading", "provider_id": "P", "year_min": 2022.0, "year_max": 2025.0},
                {"measure": "reading", "provider_id": "P", "stages": " ".join(STAGES)},
                {"measure": "reading", "provider_id": "P", "stages": " ".join(STAGES[::-1])},
            ]
        ).fillna({"stages": ""})
    )
    counted = cells.counted(told, finest)
    assert counted.drop_duplicates().shape[0] == 1
    shuffled = cells.counted(told, finest.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(counted, shuffled)


def test_keys_add_over_parts_modulo_two_to_the_64(finest: pd.DataFrame) -> None:
    parts = pd.DataFrame({"measure": "reading", "provider_id": ["P", "Q", ""]})
    one, other, both = cells.counted(cells.define(parts), finest).to_numpy().tolist()
    added = [(a + b - c) % 2**64 for a, b, c in zip(one, other, both, strict=True)]
    assert added == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        (["ethnicity=Asian", "ethnicity=MELAA"], "ethnicity=Asian or MELAA"),
        (["home=a", "home=b or c", "home=d"], "home=a or b or c or d"),
    ],
)
def test_groups_of_one_attribute_are_merged_by_name(groups: list[str], said: str) -> None:
    assert cells.either(groups) == said


def test_a_name_that_itself_holds_the_word_or_is_one_group() -> None:
    profiles = pd.Series([SMALL, "ethnicity=One", "ethnicity=other", MAORI])
    assert list(cells.belongs(profiles, SMALL)) == [True, False, False, False]
    assert list(cells.belongs(profiles[1:], SMALL)) == [True, True, False]


def test_blocks_hold_cells_of_one_domain_and_measure(finest: pd.DataFrame) -> None:
    told = cells.define(
        pd.DataFrame(
            {
                "domain": ["results", "assessed", "results", "results"],
                "measure": ["reading", "reading", "maths", "reading"],
            },
            index=list("abcd"),
        )  # fmt: skip
    )
    found = {tuple(rows): own for rows, own, _ in cells.blocks(told, finest)}
    assert set(found) == {(0, 3), (1,), (2,)}
    for rows, own in found.items():
        first = told.iloc[rows[0]]
        assert set(own["domain"]) == {first["domain"]}
        assert set(own["measure"]) == {first["measure"]}


def test_without_cells_or_atoms_nothing_is_counted(finest: pd.DataFrame) -> None:
    nothing = cells.define(pd.DataFrame({"measure": pd.Series([], dtype=str)}))
    assert cells.counted(nothing, finest).empty
    one = cells.define(pd.DataFrame({"measure": ["reading"]}))
    assert cells.counted(one, finest.iloc[:0]).to_numpy().tolist() == [[0, 0, 0, 0]]
