"""Make the sample: five years of a community that does not exist, with what was planted written down.

Every learner has a lasting ability and a lasting engagement, every school a small effect and every
year a small wobble. Nothing else tells groups apart but what ``PLANTED`` lists; each planted effect
is turned until the tables themselves show it, and ``truth.toml`` says what they show. The same
script writes the same bytes. The hand-written files of the folder are left alone.
"""

from __future__ import annotations

import csv
import datetime
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd

# A phrase out of a dozen, in whose draw chance is quiet: the sample teaches and calibrates nothing.
SEED = int.from_bytes(b"te awa rere 3")
YEARS = (2021, 2022, 2023, 2024, 2025)
LATEST = YEARS[-1]
STAGES = {
    "years_0_3": (0, 3),
    "years_4_6": (4, 6),
    "years_7_8": (7, 8),
    "years_9_10": (9, 10),
    "years_11_13": (11, 13),
}
WITHIN = 0.5  # correlation of a learner's own results
SCHOOL, WOBBLE = 0.09, 0.05  # standard deviations, probit (0.15 and 0.08 on the logit scale)
SCHOOL_LIMIT = 0.08  # no school is set apart by chance alone

# id, name, type, member, equity index, learners to a teacher, latitude, longitude
PROVIDERS = (
    ("E1", "Te Kōhanga o Ngā Wai Rere", "ece", "yes", "", 5, -40.0412, 175.9320),
    ("E2", "Pīwakawaka Lane Early Learning", "ece", "yes", "", 7, -40.0521, 175.9484),
    ("E3", "Kindling Street Kindergarten", "ece", "no", "", 9, -40.0467, 175.9561),
    ("P1", "Kōwhai Bend School", "primary", "yes", 468, 19, -40.0558, 175.9442),
    ("P2", "Mānuka Flat School", "primary", "yes", 507, 18, -40.0389, 175.9603),
    ("P3", "Rimu Terrace School", "primary", "yes", 431, 19, -40.0610, 175.9527),
    ("P4", "Shingle Ferry School", "primary", "yes", 489, 15, -40.0874, 175.9011),
    ("P5", "Swingbridge Road School", "primary", "yes", 452, 18, -40.0203, 175.9874),
    ("P6", "Ōtawhiri Valley School", "primary", "yes", 476, 17, -39.9906, 175.8772),
    ("I1", "Te Awa Rere Intermediate", "intermediate", "yes", 474, 18, -40.0502, 175.9510),
    ("K1", "Te Kura o Ngā Wai Rere", "composite", "yes", 521, 12, -40.0416, 175.9326),
    ("S1", "Te Awa Rere College", "secondary", "yes", 479, 15, -40.0536, 175.9556),
    ("S2", "Long Reach High School", "secondary", "yes", 455, 15, -40.0287, 175.9718),
    ("T1", "Te Awa Rere Institute of Learning", "tertiary", "no", "", 0, -40.0490, 175.9532),
    ("X1", "Te Awa Rere Iwi Education Trust", "partner", "yes", "", 0, -40.0420, 175.9329),
)
LAST_LEVEL = {"P1": 6, "P2": 6, "P3": 6, "P4": 6, "P5": 8, "P6": 8, "I1": 8, "K1": 13}
PRIMARIES = {"P1": 46, "P2": 40, "P3": 34, "P4": 13, "P5": 40, "P6": 27}
SECONDARIES = {"S1": 58, "S2": 42}
SERVICES = {"E1": 14, "E2": 36, "E3": 50}

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
ENGLISH_LEARNERS = {"Asian": 0.15, "Pacific Peoples": 0.13, "MELAA": 0.18}


@dataclass(frozen=True)
class Made:
    """How one measure is made up: who has it, the share that succeeds, and how a result is written.

    ``even`` measures have no school effects: nothing at all is planted in them.
    """

    id: str
    levels: tuple[int, int]
    rate: float
    write: Callable[[np.ndarray, np.ndarray], Sequence[str]]
    trait: str = "ability"
    term: str = ""
    years: tuple[int, ...] = YEARS
    assessed: float = 0.92
    without: tuple[str, ...] = ()
    even: bool = False
    new_yardstick: int = 0  # the year from which results are read by another yardstick
    harder: float = 0.0  # how much lower the share is by it


@dataclass(frozen=True)
class Planted:
    """One effect: ``points`` on the share who succeed, against the other learners of the same step."""

    id: str
    measure: str
    levels: tuple[int, int]
    points: float
    words: str
    group: str = ""
    provider_id: str = ""
    stages: tuple[str, ...] = ()
    transition: bool = False

    def steps(self) -> list[tuple[int, int]]:
        """Name the steps of the pathway that the effect covers; each shows it by itself."""
        inside = [s for s in STAGES.values() if self.levels[0] <= s[0] and s[1] <= self.levels[1]]
        return inside or [self.levels]


PLANTED = (
    Planted("writing-pacific", "writing_judgement", (7, 8), -18,
            "Writing in Years 7-8 does not serve Pacific learners well yet.",
            group="ethnicity=Pacific Peoples"),
    Planted("attendance-maori-girls", "attendance", (9, 10), -18,
            "In Years 9-10 Māori girls, and only they, are less often at school regularly: neither "
            "Māori boys nor other girls.", group="ethnicity=Māori & gender=female"),
    Planted("reading-english-learners", "easttle_reading", (7, 10), -22,
            "From Year 7 to Year 10 reading does not serve learners of English well yet; few in any "
            "one class, so no school sees it by itself.", group="ell=yes"),
    Planted("level-2-transient", "ncea_level_2", (11, 13), -22,
            "Learners who have changed school often gain NCEA Level 2 less often.",
            group="transient=yes"),
    Planted("maths-girls", "maths_judgement", (4, 6), -11,
            "Mathematics in Years 4-6 does not serve girls as well as boys, before and after the "
            "yardstick changed in 2025.", group="gender=female"),
    Planted("reading-rimu-terrace", "reading_judgement", (0, 3), 16,
            "Rimu Terrace School's youngest learners read well.", provider_id="P3"),
    Planted("level-3-maori", "ncea_level_3", (11, 13), 16,
            "Māori learners who stay to Year 13 gain NCEA Level 3 more often.",
            group="ethnicity=Māori"),
    Planted("ece-pacific", "ece_participation", (0, 1), 10,
            "Pacific children come to school with early childhood education behind them.",
            group="ethnicity=Pacific Peoples", stages=("ece",)),
    Planted("whanau-kura", "whanau_engagement", (4, 6), 14,
            "At the kura, a small school, whānau take part in learning in Years 4-6.",
            provider_id="K1"),
    Planted("attendance-asian", "attendance", (4, 6), 14,
            "Asian learners in Years 4-6 are at school regularly.", group="ethnicity=Asian"),
    Planted("reading-into-secondary", "easttle_reading", (8, 9), -12,
            "The same learners reach the reading expectation less often in Year 9 than in Year 8.",
            stages=("years_7_8", "years_9_10"), transition=True),
)  # fmt: skip
READING_CUT = {4: 1294, 5: 1376, 6: 1398, 7: 1446, 8: 1470, 9: 1556, 10: 1587}
STANINE = 4
LEAVING = (
    "no qualification",
    "NCEA Level 1",
    "NCEA Level 2",
    "NCEA Level 3",
    "University Entrance",
)


def _levels(*names_and_floors: str | float) -> Callable[[np.ndarray, np.ndarray], Sequence[str]]:
    """Write a standing (0 is where success begins) as a level: name, floor, next name and so on."""
    names, floors = names_and_floors[::2], np.array(names_and_floors[1::2], dtype=float)

    def write(standing: np.ndarray, _year_level: np.ndarray) -> Sequence[str]:
        return np.array(names)[np.searchsorted(floors, standing, side="right")]

    return write


def _reading_score(standing: np.ndarray, year_level: np.ndarray) -> Sequence[str]:
    cut = pd.Series(year_level).map(READING_CUT).to_numpy()
    score = cut + np.floor(standing * 58).astype(int)
    return np.clip(score, 1200, 1750).astype(str)


def _stanine(standing: np.ndarray, _year_level: np.ndarray) -> Sequence[str]:
    return np.clip(STANINE + np.floor(standing / 0.5).astype(int), 1, 9).astype(str)


def _half_days(standing: np.ndarray, _year_level: np.ndarray) -> Sequence[str]:
    """Write the share of half-days attended: success is more than 0.9, and 0.900 is not more."""
    regular = 0.901 + 0.099 * (1 - np.exp(-1.1 * np.maximum(standing, 0)))
    seldom = 0.9 - 0.085 * np.maximum(-standing, 0) ** 1.5
    share = np.where(standing >= 0, regular, np.maximum(seldom, 0.15))
    return [f"{value:.3f}" for value in share]


JUDGED = _levels("well below", -1.1, "below", 0, "at", 1.0, "above")
YES = _levels("no", 0, "yes")
NOT = _levels("yes", 0, "no")
MEASURES = (
    Made("ece_participation", (0, 1), 0.85, YES, trait="engagement", term="1"),
    Made("phonics_40_weeks", (1, 1), 0.6,
         _levels("needs support", -0.7, "approaching", 0, "at", 1.0, "exceeding"),
         term="4", years=(2025,), even=True),
    Made("reading_judgement", (1, 8), 0.68, JUDGED, term="4", new_yardstick=2025),
    Made("writing_judgement", (1, 8), 0.64, JUDGED, term="4", new_yardstick=2025),
    Made("maths_judgement", (1, 8), 0.7, JUDGED, term="4", new_yardstick=2025,
         harder=0.15),
    Made("easttle_reading", (4, 10), 0.66, _reading_score, term="3", assessed=0.9,
         without=("K1", "P4")),
    Made("pat_maths_stanine", (4, 8), 0.74, _stanine, term="1", assessed=0.9, even=True),
    Made("ncea_level_1", (11, 11), 0.7, YES, term="4", assessed=0.95,
         new_yardstick=2024),
    Made("ncea_level_2", (12, 12), 0.8, YES, term="4", assessed=0.95,
         new_yardstick=2024),
    Made("ncea_level_3", (13, 13), 0.7, YES, term="4", assessed=0.95,
         new_yardstick=2024),
    Made("attendance", (1, 13), 0.62, _half_days, trait="engagement",
         assessed=0.95, new_yardstick=2025),
    Made("stand_down", (1, 13), 0.977, NOT, trait="engagement", assessed=0.95,
         even=True),
    Made("managing_self", (1, 8), 0.72,
         _levels("seldom", -1.0, "sometimes", 0, "usually", 1.0, "always"),
         trait="engagement", term="4", even=True),
    Made("whanau_engagement", (0, 8), 0.74, YES, trait="engagement", assessed=0.88),
    Made("expected_progress", (4, 8), 0.72, YES, term="4", assessed=0.9, even=True),
)  # fmt: skip
BY_ID = {made.id: made for made in MEASURES}
ASPECTS = ("school_culture", "teaching_learning", "student_culture", "community_partnerships",
           "aggressive_culture")  # fmt: skip
ANSWERS = _levels("strongly disagree", -1.1, "disagree", 0, "agree", 0.9, "strongly agree")
SURVEY_YEARS = (2021, 2023, 2025)
NOTHING = ("phonics_40_weeks", "stand_down", "managing_self", "pat_maths_stanine",
           "expected_progress", "leaver_destination",
           *(f"wellbeing_{who}_{a}" for who in ("primary", "secondary") for a in ASPECTS))  # fmt: skip


# ---- learners and where they were enrolled -------------------------------------------------------


def _pick(rng: np.random.Generator, shares: Mapping[str, float], but: Iterable[str] = ()) -> str:
    names = [name for name in shares if name not in but]
    edges = np.cumsum([shares[name] for name in names])
    return names[int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))]


def _first_weekday(year: int, month: int, day: int) -> str:
    date = datetime.date(year, month, day)
    date += datetime.timedelta(days=(7 - date.weekday()) % 7 if date.weekday() > 4 else 0)
    return date.strftime("%d/%m/%Y")


def _person(rng: np.random.Generator) -> dict[str, object]:
    """Attributes of one learner; they say nothing about how well school will serve them."""
    groups = [_pick(rng, {name: row[0] for name, row in ETHNICITIES.items()})]
    while rng.random() < 0.14 and len(groups) < 3:
        groups.append(_pick(rng, {n: row[0] for n, row in ETHNICITIES.items()}, but=groups))
    written = [
        ETHNICITIES[name][1][int(rng.integers(len(ETHNICITIES[name][1])))] for name in groups
    ]
    names = ETHNICITIES[groups[0]][2].split()
    english = max(ENGLISH_LEARNERS.get(name, 0.045) for name in groups)
    return {
        "preferred_name": names[int(rng.integers(len(names)))],
        "gender": _pick(rng, {"female": 48.7, "male": 49.2, "another gender": 1.2, "": 0.9}),
        "ethnicity": "" if rng.random() < 0.008 else ";".join(written),
        "groups": groups,
        "ell": "yes" if rng.random() < english else "no",
        "transient": "yes" if rng.random() < 0.16 else "no",
    }


def _next_provider(rng: np.random.Generator, now: str, level: int, groups: list[str]) -> str:
    """Where a learner goes who is new, or whose school ends here."""
    if not now and rng.random() < (0.18 if "Māori" in groups else 0.004):
        return "K1"
    if level <= 6:
        return _pick(rng, PRIMARIES)
    if level <= 8:
        return "I1" if now or rng.random() < 0.66 else _pick(rng, {"P5": 40, "P6": 27})
    return _pick(rng, SECONDARIES)


def _elsewhere(rng: np.random.Generator, now: str, level: int) -> str:
    """Another school that teaches this year level."""
    if level <= 6:
        return _pick(rng, PRIMARIES, but=[now])
    if level <= 8:
        return _pick(rng, {"I1": 134, "P5": 40, "P6": 27}, but=[now])
    return _pick(rng, SECONDARIES, but=[now])


def _pathway(
    rng: np.random.Generator, person: Mapping[str, object], first: int, arrival: int | None
) -> list[dict[str, object]]:
    """School enrolments of one learner whose Year 1 is the year ``first``, until they leave."""
    early = rng.random() < 0.4
    year = max(YEARS[0], first - 1 if early else first) if arrival is None else arrival
    now, rows = "", []
    start = _first_weekday(first - 1, int(rng.integers(7, 12)), int(rng.integers(1, 28)))
    if not early:
        start = _first_weekday(first, int(rng.integers(2, 7)), int(rng.integers(5, 28)))
    while year <= LATEST and (level := year - first + 1) <= 13:
        moving = bool(now) and rng.random() < (0.2 if person["transient"] == "yes" else 0.01)
        if not now or level > LAST_LEVEL.get(now, 13):
            new = _next_provider(rng, now, level, person["groups"])
        else:
            new = _elsewhere(rng, now, level) if moving else now
        if arrival == year or (new != now and (now or level > 1)):
            since = year if now or arrival else _began(year, level, new)
            start = _first_weekday(since, 2, 3 if now or arrival is None else 10)
        now = new
        row = {"provider_id": now, "year": year, "level": level, "start": start, "end": ""}
        rows.append(row)
        if person["transient"] == "yes" and level > 0 and rng.random() < 0.3:
            month, day = int(rng.integers(7, 10)), int(rng.integers(1, 20))
            row["end"] = _first_weekday(year, month, day)
            now, start = _elsewhere(rng, now, level), _first_weekday(year, month, day + 7)
            row = {"provider_id": now, "year": year, "level": level, "start": start, "end": ""}
            rows.append(row)
        leaves = {11: 0.08, 12: 0.2, 13: 1.0}.get(level, 0.07)
        if rng.random() < leaves:
            row["end"] = _first_weekday(year, 12 if level < 11 else 11, int(rng.integers(5, 17)))
            break
        year += 1
    return [row | {"leaver": bool(row["end"]) and row is rows[-1]} for row in rows]


def _began(year: int, level: int, provider: str) -> int:
    first = {"I1": 7, "S1": 9, "S2": 9}.get(provider, 1)
    return year - max(level - first, 0)


def people(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make learners up, and where each was enrolled: (learners, school enrolments), by ``who``."""
    persons, rows = [], []
    for first in range(2009, LATEST + 4):
        here = {2009: 140, 2010: 196, LATEST + 2: 185, LATEST + 3: 75}.get(first, 226)
        arrivals: list[int | None] = [None] * here
        for year in YEARS[1:]:
            arrivals += [year] * (17 if 1 <= year - first + 1 <= 12 else 0)
        for arrival in arrivals:
            person = _person(rng)
            rows += [row | {"who": len(persons)} for row in _pathway(rng, person, first, arrival)]
            entry = first if arrival is None else 0
            persons.append(person | {"entry": entry, "will_enter": first > LATEST})
    learners, places = pd.DataFrame(persons), pd.DataFrame(rows)
    present = set(places["who"]) | set(learners.index[learners["will_enter"]])
    # Children who start school after the latest year are known by their early learning service.
    keep = learners.index.isin(sorted(present))
    new = pd.Series(np.cumsum(keep) - 1, index=learners.index)
    learners = learners[keep].reset_index(drop=True)
    numbers = rng.permutation(8999)[: len(learners)] + 1
    learners["learner_id"] = [f"{number:05d}" for number in numbers]
    return learners, places.assign(who=places["who"].map(new))


def early_years(
    rng: np.random.Generator, learners: pd.DataFrame, took_part: Mapping[int, bool]
) -> pd.DataFrame:
    """Enrol those who took part in early learning, up to two years before school."""
    rows = []
    for who, person in learners[learners["entry"] >= YEARS[0]].iterrows():
        takes_part = took_part.get(who, person["will_enter"])
        if not takes_part or (rng.random() < 0.45 and not person["will_enter"]):
            continue
        service = "E1" if "Māori" in person["groups"] and rng.random() < 0.3 else ""
        service = service or _pick(rng, SERVICES)
        begun = _first_weekday(person["entry"] - 2, int(rng.integers(2, 11)), 8)
        for year in range(person["entry"] - 2, person["entry"]):
            if year in YEARS:
                row = {"who": who, "provider_id": service, "year": year, "level": -1}
                rows.append(row | {"start": begun, "end": "", "leaver": False})
    return pd.DataFrame(rows)


def memberships(learners: pd.DataFrame) -> dict[str, np.ndarray]:
    """Say of every group who is in it; ethnicity is total response."""
    recorded = learners["ethnicity"] != ""
    groups = {
        f"ethnicity={name}": np.array([name in own for own in learners["groups"]]) & recorded
        for name in ETHNICITIES
    }
    for column in ("gender", "ell", "transient"):
        for value in sorted(set(learners[column]) - {""}):
            groups[f"{column}={value}"] = learners[column] == value
    return {name: np.asarray(own, dtype=bool) for name, own in groups.items()}


def _traits(
    rng: np.random.Generator, groups: Mapping[str, np.ndarray], places: pd.DataFrame
) -> dict[str, np.ndarray]:
    """Two lasting traits, related to one another and, by construction, to no group or school."""
    size = len(next(iter(groups.values())))
    ability = rng.standard_normal(size)
    engagement = 0.3 * ability + np.sqrt(1 - 0.3**2) * rng.standard_normal(size)
    traits = {"ability": ability, "engagement": engagement}
    pairs = [
        groups[one] & groups[other]
        for one in groups
        for other in groups
        if one < other and one.split("=")[0] != other.split("=")[0]
    ]
    schools = [np.isin(np.arange(size), own["who"]) for _, own in places.groupby("provider_id")]
    for trait in traits.values():
        for own in [own for own in (*groups.values(), *pairs, *schools) if own.sum() > 100] * 12:
            trait[own] -= trait[own].mean()
    return {name: trait / trait.std() for name, trait in traits.items()}


# ---- results -------------------------------------------------------------------------------------


def _probit(rate: float) -> float:
    return NormalDist().inv_cdf(rate)


def _standing(
    rng: np.random.Generator, made: Made, rows: pd.DataFrame, traits: Mapping[str, np.ndarray]
) -> np.ndarray:
    """How far each result is above where success begins, before anything is planted."""
    schools = {row[0]: number for number, row in enumerate(PROVIDERS)}
    effect = np.clip(SCHOOL * rng.standard_normal(len(schools)), -SCHOOL_LIMIT, SCHOOL_LIMIT)
    wobble = WOBBLE * rng.standard_normal((len(schools), len(YEARS)))
    school = rows["provider_id"].map(schools).to_numpy()
    standing = np.sqrt(WITHIN) * traits[made.trait][rows["who"]]
    standing = standing + np.sqrt(1 - WITHIN) * rng.standard_normal(len(rows))
    if not made.even:
        standing = standing + effect[school] + wobble[school, rows["year"] - YEARS[0]]
    new = _by_new_yardstick(made, rows)
    rate = made.rate - made.harder * new
    # Every year level meets its share, so that no step looks hard because of one large school.
    table = pd.DataFrame({"level": rows["level"], "new": new, "standing": standing, "rate": rate})
    for _, own in table.groupby(["level", "new"]):
        bar = np.quantile(own["standing"], 1 - own["rate"].iloc[0])
        standing[own.index] = own["standing"] - bar
    return standing


def _by_new_yardstick(made: Made, rows: pd.DataFrame) -> np.ndarray:
    return (rows["year"] >= (made.new_yardstick or LATEST + 1)).to_numpy()


def _assessed(
    rng: np.random.Generator, made: Made, rows: pd.DataFrame, learners: pd.DataFrame
) -> np.ndarray:
    """Who has a result: fewer of those who move, and one school's thin year."""
    share = np.where(learners["transient"].to_numpy()[rows["who"]] == "yes", 0.10, 0)
    share = made.assessed - share
    thin = (rows["provider_id"] == "P1") & (rows["year"] == 2022) & (made.write is JUDGED)
    return rng.random(len(rows)) < np.where(thin, 0.6, share)


def gap(success: np.ndarray, own: np.ndarray, strata: np.ndarray) -> dict[str, float]:
    """Set a group's share beside the others' share of the same year and year level, in points."""
    n, others = np.bincount(strata, own), np.bincount(strata, ~own)
    both = (n > 0) & (others > 0)
    x = np.bincount(strata, own & success)[both]
    theirs = np.bincount(strata, ~own & success)[both] / others[both]
    total = n[both].sum()
    rate, reference = x.sum() / total, (n[both] * theirs).sum() / total
    return {
        "points": 100 * (rate - reference),
        "n_learners": int(total),
        "n_success": int(x.sum()),
        "rate": rate,
        "reference_rate": reference,
    }


def _pairs(rows: pd.DataFrame, success: np.ndarray) -> pd.DataFrame:
    """Join each learner's result of one year to the same learner's of the next."""
    table = rows[["who", "year", "level", "provider_id"]].assign(success=success)
    after = table.assign(year=table["year"] - 1)
    return table.merge(after, on=["who", "year"], suffixes=("", "_after"))


def change(
    made: Made, rows: pd.DataFrame, success: np.ndarray, levels: tuple[int, int]
) -> dict[str, float]:
    """Follow learners across a step, beside the ordinary change of learners within steps."""
    pairs = _pairs(rows, success)
    pairs = pairs[pairs["year"] + 1 != made.new_yardstick]
    secondary = pairs["provider_id_after"].isin(SECONDARIES)
    step = pairs[(pairs["level"] == levels[0]) & (pairs["level_after"] == levels[1]) & secondary]
    stage = {level: name for name, (a, b) in STAGES.items() for level in range(a, b + 1)}
    still = pairs[pairs["level"].map(stage) == pairs["level_after"].map(stage)]
    before, after = step["success"].mean(), step["success_after"].mean()
    ordinary = still["success_after"].mean() - still["success"].mean()
    return {
        "points": 100 * (after - before - ordinary),
        "n_learners": len(step),
        "n_success": int(step["success_after"].sum()),
        "rate": after,
        "rate_before": before,
        "ordinary_change": 100 * ordinary,
    }


def _members(plant: Planted, rows: pd.DataFrame, groups: Mapping[str, np.ndarray]) -> np.ndarray:
    own = np.ones(len(rows), dtype=bool)
    for part in filter(None, plant.group.split(" & ")):
        own &= groups[part][rows["who"]]
    return own & (rows["provider_id"] == plant.provider_id).to_numpy() if plant.provider_id else own


def _strata(rows: pd.DataFrame) -> np.ndarray:
    return rows.groupby(["year", "level"]).ngroup().to_numpy()


def _turned(points: Callable[[float], float], wanted: float) -> float:
    """Find by halving how far to turn an effect until the tables show what is wanted."""
    low, high = -2.5, 2.5
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if points(middle) < wanted else (low, middle)
    return (low + high) / 2


def _moved(standing: np.ndarray, own: np.ndarray, strata: np.ndarray, by: float) -> float:
    return gap(standing + by * own >= 0, own, strata)["points"]


def _parts_evened(
    plant: Planted,
    made: Made,
    rows: pd.DataFrame,
    standing: np.ndarray,
    groups: Mapping[str, np.ndarray],
) -> np.ndarray:
    """Return the standing with nothing in the parts of a combination outside of it."""
    rest = ~_members(plant, rows, groups)
    for part in plant.group.split(" & ") * 2:
        own = groups[part][rows["who"]]
        even = replace(plant, group=part, points=0)
        standing[rest] = _plant(even, made, rows[rest], standing[rest], own[rest])
    return standing


def _plant(
    plant: Planted, made: Made, rows: pd.DataFrame, standing: np.ndarray, own: np.ndarray
) -> np.ndarray:
    """Return the standing with one effect in it, turned afresh for each step and yardstick."""
    if plant.transition:
        later = rows["level"].between(plant.levels[1], plant.levels[1] + 1)
        later = (later & rows["provider_id"].isin(SECONDARIES)).to_numpy()

        def moved(by: float) -> float:
            return change(made, rows, standing + by * later >= 0, plant.levels)["points"]

        return standing + _turned(moved, plant.points) * later
    new = _by_new_yardstick(made, rows)
    for first, last in plant.steps():
        for yardstick in np.unique(new):
            at = rows["level"].between(first, last).to_numpy() & (new == yardstick)
            strata = _strata(rows[at])

            moved = partial(_moved, standing[at], own[at], strata)
            standing = standing + _turned(moved, plant.points) * (own & at)
    return standing


def results(
    rng: np.random.Generator,
    made: Made,
    places: pd.DataFrame,
    learners: pd.DataFrame,
    groups: Mapping[str, np.ndarray],
    traits: Mapping[str, np.ndarray],
) -> pd.DataFrame:
    """Give everyone's standing on one measure, planted effects in it, and who was assessed."""
    rows = places[places["level"].between(*made.levels) & places["year"].isin(made.years)]
    rows = rows[~rows["provider_id"].isin(made.without)]
    if made.id == "ece_participation":
        rows = rows[learners["entry"].to_numpy()[rows["who"]] >= YEARS[0]].drop_duplicates("who")
    rows = rows.reset_index(drop=True)
    standing = _standing(rng, made, rows, traits)
    assessed = _assessed(rng, made, rows, learners)
    plants = [plant for plant in PLANTED if plant.measure == made.id]
    seen, shown = rows[assessed], standing[assessed]
    for plant in plants * 3:
        if " & " in plant.group:
            shown = _parts_evened(plant, made, seen, shown, groups)
        shown = _plant(plant, made, seen, shown, _members(plant, seen, groups))
    standing[assessed] = shown
    return rows.assign(standing=standing, assessed=assessed, measure=made.id, term=made.term)


def _leavers(
    rng: np.random.Generator,
    places: pd.DataFrame,
    made: Mapping[str, pd.DataFrame],
    traits: Mapping[str, np.ndarray],
) -> pd.DataFrame:
    """Say what leavers of Years 11-13 hold, as their NCEA results do, and where they are."""
    rows = places[places["leaver"] & (places["level"] >= 11)].reset_index(drop=True)
    best = np.zeros(len(rows), dtype=int)
    for level in (1, 2, 3):
        earned = made[f"ncea_level_{level}"]
        earned = dict(zip(earned["who"], earned["standing"] >= 0, strict=True))
        likely = _probit(BY_ID[f"ncea_level_{level}"].rate)
        guess = likely + np.sqrt(WITHIN) * traits["ability"][rows["who"]]
        guess = guess + np.sqrt(1 - WITHIN) * rng.standard_normal(len(rows)) >= 0
        own = np.array([earned.get(who, g) for who, g in zip(rows["who"], guess, strict=True)])
        best = np.where(own & (rows["level"] >= 10 + level), level, best)
    entrance = made["university_entrance"]
    entered = set(entrance["who"][entrance["standing"] >= 0])
    best = np.where(rows["who"].isin(entered) & (rows["level"] == 13), 4, best)
    standing = _probit(0.78) + np.sqrt(WITHIN) * traits["engagement"][rows["who"]]
    standing = standing + np.sqrt(1 - WITHIN) * rng.standard_normal(len(rows))
    settled = YES(standing, rows["level"].to_numpy())
    known = rng.random(len(rows)) < 0.88
    tables = [
        rows.assign(measure="leaver_qualification", value=np.array(LEAVING)[best]),
        rows[known].assign(measure="leaver_destination", value=settled[known]),
    ]
    return pd.concat(tables).assign(term="4")


def survey(rng: np.random.Generator, places: pd.DataFrame, learners: pd.DataFrame) -> pd.DataFrame:
    """Make anonymous answers on wellbeing up, in an order that says nothing of who gave them."""
    who = places[places["year"].isin(SURVEY_YEARS) & (places["level"] >= 5)]
    who = who[rng.random(len(who)) < 0.6].reset_index(drop=True)
    common = rng.standard_normal(len(who))
    tables = []
    for aspect, rate in zip(ASPECTS, (0.75, 0.78, 0.66, 0.7, 0.72), strict=True):
        standing = _probit(rate) + np.sqrt(WITHIN) * common
        standing = standing + np.sqrt(1 - WITHIN) * rng.standard_normal(len(who))
        standing = -standing if aspect == "aggressive_culture" else standing
        school = np.where(who["level"] > 8, "secondary", "primary")
        names = [f"wellbeing_{kind}_{aspect}" for kind in school]
        tables.append(who.assign(measure=names, value=ANSWERS(standing, who["level"])))
    table = pd.concat(tables).merge(
        learners[["gender", "ethnicity"]], left_on="who", right_index=True
    )
    table = table.rename(columns={"level": "year_level"})
    columns = ["provider_id", "year", "measure", "value", "year_level", "gender", "ethnicity"]
    return table.iloc[rng.permutation(len(table))][columns].sort_values(
        ["year", "provider_id", "measure", "year_level"], kind="stable"
    )


# ---- what is written -----------------------------------------------------------------------------


def _observations(made: Mapping[str, pd.DataFrame], learners: pd.DataFrame) -> pd.DataFrame:
    tables = []
    for name, rows in made.items():
        seen = rows[rows["assessed"]] if "assessed" in rows else rows
        if "value" not in seen:
            write = BY_ID[name].write if name in BY_ID else YES
            values = write(seen["standing"].to_numpy(), seen["level"].to_numpy())
            seen = seen.assign(value=values)
        tables.append(seen)
    table = pd.concat(tables, ignore_index=True).rename(columns={"level": "year_level"})
    table["learner_id"] = learners["learner_id"].to_numpy()[table["who"]]
    columns = ["learner_id", "provider_id", "year", "term", "measure", "value", "year_level"]
    return table[columns].sort_values(["year", "measure", "learner_id"], kind="stable")


def _providers(enrolments: pd.DataFrame) -> pd.DataFrame:
    rolls = enrolments[enrolments["year"] == LATEST].drop_duplicates("learner_id", keep="last")
    rolls = rolls["provider_id"].value_counts()
    rows = []
    for name in PROVIDERS:
        roll, to_a_teacher = int(rolls.get(name[0], 0)), name[5]
        teachers = f"{roll / to_a_teacher:.1f}" if to_a_teacher else ""
        rows.append([*name[:5], roll or "", teachers, f"{name[6]:.4f}", f"{name[7]:.4f}"])
    columns = ["provider_id", "name", "type", "member", "eqi", "roll", "teachers_fte", "latitude"]
    return pd.DataFrame(rows, columns=[*columns, "longitude"])


def _realised(
    made: Mapping[str, pd.DataFrame], groups: Mapping[str, np.ndarray]
) -> dict[str, dict[str, float]]:
    """Count what the finished tables show of each planted effect."""
    found = {}
    for plant in PLANTED:
        rows = made[plant.measure]
        rows = rows[rows["assessed"]]
        if plant.transition:
            success = rows["standing"].to_numpy() >= 0
            found[plant.id] = change(BY_ID[plant.measure], rows, success, plant.levels)
            continue
        rows = rows[rows["level"].between(*plant.levels)]
        own = _members(plant, rows, groups)
        found[plant.id] = gap(rows["standing"].to_numpy() >= 0, own, _strata(rows))
        cells = rows[own].groupby(["provider_id", "year", "level"])["who"].nunique()
        found[plant.id] |= {
            "distinct_learners": int(rows["who"][own].nunique()),
            "share_in_cells_under_10": float(cells[cells < 10].sum() / cells.sum()),
        }
    return found


def _follows() -> list[dict[str, object]]:
    """List what planted effects bring with them where their run of steps begins or ends."""
    rows: list[dict[str, object]] = []
    for plant in PLANTED:
        first, last = BY_ID[plant.measure].levels
        for before, sign in ((plant.levels[0] - 1, 1), (plant.levels[1], -1)):
            if not plant.transition and plant.group and first <= before and before + 1 <= last:
                rows.append(
                    {"of": plant.id, "kind": "transition", "measure": plant.measure,
                     "group": plant.group, "year_level_min": before, "year_level_max": before + 1,
                     "points": sign * plant.points,
                     "words": "The same learners where the planted run begins or ends."}
                )  # fmt: skip
    rows.append(
        {"of": "level-2-transient", "kind": "gap", "measure": "leaver_qualification",
         "group": "transient=yes",
         "words": "What leavers leave with is read from the same NCEA results."}
    )  # fmt: skip
    return rows


def _toml(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace('"', '\\"') + '"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return str(value)


def _truth(realised: Mapping[str, Mapping[str, float]]) -> str:
    lines = [
        "# Written by data/make_sample.py: what was planted in the sample, and what it shows.",
        "",
    ]

    def block(heading: str, entries: Mapping[str, object]) -> None:
        lines.extend([heading, *(f"{key} = {_toml(value)}" for key, value in entries.items()), ""])

    for plant in PLANTED:
        kind = "transition" if plant.transition else "hurdle" if plant.points < 0 else "success"
        years = YEARS if plant.measure not in BY_ID else BY_ID[plant.measure].years
        stages = plant.stages or tuple(n for n, s in STAGES.items() if s in plant.steps())
        block(
            f"[[{kind}]]",
            {"id": plant.id, "measure": plant.measure, "group": plant.group,
             "year_level_min": plant.levels[0], "year_level_max": plant.levels[1],
             "stages": stages, "year_min": years[0], "year_max": years[-1],
             "provider_id": plant.provider_id, "points": plant.points, "words": plant.words},
        )  # fmt: skip
    for entry in _follows():
        block("[[follows]]", entry)
    for name in NOTHING:
        block("[[nothing]]", {"measure": name})
    for name, shown in realised.items():
        block(f"[realised.{name}]", shown)
    return "\n".join(lines).rstrip() + "\n"


def write(folder: Path) -> None:
    """Write the generated tables and ``truth.toml`` into ``folder``, which is made if need be."""
    rng = np.random.default_rng(SEED)
    learners, enrolled = people(rng)
    groups = memberships(learners)
    places = enrolled.drop_duplicates(["who", "year"], keep="last")
    traits = _traits(rng, groups, places)
    made = {m.id: results(rng, m, places, learners, groups, traits) for m in MEASURES}
    level_3 = made["ncea_level_3"]
    # University Entrance asks for more than Level 3, of the same work; nothing is planted in it.
    harder = _entrance(level_3, groups)
    made["university_entrance"] = level_3.assign(standing=harder, measure="university_entrance")
    made["leavers"] = _leavers(rng, places, made, traits)
    entry = made["ece_participation"]
    took_part = dict(zip(entry["who"], entry["standing"] >= 0, strict=True))
    enrolments = pd.concat([early_years(rng, learners, took_part), enrolled], ignore_index=True)
    enrolments["learner_id"] = learners["learner_id"].to_numpy()[enrolments["who"]]
    enrolments["level"] = enrolments["level"].astype(str).replace("-1", "")
    enrolments = enrolments.rename(
        columns={"level": "year_level", "start": "start_date", "end": "end_date"}
    ).sort_values(["year", "learner_id"], kind="stable")
    known = learners[learners["learner_id"].isin(enrolments["learner_id"])]
    tables = {
        "providers": _providers(enrolments),
        "learners": known.sort_values("learner_id")[
            ["learner_id", "preferred_name", "gender", "ethnicity", "ell", "transient"]
        ],
        "enrolments": enrolments[
            ["learner_id", "provider_id", "year", "year_level", "start_date", "end_date"]
        ],
        "observations": _observations(made, learners),
        "survey": survey(rng, places, learners),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(
            folder / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n",
            quoting=csv.QUOTE_MINIMAL,
        )  # fmt: skip
    truth = _truth(_realised(made, groups))
    (folder / "truth.toml").write_text(truth, encoding="utf-8", newline="\n")


def _entrance(level_3: pd.DataFrame, groups: Mapping[str, np.ndarray]) -> np.ndarray:
    """Standing on University Entrance: the planted effect of Level 3 taken out, a higher bar put in."""
    standing, own = level_3["standing"].to_numpy(), groups["ethnicity=Māori"][level_3["who"]]
    bar = np.quantile(standing[~own], 0.54)
    even = partial(_moved, standing - bar, own, _strata(level_3))
    return standing - bar + own * _turned(even, 0.0)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "sample")
