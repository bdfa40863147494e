"""Settling: what is listed of what was chosen, over which range, in exact numbers."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import by_hand
import numpy as np
import pandas as pd
import pytest
from by_hand import Hand
from hypothesis import given, settings
from hypothesis import strategies as st
from test_choose import has, learners, world

from colanalysis import find
from colanalysis.comparing import look, settle, spread
from colanalysis.comparing.scan import Scan
from colanalysis.terms.settings import Community, Settings

COMMUNITY = Community(folder=Path(), id="t", name="T")
KEY = ("writing_judgement", 1)
MAORI = "ethnicity=Māori"


def scanned_of(rows: pd.DataFrame) -> dict:
    return find.scans(by_hand.counts(rows), by_hand.pairs(rows), community=COMMUNITY)


# -- In exact numbers ------------------------------------------------------------------------------


@cache
def repeated() -> tuple[pd.DataFrame, Scan, Hand]:
    """Six hundred learners at two steps over four years, at five schools, some of whom move."""
    rng = np.random.default_rng(11)
    people, start = learners(rng, 600, 5), rng.integers(3, 8, 600)
    lasting, moves = rng.random(600) < 0.6, rng.random((4, 600)) < 0.1
    pieces = []
    for at, year in enumerate((2019, 2020, 2021, 2022)):
        level = start + at
        luck = rng.random(600) < 0.55 - 0.2 * has(people, MAORI)
        school = people["provider_id"].where(~moves[at], "P1")
        pieces.append(people.assign(
            year=year, year_level=level.astype(float), provider_id=school,
            success=np.where(rng.random(600) < 0.6, lasting, luck),
        ))  # fmt: skip
    rows = pd.concat(pieces, ignore_index=True)
    rows = rows[rows["year_level"].between(4, 8)].assign(measure=KEY[0])
    rows["stage"] = np.where(rows["year_level"] <= 6, "years_4_6", "years_7_8")
    # Nobody wrote down the year level in one year.
    rows["year_level"] = rows["year_level"].mask(
        (rows["year"] == 2020) & (rows["stage"] == "years_7_8")
    )
    rows = rows.reset_index(drop=True)
    return rows, scanned_of(rows)[KEY], Hand(rows, spread.GRID)


def range_(looked: Scan, number: int) -> tuple[list[str], int, int]:
    ranges, years = looked.ranges, looked.panel.years
    ends = years[ranges.first_year[number]], years[ranges.last_year[number]]
    return looked.stages[number].split(), *ends


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from([0.05, 0.2]))
def test_any_group_or_school_over_any_range_is_told_as_the_second_road_does(
    unit: int, number: int, wide: float
) -> None:
    _, looked, own = repeated()
    unit, number = unit % len(looked.units), number % len(looked.stages)
    row, where = looked.units.iloc[unit], range_(looked, number)
    place = looked.panel.providers.index(row["provider_id"]) if row["provider_id"] else -1
    likely = looked.spread[looked.ranges.span[number], place]
    inside = own.rows[own.inside(*where)]
    mine = by_hand.belongs(inside, row["group"], row["provider_id"])
    if min(mine.sum(), (~mine).sum()) < 10:
        return
    told = settle.told(looked, unit, number, spread=wide)
    expected = own.told(row["group"], row["provider_id"], where, likely=likely, spread=wide)
    for name, value in expected.items():
        assert told[name] == pytest.approx(value, rel=1e-6, abs=1e-9), name
    assert (told["stages"].split(), told["year_min"], told["year_max"]) == where
    assert (told["group"], told["provider_id"]) == (row["group"], row["provider_id"])
    assert told["looks"] == looked.allowance[number]


def test_doubt_grows_with_what_learners_repeat_and_with_what_schools_bring() -> None:
    _, looked, own = repeated()
    whole = (["years_4_6", "years_7_8"], 2019, 2022)
    alone = own.judge(MAORI, "", whole, likely=np.eye(len(spread.GRID))[0])
    assert alone["between"] == 0
    assert alone["chance"] > 1.2 * alone["independent"]
    a, b, covariance = own.twice
    assert len(a) > 500
    assert (covariance >= 0).all()


# -- The list is cut where it would hold too much chance -------------------------------------------


def row(false: float, **more: object) -> dict[str, object]:
    blank = dict.fromkeys(look.COLUMNS, np.nan)
    level = {"kind": "transition", "measure": KEY[0], "period": 1, "stages": "s", "year_min": 2019,
             "year_max": 2020, "provider_id": "", "group": "", "depth": 0, "raw_gap": -0.2,
             "gap": -0.2, "error": 0.01, "p_value": false, "looks": 1.0, "times": 1.0}  # fmt: skip
    return {**blank, **level, "q_value": 0.0, **more}


def listed(*false: float, share: float = 0.1, **more: object) -> pd.DataFrame:
    rows = pd.DataFrame([row(one, stages=f"s{at}", **more) for at, one in enumerate(false)])
    community = replace(COMMUNITY, settings=Settings(false_share=share))
    return settle.listed(rows, {}, community=community)


def q(*false: float) -> list[float]:
    return listed(*false, share=1.0)["q_value"].tolist()


def test_the_first_bears_all_the_false_that_it_lets_in() -> None:
    assert q(0.08) == [0.08]
    # Two: the list of two lets in 0.3, and one was listed before.
    assert q(0.08, 0.3) == [0.08, 0.3]
    # Three: 0.3 false in a list of three, of which two come before.
    assert q(0.2, 0.25, 0.3) == pytest.approx([0.15, 0.15, 0.15])
    assert q(0.3, 0.01, 0.2) == pytest.approx([0.15, 0.01, 0.15])


def test_the_list_ends_where_its_share_of_false_ones_does() -> None:
    assert len(listed(0.11)) == 0
    assert len(listed(0.09)) == 1
    assert len(listed(0.01, 0.11)) == 1
    assert len(listed(0.01, 0.02, 0.19)) == 3
    assert len(listed(0.01, 0.02, 0.21)) == 2
    assert listed(0.05, 0.09, 0.19, 0.5)["q_value"].max() <= 0.1


@settings(max_examples=60)
@given(st.lists(st.floats(1e-6, 1, allow_subnormal=False), min_size=1, max_size=12))
def test_q_values_by_brute_force(false: list[float]) -> None:
    told = listed(*false, share=1.0).set_index("stages")["q_value"]
    for at, one in enumerate(false):
        cuts = [other for other in false if other >= one]
        shares = [cut / max(sum(x <= cut for x in false) - 1, 1) for cut in cuts]
        assert told[f"s{at}"] == pytest.approx(min(min(shares), 1.0))


def test_what_is_small_or_whose_interval_holds_nought_is_not_listed() -> None:
    assert len(listed(1e-9, gap=-0.049)) == 0
    assert len(listed(1e-9, gap=0.05)) == 1
    assert len(listed(1e-9, gap=-0.2, error=0.11)) == 0
    assert len(listed(1e-9, gap=-0.2, error=0.1)) == 1


def test_no_rows_give_no_list_with_all_columns() -> None:
    empty = pd.DataFrame(columns=look.COLUMNS)
    assert settle.listed(empty, {}, community=COMMUNITY).empty


def test_nothing_is_listed_before_what_had_to_be_taken_first(rng: np.random.Generator) -> None:
    rows = world(rng, lambda rows: 0.65 - 0.25 * has(rows, MAORI))
    looked = scanned_of(rows)[KEY]
    own = looked.units.assign(spread=0.05, times=20.0)
    path = [settle.Choice(0, 0, 0.02), settle.Choice(1, 0, 0.001), settle.Choice(2, 0, 0.05)]
    told = settle._in_order(path, looked, own)
    assert [one["expected_false"] for one in told] == [0.02, 0.02, 0.05]


# -- Neighbours, and yardsticks --------------------------------------------------------------------


def told_over(looked: Scan, group: str, *wheres: tuple[list[str], int, int]) -> pd.DataFrame:
    """A group as it was taken over several ranges."""
    unit = int(np.flatnonzero(looked.units["group"] == group)[0])
    places = [range_(looked, number) for number in range(len(looked.stages))]
    more = {"times": 20.0, "q_value": 0.01}
    return pd.DataFrame([
        settle.told(looked, unit, places.index(where), spread=0.05) | more
        | {"expected_false": 0.01 * (at + 1)}
        for at, where in enumerate(wheres)
    ])  # fmt: skip


YOUNGER, OLDER, BOTH = ["years_4_6"], ["years_7_8"], ["years_4_6", "years_7_8"]


@pytest.mark.parametrize(
    ("wheres", "joined"),
    [
        ([(YOUNGER, 2019, 2022), (OLDER, 2019, 2022)], [(BOTH, 2019, 2022)]),
        ([(OLDER, 2021, 2022), (OLDER, 2019, 2020)], [(OLDER, 2019, 2022)]),
        ([(OLDER, 2019, 2021), (OLDER, 2021, 2022)], [(OLDER, 2019, 2022)]),
        ([(BOTH, 2019, 2022), (OLDER, 2021, 2022)], [(BOTH, 2019, 2022)]),
        ([(YOUNGER, 2019, 2020), (OLDER, 2019, 2020), (BOTH, 2021, 2022)], [(BOTH, 2019, 2022)]),
    ],
)
def test_neighbours_are_one_finding(wheres: list, joined: list) -> None:
    rows, looked, own = repeated()
    table = settle._neighbours_joined(told_over(looked, MAORI, *wheres), {KEY: looked})
    found = [(row.stages.split(), row.year_min, row.year_max) for row in table.itertuples()]
    assert found == joined
    inside = own.rows[own.inside(*joined[0])]
    numbers = by_hand.against(inside, has(inside, MAORI))
    assert (table["n"].item(), table["n_success"].item()) == (numbers["n"], numbers["n_success"])
    assert table["raw_gap"].item() == pytest.approx(numbers["raw_gap"])
    # It is as sure as the surer of them.
    assert table["expected_false"].item() == 0.01


@pytest.mark.parametrize(
    "wheres",
    [[(YOUNGER, 2019, 2020), (OLDER, 2021, 2022)], [(OLDER, 2019, 2019), (OLDER, 2021, 2022)],
     [(YOUNGER, 2019, 2022), (OLDER, 2019, 2021)]],
)  # fmt: skip
def test_ranges_that_make_no_range_together_stay_two(wheres: list) -> None:
    _, looked, _ = repeated()
    table = settle._neighbours_joined(told_over(looked, MAORI, *wheres), {KEY: looked})
    assert len(table) == 2


def test_opposite_neighbours_and_other_groups_stay_apart() -> None:
    _, looked, _ = repeated()
    two = told_over(looked, MAORI, (YOUNGER, 2019, 2022), (OLDER, 2019, 2022))
    two.loc[1, "raw_gap"] = 0.1
    assert len(settle._neighbours_joined(two, {KEY: looked})) == 2
    other = told_over(looked, "gender=male", (OLDER, 2019, 2022))
    mixed = pd.concat([two.iloc[:1], other], ignore_index=True)
    assert len(settle._neighbours_joined(mixed, {KEY: looked})) == 2


def yardsticks(*rows: dict[str, object]) -> list[tuple[int, str, bool]]:
    blank = {"kind": "gap", "measure": "m", "provider_id": "", "group": "g", "ahead": False}
    table = pd.DataFrame([{**blank, **one} for one in rows])
    told = settle._latest_yardstick(table)
    return [(row.period, row.stages, row.earlier_yardstick) for row in told.itertuples()]


def test_of_two_yardsticks_the_later_is_told_and_says_so() -> None:
    old, new = {"period": 1, "stages": "a b"}, {"period": 2, "stages": "b c"}
    assert yardsticks(old, new) == [(2, "b c", True)]
    assert yardsticks(old, {**new, "stages": "c"}) == [(1, "a b", False), (2, "c", False)]
    assert yardsticks(old, {**new, "ahead": True}) == [(1, "a b", False), (2, "b c", False)]
    assert yardsticks(old, {**new, "group": "h"}) == [(1, "a b", False), (2, "b c", False)]
    assert yardsticks(old, {**new, "kind": "transition"}) == [(1, "a b", False), (2, "b c", False)]
    third = {"period": 3, "stages": "a"}
    assert yardsticks(old, new, third) == [(2, "b c", True), (3, "a", True)]
