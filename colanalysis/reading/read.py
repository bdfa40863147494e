"""Read one text file (comma, semicolon or tab between fields) without guessing.

Every field stays the text it was: leading zeros, NA and None survive. What cannot be read with
certainty (a line with too many fields, a quote left open) is refused with its row, never repaired.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from functools import partial

from colanalysis.errors import DataError
from colanalysis.reading.grid import Grid, from_records, known_headings
from colanalysis.reading.unquoted import unquoted_grid
from colanalysis.terms.problems import note

__all__ = ["decode", "text_grid"]

_DELIMITERS = (",", ";", "\t")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_TEXT = (
    (b"PK", "a spreadsheet (XLSX)", "Rename it to .xlsx."),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet (XLS)", "Rename it to .xls."),
    (b"PAR1", "a Parquet file", "Rename it to .parquet."),
    (b"<", "a web page", "Export it again as CSV: the page may be a log-in or an error page."),
)
_LONGEST = 1_000_000  # letters of a row of headings
_EMPTY, _HEADINGS = "the file is empty", "a row of headings"
_AGAIN = "Export it again, or delete it if there is nothing to report."


def text_grid(data: bytes, file: str, known: frozenset[str]) -> Grid:
    """Read the bytes of a text file; ``known`` column names tell which delimiter it uses."""
    _refuse_other_kinds(data, file)
    bare = data.removeprefix(codecs.BOM_UTF8)
    _refuse_blank(bare, file)
    delimiter_of = partial(_delimiter, known=known, file=file)
    plain = unquoted_grid(bare, file, delimiter_of, [])
    if plain is not None:
        return plain
    text, notes = decode(data, file)
    if "\0" in text:
        row = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(
            "found a NUL byte",
            where=f"{file}, row {row}",
            expected="text",
            remedy="The file is damaged or not a text file: export it again.",
        )
    _refuse_blank(text, file)
    again = text.encode()
    # In another encoding than UTF-8 it may be plain all the same.
    plain = unquoted_grid(again, file, delimiter_of, notes) if again != bare else None
    if plain is not None:
        return plain
    numbers, cells = _records(text, file, delimiter_of(text))
    return from_records(file, numbers, cells, notes)


def _refuse_blank(text: str | bytes, file: str) -> None:
    if not text or text.isspace():
        raise DataError(_EMPTY, where=file, expected=_HEADINGS, remedy=_AGAIN)


def _refuse_other_kinds(data: bytes, file: str) -> None:
    for start, kind, remedy in _NOT_TEXT:
        if data.lstrip().startswith(start):
            raise DataError(f"found {kind}", where=file, expected="a text file", remedy=remedy)


def decode(data: bytes, file: str) -> tuple[str, list[dict[str, object]]]:
    """Read bytes as text by their mark, as UTF-8, or else as Windows-1252 with a note of the row."""
    marked = [codec for mark, codec in _MARKS if data.startswith(mark)]
    try:
        return data.decode(marked[0] if marked else "utf-8"), []
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        try:
            if not marked:
                return data.decode("cp1252"), [note("old encoding", file, row=row)]
        except UnicodeDecodeError:
            pass
    raise DataError(
        "found bytes that are neither UTF-8 nor Windows-1252",
        where=f"{file}, row {row}",
        expected="text",
        remedy="Open the file where it was made and save it as 'CSV UTF-8'.",
    )


def _delimiter(text: str, known: frozenset[str], file: str) -> str:
    """Find the delimiter that turns the heading line into the most known column names."""
    line = re.match(r"[^\r\n]*", text.lstrip("\r\n"))
    first = line.group() if line else ""
    if len(first) > _LONGEST:
        raise DataError(
            f"found a first row of {len(first):,} letters",
            where=f"{file}, row 1",
            expected=_HEADINGS,
            remedy="The lines may have been lost on the way: export it again.",
        )

    def fit(delimiter: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader([first], delimiter=delimiter), [])
        except csv.Error:  # a field far too long, which is told with its row
            return 0, 0
        return known_headings(cells, known), len(cells)

    return max(_DELIMITERS, key=fit)


def _records(text: str, file: str, delimiter: str) -> tuple[list[int], list[str]]:
    """Numbers and cells of the records that are not blank; all have as many fields as the first."""
    # A StringIO would take four bytes for every letter.
    lines = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    numbers: list[int] = []
    cells: list[str] = []
    once: dict[str, str] = {}  # the same text in many cells is kept once
    number, width = 0, 0
    try:
        for number, record in enumerate(reader, 1):  # noqa: B007 - named in the error below
            if not any(record):
                continue
            width = width or len(record)
            if len(record) != width:
                raise _wrong_width(file, number, (len(record), width), delimiter)
            numbers.append(number)
            cells += [once.setdefault(cell, cell) for cell in record]
    except csv.Error as error:
        raise DataError(
            "found quotation marks that do not match, or a field that is far too long",
            where=f"{file}, row {number + 1}",
            expected="every quote closed before the next field",
            remedy="Close the quote that this row opens, or double a quote inside a field.",
        ) from error
    if not numbers:
        raise DataError(_EMPTY, where=file, expected=_HEADINGS, remedy=_AGAIN)
    return numbers, cells


def _wrong_width(file: str, row: int, widths: tuple[int, int], delimiter: str) -> DataError:
    name = {",": "comma", ";": "semicolon", "\t": "tab"}[delimiter]
    return DataError(
        f"found {widths[0]} fields",
        where=f"{file}, row {row}",
        expected=f"{widths[1]} as in the first row",
        remedy=f"Put a field that holds a {name} into quotation marks; delete title and total rows.",
    )
