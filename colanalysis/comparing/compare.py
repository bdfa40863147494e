"""Compare: one step of one measure as a panel in which every group meets the others at once.

A panel holds counts as two arrays, strata (year x year level) by columns (provider x profile), and a
membership table, columns by groups. Group counts are then one matrix product, and leaving some
learners out means leaving columns out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from colanalysis.comparing import estimate
from colanalysis.comparing.estimate import Contrast
from colanalysis.measure import members
from colanalysis.terms import catalogue
from colanalysis.terms.settings import Community

Key = tuple[str, int, str]


@dataclass(frozen=True)
class Panel:
    """Counts of one measure over one run of steps and years, ready to be compared.

    ``groups`` has a row per group: provider_id, group, depth (attributes joined, 0 for a provider).
    ``repeats`` is the design effect of learners with several results; ``design_effect``, one per
    group, has a provider's wobble in it too.
    """

    counted: pd.DataFrame
    strata: pd.DataFrame
    n: np.ndarray
    n_success: np.ndarray
    belongs: np.ndarray
    groups: pd.DataFrame
    repeats: float
    design_effect: np.ndarray

    def contrast(
        self, *, keep: np.ndarray | None = None, strata: np.ndarray | None = None
    ) -> Contrast:
        """Every group against the other learners, of some columns and strata or of all."""
        keep = np.ones(self.n.shape[1], dtype=bool) if keep is None else keep
        strata = np.ones(len(self.strata), dtype=bool) if strata is None else strata
        n, x = self.n[strata][:, keep], self.n_success[strata][:, keep]
        belongs = self.belongs[keep]
        in_group, success = n @ belongs, x @ belongs
        return estimate.contrast(
            in_group,
            success,
            n.sum(axis=1, keepdims=True) - in_group,
            x.sum(axis=1, keepdims=True) - success,
            design_effect=self.design_effect,
        )

    @cached_property
    def position(self) -> dict[tuple[str, str], int]:
        """The row of ``groups`` of each provider_id and group."""
        names = zip(self.groups["provider_id"], self.groups["group"], strict=True)
        return {name: at for at, name in enumerate(names)}

    def at(self, row: pd.Series) -> int:
        """The place of the group that a row of comparisons or findings is about."""
        return self.position[row["provider_id"], row["group"]]

    def years(self) -> np.ndarray:
        """The years in which the panel has results, in order."""
        return np.unique(self.strata["year"].to_numpy())


def panel(counted: pd.DataFrame, *, deepest: int, design_effect: float) -> Panel:
    """Arrange one measure's counts so that groups and providers can be compared with the others."""
    columns, column_of = _index(counted, ["provider_id", "profile"])
    strata, stratum_of = _index(counted, ["year", "year_level"])
    n = np.zeros((len(strata), len(columns)))
    x = np.zeros_like(n)
    np.add.at(n, (stratum_of, column_of), counted["n"].to_numpy())
    np.add.at(x, (stratum_of, column_of), counted["n_success"].to_numpy())
    profiles = pd.Series(columns["profile"].unique(), dtype=object)
    by_profile = members(profiles, deepest=deepest).drop(columns="")
    by_group = by_profile.loc[columns["profile"]].to_numpy()
    providers = np.unique(columns["provider_id"])
    by_provider = columns["provider_id"].to_numpy()[:, None] == providers[None, :]
    depth = [name.count(" & ") + 1 for name in by_profile.columns]
    groups = pd.DataFrame(
        {
            "provider_id": [""] * len(depth) + list(providers),
            "group": [*by_profile.columns, *[""] * len(providers)],
            "depth": depth + [0] * len(providers),
        }
    )
    wobble = _wobble(n, x, by_provider, strata["year"].to_numpy())
    effect = design_effect * np.where(groups["depth"] == 0, wobble, 1.0)
    belongs = np.hstack([by_group, by_provider]).astype(float)
    return Panel(counted, strata, n, x, belongs, groups, design_effect, effect)


def panels(
    counted: pd.DataFrame, *, community: Community, repeats: pd.DataFrame
) -> dict[Key, Panel]:
    """A panel for every measure, yardstick period and step; results never meet across yardsticks."""
    effects = repeats.set_index(["measure", "stage"])["design_effect"]
    which, number_of = _index(counted, ["measure", "year"])
    periods = [
        catalogue.period(community.measures[name], year)
        for name, year in which.itertuples(index=False)
    ]
    keyed = counted.assign(period=np.array(periods, dtype=int)[number_of])
    return {
        key: panel(
            rows,
            deepest=community.settings.deepest_group,
            design_effect=float(effects.loc[(key[0], key[2])]),
        )
        for key, rows in keyed.groupby(["measure", "period", "stage"], sort=True)
    }


def joined(parts: list[Panel], *, deepest: int) -> Panel:
    """Neighbouring steps of one measure read together as one panel."""
    counted = pd.concat([part.counted for part in parts], ignore_index=True)
    return panel(counted, deepest=deepest, design_effect=max(part.repeats for part in parts))


def _index(table: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, np.ndarray]:
    """The distinct rows of ``keys`` in order, and which of them each row of the table is."""
    number = table.groupby(keys, dropna=False, sort=True, observed=True).ngroup()
    distinct = table[keys].assign(number=number).drop_duplicates("number").sort_values("number")
    return distinct[keys].reset_index(drop=True), number.to_numpy()


def _wobble(n: np.ndarray, x: np.ndarray, by_provider: np.ndarray, years: np.ndarray) -> float:
    """How much more a provider's share moves from year to year than chance alone would move it.

    Pearson's dispersion of provider by year counts around what the provider and the year lead one
    to expect; never under 1. Without it a school's ordinary good year would pass for a finding.
    """
    labels = np.unique(years)
    in_year = (years[None, :] == labels[:, None]).astype(float)
    people, success = in_year @ n @ by_provider, in_year @ x @ by_provider
    # Providers without results in a year leave nothing to compare there.
    freedom = (people > 0).sum() - people.shape[0] - people.shape[1] + 1
    if freedom < 1 or success.sum() == 0:
        return 1.0
    by_place = success.sum(axis=0) / np.maximum(people.sum(axis=0), 1)
    # Years are taken out on the scale of counts: each year's total is met exactly.
    expected = people * by_place
    expected *= (success.sum(axis=1) / np.maximum(expected.sum(axis=1), 1e-12))[:, None]
    rate = np.clip(expected / np.maximum(people, 1), 0.02, 0.98)
    variance = np.maximum(people, 1) * rate * (1 - rate)
    dispersion = np.where(people > 0, (success - expected) ** 2 / variance, 0).sum() / freedom
    return float(max(dispersion, 1.0))
