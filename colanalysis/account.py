"""Account: who is counted, what was left out, how it was made, and what that cannot tell.

The last section of every report, and the whole of one where there are rolls but no results.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from colanalysis import describe, draw, explain, page
from colanalysis.page import Html
from colanalysis.sealed import Release
from colanalysis.terms import glossary as terms
from colanalysis.terms.labels import label

NO_GROUP = ""
FEW = "none or few"
GAP_IN_COVERAGE = 0.10
IN_CHART = 10


def community(release: Release) -> Html:
    """The providers, and the rolls by ethnicity where they are known."""
    table = release.tables["providers"]
    names = [name for name in ("name", "type", "roll", "eqi", "decile") if name in table]
    shown = table[names].assign(
        type=[label(f"type.{kind}") for kind in table["type"]],
        **{name: table[name].map(_number) for name in names if name not in ("name", "type")},
    )
    headings = {"name": "Provider", "eqi": "Equity index (EQI)"}
    parts = [page.table(shown, caption="Who is in the community", headings=headings)]
    rolls = [name for name in table if name.startswith("roll_")]
    if rolls:
        sums = table[rolls].apply(pd.to_numeric, errors="coerce").sum()
        whole = pd.to_numeric(table["roll"], errors="coerce").sum()
        told = pd.DataFrame(
            {
                "group": [label(f"attribute.{name}") for name in rolls],
                "learners": [f"{count:,.0f}" for count in sums],
                "share": [describe.percent(count / whole) if whole else "x" for count in sums],
            }
        )
        caption = "Rolls by ethnicity, all providers together, as the directories count them"
        parts.append(page.table(told, caption=caption, headings={"share": "Share of the roll"}))
    return Html("").join(parts)


def coverage(release: Release) -> Html:
    """Who could have been assessed and who was, and the groups that were assessed less."""
    table, about = release.tables["coverage"], release.about
    whole = table[table["group"] == NO_GROUP]
    if whole.empty:
        return page.paragraphs(["There is no list of who could have been assessed."])
    names = [
        f"{describe.measure(row.measure, about)}, {describe.stage(row.stage)}"
        for row in whole.itertuples()
    ]
    drawn = pd.DataFrame({"label": names, "share": whole["rate"].to_numpy()}).dropna()
    drawn = drawn.sort_values("share", kind="stable").head(IN_CHART)
    shown = pd.DataFrame(
        {
            "measure": names,
            "year": [f"{year:.0f}" for year in whole["year"]],
            "eligible": whole["eligible"].map(describe.count),
            "assessed": whole["assessed"].map(describe.count),
            "rate": [describe.cell(row) for row in whole.itertuples()],
        }
    )
    headings = {"eligible": "Could have been", "assessed": "Were", "rate": "Share assessed"}
    numbers = page.table(shown, caption="Learners assessed", headings=headings)
    if drawn.empty:
        return numbers
    figure = page.figure(
        draw.coverage(drawn),
        title="Who was assessed",
        subtitle="Share of enrolled learners with a result, latest year, lowest shares",
        table=numbers,
        note="Learners who were not assessed are in no share on this page.",
        reading=explain.coverage(whole.iloc[drawn.index[0]], release),
    )
    return Html("").join([figure, less_often(_less_covered(table, release))])


def _less_covered(table: pd.DataFrame, release: Release) -> list[str]:
    keys = ["measure", "stage"]
    whole = table[table["group"] == NO_GROUP].set_index(keys)["rate"]
    groups = table[(table["group"] != NO_GROUP) & table["rate"].notna()]
    return [
        f"{describe.measure(row.measure, release.about)}, {describe.stage(row.stage)}: "
        f"{describe.learners(row.group)} {describe.percent(row.rate)}, "
        f"all learners {describe.percent(whole.loc[(row.measure, row.stage)])}."
        for row in groups.itertuples()
        if whole.loc[(row.measure, row.stage)] - row.rate >= GAP_IN_COVERAGE
    ]


def less_often(behind: list[str]) -> Html:
    """Say which groups were assessed less often, one below the other, or that none was."""
    if not behind:
        return page.paragraphs(
            ["No group of learners was assessed much less often than the others."]
        )
    said = "Assessed at least 10 points less often than all learners:"
    return page.paragraphs([said]) + page.bullets(behind)


def yardsticks(release: Release) -> Html:
    """Each measure: what success means, who judges it, and when its yardstick changed."""
    measures = release.about["measures"]
    if not measures:
        return page.paragraphs(["No measure is used in this data."])
    shown = pd.DataFrame(
        [
            {
                "measure": m["label"],
                "success": m["success"],
                "judged_by": m["judged_by"],
                "breaks": "; ".join(f"{year}: {why}" for year, why in m["breaks"]) or "none known",
            }
            for m in measures.values()
        ]
    )
    headings = {
        "success": "Success means", "judged_by": "Judged by", "breaks": "Yardstick changed",
    }  # fmt: skip
    return page.table(shown, caption="What was measured, and how", headings=headings)


def detectable(release: Release) -> Html:
    """What could have been found with as many learners as there are, measure by measure."""
    table, about = release.tables["detectable"], release.about
    if table.empty:
        return page.paragraphs(["It cannot be said how large a difference would have been found."])
    wide = table.pivot_table(index="measure", columns="part", values="gap", sort=False)
    shown = pd.DataFrame(
        {
            "measure": [describe.measure(name, about) for name in wide.index],
            **{
                f"{part}": ["x" if pd.isna(gap) else f"{100 * gap:.0f}" for gap in wide[part]]
                for part in wide
            },
        }
    )
    headings = {f"{part}": f"A group of one in {1 / part:.0f}" for part in wide}
    return page.table(
        shown,
        caption="The smallest difference, in percentage points, that would be found four times in five, "
        "all steps and years together",
        headings=headings,
    )


def glossary(release: Release) -> Html:
    """The words of the report with what they mean; the page keeps those that it uses."""
    about, settings = release.about, release.about["settings"]
    example = next((f", such as: {m['success']}" for m in about["measures"].values()), "")
    told = {
        "example": example,
        "smallest_gap": describe.points(settings["smallest_gap"]),
        "rounding_base": settings["rounding_base"],
        **{mark: words.capitalize() for mark, words in describe.IN_WORDS.items()},
    }
    first = settings["language_order"].partition("-")[0]
    return page.words(terms.words(told), first=first)


def data(release: Release) -> Html:
    """Rows in, used and set aside, and every kind of problem found, with its remedy."""
    table = release.tables["data"]
    rows = table[table["table"] != ""].pivot_table(
        index="table", columns="what", values="count", sort=False, dropna=False
    )
    rows = rows.reset_index()
    told = {name: rows[name].map(_number).replace("x", FEW) for name in rows.columns[1:]}
    shown = rows.assign(**told)
    headings = {"rows_in": "Rows read", "used": "Used", "set_aside": "Set aside"}
    parts = [page.table(shown, caption="What was read", headings=headings)]
    problems = table[table["table"] == ""]
    if len(problems):
        told = pd.DataFrame(
            {
                "what": problems["what"],
                "severity": problems["severity"],
                "count": problems["count"].map(_number).replace("x", FEW),
                "remedy": problems["remedy"],
            }
        )
        headings = {"what": "What was noticed", "severity": "Effect", "count": "How often"}
        parts.append(page.table(told, caption="What to mend", headings=headings))
    return Html("").join(parts)


def made(release: Release) -> Html:
    """How the page was made, how learners are protected in it, and what it cannot tell."""
    about = release.about
    return page.definitions(
        [
            ("How groups are compared", "Each group with the other learners of the same measure, "
             "step, year and year level. Differences of small groups are pulled towards what is "
             "usual, and a list of findings allows for everything that was looked at."),
            ("Ethnicity", "Total response: a learner counts in every ethnic group recorded, so "
             "groups overlap and do not add up."),
            ("How learners are protected", _protected(about)),
            *_audited(about),
            ("What it cannot tell", "Why a difference is there, and what any one learner can do. A "
             "gap is not a cause."),
            *_from_counts(release),
            ("Made from", f"{about['name']}, data to {about['year'] or 'no year'}, "
             f"colanalysis {about['version']}, release {about['fingerprint']}."),
        ]
    )  # fmt: skip


def _from_counts(release: Release) -> list[tuple[str, str]]:
    """What a report cannot know that was made from others' counts, without learners."""
    data = release.tables["data"]
    read = set(data.loc[data["what"] == "rows_in", "table"])
    if "counts" not in read or read & {"learners", "enrolments", "observations", "survey"}:
        return []
    return [
        ("What counts alone cannot tell", "This report is made from counts that were handed over, and "
         "from no learner's results. So it does not follow the same learners from step to step, or "
         "say who stays, goes or was not assessed. It does not know which results are of the same "
         "learners, so nothing is tested and nothing is found. It tells of no group, unless the "
         "counts of the group's parts add up exactly to all learners, and of none deeper than was "
         "handed over. Where a provider's own number is hidden, that provider is in no sum."),
    ]  # fmt: skip


def _protected(about: Mapping[str, Any]) -> str:
    settings = about["settings"]
    rules = (
        f"Groups under {settings['smallest_group']} learners are left out or told together, counts "
        f"are rounded to multiples of {settings['rounding_base']} (the same learners give the same "
        f"number everywhere), and few on either side is said in words. Shares come from the rounded "
        "counts, so parts may not add up to their total."
    )
    return {
        "public": rules,
        "provider": f"What is this provider's own is exact, and not for passing on. For all else: {rules}",
        "governance": "Numbers are exact. They are for the people the protocol names, not for "
        "passing on.",
    }[about["audience"]]  # fmt: skip


def _audited(about: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The line about the audit, where there was something to audit."""
    audit = pd.DataFrame(about["audit"])
    if about["made_up"]:
        return [("Not audited", "Nobody in this community exists. The reports of a real one are attacked "
                 "all together before any is written, and so is this one by the command audit.")]  # fmt: skip
    if about["audience"] == "governance" or audit.empty:
        return []
    *others, last = audit["who"]
    who = f"{', '.join(others)} or {last}" if others else last
    return [
        ("Audited", f"Everything in this and all other reports of the community was attacked before "
         f"it was published, as {who} could. None of them can narrow a protected count of learners "
         f"down further than these rules say; {audit['withheld'].sum():,} more numbers are withheld so "
         "that it stays so."),
    ]  # fmt: skip


def _number(value: object) -> str:
    number = pd.to_numeric(value, errors="coerce")
    return "x" if pd.isna(number) else f"{number:,.0f}"
