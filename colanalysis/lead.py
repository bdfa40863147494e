"""Lead: sections on which roles there are beside each candidate, and how far the way is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from colanalysis import describe, page, share_out
from colanalysis.page import Html
from colanalysis.resourcing import roles
from colanalysis.sealed import Release

STATES = {"there": "There", "begun": "Begun", "not begun": "Not begun"}
HELD = {
    "held": "Held",
    "held twice": "Several roles for the same: agree who does what",
    "open": "Open: nobody holds it yet",
}


def leadership(release: Release) -> Html:
    """Which roles each candidate has across and within providers, and what is still to be agreed."""
    rows, listed = release.tables["candidates"], release.tables["leadership"]
    if rows.empty:
        return page.paragraphs(["Leadership can be agreed on once there is a challenge to lead."])
    if listed.empty:
        return page.bullets(_to_agree(row, release) for row in rows.itertuples())
    found = release.tables["findings"].set_index("rank")
    wanted = pd.DataFrame(
        {"rank": rows["rank"], "measure": found.loc[rows["rank"], "measure"].array}
    )
    met = [
        share_out.met_at(rank, release)[["provider_id"]].assign(rank=rank) for rank in rows["rank"]
    ]
    beside = roles.beside(listed, wanted, pd.concat(met))
    number = dict(zip(rows["rank"], rows["candidate"], strict=True))
    named = [
        f"{number[row.rank]:.0f}. {describe.measure(row.measure, release.about)}"
        for row in beside.itertuples()
    ]
    where = [
        "Across the community"
        if row.scope == "across"
        else describe.place(row.provider_id, release)
        for row in beside.itertuples()
    ]
    beside = beside.assign(candidate=named, where=where)
    there = beside[beside["verdict"] != "missing"]
    shown = pd.DataFrame(
        {
            "candidate": there["candidate"],
            "where": there["where"],
            "roles": there["roles"],
            "held_by": there["held_by"].mask(there["held_by"] == "", "–"),
            "verdict": there["verdict"].map(HELD),
        }
    )
    headings = {"held_by": "Held by", "verdict": "State"}
    table = page.table(
        shown, caption="Roles beside each candidate", headings=headings, row_headers=2
    )
    return table + page.bullets([*_nobody(beside), *_several(listed, release)])


def _nobody(beside: pd.DataFrame) -> Iterator[str]:
    """Where a candidate is met and no role is listed for it."""
    for candidate, rows in beside[beside["verdict"] == "missing"].groupby("candidate", sort=False):
        places = ", ".join(rows["where"]).replace("Across the", "across the")
        yield f"{candidate}: no role is listed yet for {places}. Is one needed there?"


def _to_agree(row: Any, release: Release) -> str:
    named = describe.kinds(share_out.met_at(row.rank, release)["type"])
    return (
        f"Candidate {row.candidate:.0f} is met at {named or 'no provider listed here'}. To agree: "
        "who leads it, in whose time, with whom in each of these places, and who is told how "
        "it goes."
    )


def _several(listed: pd.DataFrame, release: Release) -> list[str]:
    """Who carries several roles, which is a question of time and not of blame."""
    return [
        f"{row.held_by} ({describe.place(row.provider_id, release)}) holds {row.roles} roles: is there time "
        "for all of them?"
        for row in roles.several(listed).itertuples()
    ]


def way(release: Release) -> Html:
    """How far the community's folder has come on the way from partners to working together."""
    rows = release.tables["way"]
    shown = pd.DataFrame(
        {
            "stage": [f"{one}. {name}" for one, name in zip(rows["stage"], rows["name"], strict=True)],
            "produces": rows["produces"],
            "there": rows["there"].mask(rows["there"] == "", "–"),
            "lacking": rows["lacking"].mask(rows["lacking"] == "", "–"),
            "state": [
                f"{STATES[state]}: next" if following else STATES[state]
                for state, following in zip(rows["state"], rows["next"], strict=True)
            ],
        }
    )  # fmt: skip
    headings = {
        "produces": "What it produces",
        "there": "Is in the folder",
        "lacking": "Not in the folder",
    }
    said = (
        "A stage that shows nothing here may have been gone through all the same: this tells only what "
        "is written down in the community's folder."
    )
    table = page.table(shown, caption="Stages of the way", headings=headings)
    return table + page.paragraphs([said])
