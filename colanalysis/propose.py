"""Propose: what a community can put on the table from its evidence, and what only it can say.

Candidate challenges and local knowledge: the numbers come from the release, the decisions stay with
the community. Nothing is filled in on its behalf.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from colanalysis import describe, page
from colanalysis.describe import percent
from colanalysis.page import Html
from colanalysis.planning import aim
from colanalysis.sealed import Release

INQUIRY = (
    "What is going on for these learners, and is it what was expected? Is it good enough?",
    "For which of them is it so, for which is it otherwise, and who reads this differently?",
    "What is known already about why, how is it known, and what is still missing?",
    "What has served learners like these well, here or elsewhere, and how would anybody know?",
)
STORY = (
    "For the community to write: what will happen, by whom, with whom and from when; why it is "
    "believed to lead to success; what learners and whānau have said to it; what will be given up "
    "for it; what would be noticed first if it works, and what is done if it does not."
)
CONDITIONS = (
    "Ask too what goes with it for these learners: being here, changing schools, belonging, what "
    "school and whānau know of one another. Those who look after the data can see in exact "
    "numbers, within each school and year level, which of these success goes with."
)
CONTRIBUTES = (
    "Wellbeing counts for itself. For the community to say as well: by which learning, of whom and "
    "by when, would it be seen that this contributes to success?"
)
UNTOLD = "Nobody has written down yet what is known of it here: ask."
VERDICTS = {
    "agrees": "The data says the same",
    "disagrees": "The data points the other way",
    "not shown": "The data covers this and nothing stands out",
    "cannot be seen": "The numbers cannot see this",
    "kept back": "Kept back: ask before it is told",
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
    return _chosen(release, by_rank) + cards


def _chosen(release: Release, by_rank: dict[int, Any]) -> Html:
    """Why these candidates and not others, and which sets came next."""
    best, *others = release.tables["together"].itertuples()
    said = []
    if best.ranks:
        said.append(
            "These candidates were chosen together: of the hurdles listed, they reach the most "
            "different learners who did not succeed in the latest year, and as few of them twice as "
            "can be. No two are of one measure at a common step. A community may choose otherwise."
        )
    if best.part:
        said.append(
            f"Together they reach {best.part} of the learners who did not succeed at one or more "
            "of the hurdles listed."
        )
    if best.unknown:
        said.append(
            "Of these it is not known which learners they reach, since answers have no names; they "
            f"stand last: {_named(best.unknown, by_rank, release, '')}."
        )
    if others:
        said.append("The sets that reach the most after this one:")
    sets = [
        _named(f"{one.ranks} {one.unknown}", by_rank, release, "")
        + (f" (together {one.part})" if one.part else "")
        for one in others
    ]
    return page.paragraphs(said) + (page.bullets(sets) if sets else Html(""))


def _card(row: Any, by_rank: dict[int, Any], release: Release) -> tuple[str, list[Html | str]]:
    about, hurdle = release.about, by_rank[int(row.rank)]
    goes_well = _named(
        _first(row.build_on), by_rank, release, "Nothing was found that goes well on this measure or "
        "step: ask where it does, here or elsewhere.",
    )  # fmt: skip
    conditions = _named(
        _first(row.conditions), by_rank, release, "No hurdle of attendance, wellbeing, engagement or "
        "participation was found there.",
    )  # fmt: skip
    said = [
        ("Evidence", describe.sentence(hurdle, about)),
        ("How sure", describe.how_sure(hurdle)),
        ("Local knowledge", " ".join(describe.claims(release, hurdle.rank)) or UNTOLD),
        ("What the numbers cannot see", _unseen(hurdle, release)),
        ("To ask together", page.bullets(INQUIRY)),
        ("To build on", goes_well),
        ("Met at the same step", f"{conditions.rstrip('.')}. {CONDITIONS}"),
        ("The story of what will happen", STORY),
        ("How progress would be known", _progress(hurdle, release)),
    ]
    if about["measures"][hurdle.measure]["domain"] == "wellbeing":
        said.append(("How it contributes to success", CONTRIBUTES))
    return f"{row.candidate:.0f}. {describe.title(hurdle, about)}", [page.definitions(said)]


def _unseen(hurdle: Any, release: Release) -> str:
    """Who is in no number of a hurdle, by its own group where that is told, else by all learners."""
    table = release.tables["coverage"]
    here = table[(table["measure"] == hurdle.measure) & table["stage"].isin(hurdle.stages.split())]
    here = here[here["rate"].notna()]
    own = here[here["group"] == hurdle.group]
    who, rows = (hurdle.group, own) if len(own) else ("", here[here["group"] == ""])
    if rows.empty:
        said = "How many of these learners were not assessed."
    else:
        said = (
            f"Learners who were not assessed: of {describe.learners(who) if who else 'all learners'} "
            f"{percent(rows['rate'].min())} were, at the step where fewest were."
        )
    return f"{said} Nor why it is so, and what it is like for those it is about."


def _first(ranks: str) -> str:
    """As many as a card has room for."""
    return " ".join(ranks.split()[:4])


def _named(ranks: str, by_rank: dict[int, Any], release: Release, otherwise: str) -> str:
    named = [describe.title(by_rank[int(rank)], release.about) for rank in ranks.split()]
    return "; ".join(named) if named else otherwise


def _progress(hurdle: Any, release: Release) -> Html:
    """By what it would be seen, where it stands, and what a target would ask for."""
    measure = release.about["measures"][hurdle.measure]
    said = [f"By the share {measure['success']}."]
    since = [
        year for year, _ in measure["breaks"] if hurdle.year_max < year <= release.about["year"]
    ]
    if since:
        said.append(
            f"The yardstick changed in {since[-1]}: a target has to start from the new one."
        )
    targets = release.tables["targets"]
    own = targets[targets["rank"] == hurdle.rank]
    if own.empty:
        return page.bullets(
            [*said, "What a target would ask for may not be told of so few learners."]
        )
    (asked,) = aim.in_words(own, about="about ")
    return page.bullets([*said, *asked, "Being like others is not the only yardstick."])


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
            "source": table["source"].mask(table["source"] == "", "–"),
            "date": table["date"].map(describe.day).mask(table["date"] == "", "–"),
            "verdict": table["verdict"].map(VERDICTS),
            "finding": [
                describe.title(by_rank[int(rank)], release.about) if rank else "–"
                for rank in table["rank"]
            ],
        }
    )
    headings = {
        "source": "Said by",
        "date": "On",
        "verdict": "Beside the data",
        "finding": "Finding",
    }
    return page.table(shown, caption="Local knowledge beside the data", headings=headings)
