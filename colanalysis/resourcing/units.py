"""Units: whole units shared by weight, so that they add up and the same weights give the same shares."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from colanalysis.errors import UsageError


def shared(units: int, weights: pd.Series) -> pd.Series:
    """Share whole units by weight with the largest remainder; the index says whose share it is.

    Of equal remainders the one whose id comes first in text order gets the unit. UsageError where
    there is nobody to share with, or nobody has any weight.

    >>> shared(5, pd.Series({"A": 1, "B": 1, "C": 2})).to_dict()
    {'A': 1, 'B': 1, 'C': 3}
    """
    exact = [Fraction(float(weight)) for weight in weights]
    whole = sum(exact, Fraction(0))
    if units < 0 or min(exact, default=Fraction(0)) < 0 or whole <= 0:
        raise UsageError(
            "found no weight above nought, or a number below it",
            where="sharing whole units",
            expected="units and weights of nought or more, one weight above it",
        )
    quotas = [units * weight / whole for weight in exact]
    shares = [quota.numerator // quota.denominator for quota in quotas]
    left = units - sum(shares)
    by_remainder = sorted(
        range(len(quotas)),
        key=lambda place: (shares[place] - quotas[place], str(weights.index[place])),
    )
    for place in by_remainder[:left]:
        shares[place] += 1
    return pd.Series(shares, index=weights.index, dtype="int64")


def equal(units: int, whose: pd.Index) -> pd.Series:
    """Share whole units equally."""
    return shared(units, pd.Series(1, index=whose))
