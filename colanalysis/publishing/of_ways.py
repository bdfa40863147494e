"""Of ways: the same learners before and after each step, and which way those go who leave one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from colanalysis import atoms, follow
from colanalysis.evidence import Evidence
from colanalysis.publishing import chosen


def transitions(evidence: Evidence, end: str, **sides: str) -> pd.DataFrame:
    """The same learners before or after each step, and where no step was taken, of each measure."""
    results = evidence.atoms[evidence.atoms["domain"] == atoms.RESULTS]
    went = results[results["goes_to"] != ""]
    table = went[["measure", "stage", "goes_to"]].drop_duplicates()
    table = table.rename(columns={"stage": "stage_before", "goes_to": "stage_after"})
    table = chosen.in_order(table, evidence, "stage_before").reset_index(drop=True)
    table = table.assign(**{name: table[column] for name, column in sides.items()})
    # Where those of the last year go, and those of the first come from, other data may yet say.
    years = {"year_min": _plus(evidence.first_year, 1), "year_max": _plus(evidence.year, -1)}
    return table.assign(**{end: years[end]})


def flows(evidence: Evidence) -> pd.DataFrame:
    """Who leaves each step over all years, which way they go, and who comes into the next.

    ``way`` is leaving_step (all who leave), one of ``follow.PARTS``, or new_in_step.
    """
    place = {stage.id: n for n, stage in enumerate(evidence.community.stages)}
    there = evidence.flows[["stage_before", "stage_after"]].drop_duplicates()
    there = there.sort_values("stage_before", key=lambda stage: stage.map(place))
    table = there.merge(pd.DataFrame({"way": follow.FLOW_SUMS}), how="cross")
    ways = table["way"].mask(table["way"] == "leaving_step", " ".join(follow.PARTS))
    # Nobody leaves in the last year of the data: the next may say who did.
    last = _plus(evidence.year, -1)
    return table.assign(
        domain=atoms.FLOWS, stages=table["stage_before"], goes_to=ways, year_max=last
    )


def _plus(year: int | None, more: int) -> float:
    return np.nan if year is None else year + more
