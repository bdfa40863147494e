"""Read attendance by half-day codes, and give the share of half-days that each learner attended.

One row is a learner's day (long), or a learner with a column for each day or half-day (wide).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from colanalysis import coded
from colanalysis.errors import DataError
from colanalysis.reading import attended, files
from colanalysis.reading.dates import TERMS, day_of, refuse_month_first
from colanalysis.reading.grid import Grid, Read
from colanalysis.reading.mapping import find, targets, where, wrong
from colanalysis.terms import keys, problems
from colanalysis.terms.keys import Kind
from colanalysis.terms.schema import column_name
from colanalysis.terms.settings import Source

__all__ = ["OPTIONS", "is_of_a_day", "read"]

_BOTH = ("am", "pm")
# In the place of a cell that does not hold two codes; codes are in capitals, so it is none.
_UNCLEAR = "unclear"
# Headings are folded: "Mon 27/01/2025 AM" is mon_27_01_2025_am.
_HEADING = re.compile(r"(?:[a-z]+_)?(\d{1,2}_\d{1,2}_\d{4}|\d{4}_\d\d_\d\d)(?:_(am|pm))?", re.ASCII)

_KINDS: Mapping[str, Kind] = {
    "provider_id": keys.WORDS,
    "measure": keys.WORDS,
    "terms": TERMS,
    "codes": attended.CODES,
    "fewest": keys.COUNT,
}
OPTIONS = tuple(_KINDS)
_COLUMNS = ("learner_id", "provider_id", "year_level", "date", *_BOTH, "half_days")


def read(data: bytes, file: str, source: Source) -> Read:
    """Turn codes of half-days into the share of them that each learner attended, a year or a term.

    Raises DataError when no column is of a day, or days are written month first; SettingsError when
    the source does not say where learner, provider, days and codes stand.
    """
    chosen = keys.read(source.options, _KINDS, where=where(source), required=("measure",))
    mapped = _mapped(source, chosen)
    grid = files.grid(data, file, frozenset(map(column_name, source.columns)))
    columns = {ours: find(grid, theirs, source) for ours, theirs in mapped.items()}
    told: dict[str, pd.Series | str] = {
        "learner_id": grid.texts(columns["learner_id"]),
        "provider_id": chosen.get("provider_id") or grid.texts(columns.get("provider_id", "")),
        "year_level": grid.texts(columns["year_level"]) if "year_level" in columns else "",
    }
    rows = coded.plain(grid.table(told))
    nobody = rows["learner_id"] == ""
    notes = [*grid.notes, *problems.in_rows("attendance of no learner", rows[nobody])]
    halves, undated = _long(grid, columns) if "date" in columns else _wide(grid)
    halves = halves[~nobody.to_numpy()[halves["row"]]]
    notes += problems.in_rows("attendance without a date", rows[undated & ~nobody])
    observations, more = attended.observations(halves, rows, chosen)
    return Read({"observations": observations}, [*notes, *more])


def is_of_a_day(heading: str) -> bool:
    """Say whether a heading (folded) is of a day or half-day.

    >>> is_of_a_day("mon_27_01_2025_am"), is_of_a_day("date")
    (True, False)
    """
    return _HEADING.fullmatch(heading) is not None


def _mapped(source: Source, chosen: Mapping[str, Any]) -> dict[str, str]:
    """Find out which columns hold what, and refuse what leaves the half-days unknown."""
    taken = ("provider_id",) if "provider_id" in chosen else ()
    mapped = targets(source, "columns", source.columns, table="observations", taken=taken)
    for ours in mapped:
        if ours not in _COLUMNS:
            raise keys.unknown(ours, _COLUMNS, where=where(source, "columns"))
    for name in ("learner_id", "provider_id"):
        if name not in mapped and name not in taken:
            raise wrong(source, "columns", f"nothing is mapped to {name}", "one column")
    of_codes = {name for name in (*_BOTH, "half_days") if name in mapped}
    wanted: list[set[str]] = [set(_BOTH), {"half_days"}] if "date" in mapped else [set()]
    if of_codes not in wanted:
        expected = "with date: am and pm, or half_days; without date: none of them"
        raise wrong(source, "columns", f"found {', '.join(sorted(of_codes)) or 'date'}", expected)
    return mapped


def _long(grid: Grid, columns: Mapping[str, str]) -> tuple[pd.DataFrame, pd.Series]:
    """Half-days of a file with one row for a learner's day; and which rows have no date."""
    texts = grid.texts(columns["date"])
    known = {text: day_of(text) for text in texts.unique()}
    for text in known:
        refuse_month_first(text, f"{grid.file}, row {grid.rows[int(texts.eq(text).idxmax())]}")
    days = pd.Series([known[text] for text in texts], dtype=object)
    if "half_days" in columns:
        parts = _two(grid.texts(columns["half_days"]))
    else:
        parts = [grid.texts(columns[half]).str.upper() for half in _BOTH]
    filled = pd.concat(parts, axis=1).ne("").any(axis=1)
    return _halves([(days, part) for part in parts]), days.isna() & filled


def _wide(grid: Grid) -> tuple[pd.DataFrame, pd.Series]:
    """Half-days of a file with one row for a learner, and a column for each day or half-day."""
    told: dict[tuple[datetime.date, str], int] = {}
    parts: list[tuple[datetime.date, pd.Series]] = []
    for place, heading in enumerate(grid.headings, 1):
        found = _HEADING.fullmatch(heading)
        if not found:
            continue
        spot = f"{grid.file}, row {grid.heading_row}, column {place}"
        day = _heading_day(found.group(1), spot)
        halves = (found.group(2),) if found.group(2) else _BOTH
        for half in halves:
            if (day, half) in told:
                raise DataError(
                    f"columns {told[day, half]} and {place} are of the same half-day",
                    where=f"{grid.file}, row {grid.heading_row}",
                    expected="one column for each half-day, or one for each day",
                    remedy="Delete or rename one of the two columns.",
                )
            told[day, half] = place
        texts = grid.texts(heading)
        parts += [(day, one) for one in ([texts.str.upper()] if found.group(2) else _two(texts))]
    if not parts:
        raise DataError(
            "no heading is a day",
            where=f"{grid.file}, row {grid.heading_row}",
            expected="headings such as 27/01/2025 AM, or a column that is mapped to date",
            remedy="Export the days with a year of four digits, or map a column to date.",
        )
    return _halves(parts), pd.Series(False, range(len(grid.rows)))


def _heading_day(folded: str, spot: str) -> datetime.date:
    text = folded.replace("_", "-" if folded.index("_") == 4 else "/")
    day = day_of(text)
    if day is None:
        refuse_month_first(text, spot)
        raise DataError(
            "found a day that does not exist",
            where=spot,
            expected="day/month/year or year-month-day",
            remedy="Correct the heading.",
        )
    return day


def _halves(parts: Iterable[tuple[Any, pd.Series]]) -> pd.DataFrame:
    """One row for each half-day that has a day and a code; ``row`` is its row in the grid."""
    pieces = [
        pd.DataFrame({"row": range(len(codes)), "day": days, "code": codes.astype("str")})
        for days, codes in parts
    ]
    whole = pd.concat(pieces, ignore_index=True)
    return whole[(whole["code"] != "") & whole["day"].notna()].reset_index(drop=True)


def _two(texts: pd.Series) -> list[pd.Series]:
    """Take the codes of the two halves of a day apart: "PM", "P/M" or "P M"."""
    pairs = {text: _pair(text.upper()) for text in texts.unique()}
    return [texts.map({text: pair[half] for text, pair in pairs.items()}) for half in (0, 1)]


def _pair(text: str) -> tuple[str, str]:
    parts = re.split(r"\s*[/,;|\s]\s*", text) if re.search(r"[/,;|\s]", text) else []
    if not parts and len(text) in (0, 2, 4):
        middle = len(text) // 2
        parts = [text[:middle], text[middle:]]
    return (parts[0], parts[1]) if len(parts) == 2 else (_UNCLEAR, _UNCLEAR)
