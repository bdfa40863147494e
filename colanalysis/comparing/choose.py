"""Choose the few findings that explain the rest.

One hurdle is one finding. Among everything worth listing at one step, the strongest is taken, its
learners are set aside, and what is no longer there without them was only its reflection: a mirror
(the others look good because this group is behind), a part of it, or a wider group that holds it.
"""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pandas as pd

from colanalysis.comparing import estimate
from colanalysis.comparing.compare import Key, Panel, joined
from colanalysis.comparing.estimate import Contrast
from colanalysis.measure import JOINER
from colanalysis.terms.settings import Community, Settings

STEP = ["measure", "period", "stages"]
NEARLY_ALL, SMALL_SIDE = 0.9, 0.4


def explaining(
    listed: pd.DataFrame, panels: dict[Key, Panel], *, settings: Settings
) -> pd.DataFrame:
    """Keep, at every step of every measure, the findings that the stronger ones do not explain."""
    kept = [
        _explaining_at(rows, panels[(measure, period, stage)], settings)
        for (measure, period, stage), rows in listed.groupby(STEP)
    ]
    return pd.concat(kept) if kept else listed


def _explaining_at(rows: pd.DataFrame, part: Panel, settings: Settings) -> pd.DataFrame:
    simple = _simplest(rows, part, settings.smallest_group)
    waiting = _one_side(_by_strength(simple, part), part)
    keep, taken = np.ones(part.n.shape[1], dtype=bool), []
    while len(waiting):
        first = waiting.iloc[0]
        taken.append(first.name)
        keep &= part.belongs[:, part.at(first)] == 0
        without = part.contrast(keep=keep)
        at = [part.at(row) for _, row in waiting.iterrows()]
        still = (
            (_looked_at_again(without, settings.smallest_group)[at] <= settings.false_share)
            & (np.sign(without.gap[at]) == np.sign(waiting["raw_gap"]))
            & (np.abs(without.gap[at]) >= settings.smallest_gap)
        )
        still.iloc[0] = False
        waiting = waiting[still]
    return rows.loc[taken]


def _looked_at_again(without: Contrast, smallest: int) -> np.ndarray:
    """The q-value of every group of a step among the learners who are left; 1 for groups too small.

    Reflections made the first list longer and so its bar lower; what is left has to earn its place.
    """
    enough = np.minimum(without.n, without.n_others) >= smallest
    q = np.ones(len(enough))
    q[enough] = estimate.q_values(estimate.p_values(without.z[enough]))
    return q


def _simplest(rows: pd.DataFrame, part: Panel, smallest: int) -> pd.DataFrame:
    """Leave out pairs that a wider group of theirs, listed too, describes as well.

    "Learners who moved and are not English language learners" says no more than "learners who
    moved", unless not learning English matters more for those who moved than for others (if it
    matters as much for all, it is a finding of its own), and enough of both kinds moved.
    """
    singles = {row["group"]: row for _, row in rows[rows["depth"] == 1].iterrows()}
    drop = []
    for index, pair in rows[rows["depth"] > 1].iterrows():
        price = _price(part, pair)
        for wider in (singles[name] for name in pair["group"].split(JOINER) if name in singles):
            enough = wider["n"] - pair["n"] >= smallest
            told_apart = enough and _more(part, pair["group"], wider["group"]) ** 2 >= price
            if np.sign(wider["raw_gap"]) == np.sign(pair["raw_gap"]) and not told_apart:
                drop.append(index)
                break
    return rows.drop(index=drop)


def _more(part: Panel, pair: str, wider: str) -> float:
    """How much more the rest of a pair matters within a wider group than elsewhere, in errors."""
    rest = JOINER.join(name for name in pair.split(JOINER) if name != wider)
    inside = part.belongs[:, part.position["", wider]] > 0
    here, elsewhere = part.contrast(keep=inside), part.contrast(keep=~inside)
    at, there = part.position["", pair], part.position["", rest]
    more = here.gap[at] - elsewhere.gap[there]
    return more / math.hypot(here.error[at], elsewhere.error[there])


def _price(part: Panel, row: pd.Series) -> float:
    """What a description pays: twice the logarithm of how many of its length could be tried."""
    return 2 * math.log((part.groups["depth"] == row["depth"]).sum())


def _by_strength(rows: pd.DataFrame, part: Panel) -> pd.DataFrame:
    price = [_price(part, row) for _, row in rows.iterrows()]
    return rows.assign(strength=(rows["z"] ** 2 - price).round(6)).sort_values(
        ["strength", "depth", "group", "provider_id"], ascending=[False, True, True, True]
    )


def _one_side(rows: pd.DataFrame, part: Panel) -> pd.DataFrame:
    """Tell a gap between two groups that make up (nearly) everybody recorded from one side only.

    The smaller side is what stands out; if neither is small, it is told as the hurdle that it is.
    """
    dropped: set[object] = set()
    singles = rows[rows["depth"] == 1]
    for pair in combinations(singles.index, 2):
        sides = singles.loc[list(pair)]
        attributes = set(sides["group"].str.partition("=")[0])
        if len(attributes) > 1 or np.sign(sides["raw_gap"]).sum() != 0:
            continue
        one, other = (part.belongs[:, part.at(row)] for _, row in sides.iterrows())
        values = part.groups["group"].str.startswith(f"{attributes.pop()}=")
        recorded = part.belongs[:, values.to_numpy()].any(axis=1)
        shares = sides["n"] / part.n[:, recorded].sum()
        if not (one * other).any() and shares.sum() >= NEARLY_ALL:
            kept = shares.idxmin() if shares.min() < SMALL_SIDE else sides["raw_gap"].idxmin()
            dropped |= set(pair) - {kept}
    return rows.drop(index=list(dropped))


def neighbours_joined(
    kept: pd.DataFrame, panels: dict[Key, Panel], *, community: Community
) -> pd.DataFrame:
    """Read the same finding at neighbouring steps as one, and at two yardsticks as the later one."""
    order = {stage.id: place for place, stage in enumerate(community.stages)}
    kept = kept.assign(
        ahead=kept["raw_gap"] > 0, place=kept["stages"].map(order), earlier_yardstick=False
    ).sort_values("place")
    rows = []
    for _, same in kept.groupby(["measure", "period", "provider_id", "group", "ahead"]):
        run = (same["place"].diff().fillna(1) != 1).cumsum()
        rows += [_read_together(steps, panels, community) for _, steps in same.groupby(run)]
    table = pd.DataFrame(rows, columns=kept.columns)
    return _latest_yardstick(table).drop(columns=["ahead", "place"])


def _read_together(
    steps: pd.DataFrame, panels: dict[Key, Panel], community: Community
) -> pd.Series:
    first = steps.iloc[0].copy()
    if len(steps) == 1:
        return first
    parts = [panels[(first["measure"], first["period"], stage)] for stage in steps["stages"]]
    whole = joined(parts, deepest=community.settings.deepest_group)
    at = whole.at(first)
    against = whole.contrast()
    weight = 1 / steps["error"] ** 2
    pull = ((steps["gap"] - steps["raw_gap"]) * weight).sum() / weight.sum()
    first["stages"] = " ".join(steps["stages"])
    first["n"], first["n_success"] = against.n[at], against.n_success[at]
    first["n_others"] = against.n_others[at]
    first["design_effect"] = whole.design_effect[at]
    first["rate"], first["reference_rate"] = against.rate[at], against.reference[at]
    first["raw_gap"], first["error"] = against.gap[at], against.error[at]
    first["z"] = against.z[at]
    first["p_value"] = float(estimate.p_values(np.array([against.z[at]]))[0])
    first["q_value"] = steps["q_value"].min()
    first["gap"] = first["raw_gap"] + pull
    return first


def _latest_yardstick(table: pd.DataFrame) -> pd.DataFrame:
    drop = []
    table = table.reset_index(drop=True)
    for _, same in table.groupby(["measure", "provider_id", "group", "ahead"]):
        for row in same.itertuples():
            later = same[same["period"] > row.period]
            covered = [set(row.stages.split()) & set(s.split()) for s in later["stages"]]
            if any(covered):
                drop.append(row.Index)
                table.loc[later.index[[bool(c) for c in covered]], "earlier_yardstick"] = True
    return table.drop(index=drop)
