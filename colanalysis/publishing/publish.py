"""Publish: the closed list of tables that an audience may see, made from exact evidence.

Small groups are absent, both tails are said in words, counts are rounded and everything derived is
worked out from the rounded counts (``protect``, ``restate``).
"""

from __future__ import annotations

import pandas as pd

from colanalysis import challenge, measure
from colanalysis.comparing import case
from colanalysis.evidence import Evidence
from colanalysis.publishing import accompany, protect, restate
from colanalysis.publishing.protect import Rules
from colanalysis.terms import catalogue, ethnicity

STEP_KEYS = ["measure", "stage"]


def tables(evidence: Evidence, rules: Rules, *, provider: str) -> dict[str, pd.DataFrame]:
    """Make every table of a release, for the whole community ("") or for one provider."""
    found = evidence.found.assign(doubts=_doubts(evidence))
    found = restate.findings(found, rules, provider=provider, surveyed=evidence.surveyed)
    return {
        "findings": found,
        "steps": _steps(evidence, rules, provider),
        "years": _years(evidence, found, rules),
        "affected": _affected(evidence, found, rules),
        "transitions": _transitions(evidence, rules),
        "flows": _flows(evidence, rules),
        "coverage": _coverage(evidence, rules, provider),
        "detectable": _detectable(evidence, provider),
        "candidates": challenge.candidates(found, community=evidence.community),
        "knowledge": accompany.knowledge(evidence, found, rules, provider),
        "plans": accompany.plans(evidence, rules),
        "resources": accompany.resources(evidence),
        "providers": accompany.providers(evidence),
        "data": accompany.data(evidence, rules),
    }


def _doubts(evidence: Evidence) -> list[str]:
    """The verdicts on each finding that are not yes, and no numbers: "room: no; years: no"."""
    return [
        "; ".join(
            f"{answer.question}: {answer.verdict}"
            for answer in evidence.doubts[rank]
            if answer.verdict != case.YES
        )
        for rank in evidence.found["rank"]
    ]


def _detectable(evidence: Evidence, provider: str) -> pd.DataFrame:
    """The smallest gaps that could have been found, in whole points, on each measure's latest yardstick."""
    table = evidence.detectable
    latest = table["period"] == table.groupby("measure")["period"].transform("max")
    # A provider's own report compares it with the others; how finely is the community's to know.
    table = table[latest & (provider == "")]
    return table.drop(columns=["n", "period"]).round({"gap": 2}).reset_index(drop=True)


def _steps(evidence: Evidence, rules: Rules, provider: str) -> pd.DataFrame:
    """All learners at each step of each measure, in the latest year that the measure has there."""
    counted = evidence.counted
    if provider:
        counted = counted[counted["provider_id"] == provider]
    keys = [*STEP_KEYS, "year"]
    summed = counted.groupby(keys)[["n", "n_success"]].sum().reset_index()
    latest = summed["year"] == summed.groupby(STEP_KEYS)["year"].transform("max")
    table = _in_order(summed[latest], evidence)
    return protect.counts(table, rules, survey=_survey(evidence, table))


def _in_order(table: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """Rows in the order of the pathway, then of the catalogue."""
    steps = {stage.id: place for place, stage in enumerate(evidence.community.stages)}
    measures = {name: place for place, name in enumerate(evidence.community.measures)}
    order = table.assign(
        step=table["stage"].map(steps), which=table["measure"].map(measures)
    ).sort_values(["step", "which"], kind="stable")
    return order.drop(columns=["step", "which"]).reset_index(drop=True)


def _years(evidence: Evidence, found: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Each finding's own trajectory: the group in every year, and all learners of its steps.

    ``who`` is ``group`` or ``all``; ``period`` counts the changes of yardstick before a year.
    """
    pieces = []
    for finding in found[found["kind"] == "gap"].itertuples():
        everyone = _of(evidence.counted, finding.measure, finding.stages, "")
        own = _of(evidence.counted, finding.measure, finding.stages, finding.provider_id)
        own = own[_has(own["profile"], finding.group)]
        yardstick = evidence.community.measures[finding.measure]
        for who, rows in (("group", own), ("all", everyone)):
            summed = rows.groupby("year")[["n", "n_success"]].sum().reset_index()
            period = [catalogue.period(yardstick, year) for year in summed["year"]]
            summed = summed.assign(rank=finding.rank, measure=finding.measure, period=period)
            pieces.append(summed.assign(who=who))
    columns = ["rank", "measure", "who", "year", "period", "n", "n_success"]
    table = pd.concat(pieces, ignore_index=True)[columns] if pieces else _empty(columns)
    return protect.counts(table, rules, survey=_survey(evidence, table))


def _affected(evidence: Evidence, found: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Every single group at the measure and steps of each listed hurdle, in the finding's years."""
    pieces = []
    for finding in found[(found["direction"] == "hurdle") & (found["kind"] == "gap")].itertuples():
        rows = _of(evidence.counted, finding.measure, finding.stages, "")
        rows = rows[rows["year"].between(finding.year_min, finding.year_max)]
        by_group = measure.groups(rows)
        summed = by_group.groupby("group", sort=False)[["n", "n_success"]].sum().reset_index()
        pieces.append(summed.assign(rank=finding.rank, measure=finding.measure))
    columns = ["rank", "measure", "group", "n", "n_success"]
    table = pd.concat(pieces, ignore_index=True)[columns] if pieces else _empty(columns)
    table = table.sort_values(["rank", "group"], key=_group_place, kind="stable")
    return _told(protect.counts(table, rules, survey=_survey(evidence, table)))


def _group_place(column: pd.Series) -> pd.Series:
    """The order in which groups are always told: by attribute, ethnic groups as the catalogue has."""
    if column.name != "group":
        return column
    place = {f"ethnicity={name}": f"ethnicity={n:02d}" for n, name in enumerate(ethnicity.GROUPS)}
    return column.map(lambda group: place.get(group, group))


def _told(shown: pd.DataFrame) -> pd.DataFrame:
    """Without the groups that are hidden: that somebody belongs to a group is not told either."""
    return shown[(shown["mark"] != protect.HIDDEN) | (shown["group"] == "")]


def _survey(evidence: Evidence, table: pd.DataFrame) -> pd.Series:
    return table["measure"].isin(evidence.surveyed)


def _of(counted: pd.DataFrame, name: str, stages: str, provider: str) -> pd.DataFrame:
    rows = counted[(counted["measure"] == name) & counted["stage"].isin(stages.split())]
    return rows[rows["provider_id"] == provider] if provider else rows


def _has(profiles: pd.Series, group: str) -> pd.Series:
    wanted = set(group.split(measure.JOINER)) - {""}
    return profiles.map(lambda profile: wanted <= set(profile.split(measure.JOINER))).astype(bool)


def _transitions(evidence: Evidence, rules: Rules) -> pd.DataFrame:
    """The same learners before and after each step, and the ordinary change of the same measure."""
    columns = ["measure", "stage_before", "stage_after"]
    table = evidence.transitions[evidence.transitions["group"] == ""]
    summed = table.groupby(columns, sort=False)[["n", "before", "after"]].sum().reset_index()
    order = [stage.id for stage in evidence.community.stages]
    following = dict(zip(order, order[1:], strict=False))
    steps = summed[summed["stage_before"].map(following) == summed["stage_after"]]
    still = summed[summed["stage_before"] == summed["stage_after"]]
    still = still.groupby("measure")[["n", "before", "after"]].sum()
    usual = [_both(still, side, rules)["n_success"] for side in ("before", "after")]
    change = (usual[1] - usual[0]) / protect.rounded(still["n"], rules.base)
    before, after = (_both(steps, side, rules) for side in ("before", "after"))
    return before[[*columns, "n"]].assign(
        before=before["n_success"],
        after=after["n_success"],
        rate_before=before["rate"],
        rate_after=after["rate"],
        ordinary_change=steps["measure"].map(change).round(2),
        done=after["done"].where(before["mark"] == protect.SHOWN, before["done"]),
    )


def _both(pairs: pd.DataFrame, side: str, rules: Rules) -> pd.DataFrame:
    """Those of the same learners who succeed on one side of a year, as counts that may be shown."""
    return protect.counts(pairs.assign(n_success=pairs[side]), rules)


def _flows(evidence: Evidence, rules: Rules) -> pd.DataFrame:
    """Learners at the end of each step over all years: stayed, moved, not seen again, new."""
    went = ["same_provider", "other_provider", "not_seen_again"]
    keys = ["stage_before", "stage_after"]
    columns = ["leaving_step", *went, "new_in_step"]
    summed = evidence.flows.groupby(keys, sort=False)[columns].sum().reset_index()
    shown = protect.parts(summed, "leaving_step", went, rules)
    return protect.sizes(shown, ["new_in_step"], rules, smallest=rules.smallest_group)


def _coverage(evidence: Evidence, rules: Rules, provider: str) -> pd.DataFrame:
    """Who could have been assessed and who was, in the latest year of each measure and step."""
    table = evidence.coverage
    if provider:
        table = table[table["provider_id"] == provider]
    keys = [*STEP_KEYS, "year", "group"]
    summed = table.groupby(keys, sort=False)[["eligible", "assessed"]].sum().reset_index()
    latest = summed[summed["year"] == summed.groupby(STEP_KEYS)["year"].transform("max")]
    counts = latest.rename(columns={"eligible": "n", "assessed": "n_success"})
    shown = protect.counts(_in_order(counts, evidence), rules).drop(columns=["low", "high"])
    return _told(shown).rename(columns={"n": "eligible", "n_success": "assessed"})


def _empty(columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
