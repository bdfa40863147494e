"""How a standing is written: as a level, a score or a share, success from a standing of 0 upwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

Write = Callable[[np.ndarray, np.ndarray], Sequence[str]]  # standing, year level

READING_CUT = {4: 1294, 5: 1376, 6: 1398, 7: 1446, 8: 1470, 9: 1556, 10: 1587}
STANINE = 4


def levels(*names_and_floors: str | float) -> Write:
    """Write a standing as a level: the lowest name, a floor, the next name and so on."""
    names, floors = np.array(names_and_floors[::2]), np.array(names_and_floors[1::2], dtype=float)

    def write(standing: np.ndarray, _year_level: np.ndarray) -> Sequence[str]:
        return names[np.searchsorted(floors, standing, side="right")]

    return write


def reading_score(standing: np.ndarray, year_level: np.ndarray) -> Sequence[str]:
    """Write a score of e-asTTle, whose cut rises with the year level."""
    cut = pd.Series(year_level).map(READING_CUT).to_numpy()
    score = cut + np.floor(standing * 58).astype(int)
    return np.clip(score, 1200, 1750).astype(str)


def stanine(standing: np.ndarray, _year_level: np.ndarray) -> Sequence[str]:
    """Write a stanine, half a standard deviation wide."""
    return np.clip(STANINE + np.floor(standing / 0.5).astype(int), 1, 9).astype(str)


def half_days(standing: np.ndarray, _year_level: np.ndarray) -> Sequence[str]:
    """Write the share of half-days attended: success is more than 0.9, and 0.900 is not more."""
    regular = 0.901 + 0.099 * (1 - np.exp(-1.1 * np.maximum(standing, 0)))
    seldom = 0.9 - 0.085 * np.maximum(-standing, 0) ** 1.5
    share = np.where(standing >= 0, regular, np.maximum(seldom, 0.15))
    return [f"{value:.3f}" for value in share]


JUDGED = levels("well below", -1.1, "below", 0, "at", 1.0, "above")
PHONICS = levels("needs support", -0.7, "approaching", 0, "at", 1.0, "exceeding")
OFTEN = levels("seldom", -1.0, "sometimes", 0, "usually", 1.0, "always")
AGREED = levels("strongly disagree", -1.1, "disagree", 0, "agree", 0.9, "strongly agree")
YES = levels("no", 0, "yes")
NOT = levels("yes", 0, "no")
