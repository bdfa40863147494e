"""Ambition: what groups like this one have reached, as rungs that a target can be set on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from colanalysis.errors import UsageError
from colanalysis.planning import unchanged

__all__ = ["COLUMNS", "RUNGS", "ladder"]

COLUMNS = ["rung", "share", "low", "high", "groups", "of"]
RUNGS = ("typical", "upper quarter", "best seen")
ONE_SIDE = 1.6448536269514722


def ladder(history: pd.DataFrame) -> pd.DataFrame:
    """What is typical, what a quarter of groups reach or pass, and the best that was surely seen.

    ``history`` has group, year, n and of: groups at the same measure, step and yardstick. Each group's
    level is its own years pulled towards all groups by as much as chance explains (``unchanged``),
    so that a small group's lucky year is no rung. *Best seen* is the level of the group whose lower
    limit (95 %, one-sided) is highest. Columns: rung, share, low and high (90 % of the group's
    level, or of the middle one's), groups (how many were compared), of (their results). No group
    is named: a ladder is no list of schools. UsageError for fewer than four groups.
    """
    fitted = unchanged.fit(history)
    if not fitted.learnt:
        raise UsageError(
            f"found {len(fitted.groups)} groups with results",
            expected=f"{unchanged.FEWEST_GROUPS} or more to say what groups like these reach",
        )
    levels = [unchanged.level(fitted, group) for group in fitted.groups]
    share = np.array([one.share for one in levels])
    doubt = np.array([one.deviation for one in levels])
    surely = int(np.argmax(share - ONE_SIDE * doubt))
    rows = [_at(np.quantile(share, part), share, doubt) for part in (0.5, 0.75)]
    rows.append((share[surely], doubt[surely]))
    return pd.DataFrame(
        [
            (name, at, max(at - ONE_SIDE * by, 0), min(at + ONE_SIDE * by, 1), len(share),
             int(history["of"].sum()))
            for name, (at, by) in zip(RUNGS, rows, strict=True)
        ],
        columns=COLUMNS,
    )  # fmt: skip


def _at(middle: float, share: np.ndarray, doubt: np.ndarray) -> tuple[float, float]:
    """A share between groups, with the doubt of the group that is nearest to it."""
    return float(middle), float(doubt[np.argmin(np.abs(share - middle))])
