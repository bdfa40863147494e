"""Challenges are drawn from findings, local knowledge is laid beside them, earlier targets stay in view."""

from __future__ import annotations

import pandas as pd
import pytest
from builders import community, counted, found, table

from colanalysis import challenge

HERE = community()
SUCCESS = {"direction": "success"}


def candidates(*findings: dict[str, object]) -> list[list[object]]:
    """Of all hurdles, in their order."""
    rows = found(*findings)
    chosen = rows.loc[rows["direction"] == "hurdle", "rank"].tolist()
    return challenge.candidates(rows, chosen, community=HERE).values.tolist()


def test_candidates_are_the_chosen_hurdles_in_their_order() -> None:
    rows = found(SUCCESS, {"measure": "reading"}, {"measure": "maths"}, {"measure": "belonging"})
    made = challenge.candidates(rows, [4, 2], community=HERE)
    assert made[["candidate", "rank"]].values.tolist() == [[1, 4], [2, 2]]


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({"stages": "years_7_8", "group": "gender=M"}, True),
        ({"stages": "years_4_6", "provider_id": "P"}, True),
        ({"stages": "years_7_8", "measure": "maths"}, False),
        ({"stages": "years_0_3"}, False),
    ],
)
def test_two_hurdles_of_one_measure_at_a_common_step_are_on_the_same_ground(
    other: dict[str, object], same: bool
) -> None:
    rows = found({"stages": "years_4_6 years_7_8"}, other)
    assert challenge.same_ground(rows.iloc[0], rows.iloc[1]) is same


def test_what_there_is_to_build_on_are_successes_at_the_measure_or_at_the_step() -> None:
    rows = candidates(
        {"stages": "years_4_6 years_7_8"},
        {**SUCCESS, "stages": "years_0_3"},
        {**SUCCESS, "stages": "years_7_8 years_9_10", "measure": "maths"},
        {**SUCCESS, "stages": "years_0_3", "measure": "maths"},
        {"stages": "years_7_8", "measure": "maths"},
    )
    assert rows[0][2] == "2 3"


def test_conditions_are_hurdles_of_attendance_and_the_like_at_the_same_steps() -> None:
    rows = candidates(
        {"stages": "years_4_6 years_7_8"},
        {"measure": "attendance", "stages": "years_7_8"},
        {"measure": "attendance", "stages": "years_0_3"},
        {"measure": "maths", "stages": "years_7_8"},
        {"measure": "belonging", "stages": "years_4_6"},
        {"measure": "belonging", "stages": "years_7_8", **SUCCESS},
        {"measure": "ece_before", "stages": "ece"},
    )
    assert rows[0][3] == "2 5"
    assert [row[3] for row in rows if row[1] == 2] == [""]


def test_every_rank_that_is_pointed_to_is_the_rank_of_a_finding() -> None:
    steps = ["years_4_6", "years_7_8"]
    findings = [
        {"rank": 10 * place, "measure": m, "stages": s, "direction": d}
        for place, (m, s, d) in enumerate(
            ((m, s, d) for m in HERE.measures for s in steps for d in ("hurdle", "success")), 1
        )
    ]
    hurdles = [one["rank"] for one in findings if one["direction"] == "hurdle"]
    table = challenge.candidates(found(*findings), hurdles, community=HERE)
    pointed = " ".join(table["build_on"] + " " + table["conditions"]).split()
    directions = {one["rank"]: one["direction"] for one in findings}
    assert len(pointed) > 5
    assert {directions[int(rank)] for rank in pointed} == {"hurdle", "success"}
    for row in table.itertuples():
        assert str(row.rank) not in f"{row.build_on} {row.conditions}".split()
        assert {directions[int(rank)] for rank in row.build_on.split()} <= {"success"}


@pytest.mark.parametrize("findings", [[], [SUCCESS]])
def test_without_hurdles_there_are_no_candidates(findings: list[dict[str, object]]) -> None:
    made = challenge.candidates(found(*findings), [], community=HERE)
    assert made.columns.tolist() == ["candidate", "rank", "build_on", "conditions"]
    assert made.empty


DATA = counted(
    {"year_level": 7, "profile": "ethnicity=Māori & gender=Female", "n": 6},
    {"year_level": 8, "profile": "ethnicity=Māori", "n": 6, "year": 2024},
    {"year_level": 3, "profile": "gender=Male", "n": 40, "provider_id": "Q"},
)
MAORI = {"measure": "reading", "year_levels": "7-8", "group": "ethnicity=Māori"}


def told(claim: dict[str, object], *findings: dict[str, object]) -> tuple[str, int]:
    claims = table("local_knowledge", [claim])
    rows = challenge.local_knowledge(claims, found(*findings), DATA, community=HERE)
    return rows["verdict"].item(), rows["rank"].item()


ABOUT = {"year_level_min": 7, "year_level_max": 8, "group": "ethnicity=Māori"}


def test_a_finding_of_the_same_direction_agrees() -> None:
    assert told(MAORI, {**ABOUT, "measure": "maths"}, ABOUT) == ("agrees", 2)


def test_a_finding_of_the_other_direction_disagrees() -> None:
    assert told(MAORI, {**ABOUT, **SUCCESS}) == ("disagrees", 1)


def test_of_two_findings_the_one_that_agrees_is_told() -> None:
    assert told(MAORI, {**ABOUT, **SUCCESS}, ABOUT) == ("agrees", 2)


def test_what_the_data_covers_and_no_finding_lists_is_not_shown() -> None:
    assert told(MAORI) == ("not shown", 0)


@pytest.mark.parametrize(
    "claim",
    [
        {**MAORI, "measure": "maths"},
        {**MAORI, "year_levels": "3"},
        {**MAORI, "group": "ethnicity=Asian"},
        {**MAORI, "year_levels": "7"},
        {**MAORI, "group": "ethnicity=Māori & gender=Female"},
        {**MAORI, "provider_id": "Q"},
    ],
    ids=[
        "measure",
        "year level",
        "group",
        "too few in a year level",
        "too few in both",
        "provider",
    ],
)
def test_what_the_data_does_not_cover_cannot_be_seen(claim: dict[str, object]) -> None:
    assert told(claim) == ("cannot be seen", 0)


def test_a_claim_without_a_measure_cannot_be_seen_even_where_a_finding_is_about_the_group() -> None:
    assert told({"group": "ethnicity=Māori"}, ABOUT) == ("cannot be seen", 0)


def test_a_claim_about_a_provider_is_laid_beside_findings_about_that_provider() -> None:
    claim = {"measure": "reading", "provider_id": "Q"}
    assert told(claim, {"provider_id": ""}, {"provider_id": "Q"}) == ("agrees", 2)
    assert told(claim, {"provider_id": ""}) == ("not shown", 0)
    assert told({"measure": "reading"}, {"provider_id": "Q"}) == ("not shown", 0)


@pytest.mark.parametrize(
    ("said", "levels"),
    [
        ("7-8", (7, 8)),
        ("7–8", (7, 8)),
        (" 7 - 8 ", (7, 8)),
        ("8-7", (7, 8)),
        ("Years 7 to 8", (7, 8)),
        ("[7, 8]", (7, 8)),
        ("9", (9, 9)),
        ("Y10", (10, 10)),
        ("NE-3", (0, 3)),
        ("0-3", (0, 3)),
    ],
)
def test_year_levels_are_read_however_they_are_written(said: str, levels: tuple[int, int]) -> None:
    assert challenge.levels(said) == levels


def test_no_year_levels_are_all_of_them() -> None:
    first, last = challenge.levels("")
    assert first < 0
    assert last > 13


@pytest.mark.parametrize(
    ("said", "verdict"), [("4-6", "not"), ("5-7", "agrees"), ("8–9", "agrees"), ("", "agrees")]
)
def test_a_finding_is_beside_a_claim_where_their_year_levels_meet(said: str, verdict: str) -> None:
    claim = {"measure": "reading", "year_levels": said}
    beside = told(claim, {"year_level_min": 7, "year_level_max": 8})[0]
    assert beside == "agrees" if verdict == "agrees" else beside != "agrees"


def test_a_finding_about_no_year_level_in_particular_is_beside_every_claim() -> None:
    assert told({"measure": "reading", "year_levels": "9"}, {})[0] == "agrees"


@pytest.mark.parametrize(
    "group", ["ethnicity=Maori & gender=female", "gender=Female & ethnicity=MĀORI"]
)
def test_groups_are_the_same_whatever_their_macrons_capitals_and_order(group: str) -> None:
    finding = {"group": "ethnicity=Māori & gender=Female"}
    assert told({"measure": "reading", "group": group}, finding)[0] == "agrees"
    assert told({**MAORI, "group": "ethnicity=MAORI"})[0] == "not shown"


def test_a_claim_about_a_group_is_not_about_everybody_nor_about_a_part_of_the_group() -> None:
    assert told(MAORI, {"group": ""}, {"group": "ethnicity=Māori & gender=Male"})[1] == 0


def test_claims_keep_their_words_and_dates() -> None:
    claims = table(
        "local_knowledge",
        [{"claim": "It works.", "date": "2025-03-12", **MAORI}, {"claim": "It does not."}],
    )
    rows = challenge.local_knowledge(claims, found(), DATA, community=HERE)
    assert rows.iloc[0].tolist() == [
        "It works.", "teacher", "hurdle", "reading", "7-8", "ethnicity=Māori", "2025-03-12",
        "not shown", 0,
    ]  # fmt: skip
    assert rows["date"].tolist() == ["2025-03-12", ""]


@pytest.mark.parametrize("claims", [table("local_knowledge"), pd.DataFrame()])
def test_without_claims_the_table_is_empty_and_has_its_columns(claims: pd.DataFrame) -> None:
    rows = challenge.local_knowledge(claims, found(), DATA, community=HERE)
    assert rows.columns.tolist()[-2:] == ["verdict", "rank"]
    assert rows.empty


PLAN = {
    "challenge": "Reading in Years 7-8",
    "measure": "reading",
    "group": "ethnicity=Maori",
    "year_levels": "7-8",
    "target": 0.8,
    "target_year": 2025,
    "baseline_year": 2023,
    "baseline_n": 25,
    "baseline_of": 60,
}


def monitored(plan: dict[str, object], *rows: dict[str, object]) -> dict[str, object]:
    made = challenge.monitored(counted(*rows), community=community(plans=(plan,)))
    return made.iloc[0].to_dict()


def test_a_target_stands_beside_its_baseline_and_what_the_same_group_reaches_now() -> None:
    now = {"year_level": 7, "profile": "ethnicity=Māori & gender=F"}
    seen = monitored(
        PLAN,
        {**now, "n": 10, "n_success": 6},
        {**now, "n": 5, "n_success": 5, "year_level": 8, "provider_id": "Q"},
        {**now, "n": 90, "year": 2024},
        {**now, "n": 90, "year_level": 6},
        {**now, "n": 90, "profile": "gender=F"},
        {**now, "n": 90, "measure": "maths"},
        {**now, "n": 90, "year": 2026},
        {**now, "n": 90, "year_level": None},
    )
    assert seen == PLAN | {"year": 2025, "n": 15, "n_success": 11, "same_yardstick": True}


def test_before_the_target_year_the_latest_results_are_what_is_now() -> None:
    now = {"year_level": 7, "profile": "ethnicity=Māori"}
    seen = monitored(PLAN | {"target_year": 2030}, {**now, "year": 2023}, {**now, "n": 12})
    assert (seen["year"], seen["n"]) == (2025, 12)


@pytest.mark.parametrize(("baseline", "same"), [(2022, False), (2023, False), (2024, True)])
def test_a_change_of_the_yardstick_since_the_baseline_is_told(baseline: int, same: bool) -> None:
    plan = PLAN | {"measure": "changed", "group": "", "baseline_year": baseline}
    seen = monitored(plan, {"measure": "changed", "year_level": 7})
    assert seen["same_yardstick"] is same


def test_a_target_without_results_has_counts_of_nought() -> None:
    seen = monitored(PLAN, {"measure": "maths"})
    assert (seen["year"], seen["n"], seen["n_success"]) == (2025, 0, 0)


def test_a_target_of_leavers_is_found_where_results_have_no_year_level() -> None:
    plan = PLAN | {"measure": "leaver", "group": ""}
    row = {"measure": "leaver", "stage": "leavers", "year_level": None, "n": 9}
    assert monitored(plan | {"year_levels": ""}, row)["n"] == 9
    assert monitored(plan | {"year_levels": "11-13"}, row)["n"] == 9


def test_a_target_for_all_year_levels_counts_results_that_have_none() -> None:
    row = {"measure": "belonging", "stage": "ece", "year_level": None, "n": 9}
    plan = PLAN | {"measure": "belonging", "group": ""}
    assert monitored(plan | {"year_levels": ""}, row)["n"] == 9
    assert monitored(plan | {"year_levels": "7-8"}, row)["n"] == 0


def test_without_plans_the_table_is_empty_and_has_its_columns() -> None:
    made = challenge.monitored(counted({}), community=HERE)
    assert made.columns.tolist() == [*PLAN, "year", "n", "n_success", "same_yardstick"]
    assert made.empty


def beside(claimed: str, found_group: str, *groups: str) -> str:
    """The verdict on a claimed hurdle of one group where a hurdle of another was found."""
    claims = table(
        "local_knowledge", [{"measure": "reading", "group": claimed, "direction": "hurdle"}]
    )
    rows = found({"group": found_group, "year_level_min": 4.0, "year_level_max": 6.0})
    counts = counted(*({"profile": group, "n": 40, "n_success": 20} for group in groups))
    told = challenge.local_knowledge(claims, rows, counts, community=community())
    return str(told["verdict"].item())


def test_a_claim_of_one_half_is_answered_by_the_same_finding_of_the_other_half() -> None:
    halves = ("gender=female", "gender=male")
    assert beside("gender=male", "gender=female", *halves) == "disagrees"


def test_a_claim_about_one_of_many_groups_is_not_answered_by_another_group() -> None:
    many = ("ethnicity=Asian", "ethnicity=Māori", "ethnicity=Pacific Peoples")
    assert beside("ethnicity=Māori", "ethnicity=Asian", *many) == "not shown"


def test_a_claim_is_not_answered_by_a_group_that_shares_learners_with_it() -> None:
    shared = ("ethnicity=Asian & ethnicity=Māori", "ethnicity=Asian", "ethnicity=Māori")
    assert beside("ethnicity=Māori", "ethnicity=Asian", *shared) == "not shown"
