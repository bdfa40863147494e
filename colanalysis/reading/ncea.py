"""Read a spreadsheet of NCEA: a row for each learner, columns of awards or of credits.

A column that tells an award is believed. Where there are only credits, the award is worked out by
the rule of the year, which is noted, as only NZQA says who holds a qualification. University
Entrance is never worked out: no column of credits tells three approved subjects. Names, birth dates
and contacts stay in the file: only the columns that the settings name are taken.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from colanalysis import coded
from colanalysis.reading import awards, files
from colanalysis.reading.grid import Grid, Read
from colanalysis.reading.mapping import find, targets, where, wrong
from colanalysis.terms import keys, problems
from colanalysis.terms.keys import Kind
from colanalysis.terms.labels import plain
from colanalysis.terms.problems import note
from colanalysis.terms.schema import column_name
from colanalysis.terms.settings import Source

__all__ = ["OPTIONS", "read"]

Notes = list[dict[str, object]]

_UNCLEAR = "NCEA entry not understood"
_CREDITS = re.compile(r"(\d{1,3})(?:\.0+)?", re.ASCII)
# The grades of NZQA, and how schools write that a qualification is held.
_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("yes", "y", "true", "held", "awarded", "gained", "achieved"), "yes"),
    **dict.fromkeys(("a", "m", "e", "merit", "excellence"), "yes"),
    **dict.fromkeys(("achieved with merit", "achieved with excellence"), "yes"),
    **dict.fromkeys(("no", "n", "false", "not held", "not awarded", "not achieved"), "no"),
}
_COLUMNS = ("learner_id", "provider_id", "year", "year_level")


def _parts(value: object) -> dict[str, str]:
    """Read which heading counts which credits."""
    return _each(value, str, awards.PARTS)


def _words(value: object) -> dict[str, str]:
    """Read a school's own words for held and not held."""
    return _each(value, plain, ("yes", "no"))


def _each(value: object, name: Callable[[str], str], choices: Sequence[str]) -> dict[str, str]:
    kind = keys.one_of(*choices)
    return {name(theirs): kind.of(ours) for theirs, ours in keys.TABLE.of(value).items()}


_KINDS: Mapping[str, Kind] = {
    "provider_id": keys.WORDS,
    "year": keys.YEAR,
    "awards": keys.TEXT_TABLE,
    "credits": Kind(f"a table of theirs = one of: {', '.join(awards.PARTS)}", _parts),
    "values": Kind('a table such as { Gained = "yes" }, with yes and no', _words),
    "blank_is_zero": keys.FLAG,
    "corequisite_in_level_1": keys.FLAG,
}
OPTIONS = tuple(_KINDS)


def read(data: bytes, file: str, source: Source) -> Read:
    """Turn awards and credits into results of the catalogue's measures, yes or no.

    Raises SettingsError when the source does not say where learner, school and year stand, or
    names neither awards nor credits.
    """
    chosen = keys.read(source.options, _KINDS, where=where(source))
    mapped = _mapped(source, chosen)
    held = targets(source, "awards", chosen.get("awards", {}), table="observations")
    counted = targets(source, "credits", chosen.get("credits", {}), table="observations")
    if not held and not counted:
        raise wrong(source, "", "found neither awards nor credits", "what a column tells of NCEA")
    named = [*mapped.values(), *held.values(), *counted.values()]
    grid = files.grid(data, file, frozenset(map(column_name, named)))
    told = {name: grid.texts(find(grid, theirs, source)) for name, theirs in mapped.items()}
    given: dict[str, pd.Series | str] = {
        name: str(chosen[name]) for name in ("provider_id", "year") if name in chosen
    }
    rows = coded.plain(grid.table({"year_level": "", **given, **told}))
    results, notes = _told(grid, rows, held, {**_WORDS, **chosen.get("values", {})}, source)
    worked, more = _worked_out(grid, rows, counted, held, chosen, source)
    observations = pd.concat([_result(rows[:0], "", ""), *results, *worked], ignore_index=True)
    return Read({"observations": observations}, [*grid.notes, *notes, *more])


def _mapped(source: Source, chosen: Mapping[str, Any]) -> dict[str, str]:
    """Find out where learner, school, year and year level stand."""
    taken = [name for name in ("provider_id", "year") if name in chosen]
    mapped = targets(source, "columns", source.columns, table="observations", taken=taken)
    for ours in mapped:
        if ours not in _COLUMNS:
            raise keys.unknown(ours, _COLUMNS, where=where(source, "columns"))
    for name in ("learner_id", "provider_id", "year"):
        if name not in mapped and name not in taken:
            raise wrong(source, "columns", f"nothing is mapped to {name}", "one column")
    return mapped


def _told(
    grid: Grid,
    rows: pd.DataFrame,
    held: Mapping[str, str],
    words: Mapping[str, str],
    source: Source,
) -> tuple[list[pd.DataFrame], Notes]:
    """The results of columns that tell an award, by measure."""
    results: list[pd.DataFrame] = []
    notes: Notes = []
    for measure, theirs in held.items():
        texts = grid.texts(find(grid, theirs, source)).map(plain)
        said = texts.map({text: words.get(text, "") for text in texts.unique()})
        notes += _counted("result without a value", rows[texts == ""], theirs)
        notes += problems.in_rows(_UNCLEAR, rows[(texts != "") & (said == "")], theirs)
        results.append(_result(rows, measure, said))
    return results, notes


def _worked_out(
    grid: Grid,
    rows: pd.DataFrame,
    counted: Mapping[str, str],
    held: Mapping[str, str],
    chosen: Mapping[str, Any],
    source: Source,
) -> tuple[list[pd.DataFrame], Notes]:
    """The results that follow from credits, of measures for which no column tells the award."""
    unknown = 0 if chosen.get("blank_is_zero", False) else math.inf
    clear = pd.Series(True, rows.index)
    low: dict[str, pd.Series] = {}
    high: dict[str, pd.Series] = {}
    notes: Notes = []
    for part, theirs in counted.items():
        texts = grid.texts(find(grid, theirs, source))
        number = texts.str.fullmatch(_CREDITS)
        unclear = ~number & (texts != "")
        notes += problems.in_rows(_UNCLEAR, rows[unclear], theirs)
        clear &= ~unclear
        credits = pd.to_numeric(texts.where(number), errors="coerce")
        low[part], high[part] = credits.fillna(0), credits.fillna(unknown)
    ends = pd.DataFrame(low, rows.index)[clear], pd.DataFrame(high, rows.index)[clear]
    results: list[pd.DataFrame] = []
    for measure in awards.told_by(counted):
        if measure not in held:
            included = chosen.get("corequisite_in_level_1")
            said, more = _by_rule(*ends, rows[clear], measure, included=included)
            results.append(_result(rows[clear], measure, said))
            notes += more
    return results, notes


def _by_rule(
    low: pd.DataFrame,
    high: pd.DataFrame,
    rows: pd.DataFrame,
    measure: str,
    *,
    included: bool | None,
) -> tuple[pd.Series, Notes]:
    """Yes, no or "" for each row, by the rule of its year, and notes of how that was known."""
    said = pd.Series("", rows.index, dtype="str")
    ruled = pd.Series(False, rows.index)
    for year in rows["year"].unique():
        rule = awards.rule_of(measure, int(year)) if year.isdecimal() else None
        if rule:
            here = rows["year"] == year
            said[here] = awards.worked_out(low[here], high[here], rule, included=included)
            ruled |= here
    return said, [
        *_counted("no NCEA rule for the year", rows[~ruled], measure),
        *_counted("NCEA award worked out", rows[said != ""], measure),
        *problems.in_rows("NCEA award not certain", rows[ruled & (said == "")], measure),
    ]


def _result(rows: pd.DataFrame, measure: str, said: pd.Series | str) -> pd.DataFrame:
    results = rows.assign(measure=measure, value=said).astype({"measure": "str", "value": "str"})
    return results[results["value"] != ""]


def _counted(rule: str, rows: pd.DataFrame, column: str) -> Notes:
    """One problem for all rows."""
    if rows.empty:
        return []
    return [note(rule, str(rows["source_file"].iloc[0]), column=column, count=len(rows))]
