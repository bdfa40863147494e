"""Count half-days by what their codes say, and give the share of them that each learner attended.

What a code counts as is data (reference/attendance_codes.csv) and depends on the year, as codes
were revised for 2011 and reduced from 26 to 15 in 2025. Only what a public source makes certain
stands there: "Attendance codes for New Zealand schools" (Synergetic, as it was and as revised for
2025), "Attendance" (Edge answers), "New Zealand MoE Attendance - Coding Change" (Hero, 2023),
"Absence codes" (Ashhurst School), for exam leave "School attendance" (a definition for the
Integrated Data Infrastructure, 2025), and for G and U the codes of a student portal of Rangitoto
College, in the words of "School Attendance" (Tai Tapu School); that portal is of 2021 or later, and
so are G and U here. O is overseas in one source and something else in another, and so it is not
known. "Refreshed attendance codes Term 1 2025" (Ministry of Education, 2024) says that codes were
dropped and none was made, so the everyday P, L, M, J and T mean in 2025 what they meant before. Any
other code is left out until a school says what it counts as.
"""

from __future__ import annotations

import csv
import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from colanalysis.reading.dates import Term, term_of
from colanalysis.terms import keys, problems
from colanalysis.terms.keys import Kind
from colanalysis.terms.problems import note

__all__ = ["CODES", "FEWEST", "observations", "same_learner"]

Notes = list[dict[str, object]]

FEWEST = 30
_COUNTS_AS = ("present", "justified", "unjustified", "not counted")


def _codes(value: object) -> dict[str, str]:
    """Read what a school's own codes count as."""
    return {
        code.strip().upper(): keys.one_of(*_COUNTS_AS).of(meaning)
        for code, meaning in keys.TABLE.of(value).items()
    }


CODES = Kind(f'a table such as {{ X = "present" }}, with {", ".join(_COUNTS_AS)}', _codes)


def observations(
    halves: pd.DataFrame, rows: pd.DataFrame, chosen: Mapping[str, Any]
) -> tuple[pd.DataFrame, Notes]:
    """The share attended of each learner and year or term, and what could not be counted.

    Halves have a day and a code; ``row`` is the place in rows of the learner whom they are of.
    """
    halves = halves.assign(
        who=same_learner(rows["learner_id"]).to_numpy()[halves["row"]],
        provider=rows["provider_id"].to_numpy()[halves["row"]],
    )
    halves, again = _told_last(halves, rows)
    halves, outside = _dated(halves, rows, chosen.get("terms", ()))
    halves, unknown = _understood(halves, rows, chosen.get("codes", {}))
    found, few = _shares(halves, rows[rows["learner_id"] != ""], chosen)
    return found, [*again, *outside, *unknown, *few]


def same_learner(ids: pd.Series) -> pd.Series:
    """The same learner in another style: pseudonyms too make no difference of zeros and capitals."""
    return ids.str.casefold().str.lstrip("0")


def _told_last(halves: pd.DataFrame, rows: pd.DataFrame) -> tuple[pd.DataFrame, Notes]:
    """Leave out what an earlier row tells of a learner's day that a later row tells again."""
    last = halves.groupby(["who", "provider", "day"])["row"].transform("max")
    earlier = halves["row"] < last
    again = halves[earlier].drop_duplicates(["row", "day"])
    return halves[~earlier], _in_rows("day told twice", again["row"], rows)


def _dated(
    halves: pd.DataFrame, rows: pd.DataFrame, terms: Sequence[Term]
) -> tuple[pd.DataFrame, Notes]:
    """Add year and term, and leave out what is in no term where terms are known."""
    names = {day: term_of(day, terms) for day in halves["day"].unique()}
    years = {day: day.year for day in names}
    halves = halves.assign(
        year=halves["day"].map(years).astype("int64"),
        term=halves["day"].map(names).astype("str"),
    )
    if not terms:
        return halves, []
    outside = halves["term"] == ""
    notes = _in_rows("half-day outside the terms", halves.loc[outside, "row"], rows)
    return halves[~outside], notes


def _understood(
    halves: pd.DataFrame, rows: pd.DataFrame, own: Mapping[str, str]
) -> tuple[pd.DataFrame, Notes]:
    """Add what each code counts as, a school's own codes first, and leave out what nobody knows."""
    pairs = halves[["code", "year"]].drop_duplicates()
    meanings = {
        (code, year): own.get(code) or _meaning(code, year)
        for code, year in zip(pairs["code"], pairs["year"], strict=True)
    }
    counts_as = [meanings[pair] for pair in zip(halves["code"], halves["year"], strict=True)]
    halves = halves.assign(counts_as=pd.Series(counts_as, halves.index, dtype="str"))
    unknown = halves["counts_as"] == ""
    notes = _in_rows("unknown attendance code", halves.loc[unknown, "row"], rows)
    return halves[~unknown], notes


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
    found = rows.loc[kept["row"]].reset_index(drop=True)
    columns = {
        "year": kept["year"].astype("str").tolist(),
        "term": kept["term"].tolist(),
        "value": [str(p / n) for p, n in zip(kept["present"], kept["counted"], strict=True)],
    }
    found = found.assign(measure=chosen["measure"], **columns)
    texts = [name for name in found if name != "source_row"]
    return found.astype(dict.fromkeys(texts, "str")), notes
