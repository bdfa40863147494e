"""Find where learners succeed and where they meet hurdles, by one scan that looks both ways.

Every group of up to two attributes, and every provider, is compared with the other learners of the
same measure, step, year and year level; the whole community with an expectation where one is set;
the same learners before and after a step with the ordinary change from one year to the next. What
is listed is worth listing after Benjamini and Hochberg have allowed for everything looked at.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from colanalysis.comparing import choose, estimate, rank
from colanalysis.comparing.compare import Key, Panel
from colanalysis.terms import catalogue
from colanalysis.terms.settings import Community

COLUMNS = [
    "kind", "measure", "period", "stages", "provider_id", "group", "depth", "n", "n_others",
    "design_effect", "n_success", "rate", "reference_rate", "raw_gap", "error", "z", "years_seen",
    "years_with_data", "n_latest",
]  # fmt: skip


def looked_at(
    panels: dict[Key, Panel], *, transitions: pd.DataFrame, community: Community
) -> pd.DataFrame:
    """Everything that was compared, a row each, listed or not.

    Columns: kind, measure, period (how many yardstick changes came before), stages (ids joined by a
    blank), provider_id, group, depth, n, n_others, design_effect, n_success, rate, reference_rate,
    raw_gap, error (of the raw gap, both sides in it), z, p_value, q_value, gap (shrunken);
    of transitions alone, how it went year by year: years_seen, years_with_data, n_latest.
    """
    pieces = [
        *[_gaps(key, part, community.settings.smallest_group) for key, part in panels.items()],
        _levels(panels, community),
        _transitions(transitions, community),
    ]
    pieces = [piece for piece in pieces if len(piece)] or [pd.DataFrame(columns=COLUMNS)]
    rows = pd.concat(pieces, ignore_index=True).reindex(columns=COLUMNS)
    rows["p_value"] = estimate.p_values(rows["z"].to_numpy(dtype=float))
    rows["q_value"] = estimate.q_values(rows["p_value"].to_numpy())
    return _shrunken(rows, floor=community.settings.smallest_spread)


def findings(rows: pd.DataFrame, panels: dict[Key, Panel], *, community: Community) -> pd.DataFrame:
    """The few findings that explain what was looked at, best evidence first (``rank.COLUMNS``)."""
    settings = community.settings
    sure = (rows["gap"].abs() - estimate.Z95 * rows["error"]) > 0
    worth = (rows["q_value"] <= settings.false_share) & (rows["gap"].abs() >= settings.smallest_gap)
    listed = rows[sure & worth]
    kept = choose.explaining(listed[listed["kind"] == "gap"], panels, settings=settings)
    read_together = choose.neighbours_joined(kept, panels, community=community)
    rest = listed[listed["kind"] != "gap"]
    return rank.described(
        pd.concat([read_together, rest], ignore_index=True), panels, community=community
    )


def successes(found: pd.DataFrame) -> pd.DataFrame:
    """The findings to build on."""
    return found[found["direction"] == "success"]


def hurdles(found: pd.DataFrame) -> pd.DataFrame:
    """The findings where the system does not serve learners well yet."""
    return found[found["direction"] == "hurdle"]


def _gaps(key: Key, part: Panel, smallest: int) -> pd.DataFrame:
    against = part.contrast()
    enough = (against.n >= smallest) & (against.n_others >= smallest)
    measure, period, stage = key
    return part.groups.assign(
        kind="gap",
        measure=measure,
        period=period,
        stages=stage,
        n=against.n,
        n_others=against.n_others,
        design_effect=part.design_effect,
        n_success=against.n_success,
        rate=against.rate,
        reference_rate=against.reference,
        raw_gap=against.gap,
        error=against.error,
        z=against.z,
    )[enough]


def _levels(panels: dict[Key, Panel], community: Community) -> pd.DataFrame:
    """The community as a whole against the expectation that was set for a measure."""
    rows = []
    for (name, period, stage), part in panels.items():
        hoped = community.measures[name].expectation
        n, x = part.n.sum(), part.n_success.sum()
        if hoped is None or n < community.settings.smallest_group:
            continue
        # A provider's wobble is the measure of how much a whole step moves by itself.
        effect = part.design_effect.max()
        rate, near = x / n, (x + 1) / (n + 2)
        error = np.sqrt(near * (1 - near) / n * effect)
        null = np.sqrt(hoped * (1 - hoped) / n * effect)
        rows.append(
            {"kind": "level", "measure": name, "period": period, "stages": stage,
             "provider_id": "", "group": "", "depth": 0, "n": n, "n_others": np.inf,
             "design_effect": effect, "n_success": x, "rate": rate, "reference_rate": hoped, "raw_gap": rate - hoped, "error": error,
             "z": (rate - hoped) / max(null, 1e-12)}
        )  # fmt: skip
    return pd.DataFrame(rows)


def _transitions(table: pd.DataFrame, community: Community) -> pd.DataFrame:
    """Learners who take a step beside the ordinary change of the same learners within steps."""
    order = {stage.id: place for place, stage in enumerate(community.stages)}
    everyone = table[table["group"] == ""]
    everyone = everyone.assign(
        step=everyone["stage_after"].map(order) - everyone["stage_before"].map(order),
        period=[
            catalogue.period(community.measures[name], year)
            for name, year in zip(everyone["measure"], everyone["year"], strict=True)
        ],
    )
    sums, keys = ["n", "before", "after", "gained", "lost"], ["measure", "period"]
    smallest = community.settings.smallest_group
    still = everyone[everyone["step"] == 0].groupby(keys)[sums].sum()
    ordinary = still[still["n"] >= smallest]
    taken = everyone[everyone["step"] == 1]
    by_step = [*keys, "stage_before", "stage_after"]
    steps = taken.groupby(by_step)[sums].sum()
    yearly = taken.groupby([*by_step, "year"])[sums].sum()
    rows = []
    for (name, period, before, after), own in steps[steps["n"] >= smallest].iterrows():
        usual = ordinary.loc[(name, period)] if (name, period) in ordinary.index else None
        change, variance = _change(own)
        # Without an ordinary change to compare with, a step is expected to change nothing.
        expected, doubt = (0.0, 0.0) if usual is None else _change(usual)
        error = np.sqrt(variance + doubt)
        each = yearly.loc[(name, period, before, after)]
        shows = (_change(each)[0] - expected) * np.sign(change - expected)
        rows.append(
            {"kind": "transition", "measure": name, "period": period,
             "stages": f"{before} {after}", "provider_id": "", "group": "", "depth": 0,
             "n": own["n"], "n_others": np.inf if usual is None else usual["n"],
             "design_effect": 1.0, "n_success": own["after"], "rate": own["after"] / own["n"],
             "reference_rate": own["before"] / own["n"] + expected, "raw_gap": change - expected,
             "error": error, "z": (change - expected) / error,
             "years_seen": int((shows >= community.settings.smallest_gap).sum()),
             "years_with_data": len(each), "n_latest": int(each["n"].iloc[-1])}
        )  # fmt: skip
    return pd.DataFrame(rows)


def _change(pairs: pd.DataFrame | pd.Series) -> tuple[Any, Any]:
    """Change in share of the same learners and its variance (McNemar's, one of each added)."""
    n = pairs["n"]
    change = (pairs["gained"] - pairs["lost"]) / n
    return change, ((pairs["gained"] + pairs["lost"] + 2) / n - change**2) / n


def _shrunken(rows: pd.DataFrame, *, floor: float) -> pd.DataFrame:
    """Shrink gaps of one measure and depth together: pairs towards what their parts predict."""
    rows = rows.assign(gap=np.nan)
    for _, alike in rows.groupby(["kind", "measure", "depth"]):
        prior = _prior(alike, rows) if alike["depth"].iloc[0] > 1 else np.zeros(len(alike))
        raw, error = alike["raw_gap"].to_numpy(float), alike["error"].to_numpy(float)
        width = estimate.spread(raw - prior, error, floor=floor)
        rows.loc[alike.index, "gap"] = estimate.shrink(raw, error, prior, width)
    return rows


def _prior(pairs: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """What the attributes by themselves predict for a group: the sum of their own shrunken gaps."""
    alone = rows[(rows["kind"] == "gap") & (rows["depth"] == 1)]
    known = alone.set_index(["measure", "period", "stages", "group"])["gap"].to_dict()
    return np.array(
        [
            sum(
                known.get((pair.measure, pair.period, pair.stages, part), 0.0)
                for part in pair.group.split(" & ")
            )
            for pair in pairs.itertuples()
        ]
    )
