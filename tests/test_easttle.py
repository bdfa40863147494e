"""A tabular report of e-asTTle gives the scores that the settings ask for, and no name."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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

BANNER = "e-asTTle Tabular Report Created on 28/11/2025 at 14:05"
WHO = ["TestID", "Test Name", "Test Type", "Date Modified", "Student Master ID", "NSN ID",
       "Last Name", "First Name", "Funding Year Level", "Date Tested", "Gender", "Language",
       "Ethnicity"]  # fmt: skip
SCORES = ["Overall Score", "Overall Level", "Surface Score", "Surface Level", "Attitude - General"]
SECRETS = ("Kererūtanga", "Pōhutukawa", "Ngaio-Rewa")


def row(test: str, nsn: str, date: str, scores: Sequence[str], **told: str) -> list[str]:
    """One made-up learner of a made-up test."""
    who = dict.fromkeys(WHO, "x") | {
        "Test Name": test,
        "NSN ID": nsn,
        "Student Master ID": f"M{nsn}",
        "Last Name": SECRETS[0],
        "First Name": SECRETS[1],
        "Date Tested": date,
        "Funding Year Level": "6",
        "Gender": "F",
        "Ethnicity": "211",
    }
    return [
        *(who | {name.replace("_", " "): text for name, text in told.items()}).values(),
        *scores,
    ]


def section(*rows: list[str], scores: Sequence[str] = SCORES, **more: int) -> list[list[str]]:
    """Headings, rows and averages of one test."""
    return [[*WHO, *scores], *rows, *([["Averages", "", "1450"]] * more.get("averages", 1)), []]


def report(*sections: list[list[str]], banner: str = BANNER) -> bytes:
    out = io.StringIO()
    out.write(f"{banner}\r\n")
    csv.writer(out).writerows(line for part in sections for line in part)
    return out.getvalue().encode("utf-8")


READING = section(
    row("Pānui Reading T1", "0100200300", "14/03/2025", ["1450", "4B", "1400", "3P", "3.5"]),
    row("Pānui Reading T1", "0100200301", "5/03/2025", ["-", "-", "1399", "3P", "-"], Gender="M"),
    row("Pānui Reading T1", "0100200302", "14/03/2025", ["<1000", "<2B", "", "-", "2"]),
)
MATHS = section(
    row("Maths T4", "0100200300", "3/11/2025", ["1502", "4A", "NA"]),
    row("Maths T4", "0100200303", "3/11/2025", ["1388", "3B", "-"], Ethnicity="NZ European"),
    scores=["Overall Score", "Overall Level", "Algebra Score"],
)
WHOLE = report(READING, MATHS)
ONE = {"measures": {"Overall Score": "easttle_reading"}}
TWO = {
    "tests": [
        {"name": "reading", "column": "Overall Score", "measure": "easttle_reading"},
        {"name": "MATHS", "column": "Overall Score", "measure": "easttle_maths"},
    ]
}


def read(data: bytes = WHOLE, key: str = "NSN ID", **options: Any) -> Read:
    chosen = {"provider_id": "S1", **(options or TWO)}
    source = Source("e.csv", "easttle", {key: "learner_id"}, chosen)
    return sources.read(data, "e.csv", source=source)


def told(found: Read) -> list[tuple[object, ...]]:
    return [(one["rule"], one["row"], one["column"], one["count"]) for one in found.notes]


def results(found: Read, *columns: str) -> list[list[str]]:
    return found.tables["observations"][list(columns)].to_numpy().tolist()


def test_every_score_is_a_result_of_the_measure_of_its_test() -> None:
    found = read()
    assert list(found.tables) == ["observations"]
    columns = ["learner_id", "provider_id", "year", "date", "year_level", "measure", "value"]
    assert results(found, *columns) == [
        ["0100200300", "S1", "2025", "14/03/2025", "6", "easttle_reading", "1450"],
        ["0100200302", "S1", "2025", "14/03/2025", "6", "easttle_reading", "<1000"],
        ["0100200300", "S1", "2025", "3/11/2025", "6", "easttle_maths", "1502"],
        ["0100200303", "S1", "2025", "3/11/2025", "6", "easttle_maths", "1388"],
    ]
    # Banner 1, headings 2, three learners, averages 6, blank 7, headings 8.
    assert results(found, "source_file", "source_row") == [["e.csv", n] for n in (3, 5, 9, 10)]
    assert told(found) == [
        ("averages", 6, "", 2),
        ("not scored", 4, "Overall Score", 1),
    ]


def test_levels_other_strands_and_attitudes_are_read_where_they_are_asked_for() -> None:
    asked = {"Overall Level": "a", "Surface Score": "b", "Attitude - General": "c"}
    found = read(report(READING), measures=asked)
    assert results(found, "learner_id", "measure", "value") == [
        ["0100200300", "a", "4B"],
        ["0100200302", "a", "<2B"],
        ["0100200300", "b", "1400"],
        ["0100200301", "b", "1399"],
        ["0100200300", "c", "3.5"],
        ["0100200302", "c", "2"],
    ]
    assert told(found)[1:] == [
        ("not scored", 4, "Overall Level", 1),
        ("not scored", 5, "Surface Score", 1),
        ("not scored", 4, "Attitude - General", 1),
    ]


def test_the_master_id_is_the_learner_where_the_settings_say_so() -> None:
    found = read(report(READING), key="student master id", **ONE)
    assert results(found, "learner_id") == [["M0100200300"], ["M0100200302"]]


def test_one_measure_for_several_tests_is_doubted() -> None:
    found = read(measures={"Overall Score": "easttle_reading"})
    assert len(found.tables["observations"]) == 4
    assert told(found)[-1] == ("several tests, one measure", None, "", 2)
    assert "several tests, one measure" not in dict.fromkeys(
        rule for rule, *_ in told(read(report(READING, READING), **ONE))
    )


def test_a_test_that_no_entry_names_is_set_aside() -> None:
    found = read(tests=TWO["tests"][:1])
    assert set(found.tables["observations"]["measure"]) == {"easttle_reading"}
    assert told(found)[-1] == ("test not named", 9, "", 2)
    assert found.notes[-1]["severity"] == "set aside"


def test_a_score_that_one_test_has_not_is_noted() -> None:
    found = read(measures={"Algebra Score": "easttle_maths"})
    assert results(found, "value") == [["NA"]]
    assert ("score not in this test", 3, "Algebra Score", 3) in told(found)
    assert ("not scored", 10, "Algebra Score", 1) in told(found)


def test_learners_are_read_once_each_where_they_are_asked_for() -> None:
    later = section(
        row("Reading T4", "100200301", "7/11/2025", ["1420", "3P", "", "", ""], Gender="X"),
        row("Reading T4", "-", "7/11/2025", ["1420", "3P", "", "", ""], Gender="-"),
    )
    found = read(report(READING, later), learners=True, **ONE)
    columns = ["learner_id", "gender", "ethnicity", "source_file", "source_row"]
    frame = found.tables["learners"]
    assert list(frame) == columns
    assert frame.to_numpy().tolist() == [
        ["0100200300", "F", "211", "e.csv", 3],
        ["0100200302", "F", "211", "e.csv", 5],
        ["100200301", "X", "211", "e.csv", 9],
        ["", "", "211", "e.csv", 10],
    ]
    assert told(found)[-1] == ("learner told in two ways", None, "", 1)
    assert "learners" not in read(learners=False, **ONE).tables


def test_the_report_by_group_is_read_too() -> None:
    more = ["Assignment Group", "Assignment Sub-Group", "Current Instructional Year Level"]
    lines = [[*more, *WHO, *SCORES]]
    lines += [["Tūī", "A", "7", *line] for line in READING[1:4]]
    found = read(report([*lines, ["Averages"]]), **ONE)
    assert results(found, "learner_id", "year_level", "value") == [
        ["0100200300", "6", "1450"],
        ["0100200302", "6", "<1000"],
    ]


def test_terms_tell_the_results_of_a_year_apart() -> None:
    spans = {"1": ["2025-01-27", "2025-04-11"], "4": ["2025-10-06", "2025-12-19"]}
    found = read(terms=spans, **TWO)
    assert results(found, "term") == [["1"], ["1"], ["4"], ["4"]]
    assert results(read(), "term") == [[""]] * 4


def test_a_report_that_a_spreadsheet_padded_is_read() -> None:
    width = len(WHO) + len(SCORES)
    lines = [[BANNER], *READING[:4], ["Averages"], *MATHS[:-1]]
    padded = io.StringIO()
    csv.writer(padded).writerows(line + [""] * (width - len(line)) for line in lines)
    found = read("\ufeff".encode() + padded.getvalue().encode("utf-8"))
    assert results(found, "measure", "value") == results(read(), "measure", "value")


def test_an_old_encoding_is_read_with_a_note() -> None:
    old = report(READING).decode("utf-8").replace("ā", "ä").replace("ū", "ü").replace("ō", "ö")
    found = read(old.encode("cp1252"), measures=ONE["measures"])
    assert told(found)[0][:2] == ("old encoding", 3)
    assert len(found.tables["observations"]) == 2


def test_a_row_without_a_date_has_no_year() -> None:
    lines = section(
        row("Reading", "1", "-", ["1450", "4B", "", "", ""]),
        row("Reading", "2", "soon", ["1450", "4B", "", "", ""]),
    )
    assert results(read(report(lines), **ONE), "year", "date") == [["", ""], ["soon", "soon"]]


def cut(data: bytes, old: str, new: str) -> bytes:
    text = data.decode("utf-8")
    assert old in text
    return text.replace(old, new, 1).encode("utf-8")


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        (cut(WHOLE, BANNER, "Student report"), "e.csv, row 1", "another kind of file"),
        (cut(WHOLE, f"{BANNER}\r\n", ""), "e.csv, row 1", "another kind of file"),
        (b"PK\x03\x04abc", "e.csv, row 1", "another kind of file"),
        (report(), "e.csv", "found no test"),
        (b"", "e.csv", "found no test"),
        (cut(WHOLE, ",1450,4B", ",1450"), "e.csv, row 3", "found 17 fields. Expected 18"),
        (cut(WHOLE, ",NA\r", ",NA,\r"), "e.csv, row 9", "found 17 fields. Expected 16"),
        (report(READING[1:]), "e.csv, row 2", "headings first"),
        (cut(WHOLE, "Gender", "Sex"), "e.csv, row 2", "no column gender"),
        (cut(WHOLE, "NSN ID", "NSN"), "e.csv, row 2", "no column nsn_id"),
        (cut(WHOLE, "Surface Score", "Overall Score"), "e.csv, row 2", "columns 14 and 16"),
        (cut(WHOLE, "14/03/2025", '"14"/03/2025'), "e.csv, row 3", "quotation marks"),
        (cut(WHOLE, "14/03/2025", "03/14/2025"), "e.csv, row 3", "month first"),
        (b"\xff\x81", "e.csv, row 1", "neither UTF-8"),
    ],
)
def test_what_is_no_whole_report_is_refused_with_its_place(
    data: bytes, place: str, words: str
) -> None:
    with pytest.raises(DataError) as caught:
        read(data)
    assert place in str(caught.value)
    assert words in str(caught.value)
    assert not any(secret in str(caught.value) for secret in (*SECRETS, "100200300", "1450"))


@pytest.mark.parametrize(
    ("columns", "options", "words"),
    [
        ({"NSN ID": "learner_id"}, {}, "both or neither"),
        ({"NSN ID": "learner_id"}, {**ONE, **TWO}, "both or neither"),
        ({}, ONE, "nothing is mapped to learner_id"),
        ({"Last Name": "learner_id"}, ONE, "NSN ID or Student Master ID"),
        ({"NSN ID": "learner_id", "Gender": "gender"}, ONE, 'unknown name "gender"'),
        ({"NSN ID": "learner_id"}, {"measures": {"First Name": "m"}}, "names no person"),
        ({"NSN ID": "learner_id"}, {"measures": {"Funding Year Level": "m"}}, "scores or levels"),
        ({"NSN ID": "learner_id"}, {"measures": {"Deep Score": "m"}}, 'no column "Deep Score"'),
        (
            {"NSN ID": "learner_id"},
            {"measures": {"Overall Score": "m", "Surface Score": "m"}},
            "m twice",
        ),
        ({"NSN ID": "learner_id"}, {"measures": {"Language": "m"}}, "scores or levels"),
        ({"NSN ID": "learner_id"}, {"tests": "Reading"}, "blocks with two brackets"),
        ({"NSN ID": "learner_id"}, {"tests": [{"name": "Reading"}]}, '"column" is missing'),
        (
            {"NSN ID": "learner_id"},
            {"tests": [{"name": n, "column": "Overall Score", "measure": n} for n in ("T1", "re")]},
            "two entries fit the test of row 2 with the column overall_score",
        ),
        (
            {"NSN ID": "learner_id"},
            {
                "tests": [
                    {"name": "re", "column": f"{n} Score", "measure": "m"}
                    for n in ("Overall", "Surface")
                ]
            },
            "with the measure m",
        ),
        ({"NSN ID": "learner_id"}, {**ONE, "learners": "yes"}, "true or false"),
        ({"NSN ID": "learner_id"}, {**ONE, "test": []}, 'unknown name "test"'),
    ],
)
def test_wrong_settings_are_refused(
    columns: dict[str, str], options: dict[str, object], words: str
) -> None:
    source = Source("e.csv", "easttle", columns, {"provider_id": "S1", **options})
    with pytest.raises(SettingsError) as caught:
        sources.read(WHOLE, "e.csv", source=source)
    assert words in str(caught.value)


def test_the_school_must_be_named() -> None:
    source = Source("e.csv", "easttle", {"NSN ID": "learner_id"}, ONE)
    with pytest.raises(SettingsError, match='"provider_id" is missing'):
        sources.read(WHOLE, "e.csv", source=source)


@given(st.lists(st.lists(st.sampled_from(["1400", "-", ""]), max_size=6), min_size=1, max_size=4))
def test_every_row_is_a_result_or_not_scored_or_averages(tests: list[list[str]]) -> None:
    parts = [
        section(
            *[row("Reading", str(n), "1/05/2025", [s, "", "", "", ""]) for n, s in enumerate(one)]
        )
        for one in tests
    ]
    found = read(report(*parts), **ONE)
    everyone = [score for one in tests for score in one]
    assert len(found.tables["observations"]) == everyone.count("1400")
    counts = {"not scored": 0, "averages": 0}
    for rule, _, _, count in told(found):
        counts[str(rule)] += int(str(count))
    assert counts == {
        "not scored": len(everyone) - everyone.count("1400"),
        "averages": len(tests),
    }


def test_no_name_is_in_a_frame_or_a_note() -> None:
    assert SECRETS[0].encode() in WHOLE  # so that the test can fail
    assert SECRETS[1].encode() in WHOLE
    found = read(learners=True, **TWO)
    texts = "\n".join([frame.to_csv() for frame in found.tables.values()] + [str(found.notes)])
    assert not any(secret in texts for secret in SECRETS)
    assert "1002003" not in str(found.notes)
    for frame in found.tables.values():
        assert not {"last_name", "first_name", "test", "language"} & set(frame)


COMMUNITY = """\
[community]
id = "t"
name = "Test"
year = 2025

[[measure]]
id = "easttle_maths"
[measure.cut]
6 = 1400

[[source]]
file = "exports/easttle.csv"
reader = "easttle"
provider_id = "S1"
columns = { "NSN ID" = "learner_id" }
learners = true
tests = [
  { name = "Reading", column = "Overall Score", measure = "easttle_reading" },
  { name = "Maths", column = "Overall Score", measure = "easttle_maths" },
]
"""


def test_a_community_with_a_tabular_report(tmp_path: Path) -> None:
    again = section(
        row("Reading T3", "100200300", "4/08/2025", ["1480", "4P", "", "", ""]), averages=0
    )
    (tmp_path / "community.toml").write_text(COMMUNITY, encoding="utf-8")
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "easttle.csv").write_bytes(report(again, READING, MATHS))
    text = "provider_id,name,type\nS1,Pūtaringamotu School,primary\n"
    (tmp_path / "providers.csv").write_text(text, encoding="utf-8")
    loaded = load.community(tmp_path)
    assert set(loaded.inputs["table"]) == {"providers", "observations", "learners"}
    checked = check.tables(loaded).require()
    frame = checked.frames["observations"]
    # Of the two results in reading the later one stays, and <1000 is no score.
    assert frame[["learner_id", "measure", "score"]].to_numpy().tolist() == [
        [alias("100200300"), "easttle_reading", 1480.0],
        [alias("100200300"), "easttle_maths", 1502.0],
        [alias("100200303"), "easttle_maths", 1388.0],
    ]
    assert frame["date"].iloc[0] == pd.Timestamp(2025, 8, 4)
    assert checked.frames["learners"].set_index("learner_id")["ethnicity"].to_dict() == {
        alias("100200300"): "Māori",
        alias("100200301"): "Māori",
        alias("100200302"): "Māori",
        alias("100200303"): "European/Pākehā",
    }
    found = checked.problems.groupby("rule")["count"].sum().to_dict()
    wanted = {"averages": 2, "not scored": 1, "duplicate result": 1}
    assert wanted.items() <= found.items()
    assert checked.rows.set_index("table").loc["observations"].tolist() == [5, 3, 2]
