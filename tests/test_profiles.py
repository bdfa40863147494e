"""Profiles of columns: said once, found by name, drafted by exact names, never by near ones."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.resources import files as shipped
from pathlib import Path

import pandas as pd
import pytest

from colanalysis import begin, explore, load
from colanalysis.errors import DataError, SettingsError, UsageError
from colanalysis.reading import awards
from colanalysis.starting import aliases, confirm, discover, outline
from colanalysis.terms import catalogue, profiles, settings
from colanalysis.terms.schema import IDENTIFYING, RESERVED, TABLES, column_name
from colanalysis.terms.settings import Source

TOP = '[community]\nid = "t"\nname = "T"\n'
PROFILE = """
reader = "tidy"
table = "observations"
columns = { "NSN" = "learner_id", "Scale Score" = "value" }
constants = { measure = "pat_maths_scale", year = 2024 }
"""
SOURCE = '[[source]]\nfile = "a.csv"\nprofile = "pat"\n'
BY_HAND = Source(
    "a.csv",
    "tidy",
    {"NSN": "learner_id", "Scale Score": "value"},
    {"table": "observations", "constants": {"measure": "pat_maths_scale", "year": 2024}},
)


def written(folder: Path, text: str, **beside: str) -> Path:
    (folder / "community.toml").write_text(TOP + text, encoding="utf-8")
    for name, profile in beside.items():
        (folder / "profiles").mkdir(exist_ok=True)
        (folder / "profiles" / f"{name}.toml").write_text(profile, encoding="utf-8")
    return folder


def source(folder: Path, text: str, **beside: str) -> Source:
    (found,) = settings.read(written(folder, text, **beside)).sources
    return found


# --- a profile in community.toml, or in a file of its own


def test_a_source_says_what_its_profile_says(tmp_path: Path) -> None:
    assert source(tmp_path, f"[profile.pat]{PROFILE}{SOURCE}") == BY_HAND


def test_a_profile_of_its_own_says_the_same(tmp_path: Path) -> None:
    assert source(tmp_path, SOURCE, pat="\ufeff" + PROFILE, other="= not TOML") == BY_HAND


def test_a_name_with_macrons_is_found_however_it_is_written(tmp_path: Path) -> None:
    text = SOURCE.replace('"pat"', '"o\u0304ta\u0304kou"')
    assert source(tmp_path, text, **{"ōtākou": PROFILE}) == BY_HAND


def test_keys_of_a_source_add_to_its_profile_or_take_its_place(tmp_path: Path) -> None:
    own = (
        'columns = { "Student ID" = "learner_id", "scale  SCORE" = "scale", "When" = "date" }\n'
        'constants = { provider_id = "12", year = 2025 }\ntable = "survey"\n'
    )
    found = source(tmp_path, f"[profile.pat]{PROFILE}{SOURCE}{own}")
    # "NSN" would be a second learner_id, "Scale Score" a second use of one heading
    assert found.columns == {
        "Student ID": "learner_id", "scale  SCORE": "scale", "When": "date"
    }  # fmt: skip
    assert found.options == {
        "table": "survey",
        "constants": {"measure": "pat_maths_scale", "provider_id": "12", "year": 2025},
    }
    assert found.reader == "tidy"


def test_only_in_maps_of_columns_is_a_column_of_ours_taken_once(tmp_path: Path) -> None:
    codes = '[profile.pat]\nreader = "half_days"\ncodes = { Q = "present", U = "justified" }\n'
    found = source(tmp_path, f'{codes}{SOURCE}codes = {{ V = "present" }}\n')
    assert found.options["codes"] == {"Q": "present", "U": "justified", "V": "present"}


def test_a_reader_may_be_named_by_the_source_alone(tmp_path: Path) -> None:
    found = source(tmp_path, f'[profile.pat]\nfewest = 5\n{SOURCE}reader = "half_days"\n')
    assert found == Source("a.csv", "half_days", {}, {"fewest": 5})


def test_a_profile_that_nobody_uses_is_fine(tmp_path: Path) -> None:
    assert settings.read(written(tmp_path, f"[profile.pat]{PROFILE}")).sources == ()


@pytest.mark.parametrize(
    ("text", "beside", "said"),
    [
        (SOURCE, {}, r'\[\[source\]\] profile: found the name "pat".*neither a \[profile.NAME\]'),
        (SOURCE, {"pact": "", "kamar": ""}, r'unknown name "pat".*kamar, pact.*"pact"\?'),
        (f"[profile.Pat]{PROFILE}{SOURCE}", {}, r'unknown name "pat".*one of: Pat'),
        (f"[profile.pat]{PROFILE}", {"pat": PROFILE}, r"\[profile.pat\]: found profiles/pat.toml"),
        (SOURCE, {"pat": 'file = "b.csv"'}, r'^profiles/pat.toml: found the key "file"'),
        ('[profile.a]\nprofile = "b"\n', {}, r'\[profile.a\]: found the key "profile"'),
        ("[profile.a]\nreader = 1\n", {}, r"\[profile.a\] reader: found 1"),
        ("[profile.a]\ncolumns = { a = 1 }\n", {}, r"\[profile.a\] columns.*table of texts"),
        ('[profile]\nreader = "tidy"\n', {}, r'\[profile.reader\]: found "tidy".*a table'),
        ("[[profile]]\nreader = 1\n", {}, r"profile: found a list of 1.*a table"),
        (SOURCE, {"pat": "reader = tidy"}, r"^profiles/pat.toml: found something that is not TOML"),
        (SOURCE, {"pat": 'table = "survey"'}, r'\[\[source\]\]: the key "reader" is missing'),
        (SOURCE.replace('"pat"', "1"), {}, r"\[\[source\]\] profile: found 1"),
        ('[[source]]\nfile = "a"\nprofile = "../community"\n', {}, r'found the name "../community"'),
    ],
)  # fmt: skip
def test_a_profile_that_cannot_be_followed_is_named(
    tmp_path: Path, text: str, beside: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        settings.read(written(tmp_path, text, **beside))


@pytest.mark.parametrize("name", ["", "a/b", "..", ".pat", "a.b", "con", "COM1", " a", "a ", "a\n"])
def test_names_that_no_file_may_have(name: str) -> None:
    assert not profiles.is_name(name)


# --- what exports call their columns


def names() -> list[tuple[str, str, str]]:
    """Every heading that is known, with the table and the column it is known for."""
    text = (shipped("colanalysis") / "reference" / "aliases.toml").read_text(encoding="utf-8")
    rows = []
    for part, columns in tomllib.loads(text).items():
        of = [table for table in TABLES.values() if part in ("every", table.name)]
        for ours, theirs in columns.items():
            having = [table.name for table in of if ours in table.columns]
            assert having, f"{part} has no column {ours}"
            rows += [(table, ours, heading) for table in having for heading in theirs]
    return rows


def test_a_heading_is_known_for_one_column_of_a_table_only() -> None:
    folded = pd.DataFrame(names(), columns=["table", "ours", "theirs"])
    folded["theirs"] = folded["theirs"].map(column_name)
    assert not folded.duplicated(["table", "theirs"]).any()
    for table, rows in folded.groupby("table"):
        assert not set(rows["theirs"]) & set(TABLES[table].columns)


def test_no_heading_that_names_people_is_known() -> None:
    ids = {column_name(theirs) for _, ours, theirs in names() if ours == "learner_id"}
    rest = {column_name(theirs) for _, ours, theirs in names() if ours != "learner_id"}
    assert not rest & IDENTIFYING
    words = {word for name in ids for word in name.split("_")}
    assert words <= {
        "nsn", "nsi", "id", "number", "no", "national", "student", "index", "master", "studentid",
        "learner", "pupil", "child",
    }  # fmt: skip


# Headings as exports have them, and what a person who knows both would say.
REAL = {
    "easttle": (
        "TestID,Test Name,Test Type,Date Modified,Student Master ID,NSN ID,Last Name,First Name,"
        "Funding Year Level,Date Tested,Gender,Language,Ethnicity,Overall Score,Overall Level",
        "observations",
        {"nsn_id": "learner_id", "test_name": "measure", "overall_score": "value",
         "date_tested": "date", "funding_year_level": "year_level"},
        {"student_master_id": "learner_id", "overall_level": "value"},
    ),
    "kamar": (
        "StudentID,Last Name,First Name,Gender,Date of Birth,Level,Tutor,Ethnicity",
        "learners",
        {"studentid": "learner_id", "gender": "gender", "ethnicity": "ethnicity"},
        {},
    ),
    "roll": (
        "NSN,School,Year,Yr Level,Enrolment Date,Surname",
        "enrolments",
        {"nsn": "learner_id", "school": "provider_id", "year": "year", "yr_level": "year_level",
         "enrolment_date": "start_date"},
        {},
    ),
    "survey": (
        "School Number,Survey Year,Aspect,Response,Sex",
        "survey",
        {"school_number": "provider_id", "survey_year": "year", "aspect": "measure",
         "response": "value", "sex": "gender"},
        {},
    ),
    "directory": (
        "Number,Name,Institution Type,Total Roll,Telephone",
        "providers",
        {"number": "provider_id", "name": "name", "institution_type": "type",
         "total_roll": "roll"},
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("export", REAL)
def test_what_exports_call_their_columns(export: str) -> None:
    line, table, drafted, others = REAL[export]
    headings = line.split(",")
    assert aliases.table_of(headings) == table
    assert aliases.drafted(headings, table) == drafted
    assert aliases.others(headings, table) == others


@pytest.mark.parametrize(
    "line",
    ["", "Alpha,Beta", "Result,Year,Test", "First Name,Last Name,Year Level,Ethnicity 1,Attendance",
     "NSN,nsn,Result"],
)  # fmt: skip
def test_a_file_that_is_none_of_our_tables(line: str) -> None:
    assert aliases.table_of(line.split(",")) == ""


def test_a_file_with_a_learners_number_is_about_learners() -> None:
    counts = ["School", "Year", "Measure", "Total Students", "Number Achieved"]
    assert aliases.table_of(counts) == "counts"
    assert aliases.table_of(["NSN", *counts]) == "observations"


def test_an_unknown_heading_is_never_taken_and_a_near_one_only_suggested() -> None:
    headings = ["nsn", "scale_scor", "Yr Lvel", "test_dat", "Whare"]
    assert aliases.drafted(headings, "observations") == {"nsn": "learner_id"}
    near = aliases.close(headings, "observations")
    assert near == {"scale_scor": "value", "yr_lvel": "year_level", "test_dat": "date"}
    # what is named exactly needs no suggestion
    assert "scale_scor" not in aliases.close([*headings, "Result"], "observations")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "heading", ["Ethnicity 1", "Ethnic Group 2", "Year of entry", "Surname", "Student Name",
                "Students ID", "Birth Date", "First Names", "Names", "Name 1", "Home School Name"],
)  # fmt: skip
def test_a_heading_that_only_looks_alike_is_not_suggested(table: str, heading: str) -> None:
    # "Students ID" may be the number, and is suggested where learners are
    expected = {"students_id": "learner_id"} if heading == "Students ID" else {}
    has = "learner_id" in TABLES[table].columns
    assert aliases.close([heading], table) == (expected if has else {})


# --- what `new` drafts


def begun(folder: Path, **exports: str) -> Path:
    (folder / "exports").mkdir(parents=True)
    for name, text in exports.items():
        (folder / "exports" / f"{name}.csv").write_text(text, encoding="utf-8")
    return begin.folder(folder)


PAT = (
    "NSN,School,Scale Scor,Stanine,Curriculum Level,Test Dat,Kid\n"
    "0001234,12,50.5,4,3B,03/02/2025,Aroha\n"
)


def test_a_first_line_of_which_no_name_is_known_is_not_told(tmp_path: Path) -> None:
    """It may be the first learner's: nothing of it stands in the settings."""
    text = (begun(tmp_path / "a", odd="Aroha,Feb\nHemi,Mar\n") / "community.toml").read_text(
        encoding="utf-8"
    )
    assert "odd.csv" in text
    assert "aroha" not in text.casefold()
    with pytest.raises(DataError, match="no line of headings"):
        discover.export(tmp_path / "a" / "exports" / "odd.csv", "odd.csv")


def test_new_drafts_exact_names_and_only_suggests_near_ones(tmp_path: Path) -> None:
    text = (
        begun(tmp_path / "a", pat=PAT, odd="Alpha,Year\n1,2024\n") / "community.toml"
    ).read_text(encoding="utf-8")
    assert tomllib.loads(text)["profile"] == {
        "pat": {
            "reader": "tidy",
            "table": "observations",
            "columns": {"nsn": "learner_id", "school": "provider_id", "stanine": "value"},
        }
    }
    assert '\n# or: "curriculum_level" = "value"\n' in text
    assert '\n# perhaps: "test_dat" = "date"\n' in text
    assert '# constants = { year = "?", measure = "?" }' in text
    assert "# which table this is cannot be told from its columns" in text
    assert not re.search("Aroha|0001234|50.5", text)


def test_a_draft_is_read_only_when_somebody_says_so(tmp_path: Path) -> None:
    made = begun(tmp_path / "a", pat=PAT)
    assert settings.read(made).sources == ()
    assert len(load.community(made).frames["observations"]) == 0
    file = made / "community.toml"
    text = file.read_text(encoding="utf-8")
    for line in ("[[source]]", "file = ", "profile = "):
        text = re.sub(rf"(?m)^# (?={re.escape(line)})", "", text)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="nothing is mapped to year, measure"):
        load.community(made)
    filled = 'constants = { year = 2025, measure = "pat_maths_stanine" }'
    file.write_text(re.sub(r"(?m)^# constants = .+$", filled, text), encoding="utf-8")
    (row,) = load.community(made).frames["observations"].to_dict("records")
    assert (row["provider_id"], row["year"], row["value"]) == ("12", "2025", "4")
    assert "kid" not in row


def test_new_uses_a_profile_that_lies_there(tmp_path: Path) -> None:
    (tmp_path / "a" / "profiles").mkdir(parents=True)
    (tmp_path / "a" / "profiles" / "pat.toml").write_text(PROFILE, encoding="utf-8")
    made = begun(tmp_path / "a", pat=PAT)
    text = (made / "community.toml").read_text(encoding="utf-8")
    assert "profile" not in tomllib.loads(text)
    assert '# profile = "pat"  # profiles/pat.toml' in text
    assert settings.read(made).sources == ()


def test_every_draft_has_a_name_of_its_own() -> None:
    found = pd.DataFrame({"file": ["a/Pat.csv", "b/pat.xlsx", "con.csv", "–.csv"],
                          "columns": ["nsn; result"] * 4})  # fmt: skip
    text = outline.settings_text(community_id="1", name="T", remarks=[], found=found)
    drafted = tomllib.loads(text)["profile"]
    assert list(drafted) == ["pat", "pat_2", "export_con", "export"]
    assert re.findall(r'(?m)^# profile = "(\w+)"', text) == list(drafted)
    assert all(profiles.is_name(name) for name in drafted)


SHAPES = {
    "progress": (
        "StudentID,Last Name,First Name,Gender,Level,Ethnicity,HalfDays Year Absent,"
        "HalfDays Year OutOfTotal,HalfDays Year Percentage,HalfDays Year Present,"
        "Level 2 Credits Cross-Credited,Level 3 Credits Total Achieved,Literacy AS Earned,"
        "Literacy US Earned,Numeracy AS Earned,Numeracy US Earned\n"
        "0100200300,Aroha,Hemi,F,13,211,26,400,94,374,20,72,0,10,0,10\n",
        {"progress": "ncea", "progress_attendance": "half_day_counts", "progress_learners": "tidy"},
        [("ncea_level_3", "yes"), ("ncea_corequisite", "yes"), ("attendance", "0.935")],
    ),
    "credits": (
        "NSN,First Name,Year Level,Literacy,Numeracy,L1 Total,Subject 1,Credits,Subject 2,Credits\n"
        "0100200300,Hemi,11,10,10,80,Art,20,Maths,20\n",
        {"credits": "ncea"},
        [("ncea_level_1", "yes"), ("ncea_corequisite", "yes")],
    ),
    "register": (
        "NSN,Surname,Date,AM,PM\n"
        + "".join(f"0100200300,Aroha,{day}/02/2025,P,M\n" for day in range(3, 18)),
        {"register": "half_days"},
        [("attendance", "0.5")],
    ),
    "weeks": (
        "NSN,Year Level," + ",".join(f"Mon {n}/02/2025 {half}" for n in range(1, 29)
                                     for half in ("AM", "PM"))
        + "\n0100200300,4" + ",P,P" * 28 + "\n",
        {"weeks": "half_days"},
        [("attendance", "1.0")],
    ),
    "asttle": (
        "e-asTTle Tabular Report Created on 28/11/2025 at 14:05\n"
        "TestID,Test Name,Student Master ID,NSN ID,Last Name,Funding Year Level,Date Tested,Gender,"
        "Ethnicity,Overall Score\nx,Reading T1,M1,0100200300,Aroha,6,14/03/2025,F,211,1450\n",
        {"asttle": "easttle"},
        [("easttle_reading", "1450")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("export", SHAPES)
def test_a_draft_for_a_shape_that_is_recognised_works(tmp_path: Path, export: str) -> None:
    data, readers, results = SHAPES[export]
    made = begun(tmp_path / "a", **{export: data})
    text = (made / "community.toml").read_text(encoding="utf-8")
    drafted = tomllib.loads(text)["profile"]
    assert {name: profile["reader"] for name, profile in drafted.items()} == readers
    assert not re.search("Aroha|Hemi|0100200300|1450", text)
    # What a person does: takes the # away, and says the school and the year.
    text = re.sub(r"(?m)^# (?=\[\[source\]\]|file = |profile = |provider_id = )", "", text)
    text = re.sub(r"(?m)^# (?=constants\.|tests = |year = 2025  # of which)", "", text)
    text = re.sub(r'(?m)year = "\?"', "year = 2025", text).replace('"?"', '"412"')
    (made / "community.toml").write_text(text, encoding="utf-8")
    tables = load.community(made).frames
    rows = tables["observations"]
    assert list(zip(rows["measure"], rows["value"], strict=True)) == results
    assert set(rows["provider_id"]) == {"412"}
    assert set(rows["year"]) == {"2025"}
    with_learners = export in ("progress", "asttle")
    assert tables["learners"]["ethnicity"].tolist() == ["211"] * with_learners


def test_an_export_of_ncea_without_a_number_says_what_is_missing(tmp_path: Path) -> None:
    data = "First Name,Last Name,Year Level,L1 Total,Credits,Credits\nAroha,Hemi,11,80,20,20\n"
    text = (begun(tmp_path / "a", names=data) / "community.toml").read_text(encoding="utf-8")
    profile = tomllib.loads(text)["profile"]["names"]
    assert profile["columns"] == {"year_level": "year_level"}
    assert profile["credits"] == {"l1_total": "level_1"}
    assert '# "?" = "learner_id"  # export a number of the learner too' in text


def test_headings_of_ncea_are_known_for_one_thing_and_lead_to_what_is_read() -> None:
    path = shipped("colanalysis") / "reference" / "ncea_headings.toml"
    written = tomllib.loads(path.read_text(encoding="utf-8"))
    folded = [column_name(name) for part in written.values() for each in part.values()
              for name in each]  # fmt: skip
    assert len(folded) == len(set(folded))
    assert not set(folded) & IDENTIFYING
    assert set(written["credits"]) == set(awards.PARTS)
    assert set(written["awards"]) <= set(catalogue.measures())


# --- what the form shows and keeps


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("0001234567", "9999999999"),
        ("O'Brien-Ngāti", "a'aaaaa-aaaa…"),
        ("Ma\u0304ori", "aaaaa"),
        ("x\u0304", "a"),
        ("<2B", "<9a"),
        ("93.5%", "99.9%"),
        ("½ Ⅷ\u00a0٣", "9 9 9"),
        ("王\u200b小", "aa"),
        ("🦜", "·"),
    ],
)
def test_a_mask_leaves_the_shape_only(text: str, shown: str) -> None:
    assert confirm.masked(text) == shown


def test_no_letter_and_no_digit_survives_the_mask() -> None:
    shown = {sign for number in range(0x3000) for sign in confirm.masked(chr(number))}
    assert {sign for sign in shown if sign.isalnum()} == {"a", "9"}


CANARIES = "NSN,Surname,Kid,E-mail,Level,Credits,Credits,\n" + "".join(
    f"12345678{n},Rangihuna,Wiremu{n},w{n}@example.org,4B,{n},{n},x\n" for n in range(7)
)


def test_nobodys_value_can_be_read_in_a_preview(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CANARIES, encoding="utf-8")
    table = confirm.preview(discover.export(tmp_path / "a.csv", "a.csv"))
    assert table.to_dict("list") == {
        "nsn": ["999999999"] * 5,
        "surname": ["never read"] * 5,
        "kid": ["aaaaaa9"] * 5,
        "e_mail": ["never read"] * 5,
        "level": ["9a"] * 5,
    }


@pytest.mark.parametrize(
    "text", ["Aroha,Rata,F,F\nHemi,Miro,M,M\n", "Aroha,F\nHemi,F\n", "0001234,9\n", "one\n1\n"]
)
def test_a_file_without_a_line_of_headings_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="no line of headings") as error:
        discover.export(tmp_path / "a.csv", "a.csv")
    assert not re.search("Aroha|Hemi|0001234", str(error.value))


def test_what_names_people_is_not_offered() -> None:
    headings = ["nsn", "student_id", "surname", "gender", "home_group", "stage"]
    offered = confirm.choices(headings, "learners").set_index("heading")
    assert list(offered.index) == ["nsn", "student_id", "gender", "home_group", "stage"]
    assert offered["column"].tolist() == ["learner_id", "", "gender", "", ""]
    assert offered["perhaps"].tolist() == ["", "learner_id", "", "", ""]
    assert offered["own"].tolist() == ["", "", "gender", "home_group", ""]
    assert "stage" in RESERVED
    assert confirm.choices(["school", "nsn"], "survey")["heading"].tolist() == ["school"]
    assert set(confirm.choices(headings, "observations")["own"]) == {""}


COLUMNS = {"nsn": "learner_id", "scale_score": "value"}


def test_a_saved_profile_is_read_as_it_was_chosen(tmp_path: Path) -> None:
    written(tmp_path, SOURCE)
    made = confirm.save(tmp_path, " pat ", table="observations", columns=COLUMNS)
    assert made == tmp_path / "profiles" / "pat.toml"
    (found,) = settings.read(tmp_path).sources
    assert (found.reader, found.columns) == ("tidy", COLUMNS)
    assert found.options == {"table": "observations"}
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "community.toml", "pat.toml", "profiles"
    ]  # fmt: skip


def test_a_profile_is_replaced_only_where_that_is_asked_for(tmp_path: Path) -> None:
    made = confirm.save(tmp_path, "pat", table="observations", columns=COLUMNS)
    before = made.read_bytes()
    with pytest.raises(UsageError, match="there is a profile of that name already"):
        confirm.save(tmp_path, "pat", table="learners", columns={"nsn": "learner_id"})
    assert made.read_bytes() == before
    confirm.save(tmp_path, "pat", table="learners", columns={"nsn": "learner_id"}, replace=True)
    assert tomllib.loads(made.read_text(encoding="utf-8"))["table"] == "learners"


@pytest.mark.parametrize(
    ("name", "table", "columns", "said"),
    [
        ("../pat", "observations", COLUMNS, "found the name"),
        ("known", "observations", COLUMNS, r"community.toml has a \[profile.known\] already"),
        ("pat", "", COLUMNS, "table: found the unknown name"),
        ("pat", "observations", {}, "no column is chosen"),
        ("pat", "observations", {"nsn": "learner_id", "id": "learner_id"}, "learner_id twice"),
        ("pat", "observations", {"a": "shoe_size"}, "unknown name"),
        ("pat", "learners", {"nsn": "learner_id", "surname": "surname"}, "found surname"),
        ("pat", "learners", {"nsn": "learner_id", "surname": "group"}, 'found "surname"'),
        ("pat", "learners", {"nsn": "learner_id", "a": "stage"}, "found stage"),
    ],
)
def test_what_cannot_be_a_profile_is_not_written(
    tmp_path: Path, name: str, table: str, columns: dict[str, str], said: str
) -> None:
    written(tmp_path, f"[profile.known]{PROFILE}")
    for replace in (False, True):
        with pytest.raises((SettingsError, UsageError), match=said):
            confirm.save(tmp_path, name, table=table, columns=columns, replace=replace)
    assert [path.name for path in tmp_path.rglob("*")] == ["community.toml"]


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("fails", ["write_text", "replace"])
def test_a_failed_write_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool, fails: str
) -> None:
    if there:
        confirm.save(tmp_path, "pat", table="observations", columns=COLUMNS)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.toml")}

    def on_a_full_disk(self: Path, *given: object, **_how: object) -> None:
        if fails == "write_text":
            self.write_bytes(str(given[0])[:9].encode())
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, fails, on_a_full_disk)
    with pytest.raises(UsageError, match="No space left"):
        confirm.save(tmp_path, "pat", table="learners", columns=COLUMNS | {}, replace=there)
    monkeypatch.undo()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


# --- the form


def test_the_form_offers_masks_and_keeps(tmp_path: Path) -> None:
    made = begun(tmp_path / "a", pat=PAT)
    form = explore.profile_form(made, "exports/pat.csv")
    rows, table, columns, name, again, button, said = form.children
    assert "Aroha" not in rows.value
    assert "9999999" in rows.value
    by_name = {choice.description: choice for choice in columns.children}
    assert {heading: choice.value for heading, choice in by_name.items()} == {
        "nsn": "learner_id", "school": "provider_id", "scale_scor": "", "stanine": "value",
        "curriculum_level": "", "test_dat": "", "kid": "",
    }  # fmt: skip
    assert ("date (perhaps)", "date") in by_name["test_dat"].options
    assert name.value == "pat_2"  # pat is drafted in community.toml
    by_name["test_dat"].value = "date"
    button.click()
    file = made / "profiles" / "pat_2.toml"
    kept = file.read_text(encoding="utf-8")
    assert tomllib.loads(kept)["columns"] == {
        "nsn": "learner_id", "school": "provider_id", "stanine": "value", "test_dat": "date",
    }  # fmt: skip
    assert "constants = { year = &quot;?&quot;, measure = &quot;?&quot; }" in said.value
    by_name["test_dat"].value = ""
    button.click()
    assert "already" in said.value
    assert file.read_text(encoding="utf-8") == kept
    again.value = True
    button.click()
    assert "test_dat" not in file.read_text(encoding="utf-8")
    assert again.value is False  # the next time it is asked again
    table.value = "learners"
    by_name = {choice.description: choice for choice in columns.children}
    assert by_name["nsn"].value == "learner_id"
    assert ("kid (a group of its own)", "kid") in by_name["kid"].options
    table.value = ""
    assert len(columns.children) == 0


def test_the_notebook_shows_the_form_with_its_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(__file__).parent.parent / "notebooks" / "05-name-the-columns.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    monkeypatch.chdir(path.parent)
    names: dict[str, object] = {}
    exec("\n".join(code[:-1]), names)
    form = eval(code[-1], names)
    assert form.children[1].value == "observations"
