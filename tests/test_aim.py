"""Targets of candidates, worked out by hand beside the sample and small tables."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from colanalysis import covering
from colanalysis.planning import aim
from colanalysis.planning.target import Baseline
from colanalysis.publishing import ahead

NOBODY = pd.DataFrame(columns=["group", "year", "n", "of"])


def like(**years: list[int]) -> pd.DataFrame:
    """Providers with so many of forty such learners succeeding, year by year."""
    rows = [
        (name, 2022 + place, n, 40) for name, told in years.items() for place, n in enumerate(told)
    ]
    return pd.DataFrame(rows, columns=["group", "year", "n", "of"])


def test_the_share_that_was_hoped_for_is_a_number_of_learners() -> None:
    row = aim.at(Baseline(37, 73), 0.7, NOBODY)
    assert row is not None
    # 70 % of 73 is 51.1: 52 reach it, 51 are nearest, and 51 of 73 reads as 69.9, which is 70.
    assert (row["target"], row["reaches"], row["nearest"], row["reads_as"]) == ("70", 52, 51, 51)
    assert all(math.isnan(row[rung]) for rung in aim.RUNGS.values())
    assert (row["extra"], row["compared"]) == (15, 0)
    (said,) = aim.in_words(pd.DataFrame([row | {"year": 2024}]))
    assert "In 2024 it was 37 of 73 learners; 70 % of them" in said[0]
    assert "would be 15 more" in said[0]
    assert "fewer than 4" in said[-1]


@pytest.mark.parametrize("hoped", [0.4, 0.5, 0.504])
def test_what_is_reached_already_asks_for_nothing(hoped: float) -> None:
    assert aim.at(Baseline(20, 40), hoped, NOBODY) is None


def test_what_other_places_reach_are_rungs_in_learners_of_this_group() -> None:
    apart = like(P1=[12] * 3, P2=[20] * 3, P3=[24] * 3, P4=[36] * 3, P5=[20] * 3)
    row = aim.at(Baseline(112, 200), 0.7, apart)
    assert row is not None
    assert row["compared"] == 5
    # The middle one is as the whole group: 112 of 200 succeed and no provider was ever at all of them.
    assert row["typical"] <= row["upper_quarter"] < row["best_seen"] <= 200 - 112
    assert row["best_seen"] >= 0.8 * 200 - 112
    told = aim.in_words(pd.DataFrame([row | {"year": 2024}]))[0][-1]
    assert f"{row['best_seen']:.0f} more for the best that was surely seen" in told


def test_where_places_differ_by_chance_alone_none_is_a_rung_above_the_others() -> None:
    chance = like(P1=[20, 26, 23], P2=[24, 21, 22], P3=[23, 25, 19], P4=[25, 20, 24])
    row = aim.at(Baseline(112, 200), 0.7, chance)
    assert row is not None
    assert row["best_seen"] - row["typical"] <= 4
    # A year by itself cannot tell a place from its lucky year.
    lucky = aim.at(Baseline(112, 200), 0.7, like(P1=[26], P2=[21], P3=[19], P4=[20]))
    assert lucky is not None
    assert lucky["best_seen"] < 26 / 40 * 200 - 112


def test_candidates_of_the_sample_have_targets_in_whole_learners(gathered) -> None:
    sets = covering.sets(gathered.behind, gathered.found, at_most=5)
    aims = ahead.exactly(gathered, covering.ranks(sets))
    assert len(aims) >= 3
    found = gathered.found.set_index("rank")
    for row in aims.itertuples():
        assert row.reaches == math.ceil(int(row.target) * row.of / 100)
        assert row.n < row.reaches <= row.of
        hurdle = found.loc[row.rank]
        if hurdle["kind"] == "gap":
            rows = gathered.counted[gathered.counted["measure"] == row.measure]
            rows = rows[rows["stage"].isin(row.stages.split()) & (rows["year"] == row.year)]
            wanted = set(row.group.split(" & "))
            own = rows[[wanted <= set(profile.split(" & ")) for profile in rows["profile"]]]
            assert (row.n, row.of) == (own["n_success"].sum(), own["n"].sum())


def test_of_a_step_taken_those_are_counted_who_took_it(gathered) -> None:
    taken = gathered.found.query("kind == 'transition' and direction == 'hurdle'").iloc[0]
    (row,) = ahead.exactly(gathered, [int(taken["rank"])]).itertuples()
    # Fewer than all who were assessed after the step: some came from elsewhere, or were not assessed before.
    after = gathered.counted.query("measure == @taken.measure and year == @row.year")
    assert row.of < after.loc[after["stage"] == taken["stages"].split()[-1], "n"].sum()
    assert row.compared == 0
