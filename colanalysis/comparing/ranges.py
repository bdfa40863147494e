"""Ranges: every contiguous range of steps and of years, and how many looks they truly are.

A range is a set of places on the grid of steps by years. Neighbouring ranges hold mostly the same
results, so looking at all of them is far fewer than that many independent looks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Where the effective number of ranges is taken: about the size a statistic must have to be listed.
FAR_OUT, DRAWS = 3.7, 2000


@dataclass(frozen=True)
class Ranges:
    """All ranges: first and last step, first and last year (places), and what they hold.

    ``holds`` is ranges by places on the grid. ``steps`` numbers the ranges of steps and ``span``
    those of years; ``all_years`` says which ranges hold every year.
    """

    first_step: np.ndarray
    last_step: np.ndarray
    first_year: np.ndarray
    last_year: np.ndarray
    holds: np.ndarray
    steps: np.ndarray
    span: np.ndarray

    @property
    def all_years(self) -> np.ndarray:
        """Which ranges hold every year."""
        return (self.first_year == 0) & (self.last_year == self.last_year.max(initial=0))

    @property
    def widest(self) -> int:
        """The range that holds most."""
        return int(np.argmax(self.holds.sum(axis=1)))

    @property
    def whole_span(self) -> int:
        """The number of the range of years that holds them all."""
        return int(self.span[self.all_years][0])

    def boxes(self, first: np.ndarray, later: np.ndarray) -> np.ndarray:
        """Say which ranges hold both places of each pair: ranges by pairs."""
        return self.holds[:, first] & self.holds[:, later]


def ranges(steps: int, years: int, *, filled: np.ndarray) -> Ranges:
    """Every contiguous range of ``steps`` by every one of ``years``; twins that hold the same once.

    ``filled`` says which places on the grid hold results. Of ranges that hold the same results the
    one with the fewest steps and years is kept.
    """
    step_runs, year_runs = _runs(steps), _runs(years)
    which_steps = np.repeat(np.arange(len(step_runs)), len(year_runs))
    which_years = np.tile(np.arange(len(year_runs)), len(step_runs))
    places = np.arange(steps)[:, None], np.arange(years)[None, :]
    first_step, last_step = step_runs[which_steps].T
    first_year, last_year = year_runs[which_years].T
    holds = (
        (places[0] >= first_step[:, None, None])
        & (places[0] <= last_step[:, None, None])
        & (places[1] >= first_year[:, None, None])
        & (places[1] <= last_year[:, None, None])
    ).reshape(len(which_steps), steps * years)
    held = holds & filled
    smallest_first = np.argsort(holds.sum(axis=1), kind="stable")
    _, kept = np.unique(held[smallest_first], axis=0, return_index=True)
    kept = np.sort(smallest_first[kept])
    kept = kept[held[kept].any(axis=1)]
    return Ranges(
        first_step[kept], last_step[kept], first_year[kept], last_year[kept], held[kept],
        which_steps[kept], which_years[kept],
    )  # fmt: skip


def effective(holds: np.ndarray, covariance: np.ndarray) -> float:
    """How many independent looks the ranges are worth, far out in the tail.

    P(the largest of all is beyond z) = that many x P(one is beyond z), by importance sampling: one
    range is drawn and its statistic put beyond z, the others follow from it, and the mean of 1 /
    (how many are beyond z) is taken (Naiman and Priebe 2001). ``covariance`` is of the places on the
    grid. The draws are the same at every call.
    """
    from scipy.special import ndtr, ndtri

    values, vectors = np.linalg.eigh(covariance)
    root = holds @ (vectors * np.sqrt(values.clip(0)))
    size = np.sqrt((root**2).sum(axis=1))
    root = root[size > 0] / size[size > 0, None]
    if len(root) < 2:
        # Where nothing varies there is still something that was looked at.
        return float(min(len(holds), 1))
    rng = np.random.default_rng(2001)
    drawn = rng.integers(0, len(root), DRAWS)
    statistics = rng.standard_normal((DRAWS, root.shape[1])) @ root.T
    beyond = -ndtri(rng.random(DRAWS) * ndtr(-FAR_OUT))
    pulled = beyond - statistics[np.arange(DRAWS), drawn]
    statistics += pulled[:, None] * (root @ root.T)[drawn]
    exceed = (np.abs(statistics) > FAR_OUT).sum(axis=1)
    return float(len(root) * np.mean(1 / np.maximum(exceed, 1)))


def _runs(length: int) -> np.ndarray:
    """First and last place of every contiguous run."""
    first, last = np.triu_indices(length)
    return np.column_stack([first, last])
