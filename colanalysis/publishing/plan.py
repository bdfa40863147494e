"""Plan: the closed list of what a community's reports tell, as definitions of cells, before any number.

A unit is whose report it is: the whole community ("") or one provider. The plan holds all units, so
that what is told in one report is decided in sight of all the others.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from colanalysis import cells, follow
from colanalysis.evidence import Evidence
from colanalysis.publishing import chosen, of_findings, of_plans, of_units, of_ways
from colanalysis.publishing.chosen import STEP

# How much is lost where a number cannot be told: a finding is what a report is for, one of several
# hundred small groups is not.
WEIGHTS = {
    "findings": 100, "starts": 100, "latest": 60, "steps": 50, "all_steps": 50, "plans": 50,
    "before": 20, "after": 20, "flows": 20, "years": 15, "affected": 10, "places": 5, "plan_years": 5,
    "coverage": 3, "groups": 1,
}  # fmt: skip


def tables(evidence: Evidence, unit: str, *, exact: bool) -> dict[str, pd.DataFrame]:
    """What a unit's report counts: one row a published count, with its definition (``cells``).

    Where the audience may see everything (``exact``), that includes the hurdles of all providers.
    """
    found = evidence.found if exact else visible(evidence.found, unit)
    # Beside its own steps a provider is told those of all: they stand in the community's report too.
    all_steps = of_units.steps(evidence, "")
    all_steps = _dated(all_steps if unit else all_steps.iloc[:0], evidence)
    return _common(evidence, found) | _own(evidence, unit) | {"all_steps": all_steps}


def whole(evidence: Evidence, units: list[str]) -> pd.DataFrame:
    """Every cell of every unit once, with its ``smallest`` size that may be told and its ``weight``.

    The weight says how much would be lost if it could not be told.
    """
    pieces = [cells.define(pd.DataFrame(columns=["weight"]))]
    pieces += [
        table[cells.DEFINITION].assign(weight=WEIGHTS[name] * (1 if unit else 2))
        for unit, own in [
            ("", _common(evidence, evidence.found)),
            *((unit, _own(evidence, unit)) for unit in units),
        ]
        for name, table in own.items()
        if len(table)
    ]
    told = pd.concat(pieces[1:] or pieces)
    every = told.groupby(cells.DEFINITION, dropna=False, sort=False)["weight"].max()
    return _sized(every.reset_index(), evidence)


def handed_over(evidence: Evidence, unit: str) -> pd.DataFrame:
    """What a summary tells of a provider, as ``whole`` gives it: every year and step of each measure.

    All learners, every single group, and ethnic groups by gender.
    """
    counted = chosen.of(evidence.counted, unit)
    pieces = [pd.DataFrame(columns=[*STEP, "year", "group"])]
    for (name, stage, year), rows in counted.groupby([*STEP, "year"]):
        own = pd.DataFrame({"group": chosen.with_pairs(rows, evidence)})
        pieces.append(own.assign(measure=name, stage=stage, year=year))
    table = chosen.in_order(pd.concat(pieces[1:] or pieces, ignore_index=True), evidence)
    every = cells.define(of_units.at_step(table, unit))[cells.DEFINITION]
    everybody = every["group"] == ""
    weight = np.where(everybody, WEIGHTS["steps"], WEIGHTS["groups"])
    return _sized(every.assign(weight=weight), evidence)


def _sized(every: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """Cells with the size from which on each is told of."""
    settings = evidence.community.settings
    smallest = np.full(len(every), settings.smallest_group)
    smallest[every["measure"].isin(evidence.surveyed)] = settings.smallest_survey
    # Of those who leave a step, a part that goes one way is a count beside the whole.
    smallest[every["goes_to"].isin(follow.PARTS)] = settings.smallest_count
    return every.assign(smallest=smallest).astype({"weight": "float64"})


def visible(found: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Findings that a unit's report may tell.

    A provider's hurdle belongs to that provider's own report; its successes may be built on by all.
    """
    own = found["provider_id"].isin(["", unit])
    return found[own | (found["direction"] == "success")]


def _common(evidence: Evidence, found: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What is of the whole community, whoever reads it."""
    told = {
        "findings": of_findings.own_counts(found),
        "latest": of_findings.latest(evidence, found),
        "starts": of_findings.starts(found),
        "years": of_findings.years(evidence, found),
        "affected": of_findings.affected(evidence),
        "before": of_ways.transitions(
            evidence, "year_max", stages="stage_before", goes_to="stage_after"
        ),
        "after": of_ways.transitions(
            evidence, "year_min", stages="stage_after", came_from="stage_before"
        ),
        "flows": of_ways.flows(evidence),
        "plans": of_plans.now(evidence),
        "plan_years": of_plans.years(evidence),
        "places": of_findings.places(evidence),
    }
    return {name: _dated(table, evidence) for name, table in told.items()}


def _own(evidence: Evidence, unit: str) -> dict[str, pd.DataFrame]:
    """What is of the unit."""
    told = {
        "steps": of_units.steps(evidence, unit),
        "groups": of_units.groups(evidence, unit),
        "coverage": of_units.coverage(evidence, unit),
    }
    return {name: _dated(table, evidence) for name, table in told.items()}


def _dated(table: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """A definition of its own for every cell; "all years" would be other years in the next report."""
    told = cells.define(table)
    if evidence.year is None:  # there are rolls and no results, so nothing is counted
        return told
    return told.assign(
        year_min=told["year_min"].fillna(evidence.first_year),
        year_max=told["year_max"].fillna(evidence.year),
    )


def findings(evidence: Evidence, found: pd.DataFrame) -> pd.DataFrame:
    """The own count of each finding, by its rank."""
    return _dated(of_findings.own_counts(found), evidence)
