"""Hand over a school's tables under pseudonyms: its learners' numbers stay where they are.

What the module promises: the new folder is written whole or not at all, nobody's files are
replaced, and it holds no more of a learner than groups and results. The same learner has the same
pseudonym in the tables of every school that uses the same key file.
"""

from __future__ import annotations

import re
import tempfile
from decimal import Decimal
from pathlib import Path

import pandas as pd

from colanalysis import deliver, load
from colanalysis.checking import people
from colanalysis.errors import DataError, UsageError
from colanalysis.terms import problems

__all__ = ["tables"]

_PLACES = ["source_file", "source_row"]
_SIGNED = re.compile(r"-\d+(?:\.\d+)?", re.ASCII)


def tables(folder: Path | str, *, out: Path | str) -> Path:
    """Write the tables of a community folder with pseudonyms for ids, and return where they are.

    UsageError when `out` is not a new or empty folder of its own, DataError when the tables lack a
    column that they need.
    """
    target = _new_place(Path(folder), Path(out))
    loaded = load.community(folder)
    blocking = loaded.notes[loaded.notes["severity"] == "blocks"]
    if len(blocking):
        raise DataError("\n".join(["found what blocks:", *problems.in_words(blocking)]))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=target.parent) as making:
            whole = Path(making) / "whole"
            whole.mkdir()
            for name, rows in loaded.frames.items():
                deliver.write_csv(_to_hand_over(name, rows), whole / f"{name}.csv")
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
    return target


def _new_place(folder: Path, target: Path) -> Path:
    if target.resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            "this is inside the folder that is handed over",
            where=str(target),
            expected="another place, so that the two are not mixed up",
        )
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(
            "found files there",
            where=str(target),
            expected="a new or an empty folder",
            remedy="Choose another folder with --out. Nothing was changed.",
        )
    return deliver.place(target)


def _to_hand_over(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out where rows stood, and columns that tell one person from another too well."""
    if name in ("learners", "survey"):
        rows = rows[list(people.groups(rows, name)[0])]
    told = rows.drop(columns=_PLACES).astype(object)
    # Text with a minus in front would be made inert, and be no number any more.
    return told.map(lambda text: Decimal(text) if _SIGNED.fullmatch(text) else text)
