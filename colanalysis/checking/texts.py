"""Recognise what software does to cells: letters lost on the way, totals, marks, numbers made dates.

Every function takes a column of text and says of each row whether it is so.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from colanalysis import coded
from colanalysis.terms.labels import plain
from colanalysis.terms.schema import TOTAL

__all__ = [
    "a_date",
    "a_letter",
    "a_mark",
    "a_total",
    "an_error",
    "day_number",
    "each",
    "month_first",
    "short_year",
    "torn",
]

# A question mark within a word, the sign for a lost letter, and UTF-8 that was read as Windows-1252.
_TORN = re.compile(
    r"[^\W\d_]\?[^\W\d_]|[^\W\d_A-Z][ÃÄÅ]\b|\ufffd|[ÃÄÅ][\u0080-\u00bf\u0152-\u017e‘’“”•–—…†‡‰€™]|â€|[^\W\d_][ÃÄÅ][a-z]"
)
_TOTALS = frozenset(
    [TOTAL, "all", "all learners", "all schools", "all students", "average", "averages", "grand total", "mean",
     "median", "subtotal", "sub total", "sum", "total", "totals"]
)  # fmt: skip
_MARKS = frozenset(["*", "**", "~", "..", "...", "c", "n", "x", "z", "np", "n/p", "s", "u", "suppressed",
                    "not published", "confidential"])  # fmt: skip
_ERROR = re.compile(r"#(?:REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|N/A|SPILL!|CALC!|#+)")
_LESS_THAN = re.compile(r"[<≤] ?\d+")
# "2-3" becomes 2-Mar or 3-Feb; a month and a year make no sense of a result either.
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = re.compile(
    rf"\d{{1,2}}[-/ ]{_MONTH}(?:[-/ ]\d{{2,4}})?|{_MONTH}[-/ ]\d{{1,4}}|\d{{4}}-\d\d-\d\d(?:[ t][\d:.]+)?"
    r"|\d{1,2}/\d{1,2}/\d{2,4}",
    re.IGNORECASE,
)
_DAY_NUMBER = re.compile(r"[2-6]\d{4}(?:\.\d+)?")  # 1954 to 2091, as spreadsheets count days
_SHORT_YEAR = re.compile(r"\d{1,2}[/-]\d{1,2}[/-]\d\d")
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/\d{4}")
_MONTHS = 12


def torn(texts: pd.Series) -> pd.Series:
    """Letters that were lost or wrongly read: M?ori, MÄori."""
    return each(texts, lambda text: _TORN.search(text) is not None)


def a_total(texts: pd.Series) -> pd.Series:
    """Words by which a row of totals or averages is known."""
    return each(texts, lambda text: not text.isdigit() and plain(text) in _TOTALS)


def a_mark(texts: pd.Series) -> pd.Series:
    """Marks that stand in place of a number that was not to be published."""
    return each(texts, lambda text: plain(text) in _MARKS or _LESS_THAN.fullmatch(text) is not None)


def an_error(texts: pd.Series) -> pd.Series:
    """Errors of a spreadsheet in place of what its formula should have given."""
    return each(texts, lambda text: _ERROR.fullmatch(plain(text).upper()) is not None)


def a_letter(texts: pd.Series) -> pd.Series:
    """Letters that begin another text of the column: F where others write female."""
    words = {plain(text) for text in texts.unique()}
    begun = {word[0] for word in words if len(word) > 1 and word[0].isalpha()}
    return each(texts, lambda text: plain(text) in begun)


def a_date(texts: pd.Series) -> pd.Series:
    """Dates, which a spreadsheet makes of 2-3 and of 4/5."""
    return each(texts, lambda text: _DATE.fullmatch(text.strip()) is not None)


def day_number(texts: pd.Series) -> pd.Series:
    """The number by which a spreadsheet keeps a day."""
    return each(texts, lambda text: _DAY_NUMBER.fullmatch(text) is not None)


def short_year(texts: pd.Series) -> pd.Series:
    """Dates whose year has two digits."""
    return each(texts, lambda text: _SHORT_YEAR.fullmatch(text) is not None)


def month_first(texts: pd.Series) -> pd.Series:
    """Dates whose second number is no month."""

    def so(text: str) -> bool:
        found = _SLASHES.fullmatch(text)
        return found is not None and int(found[1]) <= _MONTHS < int(found[2])

    return each(texts, so)


def each(texts: pd.Series, so: Callable[[str], bool]) -> pd.Series:
    """Say of each text whether it is so, working out every different text once."""
    places, different = coded.different(texts)
    found = np.array([so(text) for text in different], dtype=bool)
    return pd.Series(found[places] if found.any() else False, index=texts.index, dtype=bool)
