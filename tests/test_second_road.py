"""Every number of the sample's findings is worked out again from its CSV files by plain pandas.

Read and judged by hand, compared row by row. From the code come the names of the ranges looked at,
how many looks they are worth, and how likely each spread between schools is; each has tests of its own.
"""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from by_hand import STEPS, Hand, shrunken, spread_of, step_taken

from colanalysis.comparing import choose, look, prepare, scan, spread
from colanalysis.terms import catalogue

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "sample"
YES = {"yes"}
# Every measure with a finding: what a success is, and in which years the yardstick changed.
EASTTLE = {4: 1294, 5: 1376, 6: 1398, 7: 1446, 8: 1470, 9: 1556, 10: 1587}
JUDGED = ["well below", "below", "at", "above"]
CHANGED = {
    **dict.fromkeys(["maths_judgement", "reading_judgement", "writing_judgement"], (2018, 2025)),
    "attendance": (2011, 2025), "easttle_reading": (2010,), "whanau_engagement": (),
    "ncea_level_2": (2019, 2024), "ncea_level_3": (2019, 2024), "ece_participation": (),
}  # fmt: skip
ETHNIC = {
    "European/Pākehā": ["111", "121", "European/Pākehā", "NZ European"],
    "Māori": ["211", "Māori", "Maori"],
    "Pacific Peoples": ["311", "331", "341", "Samoan", "Tongan", "Pacific Peoples"],
    "Asian": ["411", "421", "431", "Chinese", "Indian", "Filipino"],
    "MELAA": ["511", "521", "531", "Middle Eastern"],
    "Other ethnicity": ["611"],
}
LEVEL_1 = {text: group for group, texts in ETHNIC.items() for text in texts}


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(SAMPLE / f"{name}.csv", dtype=str, keep_default_na=False)


def score(measure: str, value: pd.Series) -> pd.Series:
    if measure.endswith("judgement"):
        return value.map(JUDGED.index).astype(float)
    if measure in ("attendance", "easttle_reading"):
        return value.astype(float)
    return (value == "yes").astype(float)


def succeeds(measure: str, points: pd.Series, level: pd.Series) -> pd.Series:
    if measure == "attendance":
        return points > 0.9
    if measure == "easttle_reading":
        return points >= level.map(EASTTLE)
    return points >= (2 if measure.endswith("judgement") else 1)


def step(level: int) -> str:
    bounds = [0, 4, 7, 9, 11]
    return STEPS[1:][int(np.searchsorted(bounds, level, side="right")) - 1]


@cache
def results() -> pd.DataFrame:
    """A row for each learner, measure and year: the last that was written down."""
    learners = read("learners")
    named = {
        "ethnicity": learners["ethnicity"].map(
            lambda cell: sorted({LEVEL_1[one] for one in cell.split(";") if one})
        ),
        **{name: learners[name].map(lambda v: [v] if v else [])
           for name in ("gender", "ell", "transient")},
    }  # fmt: skip
    own = [
        " & ".join(sorted(f"{name}={v}" for name in named for v in named[name][at]))
        for at in learners.index
    ]
    profile = dict(zip(learners["learner_id"], own, strict=True))
    rows = read("observations").drop_duplicates(["learner_id", "measure", "year"], keep="last")
    rows = rows[rows["measure"].isin(CHANGED)].rename(columns={"learner_id": "learner"})
    rows = rows.assign(
        year=rows["year"].astype(int),
        year_level=rows["year_level"].astype(int),
        profile=rows["learner"].map(profile),
    )
    rows["stage"] = rows["year_level"].map(step).mask(rows["measure"] == "ece_participation", "ece")
    rows["score"] = pd.concat([score(name, v) for name, v in rows.groupby("measure")["value"]])
    rows["success"] = pd.concat(
        [succeeds(name, own["score"], own["year_level"]) for name, own in rows.groupby("measure")]
    )
    rows["period"] = [
        sum(change <= year for change in CHANGED[name])
        for name, year in zip(rows["measure"], rows["year"], strict=True)
    ]
    return rows


@cache
def hand(measure: str, period: int) -> Hand:
    rows = results()
    own = rows[(rows["measure"] == measure) & (rows["period"] == period)]
    return Hand(own, spread.GRID)


@pytest.fixture(scope="module")
def scanned(gathered):
    return prepare.scans(gathered.panels, settings=gathered.community.settings)


def where(row: Any) -> tuple[list[str], int, int]:
    return row.stages.split(), int(row.year_min), int(row.year_max)


def likely(looked: scan.Scan, provider_id: str, first_year: int, last_year: int) -> np.ndarray:
    """How likely each spread between schools is, as the scan published it."""
    ranges, years = looked.ranges, looked.panel.years
    ends = (ranges.first_year == years.index(first_year)) & (
        ranges.last_year == years.index(last_year)
    )
    row = looked.panel.providers.index(provider_id) if provider_id else -1
    return looked.spread[ranges.span[ends][0], row]


def spread_by_hand(scanned: Any, measure: str, depth: int) -> float:
    """How far gaps of a measure and depth stray over all steps and years, from every one of them."""
    gaps = []
    for (name, period), looked in scanned.items():
        if name != measure:
            continue
        own, panel = hand(name, period), looked.panel
        whole = list(panel.stages), panel.years[0], panel.years[-1]
        units = looked.units[looked.units["depth"] == depth]

        def judged(group, provider_id="", own=own, whole=whole, looked=looked):
            weights = likely(looked, provider_id, *whole[1:])
            return own.judge(group, provider_id, whole, likely=weights)

        alone = cache(lambda group, judged=judged: judged(group)["raw_gap"])
        for unit in units.itertuples():
            told = judged(unit.group, unit.provider_id)
            if min(told["n"], told["n_others"]) < 10:
                continue
            parts = unit.group.split(" & ") if depth > 1 else []
            gaps.append((told["raw_gap"] - sum(alone(one) for one in parts), told["error"]))
    return spread_of(*np.array(gaps).T)


def gaps(found: pd.DataFrame) -> list[Any]:
    return list(found[found["kind"] == "gap"].itertuples())


def steps(found: pd.DataFrame) -> list[Any]:
    return list(found[found["kind"] == "transition"].itertuples())


def close(one: float, other: float) -> None:
    assert one == pytest.approx(other, rel=1e-9, abs=1e-12)


def test_the_findings_are_of_measures_that_are_read_here(gathered) -> None:
    known = {name: gathered.community.measures[name] for name in gathered.found["measure"]}
    assert set(known) <= set(CHANGED)
    assert len(gaps(gathered.found)) >= 9
    assert len(steps(gathered.found)) == 1
    for name, measure in known.items():
        assert tuple(one.date.year for one in measure.breaks) == CHANGED[name]
        own = results()[results()["measure"] == name]
        judged = catalogue.succeeds(measure, own["score"], own["year_level"])
        assert judged.astype(bool).tolist() == own["success"].tolist()


def test_counted_is_what_the_files_hold(gathered) -> None:
    keys = ["measure", "stage", "year", "year_level", "provider_id", "profile"]
    mine = results().groupby(keys)["success"].agg(n="size", n_success="sum").reset_index()
    theirs = gathered.counted[gathered.counted["measure"].isin(CHANGED)]
    theirs = theirs.sort_values(keys).reset_index(drop=True)[[*keys, "n", "n_success"]]
    pd.testing.assert_frame_equal(mine.sort_values(keys).reset_index(drop=True), theirs,
                                  check_dtype=False)  # fmt: skip


def test_every_number_of_every_gap(gathered, scanned) -> None:
    for row in gaps(gathered.found):
        own, looked = hand(row.measure, row.period), scanned[row.measure, row.period]
        wide = spread_by_hand(scanned, row.measure, row.depth)
        weights = likely(looked, row.provider_id, row.year_min, row.year_max)
        told = own.told(row.group, row.provider_id, where(row), likely=weights, spread=wide)
        assert (row.n_learners, row.n_success) == (told["n"], told["n_success"])
        assert row.n_others == told["n_others"]
        assert row.direction == ("success" if told["gap"] > 0 else "hurdle")
        assert row.reference == "other learners of the same step"
        half = scipy.stats.norm.ppf(0.975) * told["error"]
        close(row.rate, told["rate"])
        close(row.reference_rate, told["reference_rate"])
        close(row.design_effect, told["design_effect"])
        close(row.gap, told["gap"])
        close(row.gap_low, max(told["gap"] - half, -1))
        close(row.gap_high, min(told["gap"] + half, 1))
        close(row.pull, (told["gap"] - told["raw_gap"]) / told["error"])
        assert row.p_value == pytest.approx(told["p_value"], rel=1e-6)
        if row.depth > 1:
            close(row.predicted, told["predicted"])
        else:
            assert math.isnan(row.predicted)
        assert_weighed(row, told, own.rows)
        seen = own.by_year(
            row.group, row.provider_id, where(row)[0], np.sign(told["gap"]), row.year_max
        )
        assert (row.years_seen, row.years_with_data, row.n_latest) == seen
        inside = own.rows[own.inside(*where(row))]
        assert row.year_level_min == inside["year_level"].min()
        assert row.year_level_max == inside["year_level"].max()
        close(row.score_gap, score_gap(inside, row))


def assert_weighed(row: Any, told: dict[str, Any], _: pd.DataFrame) -> None:
    """What follows from gap and error: learners to shift, how sure, the grade and the words."""
    sure = scipy.stats.norm.cdf((abs(told["gap"]) - 0.05) / told["error"])
    behind = max(-told["gap"], 0) * row.n_latest
    grade = "strong" if sure >= 0.95 and row.years_seen >= 2 else "moderate"
    close(row.sure, sure)
    assert row.learners_to_shift == math.ceil(behind)
    assert row.evidence == (grade if sure >= 0.8 else "watch")
    words = row.notes.split("; ")
    assert words[:2] == [
        f"{sure:.0%} sure to be beyond 5%",
        f"shows in {row.years_seen} of {row.years_with_data} years",
    ]
    if row.depth > 1:
        predicted = f"its attributes by themselves predict {100 * told['predicted']:+.0f} points"
        assert predicted in words
    if row.kind == "gap":
        assert f"mean score {row.score_gap:+.2f} standard deviations" in words


def score_gap(inside: pd.DataFrame, row: Any) -> float:
    """The gap in mean score by a stratum's own others, in deviations pooled within strata."""
    strata = inside.groupby(["stage", "year", "year_level"])["score"]
    wanted = set(row.group.split(" & ")) if row.group else set()
    mine = inside["profile"].map(lambda text: wanted <= set(text.split(" & ")))
    mine &= (inside["provider_id"] == row.provider_id) if row.provider_id else True
    both = inside.assign(mine=mine).groupby(["stage", "year", "year_level"])["mine"]
    kept = (both.transform("max") & ~both.transform("min").astype(bool)).astype(bool)
    away = (inside["score"] - strata.transform("mean"))[kept]
    within = len(away) - both.ngroup()[kept].nunique()
    deviation = math.sqrt((away**2).sum() / within)
    means = inside[kept].assign(mine=mine[kept]).pivot_table(
        index=["stage", "year", "year_level"], columns="mine", values="score"
    )  # fmt: skip
    weight = inside[kept & mine].groupby(["stage", "year", "year_level"]).size()
    return ((means[True] - means[False]) * weight).sum() / weight.sum() / deviation


def test_every_number_of_every_step_taken(gathered, scanned) -> None:
    for row in steps(gathered.found):
        taken = step_by_hand(row, scanned)
        wide = spread_of(*steps_of(row.measure, gathered, scanned))
        gap = shrunken(taken["raw_gap"], taken["error"], 0.0, wide)
        half = scipy.stats.norm.ppf(0.975) * taken["error"]
        before, after = where(row)[0]
        assert (row.n_learners, row.n_success) == (taken["n"], taken["n_success"])
        close(row.rate, taken["rate"])
        close(row.reference_rate, taken["reference_rate"])
        close(row.gap, gap)
        close(row.gap_low, gap - half)
        close(row.gap_high, gap + half)
        assert row.p_value == pytest.approx(taken["p_value"], rel=1e-6)
        assert row.direction == "hurdle"
        assert (row.years_seen, row.years_with_data) == (
            taken["years_seen"],
            taken["years_with_data"],
        )
        assert row.n_latest == taken["n_latest"]
        assert (before, after) == ("years_7_8", "years_9_10")
        assert (row.year_level_min, row.year_level_max) == (8, 9)
        assert_weighed(row, {**taken, "gap": gap}, results())


def step_by_hand(row: Any, scanned: Any) -> dict[str, float]:
    looked = scanned[row.measure, row.period]
    weights = likely(looked, "", looked.panel.years[0], looked.panel.years[-1])
    stages = tuple(row.stages.split())
    return step_taken(hand(row.measure, row.period).rows, stages, between=weights @ spread.GRID**2)


def steps_of(measure: str, gathered: Any, scanned: Any) -> tuple[np.ndarray, np.ndarray]:
    """Gap and error of every step of a measure, which are shrunken together."""
    rows = gathered.looked_at
    rows = rows[(rows["kind"] == "transition") & (rows["measure"] == measure)]
    told = [step_by_hand(row, scanned) for row in rows.itertuples()]
    return (
        np.array([one["raw_gap"] for one in told]),
        np.array([one["error"] for one in told]),
    )


# -- Which were chosen, and how much chance there is in the list -----------------------------------


def times(rows: pd.DataFrame, kind: str, depth: int) -> float:
    """How many comparisons are as simple, sides of a yes or no once, in parts of what is allowed."""
    parts = {("gap", 1): 0.35, ("gap", 2): 0.15, ("gap", 0): 0.2, ("transition", 0): 0.1}
    alike = rows[(rows["kind"] == kind) & (rows["depth"] == depth)]
    return len(alike) / parts[kind, depth]


def paths(gathered: Any, scanned: Any) -> dict[Any, list[choose.Choice]]:
    """What is taken in every panel, one after another."""
    rows = gathered.looked_at
    bar = 0.1 * max((rows["q_value"] <= 0.1).sum() - 1, 1)
    taken = {}
    for key, looked in scanned.items():
        own = rows[(rows["kind"] == "gap") & (rows["measure"] == key[0])]
        own = own[own["period"] == key[1]]
        own = looked.units.merge(own, how="left", on=["provider_id", "group", "depth"])
        waiting = np.flatnonzero(look.expected_false(own) <= bar)
        path = choose.explaining(looked, own["times"].to_numpy(), waiting, bar=bar)
        if path:
            taken[key] = (path, own["times"].to_numpy())
    return taken


def ranged(looked: scan.Scan, number: int) -> tuple[list[str], int, int]:
    years = looked.panel.years
    return (
        looked.stages[number].split(),
        years[looked.ranges.first_year[number]],
        years[looked.ranges.last_year[number]],
    )


def test_what_was_taken_stands_out_over_its_range_from_what_was_taken_before(
    gathered, scanned
) -> None:
    checked = 0
    for (name, period), (path, price) in paths(gathered, scanned).items():
        if name not in CHANGED:
            continue
        own, looked = hand(name, period), scanned[name, period]
        taken: list[tuple[str, str, tuple[list[str], int, int]]] = []
        for choice in path:
            unit = looked.units.iloc[choice.unit]
            away = own.left(taken)
            told, explained = [], []
            for number in range(len(looked.stages)):
                place = ranged(looked, number)
                weights = likely(looked, unit["provider_id"], *place[1:])
                one = own.judge(
                    unit["group"], unit["provider_id"], place, likely=weights, away=away
                )
                told.append(one["p_value"] * looked.allowance[number] * price[choice.unit])
                worth = one["away"] ** 2 / one["chance"] if one["chance"] > 0 else 0.0
                explained.append(worth - 2 * np.log(looked.allowance[number]))
            told = np.where(np.isnan(told), np.inf, told)
            bar = 0.1 * max((gathered.looked_at["q_value"] <= 0.1).sum() - 1, 1)
            assert choice.false == pytest.approx(told.min(), rel=1e-6)
            assert choice.range == np.round(np.where(told <= bar, explained, -np.inf), 6).argmax()
            taken.append((unit["group"], unit["provider_id"], ranged(looked, choice.range)))
            checked += 1
    assert checked >= 10


def test_q_values_are_those_of_the_whole_list(gathered, scanned) -> None:
    listed = {}
    for (name, period), (path, _) in paths(gathered, scanned).items():
        worst = 0.0
        for choice in path:
            unit = scanned[name, period].units.iloc[choice.unit]
            worst = max(worst, choice.false)
            place = ranged(scanned[name, period], choice.range)
            key = ("gap", name, period, " ".join(place[0]), unit["group"], unit["provider_id"])
            listed[*key, *place[1:]] = worst
    rows = gathered.looked_at
    taken = rows[(rows["kind"] == "transition") & (rows["gap"].abs() >= 0.05)]
    for row in taken[taken["gap"].abs() > 1.96 * taken["error"]].itertuples():
        false = min(row.p_value, 1) * len(rows[rows["kind"] == "transition"]) / 0.1
        key = ("transition", row.measure, row.period, row.stages, "", "")
        listed[*key, row.year_min, row.year_max] = false
    # Of every place to cut the list, the best: false ones by those listed before the last.
    order = sorted(listed.values())
    found = gathered.found
    assert len(found) <= len(listed)
    for row in found.itertuples():
        key = (row.kind, row.measure, row.period, row.stages, row.group, row.provider_id)
        false = listed[*key, row.year_min, row.year_max]
        shares = [
            one / max(sum(other <= one for other in order) - 1, 1) for one in order if one >= false
        ]
        assert row.q_value == pytest.approx(min([*shares, 1.0]), rel=1e-6)
    assert found["q_value"].max() <= 0.1


def test_findings_are_in_order_of_learners_reached_how_sure_and_how_persistent(gathered) -> None:
    found = gathered.found
    weight = found["gap"].abs() * found["n_latest"] * found["sure"]
    weight *= found["years_seen"] / found["years_with_data"]
    assert weight.is_monotonic_decreasing
    assert found["rank"].tolist() == list(range(1, len(found) + 1))


def test_times_are_equal_comparisons_in_parts_of_what_is_allowed(gathered) -> None:
    rows = gathered.looked_at
    told = rows.groupby(["kind", "depth"])["times"].first()
    close(told["transition", 0], times(rows, "transition", 0))
    close(told["gap", 0], times(rows, "gap", 0))
    # Yes and no of one attribute are one comparison: of two attributes, in every panel.
    answers = rows[rows["group"].isin(["ell=no", "transient=no"])]
    close(told["gap", 1], times(rows, "gap", 1) - len(answers) / 0.35)
