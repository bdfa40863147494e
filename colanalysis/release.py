"""Release: seal what an audience may see of a community's evidence, and nothing else.

Nothing exact passes except for an audience that the community's own protocol allows it. Releases
are not yet audited against one another; the report says so.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from dataclasses import asdict

from colanalysis import __version__
from colanalysis.errors import UsageError
from colanalysis.evidence import Evidence
from colanalysis.publishing import protect, publish
from colanalysis.sealed import Release

AUDIENCES = ("public", "governance")


def seal(evidence: Evidence, *, audience: str = "public", provider: str = "") -> Release:
    """Make the release of one audience, for the whole community or for one provider.

    UsageError for an unknown audience or provider, and for ``governance`` without a protocol that
    names a purpose and an approver and is still in force.
    """
    _admit(evidence, audience, provider)
    rules = protect.rules_for(audience, evidence.community.settings)
    tables = publish.tables(evidence, rules, provider=provider)
    return Release(_about(evidence, audience, provider), tables)


def _admit(evidence: Evidence, audience: str, provider: str) -> None:
    if audience not in AUDIENCES:
        raise UsageError(f"Unknown audience {audience!r}. Expected one of: {', '.join(AUDIENCES)}.")
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
        "first_year": evidence.first_year,
        "grouped": bool(evidence.counted["profile"].ne("").any()),
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
