"""Read counts that others published (reader ``crosstab``): tables with totals, marks and footnotes.

A suppressed cell is c and never 0, and no total is counted beside its parts. What is left out, what
carries a mark and which totals do not add up is noted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from colanalysis.errors import DataError
from colanalysis.reading import crosstab, marks, tabs, totals
from colanalysis.reading.crosstab import JOINER, NUMBER, PLACE, Layout
from colanalysis.reading.grid import Read
from colanalysis.reading.mapping import CELL, option, targets, where, wrong
from colanalysis.terms import keys
from colanalysis.terms.problems import note
from colanalysis.terms.schema import RESERVED, TABLES, identifies
from colanalysis.terms.settings import Source

__all__ = ["OPTIONS", "layout", "read"]

_Notes = list[dict[str, object]]
_WHOLE = {"percent": 100, "share": 1}
_SUCCESSES = ("n_success", *_WHOLE)
_LAYOUT = {
    "header": keys.WORDS,
    "levels": keys.TEXTS,
    "numbers": keys.TEXT_TABLE,
    "labels": keys.TABLE,
    **dict.fromkeys(("totals", "overlapping", "fill_down", "leave_out", "suppressed"), keys.TEXTS),
    "sheets": keys.TEXTS,
    "sheet": keys.WORDS,
}
_KINDS = {**_LAYOUT, "constants": keys.TABLE, "all_learners": keys.TEXTS}
OPTIONS = tuple(_KINDS)
_MOST_LEVELS = 3
_SHARE_DIGITS = 2


def read(data: bytes, file: str, source: Source) -> Read:
    """Turn a published table into rows of ``counts``.

    Raises SettingsError where the source does not say what a row of counts needs, DataError where
    the file is not as the source says or a percentage does not tell one whole number.
    """
    how, constants = layout(source), _constants(source)
    table, notes = crosstab.cells(data, file, how)
    _refuse_mistaken(table)
    compared = totals.unequal(table, how)
    notes += totals.notes(compared)
    notes += _once_a_sheet("total not checked", compared[compared["difference"].isna()])
    parts = table["total"].map(lambda names: set(names.split(JOINER)) <= _kept(source))
    notes += _once_a_sheet("totals left out", table[~parts.astype(bool)])
    table = table[parts.astype(bool)]
    marked, told = table["mark"] != "", table["value"] != ""
    notes += _once_a_sheet("suppressed count", table[marked & ~told])
    glued = marked & told & ~((table["mark"] == "%") & (table[NUMBER] == "percent"))
    notes += _once_a_sheet("number with a mark", table[glued])
    rows, blanks = _counts(table, how)
    notes += _once_a_sheet("count left blank", blanks)
    return Read({"counts": rows.assign(**constants)}, notes)


def layout(source: Source) -> Layout:
    """Read from a [[source]] how its table lies in the file."""
    needed = ("header", "levels", "numbers")
    given = keys.read(source.options, _KINDS, where=where(source), required=needed)
    how = Layout(
        columns=source.columns, **{key: value for key, value in given.items() if key in _LAYOUT}
    )
    if not 1 <= len(how.levels) <= _MOST_LEVELS:
        raise wrong(source, "levels", f"found {len(how.levels)} levels", "one to three")
    targets(source, "columns", source.columns, table="counts")
    said = [*how.says, *_constants(source)]
    for name in said:
        if said.count(name) > 1:
            raise wrong(source, "", f"found {name} twice", "everything said in one place")
        if name in RESERVED.union(PLACE, ("n", "n_success")) or identifies("counts", name):
            raise wrong(source, "", f"found {name}", "a column or a group of counts")
    for column in TABLES["counts"].required:
        if column.name not in (*said, "n", "n_success"):
            raise wrong(source, "", f"nothing says {column.name}", "every required column")
    _check_numbers(source, how)
    groups = [name for name in how.says if name not in (*TABLES["counts"].columns, NUMBER)]
    known = {
        "all_learners": [*groups, "year_level"],
        "overlapping": how.says,
        "fill_down": [*how.columns.values()],
    }
    for key, names in known.items():
        for name in given.get(key, ()):
            if name not in names:
                raise keys.unknown(name, names, where=where(source, key))
    kinds = dict.fromkeys(how.says, keys.TEXT_TABLE)
    keys.read(how.labels, kinds, where=where(source, "labels"))
    return how


def _check_numbers(source: Source, how: Layout) -> None:
    if NUMBER not in (*how.columns.values(), *how.levels):
        raise wrong(source, "levels", f"nothing is {NUMBER}", "one level or one column that is")
    found = sorted(how.numbers.values())
    for name in found:
        if name not in ("n", *_SUCCESSES):
            raise keys.unknown(name, ("n", *_SUCCESSES), where=where(source, "numbers"))
    if len(set(map(tabs.fold, how.numbers))) < len(found):
        raise wrong(source, "numbers", "found one label twice", "labels that differ")
    if found not in [sorted(["n", name]) for name in _SUCCESSES]:
        raise wrong(
            source,
            "numbers",
            f"found {', '.join(found) or 'none'}",
            f"n once, and once one of {', '.join(_SUCCESSES)}: counts have no room for sizes alone",
        )


def _constants(source: Source) -> dict[str, str]:
    given = option(source, "constants", {})
    return keys.read(given, dict.fromkeys(given, CELL), where=where(source, "constants"))


def _kept(source: Source) -> set[str]:
    """Name the groups whose total is the row for all learners ("" is what is no total)."""
    return {"", *option(source, "all_learners", ())}


def _counts(table: pd.DataFrame, how: Layout) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put n and n_success beside each other; also give the cells whose other half is blank."""
    key = [name for name in how.says if name != NUMBER]
    number = table[NUMBER]
    table = table.assign(blank=(table["value"] == "") & (table["mark"] == ""))
    halves = [table[number == "n"], table[number != "n"]]
    other = halves[1].assign(digits=_digits(halves[1]))
    right = other[[*key, NUMBER, "value", "blank", "column", "digits"]]
    rows = halves[0].merge(right, how="left", on=key, suffixes=("", "_success"), sort=False)
    paired = (rows["blank"] | rows["blank_success"].fillna(value=True).astype(bool)).eq(False)
    alone = halves[1].merge(halves[0][key].assign(there=True), how="left", on=key, sort=False)
    blanks = pd.concat([rows[~paired], alone[alone["there"].isna() & ~alone["blank"]]])
    rows = rows[paired]
    n = rows["value"].mask(rows["value"] == "", "c")
    success = [_success(row) for row in rows.to_dict("records")]
    texts = rows[key].assign(n=n, n_success=pd.Series(success, rows.index, dtype="str"))
    places = rows[["source_file"]].assign(source_row=rows["row"])
    return texts.join(places).reset_index(drop=True), blanks


def _refuse_mistaken(table: pd.DataFrame) -> None:
    """Refuse percentages where numbers should be, and shares of 1 where percentages should be."""
    counted = table[NUMBER].isin(["n", "n_success"])
    wrong_sign = table[(counted & table["mark"].str.contains("%") & (table["value"] != ""))]
    if len(wrong_sign):
        raise _mistaken(wrong_sign, "found a percentage", "a number of learners")
    percents = table[(table[NUMBER] == "percent") & (table["value"] != "")]
    values = percents["value"].astype("float64")
    if len(values) and values.max() <= 1 and bool((values % 1 > 0).any()):
        raise _mistaken(percents, "found no percentage above 1", "percentages, of 100")


def _mistaken(table: pd.DataFrame, found: str, expected: str) -> DataError:
    first = table.iloc[0]
    return DataError(
        found,
        where=f"{first['source_file']}, row {first['row']}, column {first['column']}",
        expected=expected,
        remedy="Correct numbers in [[source]]: percent is of 100, share is of 1.",
    )


def _digits(cells: pd.DataFrame) -> pd.Series:
    """Say to how many decimals each cell is rounded: as a column is, where no mark says otherwise.

    Spreadsheets and many exports drop zeros at the end, so 60 below 57.14 is 60.00.
    """
    own = cells["value"].map(marks.decimals)
    plain = cells["mark"].isin(["", "%"])
    column = [cells["source_file"], cells["column"], cells[NUMBER]]
    most = own.where(plain, 0).groupby(column).transform("max")
    # A share without decimals would be rounded to none or all, which nobody does.
    least = cells[NUMBER].eq("share").astype("int64") * _SHARE_DIGITS
    most = most.where(most > 0, least)
    return own.where(~plain, most)


def _success(row: Mapping[str, Any]) -> str:
    """Work out n_success: as printed, or the whole number that a percentage of n is."""
    value, kind = row["value_success"], row[f"{NUMBER}_success"]
    if kind == "n_success" or value == "":
        return value or "c"
    if row["value"] == "":
        return "c"
    found = marks.successes(row["value"], value, _WHOLE[kind], int(row["digits"]))
    if found is None:
        raise DataError(
            f"no whole number, or more than one, is this {kind} of n",
            where=f"{row['source_file']}, row {row['row']}, column {row['column_success']}",
            expected=f"a {kind} from which the number of learners follows",
            remedy="Ask for the numbers themselves, or for a percentage with more decimals.",
        )
    return str(found)


def _once_a_sheet(rule: str, table: pd.DataFrame) -> _Notes:
    """One problem for each sheet, with the first row and the number of cells."""
    return [
        note(rule, str(file), row=int(rows["row"].min()), count=len(rows))
        for file, rows in table.groupby("source_file", sort=False)
    ]
