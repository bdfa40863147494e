"""Published: targets as a plan prints them, one row of a table for each, every figure optional."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from colanalysis.errors import DataError, UsageError
from colanalysis.planning import rounding
from colanalysis.planning.rounding import RULES, Percent
from colanalysis.planning.target import known
from colanalysis.reading import files

__all__ = ["COLUMNS", "FIGURES", "Published", "read"]

# What a plan prints of a target, as it is called in sentences.
FIGURES: Mapping[str, str] = {
    "baseline_percent": "the baseline in per cent",
    "baseline_n": "the learners who succeed at the baseline",
    "baseline_of": "the learners at the baseline",
    "target_percent": "the target in per cent",
    "target_n": "the learners who are to succeed",
    "target_of": "the learners whom the target is about",
    "extra_learners": "the extra learners",
    "extra_points": "the extra points",
}
TEXTS = ("target", "group", "measure", "cohort", "part_of", "rounding", "decimals", "source")
COLUMNS = (*TEXTS, *FIGURES)


@dataclass(frozen=True, kw_only=True)
class Published:
    """One published target; None where the plan says nothing.

    ``cohort``: rows of one cohort are about the same learners, so they share one number of them.
    ``part_of``: the target whose group, or whose lower level, holds all of these. ``rounding``: the rule
    that the plan says it follows, else any.
    """

    target: str
    where: str
    group: str = ""
    measure: str = ""
    cohort: str = ""
    part_of: str = ""
    rounding: str = ""
    baseline_percent: Percent | None = None
    baseline_n: int | None = None
    baseline_of: int | None = None
    target_percent: Percent | None = None
    target_n: int | None = None
    target_of: int | None = None
    extra_learners: int | None = None
    extra_points: Percent | None = None

    def without(self, figure: str) -> Published:
        """The same target if one figure had not been printed."""
        return replace(self, **{figure: None})  # type: ignore[arg-type]


def read(path: Path) -> list[Published]:
    """Read a table of published targets; UsageError where the file or a cell is not one."""
    cells = _cells(path)
    made = [_row(row, where) for where, row in cells]
    names = [one.target for one in made]
    for one in made:
        if names.count(one.target) > 1:
            raise UsageError(
                f'found the target "{one.target}" twice', where=one.where, expected="its own name"
            )
        if one.part_of:
            known(one.part_of, [name for name in names if name != one.target], what="part_of")
    return made


def _cells(path: Path) -> list[tuple[str, dict[str, str]]]:
    if not path.is_file():
        raise UsageError(
            "found no such file", where=str(path), expected="a table of published targets"
        )
    try:
        grid = files.grid(files.opened(path, path.name), path.name, frozenset(COLUMNS))
        columns = {name: list(grid.texts(name)) for name in grid.headings if name}
    except DataError as error:
        # What a plan prints is public, and the file is part of the command.
        raise UsageError(
            error.found, where=error.where, expected=error.expected, remedy=error.remedy
        ) from error
    for name in columns:
        known(name, COLUMNS, what="column")
    if not set(columns) & set(FIGURES) or not len(grid.rows):
        raise UsageError(
            "found no published figure", where=path.name, expected=f"some of {', '.join(FIGURES)}"
        )
    return [
        (f"{path.name} row {number}", {name: texts[at] for name, texts in columns.items()})
        for at, number in enumerate(grid.rows)
    ]


def _row(cells: Mapping[str, str], where: str) -> Published:
    told = {name: text for name, text in cells.items() if text}
    texts = {
        name: told[name]
        for name in ("group", "measure", "cohort", "part_of", "rounding")
        if name in told
    }
    if "rounding" in texts:
        known(texts["rounding"], list(RULES), what="rounding")
    decimals = _whole(told["decimals"], f"{where} decimals") if "decimals" in told else None
    figures: dict[str, Percent | int] = {}
    for name in FIGURES:
        if name not in told:
            continue
        if name in ("baseline_percent", "target_percent", "extra_points"):
            read_ = rounding.percent(told[name], where=f"{where} {name}")
            # A spreadsheet turns 84.0 into 84; ``decimals`` says what was printed.
            figures[name] = Percent(read_.value, max(read_.decimals, decimals or 0))
        else:
            figures[name] = _whole(told[name], f"{where} {name}")
    for name in ("baseline_of", "target_of"):
        if figures.get(name) == 0:
            raise UsageError("found 0 learners", where=f"{where} {name}", expected="one or more")
    return Published(target=told.get("target", where), where=where, **texts, **figures)  # type: ignore[arg-type]


def _whole(text: str, where: str) -> int:
    digits = text.replace(",", "").removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 7):
        raise UsageError(f'found "{text}"', where=where, expected="a whole number, such as 168")
    return int(digits)
