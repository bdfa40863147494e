"""Made-up learners: the years in which they are seen, their schools and the groups they belong to.

Nothing here has to do with success. Groups are spread unevenly over schools, learners who move a
lot are seen in fewer years, and everyone has at least one ethnicity, some two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.calibration.truth import Repetition

YEARS = (2022, 2023, 2024)
FIRST_LEVEL, LAST_LEVEL = 1, 11
SCHOOLS = tuple(f"P{place:02d}" for place in range(1, 11))
PRIMARIES = 7  # in the layout "pathway"; then one intermediate school and two colleges

MAIN_ETHNICITY = {
    "Māori": 0.180,
    "Pacific Peoples": 0.107,
    "Asian": 0.107,
    "MELAA": 0.018,
    "European/Pākehā": 0.588,
}
SECOND_ETHNICITY = 0.15  # how often a second one is drawn; the same one again adds nothing
BANDS = {"low": 0.3, "mid": 0.4, "high": 0.3}
UNEVEN = 0.4  # standard deviation over schools of the log odds of a group


@dataclass(frozen=True)
class People:
    """Learners by year: arrays of learners x years, and the groups of each learner.

    ``level`` is the year level (in years not seen as well), ``seen`` whether there are results at
    all, ``school`` the place in ``SCHOOLS``; ``memberships`` is as in ``Journeys``.
    """

    level: np.ndarray
    seen: np.ndarray
    school: np.ndarray
    transient: np.ndarray
    memberships: pd.DataFrame

    def belongs(self, group: str) -> np.ndarray:
        """Say which learners are in a group such as "gender=male & ethnicity=Asian"; "" is all."""
        inside = np.ones(len(self.level), dtype=bool)
        named = self.memberships["attribute"] + "=" + self.memberships["value"]
        for part in group.split(" & ") if group else ():
            who = self.memberships.loc[named == part, "learner"]
            inside &= np.isin(np.arange(len(inside)), who)
        return inside


def make(
    rng: np.random.Generator, *, learners: int, held: Repetition, layout: str = "pathway"
) -> People:
    """Make learners; ``layout`` is "pathway" (schools by year level) or "mixed" (all levels).

    ``held`` says at which year levels they begin and in how many years they are seen.
    """
    lowest, highest = held.starts
    level = rng.integers(lowest, highest + 1, learners)[:, None] + np.arange(len(YEARS))
    transient = rng.random(learners) < 0.15
    seen = _seen(rng, level, np.array(held.seen)[transient.astype(int)])
    if layout == "mixed":
        home = _drawn(rng, np.linspace(0.04, 0.16, len(SCHOOLS)), learners)
        school = np.repeat(home[:, None], len(YEARS), axis=1)
    elif layout == "pathway":
        home = _drawn(rng, np.linspace(0.07, 0.22, PRIMARIES), learners)
        school = _moving_on(rng, home, level)
    else:
        raise ValueError(f'found layout "{layout}", expected "pathway" or "mixed"')
    memberships = _memberships(rng, home, transient)
    return People(level, seen, school, transient, memberships)


def _seen(rng: np.random.Generator, level: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """One to three years in a row, all of them at a year level that has results."""
    possible = (level >= FIRST_LEVEL) & (level <= LAST_LEVEL)
    first, span = possible.argmax(axis=1), possible.sum(axis=1)
    wanted = 1 + (rng.random(len(level))[:, None] > shares.cumsum(axis=1)[:, :-1]).sum(axis=1)
    length = np.minimum(wanted, span)
    start = first + np.floor(rng.random(len(level)) * (span - length + 1)).astype(int)
    place = np.arange(level.shape[1])
    return (place >= start[:, None]) & (place < (start + length)[:, None])


def _moving_on(rng: np.random.Generator, home: np.ndarray, level: np.ndarray) -> np.ndarray:
    """A primary school, for some the intermediate school at years 7 and 8, then a college."""
    to_middle = rng.random(len(home)) < rng.uniform(0.2, 0.7, PRIMARIES)[home]
    college = rng.random(len(home)) < rng.uniform(0.2, 0.6, PRIMARIES)[home]
    middle = (level >= 7) & to_middle[:, None]
    early = np.where(middle, PRIMARIES, home[:, None])
    return np.where(level >= 9, PRIMARIES + 1 + college[:, None], early)


def _memberships(rng: np.random.Generator, home: np.ndarray, transient: np.ndarray) -> pd.DataFrame:
    ethnicities, bands = np.array(list(MAIN_ETHNICITY)), np.array(list(BANDS))
    by_school = _uneven(rng, np.array(list(MAIN_ETHNICITY.values())))[home]
    one, other = _drawn(rng, by_school), _drawn(rng, by_school)
    second = (other != one) & (rng.random(len(home)) < SECOND_ETHNICITY)
    band = _drawn(rng, _uneven(rng, np.array(list(BANDS.values())))[home])
    pieces = [
        ("ethnicity", np.arange(len(home)), ethnicities[one]),
        ("ethnicity", np.flatnonzero(second), ethnicities[other[second]]),
        ("gender", np.arange(len(home)), _named(rng.random(len(home)) < 0.5, "female", "male")),
        ("ell", np.arange(len(home)), _named(rng.random(len(home)) < 0.08, "yes", "no")),
        ("transient", np.arange(len(home)), _named(transient, "yes", "no")),
        ("band", np.arange(len(home)), bands[band]),
    ]
    tables = [
        pd.DataFrame({"learner": who, "attribute": attribute, "value": value})
        for attribute, who, value in pieces
    ]
    return pd.concat(tables, ignore_index=True)


def _uneven(rng: np.random.Generator, shares: np.ndarray) -> np.ndarray:
    """The shares of each school (rows), which differ from one school to the next."""
    weights = np.exp(np.log(shares) + UNEVEN * rng.standard_normal((len(SCHOOLS), len(shares))))
    return weights / weights.sum(axis=1, keepdims=True)


def _drawn(rng: np.random.Generator, shares: np.ndarray, size: int | None = None) -> np.ndarray:
    """One choice for each learner, by shares for all of them or a row of shares for each."""
    edges = np.atleast_2d(shares / shares.sum(axis=-1, keepdims=True)).cumsum(axis=1)[:, :-1]
    return (rng.random((size or len(edges), 1)) > edges).sum(axis=1)


def _named(which: np.ndarray, yes: str, no: str) -> np.ndarray:
    return np.where(which, yes, no)
