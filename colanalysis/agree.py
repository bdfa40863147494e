"""Agree: judgements and tests of the same learners, counted beside each other.

Where a learner has, in one year at one provider, a judgement and a test of the same learning, the two
stand together here. Which test belongs to which judgement is said by the catalogue (``compared_with``).
What comes out are counts; there is no learner in them.
"""

from __future__ import annotations

import pandas as pd

from colanalysis.link import Journeys

COUNTED = ["measure", "test", "year", "year_level", "provider_id", "score"]
COLUMNS = [*COUNTED, "n", "n_success"]
# Scores are counted in quarters of a standard deviation: finer than any test can tell.
STEPS = 4


def counts(journeys: Journeys) -> pd.DataFrame:
    """Count the learners who have both results, and of them those whose judgement is a success.

    Columns: measure (the judgement), test, year, year_level, provider_id, score (how far the test's
    is from the mean of the year level, in standard deviations, to the quarter), n, n_success.
    """
    results = journeys.results[journeys.results["score"].notna()]
    by_measure = dict(iter(results.groupby("measure", observed=True, sort=True)))
    pieces = [
        _counted(by_measure[name], by_measure[test]).assign(measure=name, test=test)
        for name, measure in journeys.community.measures.items()
        for test in measure.compared_with
        if name in by_measure and test in by_measure
    ]
    if not pieces:
        return pd.DataFrame(columns=COLUMNS)
    return pd.concat(pieces, ignore_index=True)[COLUMNS]


def _counted(judged: pd.DataFrame, tested: pd.DataFrame) -> pd.DataFrame:
    same = ["learner", "year", "provider_id"]
    judged = judged.loc[judged["success"].notna(), [*same, "year_level", "success"]]
    both = judged.dropna(subset="year_level").merge(tested[[*same, "score"]], on=same)
    level = [both["year"], both["year_level"]]
    away = both["score"] - both.groupby(level)["score"].transform("mean")
    wide = float((away**2).mean() ** 0.5) if len(both) else 0.0
    # Where all have one score nothing can be told from it.
    standing = (away / wide * STEPS).round() / STEPS if wide > 0 else away * 0
    rows = both.assign(score=standing + 0.0, n=1, n_success=both["success"].astype(int))
    keys = [name for name in COUNTED if name in rows]
    rows = rows.astype({"provider_id": object, "year_level": "float64"})
    return rows.groupby(keys, sort=True)[["n", "n_success"]].sum().reset_index()
