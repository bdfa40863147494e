"""Reference: the share beside which a finding is told, as it may be told, and what it gives away."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from colanalysis import cells
from colanalysis.protect import Rules

PERCENT = 0.01
STRATUM = ["stage", "year", "year_level"]


def told(share: float, others: float, rules: Rules) -> float:
    """The others' share from as many of them, to the nearest multiple of the base, as it comes to.

    Enough are left on either side, so that nobody can be told to be among all or among none.
    """
    count, of = _counted(share, others, rules)
    return round(count / of, 2)


def limits(share: float, others: float, rules: Rules) -> tuple[float, float]:
    """Between which shares the others' share must lie, for somebody who knows how many they are."""
    count, of = _counted(share, others, rules)
    # A whole percent of the share of a count that was rounded.
    off = PERCENT / 2 + rules.base / 2 / of
    low, high = told(share, others, rules) - off, told(share, others, rules) + off
    low = -np.inf if count <= rules.smallest_count else low
    return low, np.inf if count >= of - rules.smallest_count else high


def weights(finding: Any, finest: pd.DataFrame) -> np.ndarray:
    """The weight of each atom's successes in the others' share, standardised to the group's own mix."""
    definition = {
        "measure": finding.measure, "stages": finding.stages, "year_min": finding.year_min,
        "year_max": finding.year_max, "group": "", "provider_id": "",
    }  # fmt: skip
    group = {**definition, "group": finding.group, "provider_id": finding.provider_id}
    inside, own = cells.holding(cells.define(pd.DataFrame([definition, group])), finest)
    n = finest["n"].to_numpy(float)
    stratum = finest.groupby(STRATUM, dropna=False, sort=False).ngroup().to_numpy()
    other = inside & ~own
    mine, theirs = (np.bincount(stratum, n * who) for who in (own, other))
    # Strata where one side is empty cannot be compared (``estimate.contrast``).
    mine = np.where(theirs > 0, mine, 0.0)
    each = mine / max(mine.sum(), 1.0) / np.maximum(theirs, 1.0)
    return np.where(other, each[stratum], 0.0)


def _counted(share: float, others: float, rules: Rules) -> tuple[float, float]:
    of = max(np.floor(others / rules.base + 0.5) * rules.base, 2 * rules.smallest_count)
    count = np.floor(share * of / rules.base + 0.5) * rules.base
    return float(np.clip(count, rules.smallest_count, of - rules.smallest_count)), float(of)
