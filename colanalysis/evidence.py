"""Evidence: the whole way from a community's folder to its exact findings, in one call.

What is gathered here is exact and stays on the data lead's machine. What others may see is made
from it by ``release.seal``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from colanalysis import (
    aggregates,
    agree,
    atoms,
    conditions,
    covering,
    find,
    follow,
    kept,
    link,
    measure,
    snapshot,
)
from colanalysis.check import Checked
from colanalysis.comparing.case import Answer
from colanalysis.comparing.compare import Key, Panel
from colanalysis.errors import UsageError
from colanalysis.moderating import moderate
from colanalysis.terms.settings import Community


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything that was counted and found, exactly, as tables.

    ``panels``: what was compared, by measure and yardstick. ``doubts``: what was asked of every
    finding, by rank. ``detectable``: the smallest gaps that could have been found. ``surveyed``:
    measures known from anonymous answers alone. ``judged``: what shares of a judgement carry as doubt,
    because schools judge differently (``moderate.doubts``). ``behind``: the learners whom each hurdle
    has to shift (``covering.members``), as numbers that mean nothing outside this run.
    ``conditions``: what success goes with among its learners (``conditions.table``). ``atoms``: what a
    release is made from; ``people``: whom it is about (``snapshot``). ``rows`` and ``problems`` tell of
    everything that was read, whatever the year.
    """

    community: Community
    year: int | None
    first_year: int | None
    inputs: pd.DataFrame
    rows: pd.DataFrame
    problems: pd.DataFrame
    providers: pd.DataFrame
    counted: pd.DataFrame
    panels: Mapping[Key, Panel]
    surveyed: frozenset[str]
    coverage: pd.DataFrame
    looked_at: pd.DataFrame
    found: pd.DataFrame
    doubts: Mapping[int, list[Answer]]
    detectable: pd.DataFrame
    judged: pd.DataFrame
    behind: pd.DataFrame
    conditions: pd.DataFrame
    flows: pd.DataFrame
    atoms: pd.DataFrame
    people: pd.DataFrame
    claims: pd.DataFrame
    resources: pd.DataFrame
    rules: pd.DataFrame
    leadership: pd.DataFrame

    def __repr__(self) -> str:
        listed, all_ = len(self.found), len(self.looked_at)
        return f"Evidence({self.community.name}: {listed} findings from {all_:,} comparisons)"


def gather(
    folder: Path | str, *, year: int | None = None, tell: Callable[[str], None] = lambda _: None
) -> Evidence:
    """Load, check, link, count, compare and find. ``year`` leaves out everything later.

    ``tell`` hears what is being done. Raises UsageError, SettingsError or DataError, each saying
    what was found, what was expected and what to do.
    """
    tell("Reading and checking")
    checked = kept.checked(folder).require()
    tell("Linking and counting")
    checked = _until(checked, year)
    journeys = link.journeys(checked)
    counted = measure.counts(journeys)
    pairs = measure.pairs(journeys)
    community = checked.community
    tell("Comparing")
    scanned = find.scans(counted, pairs, community=community)
    looked_at = find.looked_at(scanned, pairs, community=community)
    found = find.findings(looked_at, scanned, community=community)
    coverage = measure.coverage(journeys)
    elsewhere = _elsewhere(checked, counted)
    frames = checked.frames
    known = years(checked)
    surveyed = frozenset(frames["survey"]["measure"]) - set(
        frames["observations"]["measure"].unique()
    )
    # Anonymous answers cannot be told to be of the same learners as results.
    of_learners = found[~found["measure"].isin(surveyed)]
    return Evidence(
        community=community,
        year=known[-1] if known else community.year,
        first_year=known[0] if known else community.year,
        inputs=checked.inputs,
        rows=checked.rows,
        problems=checked.problems,
        providers=frames["providers"],
        counted=measure.merge(counted, elsewhere),
        panels={key: looked.panel for key, looked in scanned.items()},
        surveyed=surveyed,
        coverage=coverage,
        looked_at=looked_at,
        found=found,
        doubts=find.doubts(found, scanned, coverage, community=community),
        detectable=find.detectable(scanned, looked_at, community=community),
        judged=moderate.doubts(agree.counts(journeys), community=community),
        behind=covering.members(of_learners, journeys),
        conditions=conditions.table(of_learners, journeys),
        flows=follow.flows(journeys),
        atoms=atoms.of(journeys, elsewhere),
        people=snapshot.of(journeys, elsewhere),
        claims=frames["local_knowledge"],
        resources=frames["resources"],
        rules=frames["resource_rules"],
        leadership=frames["leadership"],
    )


def _elsewhere(checked: Checked, counted: pd.DataFrame) -> pd.DataFrame:
    """Counts that others made, of measures, years and providers without results of learners.

    They are shown along the pathway; nothing is found from them, since who repeats whom is unknown.
    """
    theirs = aggregates.from_aggregates(
        checked.frames["counts"], providers=checked.frames["providers"], community=checked.community
    )
    keys = ["measure", "year", "provider_id"]
    ours = pd.MultiIndex.from_frame(counted[keys])
    return theirs[~pd.MultiIndex.from_frame(theirs[keys]).isin(ours)]


def _until(checked: Checked, year: int | None) -> Checked:
    """Everything up to a year; the year has to be one that the data knows."""
    if year is None:
        return checked
    known = years(checked)
    if year not in known:
        exist = ", ".join(str(y) for y in known) or "none"
        raise UsageError(
            f"There is no data for year {year}. Years with data: {exist}. "
            "Choose one of them, or leave the year out for the latest."
        )
    kept = {name: frame[frame["year"] <= year] for name, frame in _dated(checked).items()}
    claims = checked.frames["local_knowledge"]
    kept["local_knowledge"] = claims[~(claims["date"].dt.year > year)]
    return replace(checked, frames={**checked.frames, **kept})


def _dated(checked: Checked) -> dict[str, pd.DataFrame]:
    return {name: frame for name, frame in checked.frames.items() if "year" in frame}


def years(checked: Checked) -> list[int]:
    """Every year that the data speaks of, in order."""
    return sorted({int(y) for frame in _dated(checked).values() for y in frame["year"].unique()})
