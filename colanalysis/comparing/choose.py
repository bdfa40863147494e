"""Choose the few findings that explain the rest, and put them in the words of the contract.

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

COLUMNS = [
    "rank", "direction", "kind", "measure", "year_level_min", "year_level_max", "year_min",
    "year_max", "provider_id", "group", "n_learners", "n_success", "rate", "reference",
    "reference_rate", "gap", "gap_low", "gap_high", "p_value", "q_value", "years_seen",
    "learners_to_shift", "evidence", "notes",
]  # fmt: skip
EXTRA = [
    "stages", "years_with_data", "n_latest", "sure", "pull", "n_others", "design_effect",
]  # fmt: skip
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
        keep &= part.belongs[:, _position(part, first)] == 0
        without = part.contrast(keep=keep)
        at = [_position(part, row) for _, row in waiting.iterrows()]
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
        one, other = (part.belongs[:, _position(part, row)] for _, row in sides.iterrows())
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
    at = _position(whole, first)
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


def _position(part: Panel, row: pd.Series) -> int:
    return part.position[row["provider_id"], row["group"]]


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
    at = _position(whole, row)
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
    if row["n"] < 30:
        parts.append("few learners")
    parts.append("a learner counts once in each year")
    return "; ".join(parts)
