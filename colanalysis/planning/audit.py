"""Audit: whether published targets can be true, what they leave open, and what contradicts what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from colanalysis.planning import contradict, possible, published, verdict
from colanalysis.planning.possible import Counts, Reading
from colanalysis.planning.published import Published
from colanalysis.planning.rounding import READS_AS, RULES

__all__ = ["COLUMNS", "JOINT", "Audited", "in_words", "look", "plan"]

COLUMNS = [
    "target", "group", "verdict", "of", "of_by_shares", "n", "needed", "extra", "rounding", "says",
]  # fmt: skip
JOINT = ["cohort", "targets", "rounding", "of"]
SHARES_ALONE, ANY_WAY = "by the shares alone", "each in its own way"


@dataclass(frozen=True, eq=False)
class Audited:
    """One row for each target, and one for each way of rounding of targets about the same learners."""

    targets: pd.DataFrame
    together: pd.DataFrame

    @property
    def sound(self) -> bool:
        """Whether nothing that was published is impossible."""
        some_way = self.together.loc[self.together["rounding"] == ANY_WAY, "of"]
        return bool(self.targets["verdict"].ne(verdict.IMPOSSIBLE).all() and some_way.ne("").all())


def plan(path: Path) -> Audited:
    """Audit a table of published targets (docs/plans.md); UsageError where it is not one."""
    return look(published.read(path))


def look(rows: Sequence[Published]) -> Audited:
    """Audit published targets, each by itself and those about the same learners together.

    ``targets`` has the columns ``COLUMNS``: the counts that the figures leave possible as ranges (of
    how many learners, n at the baseline, needed, extra), the rules of rounding by which they are, and
    what there is to say. ``together`` has ``JOINT``: the numbers of learners possible for all
    targets of a cohort, by the rule that they all follow, and by the shares alone.
    """
    solved = {row.target: possible.readings(row) for row in rows}
    by_name = {row.target: row for row in rows}
    told = [
        _told(row, solved[row.target], contradict.larger_than_whole(row, by_name, solved))
        for row in rows
    ]
    return Audited(pd.DataFrame(told, columns=COLUMNS), _together(rows))


def in_words(audited: Audited) -> list[str]:
    """Say every target and every cohort in one line each."""
    told = []
    for row in audited.targets.itertuples():
        counts = {
            "learners": row.of, "at the baseline": row.n, "needed": row.needed, "extra": row.extra,
        }  # fmt: skip
        figures = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
        of_whom = f" ({row.group})" if row.group else ""
        parts = [f"{row.target}{of_whom}: {row.verdict}", figures]
        told.append(f"{'; '.join(filter(None, parts))}. {row.says}".rstrip())
    for row in audited.together.itertuples():
        found = f"{row.of} learners" if row.of else "no number of learners fits"
        how = f'rounded by "{row.rounding}"' if row.rounding in RULES else row.rounding
        told.append(f"{row.targets} together ({row.cohort}), {how}: {found}.")
    return told


def _told(row: Published, solved: Mapping[Reading, Counts], beyond: str) -> tuple[str, ...]:
    found, ways = verdict.first(solved)
    counts = list(ways.values())
    rules = ", ".join(one.rule for one in ways) if row.target_percent else ""
    says = [*contradict.contradictions(row), *contradict.follows(row)]
    if not ways:
        says += contradict.repairs(row) or ["No single figure explains it."]
    if READS_AS in rules:
        says += contradict.short(row, counts)
    if beyond:
        found, says = verdict.IMPOSSIBLE, [*says, beyond]
    if counts and verdict.open_ended(counts):
        says.append("How many learners it is about neither stands there nor follows.")
    extra = verdict.extra(counts) if row.extra_learners is None else f"{row.extra_learners:,}"
    return (
        row.target,
        row.group,
        found,
        verdict.learners(counts),
        _alone([row]),
        verdict.count(counts, "n_low", "n_high"),
        verdict.count(counts, "needed_low", "needed_high"),
        extra,
        rules,
        " ".join(says),
    )


def _together(rows: Sequence[Published]) -> pd.DataFrame:
    told = []
    for cohort in dict.fromkeys(row.cohort for row in rows if row.cohort):
        members = {row.target: row for row in rows if row.cohort == cohort}
        names = ", ".join(members)
        if any(possible.by_shares(row) is not None for row in members.values()):
            told.append((cohort, names, SHARES_ALONE, _alone(list(members.values()))))
        told += [
            (cohort, names, rule, verdict.ranges(possible.joint(members, [Reading(rule)])))
            for rule in RULES
        ]
        told.append((cohort, names, ANY_WAY, verdict.ranges(possible.joint(members))))
    return pd.DataFrame(told, columns=JOINT)


def _alone(rows: Sequence[Published]) -> str:
    """The numbers of learners that the gaps of all shares leave, to the nearest learner."""
    found = [one for row in rows if (one := possible.by_shares(row)) is not None]
    if not found:
        return ""
    low, high = (round(part) for part in (max(a for a, _ in found), min(b for _, b in found)))
    return f"{low:,} to {high:,}" if low <= high else ""
