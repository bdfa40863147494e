"""Possible: which whole learners could stand behind published figures, each of which was rounded.

For every number of learners there is a lowest and a highest count that a figure allows; figures
are all true where these intervals meet. Everything is counted in whole learners and exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from colanalysis.planning.published import Published
from colanalysis.planning.rounding import HALF, NEAREST, REACHES, READS_AS, RULES, Percent

__all__ = [
    "LARGEST",
    "READINGS",
    "Counts",
    "Reading",
    "by_shares",
    "filled",
    "joint",
    "readings",
]

# No community has more learners at one measure and step.
LARGEST = 50_000


@dataclass(frozen=True)
class Reading:
    """How figures were made: how the target was rounded, and whether the baseline was cut off."""

    rule: str
    cut_off: bool = False


READINGS = tuple(Reading(rule, cut_off) for cut_off in (False, True) for rule in RULES)


@dataclass(frozen=True, eq=False)
class Counts:
    """Numbers of learners that can be, with the lowest and highest counts of successes at each."""

    of: np.ndarray
    n_low: np.ndarray
    n_high: np.ndarray
    needed_low: np.ndarray
    needed_high: np.ndarray

    def where(self, true: np.ndarray) -> Counts:
        """Those for which something is true."""
        return Counts(*(getattr(self, name)[true] for name in self.__dataclass_fields__))


def readings(row: Published) -> dict[Reading, Counts]:
    """All ways of rounding by which a target's figures can be true, with what they leave possible."""
    row = filled(row)
    if _points_differ(row):
        return {}
    tried = {one: _counts(row, one) for one in READINGS if row.rounding in ("", one.rule)}
    return {one: counts for one, counts in tried.items() if len(counts.of)}


def filled(row: Published) -> Published:
    """The same target with a share that follows from the other one and the points between them."""
    start, end, points = row.baseline_percent, row.target_percent, row.extra_points
    if points is None or (start is not None and end is not None):
        return row
    if end is not None:
        return replace(row, baseline_percent=Percent(end.value - points.value, points.decimals))
    if start is None:
        return row
    return replace(row, target_percent=Percent(start.value + points.value, points.decimals))


def joint(rows: Mapping[str, Published], ways: Sequence[Reading] = READINGS) -> np.ndarray:
    """The numbers of learners that rows about the same learners leave possible together.

    Each row may have been rounded in any of the ``ways``.
    """
    counts = {
        name: _any([_counts(filled(row), way) for way in ways if row.rounding in ("", way.rule)])
        for name, row in rows.items()
    }
    shared = np.arange(1, LARGEST + 1, dtype="int64")
    for one in counts.values():
        shared = np.intersect1d(shared, one.of, assume_unique=True)
    for name, row in rows.items():
        if row.part_of in rows:
            own, whole = (_at(counts[one], shared) for one in (name, row.part_of))
            # All of a part succeed within the whole, now and then.
            shared = shared[(own.n_low <= whole.n_high) & (own.needed_low <= whole.needed_high)]
    return shared


def by_shares(row: Published) -> tuple[Fraction, Fraction] | None:
    """The number of learners of whom the extra ones make the gap of the shares, as an interval.

    The baseline is taken as rounded and the target as it is written, and learners as if they could be
    halved: what can be worked out on paper. None where a figure for it is missing.
    """
    row = filled(row)
    start, end, extra = row.baseline_percent, row.target_percent, row.extra_learners
    if start is None or end is None or not extra or row.baseline_of is not None:
        return None
    gap = end.share - start.share
    if gap <= start.slack:
        return None
    return extra / (gap + start.slack), extra / (gap - start.slack)


def _counts(row: Published, reading: Reading) -> Counts:
    of = _given(row.baseline_of, np.arange(1, LARGEST + 1, dtype="int64"))
    then = _given(row.target_of, of)
    if len(then) != len(of):
        # The target's own number says nothing about how many there were at the baseline.
        then = np.full_like(of, then[0])
    n_low, n_high = _baseline(row, of, cut_off=reading.cut_off)
    needed_low, needed_high = _target(row.target_percent, then, reading.rule)
    needed_low, needed_high = _told(row.target_n, needed_low, needed_high)
    if row.extra_learners is not None:
        more = row.extra_learners
        n_low = np.maximum(n_low, needed_low - more)
        n_high = np.minimum(n_high, needed_high - more)
        needed_low, needed_high = n_low + more, n_high + more
    can_be = (n_low <= n_high) & (needed_low <= needed_high)
    return Counts(of, n_low, n_high, needed_low, needed_high).where(can_be)


def _any(every: Sequence[Counts]) -> Counts:
    """What is possible in one way or another: the widest interval at each number of learners."""
    if not every:
        return Counts(*(np.empty(0, dtype="int64") for _ in range(5)))
    of, place = np.unique(np.concatenate([one.of for one in every]), return_inverse=True)

    def widest(name: str, least: bool) -> np.ndarray:
        found = np.full(len(of), np.iinfo("int64").max if least else 0)
        narrow = np.minimum if least else np.maximum
        narrow.at(found, place, np.concatenate([getattr(one, name) for one in every]))
        return found

    return Counts(of, widest("n_low", True), widest("n_high", False),
                  widest("needed_low", True), widest("needed_high", False))  # fmt: skip


def _given(number: int | None, otherwise: np.ndarray) -> np.ndarray:
    return otherwise if number is None else np.array([number], dtype="int64")


def _baseline(row: Published, of: np.ndarray, *, cut_off: bool) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.zeros_like(of), of
    if row.baseline_percent is not None:
        share, slack = row.baseline_percent.share, row.baseline_percent.slack
        if cut_off:
            low, high = _up(share, of), _up(share + 2 * slack, of) - 1
        else:
            low, high = _up(share - slack, of), _down(share + slack, of)
    return _told(row.baseline_n, np.maximum(low, 0), np.minimum(high, of))


def _target(wanted: Percent | None, of: np.ndarray, rule: str) -> tuple[np.ndarray, np.ndarray]:
    if wanted is None:
        return np.zeros_like(of), of
    by_rule: Mapping[str, Callable[[], tuple[np.ndarray, np.ndarray]]] = {
        REACHES: lambda: (_up(wanted.share, of), _up(wanted.share, of)),
        NEAREST: lambda: (_down(wanted.share, of, HALF), _down(wanted.share, of, HALF)),
        READS_AS: lambda: (
            np.maximum(_up(wanted.share - wanted.slack, of), 0),
            np.minimum(_down(wanted.share + wanted.slack, of), of),
        ),
    }
    return by_rule[rule]()


def _told(number: int | None, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Narrow an interval to a count that was printed."""
    if number is None:
        return low, high
    return np.maximum(low, number), np.minimum(high, number)


def _down(share: Fraction, of: np.ndarray, more: Fraction = Fraction(0)) -> np.ndarray:
    below = share.denominator * more.denominator
    return (of * share.numerator * more.denominator + more.numerator * share.denominator) // below


def _up(share: Fraction, of: np.ndarray) -> np.ndarray:
    return -(-of * share.numerator // share.denominator)


def _points_differ(row: Published) -> bool:
    start, end, points = row.baseline_percent, row.target_percent, row.extra_points
    if start is None or end is None or points is None:
        return False
    # Points can be of the shares as printed or as they were before rounding.
    return abs(end.share - start.share - points.share) > start.slack + end.slack + points.slack


def _at(counts: Counts, of: np.ndarray) -> Counts:
    place = np.searchsorted(counts.of, of)
    return Counts(*(getattr(counts, name)[place] for name in counts.__dataclass_fields__))
