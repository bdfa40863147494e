"""Who the learners are: attributes that say nothing about how well school will serve them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .chance import one_of, pick
from .pathways import Enrolment, pathway
from .setting import LATEST, YEARS

ETHNICITIES = {  # share of learners, how schools wrote it down, first names
    "Māori": (0.34, ("Māori", "Māori", "Māori", "211", "Maori"),
              "Tāmati Hēmi Wiremu Rāwiri Mereana Ngaire Anahera Hūria Pāora Hine-Ariki Kahurangi"),
    "Pacific Peoples": (0.18, ("Samoan", "Tongan", "311", "331", "Pacific Peoples", "341"),
                        "Sione Mele Tevita Semisi Losa Fetū Sēini Malakai ʻOfa Lavinia Ioane"),
    "Asian": (0.13, ("Chinese", "Indian", "Filipino", "431", "421", "411"),
              "Priya Arjun Jiahui Haruto Thảo Amihan Mei-Ling Rohan Anjali Bayani Yuxuan"),
    "MELAA": (0.03, ("Middle Eastern", "531", "521"), "Zahra Yusuf José Amina Farid Inés"),
    "Other ethnicity": (0.01, ("611",), "Robin Ashley"),
    "European/Pākehā": (0.50, ("NZ European", "111", "European/Pākehā", "111", "121"),
                        "Hamish Isla Finn Chloë Oliver Zoë Angus Imogen Lachlan Freya Renée"),
}  # fmt: skip
SHARES = {name: share for name, (share, _, _) in ETHNICITIES.items()}
GENDERS = {"female": 48.7, "male": 49.2, "another gender": 1.2, "": 0.9}
ENGLISH_LEARNERS = {"Asian": 0.15, "Pacific Peoples": 0.13, "MELAA": 0.18}

# Learners by the year of their Year 1: the eldest have begun to leave, the youngest to be enrolled.
FIRST_YEARS = range(2009, LATEST + 4)
FEWER = {2009: 140, 2010: 196, LATEST + 2: 185, LATEST + 3: 75}
USUAL, ARRIVING = 226, 17


def _ethnic_groups(rng: np.random.Generator) -> list[str]:
    groups = [pick(rng, SHARES)]
    while rng.random() < 0.14 and len(groups) < 3:
        groups.append(pick(rng, SHARES, but=groups))
    return groups


def _person(rng: np.random.Generator) -> dict[str, object]:
    groups = _ethnic_groups(rng)
    written = [one_of(rng, ETHNICITIES[name][1]) for name in groups]
    english = max(ENGLISH_LEARNERS.get(name, 0.045) for name in groups)
    return {
        "preferred_name": one_of(rng, ETHNICITIES[groups[0]][2].split()),
        "gender": pick(rng, GENDERS),
        "ethnicity": "" if rng.random() < 0.008 else ";".join(written),
        "groups": groups,
        "ell": "yes" if rng.random() < english else "no",
        "transient": "yes" if rng.random() < 0.16 else "no",
    }


def _arrivals(first: int) -> list[int | None]:
    """Years in which the learners whose Year 1 is ``first`` move here; None where they began here."""
    arrivals: list[int | None] = [None] * FEWER.get(first, USUAL)
    for year in YEARS[1:]:
        if 1 <= year - first + 1 <= 12:
            arrivals += [year] * ARRIVING
    return arrivals


def people(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make learners up, and where each was enrolled: (learners, school enrolments), by ``who``."""
    persons: list[dict[str, object]] = []
    rows: list[Enrolment] = []
    for first in FIRST_YEARS:
        for arrival in _arrivals(first):
            person = _person(rng)
            rows += pathway(rng, len(persons), person, first=first, arrival=arrival)
            entry = first if arrival is None else 0
            persons.append(person | {"entry": entry, "will_enter": first > LATEST})
    return _kept(rng, pd.DataFrame(persons), pd.DataFrame(rows))


def _kept(
    rng: np.random.Generator, learners: pd.DataFrame, enrolled: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leave out who was never here, and give the others their numbers."""
    # Children who start school after the latest year are known by their early learning service.
    keep = learners.index.isin(enrolled["who"]) | learners["will_enter"]
    renumbered = keep.cumsum() - 1
    learners = learners[keep].reset_index(drop=True)
    numbers = rng.permutation(8999)[: len(learners)] + 1
    learners["learner_id"] = [f"{number:05d}" for number in numbers]
    return learners, enrolled.assign(who=enrolled["who"].map(renumbered))
