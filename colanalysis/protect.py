"""Protect: decide whether a count may be shown, and in what form.

For the public: a group smaller than the smallest group is absent; a count is shown only if it and
its complement are both large enough, and in words at either end; what is shown is rounded to a
multiple of the base by a key that depends only on who is counted; shares and their limits are worked
out from the rounded counts, never from the exact ones. Governance sees exact counts, where the
community's own protocol allows it.

The limits are set so that even somebody who knows exactly who was counted is left with at least as
many possible counts as the base: between the smallest and the largest count that is shown lie whole
multiples of the base, and of a group in which there is no room for that, no count is told at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from colanalysis import keyed
from colanalysis.comparing import estimate
from colanalysis.terms.settings import Settings

HIDDEN, FEW, MOST, SHOWN = "c", "few", "most", ""


@dataclass(frozen=True)
class Rules:
    """What an audience may see: rounding base, smallest group, smallest count on either side.

    ``secret`` is the community's key for rounding. ``exact`` says that the community's protocol
    allows this audience everything that was found.
    """

    base: int
    smallest_group: int
    smallest_survey: int
    smallest_count: int
    secret: bytes = field(default=b"", repr=False)
    exact: bool = False

    @property
    def lowest(self) -> int:
        """The smallest count that is shown as a number."""
        return -(-self.smallest_count // self.base) * self.base

    def highest(self, n: np.ndarray) -> np.ndarray:
        """The largest count of ``n`` learners that is shown as a number."""
        return (np.asarray(n) - self.smallest_count) // self.base * self.base

    @property
    def smallest_told(self) -> int:
        """The smallest group of which anything but its size is told, in a number or in words."""
        return self.lowest + self.base + self.smallest_count if self.base > 1 else 0


def rules_for(audience: str, settings: Settings, secret: bytes) -> Rules:
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
        secret=secret,
    )


def rounded(count: np.ndarray, key: np.ndarray, rules: Rules) -> np.ndarray:
    """Counts at a neighbouring multiple of the base, the nearer the likelier, drawn by the key.

    Multiples stay as they are. On average nothing is added or taken away: of base 3, a count goes to
    the nearer multiple with probability 2/3 (Statistics New Zealand's random rounding to base 3).
    """
    count = np.asarray(count, dtype=np.int64)
    over = count % rules.base
    up = keyed.uniform(key, rules.secret) < over / rules.base
    return count - over + np.where(up, rules.base, 0)


def counts(table: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Put ``n`` and ``n_success`` (with their sums of record keys) into the form that may be shown.

    ``smallest`` says from which size on a group is told of.

    Adds ``rate``, ``low``, ``high`` (share and Wilson limits, in whole percents as shares of one),
    ``mark`` (``c`` not told, ``few`` or ``most`` on one side, "" shown) and ``done``; takes ``key``
    and ``key_success`` away. Numbers that are not told are NaN, not nought.
    """
    n, x = table["n"].to_numpy(np.int64), table["n_success"].to_numpy(np.int64)
    absent = n < np.maximum(0 if rules.exact else table["smallest"].to_numpy(), 1)
    untold = absent | (n < rules.smallest_told)
    few, most = x < rules.lowest, x > rules.highest(n)
    mark = np.select([untold, few, most], [HIDDEN, FEW, MOST], SHOWN)
    shown_n = np.where(absent, np.nan, rounded(n, table["key"], rules))
    shown_x = np.where(mark == SHOWN, rounded(x, table["key_success"], rules), np.nan)
    done = np.select([absent, untold], [ABSENT, UNTOLD], [DONE[one] for one in mark])
    shown = table.drop(columns=["key", "key_success"]).assign(
        n=shown_n, n_success=shown_x, mark=mark, done=done
    )
    exact = (shown["mark"] == SHOWN) & (rules.base == 1)
    return shares(shown.assign(done=shown["done"].mask(exact, "exact")))


def shares(shown: pd.DataFrame) -> pd.DataFrame:
    """Work share and limits out from the counts that are shown."""
    n, x = shown["n"].to_numpy(float), shown["n_success"].to_numpy(float)
    low, high = estimate.wilson(n, x)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.round(x / n, 2)
    return shown.assign(rate=rate, low=np.round(low, 2), high=np.round(high, 2))


def middle(shown: pd.DataFrame, rules: Rules) -> pd.Series:
    """``n_success``; where it is told in words, the middle of what the words allow stands in for it."""
    few = rules.smallest_count / 2
    most = shown["n"].astype(float) - few
    told = shown["n_success"].astype(float)
    return told.mask(shown["mark"] == FEW, few).mask(shown["mark"] == MOST, most)


def sizes(table: pd.DataFrame, columns: list[str], rules: Rules, *, smallest: int) -> pd.DataFrame:
    """Put numbers of rows into the form that may be shown; those under ``smallest`` become NaN.

    Nobody in particular is counted by them, so they go to the nearest multiple of the base.
    """
    shown = {
        name: (np.floor(table[name].astype(float) / rules.base + 0.5) * rules.base).where(
            table[name] >= smallest
        )
        for name in columns
    }
    done = "rounded, small numbers hidden" if rules.base > 1 else "exact"
    return table.assign(**shown, done=done)


ABSENT = "hidden: group too small"
UNTOLD = "size alone: group too small to tell how many succeed"
WITHHELD = "withheld: it would give away another number"
FLOWS_DONE = "rounded; too few to be told are hidden"
DONE = {
    HIDDEN: ABSENT,
    FEW: "in words: too few succeed to show a number",
    MOST: "in words: nearly all succeed",
    SHOWN: "rounded; share from rounded counts",
}
