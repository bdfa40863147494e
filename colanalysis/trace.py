"""Trace the pathway: all learners step by step, the same learners across a step, groups by year."""

from __future__ import annotations

from typing import Any

import pandas as pd

from colanalysis import describe, draw, explain, page
from colanalysis.describe import percent
from colanalysis.page import Html
from colanalysis.sealed import Release

IN_CHART = 8
PICTURES = {
    "Achievement and progress": ("achievement", "progress"),
    "Participation, attendance and engagement": ("participation", "attendance", "engagement"),
    "Wellbeing": ("wellbeing",),
}


def pathway(release: Release) -> Html:
    """All learners at every step of every measure, a picture for domains that belong together."""
    table, about = release.tables["steps"], release.about
    if table.empty:
        return page.paragraphs(["No results along the pathway are in this data yet."])
    domain = table["measure"].map({name: m["domain"] for name, m in about["measures"].items()})
    return Html("").join(
        _pathway_of(table[domain.isin(domains)], name, release)
        for name, domains in PICTURES.items()
        if domain.isin(domains).any()
    )


def transitions(release: Release) -> Html:
    """The same learners before and after each step."""
    table, about = release.tables["transitions"], release.about
    if table.empty:
        return page.paragraphs(
            ["No learner has a result of one measure on both sides of a step, so a step cannot be "
             "judged yet. It takes the same measure in the last year before it and the first after."]
        )  # fmt: skip
    drawn = pd.DataFrame(
        {
            "step": [
                f"{describe.measure(row.measure, about)}: {describe.step(row)}"
                for row in table.itertuples()
            ],
            "before": table["rate_before"],
            "after": table["rate_after"],
            "ordinary": table["rate_before"] + table["ordinary_change"],
        }
    )
    shown = drawn[["step"]].assign(
        n=table["n"].map(describe.count),
        **{name: drawn[name].map(percent) for name in ("before", "after", "ordinary")},
    )
    headings = {"n": "Learners", "before": "Before", "after": "After", "ordinary": "Usual after"}
    numbers = page.table(
        shown, caption="The same learners before and after a step", headings=headings
    )
    moved = (drawn["after"] - drawn["ordinary"]).abs().fillna(0)
    most = moved.sort_values(ascending=False, kind="stable").index[:IN_CHART]
    return page.figure(
        draw.flow(drawn.loc[sorted(most)]),
        title="What changes when learners take a step",
        subtitle=f"Share of the same learners who succeed, {_everywhere(release)}",
        table=numbers,
        note="Usual: what the ordinary change from one year to the next within a step would give. "
        "Drawn are the steps that differ most from it; the table has all of them.",
        reading=explain.flow(table.loc[min(most)], release),
    )


def flows(release: Release) -> Html:
    """Who stays, moves on and is not seen again at the end of each step."""
    table = release.tables["flows"]
    if table.empty:
        return page.paragraphs(["It takes enrolments of two years to see who takes a step."])
    names = ["leaving_step", "same_provider", "other_provider", "not_seen_again", "new_in_step"]
    shown = pd.DataFrame(
        {
            "step": [describe.step(row) for row in table.itertuples()],
            **{name: table[name].map(describe.count) for name in names},
        }
    )
    headings = {
        "leaving_step": "Ended the step",
        "same_provider": "Went on at the same provider",
        "other_provider": "Went on elsewhere in the community",
        "not_seen_again": "Not seen again here",
        "new_in_step": "New in the next step",
    }
    return page.table(
        shown,
        caption=f"Learners at the end of each step, {_everywhere(release)}",
        headings=headings,
    )


def affected(release: Release) -> Html:
    """For each candidate challenge, its group's own years, and every group at that step."""
    found, table = release.tables["findings"], release.tables["affected"]
    ranks = list(release.tables["candidates"]["rank"])
    pieces = []
    for finding in found[found["rank"].isin(ranks)].itertuples():
        rows = table[(table["rank"] == finding.rank) & (table["mark"] != "c")]
        if len(rows):
            pieces += [own_years(finding, release), _every_group(finding, rows, release)]
    if not pieces:
        return page.paragraphs(["No hurdle of a group was found, so there is none to look into."])
    return Html("").join(pieces)


def _everywhere(release: Release) -> str:
    """The years, and that these are the whole community's learners where the page is a provider's."""
    return f"whole community, {release.period}" if release.about["provider"] else release.period


def _here(release: Release) -> str:
    """Where the learners are whom a provider's page counts."""
    name = release.about["providers"].get(release.about["provider"])
    return f" at {name}" if name else ""


def own_years(finding: Any, release: Release) -> Html:
    """The group of a finding year by year, beside all learners of its steps."""
    years = release.tables["years"]
    years = years[years["rank"] == finding.rank]
    who = release.about["providers"].get(finding.provider_id) or describe.learners(finding.group)
    names = {"group": who[:1].upper() + who[1:], "all": "All learners"}
    changes = years["period"] != years.groupby("who")["period"].shift(-1).fillna(years["period"])
    drawn = years.assign(series=years["who"].map(names), break_after=changes)
    shown = pd.DataFrame(
        {
            "year": [f"{year:.0f}" for year in years["year"]],
            "who": drawn["series"],
            **describe.published(years),
        }
    )
    title = describe.title(finding, release.about)
    headings = {"who": "Learners", "n": "Counted", "rate": "Succeed", "range": "95% range"}
    return page.figure(
        draw.trend(drawn[["year", "series", "rate", "low", "high", "break_after"]]),
        title=title,
        subtitle=f"Share {release.about['measures'][finding.measure]['success']}, year by year",
        table=page.table(shown, caption=f"{title}: year by year", headings=headings, row_headers=2),
        note="Each year has its own learners: this does not follow the same ones.",
        reading=explain.trend(next(drawn.itertuples()), drawn["series"].iloc[0]),
    )


def _every_group(finding: Any, rows: pd.DataFrame, release: Release) -> Html:
    shown = pd.DataFrame(
        {
            "group": rows["group"].map(describe.group_label),
            **describe.published(rows),
        }
    )
    rule = release.about["measures"][finding.measure]["success"]
    name = f"{describe.measure(finding.measure, release.about)}, {describe.steps(finding)}"
    headings = {"n": "Results counted", "rate": f"Share {rule}", "range": "95% range"}
    caption = f"{name}, {describe.years(finding)}: every group of learners"
    return page.table(shown, caption=caption, headings=headings)


def _pathway_of(rows: pd.DataFrame, name: str, release: Release) -> Html:
    about = release.about
    rows = rows.assign(
        step=rows["stage"].map(describe.stage),
        name=[describe.measure(name, about) for name in rows["measure"]],
        words=[describe.instead(row) for row in rows.itertuples()],
    )
    drawn = rows[["step", "name", "rate", "low", "high", "words"]].rename(
        columns={"name": "measure"}
    )
    shown = pd.DataFrame(
        {
            "step": rows["step"],
            "name": rows["name"],
            "year": [f"{year:.0f}" for year in rows["year"]],
            **describe.published(rows),
        }
    )
    headings = {
        "name": "Measure", "year": "Latest year", "n": "Learners", "rate": "Share who succeed",
        "range": "95% range",
    }  # fmt: skip
    figure = page.figure(
        draw.pathway(drawn),
        title=f"{name} along the pathway",
        subtitle=f"Share of all learners{_here(release)} who succeed, latest year of each measure",
        table=page.table(shown, caption=f"{name}, all learners", headings=headings, row_headers=2),
        note="Each measure has its own yardstick, told at the end of the page: compare a measure "
        "with itself, step to step.",
        reading=explain.pathway(next(rows.itertuples()), release),
    )
    return figure + page.paragraphs(describe.judged(release, of=set(rows["measure"])))
