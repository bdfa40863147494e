"""Restate: findings as an audience may see them, worked out again from counts that may be shown.

Share, gap, range, learners to shift and order of a public finding come from rounded counts. What
they are worked out with (how sure, how far pulled, beside how many) stays behind.
"""

from __future__ import annotations

from collections.abc import Set

import numpy as np
import pandas as pd

from colanalysis.comparing import estimate, rank
from colanalysis.publishing import protect
from colanalysis.publishing.protect import Rules

INNER = ["sure", "pull", "n_others", "design_effect", "beside", "predicted", "score_gap", "period",
         "depth"]  # fmt: skip


def findings(
    found: pd.DataFrame, rules: Rules, *, provider: str, surveyed: Set[str]
) -> pd.DataFrame:
    """Findings an audience may see, in the columns of ``findings.csv`` and what a page needs.

    A provider's hurdle belongs to that provider's own report; its successes may be built on by all.
    """
    own = found["provider_id"].isin(["", provider])
    table = found[own | (found["direction"] == "success") | rules.exact]
    table = table.rename(columns={"n_learners": "n"})
    # What a step is compared with is counted among the same learners, before they take it.
    table = table.assign(beside=table["n_others"].where(table["kind"] != "transition", table["n"]))
    survey = table["measure"].isin(surveyed)
    shown = protect.counts(table, rules, survey=survey)
    shown = shown.rename(columns={"n": "n_learners"}).drop(columns=["low", "high"])
    if not rules.exact:
        # The share beside which a group is told needs two sides of its own that may be shown.
        told = (shown["mark"] != protect.HIDDEN) & (shown["beside"] >= 2 * rules.smallest_count)
        smallest = np.where(survey, rules.smallest_survey, rules.smallest_group)
        shown = rank.ranked(_again(shown.assign(smallest=smallest)[told], rules))
    return shown.drop(columns=[*INNER, "smallest"], errors="ignore")


def _again(shown: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Work gap, range, learners to shift and order out again from the rounded counts."""
    n, reference, latest = shown["n_learners"], _reference(shown, rules), _latest(shown, rules)
    rate, hurdle = _rate(shown, rules), shown["direction"] == "hurdle"
    error = _error(rate, reference, shown, rules)
    gap = (rate - reference + shown["pull"].astype(float).round(1) * error).round(2)
    # Rounding may close a small gap; it does not turn a hurdle into a success.
    gap = gap.clip(upper=0).where(hurdle, gap.clip(lower=0))
    half = estimate.Z95 * error
    behind = np.ceil((-gap * latest / rules.base).round(6)) * rules.base
    return shown.assign(
        reference_rate=reference,
        gap=gap,
        gap_low=(gap - half).clip(lower=-1).round(2),
        gap_high=(gap + half).clip(upper=1).round(2),
        p_value=np.nan,
        q_value=np.nan,
        n_latest=latest,
        learners_to_shift=behind.where(hurdle, 0),
        sure=shown["sure"].astype(float).round(1),
        notes=_notes(shown["notes"], n),
    )


def _rate(shown: pd.DataFrame, rules: Rules) -> pd.Series:
    """The share; where it is told in words, the middle of what the words allow stands in for it."""
    tail = rules.smallest_count / 2 / shown["n_learners"]
    stand_in = tail.where(shown["mark"] == protect.FEW, 1 - tail)
    return shown["rate"].fillna(stand_in).astype(float)


def _reference(shown: pd.DataFrame, rules: Rules) -> pd.Series:
    """The share compared with, from a rounded count that leaves enough learners on both sides.

    An expectation is no count and stays as it was set.
    """
    share = shown["reference_rate"].astype(float)
    of = protect.rounded(shown["beside"], rules.base)
    count = protect.rounded(share * of, rules.base)
    count = count.clip(lower=rules.smallest_count, upper=of - rules.smallest_count)
    return (count / of).where(shown["kind"] != "level", share).round(2)


def _latest(shown: pd.DataFrame, rules: Rules) -> pd.Series:
    """Learners in the latest year; where they are too few to be told, what an equal share would be."""
    equal = shown["n_learners"] / shown["years_with_data"]
    latest = shown["n_latest"].where(shown["n_latest"] >= shown["smallest"], equal)
    return protect.rounded(latest, rules.base).clip(lower=rules.base)


def _error(rate: pd.Series, reference: pd.Series, shown: pd.DataFrame, rules: Rules) -> pd.Series:
    """The gap's standard error, both sides in it."""
    n, others = shown["n_learners"], protect.rounded(shown["n_others"], rules.base)
    own = (rate * n + 1) / (n + 2)
    doubt = own * (1 - own) / n + reference * (1 - reference) / others
    effect = shown["design_effect"].astype(float).round(1)
    return np.sqrt(effect * doubt)


def _notes(notes: pd.Series, n: pd.Series) -> pd.Series:
    """Notes without exact numbers; few learners are said of the rounded count."""
    exact = (
        r"^\d+% sure to be beyond \d+%; |few learners; |mean score [^;]*; |"
        r"its attributes by themselves [^;]*; "
    )
    rest = notes.str.replace(exact, "", regex=True)
    return rest.where(n >= rank.FEW_LEARNERS, "few learners; " + rest)
