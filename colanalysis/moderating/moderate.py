"""Moderate: do schools mean the same by a judgement? A test of the same learners tells.

A school whose learners are judged at or above the expectation more often, or less often, than learners
with the same test results elsewhere judges by its own measure, or its learners show what the test does
not ask. Which of the two it is only moderation can tell: nothing here is about any teacher.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from colanalysis.comparing import estimate
from colanalysis.moderating import apart, fitted
from colanalysis.terms.settings import Community

SCHOOLS = ["measure", "test", "year", "provider_id", "n", "seen", "shift", "low", "high",
           "p_value", "apart"]  # fmt: skip
DOUBTS = ["measure", "test", "year", "n_schools", "n", "spread", "one_school", "pooled"]
# A school with fewer learners who have both results is left out, and with fewer schools nothing is said.
LEAST_LEARNERS, LEAST_SCHOOLS = 20, 3
# No test is quite reliable, and how reliable it is in a community is not known: what is told is told
# for the middle, and nobody is told to be apart whom the ends of what is usual would explain.
RELIABILITY, RELIABILITY_ENDS = 0.9, (0.8, 0.95)


def schools(agreed: pd.DataFrame, *, community: Community) -> pd.DataFrame:
    """How far each school's judgements sit from those of the others, at the same test results.

    ``agreed`` as ``agree.counts`` makes it; the latest year of each judgement and test is told.
    Columns: measure, test, year, provider_id, n (learners with both), seen (difference in shares from
    the others, positive where more are judged to succeed), shift, low, high (the same, shrunken for
    small numbers, with its 95 % interval), p_value (the larger at both ends of reliability), apart.
    """
    rows = []
    usual = community.settings.smallest_spread
    for names, counted in _comparable(agreed):
        told = fitted.fit(counted, RELIABILITY)
        seen = apart.beside(told, usual)
        shift, error = apart.pulled(seen, *apart.shrunken(told, usual))
        low, high = shift - estimate.Z95 * error, shift + estimate.Z95 * error
        one, other = (apart.beside(fitted.fit(counted, end), usual) for end in RELIABILITY_ENDS)
        # What turns round within the usual reliability is no difference at all.
        same = np.sign(one.away) == np.sign(other.away)
        p_value = np.where(same, np.maximum(one.p, other.p), 1.0)
        columns = (told.n.astype(int), seen.away, shift, low, high, p_value)
        rows += [(*names, *row) for row in zip(told.schools, *columns, strict=True)]
    table = pd.DataFrame(rows, columns=SCHOOLS[:-1])
    large = table["shift"].abs() >= community.settings.smallest_gap
    sure = (table["low"] > 0) | (table["high"] < 0)
    # All schools were looked at, in every judgement: chance is shared out among them.
    share = community.settings.false_share
    return table.assign(apart=large & sure & (table["p_value"] * len(table) <= share))


def doubts(agreed: pd.DataFrame, *, community: Community) -> pd.DataFrame:
    """What a share of a judgement carries as doubt, because schools judge differently.

    One row a judgement, by the test that most of its learners took. Columns: measure, test, year,
    n_schools, n (learners with both), spread (standard deviation between schools, in shares),
    one_school and pooled (half of a 95 % interval: of one school's share, and of all schools').
    """
    rows = []
    for names, counted in _comparable(agreed):
        told = fitted.fit(counted, RELIABILITY)
        wide, one = apart.between(told, community.settings.smallest_spread)
        part = told.n / told.n.sum()
        pooled = one * float(np.sqrt(part @ part))
        rows.append((*names, len(told.n), int(told.n.sum()), wide, one, pooled))
    table = pd.DataFrame(rows, columns=DOUBTS)
    most = table.sort_values("n", ascending=False, kind="stable").drop_duplicates("measure")
    return most.sort_values("measure").reset_index(drop=True)


def _comparable(agreed: pd.DataFrame) -> Iterator[tuple[tuple[str, str, int], pd.DataFrame]]:
    """Each judgement and test in the latest year in which enough schools can be compared."""
    for (name, test), both in agreed.groupby(["measure", "test"], sort=True):
        for year in sorted(both["year"].unique(), reverse=True):
            counted = _enough(both[both["year"] == year])
            if counted["provider_id"].nunique() >= LEAST_SCHOOLS:
                yield (name, test, int(year)), counted
                break


def _enough(counted: pd.DataFrame) -> pd.DataFrame:
    """Schools with enough learners at year levels that another school has too."""
    before = -1
    while len(counted) != before:
        before = len(counted)
        shared = counted.groupby("year_level")["provider_id"].transform("nunique") > 1
        counted = counted[shared]
        counted = counted[counted.groupby("provider_id")["n"].transform("sum") >= LEAST_LEARNERS]
    return counted
