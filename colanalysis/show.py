"""Show what was found: one function per section of the report, a release in, a piece of page out.

Nothing here can reach further than the release it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from colanalysis import describe, draw, explain, page
from colanalysis.describe import percent
from colanalysis.page import Html
from colanalysis.sealed import Release

IN_CHART = 8
ONE_IN_TEN = 0.1


def banner(release: Release) -> Html:
    """What every reader must know first: made-up data, exact numbers, one provider only."""
    about, notices = release.about, []
    if about["made_up"]:
        notices.append(page.notice("Made-up sample data: no learner here is real.", "sample"))
    if about["audience"] != "public":
        whom = {
            "governance": "For governance only: exact numbers",
            "provider": "For this provider only: its own numbers are exact",
        }[about["audience"]]
        text = (
            f"{whom}. Purpose: {about['purpose']}. Approved by: {about['approver']}. "
            "Do not forward, print or publish."
        )
        notices.append(page.notice(text, "caution"))
    if about["provider"]:
        own = about["providers"][about["provider"]]
        notices.append(page.notice(f"This report is for {own}.", "info"))
    name = Html('<p class="subtitle"><strong>{}</strong><br>{}, {}</p>')
    return name.format(about["name"], about["label"], release.period) + Html("").join(notices)


def in_short(release: Release) -> Html:
    """Three to five sentences, successes first."""
    about = release.about
    good, hard = (found(release, direction) for direction in ("success", "hurdle"))
    texts = []
    if release.tables["steps"].empty:
        texts = _without_results(release)
        if good.empty and hard.empty:
            return page.paragraphs(texts)
    texts.append(
        f"Across {release.period}, {_number(len(good), 'success')} to build on and "
        f"{_number(len(hard), 'hurdle')} stand out among "
        f"{about['comparisons']:,} comparisons that were looked at."
    )
    if good.empty and hard.empty:
        texts.append(_nothing_found(release))
    if not about["grouped"]:
        texts.append(
            "No groups of learners (gender, ethnicity or others) are recorded in this data, so only "
            "providers and steps could be compared. A learners table would bring them."
        )
    for rows in (good, hard):
        texts += [describe.sentence(row, about) for row in rows.head(1).itertuples()]
    texts += _claims(release.tables["knowledge"]["verdict"])
    return page.paragraphs(texts)


def successes(release: Release) -> Html:
    """Where learners succeed: a chart, the sentences, the numbers."""
    return _findings(release, "success", "Where learners succeed")


def hurdles(release: Release) -> Html:
    """Where the system does not serve learners well yet: a chart, the sentences, the numbers."""
    return _findings(release, "hurdle", "Where learners meet hurdles")


def found(release: Release, direction: str) -> pd.DataFrame:
    """Findings of a direction in the order in which they are told; a provider's own stand first."""
    every, own = release.tables["findings"], release.about["provider"]
    every = every[every["direction"] == direction]
    here = (every["provider_id"] == own) & (own != "")
    return pd.concat([every[here], every[~here]])


def _claims(verdicts: pd.Series) -> list[str]:
    """How local knowledge stands beside the data, in one sentence; nothing where none is told."""
    told = {
        "agrees": "{} where the data says the same",
        "disagrees": "{} where it points the other way",
        "not shown": "{} where it shows nothing either way",
        "cannot be seen": "{} that numbers cannot see",
        "kept back": "{} kept back",
    }
    counted = verdicts.value_counts()
    said = [words.format(counted[name]) for name, words in told.items() if name in counted]
    return [f"Claims from local knowledge: {', '.join(said)}."] if said else []


def _findings(release: Release, direction: str, caption: str) -> Html:
    about = release.about
    rows = found(release, direction)
    if rows.empty and release.tables["steps"].empty:
        return page.paragraphs(["There are no results in this data to find it from."])
    if rows.empty:
        return page.paragraphs([_nothing_found(release)])
    first = rows.head(IN_CHART)
    drawn = pd.DataFrame(
        {
            "label": [describe.title(row, about) for row in first.itertuples()],
            "rate": first["rate"],
            "words": [describe.instead(row) for row in first.itertuples()],
            "reference": first["reference_rate"],
            "low": (first["reference_rate"] + first["gap_low"]).clip(0, 1),
            "high": (first["reference_rate"] + first["gap_high"]).clip(0, 1),
            "direction": direction,
        }
    )
    best = next(first.itertuples())
    figure = page.figure(
        draw.gaps(drawn),
        title=describe.title(best, about),
        subtitle=f"Share of learners who succeed beside the others, {release.period}",
        table=_numbers(rows, release, caption),
        note="The band is the range in which the share would lie beside these others; where few "
        "learners are counted it is pulled in a little. A learner counts once in each year.",
        reading=explain.gaps(best, tuple(drawn.loc[drawn.index[0], ["low", "high"]]), release),
    )
    said = page.bullets(_beside_claims(row, release) for row in first.itertuples())
    doubts = describe.judged(release, of=set(first["measure"]))
    return said + page.paragraphs([*_orders(rows, about), *doubts]) + figure


def _beside_claims(row: Any, release: Release) -> str:
    """A finding, and under it what local knowledge says of the same."""
    sentence, claims = describe.sentence(row, release.about), describe.claims(release, row.rank)
    return Html("{}{}").format(sentence, page.bullets(claims)) if claims else sentence


def _orders(rows: pd.DataFrame, about: Mapping[str, Any]) -> list[str]:
    """Which finding reaches most learners and which gap is largest, where that is not the same one."""
    if len(rows) < 2:
        return []
    # Of findings as wide or as large as one another the one told first is named.
    most = rows.loc[(rows["gap"].abs() * rows["n_latest"]).astype(float).idxmax()]
    largest = rows.loc[rows["gap"].abs().astype(float).idxmax()]
    if most["rank"] == largest["rank"]:
        return [f"Most learners and the largest difference: {describe.title(most, about)}."]
    return [
        f"Most learners: {describe.title(most, about)}. "
        f"Largest difference: {describe.title(largest, about)}. Neither is the better place to start "
        "by itself."
    ]


def _numbers(rows: pd.DataFrame, release: Release, caption: str) -> Html:
    about, years = release.about, release.tables["years"]
    years = years[years["who"] == "group"]
    shown = pd.DataFrame(
        {
            "finding": [describe.title(row, about) for row in rows.itertuples()],
            "n_learners": rows["n_learners"].map(describe.count),
            "share": [describe.share(row) for row in rows.itertuples()],
            "reference_rate": rows["reference_rate"].map(percent),
            "evidence": [describe.how_sure(row) for row in rows.itertuples()],
            "learners_to_shift": rows["learners_to_shift"].map(describe.count),
            "own": [_trajectory(years[years["rank"] == rank]) for rank in rows["rank"]],
        }
    )
    if (rows["direction"] == "success").all():
        shown = shown.drop(columns="learners_to_shift")
    headings = {
        "n_learners": "Results counted",
        "share": "Succeed",
        "reference_rate": "Compared with",
        "evidence": "How sure, and what speaks against it",
        "learners_to_shift": "Learners to shift a year",
        "own": "The group's own years",
    }
    return page.table(
        shown,
        caption=f"{caption}, {release.period}",
        headings=headings,
    )


def _trajectory(rows: pd.DataFrame) -> str:
    """A group's own shares, year by year; a bar stands where the yardstick changed."""
    said, before = [], None
    for row in rows.itertuples():
        if before is not None and row.period != before:
            said.append("| new yardstick |")
        said.append(f"{row.year:.0f}: {describe.cell(row)}")
        before = row.period
    return ", ".join(said).replace(", |", " |").replace("|,", "|") or "x"


def _number(count: int, word: str) -> str:
    plural = {"success": "successes", "hurdle": "hurdles"}[word]
    return f"{count} {word if count == 1 else plural}"


def _nothing_found(release: Release) -> str:
    settings = release.about["settings"]
    if not release.about["comparisons"]:
        return (
            f"Nothing could be compared: it takes at least {settings['smallest_group']} learners in a "
            "group and as many others at the same step."
        )
    return (
        "Nothing stands out that could not be chance, after allowing for all "
        f"{release.about['comparisons']:,} comparisons. That is a result too: differences of under "
        f"{settings['smallest_gap']:.0%} are not listed, and small groups can hide larger ones"
        f"{_detectable(release)}. It speaks of differences only: how many succeed at each step stands "
        "under the pathway."
    )


def _detectable(release: Release) -> str:
    """From what gap on a group of one in ten would have been noticed."""
    table = release.tables["detectable"]
    gaps = table[table["part"] == ONE_IN_TEN]["gap"]
    if gaps.empty:
        return ""
    best, worst = describe.points(gaps.min()), describe.points(gaps.max())
    between = best if best == worst else f"{best} to {worst}, by measure"
    return f": of one learner in ten, a gap of {between}, would be found four times in five"


def _without_results(release: Release) -> list[str]:
    """What rolls alone can say, and what they cannot."""
    providers, about = release.tables["providers"], release.about
    if about["provider"]:
        own = about["providers"][about["provider"]]
        return [f"There are no results of learners at {own} in this data."]
    data = release.tables["data"]
    read = data[
        data["table"].isin(["observations", "survey", "counts"]) & (data["what"] == "rows_in")
    ]
    if (read["count"] > 0).any():
        return [
            "Results were read and none of them could be used: see what was read and what to mend at "
            "the end of the page, and run the check."
        ]
    rolls = pd.to_numeric(providers["roll"], errors="coerce")
    texts = [f"{about['name']} in this data: {describe.kinds(providers['type'])}."]
    if rolls.notna().any():
        texts[0] += f" Their rolls add up to {rolls.sum():,.0f} learners."
    return [
        *texts,
        "There are no results of learners in this data. So this page can say who is in the "
        "community and what its providers' rolls are, where they are given. It cannot say where "
        "learners succeed, where they meet hurdles or whom a hurdle affects, and a roll says "
        "nothing about how well learners are served.",
        "To say that, bring one export with results: a judgement, a test, attendance or a survey, "
        "with a learner number of the school's own, a year and a year level.",
    ]
