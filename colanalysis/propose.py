"""Propose: what a community can put on the table from its evidence, and what only it can say.

Candidate challenges, resources, leadership and local knowledge: the numbers come from the release,
the decisions stay with the community. Nothing is filled in on its behalf.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from colanalysis import describe, page
from colanalysis.describe import percent
from colanalysis.page import Html
from colanalysis.sealed import Release

INQUIRY = (
    "What do teachers, learners and whānau notice here, and is it what was expected?",
    "What is known already about why, how is it known, and what is still missing?",
    "Who reads this differently, and what would they want to look at?",
)
VERDICTS = {
    "agrees": "The data says the same",
    "disagrees": "The data points the other way",
    "not shown": "The data covers this and nothing stands out",
    "cannot be seen": "The numbers cannot see this",
}


def candidates(release: Release) -> Html:
    """Three to five candidate challenges as cards: evidence, what to build on, how to know."""
    found = release.tables["findings"]
    rows = release.tables["candidates"]
    if rows.empty:
        return page.paragraphs(
            ["The data proposes no challenge by itself. A challenge may still come from local "
             "knowledge, wellbeing or whānau: the next sections have room for it."]
        )  # fmt: skip
    by_rank = {int(row.rank): row for row in found.itertuples()}
    cards = page.cards(_card(row, by_rank, release) for row in rows.itertuples())
    return page.paragraphs(["Of each candidate, ask together:"]) + page.bullets(INQUIRY) + cards


def _card(row: Any, by_rank: dict[int, Any], release: Release) -> tuple[str, list[Html | str]]:
    about, hurdle = release.about, by_rank[int(row.rank)]
    parts: list[Html | str] = [
        page.definitions(
            [
                ("Evidence", describe.sentence(hurdle, about)),
                ("How sure", describe.how_sure(hurdle)),
                ("To build on", _named(row.build_on, by_rank, release, "Nothing was found that "
                 "goes well on this measure or step: ask where it does, here or elsewhere.")),
                ("Met at the same step", _named(row.conditions, by_rank, release, "No hurdle of "
                 "attendance, wellbeing, engagement or participation was found there.")),
                ("How progress would be known", _progress(hurdle, about)),
                ("The story of what will happen", "For the community to write: what, by whom, from "
                 "when, and why it is believed to lead to success."),
            ]
        ),
    ]  # fmt: skip
    return f"{row.candidate:.0f}. {describe.title(hurdle, about)}", parts


def _named(ranks: str, by_rank: dict[int, Any], release: Release, otherwise: str) -> str:
    named = [describe.title(by_rank[int(rank)], release.about) for rank in ranks.split()[:4]]
    return "; ".join(named) if named else otherwise


def _progress(hurdle: Any, about: Any) -> str:
    measure = about["measures"][hurdle.measure]
    said = (
        f"Share {measure['success']}, now {describe.share(hurdle)}; to reach "
        f"{percent(hurdle.reference_rate)}, about {hurdle.learners_to_shift:,.0f} more of about "
        f"{hurdle.n_latest:,.0f} learners a year would have to succeed."
    )
    since = [year for year, _ in measure["breaks"] if hurdle.year_max < year <= about["year"]]
    if since:
        said += f" The yardstick changed in {since[-1]}: a target has to start from the new one."
    return said


def plans(release: Release) -> Html:
    """Where the targets of earlier plans stand."""
    table = release.tables["plans"]
    if table.empty:
        return page.paragraphs(
            ["No earlier plan is in community.toml. With a [[plan]] for each earlier target, this "
             "section says where it stands."]
        )  # fmt: skip
    shown = pd.DataFrame(
        {
            "challenge": table["challenge"],
            "baseline": [f"{r.baseline_n} of {r.baseline_of} ({r.baseline_year})"
                         for r in table.itertuples()],
            "target": [f"{percent(r.target)} by {r.target_year}" for r in table.itertuples()],
            "now": [f"{describe.percent(r.rate)} ({r.year:.0f})" if not r.mark else "c"
                    for r in table.itertuples()],
            "verdict": [_met(r) for r in table.itertuples()],
        }
    )  # fmt: skip
    headings = {
        "challenge": "Earlier challenge",
        "now": "Latest result",
        "verdict": "Where it stands",
    }
    return page.table(shown, caption="Targets of earlier plans", headings=headings)


def _met(row: Any) -> str:
    if not row.same_yardstick:
        return "Cannot be said: the yardstick changed in between"
    if row.mark or row.rate != row.rate:
        return "Cannot be shown: too few learners"
    return "Reached" if row.rate >= row.target else "Not reached yet"


def resources(release: Release) -> Html:
    """What there is to put to work, and where the candidate challenges are."""
    table = release.tables["resources"]
    if table.empty:
        return page.paragraphs(
            ["No resources are listed. A table resources.csv with resource, unit and amount shows "
             "here what there is: hours, roles, rooms, people, funds, and who brings them."]
        )  # fmt: skip
    names = release.about["providers"]
    shown = pd.DataFrame(
        {
            "resource": table["resource"],
            "amount": [f"{amount:g}" if amount == amount else "x" for amount in table["amount"]],
            "unit": table["unit"],
        }
    )
    if "generated_by" in table:
        shown["from"] = [names.get(one, one) or "the community" for one in table["generated_by"]]
    parts = [
        page.table(shown, caption="What can be put to work", headings={"from": "Brought by"}),
        page.paragraphs(
            ["Where: each candidate challenge below is met at these providers. Sharing is not about "
             "equal shares: it is for the community to say which learners each hour should reach."]
        ),
        _where(release),
    ]  # fmt: skip
    return Html("").join(parts)


def _where(release: Release) -> Html:
    found = release.tables["findings"].set_index("rank")
    rows = []
    for row in release.tables["candidates"].itertuples():
        hurdle = found.loc[row.rank]
        rows.append(
            {
                "candidate": f"{row.candidate:.0f}. "
                f"{describe.measure(hurdle['measure'], release.about)}",
                "shift": f"{hurdle['learners_to_shift']:,.0f}",
                "where": ", ".join(_met_at(row.rank, release)["name"]) or "x",
            }
        )
    if not rows:
        return page.paragraphs(["There is no candidate challenge to lay resources beside yet."])
    headings = {"candidate": "Candidate", "shift": "Learners to shift a year", "where": "Met at"}
    return page.table(
        pd.DataFrame(rows), caption="Where candidate challenges are met", headings=headings
    )


def _met_at(rank: int, release: Release) -> pd.DataFrame:
    """The providers with results at the steps of a finding."""
    found, providers = release.tables["findings"], release.tables["providers"]
    steps = set(found.loc[found["rank"] == rank, "stages"].item().split())
    return providers[[bool(steps & set(teaches.split())) for teaches in providers["steps"]]]


def leadership(release: Release) -> Html:
    """Which providers each candidate would need leaders from, and what is still to be agreed."""
    rows = release.tables["candidates"]
    if rows.empty:
        return page.paragraphs(["Leadership can be agreed on once there is a challenge to lead."])
    said = []
    for row in rows.itertuples():
        named = describe.kinds(_met_at(row.rank, release)["type"])
        said.append(
            f"Candidate {row.candidate:.0f} is met at {named or 'no provider listed here'}. To agree: "
            "who leads it, in whose time, with whom in each of these places, and who is told how "
            "it goes."
        )
    return page.bullets(said)


def local_knowledge(release: Release) -> Html:
    """Every claim beside the data: where they agree, where they differ, what numbers cannot see."""
    table = release.tables["knowledge"]
    if table.empty:
        return page.paragraphs(
            ["No local knowledge is written down yet. A table local_knowledge.csv with claim, "
             "source (a role) and direction puts what people know beside what the data says."]
        )  # fmt: skip
    by_rank = {int(row.rank): row for row in release.tables["findings"].itertuples()}
    shown = pd.DataFrame(
        {
            "claim": table["claim"],
            "source": table["source"],
            "verdict": table["verdict"].map(VERDICTS),
            "finding": [
                describe.title(by_rank[int(rank)], release.about) if rank else "–"
                for rank in table["rank"]
            ],
        }
    )
    headings = {"source": "Said by", "verdict": "Beside the data", "finding": "Finding"}
    return page.table(shown, caption="Local knowledge beside the data", headings=headings)
