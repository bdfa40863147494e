"""Read a roll return (.moe): a header, a learner a row in 132 fields without headings, a footer.

Only the fields of ``_FIELDS`` are taken; names, birth dates, addresses and contacts stay in the file.

The footer is checked against the rows. How many records it tells is certain, so a difference blocks.
Whom its row FR counts is our reading, so a difference only warns: learners of the types RE, EX and
TPREOM, full-time, by sex and by funding year level 1 to 15, who were on the roll on the day of the
return (1 March, 31 May, 1 July; for September the 1st, though schools may count on another day). In
the one published example of a return of March, all 30 counts come out so; it has no TPREOM and
nobody part-time. The header's full-time equivalent and the footer's other rows are not compared.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from colanalysis import coded
from colanalysis.errors import DataError
from colanalysis.reading.grid import Grid, Read
from colanalysis.reading.mapping import attributes, where, wrong
from colanalysis.reading.read import decode
from colanalysis.terms import keys, problems
from colanalysis.terms.problems import note
from colanalysis.terms.settings import Source

__all__ = ["OPTIONS", "iso_day", "not_in", "read"]

# Where each field that may be taken stands in a record, from 1.
_FIELDS: Mapping[str, int] = {
    "school": 1,
    "student_id": 2,
    "nsn": 3,
    "gender": 6,
    "start_date": 8,
    "ethnic_1": 10,
    "ethnic_2": 11,
    "ethnic_3": 12,
    "iwi_1": 13,
    "iwi_2": 14,
    "iwi_3": 15,
    "ors": 16,
    "funding_year_level": 17,
    "type": 18,
    "fte": 23,
    "maori_level": 24,
    "end_date": 25,
    "ece": 28,
    "pacific_language": 29,
    "pacific_level": 30,
    "boarding": 95,
    "current_year_level": 103,
}
_WIDTH, _HEADER_WIDTH = 132, 8
_ETHNICITY = ("ethnic_1", "ethnic_2", "ethnic_3")
_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "iwi": ("iwi_1", "iwi_2", "iwi_3"),
    **{
        name: (name,)
        for name in ("ors", "type", "maori_level", "pacific_language", "pacific_level", "boarding")
    },
}
_DAYS = {"M": (3, 1), "E": (5, 31), "J": (7, 1), "S": (9, 1)}
_SUMMARY = ("FR", "PR", "FA", "PA", "ST", "AE", "FF",
            "MLL1", "MLL2", "MLL3", "MLL4A", "MLL4B", "MLL5", "MLL6")  # fmt: skip
_FULL_TIME_REGULAR, _FULL_TIME = ("RE", "EX", "TPREOM"), ("1", "1.0", "1.00")
_CELLS = [(gender, level) for gender in ("M", "F") for level in range(1, 16)]

_KINDS = {
    "learner_id": keys.one_of("nsn", "student_id"),
    "year_level": keys.one_of("current", "funding"),
    "learners": keys.FLAG,
    "attributes": keys.TEXT_TABLE,
    "ece": keys.TABLE,
}
_ECE = {"measure": keys.WORDS, "values": keys.TEXT_TABLE}
OPTIONS = tuple(_KINDS)


@dataclass(frozen=True)
class _Return:
    """One roll return: whose it is, its records as a grid, and the rows of its footer by name."""

    school: str
    year: str
    day: datetime.date
    grid: Grid
    footer: Mapping[str, tuple[int, list[str]]]


def read(data: bytes, file: str, source: Source) -> Read:
    """Turn a roll return into learners and enrolments, and ECE before school where it is asked for."""
    chosen = _options(source)
    found, notes = _parsed(data, file)
    notes += _reconciled(found)
    grid, key = found.grid, chosen.get("learner_id", "nsn")
    placed = {
        "learner_id": grid.texts(key),
        "provider_id": found.school,
        "year": found.year,
        "year_level": grid.texts(f"{chosen.get('year_level', 'current')}_year_level"),
    }
    days = {name: grid.texts(name).map(iso_day) for name in ("start_date", "end_date")}
    enrolments = coded.plain(grid.table(placed | days))
    known = enrolments["learner_id"] != ""
    notes += problems.in_rows("learner without an id", enrolments[~known], key)
    away = not_in(enrolments, found.year)
    notes += problems.in_rows("not enrolled in the year", enrolments[known & away])
    tables = {"enrolments": enrolments[known & ~away]}
    if chosen.get("learners", True):
        rows = _learners(grid, enrolments["learner_id"], chosen["attributes"])[known]
        again = rows.duplicated("learner_id", keep="last")
        notes += problems.in_rows("learner in several records", rows[again])
        tables["learners"] = rows[~again]
    if "ece" in chosen:
        codes, values = grid.texts("ece"), chosen["ece"]["values"]
        mapped = codes.isin(list(values))
        other = int(((codes != "") & ~mapped & known & ~away).sum())
        if other:
            notes.append(note("code without a meaning", file, column="ECE", count=other))
        meant = {"measure": chosen["ece"]["measure"], "value": codes.replace(values)}
        tables["observations"] = coded.plain(grid.table(placed | meant))[known & mapped & ~away]
    return Read({name: rows.reset_index(drop=True) for name, rows in tables.items()}, notes)


def iso_day(text: str) -> str:
    """Write the day 20150203 as 2015-02-03; no day (blank, 00000000) is blank, else as it was."""
    if text.strip("0") == "":
        return ""
    whole = len(text) == 8 and text.isascii() and text.isdigit()
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if whole else text


def not_in(enrolments: pd.DataFrame, year: str) -> pd.Series:
    """Say which enrolments ended before the year of the export, or begin after it."""
    start, end = enrolments["start_date"].str[:4], enrolments["end_date"].str[:4]
    return (start > year) | ((end != "") & (end < year))


def _options(source: Source) -> dict[str, Any]:
    """Convert the options; a name that the format does not have is refused."""
    if source.columns:
        raise wrong(source, "columns", "found columns", "none, as a roll return has no headings")
    chosen = keys.read(source.options, _KINDS, where=where(source))
    chosen["attributes"] = attributes(source, chosen.get("attributes", {}), _ATTRIBUTES)
    if "ece" in chosen:
        place = where(source, "ece")
        chosen["ece"] = keys.read(chosen["ece"], _ECE, where=place, required=tuple(_ECE))
    return chosen


def _parsed(data: bytes, file: str) -> tuple[_Return, list[dict[str, object]]]:
    text, notes = decode(data, file)
    header, rows, records, footer = _sorted_rows(text, file)
    school, year, day = _headed(header, file)
    grid = Grid(
        file,
        tuple(_FIELDS),
        rows,
        lambda place: pd.Series([record[place] for record in records], dtype="str"),
    )
    notes.append(note("footer rows", file, count=len(footer)))
    if Path(file).name.casefold().startswith("draft"):
        notes.append(note("draft roll return", file))
    return _Return(school, year, day, grid, footer), notes


def _sorted_rows(
    text: str, file: str
) -> tuple[list[str], list[int], list[list[str]], dict[str, tuple[int, list[str]]]]:
    """Tell the header, the records (with their rows, and only with what is taken) and the footer."""
    header: list[str] = []
    rows: list[int] = []
    records: list[list[str]] = []
    footer: dict[str, tuple[int, list[str]]] = {}
    number = 0
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), 1):
            name = row[0].strip().upper() if row else ""
            if not any(row):
                continue
            if not header:
                header = row
            elif name == "FOOTER" or footer:
                if name in footer or name not in ("FOOTER", *_SUMMARY):
                    raise _refused(
                        "a row that the footer does not have",
                        f"{file}, row {number}",
                        f"after the footer each of {', '.join(_SUMMARY)} at most once",
                    )
                footer[name] = (number, row[1:])
            elif len(row) != _WIDTH:
                raise _refused(f"{len(row)} fields", f"{file}, row {number}", f"{_WIDTH} fields")
            elif "\0" in "".join(row):
                raise _refused("a NUL byte", f"{file}, row {number}", "text")
            else:
                rows.append(number)
                records.append([row[place - 1] for place in _FIELDS.values()])
    except csv.Error as error:
        raise _refused(
            "quotation marks that do not match, or a field that is far too long",
            f"{file}, row {number + 1}",
            "every quote closed before the next field",
        ) from error
    if not header:
        raise _refused("an empty file", file, "a header, records and a footer")
    if not footer:
        raise _refused("no footer", file, "a footer below the records; the file may be cut short")
    return header, rows, records, footer


def _headed(header: list[str], file: str) -> tuple[str, str, datetime.date]:
    """School, year and day of the return as the first row tells them."""
    cells = [cell.strip() for cell in header]
    if len(cells) == _HEADER_WIDTH:
        month, year, school = cells[2].upper(), cells[3], cells[4]
        if month in _DAYS and re.fullmatch(r"(?:19|20)[0-9]{2}", year) and school:
            return school, year, datetime.date(int(year), *_DAYS[month])
    raise _refused(
        "a first row that is not the header of a roll return",
        f"{file}, row 1",
        f"{_HEADER_WIDTH} fields: program, version, {'/'.join(_DAYS)}, year of four digits, school "
        "number, full-time equivalent, enrolment scheme and its date",
    )


def _refused(found: str, place: str, expected: str) -> DataError:
    return DataError(
        f"found {found}",
        where=place,
        expected=expected,
        remedy="Make the roll return again, and do not open it in a spreadsheet before.",
    )


def _reconciled(found: _Return) -> list[dict[str, object]]:
    """Compare the footer and the header with the records."""
    grid = found.grid
    row, cells = found.footer["FOOTER"]
    told = _whole_numbers(cells[:1], 1, grid.file, row)[0]
    notes = []
    if told != len(grid.rows):
        many = f"{len(grid.rows):,}"
        notes.append(
            note("footer does not reconcile", grid.file, row=row, told=f"{told:,}", found=many)
        )
    schools = grid.texts("school")
    elsewhere = grid.table({"school": schools})[schools != found.school]
    notes += problems.in_rows("record of another school", elsewhere, "SCHOOL_ID")
    if "FR" not in found.footer:
        return [*notes, note("no roll summary", grid.file)]
    row, cells = found.footer["FR"]
    summary = _whole_numbers(cells, len(_CELLS), grid.file, row)
    counted = _full_time_regular(found)
    differing = sum(counted[cell] != n for cell, n in zip(_CELLS, summary, strict=True))
    if differing:
        notes.append(
            note(
                "roll summary differs",
                grid.file,
                row=row,
                column="FR",
                count=differing,
                told=f"{sum(summary):,}",
                found=f"{sum(counted.values()):,}",
            )
        )
    return notes


def _whole_numbers(cells: list[str], many: int, file: str, row: int) -> list[int]:
    texts = [cell.strip() for cell in cells]
    if len(texts) != many or not all(text.isascii() and text.isdigit() for text in texts):
        said = "one count" if many == 1 else f"{many} counts"
        found = "something that is not a row of counts"
        raise _refused(found, f"{file}, row {row}", f"{said}, each a whole number")
    return [int(text) for text in texts]


def _full_time_regular(found: _Return) -> Counter[tuple[str, int]]:
    """Count the learners that row FR counts, by sex and funding year level."""
    day = f"{found.day:%Y%m%d}"
    names = ("type", "fte", "gender", "funding_year_level", "start_date", "end_date")
    columns = [found.grid.texts(name).tolist() for name in names]
    return Counter(
        (gender.upper(), int(level))
        for kind, fte, gender, level, start, end in zip(*columns, strict=True)
        if kind.upper() in _FULL_TIME_REGULAR
        and fte in _FULL_TIME
        and level.isascii()
        and level.isdigit()
        and start <= day
        and (end.strip("0") == "" or end >= day)
    )


def _learners(grid: Grid, ids: pd.Series, attributes: Mapping[str, str]) -> pd.DataFrame:
    further = {ours: _joined(grid, _ATTRIBUTES[theirs]) for ours, theirs in attributes.items()}
    own = {"gender": grid.texts("gender"), "ethnicity": _joined(grid, _ETHNICITY)}
    return coded.plain(grid.table({"learner_id": ids, **own, **further}))


def _joined(grid: Grid, names: tuple[str, ...]) -> pd.Series:
    """Join several fields of a record, ; between those that are filled."""
    columns = [grid.texts(name).tolist() for name in names]
    texts = [";".join(filter(None, cells)) for cells in zip(*columns, strict=True)]
    return pd.Series(texts, dtype="str")
