"""Anonymous answers on wellbeing, in an order that says nothing of who gave them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .abilities import Community
from .chance import around, probit
from .scales import AGREED

YEARS_ASKED = (2021, 2023, 2025)
ANSWERING = 0.6
ASPECTS = {  # share who are well served
    "school_culture": 0.75,
    "teaching_learning": 0.78,
    "student_culture": 0.66,
    "community_partnerships": 0.7,
    "aggressive_culture": 0.72,
}
COLUMNS = ["provider_id", "year", "measure", "value", "year_level", "gender", "ethnicity"]


def survey(rng: np.random.Generator, community: Community) -> pd.DataFrame:
    """Make up what learners from Year 5 answered, one row an answer, without their numbers."""
    places = community.places
    asked = places[places["year"].isin(YEARS_ASKED) & (places["level"] >= 5)]
    rows = asked[rng.random(len(asked)) < ANSWERING].reset_index(drop=True)
    common = rng.standard_normal(len(rows))
    table = pd.concat([_answers(rng, rows, common, aspect) for aspect in ASPECTS])
    about = community.learners[["gender", "ethnicity"]]
    table = table.merge(about, left_on="who", right_index=True)
    table = table.rename(columns={"level": "year_level"})[COLUMNS]
    return table.iloc[rng.permutation(len(table))].sort_values(
        ["year", "provider_id", "measure", "year_level"], kind="stable"
    )


def _answers(
    rng: np.random.Generator, rows: pd.DataFrame, common: np.ndarray, aspect: str
) -> pd.DataFrame:
    standing = around(rng, common, middle=probit(ASPECTS[aspect]))
    if aspect == "aggressive_culture":  # to agree is not to be served well
        standing = -standing
    school = np.where(rows["level"] > 8, "secondary", "primary")
    names = [f"wellbeing_{kind}_{aspect}" for kind in school]
    return rows.assign(measure=names, value=AGREED(standing, rows["level"].to_numpy()))
