"""Calculate: one target worked out in learners, with what has to be known before it is agreed on."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from colanalysis.errors import DataError, UsageError
from colanalysis.planning import ambition, rounding, split, target, unchanged
from colanalysis.planning.rounding import Percent
from colanalysis.planning.target import Baseline
from colanalysis.reading import files
from colanalysis.terms import catalogue, settings

__all__ = ["Worked", "dated", "in_words", "like", "schools", "target_of", "whole"]

OWN = "this group"
_SCHOOL, _LIKE = ("school", "n", "of"), ("group", "year", "n", "of")


@dataclass(frozen=True, eq=False)
class Worked:
    """The learners of a target by each rule of rounding, and what to know before it is agreed on.

    ``extra``: the more learners it asks for by the chosen rule. ``chance_met``: the chance that it would
    be met if nothing changed. ``detectable``: the fewest extra learners that would be told from noise
    four times in five, None where none would. ``schools``: its shifts by school; ``rungs``: what like
    groups have reached; both empty where nothing is known.
    """

    learners: pd.DataFrame
    extra: int
    chance_met: float
    detectable: int | None
    schools: pd.DataFrame
    rungs: pd.DataFrame

    @property
    def says(self) -> list[str]:
        """What to know before it is agreed on, in words."""
        return in_words(self.extra, self.chance_met, self.detectable)


def target_of(
    baseline: Baseline,
    wanted: Percent,
    *,
    of_then: int | None = None,
    rule: str = rounding.REACHES,
    schools: pd.DataFrame | None = None,
    like: pd.DataFrame | None = None,
) -> Worked:
    """Work a target out; ``schools`` (school, n, of) share the extra learners of ``rule``.

    ``like`` (group, year, n, of) are other groups at the same measure and step: from them follow the
    rungs that a target can be set on, and how far years wander.
    """
    target.known(rule, list(rounding.RULES), what="rounding")
    table = target.learners(baseline, wanted, of_then=of_then)
    one = table[table["rule"] == rule].iloc[0]
    own = pd.DataFrame([(OWN, 0, baseline.n, baseline.of)], columns=list(_LIKE))
    history = own if like is None else pd.concat([own, like])
    known = unchanged.level(unchanged.fit(history), OWN)
    extra = int(one["extra"])
    return Worked(
        learners=table,
        extra=extra,
        chance_met=float(unchanged.likely(known, one["of"])[one["needed"] :].sum()),
        detectable=unchanged.smallest_shift(known, one["of"]),
        schools=pd.DataFrame() if schools is None else split.schools(extra, schools),
        rungs=pd.DataFrame() if like is None else _rungs(like, one["of"], one["unchanged"]),
    )


def in_words(extra: int, chance_met: float, detectable: int | None) -> list[str]:
    """Say what to know of so many extra learners before they are agreed on (as of ``Worked``)."""
    says = [
        f"If nothing changed, the target would be met by chance alone in {100 * chance_met:.0f} of 100 "
        "cases.",
        "No shift of so few learners could be told from noise."
        if detectable is None
        else f"A shift of {detectable:,} learners would be told from noise four times in five.",
    ]
    if detectable is None or extra < detectable:
        says.append(
            f"The {extra:,} extra learners of the target may be there without any shift, or be missing "
            "in spite of one: put years or groups together, or say how else it would be known."
        )
    return says


def _rungs(like: pd.DataFrame, of: int, unchanged_: int) -> pd.DataFrame:
    """What like groups have reached, in learners of this group."""
    told = ambition.ladder(like)
    needed = np.ceil(told["share"] * of).astype("int64")
    return told.assign(needed=needed, extra=(needed - unchanged_).clip(lower=0))


def dated(
    year: int | None,
    *,
    today: datetime.date,
    since: int | None = None,
    measure: str | None = None,
    folder: Path | None = None,
) -> list[str]:
    """Say where the yardstick of a measure changes between the baseline and the target's year.

    ``since``: the year of the baseline, else this one. ``folder``: a community that has measures of its own. UsageError for a year
    that is over, and for a measure that does not exist.
    """
    if year is not None:
        target.ahead(year, today=today)
    if measure is None:
        return []
    measures = settings.read(folder).measures if folder else catalogue.measures()
    meant = measures[target.known(measure, list(measures), what="measure")]
    return [] if year is None else target.changes(meant, since or today.year, year)


def schools(path: Path) -> pd.DataFrame:
    """Read a table of schools with school, n and of; UsageError where it is not one."""
    return _table(path, _SCHOOL)


def like(path: Path) -> pd.DataFrame:
    """Read a table of like groups with group, year, n and of; UsageError where it is not one."""
    return _table(path, _LIKE)


def _table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """A table whose first column is a name and whose others are whole numbers."""
    try:
        grid = files.grid(files.opened(path, path.name), path.name, frozenset(columns))
        for name in columns:
            target.known(name, grid.headings, what="column that is needed")
        texts = {name: list(grid.texts(name)) for name in columns}
    except DataError as error:
        raise UsageError(
            error.found, where=error.where, expected=error.expected, remedy=error.remedy
        ) from error
    numbers = columns[1:]
    for place, row in enumerate(grid.rows):
        for name in numbers:
            if not (texts[name][place].isascii() and texts[name][place].isdecimal()):
                raise UsageError(
                    "found a cell that is no whole number", where=f"{path.name} row {row} {name}",
                    expected="how many learners succeed (n), of how many (of)",
                )  # fmt: skip
    return pd.DataFrame(texts).astype(dict.fromkeys(numbers, "int64"))


def whole(by_school: pd.DataFrame) -> Baseline:
    """The baseline of all schools together."""
    return Baseline(int(by_school["n"].sum()), int(by_school["of"].sum()))
