"""Explain: how a chart is read, told by what its own first row shows.

Where a number of that row is rounded, said in words or hidden, the sentence says so as the chart does.
"""

from __future__ import annotations

from typing import Any

from colanalysis import describe
from colanalysis.describe import percent
from colanalysis.sealed import Release

_BESIDE = {
    "gap": "of the other learners of the same step, {} do",
    "level": "hoped for are {}",
    "transition": "expected after this step are {}",
}


def gaps(finding: Any, band: tuple[float, float], release: Release) -> str:
    """Say how a chart of findings is read, by its first; ``band`` is drawn from one end to the other."""
    beside = _BESIDE[finding.kind].format(percent(finding.reference_rate))
    return (
        f"Each row is one finding. The first is {describe.title(finding, release.about)}. "
        f"Of {_number(finding.n_learners, finding)} results counted, "
        f"{_succeed(finding, 'filled dot')}; {beside} (open diamond). The band, {_open(*band)}"
    )


def pathway(row: Any, release: Release) -> str:
    """Say how a chart of all learners along the pathway is read, by its first row."""
    name = f"{describe.measure(row.measure, release.about)}, {describe.stage(row.stage)}"
    said = (
        f"Each row is a measure at a step. The first is {name}. Of {_number(row.n, row)} learners in "
        f"{row.year:.0f}, {_succeed(row, 'dot')}."
    )
    return said if row.mark else f"{said} The line, {_open(row.low, row.high)}"


def trend(row: Any, who: str) -> str:
    """Say how a chart of the years is read, by the first year of the first of its lines."""
    said = (
        f"Each line is a group of learners, each mark on it a year. The first is {who} in "
        f"{row.year:.0f}. Of {_number(row.n, row)} learners, {_succeed(row, 'mark')}."
    )
    return said if row.mark else f"{said} The upright line, {_open(row.low, row.high)}"


def flow(row: Any, release: Release) -> str:
    """Say how a chart of the same learners before and after steps is read, by its first row."""
    usual = row.rate_before + row.ordinary_change
    return (
        "Each row is a step that the same learners took. The first is "
        f"{describe.measure(row.measure, release.about)}, {describe.step(row)}. Of "
        f"{_number(row.n, row)} learners, {_share(row.rate_before)} succeeded before it (open dot) and "
        f"{_share(row.rate_after)} after it (filled dot); {_share(usual)} would be usual (open diamond)."
    )


def coverage(row: Any, release: Release) -> str:
    """Say how a chart of who was assessed is read, by its first bar."""
    name = f"{describe.measure(row.measure, release.about)}, {describe.stage(row.stage)}"
    return (
        f"Each bar is a measure at a step. The first is {name}. Of {_number(row.eligible, row)} learners "
        f"who could have been assessed in {row.year:.0f}, {percent(row.rate)} were."
    )


def _number(count: float, row: Any) -> str:
    """A number of learners, which is about right where it was rounded."""
    if count != count:
        return "a hidden number of"
    return f"{count:,.0f}" if row.done == "exact" else f"about {count:,.0f}"


def _succeed(row: Any, mark: str) -> str:
    """How many succeed, and how the chart shows it."""
    if row.mark in describe.IN_WORDS:
        return f"{describe.instead(row)} succeed, which is said in words and has no {mark}"
    if row.mark or row.rate != row.rate:
        return f"how many succeed is not shown, so there is no {mark}"
    return f"{percent(row.rate)} succeed ({mark})"


def _share(rate: float) -> str:
    return "a share that is not shown" if rate != rate else percent(rate)


def _open(low: float, high: float) -> str:
    return f"{percent(low)} to {percent(high)}, is what chance leaves open (95% range)."
