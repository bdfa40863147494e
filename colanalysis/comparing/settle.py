"""Settle: which findings are listed, over which range, on which yardstick, in exact numbers.

What was chosen in every panel is put in one line and cut where too much of it would be chance. The
same group at neighbouring ranges is one finding, and on two yardsticks it is told on the later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from colanalysis.comparing import choose, estimate, exact, look, predict, scan
from colanalysis.comparing.choose import Choice
from colanalysis.comparing.compare import Key
from colanalysis.comparing.scan import Scan
from colanalysis.terms.settings import Community

SAME = ["kind", "measure", "period", "provider_id", "group", "ahead"]


def listed(
    rows: pd.DataFrame, scanned: Mapping[Key, Scan], *, community: Community
) -> pd.DataFrame:
    """The few findings that explain what was looked at: rows as of ``look``, in exact numbers."""
    settings = community.settings
    worth = rows["q_value"] <= settings.false_share
    bar = settings.false_share * float(estimate.allowed(int(worth.sum())))
    gaps = rows[rows["kind"] == "gap"]
    chosen: list[dict[str, Any]] = []
    for key, looked in scanned.items():
        own = gaps[(gaps["measure"] == key[0]) & (gaps["period"] == key[1])]
        own = looked.units.merge(own, how="left", on=["provider_id", "group", "depth"])
        waiting = np.flatnonzero(look.expected_false(own) <= bar)
        path = choose.explaining(looked, own["times"].to_numpy(), waiting, bar=bar)
        chosen += _in_order(path, looked, own)
    table = pd.DataFrame(chosen, columns=[*look.COLUMNS, "expected_false"])
    rest = rows[rows["kind"] != "gap"]
    rest = rest.assign(expected_false=look.expected_false(rest))
    table = pd.concat([one for one in (table, rest) if len(one)] or [table], ignore_index=True)
    sure = table["gap"].abs() > estimate.Z95 * table["error"]
    table = table[sure & (table["gap"].abs() >= settings.smallest_gap)]
    table = table.assign(q_value=estimate.false_shares(table["expected_false"].to_numpy(float)))
    kept = table[table["q_value"] <= settings.false_share]
    return _latest_yardstick(_neighbours_joined(kept, scanned))


def told(looked: Scan, unit: int, range_: int, *, spread: float) -> dict[str, Any]:
    """One group or provider over one range in exact numbers, in the columns of ``look``.

    ``spread`` is how far such gaps stray from what is predicted, by which this one is shrunken.
    """
    panel, ranges = looked.panel, looked.ranges
    row = looked.units.iloc[unit]
    judged = scan.judged(looked, np.array([unit]))
    independent, chance = judged.independent[0, range_], judged.chance[0, range_]
    total = chance + judged.between[0, range_]
    effect = total / independent if independent > 0 else 1.0
    mine = panel.members(row["group"], row["provider_id"])
    inside = ranges.holds[range_][panel.grid]
    against = exact.against(panel, mine, inside, design_effect=effect)
    raw, error, prior = against.gap[0], against.error[0], 0.0
    if row["depth"] > 1:
        repeats = chance / independent if independent > 0 else 1.0
        fitted = predict.additive(panel, inside, spread=spread, repeats=repeats, providers=False)
        expected = panel.n * (panel.share + fitted.predicted())
        prior = exact.against(panel, mine, inside, n_success=expected).gap[0]
    return {
        "kind": "gap", "measure": panel.measure, "period": panel.period,
        "stages": looked.stages[range_],
        "year_min": panel.years[ranges.first_year[range_]],
        "year_max": panel.years[ranges.last_year[range_]],
        "provider_id": row["provider_id"], "group": row["group"], "depth": int(row["depth"]),
        "n": against.n[0], "n_others": against.n_others[0], "design_effect": effect,
        "n_success": against.n_success[0], "rate": against.rate[0],
        "reference_rate": against.reference[0], "raw_gap": raw, "error": error,
        "predicted": prior, "spread": spread,
        "gap": float(estimate.shrink(raw, error, prior, spread)),
        "p_value": judged.p[0, range_], "looks": looked.allowance[range_],
    }  # fmt: skip


def _in_order(path: list[Choice], looked: Scan, own: pd.DataFrame) -> list[dict[str, Any]]:
    """The findings of one panel; none is listed before the one that had to be taken first."""
    rows, worst = [], 0.0
    for choice in path:
        worst = max(worst, choice.false)
        unit = own.iloc[choice.unit]
        row = told(looked, choice.unit, choice.range, spread=unit["spread"])
        rows.append(row | {"times": unit["times"], "expected_false": worst})
    return rows


def _neighbours_joined(kept: pd.DataFrame, scanned: Mapping[Key, Scan]) -> pd.DataFrame:
    """Read a group that was taken twice, at ranges that make one, as one finding over both."""
    kept = kept.assign(ahead=kept["raw_gap"] > 0)
    rows: list[dict[str, Any]] = []
    for key, same in kept.groupby(SAME, sort=False):
        waiting = same.to_dict("records")
        if key[0] != "gap":
            rows += waiting
            continue
        looked = scanned[key[1], key[2]]
        while waiting:
            row, rest = waiting[0], waiting[1:]
            joined = next((j for other in rest if (j := _joined(row, other, looked))), None)
            if joined is None:
                rows.append(row)
                waiting = rest
            else:
                waiting = [joined[0], *[one for one in rest if one is not joined[1]]]
    return pd.DataFrame(rows, columns=kept.columns)


def _joined(
    one: dict[str, Any], other: dict[str, Any], looked: Scan
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Both as one, and the other; nothing unless together they are one range of steps or years."""
    ranges = looked.ranges
    places = [_place(row, looked) for row in (one, other)]
    holds = ranges.holds[places[0]] | ranges.holds[places[1]]
    whole = np.flatnonzero((ranges.holds == holds).all(axis=1))
    if not len(whole):
        return None
    units = looked.units
    unit = np.flatnonzero(
        (units["provider_id"] == one["provider_id"]) & (units["group"] == one["group"])
    )[0]
    row = told(looked, int(unit), int(whole[0]), spread=one["spread"])
    first = min(one, other, key=lambda row: row["expected_false"])
    kept = {name: first[name] for name in ("times", "expected_false", "q_value", "ahead")}
    return row | kept, other


def _place(row: dict[str, Any], looked: Scan) -> int:
    """The range of a row."""
    stages, years = looked.panel.stages, looked.panel.years
    steps = row["stages"].split()
    ends = stages.index(steps[0]), stages.index(steps[-1])
    ranges = looked.ranges
    found = (
        (ranges.first_step == ends[0])
        & (ranges.last_step == ends[1])
        & (ranges.first_year == years.index(row["year_min"]))
        & (ranges.last_year == years.index(row["year_max"]))
    )
    return int(np.flatnonzero(found)[0])


def _latest_yardstick(table: pd.DataFrame) -> pd.DataFrame:
    """Tell a finding that stands on two yardsticks on the later one, with a word of the earlier."""
    table = table.reset_index(drop=True).assign(earlier_yardstick=False)
    drop = []
    for _, same in table[table["kind"] == "gap"].groupby(
        ["measure", "provider_id", "group", "ahead"]
    ):
        for row in same.itertuples():
            later = same[same["period"] > row.period]
            covered = [set(row.stages.split()) & set(s.split()) for s in later["stages"]]
            if any(covered):
                drop.append(row.Index)
                table.loc[later.index[[bool(c) for c in covered]], "earlier_yardstick"] = True
    return table.drop(index=drop)
