"""Sift the rows of a table: those that can be used, and a problem for every one that cannot.

Rows are never dropped without being counted: what comes in is what is used plus what is set aside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from colanalysis import coded
from colanalysis.checking import convert, texts
from colanalysis.terms import problems
from colanalysis.terms.schema import SPOILT, TABLES, column_name
from colanalysis.terms.settings import Community

__all__ = [
    "Known", "Notes", "at_known", "blank", "complete", "doubt", "known_measure", "sift", "typed",
]  # fmt: skip

Notes = list[dict[str, object]]

# Plausible ranges, outside which a number is more likely a shifted column than a measurement.
_RANGES: Mapping[str, tuple[float, float]] = {
    "eqi": (0, 1000),
    "roll": (0, 100_000),
    "teachers_fte": (0, 10_000),
    "latitude": (-90, 90),
    "longitude": (-180, 180),
}


@dataclass(frozen=True)
class Known:
    """What the rows of a table may refer to: the community, its providers, learners, enrolments."""

    community: Community
    providers: pd.DataFrame
    learners: pd.DataFrame
    enrolments: pd.DataFrame


def complete(rows: pd.DataFrame | None, name: str) -> pd.DataFrame:
    """Give a table all the columns it defines, in order; a column that no file has is blank.

    ``gender`` and ``ethnicity`` are groups: where no file has them there is no such group.
    """
    table = TABLES[name]
    given = pd.DataFrame() if rows is None else rows
    optional = [c for c in table.columns if c not in ("gender", "ethnicity") or c in given]
    further = [c for c in given if c not in table.columns]
    if rows is None:
        optional, further = optional + ["source_file"], ["source_row"]
        given = given.assign(source_row=pd.Series(dtype="int64"))
    blank = coded.constant("", given.index)
    columns = {c: given.get(c, blank) for c in optional}
    full = columns | {c: given[c] for c in further}
    return pd.DataFrame(full, index=given.index, copy=False).reset_index(drop=True)


def sift(rows: pd.DataFrame, *tests: tuple[str, str, pd.Series]) -> tuple[pd.DataFrame, Notes]:
    """Set aside the rows that break a rule; a row counts for the first rule that it breaks.

    A test is a rule, the column it is about and a column of true where it is broken.
    """
    kept = pd.Series(True, rows.index)
    notes: Notes = []
    for rule, column, broken in tests:
        if bool(broken.any()):
            notes += doubt(rows, rule, column, kept & broken)
            kept &= ~broken
    return (rows if bool(kept.all()) else rows[kept]), notes


def doubt(rows: pd.DataFrame, rule: str, column: str, broken: pd.Series, **words: str) -> Notes:
    """Write a problem for the rows that break a rule, and leave the rows as they are."""
    return problems.in_rows(rule, rows[broken], column, **words) if bool(broken.any()) else []


def blank(
    rows: pd.DataFrame, name: str, rule: str = "blank cell"
) -> list[tuple[str, str, pd.Series]]:
    """List tests for the required columns of a table: no cell is blank, no learner's id spoilt."""
    tests = [(rule, c.name, rows[c.name] == "") for c in TABLES[name].required]
    if "learner_id" in rows:
        tests.append(("spoilt learner id", "learner_id", rows["learner_id"] == SPOILT))
    return tests


def at_known(rows: pd.DataFrame, column: str, known: Known) -> tuple[pd.DataFrame, Notes]:
    """Rows of a provider that is not listed stand for the whole community."""
    nowhere = ~rows[column].isin(["", *known.providers["provider_id"]])
    notes = doubt(rows, "unknown provider of a row", column, nowhere)
    return rows.assign(**{column: rows[column].mask(nowhere, "")}), notes


def known_measure(rows: pd.DataFrame, known: Known) -> tuple[pd.DataFrame, Notes]:
    """Rows about a measure by its id, however that is spelt; blank where there is no such measure."""
    ids = {column_name(name): name for name in known.community.measures}
    measure = rows["measure"].map(lambda text: ids.get(column_name(text), "")).astype("str")
    strange = (measure == "") & (rows["measure"] != "")
    notes = doubt(rows, "unknown measure of a row", "measure", strange)
    return rows.assign(measure=measure), notes


def typed(rows: pd.DataFrame, name: str) -> tuple[pd.DataFrame, Notes]:
    """Turn the optional numbers, dates and year levels of a table into what they mean.

    What is not understood becomes missing, with a problem that says where.
    """
    notes: Notes = []
    columns: dict[str, pd.Series] = {}
    for column in TABLES[name].also:
        if column.kind == "number":
            values, bad = convert.numbers(rows[column.name], *_RANGES[column.name])
            rule = "not a number"
        elif column.kind == "date":
            values, bad = convert.dates(rows[column.name])
            told = {
                "date became a number": texts.day_number(rows[column.name]),
                "date with a short year": texts.short_year(rows[column.name]),
                "month before day": texts.month_first(rows[column.name]),
            }
            for rule, so in told.items():
                notes += doubt(rows, rule, column.name, bad & so)
                bad &= ~so
            rule = "not a date"
        elif column.kind == "year_level":
            values, bad = convert.year_levels(rows[column.name])
            rule = "not a year level"
        else:
            continue
        notes += doubt(rows, rule, column.name, bad)
        columns[column.name] = values
    return rows.assign(**columns), notes
