"""Means: what can be put to work and by whom, as an audience may see it, with no number of its own.

Rolls are public. How many learners there are to shift at a provider follows from counts that were
decided and audited as its own report tells them; where none of those is told, neither is this.
"""

from __future__ import annotations

import pandas as pd

from colanalysis.evidence import Evidence
from colanalysis.resourcing import generated, need, stages

_SOURCES = ["source_file", "source_row"]


def brought(evidence: Evidence) -> pd.DataFrame:
    """What the rules of the community's folder bring each provider by its roll."""
    return generated.by_roll(evidence.rules, evidence.providers, year=evidence.year)


def to_shift(places: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Learners to shift at each provider where a hurdle of the whole community is met, in its latest year.

    ``places``: ``of_findings.places`` with what is told of them, by the ranks of ``found``.
    """
    latest = places.groupby(["rank", "provider_id"])["year"].transform("max")
    return need.at(places[places["year"] == latest], found)


def leadership(evidence: Evidence) -> pd.DataFrame:
    """Roles as they were listed."""
    return evidence.leadership.drop(columns=_SOURCES)


def way(evidence: Evidence) -> pd.DataFrame:
    """The stages of the way, and how far the folder has come on it."""
    community, targets = evidence.community, evidence.community.plans
    privacy = community.privacy
    facts = stages.facts(
        tables=dict(zip(evidence.rows["table"], evidence.rows["used"], strict=True)),
        leadership=evidence.leadership,
        protocol={
            "purpose": bool(privacy.purpose),
            "approver": bool(privacy.approver),
            "expires": bool(privacy.expires),
        },
        targets=[int(str(plan["baseline_year"])) for plan in targets],
        last_year=evidence.year,
    )
    return stages.come_to(facts)
