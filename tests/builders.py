"""Small tables as checking gives them, from rows that say only what a test is about."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from colanalysis import coded, keyed, measure
from colanalysis.check import Checked
from colanalysis.comparing import compare
from colanalysis.evidence import Evidence
from colanalysis.link import Journeys
from colanalysis.measure import SUMS
from colanalysis.sealed import Release
from colanalysis.terms.catalogue import Break, Measure
from colanalysis.terms.settings import Community

Rows = list[dict[str, Any]]

_YES = {"scale": "yes/no", "success_from": "yes"}
MEASURES: Mapping[str, Measure] = {
    measure.id: measure
    for measure in [
        Measure(id="reading", label="Reading", domain="achievement", year_levels=(1, 8), **_YES),
        Measure(
            id="maths", label="Maths", domain="achievement", scale="number", cut={4: 10, 5: 20}
        ),
        Measure(
            id="attendance", label="Attendance", domain="attendance", scale="number", more_than=0.9
        ),
        Measure(id="belonging", label="Belonging", domain="wellbeing", **_YES),
        Measure(id="ece_before", label="Was in ECE", domain="participation", stage="ece", **_YES),
        Measure(id="leaver", label="Leaver", domain="achievement", stage="leavers", **_YES),
        Measure(
            id="changed",
            label="Changed in 2024",
            domain="achievement",
            breaks=(Break(datetime.date(2024, 1, 1), "new expectations"),),
            **_YES,
        ),
    ]
}
PROVIDERS = {"P": "primary", "Q": "primary", "S": "secondary", "E": "ece"}

# What a row holds where a test says nothing; learners, survey and counts take further columns.
_BLANK: Mapping[str, Mapping[str, Any]] = {
    "learners": {"learner_id": ""},
    "enrolments": {
        "learner_id": "",
        "provider_id": "P",
        "year": 2025,
        "year_level": None,
        "start_date": None,
        "end_date": None,
    },
    "observations": {
        "learner_id": "",
        "provider_id": "P",
        "year": 2025,
        "measure": "reading",
        "value": "",
        "term": "",
        "date": None,
        "year_level": None,
        "scale": "",
        "norm_version": "",
        "score": 1.0,
    },
    "survey": {
        "provider_id": "P",
        "year": 2025,
        "measure": "belonging",
        "value": "",
        "year_level": None,
        "score": 1.0,
    },
    "counts": {
        "provider_id": "P",
        "year": 2025,
        "measure": "reading",
        "n": None,
        "n_success": None,
        "year_level": None,
        "mark": "",
    },
    "local_knowledge": {
        "claim": "",
        "source": "teacher",
        "direction": "hurdle",
        "measure": "",
        "year_levels": "",
        "group": "",
        "provider_id": "",
        "date": None,
        "consent": "",
    },
    "resources": {
        "resource": "",
        "unit": "",
        "amount": None,
        "generated_by": "",
        "rule": "",
        "stays": None,
        "measure": "",
        "reaches": None,
        "at_least": None,
    },
    "resource_rules": {
        "rule": "",
        "resource": "Time",
        "unit": "hours a week",
        "per": "provider",
        "amount": None,
        "roll_from": None,
        "roll_to": None,
        "stays": None,
        "from_year": None,
        "to_year": None,
        "source": "",
    },
    "leadership": {
        "role": "Lead",
        "scope": "within",
        "provider_id": "",
        "measure": "",
        "held_by": "",
    },
}
_KINDS = {
    "year": "int64",
    "source_row": "int64",
    **dict.fromkeys(("year_level", "score", "n", "n_success", "amount"), "float64"),
    **dict.fromkeys(("stays", "reaches", "at_least"), "float64"),
    **dict.fromkeys(("roll_from", "roll_to", "from_year", "to_year"), "float64"),
    **dict.fromkeys(("date", "start_date", "end_date"), "datetime64[s]"),
}


def community(**choices: Any) -> Community:
    """A community with default settings and the measures above; any field may be chosen."""
    made: dict[str, Any] = {"folder": Path(), "id": "t", "name": "Test", "measures": MEASURES}
    return Community(**(made | choices))


def table(name: str, rows: Sequence[Mapping[str, Any]] = ()) -> pd.DataFrame:
    """One table, typed as checking types it; empty without rows."""
    blank = _BLANK[name]
    full = [{**blank, **row} for row in rows]
    columns = [*blank, *dict.fromkeys(c for row in full for c in row if c not in blank)]
    frame = pd.DataFrame(full, columns=columns)
    frame = frame.assign(source_file="made.csv", source_row=range(2, len(frame) + 2))
    text = {column: "" for column in frame if column not in _KINDS}
    typed = frame.fillna(text).astype({column: _KINDS.get(column, "str") for column in frame})
    if name not in ("learners", "enrolments", "observations"):
        return typed
    kept = [
        column for column in text if name != "learners" or column in ("learner_id", "source_file")
    ]
    return typed.assign(**{column: coded.column(typed[column]) for column in kept})


def providers(types: Mapping[str, str] = PROVIDERS) -> pd.DataFrame:
    """The providers of these ids and types."""
    frame = pd.DataFrame({"provider_id": list(types), "type": list(types.values())}, dtype="str")
    return frame.assign(name=frame["provider_id"], member=True)


def checked(
    *, of: Community | None = None, types: Mapping[str, str] = PROVIDERS, **rows: Rows
) -> Checked:
    """What checking gives: every table, typed, empty where there are no rows."""
    frames = {name: table(name, rows.get(name, [])) for name in _BLANK}
    nothing = pd.DataFrame()
    frames["providers"] = providers(types)
    return Checked(of or community(), frames, nothing, nothing, nothing)


def found(*rows: dict[str, Any]) -> pd.DataFrame:
    """Findings, best first, with what a challenge is drawn from."""
    blank = {
        "direction": "hurdle",
        "measure": "reading",
        "stages": "years_4_6",
        "year_level_min": float("nan"),
        "year_level_max": float("nan"),
        "provider_id": "",
        "group": "",
    }
    full = [{"rank": place, **blank, **row} for place, row in enumerate(rows, start=1)]
    frame = pd.DataFrame(full, columns=["rank", *blank])
    return frame.astype({"year_level_min": "float64", "year_level_max": "float64"})


_HERE: Mapping[str, Any] = {
    "measure": "reading",
    "stage": "years_4_6",
    "year": 2025,
    "year_level": 5.0,
    "provider_id": "P",
    "profile": "",
}


def counted(*rows: dict[str, Any]) -> pd.DataFrame:
    """Counts in the columns of ``measure.counts``."""
    blank = {
        **_HERE,
        "n": 20,
        "n_success": 10,
        # Scores are unknown.
        "n_scored": 0,
        "score_sum": 0,
        "score_squares": 0,
    }
    kinds = {"year": "int64", "year_level": "float64", **dict.fromkeys(SUMS, "int64")}
    return pd.DataFrame([{**blank, **row} for row in rows], columns=list(blank)).astype(kinds)


def careers(
    rng: np.random.Generator,
    *,
    learners: int,
    starts: tuple[int, int],
    stages: Mapping[int, str],
    profiles: Sequence[str],
) -> pd.DataFrame:
    """Three years of many learners at four providers, some of whom move.

    A learner begins at a year level from the first of ``starts`` to before the second.
    """
    made = [
        {
            "learner": who,
            "year": 2023 + step,
            "year_level": float(level + step),
            "stage": stages[level + step],
            "provider_id": rng.choice(["S", home, home, home]),
            "profile": profile,
            "success": bool(rng.random() < able),
        }
        for who in range(learners)
        for level, home, profile, able in [
            (
                rng.integers(*starts),
                rng.choice(["P", "Q", "R", "S"]),
                rng.choice(profiles),
                rng.random(),
            )
        ]
        for step in range(3)
        if rng.random() < 0.9
    ]
    return pd.DataFrame(made)


def journeys(rows: pd.DataFrame) -> Journeys:
    """Journeys of results that know everything: a row names learner, step, place, profile, success.

    Columns that are missing are filled in: measure, stage, year, year_level, provider_id, profile,
    score.
    """
    blank = {
        **_HERE,
        "score": 1.0,
    }
    full = rows.assign(**{name: value for name, value in blank.items() if name not in rows})
    parts = full[["learner", "profile"]].drop_duplicates()
    parts = parts.assign(part=parts["profile"].str.split(" & ")).explode("part")
    parts = parts[parts["part"] != ""]
    memberships = pd.DataFrame(
        {
            "learner": parts["learner"],
            "attribute": parts["part"].str.split("=").str[0],
            "value": parts["part"].str.split("=").str[1],
        }
    )
    return Journeys(
        community(), full, pd.DataFrame(), memberships.reset_index(drop=True), record_keys(full)
    )


def record_keys(rows: pd.DataFrame) -> pd.Series:
    """A record key for every learner of a table."""
    who = pd.unique(rows["learner"])
    return pd.Series(keyed.records([f"learner|{one}" for one in who], b"tests"), index=who)


ETHNICITIES = [
    "Māori",
    "European/Pākehā",
    "Pacific Peoples",
    "Māori;Pacific Peoples",
    "",
    "Asian",
    "MELAA",
]


def files(rng: np.random.Generator, *, learners: int = 260) -> dict[str, pd.DataFrame]:
    """The files of a small community: three primary schools and a secondary one, over three years.

    Reading serves Pacific learners less well; two ethnic groups are too small to be told alone.
    """
    likely = [0.3, 0.34, 0.2, 0.1, 0.02, 0.02, 0.02]
    people = pd.DataFrame(
        {
            "learner_id": [f"n{one:04d}" for one in range(learners)],
            "gender": rng.choice(["female", "male"], learners),
            "ethnicity": rng.choice(ETHNICITIES, learners, p=likely),
        }
    )
    level = rng.integers(3, 9, learners)
    home = rng.choice(["P1", "P2", "P3"], learners, p=[0.4, 0.35, 0.25])
    able = np.where(people["ethnicity"].str.contains("Pacific"), 0.35, 0.7)
    places, results = [], []
    for one, name in enumerate(people["learner_id"]):
        for year in (2023, 2024, 2025):
            then = int(level[one]) + year - 2023
            provider = home[one] if then <= 8 else "S1"
            if rng.random() < 0.06:
                continue
            places.append((name, provider, year, then))
            for what, good, bad in (
                ("reading_judgement", "at", "below"),
                ("attendance", 0.95, 0.5),
            ):
                if rng.random() < 0.9 and (what == "attendance" or then <= 8):
                    value = good if rng.random() < able[one] else bad
                    results.append((name, provider, year, then, what, value))
    stood = ["learner_id", "provider_id", "year", "year_level"]
    answers = [
        (
            "P1",
            2025,
            "wellbeing_primary_school_culture",
            rng.choice(["agree", "disagree"]),
            5,
            gender,
        )
        for gender in rng.choice(["female", "male"], 50)
    ]
    return {
        "providers": pd.DataFrame(
            {
                "provider_id": ["P1", "P2", "P3", "S1"],
                "name": ["Rata School", "Miro School", "Totara School", "Kauri College"],
                "type": ["primary", "primary", "primary", "secondary"],
            }
        ),
        "learners": people,
        "enrolments": pd.DataFrame(places, columns=stood),
        "observations": pd.DataFrame(results, columns=[*stood, "measure", "value"]),
        "survey": pd.DataFrame(
            answers, columns=["provider_id", "year", "measure", "value", "year_level", "gender"]
        ),
    }  # fmt: skip


class Small(NamedTuple):
    """A small community: its files, their folder, exact evidence and public release."""

    rows: dict[str, pd.DataFrame]
    folder: Path
    gathered: Evidence
    ready: Release


SETTINGS = '[community]\nid = "t"\nname = "Test"\n'


def put(folder: Path, tables: Mapping[str, pd.DataFrame], settings: str = SETTINGS) -> Path:
    """Write a community's folder, and say where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "community.toml").write_text(settings, encoding="utf-8")
    for name, frame in tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def panels(rows: pd.DataFrame) -> dict[compare.Key, compare.Panel]:
    """The panels of such results."""
    told = journeys(rows)
    return compare.panels(measure.counts(told), measure.pairs(told), community=told.community)


def panel(rows: pd.DataFrame) -> compare.Panel:
    """The only panel of such results."""
    (one,) = panels(rows).values()
    return one


def belongs(rows: pd.DataFrame, group: str, provider: str = "") -> pd.Series:
    """Which rows belong to a group and a provider, the long way round; "" is everybody."""
    parts = set(group.split(" & ")) if group else set()
    own = rows["profile"].map(lambda profile: parts <= set(profile.split(" & "))).astype(bool)
    return own & (rows["provider_id"] == provider) if provider else own
