"""Problems found in the tables: one rule, where it was broken, what was expected, what to do.

A problem names files, rows and columns and counts. It never holds a value or an id, because its text
ends up on screens, in saved notebooks and in e-mails.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from colanalysis.terms.rules import RULES, SEVERITIES

__all__ = [
    "COLUMNS",
    "SHOWN_PER_FILE",
    "alike",
    "in_rows",
    "in_words",
    "note",
    "rows_in_words",
    "table",
]

COLUMNS = ("severity", "rule", "file", "row", "column", "expected", "remedy", "count")
_TEXTS = tuple(name for name in COLUMNS if name not in ("row", "count"))
ALIKE = ["severity", "file", "rule", "column", "expected", "remedy"]
SHOWN_PER_FILE = 50
ROWS_NAMED = 3


def note(
    rule: str, file: str, *, row: int | None = None, column: str = "", count: int = 1, **words: str
) -> dict[str, object]:
    """Write one problem; ``words`` fill the rule's sentences and are never taken from a cell."""
    found = RULES[rule]
    words = {"column": column, **words}
    return {
        "severity": found.severity,
        "rule": rule,
        "file": file,
        "row": row,
        "column": column,
        "expected": found.expected.format(**words),
        "remedy": found.remedy.format(**words),
        "count": count,
    }


def in_rows(
    rule: str, rows: pd.DataFrame, column: str = "", **words: Any
) -> list[dict[str, object]]:
    """One problem per row, the first 50 of each file, then one with the count of the others.

    So the counts always add up to the number of rows.
    """
    found: list[dict[str, object]] = []
    for file, part in rows.groupby("source_file", sort=False):
        numbers = part["source_row"].tolist()
        shown, others = numbers[:SHOWN_PER_FILE], len(numbers) - SHOWN_PER_FILE
        found += [note(rule, str(file), row=row, column=column, **words) for row in shown]
        if others > 0:
            found.append(note(rule, str(file), column=column, count=others, **words))
    return found


def table(notes: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """Problems as a table: what blocks first, then by file, rule and row (blank: the whole file)."""
    problems = pd.DataFrame(list(notes), columns=list(COLUMNS))
    problems = problems.astype({"row": "Int64", "count": "int64"} | dict.fromkeys(_TEXTS, "str"))
    order = problems["severity"].map({name: place for place, name in enumerate(SEVERITIES)})
    problems = problems.assign(order=order).sort_values(
        ["order", "file", "rule", "row"], kind="stable", na_position="last"
    )
    return problems.drop(columns="order").reset_index(drop=True)


def in_words(problems: pd.DataFrame) -> list[str]:
    """A line for each kind of problem in a file: where, what is wrong, what was expected, what to do.

    The first few rows are named and the others counted, so one mistake in a column is one line.
    """
    return [
        f"{severity}: {_place(file, column, rows)}: {rule}. Expected: {expected} {remedy}"
        for (severity, file, rule, column, expected, remedy), rows in alike(problems)
    ]


def alike(problems: pd.DataFrame) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """Problems of one kind in one column of a file, by what ``ALIKE`` names."""
    return iter(problems.groupby(ALIKE, sort=False, dropna=False))


def rows_in_words(rows: pd.DataFrame, named: int = SHOWN_PER_FILE) -> str:
    """Name the first rows of problems of one kind and count the others: "rows 3, 8 and 12 more"."""
    numbers = [str(row) for row in rows["row"].dropna()[:named]]
    total = int(rows["count"].sum())
    others = total - len(numbers)
    if not numbers:
        return f"{total:,} rows" if total > 1 else ""
    more = f" and {others:,} more" if others else ""
    return f"row{'s' if total > 1 else ''} {', '.join(numbers)}{more}"


def _place(file: str, column: str, rows: pd.DataFrame) -> str:
    where = [file or "the folder"]
    if told := rows_in_words(rows, ROWS_NAMED):
        where.append(told)
    if column:
        where.append(f"column {column}")
    return ", ".join(where)
