"""A roll return gives learners and enrolments, its footer is believed only where it adds up."""

from __future__ import annotations

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
from colanalysis.terms import problems
from colanalysis.terms.settings import Source

HEADER = "Canary SMS,2.8,M,2025,0412,5.0,N,00000000"
SECRETS = ("Quackfield", "Mallard", "20130229", "Pond", "Drakeson", "0210000", "Teal")


def record(**fields: str) -> str:
    """One learner, clearly invented; a field is named by its position, as in p3="123456789"."""
    cells = [""] * 132
    usual = {
        **{"p1": "0412", "p2": "77", "p3": "100200300", "p6": "F", "p8": "20200203", "p10": "111"},
        **{
            "p4": "Quackfield",
            "p5": "Mallard",
            "p7": "20130229",
            "p106": "Teal",
            "p107": "Mallard",
        },
        **{"p96": "1 Pond, Road", "p112": "0210000", "p116": "Drakeson", "p16": "N", "p17": "6"},
        **{"p18": "RE", "p23": "1", "p24": "C", "p95": "N", "p103": "7"},
    }
    for name, text in (usual | fields).items():
        cells[int(name[1:]) - 1] = text
    return ",".join(f'"{text}"' if "," in text else text for text in cells)


def footer(count: int, males: dict[int, int], females: dict[int, int]) -> list[str]:
    levels = range(1, 16)
    full = [str(males.get(n, 0)) for n in levels] + [str(females.get(n, 0)) for n in levels]
    return [
        f"Footer,{count},20250303,2305,RoseCanary,20250303,2305",
        ",".join(["FR", *full]),
        *(f"{name}{',0' * 14}" for name in ("PR", "FA", "PA", "ST", "AE")),
        f"FF{',0' * 30}",
        *(f"MLL{level}{',0' * 15}" for level in ("1", "2", "3", "4A", "4B", "5", "6")),
    ]


def made(*rows: str) -> bytes:
    return ("\r\n".join(rows) + "\r\n").encode("utf-8")


RECORDS = [
    record(),
    record(p3="100200301", p6="M", p11="211", p12="311", p13="1103", p15="1107", p28="EKE"),
    record(p3="", p2="78"),
    record(p3="001", p6="M", p18="EX", p17="15", p25="20250301", p28="EHB", p10="", p24="A"),
    record(p3="100200302", p25="20241220"),  # had left before the day of the return
    record(p3="100200303", p8="20250302", p18="FF"),
]
# Counted by hand: girls of year 6 are the first and the third record, a boy each is in 6 and 15.
FOOTER = footer(6, {6: 1, 15: 1}, {6: 2})
WHOLE = made(HEADER, *RECORDS, *FOOTER)
NAME = "exports/0412M25.moe"


def read(data: bytes = WHOLE, file: str = NAME, **options: Any) -> Read:
    return sources.read(data, file, source=Source(file, "moe", {}, options))


def told(found: Read) -> list[tuple[str, str, int | None, int]]:
    rows = [(str(n["rule"]), str(n["severity"]), n["row"], n["count"]) for n in found.notes]
    return [row for row in rows if row[0] != "footer rows"]  # type: ignore[return-value]


def rows(found: Read, table: str) -> list[list[object]]:
    frame = found.tables[table]
    assert all(str(kind) == "str" for kind in frame.dtypes.drop("source_row"))
    return frame.drop(columns="source_file").to_numpy().tolist()


def test_records_become_learners_and_enrolments() -> None:
    found = read()
    assert rows(found, "learners") == [
        ["100200300", "F", "111", 2],
        ["100200301", "M", "111;211;311", 3],
        ["001", "M", "", 5],
        ["100200302", "F", "111", 6],
        ["100200303", "F", "111", 7],
    ]
    assert rows(found, "enrolments") == [
        ["100200300", "0412", "2025", "7", "2020-02-03", "", 2],
        ["100200301", "0412", "2025", "7", "2020-02-03", "", 3],
        ["001", "0412", "2025", "7", "2020-02-03", "2025-03-01", 5],
        ["100200303", "0412", "2025", "7", "2025-03-02", "", 7],
    ]
    assert set(found.tables) == {"learners", "enrolments"}
    assert told(found) == [
        ("learner without an id", "set aside", 4, 1),
        ("not enrolled in the year", "set aside", 6, 1),
    ]
    assert [n["count"] for n in found.notes if n["rule"] == "footer rows"] == [len(FOOTER)]


def test_the_schools_own_number_and_the_funding_level_on_demand() -> None:
    found = read(learner_id="student_id", year_level="funding", learners=False)
    assert set(found.tables) == {"enrolments"}
    taken = found.tables["enrolments"][["learner_id", "year_level"]].to_numpy().tolist()
    assert taken == [["77", "6"], ["77", "6"], ["78", "6"], ["77", "15"], ["77", "6"]]
    assert told(found) == [("not enrolled in the year", "set aside", 6, 1)]


def test_attributes_only_where_they_are_asked_for() -> None:
    names = {"iwi": "iwi", "maori_level": "language", "ors": "ors", "boarding": "boarding"}
    frame = read(attributes=names).tables["learners"]
    assert list(frame)[3:7] == list(names.values())
    assert frame[list(names.values())].to_numpy().tolist()[:3] == [
        ["", "C", "N", "N"],
        ["1103;1107", "C", "N", "N"],
        ["", "A", "N", "N"],
    ]


def test_ece_only_where_its_codes_have_a_meaning() -> None:
    found = read(ece={"measure": "ece_participation", "values": {"EKE": "yes"}})
    assert rows(found, "observations") == [
        ["100200301", "0412", "2025", "7", "ece_participation", "yes", 3]
    ]
    assert ("code without a meaning", "warning", None, 1) in told(found)
    everyone = read(ece={"measure": "ece_participation", "values": {"EKE": "yes", "EHB": "no"}})
    assert everyone.tables["observations"]["value"].tolist() == ["yes", "no"]
    assert "code without a meaning" not in {rule for rule, *_ in told(everyone)}


def test_a_learner_who_came_back_is_one_learner_with_two_enrolments() -> None:
    data = made(HEADER, record(p25="20250101", p6="M"), record(), *footer(2, {}, {6: 1}))
    found = read(data)
    assert rows(found, "learners") == [["100200300", "F", "111", 3]]
    assert found.tables["enrolments"]["end_date"].tolist() == ["2025-01-01", ""]
    assert told(found) == [("learner in several records", "warning", 2, 1)]


@pytest.mark.parametrize("name", ["DRAFT0412M25.moe", "exports/draft0412M25.MOE"])
def test_a_draft_is_noted(name: str) -> None:
    assert ("draft roll return", "warning", None, 1) in told(read(file=name))


def test_a_footer_with_another_count_blocks() -> None:
    found = read(made(HEADER, *RECORDS, *footer(7, {6: 1, 15: 1}, {6: 2})))
    assert told(found)[0] == ("footer does not reconcile", "blocks", 8, 1)
    words = problems.in_words(problems.table(found.notes))[0]
    assert "it says 7, the file has 6" in words


def test_a_record_of_another_school_blocks_with_its_row() -> None:
    other = [record(), record(p1="999", p3="5"), record(p1="412", p3="6")]
    found = read(made(HEADER, *other, *footer(3, {}, {6: 3})))
    assert told(found) == [("record of another school", "blocks", row, 1) for row in (3, 4)]


def test_a_summary_that_differs_is_a_warning_with_counts_only() -> None:
    found = read(made(HEADER, *RECORDS, *footer(6, {6: 1, 14: 1}, {6: 4})))
    assert told(found)[0] == ("roll summary differs", "warning", 9, 3)
    words = "\n".join(problems.in_words(problems.table(found.notes)))
    assert "tells 6 full-time" in words
    assert "hold 4" in words


def test_a_footer_without_a_summary_is_noted() -> None:
    assert told(read(made(HEADER, *RECORDS, FOOTER[0])))[0][:2] == ("no roll summary", "warning")


@pytest.mark.parametrize(("month", "day"), [("E", "0531"), ("J", "0701"), ("S", "0901")])
def test_the_roll_is_the_one_of_the_day_of_the_return(month: str, day: str) -> None:
    stays = record(p8=f"2025{day}", p25=f"2025{day}")
    before = record(p3="1", p17="5", p25=f"2025{int(day) - 1:04}")
    after = record(p3="2", p17="4", p8=f"2025{int(day) + 1:04}")
    header = HEADER.replace(",M,", f",{month},")
    assert told(read(made(header, stays, before, after, *footer(3, {}, {6: 1})))) == []


def test_part_time_adult_and_odd_records_are_not_in_the_summary() -> None:
    odd = [{"p23": "0.5"}, {"p18": "AD"}, {"p18": "AE"}, {"p17": ""}, {"p17": "NE"}]
    records = [record(p3=str(n), **fields) for n, fields in enumerate(odd)]
    assert told(read(made(HEADER, *records, *footer(5, {}, {})))) == []


KINDS = ["RE", "EX", "TPREOM", "AE", "FF", "AD", "NF", "RA"]
ANYBODY = st.tuples(st.sampled_from("MF"), st.integers(1, 15), st.sampled_from(KINDS))


@given(st.lists(ANYBODY, max_size=30))
def test_a_right_footer_never_differs_and_a_wrong_one_always(
    learners: list[tuple[str, int, str]],
) -> None:
    records = [
        record(p3=str(n), p6=gender, p17=str(level), p18=kind)
        for n, (gender, level, kind) in enumerate(learners, 1)
    ]
    counted = {gender: dict.fromkeys(range(1, 16), 0) for gender in "MF"}
    for gender, level, kind in learners:
        counted[gender][level] += kind in {"RE", "EX", "TPREOM"}
    right = footer(len(learners), counted["M"], counted["F"])
    found = read(made(HEADER, *records, *right))
    assert told(found) == []
    assert len(found.tables["enrolments"]) == len(learners)
    counted["M"][3] += 1
    wrong = footer(len(learners) + 1, counted["M"], counted["F"])
    rules = [(rule, count) for rule, _, _, count in told(read(made(HEADER, *records, *wrong)))]
    assert rules == [("footer does not reconcile", 1), ("roll summary differs", 1)]


def without_a_field(row: str) -> str:
    return row.rsplit(",", 1)[0]


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        (made(HEADER, RECORDS[0], without_a_field(RECORDS[1]), *FOOTER), "row 3", "131 fields"),
        (made(HEADER, RECORDS[0] + ",", *FOOTER), "row 2", "133 fields"),
        (made(HEADER, *RECORDS), NAME, "no footer"),
        (made(HEADER, FOOTER[0], RECORDS[0]), "row 3", "a row that the footer does not have"),
        (made(HEADER, *FOOTER, FOOTER[1]), "row 17", "a row that the footer does not have"),
        (made(HEADER, FOOTER[0].replace(",0,", ",", 1), "FR,1"), "row 3", "30 counts"),
        (made(HEADER, "Footer,few"), "row 2", "one count"),
        (made(HEADER, "Footer"), "row 2", "one count"),
        (made(HEADER, record(p96='"Pond'), *FOOTER), "row 2", "quotation marks"),
        (made(HEADER, record(p96="\0"), *FOOTER), "row 2", "NUL byte"),
        (made(*RECORDS, *FOOTER), "row 1", "not the header"),
        (made(HEADER.replace(",M,", ",X,"), *FOOTER), "row 1", "not the header"),
        (made(HEADER + ",0", *FOOTER), "row 1", "not the header"),
        (made(HEADER.replace("2025", "25"), *FOOTER), "row 1", "not the header"),
        (made(HEADER.replace("0412", " "), *FOOTER), "row 1", "not the header"),
        (b"learner_id,gender\r\n1,F\r\n", "row 2", "2 fields"),
        (b"", NAME, "an empty file"),
        (b"\x81\n", "row 1", "neither UTF-8"),
    ],
)
def test_what_is_not_a_roll_return_is_refused_with_its_place(
    data: bytes, place: str, words: str
) -> None:
    with pytest.raises(DataError) as caught:
        read(data)
    message = str(caught.value)
    assert place in message
    assert words in message
    assert not any(secret in message for secret in (*SECRETS, "100200300"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"learner_id": "nzqa"}, '"nsn", "student_id"'),
        ({"year_level": "next"}, '"current", "funding"'),
        ({"learners": "no"}, "true or false"),
        ({"attributes": {"surname": "surname"}}, 'unknown name "surname"'),
        ({"attributes": {"ors": "gender"}}, "gender twice"),
        ({"attributes": {"ors": "first_name"}}, "first_name"),
        ({"ece": {"measure": "ece_participation"}}, '"values" is missing'),
        ({"ece": {"measure": "m", "values": {}, "years": 1}}, 'unknown name "years"'),
        ({"table": "learners"}, 'unknown name "table"'),
    ],
)
def test_options_that_do_not_exist_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(**options)
    assert words in str(caught.value)


def test_columns_are_refused_as_there_are_no_headings() -> None:
    with pytest.raises(SettingsError, match="found columns"):
        sources.read(WHOLE, NAME, source=Source(NAME, "moe", {"NSN": "learner_id"}, {}))


def test_an_old_encoding_is_read_with_a_note() -> None:
    data = made(HEADER, record(p96="Canärie"), *footer(1, {}, {6: 1}))
    assert "old encoding" not in {rule for rule, *_ in told(read(data))}
    old = data.decode("utf-8").encode("cp1252")
    assert ("old encoding", "warning", 2, 1) in told(read(old))


def test_nothing_that_names_a_person_is_in_a_frame_or_a_note() -> None:
    assert all(secret.encode() in WHOLE for secret in SECRETS)  # so that the test can fail
    attributes = dict.fromkeys(["iwi", "ors", "type", "maori_level", "boarding"], "")
    found = read(
        attributes={name: name for name in attributes},
        ece={"measure": "ece_participation", "values": {"EKE": "yes"}},
    )
    texts = "\n".join([frame.to_csv() for frame in found.tables.values()] + [str(found.notes)])
    assert not any(secret in texts for secret in SECRETS)
    assert not any(number in str(found.notes) for number in ("100200300", "001"))


SETTINGS = """\
[community]
id = "t"
name = "Test"
year = 2025

[[source]]
file = "exports/0412M25.moe"
reader = "moe"
attributes = { ors = "ors" }
"""


def folder(path: Path, data: bytes = WHOLE, settings: str = SETTINGS) -> Path:
    (path / "exports").mkdir()
    (path / "exports" / "0412M25.moe").write_bytes(data)
    (path / "community.toml").write_text(settings, encoding="utf-8")
    providers = "provider_id,name,type\n0412,Pūtaringamotu School,primary\n"
    (path / "providers.csv").write_text(providers, encoding="utf-8")
    return path


def test_a_community_with_a_roll_return(tmp_path: Path) -> None:
    checked = check.tables(load.community(folder(tmp_path))).require()
    learners = checked.frames["learners"].set_index("learner_id")
    assert learners["ethnicity"].to_dict() == {
        alias("100200300"): "European/Pākehā",
        alias("100200301"): "Māori;Pacific Peoples;European/Pākehā",
        alias("1"): "",
        alias("100200302"): "European/Pākehā",
        alias("100200303"): "European/Pākehā",
    }
    assert set(learners["ors"]) == {"N"}
    enrolments = checked.frames["enrolments"]
    assert enrolments["year_level"].tolist() == [7.0] * 4
    assert enrolments["start_date"].iloc[3] == pd.Timestamp(2025, 3, 2)
    assert checked.rows.set_index("table").loc["enrolments"].tolist() == [4, 4, 0]
    assert set(checked.problems["rule"]) == {
        "footer rows",
        "learner without an id",
        "not enrolled",
        "not enrolled in the year",
    }


def test_a_footer_that_does_not_reconcile_stops_the_work(tmp_path: Path) -> None:
    data = made(HEADER, *RECORDS, *footer(60, {6: 1, 15: 1}, {6: 2}))
    with pytest.raises(DataError, match="footer does not reconcile"):
        check.tables(load.community(folder(tmp_path, data))).require()


@pytest.mark.parametrize("name", ["0412M25.moe", "learners.moe"])
def test_a_stray_roll_return_is_seen_and_not_read(tmp_path: Path, name: str) -> None:
    settings = SETTINGS.split("[[source]]")[0]
    path = folder(tmp_path, settings=settings)
    (path / name).write_bytes(WHOLE)
    (path / f".{name}").write_bytes(WHOLE)
    loaded = load.community(path)
    assert loaded.notes[["rule", "file"]].to_numpy().tolist() == [["file not read", name]]
    assert set(loaded.frames) == {"providers"}
