"""Spread: how far apart providers ordinarily are, so that ordinary differences are no findings.

No school is exactly like the others, and its share moves from year to year with its learners. What
can be expected is learnt from the other providers in the same years, whatever their step, and from
all other measures; it starts from what schools usually differ by (a setting).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Standard deviations of a provider's share around the others that are weighed against each other.
GRID = np.concatenate([[0.0], np.geomspace(0.01, 0.5, 23)])
# Another measure may be one on which schools are more, or less, alike than on this one.
TRUST = 0.5


def likelihoods(n: np.ndarray, away: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """How well each spread of ``GRID`` explains what providers show (logarithms).

    ``n``, ``away`` (successes beyond what the strata lead one to expect) and ``variance`` (of
    ``away``) are providers by steps. Gives one row per provider, in which that provider itself is
    left out, and a last row with all of them.
    """
    told = np.zeros((len(n) + 1, len(GRID)))
    for people, beyond, doubt in zip(n.T, away.T, variance.T, strict=True):
        here = people > 0
        everybody = _likelihood(people[here], beyond[here], doubt[here])
        for left_out in range(len(n)):
            others = here.copy()
            others[left_out] = False
            # A provider without learners at a step leaves everybody there in.
            told[left_out] += (
                _likelihood(people[others], beyond[others], doubt[others])
                if here[left_out]
                else everybody
            )
        told[-1] += everybody
    return told


def before(seen: Sequence[tuple[Sequence[str], np.ndarray]], *, usual: float) -> list[np.ndarray]:
    """How likely each spread is before a panel's own results: from what all other panels show.

    ``seen`` has, for each panel, its providers and their ``likelihoods``; so has the result. A
    spread is half-normal with scale ``usual`` at the outset; half of the belief stays there.
    """
    first = outset(usual)
    priors = []
    for place, (providers, own) in enumerate(seen):
        told = np.zeros_like(own)
        for other, (names, likelihood) in enumerate(seen):
            if other != place:
                row = {name: at for at, name in enumerate(names)}
                told += likelihood[[*(row.get(name, -1) for name in providers), -1]]
        priors.append((1 - TRUST) * first + TRUST * after(first, told))
    return priors


def outset(usual: float) -> np.ndarray:
    """How likely each spread is before anything is known: half-normal with scale ``usual``."""
    likely = np.exp(-0.5 * (GRID / usual) ** 2) * np.gradient(GRID)
    return likely / likely.sum()


def after(prior: np.ndarray, told: np.ndarray) -> np.ndarray:
    """How likely each spread is, given log likelihoods; adds up to one along the last axis."""
    weight = prior * np.exp(told - told.max(axis=-1, keepdims=True))
    return weight / weight.sum(axis=-1, keepdims=True)


def _likelihood(n: np.ndarray, away: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Log likelihood of the grid from the providers of one step, around their own mean."""
    if len(n) < 2:
        return np.zeros(len(GRID))
    part = n / n.sum()
    mean = away.sum() / n.sum()
    apart = away / n - mean
    # A provider is part of the mean that it is set against.
    chance = variance / n**2 * (1 - part)
    imbalance = (1 - part) ** 2 + (part**2).sum() - part**2
    total = chance[:, None] + imbalance[:, None] * GRID**2
    total = np.maximum(total, 1e-9)
    log = -0.5 * (np.log(total) + apart[:, None] ** 2 / total)
    # They add up to nought around their mean, which costs one of them.
    return log.sum(axis=0) * (len(n) - 1) / len(n)
