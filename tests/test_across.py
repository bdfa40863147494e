"""What only several rows show, and what software does to cells: planted, found, and not cried elsewhere."""

from __future__ import annotations

import datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_check import checked, found

from colanalysis import check, load
from colanalysis.checking import texts

ENROLMENTS = "learner_id,provider_id,year,year_level,start_date,end_date\n"
RESULTS = "learner_id,provider_id,year,measure,value,term,date\n"
HERE = "7,S1,2024,4,,\n7,S1,2025,5,,\n"
TOMORROW = datetime.date.today() + datetime.timedelta(days=2)  # noqa: DTZ011


def at(result: check.Checked, rule: str) -> list[tuple[int, str]]:
    rows = found(result, rule)
    return list(rows[["row", "column"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("rule", "rows", "places"),
    [
        ("enrolments overlap", "7,S1,2025,5,2025-02-01,2025-06-30\n7,S2,2025,,2025-06-29,2025-12-01",
         [(3, "start_date")]),
        ("enrolments overlap", "7,S1,2025,5,2025-02-01,2025-06-30\n7,S2,2025,,2025-06-30,2025-12-01", []),
        ("enrolment outside its year", "7,S1,2024,4,2025-02-01,\n8,S1,2025,5,,2024-12-01\n9,S1,2025,5,,",
         [(2, "year"), (3, "year")]),
        ("gap between enrolments", "7,S1,2022,2,,\n7,S1,2025,5,,\n8,S1,2024,4,,\n8,S1,2025,5,,",
         [(3, "year")]),
        ("year level falls", "7,S1,2024,5,,\n7,S1,2025,4,,\n8,S1,2024,4,,\n8,S1,2025,4,,",
         [(3, "year_level")]),
        ("year level jumps", "7,S1,2024,2,,\n7,S1,2025,5,,\n8,S1,2024,2,,\n8,S1,2025,4,,",
         [(3, "year_level")]),
        ("two year levels in one year", "7,S1,2025,2,,\n7,S1,2025,5,,\n8,S1,2025,4,,\n8,S1,2025,5,,",
         [(2, "year_level"), (3, "year_level")]),
        ("year level not of its provider", "7,S1,2025,9,,\n8,S2,2025,6,,\n9,S2,2025,7,,",
         [(2, "year_level"), (3, "year_level")]),
    ],
)  # fmt: skip
def test_enrolments_that_do_not_follow_one_another(
    tmp_path: Path, rule: str, rows: str, places: list[tuple[int, str]]
) -> None:
    result = checked(tmp_path, enrolments=ENROLMENTS + rows + "\n")
    assert at(result, rule) == places
    used = result.rows.set_index("table").loc["enrolments"]
    assert used["used"] == used["rows_in"]  # what is only doubtful stays


@pytest.mark.parametrize(
    ("rule", "row", "column"),
    [
        ("row of totals", "Total,S1,2025,maths,50,,", "learner_id"),
        ("row of totals", "7,Grand total,2025,maths,50,,", "provider_id"),
        ("mark in place of a value", "7,S1,2025,maths,*,,", "value"),
        ("mark in place of a value", "7,S1,2025,maths,<5,,", "value"),
        ("value became a date", "7,S1,2025,maths,2-Mar,,", "value"),
        ("value became a date", "7,S1,2025,reading,2025-03-02,,", "value"),
        ("value off the scale", "7,S1,2025,maths,much,,", "value"),
        ("unknown term", "7,S1,2025,maths,50,5,", "term"),
        ("date in another year", "7,S1,2025,maths,50,,2024-11-30", "date"),
        ("date in the future", f"7,S1,2025,maths,50,,{TOMORROW}", "date"),
        ("date became a number", "7,S1,2025,maths,50,,45717", "date"),
        ("date with a short year", "7,S1,2025,maths,50,,1/03/25", "date"),
        ("month before day", "7,S1,2025,maths,50,,03/25/2025", "date"),
        ("result without an enrolment", "7,S2,2025,maths,50,,", "provider_id"),
    ],
)
def test_what_is_wrong_with_a_result_is_named(
    tmp_path: Path, rule: str, row: str, column: str
) -> None:
    rows = RESULTS + "7,S1,2024,maths,50,1,2024-06-30\n" + row + "\n"
    result = checked(tmp_path, enrolments=ENROLMENTS + HERE, observations=rows)
    assert at(result, rule) == [(3, column)]
    untouched = checked(tmp_path, enrolments=ENROLMENTS + HERE,
                        observations=RESULTS + "7,S1,2024,maths,50,1,2024-06-30\n")  # fmt: skip
    assert at(untouched, rule) == []


def many(scores: list[str], provider: str) -> str:
    rows = (f"{place},{provider},2025,maths,{score},,\n" for place, score in enumerate(scores))
    return "".join(rows)


@pytest.mark.parametrize(
    ("rule", "scores", "rows"),
    [
        ("all results alike", ["70"] * 10, 10),
        ("all results alike", ["70"] * 9, 0),
        ("all results alike", ["70"] * 9 + ["71"], 0),
        ("shares among percentages", ["0.5", "0.75", "1"], 3),
        ("shares among percentages", ["0.5", "0.75", "1.5"], 0),
        ("shares among percentages", ["0", "0"], 0),
    ],
)
def test_results_of_one_provider_beside_the_others(
    tmp_path: Path, rule: str, scores: list[str], rows: int
) -> None:
    others = many([str(score) for score in range(40, 80)], "S1")
    result = checked(
        tmp_path, learners=None, enrolments=None, observations=RESULTS + others + many(scores, "S2")
    )
    assert found(result, rule)["count"].sum() == rows


@pytest.mark.parametrize("name", ["M?ori", "MÄ\u0081ori", "MÄori", "M\ufffdori", "NgÄ\u0081ti"])
def test_letters_that_were_lost_are_told(tmp_path: Path, name: str) -> None:
    providers = f"provider_id,name,type\nS1,Kōwhai,primary\nS2,Te Kura {name},secondary\n"
    result = checked(tmp_path, providers=providers)
    assert at(result, "letters lost") == [(3, "name")]


@given(st.text(alphabet="abcāēīōūĀĒĪŌŪ éèçñ'-’?! ", max_size=30))
def test_whole_words_are_not_called_torn(text: str) -> None:
    inside = any(a.isalpha() and b == "?" and c.isalpha() for a, b, c in zip(text, text[1:], text[2:], strict=False))  # fmt: skip
    assert texts.torn(pd.Series([text])).tolist() == [inside]


def test_nothing_is_cried_about_the_sample() -> None:
    sample = Path(__file__).parents[1] / "data" / "sample"
    problems = check.tables(load.community(sample)).problems
    assert problems["rule"].tolist() == ["identifying column"]


def test_learners_of_several_files_are_told_of_by_the_last(tmp_path: Path) -> None:
    head = "learner_id,gender,ethnicity,ell\n"
    (tmp_path / "learners").mkdir()
    old, new = (tmp_path / "learners" / f"{year}.csv" for year in (2024, 2025))
    old.write_text(head + "7,Female,Samoan,yes\n8,Male,,no\n", encoding="utf-8")
    new.write_text(head + "7,Female,Samoan,no\n9,Male,,no\n8,Male,,no\n", encoding="utf-8")
    result = checked(tmp_path, learners=None)
    rows = result.frames["learners"]
    assert rows["ell"].tolist() == ["no", "no", "no"]
    assert rows["source_file"].unique().tolist() == ["learners/2025.csv"]
    assert at(result, "learner in several files") == [(2, "learner_id"), (3, "learner_id")]
    assert at(result, "learner told in two ways") == [(2, "learner_id")]
    assert "blocks" not in set(result.problems["severity"])


def test_a_learner_twice_in_one_file_still_blocks(tmp_path: Path) -> None:
    result = checked(tmp_path, learners="learner_id,gender\n7,Female\n7,Male\n")
    assert at(result, "duplicate learner") == [(3, "learner_id")]
