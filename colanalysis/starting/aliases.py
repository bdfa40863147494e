"""Which of their headings is which column of ours: what is known, and what only comes near.

What the module promises: a heading is taken only by its exact name, folded; near names are
suggestions for a person to confirm, and a heading that could name a person is neither.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from colanalysis.terms.schema import TABLES, column_name, identifies

__all__ = ["close", "drafted", "known", "lacking", "others", "table_of"]

# Below this share of letters in common, names that mean different things come near one another.
_NEAR = 0.85


def table_of(headings: Sequence[str]) -> str:
    """Choose the table whose required columns are best met by name; "" where no table's are.

    A table is met by what its rows are told apart by: a learner's number, or a school's. A file
    with a learner's number is about learners, whatever else it holds.
    """
    met: dict[str, int] = {}
    for table in TABLES.values():
        ours = drafted(headings, table.name).values()
        if table.required[0].name in ours:
            met[table.name] = len(table.required) - len(lacking(ours, table.name))
    of_learners = [name for name in met if TABLES[name].required[0].name == "learner_id"]
    # Of those that are met alike, the one that lacks least.
    return max(
        of_learners or met,
        key=lambda name: (met[name], -len(TABLES[name].required)),
        default="",
    )


def drafted(headings: Sequence[str], table: str) -> dict[str, str]:
    """Map their headings (folded) to columns of a table by exact names; each of ours once."""
    found: dict[str, str] = {}
    for heading, ours in _exact(headings, table):
        if ours not in found.values():
            found[heading] = ours
    return found


def others(headings: Sequence[str], table: str) -> dict[str, str]:
    """Headings that are just as well known for a column, of which ``drafted`` took another."""
    taken = drafted(headings, table)
    return {name: ours for name, ours in _exact(headings, table) if name not in taken}


def close(headings: Sequence[str], table: str) -> dict[str, str]:
    """Suggest columns that no heading has by name, for headings that come near; never certain.

    >>> close(["nsn", "scale_scor", "surname"], "observations")
    {'scale_scor': 'value'}
    """
    names, exact = _names(table), dict(_exact(headings, table))
    open_names = {name: ours for name, ours in names.items() if ours not in exact.values()}
    near: dict[str, str] = {}
    for heading in _once(headings):
        if heading in exact or identifies(table, heading):
            continue
        # "Ethnicity 2" is not "Ethnicity": another number is no slip of the pen.
        alike = [name for name in open_names if _digits(name) == _digits(heading)]
        for name in get_close_matches(heading, alike, n=1, cutoff=_NEAR):
            near[heading] = names[name]
    return near


def lacking(columns: Collection[str], table: str) -> list[str]:
    """List the required columns of a table that are not among these."""
    return [column.name for column in TABLES[table].required if column.name not in columns]


def known() -> frozenset[str]:
    """All names by which columns are known, of whatever table."""
    return frozenset(name for table in TABLES for name in _names(table))


def _exact(headings: Sequence[str], table: str) -> list[tuple[str, str]]:
    """Pair headings and ours by exact names, in the order of the names that are known."""
    there = frozenset(_once(headings))
    return [(name, ours) for name, ours in _names(table).items() if name in there]


def _once(headings: Sequence[str]) -> list[str]:
    # Nobody knows which of two columns a heading means.
    times = Counter(column_name(heading) for heading in headings)
    return [name for name, count in times.items() if name and count == 1]


def _names(table: str) -> Mapping[str, str]:
    """Names of columns to ours, in the order of our columns; our own name of each comes first."""
    given = [_written().get(part, {}) for part in ("every", table)]
    return {
        column_name(name): ours
        for ours in TABLES[table].columns
        for name in [ours, *(name for part in given for name in part.get(ours, ()))]
    }


def _digits(name: str) -> list[str]:
    return re.findall(r"\d+", name)


@cache
def _written() -> Mapping[str, Mapping[str, Sequence[str]]]:
    path = files("colanalysis") / "reference" / "aliases.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
