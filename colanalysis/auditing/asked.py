"""Asked: counts that no report tells of, and that somebody could ask for all the same.

Of each provider or of all, at each step or at all, in each year: everybody, every single group, and
ethnic groups by gender.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
from scipy import sparse

from colanalysis.measure import JOINER

PLACE = ["provider_id", "stage"]
PAIRED = ("ethnicity", "gender")


def asked(own: pd.DataFrame) -> sparse.csr_matrix:
    """Which of some atoms of one measure each such count holds (counts x atoms)."""
    places = own[[*PLACE, "year"]].assign(atom=np.arange(len(own)))
    for column in PLACE:
        places = pd.concat([places, places.assign(**{column: ""})])
    groups = own["profile"].map({told: _groups(told) for told in own["profile"].unique()})
    held = places.assign(group=groups.to_numpy()[places["atom"]])
    held = held.explode("group")
    count = held.groupby([*PLACE, "year", "group"], sort=False).ngroup()
    ones = np.ones(len(held))
    return sparse.csr_matrix((ones, (count, held["atom"])), (count.max() + 1, len(own)))


def _groups(profile: str) -> list[str]:
    """The groups of a profile that are asked for."""
    singles = [name for name in profile.split(JOINER) if name]
    of = [[name for name in singles if name.startswith(f"{what}=")] for what in PAIRED]
    return ["", *singles, *map(JOINER.join, product(*of))]
