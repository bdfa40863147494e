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
from colanalysis.reading import files
from colanalysis.reading.grid import Grid
from colanalysis.terms.schema import TABLES, column_name

__all__ = ["exports"]

_ENDINGS = (".csv", ".tsv", ".txt", ".xls", ".xlsx", ".parquet")
_KNOWN = frozenset(name for table in TABLES.values() for name in table.columns)
_LONGEST_NAME = 60
_ROWS_COMPARED = 50


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
        grid = files.grid(files.opened(path, path.name), path.name, _KNOWN)
        names = [name for name in grid.headings if name]
        return names if len(names) > 1 and all(_is_a_name(name, grid) for name in names) else []
    except DataError:
        return []


def _is_a_name(name: str, grid: Grid) -> bool:
    # Without a letter it is a number or a date; what stands again below it is a value: the file
    # then has no line of names, and its first line is somebody's.
    below = grid.column(name).head(_ROWS_COMPARED).map(column_name)
    return (
        re.search(r"[^\W\d_]", name) is not None
        and len(name) <= _LONGEST_NAME
        and not below.eq(name).any()
    )
