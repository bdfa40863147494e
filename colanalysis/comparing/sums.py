"""Sums: what every group and every provider of a panel adds up to, place by place.

Nothing is judged here. Groups are summed over compact codes (``tally``), providers directly; both
come out in the same arrays, so that later steps need not know which is which.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from colanalysis.comparing import tally
from colanalysis.comparing.compare import Panel


@dataclass(frozen=True)
class Sums:
    """Sums of ``units`` (provider_id, group, depth; depth 0 for a provider), one row for each.

    ``provider`` is the provider's place in the panel, -1 for a group; ``rows`` the unit's place among
    all that were added up. ``n``, ``expected`` (successes if all of a stratum succeeded alike),
    ``away`` (those beyond) and ``independent`` (variance if every result were a learner of its own)
    are by place on the grid; ``covariance``, which a learner's second result brings, by ``met``, the
    pairs of places in which it is; ``placed``, n, by step and provider.
    """

    units: pd.DataFrame
    rows: np.ndarray
    provider: np.ndarray
    n: np.ndarray
    expected: np.ndarray
    away: np.ndarray
    independent: np.ndarray
    covariance: np.ndarray
    met: np.ndarray
    placed: np.ndarray


def sums(panel: Panel, *, deepest: int, smallest: int) -> Sums:
    """Add up every group of up to ``deepest`` attributes and every provider of a panel.

    Groups of fewer than ``smallest`` results, or with as few others, are left out.
    """
    units = _units(panel, deepest)
    expected = panel.n * panel.share
    of = [panel.n, expected, panel.away, panel.variance]
    n, hoped, away, alone = _added(panel, deepest, panel.grid, panel.places, of)
    enough = np.minimum(n.sum(axis=1), panel.n.sum() - n.sum(axis=1)) >= smallest
    rows = np.flatnonzero(enough | (units["depth"] == 0).to_numpy())
    met, box = _boxes(panel)
    steps, providers = len(panel.stages), len(panel.providers)
    at = (panel.grid // len(panel.years)) * providers + panel.provider
    (placed,) = _added(panel, deepest, at, steps * providers, [panel.n])
    units = units.iloc[rows].reset_index(drop=True)
    return Sums(
        units=units,
        rows=rows,
        provider=pd.Index(panel.providers).get_indexer(units["provider_id"]),
        n=n[rows],
        expected=hoped[rows],
        away=away[rows],
        independent=alone[rows],
        covariance=_of_pairs(panel, deepest, box, len(met))[rows],
        met=met,
        placed=placed[rows].reshape(len(rows), steps, providers),
    )


def by_place(panel: Panel, of: np.ndarray, *, deepest: int, rows: np.ndarray) -> np.ndarray:
    """Sums of one number per entry, by unit and place on the grid; only some ``rows`` of units."""
    (added,) = _added(panel, deepest, panel.grid, panel.places, [of])
    return added[rows]


def _units(panel: Panel, deepest: int) -> pd.DataFrame:
    names, depths = tally.named(panel.axes, tally.combined(panel.axes, deepest=deepest))
    groups = pd.DataFrame({"provider_id": "", "group": names, "depth": depths})
    providers = pd.DataFrame({"provider_id": list(panel.providers), "group": "", "depth": 0})
    return pd.concat([groups, providers], ignore_index=True)


def _added(
    panel: Panel, deepest: int, box: np.ndarray, boxes: int, of: list[np.ndarray]
) -> list[np.ndarray]:
    groups = _groups(panel, deepest, panel.profile, box, boxes, of)
    providers = [_by(panel.provider, len(panel.providers), box, boxes, one) for one in of]
    return [np.vstack(both) for both in zip(groups, providers, strict=True)]


def _of_pairs(panel: Panel, deepest: int, box: np.ndarray, boxes: int) -> np.ndarray:
    """Twice the covariance of every two results of one learner, at a provider if both are there."""
    pairs = panel.pairs
    twice = 2 * pairs.covariance
    (groups,) = _groups(panel, deepest, pairs.profile, box, boxes, [twice])
    stayed = pairs.provider >= 0
    own = _by(pairs.provider[stayed], len(panel.providers), box[stayed], boxes, twice[stayed])
    return np.vstack([groups, own])


def _groups(
    panel: Panel, deepest: int, profile: np.ndarray, box: np.ndarray, boxes: int,
    of: list[np.ndarray],
) -> list[np.ndarray]:  # fmt: skip
    chosen = tally.combined(panel.axes, deepest=deepest)
    return tally.sums(panel.axes, chosen, profile=profile, box=box, boxes=boxes, weights=of)


def _by(row: np.ndarray, rows: int, box: np.ndarray, boxes: int, of: np.ndarray) -> np.ndarray:
    added = np.bincount(row * boxes + box, weights=of, minlength=rows * boxes)
    return added.reshape(rows, boxes)


def _boxes(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """The distinct pairs of places in which a learner has two results, and which each pair is."""
    both = panel.pairs.first * panel.places + panel.pairs.later
    met, box = np.unique(both, return_inverse=True)
    return np.column_stack(np.divmod(met, panel.places)), box
