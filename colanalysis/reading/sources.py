"""Read exports in other shapes, as [[source]] of community.toml describes them.

``tidy``: one row of the export is one row of a table, under other headings.
``wide``: one row of the export is a learner, with results of several years side by side.
A column that is not named in the settings is not read, unless it has the name of one of ours.
"""

from __future__ import annotations

import pandas as pd

from colanalysis.reading import wide
from colanalysis.reading.grid import Grid
from colanalysis.reading.mapping import CELL, find, option, targets, where, wrong
from colanalysis.terms import keys
from colanalysis.terms.schema import TABLES, column_name
from colanalysis.terms.settings import Source

__all__ = ["known", "tables"]


def known(source: Source) -> frozenset[str]:
    """List the headings by which the export is recognised: those that its settings name.

    Raises SettingsError when the source has a reader or an option that does not exist.
    """
    if source.reader not in _OPTIONS:
        raise keys.unknown(source.reader, _OPTIONS, where=where(source, "reader"))
    for key in source.options:
        if key not in _OPTIONS[source.reader]:
            raise keys.unknown(key, _OPTIONS[source.reader], where=where(source))
    if source.reader == "wide":
        return frozenset(map(column_name, wide.named(source)))
    table = TABLES.get(option(source, "table", ""))
    return frozenset(map(column_name, source.columns)) | frozenset(table.columns if table else ())


def tables(grid: Grid, source: Source) -> dict[str, pd.DataFrame]:
    """Turn an export into rows of the community's tables."""
    return wide.tables(grid, source) if source.reader == "wide" else _tidy(grid, source)


def _tidy(grid: Grid, source: Source) -> dict[str, pd.DataFrame]:
    name = option(source, "table", "")
    if name not in TABLES:
        raise keys.unknown(name, TABLES, where=where(source, "table"))
    table = TABLES[name]
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
    return {name: grid.table(columns)}


_OPTIONS = {
    "tidy": ("table", "constants"),
    "wide": ("provider_id", "providers", "attributes", "enrolments", "results"),
}
