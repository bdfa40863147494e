"""Read the tabular report of e-asTTle: a line that says what it is, then a section for each test.

A section has its own headings, a row for each learner and a row of averages. Names stay in the file:
only the columns that are named here or in the settings are taken.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from colanalysis import coded
from colanalysis.errors import DataError
from colanalysis.reading.attended import same_learner
from colanalysis.reading.dates import TERMS, day_of, refuse_month_first, term_of
from colanalysis.reading.grid import Grid, Read, from_records
from colanalysis.reading.mapping import targets, where, wrong
from colanalysis.reading.read import decode
from colanalysis.terms import keys
from colanalysis.terms.keys import Kind
from colanalysis.terms.labels import plain
from colanalysis.terms.problems import note
from colanalysis.terms.schema import column_name
from colanalysis.terms.settings import Source

__all__ = ["OPTIONS", "headings", "read"]

Notes = list[dict[str, object]]

_BANNER = "e-asTTle Tabular Report"
_IDS = ("NSN ID", "Student Master ID")
_NEEDED = ("test_name", "date_tested", "funding_year_level", "gender", "ethnicity")
_NOTHING = ("", "-")
# What a column of results is called; all others say who, where or when.
_RESULT = re.compile(r"attitude\w*|\w+_score|(?!\w*year_level$)\w+_level")


_KINDS: Mapping[str, Kind] = {
    "provider_id": keys.WORDS,
    "measures": keys.TEXT_TABLE,
    "tests": keys.TABLES,
    "learners": keys.FLAG,
    "terms": TERMS,
}
_TEST = dict.fromkeys(("name", "column", "measure"), keys.WORDS)
OPTIONS = tuple(_KINDS)


def read(data: bytes, file: str, source: Source) -> Read:
    """Turn a tabular report into results, and into learners where the settings ask for them.

    Raises DataError when the file is not such a report or a row has lost a field; SettingsError when
    the source does not say which column is the learner's id or a measure's score.
    """
    chosen = keys.read(source.options, _KINDS, where=where(source), required=("provider_id",))
    key, wanted = _id(source), _wanted(source, chosen)
    text, notes = decode(data, file)
    sections, averages = _sections(text, file)
    if averages:
        notes.append(note("averages", file, row=averages[0], count=len(averages)))
    results: list[pd.DataFrame] = []
    people: list[pd.DataFrame] = []
    for grid in sections:
        rows = _rows(grid, key, chosen)
        found, taken, more = _results(grid, rows, wanted, source)
        results += found
        people.append(rows[taken])
        notes += [*grid.notes, *more]
    _refuse_unknown(sections, wanted, source)
    whole = pd.concat(people, ignore_index=True)
    if "measures" in chosen and whole["test"].nunique() > 1:
        notes.append(note("several tests, one measure", file, count=whole["test"].nunique()))
    tables = {"observations": _observations(results, whole)}
    if chosen.get("learners", False):
        tables["learners"], more = _learners(whole, file)
        notes += more
    return Read(tables, notes)


def headings(data: bytes, file: str) -> list[str]:
    """List the headings (folded) of the tests of a report, each once; [] where it is no report.

    Raises DataError where a report is damaged.
    """
    begins = data[: len(_BANNER) * 2].decode("utf-8-sig", errors="ignore")
    if not plain(begins).startswith(plain(_BANNER)):
        return []
    sections, _ = _sections(decode(data, file)[0], file)
    return list(dict.fromkeys(name for grid in sections for name in grid.headings if name))


def _id(source: Source) -> str:
    """Find out which of the two ids of the report is the learner's id."""
    mapped = targets(source, "columns", source.columns, table="observations")
    for ours in mapped:
        if ours != "learner_id":
            raise keys.unknown(ours, ("learner_id",), where=where(source, "columns"))
    theirs = column_name(mapped.get("learner_id", ""))
    if theirs not in map(column_name, _IDS):
        found = "nothing is mapped to learner_id" if not theirs else "found another column"
        raise wrong(source, "columns", found, f"{' or '.join(_IDS)} as learner_id")
    return theirs


def _wanted(source: Source, chosen: Mapping[str, Any]) -> list[dict[str, str]]:
    """List which column of which tests is which measure; a name of "" is part of every test's."""
    if ("measures" in chosen) == ("tests" in chosen):
        raise wrong(source, "", "found both or neither of measures and tests", "one of them")
    if "measures" in chosen:
        mapped = targets(source, "measures", chosen["measures"], table="observations")
        wanted = [{"name": "", "column": one, "measure": ours} for ours, one in mapped.items()]
    else:
        place = where(source, "tests")
        wanted = [keys.read(one, _TEST, where=place, required=_TEST) for one in chosen["tests"]]
    for one in wanted:
        if not _RESULT.fullmatch(column_name(one["column"])):
            raise wrong(source, "", f'found "{one["column"]}"', "a column of scores or levels")
    return wanted


def _sections(text: str, file: str) -> tuple[list[Grid], list[int]]:
    """The sections of the report, and the rows of averages, which are no learner's."""
    opened: list[tuple[list[int], list[list[str]]]] = []
    averages: list[int] = []
    begun = False
    for row, record in _records(text, file):
        lead = next(cell.strip() for cell in record if cell.strip())
        if plain(lead).startswith(plain(_BANNER)):
            begun = True
        elif not begun:
            raise DataError(
                "found another kind of file",
                where=f"{file}, row {row}",
                expected=f"a first line that begins with {_BANNER}",
                remedy="Save the tabular report as CSV, and leave its first line as it is.",
            )
        elif plain(lead).startswith("averages"):
            averages.append(row)
        elif {"test_name", "date_tested"} <= set(map(column_name, record)):
            opened.append(([row], [record]))
        else:
            _refuse_width(record, opened, file, row)
            opened[-1][0].append(row)
            opened[-1][1].append(record)
    if not opened:
        raise DataError(
            "found no test",
            where=file,
            expected="a row of headings for each test, with Test Name and Date Tested",
            remedy="Make the report again with at least one test.",
        )
    grids = [
        from_records(file, rows, [cell for record in records for cell in record], [])
        for rows, records in opened
    ]
    for grid in grids:
        _refuse_headings(grid)
    return grids, averages


def _records(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """Records that are not blank, each with its row as a spreadsheet shows it."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    row = 0
    try:
        for row, record in enumerate(reader, 1):
            if any(cell.strip() for cell in record):
                yield row, record
    except csv.Error as error:
        raise DataError(
            "found quotation marks that do not match, or a damaged field",
            where=f"{file}, row {row + 1}",
            expected="the file as e-asTTle made it",
            remedy="Make the report again.",
        ) from error


def _refuse_width(
    record: Sequence[str], opened: Sequence[tuple[list[int], list[list[str]]]], file: str, row: int
) -> None:
    wanted = len(opened[-1][1][0]) if opened else 0
    if len(record) != wanted:
        raise DataError(
            f"found {len(record)} fields",
            where=f"{file}, row {row}",
            expected=f"{wanted} as in the headings of the test" if opened else "headings first",
            remedy="Make the report again; a row was cut or joined after it was made.",
        )


def _refuse_headings(grid: Grid) -> None:
    needed = [*_NEEDED, *map(column_name, _IDS)]
    lacking = [name for name in needed if name not in grid.headings]
    if lacking:
        raise DataError(
            f"found no column {lacking[0]}",
            where=f"{grid.file}, row {grid.heading_row}",
            expected="the headings of the tabular report of e-asTTle",
            remedy="Make the report again with all its columns.",
        )


def _rows(grid: Grid, key: str, chosen: Mapping[str, Any]) -> pd.DataFrame:
    """Who sat the test when, a row each; - is blank."""
    dates = grid.texts("date_tested")
    days = {text: day_of(text) for text in dates.unique()}
    for text in days:
        refuse_month_first(text, f"{grid.file}, row {grid.rows[int(dates.eq(text).idxmax())]}")
    # What is not a date is not a year either, which checking then says of the row.
    years = {text: str(day.year) if day else text for text, day in days.items()}
    terms = {text: term_of(day, chosen.get("terms", ())) for text, day in days.items()}
    told: dict[str, pd.Series | str] = {
        "learner_id": grid.texts(key),
        "provider_id": chosen["provider_id"],
        "year": dates.map(years),
        "term": dates.map(terms),
        "date": dates,
        "year_level": grid.texts("funding_year_level"),
        "gender": grid.texts("gender"),
        "ethnicity": grid.texts("ethnicity"),
        "test": grid.texts("test_name").map(plain),
    }
    return coded.plain(grid.table(told)).replace("-", "")


def _results(
    grid: Grid, rows: pd.DataFrame, wanted: Sequence[Mapping[str, str]], source: Source
) -> tuple[list[pd.DataFrame], pd.Series, Notes]:
    """The results of a section, which of its rows belong to a test that is wanted, and notes."""
    found: list[pd.DataFrame] = []
    notes: Notes = []
    taken = pd.Series(False, rows.index)
    used: dict[str, pd.Series] = {}
    for one in wanted:
        column, measure = column_name(one["column"]), one["measure"]
        fits = rows["test"].str.contains(plain(one["name"]), regex=False)
        taken |= fits
        for twice in (f"column {column}", f"measure {measure}"):
            if bool((fits & used.get(twice, False)).any()):
                told = f"two entries fit the test of row {grid.heading_row} with the {twice}"
                raise wrong(source, "tests", told, "names that tell the tests apart")
            used[twice] = fits | used.get(twice, False)
        if column not in grid.headings:
            notes += _counted("score not in this test", rows[fits], one["column"])
            continue
        values = grid.texts(column)
        none = fits & values.isin(_NOTHING)
        notes += _counted("not scored", rows[none], one["column"])
        found.append(rows.assign(measure=measure, value=values)[fits & ~none])
    return found, taken, notes + _counted("test not named", rows[~taken], "")


def _counted(rule: str, rows: pd.DataFrame, column: str) -> Notes:
    """One problem for all rows, with the first of them."""
    if rows.empty:
        return []
    file, row = str(rows["source_file"].iloc[0]), int(rows["source_row"].iloc[0])
    return [note(rule, file, row=row, column=column, count=len(rows))]


def _refuse_unknown(
    sections: Sequence[Grid], wanted: Sequence[Mapping[str, str]], source: Source
) -> None:
    """Refuse a column that no section has: it is misspelt, or from another report."""
    known = {heading for grid in sections for heading in grid.headings}
    for one in wanted:
        if column_name(one["column"]) not in known:
            found = f'the file has no column "{one["column"]}"'
            raise wrong(source, "", found, "a heading of the report")


def _observations(results: Sequence[pd.DataFrame], whole: pd.DataFrame) -> pd.DataFrame:
    nothing = whole[:0].assign(measure="", value="")
    rows = pd.concat([nothing, *results], ignore_index=True)
    return rows.drop(columns=["gender", "ethnicity", "test"])


def _learners(whole: pd.DataFrame, file: str) -> tuple[pd.DataFrame, Notes]:
    """Each learner once, as the last row of the file tells them; and how many differ from it."""
    who = same_learner(whole["learner_id"])
    told = (whole["gender"] + ";" + whole["ethnicity"]).groupby(who).nunique()
    differ = int((told[told.index != ""] > 1).sum())
    notes = [note("learner told in two ways", file, count=differ)] if differ else []
    # Rows without an id stay, so that checking says where they are.
    rows = whole[~who.duplicated(keep="last") | (who == "")]
    columns = ["learner_id", "gender", "ethnicity", "source_file", "source_row"]
    return rows[columns].reset_index(drop=True), notes
