"""Accompany: what stands beside the findings on a page, as an audience may see it.

Claims from local knowledge, resources, providers, and how the data was read.
"""

from __future__ import annotations

import pandas as pd

from colanalysis import challenge, protect
from colanalysis.evidence import Evidence
from colanalysis.protect import Rules
from colanalysis.terms.labels import plain

UNQUOTED = "A claim that is not to be told without asking"
KEPT_BACK = "kept back"
SOURCES = ["source_file", "source_row"]


def knowledge(evidence: Evidence, found: pd.DataFrame, rules: Rules, provider: str) -> pd.DataFrame:
    """Claims beside findings; a finding that this audience may not see is not pointed to.

    A claim is told only where its consent begins with yes; of any other there is a row that says so
    and nothing else, neither who said it nor what it is about. Where a provider's hurdles are not
    shown, it cannot be said either that there is none.
    """
    table = challenge.local_knowledge(
        evidence.claims, found, evidence.counted, community=evidence.community
    )
    elsewhere = ~evidence.claims["provider_id"].isin(["", provider]).to_numpy()
    untold = (table["verdict"] == "not shown") & elsewhere & (not rules.exact)
    told = table.assign(verdict=table["verdict"].mask(untold, "cannot be seen"))
    agreed = evidence.claims["consent"].map(lambda said: plain(said).startswith("yes"))
    agreed = agreed.astype(bool).to_numpy()
    nothing = {**dict.fromkeys(told, ""), "claim": UNQUOTED, "verdict": KEPT_BACK, "rank": 0}
    return told.assign(**{name: told[name].where(agreed, nothing[name]) for name in told})


def resources(evidence: Evidence) -> pd.DataFrame:
    """What can be put to work, as it was listed."""
    return evidence.resources.drop(columns=SOURCES)


def providers(evidence: Evidence) -> pd.DataFrame:
    """Providers and their rolls, which are public already; where they stand is not needed."""
    hidden = ["latitude", "longitude", *SOURCES]
    order = [stage.id for stage in evidence.community.stages]
    there = evidence.counted.groupby("provider_id")["stage"].unique()
    steps = [
        " ".join(stage for stage in order if stage in there.get(provider, []))
        for provider in evidence.providers["provider_id"]
    ]
    providers = evidence.providers.drop(columns=hidden, errors="ignore")
    return providers.assign(steps=steps).reset_index(drop=True)


def data(evidence: Evidence, rules: Rules) -> pd.DataFrame:
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
    return protect.sizes(table, ["count"], rules, smallest=rules.smallest_count)
