"""Work out from credits whether a qualification is held, by the rule of the year.

An export of credits does not tell everything a rule asks for, so every count is known from its
``low`` to its ``high`` end, and an award is told only where both ends agree. The rules are data
(reference/ncea_rules.csv) with where each was published.

``level``: credits at that level or above; ``in_all``: together with the credits of the level below
that count as well; ``apart``: credits that count for the co-requisite do not count for the level
too. There is no rule for 2020 to 2022: NZQA added credits afterwards that an export may lack
("COVID-19 related changes to NCEA and University Entrance").
"""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import pandas as pd

__all__ = ["PARTS", "Rule", "rule_of", "told_by", "worked_out"]

_LEVELS = ("level_1", "level_2", "level_3")
_COREQUISITE = "ncea_corequisite"
# Each can be met from the standards of the co-requisite or from achievement standards of subjects.
_WAYS = {what: (what, f"{what}_standards") for what in ("literacy", "numeracy")}
PARTS = (
    *_LEVELS,
    "cross_credited_1",
    "cross_credited_2",
    *(way for ways in _WAYS.values() for way in ways),
)

_NUMBERS = ("from_year", "until_year", "level", "credits", "in_all", "literacy", "numeracy")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a qualification asked for in some years; ``level`` is 0 for the co-requisite."""

    measure: str
    from_year: int
    until_year: int
    level: int
    credits: int
    in_all: int
    literacy: int
    numeracy: int
    apart: bool
    source: str


def rule_of(measure: str, year: int) -> Rule | None:
    """Find the rule of a year; None where none is known for certain."""
    return next(
        (
            rule
            for rule in _rules()
            if rule.measure == measure and rule.from_year <= year <= rule.until_year
        ),
        None,
    )


def told_by(parts: Collection[str]) -> list[str]:
    """List the measures that these counts of credits can tell anything about."""
    both = all(any(way in parts for way in ways) for ways in _WAYS.values())
    return [f"ncea_{level}" for level in _LEVELS if level in parts] + ([_COREQUISITE] * both)


def worked_out(
    low: pd.DataFrame, high: pd.DataFrame, rule: Rule, *, included: bool | None
) -> pd.Series:
    """Say yes or no for each row, and "" where what is known of the credits allows both.

    ``low`` and ``high`` have a column for each count that the export tells, of ``PARTS``.
    ``included`` says whether the credits of Level 1 hold those of the co-requisite; None: unknown.
    """
    least, most = _at_level(low, rule.level), _at_level(high, rule.level)
    if rule.apart:
        own = [what for what in _WAYS if what in low]
        least -= _by_standards(low, rule)
        least -= 0 if included is False else high[own].sum(axis=1)
        most -= low[own].sum(axis=1) if included else 0
    below = f"cross_credited_{rule.level - 1}"
    needs_below = rule.in_all > rule.credits and below not in low
    in_all_least = least + low.get(below, 0)
    in_all_most = most + (math.inf if needs_below else high.get(below, 0))
    held = (least >= rule.credits) & (in_all_least >= rule.in_all)
    possible = (most >= rule.credits) & (in_all_most >= rule.in_all)
    for what, both in _WAYS.items():
        needed, ways = getattr(rule, what), [way for way in both if way in low]
        # Whether credits of both ways add up is not published: they do at most.
        held &= low[ways].max(axis=1) >= needed
        possible &= not ways or high[ways].sum(axis=1) >= needed
    return pd.Series("", low.index, dtype="str").mask(held, "yes").mask(~possible, "no")


def _at_level(counts: pd.DataFrame, level: int) -> pd.Series:
    above = [name for name in _LEVELS[level - 1 :] if name in counts] if level else []
    return counts[above].sum(axis=1)


def _by_standards(low: pd.DataFrame, rule: Rule) -> pd.Series:
    """The credits of achievement standards that the co-requisite may have used up."""
    used = pd.Series(0, low.index)
    for what in _WAYS:
        needed = getattr(rule, what)
        met = low[what] >= needed if what in low else pd.Series(False, low.index)
        used += needed * ~met
    return used


@cache
def _rules() -> Sequence[Rule]:
    path = resources.files("colanalysis") / "reference" / "ncea_rules.csv"
    return [
        Rule(
            measure=row["measure"],
            apart=row["apart"] == "yes",
            source=row["source"],
            **{name: int(row[name] or 0) for name in _NUMBERS},
        )
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    ]
