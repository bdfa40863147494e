"""Write the sample down: the same tables from the same seed, to the byte."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from .abilities import community
from .counts import succeeded
from .leavers import leavers
from .measures import BY_ID
from .pathways import early_years
from .people import people
from .results import results
from .scales import YES
from .setting import LATEST, PROVIDERS
from .survey import survey
from .truth import truth

# A phrase out of a dozen, in whose draw chance is quiet: the sample teaches and calibrates nothing.
SEED = int.from_bytes(b"te awa rere 3")
PROVIDER = ["provider_id", "name", "type", "member", "eqi",
            "roll", "teachers_fte", "latitude", "longitude"]  # fmt: skip
LEARNER = ["learner_id", "preferred_name", "gender", "ethnicity", "ell", "transient"]
ENROLMENT = ["learner_id", "provider_id", "year", "year_level", "start_date", "end_date"]
OBSERVATION = ["learner_id", "provider_id", "year", "term", "measure", "value", "year_level"]


def write(folder: Path) -> None:
    """Write the generated tables and ``truth.toml`` into ``folder``, which is made if need be."""
    tables, told = _sample()
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")
    (folder / "truth.toml").write_text(told, encoding="utf-8", newline="\n")


def _sample() -> tuple[dict[str, pd.DataFrame], str]:
    rng = np.random.default_rng(SEED)
    learners, enrolled = people(rng)
    everyone = community(rng, learners, enrolled)
    made = results(rng, everyone)
    left = leavers(rng, made, everyone)
    early = early_years(rng, learners, succeeded(made["ece_participation"]))
    enrolments = _enrolments(pd.concat([early, enrolled]), learners)
    known = learners[learners["learner_id"].isin(enrolments["learner_id"])]
    tables = {
        "providers": _providers(enrolments),
        "learners": known.sort_values("learner_id")[LEARNER],
        "enrolments": enrolments,
        "observations": _observations(made, left, learners),
        "survey": survey(rng, everyone),
    }
    return tables, truth(made, everyone.groups)


def _numbered(table: pd.DataFrame, learners: pd.DataFrame) -> pd.DataFrame:
    """Put each learner's number in the place of ``who``."""
    return table.assign(learner_id=learners["learner_id"].to_numpy()[table["who"]])


def _enrolments(table: pd.DataFrame, learners: pd.DataFrame) -> pd.DataFrame:
    table = _numbered(table, learners)
    table["level"] = table["level"].astype(str).replace("-1", "")
    table = table.rename(columns={"level": "year_level", "start": "start_date", "end": "end_date"})
    return table.sort_values(["year", "learner_id"], kind="stable")[ENROLMENT]


def _providers(enrolments: pd.DataFrame) -> pd.DataFrame:
    latest = enrolments[enrolments["year"] == LATEST].drop_duplicates("learner_id", keep="last")
    rolls = latest["provider_id"].value_counts()
    rows = []
    for *said, to_a_teacher, latitude, longitude in PROVIDERS:
        roll = int(rolls.get(said[0], 0))
        teachers = f"{roll / to_a_teacher:.1f}" if to_a_teacher else ""
        rows.append([*said, roll or "", teachers, f"{latitude:.4f}", f"{longitude:.4f}"])
    return pd.DataFrame(rows, columns=PROVIDER)


def _observations(
    made: Mapping[str, pd.DataFrame], left: pd.DataFrame, learners: pd.DataFrame
) -> pd.DataFrame:
    table = pd.concat([*(_values(name, rows) for name, rows in made.items()), left])
    table = _numbered(table, learners).rename(columns={"level": "year_level"})
    return table.sort_values(["year", "measure", "learner_id"], kind="stable")[OBSERVATION]


def _values(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Give the results of those who were assessed, as they are written."""
    seen = rows[rows["assessed"]]
    scale = BY_ID[name].write if name in BY_ID else YES  # University Entrance
    return seen.assign(value=scale(seen["standing"].to_numpy(), seen["level"].to_numpy()))
