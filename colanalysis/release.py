"""Release: from exact evidence to the closed list of tables that an audience may see.

Nothing exact passes this module except for an audience that the community's own protocol allows it.
Small groups are absent, both tails are said in words, counts are rounded and everything derived is
worked out from the rounded counts (``protect``). Releases are not yet audited against one another;
the report says so.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from dataclasses import asdict

import numpy as np
import pandas as pd

from colanalysis import (
    __version__,
    catalogue,
    challenge,
    choose,
    estimate,
    ethnicity,
    measure,
    protect,
)
from colanalysis.errors import UsageError
from colanalysis.evidence import Evidence
from colanalysis.protect import Rules
from colanalysis.sealed import Release

AUDIENCES = ("public", "governance")
STEP_KEYS = ["measure", "stage"]


def seal(evidence: Evidence, *, audience: str = "public", provider: str = "") -> Release:
    """Make the release of one audience, for the whole community or for one provider.

    UsageError for an unknown audience or provider, and for ``governance`` without a protocol that
    names a purpose and an approver and is still in force.
    """
    _admit(evidence, audience, provider)
    rules = protect.rules_for(audience, evidence.community.settings)
    found = _findings(evidence, rules, provider)
    tables = {
        "findings": found,
        "steps": _steps(evidence, rules, provider),
        "years": _years(evidence, found, rules),
        "affected": _affected(evidence, found, rules),
        "transitions": _transitions(evidence, rules),
        "flows": _flows(evidence, rules),
        "coverage": _coverage(evidence, rules, provider),
        "candidates": _candidates(evidence, found),
        "knowledge": _knowledge(evidence, found),
        "plans": _plans(evidence, rules),
        "resources": evidence.resources.drop(
            columns=["source_file", "source_row"], errors="ignore"
        ),
        "providers": _providers(evidence),
        "data": _data(evidence, rules),
    }
    return Release(_about(evidence, audience, provider), tables)


def _admit(evidence: Evidence, audience: str, provider: str) -> None:
    if audience not in AUDIENCES:
        raise UsageError(
            f"Unknown audience {audience!r}. Expected one of: {', '.join(AUDIENCES)}."
        )
    known = list(evidence.providers["provider_id"])
    if provider and provider not in known:
        raise UsageError(
            f"Unknown provider {provider!r}. This community has: {', '.join(known)}. "
            "Give one of these ids, or leave the provider out for the whole community."
        )
    privacy = evidence.community.privacy
    if audience == "governance":
        if not (privacy.purpose and privacy.approver and privacy.expires):
            raise UsageError(
                "A governance report shows exact numbers and needs a protocol. Fill in purpose, "
                "approver and expires under [privacy] in community.toml, or make a public report."
            )
        if privacy.expires < datetime.date.today():  # noqa: DTZ011 (a protocol ends on a local day)
            raise UsageError(
                f"The protocol in community.toml ended on {privacy.expires}. Agree on it again and "
                "set a new date under [privacy], or make a public report."
            )


def _about(evidence: Evidence, audience: str, provider: str) -> dict[str, object]:
    community = evidence.community
    used = sorted(evidence.counted["measure"].unique())
    measures = {
        name: {
            "label": m.label, "label_mi": m.label_mi, "domain": m.domain,
            "success": m.success_label, "judged_by": m.judged_by, "source": m.source,
            "note": m.note, "breaks": [[b.date.year, b.why] for b in m.breaks],
        }
        for name in used
        if (m := community.measures.get(name))
    }  # fmt: skip
    names = dict(zip(evidence.providers["provider_id"], evidence.providers["name"], strict=True))
    about: dict[str, object] = {
        "id": community.id,
        "name": community.name,
        "label": community.label,
        "made_up": community.made_up,
        "year": evidence.year,
        "audience": audience,
        "provider": provider,
        "purpose": community.privacy.purpose,
        "approver": community.privacy.approver,
        "stages": [stage.id for stage in community.stages],
        "measures": measures,
        "providers": names,
        "settings": asdict(community.settings),
        "comparisons": len(evidence.looked_at),
        "version": __version__,
    }
    inputs = evidence.inputs[["file", "sha256"]].sort_values("file").to_numpy().tolist()
    told = json.dumps([inputs, about], sort_keys=True, default=str)
    return {**about, "fingerprint": hashlib.sha256(told.encode()).hexdigest()[:12]}


def _is_survey(evidence: Evidence, table: pd.DataFrame) -> pd.Series:
    return table["measure"].isin(evidence.surveyed)


def _findings(evidence: Evidence, rules: Rules, provider: str) -> pd.DataFrame:
    """Findings an audience may see, their numbers worked out again from what may be shown.

    A provider's hurdle belongs to that provider's own report; its successes may be built on by all.
    """
    found = evidence.found
    own = found["provider_id"] == provider
    shared = (found["provider_id"] == "") | (found["direction"] == "success")
    found = found[own | shared if rules.base > 1 else found.index == found.index]
    table = found.rename(columns={"n_learners": "n"})
    shown = protect.counts(table, rules, survey=_is_survey(evidence, table))
    shown = shown.rename(columns={"n": "n_learners"}).drop(columns=["low", "high"])
    if rules.base == 1:
        return shown
    return choose.ranked(_again(shown[shown["mark"] != protect.HIDDEN], rules))


def _again(shown: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Work gap, interval, learners to shift and order out again from the rounded counts."""
    n = shown["n_learners"].astype(float)
    # Where the share is said in words, the middle of what the words allow stands in for ordering.
    tail = (rules.smallest_count / 2) / n
    few = shown["mark"].map({protect.FEW: 1.0, protect.MOST: 0.0}).astype(float)
    rate = shown["rate"].fillna(few * tail + (1 - few) * (1 - tail)).astype(float)
    reference = shown["reference_rate"].astype(float).round(2)
    kept, prior = shown["kept"].astype(float).round(1), shown["prior"].astype(float).round(2)
    gap = (prior + kept * (rate - reference - prior)).round(2)
    own = (rate * n + 1) / (n + 2)
    doubt = own * (1 - own) / n + reference * (1 - reference) / shown["n_others"].astype(float)
    effect = shown["design_effect"].astype(float).round(1)
    half = (estimate.Z95 * np.sqrt(kept * effect * doubt)).astype(float)
    n_latest = protect.rounded(shown["n_latest"], rules.base)
    behind = np.ceil((-gap).clip(lower=0) * n_latest / rules.base) * rules.base
    return shown.assign(
        reference_rate=reference,
        gap=gap,
        gap_low=(gap - half).clip(lower=-1).round(2),
        gap_high=(gap + half).clip(upper=1).round(2),
        p_value=np.nan,
        q_value=np.nan,
        n_latest=n_latest,
        learners_to_shift=behind.where(shown["direction"] == "hurdle", 0),
        sure=shown["sure"].astype(float).round(1),
        kept=kept,
        prior=prior,
        n_others=protect.rounded(shown["n_others"], rules.base),
        design_effect=effect,
        notes=shown["notes"].str.replace(r"^\d+% sure to be beyond \d+%; ", "", regex=True),
    )


def _steps(evidence: Evidence, rules: Rules, provider: str) -> pd.DataFrame:
    """All learners at each step of each measure, in the latest year that the measure has there."""
    counted = evidence.counted
    if provider:
        counted = counted[counted["provider_id"] == provider]
    keys = [*STEP_KEYS, "year"]
    summed = counted.groupby(keys)[["n", "n_success"]].sum().reset_index()
    latest = summed["year"] == summed.groupby(STEP_KEYS)["year"].transform("max")
    table = _in_order(summed[latest], evidence)
    return protect.counts(table, rules, survey=_is_survey(evidence, table))


def _in_order(table: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """Rows in the order of the pathway, then of the catalogue."""
    steps = {stage.id: place for place, stage in enumerate(evidence.community.stages)}
    measures = {name: place for place, name in enumerate(evidence.community.measures)}
    order = table.assign(
        step=table["stage"].map(steps), which=table["measure"].map(measures)
    ).sort_values(["step", "which"], kind="stable")
    return order.drop(columns=["step", "which"]).reset_index(drop=True)


def _years(evidence: Evidence, found: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Each finding's own trajectory: the group in every year, before and after yardstick changes."""
    pieces = []
    for finding in found[found["kind"] == "gap"].itertuples():
        rows = _of(evidence.counted, finding.measure, finding.stages, finding.provider_id)
        rows = rows[_has(rows["profile"], finding.group)]
        summed = rows.groupby("year")[["n", "n_success"]].sum().reset_index()
        own = evidence.community.measures[finding.measure]
        period = [catalogue.period(own, year) for year in summed["year"]]
        pieces.append(summed.assign(rank=finding.rank, measure=finding.measure, period=period))
    columns = ["rank", "measure", "year", "period", "n", "n_success"]
    table = pd.concat(pieces, ignore_index=True)[columns] if pieces else _empty(columns)
    return protect.counts(table, rules, survey=_is_survey(evidence, table))


def _affected(evidence: Evidence, found: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Every single group at the measure and steps of each listed hurdle, in the finding's years."""
    pieces = []
    for finding in found[(found["direction"] == "hurdle") & (found["kind"] == "gap")].itertuples():
        rows = _of(evidence.counted, finding.measure, finding.stages, "")
        rows = rows[rows["year"].between(finding.year_min, finding.year_max)]
        by_group = measure.groups(rows, deepest=1)
        summed = by_group.groupby("group", sort=False)[["n", "n_success"]].sum().reset_index()
        pieces.append(summed.assign(rank=finding.rank, measure=finding.measure))
    columns = ["rank", "measure", "group", "n", "n_success"]
    table = pd.concat(pieces, ignore_index=True)[columns] if pieces else _empty(columns)
    table = table.sort_values(["rank", "group"], key=_group_place, kind="stable")
    return protect.counts(table, rules, survey=_is_survey(evidence, table))


def _group_place(column: pd.Series) -> pd.Series:
    """The order in which groups are always told: by attribute, ethnic groups as the catalogue has."""
    if column.name != "group":
        return column
    place = {f"ethnicity={name}": f"ethnicity={n:02d}" for n, name in enumerate(ethnicity.GROUPS)}
    return column.map(lambda group: place.get(group, group))


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
    ordinary = still.groupby("measure")[["n", "before", "after"]].sum()
    change = (ordinary["after"] - ordinary["before"]) / ordinary["n"]
    enough = ordinary["n"] >= rules.smallest_group
    before = protect.counts(steps.assign(n_success=steps["before"]), rules)
    after = protect.counts(steps.assign(n_success=steps["after"]), rules)
    return before[[*columns, "n"]].assign(
        before=before["n_success"],
        after=after["n_success"],
        rate_before=before["rate"],
        rate_after=after["rate"],
        ordinary_change=steps["measure"].map(change.where(enough)).round(2).to_numpy(),
        done=after["done"],
    )


def _flows(evidence: Evidence, rules: Rules) -> pd.DataFrame:
    """Learners at the end of each step over all years: stayed, moved, not seen again, new."""
    columns = ["leaving_step", "same_provider", "other_provider", "not_seen_again", "new_in_step"]
    keys = ["stage_before", "stage_after"]
    summed = evidence.flows.groupby(keys, sort=False)[columns].sum().reset_index()
    return protect.sizes(summed, columns, rules)


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
    return shown.rename(columns={"n": "eligible", "n_success": "assessed"})


def _candidates(evidence: Evidence, found: pd.DataFrame) -> pd.DataFrame:
    """Candidate challenges, drawn from the findings as this audience may see them."""
    return challenge.candidates(found, community=evidence.community)


def _knowledge(evidence: Evidence, found: pd.DataFrame) -> pd.DataFrame:
    """Claims beside findings; a finding that this audience may not see is not pointed to."""
    return challenge.local_knowledge(
        evidence.claims, found, evidence.counted, community=evidence.community
    )


def _plans(evidence: Evidence, rules: Rules) -> pd.DataFrame:
    """Targets of earlier plans beside what the same group reaches now."""
    table = challenge.monitored(evidence.counted, community=evidence.community)
    return protect.counts(table, rules)


def _providers(evidence: Evidence) -> pd.DataFrame:
    """Providers and their rolls, which are public already; where they stand is not needed."""
    hidden = ["latitude", "longitude", "source_file", "source_row"]
    order = [stage.id for stage in evidence.community.stages]
    there = evidence.counted.groupby("provider_id")["stage"].unique()
    steps = [
        " ".join(stage for stage in order if stage in there.get(provider, []))
        for provider in evidence.providers["provider_id"]
    ]
    providers = evidence.providers.drop(columns=hidden, errors="ignore")
    return providers.assign(steps=steps).reset_index(drop=True)


def _data(evidence: Evidence, rules: Rules) -> pd.DataFrame:
    """Rows in, used and set aside, and every kind of problem with what to do about it."""
    rows = evidence.rows.melt("table", var_name="what", value_name="count")
    rows = rows.assign(severity="", remedy="")
    problems = (
        evidence.problems.groupby(["severity", "rule", "remedy"], sort=True)["count"].sum()
        if len(evidence.problems)
        else pd.Series(dtype=int)
    )
    told = [
        {"table": "", "what": rule, "count": count, "severity": severity, "remedy": remedy}
        for (severity, rule, remedy), count in problems.items()
    ]
    table = pd.concat([rows, pd.DataFrame(told, columns=rows.columns)], ignore_index=True)
    return protect.sizes(table, ["count"], rules)


def _empty(columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
