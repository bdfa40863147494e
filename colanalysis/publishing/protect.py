"""Protect: decide whether a count may be shown, and in what form.

For the public: a group smaller than the smallest group is absent; a count is shown only if it and
its complement are both large enough, else in words; what is shown is rounded to a multiple of the
base; shares and their limits are worked out from the rounded counts, never from the exact ones.
Governance sees exact counts, where the community's own protocol allows it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from colanalysis.comparing import estimate
from colanalysis.terms.settings import Settings

HIDDEN, FEW, MOST, SHOWN = "c", "few", "most", ""


@dataclass(frozen=True)
class Rules:
    """What an audience may see: rounding base, smallest group, smallest count on either side.

    ``exact`` says that the community's protocol allows this audience everything that was found.
    """

    base: int
    smallest_group: int
    smallest_survey: int
    smallest_count: int
    exact: bool = False


def rules_for(audience: str, settings: Settings) -> Rules:
    """The rules of an audience: ``public`` from the settings, ``governance`` exact.

    Those who answered a survey were told that it is anonymous, so its smallest group stays.
    """
    if audience == "governance":
        return Rules(base=1, smallest_group=0, smallest_survey=settings.smallest_survey,
                     smallest_count=0, exact=True)  # fmt: skip
    return Rules(
        base=settings.rounding_base,
        smallest_group=settings.smallest_group,
        smallest_survey=settings.smallest_survey,
        smallest_count=settings.smallest_count,
    )


def rounded(count: pd.Series, base: int) -> pd.Series:
    """Counts at the nearest multiple of the base (a half goes up)."""
    return (np.floor(count.astype(float) / base + 0.5) * base).astype(float)


def counts(table: pd.DataFrame, rules: Rules, *, survey: pd.Series | bool = False) -> pd.DataFrame:
    """Put columns ``n`` and ``n_success`` into the form that may be shown.

    Adds ``rate``, ``low``, ``high`` (share and Wilson limits, in whole percents as shares of one),
    ``mark`` (``c`` group hidden, ``few`` or ``most`` on one side, "" shown) and ``done``. Hidden
    numbers are NaN, not nought.
    """
    n, x = table["n"].astype(float), table["n_success"].astype(float)
    smallest = np.where(survey, rules.smallest_survey, rules.smallest_group)
    absent = n < np.maximum(smallest, 1)
    few, most = x < rules.smallest_count, n - x < rules.smallest_count
    mark = np.select([absent, few, most], [HIDDEN, FEW, MOST], SHOWN)
    shown_n = rounded(n, rules.base).where(~absent)
    shown_x = rounded(x, rules.base).where(mark == SHOWN).clip(upper=shown_n)
    rate = (shown_x / shown_n).round(2)
    low, high = estimate.wilson(shown_n.to_numpy(), shown_x.to_numpy())
    return table.assign(
        n=shown_n,
        n_success=shown_x,
        rate=rate,
        low=np.round(low, 2),
        high=np.round(high, 2),
        mark=mark,
        done=[DONE[m] if rules.base > 1 or m != SHOWN else "exact" for m in mark],
    )


def sizes(table: pd.DataFrame, columns: list[str], rules: Rules, *, smallest: int) -> pd.DataFrame:
    """Put plain numbers into the form that may be shown; those under ``smallest`` become NaN."""
    shown = {
        name: rounded(table[name], rules.base).where(table[name] >= smallest) for name in columns
    }
    done = "rounded, small numbers hidden" if rules.base > 1 else "exact"
    return table.assign(**shown, done=done)


def parts(table: pd.DataFrame, whole: str, columns: list[str], rules: Rules) -> pd.DataFrame:
    """Put the size of a group and of parts of it into the form that may be shown.

    A part is shown only if its group is large enough, and both it and the rest of the group are.
    """
    enough = table[whole] >= rules.smallest_group
    shown = {whole: rounded(table[whole], rules.base).where(enough)}
    for name in columns:
        smaller = np.minimum(table[name], table[whole] - table[name])
        both = enough & (smaller >= rules.smallest_count)
        shown[name] = rounded(table[name], rules.base).where(both)
    return table.assign(**shown)


DONE = {
    HIDDEN: "hidden: group too small",
    FEW: "in words: too few succeed to show a number",
    MOST: "in words: nearly all succeed",
    SHOWN: "rounded; share from rounded counts",
}
