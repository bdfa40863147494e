"""Published tables of counts: taken apart as their layout says, totals compared, marks kept."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from colanalysis import check, evidence, load
from colanalysis.errors import DataError, SettingsError
from colanalysis.reading import crosstab, marks, totals
from colanalysis.reading.crosstab import Layout
from colanalysis.starting import directories

PROVIDERS = "provider_id,name,type\n0041,Tūī College,secondary\n0042,Kererū College,secondary\n"
COMMUNITY = '[community]\nid = "t"\nname = "Test"\nyear = 2024\n'
SOURCE = """
[[source]]
file = "leavers.xlsx"
reader = "crosstab"
header = "School"
levels = ["gender", "number"]
columns = { "School" = "provider_id", "Year" = "year" }
numbers = { "Leavers" = "n", "With Level 2" = "n_success" }
totals = ["Total"]
all_learners = ["gender"]
leave_out = ["Average"]
constants = { measure = "ncea_level_2", year_level = 13 }
"""
# Two header rows with merged cells, notes above and below, columns that name people, totals.
LEAVERS = [
    ["School leavers by attainment"],
    [],
    [
        "School",
        "School name",
        "Principal",
        "Address",
        "Year",
        "Female",
        "",
        "Male",
        "",
        "Total",
        "",
    ],
    ["", "", "", "", "", *["Leavers", "With Level 2"] * 3],
    ["0041", "Tūī College", "Pat Invented", "1 Nowhere St", 2023, 60, 45, "50*", 30, 110, 75],
    ["0041", "Tūī College", "Pat Invented", "1 Nowhere St", 2024, 62, "x", 48, 31, 110, 80],
    ["0042", "Kererū College", "Kim Madeup", "2 Nowhere St", 2024, 40, 30, "", 20, 70, 50],
    ["Average", "", "", "", "", 54, 38, 49, 27, 97, 68],
    ["Total", "", "", "", 2023, 60, 45, 50, 30, 110, 75],
    ["Total", "", "", "", 2024, 102, "x", 49, 51, 180, 130],
    [],
    ["* The number was checked. x not told. Kim Madeup, 3 Nowhere St"],
]
PEOPLE = ("Invented", "Madeup", "Nowhere")


def book(**sheets: Sequence[Sequence[Any]]) -> bytes:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append([cell if cell != "" else None for cell in row])
    return saved(workbook)


def saved(workbook: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def text(rows: Sequence[Sequence[Any]], delimiter: str = ",") -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue().encode("utf-8")


def loaded(
    folder: Path, data: bytes, source: str = SOURCE, file: str = "leavers.xlsx"
) -> load.Loaded:
    (folder / "community.toml").write_text(COMMUNITY + source, encoding="utf-8")
    (folder / "providers.csv").write_text(PROVIDERS, encoding="utf-8")
    (folder / file).write_bytes(data)
    return load.community(folder)


def noted(found: load.Loaded) -> list[tuple[object, ...]]:
    notes = found.notes
    columns = zip(
        notes["rule"], notes["row"].fillna(0), notes["column"], notes["count"], strict=True
    )
    return sorted(columns)


# From a file to the checked table


def test_a_published_workbook_becomes_counts(tmp_path: Path) -> None:
    counts = loaded(tmp_path, book(Leavers=LEAVERS)).frames["counts"]
    names = ["provider_id", "year", "gender", "n", "n_success", "source_row"]
    assert counts[names].to_numpy().tolist() == [
        ["0041", "2023", "Female", "60", "45", 5],
        ["0041", "2023", "Male", "50", "30", 5],
        ["0041", "2023", "", "110", "75", 5],
        ["0041", "2024", "Female", "62", "c", 6],
        ["0041", "2024", "Male", "48", "31", 6],
        ["0041", "2024", "", "110", "80", 6],
        ["0042", "2024", "Female", "40", "30", 7],
        ["0042", "2024", "", "70", "50", 7],
    ]
    assert set(counts["measure"]) == {"ncea_level_2"}
    assert set(counts["year_level"]) == {"13"}
    assert set(counts["source_file"]) == {"leavers.xlsx"}
    assert all(str(dtype) == "category" for dtype in counts.dtypes.drop("source_row"))


def test_what_was_left_out_is_noted_and_totals_are_compared(tmp_path: Path) -> None:
    found = loaded(tmp_path, book(Leavers=LEAVERS))
    assert noted(found) == [
        ("count left blank", 7, "", 1),
        ("number with a mark", 5, "", 1),
        ("row left out", 8, "", 1),
        ("row without numbers", 12, "", 1),
        ("suppressed count", 6, "", 1),
        # One part is blank: nobody knows whether that is none.
        ("total does not add up", 7, "J", 1),
        ("total does not add up", 10, "H", 1),
        ("total does not add up", 10, "J", 1),
        # The numbers behind the two x, in column K of rows 6 and 10, in G of row 10.
        ("total not checked", 6, "", 2),
        ("totals left out", 9, "", 12),
    ]
    told = found.notes[found.notes["rule"] == "total does not add up"]
    assert [re.findall(r"is ([+-]\d+)\.", words)[0] for words in told["expected"]] == [
        "+30",
        "+1",
        "+29",
    ]


def test_counts_pass_the_checks_and_reach_the_evidence(tmp_path: Path) -> None:
    checked = check.tables(loaded(tmp_path, book(Leavers=LEAVERS)))
    counts = checked.frames["counts"]
    assert counts["n"].sum() == 60 + 50 + 110 + 62 + 48 + 110 + 40 + 70
    assert counts["n_success"].sum() == 45 + 30 + 75 + 31 + 80 + 30 + 50
    assert counts["mark"].tolist() == ["", "", "", "c", "", "", "", ""]
    assert checked.rows.set_index("table").loc["counts", "set_aside"] == 0
    assert set(checked.problems["severity"]) == {"warning"}


def test_totals_over_a_group_become_the_rows_for_all_learners(tmp_path: Path) -> None:
    whole = [row for row in LEAVERS if row[:1] != ["0042"] and row[4:5] != [2024]]
    (tmp_path / "one").mkdir()
    loaded(tmp_path / "one", book(Leavers=whole))
    counted = evidence.gather(tmp_path / "one").counted
    assert counted[["n", "n_success"]].sum().tolist() == [110, 75]
    (tmp_path / "two").mkdir()
    without = SOURCE.replace('all_learners = ["gender"]\n', "")
    rows = loaded(tmp_path / "two", book(Leavers=whole), without).frames["counts"]
    assert rows["gender"].tolist() == ["Female", "Male"]


def test_no_person_is_in_any_frame_note_or_error(tmp_path: Path) -> None:
    found = loaded(tmp_path, book(Leavers=LEAVERS))
    every = [*found.frames.values(), found.notes, check.tables(found).problems]
    for frame in every:
        for words in frame.astype(str).to_numpy().ravel():
            assert not any(person in words for person in PEOPLE)
    shifted = [*LEAVERS[:4], [*LEAVERS[4][:5], *LEAVERS[4][2:4]]]
    with pytest.raises(DataError, match="row 5, column F: found what is neither") as caught:
        loaded(tmp_path, book(Leavers=shifted))
    assert not any(person in str(caught.value) for person in PEOPLE)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_gives_what_the_workbook_gives(tmp_path: Path, delimiter: str, codec: str) -> None:
    data = text(LEAVERS, delimiter).decode("utf-8").encode(codec)
    source = SOURCE.replace("leavers.xlsx", "leavers.csv")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    found = loaded(tmp_path / "a", data, source, "leavers.csv")
    same = loaded(tmp_path / "b", book(Leavers=LEAVERS))
    pd.testing.assert_frame_equal(
        found.frames["counts"].drop(columns="source_file"),
        same.frames["counts"].drop(columns="source_file"),
    )
    assert noted(found) == noted(same)


def test_old_text_is_read_with_a_note(tmp_path: Path) -> None:
    data = text(LEAVERS).decode("utf-8").replace("Tūī", "Café").replace("ū", "u").encode("cp1252")
    source = SOURCE.replace("leavers.xlsx", "leavers.csv")
    found = loaded(tmp_path, data, source, "leavers.csv")
    assert "old encoding" in set(found.notes["rule"])
    assert len(found.frames["counts"]) == 8


# Sheets


ONE = [["School", "Leavers", "With Level 2"], ["0041", 10, 5]]
ONE_SOURCE = """
[[source]]
file = "leavers.xlsx"
reader = "crosstab"
header = "School"
levels = ["number"]
columns = { "School" = "provider_id" }
numbers = { "Leavers" = "n", "With Level 2" = "n_success" }
sheet = "year"
constants = { measure = "ncea_level_2", year_level = 13 }
"""


def changed(source: str, **lines: str) -> str:
    for key, line in lines.items():
        source, times = re.subn(rf"(?m)^{key} = .*\n", line, source)
        assert times == 1
    return source


def test_the_year_is_in_the_name_of_the_sheet(tmp_path: Path) -> None:
    other = [["Notes"], [], *ONE[:1], ["0041", 12, 6]]
    data = book(**{"Leavers 2023": ONE, "2024 (final)": other, "blank": []})
    counts = loaded(tmp_path, data, ONE_SOURCE).frames["counts"]
    columns = ["year", "n", "n_success", "source_row", "source_file"]
    assert counts[columns].to_numpy().tolist() == [
        ["2023", "10", "5", 2, "leavers.xlsx, sheet 1"],
        ["2024", "12", "6", 4, "leavers.xlsx, sheet 2"],
    ]


def test_sheets_are_listed_where_others_hold_something_else(tmp_path: Path) -> None:
    data = book(**{"About": [["Pat Invented wrote this"]], "2023": ONE, "2024": ONE})
    with pytest.raises(DataError, match=r'leavers.xlsx, sheet 1: .*"School" stands in no row'):
        loaded(tmp_path, data, ONE_SOURCE)
    listed = loaded(tmp_path, data, ONE_SOURCE + 'sheets = ["2024"]\n').frames["counts"]
    assert listed["year"].tolist() == ["2024"]
    with pytest.raises(SettingsError, match='the workbook has no sheet "2025"'):
        loaded(tmp_path, data, ONE_SOURCE + 'sheets = ["2025"]\n')


@pytest.mark.parametrize("name", ["Leavers", "2023 to 2024", "12023"])
def test_a_name_without_one_year_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="does not hold one year") as caught:
        loaded(tmp_path, book(**{name: ONE}), ONE_SOURCE)
    assert name not in str(caught.value).replace("2024 ", "")


def test_a_sheet_may_be_a_school_or_a_group(tmp_path: Path) -> None:
    rows = [["Year", "Leavers", "With Level 2"], [2024, 10, 5]]
    source = changed(ONE_SOURCE, sheet='sheet = "provider_id"\n', columns="", header="")
    source += 'header = "Year"\ncolumns = { "Year" = "year" }\n'
    source += 'labels = { provider_id = { "Tui" = "0041" } }\n'
    counts = loaded(tmp_path, book(Tui=rows, **{"0042": rows}), source).frames["counts"]
    assert counts["provider_id"].tolist() == ["0041", "0042"]


def test_a_table_without_rows_is_noted(tmp_path: Path) -> None:
    found = loaded(tmp_path, book(**{"2024": ONE[:1]}), ONE_SOURCE)
    assert noted(found) == [("header only", 0, "", 1)]
    assert found.frames["counts"].empty
    assert check.tables(found).frames["counts"].empty


def test_a_text_has_no_sheets(tmp_path: Path) -> None:
    source = ONE_SOURCE.replace("leavers.xlsx", "leavers.csv")
    with pytest.raises(SettingsError, match="found sheets"):
        loaded(tmp_path, text(ONE), source, "leavers.csv")


def test_what_a_formula_gave_is_read(tmp_path: Path) -> None:
    data = book(**{"2024": [ONE[0], ["0041", "=20+3", 5]]})
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            # Spreadsheets keep what a formula gave beside it; openpyxl writes formulas only.
            part = re.sub(rb"(<f>20\+3</f>)<v ?/>|(<f>20\+3</f>)<v></v>",
                          rb"<f>20+3</f><v>23</v>", old.read(name))  # fmt: skip
            new.writestr(name, part)
    assert loaded(tmp_path, file.getvalue(), ONE_SOURCE).frames["counts"]["n"].tolist() == ["23"]


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be opened"):
        loaded(tmp_path, text(ONE), ONE_SOURCE)


# Headers, labels and cells


def cells(rows: Sequence[Sequence[Any]], **layout: Any) -> pd.DataFrame:
    how = Layout(**{"header": "Age", "columns": {"Age": "age"}, **layout})
    return crosstab.long(book(x=rows), "x.xlsx", how)


def compared(rows: Sequence[Sequence[Any]], **layout: Any) -> pd.DataFrame:
    how = Layout(
        **{"header": "Age", "columns": {"Age": "age"}, "totals": ["Total", "All"], **layout}
    )
    return totals.unequal(crosstab.long(text(rows), "x.csv", how), how)


def test_three_header_rows_are_filled_to_the_right_within_what_is_above() -> None:
    rows = [
        ["Age", "North", "", "", "South", "", "Total"],
        ["", "2023", "2024", "", "2023", "", ""],
        ["", "M", "M", "F", "M", "F", ""],
        ["5", 1, 2, 3, 4, 5, 15],
    ]
    found = cells(rows, levels=["region", "year", "gender"], totals=["Total"])
    assert found[["region", "year", "gender", "value", "total"]].to_numpy().tolist() == [
        ["North", "2023", "M", "1", ""],
        ["North", "2024", "M", "2", ""],
        ["North", "2024", "F", "3", ""],
        ["South", "2023", "M", "4", ""],
        ["South", "2023", "F", "5", ""],
        ["", "", "", "15", "region & year & gender"],
    ]
    assert found["column"].tolist() == list("BCDEFG")
    assert set(found["row"]) == {4}


def test_a_new_heading_does_not_carry_on_what_stood_below_the_last() -> None:
    rows = [["Age", "North", "South"], ["", "2023", ""], ["", "M", "M"], ["5", 1, 2]]
    with pytest.raises(DataError, match=r"row 1, column C: found numbers without a label"):
        cells(rows, levels=["region", "year", "gender"])


def test_a_level_that_says_nothing_is_not_needed() -> None:
    rows = [["Age", "on 1 July", "of it"], ["", "M", "F"], ["5", 1, 2]]
    found = cells(rows, levels=["", "gender"])
    assert found[["age", "gender", "value"]].to_numpy().tolist() == [
        ["5", "M", "1"],
        ["5", "F", "2"],
    ]


def test_labels_that_stand_once_above_their_rows_are_filled_where_that_is_said() -> None:
    rows = [
        ["Age", "Sex", "n"],
        ["5", "M", 1],
        ["", "F", 2],
        ["", "Total", 3],
        ["6", "M", 4],
        ["Total", "", 7],
    ]
    with pytest.raises(DataError, match=r"row 3, column A: found numbers without a label"):
        cells(rows, columns={"Age": "age", "Sex": "sex"}, levels=["number"], numbers={"n": "n"})
    found = cells(
        rows,
        columns={"Sex": "sex", "Age": "age"},
        levels=["number"],
        numbers={"n": "n"},
        totals=["TOTAL"],
        fill_down=["age"],
    )
    assert found[["age", "sex", "value", "total"]].to_numpy().tolist() == [
        ["5", "M", "1", ""],
        ["5", "F", "2", ""],
        ["5", "", "3", "sex"],
        ["6", "M", "4", ""],
        ["", "", "7", "age & sex"],
    ]


def test_no_label_is_carried_past_a_heading_between_the_rows() -> None:
    rows = [["Age", "Sex", "n"], ["5", "M", 1], ["", "", ""], ["", "F", 2], ["6", "", ""]]
    how: dict[str, Any] = {
        "columns": {"Age": "age", "Sex": "sex"},
        "levels": ["number"],
        "numbers": {"n": "n"},
        "fill_down": ["age"],
    }
    assert cells(rows, **how)["age"].tolist() == ["5", "5"]
    with pytest.raises(DataError, match="row 6, column A: found numbers without a label"):
        cells([*rows, ["", "F", 3]], **how)


def test_a_column_without_a_heading_is_called_by_its_letter_or_noted() -> None:
    rows = [["", "Age", "", "n"], ["M", "5", 9, 1]]
    how = Layout("Age", ["number"], {"Age": "age", "column A": "sex"}, {"n": "n"})
    found, notes = crosstab.cells(book(x=rows), "x.xlsx", how)
    assert found[["age", "sex", "value"]].to_numpy().tolist() == [["5", "M", "1"]]
    assert [(one["rule"], one["column"]) for one in notes] == [("column without a heading", "C")]


def test_numbers_may_be_named_in_a_column(tmp_path: Path) -> None:
    rows = [
        ["School", "What", "Value"],
        ["0041", "Students", "1,250"],
        ["0041", "Median", "3.5"],
        ["0041", "Passed", "1\u00a0200"],
    ]
    source = changed(ONE_SOURCE, columns="", numbers="", sheet="", constants="", levels="")
    source += (
        'levels = ["measure"]\nlabels = { measure = { "Value" = "ncea_level_2" } }\n'
        'columns = { "School" = "provider_id", "What" = "number" }\n'
        'numbers = { "Students" = "n", "Passed" = "n_success" }\n'
        "constants = { year = 2024, year_level = 13 }\n"
    )
    found = loaded(tmp_path, book(x=rows), source)
    assert found.frames["counts"][["n", "n_success"]].to_numpy().tolist() == [["1250", "1200"]]
    assert noted(found) == [("row left out", 3, "", 1)]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["Year", "n"], ["5", 1]], 'x.xlsx: a cell that says "Age" stands in no row'),
        ([["Age", "n"], ["5", 1], ["AGE", 2]], "stands in rows 1 and 3"),
        ([["Age", "age", "n"], ["5", "6", 1]], 'row 1: the heading "Age" stands over 2 columns'),
        ([["Age", "n"], ["5", "Pat Invented"]], "row 2, column B: found what is neither"),
        ([["Age", "n"], ["5", "12 May"]], "row 2, column B: found what is neither"),
        ([["Age", "n"], ["5", "1,5"]], "row 2, column B: found what is neither"),
        ([["Age", "n"], ["5", -3]], "row 2, column B: found what is neither"),
        ([["Age", "n"], ["5", 1], ["", 2]], "row 3, column A: found numbers without a label"),
        ([["Age", "n"], ["5", 1], ["5", 2]], r"row 2, column B and x.xlsx, row 3, column B: two"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(rows: Any, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        cells(rows, levels=["number"], numbers={"n": "n"})
    assert "Invented" not in str(caught.value)


def test_a_header_at_the_end_of_a_sheet_gives_no_cells() -> None:
    assert cells([["Age", "n"]], levels=["", "", "number"], numbers={"n": "n"}).empty


MARKED = {
    "44*": ("44", "*"), "12c": ("12", "c"), "7 †": ("7", "†"), "8[r]": ("8", "[r]"),
    "57%": ("57", "%"), "57.5 %": ("57.5", "%"), "0": ("0", ""), "1,234,567": ("1234567", ""),
    **{mark: ("", mark) for mark in ["n", "x", "c", "C", "~", "<5", "< 5", "*", "..", "-", "–", "‡",
                                     "≤4", ">95%", "z", "n/a", "#"]},
}  # fmt: skip


@pytest.mark.parametrize("written", MARKED)
def test_a_mark_in_the_place_of_a_number_is_never_zero(written: str) -> None:
    assert marks.read(written) == MARKED[written]


def test_what_marks_mean_suppressed_can_be_added() -> None:
    rows = [["Age", "n"], ["5", "hush"]]
    found = cells(rows, levels=["number"], numbers={"n": "n"}, suppressed=["hush"])
    assert found[["value", "mark"]].to_numpy().tolist() == [["", "hush"]]


# Percentages


PERCENT = changed(ONE_SOURCE, numbers='numbers = { "Leavers" = "n", "With Level 2" = "percent" }\n')


def percents(folder: Path, *pairs: tuple[Any, Any], source: str = PERCENT) -> load.Loaded:
    schools = [["0041", *pair] if place == 0 else [f"9{place}", *pair]
               for place, pair in enumerate(pairs)]  # fmt: skip
    return loaded(folder, book(**{"2024": [ONE[0], *schools]}), source)


def test_a_percentage_of_n_is_the_one_whole_number_that_fits(tmp_path: Path) -> None:
    pairs = [(30, 56.7), (30, "56.7%"), (8, 12.5), (0, 0), (3, "66.7"), (50, "x"), ("c", 50)]
    found = percents(tmp_path, *pairs, (10, 100))
    assert found.frames["counts"][["n", "n_success"]].to_numpy().tolist() == [
        ["30", "17"],
        ["30", "17"],
        ["8", "1"],
        ["0", "0"],
        ["3", "2"],
        ["50", "c"],
        ["c", "c"],
        ["10", "10"],
    ]
    assert noted(found) == [("suppressed count", 7, "", 2)]
    exact = percents(tmp_path, (3, 100 * 2 / 3), (7, 100 / 7), (1000, 60))
    assert exact.frames["counts"]["n_success"].tolist() == ["2", "1", "600"]
    whole = percents(tmp_path, (30, "57%"), (8, "13"))
    assert whole.frames["counts"]["n_success"].tolist() == ["17", "1"]


def test_a_percentage_is_rounded_as_its_column_is_unless_it_has_a_mark(tmp_path: Path) -> None:
    found = percents(tmp_path, (1000, 57.2), (1000, 60))
    assert found.frames["counts"]["n_success"].tolist() == ["572", "600"]
    with pytest.raises(DataError, match="row 3, column C"):
        percents(tmp_path, (1000, 57.2), (1000, "60*"))


@pytest.mark.parametrize("pair", [(1000, 57), (30, 55.1), (10, 101), (10.5, 50)])
def test_a_percentage_that_does_not_tell_one_number_is_refused(tmp_path: Path, pair: Any) -> None:
    with pytest.raises(DataError, match=r"row 3, column C: no whole number, or more than one"):
        percents(tmp_path, (10, 50), pair)


def test_shares_and_percentages_are_not_mistaken(tmp_path: Path) -> None:
    share = PERCENT.replace('"percent"', '"share"')
    found = percents(tmp_path, (30, 17 / 30), (1000, 0.57), (50, 1), source=share)
    assert found.frames["counts"]["n_success"].tolist() == ["17", "570", "50"]
    found = percents(tmp_path, (50, 1), (50, 0), source=share)
    assert found.frames["counts"]["n_success"].tolist() == ["50", "0"]
    with pytest.raises(DataError, match="row 2, column C: found no percentage above 1"):
        percents(tmp_path, (1000, 0.6))
    with pytest.raises(DataError, match="row 2, column C: found a percentage"):
        percents(tmp_path, (100, "60%"), source=ONE_SOURCE)


@given(st.integers(1, 400), st.data(), st.integers(2, 6))
def test_every_share_tells_its_number_when_decimals_suffice(n: int, data: Any, more: int) -> None:
    k = data.draw(st.integers(0, n))
    assert marks.successes(str(n), f"{100 * k / n:.{more}f}", 100) == k
    assert marks.successes(str(n), repr(k / n), 1, 15) == k


@given(st.integers(1, 400), st.integers(0, 100))
def test_a_number_is_found_only_where_no_other_rounds_to_the_share(n: int, percent: int) -> None:
    half = Fraction(1, 2)
    fits = [k for k in range(n + 1) if abs(Fraction(100 * k, n) - percent) <= half]
    assert marks.successes(str(n), str(percent), 100) == (fits[0] if len(fits) == 1 else None)


# Totals


COUNT = st.integers(0, 5000)


@examples(max_examples=40)
@given(st.lists(st.lists(COUNT, min_size=3, max_size=3), min_size=2, max_size=4), st.data())
def test_totals_add_up_unless_one_cell_is_changed(table: list[list[int]], data: Any) -> None:
    table = [[*row, sum(row)] for row in table]
    table.append([sum(column) for column in zip(*table, strict=True)])
    labels = [*map(str, range(len(table) - 1)), "Total"]
    head = ["Age", "A", "B", "C", "All"]

    def rows() -> list[list[Any]]:
        return [head, *([label, *row] for label, row in zip(labels, table, strict=True))]

    found = compared(rows(), levels=["kind"])
    assert len(found) == len(table) + 3
    assert (found["difference"] == 0).all()
    down = data.draw(st.integers(0, len(table) - 1))
    right = data.draw(st.integers(0, 3))
    table[down][right] += 7
    changed_ones = compared(rows(), levels=["kind"])
    wrong = changed_ones[changed_ones["difference"] != 0]
    last = len(table) + 1
    own, beside, below, grand = (down + 2, "BCDE"[right]), (down + 2, "E"), (last, "BCDE"[right]), (last, "E")  # fmt: skip
    part = down + 2 < last and right < 3
    expected = {beside, below, grand} if part else {own, grand}
    assert set(zip(wrong["row"], wrong["column"], strict=True)) == expected


def test_the_difference_is_total_less_parts_and_suppressed_parts_are_not_compared() -> None:
    rows = [
        ["Age", "A", "B", "Total"],
        ["5", 10, 5, 16],
        ["6", 10, "c", 15],
        ["7", 10, 5, "x"],
        ["8", "", "", 4],
        ["Total", 30, "..", 50],
    ]
    found = compared(rows, levels=["kind"])
    told = {
        (row["row"], row["column"]): None if pd.isna(row["difference"]) else row["difference"]
        for row in found.to_dict("records")
    }
    assert told == {
        (2, "D"): 1,
        (3, "D"): None,
        (4, "D"): None,
        (5, "D"): None,
        (6, "B"): 0,
        (6, "C"): None,
        (6, "D"): None,
    }


def test_a_grand_total_is_compared_with_the_parts_where_there_are_no_others() -> None:
    rows = [["Age", "North", "", "Total"], ["", "M", "F", ""], ["5", 1, 2, 4], ["6", 3, 4, 7]]
    found = compared(rows, levels=["region", "gender"])
    assert found["difference"].tolist() == [1, 0]


def test_groups_that_overlap_are_not_added() -> None:
    rows = [["Age", "Māori", "Pacific", "Total"], ["5", 60, 50, 100], ["Total", 60, 50, 100]]
    found = compared(rows, levels=["ethnicity"], overlapping=["ethnicity"])
    assert found["difference"].fillna(-1).tolist() == [-1, 0, 0, 0]


def test_the_first_fifty_wrong_totals_are_named_and_the_others_counted() -> None:
    rows = [["Age", "A", "All"], *([str(age), 1, 3] for age in range(53))]
    notes = totals.notes(compared(rows, levels=["kind"]))
    assert [one["count"] for one in notes] == [1] * 50 + [3]
    assert {one["expected"].rsplit(" ", 1)[1] for one in notes[:50]} == {"+2."}
    assert notes[-1]["row"] is None


# Settings


YEARS = 'constants = { measure = "ncea_level_2", year = 2024 }\n'


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ({"header": ""}, '"header" is missing'),
        ({"levels": "levels = []\n"}, "found 0 levels"),
        ({"levels": 'levels = ["a", "b", "c", "number"]\n'}, "found 4 levels"),
        ({"levels": 'levels = ["region"]\n'}, "nothing is number"),
        (
            {"levels": 'levels = ["kind"]\n', "sheet": 'sheet = "number"\n', "constants": YEARS},
            "nothing is number",
        ),
        ({"levels": 'levels = ["number", "year"]\n'}, "found year twice"),
        ({"levels": 'levels = ["number", "mark"]\n'}, "found mark"),
        ({"levels": 'levels = ["number", "row"]\n'}, "found row"),
        ({"levels": 'levels = ["number", "n"]\n'}, "found n"),
        ({"levels": 'levels = ["number", "phone"]\n'}, "found phone"),
        ({"columns": 'columns = { "School" = "provider_id", "Address" = "place" }\n'}, "Address"),
        ({"columns": 'columns = { "School" = "place" }\n'}, "nothing says provider_id"),
        ({"constants": 'constants = { measure = "m", n = 5 }\n'}, "found n"),
        ({"constants": "constants = { year_level = 13 }\n"}, "nothing says measure"),
        ({"numbers": 'numbers = { "Leavers" = "n" }\n'}, "no room for sizes alone"),
        ({"numbers": 'numbers = { "Leavers" = "n", "A" = "m" }\n'}, 'unknown name "m"'),
        (
            {"numbers": 'numbers = { "A" = "n", "a*" = "n_success" }\n'},
            "found one label twice",
        ),
        ({"sheet": 'sheet = "year"\nall_learners = ["gendre"]\n'}, 'unknown name "gendre"'),
        ({"sheet": 'sheet = "year"\nfill_down = ["year"]\n'}, 'unknown name "year"'),
        ({"sheet": 'sheet = "year"\noverlapping = ["x"]\n'}, 'unknown name "x"'),
        ({"sheet": 'sheet = "year"\nlabels = { x = {} }\n'}, 'unknown name "x"'),
        ({"sheet": 'sheet = "year"\nfooter = "x"\n'}, 'unknown name "footer"'),
    ],
)
def test_settings_that_cannot_be_followed_are_refused(
    tmp_path: Path, lines: dict[str, str], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        loaded(tmp_path, book(**{"2024": ONE}), changed(ONE_SOURCE, **lines))


# Real files


@pytest.mark.real
def test_rolls_by_age_and_region_match_every_total_that_is_printed(real: Path) -> None:
    file = real / "messy" / "NZ_MoE_Age-and-Region-2016.xls"
    how = Layout(
        header="Age",
        levels=["region", "gender"],
        columns={"Age": "age"},
        totals=["Total"],
        sheet="year",
    )
    table = crosstab.long(file.read_bytes(), file.name, how)
    found = totals.unequal(table, how)
    assert len(found) > 1500
    assert (found["difference"] == 0).all()
    parts = table[table["total"] == ""]
    sums = pd.to_numeric(parts["value"]).groupby(parts["year"]).sum()
    # The same rolls, school by school, in another file; it lacks 2002 and begins in 2000.
    national = pd.read_csv(real / "nz_school_rolls" / "national_totals_computed.csv")
    other = national.set_index("Year")["Total"]
    years = [year for year in other.index if str(year) in sums.index]
    assert len(years) == 16
    assert [sums[str(year)] for year in years] == [other[year] for year in years]
    assert (sums["1996"], sums["2002"], sums["2016"]) == (696_335, 747_910, 787_960)


@pytest.mark.real
def test_a_study_with_marks_and_footnotes_is_taken_apart(real: Path) -> None:
    file = real / "messy" / "NAEP_NDECoreExcel_math_g8_race.xlsx"
    group = "Race/ethnicity used to report trends, school-reported"
    how = Layout(
        header="Year",
        levels=["number"],
        columns={"Year": "year", "Jurisdiction": "place", group: "ethnicity"},
        numbers={"at or above Proficient": "percent"},
    )
    table, notes = crosstab.cells(file.read_bytes(), file.name, how)
    raw = pd.read_excel(file, header=8, dtype=str, engine="calamine").iloc[:318, 3]
    assert len(table) == 53 * 6 == 318
    assert (table["mark"] == "‡").sum() == (raw == "‡").sum() == 97
    assert (table["mark"] == "*").sum() == raw.str.endswith("*").sum() == 114
    assert table.iloc[0][["place", "value", "mark", "row"]].tolist() == ["National", "44", "*", 10]
    assert (table.loc[table["mark"] == "‡", "value"] == "").all()
    assert [(one["rule"], one["row"], one["count"]) for one in notes] == [
        ("row without numbers", 329, 5)
    ]


@pytest.mark.real
def test_rolls_of_every_school_add_up_to_the_national_totals(real: Path) -> None:
    folder = real / "nz_school_rolls"
    how = Layout(
        header="School ID",
        levels=["number"],
        columns={"School ID": "provider_id", "Year": "year", "Demographic": "group"},
        numbers={"Count": "n"},
        leave_out=["School Name"],
    )
    data = (folder / "school_rolls_long.parquet").read_bytes()
    table = crosstab.long(data, "school_rolls_long.parquet", how)
    assert len(table) == 397_422
    sums = pd.to_numeric(table["value"]).groupby([table["year"], table["group"]]).sum().unstack()
    with (folder / "national_totals_computed.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            year = row.pop("Year")
            assert sums.loc[year].to_dict() == {name: int(n) for name, n in row.items()}


@pytest.mark.real
def test_the_directories_hold_the_members_and_rolls_that_were_counted(real: Path) -> None:
    schools = {
        year: directories.read([real / "nz_school_directory" / f"schools_{year}.csv"])
        for year in (2016, 2017)
    }
    services = directories.read(
        [real / "nz_ece_directory" / "Directory-ECE-Current_contact_columns_blanked.csv"]
    )
    tables = [schools[2016], schools[2017], services]
    assert [len(table) for table in tables] == [2539, 2539, 4682]
    members = [table.loc[table["community_id"] != "", "community_id"] for table in tables]
    assert [(len(one), one.nunique()) for one in members] == [(789, 96), (1629, 197), (1418, 166)]
    with (real / "nz_school_directory" / "schools_2017.csv").open(
        encoding="utf-8-sig", newline=""
    ) as file:
        roll = sum(int(row["Total School Roll"] or 0) for row in csv.DictReader(file))
    assert pd.to_numeric(schools[2017]["roll"]).sum() == roll


STUDENTS = """
[[measure]]
id = "final_mark"
label = "Final mark"
domain = "achievement"
scale = "number"
at_least = 10
minimum = 0
maximum = 20
year_levels = [10, 12]
judged_by = "the school"
unit = "points"
success_label = "at 10 or more"

[[source]]
file = "marks.csv"
reader = "tidy"
table = "survey"
columns = { "school" = "provider_id", "sex" = "gender", "G3" = "value" }
constants = { measure = "final_mark", year = 2006, year_level = 12 }
"""


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "rows", "mean", "passed"),
    [("student-mat", 395, 10.415, 67.09), ("student-por", 649, 11.906, 84.59)],
)
def test_marks_of_students_are_those_that_were_published(
    file: str, rows: int, mean: float, passed: float, real: Path, tmp_path: Path
) -> None:
    data = (real / "uci_student" / f"{file}.csv").read_bytes()
    (tmp_path / "community.toml").write_text(COMMUNITY + STUDENTS, encoding="utf-8")
    (tmp_path / "marks.csv").write_bytes(data)
    names = "provider_id,name,type\nGP,One,secondary\nMS,Two,secondary\n"
    (tmp_path / "providers.csv").write_text(names, encoding="utf-8")
    found = check.tables(load.community(tmp_path)).frames["survey"]
    assert len(found) == rows
    assert round(found["score"].mean(), 3) == mean
    assert round(100 * (found["score"] >= 10).mean(), 2) == passed
    assert not {"address", "guardian", "age"} & set(found)
