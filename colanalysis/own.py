"""Own: what a provider's report shows first, its own learners beside all others of the community.

Never beside another provider, and never in an order of providers: those at the same step are taken
together, as one.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from colanalysis import describe, draw, page, trace
from colanalysis.describe import percent
from colanalysis.page import Html
from colanalysis.sealed import Release
from colanalysis.terms.labels import label

STEP = ["measure", "stage", "year"]
EARLY = "ece"
HOW_TO_READ = (
    "Each step stands beside all other learners of the community at the same step, counted as one "
    "whichever provider they are at, and not where they would be too few. Who learns here is not who "
    "learns elsewhere, so a difference is a question to look into and no verdict. Each measure has its "
    "own yardstick: compare a measure with itself."
)


def here(release: Release) -> Html:
    """What is found at the provider, its steps beside the others, its years; "" for a community."""
    about = release.about
    if not about["provider"]:
        return Html("")
    first = about["settings"]["language_order"].partition("-")[0]
    heading = page.heading(2, label("section.own"), anchor="own", first=first)
    if release.tables["steps"].empty:
        return heading + _nothing_counted(release)
    return Html("").join([heading, _found(release), _steps(release), _years(release)])


def steps(release: Release) -> pd.DataFrame:
    """The provider's own steps, each with all others of the community together, where they are told.

    Numbers of the others have names that end in ``_others``, those of how many were assessed of
    those who could have been in ``_assessed``.
    """
    coverage = release.tables["coverage"]
    assessed = coverage.loc[coverage["group"] == "", [*STEP, "rate", "mark"]]
    return (
        release.tables["steps"]
        .merge(release.tables["others"], how="left", on=STEP, suffixes=("", "_others"))
        .merge(assessed, how="left", on=STEP, suffixes=("", "_assessed"))
    )


def findings(release: Release) -> pd.DataFrame:
    """What was found at the provider itself, successes first."""
    found = release.tables["findings"]
    own = found[found["provider_id"] == release.about["provider"]]
    return own.sort_values("direction", ascending=False, kind="stable")


def _name(release: Release) -> str:
    about = release.about
    return str(about["providers"][about["provider"]])


def _nothing_counted(release: Release) -> Html:
    """What a page can say to a provider of whose learners there are no results."""
    said = page.paragraphs(
        [
            f"There are no results of learners at {_name(release)} in this data, so this page can say "
            "nothing about them. All below is of the whole community."
        ]
    )
    providers = release.tables["providers"].set_index("provider_id")
    if providers.loc[release.about["provider"], "type"] != EARLY:
        return said
    first, *later = release.about["stages"]
    near = {first, *later[:1]}
    found = release.tables["findings"]
    found = found[found["provider_id"] == ""]
    found = found[[bool(near & set(stages.split())) for stages in found["stages"]]]
    if found.empty:
        return said
    return said + (
        page.paragraphs(
            ["Found in the community where children come from early learning to school:"]
        )
        + _sentences(found.sort_values("direction", ascending=False, kind="stable"), release)
    )


def _found(release: Release) -> Html:
    own, name = findings(release), _name(release)
    if own.empty:
        return page.paragraphs(
            [
                f"Nothing at {name} stands out from the others by itself, neither a success nor a "
                "hurdle, that could not be chance. Of few learners only a large difference would "
                "stand out. What was found in the whole community is told further down; it may "
                f"well be met at {name} too."
            ]
        )
    return page.paragraphs([f"Found at {name} itself, by the same rules as everywhere:"]) + (
        _sentences(own, release)
    )


def _sentences(found: pd.DataFrame, release: Release) -> Html:
    return page.bullets(describe.sentence(row, release.about) for row in found.itertuples())


def _steps(release: Release) -> Html:
    """A chart and its table for each step of the pathway."""
    table = steps(release)
    by_step = [
        _at_step(str(stage), rows, release) for stage, rows in table.groupby("stage", sort=False)
    ]
    return Html("").join([page.paragraphs([HOW_TO_READ]), *by_step])


def _at_step(stage: str, table: pd.DataFrame, release: Release) -> Html:
    names = [describe.measure(name, release.about) for name in table["measure"]]
    shown = pd.DataFrame(
        {
            "measure": names,
            "year": [f"{year:.0f}" for year in table["year"]],
            "n": table["n"].map(describe.count),
            "rate": [describe.cell(row) for row in table.itertuples()],
            "range": [describe.limits(row) for row in table.itertuples()],
            "others": table["rate_others"].map(percent),
            "n_others": table["n_others"].map(_known),
            "assessed": [_assessed(row) for row in table.itertuples()],
        }
    )
    headings = {
        "n": "Learners counted", "rate": "Share who succeed", "range": "95% range",
        "others": "All others together", "n_others": "Others counted",
        "assessed": "Share assessed here",
    }  # fmt: skip
    title = f"{describe.stage(stage)}, here and elsewhere"
    numbers = page.table(shown, caption=f"{title}: every measure", headings=headings)
    drawn = pd.DataFrame(
        {
            "label": names,
            "rate": table["rate"],
            "reference": table["rate_others"],
            "low": table["low"],
            "high": table["high"],
            "direction": "own",
            "words": [describe.instead(row) for row in table.itertuples()],
        }
    )[(table["rate_others"].notna() & (table["mark"] != "c")).to_numpy()]
    if drawn.empty:
        return page.heading(3, title, anchor=f"own-{stage}") + numbers
    return page.figure(
        draw.gaps(drawn, reference="All others together"),
        title=title,
        subtitle=f"Share of learners at {_name(release)} who succeed, beside all other learners of the "
        "community at the same step, latest year",
        table=numbers,
        note="Drawn is what can be told of both; the table has every measure.",
    )


def _assessed(row: Any) -> str:
    """How many were assessed; x where nobody knows who could have been."""
    words = {"few": "fewer than 6", "most": "nearly all", "c": "c"}
    return words.get(row.mark_assessed) or percent(row.rate_assessed)


def _known(number: float) -> str:
    return "x" if math.isnan(number) else describe.count(number)


def _years(release: Release) -> Html:
    """The years of what was found at the provider, and what is not told of one provider."""
    gaps = findings(release)
    gaps = gaps[gaps["rank"].isin(release.tables["years"]["rank"])]
    figures = [trace.own_years(finding, release) for finding in gaps.itertuples()]
    elsewhere = page.paragraphs(
        [
            "Where learners come from and go to is told of the whole community, under the steps that "
            "learners take: those who move between two providers are mostly too few to be told of."
        ]
    )
    return Html("").join([*figures, elsewhere])
