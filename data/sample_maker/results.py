"""Everyone's results: what lasts in them, their school, their year, chance, and what is planted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .abilities import Community
from .chance import around
from .counts import strata
from .measures import MEASURES, Made
from .scales import JUDGED
from .setting import PROVIDERS, YEARS
from .turn import evened, with_planted

SCHOOL, WOBBLE = 0.09, 0.05  # standard deviations, probit (0.15 and 0.08 on the logit scale)
SCHOOL_LIMIT = 0.08  # no school is set apart by chance alone


def results(rng: np.random.Generator, community: Community) -> dict[str, pd.DataFrame]:
    """Give everyone's standing on every measure, and who of them was assessed."""
    made = {measure.id: _measured(rng, measure, community) for measure in MEASURES}
    return made | {"university_entrance": _entrance(made["ncea_level_3"], community)}


def _measured(rng: np.random.Generator, made: Made, community: Community) -> pd.DataFrame:
    rows = _due(made, community)
    standing = _standing(rng, made, rows, community)
    assessed = _assessed(rng, made, rows, community)
    standing[assessed] = with_planted(made, rows[assessed], standing[assessed], community.groups)
    return rows.assign(standing=standing, assessed=assessed, measure=made.id, term=made.term)


def _due(made: Made, community: Community) -> pd.DataFrame:
    """Everyone of whom a result may be expected, year by year."""
    rows = community.places
    rows = rows[rows["level"].between(*made.levels) & rows["year"].isin(made.years)]
    rows = rows[~rows["provider_id"].isin(made.without)]
    if made.id == "ece_participation":  # asked once, when a child enters
        entry = community.learners["entry"].to_numpy()[rows["who"]]
        rows = rows[entry >= YEARS[0]].drop_duplicates("who")
    return rows.reset_index(drop=True)


def _standing(
    rng: np.random.Generator, made: Made, rows: pd.DataFrame, community: Community
) -> np.ndarray:
    """How far each result is above where success begins, before anything is planted."""
    # Drawn for even measures too, so that what is made even leaves the chance of the rest alone.
    school, wobble = _by_school(rng, rows)
    standing = around(rng, community.traits[made.trait][rows["who"]])
    if not made.even:
        standing = standing + school + wobble
    return _at_its_share(made, rows, standing)


def _by_school(rng: np.random.Generator, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """What each row has from its school, and from its school's year."""
    numbers = {provider[0]: number for number, provider in enumerate(PROVIDERS)}
    effect = np.clip(SCHOOL * rng.standard_normal(len(numbers)), -SCHOOL_LIMIT, SCHOOL_LIMIT)
    wobble = WOBBLE * rng.standard_normal((len(numbers), len(YEARS)))
    school = rows["provider_id"].map(numbers).to_numpy()
    return effect[school], wobble[school, rows["year"] - YEARS[0]]


def _at_its_share(made: Made, rows: pd.DataFrame, standing: np.ndarray) -> np.ndarray:
    """Return the standing so that every year level meets its share, by each yardstick."""
    # Otherwise a step would look hard because of one large school.
    new = made.by_new_yardstick(rows)
    table = rows[["level"]].assign(new=new, standing=standing)
    for (_, harder), own in table.groupby(["level", "new"])["standing"]:
        bar = np.quantile(own, 1 - (made.rate - made.harder * harder))
        table.loc[own.index, "standing"] = own - bar
    return table["standing"].to_numpy(copy=True)


def _assessed(
    rng: np.random.Generator, made: Made, rows: pd.DataFrame, community: Community
) -> np.ndarray:
    """Who has a result: fewer of those who move, and one school's thin year."""
    moving = community.learners["transient"].to_numpy()[rows["who"]] == "yes"
    thin = (rows["provider_id"] == "P1") & (rows["year"] == 2022) & (made.write is JUDGED)
    share = np.where(thin, 0.6, made.assessed - np.where(moving, 0.1, 0))
    return rng.random(len(rows)) < share


def _entrance(level_3: pd.DataFrame, community: Community) -> pd.DataFrame:
    """University Entrance: more than Level 3 asks, of the same work; nothing is planted in it."""
    own = community.groups["ethnicity=Māori"][level_3["who"]]
    standing = level_3["standing"].to_numpy()
    standing = evened(standing - np.quantile(standing[~own], 0.54), own, strata(level_3))
    return level_3.assign(standing=standing, measure="university_entrance")
