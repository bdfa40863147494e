"""What is asked of a finding: each answer can be yes, no or cannot tell, and rests on the counts."""

from __future__ import annotations

import datetime
from dataclasses import replace
from itertools import product
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from builders import community

from colanalysis import measure
from colanalysis.comparing import case, compare, doubt
from colanalysis.terms import labels
from colanalysis.terms.yardstick import Break, Measure

COMMUNITY = community()
COLUMNS = [*measure.CELL, *measure.LATER, "profile", *measure.PAIR_SUMS]
NO_PAIRS = pd.DataFrame(columns=COLUMNS)
NO_COVERAGE = pd.DataFrame(
    columns=["measure", "stage", "year", "provider_id", "group", "eligible", "assessed"]
)
USUAL = {
    "kind": "gap", "measure": "belonging", "period": 0, "provider_id": "", "group": "g=a",
    "stages": "years_4_6", "year_min": 2023, "year_max": 2025, "gap": -0.2, "rate": 0.5,
    "reference_rate": 0.7, "q_value": 0.01, "p_value": 1e-6, "design_effect": 1.0, "years_seen": 3,
    "years_with_data": 3, "notes": "",
}  # fmt: skip


def rows(
    share: Any, *, n: Any = 40, profiles: tuple[str, ...] = ("g=a", "g=b"), **fixed: Any
) -> pd.DataFrame:
    """Counts in which every cell succeeds exactly as often as ``share`` says of it."""
    cells = []
    for year, level, provider, profile in product(
        (2023, 2024, 2025), (4.0, 5.0, 6.0), ("P", "Q", "R"), profiles
    ):
        where = {"year": year, "year_level": level, "provider_id": provider, "profile": profile}
        people = n(where) if callable(n) else n
        told = {"n": people, "n_success": round(people * share(where))}
        cells.append({"measure": "belonging", "stage": "years_4_6", **where, **told, **fixed})
    unknown = dict.fromkeys(("n_scored", "score_sum", "score_squares"), 0)
    table = pd.DataFrame(cells).assign(**unknown)
    return table[table["n"] > 0]


def answers(
    counted: pd.DataFrame, *, of: Any = COMMUNITY, covered: pd.DataFrame = NO_COVERAGE, **told: Any
) -> dict[str, case.Answer]:
    panels = compare.panels(counted, NO_PAIRS, community=of)
    finding = SimpleNamespace(**USUAL | told)
    return {one.question: one for one in doubt.asked(finding, panels, covered, community=of)}


def behind(where: dict[str, Any]) -> float:
    return 0.5 if "g=a" in where["profile"] else 0.7


def test_a_gap_that_is_everywhere_stands_up_to_every_question() -> None:
    profiles = ("g=a & s=x", "g=a & s=y", "g=b & s=x", "g=b & s=y")
    covered = pd.DataFrame(
        {
            "measure": "belonging", "stage": "years_4_6", "year": 2024, "provider_id": "P",
            "group": ["", "g=a"], "eligible": [1000, 500], "assessed": [950, 470],
        }
    )  # fmt: skip
    told = answers(rows(behind, profiles=profiles), covered=covered)
    assert {name: one.verdict for name, one in told.items()} == dict.fromkeys(
        doubt.QUESTIONS, "yes"
    )
    assert (
        "94% of these learners were assessed, 95% of all; 30 results" in told["assessed"].sentence
    )


@pytest.mark.parametrize(
    ("assessed", "all_", "verdict"),
    [(450, 900, "yes"), (390, 780, "no"), (450, 1000, "yes"), (420, 990, "no")],
)
def test_few_assessed_or_fewer_than_of_all_is_told(assessed: int, all_: int, verdict: str) -> None:
    covered = pd.DataFrame(
        {
            "measure": "belonging", "stage": "years_4_6", "year": 2024, "provider_id": "P",
            "group": ["", "g=a"], "eligible": [1000, 500], "assessed": [all_, assessed],
        }
    )  # fmt: skip
    assert answers(rows(behind), covered=covered)["assessed"].verdict == verdict


def test_who_was_not_assessed_may_not_be_known() -> None:
    assert answers(rows(behind))["assessed"].verdict == "cannot tell"


@pytest.mark.parametrize(("q", "verdict"), [(0.01, "yes"), (0.05, "yes"), (0.09, "cannot tell")])
def test_a_finding_that_is_one_of_a_list_may_be_chance(q: float, verdict: str) -> None:
    told = answers(rows(behind), q_value=q)["chance"]
    assert told.verdict == verdict
    assert f"{q:.1%} of the list would be chance" in told.sentence


def test_a_reflection_of_another_group_is_called_so() -> None:
    # Only c is behind; a looks good beside it and is like b.
    def share(where: dict[str, Any]) -> float:
        return 0.3 if "g=c" in where["profile"] else 0.7

    counted = rows(share, profiles=("g=a", "g=b", "g=c"))
    told = answers(counted, gap=0.2)["mirror"]
    assert told.verdict == "no"
    assert told.sentence == "Without the learners of g=c most of the gap is gone."
    assert told.table.set_index("without")["gap"].round(9).to_dict() == {"g=c": 0.0, "g=b": 0.4}
    assert answers(counted, group="g=c", gap=-0.4)["mirror"].verdict == "yes"


def test_nobody_can_be_set_aside_where_there_are_two_sides_only() -> None:
    assert answers(rows(behind))["mirror"].verdict == "cannot tell"


def test_a_gap_between_schools_is_not_one_between_groups() -> None:
    """Simpson: a is mostly at P, where fewer succeed; at each school both succeed alike."""

    def share(where: dict[str, Any]) -> float:
        return {"P": 0.4, "Q": 0.7, "R": 0.8}[where["provider_id"]]

    def people(where: dict[str, Any]) -> int:
        return 80 if (where["provider_id"] == "P") == (where["profile"] == "g=a") else 20

    told = answers(rows(share, n=people))["like_with_like"]
    assert told.verdict == "no"
    as_it_is, alike = told.table["gap"]
    assert as_it_is < -0.15
    assert abs(alike) < 0.03
    assert answers(rows(behind))["like_with_like"].verdict == "yes"


def test_a_gap_that_another_attribute_makes_half_of_cannot_be_told() -> None:
    """Half of the gap is g's own and rather more than half goes with s, which most of a have."""

    def share(where: dict[str, Any]) -> float:
        return 0.8 - 0.12 * ("g=a" in where["profile"]) - 0.3 * ("s=x" in where["profile"])

    def people(where: dict[str, Any]) -> int:
        return 75 if where["profile"] in ("g=a & s=x", "g=b & s=y") else 25

    told = answers(
        rows(share, n=people, profiles=("g=a & s=x", "g=a & s=y", "g=b & s=x", "g=b & s=y"))
    )
    assert told["like_with_like"].verdict == "cannot tell"
    assert told["like_with_like"].table["gap"].tolist() == pytest.approx([-0.27, -0.12], abs=0.015)


def test_without_anything_else_recorded_like_with_like_cannot_be_told() -> None:
    counted = rows(behind)
    alone = answers(counted[counted["provider_id"] == "P"])
    assert alone["like_with_like"].verdict == "cannot tell"
    assert alone["one_behind"].verdict == "cannot tell"


@pytest.mark.parametrize(
    ("seen", "known", "verdict"),
    [(3, 3, "yes"), (2, 5, "yes"), (1, 3, "no"), (1, 1, "cannot tell")],
)
def test_one_year_is_not_several(seen: int, known: int, verdict: str) -> None:
    told = answers(rows(behind), years_seen=seen, years_with_data=known)["years"]
    assert told.verdict == verdict


def test_one_school_behind_a_gap_is_named() -> None:
    def share(where: dict[str, Any]) -> float:
        return 0.2 if where["provider_id"] == "Q" and where["profile"] == "g=a" else 0.7

    told = answers(rows(share))["one_behind"]
    assert (told.verdict, told.sentence) == ("no", "Without Q most of the gap is gone.")
    assert told.table.loc[0, "without"] == "Q"
    assert told.table.loc[0, "gap"] == pytest.approx(0.0)


def test_one_cohort_behind_a_gap_is_named() -> None:
    def share(where: dict[str, Any]) -> float:
        cohort = where["year"] - where["year_level"]
        return 0.1 if cohort == 2019 and where["profile"] == "g=a" else 0.7

    told = answers(rows(share))["one_behind"]
    assert told.verdict == "no"
    assert "the cohort that was in Year 0 in 2019" in told.sentence


def test_how_a_school_judges_cannot_be_told_from_how_its_learners_do() -> None:
    judged = replace(COMMUNITY.measures["belonging"], judged_by="teacher")
    of = replace(COMMUNITY, measures={**COMMUNITY.measures, "belonging": judged})
    at_p = rows(lambda where: 0.9 if where["provider_id"] == "P" else 0.6)
    told = answers(at_p, of=of, group="", provider_id="P", gap=0.3)["one_behind"]
    assert told.verdict == "yes"
    assert "how this school judges cannot be told apart" in told.sentence
    tested = answers(at_p, group="", provider_id="P", gap=0.3)["one_behind"]
    assert "judges" not in tested.sentence


def changed(earlier: Any) -> dict[str, case.Answer]:
    """A finding of 2024 and 2025, when the yardstick had changed, with the year before it."""
    yardstick = Measure(
        id="belonging", label="Belonging", domain="wellbeing", scale="yes/no", success_from="yes",
        breaks=(Break(datetime.date(2024, 1, 1), "new"),),
    )  # fmt: skip
    of = replace(COMMUNITY, measures={**COMMUNITY.measures, "belonging": yardstick})
    counted = rows(behind)
    then = counted["year"] == 2023
    before = rows(earlier)[lambda table: table["year"] == 2023]
    counted = pd.concat([counted[~then], before], ignore_index=True)
    return answers(counted, of=of, period=1, year_min=2024)


def test_a_gap_on_both_yardsticks_stands() -> None:
    told = changed(behind)["yardstick"]
    assert told.verdict == "yes"
    assert told.sentence == "The yardstick changed (2024); on the other it is −20 points in 2023."


def test_a_gap_on_one_yardstick_only_is_called_so() -> None:
    assert changed(lambda _: 0.6)["yardstick"].verdict == "no"


def test_what_was_too_few_on_the_other_yardstick_cannot_be_told() -> None:
    counted = changed(behind)
    assert counted["yardstick"].verdict == "yes"
    few = rows(behind, n=lambda where: 0 if where["profile"] == "g=a" else 40)
    yardstick = replace(
        COMMUNITY.measures["belonging"], breaks=(Break(datetime.date(2024, 1, 1), "new"),)
    )
    of = replace(COMMUNITY, measures={**COMMUNITY.measures, "belonging": yardstick})
    table = rows(behind)
    then = table["year"] == 2023
    table = pd.concat([table[~then], few[few["year"] == 2023]], ignore_index=True)
    told = answers(table, of=of, period=1, year_min=2024)["yardstick"]
    assert told.verdict == "cannot tell"


@pytest.mark.parametrize(
    ("rate", "other", "verdict"), [(0.5, 0.7, "yes"), (0.98, 0.8, "no"), (0.2, 0.03, "no")]
)
def test_near_the_end_of_a_scale_gaps_shrink(rate: float, other: float, verdict: str) -> None:
    assert answers(rows(behind), rate=rate, reference_rate=other)["room"].verdict == verdict


@pytest.mark.parametrize("kind", ["level", "transition"])
def test_what_is_about_all_learners_is_not_asked_about_groups(kind: str) -> None:
    told = answers(rows(behind), kind=kind, group="")
    assert set(told) == {"assessed", "chance", "years", "yardstick", "room"}


def test_all_answers_make_one_table() -> None:
    told = doubt.table({1: list(answers(rows(behind)).values()), 2: []})
    assert list(told.columns) == ["rank", "question", "verdict", "sentence"]
    assert told["question"].tolist() == list(doubt.QUESTIONS)
    assert set(told["rank"]) == {1}


def test_every_answer_but_yes_has_words() -> None:
    never = {"doubt.chance.no", "doubt.room.cannot_tell"}
    verdicts = [verdict.replace(" ", "_") for verdict in (case.NO, case.CANNOT_TELL)]
    wanted = {f"doubt.{one}.{verdict}" for one, verdict in product(doubt.QUESTIONS, verdicts)}
    assert {key for key in labels._words() if key.startswith("doubt.")} == wanted - never


@pytest.mark.parametrize(
    ("left", "stays", "nothing"),
    [(-0.2, 1, 0), (-0.11, 1, 0), (-0.09, 0, 0), (-0.04, 0, 1), (0.2, 0, 1)],
)
def test_most_of_a_gap_has_to_be_left_on_the_same_side(
    left: float, stays: int, nothing: int
) -> None:
    panels = compare.panels(rows(behind), NO_PAIRS, community=COMMUNITY)
    own = case.of(SimpleNamespace(**USUAL), panels, NO_COVERAGE, community=COMMUNITY)
    assert own.gap() == pytest.approx(-0.2)
    assert (own.remains(left), own.gone(left)) == (bool(stays), bool(nothing))
