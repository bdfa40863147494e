"""Cells: what a published number counts, said in words, and the exact count that stands behind it.

A cell is defined by the columns ``DEFINITION``; a blank (or a missing year) leaves nothing out. The
same definition is the same cell in whichever table and report it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from colanalysis import atoms
from colanalysis.measure import JOINER

DEFINITION = [
    "domain", "measure", "stages", "year_min", "year_max", "level_min", "level_max", "provider_id",
    "group", "came_from", "goes_to",
]  # fmt: skip
LIMITS = ["year_min", "year_max", "level_min", "level_max"]
_BLANK: Mapping[str, Any] = {
    **dict.fromkeys(DEFINITION, ""),
    **dict.fromkeys(LIMITS, np.nan),
    "domain": atoms.RESULTS,
}
EITHER = " or "


def define(table: pd.DataFrame) -> pd.DataFrame:
    """Give a table every column of a definition; those that it lacks leave nothing out."""
    lacking = {name: value for name, value in _BLANK.items() if name not in table}
    kinds = {name: "float64" if name in LIMITS else "str" for name in DEFINITION}
    return table.assign(**lacking).astype(kinds)


def either(groups: list[str]) -> str:
    """Name the learners who belong to any of some groups of one attribute: "attribute=A or B"."""
    attribute = groups[0].partition("=")[0]
    return f"{attribute}=" + EITHER.join(group.partition("=")[2] for group in groups)


def counted(cells: pd.DataFrame, finest: pd.DataFrame) -> pd.DataFrame:
    """Count every cell: the columns ``atoms.SUMS``, in the order and with the index of ``cells``."""
    sums = np.zeros((len(cells), len(atoms.SUMS)), dtype=np.int64)
    for rows, own, holds in blocks(cells, finest):
        # Sums of keys are meant to run over: they are added modulo 2**64.
        sums[rows] = holds.astype(np.int64) @ own[atoms.SUMS].to_numpy(np.int64)
    return pd.DataFrame(sums, index=cells.index, columns=atoms.SUMS)


def apart(cells: pd.DataFrame, finest: pd.DataFrame) -> Iterator[tuple[np.ndarray, pd.DataFrame]]:
    """Cells that can have learners in common: their places, and the atoms that they could hold.

    Results of different measures are different secrets, and no published number adds them.
    """
    keys = ["domain", "measure"]
    places = cells.reset_index(drop=True).groupby(keys, sort=True).indices
    known = dict(iter(finest.groupby(keys, sort=False)))
    for name, rows in places.items():
        yield rows, known.get(name, finest.iloc[:0])


def blocks(
    cells: pd.DataFrame, finest: pd.DataFrame
) -> Iterator[tuple[np.ndarray, pd.DataFrame, np.ndarray]]:
    """The same (``apart``), and which cell holds which atom."""
    for rows, own in apart(cells, finest):
        yield rows, own, holding(cells.iloc[rows], own)


def holding(cells: pd.DataFrame, finest: pd.DataFrame) -> np.ndarray:
    """Which cell (row) holds which atom (column)."""
    tests: dict[tuple[str, ...], Callable[[Any], np.ndarray]] = {
        ("stages",): lambda told: _among(finest["stage"], told[0]),
        ("came_from",): lambda told: _among(finest["came_from"], told[0]),
        ("goes_to",): lambda told: _among(finest["goes_to"], told[0]),
        ("provider_id",): lambda told: _is(finest["provider_id"], told[0]),
        ("year_min", "year_max"): lambda told: _between(finest["year"], *told),
        ("level_min", "level_max"): lambda told: _between(finest["year_level"], *told),
        ("group",): lambda told: belongs(finest["profile"], told[0]),
    }
    holds = np.ones((len(cells), len(finest)), dtype=bool)
    for columns, test in tests.items():
        told = cells[list(columns)]
        told = told.fillna(-1) if columns[0] in LIMITS else told
        numbers, different = pd.factorize(pd.MultiIndex.from_frame(told))
        within = [test(value) for value in different]
        holds &= np.array(within, dtype=bool).reshape(len(within), len(finest))[numbers]
    return holds


def belongs(profiles: pd.Series, group: str) -> np.ndarray:
    """Which profiles are of a group; "" is everybody, parts joined by `` & `` must all hold."""
    if not group:
        return np.ones(len(profiles), dtype=bool)
    codes, different = pd.factorize(profiles)
    held = [frozenset(profile.split(JOINER)) for profile in different]
    known = frozenset().union(*held) if held else frozenset()
    wanted = [_alternatives(part, known) for part in group.split(JOINER)]
    has = [all(own & any_ for any_ in wanted) for own in held]
    return np.array(has, dtype=bool)[codes]


def _alternatives(part: str, known: frozenset[str]) -> frozenset[str]:
    """A single group, or the groups of a merged one (a name may itself hold the word "or")."""
    attribute, _, values = part.partition("=")
    if part in known or EITHER not in values:
        return frozenset([part])
    return frozenset(f"{attribute}={value}" for value in values.split(EITHER))


def _among(values: pd.Series, told: str) -> np.ndarray:
    return values.isin(told.split()).to_numpy() if told else np.ones(len(values), dtype=bool)


def _is(values: pd.Series, told: str) -> np.ndarray:
    return (values == told).to_numpy() if told else np.ones(len(values), dtype=bool)


def _between(values: pd.Series, low: float, high: float) -> np.ndarray:
    """Within limits, where -1 stands for none."""
    inside = np.ones(len(values), dtype=bool)
    if low >= 0:
        inside &= (values >= low).to_numpy()
    if high >= 0:
        inside &= (values <= high).to_numpy()
    return inside
