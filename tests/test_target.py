"""What a target asks for in learners, by the decimal module's own rounding and by trying every count."""

from __future__ import annotations

import datetime
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colanalysis.errors import UsageError
from colanalysis.planning import calculate, rounding, target
from colanalysis.planning.target import Baseline
from colanalysis.terms import catalogue

TODAY = datetime.date(2026, 11, 28)


def reads(n: int, of: int, decimals: int) -> Decimal:
    """A share in per cent as it is written with so many decimals."""
    exact = Decimal(100 * n) / Decimal(of)
    return exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


@given(st.decimals(0, 100, places=1, allow_nan=False), st.integers(1, 400), st.sampled_from([0, 1]))
def test_learners_are_those_of_decimal_rounding(wanted, of, places):
    text = str(wanted.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
    asked = rounding.percent(text)
    exact = Decimal(text) * of / 100
    assert rounding.learners(asked, of) == exact.to_integral_value(ROUND_CEILING)
    nearest = rounding.learners(asked, of, rule=rounding.NEAREST)
    assert nearest == exact.to_integral_value(ROUND_HALF_UP)
    fewest = rounding.learners(asked, of, rule=rounding.READS_AS)
    # Nobody fewer reads as much; half the last decimal below it does.
    assert fewest == min(n for n in range(of + 1) if reads(n, of, places) >= Decimal(text))


def test_a_share_in_binary_would_ask_for_one_learner_too_many():
    assert rounding.learners(rounding.percent("55"), 100) == 55
    assert rounding.learners(rounding.percent("7"), 100) == 7


def test_the_rules_differ_by_a_learner():
    told = target.learners(Baseline(63, 141), target.to(Baseline(63, 141), "60"))
    assert dict(zip(told["rule"], told["extra"], strict=True)) == {
        "reaches": 22,
        "nearest": 22,
        "reads as": 21,
    }


def test_points_are_not_per_cent_of_the_baseline():
    now = Baseline(20, 100)
    assert target.by_points(now, "8").share == Fraction(28, 100)
    assert target.by_per_cent(now, "8").share == Fraction(216, 1000)


def test_other_learners_are_more_or_fewer():
    now = Baseline(30, 60)
    (row, *_) = target.learners(now, target.to(now, "60"), of_then=90).to_dict("records")
    # Half of 90 would succeed unchanged; 54 are needed.
    assert (row["needed"], row["unchanged"], row["extra"], row["not_yet"]) == (54, 45, 9, 45)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (lambda: Baseline(0, 0), ["0 learners", "one or more"]),
        (lambda: Baseline(7, 6), ["7 out of 6", "from 0 to 6"]),
        (lambda: target.to(Baseline(63, 141), "40"), ["40 %", "44.7 %", "above the baseline"]),
        (lambda: target.to(Baseline(63, 141), "most"), ['"most"', "per cent"]),
        (lambda: target.by_points(Baseline(9, 10), "20"), ["110.0 %", "at most 100"]),
        (lambda: target.learners(Baseline(1, 2), rounding.percent("60"), of_then=0), ["0 learners"]),
        (lambda: target.ahead(2025, today=TODAY), ["2025", "2026 or later"]),
        (lambda: target.known("boy", ["girls", "boys"], what="group"), ["boys, girls", 'mean "boys"']),
        (lambda: rounding.learners(rounding.percent("60"), 9, rule="up"), ["reaches, nearest"]),
        (
            lambda: calculate.dated(2030, today=TODAY, measure="telepathy"),
            ["telepathy", "reading_judgement"],
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_says_what_can(asked, words):
    with pytest.raises(UsageError) as told:
        asked()
    assert [word for word in words if word not in str(told.value)] == []


def test_a_change_of_the_yardstick_is_said_before_the_target_is_agreed_on():
    reading = catalogue.measures()["reading_judgement"]
    (said,) = target.changes(reading, 2024, 2028)
    assert "1 January 2025" in said
    assert target.changes(reading, 2025, 2028) == []
    assert target.changes(reading, 2018, 2024) == []
    assert calculate.dated(2028, today=TODAY, since=2024, measure="reading_judgement") == [said]
    assert calculate.dated(2028, today=TODAY) == []


def test_schools_shares_add_up_and_the_target_says_what_can_be_told(tmp_path):
    path = tmp_path / "schools.csv"
    path.write_text("school,n,of\nA,20,50\nB,30,60\nC,13,31\n", encoding="utf-8")
    by_school = calculate.schools(path)
    now = calculate.whole(by_school)
    worked = calculate.target_of(now, target.to(now, "60"), schools=by_school)
    assert str(now) == "63 of 141 (44.7 %)"
    assert worked.schools["shift"].sum() == worked.learners["extra"].iloc[0] == 22
    assert any("told from noise four times in five" in one for one in worked.says)
    assert any("22 extra learners" in one for one in worked.says)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("school,n\nA,1\n", ["of", "column"]),
        ("school,n,of\nA,lots,3\n", ["row 2", "whole number"]),
    ],
)
def test_a_table_of_schools_that_is_none_says_where(tmp_path, text, words):
    path = tmp_path / "schools.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as told:
        calculate.schools(path)
    assert [word for word in words if word not in str(told.value)] == []
    assert "lots" not in str(told.value)


def test_rungs_are_told_in_learners_of_this_group(tmp_path):
    path = tmp_path / "like.csv"
    rows = "".join(f"S{at},{year},{60 + at},100\n" for at in range(6) for year in (2023, 2024))
    path.write_text(f"group,year,n,of\n{rows}", encoding="utf-8")
    now = Baseline(63, 141)
    worked = calculate.target_of(now, target.to(now, "60"), like=calculate.like(path))
    rungs = worked.rungs.set_index("rung")
    # The median of 60, 61, … 65 is 62.5 %: of 141 learners 88.1.
    assert rungs.loc["typical", ["needed", "extra"]].tolist() == [89, 26]
    alone = calculate.target_of(now, target.to(now, "60"))
    assert alone.rungs.empty
    # Sixty in a hundred is what groups like this one do by themselves.
    assert worked.says[0] != alone.says[0]


def test_a_target_that_few_learners_could_not_show_is_said_to_be_one():
    now = Baseline(2, 4)
    worked = calculate.target_of(now, target.to(now, "75"))
    assert "No shift of so few learners" in worked.says[1]
    assert isinstance(worked.schools, pd.DataFrame)
    assert worked.schools.empty
