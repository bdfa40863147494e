"""Made-up regions: three communities of four schools whose schools share one key, and their truth.

Nothing of ``colanalysis`` is used here. ``write`` makes the folders, ``people`` counts what stands in
them by plain pandas, so that whoever tests what is published does not take its word.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

LATEST = 2024  # the yardsticks of the measures below do not change in the years before
STAGES = {
    "years_0_3": (0, 3),
    "years_4_6": (4, 6),
    "years_7_8": (7, 8),
    "years_9_10": (9, 10),
    "years_11_13": (11, 13),
}
LEVELS = {"maths_judgement": (1, 8), "attendance": (0, 13), "ncea_corequisite": (10, 13)}
PLANS = [
    ("maths_judgement", "ethnicity=Māori", "4-6"),
    ("attendance", "ethnicity=Pacific Peoples & gender=female", "0-8"),
]
KEYS = [
    "measure", "stage", "year", "year_level", "provider_id", "ethnicity", "gender", "ell",
    "came_from", "goes_to",
]  # fmt: skip

_ETHNICITIES = {
    "European/Pākehā": 0.52,
    "Māori": 0.27,
    "Pacific Peoples": 0.12,
    "Asian": 0.15,
    "MELAA": 0.02,
    "Other ethnicity": 0.015,
}
_LAST_PRIMARY, _LAST = 8, 13
_SIZES = (0.47, 0.33, 0.20)
_UNANIMOUS = 1 / 15
_SMALL = (2, 14)
_BASE = {"maths_judgement": 0.62, "attendance": 0.6, "ncea_corequisite": 0.66}


def write(
    folder: Path, seed: int, *, learners: int = 600, schools: int = 4, years: int = 3
) -> list[Path]:
    """Write one region of three communities, and return their folders.

    ``learners``: on the rolls of a community in each year; ``schools``: the last one is secondary.
    """
    chance = np.random.default_rng([seed, 20])
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "region.key"
    key.touch(mode=0o600)
    key.write_text(f"A key for tests\n{chance.bytes(32).hex()}\n", encoding="ascii")
    return [
        _community(folder / f"r{seed}-{name}", chance, learners, schools, years)
        for name in ("a", "b", "c")
    ]


def people(folder: Path) -> pd.DataFrame:
    """The truth: columns ``KEYS``, eligible (enrolled), n (judged results) and n_success.

    ``came_from`` and ``goes_to``: the step of the same learner's result a year before and after.
    """
    tables = {
        name: pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
        for name in ("learners", "enrolments", "observations")
    }
    places = _numbered(tables["enrolments"])[["learner_id", "provider_id", "year", "year_level"]]
    seen = _numbered(tables["observations"])[["learner_id", "year", "measure", "value"]]
    rows = places.merge(pd.DataFrame({"measure": list(LEVELS)}), how="cross")
    within = [LEVELS[name][0] <= level <= LEVELS[name][1]
              for name, level in zip(rows["measure"], rows["year_level"], strict=True)]  # fmt: skip
    rows = rows[within].merge(seen, how="left", on=["learner_id", "year", "measure"])
    rows = rows.merge(tables["learners"], on="learner_id")
    rows["stage"] = rows["year_level"].map(_stage)
    rows["n"] = rows["value"].notna().astype(int)
    rows["n_success"] = [
        int(_succeeds(name, value))
        for name, value in zip(rows["measure"], rows["value"], strict=True)
    ]
    judged = rows[rows["n"] == 1]
    for column, away in (("came_from", 1), ("goes_to", -1)):
        beside = judged[["learner_id", "measure", "year", "stage"]]
        beside = beside.assign(year=beside["year"] + away).rename(columns={"stage": column})
        rows = rows.merge(beside, how="left", on=["learner_id", "measure", "year"])
        rows[column] = rows[column].where(rows["n"] == 1).fillna("")
    summed = rows.assign(eligible=1).groupby(KEYS, sort=True)[["eligible", "n", "n_success"]]
    return summed.sum().reset_index()


def moves(folder: Path) -> pd.DataFrame:
    """Who goes which way at the end of a step: stage_before, way, n (learners, over all years)."""
    table = pd.read_csv(folder / "enrolments.csv", dtype=str, keep_default_na=False)
    places = _numbered(table).assign(stage=lambda rows: rows["year_level"].map(_stage))
    first, last = places["year"].min(), places["year"].max()
    order = ["ece", *STAGES]
    told = []
    for _, own in places.sort_values("year").groupby("learner_id"):
        rows = list(own.itertuples())
        if rows[0].year > first:
            told.append((order[order.index(rows[0].stage) - 1], "new_in_step"))
        for here, then in zip(rows, [*rows[1:], None], strict=True):
            if then is None and here.year < last:
                told.append((here.stage, "not_seen_again"))
            elif then is not None and order.index(then.stage) > order.index(here.stage):
                same = then.provider_id == here.provider_id
                told.append((here.stage, "same_provider" if same else "other_provider"))
    summed = pd.DataFrame(told, columns=["stage_before", "way"]).value_counts()
    return summed.rename("n").reset_index()


def _community(
    folder: Path, chance: np.random.Generator, learners: int, schools: int, years: int
) -> Path:
    folder.mkdir()
    primary = [f"P{place}" for place in range(1, schools)]
    share = np.resize(_SIZES, len(primary))
    places = _enrolled(chance, learners, years, primary, share / share.sum())
    who = _learners(chance, places["learner_id"].unique())
    observed = _observed(chance, places.merge(who, on="learner_id"), [*primary, "S1"])
    types = ["primary"] * len(primary) + ["secondary"]
    providers = pd.DataFrame({"provider_id": [*primary, "S1"], "type": types}).assign(
        name=lambda rows: "School " + rows["provider_id"], member="yes"
    )
    tables = {
        "providers": providers,
        "learners": who,
        "enrolments": places,
        "observations": observed,
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    (folder / "community.toml").write_text(
        f'[community]\nid = "{folder.name}"\nname = "Community {folder.name}"\nyear = {LATEST}\n'
        'attributes = ["gender", "ethnicity", "ell"]\n\n[privacy]\nkey_file = "../region.key"\n'
        + "".join(_plan(*plan, LATEST - years + 1) for plan in PLANS),
        encoding="utf-8",
    )
    return folder


def _plan(measure: str, group: str, levels: str, year: int) -> str:
    """An earlier plan without a printed baseline, so that all of its numbers are counted."""
    return (
        f'\n[[plan]]\nchallenge = "{measure} of {group}"\nmeasure = "{measure}"\ngroup = "{group}"\n'
        f'year_levels = "{levels}"\nbaseline_year = {year}\ntarget = 0.95\ntarget_year = {LATEST}\n'
    )


def _enrolled(
    chance: np.random.Generator, learners: int, years: int, primary: list[str], share: np.ndarray
) -> pd.DataFrame:
    """Learners at a school in each year: they go up, some move, leave or come."""
    level = chance.integers(1, _LAST + 1, learners)
    school = np.where(level > _LAST_PRIMARY, "S1", chance.choice(primary, learners, p=share))
    number, told = np.arange(learners), []
    for year in range(LATEST - years + 1, LATEST + 1):
        told.append(pd.DataFrame({"number": number, "provider_id": school, "year": year, "year_level": level}))  # fmt: skip
        level = level + 1
        stays = (level <= _LAST) & (chance.random(len(level)) > 0.05)
        number, school, level = number[stays], school[stays], level[stays]
        moved = (level <= _LAST_PRIMARY) & (chance.random(len(level)) < 0.05)
        school = np.where(moved, chance.choice(primary, len(level), p=share), school)
        school = np.where(level > _LAST_PRIMARY, "S1", school)
        new = learners - len(level)
        later = chance.random(new) < 0.3
        level_new = np.where(later, chance.integers(2, _LAST + 1, new), 1)
        to = np.where(level_new > _LAST_PRIMARY, "S1", chance.choice(primary, new, p=share))
        first = max(one["number"].max() for one in told) + 1
        number = np.concatenate([number, first + np.arange(new)])
        school, level = np.concatenate([school, to]), np.concatenate([level, level_new])
    places = pd.concat(told, ignore_index=True)
    names = {one: f"{one + 10000:05d}" for one in chance.permutation(places["number"].unique())}
    return places.assign(learner_id=places.pop("number").map(names))[
        ["learner_id", "provider_id", "year", "year_level"]
    ]


def _learners(chance: np.random.Generator, ids: np.ndarray) -> pd.DataFrame:
    share = np.array(list(_ETHNICITIES.values()))
    belongs = chance.random((len(ids), len(share))) < share
    alone = ~belongs.any(axis=1)
    belongs[alone, chance.choice(len(share), alone.sum(), p=share / share.sum())] = True
    names = np.array(list(_ETHNICITIES))
    ethnicity = [";".join(names[own][:3]) for own in belongs]
    gender = chance.choice(["female", "male", "another gender"], len(ids), p=[0.49, 0.495, 0.015])
    newer = belongs[:, 2] | belongs[:, 3] | belongs[:, 4]
    ell = np.where(chance.random(len(ids)) < np.where(newer, 0.3, 0.02), "yes", "no")
    return pd.DataFrame({"learner_id": ids, "gender": gender, "ethnicity": ethnicity, "ell": ell})


def _observed(
    chance: np.random.Generator, places: pd.DataFrame, schools: list[str]
) -> pd.DataFrame:
    """Results of all measures: schools and groups differ, and a learner's results are alike."""
    steady = pd.Series(
        chance.normal(size=places["learner_id"].nunique()), places["learner_id"].unique()
    )
    told = []
    for measure, (first, last) in LEVELS.items():
        rows = places[places["year_level"].between(first, last)]
        rows = rows[chance.random(len(rows)) < chance.uniform(0.90, 0.97)]
        school = dict(zip(schools, chance.normal(0, 0.05, len(schools)), strict=True))
        likely = _BASE[measure] + rows["provider_id"].map(school)
        for held in _behind(chance):
            attribute, value = held.split("=")
            own = [value in names.split(";") for names in rows[attribute]]
            likely = likely - np.where(own, chance.uniform(0.15, 0.25), 0)
        drawn = 0.7 * rows["learner_id"].map(steady) + 0.71 * chance.normal(size=len(rows))
        succeed = drawn.to_numpy() < norm.ppf(likely.clip(0.05, 0.95).to_numpy())
        succeed = _some_unanimous(chance, rows, succeed)
        values = [_value(chance, measure, one) for one in succeed]
        told.append(rows[["learner_id", "provider_id", "year", "year_level"]].assign(measure=measure, value=values))  # fmt: skip
    return pd.concat(told, ignore_index=True)


def _behind(chance: np.random.Generator) -> list[str]:
    """One ethnic group, and sometimes one gender."""
    ethnic = chance.choice(["ethnicity=Māori", "ethnicity=Pacific Peoples"], p=[0.7, 0.3])
    gender = chance.choice(["gender=male", "gender=female"])
    return [ethnic, gender] if chance.random() < 0.4 else [ethnic]


def _some_unanimous(
    chance: np.random.Generator, rows: pd.DataFrame, succeed: np.ndarray
) -> np.ndarray:
    """Make one in so many small groups of a school's step and year all succeed, or none."""
    keys = [rows["provider_id"], rows["year_level"].map(_stage), rows["year"], rows["gender"]]
    succeed = succeed.copy()
    names = rows["ethnicity"].to_numpy()
    for places in rows.assign(place=np.arange(len(rows))).groupby(keys)["place"]:
        place = places[1].to_numpy()
        for name in _ETHNICITIES:
            own = place[[name in one.split(";") for one in names[place]]]
            if _SMALL[0] <= len(own) <= _SMALL[1] and chance.random() < _UNANIMOUS:
                succeed[own] = chance.random() < 0.6
    return succeed


def _value(chance: np.random.Generator, measure: str, succeeds: bool) -> str:
    if measure == "attendance":
        low, high = (0.905, 0.995) if succeeds else (0.55, 0.895)
        return f"{chance.uniform(low, high):.3f}"
    if measure == "maths_judgement":
        return str(chance.choice(["at", "above"] if succeeds else ["below", "well below"]))
    return "yes" if succeeds else "no"


def _succeeds(measure: str, value: object) -> bool:
    if not isinstance(value, str):
        return False
    return float(value) > 0.9 if measure == "attendance" else value in ("at", "above", "yes")


def _stage(level: float) -> str:
    return next(name for name, (first, last) in STAGES.items() if first <= level <= last)


def _numbered(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype({"year": int, "year_level": int})
