"""Compare: one measure on one yardstick, arranged so that any group can be set against the others.

A panel holds counts as flat arrays, one entry per count, with the numbers of its stratum (step, year
and year level: those who can be compared directly), its place on the grid of steps by years, its
provider and its profile. The pairs of results that one learner gave stand beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from colanalysis.comparing import repeats, tally
from colanalysis.comparing.tally import Axes
from colanalysis.terms import catalogue
from colanalysis.terms.settings import Community

Key = tuple[str, int]


@dataclass(frozen=True)
class Panel:
    """Counts of one measure on one yardstick. A place on the grid is step x years + year."""

    measure: str
    period: int
    stages: tuple[str, ...]
    years: tuple[int, ...]
    providers: tuple[str, ...]
    profiles: tuple[str, ...]
    axes: Axes
    strata: pd.DataFrame
    counted: pd.DataFrame
    n: np.ndarray
    n_success: np.ndarray
    stratum: np.ndarray
    grid: np.ndarray
    provider: np.ndarray
    profile: np.ndarray
    pairs: repeats.Pairs

    @property
    def places(self) -> int:
        """How many places the grid has."""
        return len(self.stages) * len(self.years)

    @cached_property
    def in_stratum(self) -> np.ndarray:
        """All results of each stratum."""
        return np.bincount(self.stratum, self.n)

    @cached_property
    def share(self) -> np.ndarray:
        """The share of all learners of a stratum who succeed, for every entry."""
        return (np.bincount(self.stratum, self.n_success) / self.in_stratum)[self.stratum]

    @cached_property
    def away(self) -> np.ndarray:
        """Successes beyond those that the share of the stratum leads one to expect."""
        return self.n_success - self.n * self.share

    @cached_property
    def variance(self) -> np.ndarray:
        """The variance of each entry's successes if they were drawn from all of its stratum."""
        n = self.in_stratum[self.stratum]
        return self.n * self.share * (1 - self.share) * n / np.maximum(n - 1, 1)

    def members(self, group: str, provider_id: str = "") -> np.ndarray:
        """Which entries belong to a group, or to a provider; "" and "" is everybody."""
        belongs = tally.belonging(self.axes, group)[self.profile]
        if provider_id:
            belongs = belongs & (self.provider == self.providers.index(provider_id))
        return belongs

    def indicator(self, group: str, provider_id: str = "", *, inside: np.ndarray) -> np.ndarray:
        """Which entries of a range a unit holds, less the part that it holds of their stratum."""
        belongs = (self.members(group, provider_id) & inside).astype(float)
        own = np.bincount(self.stratum, self.n * belongs)
        return belongs - (own / self.in_stratum)[self.stratum]

    def within(self, stages: list[str], first_year: int, last_year: int) -> np.ndarray:
        """Which entries lie in a range of steps and years."""
        stage, year = np.divmod(np.arange(self.places), len(self.years))
        years = np.array(self.years)[year]
        inside = np.isin(np.array(self.stages)[stage], stages)
        inside &= (years >= first_year) & (years <= last_year)
        return inside[self.grid]


def panels(counted: pd.DataFrame, pairs: pd.DataFrame, *, community: Community) -> dict[Key, Panel]:
    """A panel for every measure and yardstick; results never meet across yardsticks."""
    keyed = counted.assign(period=periods(counted, "year", community))
    met = on_one_yardstick(pairs, community)
    by_key = dict(iter(met.groupby(["measure", "period"], sort=False)))
    people = profiles(counted)
    return {
        key: panel(rows, by_key.get(key, met.iloc[:0]), people, community=community)
        for key, rows in keyed.groupby(["measure", "period"], sort=True)
    }


@dataclass(frozen=True)
class Profiles:
    """All profiles of a community by name, and as codes; read once for all of its panels."""

    names: pd.Index
    axes: Axes


def profiles(counted: pd.DataFrame) -> Profiles:
    """Read the profiles of counts, in alphabetical order."""
    names = pd.Index(sorted(counted["profile"].unique()), dtype=object)
    return Profiles(names, tally.axes(pd.Series(names, dtype=object)))


def panel(
    counted: pd.DataFrame, pairs: pd.DataFrame, people: Profiles, *, community: Community
) -> Panel:
    """Arrange the counts and the pairs of one measure on one yardstick."""
    rows = counted.reset_index(drop=True)
    name = str(rows["measure"].iloc[0])
    strata, stratum = _index(rows, ["stage", "year", "year_level"])
    held = set(rows["stage"])
    stages = tuple(stage.id for stage in community.stages if stage.id in held)
    years = tuple(sorted(int(year) for year in rows["year"].unique()))
    providers = pd.Index(sorted(rows["provider_id"].unique()))
    n, success = (rows[column].to_numpy(float) for column in ("n", "n_success"))
    grid = _grid(rows["stage"], rows["year"], stages, years)
    return Panel(
        measure=name,
        period=catalogue.period(community.measures[name], years[0]),
        stages=stages,
        years=years,
        providers=tuple(providers),
        profiles=tuple(people.names),
        axes=people.axes,
        strata=strata,
        counted=rows,
        n=n,
        n_success=success,
        stratum=stratum,
        grid=grid,
        provider=providers.get_indexer(rows["provider_id"]),
        profile=people.names.get_indexer(rows["profile"]),
        pairs=repeats.paired(
            pairs,
            strata,
            np.bincount(stratum, success) / np.bincount(stratum, n),
            lambda stage, year: _grid(stage, year, stages, years),
            providers,
            people.names,
        ),
    )


def _grid(
    stage: pd.Series, year: pd.Series, stages: tuple[str, ...], years: tuple[int, ...]
) -> np.ndarray:
    return pd.Index(stages).get_indexer(stage) * len(years) + pd.Index(years).get_indexer(year)


def periods(table: pd.DataFrame, column: str, community: Community) -> np.ndarray:
    """The yardstick of each row's measure in the year of a column."""
    which, number = _index(table, ["measure", column])
    told = [
        catalogue.period(community.measures[name], year)
        for name, year in which.itertuples(index=False)
    ]
    return np.array(told, dtype=int)[number]


def on_one_yardstick(pairs: pd.DataFrame, community: Community) -> pd.DataFrame:
    """Pairs of results on the same yardstick, with its ``period``."""
    met = pairs.assign(period=periods(pairs, "year", community))
    return met[met["period"] == periods(pairs, "year_later", community)]


def _index(table: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, np.ndarray]:
    """The distinct rows of ``keys`` in order, and which of them each row of the table is."""
    number = table.groupby(keys, dropna=False, sort=True, observed=True).ngroup()
    distinct = table[keys].assign(number=number).drop_duplicates("number").sort_values("number")
    return distinct[keys].reset_index(drop=True), number.to_numpy()
