"""How often is something listed where nothing was planted? Run by hand, some minutes.

    python benchmarks/false_findings.py [--seeds 200] [--learners 800]

Every learner has a lasting ability that shows in three years and three measures, goes to one of six
schools and belongs to groups that have nothing to do with success. The worlds go through
``measure``, ``compare`` and ``find`` as a community's data do. Seeds start at 10,000, apart from those
of the tests. With ``--schools 0.2`` schools truly differ (standard deviation on the logit scale), and
what is listed about a provider may then be true.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from colanalysis import find, follow, measure
from colanalysis.comparing import compare, estimate
from colanalysis.link import Journeys
from colanalysis.terms.settings import Community

MEASURES = ("reading_judgement", "writing_judgement", "whanau_engagement")
ETHNICITIES = ("Māori", "Pacific Peoples", "Asian", "European/Pākehā")
COMMUNITY = Community(folder=Path(), id="null", name="Nothing there")


def world(rng: np.random.Generator, *, learners: int, schools: float) -> Journeys:
    """A community in which no group differs from the others."""
    school = rng.integers(0, 6, learners)
    level = rng.integers(1, 7, learners)
    ability = 1.3 * rng.standard_normal(learners) + schools * rng.standard_normal(6)[school]
    rows = []
    for place, name in enumerate(MEASURES):
        own = ability + 0.5 * rng.standard_normal(learners)
        for year in (2022, 2023, 2024):
            logit = 0.4 + 0.1 * place + own
            rows.append(
                pd.DataFrame(
                    {
                        "learner": np.arange(learners),
                        "provider_id": [f"P{one}" for one in school],
                        "year": year,
                        "year_level": (level + year - 2022).astype(float),
                        "measure": name,
                        "score": 1.0,
                        "success": rng.random(learners) < 1 / (1 + np.exp(-logit)),
                    }
                )
            )
    results = pd.concat(rows, ignore_index=True).astype({"success": "boolean"})
    results["stage"] = [COMMUNITY.stage_of(one, "primary") for one in results["year_level"]]
    places = results[["learner", "provider_id", "year", "year_level", "stage"]].drop_duplicates()
    return Journeys(COMMUNITY, results, places, _groups(rng, learners))


def _groups(rng: np.random.Generator, learners: int) -> pd.DataFrame:
    who = np.arange(learners)
    several = rng.random((learners, 4)) < [0.3, 0.15, 0.12, 0.6]
    pieces = [
        pd.DataFrame({"learner": who[several[:, at]], "attribute": "ethnicity", "value": name})
        for at, name in enumerate(ETHNICITIES)
    ]
    for attribute, values, shares in (
        ("gender", ("female", "male"), (0.5, 0.5)),
        ("ell", ("yes", "no"), (0.1, 0.9)),
        ("transient", ("yes", "no"), (0.15, 0.85)),
    ):
        drawn = rng.choice(values, learners, p=shares)
        pieces.append(pd.DataFrame({"learner": who, "attribute": attribute, "value": drawn}))
    return pd.concat(pieces, ignore_index=True)


def listed(journeys: Journeys) -> pd.DataFrame:
    """What is found in a world, by the same calls as ``evidence.gather``."""
    counted = measure.counts(journeys)
    panels = compare.panels(counted, community=COMMUNITY, repeats=measure.repeats(journeys))
    seen = find.looked_at(panels, transitions=follow.transitions(journeys), community=COMMUNITY)
    return find.findings(seen, panels, community=COMMUNITY)


def main() -> None:
    """Print the share of worlds that list anything, with its 95 % limits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--learners", type=int, default=800)
    parser.add_argument("--schools", type=float, default=0.0)
    options = parser.parse_args()
    found = [
        listed(
            world(np.random.default_rng(seed), learners=options.learners, schools=options.schools)
        )
        for seed in range(10_000, 10_000 + options.seeds)
    ]
    some = np.array([sum(len(one) > 0 for one in found)])
    groups = sum((one["provider_id"] == "").any() for one in found)
    low, high = estimate.wilson(np.array([options.seeds]), some)
    print(
        f"{options.learners} learners, {options.seeds} worlds, schools {options.schools}: "
        f"{some[0] / options.seeds:.3f} list anything ({low[0]:.3f} to {high[0]:.3f}), "
        f"{groups / options.seeds:.3f} something about a group"
    )


if __name__ == "__main__":
    main()
