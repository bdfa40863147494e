"""Look back: a section on earlier plans: whether targets were met, and what would have come by itself.

A target can be met though nothing has shifted, and something can have shifted though it is not met. So
both are said, and neither says why.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from colanalysis import describe, draw, explain, page
from colanalysis.describe import percent
from colanalysis.page import Html
from colanalysis.planning import shift, stand
from colanalysis.sealed import Release

MET = {
    shift.MET[0]: "Met",
    shift.MET[1]: "Not met",
    shift.MET[2]: "Cannot be known",
    shift.MET[3]: "Too near to tell",
    "": "Cannot be shown",
}
SHIFT = {
    shift.SHIFT[0]: "Shifted",
    shift.SHIFT[1]: "Moved away",
    shift.SHIFT[2]: "Cannot be told",
    shift.SHIFT[3]: "Cannot be known",
    "": "Cannot be shown",
}
SAID = (
    "Results move by themselves: other learners come, years differ, and a group that was picked because "
    "its share was low comes back a little in any case. What would have come without any shift is worked "
    "out from the group's own years and from groups beside it. Whether a plan made the difference cannot "
    "be seen here."
)
FEW = (
    "What would have come by itself cannot be worked out: too few learners, or too little of what the "
    "plan began with, may be told."
)
ASKED, LATER = "Asked for", 2


def plans(release: Release) -> Html:
    """Where the targets of earlier plans stand, beside what would have come without any shift."""
    table = release.tables["plans"]
    if table.empty:
        return page.paragraphs(
            ["No earlier plan is in community.toml. With a [[plan]] for each earlier target, this "
             "section says where it stands, and whether more has shifted than would by itself."]
        )  # fmt: skip
    pieces = [page.paragraphs([SAID]), _overview(table)]
    pieces.append(page.cards((row.challenge, _card(row, release)) for row in table.itertuples()))
    return Html("").join(pieces)


def _overview(table: pd.DataFrame) -> Html:
    shown = pd.DataFrame(
        {
            "challenge": table["challenge"],
            "baseline": [
                f"{row.baseline_n} of {row.baseline_of} ({row.baseline_year})"
                for row in table.itertuples()
            ],
            "target": [f"{percent(row.target)} by {row.target_year}" for row in table.itertuples()],
            "now": [
                f"{describe.cell(row)} ({row.year:.0f})" if row.mark != "c" else "c"
                for row in table.itertuples()
            ],
            "met": table["met"].map(MET),
            "shift": table["shift"].map(SHIFT),
        }
    )
    headings = {
        "challenge": "Earlier challenge",
        "baseline": "At the outset",
        "target": ASKED,
        "now": "Latest result",
        "met": "Target",
        "shift": "Beyond what comes by itself",
    }
    return page.table(shown, caption="Targets of earlier plans", headings=headings)


def _card(row: Any, release: Release) -> list[Html | str]:
    if not row.met:
        return [FEW, _years(row, release)]
    plans = release.tables["plans"]
    own = plans[plans["plan"] == row.plan]
    about = "" if row.done == "exact" else "about "
    said = stand.in_words(own.assign(of=own["n"], n=own["n_success"]), about=about)
    return [*said, _years(row, release)]


def _years(row: Any, release: Release) -> Html:
    """The plan's group year by year, and the way from its baseline to its target."""
    years = release.tables["plan_years"]
    own = years[(years["plan"] == row.plan) & (years["group"] == row.group)]
    if own["rate"].notna().sum() < LATER:
        return Html("")
    who = describe.learners(row.group) if row.group else "all learners"
    drawn = own.assign(series=who[:1].upper() + who[1:])
    if isinstance(row.baseline_n, int):
        ends = {row.baseline_year: row.baseline_n / row.baseline_of, row.target_year: row.target}
        asked = pd.DataFrame({"year": list(ends), "rate": list(ends.values()), "series": ASKED})
        drawn = pd.concat([drawn, asked], ignore_index=True)
    drawn = drawn.assign(break_after=False)
    shown = pd.DataFrame(
        {
            "year": [f"{year:.0f}" for year in own["year"]],
            **describe.published(own),
        }
    )
    headings = {"n": "Counted", "rate": "Succeed", "range": "95% range"}
    rule = release.about["measures"][row.measure]["success"]
    return page.figure(
        draw.trend(drawn[["year", "series", "rate", "low", "high", "break_after"]]),
        title="Year by year, and what was asked for",
        subtitle=f"Share {rule}",
        table=page.table(shown, caption=f"{row.challenge}: year by year", headings=headings),
        note="Each year has its own learners: this does not follow the same ones.",
        reading=explain.trend(next(own.itertuples()), drawn["series"].iloc[0]),
    )
