"""Discover the exports that lie in a folder: which files there are, and which columns they have.

What the module promises: nothing but file names and column names is told. A file whose first line
may hold values, or that cannot be read, is listed without columns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from colanalysis.errors import DataError
from colanalysis.reading import easttle, files
from colanalysis.reading.grid import Grid
from colanalysis.starting import aliases
from colanalysis.terms.schema import IDENTIFYING, TABLES, column_name

__all__ = ["export", "exports", "named_once"]

_ENDINGS = (".csv", ".tsv", ".txt", ".xls", ".xlsx", ".parquet")
_LONGEST_NAME = 60
_ROWS_COMPARED = 50
_KNOWN_BESIDE = 2


def exports(folder: Path, *, without: Sequence[Path] = ()) -> pd.DataFrame:
    """List the exports in a folder and the folders in it: `file` and `columns`, joined by `; `.

    The community's own tables and the files `without` are left out. Column names are folded, as
    `columns` of a [[source]] may name them; blank where no line of names is recognised.
    """
    folder = Path(folder)
    left_out = {Path(path).resolve() for path in without}
    files = [
        path
        for path in sorted([*folder.glob("*"), *folder.glob("*/*")])
        if _is_export(path, folder) and path.resolve() not in left_out
    ]
    return pd.DataFrame(
        {
            "file": [path.relative_to(folder).as_posix() for path in files],
            "columns": ["; ".join(_column_names(path)) for path in files],
        },
        dtype=str,
    )


def export(path: Path, file: str) -> Grid:
    """Open an export, which errors call ``file``; DataError where its first line may hold values."""
    grid = files.grid(files.opened(path, file), file, aliases.known())
    names = named_once(grid)
    # A line of which no name is known may be one of learners' names.
    sure = not aliases.known().isdisjoint(names)
    if len(names) > 1 and sure and _may_share(grid) and all(_is_a_name(n, grid) for n in names):
        return grid
    raise DataError(
        "no line of headings was recognised",
        where=file,
        expected="the names of at least two columns in the first line",
        remedy="Export it again with its headings, or write them in above the rows.",
    )


def named_once(grid: Grid) -> list[str]:
    """List the headings that a [[source]] can name: one that stands twice is not read."""
    return [name for name in grid.headings if name and grid.headings.count(name) == 1]


def _is_export(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    return (
        path.is_file()
        and path.suffix.lower() in _ENDINGS
        and not any(part.startswith((".", "~")) for part in parts)
        and Path(parts[0]).stem.casefold() not in TABLES
    )


def _column_names(path: Path) -> list[str]:
    try:
        of_tests = easttle.headings(files.opened(path, path.name), path.name)
        return of_tests or named_once(export(path, path.name))
    except DataError:
        return []


def _may_share(grid: Grid) -> bool:
    # What stands twice in one line is a value rather than a heading, unless others are well known.
    named = [name for name in grid.headings if name]
    known = sum(name in aliases.known() or name in IDENTIFYING for name in set(named))
    return len(named) == len(set(named)) or known >= _KNOWN_BESIDE


def _is_a_name(name: str, grid: Grid) -> bool:
    # Without a letter it is a number or a date; what stands again below it is a value: the file
    # then has no line of names, and its first line is somebody's.
    below = grid.column(name).head(_ROWS_COMPARED).map(column_name)
    return (
        re.search(r"[^\W\d_]", name) is not None
        and len(name) <= _LONGEST_NAME
        and not below.eq(name).any()
    )
