"""Look: everything that was compared as one table, and how much chance has to be allowed for.

The scan's numbers, a row for each group and provider over the range in which it stands out most,
beside the levels and the steps taken. ``expected_false`` puts all of them on one scale: how many
would be listed by chance if everything as surprising as this were.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from colanalysis.comparing import estimate, scan, whole
from colanalysis.comparing.compare import Key
from colanalysis.comparing.scan import Scan
from colanalysis.measure import JOINER
from colanalysis.terms.settings import Community

COLUMNS = [
    "kind", "measure", "period", "stages", "year_min", "year_max", "provider_id", "group", "depth",
    "n", "n_others", "design_effect", "n_success", "rate", "reference_rate", "raw_gap", "error",
    "predicted", "spread", "gap", "p_value", "looks", "times", "q_value", "years_seen", "years_with_data",
    "n_latest",
]  # fmt: skip
# What is allowed for chance is shared out by how simple a question is, so that a plain description
# does not pay for all the combinations that could be tried; what nothing is looked at for is left
# over. By kind and number of attributes (0 for a provider); together less than 1.
SHARES = {("gap", 1): 0.35, ("gap", 2): 0.15, ("gap", 0): 0.2, ("level", 0): 0.1,
          ("transition", 0): 0.1}  # fmt: skip
DEEPER = 0.1


def everything(
    scanned: Mapping[Key, Scan], pairs: pd.DataFrame, *, community: Community
) -> pd.DataFrame:
    """The table of ``find.looked_at``."""
    pieces = [
        *[_gaps(key, looked) for key, looked in scanned.items()],
        whole.levels(scanned, community),
        whole.transitions(pairs, scanned, community),
    ]
    pieces = [piece for piece in pieces if len(piece)] or [pd.DataFrame(columns=COLUMNS)]
    rows = pd.concat(pieces, ignore_index=True).reindex(columns=[*COLUMNS, *_ASIDE])
    rows = rows.astype({"provider_id": object, "group": object})
    rows = rows.fillna({"provider_id": "", "group": "", "depth": 0}).astype({"depth": int})
    rows["times"] = _times(rows)
    rows["q_value"] = estimate.false_shares(expected_false(rows))
    return _shrunken(rows, floor=community.settings.smallest_spread)[COLUMNS]


def expected_false(rows: pd.DataFrame) -> np.ndarray:
    """How many would be listed by chance if everything as surprising as each row were."""
    alone = np.minimum(rows["p_value"].to_numpy(float) * rows["looks"].to_numpy(float), 1.0)
    return alone * rows["times"].to_numpy(float)


# Needed to make the table and not kept: which comparisons are two sides of one, and the gap over
# the whole range, which no search has chosen, with its doubt and what is predicted there.
_ASIDE = ["twin", "side", "turned", "whole_gap", "whole_error", "whole_predicted"]


def _gaps(key: Key, looked: Scan) -> pd.DataFrame:
    units = looked.units
    alone = np.flatnonzero(units["depth"] == 1)
    gap_alone = scan.judged(looked, alone).gap if len(alone) else np.zeros((0, len(looked.n_all)))
    row_of = dict(zip(units["group"].to_numpy()[alone], range(len(alone)), strict=True))
    pieces = [_piece(looked, which, gap_alone, row_of) for which in looked.pieces()]
    table = pd.concat(pieces, ignore_index=True).assign(kind="gap", measure=key[0], period=key[1])
    return table[table["p_value"].notna()]


def _piece(
    looked: Scan, which: np.ndarray, gap_alone: np.ndarray, row_of: Mapping[str, int]
) -> pd.DataFrame:
    told, ranges = scan.judged(looked, which), looked.ranges
    best = np.where(np.isnan(told.p), np.inf, told.p * looked.allowance).argmin(axis=1)
    widest = ranges.widest
    at, years = (np.arange(len(best)), best), np.array(looked.panel.years)
    here, whole_ = told.only(at), told.only((slice(None), widest))
    n, independent, total = here.n, here.independent, here.chance + here.between
    success = here.expected + here.away
    rate = success / np.maximum(n, 1)
    larger = whole_.n - whole_.others
    turned = (larger > 0) | ((larger == 0) & (whole_.away < 0))
    units = looked.units.iloc[which]
    parts = [
        [row_of[part] for part in group.split(JOINER) if part in row_of] if depth > 1 else []
        for group, depth in zip(units["group"], units["depth"], strict=True)
    ]
    # What the attributes by themselves predict: the sum of their own gaps.
    predicted = np.array([gap_alone[own].sum(axis=0) for own in parts])
    return units.assign(
        stages=looked.stages[best],
        year_min=years[ranges.first_year[best]],
        year_max=years[ranges.last_year[best]],
        n=n,
        n_others=here.others,
        design_effect=np.divide(total, independent, out=np.ones_like(n), where=independent > 0),
        n_success=success,
        rate=rate,
        reference_rate=rate - here.gap,
        raw_gap=here.gap,
        error=here.error,
        predicted=predicted[at],
        p_value=here.p,
        looks=looked.allowance[best],
        twin=np.round(np.where(turned, -whole_.away, whole_.away), 6),
        side=np.minimum(whole_.n, whole_.others),
        turned=turned,
        whole_gap=whole_.gap,
        whole_error=whole_.error,
        whole_predicted=predicted[:, widest],
    )


def _times(rows: pd.DataFrame) -> np.ndarray:
    """How many equally simple comparisons each row stands among, in shares of what is allowed.

    Two sides of one gap (yes and no of one attribute) are one comparison: what one of them has too
    many the other has too few. Of groups that only happen to be alike each counts.
    """
    apart = rows.index.to_series() + 0.5
    sides = rows[["kind", "depth", "measure", "period", "side"]].assign(
        twin=rows["twin"].where(rows["twin"].notna(), apart), turned=rows["turned"].eq(True)
    )
    alike = sides.groupby(list(sides), dropna=False).size()
    each = alike.groupby(level=list(range(alike.index.nlevels - 1)), dropna=False).max()
    family = each.groupby(level=["kind", "depth"]).sum()
    share = pd.Series([_share(*key) for key in family.index], index=family.index, dtype=float)
    times = family / share
    return times.reindex(pd.MultiIndex.from_frame(rows[["kind", "depth"]])).to_numpy(float)


def _share(kind: str, depth: int) -> float:
    """What part of everything is allowed to a family; deeper combinations halve what is left."""
    return SHARES.get((kind, depth)) or DEEPER / 2 ** (depth - 2)


def _shrunken(rows: pd.DataFrame, *, floor: float) -> pd.DataFrame:
    """Shrink gaps of one measure and depth together: combinations towards what their parts predict."""
    rows = rows.fillna({"predicted": 0.0}).assign(gap=np.nan, spread=np.nan)
    for _, alike in rows.groupby(["kind", "measure", "depth"]):
        raw, error, prior = (alike[c].to_numpy(float) for c in ("raw_gap", "error", "predicted"))
        known = alike["whole_gap"].notna().to_numpy()
        gap = np.where(known, alike["whole_gap"], raw).astype(float)
        doubt = np.where(known, alike["whole_error"], error).astype(float)
        expected = np.where(known, alike["whole_predicted"], prior).astype(float)
        # Where all or none succeed nothing varies, and nothing is learnt about how far gaps stray.
        told = np.isfinite(doubt) & (doubt > 0)
        wide = estimate.spread((gap - expected)[told], doubt[told], floor=floor)
        rows.loc[alike.index, "spread"] = wide
        rows.loc[alike.index, "gap"] = estimate.shrink(raw, error, prior, wide)
    return rows
