"""How a chart is read: true of its own first row, whatever of it may be told, and said once."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from test_describe import ABOUT, finding

from colanalysis import account, explain, show, trace
from colanalysis.sealed import Release

NAN = float("nan")
READY = Release(ABOUT, {})
ROUNDED, EXACT = "rounded; share from rounded counts", "exact"


def row(**changes):
    usual = {
        "measure": "writing", "stage": "years_7_8", "year": 2025, "n": 120.0, "rate": 0.61,
        "low": 0.52, "high": 0.69, "mark": "", "done": ROUNDED,
    }  # fmt: skip
    return pd.Series({**usual, **changes})


def test_findings_are_read_by_the_first():
    said = explain.gaps(finding(done=ROUNDED, n_learners=1200), (0.42, 0.53), READY)
    assert said == (
        "Each row is one finding. The first is Writing, Years 7–8: Pacific learners. Of about 1,200 "
        "results counted, 47% succeed (filled dot); of the other learners of the same step, 65% do "
        "(open diamond). The band, 42% to 53%, is what chance leaves open (95% range)."
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mark": "few", "rate": NAN}, "fewer than 6 succeed, which is said in words and has no f"),
        ({"mark": "most", "rate": NAN}, "nearly all succeed, which is said in words"),
        ({"mark": "c", "rate": NAN}, "how many succeed is not shown, so there is no filled dot"),
        ({"done": EXACT}, "Of 300 results counted"),
        ({"kind": "level"}, "hoped for are 65% (open diamond)"),
        ({"kind": "transition", "stages": "years_7_8 years_9_10"}, "expected after this step are"),
    ],
)
def test_what_may_not_be_told_as_a_number_is_read_as_the_chart_shows_it(changes, said):
    assert said in explain.gaps(finding(**{"done": ROUNDED} | changes), (0.42, 0.53), READY)


def test_the_pathway_is_read_by_its_first_row():
    assert explain.pathway(row(), READY) == (
        "Each row is a measure at a step. The first is Writing, Years 7–8. Of about 120 learners in "
        "2025, 61% succeed (dot). The line, 52% to 69%, is what chance leaves open (95% range)."
    )
    hidden = row(n=NAN, rate=NAN, low=NAN, high=NAN, mark="c")
    assert explain.pathway(hidden, READY).endswith(
        "Of a hidden number of learners in 2025, how many succeed is not shown, so there is no dot."
    )


def test_years_are_read_by_the_first_of_the_first_line():
    assert explain.trend(row(year=2021), "Pacific learners") == (
        "Each line is a group of learners, each mark on it a year. The first is Pacific learners in "
        "2021. Of about 120 learners, 61% succeed (mark). The upright line, 52% to 69%, is what "
        "chance leaves open (95% range)."
    )
    assert "nearly all succeed" in explain.trend(row(rate=NAN, mark="most"), "Pacific learners")
    assert "line, " not in explain.trend(row(rate=NAN, mark="most"), "Pacific learners")


def test_steps_are_read_by_the_first_that_is_drawn():
    taken = row(
        stage_before="years_7_8", stage_after="years_9_10", rate_before=0.7, rate_after=NAN,
        ordinary_change=-0.01,
    )  # fmt: skip
    assert explain.flow(taken, READY) == (
        "Each row is a step that the same learners took. The first is Writing, Years 7–8 → Years "
        "9–10. Of about 120 learners, 70% succeeded before it (open dot) and a share that is not "
        "shown after it (filled dot); 69% would be usual (open diamond)."
    )


def test_who_was_assessed_is_read_by_the_first_bar():
    said = explain.coverage(row(eligible=561, rate=0.38), READY)
    assert said.endswith("Of about 561 learners who could have been assessed in 2025, 38% were.")


def test_every_chart_of_the_report_is_read_by_the_row_that_it_draws_first(public):
    """The number of learners and the first label of each chart stand in its reading, from its table."""
    pieces = [show.successes, show.hurdles, trace.pathway, trace.transitions, trace.affected]
    html = "".join(str(piece(public)) for piece in [*pieces, account.coverage])
    readings = re.findall(r'<p class="reading">.*?</p>', html)
    assert len(readings) == html.count("<figure>") >= 8
    assert not [said for said in readings if re.search(r"\bnan\b|None|hidden number", said)]
    moved = public.tables["transitions"]
    moved = moved.assign(
        by=(moved["rate_after"] - moved["rate_before"] - moved["ordinary_change"]).abs()
    )
    first = moved.loc[moved.nlargest(trace.IN_CHART, "by").index.min()]
    (step,) = [said for said in readings if "took" in said]
    assert f"Of about {first['n']:,.0f} learners, {first['rate_before']:.0%} succeeded" in step


def test_the_bar_that_is_read_is_the_lowest_and_not_the_first_of_the_table(public):
    assessed = public.tables["coverage"]
    assessed = assessed[assessed["group"] == ""].assign(rate=0.9)
    lowest = assessed.index[5]
    assessed.loc[lowest, ["rate", "eligible"]] = (0.2, 12345)
    said = str(account.coverage(replace(public, tables={**public.tables, "coverage": assessed})))
    assert "Of about 12,345 learners who could have been assessed in 2025, 20% were." in said


def test_where_there_is_no_chart_nothing_is_read(public):
    nothing = replace(
        public, tables={**public.tables, "findings": public.tables["findings"].head(0)}
    )
    assert 'class="reading"' in show.successes(public)
    assert 'class="reading"' not in show.successes(nothing)
