"""Rank: put chosen findings into the columns of findings.csv, graded and in order of weight.

Order is by learners reached, how sure, and how persistent; never by the largest percentage.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from colanalysis.comparing import estimate
from colanalysis.comparing.compare import Key, Panel, joined
from colanalysis.terms.settings import Community, Settings

COLUMNS = [
    "rank", "direction", "kind", "measure", "year_level_min", "year_level_max", "year_min",
    "year_max", "provider_id", "group", "n_learners", "n_success", "rate", "reference",
    "reference_rate", "gap", "gap_low", "gap_high", "p_value", "q_value", "years_seen",
    "learners_to_shift", "evidence", "notes",
]  # fmt: skip
FEW_LEARNERS = 30
EXTRA = [
    "stages", "years_with_data", "n_latest", "sure", "pull", "n_others", "design_effect",
]  # fmt: skip


def described(
    rows: pd.DataFrame, panels: dict[Key, Panel], *, community: Community
) -> pd.DataFrame:
    """Put findings into the columns of ``findings.csv``, ranked, with a few columns for later use.

    The further columns (``EXTRA``): ``stages``, ``years_with_data``, ``n_latest`` (the group's
    learners in the latest year looked at), ``sure`` (probability that the gap is truly beyond the
    smallest one), and what is needed to work the gap out again from counts that may be shown:
    ``pull`` (how far shrinking moved the raw gap, in errors),
    ``n_others``, ``design_effect``.
    """
    described_rows = [_described(row, panels, community) for _, row in rows.iterrows()]
    table = pd.DataFrame(described_rows, columns=[*COLUMNS, *EXTRA])
    return ranked(table)


def ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Order by learners reached x how sure x how persistent; never by the largest percentage."""
    reach = table["gap"].abs() * table["n_latest"]
    persistence = table["years_seen"] / table["years_with_data"]
    order = (reach * table["sure"] * persistence).astype(float).round(9)
    keys = ["measure", "group", "provider_id", "kind", "stages"]
    table = table.assign(order=order).sort_values(
        ["order", *keys], ascending=[False, *[True] * len(keys)]
    )
    table = table.drop(columns="order").reset_index(drop=True)
    return table.assign(rank=np.arange(1, len(table) + 1))


def _described(row: pd.Series, panels: dict[Key, Panel], community: Community) -> dict:
    settings = community.settings
    stages = row["stages"].split()
    parts = [panels[(row["measure"], row["period"], s)] for s in stages
             if (row["measure"], row["period"], s) in panels]  # fmt: skip
    first, last = _year_levels(row, parts, community)
    years = np.unique(np.concatenate([part.years() for part in parts]))
    sure = float(estimate.beyond(row["gap"], row["error"], settings.smallest_gap))
    seen, with_data, n_latest = _by_year(row, parts, settings)
    direction = "success" if row["gap"] > 0 else "hurdle"
    behind = max(-row["gap"], 0.0) * n_latest
    low, high = (row["gap"] + side * estimate.Z95 * row["error"] for side in (-1, 1))
    return {
        "direction": direction,
        "kind": row["kind"],
        "measure": row["measure"],
        "year_level_min": first,
        "year_level_max": last,
        "year_min": int(years.min()),
        "year_max": int(years.max()),
        "provider_id": row["provider_id"],
        "group": row["group"],
        "n_learners": int(row["n"]),
        "n_success": int(row["n_success"]),
        "rate": row["rate"],
        "reference": REFERENCES[(row["kind"], row["group"] != "")],
        "reference_rate": row["reference_rate"],
        "gap": row["gap"],
        "gap_low": max(low, -1.0),
        "gap_high": min(high, 1.0),
        "p_value": row["p_value"],
        "q_value": row["q_value"],
        "years_seen": seen,
        "learners_to_shift": math.ceil(behind) if direction == "hurdle" else 0,
        "evidence": _grade(sure, seen),
        "notes": _notes(row, sure, seen, with_data, settings),
        "stages": row["stages"],
        "years_with_data": with_data,
        "n_latest": n_latest,
        "sure": sure,
        "pull": (row["gap"] - row["raw_gap"]) / row["error"],
        "n_others": row["n_others"],
        "design_effect": row["design_effect"],
    }


def _year_levels(row: pd.Series, parts: list[Panel], community: Community) -> tuple[float, float]:
    """The year levels with results; of a transition, the last before the step and the first after."""
    if row["kind"] == "transition":
        steps = {stage.id: stage for stage in community.stages}
        before, after = (steps[name] for name in row["stages"].split())
        ends = (before.last, after.first)
        return tuple(np.nan if end is None else float(end) for end in ends)  # type: ignore[return-value]
    levels = np.concatenate([part.strata["year_level"].to_numpy(dtype=float) for part in parts])
    levels = levels[~np.isnan(levels)]
    return (levels.min(), levels.max()) if len(levels) else (np.nan, np.nan)


REFERENCES = {
    ("gap", True): "other learners of the same step",
    ("gap", False): "other learners of the same step",
    ("level", False): "expectation",
    ("transition", False): "the ordinary change from year to year",
}


def _by_year(row: pd.Series, parts: list[Panel], settings: Settings) -> tuple[int, int, int]:
    """In how many years it shows by itself, of how many with data, and the latest year's learners."""
    if row["kind"] == "transition":
        return int(row["years_seen"]), int(row["years_with_data"]), int(row["n_latest"])
    whole = parts[0] if len(parts) == 1 else joined(parts, deepest=settings.deepest_group)
    shows, sizes = [], []
    for year in whole.years():
        n, gap = _in_year(row, whole, whole.strata["year"].to_numpy() == year)
        if n:
            sizes.append(int(n))
            shows.append(gap * np.sign(row["gap"]) >= settings.smallest_gap)
    return sum(shows), len(sizes), sizes[-1]


def _in_year(row: pd.Series, whole: Panel, strata: np.ndarray) -> tuple[float, float]:
    if row["kind"] == "level":
        n = whole.n[strata].sum()
        return n, whole.n_success[strata].sum() / max(n, 1) - row["reference_rate"]
    against = whole.contrast(strata=strata)
    at = whole.at(row)
    return against.n[at], against.gap[at]


def _grade(sure: float, years_seen: int) -> str:
    if sure >= 0.95 and years_seen >= 2:
        return "strong"
    return "moderate" if sure >= 0.8 else "watch"


def _notes(row: pd.Series, sure: float, seen: int, years: int, settings: Settings) -> str:
    parts = [f"{sure:.0%} sure to be beyond {settings.smallest_gap:.0%}"]
    parts.append(f"shows in {seen} of {years} years")
    if row.get("earlier_yardstick") is True:
        parts.append("also seen on the earlier yardstick")
    if row["n"] < FEW_LEARNERS:
        parts.append("few learners")
    parts.append("a learner counts once in each year")
    return "; ".join(parts)
