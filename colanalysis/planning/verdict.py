"""Verdict: by which way of rounding published figures can be true, and the counts that follow, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from colanalysis.planning import possible
from colanalysis.planning.possible import Counts, Reading
from colanalysis.planning.rounding import NEAREST, REACHES, READS_AS

__all__ = ["IMPOSSIBLE", "WAYS", "count", "extra", "first", "learners", "open_ended"]

# The first of these ways of rounding by which figures can be true is what is told of a target.
WAYS: Mapping[str, tuple[Reading, ...]] = {
    "possible": (Reading(REACHES), Reading(NEAREST)),
    "possible only as it reads": (Reading(READS_AS),),
    "possible only where per cent are cut off": (Reading(REACHES, True), Reading(NEAREST, True)),
    "possible only where per cent are cut off, and as it reads": (Reading(READS_AS, True),),
}
IMPOSSIBLE = "impossible"


def first(readings: Mapping[Reading, Counts]) -> tuple[str, dict[Reading, Counts]]:
    """The verdict on figures that can be true by these ways of rounding, and what it rests on."""
    for way, some in WAYS.items():
        if found := {one: readings[one] for one in some if one in readings}:
            return way, found
    return IMPOSSIBLE, {}


def open_ended(counts: Sequence[Counts]) -> bool:
    """Whether the figures set no upper limit to the number of learners, or nothing is possible."""
    return not counts or any(one.of[-1] == possible.LARGEST for one in counts)


def learners(counts: Sequence[Counts]) -> str:
    """How many learners a target can be about; blank where nothing limits it."""
    if open_ended(counts):
        return ""
    return possible.ranges(np.concatenate([one.of for one in counts]))


def count(counts: Sequence[Counts], low: str, high: str) -> str:
    """A count as one range, however many learners there are."""
    return _range(
        [(int(getattr(one, low).min()), int(getattr(one, high).max())) for one in counts], counts
    )


def extra(counts: Sequence[Counts]) -> str:
    """The extra learners, as one range."""
    return _range(
        [
            (int((one.needed_low - one.n_high).min()), int((one.needed_high - one.n_low).max()))
            for one in counts
        ],
        counts,
    )


def _range(bounds: Sequence[tuple[int, int]], counts: Sequence[Counts]) -> str:
    """Bounds in words; blank where they only follow from how many learners there could be at most."""
    if not bounds:
        return ""
    least, most = min(low for low, _ in bounds), max(high for _, high in bounds)
    if least == most:
        return f"{least:,}"
    return "" if open_ended(counts) else f"{least:,} to {most:,}"
