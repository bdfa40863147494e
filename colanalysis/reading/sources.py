"""Read exports in other shapes, as [[source]] of community.toml describes them.

``tidy``: one row of the export is one row of a table, under other headings.
``wide``: one row of the export is a learner, with results of several years side by side.
``moe``, ``kamar``, ``easttle``, ``ncea``, ``half_days``, ``half_day_counts`` and ``crosstab`` (published tables) are formats of their
own, each read by the module of that name.
A column that is not named in the settings is not read, unless it has the name of one of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from colanalysis.reading import (
    easttle,
    files,
    half_day_counts,
    half_days,
    kamar,
    moe,
    ncea,
    published,
    wide,
)
from colanalysis.reading.grid import Read
from colanalysis.reading.mapping import CELL, find, option, targets, where, wrong
from colanalysis.terms import keys
from colanalysis.terms.schema import TABLES, column_name
from colanalysis.terms.settings import Source

__all__ = ["read"]


def read(data: bytes, file: str, *, source: Source) -> Read:
    """Turn an export into rows of the community's tables.

    Raises SettingsError when the source has a reader or an option that does not exist, DataError
    when the file is not what the reader reads.
    """
    if source.reader not in _READERS:
        raise keys.unknown(source.reader, _READERS, where=where(source, "reader"))
    reader, options = _READERS[source.reader]
    for key in source.options:
        if key not in options:
            raise keys.unknown(key, ("columns", *options), where=where(source))
    return reader(data, file, source)


def _wide(data: bytes, file: str, source: Source) -> Read:
    source = replace(source, options=keys.read(source.options, wide.KINDS, where=where(source)))
    grid = files.grid(data, file, frozenset(map(column_name, wide.named(source))))
    return Read(wide.tables(grid, source), grid.notes)


def _tidy(data: bytes, file: str, source: Source) -> Read:
    source = replace(source, options=keys.read(source.options, _TIDY, where=where(source)))
    name = option(source, "table", "")
    if name not in TABLES:
        raise keys.unknown(name, TABLES, where=where(source, "table"))
    table = TABLES[name]
    known = frozenset(map(column_name, source.columns)) | frozenset(table.columns)
    grid = files.grid(data, file, known)
    given = option(source, "constants", {})
    constants = keys.read(given, dict.fromkeys(given, CELL), where=where(source, "constants"))
    mapped = targets(source, "columns", source.columns, taken=constants, table=name)
    for ours in [] if table.open else [*mapped, *constants]:
        if ours not in table.columns:
            raise keys.unknown(ours, table.columns, where=where(source, "columns"))
    chosen = {ours: find(grid, theirs, source) for ours, theirs in mapped.items()}
    left = [heading for heading in grid.headings if heading not in chosen.values()]
    same = {heading: heading for heading in left if heading in table.columns}
    columns = {ours: grid.column(theirs) for ours, theirs in (same | chosen).items()} | constants
    lacking = [column.name for column in table.required if column.name not in columns]
    if lacking:
        found = f"nothing is mapped to {', '.join(lacking)}"
        raise wrong(source, "columns", found, f"every required column of {name}")
    return Read({name: grid.table(columns)}, grid.notes)


_TIDY = {"table": keys.TEXT, "constants": keys.TABLE}
_READERS: Mapping[str, tuple[Callable[[bytes, str, Source], Read], tuple[str, ...]]] = {
    "tidy": (_tidy, tuple(_TIDY)),
    "wide": (_wide, tuple(wide.KINDS)),
    "moe": (moe.read, moe.OPTIONS),
    "kamar": (kamar.read, kamar.OPTIONS),
    "crosstab": (published.read, published.OPTIONS),
    "easttle": (easttle.read, easttle.OPTIONS),
    "ncea": (ncea.read, ncea.OPTIONS),
    "half_days": (half_days.read, half_days.OPTIONS),
    "half_day_counts": (half_day_counts.read, half_day_counts.OPTIONS),
}
