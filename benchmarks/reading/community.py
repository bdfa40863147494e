"""Write a made-up community with as many results as are asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

SCHOOLS, YEARS = 40, (2020, 2021, 2022, 2023, 2024)
JUDGED = ("maths_judgement", "reading_judgement", "writing_judgement")
MEASURES = (*JUDGED, "attendance")
LEVELS = ("well below", "below", "at", "above")
ETHNICITIES = ("European", "Māori", "Pacific Peoples;Māori", "Asian")


def write(folder: Path, results: int) -> None:
    """Five years of four measures of each learner, in no order; a twentieth as many learners."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(1)
    learners = results // (len(YEARS) * len(MEASURES))
    ids = np.array([f"{n:09d}" for n in chance.permutation(10**7)[:learners] + 10**8])
    schools = np.array([f"{n:04d}" for n in range(1, SCHOOLS + 1)])
    names = [f"School {n}" for n in schools]
    providers = pd.DataFrame({"provider_id": schools, "name": names, "type": "composite"})
    people = {"gender": ("female", "male"), "ethnicity": ETHNICITIES}
    listed = pd.DataFrame({"learner_id": ids})
    listed = listed.assign(**{name: chance.choice(of, learners) for name, of in people.items()})
    begin = chance.integers(1, 5, learners)
    enrolled = pd.DataFrame(
        {
            "learner_id": np.repeat(ids, len(YEARS)),
            "provider_id": np.repeat(chance.choice(schools, learners), len(YEARS)),
            "year": np.tile(YEARS, learners),
            "year_level": (begin[:, None] + np.arange(len(YEARS))).ravel(),
        }
    )
    found = enrolled.loc[enrolled.index.repeat(len(MEASURES))].reset_index(drop=True)
    found["measure"] = np.tile(MEASURES, len(enrolled))
    judged = found["measure"].isin(JUDGED).to_numpy()
    shares = chance.uniform(0.6, 1, len(found)).round(3).astype(str)
    found["value"] = np.where(judged, chance.choice(LEVELS, len(found)), shares)
    found["term"] = np.where(judged, "4", "")
    found = found.sample(frac=1, random_state=1)
    tables = {"providers": providers, "learners": listed, "enrolments": enrolled,
              "observations": found}  # fmt: skip
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    about = f'[community]\nid = "large"\nname = "Large"\nyear = {YEARS[-1]}\n'
    (folder / "community.toml").write_text(about, encoding="utf-8")
