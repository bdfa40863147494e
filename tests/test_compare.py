"""Panels: one measure on one yardstick as arrays, checked by plain pandas on the raw results."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from builders import belongs, community, counted, journeys, panel, panels

from colanalysis import measure
from colanalysis.comparing import compare, repeats

STRATUM = ["stage", "year", "year_level"]
PROFILES = [
    "ethnicity=Māori & ethnicity=Samoan & gender=female",
    "ethnicity=Asian & gender=male",
    "ethnicity=Māori & gender=male",
    "gender=female",
    "",
]
STAGES = {5: "years_4_6", 6: "years_4_6", 7: "years_7_8", 8: "years_7_8"}


def results(rng: np.random.Generator, learners: int = 300, **columns: object) -> pd.DataFrame:
    """Up to three years of each learner, who moves up and now and then to another provider."""
    rows = [
        {
            "learner": who,
            "year": 2023 + step,
            "year_level": float(level + step),
            "stage": STAGES[level + step],
            "provider_id": rng.choice(["P", home, home]),
            "profile": profile,
            "success": bool(rng.random() < able),
        }
        for who in range(learners)
        for level, home, profile, able in [
            (rng.integers(5, 7), rng.choice(["P", "Q", "S"]), rng.choice(PROFILES), rng.random())
        ]
        for step in range(3)
        if rng.random() < 0.85
    ]
    return pd.DataFrame(rows).assign(**columns)


def stratum_of(part: compare.Panel) -> pd.DataFrame:
    """Entries with their own stratum, read back from the numbers."""
    return part.strata.loc[part.stratum].reset_index(drop=True)


# -- Entries ---------------------------------------------------------------------------------------


def test_every_entry_knows_its_stratum_place_provider_and_profile(
    rng: np.random.Generator,
) -> None:
    part = panel(results(rng))
    assert part.stages == ("years_4_6", "years_7_8")
    assert part.years == (2023, 2024, 2025)
    table = part.counted
    pd.testing.assert_frame_equal(stratum_of(part), table[STRATUM])
    for entry, row in table.iterrows():
        assert part.stages[part.grid[entry] // 3] == row["stage"]
        assert part.years[part.grid[entry] % 3] == row["year"]
        assert part.providers[part.provider[entry]] == row["provider_id"]
        assert part.profiles[part.profile[entry]] == row["profile"]
    assert part.n.tolist() == table["n"].tolist()
    assert part.n_success.tolist() == table["n_success"].tolist()


def test_steps_are_in_the_order_of_the_pathway_and_only_those_with_results() -> None:
    rows = pd.DataFrame({"learner": [0, 1, 2], "profile": "", "success": True})
    rows["stage"] = ["years_9_10", "years_0_3", "leavers"]
    part = panel(rows)
    assert part.stages == ("years_0_3", "years_9_10", "leavers")
    assert part.places == 3
    # Counts are sorted by the names of steps: leavers, years_0_3, years_9_10.
    assert part.grid.tolist() == [2, 0, 1]


def test_a_missing_year_level_is_a_stratum_of_its_own(rng: np.random.Generator) -> None:
    rows = results(rng, year=2024, stage="years_4_6", year_level=np.nan)
    part = panel(rows)
    assert len(part.strata) == 1
    assert part.share == pytest.approx(rows["success"].mean())
    some = panel(rows.assign(year_level=np.where(rows.index % 2, 5.0, np.nan)))
    assert len(some.strata) == 2
    assert (some.n.sum(), part.n.sum()) == (len(rows), len(rows))


def test_the_share_of_an_entry_is_that_of_all_results_of_its_stratum(
    rng: np.random.Generator,
) -> None:
    rows = results(rng)
    part = panel(rows)
    means = rows.groupby(STRATUM)["success"].mean()
    expected = [means[tuple(one)] for one in part.counted[STRATUM].itertuples(index=False)]
    assert part.share == pytest.approx(expected)


def test_the_variance_is_that_of_draws_without_putting_back(rng: np.random.Generator) -> None:
    rows = results(rng)
    part = panel(rows)
    all_n, all_success = (rows.groupby(STRATUM)["success"].agg(how) for how in ("size", "sum"))
    for entry, key in enumerate(part.counted[STRATUM].itertuples(index=False)):
        total, own = all_n[tuple(key)], part.n[entry]
        drawn = scipy.stats.hypergeom(total, all_success[tuple(key)], own).var()
        assert part.variance[entry] * (1 - own / total) == pytest.approx(drawn)


def test_a_stratum_of_one_result_has_no_variance() -> None:
    part = panel(pd.DataFrame({"learner": [0], "profile": [""], "success": [True]}))
    assert part.variance.tolist() == [0]


# -- Who is where ----------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["", "Q"])
@pytest.mark.parametrize("group", ["", "ethnicity=Māori", "ethnicity=Samoan & gender=female"])
def test_members_are_those_of_the_names(
    group: str, provider: str, rng: np.random.Generator
) -> None:
    part = panel(results(rng))
    expected = belongs(part.counted, group, provider)
    assert part.members(group, provider).tolist() == expected.tolist()
    assert expected.any()


@pytest.mark.parametrize("years", [(2023, 2024), (2024, 2025), (2025, 2025)])
def test_within_is_the_range_that_is_named(
    years: tuple[int, int], rng: np.random.Generator
) -> None:
    part = panel(results(rng))
    table = part.counted
    expected = (table["stage"] == "years_7_8") & table["year"].between(*years)
    assert part.within(["years_7_8"], *years).tolist() == expected.tolist()
    assert part.within(["years_4_6", "years_7_8"], 2023, 2025).all()
    assert not part.within([], 2023, 2025).any()


def test_an_indicator_is_membership_less_its_mean_in_the_stratum(rng: np.random.Generator) -> None:
    rows = results(rng)
    part = panel(rows)
    inside = part.within(["years_4_6"], 2023, 2025)
    held = belongs(rows, "gender=female") & (rows["stage"] == "years_4_6")
    means = held.groupby([rows[column] for column in STRATUM]).mean()
    table = part.counted
    own = belongs(table, "gender=female") & (table["stage"] == "years_4_6")
    expected = [
        float(is_own) - means[tuple(key)]
        for is_own, key in zip(own, table[STRATUM].itertuples(index=False), strict=True)
    ]
    assert part.indicator("gender=female", inside=inside) == pytest.approx(expected)


# -- Panels ----------------------------------------------------------------------------------------


def test_every_measure_and_yardstick_has_a_panel_of_its_own(rng: np.random.Generator) -> None:
    rows = pd.concat([results(rng, measure=name) for name in ("changed", "reading")])
    made = panels(rows)
    told = {key: (part.years, part.n.sum()) for key, part in made.items()}
    before = (rows["measure"] == "changed") & (rows["year"] < 2024)
    after = (rows["measure"] == "changed") & (rows["year"] >= 2024)
    assert told == {
        ("changed", 0): ((2023,), before.sum()),
        ("changed", 1): ((2024, 2025), after.sum()),
        ("reading", 0): ((2023, 2024, 2025), (rows["measure"] == "reading").sum()),
    }
    assert {(part.measure, part.period) for part in made.values()} == set(made)


def test_all_panels_speak_of_the_same_profiles() -> None:
    rows = pd.DataFrame(
        {
            "learner": [0, 1],
            "measure": ["reading", "belonging"],
            "profile": ["gender=female", "ell=yes"],
            "success": True,
        }
    )
    for part in panels(rows).values():
        assert part.profiles == ("ell=yes", "gender=female")
        assert part.axes.attributes == ("ell", "gender")


def test_no_counts_make_no_panels() -> None:
    told = journeys(pd.DataFrame({"learner": [0, 1], "profile": "", "success": True}))
    counts, pairs = measure.counts(told), measure.pairs(told)
    assert compare.panels(counts.head(0), pairs, community=community()) == {}


# -- Pairs -----------------------------------------------------------------------------------------


def plain_pairs(rows: pd.DataFrame) -> pd.DataFrame:
    """Every two results of one learner with their deviations from the shares of their strata."""
    share = rows.groupby(STRATUM)["success"].transform("mean")
    rows = rows.assign(off=rows["success"] - share, sd=np.sqrt(share * (1 - share)))
    met = [
        {
            "learner": who,
            "apart": b["year"] - a["year"],
            "joint": a["off"] * b["off"],
            "most": a["sd"] * b["sd"],
            "first": (a["stage"], a["year"]),
            "later": (b["stage"], b["year"]),
            "provider_id": a["provider_id"] if a["provider_id"] == b["provider_id"] else "",
            "profile": a["profile"],
        }
        for who, own in rows.sort_values("year").groupby("learner")
        for i, (_, a) in enumerate(own.iterrows())
        for _, b in list(own.iterrows())[i + 1 :]
    ]
    return pd.DataFrame(met)


def told_pairs(part: compare.Panel) -> pd.DataFrame:
    """The pairs of a panel in names, added up."""
    pairs = part.pairs

    def place(at: int) -> tuple[str, int]:
        return part.stages[at // len(part.years)], part.years[at % len(part.years)]

    table = pd.DataFrame(
        {
            "first": [place(at) for at in pairs.first],
            "later": [place(at) for at in pairs.later],
            "provider_id": [part.providers[at] if at >= 0 else "" for at in pairs.provider],
            "profile": [part.profiles[at] for at in pairs.profile],
            "n": pairs.n,
            "covariance": pairs.covariance,
        }
    )
    return table.groupby(["first", "later", "provider_id", "profile"]).sum()


def test_pairs_are_those_of_every_two_results_of_each_learner(rng: np.random.Generator) -> None:
    rows = results(rng)
    met = plain_pairs(rows)
    by_years = met.groupby("apart")[["joint", "most"]].sum()
    assert (met["apart"].value_counts() >= repeats.ENOUGH_PAIRS).all()
    correlation = met["apart"].map(by_years["joint"] / by_years["most"])
    assert (correlation > 0).all()
    expected = met.assign(n=1.0, covariance=correlation * met["most"])
    expected = expected.groupby(["first", "later", "provider_id", "profile"])[["n", "covariance"]]
    assert (expected.sum().index.get_level_values("provider_id") == "").any()
    pd.testing.assert_frame_equal(told_pairs(panel(rows)), expected.sum())


def repeated(same: int, different: int) -> pd.DataFrame:
    """Learners with two years each: so many with twice the same result, so many with a change."""
    first = [True, False] * (same // 2) + [True, False] * (different // 2)
    later = [True, False] * (same // 2) + [False, True] * (different // 2)
    years = [
        pd.DataFrame({"learner": range(len(first)), "profile": "", "year": year, "success": one})
        for year, one in ((2024, first), (2025, later))
    ]
    return pd.concat(years, ignore_index=True)


@pytest.mark.parametrize(("same", "different", "correlation"), [(80, 20, 0.6), (60, 60, 0.0)])
def test_covariance_of_a_pair_by_hand(same: int, different: int, correlation: float) -> None:
    # Half succeed in each year, so that the variance of a result is a quarter.
    pairs = panel(repeated(same, different)).pairs
    assert pairs.n.tolist() == [same + different]
    assert pairs.covariance == pytest.approx([(same + different) * correlation / 4])


def test_results_that_contradict_one_another_bring_no_covariance() -> None:
    assert panel(repeated(20, 80)).pairs.covariance.tolist() == [0]


def test_too_few_pairs_borrow_the_correlation_of_all() -> None:
    # 90 pairs a year apart, 2 of 3 alike; 10 pairs two years apart that are all alike.
    near = repeated(60, 30)
    far = repeated(10, 0)
    far = far.assign(learner=far["learner"] + 1000, year=far["year"] - (far["year"] == 2024))
    pairs = panel(pd.concat([near, far])).pairs
    # Half of everybody succeed in every year: 60 - 30 of 90, and with the others 40 of 100.
    told = dict(zip(pairs.n, pairs.covariance / pairs.n * 4, strict=True))
    assert told == pytest.approx({90: 30 / 90, 10: 40 / 100})


@pytest.mark.parametrize("many", [48, 50])
def test_fifty_pairs_are_enough_to_speak_for_themselves(many: int) -> None:
    near, far = repeated(60, 30), repeated(many, 0)
    far = far.assign(learner=far["learner"] + 1000, year=far["year"] - (far["year"] == 2024))
    pairs = panel(pd.concat([near, far])).pairs
    told = dict(zip(pairs.n, pairs.covariance / pairs.n * 4, strict=True))
    assert told[many] == pytest.approx(1 if many == 50 else (30 + many) / (90 + many))


def test_pairs_across_a_change_of_the_yardstick_are_dropped() -> None:
    rows = repeated(80, 20).assign(measure="changed")
    early = panels(rows.assign(year=rows["year"] - 1))
    assert [len(part.pairs.n) for part in early.values()] == [0, 0]
    assert [len(part.pairs.n) for part in panels(rows).values()] == [1]


def test_a_learner_who_moved_has_no_provider_of_their_pair() -> None:
    rows = repeated(80, 20)
    later = (rows["year"] == 2025).to_numpy()
    moved = (rows["learner"] < 30).to_numpy()
    part = panel(rows.assign(provider_id=np.where(later & moved, "Q", "P")))
    assert dict(zip(part.pairs.provider, part.pairs.n, strict=True)) == {-1: 30, 0: 70}


def test_pairs_whose_results_are_not_counted_are_left_out() -> None:
    told = journeys(repeated(80, 20))
    counts = measure.counts(told)
    (part,) = compare.panels(
        counts[counts["year"] == 2025], measure.pairs(told), community=community()
    ).values()
    assert len(part.pairs.n) == 0


def test_counts_that_others_made_have_no_pairs() -> None:
    counts = counted({"provider_id": "P"}, {"provider_id": "Q"})
    none = measure.pairs(journeys(repeated(2, 0))).head(0)
    (part,) = compare.panels(counts, none, community=community()).values()
    assert part.n.tolist() == [20, 20]
    assert len(part.pairs.covariance) == 0
