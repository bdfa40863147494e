"""Allot: a section on what can be put to work, where the candidate challenges are met, and how to share it."""

from __future__ import annotations

import pandas as pd

from colanalysis import describe, page, share_out
from colanalysis.page import Html
from colanalysis.sealed import Release


def resources(release: Release) -> Html:
    """What there is to put to work, where the candidate challenges are, and ways of sharing it."""
    listed, brought = release.tables["resources"], release.tables["brought"]
    if listed.empty and brought.empty:
        return page.paragraphs(
            ["No resources are listed. A table resources.csv with resource, unit and amount shows "
             "here what there is: hours, roles, rooms, people, funds, and who brings them. A table "
             "resource_rules.csv says what each provider's roll brings."]
        )  # fmt: skip
    parts = [_listed(listed, release)] if len(listed) else []
    parts += [_brought(brought, release)] if len(brought) else []
    parts += [
        page.paragraphs(
            ["Where: these providers have the learners that each candidate is about; at some of them "
             "nobody may have to shift. Sharing is not about equal shares: it is for the community to say "
             "which learners each hour should reach."]
        ),
        _where(release),
        share_out.ways(release),
    ]  # fmt: skip
    return Html("").join(parts)


def _listed(listed: pd.DataFrame, release: Release) -> Html:
    stays = listed["stays"].fillna(0).astype(float).clip(upper=listed["amount"].clip(lower=0))
    shown = pd.DataFrame(
        {
            "resource": listed["resource"],
            "amount": [_amount(amount) for amount in listed["amount"]],
            "unit": listed["unit"],
            "from": [describe.place(one, release) for one in listed["generated_by"]],
            "stays": [_amount(amount) for amount in stays],
            "shared": [_amount(amount) for amount in listed["amount"] - stays],
        }
    )
    headings = {"from": "Brought by", "stays": "Stays there", "shared": "Is shared"}
    return page.table(shown, caption="What can be put to work", headings=headings)


def _brought(brought: pd.DataFrame, release: Release) -> Html:
    shown = pd.DataFrame(
        {
            "provider": [describe.place(one, release) for one in brought["provider_id"]],
            "resource": brought["resource"],
            "amount": [_amount(amount) for amount in brought["amount"]],
            "unit": brought["unit"],
            "stays": [_amount(amount) for amount in brought["stays"]],
            "shared": [_amount(amount) for amount in brought["shared"]],
            "rule": [
                row.rule if row.in_force else f"{row.rule} (not in force: what would be)"
                for row in brought.itertuples()
            ],
        }
    )
    headings = {"stays": "Stays there", "shared": "Is shared"}
    return page.table(shown, caption="What each roll brings by rule", headings=headings)


def _where(release: Release) -> Html:
    found = release.tables["findings"].set_index("rank")
    rows = []
    for row in release.tables["candidates"].itertuples():
        hurdle = found.loc[row.rank]
        rows.append(
            {
                "candidate": f"{row.candidate:.0f}. "
                f"{describe.measure(hurdle['measure'], release.about)}",
                "shift": describe.count(hurdle["learners_to_shift"]),
                "where": ", ".join(share_out.met_at(row.rank, release)["name"]) or "x",
            }
        )
    if not rows:
        return page.paragraphs(["There is no candidate challenge to lay resources beside yet."])
    headings = {"candidate": "Candidate", "shift": "Learners to shift a year", "where": "Met at"}
    return page.table(
        pd.DataFrame(rows), caption="Where candidate challenges are met", headings=headings
    )


def _amount(amount: float) -> str:
    return "x" if pd.isna(amount) else f"{amount:,.10g}"
