"""The second road: what is said of groups, worked out from rows of learners by plain pandas.

Nothing of ``colanalysis`` is used here but the names of the standard steps. A row is a result of a
learner: learner, measure, stage, year, year_level, provider_id, profile (groups joined by `` & ``)
and success; where scores are known, score.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import scipy.stats

STRATUM = ["stage", "year", "year_level"]
CELL = ["measure", "stage", "year", "year_level", "provider_id"]
BOTH_ENDS = [*CELL, "stage_later", "year_later", "year_level_later", "provider_id_later", "profile"]
STEPS = ["ece", "years_0_3", "years_4_6", "years_7_8", "years_9_10", "years_11_13", "leavers"]
Z95 = scipy.stats.norm.ppf(0.975)


def counts(rows: pd.DataFrame) -> pd.DataFrame:
    """Counts as ``measure.counts`` gives them; scores are unknown unless there is a score."""
    score = rows["score"] if "score" in rows else pd.Series(np.nan, rows.index)
    units = (score * 1000).round().fillna(0).astype("int64")
    table = rows[[*CELL, "profile"]].assign(
        n=1, n_success=rows["success"].astype("int64"), n_scored=score.notna().astype("int64"),
        score_sum=units, score_squares=units**2,
    )  # fmt: skip
    return table.groupby([*CELL, "profile"], dropna=False, as_index=False).sum()


def meetings(rows: pd.DataFrame) -> pd.DataFrame:
    """Every two results that one learner has of a measure in two years."""
    both = rows.merge(rows, on=["learner", "measure"], suffixes=("", "_later"))
    both = both[both["year"] < both["year_later"]]
    first, later = both["success"].astype("int64"), both["success_later"].astype("int64")
    return both.assign(n=1, first=first, later=later, both=first * later)


def pairs(rows: pd.DataFrame) -> pd.DataFrame:
    """Pairs as ``measure.pairs`` gives them; an empty table has all columns."""
    table = meetings(rows)[[*BOTH_ENDS, "n", "first", "later", "both"]]
    if table.empty:
        return table.reset_index(drop=True)
    return table.groupby(BOTH_ENDS, dropna=False, as_index=False).sum()


def belongs(rows: pd.DataFrame, group: str = "", provider_id: str = "") -> np.ndarray:
    """Which rows are of a group, or of a provider; of neither all of them."""
    wanted = set(group.split(" & ")) if group else set()
    known = {text: wanted <= set(text.split(" & ")) for text in rows["profile"].unique()}
    mine = rows["profile"].map(known).to_numpy(bool)
    return mine & (rows["provider_id"] == provider_id).to_numpy() if provider_id else mine


def against(rows: pd.DataFrame, mine: np.ndarray, effect: float = 1.0) -> dict[str, float]:
    """A group beside the others of the same step, year and year level."""
    us, them = (
        rows[side].groupby(STRATUM, dropna=False)["success"].agg(["size", "sum"])
        for side in (mine, ~mine)
    )
    met = us.join(them.add_suffix("_them"), how="inner").astype(float)
    n, x = met["size"].sum(), met["sum"].sum()
    weight = met["size"] / n
    reference = (weight * met["sum_them"] / met["size_them"]).sum()
    near, near_them = (x + 1) / (n + 2), (met["sum_them"] + 1) / (met["size_them"] + 2)
    doubt = near * (1 - near) / n
    doubt += (weight**2 * near_them * (1 - near_them) / met["size_them"]).sum()
    return {
        "n": n, "n_others": met["size_them"].sum(), "n_success": x, "rate": x / n,
        "reference_rate": reference, "raw_gap": x / n - reference,
        "error": float(np.sqrt(doubt * effect)),
    }  # fmt: skip


def tail(n: float, expected: float, away: float, variance: float) -> float:
    """Two-sided p-value of ``away``: normal when near, else a binomial's tail with mid-p."""
    z = away / np.sqrt(max(variance, 1e-12))
    if abs(z) <= 2:
        return float(2 * scipy.stats.norm.sf(abs(z)))
    share = min(max(expected / n, 1e-9), 1 - 1e-9)
    as_many = share * (1 - share) / (variance / n**2)
    seen = min(max(share + away / n, 0.0), 1.0) * as_many
    if away > 0:
        # As many who do not succeed, and as few, is the same question.
        seen, share = as_many - seen, 1 - share
    # P(X <= k) of a binomial is the upper tail of a beta distribution.
    at_most = scipy.stats.beta.sf(share, seen + 1, max(as_many - seen, 1e-9))
    below = scipy.stats.beta.sf(share, seen, as_many - seen + 1) if seen > 0 else 0.0
    return float(min(at_most + below, 1.0))


def shrunken(raw: float, error: float, prior: float, spread: float) -> float:
    """Pulled towards the prior, by a quarter of the error at most."""
    pull = (prior - raw) * error**2 / (spread**2 + error**2)
    return raw + min(max(pull, -error / 4), error / 4)


def spread_of(gap: np.ndarray, error: np.ndarray, floor: float = 0.05) -> float:
    """DerSimonian and Laird's spread around nought."""
    if len(gap) < 2:
        return floor
    weight = error**-2.0
    squared = ((weight * gap**2).sum() - len(gap)) / weight.sum()
    return float(np.sqrt(max(squared, floor**2)))


class Hand:
    """One measure on one yardstick, learner by learner.

    ``likely`` says how likely each spread between providers is that ``grid`` names, by provider
    ("" for groups).
    """

    def __init__(self, rows: pd.DataFrame, grid: np.ndarray | None = None) -> None:
        self.rows = rows.reset_index(drop=True).assign(place=lambda table: table.index)
        strata = self.rows.groupby(STRATUM, dropna=False)["success"]
        self.share = strata.transform("mean").to_numpy(float)
        size = strata.transform("size").to_numpy(float)
        self.stratum = self.rows.groupby(STRATUM, dropna=False).ngroup().to_numpy()
        self.varies = self.share * (1 - self.share) * size / np.maximum(size - 1, 1)
        self.away = self.rows["success"].to_numpy(float) - self.share
        self.grid = np.zeros(1) if grid is None else grid

    @cached_property
    def twice(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Two results of one learner (two rows) and the covariance that is expected of them."""
        met = meetings(self.rows)
        a, b = met["place"].to_numpy(), met["place_later"].to_numpy()
        most = np.sqrt(self.share[a] * (1 - self.share[a]) * self.share[b] * (1 - self.share[b]))
        table = pd.DataFrame(
            {"apart": (met["year_later"] - met["year"]).to_numpy(),
             "joint": self.away[a] * self.away[b], "most": most}
        )  # fmt: skip
        told = table.groupby("apart").agg(n=("most", "size"), j=("joint", "sum"), m=("most", "sum"))
        told.loc[told["n"] < 50, ["j", "m"]] = table[["joint", "most"]].sum().to_numpy()
        goes = (told["j"] / told["m"].where(told["m"] > 0)).fillna(0).clip(0, 1)
        return a, b, table["apart"].map(goes).to_numpy(float) * most

    def inside(self, stages: list[str], first_year: int, last_year: int) -> np.ndarray:
        """Rows in a range of steps and years."""
        years = self.rows["year"].between(first_year, last_year)
        return (self.rows["stage"].isin(stages) & years).to_numpy()

    def judge(
        self,
        group: str,
        provider_id: str,
        where: tuple[list[str], int, int],
        *,
        likely: np.ndarray,
        away: np.ndarray | None = None,
        smallest: int = 10,
    ) -> dict[str, float]:
        """The score test of a group or provider over a range; ``likely`` weighs the grid."""
        rows, inside = self.rows, self.inside(*where)
        belonging = belongs(rows, group, provider_id)
        mine = belonging & inside
        away = self.away if away is None else away
        n, n_all = float(mine.sum()), float(inside.sum())
        rest = (n_all - n) / n_all
        independent = rest * self.varies[mine].sum()
        a, b, covariance = self.twice
        chance = independent + rest * 2 * covariance[mine[a] & mine[b]].sum()
        # How differently the group and everybody are spread over providers, over all years.
        step = rows["stage"].isin(where[0])
        places = rows["provider_id"]
        ours = places[belonging & step].value_counts(normalize=True)
        uneven = ours.sub(places[step].value_counts(normalize=True), fill_value=0).pow(2).sum()
        if places.nunique() < 2:
            uneven = 0.0
        expected, beyond = self.share[mine].sum(), away[mine].sum()
        between = (likely @ self.grid**2) * n**2 * uneven
        p = np.nan
        if min(n, n_all - n) >= smallest:
            p = tail(n, expected, beyond, chance + between)
            if provider_id and places.nunique() > 1:
                each = [
                    tail(n, expected, beyond, chance + (wide * n) ** 2 * uneven)
                    for wide in self.grid
                ]
                p = float(likely @ np.array(each))
        weight = n * (n_all - n) / n_all
        return {
            "n": n, "n_others": n_all - n, "n_success": expected + beyond, "independent": independent,
            "chance": chance, "between": between, "p_value": p, "away": beyond,
            "raw_gap": beyond / weight if weight else 0.0,
            "error": np.sqrt(chance + between) / weight if weight else 0.0,
        }  # fmt: skip

    def indicator(
        self, group: str, provider_id: str, where: tuple[list[str], int, int]
    ) -> np.ndarray:
        """One for every row of a unit in a range, less the unit's part of the row's stratum."""
        mine = (belongs(self.rows, group, provider_id) & self.inside(*where)).astype(float)
        return mine - (pd.Series(mine).groupby(self.stratum).transform("mean").to_numpy(float))

    def left(self, taken: list[tuple[str, str, tuple[list[str], int, int]]]) -> np.ndarray:
        """What is left of every result after least squares on all units taken."""
        if not taken:
            return self.away
        columns = np.column_stack([self.indicator(*one) for one in taken])
        return self.away - columns @ np.linalg.lstsq(columns, self.away, rcond=None)[0]

    def prior(
        self, group: str, where: tuple[list[str], int, int], *, spread: float, repeats: float
    ) -> float:
        """The gap that all attributes by themselves predict: ridge regression on learners."""
        rows, inside = self.rows, self.inside(*where)
        groups = sorted(
            {one for text in rows["profile"].unique() for one in text.split(" & ")} - {""}
        )
        design = np.column_stack([self.indicator(one, "", where) for one in groups])
        doubt = self.varies[inside].mean() * repeats
        # Effects are expected as far from nought as each is by itself, and at least the spread.
        size = (design**2).sum(axis=0)
        alone = (design.T @ self.away)[size > 1] / size[size > 1]
        wide = spread_of(alone, np.sqrt(max(doubt, 1e-9) / size[size > 1]), floor=spread)
        effects = np.linalg.solve(
            design.T @ design + doubt / wide**2 * np.eye(len(groups)), design.T @ self.away
        )
        hoped = rows.assign(success=self.share + design @ effects)[inside]
        return against(hoped, belongs(hoped, group))["raw_gap"]

    def told(
        self, group: str, provider_id: str, where: tuple[list[str], int, int],
        *, likely: np.ndarray, spread: float,
    ) -> dict[str, Any]:  # fmt: skip
        """Every number of a group or provider over a range, as a finding tells it."""
        judged = self.judge(group, provider_id, where, likely=likely)
        inside = self.inside(*where)
        effect = (judged["chance"] + judged["between"]) / judged["independent"]
        rows = self.rows[inside]
        own = against(rows, belongs(rows, group, provider_id), effect)
        prior = 0.0
        if " & " in group:
            repeats = judged["chance"] / judged["independent"]
            prior = self.prior(group, where, spread=spread, repeats=repeats)
        gap = shrunken(own["raw_gap"], own["error"], prior, spread)
        return {**own, "design_effect": effect, "predicted": prior, "gap": gap,
                "p_value": judged["p_value"]}  # fmt: skip

    def by_year(
        self, group: str, provider_id: str, stages: list[str], sign: float, until: int
    ) -> tuple[int, int, int]:
        """Years in which a gap of five points shows, years with data, learners in the latest."""
        seen, known, latest = 0, 0, 0
        for year, rows in self.rows[self.rows["stage"].isin(stages)].groupby("year"):
            one = against(rows, belongs(rows, group, provider_id))
            if one["n"]:
                known, seen = known + 1, seen + (sign * one["raw_gap"] >= 0.05)
                latest = int(one["n"]) if year <= until else latest
        return seen, known, latest


WHEN = ["stage", "year", "year_level"]
WHEN_LATER = [f"{name}_later" for name in WHEN]


def step_taken(
    rows: pd.DataFrame, stages: tuple[str, str], *, between: float, ordinary: bool = True
) -> dict[str, float]:
    """The same learners over a step beside those within steps: McNemar's variance, one of each added."""
    met = meetings(rows)
    met = met[met["year_later"] == met["year"] + 1]

    def change(table: pd.DataFrame) -> tuple[float, float]:
        n = len(table)
        gained = ((table["first"] == 0) & (table["later"] == 1)).sum()
        lost = ((table["first"] == 1) & (table["later"] == 0)).sum()
        share = (gained - lost) / n
        return share, ((gained + lost + 2) / n - share**2) / n

    taken = met[(met["stage"] == stages[0]) & (met["stage_later"] == stages[1])]
    own, variance = change(taken)
    usual, doubt = 0.0, 0.0
    if ordinary:
        still = met[met["stage"] == met["stage_later"]]
        usual, doubt = change(still)
        ends = [
            [
                Counter(one[columns].itertuples(index=False, name=None))
                for columns in (WHEN, WHEN_LATER)
            ]
            for one in (still, taken)
        ]
        # A result that ends one change and begins the other is in both, once up and once down.
        shared = (ends[0][1] & ends[1][0]).total() + (ends[0][0] & ends[1][1]).total()
        doubt += variance * shared / len(still)
    here = taken["provider_id"].value_counts(normalize=True)
    moved = here.sub(taken["provider_id_later"].value_counts(normalize=True), fill_value=0)
    error = float(np.sqrt(variance + doubt + between * moved.pow(2).sum()))
    each = [change(one)[0] - usual for _, one in taken.groupby("year")]
    return {
        "n": len(taken), "n_success": taken["later"].sum(), "rate": taken["later"].mean(),
        "reference_rate": taken["first"].mean() + usual, "raw_gap": own - usual, "error": error,
        "p_value": 2 * scipy.stats.norm.sf(abs(own - usual) / error),
        "years_seen": sum(np.sign(own - usual) * one >= 0.05 for one in each),
        "years_with_data": len(each),
        "n_latest": (taken["year"] == taken["year"].max()).sum(),
    }  # fmt: skip
