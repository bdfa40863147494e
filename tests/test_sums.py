"""What every group and provider adds up to, against plain pandas on the results themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from builders import belongs, careers, panel

from colanalysis.comparing.compare import Panel
from colanalysis.comparing.sums import Sums, by_place, sums

STRATUM = ["stage", "year", "year_level"]
PROFILES = [
    "ethnicity=Māori & ethnicity=Samoan & gender=female",
    "ethnicity=Asian & gender=male",
    "ethnicity=Māori & gender=male",
    "",
]
STAGES = {5: "years_4_6", 6: "years_4_6", 7: "years_7_8", 8: "years_7_8"}


@pytest.fixture
def rows(rng: np.random.Generator) -> pd.DataFrame:
    """Three years of many learners at four providers, some of whom move."""
    return careers(rng, learners=250, starts=(5, 7), stages=STAGES, profiles=PROFILES)


def own(rows: pd.DataFrame, unit: pd.Series) -> pd.Series:
    return belongs(rows, unit["group"], unit["provider_id"])


def by_grid(part: Panel, rows: pd.DataFrame, values: pd.Series) -> np.ndarray:
    """Sums by step and year, places in the order of the grid."""
    table = values.groupby([rows["stage"], rows["year"]]).sum()
    return np.array([table.get((s, y), 0) for s in part.stages for y in part.years], dtype=float)


def test_units_are_every_group_and_then_every_provider(rows: pd.DataFrame) -> None:
    part = panel(rows)
    made = sums(part, deepest=2, smallest=1)
    depths = made.units["depth"].tolist()
    assert set(depths) == {0, 1, 2}
    providers = made.units[made.units["depth"] == 0]
    assert providers["provider_id"].tolist() == ["P", "Q", "R", "S"]
    assert (providers["group"] == "").all()
    assert made.provider[providers.index].tolist() == [0, 1, 2, 3]
    assert set(made.provider[made.units["depth"] > 0]) == {-1}
    singles = made.units.loc[made.units["depth"] == 1, "group"]
    assert sorted(singles) == [
        "ethnicity=Asian", "ethnicity=Māori", "ethnicity=Samoan", "gender=female", "gender=male",
    ]  # fmt: skip


def test_sums_of_every_unit_are_those_of_its_results(rows: pd.DataFrame) -> None:
    part = panel(rows)
    made = sums(part, deepest=3, smallest=1)
    strata = rows.groupby(STRATUM)["success"]
    share, of = strata.transform("mean"), strata.transform("size")
    # Each result drawn alone: p (1 - p), and a little more since nobody is drawn twice.
    alone = share * (1 - share) * of / (of - 1)
    for place, unit in made.units.iterrows():
        mine = own(rows, unit)
        held = rows[mine]
        assert made.n[place].tolist() == by_grid(part, held, mine[mine] * 1).tolist()
        assert made.expected[place] == pytest.approx(by_grid(part, held, share[mine]))
        beyond = held["success"] - share[mine]
        assert made.away[place] == pytest.approx(by_grid(part, held, beyond))
        assert made.independent[place] == pytest.approx(by_grid(part, held, alone[mine]))
        at = held.groupby(["stage", "provider_id"]).size()
        placed = [[at.get((s, p), 0) for p in part.providers] for s in part.stages]
        assert made.placed[place].tolist() == placed


def covariances(part: Panel, made: Sums, unit: pd.Series) -> np.ndarray:
    """Twice the covariance of the pairs of a unit, one pair after the other."""
    told = np.zeros(len(made.met))
    boxes = {tuple(box): at for at, box in enumerate(made.met.tolist())}
    pairs = part.pairs
    for at in range(len(pairs.n)):
        profile = set(part.profiles[pairs.profile[at]].split(" & "))
        held = set(filter(None, unit["group"].split(" & "))) <= profile
        if unit["provider_id"]:
            provider = pairs.provider[at]
            held = provider >= 0 and part.providers[provider] == unit["provider_id"]
        if held:
            told[boxes[pairs.first[at], pairs.later[at]]] += 2 * pairs.covariance[at]
    return told


def test_covariance_of_every_unit_is_twice_that_of_its_pairs(rows: pd.DataFrame) -> None:
    part = panel(rows)
    made = sums(part, deepest=2, smallest=1)
    assert (part.pairs.provider == -1).any()
    assert len(np.unique(made.met, axis=0)) == len(made.met)
    for place, unit in made.units.iterrows():
        assert made.covariance[place] == pytest.approx(covariances(part, made, unit))
    assert made.covariance.any(axis=1).all()


def test_small_groups_are_left_out_and_providers_never_are(rows: pd.DataFrame) -> None:
    part = panel(rows)
    every, made = (sums(part, deepest=2, smallest=size) for size in (1, 200))
    expected = [
        unit["provider_id"] != "" or own(rows, unit).sum() >= 200
        for _, unit in every.units.iterrows()
    ]
    assert not all(expected)
    pd.testing.assert_frame_equal(made.units, every.units[expected].reset_index(drop=True))
    for name in ("n", "covariance", "rows", "placed"):
        told = getattr(every, name)[expected]
        assert getattr(made, name).tolist() == told.tolist()


@pytest.mark.parametrize(("smallest", "left"), [(5, 2), (6, 0)])
def test_a_group_needs_as_many_others_as_it_needs_itself(smallest: int, left: int) -> None:
    profiles = ["ell=yes"] * 5 + ["ell=no"] * 95
    part = panel(pd.DataFrame({"learner": range(100), "profile": profiles, "success": True}))
    made = sums(part, deepest=1, smallest=smallest)
    assert (made.units["depth"] == 1).sum() == left


def test_any_number_of_each_entry_can_be_added_up_by_place(
    rows: pd.DataFrame, rng: np.random.Generator
) -> None:
    part = panel(rows)
    made = sums(part, deepest=2, smallest=60)
    number = rng.normal(size=len(part.n))
    chosen = [0, 3, len(made.units) - 1]
    added = by_place(part, number, deepest=2, rows=made.rows[chosen])
    for told, (_, unit) in zip(added, made.units.iloc[chosen].iterrows(), strict=True):
        mine = own(part.counted, unit)
        values = pd.Series(number)[mine]
        assert told == pytest.approx(by_grid(part, part.counted[mine], values))


def test_learners_without_attributes_are_added_up_by_provider_alone(rows: pd.DataFrame) -> None:
    made = sums(panel(rows.assign(profile="")), deepest=3, smallest=10)
    assert made.units["provider_id"].tolist() == ["P", "Q", "R", "S"]
    assert made.n.sum() == len(rows)
    # What the providers have beyond what is expected adds up to nothing.
    assert made.away.sum(axis=0) == pytest.approx(np.zeros(made.away.shape[1]), abs=1e-9)
