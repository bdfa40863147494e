"""Brief: the report on one sheet for boards and whānau, in plain words and learners.

The same release as the whole report, its first successes and challenges, and no word of statistics.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from colanalysis import deliver, describe, draw, page, show
from colanalysis.page import Html
from colanalysis.sealed import Release

MOST = 3
IN_CHART = 1
OTHERS = "other learners at the same step"


def in_short(release: Release) -> Html:
    """What was looked at, how much goes well and how much does not yet."""
    where = _where(release)
    if release.tables["findings"].empty:
        return page.paragraphs(
            [
                f"We looked at what the data tells about learners {where}. Nothing stands out in it "
                "that could not be chance."
            ]
        )
    good, hard = (len(show.found(release, way)) for way in ("success", "hurdle"))
    told = [
        f"We looked at how learners do {where}. {_things(good)} out as going well. "
        f"{_things(hard)} out where learners are not served well yet. The first few are here.",
        *_of_one_place(release),
        "The numbers do not say why.",
    ]
    return page.paragraphs([" ".join(told)])


def successes(release: Release) -> Html:
    """The first things that go well, a sentence each."""
    return _list(release, "success", "Nothing stands out as going better than elsewhere.")


def challenges(release: Release) -> Html:
    """The first things that do not go well yet, a sentence each."""
    return _list(release, "hurdle", "Nothing stands out as going less well than elsewhere.")


def picture(release: Release) -> Html:
    """One chart: these learners beside the others; "" where no share can be told as a number."""
    rows = [
        row
        for way in ("success", "hurdle")
        for row in show.found(release, way).head(IN_CHART).itertuples()
        if row.mark == ""
    ]
    if not rows:
        return Html("")
    bars = [
        bar
        for row in rows
        for bar in (
            {"label": f"{_what(row, release)}: {_who(row, release)}", "share": row.rate},
            {"label": f"{_what(row, release)}: {_beside(row)}", "share": row.reference_rate},
        )
    ]
    return page.figure(
        draw.coverage(pd.DataFrame(bars), what="who get there"),
        title="How many get there",
        subtitle="The first of each list, with the others beside them",
    )


def sentence(finding: Any, release: Release) -> str:
    """One plain sentence of a finding, in learners."""
    what, who = _what(finding, release), _who(finding, release)
    rule = release.about["measures"][finding.measure]["success"]
    if finding.kind == "transition":
        way = "fewer" if finding.direction == "hurdle" else "more"
        return (
            f"{what}: when learners move on from {describe.steps(finding)}, "
            f"{way} of them are {rule} than we could hope: {_many(finding)}, where "
            f"{_of_hundred(finding.reference_rate)} could be hoped for."
        )
    served = {
        "success": f"{what} goes well for {who}",
        "hurdle": f"{what} does not serve {who} well yet",
    }[finding.direction]
    beside = {
        "gap": f"{_of_hundred(finding.reference_rate)} {OTHERS}",
        "level": f"{_of_hundred(finding.reference_rate)} were hoped for",
    }[finding.kind]
    return f"{served}: {_many(finding)} are {rule}, and {beside}."


def local_knowledge(release: Release) -> Html:
    """What people here know beside what was counted, in a line."""
    table = release.tables["knowledge"]
    if table.empty:
        return page.paragraphs(
            ["Nobody has written down yet what people here know. Please tell us."]
        )
    many = table["verdict"].value_counts()
    same, other = int(many.get("agrees", 0)), int(many.get("disagrees", 0))
    return page.paragraphs(
        [
            f"People here have told us {len(table)} things that they know. In {same} of them the data "
            f"says the same. In {other} it says something else, and neither is right by itself. About "
            "the rest it says nothing."
        ]
    )


def more(release: Release) -> Html:
    """Where the whole report is, and how learners are kept safe on this page."""
    safe = "Small groups are left out, and numbers are rounded. So no child can be known from this page."
    if release.about["audience"] != "public":
        safe = "Please do not pass this page on. It is for those who may see these numbers."
    whole = Html(
        '<p class="one-sheet">All numbers, and how they were made, are in the whole report: '
        '<a href="{0}">{0}</a>, beside this page. {1}</p>'
    )
    return whole.format(deliver.PAGE, safe)


def _list(release: Release, way: str, nothing: str) -> Html:
    rows = show.found(release, way).head(MOST)
    if rows.empty:
        return page.paragraphs([nothing])
    return page.bullets(sentence(row, release) for row in rows.itertuples())


def _where(release: Release) -> str:
    about = release.about
    first, last = about["first_year"], about["year"]
    if last is None:
        return f"in {about['name']}"
    return f"in {about['name']} " + (f"from {first} to {last}" if first < last else f"in {last}")


def _of_one_place(release: Release) -> list[str]:
    """On a provider's page, that what is of the provider itself comes first."""
    about = release.about
    name = about["providers"].get(about["provider"])
    if not name:
        return []
    if (release.tables["findings"]["provider_id"] == about["provider"]).any():
        return [f"In each list, what was found at {name} comes first."]
    return [f"Nothing was found at {name} alone, so this is about all of us together."]


def _things(count: int) -> str:
    return {0: "No things stand", 1: "One thing stands"}.get(count, f"{count} things stand")


def _what(finding: Any, release: Release) -> str:
    """A measure by its subject alone: who judges it and with which test is in the whole report."""
    return describe.measure(finding.measure, release.about).partition(": ")[0]


def _who(finding: Any, release: Release) -> str:
    if finding.kind == "transition":
        return "the same learners"
    who = describe.learners(finding.group)
    named = _what(finding, release)
    if describe.steps(finding) not in named and finding.stages not in ("ece", "leavers"):
        who += f" in {describe.steps(finding)}"
    place = release.about["providers"].get(finding.provider_id)
    return f"{who} at {place}" if place else who


def _beside(finding: Any) -> str:
    """Beside whom or what these learners stand in the chart."""
    return OTHERS if finding.kind == "gap" else "as could be hoped for"


def _many(finding: Any) -> str:
    """So many learners: of every hundred, or of as many as there are where they are few."""
    if finding.mark == "" and finding.n_learners >= describe.FEW_LEARNERS:
        return _of_hundred(finding.rate)
    return describe.share(finding)


def _of_hundred(rate: float) -> str:
    return f"{round(100 * rate):.0f} of every 100"
