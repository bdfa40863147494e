"""What tables show of an effect, counted without regard to what was planted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .measures import Made
from .setting import SECONDARIES, STAGES

STAGE_OF = {
    level: name for name, (first, last) in STAGES.items() for level in range(first, last + 1)
}


def succeeded(rows: pd.DataFrame) -> dict[int, bool]:
    """Say of everyone with a result, by ``who``, whether it is a success."""
    return dict(zip(rows["who"], rows["standing"] >= 0, strict=True))


def strata(rows: pd.DataFrame) -> np.ndarray:
    """Number the years and year levels, within which learners are set beside one another."""
    return rows.groupby(["year", "level"]).ngroup().to_numpy()


def gap(success: np.ndarray, own: np.ndarray, strata: np.ndarray) -> dict[str, float]:
    """Set a group's share beside the others' share of the same year and year level, in points."""
    ours, others = np.bincount(strata, own), np.bincount(strata, ~own)
    both = (ours > 0) & (others > 0)
    reached = np.bincount(strata, own & success)[both].sum()
    theirs = np.bincount(strata, ~own & success)[both] / others[both]
    total = ours[both].sum()
    rate, reference = reached / total, (ours[both] * theirs).sum() / total
    return {
        "points": 100 * (rate - reference),
        "n_learners": int(total),
        "n_success": int(reached),
        "rate": rate,
        "reference_rate": reference,
    }


def change(
    made: Made, rows: pd.DataFrame, success: np.ndarray, levels: tuple[int, int]
) -> dict[str, float]:
    """Follow learners into secondary school, beside the ordinary change of learners within steps."""
    pairs = _pairs(made, rows, success)
    secondary = pairs["provider_id_after"].isin(SECONDARIES)
    step = pairs[(pairs["level"] == levels[0]) & (pairs["level_after"] == levels[1]) & secondary]
    still = pairs[pairs["level"].map(STAGE_OF) == pairs["level_after"].map(STAGE_OF)]
    before, after = step["success"].mean(), step["success_after"].mean()
    ordinary = still["success_after"].mean() - still["success"].mean()
    return {
        "points": 100 * (after - before - ordinary),
        "n_learners": len(step),
        "n_success": int(step["success_after"].sum()),
        "rate": after,
        "rate_before": before,
        "ordinary_change": 100 * ordinary,
    }


def _pairs(made: Made, rows: pd.DataFrame, success: np.ndarray) -> pd.DataFrame:
    """Join each learner's result of one year to the next year's, where the yardstick is the same."""
    table = rows[["who", "year", "level", "provider_id"]].assign(success=success)
    after = table[table["year"] != made.new_yardstick]
    after = after.assign(year=after["year"] - 1)
    return table.merge(after, on=["who", "year"], suffixes=("", "_after"))
