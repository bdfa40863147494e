"""Ethnic groups: the Ministry's codes and names, and the level-1 group that each belongs to.

Codes, names and other spellings are data (reference/ethnicity.csv). "Not stated" belongs to no
group. A learner may belong to several groups; this module looks at one name or code at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import pandas as pd

from colanalysis.terms.labels import plain

__all__ = ["GROUPS", "group", "groups", "not_stated"]

GROUPS = ("Māori", "Pacific Peoples", "Asian", "MELAA", "Other ethnicity", "European/Pākehā")


def groups() -> pd.DataFrame:
    """List the three-digit codes: code, name and level_1, which is "" for not stated."""
    rows = _rows()
    detailed = rows[rows["code"].str.len() == 3]
    return detailed[["code", "name", "level_1"]].reset_index(drop=True)


def group(text: object) -> str | None:
    """Find the level-1 group of a name or code at level 1 or 3; None when there is none.

    >>> group("MAORI"), group("311"), group("NZ European"), group("999")
    ('Māori', 'Pacific Peoples', 'European/Pākehā', None)
    """
    return _spellings(stated=True).get(plain(text))


def not_stated(text: object) -> bool:
    """Say whether a code or name is on the list as not stated, refused or unknown."""
    return plain(text) in _spellings(stated=False)


@cache
def _rows() -> pd.DataFrame:
    path = files("colanalysis") / "reference" / "ethnicity.csv"
    with path.open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


@cache
def _spellings(*, stated: bool) -> Mapping[str, str]:
    rows = _rows()[(_rows()["level_1"] != "") == stated]
    return {
        plain(spelling): row.level_1
        for row in rows.itertuples()
        for spelling in (row.code, row.name, *row.aliases.split(";"))
        if spelling
    }
