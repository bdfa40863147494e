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
    "Too few learners may be told of. Ask what goes with it for them: being here, changing schools, belonging, what "
    "school and whānau know of one another."
)
WITHIN = "Within each school and year level, the share who succeed, among those with it and those without:"
WITH = {
    "goes with": "success goes with it",
    "goes with its absence": "success goes with its absence",
    "cannot tell": "either is possible",
}
NOT_WHY = "What goes together need not lead to one another."
CONTRIBUTES = (
    "Wellbeing counts for itself. For the community to say as well: by which learning, of whom and "
    "by when, would it be seen that this contributes to success?"
)
ASKED = {
    "now": "Succeed now",
    "target": "Target",
    "more": "More learners",
    "chance": "Met by chance",
    "told": "Shift that shows",
    "others": "As others do",
}
BEFORE = (
    "A target is a number of learners before it is a share. This is what the share that each hurdle was "
    "compared with would ask for in the one year named; numbers above are of all years together. Where "
    "the yardstick has changed since, it shows how large the gap was: a target has to start from the new "
    "one. Being like others is not the only yardstick: the community sets its own."
)
READ = (
    "Met by chance: how likely the target would be met if nothing changed at all.",
    "Shift that shows: so many more learners would be told from what comes by itself, four times in "
    "five. A target that asks for fewer may be met without any shift, or missed in spite of one: put "
    "years or groups together, or agree how else it would be known (z: no number of so few would do).",
    "As others do: how many more if all places did as well as the middle one, as the best quarter, and as "
    "the best that was surely seen. 0 / 0 / 0: they differ by no more than chance (x: fewer than four "
    "places may be told of).",
)
UNTOLD = "Nobody has written down yet what is known of it here: ask."
VERDICTS = {
    "agrees": "The data points the same way, and not why",
    "disagrees": "The data points the other way; both can be so",
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
            "different learners who did not succeed in the latest year, and overlap as little as "
            "possible. No two share both a measure and a step. A community may choose otherwise."
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
        ("Met at the same step", conditions),
        ("What goes with it", _goes_with(hurdle, release)),
        ("The story of what will happen", STORY),
        ("How progress would be known", _progress(hurdle, about)),
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
        said = "How many of these learners are without a result."
    else:
        said = (
            f"Learners without a result: up to {percent(1 - rows['rate'].min())} of "
            f"{describe.learners(who) if who else 'all learners'} at a step."
        )
    return f"{said} Nor why it is so, and what it is like for those it is about."


def _goes_with(hurdle: Any, release: Release) -> str:
    """What success goes with among a hurdle's learners, where enough are told of; else to ask for it."""
    table = release.tables["conditions"]
    said = [
        f"{_condition(row.condition, release)}, {_between(row.low, row.high)} ({WITH[row.verdict]})"
        for row in table[table["rank"] == hurdle.rank].itertuples()
    ]
    return f"{WITHIN} {'; '.join(said)}. {NOT_WHY}" if said else CONDITIONS


def _condition(name: str, release: Release) -> str:
    """Name what learners meet or live with."""
    return describe.learners(name) if "=" in name else describe.measure(name, release.about)


def _between(low: float, high: float) -> str:
    """Both ends of a difference in points: "5 points lower to 20 points higher"."""
    first, last = (f"{abs(100 * end):.0f}" for end in (low, high))
    if low >= 0:
        return f"{first} to {last} points higher"
    if high <= 0:
        return f"{last} to {first} points lower"
    return f"{first} points lower to {last} points higher"


def _first(ranks: str) -> str:
    """As many as a card has room for."""
    return " ".join(ranks.split()[:4])


def _named(ranks: str, by_rank: dict[int, Any], release: Release, otherwise: str) -> str:
    named = [describe.title(by_rank[int(rank)], release.about) for rank in ranks.split()]
    return "; ".join(named) if named else otherwise


def _progress(hurdle: Any, about: Any) -> str:
    measure = about["measures"][hurdle.measure]
    said = f"By the share {measure['success']}. What a target would ask for stands below the candidates."
    since = [year for year, _ in measure["breaks"] if hurdle.year_max < year <= about["year"]]
    if since:
        said += f" The yardstick changed in {since[-1]}: a target has to start from the new one."
    return said


def targets(release: Release) -> Html:
    """What a target for each candidate would ask for, in learners, and what others have reached."""
    rows = release.tables["candidates"][["candidate", "rank"]]
    if rows.empty:
        return page.paragraphs(["There is no candidate challenge to set a target for yet."])
    by_rank = release.tables["findings"].set_index("rank", drop=False)
    worked = release.tables["targets"].drop(columns="candidate").set_index("rank")
    shown = [
        {
            "candidate": f"{candidate}. {describe.measure(by_rank.loc[rank, 'measure'], release.about)}",
            **(_asked(worked.loc[rank]) if rank in worked.index else dict.fromkeys(ASKED, "c")),
        }
        for candidate, rank in rows.itertuples(index=False)
    ]
    table = page.table(
        pd.DataFrame(shown),
        caption="What the share of those compared with would ask for",
        headings=ASKED,
    )
    return page.paragraphs([BEFORE]) + table + page.bullets(READ)


def _asked(row: Any) -> dict[str, str]:
    compared = [row.typical, row.upper_quarter, row.best_seen]
    return {
        "now": f"{row.n:,.0f} of {row.of:,.0f} ({row.year})",
        "target": f"{row.target}%",
        "more": f"{row.extra:,.0f}",
        "chance": f"{100 * row.chance_met:.0f} in 100",
        "told": describe.count(row.detectable) if row.detectable == row.detectable else "z",
        "others": " / ".join(f"{one:,.0f}" for one in compared)
        if row.typical == row.typical
        else "x",
    }


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
