"""Whole: all learners together, against what is hoped for and across each step of the pathway.

Both carry the doubt that providers bring: a step is taken from some schools to others, and a
community is the sum of a few schools, so the ordinary spread between schools does not cancel out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from colanalysis.comparing import compare, estimate, spread
from colanalysis.comparing.compare import Key
from colanalysis.comparing.scan import Scan
from colanalysis.terms.settings import Community

STEP_TAKEN = ["measure", "period", "stage", "stage_later"]
SUMS = ["n", "first", "later", "both"]
# An expectation nearer to none or all than this is judged as if it were so far from it.
SURE = 0.01


def levels(scans: Mapping[Key, Scan], community: Community) -> pd.DataFrame:
    """All learners of each range of steps, over all years, beside the expectation set for a measure.

    Of ranges that tell the same way only those are kept that overlap no clearer one.
    """
    rows: list[dict[str, Any]] = []
    for (name, period), looked in scans.items():
        hoped = community.measures[name].expectation
        if hoped is not None:
            rows += _levels(looked, name, period, hoped, community.settings.smallest_group)
    return pd.DataFrame(rows)


def _levels(
    looked: Scan, name: str, period: int, hoped: float, smallest: int
) -> list[dict[str, Any]]:
    panel, ranges = looked.panel, looked.ranges
    whole = np.flatnonzero(ranges.all_years & (looked.n_all >= smallest))
    holds = ranges.holds[whole].astype(float)
    success = holds @ np.bincount(panel.grid, weights=panel.n_success, minlength=panel.places)
    n, repeated = looked.n_all[whole], repeats(looked, whole)
    between = _expected_spread(looked, ranges.span[whole]) * _concentration(looked, whole)
    rate, near = success / n, (success + 1) / (n + 2)
    error = np.sqrt(near * (1 - near) / n * repeated + between)
    # Where all or none are hoped for no share could vary around it.
    around = np.full_like(rate, min(max(hoped, SURE), 1 - SURE))
    null = around * (1 - around) / n * repeated + between
    p = estimate.exact_p_values(rate - hoped, around, null)
    rows, taken = [], np.zeros(len(panel.stages), dtype=bool)
    for at in np.argsort(p, kind="stable"):
        first, last = ranges.first_step[whole[at]], ranges.last_step[whole[at]]
        if taken[first : last + 1].any():
            continue
        taken[first : last + 1] = True
        rows.append(
            {
                "kind": "level",
                "measure": name,
                "period": period,
                "stages": looked.stages[whole[at]],
                "year_min": panel.years[0],
                "year_max": panel.years[-1],
                "n": n[at],
                "n_others": np.inf,
                "design_effect": error[at] ** 2 * n[at] / (near[at] * (1 - near[at])),
                "n_success": success[at],
                "rate": rate[at],
                "reference_rate": hoped,
                "raw_gap": rate[at] - hoped,
                "error": error[at],
                "p_value": p[at],
                "looks": looked.looks[0],
            }
        )
    return rows


def repeats(looked: Scan, which: np.ndarray) -> np.ndarray:
    """By how much the variance of everybody's share grows since learners have several results."""
    panel, pairs = looked.panel, looked.panel.pairs
    holds = looked.ranges.holds[which].astype(float)
    own = holds @ np.bincount(panel.grid, weights=panel.variance, minlength=panel.places)
    met = looked.ranges.boxes(pairs.first, pairs.later)[which].astype(float)
    return 1 + 2 * (met @ pairs.covariance) / np.maximum(own, 1e-12)


def _concentration(looked: Scan, which: np.ndarray) -> np.ndarray:
    """The sum of squared shares of all results at each provider."""
    providers = looked.sums.provider >= 0
    held = looked.ranges.holds[which].astype(float)
    return ((looked.sums.n[providers] @ held.T / looked.n_all[which]) ** 2).sum(axis=0)


def _expected_spread(looked: Scan, span: Any) -> Any:
    """The variance between providers that the scan expects, by range of years."""
    return (looked.spread[:, -1] @ spread.GRID**2)[span]


def transitions(
    pairs: pd.DataFrame, scans: Mapping[Key, Scan], community: Community
) -> pd.DataFrame:
    """Learners who take a step beside the ordinary change of the same learners within steps."""
    a_year_apart = pairs[pairs["year_later"] == pairs["year"] + 1]
    met = compare.on_one_yardstick(a_year_apart, community)
    order = {stage.id: place for place, stage in enumerate(community.stages)}
    # An empty column of texts maps to texts.
    before, after = (met[name].map(order).astype(float) for name in ("stage", "stage_later"))
    step = after - before
    smallest = community.settings.smallest_group
    ordinary = {
        key: rows
        for key, rows in met[step == 0].groupby(["measure", "period"])
        if rows["n"].sum() >= smallest
    }
    rows = []
    for key, taken in met[step == 1].groupby(STEP_TAKEN, sort=True):
        if taken["n"].sum() < smallest:
            continue
        scan = scans.get((key[0], key[1]))
        wide = 0.0 if scan is None else float(_expected_spread(scan, scan.ranges.whole_span))
        rows.append(_transition(key, taken, ordinary.get(key[:2]), wide, community))
    return pd.DataFrame(rows)


def _transition(
    key: tuple[str, int, str, str],
    taken: pd.DataFrame,
    still: pd.DataFrame | None,
    between: float,
    community: Community,
) -> dict[str, Any]:
    own = taken[SUMS].sum()
    change, variance = _change(own)
    # Without an ordinary change to compare with, a step is expected to change nothing.
    expected, doubt, others = 0.0, 0.0, np.inf
    if still is not None:
        others = still["n"].sum()
        expected, doubt = _change(still[SUMS].sum())
        doubt += variance * _shared(taken, still) / others
    moved = (
        taken.groupby("provider_id")["n"]
        .sum()
        .sub(taken.groupby("provider_id_later")["n"].sum(), fill_value=0)
    )
    error = np.sqrt(variance + doubt + between * ((moved / own["n"]) ** 2).sum())
    each = taken.groupby("year")[SUMS].sum()
    shows = (_change(each)[0] - expected) * np.sign(change - expected)
    share = own["later"] / own["n"]
    return {
        "kind": "transition", "measure": key[0], "period": key[1], "stages": f"{key[2]} {key[3]}",
        "year_min": int(taken["year"].min()), "year_max": int(taken["year_later"].max()),
        "n": own["n"], "n_others": others, "design_effect": 1.0,
        "n_success": own["later"], "rate": share,
        "reference_rate": own["first"] / own["n"] + expected, "raw_gap": change - expected,
        "error": error,
        "p_value": float(estimate.p_values(np.array([(change - expected) / error]))[0]),
        "looks": 1.0, "years_seen": int((shows >= community.settings.smallest_gap).sum()),
        "years_with_data": len(each), "n_latest": int(each["n"].iloc[-1]),
    }  # fmt: skip


def _shared(taken: pd.DataFrame, still: pd.DataFrame) -> float:
    """How many results end an ordinary change and begin a step taken, or the other way, at most.

    One result is then in both changes with opposite signs, so that they are further apart by chance
    than two changes of different learners would be.
    """
    cell = ["stage", "year", "year_level"]
    later = [f"{name}_later" for name in cell]

    def at(pairs: pd.DataFrame, columns: list[str]) -> pd.Series:
        return pairs.groupby(columns, dropna=False)["n"].sum().rename_axis(cell)

    both = [(at(still, later), at(taken, cell)), (at(still, cell), at(taken, later))]
    met = [pd.concat(pair, axis=1, join="inner").min(axis=1).sum() for pair in both]
    return float(sum(met))


def _change(pairs: pd.DataFrame | pd.Series) -> tuple[Any, Any]:
    """Change in share of the same learners and its variance (McNemar's, one of each added)."""
    n = pairs["n"]
    change = (pairs["later"] - pairs["first"]) / n
    differ = pairs["first"] + pairs["later"] - 2 * pairs["both"]
    return change, ((differ + 2) / n - change**2) / n
