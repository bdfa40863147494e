"""Read attendance by half-day codes, and give the share of half-days that each learner attended.

One row is a learner's day (long), or a learner with a column for each day or half-day (wide). What a
code counts as is data (reference/attendance_codes.csv) and depends on the year, as codes were revised
for 2011 and reduced from 26 to 15 in 2025. Only what a public source makes certain stands there:
"Attendance codes for New Zealand schools" (Synergetic, as it was and as revised for 2025),
"Attendance" (Edge answers), "New Zealand MoE Attendance - Coding Change" (Hero, 2023), "Absence codes"
(Ashhurst School), for exam leave "School attendance" (a definition for the Integrated Data
Infrastructure, 2025), and for G and U the codes of a student portal of Rangitoto College, in the words
of "School Attendance" (Tai Tapu School); that portal is of 2021 or later, and so are G and U here. O is
overseas in one source and something else in another, and so it is not known. "Refreshed attendance
codes Term 1 2025" (Ministry of Education, 2024) says that codes were dropped and none was made, so the
everyday P, L, M, J and T mean in 2025 what they meant before. Any other code is left out until a school
says what it counts as.
"""

from __future__ import annotations

import csv
import datetime
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from colanalysis import coded
from colanalysis.errors import DataError
from colanalysis.reading import files
from colanalysis.reading.grid import Grid, Read
from colanalysis.reading.mapping import find, targets, where, wrong
from colanalysis.terms import keys, problems
from colanalysis.terms.keys import Kind
from colanalysis.terms.problems import note
from colanalysis.terms.schema import column_name
from colanalysis.terms.settings import Source

__all__ = [
    "FEWEST",
    "OPTIONS",
    "TERMS",
    "day_of",
    "is_of_a_day",
    "read",
    "refuse_month_first",
    "same_learner",
    "term_of",
]

Term = tuple[str, datetime.date, datetime.date]
Notes = list[dict[str, object]]

_COUNTS_AS = ("present", "justified", "unjustified", "not counted")
FEWEST = 30
_BOTH = ("am", "pm")
# In the place of a cell that does not hold two codes; codes are in capitals, so it is none.
_UNCLEAR = "unclear"

_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: [\d:.]+)?", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ][\d:.]+Z?)?", re.ASCII)
# Headings are folded: "Mon 27/01/2025 AM" is mon_27_01_2025_am.
_HEADING = re.compile(r"(?:[a-z]+_)?(\d{1,2}_\d{1,2}_\d{4}|\d{4}_\d\d_\d\d)(?:_(am|pm))?", re.ASCII)


def _terms(value: object) -> tuple[Term, ...]:
    """Read the first and last day of each term, in order; a term of several years has several."""
    found: list[Term] = []
    for name, days in keys.TABLE.of(value).items():
        pairs = days if days and all(isinstance(part, list) for part in days) else [days]
        found += [(name, _term_day(first), _term_day(last)) for first, last in pairs]
    found.sort(key=lambda term: term[1])
    ends = [day for _, first, last in found for day in (first, last)]
    if ends != sorted(ends) or any(a[2] == b[1] for a, b in zip(found, found[1:], strict=False)):
        raise ValueError
    return tuple(found)


def _term_day(value: object) -> datetime.date:
    return datetime.date.fromisoformat(value) if isinstance(value, str) else keys.DATE.of(value)


def _codes(value: object) -> dict[str, str]:
    """Read what a school's own codes count as."""
    return {
        code.strip().upper(): keys.one_of(*_COUNTS_AS).of(meaning)
        for code, meaning in keys.TABLE.of(value).items()
    }


TERMS = Kind('terms that do not overlap, such as { "1" = ["2025-01-27", "2025-04-11"] }', _terms)
_KINDS: Mapping[str, Kind] = {
    "provider_id": keys.WORDS,
    "measure": keys.WORDS,
    "terms": TERMS,
    "codes": Kind(f'a table such as {{ X = "present" }}, with {", ".join(_COUNTS_AS)}', _codes),
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
    halves, more = _known(halves, rows, chosen)
    observations, few = _shares(halves, rows[~nobody], chosen)
    return Read({"observations": observations}, [*notes, *more, *few])


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


def is_of_a_day(heading: str) -> bool:
    """Say whether a heading (folded) is of a day or half-day.

    >>> is_of_a_day("mon_27_01_2025_am"), is_of_a_day("date")
    (True, False)
    """
    return _HEADING.fullmatch(heading) is not None


def day_of(text: str) -> datetime.date | None:
    """Read a date, day first or year first; None when it is neither."""
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = map(int, found.groups())
    else:
        return None
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def term_of(day: datetime.date | None, terms: Sequence[Term]) -> str:
    """Name the term of a day; "" where it is in none."""
    return next((name for name, first, last in terms if day and first <= day <= last), "")


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


def refuse_month_first(text: str, spot: str) -> None:
    """Refuse days such as 03/25/2025: then nobody knows which day 03/04/2025 is."""
    found = _DAY_FIRST.fullmatch(text)
    if found and int(found.group(1)) <= 12 < int(found.group(2)) <= 31:
        raise DataError(
            "found a date with the month first",
            where=spot,
            expected="day/month/year or year-month-day throughout",
            remedy="Export the file again with New Zealand dates.",
        )


def _known(
    halves: pd.DataFrame, rows: pd.DataFrame, chosen: Mapping[str, Any]
) -> tuple[pd.DataFrame, Notes]:
    """Half-days that can be counted, with learner, year, term and what they count as."""
    halves = halves.assign(
        who=same_learner(rows["learner_id"]).to_numpy()[halves["row"]],
        provider=rows["provider_id"].to_numpy()[halves["row"]],
    )
    last = halves.groupby(["who", "provider", "day"])["row"].transform("max")
    earlier = halves["row"] < last
    again = halves[earlier].drop_duplicates(["row", "day"])
    notes = _in_rows("day told twice", again["row"], rows)
    halves = halves[~earlier]
    terms = chosen.get("terms", ())
    names = {day: term_of(day, terms) for day in halves["day"].unique()}
    years = {day: day.year for day in names}
    halves = halves.assign(
        year=halves["day"].map(years).astype("int64"),
        term=halves["day"].map(names).astype("str"),
    )
    if terms:
        outside = halves["term"] == ""
        notes += _in_rows("half-day outside the terms", halves.loc[outside, "row"], rows)
        halves = halves[~outside]
    own = chosen.get("codes", {})
    pairs = halves[["code", "year"]].drop_duplicates()
    meanings = {
        (code, year): own.get(code) or _meaning(code, year)
        for code, year in zip(pairs["code"], pairs["year"], strict=True)
    }
    counts_as = [meanings[pair] for pair in zip(halves["code"], halves["year"], strict=True)]
    halves = halves.assign(counts_as=pd.Series(counts_as, halves.index, dtype="str"))
    unknown = halves["counts_as"] == ""
    notes += _in_rows("unknown attendance code", halves.loc[unknown, "row"], rows)
    return halves[~unknown], notes


def same_learner(ids: pd.Series) -> pd.Series:
    """The same learner in another style: pseudonyms too make no difference of zeros and capitals."""
    return ids.str.casefold().str.lstrip("0")


def _in_rows(rule: str, places: pd.Series, rows: pd.DataFrame) -> Notes:
    """One problem for each of the first rows, with how many half-days of it; then one for the others."""
    if places.empty:
        return []
    file = str(rows["source_file"].iloc[0])
    times = sorted(Counter(rows["source_row"].iloc[places].tolist()).items())
    shown, others = times[: problems.SHOWN_PER_FILE], times[problems.SHOWN_PER_FILE :]
    found = [note(rule, file, row=row, count=count) for row, count in shown]
    if others:
        found.append(note(rule, file, count=sum(count for _, count in others)))
    return found


def _shares(
    halves: pd.DataFrame, rows: pd.DataFrame, chosen: Mapping[str, Any]
) -> tuple[pd.DataFrame, Notes]:
    """The share attended of each learner and year or term, where there are enough half-days."""
    halves = halves.assign(
        present=halves["counts_as"] == "present", counted=halves["counts_as"] != "not counted"
    )
    sums = halves.groupby(["who", "provider", "year", "term"], sort=False).agg(
        present=("present", "sum"), counted=("counted", "sum"), row=("row", "max")
    )
    sums = sums.reset_index()
    fewest = chosen.get("fewest", FEWEST)
    few = sums["counted"] < fewest
    # A learner all of whose half-days are blank or left out has no sum at all.
    left = int(few.sum()) + len(set(same_learner(rows["learner_id"])) - set(sums["who"]))
    notes: Notes = []
    if left:
        file, span = str(rows["source_file"].iloc[0]), "term" if "terms" in chosen else "year"
        notes.append(note("too few half-days", file, count=left, fewest=str(fewest), span=span))
    kept = sums[~few].sort_values(["row", "year", "term"], kind="stable")
    observations = rows.loc[kept["row"]].reset_index(drop=True)
    columns = {
        "year": kept["year"].astype("str").tolist(),
        "term": kept["term"].tolist(),
        "value": [str(p / n) for p, n in zip(kept["present"], kept["counted"], strict=True)],
    }
    observations = observations.assign(measure=chosen["measure"], **columns)
    texts = [name for name in observations if name != "source_row"]
    return observations.astype(dict.fromkeys(texts, "str")), notes


def _meaning(code: str, year: int) -> str:
    """What a code of the Ministry counts as in a year; "" where that is not certain."""
    return next(
        (counts_as for first, last, counts_as in _shipped().get(code, ()) if first <= year <= last),
        "",
    )


@cache
def _shipped() -> Mapping[str, Sequence[tuple[int, int, str]]]:
    path = resources.files("colanalysis") / "reference" / "attendance_codes.csv"
    found: dict[str, list[tuple[int, int, str]]] = {}
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        last = int(row["until_year"] or datetime.MAXYEAR)
        found.setdefault(row["code"], []).append((int(row["from_year"]), last, row["counts_as"]))
    return found
