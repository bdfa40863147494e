"""The made-up communities of ``benchmarks/calibration`` are what they say, and so are its figures."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit
from scipy.stats import norm

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "calibration" / "results"
PARTS = ("null", "planted", "power", "small", "peers", "speed", "growth", "large")
METHOD = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
SECTION = METHOD.partition("\n## What was tried, and what was seen\n")[2].partition("\n## ")[0]
FIGURES = ("power.svg", "false-findings.svg")
LARGEST = 60_000


@pytest.fixture(scope="module")
def calibration():
    """Give the modules of the calibration by name; they are beside the package, not in it."""
    sys.path.insert(0, str(ROOT))
    yield lambda name: importlib.import_module(f"benchmarks.calibration.{name}")
    sys.path.remove(str(ROOT))


@pytest.fixture(scope="module")
def kind(calibration):
    return calibration("settings").Setting


# Worlds


def gap_by_hand(planted, world, values):
    """The gap of a plant once more: learner by learner, then stratum by stratum."""
    table = world.journeys.results.assign(value=values)
    named = world.journeys.groups()
    who = set(named.loc[named["group"] == planted.plant.group, "learner"])
    mine = table["learner"].isin(who) & (table["measure"] == planted.plant.measure)
    mine &= (table["year_level"] >= planted.plant.first) & (
        table["year_level"] <= planted.plant.last
    )
    assert (mine.to_numpy() == planted.rows).all()
    total = weight = 0.0
    for _, same in table.groupby(["measure", "year", "year_level"]):
        inside, outside = same[mine[same.index]], same[~mine[same.index]]
        if len(inside) and len(outside):
            total += len(inside) * (inside["value"].mean() - outside["value"].mean())
            weight += len(inside)
    return total / weight


@pytest.mark.parametrize("repetition", ["weak", "strong"])
def test_the_true_gap_is_what_a_second_road_gives(kind, repetition):
    setting = kind(2_500, repetition=repetition, group="ethnicity=Māori", points=-25.0)
    seen = []
    for seed in range(6):
        world = setting.world(seed)
        [planted] = world.truth
        assert -0.27 < planted.gap < -0.20
        assert planted.gap == pytest.approx(gap_by_hand(planted, world, world.probability))
        success = world.journeys.results["success"].to_numpy(float)
        seen.append(gap_by_hand(planted, world, success) - planted.gap)
    # Of results that go together the share of a group strays by about 4 points from its probability.
    assert abs(np.mean(seen)) < 3 * 0.04 / np.sqrt(len(seen))


@pytest.mark.parametrize(("repetition", "years", "lowest", "highest"), [
    ("weak", {3: 1.0}, 0.05, 0.13),
    ("strong", {1: 0.3, 2: 0.25, 3: 0.45}, 0.38, 0.50),
])  # fmt: skip
def test_results_of_one_learner_go_together_as_it_says(kind, repetition, years, lowest, highest):
    results = kind(10_000, repetition=repetition).world(1).journeys.results
    mine = results[results["measure"] == "reading"].assign(y=results["success"].astype(float))
    mine["y"] -= mine.groupby(["year", "year_level"])["y"].transform("mean")
    wide = mine.pivot(index="learner", columns="year", values="y")
    for earlier, later in ((2022, 2023), (2023, 2024), (2022, 2024)):
        both = wide[[earlier, later]].dropna()
        assert lowest < np.corrcoef(both[earlier], both[later])[0, 1] < highest
    seen = results.drop_duplicates(["learner", "year"])["learner"].value_counts()
    for number, share in years.items():
        assert (seen == number).mean() == pytest.approx(share, abs=0.12)


def test_schools_differ_by_as_much_as_is_asked_for(kind):
    apart = []
    for seed in range(12):
        world = kind(800, schools=0.5, repetition="weak").world(seed)
        table = world.journeys.results.assign(odds=logit(world.probability))
        same = table.groupby(["measure", "year_level", "provider_id"])["odds"].mean()
        apart.append(same.groupby(["measure", "year_level"]).std().mean())
    assert np.mean(apart) == pytest.approx(0.5, rel=0.15)
    table = kind(800, repetition="weak").world(0)
    even = pd.Series(table.probability).groupby(
        [table.journeys.results[name] for name in ("measure", "year_level", "year")]
    )
    # Without schools nothing but who moves a lot (in whose results some are missing) tells apart.
    assert even.nunique().max() <= 2


# What is found


def test_little_is_listed_where_nothing_is_there(kind, calibration):
    row = calibration("measured").row
    assert sum(row(kind(800), seed)["any"] for seed in range(100, 110)) <= 3


def test_a_large_hurdle_is_found_as_it_was_planted(kind, calibration):
    setting = kind(2_500, repetition="weak", group="ethnicity=Māori", points=-25.0)
    told = [calibration("measured").row(setting, seed) for seed in range(100, 104)]
    assert np.mean([one["overlap"] for one in told]) >= 0.9
    assert all(one["found"] for one in told)


# Figures


def tables():
    """Every table of the section as a frame of text, by its last column."""
    found = {}
    for block in re.findall(r"(?:^\|.*\|\n)+", SECTION, flags=re.MULTILINE):
        lines = [
            [cell.strip() for cell in line.strip("|").split(" | ")] for line in block.splitlines()
        ]
        table = pd.DataFrame(lines[2:], columns=[name.strip() for name in lines[0]])
        found[table.columns[-1]] = table
    return found


def share(count, of):
    """A share in percent with Wilson's limits, by the textbook."""
    z, p = norm.ppf(0.975), count / of
    half = z * np.sqrt(p * (1 - p) / of + z**2 / (4 * of**2)) / (1 + z**2 / of)
    middle = (p + z**2 / (2 * of)) / (1 + z**2 / of)
    low, high = max(middle - half, 0.0), min(middle + half, 1.0)
    return f"{100 * p:.1f} ({100 * low:.1f} to {100 * high:.1f})"


@pytest.mark.parametrize("part", PARTS)
def test_figures_are_kept(part):
    table = pd.read_csv(RESULTS / f"{part}.csv")
    assert len(table)
    assert not table.select_dtypes("number").isin([np.inf, -np.inf]).any(axis=None)


def test_every_table_of_the_document_is_made_of_the_kept_figures(calibration):
    made = calibration("tables").all_of_them()
    assert [title for title, table in made.items() if f"\n{table}\n" not in SECTION] == []
    assert SECTION.count("\n| ---") == len(made)


def test_false_lists_are_what_was_counted():
    kept, told = pd.read_csv(RESULTS / "null.csv"), tables()["a step taken"]
    assert list(told["communities"].astype(int)) == list(kept["seeds"])
    assert list(told["list anything, %"]) == list(map(share, kept["any"], kept["seeds"]))
    assert (kept["seeds"] >= 200).all()


def test_what_is_found_is_what_was_counted():
    kept, told = pd.read_csv(RESULTS / "planted.csv"), tables()["found, %"]
    assert list(told["learners"].str.replace(",", "").astype(int)) == list(kept["learners"])
    assert list(told["found, %"]) == list(map(share, kept["found"], kept["seeds"]))
    assert list(told["first overlap"].str[:4]) == [f"{one:.2f}" for one in kept["overlap"]]


def test_other_methods_stand_as_they_were_counted():
    kept = pd.read_csv(RESULTS / "peers.csv")
    mine = kept[kept["points"] < 0].groupby(["points", "learners", "tool"])["first"].mean()
    told = tables()["first overlap at equal false lists"]
    assert sorted(told["first overlap"].str[:4]) == sorted(f"{one:.2f}" for one in mine)


def test_figures_are_drawn_small_and_the_same_every_time(calibration, tmp_path):
    drawn = []
    for place in (tmp_path / "one", tmp_path / "two"):
        place.mkdir()
        calibration("figures").draw(place)
        drawn.append([(place / name).read_bytes() for name in FIGURES])
    assert drawn[0] == drawn[1]
    for name, made in zip(FIGURES, drawn[0], strict=True):
        kept = (ROOT / "docs" / name).read_bytes()
        assert max(len(kept), len(made)) < LARGEST
        assert re.findall(rb"<text[^>]*>([^<]*)<", kept) == re.findall(
            rb"<text[^>]*>([^<]*)<", made
        )
        assert b"<dc:date>" not in kept
        assert f"]({name})" in SECTION
