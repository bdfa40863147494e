"""Every unit over every range: by plain loops, by shuffling learners, by scipy where it is small."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from builders import belongs, careers, panel, panels

from colanalysis.comparing import prepare, scan, spread
from colanalysis.comparing.compare import Panel
from colanalysis.comparing.scan import Judged, Scan
from colanalysis.terms.settings import Settings

SETTINGS = Settings(deepest_group=2, smallest_group=10)
STRATUM = ["stage", "year", "year_level"]
PROFILES = [
    "ethnicity=Māori & ethnicity=Samoan & gender=female",
    "ethnicity=Asian & gender=male",
    "ethnicity=Māori & gender=male",
    "ethnicity=Asian & gender=female",
]
STAGES = dict.fromkeys((4, 5, 6), "years_4_6") | dict.fromkeys((7, 8, 9), "years_7_8")
PROVIDERS = ["P", "Q", "R", "S"]


def community(rng: np.random.Generator, learners: int = 200) -> pd.DataFrame:
    return careers(rng, learners=learners, starts=(4, 8), stages=STAGES, profiles=PROFILES)


def looked(part: Panel, settings: Settings = SETTINGS) -> Scan:
    (one,) = prepare.scans({("reading", 0): part}, settings=settings).values()
    return one


def judged(one: Scan, away: np.ndarray | None = None) -> Judged:
    return scan.judged(one, np.arange(len(one.units)), away)


def row_of(one: Scan, group: str = "", provider: str = "") -> int:
    units = one.units
    return int(np.flatnonzero((units["group"] == group) & (units["provider_id"] == provider))[0])


def widest(one: Scan) -> int:
    return int(one.ranges.holds.sum(axis=1).argmax())


def cells(one: Scan) -> list[tuple[int, pd.Series, int, list[str], range]]:
    """Every unit with every range, named: row, unit, column, steps and years."""
    ranges, part = one.ranges, one.panel
    return [
        (
            row,
            unit,
            column,
            list(part.stages[ranges.first_step[column] : ranges.last_step[column] + 1]),
            range(part.years[ranges.first_year[column]], part.years[ranges.last_year[column]] + 1),
        )
        for row, unit in one.units.iterrows()
        for column in range(len(ranges.span))
    ]


# -- Sums over ranges ------------------------------------------------------------------------------


def test_counts_gap_and_variance_of_every_unit_and_range_are_those_of_plain_loops(
    rng: np.random.Generator,
) -> None:
    rows = community(rng)
    part = panel(rows)
    one = looked(part)
    told = judged(one)
    strata = rows.groupby(STRATUM)["success"]
    share, of = strata.transform("mean"), strata.transform("size")
    alone = share * (1 - share) * of / (of - 1)
    assert (len(one.units), len(one.ranges.span)) == (14, 18)
    for row, unit, column, steps, years in cells(one):
        ranged = rows["stage"].isin(steps) & rows["year"].isin(years)
        own = ranged & belongs(rows, unit["group"], unit["provider_id"])
        n, others = own.sum(), (ranged & ~own).sum()
        at = row, column
        assert (told.n[at], told.others[at]) == (n, others)
        assert told.expected[at] == pytest.approx(share[own].sum())
        away = (rows["success"] - share)[own].sum()
        assert told.away[at] == pytest.approx(away)
        rest = others / (n + others)
        assert told.independent[at] == pytest.approx(rest * alone[own].sum())
        assert told.chance[at] == pytest.approx(
            rest * (alone[own].sum() + pairs_within(part, unit, steps, years))
        )
        assert told.gap[at] == pytest.approx(away / n + away / others)
        variance = told.chance[at] + told.between[at]
        assert told.error[at] == pytest.approx(np.sqrt(variance) * (1 / n + 1 / others))
        assert np.isnan(told.p[at]) == (min(n, others) < 10)


def pairs_within(part: Panel, unit: pd.Series, steps: list[str], years: range) -> float:
    """Twice the covariance of the pairs of a unit whose both results lie in a range."""
    total = 0.0
    for pair in range(len(part.pairs.n)):
        inside = []
        for end in (part.pairs.first[pair], part.pairs.later[pair]):
            step, year = divmod(int(end), len(part.years))
            inside.append(part.stages[step] in steps and part.years[year] in years)
        if unit["provider_id"]:
            provider = part.pairs.provider[pair]
            held = provider >= 0 and part.providers[provider] == unit["provider_id"]
        else:
            profile = set(part.profiles[part.pairs.profile[pair]].split(" & "))
            held = set(unit["group"].split(" & ")) <= profile
        if held and all(inside):
            total += 2 * part.pairs.covariance[pair]
    return total


def test_what_providers_add_is_their_spread_times_how_unevenly_a_unit_is_spread_over_them(
    rng: np.random.Generator,
) -> None:
    rows = community(rng)
    one = looked(panel(rows))
    told = judged(one)
    for row, unit, column, steps, _ in cells(one):
        of = rows[rows["stage"].isin(steps)]
        mine = belongs(of, unit["group"], unit["provider_id"])
        apart = [
            (of[mine]["provider_id"] == provider).mean() - (of["provider_id"] == provider).mean()
            for provider in PROVIDERS
        ]
        place = PROVIDERS.index(unit["provider_id"]) if unit["provider_id"] else 4
        likely = one.spread[one.ranges.span[column], place]
        wide = sum(p * size**2 for p, size in zip(likely, spread.GRID, strict=True))
        expected = wide * told.n[row, column] ** 2 * np.square(apart).sum()
        assert told.between[row, column] == pytest.approx(expected)


def test_both_sides_of_an_attribute_lie_equally_far_on_either_side(
    rng: np.random.Generator,
) -> None:
    one = looked(panel(community(rng)))
    told = judged(one)
    female, male = (row_of(one, f"gender={value}") for value in ("female", "male"))
    assert told.away[female] == pytest.approx(-told.away[male])
    assert told.gap[female] == pytest.approx(-told.gap[male])
    assert told.independent[female] == pytest.approx(told.independent[male], rel=0.05)
    assert told.n[female] == pytest.approx(told.others[male])


def test_what_providers_have_beyond_what_is_expected_adds_up_to_nothing(
    rng: np.random.Generator,
) -> None:
    one = looked(panel(community(rng)))
    providers = judged(one).away[one.units["depth"] == 0]
    assert providers.sum(axis=0) == pytest.approx(np.zeros(providers.shape[1]), abs=1e-9)


def test_other_residuals_take_the_place_of_the_outcomes(rng: np.random.Generator) -> None:
    rows = community(rng)
    part = panel(rows)
    one = looked(part)
    told = judged(one)
    again = judged(one, part.n_success - part.n * part.share)
    for name in ("away", "p", "chance", "between", "n"):
        np.testing.assert_allclose(getattr(again, name), getattr(told, name), atol=1e-9)
    residual = rng.normal(size=len(part.n))
    other = judged(one, residual)
    for row, unit, column, steps, years in cells(one):
        table = part.counted
        own = belongs(table, unit["group"], unit["provider_id"])
        own &= table["stage"].isin(steps) & table["year"].isin(years)
        assert other.away[row, column] == pytest.approx(residual[own].sum(), abs=1e-9)
    np.testing.assert_allclose(other.chance, told.chance)
    nothing = judged(one, np.zeros(len(part.n)))
    assert nothing.p[~np.isnan(told.p)] == pytest.approx(1.0)


@pytest.mark.parametrize("at_once", [1, 40, 1 << 17])
def test_pieces_cover_every_unit_once(
    at_once: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = looked(panel(community(rng)))
    whole = judged(one)
    monkeypatch.setattr(scan, "AT_ONCE", at_once)
    pieces = list(one.pieces())
    assert np.concatenate(pieces).tolist() == list(range(len(one.units)))
    assert all(len(piece) * len(one.n_all) <= at_once or len(piece) == 1 for piece in pieces)
    parts = [scan.judged(one, piece).p for piece in pieces]
    np.testing.assert_allclose(np.vstack(parts), whole.p)


def test_ranges_are_named_by_their_steps_and_know_all_their_results(
    rng: np.random.Generator,
) -> None:
    rows = community(rng)
    one = looked(panel(rows))
    assert set(one.stages) == {"years_4_6", "years_7_8", "years_4_6 years_7_8"}
    for _, _, column, steps, years in cells(one)[: len(one.stages)]:
        assert one.stages[column] == " ".join(steps)
        held = rows["stage"].isin(steps) & rows["year"].isin(years)
        assert one.n_all[column] == held.sum()


def test_ranges_of_all_years_share_half_of_what_is_allowed_and_the_others_half(
    rng: np.random.Generator,
) -> None:
    rows = community(rng)
    one = looked(panel(rows))
    whole = one.ranges.all_years
    assert one.allowance[whole] == pytest.approx(2 * one.looks[0])
    assert one.allowance[~whole] == pytest.approx(2 * one.looks[1])
    assert 1 < one.looks[0] < whole.sum()
    assert 1 < one.looks[1] < (~whole).sum()
    (year,) = panels(rows[rows["year"] == 2024]).values()
    assert looked(year).allowance == pytest.approx(looked(year).looks[0])


# -- P-values --------------------------------------------------------------------------------------


def shuffled(
    draws: int, success: np.ndarray, member: np.ndarray, rng: np.random.Generator
) -> float:
    """How often the group is as far away when whole learners (rows of years) change places.

    Twice the smaller tail, with half of the chance of what was seen itself.
    """
    each = success.sum(axis=1)
    seen = each[member].sum()
    drawn = np.array([rng.permutation(each)[: member.sum()].sum() for _ in range(draws)])
    tails = [
        ((drawn < seen).mean(), (drawn == seen).mean()),
        ((drawn > seen).mean(), (drawn == seen).mean()),
    ]
    return 2 * min(beyond + tied / 2 for beyond, tied in tails)


@pytest.mark.parametrize("better", [0.0, 0.1, -0.12])
@pytest.mark.parametrize("share", [0.5, 0.85])
def test_a_groups_p_value_is_that_of_shuffling_whole_learners(
    share: float, better: float, rng: np.random.Generator
) -> None:
    # Everybody has a result in each of three years, and mostly the same result again.
    many, own = 240, 80
    member = np.arange(many) < own
    able = np.where(rng.random((many, 1)) < 0.6, rng.random((many, 1)), rng.random((many, 3)))
    success = able < share + np.where(member[:, None], better, 0)
    rows = pd.DataFrame(
        {
            "learner": np.repeat(np.arange(many), 3),
            "year": np.tile([2023, 2024, 2025], many),
            "profile": np.repeat(np.where(member, "ell=yes", "ell=no"), 3),
            "success": success.ravel(),
        }
    )
    one = looked(panel(rows))
    row = row_of(one, "ell=yes")
    told = judged(one)
    assert told.chance[row, widest(one)] > 1.5 * told.independent[row, widest(one)]
    for column in range(len(one.ranges.span)):
        first, last = one.ranges.first_year[column], one.ranges.last_year[column]
        expected = shuffled(4000, success[:, first : last + 1], member, rng)
        doubt = 4 * np.sqrt(expected * (2 - expected) / 4000) + 0.01
        assert told.p[row, column] == pytest.approx(expected, abs=doubt)


@pytest.mark.parametrize("own_success", [0, 2, 9, 12])
def test_a_small_group_is_judged_by_the_binomial_of_its_variance(own_success: int) -> None:
    # 12 in a very large community of whom 90 % succeed: drawing them is binomial.
    own = [True] * own_success + [False] * (12 - own_success)
    others = [True] * 9000 + [False] * 1000
    rows = pd.DataFrame(
        {
            "learner": range(10_012),
            "profile": ["ell=yes"] * 12 + ["ell=no"] * 10_000,
            "success": own + others,
        }
    )
    one = looked(panel(rows))
    p = judged(one).p[row_of(one, "ell=yes"), 0]
    share = (9000 + own_success) / 10_012
    law = scipy.stats.binom(12, share)
    low = own_success < 12 * share
    beyond = law.cdf(own_success - 1) if low else law.sf(own_success)
    expected = min(2 * (beyond + law.pmf(own_success) / 2), 1)
    if own_success in (0, 2):
        assert p == pytest.approx(expected, rel=0.05)
        # A normal tail would be thinner by far.
        z = (own_success / 12 - share) / np.sqrt(share * (1 - share) / 12)
        assert p > 50 * 2 * scipy.stats.norm.sf(abs(z))
    else:
        # Near nought the normal tail is used.
        assert p == pytest.approx(expected, abs=0.15)


def uneven(rng: np.random.Generator) -> pd.DataFrame:
    """Six schools that differ, and a group as large and as successful as one of them, in all."""
    schools = [f"K{i}" for i in range(6)]
    rows = [
        {"provider_id": school, "success": at < 100 * share, "learner": 100 * place + at}
        for place, (school, share) in enumerate(
            zip(schools, [0.72, 0.5, 0.56, 0.62, 0.44, 0.6], strict=True)
        )
        for at in range(100)
    ]
    table = pd.DataFrame(rows)
    # A random 72 of all who succeed and 28 of the others: the same as the first school's.
    chosen = [
        rng.choice(table.index[table["success"] == won], many, replace=False)
        for won, many in ((True, 72), (False, 28))
    ]
    return table.assign(
        profile=np.where(table.index.isin(np.concatenate(chosen)), "ell=yes", "ell=no")
    )


def test_a_provider_needs_more_than_a_group_of_anybody_to_stand_out(
    rng: np.random.Generator,
) -> None:
    one = looked(panel(uneven(rng)))
    told = judged(one)
    school, group = row_of(one, provider="K0"), row_of(one, "ell=yes")
    assert told.away[school] == pytest.approx(told.away[group])
    assert told.chance[school] == pytest.approx(told.chance[group])
    assert told.between[school] > 20 * told.between[group]
    assert told.error[school] > 1.3 * told.error[group]
    assert told.p[school] > 10 * told.p[group]


def test_a_group_that_sits_at_one_provider_carries_its_difference(
    rng: np.random.Generator,
) -> None:
    rows = uneven(rng)
    at_first = np.where(rows["provider_id"] == "K0", "ell=yes", "ell=no")
    one = looked(panel(rows.assign(profile=at_first)))
    told = judged(one)
    group, school = row_of(one, "ell=yes"), row_of(one, provider="K0")
    # As uneven as the school, but what schools differ by is learnt with the school itself in it.
    assert told.between[group] > told.between[school]
    assert told.away[group] == pytest.approx(told.away[school])


def test_the_p_value_of_a_provider_is_the_mean_over_how_far_the_others_may_be_apart(
    rng: np.random.Generator,
) -> None:
    one = looked(panel(uneven(rng)))
    told = judged(one)
    row = row_of(one, provider="K1")
    # Its mix is all of one school: 1 less a sixth of everybody's there, and a sixth elsewhere.
    mix = (5 / 6) ** 2 + 5 * (1 / 6) ** 2
    expected = 0.0
    for likely, wide in zip(one.spread[0, 1], spread.GRID, strict=True):
        z = told.away[row, 0] / np.sqrt(told.chance[row, 0] + (100 * wide) ** 2 * mix)
        sure = dataclasses.replace(one, spread=certain(one, wide))
        alone = scan.judged(sure, np.array([row])).p[0, 0]
        assert abs(z) > 2 or alone == pytest.approx(2 * scipy.stats.norm.sf(abs(z)))
        expected += likely * alone
    assert told.p[row, 0] == pytest.approx(expected)


def certain(one: Scan, wide: float) -> np.ndarray:
    """The belief that providers are surely so far apart."""
    sure = np.isclose(spread.GRID, wide).astype(float)
    return np.broadcast_to(sure, one.spread.shape)


def test_a_lone_provider_is_compared_with_nobody(rng: np.random.Generator) -> None:
    one = looked(panel(community(rng).assign(provider_id="P")))
    told = judged(one)
    assert np.isnan(told.p[row_of(one, provider="P")]).all()
    assert not told.between.any()
    assert not np.isnan(told.p[row_of(one, "gender=male"), widest(one)])


# -- What providers differ by ----------------------------------------------------------------------


def test_what_providers_differ_by_is_learnt_from_each_range_of_years(
    rng: np.random.Generator,
) -> None:
    rows = community(rng, 400)
    one = looked(panel(rows))
    share = rows.groupby(STRATUM)["success"].transform("mean")
    of = rows.groupby(STRATUM)["success"].transform("size")
    alone = share * (1 - share) * of / (of - 1)
    usual = np.exp(-0.5 * (spread.GRID / 0.05) ** 2) * np.gradient(spread.GRID)
    for span, years in {
        int(span): range(2023 + first, 2024 + last)
        for span, first, last in zip(
            one.ranges.span, one.ranges.first_year, one.ranges.last_year, strict=True
        )
    }.items():
        held = rows["year"].isin(years)
        n, away, variance = np.zeros((3, 4, 2))
        for i, j in itertools.product(range(4), range(2)):
            step = one.panel.stages[j]
            own = held & (rows["provider_id"] == PROVIDERS[i]) & (rows["stage"] == step)
            n[i, j], away[i, j] = own.sum(), (rows["success"] - share)[own].sum()
            unit = pd.Series({"provider_id": PROVIDERS[i], "group": ""})
            variance[i, j] = alone[own].sum() + pairs_within(one.panel, unit, [step], years)
        weight = usual * np.exp(spread.likelihoods(n, away, variance))
        expected = weight / weight.sum(axis=1, keepdims=True)
        assert one.spread[span] == pytest.approx(expected)


def test_what_other_measures_show_is_believed_by_half(rng: np.random.Generator) -> None:
    calm = community(rng, 300).assign(measure="reading")
    shares = calm["provider_id"].map({"P": 0.1, "Q": 0.4, "R": 0.7, "S": 0.95})
    wild = calm.assign(measure="belonging", success=rng.random(len(calm)) < shares)
    alone = panel(calm)
    both = panels(pd.concat([calm, wild]))
    made = prepare.scans(both, settings=SETTINGS)
    apart = made["reading", 0].spread @ spread.GRID
    by_itself = looked(alone).spread @ spread.GRID
    assert (apart[:, -1] > by_itself[:, -1]).all()
    assert (apart[:, -1] < (made["belonging", 0].spread @ spread.GRID)[:, -1]).all()
