"""Stand: where the targets of a community's earlier plans stand, and what would have come by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from colanalysis import challenge
from colanalysis.errors import ColanalysisError, UsageError
from colanalysis.planning import rounding, shift, target
from colanalysis.planning.rounding import Percent
from colanalysis.planning.shift import Earlier
from colanalysis.planning.target import Baseline
from colanalysis.terms.settings import Community

__all__ = ["COLUMNS", "JUDGED", "beside", "in_words", "plans"]

ABOUT = [
    "challenge",
    "group",
    "baseline_year",
    "baseline_n",
    "baseline_of",
    "target",
    "year",
    "n",
    "of",
]
JUDGED = [
    "met", "shift", "change", "by_luck", "remains", "remains_low", "remains_high", "expected_low",
    "expected_high", "chance_met", "detectable",
]  # fmt: skip
COLUMNS = [*ABOUT, *JUDGED]
MET = dict(
    zip(
        shift.MET,
        ("the target was met", "the target was not met", "", "too near to the target to tell"),
        strict=True,
    )
)
SHIFT = dict(
    zip(
        shift.SHIFT,
        (
            "it has shifted by more than would have come by itself",
            "it has moved away by more than would have come by itself",
            "whether it has shifted cannot be told from what comes by itself",
            "",
        ),
        strict=True,
    )
)


def plans(counted: pd.DataFrame, *, community: Community) -> pd.DataFrame:
    """Judge every [[plan]] of a community by its exact counts (``beside``).

    Where a plan does not print its baseline, it is counted. UsageError where a plan cannot be right:
    its group does not exist, or its target is below its baseline.
    """
    rows = challenge.monitored(counted, community=community)
    told = [
        _of_counts(plan, row, counted, community)
        for plan, row in zip(community.plans, rows.to_dict("records"), strict=True)
    ]
    return pd.DataFrame(told, columns=COLUMNS)


def beside(plan: Mapping[str, Any], history: pd.DataFrame, *, off_by: int = 0) -> dict[str, object]:
    """Judge one plan beside all groups that it was picked among (``shift.judged``): ``JUDGED``.

    ``plan``: group, baseline_year, baseline_n and baseline_of, target, year, n (who succeed) and of in
    that year (None where there are no later results), same_yardstick. ``history``: group, year, n, of.
    """
    earlier = Earlier(
        group=plan["group"],
        year=plan["baseline_year"],
        baseline=Baseline(int(plan["baseline_n"]), int(plan["baseline_of"])),
        wanted=_wanted(plan["target"]),
        looked_at=max(history["group"].nunique(), 1),
        same_yardstick=plan["same_yardstick"],
    )
    later = plan["n"] is not None and plan["year"] > plan["baseline_year"]
    now = Baseline(int(plan["n"]), int(plan["of"])) if later else None
    return shift.judged(
        earlier, now, history=history[history["year"] <= plan["year"]], off_by=off_by
    )


def in_words(judged: pd.DataFrame, *, about: str = "") -> list[str]:
    """Say where each plan stands, in learners; ``about`` stands before numbers that were rounded."""
    return [" ".join(_said(row, about)) for row in judged.itertuples()]


def _said(row: Any, about: str) -> Iterator[str]:
    yield (
        f"At the baseline ({row.baseline_year}) {about}{row.baseline_n:,} of {about}"
        f"{row.baseline_of:,} succeeded, and {100 * row.target:.0f}% were asked for."
    )
    if row.shift == shift.SHIFT[-1]:
        yield "Results of now are on another yardstick, so whether it has shifted cannot be known."
        return
    if row.met == shift.MET[2]:
        yield "There are no later results yet."
        return
    yield (
        f"In {row.year} it was {about}{row.n:,.0f} of {about}{row.of:,.0f}: {MET[row.met]}. If nothing had "
        f"shifted, {row.expected_low:,.0f} to {row.expected_high:,.0f} of them would be expected: "
        f"{SHIFT[row.shift]}."
    )
    if row.shift == shift.SHIFT[2] and not pd.isna(row.detectable):
        yield (
            f"Only a shift of about {row.detectable:,.0f} learners or more would be seen among so many."
        )


def _of_counts(
    plan: Mapping[str, Any], row: Mapping[str, Any], counted: pd.DataFrame, community: Community
) -> dict[str, object]:
    history = challenge.alike(plan, counted, community=community)
    history = history[history["year"] <= row["year"]]
    try:
        baseline = _baseline(row, history)
        target.to(baseline, str(_wanted(row["target"])))
    except ColanalysisError as error:
        raise UsageError(
            error.found, where=f'the plan "{row["challenge"]}"', expected=error.expected
        ) from error
    known = row["n"] > 0
    told = {
        **row,
        "group": str(plan.get("group", "")),
        "baseline_n": baseline.n,
        "baseline_of": baseline.of,
        "n": row["n_success"] if known else None,
        "of": row["n"],
    }
    return {name: told[name] for name in ABOUT} | beside(told, history)


def _wanted(share: float) -> Percent:
    return rounding.percent(f"{100 * Decimal(str(share)):f}", where="the target")


def _baseline(row: Mapping[str, Any], history: pd.DataFrame) -> Baseline:
    """The baseline as the plan prints it, else as it is counted."""
    if row["baseline_n"] != "" and row["baseline_of"] != "":
        return Baseline(int(row["baseline_n"]), int(row["baseline_of"]))
    own = history[(history["group"] == row["group"]) & (history["year"] == row["baseline_year"])]
    if own.empty:
        raise UsageError(
            f"found no result of {row['baseline_year']}", expected="baseline_n and baseline_of"
        )
    return Baseline(int(own["n"].iloc[0]), int(own["of"].iloc[0]))
