"""The steps of a learning pathway, from early childhood education to leaving school.

Every year level belongs to one step at most, so that no learner is counted twice at one time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from colanalysis.errors import SettingsError
from colanalysis.terms import keys

__all__ = ["DEFAULT_STAGES", "Stage", "stages_from"]

_NAMED = ("ece", "leavers")


@dataclass(frozen=True)
class Stage:
    """A step of the pathway: its first and last year level, or neither for ece and leavers."""

    id: str
    first: int | None = None
    last: int | None = None

    def holds(self, year_level: float) -> bool:
        """Say whether a year level belongs to this step; a missing one (NaN) belongs to none."""
        if self.first is None or self.last is None:
            return False
        return self.first <= year_level <= self.last


DEFAULT_STAGES = (
    Stage("ece"),
    Stage("years_0_3", 0, 3),
    Stage("years_4_6", 4, 6),
    Stage("years_7_8", 7, 8),
    Stage("years_9_10", 9, 10),
    Stage("years_11_13", 11, 13),
    Stage("leavers"),
)


def stages_from(table: Mapping[str, object], *, where: str) -> tuple[Stage, ...]:
    """Read the steps of a ``[stages]`` table in their order; SettingsError when two overlap."""
    stages = tuple(_stage(name, value, f"{where} {name}") for name, value in table.items())
    taken: set[int] = set()
    for stage in stages:
        twice = taken & _levels(stage)
        if twice:
            raise SettingsError(
                f"found year level {min(twice)} a second time",
                where=f"{where} {stage.id}",
                expected="every year level in one step only",
            )
        taken |= _levels(stage)
    return stages


def _stage(name: str, value: object, where: str) -> Stage:
    if name in _NAMED and value == name:
        return Stage(name)
    if name not in _NAMED and isinstance(value, list) and [type(one) for one in value] == [int] * 2:
        first, last = value
        if 0 <= first <= last <= 15:
            return Stage(name, first, last)
    raise SettingsError(
        f"found {keys.said(value)}",
        where=where,
        expected=f'"{name}"' if name in _NAMED else "first and last year level, such as [4, 6]",
    )


def _levels(stage: Stage) -> set[int]:
    if stage.first is None or stage.last is None:
        return set()
    return set(range(stage.first, stage.last + 1))
