"""A spreadsheet of NCEA gives what is held, told by the export or worked out by the rule of the year."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from aliases import alias
from hypothesis import given
from hypothesis import strategies as st

from colanalysis import check, load
from colanalysis.errors import SettingsError
from colanalysis.reading import awards, sources
from colanalysis.reading.grid import Read
from colanalysis.terms import catalogue
from colanalysis.terms.settings import Source

# The headings of KAMAR's export of progress, of attendance and credits: titles, and no data.
_OF_LEVEL_3 = [
    "Not Achieved", "Achieved", "Merit", "Excellence", "Total Achieved", "Total Attempted",
    "Total + Enrolled", "Remaining",
]  # fmt: skip
_LITERACIES = ["AS", "US", "UE Reading", "UE Writing", "UE Both"]
PROGRESS = [
    "StudentID", "Last Name", "First Name", "Gender", "Date of Birth", "Level", "Tutor",
    "Ethnicity", "HalfDays Year Absent", "HalfDays Year Justified", "HalfDays Year OutOfTotal",
    "HalfDays Year Percentage", "HalfDays Year Present", "HalfDays Year Unjustified",
    "Level 2 Credits Cross-Credited", "Level 2 Credits Available for Cross-Credit",
    *(f"{kind}Level 3 Credits {what}" for kind in ("", "Internal ", "External ")
      for what in _OF_LEVEL_3),
    *(f"Literacy {way} {what}" for way in _LITERACIES
      for what in ("Earned", "Enrolled", "Remaining")),
    "Numeracy AS Earned", "Numeracy AS Remaining", "Numeracy AS Enrolled", "Numeracy US Earned",
    "Numeracy US Enrolled", "Numeracy US Remaining", "Credits Estimated",
]  # fmt: skip
SUBJECTS = [
    "First Name", "Last Name", "Year Level", "Ethnicity 1", "Literacy", "Numeracy", "L1 Total",
    "L1 Attempted", "L1 Enrolled", "Internal", "External", "Attendance",
    *(title for number in range(1, 16) for title in (f"Subject {number}", "Credits")),
]  # fmt: skip
SECRETS = ("Kererūtanga", "Pōhutukawa", "31/12/2007")

KAMAR = {
    "Level 3 Credits Total Achieved": "level_3",
    "Level 2 Credits Cross-Credited": "cross_credited_2",
    "Literacy AS Earned": "literacy_standards",
    "Literacy US Earned": "literacy",
    "Numeracy AS Earned": "numeracy_standards",
    "Numeracy US Earned": "numeracy",
}
WHO = {"StudentID": "learner_id", "Level": "year_level"}
OF = {"provider_id": "S1", "year": 2025}


def export(headings: Sequence[str], *rows: Mapping[str, str]) -> bytes:
    """A made-up export: cells that a row does not name are blank."""
    out = io.StringIO()
    secrets = dict(zip(("First Name", "Last Name", "Date of Birth"), SECRETS, strict=True))
    csv.writer(out).writerow(headings)
    csv.writer(out).writerows(
        [{**secrets, **row}.get(name, "") for name in headings] for row in rows
    )
    return out.getvalue().encode("utf-8")


def learner(
    number: str, total: str, literacy: str = "", numeracy: str = "", **more: str
) -> dict[str, str]:
    """A made-up learner of Year 13 with credits of Level 3 and of the co-requisite."""
    return {
        "StudentID": number,
        "Level": "13",
        "Level 3 Credits Total Achieved": total,
        "Literacy US Earned": literacy,
        "Numeracy US Earned": numeracy,
        **{name.replace("_", " "): text for name, text in more.items()},
    }


def read(data: bytes, columns: Mapping[str, str] = WHO, **options: Any) -> Read:
    source = Source("n.csv", "ncea", dict(columns), {**OF, **options})
    return sources.read(data, "n.csv", source=source)


def told(found: Read) -> list[tuple[object, ...]]:
    return [(one["rule"], one["row"], one["column"], one["count"]) for one in found.notes]


def results(found: Read, measure: str) -> dict[str, str]:
    rows = found.tables["observations"]
    rows = rows[rows["measure"] == measure]
    return dict(zip(rows["learner_id"], rows["value"], strict=True))


# --- KAMAR's exports


def test_credits_of_a_progress_export_are_held_against_the_rule_of_the_year() -> None:
    assert len(PROGRESS) == 62
    data = export(
        PROGRESS,
        learner("0001", "60.0", "10", "10"),
        learner("0002", "59", "10", "10"),
        learner("0003", "75", Literacy_AS_Earned="10", Numeracy_AS_Earned="12"),
        learner("0004", "80", "5", "10", Literacy_AS_Earned="5"),
        learner("0005", "80", "10", "9", Numeracy_AS_Earned="0", Literacy_AS_Earned="0"),
        learner("0006", "", "10", "10"),
        learner("0007", "6O", "10", "10"),
    )
    found = read(data, credits=KAMAR)
    # By hand: 4 may or may not add five credits to five; 6 tells no Level 3; 7 is no number.
    assert results(found, "ncea_level_3") == {
        "0001": "yes", "0002": "no", "0003": "yes", "0005": "no"
    }  # fmt: skip
    assert results(found, "ncea_corequisite") == {
        "0001": "yes", "0002": "yes", "0003": "yes", "0005": "no", "0006": "yes"
    }  # fmt: skip
    assert told(found) == [
        ("NCEA entry not understood", 8, "Level 3 Credits Total Achieved", 1),
        ("NCEA award worked out", None, "ncea_level_3", 4),
        ("NCEA award not certain", 5, "ncea_level_3", 1),
        ("NCEA award not certain", 7, "ncea_level_3", 1),
        ("NCEA award worked out", None, "ncea_corequisite", 5),
        ("NCEA award not certain", 5, "ncea_corequisite", 1),
    ]
    rows = found.tables["observations"]
    assert set(rows["provider_id"]) == {"S1"}
    assert set(rows["year"]) == {"2025"}
    assert set(rows["year_level"]) == {"13"}
    assert rows["source_row"].tolist()[:4] == [2, 3, 4, 6]


def test_an_export_of_subjects_with_a_repeated_heading() -> None:
    number = [*SUBJECTS, "NSN"]
    assert SUBJECTS.count("Credits") == 15
    data = export(
        number,
        {"NSN": "0101", "Year Level": "11", "L1 Total": "80", "Literacy": "10", "Numeracy": "10"},
        {"NSN": "0102", "Year Level": "11", "L1 Total": "79", "Literacy": "10", "Numeracy": "10"},
        {"NSN": "0103", "Year Level": "11", "L1 Total": "59", "Literacy": "10", "Numeracy": "10"},
    )
    of = {"L1 Total": "level_1", "Literacy": "literacy_standards", "Numeracy": "numeracy_standards"}
    columns = {"NSN": "learner_id", "Year Level": "year_level"}
    found = read(data, columns, credits=of)
    # Of 79 credits, 20 may be those of the co-requisite, and then there are 59.
    assert results(found, "ncea_level_1") == {"0101": "yes", "0103": "no"}
    assert ("shared heading", 1, "14, 16, 18 and 12 more", 1) in told(found)
    # Without a number nobody's results can be joined, and a name is never taken for one.
    with pytest.raises(SettingsError, match="nothing is mapped to learner_id"):
        read(export(SUBJECTS), {"Year Level": "year_level"}, credits=of)


def test_the_percentage_of_a_progress_export_is_read_as_it_stands() -> None:
    data = export(
        PROGRESS,
        {"StudentID": "0001", "HalfDays Year Percentage": "93.5%"},
        {"StudentID": "0002", "HalfDays Year Percentage": "0.8"},
    )
    options = {
        "table": "observations",
        "constants": {"provider_id": "S1", "year": 2025, "measure": "attendance"},
    }
    columns = {**WHO, "HalfDays Year Percentage": "value"}
    rows = sources.read(data, "n.csv", source=Source("n.csv", "tidy", columns, options))
    assert rows.tables["observations"]["value"].tolist() == ["93.5%", "0.8"]


COUNTS = {
    "HalfDays Year Present": "attended",
    "HalfDays Year OutOfTotal": "possible",
    "HalfDays Year Absent": "absent",
}


def half_days(number: str, attended: str, possible: str, absent: str) -> dict[str, str]:
    counts = dict(zip(COUNTS, (attended, possible, absent), strict=True))
    return {"StudentID": number, "Level": "13", **counts}


def counted(data: bytes, columns: Mapping[str, str] = WHO | COUNTS, **options: Any) -> Read:
    chosen = {**OF, "measure": "attendance", **options}
    source = Source("n.csv", "half_day_counts", dict(columns), chosen)
    return sources.read(data, "n.csv", source=source)


def test_the_half_days_of_a_progress_export_are_a_share() -> None:
    data = export(
        PROGRESS,
        half_days("0001", "374.0", "400.0", "26"),
        half_days("0002", "30", "30", "0"),
        half_days("0003", "29", "29", "0"),
        half_days("0004", "300", "400", "99"),
        half_days("0005", "", "400", ""),
        half_days("0006", "374.5", "400.0", "25.5"),
        half_days("0007", "401", "400", "-1"),
        half_days("0008", "0", "0", "0"),
    )
    found = counted(data)
    # 374 of 400; the rest is whole, too few, does not add up, is no number, or is more than all.
    assert results(found, "attendance") == {"0001": "0.935", "0002": "1.0"}
    unclear = [("half-day counts not understood", row, "", 1) for row in (5, 6, 7, 8)]
    assert told(found) == [*unclear, ("too few half-days", None, "", 2)]
    assert set(found.tables["observations"]["year"]) == {"2025"}
    # Without the absences nothing has to add up.
    columns = {name: ours for name, ours in (WHO | COUNTS).items() if ours != "absent"}
    assert results(counted(data, columns, fewest=401), "attendance") == {}
    assert results(counted(data, columns), "attendance") == {
        "0001": "0.935", "0002": "1.0", "0004": "0.75"
    }  # fmt: skip
    by_term = counted(data, term="3")
    assert set(by_term.tables["observations"]["term"]) == {"3"}
    assert "in the term" in str(by_term.notes[-1]["expected"])


@pytest.mark.parametrize("ours", ["learner_id", "attended", "possible"])
def test_half_days_without_a_column_that_is_needed(ours: str) -> None:
    columns = {theirs: name for theirs, name in (WHO | COUNTS).items() if name != ours}
    with pytest.raises(SettingsError, match=f"nothing is mapped to {ours}"):
        counted(export(PROGRESS), columns)
    with pytest.raises(SettingsError, match="unknown name"):
        counted(export(PROGRESS), WHO | COUNTS | {"Tutor": "value"})


@pytest.mark.parametrize("headings", [PROGRESS, SUBJECTS])
def test_names_stay_in_the_file(headings: list[str]) -> None:
    data = export([*headings, "NSN"], {"NSN": "0101", "L1 Total": "20"} | learner("1", "60"))
    of = {"L1 Total": "level_1"} if headings is SUBJECTS else KAMAR
    found = read(data, {"NSN": "learner_id"}, credits=of, blank_is_zero=True)
    text = str(found.tables["observations"].to_dict()) + str(found.notes)
    assert len(found.tables["observations"]) > 0
    assert not any(secret in text for secret in SECRETS)


# --- the rule of the year


def one(year: int, included: bool | None = None, **credits: str) -> dict[str, str]:
    """The values of each measure for one learner with these credits."""
    data = export(["NSN", *credits], {"NSN": "7", **credits})
    options = {} if included is None else {"corequisite_in_level_1": included}
    of = {name: name for name in credits}
    found = read(data, {"NSN": "learner_id"}, credits=of, year=year, **options)
    rows = found.tables["observations"]
    return dict(zip(rows["measure"].str.removeprefix("ncea_"), rows["value"], strict=True))


BOTH = {"literacy": "10", "numeracy": "10"}
BY_STANDARDS = {"literacy_standards": "10", "numeracy_standards": "10"}


@pytest.mark.parametrize(
    ("year", "credits", "expected"),
    [
        (2023, {"level_1": "80", **BOTH}, "yes"),
        (2023, {"level_1": "79", **BOTH}, "no"),
        (2023, {"level_1": "80", **BY_STANDARDS}, "yes"),
        (2023, {"level_1": "70", "level_2": "10", **BOTH}, "yes"),
        (2023, {"level_1": "70", "level_2": "9", **BOTH}, "no"),
        (2023, {"level_1": "70", "level_2": "", **BOTH}, None),
        # of the credits at Level 1, 20 may be those of the co-requisite
        (2024, {"level_1": "80", **BOTH}, "yes"),
        (2024, {"level_1": "79", **BOTH}, None),
        (2024, {"level_1": "60", **BOTH}, None),
        (2024, {"level_1": "59", **BOTH}, "no"),
        (2024, {"level_1": "90", "literacy": "9", "numeracy": "10"}, "no"),
        (2024, {"level_1": "90", "literacy": "10", "numeracy": ""}, None),
        (2024, {"level_1": "60"}, None),
        (2024, {"level_1": "59"}, "no"),
        (2024, {"level_1": "80", **BY_STANDARDS}, "yes"),
        (2024, {"level_1": "79", **BY_STANDARDS}, None),
        (2024, {"level_1": "60", **BY_STANDARDS}, None),
        (2024, {"level_1": "59", **BY_STANDARDS}, "no"),
        (2024, {"level_1": "80", "literacy": "10", "numeracy_standards": "10"}, "yes"),
        (2024, {"level_1": "79", "literacy": "10", "numeracy_standards": "10"}, None),
        (2019, {"level_1": "80", **BOTH}, "yes"),
        (2019, {"level_1": "70", **BOTH}, "no"),
        # in these years NZQA added credits afterwards
        (2020, {"level_1": "80", **BOTH}, None),
        (2022, {"level_1": "10", **BOTH}, None),
        (2017, {"level_1": "80", **BOTH}, None),
        (2028, {"level_1": "80", **BOTH}, None),
    ],
)
def test_level_1(year: int, credits: dict[str, str], expected: str | None) -> None:
    assert one(year, **credits).get("level_1") == expected


@pytest.mark.parametrize(
    ("included", "credits", "expected"),
    [
        (False, {"level_1": "60", **BOTH}, "yes"),
        (False, {"level_1": "59", **BOTH}, "no"),
        (False, {"level_1": "60", **BY_STANDARDS}, None),
        (False, {"level_1": "70", "literacy": "10", "numeracy_standards": "10"}, "yes"),
        (False, {"level_1": "69", "literacy": "10", "numeracy_standards": "10"}, None),
        (True, {"level_1": "80", **BOTH}, "yes"),
        (True, {"level_1": "79", **BOTH}, "no"),
        (True, {"level_1": "70", "literacy": "10", "numeracy_standards": "10"}, None),
        (True, {"level_1": "69", "literacy": "10", "numeracy_standards": "10"}, "no"),
    ],
)
def test_level_1_where_the_school_says_what_its_credits_hold(
    included: bool, credits: dict[str, str], expected: str | None
) -> None:
    assert one(2024, included, **credits).get("level_1") == expected
    assert one(2023, included, **(credits | {"level_1": "80"}))["level_1"] == "yes"


@pytest.mark.parametrize(("level", "below"), [("level_2", "1"), ("level_3", "2")])
def test_levels_2_and_3(level: str, below: str) -> None:
    carried = f"cross_credited_{below}"
    assert one(2023, **{level: "60", carried: "20", **BOTH})[level] == "yes"
    assert one(2023, **{level: "60", carried: "19", **BOTH})[level] == "no"
    assert one(2023, **{level: "59", carried: "30", **BOTH})[level] == "no"
    assert one(2023, **{level: "80", **BOTH})[level] == "yes"
    # nobody told how many credits of the level below there are
    assert level not in one(2023, **{level: "79", **BOTH})
    assert level not in one(2023, **{level: "60", carried: "", **BOTH})
    assert level not in one(2021, **{level: "90", carried: "20", **BOTH})
    assert one(2024, **{level: "60", **BOTH})[level] == "yes"
    assert one(2024, **{level: "60", **BY_STANDARDS})[level] == "yes"
    assert one(2024, **{level: "59", carried: "60", **BOTH})[level] == "no"


def test_the_corequisite_is_of_2024_and_university_entrance_is_never_worked_out() -> None:
    assert one(2024, **BOTH) == {"corequisite": "yes"}
    assert one(2024, **BY_STANDARDS) == {"corequisite": "yes"}
    assert one(2024, literacy="10", numeracy="9") == {"corequisite": "no"}
    assert one(2024, literacy="10") == {}
    assert one(2023, **BOTH) == {}
    assert set(one(2025, level_1="90", level_2="90", level_3="90", **BOTH)) == {
        "level_1", "level_2", "level_3", "corequisite"
    }  # fmt: skip


COUNT = st.integers(0, 90)
SMALL = st.integers(0, 12)


@given(
    st.sampled_from((2018, 2019, *range(2023, 2028))),
    st.sampled_from((1, 2, 3)),
    COUNT,
    st.none() | st.integers(0, 30),
    st.tuples(SMALL, SMALL, SMALL, SMALL),
    st.sampled_from((None, True, False)),
)
def test_an_award_is_told_only_where_every_truth_agrees(
    year: int,
    level: int,
    credits: int,
    below: int | None,
    ways: tuple[int, int, int, int],
    included: bool | None,
) -> None:
    counts = {f"level_{level}": credits}
    counts |= {} if below is None or level == 1 else {f"cross_credited_{level - 1}": below}
    names = ("literacy", "literacy_standards", "numeracy", "numeracy_standards")
    counts |= dict(zip(names, ways, strict=True))
    found = one(year, included, **{name: str(count) for name, count in counts.items()})

    def held(carried: int, used: int, literacy: int, numeracy: int) -> bool:
        enough = credits - used >= (80 if level == 1 and year < 2024 else 60)
        whole = year >= 2024 or level == 1 or credits + carried >= 80
        return enough and whole and literacy >= 10 and numeracy >= 10

    apart = year >= 2024 and level == 1
    of_standards = sum(10 for own in (ways[0], ways[2]) if own < 10)
    of_their_own = {None: (0, ways[0] + ways[2]), True: (ways[0] + ways[2],), False: (0,)}
    used = {s + own for s in (0, of_standards) for own in of_their_own[included]} if apart else {0}
    truths = {
        held(carried, use, literacy, numeracy)
        for carried, use, literacy, numeracy in itertools.product(
            (0, 80) if f"cross_credited_{level - 1}" not in counts else (below or 0,),
            used,
            (max(ways[:2]), sum(ways[:2])),
            (max(ways[2:]), sum(ways[2:])),
        )
    }
    expected = {(True,): "yes", (False,): "no"}.get(tuple(truths))
    assert found.get(f"level_{level}") == expected


def test_the_table_of_rules_is_whole() -> None:
    path = resources.files("colanalysis") / "reference" / "ncea_rules.csv"
    rules = pd.read_csv(io.StringIO(path.read_text(encoding="utf-8")), keep_default_na=False)
    measures = catalogue.measures()
    for measure, rows in rules.groupby("measure"):
        assert measures[str(measure)].scale == "yes/no"
        years = [y for row in rows.itertuples() for y in range(row.from_year, row.until_year + 1)]
        assert len(years) == len(set(years))
        before = () if measure == "ncea_corequisite" else (2018, 2019, 2023)
        assert years == [*before, *range(2024, 2028)]
    assert (rules["source"].str.len() > 20).all()
    assert set(rules["apart"]) == {"yes", "no"}
    assert awards.rule_of("university_entrance", 2025) is None


# --- awards that the export tells


def test_an_award_that_is_told_is_believed() -> None:
    headings = ["NSN", "Yr", "L2", "UE", "Level 2 Credits"]
    cells = [
        ["1", "2024", "Achieved", "Y", "0"],
        ["2", "2024", "MERIT", "no", "90"],
        ["3", "2025", "Not achieved", "", "90"],
        ["4", "2025", "", "12", "90"],
        ["5", "2025", "pending", "Kei a ia", "90"],
    ]
    data = export(headings, *(dict(zip(headings, row, strict=True)) for row in cells))
    source = Source(
        "n.csv",
        "ncea",
        {"NSN": "learner_id", "Yr": "year"},
        {
            "provider_id": "S1",
            "awards": {"L2": "ncea_level_2", "UE": "university_entrance"},
            "credits": {"Level 2 Credits": "level_2"},
            "values": {"KEI A IA": "yes"},
        },
    )
    found = sources.read(data, "n.csv", source=source)
    assert results(found, "ncea_level_2") == {"1": "yes", "2": "yes", "3": "no"}
    assert results(found, "university_entrance") == {"1": "yes", "2": "no", "5": "yes"}
    assert told(found) == [
        ("result without a value", None, "L2", 1),
        ("NCEA entry not understood", 6, "L2", 1),
        ("result without a value", None, "UE", 1),
        ("NCEA entry not understood", 5, "UE", 1),
    ]
    assert "pending" not in str(found.notes)


def test_blanks_are_zero_only_where_somebody_says_so() -> None:
    data = export(PROGRESS, learner("1", "60", "10", ""), learner("2", "", "", ""))
    found = read(data, credits=KAMAR, blank_is_zero=True)
    assert results(found, "ncea_level_3") == {"1": "no", "2": "no"}
    found = read(data, credits=KAMAR)
    assert results(found, "ncea_level_3") == {}


def test_rows_of_years_without_a_rule_are_counted() -> None:
    data = export(["NSN", "Year", "L1", "Lit", "Num"],
                  {"NSN": "1", "Year": "2016", "L1": "80", "Lit": "10", "Num": "10"},
                  {"NSN": "2", "Year": "2O24", "L1": "80", "Lit": "10", "Num": "10"},
                  {"NSN": "3", "Year": "2024", "L1": "80", "Lit": "10", "Num": "10"})  # fmt: skip
    source = Source("n.csv", "ncea", {"NSN": "learner_id", "Year": "year"}, {
        "provider_id": "S1",
        "credits": {"L1": "level_1", "Lit": "literacy", "Num": "numeracy"},
    })  # fmt: skip
    found = sources.read(data, "n.csv", source=source)
    assert results(found, "ncea_level_1") == {"3": "yes"}
    assert ("no NCEA rule for the year", None, "ncea_level_1", 2) in told(found)


@pytest.mark.parametrize(
    ("columns", "options", "said"),
    [
        (WHO, {}, "neither awards nor credits"),
        ({"Level": "year_level"}, {"credits": KAMAR}, "nothing is mapped to learner_id"),
        (WHO | {"Tutor": "term"}, {"credits": KAMAR}, "unknown name \"term\""),
        (WHO | {"Tutor": "year"}, {"credits": KAMAR}, "found year twice"),
        (WHO, {"credits": {"Tutor": "level_4"}}, "a table of theirs = one of: level_1"),
        (WHO, {"credits": {"Tutor": "level_1", "Level": "level_1"}}, "found level_1 twice"),
        (WHO, {"credits": {"Level 3 Credits": "level_3"}}, "no column \"Level 3 Credits\""),
        (WHO, {"awards": {"Last Name": "ncea_level_1"}}, "found \"Last Name\""),
        (WHO, {"credits": KAMAR, "values": {"x": "maybe"}}, "with yes and no"),
        (WHO, {"credits": KAMAR, "provider_id": ""}, "not empty"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_followed(
    columns: dict[str, str], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(SettingsError) as found:
        read(export(PROGRESS, learner("1", "60")), columns, **options)
    assert said in str(found.value)


# --- a whole community

COMMUNITY = """\
[community]
id = "t"
name = "Test"

[profile.kamar_ncea]
reader = "ncea"
columns = { "StudentID" = "learner_id", "Level" = "year_level" }
[profile.kamar_ncea.credits]
"Level 3 Credits Total Achieved" = "level_3"
"Literacy US Earned" = "literacy"
"Numeracy US Earned" = "numeracy"

[[source]]
file = "exports/ncea.xlsx"
profile = "kamar_ncea"
provider_id = "S1"
year = 2025
"""


def test_a_workbook_through_a_profile_to_checked_results(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "community.toml").write_text(COMMUNITY, encoding="utf-8")
    (tmp_path / "providers.csv").write_text(
        "provider_id,name,type\nS1,Te Kura,secondary\n", encoding="utf-8"
    )
    (tmp_path / "enrolments.csv").write_text(
        "learner_id,provider_id,year,year_level\n0100200300,S1,2025,13\n0100200301,S1,2025,13\n",
        encoding="utf-8",
    )
    rows = pd.DataFrame(
        [learner("0100200300", "72", "10", "10"), learner("0100200301", "31", "10", "10")],
        dtype="str",
    )
    rows = rows.reindex(columns=PROGRESS, fill_value="")
    rows["Level 3 Credits Total Achieved"] = [72.0, 31.0]
    rows.to_excel(tmp_path / "exports" / "ncea.xlsx", index=False)
    checked = check.tables(load.community(tmp_path)).require()
    observations = checked.frames["observations"]
    level_3 = observations[observations["measure"] == "ncea_level_3"]
    assert dict(zip(level_3["learner_id"], level_3["value"], strict=True)) == {
        alias("100200300"): "yes",
        alias("100200301"): "no",
    }
    assert "NCEA award worked out" in set(checked.problems["rule"])
