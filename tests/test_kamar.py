"""An export of KAMAR gives what the settings ask for, and nothing that names a person."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from aliases import alias
from hypothesis import given
from hypothesis import strategies as st

from colanalysis import check, load
from colanalysis.errors import DataError, SettingsError
from colanalysis.reading import kamar_records, sources
from colanalysis.reading.grid import Read
from colanalysis.terms import problems
from colanalysis.terms.settings import Source

NAME = "exports/kamar.json"
SECRETS = ("Quackfield", "Mallard", "20130229", "Pond Road", "Drakeson", "0210000", "Teal")


def student(**fields: Any) -> dict[str, Any]:
    """One learner, clearly invented, with much that must not be read."""
    usual = {
        **{"id": 4101, "nsn": "0100200300", "gender": "F", "ethnicity": [111], "iwi": []},
        **{"yearlevel": 10, "fundinglevel": 11, "startingdate": 20230131, "leavingdate": None},
        **{"firstname": "Mallard", "lastname": "Quackfield", "datebirth": 20130229, "ors": None},
        **{"esol": 1, "boarder": True, "maorilevel": "5", "datasharing": {"details": 1}},
        "caregivers": [{"ref": 1, "name": "Drakeson", "mobile": "0210000", "nsn": "Teal"}],
        "residences": [{"numStreet": "1 Pond Road", "id": "Teal"}],
        "emergency": [{"name": "Drakeson", "gender": "Teal"}],
        "groups": [{"name": "Teal", "year": 2025}],
        "custom": {"custom1": "Teal"},
    }
    return usual | fields


def result(**fields: Any) -> dict[str, Any]:
    usual = {
        **{"id": 4101, "nsn": "0100200300", "type": "U", "number": "32403", "result": "A"},
        **{"year": 2025, "date": "20250602", "comment": "Teal is a duck", "results": ["A"]},
        **{"resultData": ["Teal|3", 3], "subject": "10ENG", "version": 2, "yearlevel": 10},
    }
    return usual | fields


def attendance(days: list[tuple[Any, int, int, int]], **fields: Any) -> dict[str, Any]:
    """A learner's days: date, half-days present, justified and unjustified."""
    values = [
        {"date": day, "codes": "PP", "alt": "Teal", "hdp": p, "hdj": j, "hdu": u}
        for day, p, j, u in days
    ]
    return {"id": 4101, "nsn": "0100200300", "values": values} | fields


def export(**sections: Any) -> bytes:
    envelope: dict[str, Any] = {
        **{"datetime": 20250704124727, "fullsync": 1, "sync": "full", "sms": "KAMAR"},
        "version": 2674,
        "schools": [{"index": 1, "moeCode": "0412", "name": "Pond Road College", "type": 30}],
        "staff": {"count": 1, "data": [{"id": 1, "lastname": "Drakeson"}]},
    }
    for name, records in sections.items():
        listed = isinstance(records, list) and name != "schools"
        envelope[name] = {"count": len(records), "data": records} if listed else records
    return json.dumps({"SMSDirectoryData": envelope}, ensure_ascii=False, indent=1).encode()


def read(data: bytes, **options: Any) -> Read:
    return sources.read(data, NAME, source=Source(NAME, "kamar", {}, options))


def told(found: Read) -> list[tuple[object, ...]]:
    return [(n["rule"], n["severity"], n["row"], n["column"], n["count"]) for n in found.notes]


def rows(found: Read, table: str) -> list[list[object]]:
    frame = found.tables[table]
    assert all(str(kind) == "str" for kind in frame.dtypes.drop("source_row"))
    assert set(frame["source_file"]) <= {NAME}
    return frame.drop(columns="source_file").to_numpy().tolist()


STUDENTS = [
    student(),
    student(id=4102, nsn="0100200301", gender="M", ethnicity=[211, 311, None], iwi=[1103, 1107]),
    student(id=4103, nsn=None),
    student(id=4104, nsn="0100200302", ethnicity=[], leavingdate=20241213),
    student(id=4105, nsn="0100200303", startingdate=20260202),
    student(id=4106, nsn="0100200304", leavingdate=20250501, startingdate=0),
]


def test_students_become_learners_and_enrolments() -> None:
    found = read(export(students=STUDENTS))
    assert rows(found, "learners") == [
        ["0100200300", "F", "111", 1],
        ["0100200301", "M", "211;311", 2],
        ["0100200302", "F", "", 4],
        ["0100200303", "F", "111", 5],
        ["0100200304", "F", "111", 6],
    ]
    assert rows(found, "enrolments") == [
        ["0100200300", "0412", "2025", "10", "2023-01-31", "", 1],
        ["0100200301", "0412", "2025", "10", "2023-01-31", "", 2],
        ["0100200304", "0412", "2025", "10", "", "2025-05-01", 6],
    ]
    assert told(found) == [
        ("learner without an id", "set aside", 3, "nsn", 1),
        ("not enrolled in the year", "set aside", 4, "", 1),
        ("not enrolled in the year", "set aside", 5, "", 1),
    ]


def test_the_options_of_learners() -> None:
    found = read(
        export(students=STUDENTS[:3]), learner_id="id", year_level="funding", provider_id="S9"
    )
    kept = found.tables["enrolments"][["learner_id", "provider_id", "year_level"]]
    assert kept.to_numpy().tolist() == [[n, "S9", "11"] for n in ("4101", "4102", "4103")]
    assert told(found) == []
    assert set(read(export(students=STUDENTS), learners=False).tables) == {"enrolments"}
    names = {"iwi": "iwi", "esol": "esol", "ors": "ors", "boarding": "boards", "maori_level": "ml"}
    frame = read(export(students=STUDENTS[:2]), attributes=names).tables["learners"]
    assert frame[list(names.values())].to_numpy().tolist() == [
        ["", "1", "", "yes", "5"],
        ["1103;1107", "1", "", "yes", "5"],
    ]


def test_half_a_letter_is_no_letter() -> None:
    data = export(students=[student(gender="x")]).replace(b'"x"', rb'"F\ud800"')
    assert read(data).tables["learners"]["gender"].tolist() == ["F?"]


def test_a_learner_listed_twice_is_one_learner() -> None:
    found = read(export(students=[student(gender="M"), student()]))
    assert rows(found, "learners") == [["0100200300", "F", "111", 2]]
    assert told(found) == [("learner in several records", "warning", 1, "", 1)]


UNITS = [{"type": "u", "number": "32403", "measure": "ncea_corequisite", "values": {"A": "yes"}}]
RESULTS = [
    result(),
    result(result="N", nsn="0100200301"),
    result(result=None),
    result(number="91168", type="A", result="M"),
    result(type="A"),  # an achievement standard of the same number is another thing
    result(nsn=""),
    result(nsn="0100200302", date="00000000", year=2024),
]


def test_results_only_of_the_standards_that_are_named() -> None:
    found = read(export(results=RESULTS), results=UNITS)
    head = ["ncea_corequisite", "yes", ""]
    assert rows(found, "observations") == [
        ["0100200300", "0412", "2025", *head, "2025-06-02", 1],
        ["0100200302", "0412", "2024", *head, "", 7],
    ]
    assert told(found) == [
        ("result without a value", "warning", None, "U 32403", 1),
        ("code without a meaning", "warning", None, "U 32403", 1),
        ("learner without an id", "set aside", 6, "nsn", 1),
    ]


def test_results_without_meanings_are_passed_on_and_a_term_is_added() -> None:
    grades = [{"type": "A", "number": "91168", "measure": "own", "term": "2"}]
    found = read(export(results=RESULTS), results=grades)
    assert found.tables["observations"][["value", "term"]].to_numpy().tolist() == [["M", "2"]]
    assert told(found) == []


def test_a_standard_that_nobody_has_is_noted() -> None:
    found = read(export(results=RESULTS), results=[UNITS[0] | {"number": "32405"}])
    assert told(found) == [("no such result", "warning", None, "U 32405", 1)]
    assert found.tables["observations"].empty


def test_sections_that_are_not_asked_for_are_noted_and_not_read() -> None:
    found = read(export(results=RESULTS, attendance=[attendance([])]))
    assert found.tables == {}
    assert told(found) == [
        ("section not asked for", "warning", None, "results", 7),
        ("section not asked for", "warning", None, "attendance", 1),
    ]


SHARE = {"measure": "attendance", "fewest": 2}
TERMS = {"1": ["2025-01-27", "2025-04-11"], "2": ["2025-04-28", "2025-06-27"]}
DAYS = [
    ("20250203", 2, 0, 0),
    ("20250204", 1, 1, 0),
    ("2025-04-28", 0, 0, 2),
    ("20250505", 2, 0, 0),
    ("20250415", 2, 0, 0),  # between the terms
    ("20241101", 1, 0, 1),
]


def test_attendance_is_the_share_of_half_days_present_in_a_year() -> None:
    found = read(export(attendance=[attendance(DAYS)]), attendance=SHARE)
    head = ["0100200300", "0412"]
    assert rows(found, "observations") == [
        [*head, "2025", "attendance", "0.7", "", "", 1],  # 7 of 10
        [*head, "2024", "attendance", "0.5", "", "", 1],
    ]
    assert told(found) == []


def test_attendance_in_terms() -> None:
    found = read(export(attendance=[attendance(DAYS)]), attendance=SHARE | {"terms": TERMS})
    kept = found.tables["observations"][["year", "term", "value"]].to_numpy().tolist()
    assert kept == [["2025", "1", "0.75"], ["2025", "2", "0.5"]]
    assert told(found) == [("half-day outside the terms", "set aside", None, "", 4)]


def test_odd_days_are_set_aside_and_counted() -> None:
    odd = [
        ("20250203", 2, 0, 0),
        ("20250203", 0, 0, 2),  # the later one counts
        ("20250230", 2, 0, 0),
        (None, 2, 0, 0),
        ("20250206", 2, 1, 0),
        ("20250207", -1, 0, 0),
    ]
    found = read(
        export(attendance=[attendance(odd), attendance([("20250203", 2, 0, 0)], nsn=None)]),
        attendance=SHARE,
    )
    assert found.tables["observations"]["value"].tolist() == ["0.0"]
    assert told(found) == [
        ("learner without an id", "set aside", 2, "nsn", 1),
        ("day told twice", "set aside", None, "", 1),
        ("half-days not understood", "set aside", None, "", 4),
    ]


def test_learners_with_few_half_days_have_no_result() -> None:
    year = [(f"202502{day:02}", 2, 0, 0) for day in range(1, 16)]
    records = [attendance(year), attendance(year[1:], nsn="0100200301"), attendance([], nsn="9")]
    found = read(export(attendance=records), attendance={"measure": "attendance"})
    assert found.tables["observations"]["learner_id"].tolist() == ["0100200300"]
    assert told(found) == [("too few half-days", "set aside", None, "", 1)]
    words = problems.in_words(problems.table(found.notes))[0]
    assert "at least 30 half-days in the year" in words


@given(st.lists(st.sampled_from([(2, 0, 0), (1, 1, 0), (1, 0, 1), (0, 2, 0), (0, 1, 1)])))
def test_shares_of_terms_add_up_to_the_share_of_the_year(halves: list[tuple[int, ...]]) -> None:
    dates = [f"2025{month:02}{day:02}" for month in (2, 3, 5, 6) for day in range(1, 28)]
    days = [(day, *counts) for day, counts in zip(dates, halves, strict=False)]
    data = export(attendance=[attendance(days)])  # type: ignore[arg-type]
    terms = {"1": ["2025-02-01", "2025-03-31"], "2": ["2025-05-01", "2025-06-30"]}
    one = {"measure": "attendance", "fewest": 1}
    year = read(data, attendance=one).tables["observations"]["value"].tolist()
    parts = read(data, attendance=one | {"terms": terms}).tables["observations"]
    present = sum(counts[0] for counts in halves[: len(days)])
    assert year == ([str(present / (2 * len(days)))] if days else [])
    in_term = {"1": min(len(days), 54), "2": max(len(days) - 54, 0)}
    again = sum(
        Fraction(float(value)).limit_denominator(500) * 2 * in_term[term]
        for term, value in zip(parts["term"], parts["value"], strict=True)
    )
    assert again == present


@pytest.mark.parametrize("no", [0, "0", "no", "N", False, "FALSE"])
def test_learners_whose_details_are_not_shared_are_left_out_everywhere(no: object) -> None:
    declines = student(id=4102, nsn="0100200301", datasharing={"details": no, "photo": 1})
    found = read(
        export(
            students=[student(), declines, student(id=4107, nsn="7", datasharing=None)],
            results=[result(), result(id=4102, nsn=""), result(id=None, nsn="100200301")],
            attendance=[attendance(DAYS, id=4102, nsn="0100200301"), attendance(DAYS)],
        ),
        results=UNITS,
        attendance=SHARE,
    )
    assert found.tables["learners"]["learner_id"].tolist() == ["0100200300", "7"]
    assert found.tables["enrolments"]["source_row"].tolist() == [1, 3]
    assert set(found.tables["observations"]["learner_id"]) == {"0100200300"}
    assert told(found) == [
        ("data sharing declined", "set aside", None, "students", 1),
        ("data sharing declined", "set aside", None, "results", 2),
        ("data sharing declined", "set aside", None, "attendance", 1),
    ]


def test_a_section_with_another_count_blocks() -> None:
    found = read(export(students={"count": 3, "data": [student()]}))
    assert told(found) == [("section does not reconcile", "blocks", None, "students", 1)]
    assert told(read(export(students={"data": [student()]}))) == []


WHOLE = export(students=STUDENTS, results=RESULTS, attendance=[attendance(DAYS)])


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        (WHOLE[:-20], "row", "a damaged JSON"),
        (b'{"SMSDirectoryData": {\n"students": Quackfield}}', f"{NAME}, row 2", "damaged"),
        (b"", "row 1", "a damaged JSON"),
        (b"[" * 100_000, NAME, "a damaged JSON"),
        (b'[{"id": 1, "nsn": "0100200300"}]', NAME, "another JSON"),
        (b'{"students": {"data": [{"nsn": "0100200300"}]}}', NAME, "another JSON"),
        (WHOLE.replace(b'"KAMAR"', b'"Other"'), NAME, "another JSON"),
        (export(students={"count": 0}), NAME, "students without a list"),
        (export(results={"data": ["0100200300"]}), NAME, "results without a list"),
        (export(attendance="0100200300"), NAME, "attendance without a list"),
        (export(schools=[]), NAME, "0 schools"),
        (export(schools={"moeCode": "1"}), NAME, "0 schools"),
        (WHOLE.replace(b"20250704124727", b"null"), NAME, "no time"),
        (WHOLE.replace(b"20250704124727", b"20"), NAME, "no time"),
        (b"\x81", "row 1", "neither UTF-8"),
    ],
)
def test_what_is_not_an_export_is_refused_with_its_place(
    data: bytes, place: str, words: str
) -> None:
    with pytest.raises(DataError) as caught:
        read(data)
    message = str(caught.value)
    assert place in message
    assert words in message
    assert not any(secret in message for secret in (*SECRETS, "100200300"))


def test_the_error_holds_nothing_of_a_damaged_file() -> None:
    with pytest.raises(DataError) as caught:
        read(WHOLE[:-20])
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_two_schools_need_a_choice() -> None:
    data = WHOLE.replace(b'"schools": [', b'"schools": [{"moeCode": "0413"}, ')
    with pytest.raises(DataError, match="2 schools"):
        read(data)
    assert set(read(data, provider_id="0412").tables["enrolments"]["provider_id"]) == {"0412"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"learner_id": "student_id"}, '"nsn", "id"'),
        ({"year_level": "next"}, '"current", "funding"'),
        ({"attributes": {"caregivers": "caregivers"}}, 'unknown name "caregivers"'),
        ({"attributes": {"ors": "ethnicity"}}, "ethnicity twice"),
        ({"results": [{"type": "U", "measure": "m"}]}, '"number" is missing'),
        ({"results": [UNITS[0] | {"subject": "m"}]}, 'unknown name "subject"'),
        ({"attendance": {"fewest": 3}}, '"measure" is missing'),
        ({"attendance": SHARE | {"fewest": 0}}, "1 or more"),
        ({"attendance": SHARE | {"terms": {"1": ["2025-01-27"]}}}, "terms that do not overlap"),
        (
            {"attendance": SHARE | {"terms": {"1": ["27/1/2025", "1/4/2025"]}}},
            "terms that do not overlap",
        ),
        (
            {"attendance": SHARE | {"terms": {"1": ["2025-04-11", "2025-01-27"]}}},
            "terms that do not overlap",
        ),
        ({"attendance": SHARE | {"terms": ["2025-04-11"]}}, "terms that do not overlap"),
        ({"table": "learners"}, 'unknown name "table"'),
    ],
)
def test_options_that_do_not_exist_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(WHOLE, **options)
    assert words in str(caught.value)


def test_columns_are_refused_as_the_names_are_fixed() -> None:
    with pytest.raises(SettingsError, match="found columns"):
        sources.read(WHOLE, NAME, source=Source(NAME, "kamar", {"nsn": "learner_id"}, {}))


def test_an_old_encoding_is_read_with_a_note() -> None:
    data = export(students=[student(gender="ā", firstname="é")])
    assert read(data).tables["learners"]["gender"].tolist() == ["ā"]
    old = export(students=[student(firstname="é")]).decode().encode("cp1252")
    assert [rule for rule, *_ in told(read(old))] == ["old encoding"]


def test_the_parser_itself_throws_away_what_is_not_needed() -> None:
    kept = repr(kamar_records._envelope(WHOLE.decode(), NAME))
    assert "0100200300" in kept
    assert not any(secret in kept for secret in SECRETS)


def test_nothing_that_names_a_person_is_in_a_frame_or_a_note() -> None:
    assert all(secret.encode() in WHOLE for secret in SECRETS)  # so that the test can fail
    names = ["iwi", "ors", "esol", "type", "maori_level", "pacific_language", "boarding"]
    found = read(WHOLE, attributes={name: name for name in names}, results=UNITS, attendance=SHARE)
    texts = "\n".join([frame.to_csv() for frame in found.tables.values()] + [str(found.notes)])
    assert not any(secret in texts for secret in SECRETS)
    assert "100200300" not in str(found.notes)


SETTINGS = """\
[community]
id = "t"
name = "Test"
year = 2025

[[source]]
file = "exports/kamar.json"
reader = "kamar"
results = [
  { type = "U", number = "32403", measure = "ncea_corequisite", values = { A = "yes", N = "no" } },
]
"""


def test_a_community_with_an_export(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    data = export(students=[*STUDENTS[:2], STUDENTS[5]], results=[*RESULTS[:2]])
    (tmp_path / "exports" / "kamar.json").write_bytes(data)
    (tmp_path / "community.toml").write_text(SETTINGS, encoding="utf-8")
    providers = "provider_id,name,type\n0412,Pūtaringamotu College,secondary\n"
    (tmp_path / "providers.csv").write_text(providers, encoding="utf-8")
    checked = check.tables(load.community(tmp_path)).require()
    learners = checked.frames["learners"].set_index("learner_id")["ethnicity"].to_dict()
    assert learners == {
        alias("100200300"): "European/Pākehā",
        alias("100200301"): "Māori;Pacific Peoples",
        alias("100200304"): "European/Pākehā",
    }
    results = checked.frames["observations"]
    assert results[["learner_id", "score", "year_level"]].to_numpy().tolist() == [
        [alias("100200300"), 1.0, 10.0],
        [alias("100200301"), 0.0, 10.0],
    ]
    assert checked.rows.set_index("table").loc["enrolments"].tolist() == [3, 3, 0]
    assert checked.problems.empty
