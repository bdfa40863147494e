"""Since: what became of earlier plans, worked out from numbers that may be told and from no others."""

from __future__ import annotations

from typing import Any

import pandas as pd

from colanalysis import challenge, keyed, protect
from colanalysis.evidence import Evidence
from colanalysis.planning import stand
from colanalysis.protect import Rules
from colanalysis.publishing import of_plans
from colanalysis.publishing.decide import NUMBERS

BASELINE = ["baseline_n", "baseline_of"]


def plans(evidence: Evidence, now: pd.DataFrame, years: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Targets of earlier plans, what the same group reaches now, and whether it has shifted.

    ``now`` and ``years``: ``of_plans.now`` and ``of_plans.years`` with what is told of them. The
    judgement (``stand.JUDGED``) is missing where one of the numbers that it takes is not told.
    UsageError where a plan's group does not exist.
    """
    for plan in evidence.community.plans:
        challenge.exists(plan, evidence.counted, community=evidence.community)
    table = challenge.monitored(evidence.counted, community=evidence.community)
    table = table.drop(columns=["n", "n_success"]).join(now[NUMBERS].reset_index(drop=True))
    table = table.assign(group=[of_plans.spelt(group, evidence) for group in table["group"]])
    table = table.assign(**_baselines(table, years, rules)).reset_index(names="plan")
    judged = [_judged(row, years, rules) for row in table.to_dict("records")]
    told = pd.DataFrame(judged, columns=stand.JUDGED, index=table.index)
    words = ["met", "shift"]
    numbers = told.drop(columns=words).astype("float64")
    return table.join(told[words].astype(object).fillna("")).join(numbers)


def _judged(row: dict[str, Any], years: pd.DataFrame, rules: Rules) -> dict[str, object]:
    """What a plan's told numbers say, nothing where one that it takes is not told."""
    later = row["year"] > row["baseline_year"] and pd.notna(row["n"])
    told = all(isinstance(row[name], int) for name in BASELINE)
    if not told or (later and row["mark"] != protect.SHOWN):
        return {}
    history = years[years["plan"] == row["plan"]]
    history = history.assign(of=history["n"], n=protect.middle(history, rules)).dropna(subset=["n"])
    history = history[["group", "year", "n", "of"]].astype({"n": "int64", "of": "int64"})
    plan = {**row, "n": row["n_success"] if later else None, "of": row["n"]}
    return stand.beside(plan, history, off_by=rules.base - 1)


def _baselines(
    table: pd.DataFrame, years: pd.DataFrame, rules: Rules
) -> dict[str, list[int | str]]:
    """The baselines as the plans print them, else as they are told of their year; c, x where they are not."""
    then = table[BASELINE].apply(pd.to_numeric, errors="coerce")
    unsaid = then.isna().any(axis=1)
    # Whom a printed baseline counted is not known any more: its rounding is drawn by what it says.
    said = keyed.said(table[["challenge", "measure", "group", "baseline_year"]])
    printed = pd.DataFrame(
        {
            "n": then["baseline_of"].fillna(0).astype(int),
            "n_success": then["baseline_n"].fillna(0).astype(int),
            "smallest": rules.smallest_group,
            "key": keyed.records("of|" + said, rules.secret),
            "key_success": keyed.records("n|" + said, rules.secret),
        }
    )
    shown = protect.counts(printed, rules)
    told = zip(shown["n_success"], shown["n"], strict=True)
    counted = {
        (row.plan, row.group, row.year): (_told(row.n_success), _told(row.n))
        for row in years.itertuples()
    }
    both = [
        counted.get((row.Index, row.group, row.baseline_year), ("x", "x"))
        if unsaid[row.Index]
        else (_told(n), _told(of))
        for row, (n, of) in zip(table.itertuples(), told, strict=True)
    ]
    return {name: [one[place] for one in both] for place, name in enumerate(BASELINE)}


def _told(number: float) -> int | str:
    return "c" if pd.isna(number) else int(number)
