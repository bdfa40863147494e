"""Of findings: the numbers that stand behind and beside each finding."""

from __future__ import annotations

import numpy as np
import pandas as pd

from colanalysis import cells
from colanalysis.evidence import Evidence
from colanalysis.publishing import chosen
from colanalysis.terms import catalogue


def own_counts(found: pd.DataFrame) -> pd.DataFrame:
    """The group of each finding, over its steps and years; of a step taken, those who took it."""
    step = found["kind"] == "transition"
    ends = found["stages"].str.split()
    return found[["rank", "kind", "measure", "provider_id", "group", "year_max"]].assign(
        stages=found["stages"].where(~step, ends.str[-1]),
        came_from=ends.str[0].where(step, ""),
        year_min=found["year_min"] + step,
    )


def starts(found: pd.DataFrame) -> pd.DataFrame:
    """Of each step taken, the same learners in the year before it."""
    taken = found[found["kind"] == "transition"]
    ends = taken["stages"].str.split()
    return taken[["rank", "measure", "year_min"]].assign(
        stages=ends.str[0], goes_to=ends.str[-1], year_max=taken["year_max"] - 1
    )


def latest(evidence: Evidence, found: pd.DataFrame) -> pd.DataFrame:
    """The group of each finding in the latest year of the finding in which it has results."""
    whole = cells.define(own_counts(found))
    last = np.full(len(whole), np.nan)
    for rows, own, holds in cells.blocks(whole, evidence.atoms):
        years = own["year"].to_numpy(float)
        last[rows] = np.where(holds, years, -1.0).max(axis=1, initial=-1.0)
    return whole.assign(year_min=last, year_max=last)


def years(evidence: Evidence, found: pd.DataFrame) -> pd.DataFrame:
    """Each gap's own trajectory: the group in every year, and all learners of its steps.

    ``who`` is ``group`` or ``all``; ``period`` counts the changes of yardstick before a year.
    """
    pieces = [pd.DataFrame(columns=["rank", "measure", "who", "year", "period", "stages"])]
    for row in found[found["kind"] == "gap"].itertuples():
        counted = evidence.counted[evidence.counted["measure"] == row.measure]
        counted = counted[counted["stage"].isin(row.stages.split())]
        own = chosen.of(counted, row.provider_id)
        own = own[cells.belongs(own["profile"], row.group)]
        yardstick = evidence.community.measures[row.measure]
        for who, rows, group, provider in (
            ("group", own, row.group, row.provider_id),
            ("all", counted, "", ""),
        ):
            years = sorted(rows["year"].unique())
            period = [catalogue.period(yardstick, year) for year in years]
            pieces.append(
                pd.DataFrame({"year": years, "period": period}).assign(
                    rank=row.rank,
                    measure=row.measure,
                    who=who,
                    stages=row.stages,
                    group=group,
                    provider_id=provider,
                )
            )
    table = pd.concat(pieces[1:] or pieces, ignore_index=True)
    return table.assign(year_min=table["year"], year_max=table["year"])


def affected(evidence: Evidence) -> pd.DataFrame:
    """Every single group at the measure, steps and years of each hurdle of the whole community."""
    found = evidence.found
    hurdles = found[(found["direction"] == "hurdle") & (found["kind"] == "gap")]
    hurdles = hurdles[["rank", "measure", "stages", "year_min", "year_max"]]
    pieces = [hurdles.assign(group="").iloc[:0]]
    for _, hurdle in hurdles.iterrows():
        counted = evidence.counted[evidence.counted["measure"] == hurdle["measure"]]
        counted = counted[counted["stage"].isin(hurdle["stages"].split())]
        counted = counted[counted["year"].between(hurdle["year_min"], hurdle["year_max"])]
        groups = ["", *chosen.single_groups(counted, evidence)]
        pieces.append(pd.DataFrame([{**hurdle, "group": group} for group in groups]))
    return pd.concat(pieces[1:] or pieces, ignore_index=True)


def places(evidence: Evidence) -> pd.DataFrame:
    """Every hurdle of the whole community at each provider with results there, year by year.

    Years are those on the hurdle's yardstick: on another one, nothing is known of what it would be.
    Where a hurdle holds all steps that a provider has in a year, it is the number that the provider's
    own report tells of the group, and no other beside it.
    """
    found = evidence.found
    hurdles = found[(found["direction"] == "hurdle") & (found["provider_id"] == "")]
    rows = []
    for hurdle in hurdles[hurdles["kind"] != "transition"].itertuples():
        counted = evidence.counted[evidence.counted["measure"] == hurdle.measure]
        measure = evidence.community.measures[hurdle.measure]
        on_it = catalogue.on_that_of(measure, int(hurdle.year_max), counted["year"])
        counted = counted[on_it & (counted["provider_id"] != "")]
        for (provider, year), own in counted.groupby(["provider_id", "year"]):
            there = [stage for stage in hurdle.stages.split() if stage in set(own["stage"])]
            whole = bool(hurdle.group) and set(own["stage"]) <= set(there)
            stages = "" if whole else " ".join(there)
            if there:
                rows.append((hurdle.rank, hurdle.measure, stages, year, hurdle.group, provider))
    columns = ["rank", "measure", "stages", "year", "group", "provider_id"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(year_min=table["year"], year_max=table["year"])
