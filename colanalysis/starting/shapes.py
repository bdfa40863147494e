"""Recognise what an export is by its headings, and draft the settings of the reader that knows it.

What the module promises: only exact headings count (reference/ncea_headings.toml, aliases.toml), and
what no heading tells is a comment to fill in.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from colanalysis.reading import half_days
from colanalysis.starting import aliases
from colanalysis.terms.schema import TABLES, column_name

__all__ = ["Shape", "quoted", "recognised", "to_fill_in"]

_OF_EASTTLE = frozenset(["test_name", "date_tested", "funding_year_level", "overall_score"])
# As KAMAR's export of progress counts half-days; its justified and unjustified make up absent.
_HALF_DAYS = {
    "halfdays_year_present": "attended",
    "halfdays_year_outoftotal": "possible",
    "halfdays_year_absent": "absent",
}
_SCHOOL = '# provider_id = "?"  # the number of the school'


@dataclass(frozen=True)
class Shape:
    """Settings of a reader: its own lines, and the lines of each of its tables.

    ``part`` says what is read where one file has several shapes.
    """

    part: str
    lines: Sequence[str]
    tables: Mapping[str, Sequence[str]] = field(default_factory=dict)


def recognised(headings: Sequence[str]) -> list[Shape]:
    """List what can be read of an export with these headings (folded); [] where nothing is known.

    A table of its own comes last, and only where no other shape has taken its rows.
    """
    found = [
        shape
        for draft in (_easttle, _ncea, _half_days, _half_day_counts)
        if (shape := draft(headings)) is not None
    ]
    table = aliases.table_of(headings)
    # Of an export with another shape only its learners are left to be read.
    if table and (not found or (table == "learners" and len(aliases.drafted(headings, table)) > 1)):
        found.append(_tidy(headings, table))
    return found


def quoted(text: str) -> str:
    """Write a text as TOML does, in quotation marks on one line."""
    # JSON's text in quotation marks is TOML's, but for one character that TOML forbids bare.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def to_fill_in(lacking: Sequence[str]) -> str:
    """Write a table of what no column tells."""
    return "{ " + ", ".join(f'{ours} = "?"' for ours in lacking) + " }"


def _tidy(headings: Sequence[str], table: str) -> Shape:
    drafted = aliases.drafted(headings, table)
    lacking = aliases.lacking(drafted.values(), table)
    return Shape(
        table,
        [
            'reader = "tidy"',
            f"table = {quoted(table)}  # a row is {TABLES[table].row_is}",
            *([f"# constants = {to_fill_in(lacking)}  # what no column tells"] if lacking else []),
        ],
        {
            "columns": [
                *_mapped(drafted),
                *(f"# or: {line}" for line in _mapped(aliases.others(headings, table))),
                *(f"# perhaps: {line}" for line in _mapped(aliases.close(headings, table))),
            ]
        },
    )


def _ncea(headings: Sequence[str]) -> Shape | None:
    credits, awards = (_named(headings, part) for part in ("credits", "awards"))
    if not awards and not any(part.startswith("level") for part in credits.values()):
        return None
    who, columns = _who_and_when(headings)
    if "learner_id" not in who:
        columns = ['# "?" = "learner_id"  # export a number of the learner too', *columns]
    lines = [
        'reader = "ncea"',
        *_school_and_year(who),
        "# blank_is_zero = true  # if the export leaves a count of 0 blank",
        *(
            ["# corequisite_in_level_1 = false  # if known"]
            if "level_1" in credits.values()
            else []
        ),
    ]
    tables = {"columns": columns, "credits": _mapped(credits), "awards": _mapped(awards)}
    return Shape("ncea", lines, {name: told for name, told in tables.items() if told})


def _half_days(headings: Sequence[str]) -> Shape | None:
    who = _who(headings, "learner_id", "provider_id", "year_level", "date")
    long = {"am", "pm"} <= set(headings) and "date" in who.values()
    if "learner_id" not in who.values() or not (long or any(map(half_days.is_of_a_day, headings))):
        return None
    halves = {"am": "am", "pm": "pm"} if long else {}
    lines = [
        'reader = "half_days"',
        'measure = "attendance"',
        *([] if "provider_id" in who.values() else [_SCHOOL]),
        '# codes = { Q = "?" }  # present, justified, unjustified or not counted',
    ]
    return Shape("attendance", lines, {"columns": _mapped(who | halves)})


def _half_day_counts(headings: Sequence[str]) -> Shape | None:
    who, columns = _who_and_when(headings)
    counts = {theirs: ours for theirs, ours in _HALF_DAYS.items() if theirs in headings}
    if "learner_id" not in who or not {"attended", "possible"} <= set(counts.values()):
        return None
    lines = [
        'reader = "half_day_counts"',
        'measure = "attendance"',
        *_school_and_year(who),
    ]
    return Shape("attendance", lines, {"columns": [*columns, *_mapped(counts)]})


def _easttle(headings: Sequence[str]) -> Shape | None:
    number = next((name for name in ("nsn_id", "student_master_id") if name in headings), "")
    if not number or not set(headings) >= _OF_EASTTLE:
        return None
    test = '{ name = "Reading", column = "overall_score", measure = "easttle_reading" }'
    lines = [
        'reader = "easttle"',
        "learners = true",
        _SCHOOL,
        f"# tests = [{test}]  # one for each",
    ]
    return Shape("easttle", lines, {"columns": _mapped({number: "learner_id"})})


def _who_and_when(headings: Sequence[str]) -> tuple[list[str], list[str]]:
    """Columns of ours that say whose results these are and of when; and the lines that map them."""
    who = _who(headings, "learner_id", "provider_id", "year", "year_level")
    lines = _mapped(who)
    if "year_level" not in who.values() and "level" in headings:
        lines.append('"level" = "year_level"  # look whether it is the year level')
    return list(who.values()), lines


def _school_and_year(known: Collection[str]) -> list[str]:
    open_lines = {"provider_id": _SCHOOL, "year": "# year = 2025  # of which the results are"}
    return [line for name, line in open_lines.items() if name not in known]


def _who(headings: Sequence[str], *ours: str) -> dict[str, str]:
    drafted = aliases.drafted(headings, "observations")
    return {theirs: name for theirs, name in drafted.items() if name in ours}


def _named(headings: Sequence[str], part: str) -> dict[str, str]:
    """Map headings to what they count or award, each of these once."""
    found: dict[str, str] = {}
    for ours, names in _headings()[part].items():
        for theirs in (name for name in map(column_name, names) if headings.count(name) == 1):
            if ours not in found.values():
                found[theirs] = ours
    return found


def _mapped(columns: Mapping[str, str]) -> list[str]:
    return [f"{quoted(theirs)} = {quoted(ours)}" for theirs, ours in columns.items()]


@cache
def _headings() -> Mapping[str, Mapping[str, Sequence[str]]]:
    path = files("colanalysis") / "reference" / "ncea_headings.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
