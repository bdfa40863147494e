"""Half-days by code become the share that each learner attended, and no code is guessed."""

from __future__ import annotations

import csv
import datetime
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from aliases import alias
from hypothesis import given
from hypothesis import strategies as st

from colanalysis import check, load
from colanalysis.errors import DataError, SettingsError
from colanalysis.reading import sources
from colanalysis.reading.grid import Read
from colanalysis.terms.settings import Source

SECRETS = ("Tōtaramea", "Wharau Rimurimu", "3/02/2015", "12 Nowhere Lane")
WHO = ["StudentID", "Name", "Date of Birth", "Address"]
LONG = {"StudentID": "learner_id", "Date": "date", "AM": "am", "PM": "pm"}
BOTH = {"StudentID": "learner_id", "Date": "date", "Codes": "half_days"}
WIDE = {"StudentID": "learner_id"}


def written(*lines: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue().encode("utf-8")


def who(number: str) -> list[str]:
    return [number, f"{SECRETS[0]} {SECRETS[1]}", SECRETS[2], SECRETS[3]]


def days(first: str = "2025-02-03") -> Iterator[str]:
    """Days one after another, as schools write them."""
    day = datetime.date.fromisoformat(first)
    while True:
        yield f"{day.day}/{day.month:02}/{day.year}"
        day += datetime.timedelta(days=1)


def long(codes: dict[str, str], first: str = "2025-02-03") -> bytes:
    """Days of made-up learners: the codes of each, two a day, a dot for a blank."""
    lines = [[*WHO, "Date", "AM", "PM"]]
    for number, text in codes.items():
        halves = text.replace(".", " ")
        lines += [
            [*who(number), day, *halves[place : place + 2]]
            for day, place in zip(days(first), range(0, len(halves), 2), strict=False)
        ]
    return written(*lines)


def read(data: bytes, columns: dict[str, str] | None = None, **options: Any) -> Read:
    chosen = {"provider_id": "S1", "measure": "attendance", "fewest": 1} | options
    source = Source("a.csv", "half_days", LONG if columns is None else columns, chosen)
    return sources.read(data, "a.csv", source=source)


def told(found: Read) -> list[tuple[object, ...]]:
    return [(one["rule"], one["row"], one["count"]) for one in found.notes]


def shares(found: Read, *columns: str) -> list[list[str]]:
    columns = columns or ("learner_id", "value")
    return found.tables["observations"][list(columns)].to_numpy().tolist()


def test_the_share_of_half_days_attended() -> None:
    # 7 of 10 are P, L, A or D; justified absence is absence.
    found = read(long({"7": "PPLADPMJTP", "8": "PPPP"}))
    columns = ["learner_id", "provider_id", "year_level", "source_file", "source_row", "measure",
               "year", "term", "value"]  # fmt: skip
    frame = found.tables["observations"]
    assert list(frame) == columns
    assert frame.to_numpy().tolist() == [
        ["7", "S1", "", "a.csv", 6, "attendance", "2025", "", "0.7"],
        ["8", "S1", "", "a.csv", 8, "attendance", "2025", "", "1.0"],
    ]
    assert all(str(kind) == "str" for kind in frame.dtypes.drop("source_row"))
    assert found.notes == []


def test_blank_half_days_are_not_counted() -> None:
    assert shares(read(long({"7": "P..M......"}))) == [["7", "0.5"]]


@pytest.mark.parametrize(
    ("cell", "share"),
    [("PM", "0.5"), ("P/M", "0.5"), ("p m", "0.5"), ("P, M", "0.5"), ("P|P", "1.0"), ("M/", "0.0"),
     ("/P", "1.0"), ("XYPP", "0.5")],
)  # fmt: skip
def test_one_column_may_hold_both_halves(cell: str, share: str) -> None:
    data = written(["StudentID", "Date", "Codes"], ["7", "3/02/2025", cell])
    own = {"xy": "unjustified", "pp": "present"}
    assert shares(read(data, BOTH, codes=own)) == [["7", share]]


@pytest.mark.parametrize("cell", ["P", "PPP", "P/P/P", "PPPPP"])
def test_a_cell_that_is_not_two_halves_is_set_aside(cell: str) -> None:
    lines = [["StudentID", "Date", "Codes"], ["7", "3/02/2025", cell], ["7", "4/02/2025", "PM"]]
    found = read(written(*lines), BOTH)
    assert shares(found) == [["7", "0.5"]]
    assert told(found) == [("unknown attendance code", 2, 2)]


@pytest.mark.parametrize(
    "headings",
    [
        ["3/02/2025 AM", "3/02/2025 PM", "04/02/2025 am", "4/2/2025 pm"],
        ["2025-02-03 AM", "2025-02-03 PM", "2025-02-04 AM", "2025-02-04 PM"],
        ["Mon 3/02/2025 AM", "Mon 3/02/2025 PM", "Tue 4/02/2025-AM", "Tue 4/02/2025-PM"],
    ],
)
def test_a_column_for_each_half_day(headings: list[str]) -> None:
    lines = [[*WHO, "Total", *headings], [*who("7"), "4", "P", "P", "m", "P"]]
    lines += [[*who("8"), "2", "", "", "T", "P"]]
    found = read(written(*lines), WIDE)
    assert shares(found) == [["7", "0.75"], ["8", "0.5"]]
    assert found.notes == []


def test_a_column_for_each_day() -> None:
    lines = [["StudentID", "3/02/2025", "4/02/2025"], ["7", "PP", "MP"], ["8", "", "TT"]]
    assert shares(read(written(*lines), WIDE)) == [["7", "0.75"], ["8", "0.0"]]


def test_a_workbook_with_real_dates() -> None:
    book = openpyxl.Workbook()
    book.active.append(["StudentID", datetime.date(2025, 2, 3), datetime.date(2025, 2, 4)])
    book.active.append([7, "PM", "PP"])
    kept = io.BytesIO()
    book.save(kept)
    options = {"provider_id": "S1", "measure": "attendance", "fewest": 1}
    source = Source("a.xlsx", "half_days", WIDE, options)
    assert shares(sources.read(kept.getvalue(), "a.xlsx", source=source)) == [["7", "0.75"]]


def test_school_and_year_level_may_stand_in_columns() -> None:
    lines = [["ID", "School", "Yr", "Date", "AM", "PM"]]
    lines += [["7", "S1", "5", "3/02/2025", "P", "P"], ["7", "S2", "6", "3/06/2025", "M", "P"]]
    columns = {"ID": "learner_id", "School": "provider_id", "Yr": "year_level"}
    columns |= {"Date": "date", "AM": "am", "PM": "pm"}
    source = Source("a.csv", "half_days", columns, {"measure": "here", "fewest": 1})
    found = sources.read(written(*lines), "a.csv", source=source)
    assert shares(found, "provider_id", "year_level", "measure", "value") == [
        ["S1", "5", "here", "1.0"],
        ["S2", "6", "here", "0.5"],
    ]


TERMS = {
    "2": ["2025-04-28", "2025-06-27"],
    "1": [["2024-01-29", "2024-04-12"], [datetime.date(2025, 1, 27), datetime.date(2025, 4, 11)]],
}


def test_a_share_for_each_term() -> None:
    lines = [["StudentID", "Date", "AM", "PM"]]
    lines += [["7", day, "P", code] for day, code in [
        ("12/04/2024", "M"), ("27/01/2025", "P"), ("11/04/2025", "P"), ("28/04/2025", "T"),
        ("12/04/2025", "P"), ("28/06/2025", ""), ("26/01/2025", "P")]]  # fmt: skip
    found = read(written(*lines), terms=TERMS)
    assert shares(found, "year", "term", "value") == [
        ["2024", "1", "0.5"],
        ["2025", "1", "1.0"],
        ["2025", "2", "0.5"],
    ]
    assert told(found) == [
        ("half-day outside the terms", 6, 2),
        ("half-day outside the terms", 7, 1),
        ("half-day outside the terms", 8, 2),
    ]


def test_years_are_apart_without_terms() -> None:
    found = read(long({"7": "PPPMMM"}, "2024-12-31"))
    assert shares(found, "year", "value") == [["2024", "1.0"], ["2025", "0.25"]]


def test_few_half_days_make_no_result_and_are_counted() -> None:
    learners = {"7": "P" * 30, "8": "P" * 29 + ".", "9": "P" * 28 + "XX", "6": "." * 40}
    found = read(long(learners, "2024-02-05"), fewest=30)
    assert shares(found) == [["7", "1.0"]]
    assert told(found) == [("too few half-days", None, 3)]
    assert "30 half-days in the year" in str(found.notes[0]["expected"])
    source = Source("a.csv", "half_days", LONG, {"provider_id": "S1", "measure": "attendance"})
    usual = sources.read(long(learners, "2024-02-05"), "a.csv", source=source)
    assert usual.tables["observations"].equals(found.tables["observations"])
    by_term = read(long({"7": "PP"}), fewest=3, terms=TERMS)
    assert "3 half-days in the term" in str(by_term.notes[0]["expected"])


# Written down a second time from the sources, not read from the file.
PRESENT_BEFORE, PRESENT_NOW = "ACDFHILPS", "ADLP"
AWAY = {
    "J": "justified",
    "M": "justified",
    "E": "unjustified",
    "T": "unjustified",
    "?": "unjustified",
}
AWAY_BEFORE = {"G": "unjustified", "U": "justified"}


@pytest.mark.parametrize(
    ("day", "present"), [("2024-12-20", PRESENT_BEFORE), ("2025-01-27", PRESENT_NOW)]
)
def test_what_every_code_counts_as_depends_on_its_year(day: str, present: str) -> None:
    for code in "?ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        found = read(long({"7": f"{code}."}, day))
        rules = [rule for rule, *_ in told(found)]
        if code in present:
            assert shares(found) == [["7", "1.0"]]
        elif code in AWAY or (code in AWAY_BEFORE and day < "2025"):
            assert shares(found) == [["7", "0.0"]]
        elif code == "X" and day < "2025":
            assert (shares(found), rules) == ([], ["too few half-days"])
        else:
            assert (shares(found), rules) == ([], ["unknown attendance code", "too few half-days"])


def test_the_table_of_codes_is_whole() -> None:
    path = resources.files("colanalysis") / "reference" / "attendance_codes.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert list(rows[0]) == ["code", "from_year", "until_year", "counts_as", "meaning"]
    for one in rows:
        assert one["counts_as"] in {"present", "justified", "unjustified", "not counted"}
        assert one["meaning"]
        assert (AWAY | AWAY_BEFORE).get(one["code"], one["counts_as"]) == one["counts_as"]
    now = [one["code"] for one in rows if not one["until_year"]]
    assert set(now) == set(PRESENT_NOW) | set(AWAY)
    assert len(now) == len(set(now)) <= 15
    assert all(one["from_year"] == "2025" for one in rows if not one["until_year"])
    before = [one["code"] for one in rows if one["until_year"]]
    assert set(before) == set(PRESENT_BEFORE) | set(AWAY) | set(AWAY_BEFORE) | {"X"}
    assert len(before) == len(set(before)) <= 26
    for one in rows:
        if one["until_year"]:
            since = "2021" if one["code"] in AWAY_BEFORE else "2011"
            assert (one["from_year"], one["until_year"]) == (since, "2024")


def test_a_code_is_known_from_the_year_of_its_source_on() -> None:
    assert shares(read(long({"7": "GU"}, "2021-02-08"))) == [["7", "0.0"]]
    found = read(long({"7": "GU"}, "2020-12-01"))
    assert told(found)[0] == ("unknown attendance code", 2, 2)


def test_codes_before_the_revision_of_2011_are_not_known() -> None:
    found = read(long({"7": "PP"}, "2010-12-01"))
    assert told(found) == [("unknown attendance code", 2, 2), ("too few half-days", None, 1)]


def test_a_school_says_what_its_own_codes_count_as() -> None:
    data = long({"7": "PQQU"})
    assert told(read(data)) == [
        ("unknown attendance code", 2, 1),
        ("unknown attendance code", 3, 2),
    ]
    own = {"Q": "present", "u": "justified", "P": "unjustified"}
    found = read(data, codes=own)
    assert shares(found) == [["7", "0.5"]]
    assert found.notes == []
    assert shares(read(data, codes=own | {"Q": "not counted"})) == [["7", "0.0"]]


def test_codes_are_said_once_in_a_profile_and_added_to_by_a_source(tmp_path: Path) -> None:
    text = CODES.replace("codes = { Q", 'profile = "codes"\ncodes = { Q')
    text += '\n[profile.codes.codes]\nN = "present"\nQ = "unjustified"\nZ = "justified"\n'
    data = long({"0100200300": "P" * 20 + "N" * 10 + "Q" * 5 + "Z" * 5})
    loaded = load.community(folder(tmp_path, data, text))
    # Q as the source says, N and Z as the profile does: 35 of 40 half-days.
    assert loaded.frames["observations"]["value"].tolist() == ["0.875"]


def test_rows_of_an_unknown_code_are_named_and_then_counted() -> None:
    found = read(long({str(n): "Z.PP" for n in range(1, 61)}))
    unknown = [one for one in told(found) if one[0] == "unknown attendance code"]
    assert len(unknown) == 51
    assert unknown[0] == ("unknown attendance code", 2, 1)
    assert unknown[-1] == ("unknown attendance code", None, 10)
    assert not any("Z" in str(one["expected"]) + str(one["remedy"]) for one in found.notes)


def test_totals_are_left_out_and_noted() -> None:
    data = long({"7": "PP"}) + written([*["Total", *[""] * 3][1:], "", "", "1", "1"])
    found = read(data)
    assert shares(found) == [["7", "1.0"]]
    assert told(found) == [("attendance of no learner", 3, 1)]


def test_a_day_told_twice_counts_once_and_the_last_row_is_taken() -> None:
    lines = [["StudentID", "Date", "AM", "PM"], ["07", "3/02/2025", "T", "T"]]
    lines += [["7", "2025-02-03", "P", "M"], ["7", "4/02/2025", "P", "P"]]
    found = read(written(*lines))
    assert shares(found) == [["7", "0.75"]]
    assert told(found) == [("day told twice", 2, 1)]
    wide = [["StudentID", "3/02/2025", "4/02/2025"], ["7", "TT", "TT"], ["7", "PP", "MM"]]
    found = read(written(*wide), WIDE)
    assert shares(found) == [["7", "0.5"]]
    assert told(found) == [("day told twice", 2, 2)]


def test_half_days_without_a_date_are_set_aside() -> None:
    lines = [["StudentID", "Date", "AM", "PM"], ["7", "", "T", "T"], ["7", "soon", "", "T"]]
    lines += [["7", "31/02/2025", "T", "T"], ["7", "", "", ""], ["7", "3/02/2025", "P", "P"]]
    found = read(written(*lines))
    assert shares(found) == [["7", "1.0"]]
    rule = "attendance without a date"
    assert told(found) == [(rule, 2, 1), (rule, 3, 1), (rule, 4, 1)]


@pytest.mark.parametrize(
    ("lines", "columns", "place", "words"),
    [
        ([["StudentID", "Date", "AM", "PM"], ["7", "3/02/2025", "P", "P"], ["7", "02/13/2025", "P", "P"]],
         LONG, "a.csv, row 3", "month first"),
        ([["StudentID", "02/13/2025 AM"], ["7", "P"]], WIDE, "a.csv, row 1, column 2", "month first"),
        ([["StudentID", "31/02/2025 AM"], ["7", "P"]], WIDE, "a.csv, row 1, column 2", "not exist"),
        ([["StudentID", "3/02/25 AM"], ["7", "P"]], WIDE, "a.csv, row 1", "no heading is a day"),
        ([["StudentID", "3/02/2025", "2025-02-03 PM"], ["7", "PP", "P"]], WIDE, "a.csv, row 1",
         "columns 2 and 3 are of the same half-day"),
        ([["StudentID", "3/02/2025", "3/02/2025"], ["7", "P", "P"]], WIDE, "a.csv, row 1",
         "columns 2 and 3 "),
        ([["StudentID", "StudentID", "3/02/2025"], ["7", "7", "PP"]], WIDE, "a.csv, row 1",
         "columns 1 and 2 have the same heading"),
        ([["StudentID", "3/02/2025"], ["7", "PP", "P"]], WIDE, "a.csv, row 2", "3 fields"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read_with_certainty_are_refused(
    lines: list[list[str]], columns: dict[str, str], place: str, words: str
) -> None:
    with pytest.raises(DataError) as caught:
        read(written(*lines), columns)
    assert place in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("columns", "options", "words"),
    [
        (LONG, {"measure": ""}, "not empty"),
        (LONG, {"fewest": 0}, "1 or more"),
        (LONG, {"codes": {"X": "absent"}}, "present, justified, unjustified, not counted"),
        (LONG, {"terms": {"1": ["2025-04-11", "2025-01-27"]}}, "do not overlap"),
        (LONG, {"terms": {"1": ["2025-01-27", "2025-04-11"], "2": ["2025-04-11", "2025-06-27"]}},
         "do not overlap"),
        (LONG, {"terms": {"1": ["2025-01-27"]}}, "do not overlap"),
        (LONG, {"terms": {"1": ["27/01/2025", "11/04/2025"]}}, "do not overlap"),
        (LONG, {"term": {}}, 'unknown name "term"'),
        ({"Date": "date", "AM": "am", "PM": "pm"}, {}, "nothing is mapped to learner_id"),
        (LONG | {"Name": "provider_id"}, {}, "found provider_id twice"),
        ({"StudentID": "learner_id", "Date": "date", "AM": "am"}, {}, "am and pm, or half_days"),
        ({"StudentID": "learner_id", "Date": "date"}, {}, "found date"),
        ({"StudentID": "learner_id", "AM": "am", "PM": "pm"}, {}, "without date: none"),
        (LONG | {"Codes": "half_days"}, {}, "am and pm, or half_days"),
        (LONG | {"Day": "weekday"}, {}, 'unknown name "weekday"'),
        (LONG | {"Address": "year_level"}, {"codes": []}, "a table such as"),
        ({"StudentID": "learner_id", "Date": "date", "Surname": "am", "PM": "pm"}, {},
         "names no person"),
        (LONG | {"Level": "year_level"}, {}, 'no column "Level"'),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused(
    columns: dict[str, str], options: dict[str, object], words: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(long({"7": "PP"}), columns, **options)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"provider_id": "S1"}, '"measure" is missing'), ({"measure": "m"}, "mapped to provider_id")],
)
def test_measure_and_school_must_be_named(options: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        sources.read(long({}), "a.csv", source=Source("a.csv", "half_days", LONG, options))


REGISTERS = st.dictionaries(
    st.integers(1, 50).map(str),
    st.text(alphabet="PLADMJETXZ?.", min_size=2, max_size=24).filter(lambda t: len(t) % 2 == 0),
    min_size=1,
    max_size=6,
)


@given(REGISTERS, st.integers(1, 6))
def test_every_half_day_is_counted_once_or_told(codes: dict[str, str], fewest: int) -> None:
    found = read(long(codes, "2024-02-05"), fewest=fewest)
    expected, few, unknown = {}, 0, 0
    for number, text in codes.items():
        times = Counter(text)
        present = sum(times[code] for code in "PLAD")
        counted = present + sum(times[code] for code in "MJET?")
        unknown += times["Z"]
        few += counted < fewest
        if counted >= fewest:
            expected[number] = Fraction(present, counted)
    values = {number: float(value) for number, value in shares(found)}
    assert values == {number: float(share) for number, share in expected.items()}
    told_of = Counter[object]()
    for rule, _, count in told(found):
        told_of[rule] += int(str(count))
    assert told_of == Counter({"unknown attendance code": unknown, "too few half-days": few})


@given(REGISTERS)
def test_long_and_wide_tell_the_same(codes: dict[str, str]) -> None:
    most = max(map(len, codes.values())) // 2
    dates = [day for day, _ in zip(days("2024-02-05"), range(most), strict=False)]
    lines = [["StudentID", *[f"{day} {half}" for day in dates for half in ("AM", "PM")]]]
    lines += [[n, *text.ljust(most * 2).replace(".", " ")] for n, text in codes.items()]
    wide = read(written(*lines), WIDE)
    assert shares(wide) == shares(read(long(codes, "2024-02-05")))


def test_no_name_address_or_birth_date_is_in_a_frame_or_a_note() -> None:
    data = long({"7": "PZ"})
    assert all(secret.encode() in data for secret in SECRETS)  # so that the test can fail
    found = read(data)
    texts = found.tables["observations"].to_csv() + str(found.notes)
    assert not any(secret in texts for secret in SECRETS)


COMMUNITY = """\
[community]
id = "t"
name = "Test"
year = 2025

[[source]]
file = "exports/register.csv"
reader = "half_days"
"""
CODES = (
    COMMUNITY
    + """\
provider_id = "S1"
measure = "attendance"
columns = { "StudentID" = "learner_id", "Date" = "date", "AM" = "am", "PM" = "pm" }
codes = { Q = "present" }
terms = { "1" = ["2025-01-27", "2025-04-11"] }
"""
)


def folder(path: Path, data: bytes, text: str) -> Path:
    (path / "exports").mkdir()
    (path / "exports" / "register.csv").write_bytes(data)
    (path / "community.toml").write_text(text, encoding="utf-8")
    providers = "provider_id,name,type\nS1,Pūtaringamotu School,primary\n"
    (path / "providers.csv").write_text(providers, encoding="utf-8")
    return path


def test_a_community_with_a_register(tmp_path: Path) -> None:
    # 36 of 40 half-days are not more than 90%; 37 of 40 are.
    codes = {"0100200300": "P" * 36 + "MMTJ", "0100200301": "P" * 30 + "Q" * 7 + "E?M"}
    checked = check.tables(load.community(folder(tmp_path, long(codes), CODES))).require()
    frame = checked.frames["observations"]
    assert frame[["learner_id", "year", "term", "measure", "score"]].to_numpy().tolist() == [
        [alias("100200300"), 2025, "1", "attendance", 0.9],
        [alias("100200301"), 2025, "1", "attendance", 0.925],
    ]
    assert checked.rows.set_index("table").loc["observations"].tolist() == [2, 2, 0]


TIDY = (
    COMMUNITY.replace("half_days", "tidy")
    + """\
table = "TABLE"
columns = COLUMNS
constants = { provider_id = "S1", year = 2025, measure = "attendance" }
"""
)


def tidy(path: Path, data: bytes, table: str, columns: str) -> load.Loaded:
    text = TIDY.replace("TABLE", table).replace("COLUMNS", columns)
    return load.community(folder(path, data, text))


CREDITS = "First Name,Last Name,Year Level,Attendance,Subject 1,Credits,Subject 2,Credits\n"


def test_columns_that_share_a_heading_are_not_read_and_noted(tmp_path: Path) -> None:
    data = (CREDITS + "Canary,Canary,5,0.95,Art,4,Te reo,6\n").encode("utf-8")
    loaded = tidy(tmp_path, data, "survey", '{ "Attendance" = "value" }')
    assert loaded.frames["survey"]["value"].tolist() == ["0.95"]
    notes = loaded.notes[["rule", "severity", "row", "column"]].to_numpy().tolist()
    assert notes == [["shared heading", "warning", 1, "6, 8"]]
    assert "Canary" not in repr(loaded)
    assert not {"credits", "first_name"} & set(loaded.frames["survey"])


def test_a_setting_that_names_a_shared_heading_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"register\.csv, row 1: columns 6 and 8 have the same"):
        tidy(tmp_path, CREDITS.encode("utf-8"), "survey", '{ "Credits" = "value" }')


@pytest.mark.real
def test_the_real_headings_of_kamar_progress(tmp_path: Path, real: Path) -> None:
    data = (real / "messy" / "KAMAR_NCEA_progress_export_HEADER_ONLY.csv").read_bytes()
    columns = '{ StudentID = "learner_id", "HalfDays Year Percentage" = "value" }'
    loaded = tidy(tmp_path, data, "observations", columns)
    assert loaded.frames["observations"].empty
    assert loaded.notes["rule"].tolist() == ["header only"]
    assert check.tables(loaded).require().frames["observations"].empty


@pytest.mark.real
def test_the_real_headings_of_kamar_attendance(tmp_path: Path, real: Path) -> None:
    data = (real / "messy" / "KAMAR_attendance_credits_HEADER_ONLY.csv").read_bytes()
    columns = '{ Attendance = "value", "Year Level" = "year_level", "Ethnicity 1" = "ethnicity" }'
    loaded = tidy(tmp_path, data, "survey", columns)
    assert loaded.frames["survey"].empty
    assert sorted(loaded.notes["rule"]) == ["header only", "shared heading"]
    places = [n for n, name in enumerate(data.decode().strip().split(","), 1) if name == "Credits"]
    shared = loaded.notes.set_index("rule").loc["shared heading"]
    assert shared["column"] == f"{', '.join(map(str, places[:3]))} and {len(places) - 3} more"
    assert check.tables(loaded).require().frames["survey"].empty


@pytest.mark.real
def test_an_export_without_ids_is_refused_as_results(tmp_path: Path, real: Path) -> None:
    data = (real / "messy" / "KAMAR_attendance_credits_HEADER_ONLY.csv").read_bytes()
    with pytest.raises(SettingsError, match="nothing is mapped to learner_id"):
        tidy(tmp_path, data, "observations", '{ Attendance = "value" }')


def test_a_register_with_headings_only(tmp_path: Path) -> None:
    loaded = load.community(folder(tmp_path, long({}), CODES))
    assert loaded.notes["rule"].tolist() == ["header only"]
    assert loaded.frames["observations"].empty
    assert isinstance(loaded.frames["observations"], pd.DataFrame)
