"""Hand over a school's tables under pseudonyms: its learners' numbers stay where they are.

What the module promises: the new folder is written whole or not at all, nobody's files are
replaced, and it holds no more of a learner than groups and results. The same learner has the same
pseudonym in the tables of every school that uses the same key file.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pandas as pd

from colanalysis import deliver, load
from colanalysis.checking import people
from colanalysis.errors import DataError
from colanalysis.terms import problems

__all__ = ["tables"]

_PLACES = ["source_file", "source_row"]
_SIGNED = re.compile(r"-\d+(?:\.\d+)?", re.ASCII)


def tables(folder: Path | str, *, out: Path | str) -> Path:
    """Write the tables of a community folder with pseudonyms for ids, and return where they are.

    UsageError when `out` is not a new or empty folder of its own, DataError when the tables lack a
    column that they need.
    """
    target = deliver.new_place(deliver.outside(Path(out), Path(folder), "handed over"))
    loaded = load.community(folder)
    blocking = loaded.notes[loaded.notes["severity"] == "blocks"]
    if len(blocking):
        raise DataError("\n".join(["found what blocks:", *problems.in_words(blocking)]))
    with deliver.new_folder(target) as whole:
        for name, rows in loaded.frames.items():
            deliver.write_csv(_to_hand_over(name, rows), whole / f"{name}.csv")
    return target


def _to_hand_over(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out where rows stood, and columns that tell one person from another too well."""
    if name in ("learners", "survey"):
        rows = rows[list(people.groups(rows, name)[0])]
    told = rows.drop(columns=_PLACES).astype(object)
    # Text with a minus in front would be made inert, and be no number any more.
    return told.map(lambda text: Decimal(text) if _SIGNED.fullmatch(text) else text)
