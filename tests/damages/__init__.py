"""A mutator: the sample, cut to sixty learners, damaged in many named ways, each with what must come of it.

A damage changes the files of a folder. It is ``refused`` (one error that names the place), ``told``
(a check names file, rows and column) or ``harmless`` (nothing is to be said). What the numbers must
be follows from it: a row that is set aside is left out, a cell that counts as missing is blank, and
all else is the undamaged sample; where a check leaves a doubtful row as it stands, ``as_written``.
"""

from damages import (
    cells,
    delimiters,
    encodings,
    files,
    headings,
    heavy,
    parquet,
    people,
    settings,
    workbooks,
)
from damages.cells import BLANKS
from damages.folder import SAMPLE, TABLES, copied, read, sample
from damages.registry import ALL, DAMAGES, Damage, Told

__all__ = [
    "ALL",
    "BLANKS",
    "DAMAGES",
    "SAMPLE",
    "TABLES",
    "Damage",
    "Told",
    "cells",
    "copied",
    "delimiters",
    "encodings",
    "files",
    "headings",
    "heavy",
    "parquet",
    "people",
    "read",
    "sample",
    "settings",
    "workbooks",
]
