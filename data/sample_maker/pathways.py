"""Since when a learner is where: early learning, then one school after another until they leave."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from .chance import pick
from .schools import elsewhere, school
from .setting import FIRST_LEVEL, LATEST, SERVICES, YEARS

LEAVING = {11: 0.08, 12: 0.2, 13: 1.0}  # share who leave at the end of a year level
LEAVING_EARLIER = 0.07


@dataclass(frozen=True)
class Enrolment:
    """One learner at one provider in one year; in early learning the year level is -1."""

    who: int
    provider_id: str
    year: int
    level: int
    start: str
    end: str = ""
    leaver: bool = False


def _first_weekday(year: int, month: int, day: int) -> str:
    date = datetime.date(year, month, day)
    date += datetime.timedelta(days=(7 - date.weekday()) % 7 if date.weekday() > 4 else 0)
    return date.strftime("%d/%m/%Y")


def _fifth_birthday(rng: np.random.Generator, first: int, early: bool) -> str:
    """First day at school: late in the year before Year 1, or early in Year 1 itself."""
    late = _first_weekday(first - 1, int(rng.integers(7, 12)), int(rng.integers(1, 28)))
    if early:
        return late
    return _first_weekday(first, int(rng.integers(2, 7)), int(rng.integers(5, 28)))


def _changed(now: str, new: str, year: int, level: int, *, arrived: bool) -> str:
    """First day at ``new``; empty for who stays, and for who is in their first year at school."""
    if arrived:
        return _first_weekday(year, 2, 10)
    if now and new != now:
        return _first_weekday(year, 2, 3)
    if not now and level > 1:  # at school before the first of the years that are told
        return _first_weekday(year - max(level - FIRST_LEVEL.get(new, 1), 0), 2, 3)
    return ""


def _moved(rng: np.random.Generator, row: Enrolment) -> list[Enrolment]:
    """Let a learner change school within the year."""
    month, day = int(rng.integers(7, 10)), int(rng.integers(1, 20))
    new = elsewhere(rng, row.provider_id, row.level)
    return [
        replace(row, end=_first_weekday(row.year, month, day)),
        replace(row, provider_id=new, start=_first_weekday(row.year, month, day + 7)),
    ]


def _left(rng: np.random.Generator, row: Enrolment) -> Enrolment:
    """End the row with the year, where chance has it."""
    if rng.random() >= LEAVING.get(row.level, LEAVING_EARLIER):
        return row
    month = 12 if row.level < 11 else 11
    return replace(row, end=_first_weekday(row.year, month, int(rng.integers(5, 17))), leaver=True)


def pathway(
    rng: np.random.Generator,
    who: int,
    person: Mapping[str, object],
    *,
    first: int,
    arrival: int | None,
) -> list[Enrolment]:
    """School enrolments of one learner whose Year 1 is the year ``first``, until they leave."""
    early = rng.random() < 0.4
    begins = max(YEARS[0], first - int(early)) if arrival is None else arrival
    now, start = "", _fifth_birthday(rng, first, early)
    rows: list[Enrolment] = []
    for year in range(begins, min(LATEST, first + 12) + 1):
        level = year - first + 1
        new = school(rng, person, now, level)
        start = _changed(now, new, year, level, arrived=arrival == year) or start
        rows.append(Enrolment(who, new, year, level, start))
        if person["transient"] == "yes" and level > 0 and rng.random() < 0.3:
            rows[-1:] = _moved(rng, rows[-1])
        rows[-1] = _left(rng, rows[-1])
        if rows[-1].leaver:
            break
        now, start = rows[-1].provider_id, rows[-1].start
    return rows


def early_years(
    rng: np.random.Generator, learners: pd.DataFrame, took_part: Mapping[int, bool]
) -> pd.DataFrame:
    """Enrol those who took part in early learning, up to two years before school."""
    rows: list[Enrolment] = []
    for who, person in learners[learners["entry"] >= YEARS[0]].iterrows():
        will_enter, entry = person["will_enter"], person["entry"]
        takes_part = took_part.get(who, will_enter)
        if takes_part and (rng.random() >= 0.45 or will_enter):
            service = _service(rng, person["groups"])
            start = _first_weekday(entry - 2, int(rng.integers(2, 11)), 8)
            years = [year for year in (entry - 2, entry - 1) if year in YEARS]
            rows += [Enrolment(who, service, year, -1, start) for year in years]
    return pd.DataFrame(rows)


def _service(rng: np.random.Generator, groups: Sequence[str]) -> str:
    return "E1" if "Māori" in groups and rng.random() < 0.3 else pick(rng, SERVICES)
