"""Aim: what a target for each candidate challenge would ask for, in learners, before it is agreed on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from colanalysis.errors import UsageError
from colanalysis.planning import ambition, calculate, rounding, target, unchanged
from colanalysis.planning.target import Baseline

__all__ = ["ABOUT", "COLUMNS", "RULES", "RUNGS", "at", "in_words"]

# Names of columns, by the names that rules and rungs have in words.
RULES = {rule: rule.replace(" ", "_") for rule in rounding.RULES}
RUNGS = {rung: rung.replace(" ", "_") for rung in ambition.RUNGS}
ABOUT = ["candidate", "rank", "measure", "stages", "group", "provider_id"]
WORKED = [
    "year", "n", "of", "target", "extra", *RULES.values(), *RUNGS.values(), "compared", "chance_met",
    "detectable",
]  # fmt: skip
COLUMNS = [*ABOUT, *WORKED]


def at(baseline: Baseline, hoped: float, like: pd.DataFrame) -> dict[str, object] | None:
    """Work a target out at the share that is hoped for, in whole per cent; None where it is reached.

    ``like``: group, year, n, of of groups like this one. Gives n (who succeed) and of, the target, how
    many more it asks for (extra), how many would have to succeed by each rule of rounding (``RULES``),
    how many more for each rung (``RUNGS``; missing where fewer than four groups can be compared), among how many groups
    (``compared``), and chance_met and detectable (``calculate.Worked``).
    """
    asked = f"{100 * hoped:.0f}"
    try:
        wanted = target.to(baseline, asked)
    except UsageError:
        return None
    compared = like["group"].nunique()
    enough = compared >= unchanged.FEWEST_GROUPS
    worked = calculate.target_of(baseline, wanted, like=like if enough else None)
    needed = dict(zip(worked.learners["rule"], worked.learners["needed"], strict=True))
    more = dict(zip(worked.rungs["rung"], worked.rungs["extra"], strict=True)) if enough else {}
    return {
        "n": baseline.n,
        "of": baseline.of,
        "target": asked,
        "extra": worked.extra,
        **{column: needed[rule] for rule, column in RULES.items()},
        **{column: more.get(rung, np.nan) for rung, column in RUNGS.items()},
        "compared": compared,
        "chance_met": worked.chance_met,
        "detectable": np.nan if worked.detectable is None else worked.detectable,
    }


def in_words(aims: pd.DataFrame) -> list[list[str]]:
    """Say in a few sentences what each target (``at``) asks for."""
    return [list(_said(row)) for row in aims.itertuples()]


def _said(row: Any) -> Iterator[str]:
    yield (
        f"In {row.year} it was {row.n:,.0f} of {row.of:,.0f} learners; {row.target} % of "
        f"them, as of those it was compared with, would be {row.extra:,.0f} more."
    )
    detectable = None if pd.isna(row.detectable) else int(row.detectable)
    yield from calculate.in_words(int(row.extra), row.chance_met, detectable)
    if pd.isna(row.typical):
        yield (
            "What like groups have reached cannot be told: there are fewer than "
            f"{unchanged.FEWEST_GROUPS} of them."
        )
        return
    yield (
        f"Of the {row.compared} places where such learners are compared, it would take "
        f"{_more(row.typical)} to do as the middle one does, {_more(row.upper_quarter)} to "
        f"do as a quarter of them do, and {_more(row.best_seen)} for the best that was surely "
        "seen."
    )


def _more(extra: float) -> str:
    return f"{extra:,.0f} more" if extra else "no more"
