"""The plain way: test every group at every year level and school, then Benjamini and Hochberg.

Results are taken for independent although a learner has several, which is what is wrong with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import norm

Condition = tuple[str, object, object]  # column, first value, last value; None is no limit
Conditions = tuple[Condition, ...]
FALSE_SHARE, SMALLEST = 0.10, 10
NOT_GROUPS = ["measure", "year", "year_level", "provider_id", "success"]
EVERYTHING: Conditions = ()


@dataclass(frozen=True)
class Listed:
    """A subgroup that a method lists; ``rows`` are its results among those of the table."""

    tool: str
    direction: str
    measure: str
    quality: float
    conditions: Conditions
    rows: np.ndarray


def scan(table: pd.DataFrame) -> list[Listed]:
    """List what differs, the smallest p first, hurdles and successes in one list.

    Groups of up to two attributes and everybody, at each year level, at each school and anywhere;
    at a year level they are compared with the others of the measure at that level, else with all
    others of the measure. ``table`` is as ``peers.flat`` makes it.
    """
    groups, places = _groups(table), _places(table)
    belongs = np.array(list(groups.values()), dtype=np.float32)
    tests = []
    for measure in sorted(table["measure"].unique()):
        here = (table["measure"] == measure).to_numpy()
        inside, y = belongs[:, here], table["success"].to_numpy(dtype=float)[here]
        for place, at in places.items():
            there = at[here]
            n, k = inside @ there, inside @ (there * y)
            among = there if place and place[0][0] == "year_level" else np.ones_like(there)
            z = _z(n, k, among.sum() - n, among @ y - k)
            tests += [
                (measure, place, group, one)
                for group, one in zip(groups, z, strict=True)
                if np.isfinite(one)
            ]
    z = np.array([one for *_, one in tests])
    order = np.argsort(-np.abs(z), kind="stable")
    p = 2 * norm.sf(np.abs(z[order]))
    passed = p <= FALSE_SHARE * np.arange(1, len(p) + 1) / max(len(p), 1)
    last = np.flatnonzero(passed).max(initial=-1) + 1
    found = []
    for at in order[:last]:
        measure, place, group, one = tests[at]
        rows = groups[group] & (places[place] > 0) & (table["measure"] == measure).to_numpy()
        direction, quality = "hurdle" if one < 0 else "success", abs(float(one))
        found.append(Listed("scan", direction, measure, quality, (*group, *place), rows))
    return found


def _groups(table: pd.DataFrame) -> dict[Conditions, np.ndarray]:
    single: dict[Condition, np.ndarray] = {}
    for name in table.columns.difference(NOT_GROUPS):
        values = [1] if "=" in name else sorted(table[name].unique())
        single |= {(name, one, one): (table[name] == one).to_numpy() for one in values}
    groups: dict[Conditions, np.ndarray] = {EVERYTHING: np.ones(len(table), dtype=bool)}
    groups |= {(one,): at for one, at in single.items()}
    for one, other in combinations(single, 2):
        if one[0].split("=")[0] != other[0].split("=")[0]:
            groups[one, other] = single[one] & single[other]
    return groups


def _places(table: pd.DataFrame) -> dict[Conditions, np.ndarray]:
    places: dict[Conditions, np.ndarray] = {EVERYTHING: np.ones(len(table), dtype=np.float32)}
    for name in ("year_level", "provider_id"):
        for value in sorted(table[name].unique()):
            places[((name, value, value),)] = (table[name] == value).to_numpy(dtype=np.float32)
    return places


def _z(n: np.ndarray, k: np.ndarray, others: np.ndarray, k_others: np.ndarray) -> np.ndarray:
    """Two shares compared; not a number where either has too few results or nothing varies."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (k + k_others) / (n + others)
        error = np.sqrt(share * (1 - share) * (1 / n + 1 / others))
        z = (k / n - k_others / others) / error
    return np.where((n >= SMALLEST) & (others >= SMALLEST) & (error > 0), z, np.nan)
