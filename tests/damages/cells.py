"""One cell, of any column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from damages.folder import TABLES, cell, cut, row_with
from damages.registry import Damage, Told, add

# Cells: table, a row that has this, column, what is put there, the checks that tell it.
# A check that sets rows aside takes the row out; of those in BLANKS the cell counts as missing.

BLANKS = frozenset(
    ["not a number", "not a date", "not a year level", "unknown ethnicity", "date became a number",
     "date with a short year", "month before day", "unknown measure of a row",
     "unknown provider of a row", "error of a spreadsheet"]
)  # fmt: skip
_ANY: Mapping[str, str] = {}
_SHARE = {"measure": "attendance"}
_LEVEL = {"measure": "reading_judgement"}
_POINTS = {"measure": "easttle_reading"}
_STANINE = {"measure": "pat_maths_stanine"}
_OFF, _HIDDEN, _MADE_DATE = "value off the scale", "mark in place of a value", "value became a date"
_CELLS: Sequence[tuple[str, str, Mapping[str, str], str, str, tuple[str, ...]]] = [
    # ids
    ("blanks inside an id", "observations", _ANY, "learner_id", "00 014", ()),
    ("a no-break blank inside an id", "observations", _ANY, "learner_id", "\u00a000\u00a0014", ()),
    ("invisible marks inside an id", "observations", _ANY, "learner_id", "00\u200b0\u200f14\ufeff", ()),
    ("an id in wide digits", "observations", _ANY, "learner_id", "０００１４", ()),
    ("leading zeros lost", "observations", _ANY, "learner_id", "14", ()),
    ("an id turned into a rounded number", "observations", _ANY, "learner_id", "1.23E+08", ("spoilt learner id",)),
    ("an id turned into a decimal", "observations", _ANY, "learner_id", "14.0", ("spoilt learner id",)),
    ("an id with a decimal comma", "observations", _ANY, "learner_id", "14,0", ("spoilt learner id",)),
    ("a blank id", "observations", _ANY, "learner_id", "", ("blank cell",)),
    ("an id of invisible marks only", "observations", _ANY, "learner_id", "\u200b", ("blank cell",)),
    ("an id Total", "observations", _ANY, "learner_id", "Total", ("row of totals",)),
    ("an enrolment of Total", "enrolments", _ANY, "learner_id", "TOTAL", ("row of totals",)),
    ("an id that is an error", "observations", _ANY, "learner_id", "#REF!", ("unknown learner",)),
    ("an id that is a formula", "observations", _ANY, "learner_id", "=1+1", ("unknown learner",)),
    ("an id with a letter for a zero", "observations", _ANY, "learner_id", "0O014", ("unknown learner",)),
    ("an id with a sign", "observations", _ANY, "learner_id", "-00014", ("unknown learner",)),
    ("an id of nobody", "enrolments", {"year": "2021"}, "learner_id", "99999",
     ("unknown learner",)),
    ("a provider nobody knows", "observations", _ANY, "provider_id", "P66", ("unknown provider",)),
    ("a provider in small letters", "observations", _ANY, "provider_id", "p6", ("unknown provider",)),
    ("a provider with an invisible mark", "survey", _ANY, "provider_id", "P\u200b6", ("unknown provider",)),
    ("a provider with a no-break blank", "observations", _ANY, "provider_id", "P6\u00a0", ()),
    ("a blank provider of a result", "observations", _ANY, "provider_id", "", ("blank cell",)),
    ("all schools as a provider", "counts", _ANY, "provider_id", "All schools", ("row of totals",)),
    # years
    ("a year of two digits", "observations", _ANY, "year", "21", ("not a year",)),
    ("a year with a decimal", "observations", _ANY, "year", "2021.0", ("not a year",)),
    ("a year long past", "observations", _ANY, "year", "1821", ("not a year",)),
    ("a year to come", "observations", _ANY, "year", "2099", ("not a year",)),
    ("a year with a letter for a zero", "enrolments", _ANY, "year", "2O21",
     ("not a year",)),
    ("a school year", "survey", _ANY, "year", "2021/22", ("not a year",)),
    ("a date in the place of a year", "counts", _ANY, "year", "2024-01-01", ("not a year",)),
    ("a blank year", "observations", _ANY, "year", "", ("blank cell",)),
    ("a year in wide digits", "observations", _ANY, "year", "２０２１", ("not a year",)),
    # measures and values
    ("a measure nobody knows", "observations", _SHARE, "measure", "atendance", ("unknown measure",)),
    ("a measure with an invisible mark", "observations", _LEVEL, "measure", "reading\u200b judgement", ()),
    ("a measure in capitals", "observations", _LEVEL, "measure", "READING JUDGEMENT", ()),
    ("a measure in the wrong step", "observations", {"measure": "ncea_level_2"}, "year_level", "7",
     ("measure does not apply",)),
    ("a measure whose success nobody has said", "observations", _POINTS, "measure", "easttle_writing",
     ("success rule not set",)),
    ("a share as a percentage", "observations", _SHARE, "value", "91.2", (_OFF,)),
    ("a share with its percent sign", "observations", {**_SHARE, "value": "0.912"}, "value", "91.2%", ()),
    ("a decimal comma", "observations", _SHARE, "value", "0,912", (_OFF,)),
    ("a decimal comma in a stanine", "observations", _STANINE, "value", "4,0", (_OFF,)),
    ("a thousands separator", "observations", _POINTS, "value", "1,305", (_OFF,)),
    ("a blank as thousands separator", "observations", _POINTS, "value", "1 305", (_OFF,)),
    ("an underline between digits", "observations", _POINTS, "value", "1_305", (_OFF,)),
    ("a value beyond all numbers", "observations", _SHARE, "value", "1e400", (_OFF,)),
    ("an infinite value", "observations", _SHARE, "value", "inf", (_OFF,)),
    ("a value that is not a number", "observations", _SHARE, "value", "NaN", (_OFF,)),
    ("a negative value", "observations", _SHARE, "value", "-0.912", (_OFF,)),
    ("a value above the scale", "observations", _STANINE, "value", "10", (_OFF,)),
    ("a value with its unit", "observations", _POINTS, "value", "1305 aRs", (_OFF,)),
    ("a number for a level", "observations", _LEVEL, "value", "3", (_OFF,)),
    ("a word for a number", "observations", _SHARE, "value", "absent", (_OFF,)),
    ("a level spelt wrongly", "observations", _LEVEL, "value", "abbove", (_OFF,)),
    ("a level with an invisible mark", "observations", {**_LEVEL, "value": "at"}, "value", "at\u200b", ()),
    ("a level in capitals", "observations", {**_LEVEL, "value": "at"}, "value", " AT ", ()),
    ("a blank value", "observations", _SHARE, "value", "", ("blank cell",)),
    ("a value that is a blank", "observations", _SHARE, "value", "\u00a0", ("blank cell",)),
    ("an error for a value", "observations", _SHARE, "value", "#DIV/0!", (_OFF,)),
    ("a formula for a value", "observations", _SHARE, "value", "=0.9+0.01", (_OFF,)),
    ("a hexadecimal value", "observations", _SHARE, "value", "0x1", (_OFF,)),
    ("a yes in the place of a share", "observations", _SHARE, "value", "TRUE", (_OFF,)),
    ("digits of another script", "observations", _STANINE, "value", "٣", (_OFF,)),
    ("a stanine turned into a day", "observations", _STANINE, "value", "2-Mar", (_MADE_DATE,)),
    ("a stanine turned into a date", "observations", _STANINE, "value", "2025-03-02", (_MADE_DATE,)),
    ("a stanine turned into a number of days", "observations", _STANINE, "value", "45717", (_OFF,)),
    *((f"a value hidden behind {mark}", "observations", _SHARE, "value", mark, (_HIDDEN,))
      for mark in ("*", "<5", "n", "x", "c", "~", "..", "≤ 5")),
    ("a hidden answer", "survey", _ANY, "value", "*", (_HIDDEN,)),
    ("an answer off the scale", "survey", _ANY, "value", "maybe", (_OFF,)),
    ("an answer of a wrong measure", "survey", _ANY, "measure", "wellbeing_secondary_school_culture",
     ("measure does not apply",)),
    # year levels, terms
    ("year level 14", "observations", _ANY, "year_level", "14", ("not a year level",)),
    ("year level minus nought", "observations", _ANY, "year_level", "-0", ("not a year level",)),
    ("year level in words", "observations", _ANY, "year_level", "four", ("not a year level",)),
    ("year level turned into a date", "observations", _ANY, "year_level", "4-May", ("not a year level",)),
    ("two year levels in one cell", "observations", _ANY, "year_level", "4-5", ("not a year level",)),
    ("year level written out", "observations", _ANY, "year_level", "Year 4", ()),
    ("year level with its letter", "observations", _ANY, "year_level", "Y4", ()),
    ("year level with a decimal", "observations", _ANY, "year_level", "4.0", ()),
    ("year level left blank", "observations", _ANY, "year_level", "", ()),
    ("a term that is none", "observations", _ANY, "term", "7", ("unknown term",)),
    # groups
    ("an ethnicity nobody knows", "learners", _ANY, "ethnicity", "Klingon", ("unknown ethnicity",)),
    ("an ethnicity code nobody knows", "learners", _ANY, "ethnicity", "777", ("unknown ethnicity",)),
    ("commas between ethnicities", "learners", _ANY, "ethnicity", "111,211", ("unknown ethnicity",)),
    ("mojibake in an ethnicity", "learners", _ANY, "ethnicity", "MÄori", ("letters lost",)),
    ("one ethnic group by four names", "learners", {"ethnicity": "111"}, "ethnicity", "111; 121 ;European;NZ European", ()),
    ("a gender spelt in capitals", "learners", {"gender": "female"}, "gender", "FEMALE ", ("spelled in several ways",)),
    ("a gender with an invisible mark", "learners", {"gender": "female"}, "gender", "fe\u200bmale", ("spelled in several ways",)),
    ("a yes in one letter", "learners", {"ell": "yes"}, "ell", "Y", ("letter beside its word",)),
    ("an error for a gender", "learners", {"gender": "female"}, "gender", "#N/A", ("error of a spreadsheet",)),
    ("an answer of all genders", "survey", _ANY, "gender", "Total", ("row of totals",)),
    ("an answer with an error for a gender", "survey", _ANY, "gender", "#VALUE!", ("error of a spreadsheet",)),
    # enrolments
    ("an impossible day", "enrolments", _ANY, "start_date", "31/02/2018", ("not a date",)),
    ("a date in words", "enrolments", _ANY, "start_date", "last week", ("not a date",)),
    ("dots in a date", "enrolments", _ANY, "start_date", "05.02.2018", ("not a date",)),
    ("a year of two digits in a date", "enrolments", _ANY, "start_date", "05/02/18", ("date with a short year",)),
    ("a date turned into a number", "enrolments", _ANY, "start_date", "43136", ("date became a number",)),
    ("a date with a time", "enrolments", _ANY, "start_date", "2018-02-05 00:00:00", ()),
    ("a date of the year 9999", "enrolments", _ANY, "end_date", "31/12/9999", ("not a date",)),
    # counts
    ("a share for a count", "counts", _ANY, "n_success", "0.73", ("not a count",)),
    ("a percentage for a count", "counts", _ANY, "n_success", "73%", ("not a count",)),
    ("a negative count", "counts", _ANY, "n", "-41", ("not a count",)),
    ("a thousands separator in a count", "counts", _ANY, "n", "1,041", ("not a count",)),
    ("a count hidden otherwise", "counts", _ANY, "n_success", "<5", ("not a count",)),
    ("more successes than learners", "counts", _ANY, "n_success", "42", ("more successes than learners",)),
    ("a count of an unknown group", "counts", _ANY, "ethnicity", "Klingon", ("count of an unknown group",)),
    ("a count of a group not stated", "counts", _ANY, "ethnicity", "999", ("count of an unknown group",)),
    ("an error for a group that is counted", "counts", _ANY, "ethnicity", "#REF!", ("count of an unknown group",)),
    ("a count of an unknown measure", "counts", _ANY, "measure", "reeding", ("unknown measure",)),
    ("a blank count", "counts", _ANY, "n", "", ("blank cell",)),
    # claims and resources
    ("a claim in no direction", "local_knowledge", _ANY, "direction", "sideways", ("unknown direction",)),
    ("a claim without words", "local_knowledge", _ANY, "claim", "", ("blank cell",)),
    ("a claim about an unknown measure", "local_knowledge", _LEVEL, "measure", "reeding", ("unknown measure of a row",)),
    ("a claim of an unknown school", "local_knowledge", {"provider_id": "P3"}, "provider_id", "P33", ("unknown provider of a row",)),
    ("a claim on no day", "local_knowledge", _ANY, "date", "30/02/2025", ("not a date",)),
    ("a rule by the head", "resource_rules", _ANY, "per", "head", ("unknown side of a rule",)),
    ("a rule up to about a roll", "resource_rules", _ANY, "roll_to", "about 149", ("limit of a rule",)),
    ("a rule until a short year", "resource_rules", _ANY, "to_year", "27", ("limit of a rule",)),
    ("a role everywhere", "leadership", _ANY, "scope", "everywhere", ("unknown scope of a role",)),
    ("an amount with its unit", "resources", _ANY, "amount", "30 hours", ("amount is not a number",)),
    ("an amount beyond all numbers", "resources", _ANY, "amount", "1e99999", ("amount is not a number",)),
    ("an amount in digits of another script", "resources", _ANY, "amount", "٣٠", ("amount is not a number",)),
    ("a resource of an unknown school", "resources", {"generated_by": "S1"}, "generated_by", "S11", ("unknown provider of a row",)),
    # providers
    ("a provider without a name", "providers", _ANY, "name", "", ("blank provider",)),
    ("a provider of an unknown type", "providers", {"provider_id": "P6"}, "type", "school", ("unknown provider type",)),
    ("a provider listed twice", "providers", {"provider_id": "I1"}, "provider_id", "P6", ("duplicate provider",)),
    ("a member that may be", "providers", {"provider_id": "P6"}, "member", "perhaps", ("not yes or no",)),
    ("a latitude that is none", "providers", {"provider_id": "P6"}, "latitude", "400", ("not a number",)),
    ("an index that is a word", "providers", {"provider_id": "P6"}, "eqi", "n/a", ("not a number",)),
    ("an error for a roll", "providers", {"provider_id": "P6"}, "roll", "#NAME?", ("not a number",)),
    ("a provider whose name is a formula", "providers", {"provider_id": "P6"}, "name", "=1+1", ()),
    ("a provider whose name runs from the right", "providers", {"provider_id": "P6"}, "name", "\u202eloohcS", ()),
]  # fmt: skip
# What is said of other rows because one is lost, or of a row beside the check that is meant.
_FOLLOWS = frozenset(
    ["not enrolled", "gap between enrolments", "result without an enrolment", "unknown provider",
     "unknown provider of a row", "unknown learner", "year level not of its provider",
     "no providers"]
)  # fmt: skip
_TOLD_OF = {"measure does not apply": "year_level", "more successes than learners": "n_success"}
# What is doubtful and yet known is used as it stands.
_AS_WRITTEN = frozenset(["letters lost", "letter beside its word"])
_OF_THE_FILE = frozenset(["success rule not set"])


# What the rows of every other table refer to.
_PEOPLE = ("providers", "learners", "enrolments")


def _cell(name: str, table: str, row: int, where: str, new: str, checks: tuple[str, ...]) -> Damage:
    # A folder without the tables that have nothing to do with it is tried in half the time.
    others = [one for one in (*TABLES, "counts") if one not in (*_PEOPLE, table)]
    lost = () if table in _PEOPLE else tuple(others)

    def do(folder: Path) -> None:
        for other in lost:
            (folder / f"{other}.csv").unlink()
        cell(folder, table, row, where, new)

    return Damage(
        name,
        do,
        told=tuple(
            Told(
                check,
                f"{table}.csv",
                () if check in _OF_THE_FILE else (row,),
                _TOLD_OF.get(check, where),
            )
            for check in checks
        ),
        follows=_FOLLOWS if checks else frozenset(),
        lost=lost,
        as_written=bool(checks) and _AS_WRITTEN.issuperset(checks),
    )


for _name, _table, _having, _where, _new, _checks in _CELLS:
    add(_cell(_name, _table, row_with(cut()[_table], _having), _where, _new, _checks))
