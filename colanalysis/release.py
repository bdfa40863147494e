"""Release: seal what an audience may see of a community's evidence, and nothing else.

All reports of a community are decided and audited together, once; a release is what one audience is
told of them. Nothing exact passes except for an audience that the community's own protocol allows it.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Collection
from dataclasses import asdict
from functools import lru_cache

from colanalysis import __version__, custody, protect
from colanalysis.errors import UsageError
from colanalysis.evidence import Evidence
from colanalysis.protect import Rules
from colanalysis.publishing import decide, publish
from colanalysis.publishing.decide import Decided, Told
from colanalysis.sealed import Release
from colanalysis.terms.settings import Community

NOTHING = Decided.nothing()
PUBLIC, GOVERNANCE, PROVIDER = AUDIENCES = ("public", "governance", "provider")


def seal(
    evidence: Evidence,
    *,
    audience: str = PUBLIC,
    provider: str = "",
    before: Decided = NOTHING,
) -> Release:
    """Make the release of one audience, for the whole community or for one provider.

    ``public`` is what anybody may see; ``governance`` sees everything exactly; ``provider`` sees
    what is that provider's own exactly and all else as the public does. ``before``: what has been told
    of the same learners (``ledger.admit``), which stays as it is. UsageError for an unknown audience
    or provider, and for exact numbers without a protocol that names a purpose and an approver and is
    still in force; ReleaseError where what would be published cannot be made safe.
    """
    admit(evidence.community, list(evidence.providers["provider_id"]), audience, provider)
    told = told_to(GOVERNANCE if audience == GOVERNANCE else PUBLIC, evidence, before)
    if audience == PROVIDER:
        told = decide.with_own(told, evidence, provider)
    tables = publish.tables(evidence, told, provider)
    return Release(_about(evidence, audience, provider, told), tables)


@lru_cache(maxsize=2)
def told_to(audience: str, evidence: Evidence, before: Decided) -> Told:
    """Every number of all of a community's reports: exact for governance, else audited together.

    Of a made-up community nothing can be given away, and its page says that it was not audited.
    """
    by = rules(audience, evidence.community)
    if by.exact or evidence.community.made_up:
        return decide.by_rules(evidence, by)
    return decide.told(evidence, by, before)


def rules(audience: str, community: Community) -> Rules:
    """What an audience may see of a community: by its settings, rounded by its key."""
    return protect.rules_for(audience, community.settings, custody.keys(community).round)


def admit(community: Community, known: Collection[str], audience: str, provider: str) -> None:
    """Refuse what ``seal`` refuses by its words alone: ``known`` are the ids of all providers."""
    if audience not in AUDIENCES:
        raise UsageError(f"Unknown audience {audience!r}. Expected one of: {', '.join(AUDIENCES)}.")
    if provider and provider not in known:
        raise UsageError(
            f"Unknown provider {provider!r}. This community has: {', '.join(known)}. "
            "Give one of these ids, or leave the provider out for the whole community."
        )
    if audience == PROVIDER and not provider:
        raise UsageError(
            "A provider's own report was asked for without saying whose. "
            f"This community has: {', '.join(known)}. Give one of these ids (--provider)."
        )
    privacy = community.privacy
    if audience != PUBLIC:
        if not (privacy.purpose and privacy.approver and privacy.expires):
            raise UsageError(
                f"A {audience} report shows exact numbers and needs a protocol. Fill in purpose, "
                "approver and expires under [privacy] in community.toml, or make a public report."
            )
        if privacy.expires < datetime.date.today():  # noqa: DTZ011 (a protocol ends on a local day)
            raise UsageError(
                f"The protocol in community.toml ended on {privacy.expires}. Agree on it again and "
                "set a new date under [privacy], or make a public report."
            )


def _about(evidence: Evidence, audience: str, provider: str, told: Told) -> dict[str, object]:
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
        "sections": None if community.sections is None else list(community.sections),
        "comparisons": _about_as_many(len(evidence.looked_at)),
        "key": custody.keys(community).id,
        "audit": [
            row | {"protected": _about_as_many(row["protected"])}
            for row in told.decided.looked_at.to_dict("records")
        ],
        "version": __version__,
    }
    inputs = evidence.inputs[["file", "sha256"]].sort_values("file").to_numpy().tolist()
    sources = [asdict(source) for source in community.sources]  # how the files were read
    text = json.dumps([inputs, sources, about], sort_keys=True, default=str)
    secret = custody.keys(community).files
    return {
        **about,
        "fingerprint": custody.mark(text.encode(), secret)[:12],
    }


def _about_as_many(number: int) -> int:
    """A large number to two digits, so that it does not tell of single learners."""
    size = 10 ** max(len(str(number)) - 2, 0)
    return round(number / size) * size
