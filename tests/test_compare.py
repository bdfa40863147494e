"""Panels: groups and providers against the others, checked by plain pandas on the raw rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from colanalysis.comparing import compare
from colanalysis.terms.settings import Community

COMMUNITY = Community(folder=Path(), id="t", name="T")
CELL = ["measure", "stage", "year", "year_level", "provider_id", "profile"]
TWO_ETHNICITIES = "ell=no & ethnicity=Māori & ethnicity=Samoan & gender=female"
PROFILES = [
    TWO_ETHNICITIES,
    "ell=yes & ethnicity=Asian & gender=male",
    "ell=no & ethnicity=Māori & gender=male",
    "ethnicity=Asian",
    "",
]


def learners(rng: np.random.Generator, n: int = 600, **columns: object) -> pd.DataFrame:
    """A row per learner, as counts of one; ``columns`` may fix any of them."""
    drawn = {
        "measure": "writing_judgement",
        "stage": "years_7_8",
        "year": rng.integers(2019, 2022, n),
        "year_level": rng.choice([7.0, 8.0], n),
        "provider_id": rng.choice(["P1", "P2", "P3"], n),
        "profile": rng.choice(PROFILES, n),
        "n": 1,
        "n_success": rng.integers(0, 2, n),
    }
    return pd.DataFrame({**drawn, **columns})


def counted(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.groupby(CELL, as_index=False, dropna=False)[["n", "n_success"]].sum()


def panel(rows: pd.DataFrame, *, design_effect: float = 1.0) -> compare.Panel:
    return compare.panel(counted(rows), deepest=2, design_effect=design_effect)


def of_group(rows: pd.DataFrame, group: str, provider: str) -> pd.Series:
    """Which rows belong to a group or a provider, the long way round."""
    if provider:
        return rows["provider_id"] == provider
    return rows["profile"].map(lambda profile: set(group.split(" & ")) <= set(profile.split(" & ")))


def test_groups_are_all_singles_all_pairs_of_two_attributes_and_all_providers(
    rng: np.random.Generator,
) -> None:
    groups = panel(learners(rng)).groups
    assert set(groups.loc[groups["depth"] == 1, "group"]) == {
        "ell=no", "ell=yes", "ethnicity=Asian", "ethnicity=Māori", "ethnicity=Samoan",
        "gender=female", "gender=male",
    }  # fmt: skip
    assert set(groups.loc[groups["depth"] == 2, "group"]) == {
        "ell=no & ethnicity=Māori", "ell=no & ethnicity=Samoan", "ell=no & gender=female",
        "ell=no & gender=male", "ell=yes & ethnicity=Asian", "ell=yes & gender=male",
        "ethnicity=Asian & gender=male", "ethnicity=Māori & gender=female",
        "ethnicity=Māori & gender=male", "ethnicity=Samoan & gender=female",
    }  # fmt: skip
    assert set(groups.loc[groups["depth"] == 0, "provider_id"]) == {"P1", "P2", "P3"}


def test_counts_of_every_group_are_those_of_the_raw_rows(rng: np.random.Generator) -> None:
    rows = learners(rng)
    part = panel(rows)
    found = part.contrast()
    for at, group in part.groups.iterrows():
        own = of_group(rows, group["group"], group["provider_id"])
        assert (found.n[at], found.n_success[at]) == (own.sum(), rows[own]["n_success"].sum())
        assert found.n_others[at] == (~own).sum()


def test_reference_of_every_group_is_the_others_rate_weighted_by_its_strata(
    rng: np.random.Generator,
) -> None:
    rows = learners(rng)
    part = panel(rows)
    for at, group in part.groups.iterrows():
        own = of_group(rows, group["group"], group["provider_id"])
        weights = rows[own].groupby(["year", "year_level"]).size() / own.sum()
        rates = rows[~own].groupby(["year", "year_level"])["n_success"].mean()
        assert part.contrast().reference[at] == pytest.approx((weights * rates).sum())


def test_a_learner_of_two_ethnic_groups_counts_in_both_and_once_in_all() -> None:
    others = "ethnicity=Asian"
    rows = learners(
        np.random.default_rng(0), 30, profile=[TWO_ETHNICITIES] * 10 + [others] * 20, year=2020
    )
    part = panel(rows)
    n = dict(zip(part.groups["group"], part.contrast().n, strict=True))
    assert (n["ethnicity=Māori"], n["ethnicity=Samoan"], n["ethnicity=Asian"]) == (10, 10, 20)
    assert part.n.sum() == 30


def test_leaving_columns_out_compares_as_if_those_learners_were_not_there(
    rng: np.random.Generator,
) -> None:
    rows = learners(rng)
    part = panel(rows)
    female = part.groups.index[part.groups["group"] == "gender=female"][0]
    found = part.contrast(keep=part.belongs[:, female] == 0)
    fewer = panel(rows[~of_group(rows, "gender=female", "")])
    wanted = fewer.groups.assign(n=fewer.contrast().n, gap=fewer.contrast().gap)
    both = part.groups.assign(found_n=found.n, found_gap=found.gap).merge(wanted)
    assert len(both) == len(wanted)
    assert_allclose(both["found_n"], both["n"])
    assert_allclose(both["found_gap"], both["gap"], atol=1e-12)
    assert found.n[female] == 0


def test_one_year_compares_as_if_the_other_years_were_not_there(rng: np.random.Generator) -> None:
    rows = learners(rng)
    part = panel(rows)
    found = part.contrast(strata=part.strata["year"].to_numpy() == 2020)
    alone = panel(rows[rows["year"] == 2020]).contrast()
    assert_allclose(found.n, alone.n)
    assert_allclose(found.gap, alone.gap)


def test_a_missing_year_level_is_a_stratum_of_its_own(rng: np.random.Generator) -> None:
    rows = learners(rng, year_level=np.nan)
    part = panel(rows)
    assert len(part.strata) == 3
    assert part.n.sum() == 600


def test_learners_without_attributes_are_compared_by_provider_alone(
    rng: np.random.Generator,
) -> None:
    part = panel(learners(rng, profile=""))
    assert part.groups["provider_id"].tolist() == ["P1", "P2", "P3"]
    assert (part.contrast().n > 0).all()


def test_one_provider_has_no_others() -> None:
    part = panel(learners(np.random.default_rng(0), provider_id="P1"))
    at = part.groups.index[part.groups["provider_id"] == "P1"][0]
    assert (part.contrast().n[at], part.contrast().z[at]) == (0, 0)


# -- Wobble: how much providers move from year to year ----------------------------------------


def by_provider_and_year(counts: dict[tuple[str, int], int], n: int = 100) -> pd.DataFrame:
    """Counts of ``n`` learners without attributes for each provider and year."""
    rows = [(provider, year, n, x) for (provider, year), x in counts.items()]
    table = pd.DataFrame(rows, columns=["provider_id", "year", "n", "n_success"])
    return table.assign(measure="m", stage="s", year_level=7.0, profile="")


def effect(counts: dict[tuple[str, int], int]) -> np.ndarray:
    return compare.panel(by_provider_and_year(counts), deepest=2, design_effect=1.0).design_effect


def test_providers_that_keep_their_distance_do_not_wobble() -> None:
    steady = {("A", 1): 40, ("A", 2): 44, ("B", 1): 60, ("B", 2): 66}
    assert effect(steady).tolist() == [1, 1]


def test_wobble_is_pearsons_dispersion_around_provider_and_year() -> None:
    swapped = {("A", 1): 30, ("A", 2): 70, ("B", 1): 70, ("B", 2): 30}
    # Both expect 50 of 100 each time: four cells 20 away, one degree of freedom.
    assert effect(swapped) == pytest.approx([4 * 20**2 / 25] * 2)


def test_years_without_a_provider_are_no_degrees_of_freedom() -> None:
    swapped = {("A", 1): 30, ("A", 2): 70, ("B", 1): 70, ("B", 2): 30}
    newcomer = {("C", 2): 50}
    assert effect({**swapped, **newcomer}) == pytest.approx([64, 64, 64])


def test_year_to_year_wobble_widens_providers_and_not_groups(rng: np.random.Generator) -> None:
    rows = learners(rng, 3000)
    good_year = rng.normal(0.5, 0.15, (3, 3))
    at = rows["provider_id"].map({"P1": 0, "P2": 1, "P3": 2}), rows["year"] - 2019
    chance = good_year[at[0].to_numpy(), at[1].to_numpy()]
    part = panel(rows.assign(n_success=(rng.random(3000) < chance).astype(int)), design_effect=1.5)
    provider = part.groups["depth"] == 0
    assert (part.design_effect[provider] > 3).all()
    assert (part.design_effect[~provider] == 1.5).all()


def test_chance_alone_hardly_wobbles(rng: np.random.Generator) -> None:
    effects = [panel(learners(rng, 2000)).design_effect.max() for _ in range(20)]
    assert np.mean(effects) < 1.5
    assert min(effects) == 1


@pytest.mark.parametrize("share", [0, 100])
def test_nobody_or_everybody_succeeding_does_not_wobble(share: int) -> None:
    same = {(provider, year): share for provider in "AB" for year in (1, 2)}
    assert effect(same).tolist() == [1, 1]


# -- One panel a measure, yardstick and step; neighbouring steps joined -------------------------


def repeats(rows: pd.DataFrame, design_effect: float = 1.0) -> pd.DataFrame:
    return rows[["measure", "stage"]].drop_duplicates().assign(design_effect=design_effect)


def test_results_of_different_yardsticks_never_meet(rng: np.random.Generator) -> None:
    rows = learners(rng, year=rng.choice([2016, 2017, 2018, 2024, 2025], 600))
    made = compare.panels(counted(rows), community=COMMUNITY, repeats=repeats(rows))
    years = {key: set(part.years()) for key, part in made.items()}
    assert years == {
        ("writing_judgement", 0, "years_7_8"): {2016, 2017},
        ("writing_judgement", 1, "years_7_8"): {2018, 2024},
        ("writing_judgement", 2, "years_7_8"): {2025},
    }
    assert sum(part.n.sum() for part in made.values()) == 600


def test_every_measure_and_step_has_its_own_panel_and_design_effect(
    rng: np.random.Generator,
) -> None:
    rows = learners(
        rng,
        measure=rng.choice(["writing_judgement", "attendance"], 600),
        stage=rng.choice(["years_4_6", "years_7_8"], 600),
    )
    effects = repeats(rows).assign(design_effect=[1.1, 1.2, 1.3, 1.4])
    made = compare.panels(counted(rows), community=COMMUNITY, repeats=effects)
    for (name, _, stage), part in made.items():
        own = (rows["measure"] == name) & (rows["stage"] == stage)
        assert part.n.sum() == own.sum()
        named = (effects["measure"] == name) & (effects["stage"] == stage)
        assert part.repeats == effects[named]["design_effect"].item()
    assert len(made) == 4


def test_no_counts_make_no_panels() -> None:
    rows = learners(np.random.default_rng(0)).head(0)
    assert compare.panels(counted(rows), community=COMMUNITY, repeats=repeats(rows)) == {}


def test_a_joined_panel_is_the_panel_of_all_rows(rng: np.random.Generator) -> None:
    younger = learners(rng, stage="years_4_6", year_level=rng.choice([5.0, 6.0], 600))
    older = learners(rng)
    joined = compare.joined([panel(younger), panel(older)], deepest=2)
    whole = panel(pd.concat([younger, older]))
    assert joined.groups.equals(whole.groups)
    assert joined.strata.equals(whole.strata)
    assert_allclose(joined.contrast().gap, whole.contrast().gap)
    assert_allclose(joined.contrast().error, whole.contrast().error)


@pytest.mark.parametrize("profile", ["", "gender=female"])
def test_a_joined_panel_keeps_the_largest_design_effect(
    profile: str, rng: np.random.Generator
) -> None:
    younger = learners(rng, stage="years_4_6", year=2020, profile=profile)
    parts = [panel(younger, design_effect=1.4), panel(learners(rng, year=2020), design_effect=1.2)]
    assert (compare.joined(parts, deepest=2).design_effect == 1.4).all()
    assert (compare.joined(parts[:1], deepest=2).design_effect == 1.4).all()
