"""Look into a workbook before it is opened: a small file may unpack to more than memory holds.

Cells far apart are as dangerous: whoever opens a sheet makes all the blank ones between them too.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from functools import reduce
from typing import IO

from colanalysis.errors import DataError

__all__ = ["LARGEST_SHEET", "cannot_be_opened", "rows_without_values"]

LARGEST_SHEET = 20_000_000  # cells: 20 columns of as many rows as a sheet can have
_LARGEST = 400_000_000  # bytes
_BLOCK = 1 << 24
_OVERLAP = 1 << 10
_COLUMN = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})[0-9]""")
_ROW = re.compile(rb"""\br\s*=\s*["'][A-Z]{0,3}([0-9]{1,7})["']""")
_ERROR = re.compile(rb"""<c r="[A-Z]{1,3}([0-9]{1,7})"[^>]*\bt="e\"""")
# A text ("str") may well be empty where its formula was worked out.
_FORMULA = re.compile(
    rb"""<c r="[A-Z]{1,3}([0-9]{1,7})"(?![^>]*\bt="str")[^>]*>"""
    rb"""<f[^>]*(?:/>|>[^<]*</f>)\s*(?:<v>\s*</v>|<v\s*/>)?\s*</c>"""
)


def rows_without_values(data: bytes, file: str) -> list[int | None]:
    """The rows with an error, or a formula whose value was not saved; None where sheets have several.

    DataError where the parts of the workbook are damaged or too large to be read.
    """
    if not data.startswith(b"PK"):
        return []
    found: dict[str, set[int]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
            if sum(part.file_size for part in parts) > _LARGEST:
                raise _too_large(f"the workbook unpacks to more than {_LARGEST:,} bytes", file)
            for part in parts:
                with packed.open(part) as opened:
                    empty = _looked_at(opened, file, sheet="worksheets/" in part.filename)
                if empty is not None:
                    found[part.filename] = empty
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise cannot_be_opened(file) from error
    rows = sorted(row for part in found.values() for row in part)
    return list(rows) if len(found) == 1 else [None] * bool(rows)


def _looked_at(part: IO[bytes], file: str, *, sheet: bool) -> set[int] | None:
    """Read a part to its end, as its size may be told wrongly; None where it has no cells."""
    last_column, last_row = 0, 0
    empty: set[int] = set()
    for block in _blocks(part):
        if not sheet:
            continue
        last_column = max([last_column, *map(_number, set(_COLUMN.findall(block)))])
        last_row = max([last_row, *map(int, set(_ROW.findall(block)))])
        empty.update(int(row) for one in (_ERROR, _FORMULA) for row in one.findall(block))
        if last_column * last_row > LARGEST_SHEET:
            raise _too_large("found cells far apart in a sheet", file)
    return empty if last_column else None


def _blocks(part: IO[bytes]) -> Iterator[bytes]:
    """Blocks of a part, each with the end of the one before, as a cell may be cut in two."""
    before = b""
    while block := part.read(_BLOCK):
        yield before + block
        before = block[-_OVERLAP:]


def _number(column: bytes) -> int:
    """The place of a column: A is 1, AA 27."""
    return reduce(lambda number, letter: 26 * number + letter - ord("A") + 1, column, 0)


def _too_large(found: str, file: str) -> DataError:
    return DataError(
        found,
        where=file,
        expected=f"sheets of at most {LARGEST_SHEET:,} cells, blank ones between others too",
        remedy="Copy the table alone into a new workbook, or save it as CSV.",
    )


def cannot_be_opened(file: str) -> DataError:
    """Say that the workbook is damaged, locked or something else."""
    return DataError(
        "the workbook cannot be opened",
        where=file,
        expected="an XLSX or XLS workbook",
        remedy="Remove its password; if it is text or a web page, give it that ending.",
    )
