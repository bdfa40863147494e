"""Days as exports write them, and the terms that they lie in."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from colanalysis.errors import DataError
from colanalysis.terms import keys
from colanalysis.terms.keys import Kind

__all__ = ["TERMS", "Term", "day_of", "refuse_month_first", "term_of"]

Term = tuple[str, datetime.date, datetime.date]

_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: [\d:.]+)?", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ][\d:.]+Z?)?", re.ASCII)


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


def term_of(day: datetime.date | None, terms: Sequence[Term]) -> str:
    """Name the term of a day; "" where it is in none."""
    return next((name for name, first, last in terms if day and first <= day <= last), "")


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


TERMS = Kind('terms that do not overlap, such as { "1" = ["2025-01-27", "2025-04-11"] }', _terms)
