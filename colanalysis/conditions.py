"""Conditions: whether success goes with attendance, engagement and the like, school by school.

Within a school and year level those who attend regularly are set beside those who do not; so what
schools and years differ by is not taken for what goes with attending. It is no cause all the same.
Exact, and for the data lead; a release tells less (``publishing.publish``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from colanalysis import challenge, covering
from colanalysis.comparing.estimate import Z95
from colanalysis.link import Journeys

COLUMNS = [
    "rank", "condition", "n_with", "success_with", "n_without", "success_without", "strata",
    "difference", "low", "high", "verdict",
]  # fmt: skip
STRATUM = ["provider_id", "year_level"]
# Of fewer learners on either side nothing is said, whatever the interval.
ENOUGH = 40
GOES_WITH, GOES_WITHOUT, CANNOT_TELL = "goes with", "goes with its absence", "cannot tell"
# What a learner may live with that is recorded as an attribute and not as a result.
ATTRIBUTES = ("transient",)


def table(found: pd.DataFrame, journeys: Journeys) -> pd.DataFrame:
    """Of each hurdle's learners, set those with a condition beside those without it.

    A condition is a measure of attendance, wellbeing, engagement or participation that the same
    learner met in the same year, or changing school often (``transient=yes``). Columns: rank,
    condition, n_with, success_with, n_without, success_without (learners of the hurdle's latest year
    in the schools and year levels that have both), strata (how many those are), difference (in the
    share who succeed), low, high (its 95 % interval), verdict (``goes with``, ``goes with its
    absence``, ``cannot tell``). Left out where either side is smaller than any group that is compared.
    """
    known, smallest = _conditions(journeys), journeys.community.settings.smallest_group
    rows = []
    for hurdle, cell in covering.cells(found, journeys):
        here = known[known["year"].isna() | known["year"].isin(cell["year"])]
        for condition, met in here.groupby("condition", sort=True):
            if condition in (hurdle.measure, *hurdle.group.split(" & ")):
                continue
            both = cell.merge(met[["learner", "has"]], on="learner")
            told = beside(both)
            if min(told["n_with"], told["n_without"]) >= smallest:
                rows.append({"rank": hurdle.rank, "condition": condition, **told})
    return pd.DataFrame(rows, columns=COLUMNS)


def _conditions(journeys: Journeys) -> pd.DataFrame:
    """Who has which condition when: condition, learner, year (none where it is of no year), has."""
    measures = journeys.community.measures
    of = {name for name, one in measures.items() if one.domain in challenge.CONDITIONS}
    results = journeys.results
    results = results[results["success"].notna() & results["measure"].isin(of)]
    met = results.rename(columns={"measure": "condition", "success": "has"})
    own = journeys.memberships
    own = own[own["attribute"].isin(ATTRIBUTES) & own["value"].isin(["yes", "no"])]
    lived = pd.DataFrame(
        {
            "condition": own["attribute"] + "=yes",
            "learner": own["learner"],
            "year": np.nan,
            "has": own["value"] == "yes",
        }
    )
    columns = ["condition", "learner", "year", "has"]
    pieces = [met[columns].astype({"year": float, "has": bool}), lived[columns]]
    return pd.concat([piece for piece in pieces if len(piece)] or pieces[:1], ignore_index=True)


def beside(rows: pd.DataFrame) -> dict[str, Any]:
    """Compare learners with and without a condition (``has``), school and year level being equal.

    The difference of two shares is Mantel and Haenszel's, a mean over strata weighted by how much
    each can tell; its variance, Sato's (1989), holds for many small strata as for a few large ones.
    """
    cells = rows.assign(n=1).groupby([*STRATUM, "has"], dropna=False)
    counts = cells.agg(n=("n", "sum"), good=("success", "sum")).unstack("has", fill_value=0)
    counts = counts.astype(float).reindex(
        columns=pd.MultiIndex.from_product([["n", "good"], [True, False]]), fill_value=0.0
    )
    counts = counts[(counts["n"] > 0).all(axis=1)]
    (n1, n0), (a, b) = (
        (counts[name, True].to_numpy(), counts[name, False].to_numpy()) for name in ("n", "good")
    )
    difference, error = mantel_haenszel(a, n1, b, n0)
    low, high = (max(-1.0, min(1.0, difference + side * Z95 * error)) for side in (-1, 1))
    return {
        "n_with": int(n1.sum()), "success_with": int(a.sum()),
        "n_without": int(n0.sum()), "success_without": int(b.sum()), "strata": len(counts),
        "difference": difference, "low": low, "high": high,
        "verdict": verdict(low, high) if min(n1.sum(), n0.sum()) >= ENOUGH else CANNOT_TELL,
    }  # fmt: skip


def mantel_haenszel(
    a: np.ndarray, n1: np.ndarray, b: np.ndarray, n0: np.ndarray
) -> tuple[float, float]:
    """Estimate one difference of two shares (a of n1, b of n0) over strata, and its standard error."""
    if not len(n1):
        return np.nan, np.nan
    n = n1 + n0
    weight = (n1 * n0 / n).sum()
    difference = ((a * n0 - b * n1) / n).sum() / weight
    p = (n1**2 * b - n0**2 * a + n1 * n0 * (n0 - n1) / 2) / n**2
    q = (a * (n0 - b) + b * (n1 - a)) / (2 * n)
    return float(difference), float(np.sqrt(difference * p.sum() + q.sum()) / weight)


def verdict(low: float, high: float) -> str:
    """Say what a range of a difference tells: success goes with the condition, or with its absence."""
    return GOES_WITH if low > 0 else GOES_WITHOUT if high < 0 else CANNOT_TELL
