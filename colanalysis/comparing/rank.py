"""Rank: put chosen findings into the columns of findings.csv, graded and in order of weight.

Order is by learners reached, how sure, and how persistent; never by the largest percentage.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from colanalysis.comparing import estimate, exact
from colanalysis.comparing.compare import Key, Panel
from colanalysis.comparing.scan import Scan
from colanalysis.terms.settings import Community, Settings

COLUMNS = [
    "rank", "direction", "kind", "measure", "year_level_min", "year_level_max", "year_min",
    "year_max", "provider_id", "group", "n_learners", "n_success", "rate", "reference",
    "reference_rate", "gap", "gap_low", "gap_high", "p_value", "q_value", "years_seen",
    "learners_to_shift", "evidence", "notes",
]  # fmt: skip
FEW_LEARNERS = 30
EXTRA = [
    "stages", "years_with_data", "n_latest", "sure", "predicted", "score_gap", "period", "depth",
    "pull", "n_others", "design_effect",
]  # fmt: skip


def described(
    rows: pd.DataFrame, scanned: Mapping[Key, Scan], *, community: Community
) -> pd.DataFrame:
    """Put findings into the columns of ``findings.csv``, ranked, with a few columns for later use.

    The further columns (``EXTRA``): ``stages``, ``years_with_data``, ``n_latest`` (the group's
    learners in the latest year looked at), ``sure`` (probability that the gap is truly beyond the
    smallest one), ``predicted`` (the gap that the attributes of a combination lead one to expect),
    ``score_gap`` (the gap in mean score, in standard deviations), ``period``, ``depth``, and what is
    needed to work the gap out again from counts that may be shown: ``pull`` (how far shrinking moved
    the raw gap, in errors), ``n_others``, ``design_effect``.
    """
    described_rows = [_described(row, scanned, community) for _, row in rows.iterrows()]
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


def by_learners(found: pd.DataFrame) -> pd.DataFrame:
    """Findings in order of the learners that their gap comes to in one year, most first."""
    reach = (found["gap"].abs() * found["n_latest"]).astype(float)
    return _by(found, reach)


def by_gap(found: pd.DataFrame) -> pd.DataFrame:
    """Findings in order of the size of their gap, largest first."""
    return _by(found, found["gap"].abs().astype(float))


def _by(found: pd.DataFrame, size: pd.Series) -> pd.DataFrame:
    order = found.assign(size=size.round(9)).sort_values(["size", "rank"], ascending=[False, True])
    return order.drop(columns="size").reset_index(drop=True)


def _described(row: pd.Series, scanned: Mapping[Key, Scan], community: Community) -> dict:
    settings, panel = community.settings, scanned[row["measure"], row["period"]].panel
    steps = row["stages"].split()
    first, last = _year_levels(row, panel, steps, community)
    sure = float(estimate.beyond(row["gap"], row["error"], settings.smallest_gap))
    seen, with_data, n_latest = _by_year(row, panel, steps, settings)
    score_gap = _score_gap(row, panel)
    direction = "success" if row["gap"] > 0 else "hurdle"
    behind = max(-row["gap"], 0.0) * n_latest
    low, high = (row["gap"] + side * estimate.Z95 * row["error"] for side in (-1, 1))
    return {
        "direction": direction,
        "kind": row["kind"],
        "measure": row["measure"],
        "year_level_min": first,
        "year_level_max": last,
        "year_min": int(row["year_min"]),
        "year_max": int(row["year_max"]),
        "provider_id": row["provider_id"],
        "group": row["group"],
        "n_learners": int(row["n"]),
        "n_success": int(row["n_success"]),
        "rate": row["rate"],
        "reference": REFERENCES[row["kind"]],
        "reference_rate": row["reference_rate"],
        "gap": row["gap"],
        "gap_low": max(low, -1.0),
        "gap_high": min(high, 1.0),
        "p_value": row["p_value"],
        "q_value": row["q_value"],
        "years_seen": seen,
        "learners_to_shift": math.ceil(behind) if direction == "hurdle" else 0,
        "evidence": _grade(sure, seen),
        "notes": _notes(row, sure, seen, with_data, score_gap, settings),
        "stages": row["stages"],
        "years_with_data": with_data,
        "n_latest": n_latest,
        "sure": sure,
        "predicted": row["predicted"] if row["depth"] > 1 else np.nan,
        "score_gap": score_gap,
        "period": int(row["period"]),
        "depth": int(row["depth"]),
        "pull": (row["gap"] - row["raw_gap"]) / row["error"],
        "n_others": row["n_others"],
        "design_effect": row["design_effect"],
    }


REFERENCES = {
    "gap": "other learners of the same step",
    "level": "expectation",
    "transition": "the ordinary change from year to year",
}


def _year_levels(
    row: pd.Series, panel: Panel, steps: list[str], community: Community
) -> tuple[float, float]:
    """The year levels with results; of a transition, the last before the step and the first after."""
    if row["kind"] == "transition":
        known = {stage.id: stage for stage in community.stages}
        before, after = (known[name] for name in steps)
        ends = (before.last, after.first)
        return tuple(np.nan if end is None else float(end) for end in ends)  # type: ignore[return-value]
    inside = panel.within(steps, row["year_min"], row["year_max"])
    held = panel.strata["year_level"].to_numpy(float)[np.unique(panel.stratum[inside])]
    held = held[~np.isnan(held)]
    return (held.min(), held.max()) if len(held) else (np.nan, np.nan)


def _by_year(
    row: pd.Series, panel: Panel, steps: list[str], settings: Settings
) -> tuple[int, int, int]:
    """In how many years it shows by itself, of how many with data, and the latest year's learners."""
    if row["kind"] == "transition":
        return int(row["years_seen"]), int(row["years_with_data"]), int(row["n_latest"])
    mine = panel.members(row["group"], row["provider_id"])
    shows, latest = [], 0
    for year in panel.years:
        n, gap = _in_year(row, panel, mine, panel.within(steps, year, year))
        if n:
            shows.append(gap * np.sign(row["gap"]) >= settings.smallest_gap)
            latest = int(n) if year <= row["year_max"] else latest
    return sum(shows), len(shows), latest


def _in_year(
    row: pd.Series, panel: Panel, mine: np.ndarray, inside: np.ndarray
) -> tuple[float, float]:
    if row["kind"] == "level":
        n = panel.n[inside].sum()
        return n, panel.n_success[inside].sum() / max(n, 1) - row["reference_rate"]
    against = exact.against(panel, mine, inside)
    return against.n[0], against.gap[0]


def _score_gap(row: pd.Series, panel: Panel) -> float:
    if row["kind"] != "gap":
        return float("nan")
    inside = panel.within(row["stages"].split(), row["year_min"], row["year_max"])
    mine = panel.members(row["group"], row["provider_id"])
    return exact.standardised_difference(panel, mine, inside)


def _grade(sure: float, years_seen: int) -> str:
    if sure >= 0.95 and years_seen >= 2:
        return "strong"
    return "moderate" if sure >= 0.8 else "watch"


def _notes(
    row: pd.Series, sure: float, seen: int, years: int, score_gap: float, settings: Settings
) -> str:
    parts = [f"{sure:.0%} sure to be beyond {settings.smallest_gap:.0%}"]
    parts.append(f"shows in {seen} of {years} years")
    if row.get("earlier_yardstick") is True:
        parts.append("also seen on the earlier yardstick")
    if row["n"] < FEW_LEARNERS:
        parts.append("few learners")
    if row["depth"] > 1:
        parts.append(f"its attributes by themselves predict {100 * row['predicted']:+.0f} points")
    if not np.isnan(score_gap):
        parts.append(f"mean score {score_gap:+.2f} standard deviations")
    parts.append("a learner counts once in each year")
    return "; ".join(parts)
