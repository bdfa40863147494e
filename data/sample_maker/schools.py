"""Which school: by year level and size, the kura by choice, and the next one where a school ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .chance import pick
from .setting import FULL_PRIMARIES, LAST_LEVEL, MIDDLE, PRIMARIES, SECONDARIES


def _schools(level: int) -> Mapping[str, float]:
    return PRIMARIES if level <= 6 else MIDDLE if level <= 8 else SECONDARIES


def elsewhere(rng: np.random.Generator, now: str, level: int) -> str:
    """Another school that teaches this year level."""
    return pick(rng, _schools(level), but=[now])


def _next_school(rng: np.random.Generator, now: str, level: int, groups: Sequence[str]) -> str:
    """Where a learner goes who is new, or whose school ends here."""
    if not now and rng.random() < (0.18 if "Māori" in groups else 0.004):
        return "K1"
    if level in (7, 8):
        return "I1" if now or rng.random() < 0.66 else pick(rng, FULL_PRIMARIES)
    return pick(rng, _schools(level))


def school(rng: np.random.Generator, person: Mapping[str, object], now: str, level: int) -> str:
    """Where a learner is at the start of a year who was at ``now``, or nowhere here, before."""
    moving = bool(now) and rng.random() < (0.2 if person["transient"] == "yes" else 0.01)
    if not now or level > LAST_LEVEL.get(now, 13):
        return _next_school(rng, now, level, person["groups"])
    return elsewhere(rng, now, level) if moving else now
