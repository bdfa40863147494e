"""Record: a claim of somebody in the community, written below those that are there, none of which is lost.

The file is replaced whole or not at all, and what stood in it stays as it was, byte for byte.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from colanalysis import inert
from colanalysis.errors import UsageError
from colanalysis.terms import settings
from colanalysis.terms.schema import TABLES, column_name

__all__ = ["claim"]

_TABLE = "local_knowledge"
_LOCK = f".{_TABLE}.lock"
_COLUMNS = TABLES[_TABLE].columns
_DELIMITERS = ",;\t"
_CONSENT = ("yes", "no")


def claim(folder: Path | str, **said: str) -> Path:
    """Write one claim into a community's local knowledge and return the file it stands in.

    ``said``: the columns of the table; claim, source (a role), direction and consent (begins with
    yes or no) are needed. UsageError where something is lacking or unknown, or where the file cannot
    be added to; then nothing was changed.
    """
    folder = Path(folder)
    row = {name: " ".join(said.get(name, "").split()) for name in _COLUMNS}
    _refuse(row, said, settings.read(folder).measures)
    target = _file(folder)
    try:
        with _alone(target.parent):
            _put(target, row)
    except OSError as error:
        raise UsageError(
            f"the file cannot be written ({error.strerror or type(error).__name__})",
            where=target.name,
            expected="a file that no other program holds open, where you may write",
            remedy="Close it elsewhere and save again. Nothing was changed.",
        ) from error
    return target


def _refuse(
    row: Mapping[str, str], said: Mapping[str, str], measures: Mapping[str, object]
) -> None:
    wrong = [
        *(f"the column {name}, which there is none of" for name in said if name not in _COLUMNS),
        *(f"nothing for {name}" for name in ("claim", "source") if not row[name]),
        *(["a direction other than success or hurdle"]
          if row["direction"] not in ("success", "hurdle") else []),
        *([] if row["consent"].casefold().startswith(_CONSENT)
          else ["no answer on whether it may be told"]),
        *([] if row["measure"] in ("", *measures) else ["a measure that is not known"]),
    ]  # fmt: skip
    if wrong:
        raise UsageError(
            "found " + "; ".join(wrong),
            where="claim",
            expected="claim, source, direction and consent (yes or no), and known measures",
        )


def _file(folder: Path) -> Path:
    """The file that claims are added to: that of the table, or one of its own in the table's folder."""
    there = [path for path in sorted(folder.iterdir()) if path.stem.casefold() == _TABLE]
    if not there:
        return folder / f"{_TABLE}.csv"
    if len(there) == 1 and there[0].is_dir():
        return there[0] / "from-the-form.csv"
    if len(there) == 1 and there[0].suffix.casefold() == ".csv":
        return there[0]
    raise UsageError(
        f"found {', '.join(path.name for path in there)}",
        where=_TABLE,
        expected="one CSV file, or a folder of files",
        remedy=f"Save the table as {_TABLE}.csv (CSV UTF-8) and put the other file elsewhere.",
    )


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Hold all others off that would write at the same time."""
    lock = place / _LOCK
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
    except FileExistsError as error:
        raise UsageError(
            "somebody else is adding a claim at this moment",
            where=_TABLE,
            expected="one at a time",
            remedy=f"Save again. If nobody is, delete the file {_LOCK} in that folder.",
        ) from error
    try:
        yield
    finally:
        lock.unlink()


def _put(target: Path, row: Mapping[str, str]) -> None:
    before = target.read_bytes() if target.exists() else b""
    after = _added(before, row, target.name)
    if target.exists() and target.read_bytes() != before:
        raise UsageError(
            "the file changed while the claim was being added",
            where=target.name,
            expected="one writer at a time",
            remedy="Save again. Nothing was changed.",
        )
    handle, making = tempfile.mkstemp(prefix=f".{_TABLE}-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, making)
        Path(making).replace(target)
    finally:
        with suppress(FileNotFoundError):
            Path(making).unlink()


def _added(before: bytes, row: Mapping[str, str], file: str) -> bytes:
    """What stood there, and below it the claim in the file's own columns, delimiter and line ends."""
    if not before.strip():
        before = (",".join(_COLUMNS) + "\n").encode()
    text = _text(before, file)
    delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
    rows = _rows(text, delimiter, file)
    names = [column_name(name) for name in rows[0]]
    lacking = [name for name, value in row.items() if value and name not in names]
    if lacking:
        raise UsageError(
            f"found no column {', '.join(lacking)}",
            where=file,
            expected="a heading for everything that is said",
            remedy="Add the heading to the first row. Nothing was changed.",
        )
    new = [inert.cell(row.get(name, "")) for name in names]
    end = "\r\n" if "\r\n" in text else "\n"
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator=end).writerow(new)
    whole = before + (b"" if re.search(rb"[\r\n]\Z", before) else end.encode())
    whole += line.getvalue().encode()
    # Below a quotation mark that is never closed the claim would be part of another.
    if _rows(_text(whole, file), delimiter, file) != [*rows, new]:
        raise UsageError(
            "found a cell whose quotation marks do not end",
            where=file,
            expected="rows that can be told apart",
            remedy="Correct the last rows of the file. Nothing was changed.",
        )
    return whole


def _text(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            "found letters that are not UTF-8",
            where=file,
            expected="CSV UTF-8",
            remedy="Save it as CSV UTF-8. Nothing was changed.",
        ) from error


def _rows(text: str, delimiter: str, file: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise UsageError(
            "found rows that cannot be told apart", where=file, expected="a CSV file",
            remedy="Open and save it again as CSV UTF-8. Nothing was changed.",
        ) from error  # fmt: skip
