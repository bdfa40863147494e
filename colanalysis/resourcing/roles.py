"""Roles: who leads what across and within providers, laid beside the challenges they are needed for."""

from __future__ import annotations

import pandas as pd

SCOPES = ("across", "within")
COLUMNS = ["rank", "measure", "scope", "provider_id", "verdict", "roles", "held_by"]


def beside(
    leadership: pd.DataFrame, candidates: pd.DataFrame, places: pd.DataFrame
) -> pd.DataFrame:
    """For each challenge: the role across, and the role within at each provider where it is met.

    ``leadership``: role, scope, provider_id, measure (blank serves every challenge), held_by (a role;
    blank is open). ``candidates``: rank, measure. ``places``: rank, provider_id. Columns:
    ``COLUMNS``; verdicts: ``held``, ``held twice`` (several roles for the same), ``open`` (a role
    that nobody holds), ``missing`` (no role).
    """
    rows = []
    for one in candidates.itertuples():
        met = places.loc[places["rank"] == one.rank, "provider_id"]
        for scope, provider in [("across", ""), *(("within", place) for place in met)]:
            there = leadership[
                (leadership["scope"] == scope) & leadership["measure"].isin(["", one.measure])
            ]
            if scope == "within":
                there = there[there["provider_id"] == provider]
            # Who leads every challenge is no second leader of this one.
            own = there[there["measure"] != ""]
            there = own if len(own) else there
            held = there[there["held_by"] != ""]
            rows.append(
                {
                    "rank": one.rank,
                    "measure": one.measure,
                    "scope": scope,
                    "provider_id": provider,
                    "verdict": _verdict(len(there), len(held)),
                    "roles": "; ".join(there["role"]),
                    "held_by": "; ".join(held["held_by"]),
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def _verdict(roles: int, held: int) -> str:
    if held > 1:
        return "held twice"
    if held:
        return "held"
    return "open" if roles else "missing"


def several(leadership: pd.DataFrame) -> pd.DataFrame:
    """Who holds more than one role at the same provider: held_by, provider_id, roles (how many)."""
    held = leadership[leadership["held_by"] != ""]
    counted = held.groupby(["held_by", "provider_id"], sort=True).size().rename("roles")
    return counted[counted > 1].reset_index()
