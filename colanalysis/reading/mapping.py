"""Read the column maps of a [[source]]: which of their columns is which of ours.

A column that is not in the file, a name given twice and a name of a person are refused, so that a
map does what its writer believes.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any

from colanalysis.errors import ColanalysisError, SettingsError
from colanalysis.reading.grid import Grid
from colanalysis.terms import keys
from colanalysis.terms.keys import Kind
from colanalysis.terms.schema import RESERVED, TABLES, column_name, identifies
from colanalysis.terms.settings import Source

__all__ = ["CELL", "attributes", "entries", "find", "option", "targets", "turned", "where", "wrong"]


def option(source: Source, key: str, default: Any) -> Any:
    """Look up an option of the reader."""
    return source.options.get(key, default)


def targets(
    source: Source, key: str, mapping: Mapping[str, str], *, table: str, taken: Iterable[str] = ()
) -> dict[str, str]:
    """Turn theirs = ours around, as ``turned`` does, with errors that name the source."""
    return turned(mapping, table=table, taken=taken, error=partial(wrong, source, key))


def turned(
    mapping: Mapping[str, str],
    *,
    table: str,
    error: Callable[[str, str], ColanalysisError],
    taken: Iterable[str] = (),
) -> dict[str, str]:
    """Turn theirs = ours around; one of ours comes from one of theirs, and never names a person.

    ``error`` makes the error of what was found and what is expected.
    """
    found: dict[str, str] = {}
    for theirs, ours in mapping.items():
        if ours in found or ours in taken:
            raise error(f"found {ours} twice", "every column of ours once")
        if ours in RESERVED or identifies(table, ours):
            raise error(f"found {ours}", "a column that tables may hold")
        if ours not in TABLES[table].columns and identifies(table, column_name(theirs)):
            raise error(f'found "{theirs}"', "a column that names no person")
        found[ours] = theirs
    return found


def attributes(
    source: Source, mapping: Mapping[str, str], known: Collection[str]
) -> dict[str, str]:
    """Turn attributes of a format that has fixed names around; a name that it has not is refused."""
    for name in mapping:
        if name not in known:
            raise keys.unknown(name, known, where=where(source, "attributes"))
    taken = ("learner_id", "gender", "ethnicity")
    return targets(source, "attributes", mapping, taken=taken, table="learners")


def find(grid: Grid, theirs: str, source: Source) -> str:
    """Find the folded heading of one of their columns; SettingsError when there is none."""
    heading = column_name(theirs)
    if not heading or heading not in grid.headings:
        found = f'the file has no column "{theirs}"'
        raise wrong(source, "columns", found, "a heading of the file")
    return heading


def entries(
    source: Source, key: str, kinds: Mapping[str, Kind], required: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """List the tables of an option, such as ``results``, each with its values converted."""
    return [
        keys.read(entry, kinds, where=where(source, key), required=tuple(required))
        for entry in option(source, key, ())
    ]


def where(source: Source, key: str = "") -> str:
    """Say in errors which source and which of its keys is meant."""
    return f'community.toml [[source]] "{source.file}" {key}'.rstrip()


def wrong(source: Source, key: str, found: str, expected: str) -> SettingsError:
    """Make the error for an entry that cannot be followed."""
    return SettingsError(
        found, where=where(source, key), expected=expected, remedy="Correct the entry."
    )


def _cell(value: object) -> str:
    """Write a value of a TOML file as it would stand in a cell."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str | int | float | datetime.date):
        raise TypeError
    return str(value)


CELL = Kind("a text or a number", _cell)
