"""Turn columns of text into numbers, years, dates and groups, without guessing.

Every function gives the typed column and a column of true and false that says where the text could
not be understood (the result is missing there). A blank cell is missing, not misunderstood.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from colanalysis import coded
from colanalysis.checking.texts import each
from colanalysis.terms import ethnicity
from colanalysis.terms.labels import plain

__all__ = [
    "dates",
    "ethnicities",
    "numbers",
    "one_spelling",
    "within",
    "year_levels",
    "years",
    "yes_no",
]

Converted = tuple[pd.Series, pd.Series]

_YEAR = re.compile(r"(?:19|20)\d\d")
_LEVEL = re.compile(r"(?:y|yr|year|year level)? ?(\d{1,2})(?:\.0)?")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,2})?", re.IGNORECASE | re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: [\d:.]+)?", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ][\d:.]+Z?)?", re.ASCII)
_FIRST_LEVEL, _LAST_LEVEL = 0, 13


def _each(texts: pd.Series, understand: Callable[[str], object], dtype: str) -> Converted:
    """Work out every different text once; None says that it is not understood."""
    places, found = coded.different(texts)
    meant = [None if text == "" else understand(text) for text in found]
    bad = np.array([m is None and t != "" for m, t in zip(meant, found, strict=True)], dtype=bool)
    values = pd.Series(meant, dtype=object).astype(dtype).take(places).set_axis(texts.index)
    return values, pd.Series(bad[places], index=texts.index)


def within(texts: pd.Series, known: pd.Series) -> pd.Series:
    """Say of each text whether it is one of those known.

    Works on each different text once: isin of pandas looks at every row of long columns of text.
    """
    if coded.is_coded(texts) and coded.is_coded(known) and coded.same_places(texts, known):
        listed = np.zeros(len(texts.array.categories), dtype=bool)
        listed[known.array.codes] = True
        return pd.Series(listed[texts.array.codes], index=texts.index)
    one_of = set(known.unique())
    return each(texts, lambda text: text in one_of)


def matched(rows: pd.DataFrame, of: pd.DataFrame, key: list[str]) -> pd.Series:
    """Where in another table the last row with the same key stands; -1 where there is none."""
    both = coded.together(
        coded.joined([rows[name], of[name]])
        if coded.is_coded(rows[name])
        else pd.concat([rows[name], of[name]], ignore_index=True)
        for name in key
    )
    own, theirs = both[: len(rows)], both[len(rows) :]
    last = pd.Series(np.arange(len(of)), index=theirs)
    last = last[~last.index.duplicated(keep="last")]
    return last.reindex(own, fill_value=-1).set_axis(rows.index)


def looked_up(texts: pd.Series, known: Mapping[str, float]) -> pd.Series:
    """The number that belongs to each text, missing where there is none."""
    return coded.each(texts, known.get, "float64")


def numbers(texts: pd.Series, low: float = -np.inf, high: float = np.inf) -> Converted:
    """Read plain numbers; outside ``low`` to ``high`` is not understood."""

    def understand(text: str) -> float | None:
        number = float(text) if _NUMBER.fullmatch(text) else np.nan
        return number if low <= number <= high and np.isfinite(number) else None

    return _each(texts, understand, "float64")


def years(texts: pd.Series) -> Converted:
    """Read calendar years of four digits, from 1900 to next year: no result is from later."""
    last = datetime.date.today().year + 1  # noqa: DTZ011 (a school year is a local one)

    def understand(text: str) -> float | None:
        return float(text) if _YEAR.fullmatch(text) and int(text) <= last else None

    return _each(texts, understand, "float64")


def year_levels(texts: pd.Series) -> Converted:
    """Read year levels: "5", "Y5", "Year 5"; "NE" (new entrant) is 0."""

    def understand(text: str) -> float | None:
        words = plain(text)
        if words in ("ne", "new entrant", "new entrants"):
            return float(_FIRST_LEVEL)
        found = _LEVEL.fullmatch(words)
        level = int(found.group(1)) if found else -1
        return float(level) if _FIRST_LEVEL <= level <= _LAST_LEVEL else None

    return _each(texts, understand, "float64")


def dates(texts: pd.Series) -> Converted:
    """Read dates, day first (25/03/2025) or year first (2025-03-25), never month first.

    A column in which some dates can only be month first (03/25/2025) and none can only be day first
    is not understood at all: 03/04/2025 in it would be read as another day than was meant.
    """
    parts = [found.groups() for text in texts.unique() if (found := _DAY_FIRST.fullmatch(text))]
    month_first = any(int(second) > 12 for _, second, _ in parts)
    day_first = any(int(first) > 12 for first, _, _ in parts)

    def understand(text: str) -> datetime.date | None:
        if found := _ISO.fullmatch(text):
            year, month, day = map(int, found.groups())
        elif (found := _DAY_FIRST.fullmatch(text)) and (day_first or not month_first):
            day, month, year = map(int, found.groups())
        else:
            return None
        try:
            date = datetime.date(year, month, day)
        except ValueError:
            return None
        return date if 1900 <= year < 2100 else None

    return _each(texts, understand, "datetime64[s]")


def yes_no(texts: pd.Series, *, blank: bool) -> Converted:
    """Read yes and no; what is blank or not understood is ``blank``."""
    meanings = {
        **dict.fromkeys(("yes", "y", "true", "1", "ae"), True),
        **dict.fromkeys(("no", "n", "false", "0", "kao"), False),
    }
    values, bad = _each(texts, lambda text: meanings.get(plain(text)), "object")
    return values.map(lambda value: blank if value is None else bool(value)).astype(bool), bad


def ethnicities(texts: pd.Series) -> Converted:
    """Read one or more ethnicities as groups of level 1, ``;`` between, in the fixed order."""
    order = {name: place for place, name in enumerate(ethnicity.GROUPS)}
    unknown: set[str] = set()

    def understand(text: str) -> str:
        parts = [part.strip() for part in text.split(";") if part.strip()]
        groups = [ethnicity.group(part) for part in parts if not ethnicity.not_stated(part)]
        if None in groups:
            unknown.add(text)
        known = {group for group in groups if group is not None}
        return ";".join(sorted(known, key=lambda name: order.get(name, len(order))))

    values, _ = _each(texts, understand, "object")
    return values.fillna("").astype("str"), each(texts, lambda text: text in unknown)


def one_spelling(texts: pd.Series) -> Converted:
    """Give spellings that differ in capitals, blanks or macrons the commonest of them."""
    common = {"": ""}  # a cell of invisible marks is blank
    counts = texts.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    for text in counts.index:
        common.setdefault(plain(text), text)
    values, _ = _each(texts, lambda text: common[plain(text)], "object")
    values = values.fillna("").astype("str")
    return values, values != texts
