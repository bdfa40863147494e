"""Restate: findings as an audience may see them, worked out again from numbers that may be told.

Share, gap, range, learners to shift and order of a public finding come from rounded counts. What
they are worked out with (how sure, beside how many) stays behind.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from colanalysis import protect
from colanalysis.comparing import estimate, rank
from colanalysis.protect import Rules
from colanalysis.publishing import reference

INNER = ["sure", "pull", "n_others", "design_effect", "predicted", "score_gap", "period", "depth"]
# By how much results of the same learners and schools widen a variance, said in steps.
EFFECT_STEP = 0.5
NUMBERS = ["n_learners", "n_success", "rate", "mark", "done"]
# Rounding may be out by two learners in each of two counts: of so many others, by four points at most.
ENOUGH_OTHERS = 100


def findings(
    found: pd.DataFrame, shown: Mapping[str, pd.DataFrame], rules: Rules, *, smallest_gap: float
) -> pd.DataFrame:
    """Findings an audience may see, in the columns of ``findings.csv`` and what a page needs.

    ``shown``: the planned tables with the numbers that may be told. ``exact_rank`` says which of
    ``found`` a row is.
    """
    told = shown["findings"].rename(columns={"n": "n_learners"}).set_index("rank")
    own = found[found["rank"].isin(told.index)].set_index("rank", drop=False)
    own = own.assign(exact_rank=own["rank"]).rename_axis(None)
    if rules.exact:
        exact = own.assign(mark=protect.SHOWN, done="exact")
        return exact.drop(columns=INNER).reset_index(drop=True)
    told = told.loc[own.index]
    table = own.assign(**{name: told[name] for name in NUMBERS})
    table = table.assign(
        n_latest=_latest(shown["latest"].set_index("rank")["n"].loc[own.index], table, rules),
        reference_rate=_references(table, shown, rules),
    )
    kept = (table["mark"] != protect.HIDDEN) & table["reference_rate"].notna()
    # The share beside which a group is told needs two sides of its own that may be told.
    kept &= (table["kind"] != "gap") | (table["n_others"] >= 2 * rules.smallest_count)
    # Shares are told in whole percents; the order is of what stands behind them.
    again = rank.ranked(_again(table[kept], rules, smallest_gap))
    return again.drop(columns=INNER).round(dict.fromkeys(("gap", "gap_low", "gap_high"), 2))


def others(steps: pd.DataFrame, all_steps: pd.DataFrame) -> pd.DataFrame:
    """All other learners of the community together at a provider's steps, in the same year.

    The difference of two published counts, so it tells nothing that they do not; left out where one of
    them is hidden or so few are left that rounding would decide.
    """
    keys, numbers = ["measure", "stage", "year"], ["n", "n_success"]
    both = steps[keys + numbers].merge(all_steps[keys + numbers], on=keys, suffixes=("_own", ""))
    left = {name: (both[name] - both[f"{name}_own"]).astype(float) for name in numbers}
    table = both[keys].assign(**left)
    table = table[(table["n"] >= ENOUGH_OTHERS) & table["n_success"].between(0, table["n"])]
    return table.assign(rate=(table["n_success"] / table["n"]).round(2)).reset_index(drop=True)


def transitions(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """The same learners before and after each step, and the ordinary change of the same measure."""
    columns = ["measure", "stage_before", "stage_after"]
    table = before[[*columns, "n", "done"]].assign(
        before=before["n_success"],
        after=after["n_success"],
        rate_before=before["rate"],
        rate_after=after["rate"],
        ordinary_change=before["measure"].map(_ordinary_change(before, after)).round(2),
    )
    table["done"] = after["done"].where(before["mark"] == protect.SHOWN, before["done"])
    taken = table["stage_before"] != table["stage_after"]
    done = table.pop("done")
    return table.assign(done=done)[taken].reset_index(drop=True)


def _ordinary_change(before: pd.DataFrame, after: pd.DataFrame) -> pd.Series:
    """How the share of the same learners changes from year to year where no step is taken."""
    still = before["stage_before"] == before["stage_after"]
    known = still & before["n_success"].notna() & after["n_success"].notna()
    change = (after["n_success"] - before["n_success"])[known]
    by = before["measure"][known]
    return change.groupby(by).sum() / before["n"][known].groupby(by).sum()


def _again(shown: pd.DataFrame, rules: Rules, smallest_gap: float) -> pd.DataFrame:
    """Work gap, range, learners to shift and order out again from the rounded counts."""
    hurdle = shown["direction"] == "hurdle"
    rate, beside = _rate(shown, rules), shown["reference_rate"].astype(float)
    error = _error(rate, beside, shown, rules)
    # A listed gap has been pulled towards nought as far as it may be (``estimate.shrink``).
    pull = np.where(hurdle, 1, -1) * estimate.FURTHEST_PULL
    gap = rate - beside + pull * error
    # Rounding may close a small gap; it does not turn a hurdle into a success.
    gap = gap.clip(upper=0).where(hurdle, gap.clip(lower=0))
    half = estimate.Z95 * error
    behind = np.ceil((-gap.round(2) * shown["n_latest"] / rules.base).round(6)) * rules.base
    return shown.assign(
        gap=gap,
        gap_low=(gap - half).clip(lower=-1),
        gap_high=(gap + half).clip(upper=1),
        p_value=np.nan,
        q_value=np.nan,
        learners_to_shift=behind.where(hurdle, 0),
        sure=estimate.beyond(gap.to_numpy(float), error.to_numpy(float), smallest_gap),
        notes=_notes(shown["notes"], shown["n_learners"]),
    )


def _rate(shown: pd.DataFrame, rules: Rules) -> pd.Series:
    """The share, or what stands in for one that is told in words."""
    return protect.middle(shown.assign(n=shown["n_learners"]), rules) / shown["n_learners"]


def _references(table: pd.DataFrame, shown: Mapping[str, pd.DataFrame], rules: Rules) -> pd.Series:
    """The share compared with; an expectation is no count and stays as it was set."""
    starts = shown["starts"].set_index("rank")["rate"]
    usual = _ordinary_change(shown["before"], shown["after"])
    told = []
    for row in table.itertuples():
        if row.kind == "gap":
            told.append(reference.told(row.reference_rate, row.n_others, rules))
        elif row.kind == "transition":
            told.append(round(starts.loc[row.exact_rank] + usual.get(row.measure, 0.0), 2))
        else:
            told.append(row.reference_rate)
    return pd.Series(told, index=table.index, dtype=float)


def _latest(latest: pd.Series, shown: pd.DataFrame, rules: Rules) -> pd.Series:
    """Learners in the latest year; where they are too few to be told, what an equal share would be."""
    equal = shown["n_learners"] / shown["years_with_data"]
    equal = np.maximum(np.floor(equal / rules.base + 0.5), 1) * rules.base
    return latest.fillna(equal)


def _error(rate: pd.Series, beside: pd.Series, shown: pd.DataFrame, rules: Rules) -> pd.Series:
    """The gap's standard error, both sides in it.

    By how much results of the same learners and schools make it larger than that of two shares is
    told by the exact range, in whole steps upwards.
    """
    n = shown["n_learners"]
    others = np.floor(shown["n_others"].astype(float) / rules.base + 0.5) * rules.base
    own = (rate * n + 1) / (n + 2)
    doubt = own * (1 - own) / n + beside * (1 - beside) / others
    exact = (shown["gap_high"] - shown["gap_low"]).astype(float) / (2 * estimate.Z95)
    effect = np.ceil(exact**2 / doubt / EFFECT_STEP) * EFFECT_STEP
    return np.sqrt(effect * doubt)


def _notes(notes: pd.Series, n: pd.Series) -> pd.Series:
    """Notes without exact numbers; few learners are said of the rounded count."""
    exact = (
        r"^\d+% sure to be beyond \d+%; |few learners; |mean score [^;]*; |"
        r"its attributes by themselves [^;]*; "
    )
    rest = notes.str.replace(exact, "", regex=True)
    return rest.where(n >= rank.FEW_LEARNERS, "few learners; " + rest)
