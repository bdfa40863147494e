"""Choose the few findings that explain the rest.

One hurdle is one finding. Of everything in a panel that could be listed the strongest is taken (the
simplest description that explains most), what it explains is taken out of every learner's result,
and the scan looks again: mirrors (the others look good because this group is behind), parts and wider
groups have nothing left, and what has something left is a finding of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from colanalysis.comparing import estimate
from colanalysis.comparing.compare import Panel
from colanalysis.comparing.scan import Judged, Scan, judged
from colanalysis.measure import JOINER

# A combination is told only if so many standard errors of it are left beside its parts.
MATTERS = 2.0
NEARLY_ALL, SMALL_SIDE = 0.9, 0.4
MOST = 25


@dataclass(frozen=True)
class Choice:
    """A unit of a scan over one of its ranges, and how often chance alone would do as well.

    ``false`` is the expected number of false findings if everything this surprising, after what was
    taken before it, were listed.
    """

    unit: int
    range: int
    false: float


def explaining(looked: Scan, times: np.ndarray, waiting: np.ndarray, *, bar: float) -> list[Choice]:
    """Take one of the ``waiting`` units of a scan after another until nothing is left below ``bar``.

    ``times``, one per unit, is how many equally simple units its p-value has to allow for.
    """
    panel, smallest = looked.panel, looked.settings.smallest_gap
    price = 2 * np.log(np.maximum(times, 1))
    taken: list[Choice] = []
    columns: list[np.ndarray] = []
    now = judged(looked, waiting)
    side = np.sign(now.gap)
    while len(waiting) and len(taken) < MOST:
        told, best = _where(looked, now, times[waiting], bar)
        at = np.arange(len(waiting)), best
        gap = now.gap[at]
        still = (told <= bar) & (np.sign(gap) == side[at]) & (np.abs(gap) >= smallest)
        if not still.any():
            break
        strength = estimate.z_of(np.where(still, now.p[at], 1.0)) ** 2 - price[waiting]
        strength = np.where(still, np.round(strength, 6), -np.inf)
        first = _simplest(looked, waiting, best, strength, columns)
        first = _one_side(looked, waiting, now.gap, best, first, still)
        taken.append(Choice(int(waiting[first]), int(best[first]), float(told[first])))
        columns.append(_indicator(looked, taken[-1]))
        # A unit may come again with what is left of it elsewhere.
        waiting, side = waiting[still], side[still]
        now = judged(looked, waiting, _left(panel, np.array(columns)))
    return taken


def _where(
    looked: Scan, now: Judged, times: np.ndarray, bar: float
) -> tuple[np.ndarray, np.ndarray]:
    """How much chance would list of each unit, and over which range it is told.

    Among ranges over which a unit could be listed it is the one that explains most; how far schools
    differ says whether, and not where.
    """
    told = np.where(np.isnan(now.p), np.inf, now.p * looked.allowance) * times[:, None]
    explained = np.divide(now.away**2, now.chance, out=np.zeros_like(told), where=now.chance > 0)
    explained = np.where(told <= bar, explained - 2 * np.log(looked.allowance), -np.inf)
    nowhere = ~np.isfinite(explained).any(axis=1)
    best = np.where(nowhere, told.argmin(axis=1), np.round(explained, 6).argmax(axis=1))
    return told.min(axis=1), best


def _indicator(looked: Scan, choice: Choice) -> np.ndarray:
    row = looked.units.iloc[choice.unit]
    inside = looked.ranges.holds[choice.range][looked.panel.grid]
    return looked.panel.indicator(row["group"], row["provider_id"], inside=inside)


def _left(panel: Panel, columns: np.ndarray) -> np.ndarray:
    """Successes beyond those expected, less what the units already taken explain together."""
    weighted = columns * panel.n
    size, *_ = np.linalg.lstsq(weighted @ columns.T, columns @ panel.away, rcond=None)
    return panel.away - size @ weighted


def _simplest(
    looked: Scan,
    waiting: np.ndarray,
    best: np.ndarray,
    strength: np.ndarray,
    columns: list[np.ndarray],
) -> int:
    """The strongest; if its parts leave nothing of it, the strongest of those parts instead.

    Two groups of which each is behind by itself are so told, and not by where they meet.
    """
    first = int(np.argmax(strength))
    groups = looked.units["group"].to_numpy()
    pieces = groups[waiting[first]].split(JOINER)
    names = [
        JOINER.join(some) for size in range(1, len(pieces)) for some in combinations(pieces, size)
    ]
    inside = looked.ranges.holds[best[first]][looked.panel.grid]
    panel = looked.panel
    own = panel.indicator(groups[waiting[first]], inside=inside)
    beside = np.array([*columns, *(panel.indicator(name, inside=inside) for name in names)])
    parts = np.isin(groups[waiting], names) & np.isfinite(strength)
    if not parts.any():
        return first
    weighted = beside * panel.n
    size, *_ = np.linalg.lstsq(weighted @ beside.T, weighted @ own, rcond=None)
    left = own - size @ beside
    varies = (panel.variance * left**2).sum() / (panel.variance * own**2).sum()
    told = judged(looked, waiting[[first]], _left(panel, beside))
    z = told.away[0, best[first]] / np.sqrt(max(told.chance[0, best[first]] * varies, 1e-12))
    return first if abs(z) >= MATTERS else int(np.argmax(np.where(parts, strength, -np.inf)))


def _one_side(
    looked: Scan,
    waiting: np.ndarray,
    gaps: np.ndarray,
    best: np.ndarray,
    first: int,
    still: np.ndarray,
) -> int:
    """Tell a gap between two units that hold (nearly) all learners between them from one side only.

    The smaller side is what stands out; if neither is small, it is told as the hurdle that it is.
    """
    units = looked.units.iloc[waiting]
    own = units.iloc[first]
    if own["depth"] > 1:
        return first
    panel, range_ = looked.panel, best[first]
    gap = gaps[:, range_]
    attribute = units["group"].str.partition("=")[0]
    alike = (units["depth"] == own["depth"]) & (attribute == attribute.iloc[first])
    opposite = np.sign(gap) == -np.sign(gap[first])
    inside = looked.ranges.holds[range_][panel.grid]
    mine = panel.members(own["group"], own["provider_id"]) & inside
    for other in np.flatnonzero(alike.to_numpy() & still & opposite):
        row = units.iloc[other]
        theirs = panel.members(row["group"], row["provider_id"]) & inside
        shares = np.array([panel.n[mine].sum(), panel.n[theirs].sum()]) / panel.n[inside].sum()
        if not (mine & theirs).any() and shares.sum() >= NEARLY_ALL:
            if shares.min() < SMALL_SIDE:
                return first if shares[0] <= shares[1] else int(other)
            return first if gap[first] < 0 else int(other)
    return first
