"""Of units: what a report tells of its own unit, step by step, group by group, and who was assessed."""

from __future__ import annotations

import pandas as pd

from colanalysis import atoms
from colanalysis.evidence import Evidence
from colanalysis.publishing import chosen
from colanalysis.publishing.chosen import STEP


def steps(evidence: Evidence, unit: str) -> pd.DataFrame:
    """All learners of the unit at each step of each measure, in the latest year it has there."""
    own = chosen.latest_year(chosen.of(evidence.counted, unit), STEP)
    return chosen.in_order(own[[*STEP, "year"]].drop_duplicates(), evidence).pipe(at_step, unit)


def groups(evidence: Evidence, unit: str) -> pd.DataFrame:
    """Every single group of the unit, and ethnic groups by gender, in each measure's latest year.

    All steps together: so small a community has few groups large enough at one step.
    """
    counted = chosen.latest_year(chosen.of(evidence.counted, unit), ["measure"])
    pieces = [pd.DataFrame(columns=["measure", "year", "group"])]
    for (name, year), own in counted.groupby(["measure", "year"]):
        groups = chosen.with_pairs(own, evidence)
        pieces.append(pd.DataFrame({"group": groups}).assign(measure=name, year=year))
    table = pd.concat(pieces[1:] or pieces, ignore_index=True)
    return table.assign(year_min=table["year"], year_max=table["year"], provider_id=unit)


def coverage(evidence: Evidence, unit: str) -> pd.DataFrame:
    """Who could have been assessed, in the latest year of each measure and step, by single group."""
    eligible = evidence.atoms[evidence.atoms["domain"] == atoms.ASSESSED]
    eligible = chosen.latest_year(chosen.of(eligible, unit), STEP)
    pieces = [pd.DataFrame(columns=[*STEP, "year", "group"])]
    for (name, stage, year), there in eligible.groupby([*STEP, "year"]):
        groups = ["", *chosen.single_groups(there, evidence)]
        own = pd.DataFrame({"group": groups}).assign(measure=name, stage=stage, year=year)
        pieces.append(own)
    table = chosen.in_order(pd.concat(pieces[1:] or pieces, ignore_index=True), evidence)
    return at_step(table, unit).assign(domain=atoms.ASSESSED)


def at_step(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Define each row as the unit's learners at its step in its year."""
    year = table["year"]
    return table.assign(stages=table["stage"], year_min=year, year_max=year, provider_id=unit)
