"""What attributes add up to: recovered where it is known, and nearer the truth in small groups."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from builders import community, counted, journeys, panel

from colanalysis import measure
from colanalysis.comparing import compare, predict
from colanalysis.comparing.compare import Panel

SIZES = (4, 5, 6)


def of_counts(rows: pd.DataFrame) -> Panel:
    """A panel of counts that nobody has two results in."""
    none = measure.pairs(journeys(pd.DataFrame({"learner": [0], "profile": "", "success": True})))
    counts = counted(*rows.to_dict("records"))
    (part,) = compare.panels(counts, none, community=community()).values()
    return part


def everything(part: Panel) -> np.ndarray:
    return np.ones(len(part.n), dtype=bool)


def added(rows: pd.DataFrame, n: int) -> Panel:
    """So many learners in every row, of whom its ``share`` succeed to the last one."""
    return of_counts(rows.drop(columns="share").assign(n=n, n_success=(rows["share"] * n).round()))


# Every mix of two attributes at two schools, with effects that add up.
GENDER, ELL, PLACE = {"f": 0.06, "m": -0.06}, {"no": 0.05, "yes": -0.05}, {"P": 0.1, "Q": -0.1}
MIXED = pd.DataFrame(
    [
        {
            "provider_id": place,
            "profile": f"ell={ell} & gender={gender}",
            "share": 0.5 + GENDER[gender] + ELL[ell] + PLACE[place],
        }
        for gender, ell, place in itertools.product(GENDER, ELL, PLACE)
    ]
)


# -- Adding up -------------------------------------------------------------------------------------


def test_effects_that_add_up_are_found_in_a_large_community_without_noise() -> None:
    part = added(MIXED, 100_000)
    fitted = predict.additive(part, everything(part), spread=0.5)
    effects = {row.value or row.attribute: e for row, e in told(fitted)}
    # Only differences are told apart from the share of all.
    for values, truth in (("gender", GENDER), ("ell", ELL)):
        high, low = truth
        difference = effects[f"{values}={high}"] - effects[f"{values}={low}"]
        assert difference == pytest.approx(truth[high] - truth[low], abs=0.001)
    assert effects["P"] - effects["Q"] == pytest.approx(0.2, abs=0.001)
    assert part.share + fitted.predicted() == pytest.approx(part.n_success / part.n, abs=0.001)


def told(fitted: predict.Additive) -> list[tuple[object, float]]:
    return list(zip(fitted.columns.itertuples(), fitted.effects, strict=True))


def test_every_value_and_every_provider_is_a_column() -> None:
    part = added(MIXED, 100)
    columns = predict.additive(part, everything(part), spread=0.1).columns
    assert columns.to_numpy().tolist() == [
        ["ell", "ell=no"], ["ell", "ell=yes"], ["gender", "gender=f"], ["gender", "gender=m"],
        ["", "P"], ["", "Q"],
    ]  # fmt: skip
    without = predict.additive(part, everything(part), spread=0.1, providers=False)
    assert without.columns["attribute"].tolist() == ["ell", "ell", "gender", "gender"]


def test_one_provider_is_no_column() -> None:
    part = added(MIXED[MIXED["provider_id"] == "P"], 100)
    assert "" not in predict.additive(part, everything(part), spread=0.1).columns["attribute"]
    assert len(predict.additive(part, everything(part), spread=0.1).effects) == 4


def test_effects_are_those_of_ridge_regression_on_every_learner(rng: np.random.Generator) -> None:
    rows = pd.DataFrame(
        {
            "learner": range(400),
            "year": rng.choice([2024, 2025], 400),
            "provider_id": rng.choice(["P", "Q", "S"], 400),
            "profile": rng.choice(["ethnicity=A & ethnicity=B", "ethnicity=A", ""], 400),
            "success": rng.random(400) < 0.6,
        }
    )
    part = panel(rows)
    fitted = predict.additive(part, everything(part), spread=0.07, repeats=1.5)
    year = rows["year"]
    held = [rows["profile"].str.contains(value) for value in ("=A", "=B")]
    held += [rows["provider_id"] == provider for provider in ("P", "Q", "S")]
    design = np.column_stack([one - one.groupby(year).transform("mean") for one in held])
    outcome = rows["success"] - rows["success"].groupby(year).transform("mean")
    doubt = 1.5 * np.mean(rows["success"].groupby(year).transform("var"))
    # A learner more for every effect, who says that it is nought: least squares by another road.
    padded = np.vstack([design, np.eye(5) * np.sqrt(doubt) / 0.07])
    expected, *_ = np.linalg.lstsq(padded, np.concatenate([outcome, np.zeros(5)]), rcond=None)
    assert fitted.effects == pytest.approx(expected)


def test_only_the_range_is_fitted() -> None:
    early, late = MIXED.assign(year=2024), MIXED.assign(year=2025, share=1 - MIXED["share"])
    part = added(pd.concat([early, late], ignore_index=True), 1000)
    inside = part.within(list(part.stages), 2025, 2025)
    fitted = predict.additive(part, inside, spread=0.2)
    alone = added(late.reset_index(drop=True), 1000)
    assert fitted.effects == pytest.approx(
        predict.additive(alone, everything(alone), spread=0.2).effects
    )
    assert not fitted.predicted()[~inside].any()


def test_effects_shrink_as_less_is_expected_of_them() -> None:
    part = added(MIXED, 50)
    sizes = [
        np.abs(predict.additive(part, everything(part), spread=spread).effects)
        for spread in (0.6, 0.3, 0.15)
    ]
    for wide, narrow in itertools.pairwise(sizes):
        assert (narrow < wide).all()


def test_no_less_is_expected_than_effects_show_one_by_one() -> None:
    part = added(MIXED, 50)
    none, little = (
        predict.additive(part, everything(part), spread=spread).effects for spread in (1e-9, 1e-3)
    )
    assert none == pytest.approx(little)
    assert np.abs(none).max() > 0.05


def test_what_some_columns_add_is_predicted_by_themselves() -> None:
    part = added(MIXED, 1000)
    fitted = predict.additive(part, everything(part), spread=0.2)
    at_school = (fitted.columns["attribute"] == "").to_numpy()
    alone = fitted.predicted(at_school)
    assert alone + fitted.predicted(~at_school) == pytest.approx(fitted.predicted())
    # Half of everybody is at each school: half of the difference on either side.
    effect = dict(zip(fitted.columns["value"], fitted.effects, strict=True))
    expected = (effect["P"] - effect["Q"]) / 2 * np.where(part.counted["provider_id"] == "P", 1, -1)
    assert alone == pytest.approx(expected)


# -- Rates of profiles -----------------------------------------------------------------------------


def world(learners: int, seed: int, *, meeting: float = 0.03) -> pd.DataFrame:
    """Four by five by six profiles of one year whose ``truth`` adds up but for the meeting."""
    rng = np.random.default_rng(seed)
    effects = [rng.normal(0, 0.08, size) for size in SIZES]
    truth = 0.6 + sum(np.ix_(*effects)) + rng.normal(0, meeting, SIZES)
    truth = np.clip(truth, 0.02, 0.98).ravel()
    parts = [rng.dirichlet(np.full(size, 3.0)) for size in SIZES]
    n = rng.multinomial(learners, math.prod(np.ix_(*parts)).ravel())
    names = [f"a={i} & b={j} & c={k}" for i, j, k in itertools.product(*map(range, SIZES))]
    rows = {"profile": names, "truth": truth, "n": n, "n_success": rng.binomial(n, truth)}
    return pd.DataFrame(rows).query("n > 0")


def rates(rows: pd.DataFrame) -> pd.DataFrame:
    part = of_counts(rows.drop(columns="truth"))
    return predict.rates(part, everything(part), spread=0.05).merge(rows[["profile", "truth"]])


@pytest.mark.parametrize("learners", [800, 2500])
def test_in_small_profiles_the_error_is_at_most_a_third_of_that_of_plain_shares(
    learners: int,
) -> None:
    told = pd.concat([rates(world(learners, seed)) for seed in range(6)])
    small = told[told["n"] < 10]
    assert len(small) > 150
    error = {
        name: np.sqrt(((small[name] - small["truth"]) ** 2).mean()) for name in ("rate", "shrunken")
    }
    assert error["shrunken"] <= error["rate"] / 3


def test_in_all_profiles_together_shrunken_shares_are_nearer_the_truth() -> None:
    told = pd.concat([rates(world(2500, seed)) for seed in range(6)])
    large = told[told["n"] >= 30]
    error = {name: ((large[name] - large["truth"]) ** 2).mean() for name in ("rate", "shrunken")}
    assert error["shrunken"] < error["rate"]


def test_counts_and_plain_shares_of_profiles_are_those_given() -> None:
    rows = world(800, 0)
    table = rates(rows)
    assert table["profile"].tolist() == sorted(rows["profile"])
    by_name = rows.set_index("profile").loc[table["profile"]]
    assert table["n"].tolist() == by_name["n"].tolist()
    assert table["n_success"].tolist() == by_name["n_success"].tolist()
    assert table["rate"].to_numpy() == pytest.approx(
        (by_name["n_success"] / by_name["n"]).to_numpy()
    )


def test_shares_stay_within_nought_and_one() -> None:
    # Both attributes lower the share, so that adding up leads below nought where they meet.
    rows = pd.DataFrame(
        {
            "profile": ["a=1 & b=1", "a=1 & b=0", "a=0 & b=1", "a=0 & b=0"],
            "n": [20, 5000, 5000, 5000],
            "n_success": [0, 50, 50, 4950],
            "truth": 0.0,
        }
    )
    table = rates(rows)
    assert table["additive"].min() < -0.1
    assert table["shrunken"].between(0, 1).all()


def test_what_only_a_meeting_brings_is_told_apart() -> None:
    rows = MIXED.drop(columns="provider_id").drop_duplicates("profile")
    met = rows["profile"] == "ell=yes & gender=f"
    rows = rows.assign(share=0.5 + 0.2 * met)
    part = added(rows, 20_000)
    table = predict.rates(part, everything(part), spread=0.2).set_index("profile")
    # Adding up spreads the one difference over both attributes: a quarter of it stays everywhere.
    sign = {"ell=yes & gender=f": 1, "ell=no & gender=m": 1}
    for profile, row in table.iterrows():
        assert row["meeting"] == pytest.approx(0.05 * sign.get(profile, -1), abs=0.002)
        assert row["shrunken"] == pytest.approx(row["rate"], abs=0.002)


def test_a_meeting_seen_in_few_learners_is_hardly_believed() -> None:
    table = rates(world(2500, 3, meeting=0.15))
    left = (table["rate"] - table["additive"]).abs()
    kept = table["meeting"].abs() / left
    few, many = kept[table["n"] < 10], kept[table["n"] > 40]
    assert few.max() < 0.7 * many.min()


def test_profiles_outside_the_range_are_not_told() -> None:
    early = MIXED[MIXED["profile"].str.contains("gender=m")].assign(year=2024)
    part = added(pd.concat([early, MIXED.assign(year=2025)], ignore_index=True), 100)
    table = predict.rates(part, part.within(list(part.stages), 2024, 2024), spread=0.1)
    assert table["profile"].tolist() == ["ell=no & gender=m", "ell=yes & gender=m"]
    assert table["n"].tolist() == [200, 200]
