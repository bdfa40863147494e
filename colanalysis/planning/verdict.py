"""Verdict: by which way of rounding published figures can be true, and the counts that follow, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from colanalysis.planning.possible import LARGEST, Counts, Reading
from colanalysis.planning.rounding import NEAREST, REACHES, READS_AS

__all__ = ["IMPOSSIBLE", "WAYS", "count", "extra", "first", "learners", "open_ended", "ranges"]

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
    return not counts or any(one.of[-1] == LARGEST for one in counts)


def learners(counts: Sequence[Counts]) -> str:
    """How many learners a target can be about; blank where nothing limits it."""
    if open_ended(counts):
        return ""
    return ranges(np.concatenate([one.of for one in counts]))


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


def ranges(numbers: Iterable[int]) -> str:
    """Whole numbers in words: "745", "1,073 to 1,074", "2,104; 2,110 to 2,113 and others up to 2,167"."""
    runs: list[list[int]] = []
    for number in sorted({int(one) for one in numbers}):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    if not runs:
        return ""
    said = [f"{low:,}" if low == high else f"{low:,} to {high:,}" for low, high in runs]
    if len(said) <= 4:
        return "; ".join(said)
    return f"{'; '.join(said[:3])} and others up to {runs[-1][1]:,}"
