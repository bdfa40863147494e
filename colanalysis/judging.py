"""Judging: whether schools mean the same by a judgement, told to the data lead.

It is told of schools and never of teachers, and as a question: where judgements and a test do not say
the same, either may be the one that misses something.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from colanalysis import describe, inert, page
from colanalysis.page import Html
from colanalysis.terms import problems
from colanalysis.terms.catalogue import Measure
from colanalysis.terms.labels import plain

RULE = "judgements apart from tests"


def notes(
    schools: pd.DataFrame, names: Mapping[str, str], measures: Mapping[str, Measure]
) -> list[dict[str, object]]:
    """A problem for every school whose judgements sit apart (``schools`` as ``moderate.schools``)."""
    return [
        problems.note(
            RULE,
            "",
            provider=inert.text(names[row.provider_id]),
            measure=inert.text(measures[row.measure].label),
            test=inert.text(measures[row.test].label),
            year=str(row.year),
            way="more" if row.shift > 0 else "fewer",
            shift=_size(row.shift),
            low=_size(min(abs(row.low), abs(row.high))),
            high=_size(max(abs(row.low), abs(row.high))),
        )
        for row in schools[schools["apart"]].itertuples()
    ]


def section(
    schools: pd.DataFrame,
    doubts: pd.DataFrame,
    names: Mapping[str, str],
    measures: Mapping[str, Measure],
) -> Html:
    """What each school's judgements are beside a test, and what doubt that brings to shares."""
    if schools.empty:
        return page.paragraphs(
            ["It cannot be said. It takes three schools of which each has 20 learners with a "
             "judgement and a test of the same learning in one year, at the same year levels."]
        )  # fmt: skip
    labels = {name: measure.label for name, measure in measures.items()}
    tables = [
        _table(rows, names, f"{labels[measure]}, beside {labels[test]}, {year}")
        for (measure, test, year), rows in schools.groupby(["measure", "test", "year"], sort=True)
    ]
    return Html("").join([page.paragraphs(_opening(doubts, labels)), *tables])


def _table(schools: pd.DataFrame, names: Mapping[str, str], what: str) -> Html:
    """The schools of one judgement and test, by name: their order is to say nothing about them."""
    told = schools.assign(name=schools["provider_id"].map(names))
    told = told.sort_values("name", key=lambda texts: texts.map(plain), kind="stable")
    ends = zip(told["low"], told["high"], strict=True)
    shown = pd.DataFrame(
        {
            "name": told["name"],
            "n": told["n"],
            "seen": told["seen"].map(describe.signed),
            "shift": told["shift"].map(describe.signed),
            "range": [f"{describe.signed(low)} to {describe.signed(high)}" for low, high in ends],
            "apart": told["apart"].map({True: "apart from the others", False: "not apart"}),
        }
    )
    headings = {
        "name": "School", "n": "Learners with both", "seen": "As counted",
        "shift": "As far as it can be believed", "range": "95% range", "apart": "Verdict",
    }  # fmt: skip
    caption = f"{what}: points more, or fewer, judged to succeed than elsewhere at the same results"
    return page.table(shown, caption=caption, headings=headings)


def _opening(doubts: pd.DataFrame, labels: Mapping[str, str]) -> list[str]:
    said = [
        "Learners with like test results are compared, school by school. What is told is pulled in "
        "where few learners are counted. A school is apart where chance, what schools ordinarily "
        "differ by and an unreliable test do not explain it. It says nothing about any teacher: "
        "the school may mean something else by the words, or its learners may show what the test "
        "does not ask. Looking at samples of work together with another school tells which."
    ]
    return said + [
        describe.judging(
            labels[row.measure], *map(describe.whole_points, (row.one_school, row.pooled))
        )
        for row in doubts.itertuples()
    ]


def _size(share: float) -> str:
    return f"{100 * abs(share):.0f}"
