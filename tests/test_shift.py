"""Whether earlier plans shifted: small cases by hand, a community's own plans, and the benchmark."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import builders
import pandas as pd
import pytest

from colanalysis import challenge
from colanalysis.errors import UsageError
from colanalysis.planning import shift, stand, target
from colanalysis.planning.shift import Earlier
from colanalysis.planning.target import Baseline

ROOT = Path(__file__).resolve().parent.parent


def plan(n: int, of: int, to: str = "80", **more: object) -> Earlier:
    now = Baseline(n, of)
    return Earlier(group="A", year=2022, baseline=now, wanted=target.to(now, to), **more)


def alike(share: int, *, groups: int = 10, years: int = 3) -> pd.DataFrame:
    """Groups that have the same share of a hundred learners, year after year, and one that is A."""
    rows = [
        (name, 2022 - year, share, 100)
        for name in ("A", *(f"G{at}" for at in range(groups - 1)))
        for year in range(years)
    ]
    return pd.DataFrame(rows, columns=["group", "year", "n", "of"])


def test_a_large_change_is_told_and_a_small_one_is_not():
    assert shift.judged(plan(50, 100), Baseline(85, 100))["shift"] == "shifted beyond noise"
    assert shift.judged(plan(50, 100), Baseline(56, 100))["shift"] == "cannot be told"
    assert shift.judged(plan(50, 100), Baseline(20, 100))["shift"] == "moved away beyond noise"


def test_a_target_is_met_by_the_learners_of_now():
    assert shift.judged(plan(50, 100), Baseline(80, 100))["met"] == "met"
    # 80 % of 101 are 80.8.
    assert shift.judged(plan(50, 100), Baseline(80, 101))["met"] == "not met"


def test_the_parts_of_a_change_add_up():
    mix = pd.DataFrame(
        {"part": ["new", "here"], "n": [10, 40], "of": [40, 60], "of_then": [10, 110]}
    )
    told = shift.judged(plan(50, 100), Baseline(80, 120), history=alike(60), mix=mix)
    assert told["change"] == pytest.approx(80 / 120 - 0.5)
    assert told["change"] == pytest.approx(told["by_luck"] + told["by_mix"] + told["remains"])
    assert told["remains_low"] <= told["remains"] <= told["remains_high"]


def test_a_low_year_of_an_ordinary_group_is_expected_to_pass():
    # All groups are at 60 %; A had 45 once. Most of its way back is no shift.
    told = shift.judged(plan(45, 100), Baseline(60, 100), history=alike(60))
    assert told["by_luck"] > 0.1
    assert told["shift"] == "cannot be told"
    # Nothing known of the others, and A picked from all groups: the same, since any may be lowest.
    assert shift.judged(plan(45, 100), Baseline(60, 100))["shift"] == "cannot be told"
    alone = plan(45, 100), Baseline(64, 100)
    assert shift.judged(*alone)["shift"] == "shifted beyond noise"
    assert shift.judged(replace(alone[0], looked_at=30), alone[1])["shift"] == "cannot be told"


def test_other_learners_are_expected_at_their_own_shares():
    mix = pd.DataFrame({"part": ["x", "y"], "n": [30, 20], "of": [30, 70], "of_then": [60, 40]})
    by_mix, more = shift.mixed(mix)
    x, y = 30.5 / 31, 20.5 / 71
    assert by_mix == pytest.approx((0.6 - 0.3) * x + (0.4 - 0.7) * y)
    doubt = [one * (1 - one) / of for one, of in ((x, 31), (y, 71))]
    assert more == pytest.approx(
        max((0.36 - 0.09) * doubt[0] + (0.16 - 0.49) * doubt[1], 0)
    )  # fmt: skip
    with pytest.raises(UsageError, match="nobody counted"):
        shift.mixed(mix.assign(of_then=0))


def test_later_years_of_the_plan_s_own_group_prove_nothing_of_its_level():
    later = pd.DataFrame([("A", 2023, 90, 100)], columns=["group", "year", "n", "of"])
    history = alike(50)
    with_later = pd.concat([history, later])
    now = Baseline(70, 100)
    assert shift.judged(plan(50, 100), now, history=history) == shift.judged(
        plan(50, 100), now, history=with_later
    )


def test_what_cannot_be_known_is_said():
    ended = shift.judged(plan(50, 100, same_yardstick=False), Baseline(90, 100))
    assert ended == {
        "met": "cannot be known",
        "shift": "cannot be known because the measure ended",
    }
    assert shift.judged(plan(50, 100), None)["shift"] == "cannot be told"


# A community's own plans


BASE = {
    "challenge": "Reading for boys",
    "measure": "reading",
    "group": "gender=male",
    "year_levels": "7-8",
    "baseline_year": 2022,
    "target": 0.8,
    "target_year": 2024,
}


def counted(measure: str = "reading", **years: tuple[int, int]) -> pd.DataFrame:
    rows = [
        {
            "measure": measure, "stage": "y7-8", "year": int(year[1:]), "year_level": 7.0,
            "provider_id": "P", "profile": f"ell=no & gender={who}", "n": of, "n_success": n,
        }
        for year, (n, of) in years.items()
        for who in ("male", "female")
    ]  # fmt: skip
    return pd.DataFrame(rows)


def community(**change: object):
    return replace(builders.community(), plans=({**BASE, **change},))


def test_a_plan_stands_beside_what_is_counted():
    rows = counted(y2021=(52, 100), y2022=(50, 100), y2024=(85, 100))
    (row,) = stand.plans(rows, community=community()).to_dict("records")
    assert (row["baseline_n"], row["baseline_of"], row["n"], row["of"]) == (50, 100, 85, 100)
    assert (row["met"], row["year"]) == ("met", 2024)
    printed = community(baseline_n=40, baseline_of=100)
    (row,) = stand.plans(rows, community=printed).to_dict("records")
    assert row["change"] == pytest.approx(0.45)


def test_groups_alike_are_all_single_groups_on_the_same_yardstick():
    rows = counted("changed", y2022=(5, 10), y2024=(6, 10))
    told = challenge.alike({**BASE, "measure": "changed"}, rows, community=community())
    assert set(told["group"]) == {"gender=male", "gender=female", "ell=no"}
    assert set(told["year"]) == {2022}
    assert told[told["group"] == "ell=no"]["of"].tolist() == [20]
    everyone = {**BASE, "measure": "changed", "group": ""}
    assert set(challenge.alike(everyone, rows, community=community())["group"]) == {""}


def test_a_measure_that_ended_cannot_be_known():
    rows = counted("changed", y2022=(5, 10), y2024=(9, 10))
    told = stand.plans(rows, community=community(measure="changed"))
    assert told["shift"].tolist() == ["cannot be known because the measure ended"]
    assert told["met"].tolist() == ["cannot be known"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"group": "gender=boys"}, ["gender=boys", "gender=female, gender=male"]),
        ({"target": 0.4}, ["Reading for boys", "40.0 %", "above the baseline"]),
        ({"baseline_year": 2019}, ["Reading for boys", "2019", "baseline_n and baseline_of"]),
    ],
)
def test_a_plan_that_cannot_be_right_says_what_exists(change, words):
    rows = counted(y2022=(50, 100), y2024=(70, 100))
    with pytest.raises(UsageError) as told:
        stand.plans(rows, community=community(**change))
    assert [word for word in words if word not in str(told.value)] == []


def test_a_plan_whose_measure_has_no_results_yet_is_not_judged():
    nothing = counted(y2022=(50, 100)).head(0)
    planned = community(baseline_n=50, baseline_of=100)
    (row,) = stand.plans(nothing, community=planned).to_dict("records")
    assert (row["met"], row["shift"]) == ("cannot be known", "cannot be told")
    assert "There are no later results yet" in stand.in_words(pd.DataFrame([row]))[0]


def test_where_a_plan_stands_is_said_in_learners():
    def said(now: tuple[int, int], **change: object) -> str:
        years = {"y2022": (50, 100), "y2024": now}
        measure = str(change.get("measure", "reading"))
        told = stand.plans(counted(measure, **years), community=community(**change))
        (words,) = stand.in_words(told)
        return words

    assert "At the baseline (2022) 50 of 100 succeeded, and 80% were asked" in said((85, 100))
    assert "In 2024 it was 55 of 100: the target was not met. If nothing" in said((55, 100))
    assert "comes by itself. Only a shift of about" in said((55, 100))
    assert "on another yardstick" in said((85, 100), measure="changed")
    assert "no later results yet" in said((55, 100), target_year=2023)


def test_no_plans_are_an_empty_table():
    rows = counted(y2022=(50, 100))
    told = stand.plans(rows, community=replace(builders.community(), plans=()))
    assert told.empty
    assert list(told) == stand.COLUMNS


# The benchmark


@pytest.fixture(scope="module")
def benchmark():
    sys.path.insert(0, str(ROOT))
    yield importlib.import_module("benchmarks.shift.run")
    sys.path.remove(str(ROOT))


def test_the_method_tells_what_the_benchmark_saw(benchmark):
    seen = pd.read_csv(benchmark.RESULTS)
    method = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    assert benchmark.written(seen) in method
    assert set(seen["runs"]) == {benchmark.SEEDS}
    assert len(seen) == len(benchmark.KINDS)
    assert (seen["shifted"] <= 0.05 * seen["runs"]).all()
    assert (seen["found"] >= 0.8 * seen["planted"]).all()


def test_lowest_groups_without_a_shift_are_not_told_to_have_shifted(benchmark):
    world = benchmark.World(apart=0.0, wander=0.0)
    seen = benchmark.kinds.seen(world, one=benchmark.one, seeds=60, called="runs")
    assert seen["shifted"] <= 4
    # The usual test of two shares is taken in by the pick.
    assert seen["plain"] >= 5
    assert seen["found"] >= 0.7 * seen["planted"]
