"""Predict: what the attributes by themselves lead one to expect, and what only their meeting adds.

The logic is that of multilevel analysis of individual heterogeneity (MAIHDA; Evans and others 2018),
on shares: an additive model of all attributes, and between the profiles whatever is left, shrunken
by how few learners show it. Small groups borrow from everything that their learners share with others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from colanalysis.comparing import estimate
from colanalysis.comparing.compare import Panel


@dataclass(frozen=True)
class Additive:
    """Effects that add up, in shares: ``columns`` (attribute, value) with their ``effects``.

    The attribute of a provider is "". ``design`` is entries by columns, around stratum means.
    """

    columns: pd.DataFrame
    design: np.ndarray
    effects: np.ndarray

    def predicted(self, which: np.ndarray | None = None) -> np.ndarray:
        """What the effects of all (or ``which``) columns add to each entry's expected share."""
        which = np.ones(len(self.effects), dtype=bool) if which is None else which
        return self.design[:, which] @ self.effects[which]


def additive(
    panel: Panel, inside: np.ndarray, *, spread: float, repeats: float = 1.0, providers: bool = True
) -> Additive:
    """Fit every value of every attribute, and every provider, at once to the entries of a range.

    Ridge regression on shares, in which effects are expected as far from nought as they are one by
    one, and at least ``spread`` (a standard deviation); ``repeats`` is the design effect of learners'
    several results.
    """
    of = [
        (panel.axes.attributes[axis], value, (value, ""))
        for axis, values in enumerate(panel.axes.values)
        for value in values
    ]
    if providers and len(panel.providers) > 1:
        of += [("", one, ("", one)) for one in panel.providers]
    columns = pd.DataFrame([row[:2] for row in of], columns=["attribute", "value"])
    design = np.empty((len(panel.n), len(of)))
    for place, (*_, unit) in enumerate(of):
        design[:, place] = panel.indicator(*unit, inside=inside)
    weighted = design * panel.n[:, None]
    doubt = panel.variance[inside].sum() / max(panel.n[inside].sum(), 1) * repeats
    size = np.maximum((weighted * design).sum(axis=0), 1e-9)
    held = size > 1
    alone = (design.T @ panel.away / size)[held]
    wide = estimate.spread(alone, np.sqrt(max(doubt, 1e-9) / size[held]), floor=spread)
    penalty = doubt / wide**2 * np.eye(len(of))
    effects = np.linalg.solve(weighted.T @ design + penalty, design.T @ panel.away)
    return Additive(columns, design, effects)


def rates(panel: Panel, inside: np.ndarray, *, spread: float, repeats: float = 1.0) -> pd.DataFrame:
    """The share who succeed in every profile: raw, as predicted by adding up, and shrunken.

    Columns: profile, n, n_success, rate, additive, meeting (what the
    profile has beyond it, shrunken) and shrunken (additive + meeting, within 0 and 1). In a profile
    of few learners ``shrunken`` is far nearer the truth than ``rate``.
    """
    fitted = additive(panel, inside, spread=spread, repeats=repeats, providers=False)
    expected = panel.n * (panel.share + fitted.predicted())
    of = panel.profile[inside]

    def by_profile(values: np.ndarray) -> np.ndarray:
        return np.bincount(of, weights=values[inside], minlength=len(panel.axes.codes))

    n, success, hoped, doubt = map(by_profile, (panel.n, panel.n_success, expected, panel.variance))
    some = n > 0
    n, success, hoped, doubt = (one[some] for one in (n, success, hoped, doubt))
    left, error = (success - hoped) / n, np.sqrt(np.maximum(doubt * repeats, 1e-9)) / n
    wide = estimate.spread(left, error, floor=0.0)
    meeting = left * wide**2 / (wide**2 + error**2)
    return pd.DataFrame(
        {
            "profile": np.array(panel.profiles, dtype=object)[some], "n": n, "n_success": success, "rate": success / n,
            "additive": hoped / n, "meeting": meeting,
            "shrunken": np.clip(hoped / n + meeting, 0.0, 1.0),
        }
    )  # fmt: skip
