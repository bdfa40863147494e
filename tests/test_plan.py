"""Everything that a community's reports will tell is a definition, worked out again from the files."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import Small
from builders import found as findings

from colanalysis import cells, evidence
from colanalysis.evidence import Evidence
from colanalysis.publishing import plan

UNITS = ["P1", "P2", "P3", "S1"]
SURVEY = "wellbeing_primary_school_culture"
STEPS = {3: "years_0_3", **dict.fromkeys((4, 5, 6), "years_4_6"), **dict.fromkeys((7, 8), "years_7_8"),
         **dict.fromkeys((9, 10), "years_9_10")}  # fmt: skip
ORDER = list(dict.fromkeys(STEPS.values()))


@pytest.fixture(scope="module")
def tables(small: Small) -> dict[str, pd.DataFrame]:
    return plan.tables(small.gathered, "", exact=False)


@pytest.fixture(scope="module")
def results(small: Small) -> pd.DataFrame:
    rows = pd.concat([small.rows["observations"], small.rows["survey"]], ignore_index=True)
    rows = rows.merge(small.rows["learners"], how="left", on="learner_id", suffixes=("", "_own"))
    rows["gender"] = rows["gender"].fillna(rows.pop("gender_own"))
    return rows.assign(stage=rows["year_level"].map(STEPS), ethnicity=rows["ethnicity"].fillna(""))


KNOWN = ["Māori", "Pacific Peoples", "Asian", "MELAA", "European/Pākehā"]


def groups_of(rows: pd.DataFrame) -> set[str]:
    """Single groups, and those of an attribute of which no count can be told as one."""
    sizes: dict[str, dict[str, int]] = {"ethnicity": {}, "gender": {}}
    for row in rows.itertuples():
        for attribute in sizes:
            for name in filter(None, getattr(row, attribute).split(";")):
                sizes[attribute][name] = sizes[attribute].get(name, 0) + 1
    told = {""}
    for attribute, held in sizes.items():
        few = [name for name, many in held.items() if many < 15]
        told |= {f"{attribute}={name}" for name in held if name not in few}
        if few:
            told.add(f"{attribute}=" + " or ".join(sorted(few, key=KNOWN.index)))
    return told


def test_every_cell_of_every_report_is_in_the_whole_once(small: Small) -> None:
    whole = plan.whole(small.gathered, ["", *UNITS])
    assert not whole.duplicated(cells.DEFINITION).any()
    heaviest: dict[tuple[Any, ...], int] = {}
    for unit in ["", *UNITS]:
        for name, table in plan.tables(small.gathered, unit, exact=True).items():
            for one in table[cells.DEFINITION].fillna(-1).itertuples(index=False, name=None):
                own = plan.WEIGHTS[name] * (
                    1 if unit and name in ("steps", "groups", "coverage") else 2
                )
                heaviest[one] = max(heaviest.get(one, 0), own)
    rows = whole.fillna(-1).set_index(cells.DEFINITION)["weight"]
    assert rows.to_dict() == heaviest


def test_every_cell_says_its_years(small: Small) -> None:
    whole = plan.whole(small.gathered, ["", *UNITS])
    assert whole[["year_min", "year_max"]].notna().all(axis=None)
    assert whole["year_min"].between(2023, 2025).all()
    assert (whole["year_min"] <= whole["year_max"]).all()


def test_surveys_and_parts_of_a_flow_have_a_smallest_size_of_their_own(small: Small) -> None:
    whole = plan.whole(small.gathered, ["", *UNITS])
    assert set(whole.loc[whole["measure"] == SURVEY, "smallest"]) == {5}
    flows = whole[whole["domain"] == "flows"].set_index("goes_to")["smallest"]
    assert set(flows["not_seen_again"]) == {6}
    assert set(flows["same_provider other_provider not_seen_again"]) == {10}
    assert set(flows["new_in_step"]) == {10}
    rest = whole[(whole["domain"] != "flows") & (whole["measure"] != SURVEY)]
    assert set(rest["smallest"]) == {10}


@pytest.mark.parametrize("unit", ["", "P1", "S1"])
def test_steps_are_those_of_each_measures_latest_year(
    small: Small, results: pd.DataFrame, unit: str
) -> None:
    own = results[results["provider_id"] == unit] if unit else results
    latest = own.groupby(["measure", "stage"])["year"].max()
    table = plan.tables(small.gathered, unit, exact=False)["steps"]
    told = table[["measure", "stages", "year_min", "year_max", "provider_id", "group"]]
    assert {tuple(row) for row in told.to_numpy()} == {
        (measure, stage, year, year, unit, "") for (measure, stage), year in latest.items()
    }
    place = [ORDER.index(stage) for stage in table["stage"]]
    assert place == sorted(place)


@pytest.mark.parametrize("unit", ["", "P1", "P3"])
def test_groups_are_single_ones_small_ones_together_and_ethnic_groups_by_gender(
    small: Small, results: pd.DataFrame, unit: str
) -> None:
    own = results[results["provider_id"] == unit] if unit else results
    table = plan.tables(small.gathered, unit, exact=False)["groups"]
    assert set(table["measure"]) == set(own["measure"])
    for name, rows in own.groupby("measure"):
        latest = rows[rows["year"] == rows["year"].max()]
        single = groups_of(latest)
        both = {f"{one} & {other}" for one in single for other in single
                if one.startswith("ethnicity") and other.startswith("gender")}  # fmt: skip
        mine = table[table["measure"] == name]
        assert set(mine["group"]) == single | both
        assert not mine["group"].duplicated().any()
        assert set(mine["year_min"]) == set(mine["year_max"]) == {latest["year"].max()}
        assert set(mine["provider_id"]) == {unit}


def test_two_small_groups_are_told_together_somewhere(tables: dict[str, pd.DataFrame]) -> None:
    merged = tables["groups"]["group"].str.contains(" or ")
    assert merged.any()


def test_affected_are_all_groups_where_a_hurdle_is(
    small: Small, tables: dict[str, pd.DataFrame], results: pd.DataFrame
) -> None:
    found = small.gathered.found
    hurdles = found[(found["direction"] == "hurdle") & (found["kind"] == "gap")]
    assert len(hurdles)
    table = tables["affected"]
    assert set(table["rank"]) == set(hurdles["rank"])
    for hurdle in hurdles.itertuples():
        rows = results[
            (results["measure"] == hurdle.measure)
            & results["stage"].isin(hurdle.stages.split())
            & results["year"].between(hurdle.year_min, hurdle.year_max)
        ]
        mine = table[table["rank"] == hurdle.rank]
        assert set(mine["group"]) == groups_of(rows)
        assert set(mine["stages"]) == {hurdle.stages}
        assert set(mine["provider_id"]) == {""}


def test_a_gaps_years_are_those_in_which_the_group_and_all_have_results(
    small: Small, tables: dict[str, pd.DataFrame], results: pd.DataFrame
) -> None:
    gaps = small.gathered.found.query("kind == 'gap'")
    for gap in gaps.itertuples():
        rows = results[
            (results["measure"] == gap.measure) & results["stage"].isin(gap.stages.split())
        ]
        mine = tables["years"][tables["years"]["rank"] == gap.rank]
        everybody = mine[mine["who"] == "all"]
        assert list(everybody["year_min"]) == sorted(rows["year"].unique())
        assert set(everybody["group"]) == {""}
        assert set(mine.loc[mine["who"] == "group", "group"]) == {gap.group}
        assert (mine["year_min"] == mine["year_max"]).all()


def test_latest_is_the_last_year_of_a_finding_with_results(
    small: Small, tables: dict[str, pd.DataFrame], results: pd.DataFrame
) -> None:
    for gap in small.gathered.found.query("kind == 'gap'").itertuples():
        rows = results[
            (results["measure"] == gap.measure) & results["stage"].isin(gap.stages.split())
        ]
        rows = rows[rows["year"].between(gap.year_min, gap.year_max)]
        for part in filter(None, gap.group.split(" & ")):
            attribute, _, value = part.partition("=")
            rows = rows[rows[attribute].str.split(";").map(lambda held, own=value: own in held)]
        mine = tables["latest"].set_index("rank").loc[gap.rank]
        assert (mine["year_min"], mine["year_max"]) == (rows["year"].max(),) * 2


def test_coverage_is_of_the_latest_year_of_each_measure_and_step(
    small: Small, tables: dict[str, pd.DataFrame]
) -> None:
    people = small.rows["enrolments"].merge(small.rows["learners"], on="learner_id")
    people = people.assign(stage=people["year_level"].map(STEPS))
    table = tables["coverage"]
    assert set(table["domain"]) == {"assessed"}
    assert SURVEY not in set(table["measure"])
    everybody = table[(table["measure"] == "attendance") & (table["group"] == "")]
    latest = people.groupby("stage")["year"].max()
    assert everybody.set_index("stages")["year_max"].to_dict() == latest.to_dict()
    for stage, year in latest.items():
        own = people[(people["stage"] == stage) & (people["year"] == year)]
        mine = table[(table["measure"] == "attendance") & (table["stages"] == stage)]
        assert set(mine["group"]) == groups_of(own)


def test_the_ends_of_a_step_that_later_data_can_still_change_are_left_out(
    tables: dict[str, pd.DataFrame],
) -> None:
    years = {
        name: set(zip(tables[name]["year_min"], tables[name]["year_max"], strict=True))
        for name in ("before", "after", "flows")
    }
    assert years == {"before": {(2023, 2024)}, "after": {(2024, 2025)}, "flows": {(2023, 2024)}}
    before, after = tables["before"], tables["after"]
    assert list(before["stages"]) == list(after["came_from"]) == list(before["stage_before"])
    assert list(before["goes_to"]) == list(after["stages"]) == list(before["stage_after"])
    assert set(before["came_from"]) == set(after["goes_to"]) == {""}


def test_flows_are_all_ways_out_of_a_step_and_into_the_next(
    tables: dict[str, pd.DataFrame],
) -> None:
    table = tables["flows"]
    for _, mine in table.groupby("stage_before"):
        assert list(mine["goes_to"]) == [
            "same_provider other_provider not_seen_again", "same_provider", "other_provider",
            "not_seen_again", "new_in_step",
        ]  # fmt: skip
    assert set(table["stages"]) == set(table["stage_before"])
    assert list(table["stage_before"].unique()) == [
        s for s in ORDER if s in set(table["stage_before"])
    ]


def step_taken(**more: Any) -> dict[str, Any]:
    return {"kind": "transition", "stages": "years_4_6 years_7_8", "year_min": 2023,
            "year_max": 2025, "measure": "attendance", **more}  # fmt: skip


def with_found(gathered: Evidence, *rows: dict[str, Any]) -> Evidence:
    usual = {**gathered.found.iloc[0].to_dict(), "provider_id": "", "group": ""}
    table = pd.DataFrame([{**usual, **row, "rank": place} for place, row in enumerate(rows, 1)])
    return dataclasses.replace(gathered, found=table)


def test_a_step_taken_is_of_those_who_took_it_and_starts_with_the_same_a_year_before(
    small: Small,
) -> None:
    changed = with_found(small.gathered, step_taken(direction="success"))
    told = plan.tables(changed, "", exact=False)
    after, before = told["findings"].iloc[0], told["starts"].iloc[0]
    names = ["stages", "came_from", "goes_to", "year_min", "year_max"]
    assert list(after[names]) == ["years_7_8", "years_4_6", "", 2024, 2025]
    assert list(before[names]) == ["years_4_6", "", "years_7_8", 2023, 2024]
    counted = cells.counted(pd.DataFrame([after, before])[cells.DEFINITION], changed.atoms)
    assert counted["n"].nunique() == 1
    assert counted["key"].nunique() == 1
    assert counted["n"].iloc[0] > 20


def test_a_hurdle_of_a_provider_is_planned_for_its_own_report_and_its_success_for_all() -> None:
    found = findings(
        {"provider_id": "P1", "direction": "hurdle"},
        {"provider_id": "P1", "direction": "success"},
        {"provider_id": "P2", "direction": "hurdle"},
        {"provider_id": "", "direction": "hurdle"},
    )
    told = {unit: list(plan.visible(found, unit)["rank"]) for unit in ("", "P1", "P2", "P3")}
    assert told == {"": [2, 4], "P1": [1, 2, 4], "P2": [2, 3, 4], "P3": [2, 4]}


def test_hurdles_of_all_providers_are_planned_where_everything_may_be_seen(small: Small) -> None:
    gap = {"kind": "gap", "year_min": 2023, "year_max": 2025, "measure": "attendance"}
    changed = with_found(small.gathered, *({**gap, "provider_id": one} for one in UNITS))
    exact, public = (
        plan.tables(changed, "", exact=exact)["findings"]["provider_id"] for exact in (True, False)
    )
    assert (list(exact), list(public)) == (UNITS, [])
    # The whole is decided in sight of them all.
    whole = plan.whole(changed, ["", *UNITS])
    heavy = whole[whole["weight"] == 2 * plan.WEIGHTS["findings"]]
    assert set(heavy["provider_id"]) == set(UNITS)


@pytest.mark.parametrize(
    ("given", "levels"),
    [("4-6", (4, 6)), ("7", (7, 7)), ("", (np.nan, np.nan)), ("NE-3", (0, 3))],
)
def test_an_earlier_plan_is_laid_beside_its_own_year_levels(
    small: Small, given: str, levels: tuple[float, float]
) -> None:
    planned = {
        "challenge": "c", "measure": "reading_judgement", "baseline_year": 2023, "target": 0.8,
        "target_year": 2025, "group": "Ethnicity=maori & gender=FEMALE", "year_levels": given,
    }  # fmt: skip
    community = dataclasses.replace(small.gathered.community, plans=(planned,))
    changed = dataclasses.replace(small.gathered, community=community)
    row = plan.tables(changed, "", exact=False)["plans"].iloc[0]
    assert row["group"] == "ethnicity=Māori & gender=female"
    np.testing.assert_equal((row["level_min"], row["level_max"]), levels)
    first, last = (0, 13) if np.isnan(levels[0]) else levels
    rows = small.rows["observations"].query("measure == 'reading_judgement'")
    latest = rows.loc[rows["year_level"].between(first, last), "year"].max()
    assert row["year_min"] == row["year_max"] == latest


def test_rolls_alone_plan_nothing(small: Small, tmp_path: Any) -> None:
    from builders import put

    bare = evidence.gather(put(tmp_path, {"providers": small.rows["providers"]}))
    for unit in ("", "P1"):
        told = plan.tables(bare, unit, exact=True)
        assert all(table.empty for table in told.values())
        assert all(set(cells.DEFINITION) <= set(table) for table in told.values())
    assert plan.whole(bare, ["", "P1"]).empty
