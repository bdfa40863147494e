"""Files are read as the text they hold, or refused with the place of the fault."""

from __future__ import annotations

import datetime
import gc
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from aliases import alias

from colanalysis import check, custody, load
from colanalysis.errors import DataError, SettingsError, UsageError

PROVIDERS = "provider_id,name,type\nS1,Kōwhai School,primary\n"
SETTINGS = '[community]\nid = "t"\nname = "Test"\nyear = 2025\n'


def make(folder: Path, settings: str = SETTINGS, **tables: str | bytes) -> Path:
    (folder / "community.toml").write_text(settings, encoding="utf-8")
    for name, content in {"providers": PROVIDERS, **tables}.items():
        data = content.encode("utf-8") if isinstance(content, str) else content
        (folder / f"{name}.csv").write_bytes(data)
    return folder


def learners(folder: Path, content: str | bytes) -> pd.DataFrame:
    return load.community(make(folder, learners=content)).frames["learners"]


def refused(folder: Path, content: str | bytes) -> str:
    with pytest.raises(DataError) as caught:
        load.community(make(folder, learners=content))
    return str(caught.value)


def rules(loaded: load.Loaded) -> set[str]:
    return set(loaded.notes["rule"])


def test_every_cell_but_the_learners_id_stays_the_text_it_was(tmp_path: Path) -> None:
    frame = learners(
        tmp_path,
        "learner_id,gender,colour,born,points\n"
        "007,NA,None,2-3,1e5\n"
        "0042,NULL,nan,03/04/2014,1.10\n"
        "12345678901234567890,,True,-,0\n",
    )
    assert frame.drop(columns=["source_file", "source_row"]).to_numpy().tolist() == [
        [alias("7"), "NA", "None", "2-3", "1e5"],
        [alias("42"), "NULL", "nan", "03/04/2014", "1.10"],
        [alias("12345678901234567890"), "", "True", "-", "0"],
    ]
    assert frame["source_row"].tolist() == [2, 3, 4]
    assert set(frame["source_file"]) == {"learners.csv"}
    assert not frame.isna().any(axis=None)
    assert all(str(dtype) == "category" for dtype in frame.dtypes.drop("source_row"))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-mark", "utf-16-be-mark"]
)
def test_encodings_of_spreadsheets(tmp_path: Path, encoding: str) -> None:
    text = "learner_id,ethnicity\n1,Māori\n"
    data = {
        "utf-16-le-mark": b"\xff\xfe" + text.encode("utf-16-le"),
        "utf-16-be-mark": b"\xfe\xff" + text.encode("utf-16-be"),
    }.get(encoding) or text.encode(encoding)
    loaded = load.community(make(tmp_path, learners=data))
    assert loaded.frames["learners"]["ethnicity"].tolist() == ["Māori"]
    assert "old encoding" not in rules(loaded)


def test_windows_1252_is_read_with_a_note(tmp_path: Path) -> None:
    data = "learner_id,gender\n1,Zoë – x\n".encode("cp1252")
    loaded = load.community(make(tmp_path, learners=data))
    assert loaded.frames["learners"]["gender"].tolist() == ["Zoë – x"]
    found = loaded.notes[loaded.notes["rule"] == "old encoding"].iloc[0]
    assert (found["file"], found["row"], found["severity"]) == ("learners.csv", 2, "warning")


def test_decomposed_macrons_become_one_letter(tmp_path: Path) -> None:
    assert learners(tmp_path, "learner_id,town\n1,Wha\u0304nau\n")["town"].tolist() == ["Whānau"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(tmp_path: Path, delimiter: str, end: str) -> None:
    lines = [["learner_id", "gender", "a"], ["1", "x", '"a,b;c"'], ["2", "", "q"]]
    frame = learners(tmp_path, end.join(delimiter.join(line) for line in lines) + end)
    assert frame[["learner_id", "gender", "a"]].to_numpy().tolist() == [
        [alias("1"), "x", "a,b;c"],
        [alias("2"), "", "q"],
    ]


def test_the_delimiter_is_the_one_that_makes_known_columns(tmp_path: Path) -> None:
    frame = learners(tmp_path, "learner_id;gender;size, in, m\n1;x;1,5,0\n")
    assert frame["gender"].tolist() == ["x"]


def test_headings_are_matched_after_folding(tmp_path: Path) -> None:
    frame = learners(tmp_path, " Learner ID ,GENDER\n1 , x\u00a0\n")
    assert frame[["learner_id", "gender"]].to_numpy().tolist() == [[alias("1"), "x"]]


def test_row_numbers_count_blank_rows_and_quoted_line_ends(tmp_path: Path) -> None:
    frame = learners(tmp_path, 'learner_id,a\n1,"x\ny"\n\n,\n2,z\n')
    assert frame["source_row"].tolist() == [2, 5]


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        ("learner_id,gender\n1,x\n2,y,z\n", "learners.csv, row 3", "3 fields"),
        ("learner_id,gender\n1,x\n2\n", "learners.csv, row 3", "1 fields"),
        ('learner_id,gender\n1,x\n2,"y\n3,z\n', "learners.csv, row 3", "quotation marks"),
        ('learner_id,gender\n1,"x" y\n', "learners.csv, row 2", "quotation marks"),
        ("learner_id,a,Learner ID\n1,x,2\n", "columns 1 and 3", "learner_id"),
        ("learner_id,secret 1,secret_1\n1,x,2\n", "columns 2 and 3", "same heading"),
        ("learner_id,gender\n1,\0x\n", "learners.csv, row 2", "NUL"),
        ("", "learners.csv", "empty"),
        (" \n\n", "learners.csv", "empty"),
        (b"learner_id\n\x81\n", "learners.csv, row 2", "neither UTF-8"),
        (b"PK\x03\x04abc", "learners.csv", "XLSX"),
        ("<!DOCTYPE html><table></table>", "learners.csv", "web page"),
    ],
)
def test_faults_are_refused_with_their_place(
    tmp_path: Path, content: str | bytes, place: str, words: str
) -> None:
    message = refused(tmp_path, content)
    assert place in message
    assert words in message
    assert "secret" not in message


def test_a_table_without_rows_is_empty_and_noted(tmp_path: Path) -> None:
    loaded = load.community(make(tmp_path, learners="learner_id,gender\n"))
    assert loaded.frames["learners"].empty
    assert rules(loaded) == {"header only"}
    assert set(loaded.notes["severity"]) == {"warning"}


def test_repeated_heading_rows_are_left_out_and_noted(tmp_path: Path) -> None:
    loaded = load.community(make(tmp_path, learners="learner_id,a\n1,x\nlearner_id,a\n2,y\n"))
    assert loaded.frames["learners"]["learner_id"].tolist() == [alias("1"), alias("2")]
    assert loaded.notes["row"].tolist() == [3]


def test_identifying_columns_are_never_read(tmp_path: Path) -> None:
    content = "learner_id,First Name,NSN,Date of birth,gender\n1,CANARY,CANARY,CANARY,x\n"
    loaded = load.community(make(tmp_path, learners=content))
    assert list(loaded.frames["learners"]) == ["learner_id", "gender", "source_file", "source_row"]
    assert loaded.notes["column"].tolist() == ["first_name", "nsn", "date_of_birth"]
    assert "CANARY" not in repr(loaded)


def test_a_missing_column_is_named_and_no_heading_is_told(tmp_path: Path) -> None:
    loaded = load.community(make(tmp_path, enrolments="4711,S1,2025\n4712,S1,2024\n"))
    assert set(loaded.notes["column"]) == {"learner_id", "provider_id", "year"}
    assert set(loaded.notes["file"]) == {"enrolments.csv"}
    assert set(loaded.notes["severity"]) == {"blocks"}
    assert "4711" not in loaded.notes.to_csv()


def test_unknown_columns_of_closed_tables_are_noted(tmp_path: Path) -> None:
    content = "learner_id,provider_id,year,colour\n1,S1,2025,red\n"
    loaded = load.community(make(tmp_path, enrolments=content))
    assert "colour" not in loaded.frames["enrolments"]
    assert loaded.notes["rule"].tolist() == ["column not used"]


def test_a_folder_of_files_is_one_table(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "learners").mkdir()
    (tmp_path / "learners" / "a.csv").write_text("learner_id,gender\n1,x\n", encoding="utf-8")
    (tmp_path / "learners" / "b.csv").write_text("learner_id;town\n2;Y\n", encoding="utf-8")
    loaded = load.community(tmp_path)
    frame = loaded.frames["learners"]
    assert frame[["learner_id", "gender", "town"]].to_numpy().tolist() == [
        [alias("1"), "x", ""],
        [alias("2"), "", "Y"],
    ]
    assert frame["source_file"].tolist() == ["learners/a.csv", "learners/b.csv"]
    digest = hashlib.sha256(b"learner_id,gender\n1,x\n").hexdigest()
    found = loaded.inputs.set_index("file").loc["learners/a.csv"]
    assert found.tolist() == ["learners", digest, 1]


def test_one_table_twice_is_refused(tmp_path: Path) -> None:
    make(tmp_path, learners="learner_id\n1\n")
    (tmp_path / "learners.tsv").write_text("learner_id\n1\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"learners\.csv, learners\.tsv"):
        load.community(tmp_path)


def test_misspelt_table_names_are_noted(tmp_path: Path) -> None:
    loaded = load.community(make(tmp_path, learner="learner_id\n1\n"))
    assert loaded.notes[["rule", "file"]].to_numpy().tolist() == [["file not read", "learner.csv"]]


def test_workbooks_give_the_text_one_would_type(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Read me"
    book.active.append(["This file was exported"])
    sheet = book.create_sheet("Data")
    sheet.append(["Learner ID", "number", "part", "flag", "day", "code", "blank"])
    sheet.append([7, 12.0, 0.25, True, datetime.date(2025, 3, 4), "007", None])
    sheet.append([])
    sheet.append([1234567890123, -3, 1.5, False, datetime.datetime(2025, 3, 4, 9, 30), "NA", ""])
    make(tmp_path)
    book.save(tmp_path / "learners.xlsx")
    loaded = load.community(tmp_path)
    frame = loaded.frames["learners"]
    columns = ["learner_id", "number", "part", "flag", "day", "code"]
    assert frame[columns].to_numpy().tolist() == [
        [alias("7"), "12", "0.25", "yes", "2025-03-04", "007"],
        [alias("1234567890123"), "-3", "1.5", "no", "2025-03-04T09:30:00", "NA"],
    ]
    assert frame["source_row"].tolist() == [2, 4]
    assert rules(loaded) == {"other sheets"}


def test_something_else_named_xlsx_is_refused(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "learners.xlsx").write_text("learner_id\n1\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"learners\.xlsx: the workbook cannot be opened"):
        load.community(tmp_path)


def test_parquet_gives_the_text_one_would_type(tmp_path: Path) -> None:
    make(tmp_path)
    table = pd.DataFrame(
        {
            "learner_id": [12345678901234567, 2, 3],
            "number": pd.array([12345678901234567, None, 3], dtype="Int64"),
            "whole": [1.0, None, 3.0],
            "part": [1.0, 0.1, None],
            "single": pd.Series([0.3, 1.5, 2.0], dtype="float32"),
            "flag": [True, None, False],
            "kind": pd.Categorical(["a", None, "NA"]),
            "day": pd.to_datetime(["2025-01-02", None, "2025-01-03 10:00"], format="ISO8601"),
        }
    )
    table.to_parquet(tmp_path / "learners.parquet")
    frame = load.community(tmp_path).frames["learners"]
    assert frame["source_row"].tolist() == [2, 3, 4]
    assert frame.drop(columns=["source_file", "source_row"]).to_numpy().T.tolist() == [
        [alias("12345678901234567"), alias("2"), alias("3")],
        ["12345678901234567", "", "3"],
        ["1", "", "3"],
        ["1.0", "0.1", ""],
        ["0.3", "1.5", "2.0"],
        ["yes", "", "no"],
        ["a", "", "NA"],
        ["2025-01-02", "", "2025-01-03T10:00:00"],
    ]


def test_lists_in_parquet_and_damaged_files_are_refused(tmp_path: Path) -> None:
    make(tmp_path)
    path = tmp_path / "learners.parquet"
    pd.DataFrame({"learner_id": ["1"], "groups": [["a", "b"]]}).to_parquet(path)
    with pytest.raises(DataError, match=r"learners\.parquet, column 2"):
        load.community(tmp_path)
    path.write_bytes(b"PAR1 broken")
    with pytest.raises(DataError, match=r"learners\.parquet: the file cannot be opened"):
        load.community(tmp_path)


def test_a_wrong_folder_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        load.community(tmp_path / "nowhere")
    with pytest.raises(UsageError):
        load.community(tmp_path)


TIDY = """
[[source]]
file = "exports/tool.csv"
reader = "tidy"
table = "observations"
columns = { "NSN ID" = "learner_id", "Result" = "value" }
constants = { provider_id = "S1", measure = "attendance", year = 2025 }
"""


def export(folder: Path, settings: str, content: str) -> load.Loaded:
    make(folder, SETTINGS + settings)
    (folder / "exports").mkdir(exist_ok=True)
    (folder / "exports" / "tool.csv").write_text(content, encoding="utf-8")
    return load.community(folder)


def test_tidy_exports_are_renamed(tmp_path: Path) -> None:
    loaded = export(tmp_path, TIDY, "NSN ID;Student name;Result;Term\n007;CANARY;0.9;1\n")
    frame = loaded.frames["observations"]
    assert frame.iloc[0].to_dict() == {
        "term": "1",
        "learner_id": alias("7"),
        "value": "0.9",
        "provider_id": "S1",
        "measure": "attendance",
        "year": "2025",
        "source_file": "exports/tool.csv",
        "source_row": 2,
    }
    assert loaded.notes.empty


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"NSN ID"', '"NSN"', 'no column "NSN"'),
        ('"value"', '"result"', 'unknown name "result"'),
        ('"value"', '"learner_id"', "learner_id twice"),
        ('"observations"', '"results"', 'unknown name "results"'),
        ('provider_id = "S1", ', "", "provider_id"),
        ("tool.csv", "tools.csv", "no file exports/tools.csv"),
        ('"tidy"', '"neat"', "neat"),
        ("columns", "colums", 'Did you mean "columns"'),
        ("constants", 'attributes = { a = "b" }\nconstants', "attributes"),
    ],
)
def test_wrong_sources_are_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        export(tmp_path, TIDY.replace(old, new), "NSN ID,Result,Term\n007,0.9,1\n")
    assert words in str(caught.value)


WIDE = """
[[source]]
file = "exports/tool.csv"
reader = "wide"
columns = { "Number" = "learner_id", "School" = "provider_id" }
attributes = { "Sex" = "gender" }
enrolments = [
  { year = 2024, year_level = 4 },
  { year = 2025, year_level = 5, when = ["Read 5", "Write 5"] },
]
results = [
  { column = "Read 4", measure = "reading", year = 2024, year_level = 4, missing = ["-9"] },
  { column = "Read 5", measure = "reading", year = 2025, values = { "1" = "at", "2" = "above" } },
]
"""
WIDE_ROWS = "Number,School,Sex,Read 4,Read 5,Write 5\n01,S1,F,at,1,\n02,S2,,-9,,x\n03,S1,M,,,\n"


def test_wide_exports_become_one_row_a_result(tmp_path: Path) -> None:
    frames = export(tmp_path, WIDE, WIDE_ROWS).frames
    assert frames["learners"][["learner_id", "gender"]].to_numpy().tolist() == [
        [alias("1"), "F"],
        [alias("2"), ""],
        [alias("3"), "M"],
    ]
    columns = ["learner_id", "provider_id", "year", "year_level", "source_row"]
    assert frames["enrolments"][columns].to_numpy().tolist() == [
        [alias("1"), "S1", "2024", "4", 2],
        [alias("2"), "S2", "2024", "4", 3],
        [alias("3"), "S1", "2024", "4", 4],
        [alias("1"), "S1", "2025", "5", 2],
        [alias("2"), "S2", "2025", "5", 3],
    ]
    columns = ["learner_id", "measure", "value", "year", "year_level", "source_row"]
    assert frames["observations"][columns].to_numpy().tolist() == [
        [alias("1"), "reading", "at", "2024", "4", 2],
        [alias("1"), "reading", "at", "2025", "", 2],
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"Number" = "learner_id", ', "", "learner_id"),
        (', "School" = "provider_id"', "", "provider_id"),
        ('"gender"', '"first_name"', "first_name"),
        ('"Sex" = "gender"', '"Home phone" = "line"', "names no person"),
        ('column = "Read 4"', 'column = "Read 3"', 'no column "Read 3"'),
        ("when =", "if =", "if"),
    ],
)
def test_wrong_wide_sources_are_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        export(tmp_path, WIDE.replace(old, new), WIDE_ROWS)
    assert words in str(caught.value)


@pytest.mark.real
def test_a_national_sample_keeps_every_result(tmp_path: Path, real: Path) -> None:
    data = real / "hsls09" / "hsls09_joined.parquet"
    example = Path(__file__).parents[1] / "examples" / "hsls09" / "community.toml"
    shutil.copy(example, tmp_path)
    (tmp_path / data.name).symlink_to(data)
    checked = check.tables(load.community(tmp_path)).require()
    plain = pd.read_parquet(data)
    doubts = checked.problems.groupby("rule")["count"].sum().to_dict()
    tenth, eleventh = plain["gpa_10th_survey3"].notna(), plain["gpa_11th_survey3"].notna()
    eleventh |= plain["absences_survey2"].notna()
    twelfth = plain["gpa_12th_survey3"].notna()
    assert doubts == {
        "result without an enrolment": (plain["x4hscompstat"].notna() & ~twelfth).sum(),
        "gap between enrolments": (~tenth & (eleventh | twelfth)).sum()
        + (tenth & ~eleventh & twelfth).sum(),
    }
    grades = [f"gpa_{grade}_survey3" for grade in ("9th", "10th", "11th", "12th")]
    expected = {
        "grade_average": plain[grades].notna().sum().sum(),
        "maths_quintile": plain["math_quintile_survey1"].notna().sum(),
        "feel_safe": plain["feel_safe_survey1"].notna().sum(),
        "absences": plain["absences_survey2"].notna().sum(),
        "leaving_credential": plain["x4hscompstat"].notna().sum(),
    }
    frames = checked.frames
    assert len(frames["learners"]) == 23_503
    assert frames["observations"]["measure"].value_counts().to_dict() == expected
    assert (frames["learners"]["gender"] != "").sum() == plain["student_sex_survey1"].count()
    grade_9 = frames["observations"].query("measure == 'grade_average' and year == 2010")
    assert grade_9["score"].mean() == pytest.approx(plain["gpa_9th_survey3"].mean())


# Backwards, so that the file of this test does not hold what must not be found.
NUMBER, CODE, NAME, MAIL, BORN, PHONE = SECRETS = (
    "0546372819", "7-yranac-819", "driB yranaC", "zn.drib@yranac", "7102/30/20", "6372819120",
)  # fmt: skip


def texts_of_this_process() -> Iterator[str]:
    """Every text and all bytes that anything in this process holds on to."""
    gc.collect()
    waiting, seen = [gc.get_objects()], set()
    while waiting:
        for one in gc.get_referents(*waiting.pop()):
            if isinstance(one, np.ndarray) and one.dtype == object:
                one = one.tolist()  # noqa: PLW2901 - arrays are not watched
                waiting.append([one])
            if isinstance(one, str):
                yield one
            elif isinstance(one, bytes | bytearray):
                yield one.decode("latin-1")
            elif isinstance(one, pd.arrays.ArrowStringArray):  # the columns of tables
                whole = pa.array(one)
                for part in getattr(whole, "chunks", [whole]):
                    held = [buffer for buffer in part.buffers() if buffer]
                    yield from (buffer.to_pybytes().decode("latin-1") for buffer in held)
            # Nor is a tuple or a dict of plain values, so its owner is asked.
            elif isinstance(one, tuple | dict) and id(one) not in seen:
                seen.add(id(one))
                waiting.append([one])


def holding_secrets(folder: Path) -> Path:
    """A folder whose every reader meets a learner's number, name and contacts."""
    number, code, name, mail, born, phone = (text[::-1] for text in SECRETS)
    make(
        folder,
        SETTINGS + TIDY + WIDE.replace("tool", "wide"),
        learners="learner_id,preferred name,e-mail,DOB,gender\n"
        f"{number},{name},{mail},{born},x\n{code},{name},,,y\n",
        enrolments=f"learner_id,provider_id,year,phone\n{number},S1,2025,{phone}\n",
    )
    (folder / "exports").mkdir()
    tool = f"NSN ID,Student name,Result\n{number},{name},0.9\n"
    wide = f"Number,School,Sex,Read 4,Read 5,Write 5,Surname\n{code},S1,F,at,1,,{name}\n"
    (folder / "exports" / "tool.csv").write_text(tool, encoding="utf-8")
    (folder / "exports" / "wide.csv").write_text(wide, encoding="utf-8")
    (folder / "observations").mkdir()
    head = ["learner_id", "provider_id", "year", "measure", "value", "Mother"]
    book = openpyxl.Workbook()
    book.active.append(head)
    book.active.append([int(number), "S1", 2025, "attendance", 0.5, name])
    book.save(folder / "observations" / "a.xlsx")
    rows = [[number, "S1", "2024", "attendance", "0.5", name]]
    pd.DataFrame(rows, columns=head).to_parquet(folder / "observations" / "b.parquet")
    return folder


def secrets_held() -> list[str]:
    texts = {text[::-1] for text in texts_of_this_process()}
    return [secret for secret in SECRETS if any(secret in text for text in texts)]


def test_no_id_and_no_name_is_left_anywhere_after_loading(tmp_path: Path) -> None:
    expected = {alias(NUMBER[::-1]), alias(CODE[::-1])}
    loaded = load.community(holding_secrets(tmp_path))
    for name in ("learners", "enrolments", "observations"):
        assert set(loaded.frames[name]["learner_id"]) <= expected
    assert set(loaded.frames["learners"]["learner_id"]) == expected
    tables = [*loaded.frames.values(), loaded.notes, loaded.inputs]
    told = "".join(table.to_csv() for table in tables)[::-1]
    assert [secret for secret in SECRETS if secret in told] == []
    del told
    assert secrets_held() == []
    kept = {"a name": [NAME[::-1]]}
    assert secrets_held() == [NAME]  # it is found where it is kept
    del kept


def test_a_school_with_numbers_and_one_with_pseudonyms_meet(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "learners").mkdir()
    one = f"learner_id,gender\n0007,x\n{alias('8')},y\n"
    two = f"learner_id,town\n{alias('7')},A\n8,B\n"
    (tmp_path / "learners" / "one.csv").write_text(one, encoding="utf-8")
    (tmp_path / "learners" / "two.csv").write_text(two, encoding="utf-8")
    found = load.community(tmp_path).frames["learners"]["learner_id"]
    assert found.tolist() == [alias("7"), alias("8")] * 2


def test_a_table_of_something_else_with_a_learner_id_has_pseudonyms_too(tmp_path: Path) -> None:
    text = "provider_id,name,type,learner_id\nS1,A,primary,7\n"
    assert load.community(make(tmp_path, providers=text)).frames["providers"][
        "learner_id"
    ].tolist() == [alias("7")]


def test_no_key_is_made_where_there_are_no_learners(tmp_path: Path) -> None:
    found = load.community(make(tmp_path, SETTINGS.replace('"t"', '"nobody-here"')))
    assert not custody.place(found.community).exists()


def test_the_same_learners_in_another_order_stay_themselves(tmp_path: Path) -> None:
    ids = ["7", "42", "8"]
    make(
        tmp_path,
        learners="learner_id,gender\n" + "".join(f"{one},g{one}\n" for one in ids),
        observations="learner_id,provider_id,year,measure,value\n"
        + "".join(f"{one},P,2025,attendance,0.{one}\n" for one in ids[::-1]),
    )
    frames = load.community(tmp_path).frames
    learners = dict(
        zip(frames["learners"]["learner_id"], frames["learners"]["gender"], strict=True)
    )
    results = frames["observations"]
    assert learners == {alias(one): f"g{one}" for one in ids}
    assert dict(zip(results["learner_id"], results["value"], strict=True)) == {
        alias(one): f"0.{one}" for one in ids
    }


def test_a_cell_of_blanks_alone_is_blank(tmp_path: Path) -> None:
    frame = load.community(make(tmp_path, learners="learner_id,gender\n1, \n2,\n")).frames[
        "learners"
    ]
    assert frame["gender"].tolist() == ["", ""]
