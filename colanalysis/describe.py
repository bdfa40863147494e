"""Describe: one sentence form for each kind of finding, made from published numbers only.

Sentences say how the system serves learners, not what learners lack; they name no cause and rank no
group. Small groups are told in learners, larger ones in percent.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from colanalysis.terms.labels import label

if TYPE_CHECKING:
    import pandas as pd

    from colanalysis.sealed import Release

FEW_LEARNERS = 50
PLAIN_VALUES = {"yes", "no"}
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
BESIDE = {
    "agrees": "Local knowledge points the same way (the data cannot say why)",
    "disagrees": "Local knowledge points the other way (both can be so)",
}
# What stands in place of a share where few are on one side of it.
IN_WORDS: Mapping[str, str] = {"few": "fewer than 6", "most": "nearly all"}


def learners(group: str) -> str:
    """Name a group's learners in words.

    >>> learners("ethnicity=Māori & gender=female"), learners("transient=yes")
    ('female Māori learners', 'learners who change school often')
    """
    before, after, other = [], [], []
    for part in filter(None, group.split(" & ")):
        if _listed(f"who.{part}"):
            before.append(part)
        elif _listed(f"that.{part}"):
            after.append(label(f"that.{part}"))
        else:
            other.append(group_label(part))
    # Ethnicity stands next to the noun: "female Māori learners".
    before.sort(key=lambda part: part.startswith("ethnicity="))
    said = [*(label(f"who.{part}") for part in before), "learners", " and ".join(after)]
    return " ".join(filter(None, said)) + (f" ({'; '.join(other)})" if other else "")


def _listed(key: str) -> bool:
    """Whether the table of labels has words of its own for a key."""
    return label(key) != label("x." + key.partition(".")[2])


def group_label(group: str) -> str:
    """Name a group as a table does: "Gender: female"; all learners where the group is blank."""
    if not group:
        return "All learners"
    said = []
    for part in group.split(" & "):
        attribute, _, value = part.partition("=")
        known = label(f"value.{value}").lower() if value in PLAIN_VALUES else value
        known = label("value.melaa") if value == "MELAA" else known
        said.append(f"{label(f'attribute.{attribute}')}: {known}")
    return ", ".join(said)


def steps(finding: Any) -> str:
    """Name the steps of a finding: "Years 7–8", or the step's own name where it has no years."""
    low, high = finding.year_level_min, finding.year_level_max
    if finding.kind == "transition":
        before, after = finding.stages.split()
        return f"{stage(before)} to {stage(after)}"
    ends = [part for part in finding.stages.split() if part in ("ece", "leavers")]
    if ends or _missing(low):
        return " and ".join(stage(part) for part in finding.stages.split())
    return f"Year {low:.0f}" if low == high else f"Years {low:.0f}–{high:.0f}"


def stage(name: str) -> str:
    """Name a step of the pathway."""
    return label(f"stage.{name}")


def kinds(types: pd.Series) -> str:
    """Name kinds of providers with their number: "primary schools (6), secondary schools (2)"."""
    counted = types.value_counts(sort=False).items()
    return ", ".join(f"{label(f'types.{kind}').lower()} ({count})" for kind, count in counted)


def step(row: Any) -> str:
    """Name a step that learners take: "Years 7–8 → Years 9–10"."""
    return f"{stage(row.stage_before)} → {stage(row.stage_after)}"


def measure(name: str, about: Mapping[str, Any]) -> str:
    """Name a measure as the catalogue or the community does."""
    known = about["measures"].get(name)
    return known["label"] if known else label(f"measure.{name}")


def place(provider: str, release: Release) -> str:
    """Name a provider; the community where none is named."""
    return str(release.about["providers"].get(provider, provider) or "the community")


def title(finding: Any, about: Mapping[str, Any]) -> str:
    """A finding in a few words: measure, steps and learners."""
    who = about["providers"].get(finding.provider_id) or (
        label("group.same_learners") if finding.kind == "transition" else learners(finding.group)
    )
    name, where = measure(finding.measure, about), steps(finding)
    return f"{name}: {who}" if where in name else f"{name}, {where}: {who}"


def sentence(finding: Any, about: Mapping[str, Any]) -> str:
    """A finding as a sentence a teacher can read aloud."""
    if finding.kind == "transition":
        return _transition(finding, about)
    name, rule = measure(finding.measure, about), about["measures"][finding.measure]["success"]
    who = learners(finding.group)
    if steps(finding) not in name and finding.stages not in ("ece", "leavers"):
        who += f" in {steps(finding)}"
    if place := about["providers"].get(finding.provider_id):
        who += f" at {place}"
    served = {
        "success": f"{name} goes well for {who}",
        "hurdle": f"{name} does not serve {who} well yet",
    }[finding.direction]
    reach = f"{share(finding)} are {rule}, {_against(finding)} ({years(finding)})"
    return f"{served}: {reach}.{_to_shift(finding)}"


def _transition(finding: Any, about: Mapping[str, Any]) -> str:
    way = "fewer" if finding.direction == "hurdle" else "more"
    rule = about["measures"][finding.measure]["success"]
    return (
        f"{measure(finding.measure, about)}: {way} of the same learners succeed after the step "
        f"from {steps(finding)} than could be expected: {share(finding)} are {rule}, where it "
        f"would ordinarily be {percent(finding.reference_rate)} ({years(finding)})."
        f"{_to_shift(finding)}"
    )


def _against(finding: Any) -> str:
    other = "of the other learners of the same step"
    if finding.kind == "level":
        other = "hoped for"
    return f"beside {percent(finding.reference_rate)} {other}"


def _to_shift(finding: Any) -> str:
    if finding.direction != "hurdle" or not finding.learners_to_shift:
        return ""
    number = finding.learners_to_shift
    return f" To close the gap, about {number:,.0f} more learners a year would have to succeed."


def share(finding: Any) -> str:
    """A share in whole percent, or in learners where the group is small, or in words."""
    if finding.mark in IN_WORDS:
        return IN_WORDS[finding.mark]
    if finding.mark == "c" or _missing(finding.rate):
        return "a number that is not shown"
    if finding.n_learners < FEW_LEARNERS:
        return f"about {finding.n_success:.0f} of {finding.n_learners:.0f}"
    return percent(finding.rate)


def cell(row: Any) -> str:
    """A published share as a table shows it: percent, words for the tails, c where it is hidden."""
    words = {**IN_WORDS, "c": "c"}
    return words.get(row.mark) or percent(row.rate)


def instead(row: Any) -> str:
    """What a chart says where a share has no mark: words for the tails, or that it is hidden."""
    return IN_WORDS.get(row.mark, "hidden")


def limits(row: Any) -> str:
    """The 95 % limits of a published share; x where the share is said in words."""
    return "x" if row.mark else f"{percent(row.low)} to {percent(row.high)}"


def count(number: float | None) -> str:
    """A published number of learners; c where it is hidden."""
    return "c" if _missing(number) else f"{number:,.0f}"


def published(rows: pd.DataFrame) -> dict[str, Any]:
    """Number counted, share and range of published counts, as columns of a table."""
    return {
        "n": rows["n"].map(count),
        "rate": [cell(row) for row in rows.itertuples()],
        "range": [limits(row) for row in rows.itertuples()],
    }


def claims(release: Release, rank: int) -> list[str]:
    """Say what local knowledge stands beside a finding, with who said it and when.

    Only claims that may be quoted are pointed to a finding, so each is given in its own words.
    """
    known = release.tables["knowledge"]
    return [
        f"{BESIDE[row.verdict]}: “{row.claim}” ({', '.join(filter(None, [row.source, day(row.date)]))})"
        for row in known[known["rank"] == rank].itertuples()
        if row.verdict in BESIDE
    ]


def day(date: str) -> str:
    """A day as people write it; blank where there is none.

    >>> day("2025-04-02")
    '2 April 2025'
    """
    if not date:
        return ""
    year, month, number = date.split("-")
    return f"{int(number)} {MONTHS[int(month) - 1]} {year}"


def judging(measure: str, one_school: int, pooled: int) -> str:
    """Say what doubt a share of a judgement carries because schools judge differently (points).

    >>> judging("Reading", 7, 2)
    'Reading: schools may judge differently at the same test results. By that alone the share of all \
schools together carries a doubt of ±2 points, that of one school ±7.'
    """
    return (
        f"{measure}: schools may judge differently at the same test results. By that alone the share of "
        f"all schools together carries a doubt of ±{pooled} points, that of one school ±{one_school}."
    )


def judged(release: Release, *, of: Collection[str]) -> list[str]:
    """Say of each of these measures what doubt its shares carry, where that is told."""
    return [
        judging(measure(row.measure, release.about), row.one_school, row.pooled)
        for row in release.tables["judged"].itertuples()
        if row.measure in of
    ]


def whole_points(doubt: float) -> int:
    """A doubt in whole percentage points, rounded up, so that none is told as smaller than it is."""
    return math.ceil(round(100 * doubt, 6))


def percent(rate: float | None) -> str:
    """Whole percent; "x" where there is no number."""
    return "x" if _missing(rate) else f"{rate:.0%}"


def points(gap: float) -> str:
    """A difference of shares in percentage points."""
    size = abs(round(gap * 100))
    return f"{size} percentage point{'' if size == 1 else 's'}"


def years(finding: Any) -> str:
    """The years a finding was looked at in."""
    first, last = finding.year_min, finding.year_max
    return f"{first:.0f}" if first == last else f"{first:.0f}–{last:.0f}"


def how_sure(finding: Any) -> str:
    """The grade of evidence, the reason for it and, of all that was asked, what speaks against it."""
    seen = f"shows in {finding.years_seen:.0f} of {finding.years_with_data:.0f} years"
    range_ = f"between {signed(finding.gap_low)} and {signed(finding.gap_high)} points"
    grade = f"{label(f'evidence.{finding.evidence}')}: {range_}, {seen}"
    return f"{grade}. Against it: {doubts}" if (doubts := _doubts(finding)) else grade


def _doubts(finding: Any) -> str:
    said = [doubt.split(": ") for doubt in finding.doubts.split("; ") if doubt]
    words = [label(f"doubt.{question}.{verdict.replace(' ', '_')}") for question, verdict in said]
    return "; ".join(words)


def signed(gap: float) -> str:
    """A difference of shares in points, with its sign."""
    return f"{round(gap * 100):+d}".replace("-", "−")


def _missing(value: float | None) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
