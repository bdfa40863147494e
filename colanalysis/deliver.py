"""Deliver: where a report goes, and how it gets there whole without replacing anybody's files."""

from __future__ import annotations

import csv
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from colanalysis import inert, sealed
from colanalysis.errors import UsageError

PAGE, PAPER, ONE_PAGE = "challenge-evidence.html", "challenge-evidence.pdf", "on-one-page.html"
# What a report may have besides, and what an earlier one must not leave behind.
EARLIER = "earlier.json"

_PLAIN = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,98}[A-Za-z0-9_])?")
# Names that mean something else: devices of Windows, and folders that lie among those of reports.
_TAKEN = re.compile(
    r"con|prn|aux|nul|com\d|lpt\d|public|governance|provider|data-lead|providers|tables",
    re.IGNORECASE,
)


def default_place(community_id: str, provider: str = "", audience: str = "public") -> Path:
    """Where a report goes unless told otherwise; names are made of safe letters only.

    Exact reports have a place of their own, so that a folder of public ones can be passed on.
    """
    start = Path("reports") if audience == "public" else Path("reports") / safe(audience)
    folder = start / safe(community_id)
    return folder / "providers" / safe(provider) if provider else folder


def place(target: Path) -> Path:
    """A folder that is there or can be made; UsageError where it cannot."""
    nearest = next(path for path in (target, *target.absolute().parents) if path.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise UsageError(f"cannot write into {nearest}", where=str(target), expected="a folder")
    return target


def own_place(target: Path) -> Path:
    """A folder that is new, empty, or holds an earlier report; nobody else's files are replaced."""
    ours = {PAGE, PAPER, ONE_PAGE, EARLIER, "findings.csv", "release.json", "run.json", "tables"}
    there = {path.name for path in target.iterdir()} if place(target).exists() else set()
    if there & ours and not {"release.json", "run.json"} <= there:
        raise UsageError(
            f"found {', '.join(sorted(there & ours))} that no report has written",
            where=str(target),
            expected="an empty folder, or one with an earlier report",
            remedy="Choose another folder with --out.",
        )
    return target


def outside(target: Path, folder: Path, what: str) -> Path:
    """A place that is not inside the folder that something is made of; UsageError where it is.

    ``what`` is done with that folder, such as "counted".
    """
    if target.resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            f"this is inside the folder that is {what}",
            where=str(target),
            expected="another place, so that the two are not mixed up",
        )
    return target


def new_place(target: Path) -> Path:
    """A folder that is new or empty; UsageError where it is not, or cannot be made."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(
            "found files there",
            where=str(target),
            expected="a new or an empty folder",
            remedy="Choose another folder with --out. Nothing was changed.",
        )
    return place(target)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to fill, which is put in its new place whole if all goes well."""
    new_place(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=target.parent) as making:
            whole = Path(making) / "whole"
            whole.mkdir()
            yield whole
            if target.exists():
                target.rmdir()
            whole.replace(target)
    except OSError as error:
        raise UsageError(
            f"the folder cannot be written ({error.strerror or type(error).__name__})",
            where=str(target),
            expected="a place where you may write",
            remedy="Choose another place. Nothing was left behind.",
        ) from error


def put_in_place(whole: Path, target: Path) -> None:
    """Swap a finished report in; what else lies in the folder (providers' reports) stays."""
    target.mkdir(exist_ok=True)
    tables = target / "tables"
    if (target / "release.json").is_file():
        for name in sealed.read(target / "release.json").tables:
            (tables / f"{name}.csv").unlink(missing_ok=True)
    # What an earlier report had besides would lie beside pages that it is not of.
    for name in {PAPER, EARLIER, ONE_PAGE} - {path.name for path in whole.iterdir()}:
        (target / name).unlink(missing_ok=True)
    tables.mkdir(exist_ok=True)
    for made_path in sorted((whole / "tables").iterdir()):
        made_path.replace(tables / made_path.name)
    # Whoever is stopped in the middle finds the same earlier draft again: it goes before what tells
    # which draft is here. The pages go last.
    files = [path for path in whole.iterdir() if path.is_file()]
    for made_path in sorted(files, key=lambda path: (path.suffix == ".html", path.name != EARLIER)):
        made_path.replace(target / made_path.name)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table so that no spreadsheet takes a text for a formula; numbers stay numbers."""
    told = table.copy()
    for column in told.columns:
        if not pd.api.types.is_numeric_dtype(told[column]):
            told[column] = [_inert(value) for value in told[column]]
        elif pd.api.types.is_float_dtype(told[column]):
            told[column] = [_short(value) for value in told[column]]
    told.columns = [inert.cell(str(column)) for column in told.columns]
    told.to_csv(path, index=False, encoding="utf-8", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)


def _inert(value: object) -> object:
    if isinstance(value, str):
        return inert.cell(value)
    return "" if value is None else value


def _short(value: float) -> str:
    """Six significant digits, whole numbers without a point, nothing for missing."""
    return "" if pd.isna(value) else f"{value:.6g}"


def safe(name: str) -> str:
    """A name that is one folder, stays inside and is nobody else's; of letters, digits, - and _ only.

    A name that had to be changed for it carries a digest of what it was.

    >>> safe("te-awa"), safe("te awa")
    ('te-awa', 'te-awa.7bc7a4f685')
    """
    if _PLAIN.fullmatch(name) and not _TAKEN.fullmatch(name):
        return name
    kept = re.sub(r"[^A-Za-z0-9_-]", "-", name)[:60].strip("-")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    # No plain name has a point; before it Windows would know its devices again.
    return f"{'id-' if _TAKEN.fullmatch(kept) else ''}{kept or 'id'}.{digest}"
