"""Choosing: what was planted in made-up worlds is named once, by its simplest name, and no more."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from colanalysis import find
from colanalysis.comparing import compare, rank
from colanalysis.terms.settings import Community

COMMUNITY = Community(folder=Path(), id="t", name="T")
CELL = ["measure", "stage", "year", "year_level", "provider_id", "profile"]
NO_PAIRS = pd.DataFrame(columns=[
    "measure", "stage_before", "stage_after", "year", "group", "n", "before", "after", "gained",
    "lost",
])  # fmt: skip
ETHNICITIES = ["Māori", "Pacific Peoples", "Asian", "European/Pākehā"]
SEEDS = range(20)
Chance = Callable[[pd.DataFrame], np.ndarray | float]


def learners(rng: np.random.Generator, n: int) -> pd.DataFrame:
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
    provider = rng.choice(["P1", "P2", "P3", "P4"], n)
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
) -> pd.DataFrame:
    """One result of each learner, in a year and year level of their own."""
    rows = learners(rng, n).assign(
        measure=measure, stage=stage, year=rng.choice(years, n), year_level=rng.choice(levels, n)
    )
    return rows.assign(success=rng.random(n) < chance(rows))


def has(rows: pd.DataFrame, *groups: str) -> np.ndarray:
    return np.array([set(groups) <= set(profile.split(" & ")) for profile in rows["profile"]])


def look(
    rows: pd.DataFrame, repeats: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, dict[compare.Key, compare.Panel]]:
    """What was looked at, and in which panels."""
    counted = rows.assign(n=1, n_success=rows["success"].astype(int))
    counted = counted.groupby(CELL, as_index=False)[["n", "n_success"]].sum()
    if repeats is None:
        repeats = rows[["measure", "stage"]].drop_duplicates().assign(design_effect=1.0)
    panels = compare.panels(counted, community=COMMUNITY, repeats=repeats)
    return find.looked_at(panels, transitions=NO_PAIRS, community=COMMUNITY), panels


def scan(rows: pd.DataFrame, repeats: pd.DataFrame | None = None) -> pd.DataFrame:
    return find.findings(*look(rows, repeats), community=COMMUNITY)


def told(found: pd.DataFrame) -> list[str]:
    """Each finding in short, best first."""
    names = found["group"] + found["provider_id"]
    return (found["direction"] + " " + names).tolist()


def over_seeds(chance: Chance, *, seeds: range = SEEDS) -> list[list[str]]:
    return [told(scan(world(np.random.default_rng(seed), chance))) for seed in seeds]


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
    assert sum(len(run) == 1 for run in runs) >= 18, runs
    told_of = set(itertools.chain(*runs))
    assert {name for name in told_of if "Māori" in name} == {"hurdle ethnicity=Māori"}
    assert not {f"success ethnicity={name}" for name in ETHNICITIES} & told_of


def test_a_hurdle_of_a_pair_is_named_as_the_pair_and_not_as_its_parts() -> None:
    pair = "ethnicity=Māori & gender=female"
    runs = over_seeds(lambda rows: 0.65 - 0.25 * has(rows, *pair.split(" & ")))
    assert_found(runs, f"hurdle {pair}")
    assert sum(run == [f"hurdle {pair}"] for run in runs) >= 18, runs
    for run in runs:
        assert not {"hurdle ethnicity=Māori", "hurdle gender=female"} & set(run)


def test_two_hurdles_that_add_up_are_two_findings_and_not_their_pair() -> None:
    runs = over_seeds(
        lambda rows: 0.75 - 0.2 * has(rows, "ell=yes") - 0.15 * has(rows, "gender=female"),
        seeds=range(10),
    )
    assert_found(runs, "hurdle ell=yes", "hurdle gender=female")


def test_a_provider_and_a_group_are_two_findings() -> None:
    runs = over_seeds(
        lambda rows: (
            0.55 - 0.2 * has(rows, "ell=yes") + 0.15 * (rows["provider_id"] == "P3").to_numpy()
        ),
        seeds=range(10),
    )
    assert_found(runs, "hurdle ell=yes", "success P3")


def test_a_gap_between_two_halves_is_told_once_as_the_hurdle() -> None:
    runs = over_seeds(lambda rows: 0.6 - 0.15 * has(rows, "gender=female"), seeds=range(10))
    assert_found(runs, "hurdle gender=female")
    assert not any("success gender=male" in run for run in runs)


def test_a_success_of_a_minority_is_not_told_as_a_hurdle_of_everybody_else() -> None:
    runs = over_seeds(lambda rows: 0.5 + 0.25 * has(rows, "ell=yes"), seeds=range(10))
    assert_found(runs, "success ell=yes")
    assert not any("hurdle ell=no" in run for run in runs)


def test_a_finding_is_not_kept_by_a_handful_who_are_left_to_compare_with() -> None:
    # Without Māori learners, P1 is 200 learners beside five.
    profiles = {
        "Māori": [("P1", 40, 0), ("P2", 200, 80)],
        "Asian": [("P1", 200, 140), ("P2", 5, 0)],
    }
    rows = [
        pd.DataFrame({"provider_id": provider, "profile": f"ethnicity={name}",
                      "success": np.arange(n) < succeed})
        for name, places in profiles.items()
        for provider, n, succeed in places
    ]  # fmt: skip
    where = {"measure": "writing_judgement", "stage": "years_7_8", "year": 2020, "year_level": 7}
    assert told(scan(pd.concat(rows, ignore_index=True).assign(**where))) == [
        "hurdle ethnicity=Māori"
    ]


def test_two_providers_that_differ_are_told_once(rng: np.random.Generator) -> None:
    rows = world(rng, lambda rows: 0.5 + 0.2 * rows["provider_id"].isin(["P1", "P2"]))
    merged = rows["provider_id"].replace({"P2": "P1", "P4": "P3"})
    found = scan(rows.assign(provider_id=merged))
    assert len(found) == 1
    assert told(found)[0] in {"success P1", "hurdle P3"}


# -- Steps and yardsticks ----------------------------------------------------------------------


def behind(rows: pd.DataFrame) -> np.ndarray:
    return 0.65 - 0.25 * has(rows, "ethnicity=Māori")


def even(_: pd.DataFrame) -> float:
    return 0.65


OLDER = {"stage": "years_7_8", "levels": (7, 8)}
MIDDLE = {"stage": "years_4_6", "levels": (4, 5, 6)}
YOUNGER = {"stage": "years_0_3", "levels": (1, 2, 3)}


def steps(
    rng: np.random.Generator, *worlds: tuple[Chance, dict[str, object]], **fixed: object
) -> pd.DataFrame:
    made = [world(rng, chance, **{"n": 1500, **fixed, **where}) for chance, where in worlds]
    return pd.concat(made, ignore_index=True)


def of_maori(found: pd.DataFrame) -> pd.DataFrame:
    return found[found["group"] == "ethnicity=Māori"].sort_values("year_level_min")


def test_the_same_finding_at_neighbouring_steps_is_one_with_the_longer_range(
    rng: np.random.Generator,
) -> None:
    rows = steps(rng, (behind, MIDDLE), (behind, OLDER), (even, YOUNGER))
    found = of_maori(scan(rows))
    assert found["stages"].tolist() == ["years_4_6 years_7_8"]
    assert (found["year_level_min"].item(), found["year_level_max"].item()) == (4, 8)


def test_the_same_finding_at_steps_apart_stays_two(rng: np.random.Generator) -> None:
    found = of_maori(scan(steps(rng, (behind, YOUNGER), (even, MIDDLE), (behind, OLDER))))
    assert found["stages"].tolist() == ["years_0_3", "years_7_8"]
    assert found["year_level_max"].tolist() == [3, 8]


def test_opposite_findings_at_neighbouring_steps_stay_two(rng: np.random.Generator) -> None:
    def ahead(rows: pd.DataFrame) -> np.ndarray:
        return 0.5 + 0.25 * has(rows, "ethnicity=Māori")

    found = of_maori(scan(steps(rng, (ahead, MIDDLE), (behind, OLDER))))
    assert found["direction"].tolist() == ["success", "hurdle"]


def test_a_finding_over_two_steps_has_the_numbers_of_both(rng: np.random.Generator) -> None:
    rows = steps(rng, (behind, MIDDLE), (behind, {**OLDER, "n": 5000}))
    joined = of_maori(scan(rows)).iloc[0]
    mine, strata = has(rows, "ethnicity=Māori"), ["year", "year_level"]
    weight = rows[mine].groupby(strata).size() / mine.sum()
    reference = (weight * rows[~mine].groupby(strata)["success"].mean()).sum()
    assert (joined["n_learners"], joined["n_success"]) == (mine.sum(), rows[mine]["success"].sum())
    assert joined["n_others"] == (~mine).sum()
    assert joined["rate"] == pytest.approx(rows[mine]["success"].mean())
    assert joined["reference_rate"] == pytest.approx(reference)
    us, them = (
        rows[side].groupby(strata)["success"].agg(["size", "sum"]) for side in (mine, ~mine)
    )
    pooled = (us["sum"] + them["sum"]) / (us["size"] + them["size"])
    null = (weight**2 * pooled * (1 - pooled) * (1 / us["size"] + 1 / them["size"])).sum()
    z = (rows[mine]["success"].mean() - reference) / null**0.5
    assert joined["p_value"] == pytest.approx(2 * scipy.stats.norm.sf(abs(z)), rel=1e-6, abs=0)
    assert joined["q_value"] <= COMMUNITY.settings.false_share
    yearly = [
        part[has(part, "ethnicity=Māori")].shape[0] for _, part in rows.groupby("year", sort=True)
    ]
    assert (joined["years_seen"], joined["n_latest"]) == (3, yearly[-1])
    # The gap is pulled as far as the two were, the surer one counting for more.
    seen = look(rows)[0]
    alone = seen[seen["group"] == "ethnicity=Māori"]
    pull = np.average(alone["gap"] - alone["raw_gap"], weights=alone["error"] ** -2.0)
    assert joined["gap"] == pytest.approx(joined["rate"] - reference + pull)
    assert abs(pull) > 0.001
    # Both together are surer than either.
    apart = [of_maori(scan(part)).iloc[0] for _, part in rows.groupby("stage")]
    widths = [one["gap_high"] - one["gap_low"] for one in apart]
    assert joined["gap_high"] - joined["gap_low"] == pytest.approx(
        (sum(width**-2 for width in widths)) ** -0.5, rel=0.1
    )


BEFORE, AFTER = {"years": (2022, 2023, 2024)}, {"years": (2025, 2026)}


def test_a_finding_on_both_yardsticks_is_told_once_on_the_later(rng: np.random.Generator) -> None:
    found = scan(steps(rng, (behind, BEFORE), (behind, AFTER)))
    told_once = of_maori(found).iloc[0]
    assert len(of_maori(found)) == 1
    assert (told_once["year_min"], told_once["year_max"]) == (2025, 2026)
    assert "also seen on the earlier yardstick" in told_once["notes"]


@pytest.mark.parametrize("early", [True, False])
def test_a_finding_on_one_yardstick_is_told_on_that_one(
    early: bool, rng: np.random.Generator
) -> None:
    chances = (behind, even) if early else (even, behind)
    found = of_maori(scan(steps(rng, (chances[0], BEFORE), (chances[1], AFTER))))
    assert found["year_max"].tolist() == [2024 if early else 2026]
    assert "yardstick" not in found["notes"].item()


# -- Nothing planted -----------------------------------------------------------------------------

THREE = ["writing_judgement", "reading_judgement", "maths_judgement"]


def test_with_nothing_planted_hardly_any_run_lists_anything() -> None:
    listed = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        rows = [world(rng, even, n=400, measure=name) for name in THREE[:2]]
        listed += len(scan(pd.concat(rows, ignore_index=True))) > 0
    assert listed / 60 <= 0.15


def careers(rng: np.random.Generator, *, n: int) -> pd.DataFrame:
    """Learners from Year 4 to Year 6; two results of one learner correlate by a half."""
    people, lasting = learners(rng, n), rng.random(n) < 0.6
    where = {"measure": "writing_judgement", "stage": "years_4_6"}
    years = [
        people.assign(
            year=year,
            year_level=level,
            success=np.where(rng.random(n) < 0.5**0.5, lasting, rng.random(n) < 0.6),
        )
        for year, level in [(2021, 4), (2022, 5), (2023, 6)]
    ]
    return pd.concat(years, ignore_index=True).assign(**where)


def test_learners_seen_three_times_do_not_pass_for_three_learners() -> None:
    # Kish: 1 + correlation x (results per learner - 1).
    repeats = pd.DataFrame(
        [("writing_judgement", "years_4_6", 1 + 0.5 * (3 - 1))],
        columns=["measure", "stage", "design_effect"],
    )
    listed = 0
    for seed in range(60):
        rows = careers(np.random.default_rng(seed), n=400)
        listed += len(scan(rows, repeats)) > 0
    assert listed / 60 <= 0.25


# -- Order and words -----------------------------------------------------------------------------

FINDING = {
    "measure": "m", "group": "a", "provider_id": "", "kind": "gap", "stages": "s", "gap": -0.1,
    "n_latest": 100, "sure": 0.9, "years_seen": 2, "years_with_data": 4,
}  # fmt: skip


def ranked(*changes: dict[str, object]) -> list[str]:
    table = pd.DataFrame([{**FINDING, **change} for change in changes])
    result = rank.ranked(table)
    assert result["rank"].tolist() == list(range(1, len(changes) + 1))
    assert set(result.columns) == {*table.columns, "rank"}
    return result["group"].tolist()


@pytest.mark.parametrize(
    "more", [{"gap": -0.2}, {"gap": 0.2}, {"n_latest": 101}, {"sure": 0.91}, {"years_seen": 3}]
)
def test_more_reach_surety_or_persistence_ranks_higher(more: dict[str, object]) -> None:
    assert ranked({"group": "a"}, {"group": "b", **more}) == ["b", "a"]


def test_the_order_is_by_the_product_and_not_by_the_largest_percentage() -> None:
    wide = {"group": "wide", "gap": -0.5, "n_latest": 10}  # 5 learners
    many = {"group": "many", "gap": -0.06, "n_latest": 100}  # 6 learners
    unsure = {"group": "unsure", "gap": -0.1, "n_latest": 100, "sure": 0.5}  # 10 x 0.5 / 0.9
    assert ranked(wide, unsure, many) == ["many", "unsure", "wide"]


def test_ties_are_in_the_order_of_the_names_whatever_the_order_before() -> None:
    tied = [{"group": name} for name in "abcd"]
    for order in itertools.permutations(tied):
        assert ranked(*order) == ["a", "b", "c", "d"]


def test_findings_are_ranked_by_what_their_columns_say(rng: np.random.Generator) -> None:
    rows = [
        world(rng, lambda rows, points=points: 0.7 - points * has(rows, "ell=yes"), measure=name)
        for points, name in zip((0.15, 0.3, 0.2), THREE, strict=True)
    ]
    found = scan(pd.concat(rows, ignore_index=True))
    persistence = found["years_seen"] / found["years_with_data"]
    product = found["gap"].abs() * found["n_latest"] * found["sure"] * persistence
    assert len(found) >= 3
    assert product.is_monotonic_decreasing
    assert found["rank"].tolist() == list(range(1, len(found) + 1))


def test_the_order_of_the_rows_does_not_matter(rng: np.random.Generator) -> None:
    rows = world(rng, behind)
    pd.testing.assert_frame_equal(scan(rows), scan(rows.iloc[::-1]))


def test_evidence_is_strong_only_when_sure_and_seen_twice(rng: np.random.Generator) -> None:
    rows = world(rng, behind)
    once = scan(rows.assign(year=2020))
    assert of_maori(scan(rows))["evidence"].tolist() == ["strong"]
    assert of_maori(once)["evidence"].tolist() == ["moderate"]
    assert "shows in 1 of 1 years" in of_maori(once)["notes"].item()


def test_few_learners_are_said_to_be_few(rng: np.random.Generator) -> None:
    rows = world(rng, lambda rows: np.full(len(rows), 0.8), n=1000)
    few = rows[has(rows, "ell=yes")].index[:25]
    rows["profile"] = "ell=no"
    rows.loc[few, ["profile", "success"]] = ["ell=yes", False]
    found = scan(rows)
    assert told(found) == ["hurdle ell=yes"]
    assert "few learners" in found["notes"].item()
    assert (found["n_learners"].item(), found["n_success"].item()) == (25, 0)


def test_nothing_to_choose_from_gives_an_empty_table_with_all_columns(
    rng: np.random.Generator,
) -> None:
    found = scan(world(rng, even, n=300))
    assert found.empty
    assert found.columns.tolist() == [*rank.COLUMNS, *rank.EXTRA]
    assert rank.ranked(found).columns.tolist() == found.columns.tolist()
