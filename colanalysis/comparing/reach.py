"""Reach: the smallest gap that could have been found with as many learners as there are.

Where nothing stands out it matters how large a gap would have had to be to stand out, and that follows
from how many results there are, how they repeat one another and all that was looked at.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from colanalysis.comparing import estimate, whole
from colanalysis.comparing.compare import Key
from colanalysis.comparing.scan import Scan
from colanalysis.terms.settings import Community

COLUMNS = ["measure", "period", "part", "n", "gap"]
# A group of one in twenty, ten, five or two of all learners.
PARTS = (0.05, 0.1, 0.2, 0.5)
# Found four times in five.
POWER = 0.8


def detectable(
    scanned: Mapping[Key, Scan], rows: pd.DataFrame, *, community: Community
) -> pd.DataFrame:
    """The gap, over all steps and years, that would be found four times in five.

    ``rows`` is everything that was looked at, with which it would have had to compete. Columns:
    measure, period, part (of all learners who are in the group), n (their results), gap. Groups
    smaller than the smallest group and gaps that no share can have are left out.
    """
    told = []
    singles = rows[(rows["kind"] == "gap") & (rows["depth"] == 1)]
    times = singles["times"].max() if len(singles) else 1.0
    bar = community.settings.false_share / times
    for (name, period), looked in scanned.items():
        widest = np.array([looked.ranges.widest])
        n_all = float(looked.n_all[widest][0])
        varies = looked.panel.variance.sum() / n_all * float(whole.repeats(looked, widest)[0])
        limit = float(estimate.z_of(np.array([bar / looked.allowance[widest][0]]))[0])
        beyond = limit + float(estimate.z_of(np.array([2 * (1 - POWER)]))[0])
        for part in PARTS:
            n = part * n_all
            gap = beyond * np.sqrt(varies / n / (1 - part))
            if n >= community.settings.smallest_group and gap < 1:
                told.append((name, period, part, n, max(gap, community.settings.smallest_gap)))
    return pd.DataFrame(told, columns=COLUMNS)
