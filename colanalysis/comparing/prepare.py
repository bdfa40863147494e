"""Prepare: sums, ranges and what providers ordinarily differ by, before anything is judged.

What providers differ by is learnt from all panels, so they are made ready together.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from colanalysis.comparing import spread
from colanalysis.comparing.compare import Key, Panel
from colanalysis.comparing.ranges import Ranges, effective, ranges
from colanalysis.comparing.scan import Scan
from colanalysis.comparing.sums import Sums, sums
from colanalysis.terms.settings import Settings


def scans(panels: Mapping[Key, Panel], *, settings: Settings) -> dict[Key, Scan]:
    """Make every panel ready to be judged; what providers differ by is learnt from all of them."""
    looked = {key: _ranges(panel) for key, panel in panels.items()}
    deepest, smallest = settings.deepest_group, settings.smallest_group
    own = {key: sums(panel, deepest=deepest, smallest=smallest) for key, panel in panels.items()}
    told = {key: _told(panels[key], own[key], looked[key]) for key in panels}
    seen = [(panels[key].providers, one[looked[key].whole_span]) for key, one in told.items()]
    before = spread.before(seen, usual=settings.smallest_spread)
    return {
        key: Scan(
            panels[key], looked[key], own[key], spread.after(prior, told[key]),
            _looks(panels[key], looked[key]), settings,
        )
        for key, prior in zip(panels, before, strict=True)
    }  # fmt: skip


def _ranges(panel: Panel) -> Ranges:
    filled = np.bincount(panel.grid, minlength=panel.places) > 0
    return ranges(len(panel.stages), len(panel.years), filled=filled)


def _told(panel: Panel, own: Sums, looked: Ranges) -> np.ndarray:
    """How well each spread between providers explains what they show, by range of years."""
    providers = np.flatnonzero(own.provider >= 0)
    steps, years = len(panel.stages), len(panel.years)
    step, year = np.divmod(np.arange(panel.places), years)
    met_step = own.met // years
    told = np.zeros((looked.span.max() + 1, len(providers) + 1, len(spread.GRID)))
    for span in np.unique(looked.span):
        one = np.flatnonzero(looked.span == span)[0]
        inside = (year >= looked.first_year[one]) & (year <= looked.last_year[one])
        by_step = ((step[:, None] == np.arange(steps)) & inside[:, None]).astype(float)
        within = inside[own.met].all(axis=1) & (met_step[:, 0] == met_step[:, 1])
        of_pairs = (met_step[:, :1] == np.arange(steps)) & within[:, None]
        told[span] = spread.likelihoods(
            own.n[providers] @ by_step,
            own.away[providers] @ by_step,
            own.independent[providers] @ by_step + own.covariance[providers] @ of_pairs,
        )
    return told


def _looks(panel: Panel, looked: Ranges) -> tuple[float, float]:
    covariance = np.diag(np.bincount(panel.grid, weights=panel.variance, minlength=panel.places))
    pairs = panel.pairs
    np.add.at(covariance, (pairs.first, pairs.later), pairs.covariance)
    np.add.at(covariance, (pairs.later, pairs.first), pairs.covariance)
    holds, whole = looked.holds.astype(float), looked.all_years
    return effective(holds[whole], covariance), effective(holds[~whole], covariance)
