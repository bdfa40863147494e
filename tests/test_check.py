"""Checking gives typed tables, counts what it sets aside and tells no value and no id."""

from __future__ import annotations

import csv
import datetime
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from aliases import alias
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from colanalysis import check, load
from colanalysis.checking import convert
from colanalysis.errors import DataError
from colanalysis.terms import problems
from colanalysis.terms.problems import COLUMNS
from colanalysis.terms.schema import TABLES

SETTINGS = """
[community]
id = "t"
name = "Test"
year = 2025

[[measure]]
id = "reading"
domain = "achievement"
scale = ["below", "at", "above"]
success_from = "at"
year_levels = [1, 8]

[[measure]]
id = "maths"
domain = "achievement"
scale = "number"
at_least = 50
minimum = 0
maximum = 100

[[measure]]
id = "no_rule"
domain = "achievement"
scale = "number"
unset = "Ask the maker of the test for its cut and write at_least."
"""
GOOD = {
    "providers": "provider_id,name,type,member,roll,latitude,phone_tree\n"
    "S1,Kōwhai,primary,,120,-41.2,a\nS2,Rātā,Secondary,no,x,95,b\n",
    "learners": "learner_id,gender,ethnicity,ell\n"
    "007,Female,Samoan;maori,yes\n008,female ,211,no\n009,Male,NZ European;Martian,\n",
    "enrolments": "learner_id,provider_id,year,year_level,start_date,end_date\n"
    "007,S1,2025,Year 5,1/02/2025,2025-12-01\n"
    "007,S2,2025,NE,02/03/2025,01/03/2025\n"
    "008,S1,2025,Y12,31/02/2025,13/02/25\n"
    "009,S1,2024,14,,\n",
    "observations": "learner_id,provider_id,year,measure,value,term,date\n"
    "007,S1,2025,Reading,ABOVE,,\n007,S1,2025,maths,49.5,1,2025-03-01\n",
}


def folder(where: Path, **tables: str | None) -> Path:
    (where / "community.toml").write_text(SETTINGS, encoding="utf-8")
    for name, text in {**GOOD, **tables}.items():
        if text is not None:
            (where / f"{name}.csv").write_text(text, encoding="utf-8")
    return where


def checked(where: Path, **tables: str | None) -> check.Checked:
    return check.tables(load.community(folder(where, **tables)))


def found(result: check.Checked, rule: str) -> pd.DataFrame:
    return result.problems[result.problems["rule"] == rule]


def aside(result: check.Checked, table: str) -> int:
    return int(result.rows.set_index("table").loc[table, "set_aside"])


def test_every_table_is_there_and_typed(tmp_path: Path) -> None:
    frames = checked(tmp_path).frames
    assert list(frames) == list(TABLES)
    kinds = {name: frame.dtypes.astype(str).to_dict() for name, frame in frames.items()}
    numbers = {"roll", "eqi", "teachers_fte", "latitude", "longitude"}
    assert {c for c, kind in kinds["providers"].items() if kind == "float64"} == numbers
    assert kinds["providers"]["member"] == "bool"
    for table in ("enrolments", "observations", "survey", "counts"):
        assert kinds[table]["year"] == "int64"
        assert kinds[table]["year_level"] == "float64"
    assert kinds["observations"]["score"] == kinds["survey"]["score"] == "float64"
    assert kinds["counts"]["n"] == kinds["counts"]["n_success"] == "float64"
    assert kinds["enrolments"]["start_date"].startswith("datetime64")
    assert kinds["resources"]["amount"] == "float64"


def test_providers(tmp_path: Path) -> None:
    result = checked(tmp_path)
    rows = result.frames["providers"].set_index("provider_id")
    assert rows["type"].tolist() == ["primary", "secondary"]
    assert rows["member"].tolist() == [True, False]
    assert rows.loc["S1", ["roll", "latitude"]].tolist() == [120, -41.2]
    assert rows.loc["S2", ["roll", "latitude"]].isna().all()
    assert found(result, "not a number")[["row", "column"]].to_numpy().tolist() == [
        [3, "roll"],
        [3, "latitude"],
    ]
    assert rows["phone_tree"].tolist() == ["a", "b"]


def test_learners(tmp_path: Path) -> None:
    result = checked(tmp_path)
    rows = result.frames["learners"]
    assert rows["learner_id"].tolist() == [alias("7"), alias("8"), alias("9")]
    assert rows["ethnicity"].tolist() == ["Māori;Pacific Peoples", "Māori", "European/Pākehā"]
    assert rows["gender"].tolist() == ["Female", "Female", "Male"]
    assert rows["ell"].tolist() == ["yes", "no", ""]
    assert found(result, "unknown ethnicity")["row"].tolist() == [4]
    assert found(result, "spelled in several ways")["row"].tolist() == [3]


def test_enrolments_with_two_providers_and_day_first_dates(tmp_path: Path) -> None:
    result = checked(tmp_path)
    rows = result.frames["enrolments"]
    assert rows["provider_id"].tolist() == ["S1", "S2", "S1", "S1"]
    assert rows["year_level"].tolist()[:3] == [5, 0, 12]
    assert pd.isna(rows["year_level"].iloc[3])
    assert rows["start_date"].dt.strftime("%d %m").tolist()[:2] == ["01 02", "02 03"]
    assert rows["start_date"].isna().tolist() == [False, False, True, True]
    assert found(result, "not a date")[["row", "column"]].to_numpy().tolist() == [[4, "start_date"]]
    short = found(result, "date with a short year")
    assert short[["row", "column"]].to_numpy().tolist() == [[4, "end_date"]]
    assert found(result, "not a year level")["row"].tolist() == [5]
    assert found(result, "end before start")["row"].tolist() == [3]


def test_observations_are_scored_and_take_the_enrolled_year_level(tmp_path: Path) -> None:
    rows = checked(tmp_path).frames["observations"]
    assert rows["measure"].tolist() == ["reading", "maths"]
    assert rows["score"].tolist() == [2, 49.5]
    assert rows["value"].tolist() == ["ABOVE", "49.5"]
    assert rows["year_level"].tolist() == [5, 5]


ROW = "learner_id,provider_id,year,measure,value,term,date,year_level\n"


@pytest.mark.parametrize(
    ("line", "rule", "column"),
    [
        ("777,S1,2025,maths,50,,,", "unknown learner", "learner_id"),
        ("1.23E+08,S1,2025,maths,50,,,", "spoilt learner id", "learner_id"),
        ("7.0,S1,2025,maths,50,,,", "spoilt learner id", "learner_id"),
        ("007,S9,2025,maths,50,,,", "unknown provider", "provider_id"),
        ("007,S1,25,maths,50,,,", "not a year", "year"),
        ("007,S1,2025,maths,,,,", "blank cell", "value"),
        ("007,S1,2025,maths,<5,,,", "mark in place of a value", "value"),
        ("007,S1,2025,maths,101,,,", "value off the scale", "value"),
        ("007,S1,2025,maths,NA,,,", "value off the scale", "value"),
        ("007,S1,2025,reading,beyond,,,", "value off the scale", "value"),
        ("007,S1,2025,reading,at,,,9", "measure does not apply", "year_level"),
        ("008,S1,2025,reading,at,,,", "measure does not apply", "year_level"),
    ],
)
def test_results_set_aside(tmp_path: Path, line: str, rule: str, column: str) -> None:
    result = checked(tmp_path, observations=f"{ROW}007,S1,2025,maths,60,,,\n{line}\n")
    problem = found(result, rule).iloc[0]
    assert problem[["severity", "file", "row", "column", "count"]].tolist() == [
        "set aside",
        "observations.csv",
        3,
        column,
        1,
    ]
    assert aside(result, "observations") == 1
    assert len(result.frames["observations"]) == 1
    result.require()


def test_the_last_of_repeated_results_is_kept(tmp_path: Path) -> None:
    lines = [
        "007,S1,2025,maths,1,1,05/03/2025,",
        "007,S1,2025,maths,2,1,04/03/2025,",
        "007,S1,2025,maths,3,2,,",
        "007,S1,2025,maths,4,2,,",
        "008,S1,2025,maths,5,1,,",
        "007,S1,2025,maths,6,1,,",
    ]
    result = checked(tmp_path, observations=ROW + "\n".join(lines) + "\n")
    assert result.frames["observations"]["score"].tolist() == [1, 4, 5]
    assert found(result, "duplicate result")["row"].tolist() == [3, 4, 7]


@pytest.mark.parametrize(
    ("tables", "rule", "file", "column"),
    [
        ({"observations": "learner_id,year,measure,value\n007,2025,maths,1\n"}, "missing column",
         "observations.csv", "provider_id"),
        ({"providers": None}, "no providers", "", "provider_id"),
        ({"providers": "provider_id,name,type\nS1,A,school\n"}, "unknown provider type",
         "providers.csv", "type"),
        ({"providers": "provider_id,name,type\nS1,,primary\n"}, "blank provider",
         "providers.csv", "name"),
        ({"providers": "provider_id,name,type\nS1,A,ece\nS1,B,ece\n"}, "duplicate provider",
         "providers.csv", "provider_id"),
        ({"learners": "learner_id\n007\n008\n007\n"}, "duplicate learner", "learners.csv",
         "learner_id"),
        ({"observations": ROW + "007,S1,2025,readings,at,,,\n"}, "unknown measure",
         "observations.csv", "measure"),
        ({"observations": ROW + "007,S1,2025,no_rule,7,,,\n"}, "success rule not set",
         "observations.csv", "measure"),
        ({"survey": "provider_id,year,measure,value\nS1,2025,no_rule,7\n"},
         "success rule not set", "survey.csv", "measure"),
        ({"counts": "provider_id,year,measure,n,n_success\nS1,2025,swimming,7,1\n"},
         "unknown measure", "counts.csv", "measure"),
    ],
)  # fmt: skip
def test_what_blocks(
    tmp_path: Path, tables: dict[str, str | None], rule: str, file: str, column: str
) -> None:
    result = checked(tmp_path, **tables)
    problem = found(result, rule).iloc[0]
    assert problem[["severity", "file", "column"]].tolist() == ["blocks", file, column]
    with pytest.raises(DataError) as caught:
        result.require()
    assert file in str(caught.value)
    assert str(problem["remedy"]) in str(caught.value)


def test_rows_of_a_file_without_a_required_column_are_counted_once(tmp_path: Path) -> None:
    text = "learner_id,year,measure,value\n007,2025,maths,1\n008,2025,maths,1\n"
    result = checked(tmp_path, observations=text)
    of_file = result.problems[result.problems["file"] == "observations.csv"]
    assert of_file[["rule", "count"]].to_numpy().tolist() == [["missing column", 2]]
    assert aside(result, "observations") == 2


def test_remedies_name_what_would_do(tmp_path: Path) -> None:
    lines = "007,S1,2025,readings,at,,,\n008,S1,2025,readings,at,,,\n007,S1,2025,no_rule,7,,,\n"
    result = checked(tmp_path, observations=ROW + lines)
    unknown = found(result, "unknown measure").iloc[0]
    assert "perhaps to reading" in unknown["remedy"]
    assert unknown[["row", "count"]].tolist() == [2, 2]
    unset = found(result, "success rule not set").iloc[0]
    assert unset["remedy"] == "Ask the maker of the test for its cut and write at_least."


def test_counts_keep_suppressed_zero_and_missing_apart(tmp_path: Path) -> None:
    lines = [
        "20,20,A",
        "20,0,F",
        "c,c,M",
        "12,C,X",
        "12,,Y",
        "3,4,Z",
        "2.5,1,Q",
        "-1,0,R",
        "20,10,S",
    ]
    text = "provider_id,year,measure,n,n_success,kind\n"
    result = checked(tmp_path, counts=text + "".join(f"S1,2025,maths,{x}\n" for x in lines))
    rows = result.frames["counts"]
    assert rows["kind"].tolist() == ["A", "F", "M", "X", "S"]
    assert rows["mark"].tolist() == ["", "", "c", "c", ""]
    assert rows["n"].dropna().tolist() == [20, 20, 12, 20]
    assert rows["n"].isna().tolist() == [False, False, True, False, False]
    assert rows["n_success"].isna().tolist() == [False, False, True, True, False]
    assert found(result, "blank cell")["row"].tolist() == [6]
    assert found(result, "more successes than learners")["row"].tolist() == [7]
    assert found(result, "not a count")["row"].tolist() == [8, 9]
    assert aside(result, "counts") == 4


def test_spoilt_ids_are_told_once_each_and_are_nobody(tmp_path: Path) -> None:
    result = checked(
        tmp_path,
        learners="learner_id,gender\n007,F\n1.23E+08,F\n1.23E+08,M\n,F\n",
        enrolments='learner_id,provider_id,year\n"1,2E+08",S1,2025\n007,S1,2025\n',
        observations=f"{ROW}007,S1,2025,maths,60,,,\n",
    )
    assert found(result, "spoilt learner id")[["file", "row"]].to_numpy().tolist() == [
        ["enrolments.csv", 2],
        ["learners.csv", 3],
        ["learners.csv", 4],
    ]
    assert found(result, "blank cell")["row"].tolist() == [5]
    told = result.problems[result.problems["file"].isin(["learners.csv", "enrolments.csv"])]
    assert len(told) == 4
    assert aside(result, "learners") == 3
    assert aside(result, "enrolments") == 1


def test_survey_groups_and_scores(tmp_path: Path) -> None:
    text = "provider_id,year,measure,value,year_level,ethnicity,house,learner_id\n"
    rows = [f"S1,2025,reading,at,Y4,Maori,h{i % 2},CANARY{i}\n" for i in range(60)]
    result = checked(tmp_path, survey=text + "".join(rows))
    frame = result.frames["survey"]
    assert set(frame["ethnicity"]) == {"Māori"}
    assert set(frame["house"]) == {"h0", "h1"}
    assert set(frame["score"]) == {1.0}
    assert "learner_id" not in frame
    assert found(result, "identifying column")["column"].tolist() == ["learner_id"]


def test_columns_that_cannot_be_groups_are_left_out(tmp_path: Path) -> None:
    head = "learner_id,gender,hobby,year,suburb,nsn,comment\n"
    rows = [f"{i:03d},F,hobby {i},2025,{i % 20},n{i},x\n" for i in range(40)]
    result = checked(tmp_path, learners=head + "".join(rows))
    assert list(result.frames["learners"])[:-2] == ["learner_id", "gender", "suburb"]
    assert found(result, "too many different values")["column"].tolist() == ["hobby"]
    assert found(result, "not an attribute")["column"].tolist() == ["year"]
    assert found(result, "identifying column")["column"].tolist() == ["nsn", "comment"]


def test_attributes_of_the_settings_are_the_ones_kept(tmp_path: Path) -> None:
    folder(tmp_path)
    chosen = SETTINGS.replace("year = 2025", 'year = 2025\nattributes = ["ell", "iwi"]')
    (tmp_path / "community.toml").write_text(chosen, encoding="utf-8")
    result = check.tables(load.community(tmp_path))
    assert list(result.frames["learners"])[:-2] == ["learner_id", "ell"]
    assert found(result, "attribute not found")["column"].tolist() == ["iwi"]


def test_further_warnings(tmp_path: Path) -> None:
    result = checked(
        tmp_path,
        enrolments="learner_id,provider_id,year\n007,S1,2025\n007,S1,2025\n008,S1,2025\n",
        observations=ROW + "007,S1,2025,maths,60,,,\n007,S1,2026,maths,60,,,\n",
    )
    assert found(result, "not enrolled")["row"].tolist() == [4]
    assert found(result, "after the latest year")["row"].tolist() == [3]
    assert found(result, "duplicate enrolment")["row"].tolist() == [2]
    assert len(result.frames["observations"]) == 2


def test_claims_and_resources(tmp_path: Path) -> None:
    result = checked(
        tmp_path,
        local_knowledge="claim,source,direction,measure,provider_id,date\n"
        "A,kaiako,Hurdle,Reading,S1,1/2/2025\nB,kaiako,both,,,\nC,whānau,success,song,S9,x\n",
        resources="resource,unit,amount,generated_by\nTime,hours,2.5,S1\nRoom,m2,many,S1\n",
    )
    claims = result.frames["local_knowledge"]
    assert claims["claim"].tolist() == ["A", "C"]
    assert claims["direction"].tolist() == ["hurdle", "success"]
    assert claims["measure"].tolist() == ["reading", ""]
    assert claims["provider_id"].tolist() == ["S1", ""]
    assert claims["date"].dt.month.iloc[0] == 2
    assert result.frames["resources"]["amount"].tolist() == [2.5]
    assert aside(result, "local_knowledge") == aside(result, "resources") == 1


def test_problems_are_shown_fifty_times_and_then_counted(tmp_path: Path) -> None:
    lines = [f"L{i},S1,2025,maths,60,,,\n" for i in range(80)]
    result = checked(tmp_path, observations=ROW + "".join(lines))
    shown = found(result, "unknown learner")
    assert shown["row"].tolist()[:50] == list(range(2, 52))
    assert pd.isna(shown["row"].iloc[50])
    assert shown["count"].tolist() == [1] * 50 + [30]


def test_no_problem_tells_a_value_or_an_id(tmp_path: Path) -> None:
    canary = "canary"
    result = checked(
        tmp_path,
        providers=f"provider_id,name,type,roll,member\nS1,A,ece,{canary},{canary}\n"
        f"S1,{canary},ece,,\n{canary},{canary},{canary},,\n",
        learners=f"learner_id,ethnicity,First name\n{canary}1,{canary},{canary}\n"
        f"{canary}1,,\n007,,\n",
        enrolments="learner_id,provider_id,year,year_level,start_date\n"
        + f"007,S1,2025,{canary},{canary}\n007,S1,{canary},,\n{canary},S1,2025,,\n"
        + f"007,{canary},2025,,\n",
        observations=f"{ROW}007,S1,2025,{canary},1,,,\n007,S1,2025,maths,{canary},,,{canary}\n"
        + f"{canary},{canary},{canary},{canary},{canary},{canary},{canary},{canary}\n",
        survey=f"{canary} 1,S1\n{canary},S1\n",
        counts=f"provider_id,year,measure,n,n_success\nS1,2025,maths,{canary},1\n",
        local_knowledge=f"claim,source,direction,measure,date\n{canary},a,hurdle,{canary},{canary}\n",
        resources=f"resource,unit,amount\n{canary},a,{canary}\n",
    )
    assert tuple(result.problems) == COLUMNS
    assert canary not in result.problems.to_csv().casefold()
    with pytest.raises(DataError) as caught:
        result.require()
    assert canary not in str(caught.value).casefold()
    assert (result.problems["expected"].str.len() > 10).all()
    assert (result.problems["remedy"].str.len() > 10).all()


CELLS = st.sampled_from(
    ["", "007", "008", "S1", "S2", "2025", "1999", "maths", "reading", "no_rule", "at", "50", "c",
     "0", "-1", "1e400", "inf", "5", "Y5", "NE", "2025-02-30", "31/12/2025", "0001-01-01", "yes",
     "primary", "hurdle", "Māori;x", "{", "\u0000x".strip("\u0000"), "９", "٣", "💥", "a\u0301"]
) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)  # fmt: skip


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_rows_in_are_rows_used_plus_rows_set_aside(tmp_path: Path, data: st.DataObject) -> None:
    tables, rows_in = {}, {}
    for name, table in TABLES.items():
        columns = [*table.columns, *(["extra"] if table.open else [])]
        width = len(columns)
        rows = data.draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=6))
        text = io.StringIO()
        csv.writer(text).writerows([columns, *rows])
        tables[name] = text.getvalue()
    loaded = load.community(folder(tmp_path, **tables))
    result = check.tables(loaded)
    rows_in = {name: len(frame) for name, frame in loaded.frames.items()}
    assert set(result.rows["table"]) == set(TABLES)
    for row in result.rows.itertuples():
        assert row.rows_in == rows_in[row.table] == row.used + row.set_aside
        assert row.used == len(result.frames[row.table])
        of_table = result.problems["file"] == f"{row.table}.csv"
        lost = result.problems["severity"].isin(["set aside", "blocks"])
        lost &= result.problems["rule"] != "success rule not set"
        assert result.problems.loc[of_table & lost, "count"].sum() == row.set_aside


@pytest.mark.parametrize(
    ("text", "level"),
    [("5", 5), ("Y5", 5), ("Year 5", 5), ("year 05", 5), ("yr13", 13), ("NE", 0), ("0", 0),
     ("5.0", 5), ("14", None), ("Year", None), ("5-6", None), ("", None), ("-1", None)],
)  # fmt: skip
def test_year_levels(text: str, level: float | None) -> None:
    values, bad = convert.year_levels(pd.Series([text]))
    assert values.tolist() == [level] if level is not None else pd.isna(values.iloc[0])
    assert bad.iloc[0] == (level is None and text != "")


@pytest.mark.parametrize(
    ("text", "iso"),
    [("01/02/2025", "2025-02-01"), ("1/2/2025", "2025-02-01"), ("2025-02-01", "2025-02-01"),
     ("2025-02-01T09:30:00", "2025-02-01"), ("25/12/2025 10:00", "2025-12-25"), ("1/2/25", None),
     ("12/25/2025", None), ("31/02/2025", None), ("2025/02/01", None), ("45000", None),
     ("1 Feb 2025", None), ("0001-01-01", None)],
)  # fmt: skip
def test_dates(text: str, iso: str | None) -> None:
    values, bad = convert.dates(pd.Series([text]))
    assert values.dt.strftime("%Y-%m-%d").tolist() == [iso] if iso else values.isna().all()
    assert bad.tolist() == [iso is None]


@pytest.mark.parametrize(
    ("texts", "understood"),
    [
        (["03/04/2025", "03/25/2025"], [False, False]),
        (["03/04/2025", "03/25/2025", "2025-04-03"], [False, False, True]),
        (["03/04/2025", "25/03/2025"], [True, True]),
        (["03/04/2025", "25/03/2025", "03/25/2025"], [True, True, False]),
    ],
)
def test_a_column_that_looks_month_first_is_not_read_day_first(
    texts: list[str], understood: list[bool]
) -> None:
    values, bad = convert.dates(pd.Series(texts))
    assert values.notna().tolist() == understood
    assert bad.tolist() == [not one for one in understood]


def test_no_year_is_later_than_the_next() -> None:
    year = datetime.date.today().year
    values, bad = convert.years(pd.Series([str(year), str(year + 1), str(year + 2), "2099"]))
    assert bad.tolist() == [False, False, True, True]
    assert values.tolist()[:2] == [year, year + 1]


def test_an_ethnicity_that_is_not_stated_is_no_mistake() -> None:
    values, bad = convert.ethnicities(pd.Series(["999", "Not stated", "Māori;999", "Martian"]))
    assert values.tolist() == ["", "", "Māori", ""]
    assert bad.tolist() == [False, False, False, True]


def test_one_mistake_in_a_column_is_one_line_that_names_the_first_rows(tmp_path: Path) -> None:
    rows = "".join(f"007,S1,{year},Reading,purple,1,\n" for year in range(1980, 2020))
    head = "learner_id,provider_id,year,measure,value,term,date\n"
    lines = problems.in_words(checked(tmp_path, observations=head + rows).problems)
    about = [line for line in lines if "value off the scale" in line]
    assert about == [
        "set aside: observations.csv, rows 2, 3, 4 and 37 more, column value: value off the scale. "
        "Expected: The value is on the scale of its measure and in its plausible range. Correct the "
        "value; marks such as <5 or * mean that the file is already an aggregate."
    ]


def test_a_count_without_a_year_level_is_doubted_since_it_has_no_step(tmp_path: Path) -> None:
    counts = "provider_id,year,measure,n,n_success,year_level\nS1,2025,Reading,9,3,\nS1,2025,Reading,9,3,5\n"
    result = checked(tmp_path, counts=counts)
    assert found(result, "count without a step")["row"].tolist() == [2]
    assert len(result.frames["counts"]) == 2


@pytest.mark.parametrize("group", ["Klingon", "Māori;Klingon", "MELAA or Other ethnicity", "999"])
def test_a_count_of_a_group_that_nobody_knows_is_not_taken_for_all_learners(
    tmp_path: Path, group: str
) -> None:
    head = "provider_id,year,measure,year_level,ethnicity,n,n_success\n"
    rows = f"S1,2025,maths,5,,30,20\nS1,2025,maths,5,{group},9,3\nS1,2025,maths,5,MAORI,12,8\n"
    result = checked(tmp_path, counts=head + rows)
    kept = result.frames["counts"]
    assert kept[["ethnicity", "n"]].to_numpy().tolist() == [["", 30], ["Māori", 12]]
    assert found(result, "count of an unknown group")["row"].tolist() == [3]
    assert aside(result, "counts") == 1


@pytest.mark.parametrize("many", [0, 1, 40])
def test_matched_is_what_a_merge_finds(many: int) -> None:
    chance = np.random.default_rng(many)
    key = ["learner_id", "year"]
    rows, of = (
        pd.DataFrame(
            {
                "learner_id": chance.choice(["a", "b", "c", "d"], size).astype(str),
                "year": chance.integers(2020, 2024, size),
            }
        )
        for size in (30, many)
    )
    rows = rows.sample(frac=1, random_state=1)
    last = of.assign(place=range(len(of))).drop_duplicates(key, keep="last")
    expected = rows.merge(last, how="left", on=key)["place"].fillna(-1).astype(int)
    found = convert.matched(rows, of, key)
    assert found.tolist() == expected.tolist()
    assert found.index.equals(rows.index)


def test_rules_of_resources_and_roles(tmp_path: Path) -> None:
    result = checked(
        tmp_path,
        resources="resource,unit,amount,stays,measure,reaches\n"
        "Time,hours,4,1,Reading,2\nRoom,m2,3,some,reeding,-1\n",
        resource_rules="rule,resource,unit,per,amount,roll_from,to_year\n"
        "a,Time,hours,Provider,2,,\nb,Time,hours,school,2,,\nc,Time,hours,provider,2,many,\n"
        "d,Time,hours,provider,2,,soon\ne,Time,hours,community,x,,\n",
        leadership="role,scope,provider_id,measure,held_by\n"
        "Lead,Within,S1,reading,Dean\nLead,beside,S1,,\nLead,across,S9,reeding,\n",
    )
    listed = result.frames["resources"]
    assert list(listed["measure"]) == ["reading", ""]
    assert listed[["stays", "reaches"]].isna().to_numpy().tolist() == [[False] * 2, [True] * 2]
    assert list(result.frames["resource_rules"]["rule"]) == ["a"]
    assert list(result.frames["resource_rules"]["per"]) == ["provider"]
    assert result.frames["leadership"][["scope", "provider_id", "measure"]].to_numpy().tolist() == [
        ["within", "S1", "reading"],
        ["across", "", ""],
    ]
    assert aside(result, "resource_rules") == 4
    assert aside(result, "leadership") == 1
    told = result.problems[result.problems["file"].str.contains("resource|leadership")]
    assert sorted(zip(told["rule"], told["column"], told["count"], strict=True)) == [
        ("amount is not a number", "amount", 1),
        ("limit of a rule", "roll_from", 1),
        ("limit of a rule", "to_year", 1),
        ("not a number", "reaches", 1),
        ("not a number", "stays", 1),
        ("unknown measure of a row", "measure", 1),
        ("unknown measure of a row", "measure", 1),
        ("unknown provider of a row", "provider_id", 1),
        ("unknown scope of a role", "scope", 1),
        ("unknown side of a rule", "per", 1),
    ]
