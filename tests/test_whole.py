"""All learners together: beside what is hoped for, and over each step of the pathway."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import by_hand
import numpy as np
import pandas as pd
import pytest
from by_hand import Z95, Hand, step_taken, tail

from colanalysis import find
from colanalysis.comparing import spread, whole
from colanalysis.measure import CELL, LATER, PAIR_SUMS
from colanalysis.terms.settings import Community

PLAIN = Community(folder=Path(), id="t", name="T")
STAGE = {4: "years_4_6", 5: "years_4_6", 6: "years_4_6", 7: "years_7_8", 8: "years_7_8"}
NO_PAIRS = pd.DataFrame(columns=[*CELL, *LATER, "profile", *PAIR_SUMS])


def careers(
    rng: np.random.Generator,
    *,
    n: int = 600,
    schools: int = 6,
    lost: float = 0.0,
    years: tuple[int, ...] = (2019, 2020, 2021),
    share: float = 0.6,
) -> pd.DataFrame:
    """Learners over years from Year 4 to Year 8, who move to one of two schools after Year 6."""
    lasting, start = rng.random(n) < share, rng.integers(4, 7, n)
    school = rng.integers(1, schools + 1, n)
    pieces = []
    for at, year in enumerate(years):
        level = start + at
        chance = np.where(level > 6, share - lost, share)
        success = np.where(rng.random(n) < 0.6, lasting & (level <= 6), rng.random(n) < chance)
        success |= (level > 6) & lasting & (rng.random(n) > lost)
        pieces.append(pd.DataFrame({
            "learner": range(n), "measure": "writing_judgement", "year": year, "year_level": level,
            "provider_id": np.where(level > 6, "I" + pd.Series(1 + school % 2).astype(str),
                                    "P" + pd.Series(school).astype(str)),
            "profile": "", "success": success,
        }))  # fmt: skip
    rows = pd.concat(pieces, ignore_index=True)
    rows = rows[rows["year_level"] <= 8].assign(stage=rows["year_level"].map(STAGE))
    return rows.reset_index(drop=True)


def expecting(share: float, **settings: object) -> Community:
    measure = replace(PLAIN.measures["writing_judgement"], expectation=share)
    measures = {**PLAIN.measures, measure.id: measure}
    return replace(PLAIN, measures=measures, settings=replace(PLAIN.settings, **settings))


def scan(
    rows: pd.DataFrame, community: Community, pairs: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    pairs = by_hand.pairs(rows) if pairs is None else pairs
    scanned = find.scans(by_hand.counts(rows), pairs, community=community)
    seen = find.looked_at(scanned, pairs, community=community)
    return seen, find.findings(seen, scanned, community=community), scanned


def between(looked: object, first_year: int, last_year: int) -> float:
    """The variance between schools that the scan published for a range of years."""
    years, ranges = looked.panel.years, looked.ranges
    ends = (ranges.first_year == years.index(first_year)) & (
        ranges.last_year == years.index(last_year)
    )
    return float(looked.spread[ranges.span[ends][0], -1] @ spread.GRID**2)


# -- Levels ----------------------------------------------------------------------------------------


def level(rows: pd.DataFrame, stages: list[str], hoped: float, wide: float) -> dict[str, float]:
    """A level by hand: all learners of some steps, with what repeats and what schools differ by."""
    own = Hand(rows)
    inside = rows["stage"].isin(stages).to_numpy()
    a, b, covariance = own.twice
    met = inside[a] & inside[b]
    repeats = 1 + 2 * covariance[met].sum() / own.varies[inside].sum()
    n, x = inside.sum(), rows["success"][inside].sum()
    parts = rows["provider_id"][inside].value_counts(normalize=True)
    near, schools = (x + 1) / (n + 2), wide * (parts**2).sum()
    null = hoped * (1 - hoped) / n * repeats + schools
    return {
        "n": n, "n_success": x, "rate": x / n, "raw_gap": x / n - hoped,
        "error": math.sqrt(near * (1 - near) / n * repeats + schools),
        "p_value": tail_of(x / n - hoped, hoped, null),
    }  # fmt: skip


def tail_of(away: float, expected: float, variance: float) -> float:
    """The binomial tail wherever it is: of levels no normal one is taken near nought."""
    many = 1e6
    if abs(away) > 2 * math.sqrt(variance):
        return tail(many, expected * many, away * many, variance * many**2)
    return float("nan")


def test_every_number_of_a_level_comes_from_the_rows(rng: np.random.Generator) -> None:
    rows = careers(rng)
    community = expecting(0.9)
    seen, found, scanned = scan(rows, community)
    looked = scanned["writing_judgement", 1]
    levels = seen[seen["kind"] == "level"]
    assert len(levels) >= 1
    for row in levels.itertuples():
        told = level(rows, row.stages.split(), 0.9, between(looked, 2019, 2021))
        for name, value in told.items():
            if not np.isnan(value):
                assert getattr(row, name) == pytest.approx(value, rel=1e-9), name
        near = (told["n_success"] + 1) / (told["n"] + 2)
        effect = told["error"] ** 2 * told["n"] / (near * (1 - near))
        assert row.design_effect == pytest.approx(effect)
        assert row.looks == looked.looks[0]
        assert (row.group, row.provider_id, row.n_others) == ("", "", math.inf)
    told = found[found["kind"] == "level"].iloc[0]
    row = levels[levels["stages"] == told["stages"]].iloc[0]
    assert (told["direction"], told["reference"]) == ("hurdle", "expectation")
    assert (told["reference_rate"], told["n_learners"]) == (0.9, row["n"])
    half = Z95 * row["error"]
    assert (told["gap_low"], told["gap_high"]) == pytest.approx(
        (row["gap"] - half, row["gap"] + half)
    )
    last = rows[rows["stage"].isin(told["stages"].split()) & (rows["year"] == 2021)]
    assert told["n_latest"] == len(last)
    assert told["learners_to_shift"] == math.ceil(-row["gap"] * len(last))


def test_a_level_carries_the_doubt_that_schools_bring(rng: np.random.Generator) -> None:
    rows = careers(rng, schools=2)
    doubts = {}
    for name, table in {"two": rows, "one": rows.assign(provider_id="P1")}.items():
        seen, _, scanned = scan(table, expecting(0.8))
        row = seen[seen["kind"] == "level"].iloc[0]
        doubts[name] = row["error"]
        wide = between(scanned["writing_judgement", 1], 2019, 2021)
        told = level(table, row["stages"].split(), 0.8, wide)
        assert wide > 0
        assert row["error"] == pytest.approx(told["error"])
        assert row["error"] > level(table, row["stages"].split(), 0.8, 0.0)["error"]
    # One school alone is all the school that there is; many would even one another out.
    assert doubts["one"] > doubts["two"]


def two_steps(younger: float, older: float, n: int = 400) -> pd.DataFrame:
    """Exact shares at two steps, the same in every year and at every one of eight schools."""
    where = pd.MultiIndex.from_product(
        [[2019, 2020], [5, 8], [f"P{one}" for one in range(8)], range(n // 8)]
    ).to_frame(index=False, name=["year", "year_level", "provider_id", "number"])
    share = where["year_level"].map({5: younger, 8: older})
    return where.assign(
        learner=where.index, measure="writing_judgement", profile="",
        stage=where["year_level"].map(STAGE), success=where["number"] < share * (n // 8),
    )  # fmt: skip


def levels_of(rows: pd.DataFrame, hoped: float) -> dict[str, float]:
    seen = scan(rows, expecting(hoped))[0]
    levels = seen[seen["kind"] == "level"]
    return dict(zip(levels["stages"], levels["raw_gap"].round(6), strict=True))


def test_the_range_of_steps_is_chosen_and_ranges_never_overlap() -> None:
    both = "years_4_6 years_7_8"
    assert levels_of(two_steps(0.6, 0.6), 0.8) == {both: -0.2}
    apart = levels_of(two_steps(0.8, 0.5), 0.8)
    assert apart == {"years_7_8": pytest.approx(-0.3), "years_4_6": pytest.approx(0)}
    opposite = levels_of(two_steps(0.9, 0.6), 0.76)
    assert opposite["years_7_8"] == pytest.approx(-0.16)
    for told in (apart, opposite):
        steps = [step for stages in told for step in stages.split()]
        assert len(steps) == len(set(steps)) == 2


def test_no_level_is_looked_at_where_nothing_is_expected() -> None:
    assert set(scan(two_steps(0.6, 0.6), PLAIN)[0]["kind"]) == {"gap"}


def test_a_level_at_its_expectation_or_near_it_is_no_finding() -> None:
    assert scan(two_steps(0.6, 0.6), expecting(0.6))[1].empty
    assert scan(two_steps(0.6, 0.6), expecting(0.63))[1].empty


@pytest.mark.parametrize(("share", "direction"), [(1.0, "hurdle"), (0.0, "success")])
def test_all_or_none_may_be_expected(share: float, direction: str) -> None:
    found = scan(two_steps(0.6, 0.6), expecting(share))[1]
    assert found["direction"].tolist() == [direction]
    seen, none, _ = scan(two_steps(share, share), expecting(share))
    assert none.empty
    assert seen["raw_gap"].abs().max() == 0
    assert np.isfinite(seen["p_value"]).all()
    assert seen["p_value"].min() > 0.9


def test_all_who_succeed_are_not_surer_for_that_nothing_varies() -> None:
    """Where nothing varies one look is still a look."""
    few = two_steps(1.0, 1.0, n=16).iloc[:10]
    seen = scan(few, expecting(0.8))[0]
    row = seen[seen["kind"] == "level"].iloc[0]
    assert row["looks"] == 1
    assert row["q_value"] > 0.1


# -- Transitions -----------------------------------------------------------------------------------


def test_every_number_of_a_step_taken_comes_from_the_rows(rng: np.random.Generator) -> None:
    rows = careers(rng, n=1500, lost=0.45)
    seen, found, scanned = scan(rows, PLAIN)
    row = seen[seen["kind"] == "transition"].iloc[0]
    wide = between(scanned["writing_judgement", 1], 2019, 2021)
    told = step_taken(rows, ("years_4_6", "years_7_8"), between=wide)
    for name, value in told.items():
        assert row[name] == pytest.approx(value, rel=1e-9), name
    assert row["stages"] == "years_4_6 years_7_8"
    assert (row["year_min"], row["year_max"]) == (2019, 2021)
    # What schools bring: learners come from six and go to two.
    without = step_taken(rows, ("years_4_6", "years_7_8"), between=0.0)
    assert told["error"] > 1.1 * without["error"]
    finding = found[found["kind"] == "transition"].iloc[0]
    gap = by_hand.shrunken(told["raw_gap"], told["error"], 0.0, row["spread"])
    assert finding["direction"] == "hurdle"
    assert finding["gap"] == pytest.approx(gap)
    assert finding["learners_to_shift"] == math.ceil(-gap * told["n_latest"])
    assert (finding["year_level_min"], finding["year_level_max"]) == (6, 7)
    assert finding["reference"] == "the ordinary change from year to year"


def test_a_step_within_one_school_brings_no_doubt_of_schools(rng: np.random.Generator) -> None:
    rows = careers(rng).assign(provider_id="K1")
    row = scan(rows, PLAIN)[0].query("kind == 'transition'").iloc[0]
    told = step_taken(rows, ("years_4_6", "years_7_8"), between=0.0)
    assert row["error"] == pytest.approx(told["error"])


def pair(
    stage: str, later: str, n: int, first: int, then: int, both: int, **more: object
) -> dict[str, object]:
    ends = {"stage": stage, "stage_later": later, "year": 2019, "year_later": 2020}
    place = {"provider_id": "P1", "provider_id_later": "P1", "year_level": 6.0,
             "year_level_later": 7.0, "profile": "", "measure": "writing_judgement"}  # fmt: skip
    return {**ends, **place, "n": n, "first": first, "later": then, "both": both, **more}


def steps_of(*rows: dict[str, object]) -> pd.DataFrame:
    """The steps in pairs, beside counts of the same schools."""
    pairs = pd.DataFrame(rows, columns=NO_PAIRS.columns)
    return whole.transitions(pairs, {}, PLAIN)


OVER = pair("years_4_6", "years_7_8", 100, 70, 50, 40)
STAYED = pair("years_4_6", "years_4_6", 200, 100, 106, 90)


def test_a_step_by_mcnemar_by_hand() -> None:
    row = steps_of(OVER, STAYED).iloc[0]
    # 30 lost and 10 gained of 100; 10 lost and 16 gained of 200.
    variance = ((40 + 2) / 100 - 0.2**2) / 100 + ((26 + 2) / 200 - 0.03**2) / 200
    assert row["raw_gap"] == pytest.approx(-0.2 - 0.03)
    assert row["error"] == pytest.approx(math.sqrt(variance))
    assert (row["rate"], row["reference_rate"]) == pytest.approx((0.5, 0.73))
    assert (row["n"], row["n_success"], row["n_others"]) == (100, 50, 200)
    assert (row["years_seen"], row["years_with_data"], row["n_latest"]) == (1, 1, 100)


def test_without_an_ordinary_change_a_step_is_expected_to_change_nothing() -> None:
    row = steps_of(OVER).iloc[0]
    assert row["raw_gap"] == pytest.approx(-0.2)
    assert row["reference_rate"] == pytest.approx(0.7)
    assert row["n_others"] == math.inf


@pytest.mark.parametrize(
    "other",
    [
        pair("years_4_6", "years_9_10", 500, 400, 0, 0),
        pair("years_7_8", "years_4_6", 500, 400, 0, 0),
        pair("years_4_6", "years_7_8", 500, 400, 0, 0, year_later=2021),
        pair("years_4_6", "years_7_8", 500, 400, 0, 0, year=2017, year_later=2018),
        pair("years_4_6", "years_4_6", 500, 400, 0, 0, measure="reading_judgement"),
        pair("years_4_6", "years_4_6", 500, 400, 0, 0, year=2015, year_later=2016),
    ],
    ids=["a step left out", "a step back", "two years later", "another yardstick after",
         "another measure", "another yardstick"],
)  # fmt: skip
def test_only_the_next_step_a_year_later_on_the_same_yardstick_counts(
    other: dict[str, object],
) -> None:
    plain, beside = steps_of(OVER, STAYED), steps_of(OVER, STAYED, other)
    pd.testing.assert_frame_equal(beside, plain)


@pytest.mark.parametrize(("n", "looked"), [(9, 0), (10, 1)])
def test_a_step_of_few_learners_is_not_looked_at(n: int, looked: int) -> None:
    assert len(steps_of(pair("years_4_6", "years_7_8", n, n, 0, 0))) == looked


def test_years_are_those_in_which_the_step_shows_by_itself() -> None:
    later = {"year": 2020, "year_later": 2021}
    even = pair("years_4_6", "years_7_8", 50, 20, 21, 10, **later)
    row = steps_of(OVER, even, STAYED).iloc[0]
    assert (row["years_seen"], row["years_with_data"], row["n_latest"]) == (1, 2, 50)
    assert (row["year_min"], row["year_max"]) == (2019, 2021)


def test_no_pairs_are_no_steps() -> None:
    assert steps_of().empty
    assert whole.transitions(NO_PAIRS.astype("str").astype({"year": int, "year_later": int}),
                             {}, PLAIN).empty  # fmt: skip
