"""Exact: one group or provider over one range against the others, in shares.

The scan judges everything by one statistic; what is told of a finding is worked out here, from the
same counts: shares on both sides, the gap standardised to the group's own mix, and its doubt.
"""

from __future__ import annotations

import numpy as np

from colanalysis.comparing import estimate
from colanalysis.comparing.compare import Panel
from colanalysis.comparing.estimate import Contrast
from colanalysis.measure import SCORE_UNITS


def against(
    panel: Panel,
    mine: np.ndarray,
    inside: np.ndarray,
    *,
    design_effect: float = 1.0,
    n_success: np.ndarray | None = None,
) -> Contrast:
    """The entries of ``mine`` against the others ``inside`` a range; one entry in every array.

    ``n_success`` sets other successes in the place of those counted, such as predicted ones.
    """
    success = panel.n_success if n_success is None else n_success
    own, other = mine & inside, ~mine & inside

    def by_stratum(of: np.ndarray, rows: np.ndarray) -> np.ndarray:
        added = np.bincount(panel.stratum[rows], weights=of[rows], minlength=len(panel.strata))
        return added[:, None]

    return estimate.contrast(
        by_stratum(panel.n, own),
        by_stratum(success, own),
        by_stratum(panel.n, other),
        by_stratum(success, other),
        design_effect=design_effect,
    )


def standardised_difference(panel: Panel, mine: np.ndarray, inside: np.ndarray) -> float:
    """How far the mean score lies from the others', in standard deviations of a stratum's scores.

    Means are compared stratum by stratum and weighted by the group's own mix; the deviation is
    pooled within the strata over all learners there (Glass, McGaw and Smith's effect size with a
    pooled deviation). NaN where no scores are known or they do not vary.
    """
    table = panel.counted
    own, other = _scores(panel, mine & inside), _scores(panel, ~mine & inside)
    both = (own[0] > 0) & (other[0] > 0)
    if not both.any() or not table["n_scored"].any():
        return float("nan")
    (n, total, squares), (m, theirs, their_squares) = own[:, both], other[:, both]
    everyone, summed = n + m, total + theirs
    within = squares + their_squares - summed**2 / everyone
    freedom = (everyone - 1).sum()
    deviation = np.sqrt(within.sum() / freedom) if freedom > 0 else 0.0
    if not deviation > 0:
        return float("nan")
    return float(((total / n - theirs / m) * n).sum() / n.sum() / deviation)


def _scores(panel: Panel, rows: np.ndarray) -> np.ndarray:
    """Results with scores, their sum and the sum of their squares by stratum, in scale units."""
    units = {"n_scored": 1, "score_sum": SCORE_UNITS, "score_squares": SCORE_UNITS**2}
    return np.array(
        [
            np.bincount(
                panel.stratum[rows],
                weights=panel.counted[name].to_numpy(float)[rows] / unit,
                minlength=len(panel.strata),
            )
            for name, unit in units.items()
        ]
    )
