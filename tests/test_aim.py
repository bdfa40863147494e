"""Targets of candidates, worked out by hand beside the sample and a small table."""

from __future__ import annotations

import datetime
import math
from dataclasses import replace

import pandas as pd
import pytest

from colanalysis import covering
from colanalysis.planning import aim
from colanalysis.terms.yardstick import Break

LIKE = ["typical", "upper_quarter", "best_seen"]


def hurdle(**other: object) -> pd.DataFrame:
    row = {
        "rank": 1, "direction": "hurdle", "kind": "gap", "measure": "attendance",
        "stages": "years_4_6", "group": "gender=female", "provider_id": "", "year_max": 2024,
        "reference_rate": 0.7,
    }  # fmt: skip
    return pd.DataFrame([row | other])


def counts(*rows: tuple[str, int, str, int, int]) -> pd.DataFrame:
    columns = ["provider_id", "year", "profile", "n", "n_success"]
    return pd.DataFrame(rows, columns=columns).assign(measure="attendance", stage="years_4_6")


BREAK = Break(datetime.date(2015, 1, 1), "another rule")
GIRLS, BOYS = "ell=no & gender=female", "ell=no & gender=male"


def test_the_latest_year_of_the_group_is_the_baseline_and_the_others_are_the_target(gathered):
    table = counts(
        ("P1", 2023, GIRLS, 50, 10), ("P1", 2024, GIRLS, 40, 20), ("P2", 2024, GIRLS, 33, 17),
        ("P1", 2024, BOYS, 99, 99), ("P1", 2025, GIRLS, 40, 40),
    )  # fmt: skip
    (row,) = aim.at_candidates([1], hurdle(), table, community=gathered.community).to_dict(
        "records"
    )
    assert (row["n"], row["of"], row["year"], row["target"]) == (37, 73, 2024, "70")
    # 70 % of 73 is 51.1: 52 reach it, 51 are nearest, and 51 of 73 reads as 69.9, which is 70.
    assert (row["reaches"], row["nearest"], row["reads_as"]) == (52, 51, 51)
    assert all(math.isnan(row[rung]) for rung in LIKE)
    assert row["compared"] == 2
    (said,) = aim.in_words(pd.DataFrame([row]))
    assert "In 2024 it was 37 of 73 learners; 70 % of them" in said[0]
    assert "would be 15 more" in said[0]
    assert "fewer than 4" in said[-1]


@pytest.mark.parametrize(
    "other",
    [{"reference_rate": 0.4}, {"provider_id": "P9"}, {"stages": "leavers"}, {"group": "gender=x"}],
)
def test_what_is_there_already_or_nowhere_asks_for_nothing(gathered, other):
    table = counts(("P1", 2024, GIRLS, 40, 20))
    made = aim.at_candidates([1], hurdle(**other), table, community=gathered.community)
    assert made.empty
    assert list(made) == aim.COLUMNS


def test_a_hurdle_at_a_provider_is_counted_there_and_of_a_step_taken_after_it(gathered):
    table = counts(("P1", 2024, GIRLS, 40, 20), ("P2", 2024, GIRLS, 30, 3))
    at_one = hurdle(provider_id="P2")
    (row,) = aim.at_candidates([1], at_one, table, community=gathered.community).to_dict("records")
    assert (row["n"], row["of"]) == (3, 30)
    taken = hurdle(kind="transition", stages="years_0_3 years_4_6")
    (row,) = aim.at_candidates([1], taken, table, community=gathered.community).to_dict("records")
    assert (row["n"], row["of"]) == (23, 70)


def test_rungs_are_of_providers_on_the_same_yardstick(gathered):
    shares = {"P1": 12, "P2": 20, "P3": 24, "P4": 36, "P5": 20}
    rows = [(name, year, GIRLS, 40, n) for name, n in shares.items() for year in (2022, 2023, 2024)]
    old = [(name, 2010, GIRLS, 40, 40) for name in shares]
    measure = replace(gathered.community.measures["attendance"], breaks=(BREAK,))
    here = replace(gathered.community, measures={"attendance": measure})
    (row,) = aim.at_candidates([1], hurdle(), counts(*rows, *old), community=here).to_dict(
        "records"
    )
    # The middle one is as the whole group: 112 of 200 succeed and no provider was ever at all of them.
    assert row["typical"] <= row["upper_quarter"] < row["best_seen"] <= 200 - 112
    without = aim.at_candidates([1], hurdle(), counts(*rows), community=here)
    assert without.to_dict("records") == [row]


def test_candidates_of_the_sample_have_targets_in_whole_learners(gathered):
    sets = covering.sets(gathered.behind, gathered.found, at_most=5)
    aims = aim.at_candidates(
        covering.ranks(sets), gathered.found, gathered.counted, community=gathered.community
    )
    assert len(aims) >= 3
    for row in aims.itertuples():
        assert row.reaches == math.ceil(int(row.target) * row.of / 100)
        assert row.n < row.reaches <= row.of
