"""Estimate: the arithmetic of comparing shares, kept apart from what is compared.

Arrays in, arrays out. Learners, not rows, are the independent units: every variance is multiplied
by a design effect for results that come from the same learner (``repeats``) and for schools.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Z95 = 1.959963984540054
FURTHEST_PULL = 0.25


@dataclass(frozen=True)
class Contrast:
    """Groups against the others of the same strata: one entry per group in every array."""

    n: np.ndarray
    n_others: np.ndarray
    n_success: np.ndarray
    rate: np.ndarray
    reference: np.ndarray
    gap: np.ndarray
    error: np.ndarray
    z: np.ndarray


def contrast(
    n: np.ndarray,
    n_success: np.ndarray,
    n_others: np.ndarray,
    n_success_others: np.ndarray,
    *,
    design_effect: np.ndarray | float = 1.0,
) -> Contrast:
    """Compare each group's share with the others' share, stratum by stratum (strata by groups).

    The others' share is standardised to the group's own mix of strata, so that a group which is
    young or recent is compared with others as young and as recent. Strata where one side is empty
    cannot be compared and are left out of both counts. ``error`` is the standard error of the gap with
    both sides in it (Agresti and Caffo's added success and failure keep it above zero in small
    groups); ``z`` is the score statistic, with the shares pooled as they would be without a gap.
    """
    both = (n > 0) & (n_others > 0)
    n, n_success = np.where(both, n, 0.0), np.where(both, n_success, 0.0)
    n_others, n_success_others = np.where(both, n_others, 1.0), np.where(both, n_success_others, 0)
    total, successes = n.sum(axis=0), n_success.sum(axis=0)
    some = np.maximum(total, 1.0)
    weight = n / some
    reference = (weight * n_success_others / n_others).sum(axis=0)
    gap = np.where(total > 0, successes / some - reference, 0.0)
    near = (successes + 1) / (total + 2)
    near_others = (n_success_others + 1) / (n_others + 2)
    own_side = near * (1 - near) / some
    other_side = (weight**2 * near_others * (1 - near_others) / n_others).sum(axis=0)
    pooled = (n_success + n_success_others) / (n + n_others)
    sides = np.where(both, 1 / np.maximum(n, 1) + 1 / n_others, 0.0)
    null = (weight**2 * pooled * (1 - pooled) * sides).sum(axis=0) * design_effect
    return Contrast(
        n=total,
        n_others=np.where(both, n_others, 0.0).sum(axis=0),
        n_success=successes,
        rate=successes / some,
        reference=reference,
        gap=gap,
        error=np.sqrt((own_side + other_side) * design_effect),
        z=np.divide(gap, np.sqrt(null), out=np.zeros_like(gap), where=null > 0),
    )


def p_values(z: np.ndarray) -> np.ndarray:
    """Two-sided p-values of standard normal statistics."""
    from scipy.special import ndtr

    return 2 * ndtr(-np.abs(z))


def z_of(p: np.ndarray) -> np.ndarray:
    """The size of a standard normal statistic that has these two-sided p-values."""
    from scipy.special import ndtri

    return -ndtri(np.maximum(p, 1e-300) / 2)


def exact_p_values(away: np.ndarray, expected: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Two-sided p-values of shares that lie ``away`` from an ``expected`` share, good far out.

    A share near 0 or 1, or of few learners, is skewed, and a normal tail would be far too thin on
    one side. The tail is that of a binomial count of as many learners as would give the share this
    ``variance``, with half of the chance of the observed count itself (mid-p; Lancaster 1961).
    """
    from scipy.special import betainc

    expected = np.clip(expected, 1e-9, 1 - 1e-9)
    n = expected * (1 - expected) / np.maximum(variance, 1e-12)
    x = np.clip(expected + away, 0.0, 1.0) * n
    # The upper tail is the lower tail of those who do not succeed.
    fewer = away < 0
    x, expected = np.where(fewer, x, n - x), np.where(fewer, expected, 1 - expected)
    at_most = betainc(np.maximum(n - x, 1e-9), x + 1, 1 - expected)
    below = np.where(x > 0, betainc(n - x + 1, np.maximum(x, 1e-9), 1 - expected), 0.0)
    return np.minimum(at_most + below, 1.0)


def false_shares(expected_false: np.ndarray) -> np.ndarray:
    """The share of a list that is false by chance if it were cut at each entry.

    ``expected_false`` is how many false entries a list cut there would have. The first entry bears
    all of it; from then on it is set against the entries that are listed before it. (Benjamini and
    Hochberg's step-up procedure sets it against one more, and so lets in rather more than the share
    that it names where few entries are true.) Of one entry it is the chance of any false one.
    """
    order = np.argsort(expected_false, kind="stable")
    stepped = expected_false[order] / allowed(np.arange(1, len(order) + 1))
    share = np.empty_like(expected_false, dtype=float)
    share[order] = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
    return share


def allowed(listed: np.ndarray | int) -> np.ndarray:
    """By how much more chance may be allowed for in a list of so many entries than in one of one."""
    return np.maximum(np.asarray(listed, dtype=float) - 1, 1.0)


def spread(gap: np.ndarray, error: np.ndarray, *, floor: float) -> float:
    """How far true gaps stray from nought (standard deviation), by DerSimonian and Laird's moments.

    The centre is known and not estimated, so every gap is a degree of freedom. Never under
    ``floor``: a spread of nought would shrink every gap, however sure, to nothing.
    """
    if len(gap) < 2:
        return floor
    weight = 1 / error**2
    excess = (weight * gap**2).sum() - len(gap)
    return float(np.sqrt(max(excess / weight.sum(), floor**2)))


def shrink(
    gap: np.ndarray, error: np.ndarray, prior: np.ndarray | float, spread: float
) -> np.ndarray:
    """Pull each gap towards its prior by how unsure it is, and never by more than a quarter of its error.

    Normal empirical Bayes keeps spread² / (spread² + error²) of a gap's distance from the prior; the
    limit (Efron and Morris 1971, limited translation) protects the few true gaps among many groups
    with none, so that the gap's own standard error still gives an honest interval around it.
    """
    kept = spread**2 / (spread**2 + error**2)
    pulled = (1 - kept) * (prior - gap)
    return gap + np.clip(pulled, -FURTHEST_PULL * error, FURTHEST_PULL * error)


def beyond(gap: np.ndarray, error: np.ndarray, margin: float) -> np.ndarray:
    """The probability that a gap is truly beyond ``margin`` in the direction that it shows."""
    from scipy.special import ndtr

    return ndtr((np.abs(gap) - margin) / np.maximum(error, 1e-12))


def wilson(n: np.ndarray, n_success: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's 95 % limits of a share (Wilson 1927); NaN where nobody is counted."""
    n, x = np.asarray(n, dtype=float), np.asarray(n_success, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        share, squared = x / n, Z95**2
        middle = (share + squared / (2 * n)) / (1 + squared / n)
        half = Z95 / (1 + squared / n) * np.sqrt(share * (1 - share) / n + squared / (4 * n**2))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)
