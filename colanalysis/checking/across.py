"""Check what only several rows or tables together can show; nothing here sets a row aside.

What is told here is doubtful, not wrong: learners do change schools in the middle of a year and skip
a year level. The data lead is told where, and decides.
"""

from __future__ import annotations

import datetime

import pandas as pd

from colanalysis import coded
from colanalysis.checking import convert
from colanalysis.checking.sift import Known, Notes, doubt
from colanalysis.terms import problems

__all__ = ["enrolled", "placed", "results"]

# The year levels at which a provider of a type has learners (composite schools have all).
LEVELS = {"ece": (0, 0), "primary": (0, 8), "intermediate": (5, 8), "secondary": (7, 13)}
TERMS = frozenset(["", "1", "2", "3", "4"])
# So many results that are all the same are more likely a default than a finding.
ALIKE = 10
# A provider's results are shares where another's are percentages: all at most 1 beside more than 1.
SHARE, PERCENT = 1.0, 1.5


def enrolled(rows: pd.DataFrame, known: Known) -> Notes:
    """Enrolments of one learner that do not follow one another as those of learners do."""
    by_start = rows.dropna(subset=["start_date", "end_date"])
    by_start = by_start.sort_values(["learner_id", "start_date"], kind="stable")
    earlier = by_start.groupby("learner_id")["end_date"].shift()
    notes = doubt(by_start, "enrolments overlap", "start_date", by_start["start_date"] < earlier)
    outside = rows["start_date"].dt.year > rows["year"]
    outside |= rows["end_date"].dt.year < rows["year"]
    notes += doubt(rows, "enrolment outside its year", "year", outside)
    yearly = rows.sort_values(["learner_id", "year", "year_level"], kind="stable")
    yearly = yearly.drop_duplicates(["learner_id", "year"], keep="last")
    before = yearly.groupby("learner_id")[["year", "year_level"]].shift()
    years = yearly["year"] - before["year"]
    notes += doubt(yearly, "gap between enrolments", "year", years > 1)
    levels = yearly["year_level"] - before["year_level"]
    notes += doubt(yearly, "year level falls", "year_level", levels < 0)
    notes += doubt(yearly, "year level jumps", "year_level", levels > years + 1)
    several = rows[rows.duplicated(["learner_id", "year"], keep=False)]
    same = several.groupby(["learner_id", "year"])["year_level"]
    apart = same.transform("max") - same.transform("min") > 1
    notes += doubt(several, "two year levels in one year", "year_level", apart)
    return notes + placed(rows, known)


def placed(rows: pd.DataFrame, known: Known) -> Notes:
    """Year levels that a provider of its type does not have."""
    kind = known.providers.set_index("provider_id")["type"]
    low, high = (
        convert.looked_up(
            rows["provider_id"],
            {name: LEVELS[own][side] for name, own in kind.items() if own in LEVELS},
        )
        for side in (0, 1)
    )
    level = rows["year_level"]
    return doubt(
        rows, "year level not of its provider", "year_level", (level < low) | (level > high)
    )


def results(rows: pd.DataFrame, known: Known, enrolled: pd.Series) -> Notes:
    """Results that stand in the wrong year, term or place, or all alike, or on another scale.

    ``enrolled``: whether a result's learner was enrolled there in that year.
    """
    notes = doubt(rows, "unknown term", "term", ~rows["term"].isin(TERMS))
    notes += _dated(rows.loc[rows["date"].notna(), ["date", "year", "source_file", "source_row"]])
    if len(known.enrolments):
        notes += doubt(rows, "result without an enrolment", "provider_id", ~enrolled)
    # Of levels, and of yes and no, all of a provider's may well be the same.
    measures = known.community.measures.values()
    numbers = rows["measure"].isin([one.id for one in measures if one.scale == "number"])
    told = ["measure", "provider_id", "year", "score", "source_file"]
    rows = rows.loc[numbers, told]
    own = rows.groupby(coded.together(rows[name] for name in ("measure", "provider_id", "year")))
    least, most = (own["score"].transform(what) for what in ("min", "max"))
    alike = (least == most) & (own["score"].transform("size") >= ALIKE)
    notes += _once(rows[alike], "all results alike", "value")
    own = rows.groupby(coded.together(rows[name] for name in ("measure", "provider_id")))
    largest = own["score"].transform("max")
    usual = rows.groupby("measure")["score"].transform("median")
    small = (largest <= SHARE) & (usual > PERCENT) & (largest > 0)
    return notes + _once(rows[small], "shares among percentages", "value")


def _dated(rows: pd.DataFrame) -> Notes:
    today = pd.Timestamp(datetime.date.today())  # noqa: DTZ011 (a school day is a local one)
    notes = doubt(rows, "date in another year", "date", rows["date"].dt.year != rows["year"])
    return notes + doubt(rows, "date in the future", "date", rows["date"] > today)


def _once(rows: pd.DataFrame, rule: str, column: str) -> Notes:
    """One problem a file, with the number of its rows."""
    return [
        problems.note(rule, str(file), column=column, count=len(part))
        for file, part in rows.groupby("source_file", sort=False)
    ]
