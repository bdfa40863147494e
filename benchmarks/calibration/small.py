"""How near the truth the shares of small profiles are, as counted and as the library steadies them.

Learners have five attributes of which there are 120 profiles, and one result each. What each value
adds to the probability of success adds up; each profile has a little of its own besides.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.calibration.worlds import COMMUNITY, UNPUBLISHED
from colanalysis import measure
from colanalysis.comparing import compare, predict
from colanalysis.link import Journeys
from colanalysis.measure import JOINER
from colanalysis.terms.settings import Settings

VALUES = (5, 3, 2, 2, 2)
SHARE, OF_VALUE, OF_MEETING = 0.65, 0.08, 0.03  # a mean and standard deviations
LOWEST, HIGHEST = 0.05, 0.95
SIZES, WORLDS, FIRST_SEED = (800, 2_500), 40, 50_000
BANDS = ((1, 9), (10, 19), (20, 49), (50, 10_000))
YEAR, LEVEL = 2024, 6.0


def world(rng: np.random.Generator, *, learners: int) -> tuple[Journeys, pd.Series]:
    """Learners of one year level in one year, and the probability of success of every profile.

    The values of an attribute are unequally common, so that many profiles have few learners.
    """
    codes, away = [], np.zeros(learners)
    for values in VALUES:
        weights = 1 / np.arange(1, values + 1)
        codes.append(rng.choice(values, learners, p=weights / weights.sum()))
        away += (OF_VALUE * rng.standard_normal(values))[codes[-1]]
    meeting = OF_MEETING * rng.standard_normal(VALUES)
    probability = (SHARE + away + meeting[tuple(codes)]).clip(LOWEST, HIGHEST)
    named = [[f"a{place}=v{value}" for value in code] for place, code in enumerate(codes)]
    profile = [JOINER.join(one) for one in zip(*named, strict=True)]
    results = pd.DataFrame({"learner": np.arange(learners), "provider_id": "P01", "year": YEAR})
    results = results.assign(year_level=LEVEL, stage=COMMUNITY.stage_of(LEVEL, "primary"))
    places = results.copy()
    success = rng.random(learners) < probability
    results = results.assign(measure="reading", score=success.astype(float), success=success)
    memberships = [
        pd.DataFrame({"learner": np.arange(learners), "attribute": f"a{place}", "value": code})
        for place, code in enumerate(codes)
    ]
    members = pd.concat(memberships, ignore_index=True)
    members["value"] = "v" + members["value"].astype(str)
    results = results.astype({"success": "boolean"})
    true = pd.Series(probability).groupby(pd.Series(profile, name="profile")).mean()
    return Journeys(COMMUNITY, results, places, members, UNPUBLISHED), true


def errors(seed: int, *, learners: int) -> pd.DataFrame:
    """How far off every profile is: columns n, raw and shrunken."""
    journeys, true = world(np.random.default_rng(seed), learners=learners)
    counted, pairs = measure.counts(journeys), measure.pairs(journeys)
    [panel] = compare.panels(counted, pairs, community=COMMUNITY).values()
    everything = np.ones(len(panel.n), dtype=bool)
    told = predict.rates(panel, everything, spread=Settings().smallest_spread)
    probability = told["profile"].map(true)
    return pd.DataFrame(
        {
            "n": told["n"],
            "raw": told["rate"] - probability,
            "shrunken": told["shrunken"] - probability,
        }
    )


def measured() -> pd.DataFrame:
    """Root mean squared errors by size of the profile, over all worlds of a size."""
    rows = []
    for learners in SIZES:
        seeds = range(FIRST_SEED, FIRST_SEED + WORLDS)
        off = pd.concat([errors(seed, learners=learners) for seed in seeds])
        for low, high in BANDS:
            mine = off.loc[off["n"].between(low, high), ["raw", "shrunken"]]
            rms = np.sqrt((mine**2).mean()).round(4)
            row = {"learners": learners, "worlds": WORLDS, "from": low, "to": high}
            rows.append(row | {"profiles": len(mine)} | rms.to_dict())
    return pd.DataFrame(rows)
