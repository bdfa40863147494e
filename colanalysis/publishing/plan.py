"""Plan: the closed list of what a community's reports tell, as definitions of cells, before any number.

A unit is whose report it is: the whole community ("") or one provider. The plan holds all units, so
that what is told in one report is decided in sight of all the others.
"""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pandas as pd

from colanalysis import atoms, cells, challenge, follow, protect
from colanalysis.evidence import Evidence
from colanalysis.measure import JOINER
from colanalysis.terms import catalogue, ethnicity, labels

STEP = ["measure", "stage"]
# Ethnic groups by the name they have here, with what puts them into the order of the catalogue.
_ETHNIC = {f"ethnicity={name}": f"ethnicity={n:02d}" for n, name in enumerate(ethnicity.GROUPS)}
# How much is lost where a number cannot be told: a finding is what a report is for, one of several
# hundred small groups is not.
WEIGHTS = {
    "findings": 100, "starts": 100, "latest": 60, "steps": 50, "all_steps": 50, "plans": 50,
    "before": 20, "after": 20, "flows": 20, "years": 15, "affected": 10, "coverage": 3, "groups": 1,
}  # fmt: skip


def tables(evidence: Evidence, unit: str, *, exact: bool) -> dict[str, pd.DataFrame]:
    """What a unit's report counts: one row a published count, with its definition (``cells``).

    Where the audience may see everything (``exact``), that includes the hurdles of all providers.
    """
    found = evidence.found if exact else visible(evidence.found, unit)
    # Beside its own steps a provider is told those of all: they stand in the community's report too.
    all_steps = _steps(evidence, "")
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
    counted = _of(evidence.counted, unit)
    pieces = [pd.DataFrame(columns=[*STEP, "year", "group"])]
    for (name, stage, year), rows in counted.groupby([*STEP, "year"]):
        own = pd.DataFrame({"group": _with_pairs(rows, evidence)})
        pieces.append(own.assign(measure=name, stage=stage, year=year))
    table = _in_order(pd.concat(pieces[1:] or pieces, ignore_index=True), evidence)
    every = cells.define(_at_step(table, unit))[cells.DEFINITION]
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
        "findings": _findings(found),
        "latest": _latest(evidence, found),
        "starts": _starts(found),
        "years": _years(evidence, found),
        "affected": _affected(evidence),
        "before": _transitions(evidence, "year_max", stages="stage_before", goes_to="stage_after"),
        "after": _transitions(evidence, "year_min", stages="stage_after", came_from="stage_before"),
        "flows": _flows(evidence),
        "plans": _plans(evidence),
    }
    return {name: _dated(table, evidence) for name, table in told.items()}


def _own(evidence: Evidence, unit: str) -> dict[str, pd.DataFrame]:
    """What is of the unit."""
    told = {
        "steps": _steps(evidence, unit),
        "groups": _groups(evidence, unit),
        "coverage": _coverage(evidence, unit),
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
    return _dated(_findings(found), evidence)


def _findings(found: pd.DataFrame) -> pd.DataFrame:
    """The group of each finding, over its steps and years; of a step taken, those who took it."""
    step = found["kind"] == "transition"
    ends = found["stages"].str.split()
    return found[["rank", "kind", "measure", "provider_id", "group", "year_max"]].assign(
        stages=found["stages"].where(~step, ends.str[-1]),
        came_from=ends.str[0].where(step, ""),
        year_min=found["year_min"] + step,
    )


def places(evidence: Evidence) -> pd.DataFrame:
    """Every hurdle of the whole community at each provider with results there, in its latest year.

    What a provider's own report tells is told here: all learners at one step, or a group over all of
    the provider's steps where a hurdle holds all of them. Otherwise there may be no such number.
    """
    found = evidence.found
    hurdles = found[(found["direction"] == "hurdle") & (found["provider_id"] == "")]
    pieces = [pd.DataFrame(columns=["rank", "measure", "stages", "year", "group", "provider_id"])]
    for row in hurdles[hurdles["kind"] != "transition"].itertuples():
        steps = set(row.stages.split())
        counted = evidence.counted[evidence.counted["measure"] == row.measure]
        for provider, own in counted[counted["provider_id"] != ""].groupby("provider_id"):
            there = own[own["stage"].isin(steps)]
            if there.empty:
                continue
            year = there["year"].max()
            then = set(own.loc[own["year"] == own["year"].max(), "stage"])
            whole = bool(row.group) and then <= steps
            named = (
                "" if whole else " ".join(s for s in row.stages.split() if s in set(there["stage"]))
            )
            one = {"rank": row.rank, "measure": row.measure, "stages": named, "year": year,
                   "group": row.group, "provider_id": provider}  # fmt: skip
            pieces.append(pd.DataFrame([one]))
    table = pd.concat(pieces[1:] or pieces, ignore_index=True)
    dated = table.assign(year_min=table["year"], year_max=table["year"])
    return cells.define(dated)


def _starts(found: pd.DataFrame) -> pd.DataFrame:
    """Of each step taken, the same learners in the year before it."""
    taken = found[found["kind"] == "transition"]
    ends = taken["stages"].str.split()
    return taken[["rank", "measure", "year_min"]].assign(
        stages=ends.str[0], goes_to=ends.str[-1], year_max=taken["year_max"] - 1
    )


def _latest(evidence: Evidence, found: pd.DataFrame) -> pd.DataFrame:
    """The group of each finding in the latest year of the finding in which it has results."""
    whole = cells.define(_findings(found))
    last = np.full(len(whole), np.nan)
    for rows, own, holds in cells.blocks(whole, evidence.atoms):
        years = own["year"].to_numpy(float)
        last[rows] = np.where(holds, years, -1.0).max(axis=1, initial=-1.0)
    return whole.assign(year_min=last, year_max=last)


def _steps(evidence: Evidence, unit: str) -> pd.DataFrame:
    """All learners of the unit at each step of each measure, in the latest year it has there."""
    own = _latest_year(_of(evidence.counted, unit), STEP)
    return _in_order(own[[*STEP, "year"]].drop_duplicates(), evidence).pipe(_at_step, unit)


def _years(evidence: Evidence, found: pd.DataFrame) -> pd.DataFrame:
    """Each gap's own trajectory: the group in every year, and all learners of its steps.

    ``who`` is ``group`` or ``all``; ``period`` counts the changes of yardstick before a year.
    """
    pieces = [pd.DataFrame(columns=["rank", "measure", "who", "year", "period", "stages"])]
    for row in found[found["kind"] == "gap"].itertuples():
        counted = evidence.counted[evidence.counted["measure"] == row.measure]
        counted = counted[counted["stage"].isin(row.stages.split())]
        own = _of(counted, row.provider_id)
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


def _affected(evidence: Evidence) -> pd.DataFrame:
    """Every single group at the measure, steps and years of each hurdle of the whole community."""
    found = evidence.found
    hurdles = found[(found["direction"] == "hurdle") & (found["kind"] == "gap")]
    hurdles = hurdles[["rank", "measure", "stages", "year_min", "year_max"]]
    pieces = [hurdles.assign(group="").iloc[:0]]
    for _, hurdle in hurdles.iterrows():
        counted = evidence.counted[evidence.counted["measure"] == hurdle["measure"]]
        counted = counted[counted["stage"].isin(hurdle["stages"].split())]
        counted = counted[counted["year"].between(hurdle["year_min"], hurdle["year_max"])]
        groups = ["", *_single_groups(counted, evidence)]
        pieces.append(pd.DataFrame([{**hurdle, "group": group} for group in groups]))
    return pd.concat(pieces[1:] or pieces, ignore_index=True)


def _groups(evidence: Evidence, unit: str) -> pd.DataFrame:
    """Every single group of the unit, and ethnic groups by gender, in each measure's latest year.

    All steps together: so small a community has few groups large enough at one step.
    """
    counted = _latest_year(_of(evidence.counted, unit), ["measure"])
    pieces = [pd.DataFrame(columns=["measure", "year", "group"])]
    for (name, year), rows in counted.groupby(["measure", "year"]):
        groups = _with_pairs(rows, evidence)
        pieces.append(pd.DataFrame({"group": groups}).assign(measure=name, year=year))
    table = pd.concat(pieces[1:] or pieces, ignore_index=True)
    return table.assign(year_min=table["year"], year_max=table["year"], provider_id=unit)


def _with_pairs(counted: pd.DataFrame, evidence: Evidence) -> list[str]:
    """All learners, every single group, and ethnic groups by gender."""
    groups = ["", *_single_groups(counted, evidence)]
    by = {key: [g for g in groups if g.startswith(f"{key}=")] for key in ("ethnicity", "gender")}
    return groups + [JOINER.join(both) for both in product(by["ethnicity"], by["gender"])]


def _single_groups(counted: pd.DataFrame, evidence: Evidence) -> list[str]:
    """Single groups in the order in which they are always told; small ones merged into one.

    Ethnic groups of which nothing but the size could be told are told together; what stays too small
    even so is not told of. Small groups of other attributes are not named beside one another: nobody
    knows what values a column holds, and a value that one learner has may be that learner's name.
    """
    size: Counter[str] = Counter()
    for profile, n in zip(counted["profile"], counted["n"], strict=True):
        for group in filter(None, profile.split(JOINER)):
            size[group] += n
    least = protect.rules_for("public", evidence.community.settings, b"").smallest_told
    small = sorted((group for group in _ETHNIC if 0 < size[group] < least), key=place_of)
    merged = [cells.either(small)] if len(small) > 1 else small
    large = [group for group in size if group not in small]
    return sorted([*large, *merged], key=place_of)


def place_of(group: str) -> str:
    """The order in which groups are always told: by attribute, ethnic groups as the catalogue has."""
    return _ETHNIC.get(group, group)


def _transitions(evidence: Evidence, end: str, **sides: str) -> pd.DataFrame:
    """The same learners before or after each step, and where no step was taken, of each measure."""
    results = evidence.atoms[evidence.atoms["domain"] == atoms.RESULTS]
    went = results[results["goes_to"] != ""]
    table = went[["measure", "stage", "goes_to"]].drop_duplicates()
    table = table.rename(columns={"stage": "stage_before", "goes_to": "stage_after"})
    table = _in_order(table, evidence, "stage_before").reset_index(drop=True)
    table = table.assign(**{name: table[column] for name, column in sides.items()})
    # Where those of the last year go, and those of the first come from, other data may yet say.
    years = {"year_min": _plus(evidence.first_year, 1), "year_max": _plus(evidence.year, -1)}
    return table.assign(**{end: years[end]})


def _plus(year: int | None, more: int) -> float:
    return np.nan if year is None else year + more


def _flows(evidence: Evidence) -> pd.DataFrame:
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


def _coverage(evidence: Evidence, unit: str) -> pd.DataFrame:
    """Who could have been assessed, in the latest year of each measure and step, by single group."""
    eligible = evidence.atoms[evidence.atoms["domain"] == atoms.ASSESSED]
    eligible = _latest_year(_of(eligible, unit), STEP)
    pieces = [pd.DataFrame(columns=[*STEP, "year", "group"])]
    for (name, stage, year), rows in eligible.groupby([*STEP, "year"]):
        groups = ["", *_single_groups(rows, evidence)]
        own = pd.DataFrame({"group": groups}).assign(measure=name, stage=stage, year=year)
        pieces.append(own)
    table = _in_order(pd.concat(pieces[1:] or pieces, ignore_index=True), evidence)
    return _at_step(table, unit).assign(domain=atoms.ASSESSED)


def _plans(evidence: Evidence) -> pd.DataFrame:
    """Where the targets of earlier plans stand now; ``row`` is the plan's place."""
    table = challenge.monitored(evidence.counted, community=evidence.community)
    # A measure with a step of its own has no year levels to choose from.
    own_step = [evidence.community.measures[name].stage for name in table["measure"]]
    told = ["" if own else text for own, text in zip(own_step, table["year_levels"], strict=True)]
    levels = [challenge.levels(text) for text in told]
    return table[["measure", "group", "year"]].assign(
        row=range(len(table)),
        group=[_spelt(group, evidence) for group in table["group"]],
        year_min=table["year"],
        year_max=table["year"],
        level_min=[low if low >= 0 else np.nan for low, _ in levels],
        level_max=[high if high < challenge.ALL_LEVELS else np.nan for _, high in levels],
    )


def _spelt(group: str, evidence: Evidence) -> str:
    """A group that somebody has written, as the counts write it."""
    known = set(evidence.counted["profile"].drop_duplicates().str.split(JOINER).explode())
    by_plain = {labels.plain(name): name for name in known}
    return JOINER.join(by_plain.get(labels.plain(part), part) for part in group.split(JOINER))


def _at_step(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    year = table["year"]
    return table.assign(stages=table["stage"], year_min=year, year_max=year, provider_id=unit)


def _of(counted: pd.DataFrame, unit: str) -> pd.DataFrame:
    return counted[counted["provider_id"] == unit] if unit else counted


def _latest_year(counted: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return counted[counted["year"] == counted.groupby(keys)["year"].transform("max")]


def _in_order(table: pd.DataFrame, evidence: Evidence, stage: str = "stage") -> pd.DataFrame:
    """Rows in the order of the pathway, then of the catalogue."""
    steps = {one.id: place for place, one in enumerate(evidence.community.stages)}
    measures = {name: place for place, name in enumerate(evidence.community.measures)}
    order = table.assign(step=table[stage].map(steps), which=table["measure"].map(measures))
    order = order.sort_values(["step", "which"], kind="stable")
    return order.drop(columns=["step", "which"]).reset_index(drop=True)
