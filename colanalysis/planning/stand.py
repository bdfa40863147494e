"""Stand: where the targets of a community's earlier plans stand, from its counts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pandas as pd

from colanalysis import challenge
from colanalysis.errors import ColanalysisError, UsageError
from colanalysis.planning import shift, target
from colanalysis.planning.shift import Earlier
from colanalysis.planning.target import Baseline
from colanalysis.terms.settings import Community

__all__ = ["COLUMNS", "in_words", "plans"]

COLUMNS = [
    "challenge", "group", "baseline_year", "baseline_n", "baseline_of", "target", "year", "n", "of",
    "met", "shift", "change", "by_luck", "remains", "low", "high", "expected_low", "expected_high",
    "chance_met", "detectable",
]  # fmt: skip


def plans(counted: pd.DataFrame, *, community: Community) -> pd.DataFrame:
    """Judge every [[plan]] of a community by its exact counts (``shift.judged``).

    Where a plan does not print its baseline, it is counted. Blank where something cannot be known.
    UsageError where a plan cannot be right: its group does not exist, or its target is below its
    baseline.
    """
    rows = [
        _judged(plan, row, counted, community)
        for plan, row in zip(
            community.plans,
            challenge.monitored(counted, community=community).itertuples(),
            strict=True,
        )
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _judged(plan: Any, row: Any, counted: pd.DataFrame, community: Community) -> dict[str, object]:
    history = challenge.alike(plan, counted, community=community)
    history = history[history["year"] <= row.year]
    try:
        baseline = _baseline(row, history)
        wanted = target.to(baseline, f"{100 * Decimal(str(row.target)):f}")
    except ColanalysisError as error:
        raise UsageError(
            error.found, where=f'the plan "{row.challenge}"', expected=error.expected
        ) from error
    earlier = Earlier(
        group=str(plan.get("group", "")),
        year=row.baseline_year,
        baseline=baseline,
        wanted=wanted,
        looked_at=max(history["group"].nunique(), 1),
        same_yardstick=row.same_yardstick,
    )
    now = Baseline(row.n_success, row.n) if row.n and row.year > row.baseline_year else None
    told = shift.judged(earlier, now, history=history)
    return {
        **{name: getattr(row, name) for name in ("challenge", "group", "baseline_year", "target")},
        "baseline_n": baseline.n, "baseline_of": baseline.of,
        "year": row.year, "n": row.n_success, "of": row.n, **told,
    }  # fmt: skip


def _baseline(row: Any, history: pd.DataFrame) -> Baseline:
    """The baseline as the plan prints it, else as it is counted."""
    if row.baseline_n != "" and row.baseline_of != "":
        return Baseline(int(row.baseline_n), int(row.baseline_of))
    own = history[(history["group"] == row.group) & (history["year"] == row.baseline_year)]
    if own.empty:
        raise UsageError(
            f"found no result of {row.baseline_year}", expected="baseline_n and baseline_of"
        )
    return Baseline(int(own["n"].iloc[0]), int(own["of"].iloc[0]))


def in_words(stand: pd.DataFrame) -> list[str]:
    """Say where each plan stands, in learners."""
    return [" ".join(_said(row)) for row in stand.itertuples()]


def _said(row: Any) -> Iterator[str]:
    yield (
        f"{row.challenge}: {row.met}. At the baseline {row.baseline_n:,} of {row.baseline_of:,} succeeded "
        f"({row.baseline_year}), and {100 * row.target:.0f} % were asked for."
    )
    if row.shift == shift.SHIFT[-1]:
        yield "Results of now are on another yardstick, so whether it has shifted cannot be known."
        return
    if row.met == shift.MET[-1]:
        yield "There are no later results yet."
        return
    yield (
        f"In {row.year} it is {row.n:,} of {row.of:,}. If nothing had shifted, {row.expected_low:,.0f} to "
        f"{row.expected_high:,.0f} of them would be expected: {row.shift}."
    )
    if row.shift == shift.SHIFT[2] and not pd.isna(row.detectable):
        yield (
            f"So many learners can show a shift of {row.detectable:,.0f}; a smaller one may be there "
            "and go unseen."
        )
