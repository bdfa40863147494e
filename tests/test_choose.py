"""Choosing: what was planted in made-up worlds is named once, by its simplest name, and no more."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import by_hand
import numpy as np
import pandas as pd
import pytest
from by_hand import Hand, belongs

from colanalysis import find
from colanalysis.comparing import choose, scan, spread
from colanalysis.comparing.choose import Choice
from colanalysis.comparing.scan import Scan
from colanalysis.terms.settings import Community

COMMUNITY = Community(folder=Path(), id="t", name="T")
ETHNICITIES = ["Māori", "Pacific Peoples", "Asian", "European/Pākehā"]
SEEDS = range(12)
Chance = Callable[[pd.DataFrame], np.ndarray | float]


def learners(rng: np.random.Generator, n: int, schools: int = 4) -> pd.DataFrame:
    """Learners, one in ten of them of a second ethnic group, one in eight learning English."""
    first, second = (
        rng.choice(ETHNICITIES, n, p=[0.25, 0.15, 0.15, 0.45]),
        rng.choice([*ETHNICITIES, ""], n, p=[0.025] * 4 + [0.9]),
    )
    ell, gender = rng.choice(["no", "yes"], n, p=[0.88, 0.12]), rng.choice(["female", "male"], n)
    profiles = [
        " & ".join(
            [f"ell={e}", *(f"ethnicity={one}" for one in sorted({a, b} - {""})), f"gender={g}"]
        )
        for e, a, b, g in zip(ell, first, second, gender, strict=True)
    ]
    provider = rng.choice([f"P{one}" for one in range(1, schools + 1)], n)
    return pd.DataFrame({"learner": range(n), "provider_id": provider, "profile": profiles})


def world(
    rng: np.random.Generator,
    chance: Chance,
    *,
    n: int = 2000,
    measure: str = "writing_judgement",
    stage: str = "years_7_8",
    levels: tuple[int, ...] = (7, 8),
    years: tuple[int, ...] = (2019, 2020, 2021),
    schools: int = 4,
) -> pd.DataFrame:
    """One result of each learner, in a year and year level of their own."""
    rows = learners(rng, n, schools).assign(
        measure=measure, stage=stage, year=rng.choice(years, n), year_level=rng.choice(levels, n)
    )
    return rows.assign(success=rng.random(n) < chance(rows))


def has(rows: pd.DataFrame, *groups: str) -> np.ndarray:
    return belongs(rows, " & ".join(groups))


def scans(rows: pd.DataFrame) -> dict[tuple[str, int], Scan]:
    return find.scans(by_hand.counts(rows), by_hand.pairs(rows), community=COMMUNITY)


def findings(rows: pd.DataFrame) -> pd.DataFrame:
    counts, pairs = by_hand.counts(rows), by_hand.pairs(rows)
    scanned = find.scans(counts, pairs, community=COMMUNITY)
    seen = find.looked_at(scanned, pairs, community=COMMUNITY)
    return find.findings(seen, scanned, community=COMMUNITY)


def told(found: pd.DataFrame) -> list[str]:
    """Each finding in short, best first."""
    names = found["group"] + found["provider_id"]
    return (found["direction"] + " " + names).tolist()


def over_seeds(chance: Chance, *, seeds: range = SEEDS) -> list[list[str]]:
    return [told(findings(world(np.random.default_rng(seed), chance))) for seed in seeds]


def assert_found(runs: list[list[str]], *planted: str) -> None:
    """Hardly ever is a planted finding missed, and no more are false than a run may list."""
    missed = [len(set(planted) - set(run)) / len(planted) for run in runs]
    false = [len(set(run) - set(planted)) / max(len(run), 1) for run in runs]
    assert np.mean(missed) <= 0.05, runs
    assert np.mean(false) <= COMMUNITY.settings.false_share, runs


# -- One hurdle is one finding -----------------------------------------------------------------


def test_a_hurdle_of_one_ethnic_group_is_one_finding_without_mirror_or_part() -> None:
    runs = over_seeds(lambda rows: 0.65 - 0.2 * has(rows, "ethnicity=Māori"))
    assert_found(runs, "hurdle ethnicity=Māori")
    assert sum(len(run) == 1 for run in runs) >= len(runs) - 1, runs
    told_of = set(itertools.chain(*runs))
    assert {name for name in told_of if "Māori" in name} == {"hurdle ethnicity=Māori"}
    assert not {f"success ethnicity={name}" for name in ETHNICITIES} & told_of


def test_a_hurdle_of_a_pair_is_named_as_the_pair_and_not_as_its_parts() -> None:
    pair = "ethnicity=Māori & gender=female"
    runs = over_seeds(lambda rows: 0.65 - 0.25 * has(rows, *pair.split(" & ")))
    assert_found(runs, f"hurdle {pair}")
    assert sum(run == [f"hurdle {pair}"] for run in runs) >= len(runs) - 1, runs
    for run in runs:
        assert not {"hurdle ethnicity=Māori", "hurdle gender=female"} & set(run)


def test_two_hurdles_that_add_up_are_two_findings_and_not_their_pair() -> None:
    runs = over_seeds(
        lambda rows: 0.75 - 0.2 * has(rows, "ell=yes") - 0.15 * has(rows, "gender=female"),
        seeds=range(20),
    )
    assert_found(runs, "hurdle ell=yes", "hurdle gender=female")


def test_a_pair_that_is_further_behind_than_its_parts_is_not_told_by_them() -> None:
    def chance(rows: pd.DataFrame) -> np.ndarray:
        girls = has(rows, "ethnicity=Māori", "gender=female")
        return 0.7 - 0.03 * has(rows, "ethnicity=Māori") - 0.3 * girls

    runs = over_seeds(chance, seeds=range(8))
    assert_found(runs, "hurdle ethnicity=Māori & gender=female")


def test_a_group_and_its_part_are_two_findings_when_both_matter() -> None:
    def chance(rows: pd.DataFrame) -> np.ndarray:
        girls = has(rows, "ethnicity=Māori", "gender=female")
        return 0.8 - 0.2 * has(rows, "ethnicity=Māori") - 0.3 * girls

    both = {"hurdle ethnicity=Māori", "hurdle ethnicity=Māori & gender=female"}
    for seed in range(3):
        assert set(told(findings(world(np.random.default_rng(seed), chance, n=5000)))) == both


def test_a_provider_and_a_group_are_two_findings() -> None:
    runs = over_seeds(
        lambda rows: (
            0.55 - 0.2 * has(rows, "ell=yes") + 0.25 * (rows["provider_id"] == "P3").to_numpy()
        ),
        seeds=range(8),
    )
    assert_found(runs, "hurdle ell=yes", "success P3")


def test_a_gap_between_two_halves_is_told_once_as_the_hurdle() -> None:
    runs = over_seeds(lambda rows: 0.6 - 0.15 * has(rows, "gender=female"), seeds=range(8))
    assert_found(runs, "hurdle gender=female")
    assert not any("success gender=male" in run for run in runs)


def test_a_success_of_a_minority_is_not_told_as_a_hurdle_of_everybody_else() -> None:
    runs = over_seeds(lambda rows: 0.5 + 0.25 * has(rows, "ell=yes"), seeds=range(8))
    assert_found(runs, "success ell=yes")
    assert not any("hurdle ell=no" in run for run in runs)


def test_two_providers_that_differ_are_told_once_at_most(rng: np.random.Generator) -> None:
    rows = world(rng, lambda rows: 0.3 + 0.5 * rows["provider_id"].isin(["P1", "P2"]))
    merged = rows["provider_id"].replace({"P2": "P1", "P4": "P3"})
    assert len(findings(rows.assign(provider_id=merged))) <= 1


# -- Schools -------------------------------------------------------------------------------------


def schools_apart(wide: float, far: float) -> Chance:
    """Ten schools that differ with a deviation of ``wide``; the tenth is ``far`` from all others."""
    effects = np.random.default_rng(3).normal(0, wide, 10)
    by_name = {f"P{place + 1}": effect for place, effect in enumerate(effects - effects.mean())}
    by_name["P10"] = far
    return lambda rows: 0.55 + rows["provider_id"].map(by_name).to_numpy(float)


def test_a_school_that_stands_out_is_found_and_ordinary_ones_are_not() -> None:
    listed = [
        told(findings(world(np.random.default_rng(seed), schools_apart(0.04, far), n=3000,
                            schools=10)))
        for seed in range(6)
        for far in (0.0, 0.3)
    ]  # fmt: skip
    assert sum(bool(run) for run in listed[::2]) <= 1
    assert sum("success P10" in run for run in listed[1::2]) >= 5
    assert all(len(run) <= 2 for run in listed)


def test_schools_that_wobble_from_year_to_year_are_no_findings() -> None:
    listed = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        moves = pd.Series(
            rng.normal(0, 0.08, 30),
            pd.MultiIndex.from_product([[f"P{one}" for one in range(1, 11)], [2019, 2020, 2021]]),
        )

        def chance(rows: pd.DataFrame, moves: pd.Series = moves) -> np.ndarray:
            return 0.55 + moves[pd.MultiIndex.from_frame(rows[["provider_id", "year"]])].to_numpy()

        listed += bool(len(findings(world(rng, chance, n=3000, schools=10))))
    assert listed <= 1


# -- Steps, years and yardsticks -----------------------------------------------------------------


def behind(rows: pd.DataFrame) -> np.ndarray:
    return 0.65 - 0.25 * has(rows, "ethnicity=Māori")


def even(_: pd.DataFrame) -> float:
    return 0.65


OLDER = {"stage": "years_7_8", "levels": (7, 8)}
OLDEST = {"stage": "years_11_13", "levels": (11, 12, 13)}
MIDDLE = {"stage": "years_4_6", "levels": (4, 5, 6)}
YOUNGER = {"stage": "years_0_3", "levels": (1, 2, 3)}


def steps(
    rng: np.random.Generator, *worlds: tuple[Chance, dict[str, object]], **fixed: object
) -> pd.DataFrame:
    """Several worlds as one; no learner is in two of them."""
    made = [world(rng, chance, **{"n": 1500, **fixed, **where}) for chance, where in worlds]
    apart = [rows.assign(learner=rows["learner"] + 10**6 * at) for at, rows in enumerate(made)]
    return pd.concat(apart, ignore_index=True)


def of_maori(found: pd.DataFrame) -> pd.DataFrame:
    return found[found["group"] == "ethnicity=Māori"].sort_values("year_level_min")


def test_the_same_finding_at_neighbouring_steps_is_one_with_the_longer_range(
    rng: np.random.Generator,
) -> None:
    found = of_maori(findings(steps(rng, (behind, MIDDLE), (behind, OLDER), (even, YOUNGER))))
    assert found["stages"].tolist() == ["years_4_6 years_7_8"]
    assert (found["year_level_min"].item(), found["year_level_max"].item()) == (4, 8)
    assert (found["year_min"].item(), found["year_max"].item()) == (2019, 2021)


def test_the_same_finding_at_steps_apart_stays_two(rng: np.random.Generator) -> None:
    nothing = [(even, MIDDLE), (even, OLDER), (even, {"stage": "years_9_10", "levels": (9, 10)})]
    rows = steps(rng, (behind, YOUNGER), *nothing, (behind, OLDEST))
    found = of_maori(findings(rows))
    assert found["stages"].tolist() == ["years_0_3", "years_11_13"]
    assert found["year_level_max"].tolist() == [3, 13]


def test_opposite_findings_at_neighbouring_steps_stay_two(rng: np.random.Generator) -> None:
    def ahead(rows: pd.DataFrame) -> np.ndarray:
        return 0.5 + 0.25 * has(rows, "ethnicity=Māori")

    found = of_maori(findings(steps(rng, (ahead, MIDDLE), (behind, OLDER))))
    assert found["direction"].tolist() == ["success", "hurdle"]


def test_a_finding_of_the_last_years_is_told_of_these_years(rng: np.random.Generator) -> None:
    def lately(rows: pd.DataFrame) -> np.ndarray:
        return 0.65 - 0.3 * has(rows, "ethnicity=Māori") * (rows["year"] >= 2021).to_numpy()

    rows = world(rng, lately, n=4000, years=(2019, 2020, 2021, 2022))
    found = findings(rows)
    assert told(found) == ["hurdle ethnicity=Māori"]
    row = found.iloc[0]
    assert (row["year_min"], row["year_max"]) == (2021, 2022)
    assert (row["years_seen"], row["years_with_data"]) == (2, 4)
    own = rows[has(rows, "ethnicity=Māori")]
    assert row["n_learners"] == own["year"].isin([2021, 2022]).sum()
    assert row["n_latest"] == (own["year"] == 2022).sum()


BEFORE, AFTER = {"years": (2022, 2023, 2024)}, {"years": (2025, 2026)}


def test_a_finding_on_both_yardsticks_is_told_once_on_the_later(rng: np.random.Generator) -> None:
    found = findings(steps(rng, (behind, BEFORE), (behind, AFTER)))
    told_once = of_maori(found).iloc[0]
    assert len(of_maori(found)) == 1
    assert (told_once["year_min"], told_once["year_max"]) == (2025, 2026)
    assert "also seen on the earlier yardstick" in told_once["notes"]


@pytest.mark.parametrize("early", [True, False])
def test_a_finding_on_one_yardstick_is_told_on_that_one(
    early: bool, rng: np.random.Generator
) -> None:
    chances = (behind, even) if early else (even, behind)
    found = of_maori(findings(steps(rng, (chances[0], BEFORE), (chances[1], AFTER))))
    assert found["year_max"].tolist() == [2024 if early else 2026]
    assert "yardstick" not in found["notes"].item()


# -- What is left once something was taken ---------------------------------------------------------

PAIR = "ethnicity=Māori & gender=female"
WHERE = (["years_7_8"], 2019, 2021)


def row_of(looked: Scan, group: str) -> int:
    return int(np.flatnonzero(looked.units["group"] == group)[0])


def range_of(looked: Scan, first_year: int, last_year: int) -> int:
    years, ranges = looked.panel.years, looked.ranges
    return int(
        np.flatnonzero(
            (ranges.first_year == years.index(first_year))
            & (ranges.last_year == years.index(last_year))
        )[0]
    )


def test_once_the_pair_is_taken_nothing_is_left_of_the_groups_around_it() -> None:
    rows = world(np.random.default_rng(5), lambda rows: 0.65 - 0.3 * has(rows, *PAIR.split(" & ")),
                 n=4000)  # fmt: skip
    (looked,) = scans(rows).values()
    around = [PAIR, "ethnicity=Māori", "gender=female", "gender=male",
              "ethnicity=Māori & gender=male", "ethnicity=European/Pākehā"]  # fmt: skip
    units, whole = np.array([row_of(looked, one) for one in around]), range_of(looked, 2019, 2021)
    column = choose._indicator(looked, Choice(int(units[0]), whole, 0.0))
    left = choose._left(looked.panel, column[None, :])
    before, after = scan.judged(looked, units), scan.judged(looked, units, left)
    z = [
        (one.away / np.sqrt(one.chance))[:, whole] for one in (before, after)
    ]  # fmt: skip
    assert (np.abs(z[0]) > 2.5).all()
    assert z[1][0] == pytest.approx(0, abs=1e-9)
    assert (np.abs(z[1]) < 2).all()
    # The second road: least squares on learners.
    own = Hand(rows, spread.GRID)
    residual = own.left([(PAIR, "", WHERE)])
    for place, group in enumerate(around):
        mine = has(own.rows, group)
        assert after.away[place, whole] == pytest.approx(residual[mine].sum(), abs=1e-7)
        likely = looked.spread[looked.ranges.span[whole], -1]
        judged = own.judge(group, "", WHERE, likely=likely, away=residual)
        assert after.p[place, whole] == pytest.approx(judged["p_value"], rel=1e-6)


def test_what_is_left_after_two_is_left_after_both_together() -> None:
    rows = world(np.random.default_rng(6), behind)
    (looked,) = scans(rows).values()
    taken = [("ethnicity=Māori", range_of(looked, 2019, 2021), WHERE),
             ("gender=female", range_of(looked, 2019, 2020), (["years_7_8"], 2019, 2020))]  # fmt: skip
    columns = np.array(
        [choose._indicator(looked, Choice(row_of(looked, g), r, 0.0)) for g, r, _ in taken]
    )
    left = choose._left(looked.panel, columns)
    own = Hand(rows)
    residual = own.left([(group, "", where) for group, _, where in taken])
    for group in ("ethnicity=Asian", "gender=male", "ell=yes", PAIR):
        mine = looked.panel.members(group)
        assert left[mine].sum() == pytest.approx(residual[has(own.rows, group)].sum(), abs=1e-7)
    assert [left @ column for column in columns] == pytest.approx([0, 0], abs=1e-7)


def test_each_is_taken_for_what_those_before_leave_of_it() -> None:
    rows = world(np.random.default_rng(7), lambda rows: behind(rows) - 0.2 * has(rows, "ell=yes"))
    (looked,) = scans(rows).values()
    own, times = Hand(rows, spread.GRID), np.full(len(looked.units), 20.0)
    path = choose.explaining(looked, times, np.arange(len(looked.units)), bar=0.1)
    names = looked.units["group"].iloc[[choice.unit for choice in path]].tolist()
    assert names == ["ethnicity=Māori", "ell=yes"]
    taken = []
    for choice in path:
        group, residual, best = looked.units["group"].iloc[choice.unit], own.left(taken), []
        for number in range(len(looked.stages)):
            ranges, years = looked.ranges, looked.panel.years
            ends = years[ranges.first_year[number]], years[ranges.last_year[number]]
            likely = looked.spread[ranges.span[number], -1]
            judged = own.judge(group, "", (WHERE[0], *ends), likely=likely, away=residual)
            best.append(judged["p_value"] * looked.allowance[number] * 20)
            if number == choice.range:
                told_over = (group, "", (WHERE[0], *ends))
        assert choice.false == pytest.approx(min(best), rel=1e-6)
        taken.append(told_over)


def test_nothing_is_taken_that_is_worth_less_than_the_smallest_gap_or_above_the_bar() -> None:
    rows = world(np.random.default_rng(8), behind)
    (looked,) = scans(rows).values()
    times, everything = np.ones(len(looked.units)), np.arange(len(looked.units))
    small = Scan(**{**vars_of(looked), "settings": settings_with(smallest_gap=0.5)})
    assert choose.explaining(small, times, everything, bar=0.1) == []
    assert choose.explaining(looked, times, everything, bar=1e-30) == []
    assert choose.explaining(looked, times, everything[:0], bar=0.1) == []


def vars_of(looked: Scan) -> dict[str, object]:
    return {
        name: getattr(looked, name)
        for name in ("panel", "ranges", "sums", "spread", "looks", "settings")
    }


def settings_with(**choices: object):
    return type(COMMUNITY.settings)(**choices)


# -- Nothing planted -----------------------------------------------------------------------------

THREE = ["writing_judgement", "reading_judgement", "maths_judgement"]


def careers(rng: np.random.Generator, *, n: int, measure: str) -> pd.DataFrame:
    """Learners from Year 4 to Year 6; two results of one learner correlate by a half."""
    people, lasting = learners(rng, n), rng.random(n) < 0.6
    years = [
        people.assign(
            year=year,
            year_level=level,
            success=np.where(rng.random(n) < 0.5**0.5, lasting, rng.random(n) < 0.6),
        )
        for year, level in [(2021, 4), (2022, 5), (2023, 6)]
    ]
    rows = pd.concat(years, ignore_index=True)
    return rows.assign(measure=measure, stage="years_4_6")


def test_with_nothing_planted_hardly_any_world_lists_anything() -> None:
    """Every learner has three results, which repeat one another, of each of two measures."""
    listed = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        rows = [careers(rng, n=800, measure=name) for name in THREE[:2]]
        listed += len(findings(pd.concat(rows, ignore_index=True))) > 0
    assert listed <= 6


# -- Whatever the order --------------------------------------------------------------------------


def test_the_order_of_rows_and_pairs_does_not_matter(rng: np.random.Generator) -> None:
    made = [careers(rng, n=400, measure=name) for name in THREE[:2]]
    rows = pd.concat(made, ignore_index=True)
    rows["success"] &= ~(has(rows, "ethnicity=Māori") & (rng.random(len(rows)) < 0.4))
    tables = []
    for shuffled in (False, True):
        counts, pairs = by_hand.counts(rows), by_hand.pairs(rows)
        if shuffled:
            counts, pairs = (one.sample(frac=1, random_state=1) for one in (counts, pairs))
        scanned = find.scans(counts, pairs, community=COMMUNITY)
        seen = find.looked_at(scanned, pairs, community=COMMUNITY)
        tables.append((seen, find.findings(seen, scanned, community=COMMUNITY)))
    pd.testing.assert_frame_equal(*[seen for seen, _ in tables], rtol=1e-9)
    pd.testing.assert_frame_equal(*[found for _, found in tables], rtol=1e-9)
    assert not tables[0][1].empty


def test_what_groups_are_called_does_not_matter(rng: np.random.Generator) -> None:
    rows = world(rng, lambda rows: 0.7 - 0.25 * has(rows, *PAIR.split(" & ")))
    names = {"ell": "z", "ethnicity": "m", "gender": "a", "female": "1", "Māori": "y", "male": "0"}

    def called(text: str) -> str:
        parts = [part.split("=") for part in text.split(" & ")]
        renamed = [f"{names.get(a, a)}={names.get(v, v)}" for a, v in parts]
        return " & ".join(sorted(renamed))

    one, other = findings(rows), findings(rows.assign(profile=rows["profile"].map(called)))
    assert one["group"].map(called).tolist() == other["group"].tolist() == ["a=1 & m=y"]
    numbers = ["n_learners", "rate", "reference_rate", "gap", "gap_low", "p_value", "q_value"]
    pd.testing.assert_frame_equal(one[numbers], other[numbers])


def test_a_list_is_the_same_from_one_table_and_from_schools_merged(
    rng: np.random.Generator,
) -> None:
    from colanalysis import measure

    rows = world(rng, behind)
    whole = by_hand.counts(rows)
    merged = measure.merge(*[own for _, own in list(whole.groupby("provider_id"))[::-1]])
    lists = []
    for counts in (whole, merged):
        pairs = by_hand.pairs(rows)
        scanned = find.scans(counts, pairs, community=COMMUNITY)
        seen = find.looked_at(scanned, pairs, community=COMMUNITY)
        lists.append(find.findings(seen, scanned, community=COMMUNITY))
    pd.testing.assert_frame_equal(*lists)
    assert len(lists[0]) == 1
