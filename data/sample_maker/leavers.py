"""What leavers of Years 11-13 hold, as their own NCEA results say, and whether they settled."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from .abilities import Community
from .chance import around, probit
from .counts import succeeded
from .measures import BY_ID
from .scales import YES

HELD = (
    "no qualification",
    "NCEA Level 1",
    "NCEA Level 2",
    "NCEA Level 3",
    "University Entrance",
)
SETTLED, KNOWN = 0.78, 0.88  # share of leavers; share of whom it is known


def leavers(
    rng: np.random.Generator, made: Mapping[str, pd.DataFrame], community: Community
) -> pd.DataFrame:
    """Give the qualification of every leaver, and the destination of those of whom it is known."""
    places = community.places
    rows = places[places["leaver"] & (places["level"] >= 11)].reset_index(drop=True)
    held = np.array(HELD)[_highest(rng, rows, made, community)]
    settled = _settled(rng, rows, community)
    known = rng.random(len(rows)) < KNOWN
    tables = [
        rows.assign(measure="leaver_qualification", value=held),
        rows[known].assign(measure="leaver_destination", value=settled[known]),
    ]
    return pd.concat(tables).assign(term="4")


def _highest(
    rng: np.random.Generator,
    rows: pd.DataFrame,
    made: Mapping[str, pd.DataFrame],
    community: Community,
) -> np.ndarray:
    """Number of the highest qualification in ``HELD``."""
    highest = np.zeros(len(rows), dtype=int)
    for level in (1, 2, 3):
        own = _gained(rng, rows, f"ncea_level_{level}", made, community)
        highest = np.where(own & (rows["level"] >= 10 + level), level, highest)
    entrance = made["university_entrance"]
    entered = rows["who"].isin(entrance["who"][entrance["standing"] >= 0])
    return np.where(entered & (rows["level"] == 13), 4, highest)


def _gained(
    rng: np.random.Generator,
    rows: pd.DataFrame,
    measure: str,
    made: Mapping[str, pd.DataFrame],
    community: Community,
) -> np.ndarray:
    """Who gained it, by their result or, without one from these years, by a likely one."""
    ability = community.traits["ability"][rows["who"]]
    likely = around(rng, ability, middle=probit(BY_ID[measure].rate)) >= 0
    said = succeeded(made[measure])
    return np.array([said.get(who, guess) for who, guess in zip(rows["who"], likely, strict=True)])


def _settled(rng: np.random.Generator, rows: pd.DataFrame, community: Community) -> np.ndarray:
    engagement = community.traits["engagement"][rows["who"]]
    return YES(around(rng, engagement, middle=probit(SETTLED)), rows["level"].to_numpy())
