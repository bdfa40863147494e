"""The scan: every number of a finding worked out again from the counts by plain pandas."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from colanalysis import find
from colanalysis.comparing import compare, rank
from colanalysis.terms.settings import Community, Settings

COMMUNITY = Community(folder=Path(), id="t", name="T")
STRATA = ["year", "year_level"]
ETHNICITIES = ["Asian", "European/Pākehā", "Māori", "Pacific Peoples"]
PAIR_COLUMNS = [
    "measure", "stage_before", "stage_after", "year", "group", "n", "before", "after", "gained",
    "lost",
]  # fmt: skip
NO_PAIRS = pd.DataFrame(columns=PAIR_COLUMNS)
Chance = Callable[[str, str, int], float]


def counted(
    chance: Chance,
    *,
    n: int = 10,
    measure: str = "writing_judgement",
    stage: str = "years_7_8",
    levels: tuple[float, ...] = (7.0, 8.0),
) -> pd.DataFrame:
    """The same ``n`` learners everywhere, who succeed exactly as often as they are expected to."""
    profiles = [
        f"ethnicity={ethnicity} & gender={gender}"
        for ethnicity, gender in product(ETHNICITIES, ["female", "male"])
    ]
    cells = product([2019, 2020, 2021], levels, ["P1", "P2", "P3", "P4"], profiles)
    rows = pd.DataFrame(cells, columns=["year", "year_level", "provider_id", "profile"])
    at = rows[["profile", "provider_id", "year"]].itertuples(index=False)
    success = [round(n * chance(*row)) for row in at]
    return rows.assign(measure=measure, stage=stage, n=n, n_success=success)


def even(*_: object) -> float:
    return 0.6


def scan(
    rows: pd.DataFrame,
    *,
    community: Community = COMMUNITY,
    pairs: pd.DataFrame = NO_PAIRS,
    design_effect: float = 1.0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What was looked at, and the findings."""
    repeats = rows[["measure", "stage"]].drop_duplicates().assign(design_effect=design_effect)
    panels = compare.panels(rows, community=community, repeats=repeats)
    seen = find.looked_at(panels, transitions=pairs, community=community)
    return seen, find.findings(seen, panels, community=community)


def only(found: pd.DataFrame) -> pd.Series:
    assert len(found) == 1, found[["direction", "kind", "group", "provider_id"]].to_string()
    return found.iloc[0]


# -- The second road: one group against the others, by plain pandas ------------------------------


def own(rows: pd.DataFrame, group: str) -> pd.Series:
    """Rows of a group, or of a provider when there is no "=" in it."""
    if "=" not in group:
        return rows["provider_id"] == group
    return rows["profile"].map(lambda profile: set(group.split(" & ")) <= set(profile.split(" & ")))


def against(rows: pd.DataFrame, mine: pd.Series, design_effect: float = 1.0) -> dict[str, float]:
    us = rows[mine].groupby(STRATA)[["n", "n_success"]].sum()
    them = rows[~mine].groupby(STRATA)[["n", "n_success"]].sum()
    n, x = us["n"].sum(), us["n_success"].sum()
    weight = us["n"] / n
    reference = (weight * them["n_success"] / them["n"]).sum()
    near, near_them = (x + 1) / (n + 2), (them["n_success"] + 1) / (them["n"] + 2)
    variance = near * (1 - near) / n + (weight**2 * near_them * (1 - near_them) / them["n"]).sum()
    pooled = (us["n_success"] + them["n_success"]) / (us["n"] + them["n"])
    null = (weight**2 * pooled * (1 - pooled) * (1 / us["n"] + 1 / them["n"])).sum()
    gap = x / n - reference
    return {
        "n": n,
        "n_others": them["n"].sum(),
        "n_success": x,
        "rate": x / n,
        "reference_rate": reference,
        "raw_gap": gap,
        "error": math.sqrt(variance * design_effect),
        "z": gap / math.sqrt(null * design_effect),
    }


def shrunken(
    rows: pd.DataFrame, groups: list[str], prior: dict[str, float], effect: float = 1.0
) -> dict[str, tuple[float, float]]:
    """Gap and error of groups of one depth: empirical Bayes, pulled by half an error at most."""
    raw = pd.DataFrame({group: against(rows, own(rows, group), effect) for group in groups}).T
    away = raw["raw_gap"] - pd.Series(prior, index=groups).fillna(0)
    weight = 1 / raw["error"] ** 2
    spread = max(((weight * away**2).sum() - len(raw)) / weight.sum(), 0.05**2)
    pull = (away * raw["error"] ** 2 / (spread + raw["error"] ** 2)).clip(
        -raw["error"] / 2, raw["error"] / 2
    )
    return dict(zip(groups, zip(raw["raw_gap"] - pull, raw["error"], strict=True), strict=True))


SINGLES = [*(f"ethnicity={name}" for name in ETHNICITIES), "gender=female", "gender=male"]
PAIRS = [
    f"ethnicity={name} & gender={gender}"
    for name, gender in product(ETHNICITIES, ["female", "male"])
]
PROVIDERS = ["P1", "P2", "P3", "P4"]


def by_year(rows: pd.DataFrame, group: str) -> list[float]:
    years = (part for _, part in rows.groupby("year"))
    return [against(part, own(part, group))["raw_gap"] for part in years]


def assert_told(told: pd.Series, rows: pd.DataFrame, group: str, gap: float, error: float) -> None:
    """Every number of a gap finding is the one that the raw rows give."""
    raw, yearly = against(rows, own(rows, group)), by_year(rows, group)
    latest = rows[own(rows, group) & (rows["year"] == 2021)]["n"].sum()
    sign = 1 if gap > 0 else -1
    assert told["direction"] == ("success" if gap > 0 else "hurdle")
    assert (told["n_learners"], told["n_success"]) == (raw["n"], raw["n_success"])
    assert told["rate"] == pytest.approx(raw["rate"])
    assert told["reference_rate"] == pytest.approx(raw["reference_rate"])
    assert told["gap"] == pytest.approx(gap)
    assert told["pull"] == pytest.approx((gap - raw["raw_gap"]) / error)
    half = scipy.stats.norm.ppf(0.975) * error
    assert (told["gap_low"], told["gap_high"]) == pytest.approx((gap - half, gap + half))
    assert told["sure"] == pytest.approx(scipy.stats.norm.cdf((abs(gap) - 0.05) / error))
    assert told["years_seen"] == sum(sign * one >= 0.05 for one in yearly)
    assert (told["years_with_data"], told["n_latest"]) == (3, latest)
    assert told["learners_to_shift"] == (math.ceil(-gap * latest) if gap < 0 else 0)
    assert (told["year_min"], told["year_max"]) == (2019, 2021)
    assert (told["year_level_min"], told["year_level_max"]) == (7, 8)


def test_every_number_of_a_group_finding_comes_from_the_rows() -> None:
    rows = counted(lambda profile, _, year: 0.6 - 0.2 * ("Māori" in profile and year != 2020))
    _, found = scan(rows, design_effect=1.3)
    told = only(found)
    assert (told["kind"], told["group"], told["provider_id"]) == ("gap", "ethnicity=Māori", "")
    gap, error = shrunken(rows, SINGLES, {}, 1.3)["ethnicity=Māori"]
    assert_told(told, rows, "ethnicity=Māori", gap, error)
    assert told["years_seen"] == 2
    assert told["design_effect"] == 1.3


def test_every_number_of_a_provider_finding_comes_from_the_rows() -> None:
    rows = counted(lambda _, provider, __: 0.6 + 0.2 * (provider == "P2"))
    told = only(scan(rows)[1])
    assert (told["kind"], told["group"], told["provider_id"]) == ("gap", "", "P2")
    gap, error = shrunken(rows, PROVIDERS, {})["P2"]
    assert_told(told, rows, "P2", gap, error)
    assert told["evidence"] == "strong"


def test_every_number_of_a_pair_finding_comes_from_the_rows() -> None:
    pair = "ethnicity=Māori & gender=female"
    rows = counted(lambda profile, *_: 0.6 - 0.3 * (profile == pair))
    told = only(scan(rows)[1])
    assert (told["kind"], told["group"]) == ("gap", pair)
    alone = {group: gap for group, (gap, _) in shrunken(rows, SINGLES, {}).items()}
    prior = {name: sum(alone[part] for part in name.split(" & ")) for name in PAIRS}
    gap, error = shrunken(rows, PAIRS, prior)[pair]
    assert_told(told, rows, pair, gap, error)


def pulled(raw: float, error: float) -> float:
    """One gap alone, shrunken with the smallest spread, by half its error at most."""
    pull = raw * error**2 / (0.05**2 + error**2)
    return raw - min(max(pull, -error / 2), error / 2)


# -- Levels ------------------------------------------------------------------------------------


def expecting(share: float) -> Community:
    measure = replace(COMMUNITY.measures["writing_judgement"], expectation=share)
    return replace(COMMUNITY, measures={**COMMUNITY.measures, measure.id: measure})


def test_every_number_of_a_level_finding_comes_from_the_rows() -> None:
    rows = counted(lambda _, __, year: 0.8 if year == 2020 else 0.6)
    seen, found = scan(rows, community=expecting(0.8), design_effect=1.5)
    told, looked = only(found), seen[seen["kind"] == "level"].iloc[0]
    n, x = rows["n"].sum(), rows["n_success"].sum()
    near = (x + 1) / (n + 2)
    error = math.sqrt(1.5 * near * (1 - near) / n)
    gap = pulled(x / n - 0.8, error)
    assert (told["kind"], told["direction"], told["group"]) == ("level", "hurdle", "")
    assert (told["n_learners"], told["n_success"], told["rate"]) == (n, x, x / n)
    assert (told["reference"], told["reference_rate"]) == ("expectation", 0.8)
    assert told["gap"] == pytest.approx(gap)
    assert told["gap_high"] - told["gap_low"] == pytest.approx(2 * 1.96 * error, rel=1e-4)
    assert (told["years_seen"], told["years_with_data"]) == (2, 3)
    assert told["learners_to_shift"] == math.ceil(-gap * rows[rows["year"] == 2021]["n"].sum())
    assert looked["z"] == pytest.approx((x / n - 0.8) / math.sqrt(1.5 * 0.8 * 0.2 / n))


def test_no_level_is_looked_at_where_nothing_is_expected() -> None:
    assert set(scan(counted(even))[0]["kind"]) == {"gap"}


def test_a_level_at_its_expectation_is_no_finding() -> None:
    assert scan(counted(even), community=expecting(0.6))[1].empty


@pytest.mark.parametrize(("share", "expected"), [(1.0, ["hurdle"]), (0.0, ["success"])])
def test_all_or_none_may_be_expected(share: float, expected: list[str]) -> None:
    found = scan(counted(even), community=expecting(share))[1]
    assert found["direction"].tolist() == expected
    everyone = scan(counted(lambda *_: share), community=expecting(share))
    assert everyone[1].empty
    assert everyone[0]["z"].tolist() == [0.0] * len(everyone[0])


# -- Transitions -------------------------------------------------------------------------------


def pairs(*rows: tuple[str, str, int, str, int, int, int, int, int]) -> pd.DataFrame:
    return pd.DataFrame([("writing_judgement", *row) for row in rows], columns=PAIR_COLUMNS)


OVER = ("years_4_6", "years_7_8")
STEPS = pairs(
    (*OVER, 2019, "", 300, 200, 140, 15, 75),
    (*OVER, 2020, "", 360, 210, 192, 18, 36),
    (*OVER, 2021, "", 300, 180, 190, 30, 20),
    (*OVER, 2019, "gender=female", 50, 30, 49, 19, 0),
    ("years_4_6", "years_4_6", 2019, "", 300, 150, 160, 40, 30),
    ("years_7_8", "years_7_8", 2020, "", 200, 100, 106, 20, 14),
    ("years_4_6", "years_9_10", 2019, "", 100, 90, 10, 0, 80),
)


def two_steps() -> pd.DataFrame:
    return pd.concat(
        [counted(even), counted(even, stage="years_4_6", levels=(5.0, 6.0))], ignore_index=True
    )


def change(n: int, gained: int, lost: int) -> tuple[float, float]:
    share = (gained - lost) / n
    return share, ((gained + lost + 2) / n - share**2) / n


def test_every_number_of_a_transition_finding_comes_from_the_pairs() -> None:
    seen, found = scan(two_steps(), pairs=STEPS)
    told, looked = only(found), seen[seen["kind"] == "transition"].iloc[0]
    (step, variance), (usual, doubt) = change(960, 63, 131), change(500, 60, 44)
    error = math.sqrt(variance + doubt)
    gap = pulled(step - usual, error)
    assert (told["kind"], told["direction"]) == ("transition", "hurdle")
    assert told["stages"] == "years_4_6 years_7_8"
    assert (told["n_learners"], told["n_success"]) == (960, 522)
    assert told["rate"] == pytest.approx(522 / 960)
    assert told["reference_rate"] == pytest.approx(590 / 960 + usual)
    assert looked["raw_gap"] == pytest.approx(522 / 960 - (590 / 960 + usual))
    assert told["gap"] == pytest.approx(gap)
    assert looked["error"] == pytest.approx(error)
    assert looked["z"] == pytest.approx((step - usual) / error)
    # 20 and 5 points are lost in 2019 and 2020; 2021 gains 3 points, as is usual.
    assert (told["years_seen"], told["years_with_data"], told["n_latest"]) == (2, 3, 300)
    assert told["learners_to_shift"] == math.ceil(-gap * 300)
    assert told["n_others"] == 500
    assert (told["year_level_min"], told["year_level_max"]) == (6, 7)


def test_only_steps_to_the_next_stage_of_all_learners_are_looked_at() -> None:
    seen = scan(two_steps(), pairs=STEPS)[0]
    assert seen[seen["kind"] == "transition"]["stages"].tolist() == ["years_4_6 years_7_8"]


def test_without_an_ordinary_change_a_step_is_expected_to_change_nothing() -> None:
    seen = scan(two_steps(), pairs=STEPS[STEPS["stage_before"] != STEPS["stage_after"]])[0]
    looked = seen[seen["kind"] == "transition"].iloc[0]
    assert looked["raw_gap"] == pytest.approx((63 - 131) / 960)
    assert looked["reference_rate"] == pytest.approx(590 / 960)
    assert looked["n_others"] == math.inf


def test_the_ordinary_change_is_that_of_the_same_yardstick() -> None:
    before_2018 = pairs(("years_4_6", "years_4_6", 2015, "", 300, 150, 250, 100, 0))
    with_old = pd.concat([STEPS, before_2018], ignore_index=True)
    new, old = (scan(two_steps(), pairs=table)[0] for table in (with_old, STEPS))
    assert new["raw_gap"].tolist() == old["raw_gap"].tolist()


def test_a_step_of_few_learners_is_not_looked_at() -> None:
    few = pairs((*OVER, 2019, "", 9, 9, 0, 0, 9))
    assert set(scan(two_steps(), pairs=few)[0]["kind"]) == {"gap"}


# -- What is looked at, and what is listed -------------------------------------------------------


def test_every_group_and_provider_is_looked_at_with_the_numbers_of_the_rows() -> None:
    rows = counted(
        lambda profile, provider, _: 0.5 + 0.2 * (provider == "P1") * ("Asian" in profile)
    )
    seen = scan(rows)[0]
    named = (seen["group"] + seen["provider_id"]).tolist()
    assert sorted(named) == sorted([*SINGLES, *PAIRS, *PROVIDERS])
    for name, row in zip(named, seen.to_dict("records"), strict=True):
        for column, value in against(rows, own(rows, name)).items():
            assert row[column] == pytest.approx(value, abs=1e-12), (name, column)


def test_q_values_allow_for_everything_that_was_looked_at() -> None:
    rows = pd.concat(
        [counted(lambda profile, *_: 0.6 - 0.1 * ("Māori" in profile)),
         counted(even, measure="attendance")], ignore_index=True
    )  # fmt: skip
    seen = scan(rows)[0]
    p = 2 * scipy.stats.norm.sf(seen["z"].abs())
    assert len(seen) == 2 * (len(SINGLES) + len(PAIRS) + len(PROVIDERS))
    assert seen["p_value"].to_numpy() == pytest.approx(p)
    assert seen["q_value"].to_numpy() == pytest.approx(scipy.stats.false_discovery_control(p))


def test_turning_success_and_failure_round_turns_every_finding_round() -> None:
    rows = counted(lambda profile, _, year: 0.5 - 0.2 * ("Māori" in profile) * (year > 2019))
    told = only(scan(rows)[1])
    turned = only(scan(rows.assign(n_success=rows["n"] - rows["n_success"]))[1])
    assert (told["direction"], turned["direction"]) == ("hurdle", "success")
    assert turned["group"] == told["group"]
    assert turned["gap"] == pytest.approx(-told["gap"])
    assert turned["years_seen"] == told["years_seen"]
    assert (turned["learners_to_shift"], told["learners_to_shift"] > 0) == (0, True)


@pytest.mark.parametrize("behind", ["female", "male"])
def test_a_gap_between_two_halves_is_told_from_the_side_of_the_hurdle(behind: str) -> None:
    told = only(scan(counted(lambda profile, *_: 0.7 - 0.2 * profile.endswith(f"={behind}")))[1])
    assert (told["direction"], told["group"]) == ("hurdle", f"gender={behind}")


def test_successes_and_hurdles_are_the_two_halves_of_what_is_found() -> None:
    rows = pd.concat(
        [counted(lambda profile, *_: 0.6 - 0.2 * ("Māori" in profile)),
         counted(lambda _, provider, __: 0.6 + 0.2 * (provider == "P2"), measure="attendance")],
        ignore_index=True,
    )  # fmt: skip
    found = scan(rows)[1]
    assert find.successes(found)["provider_id"].tolist() == ["P2"]
    assert find.hurdles(found)["group"].tolist() == ["ethnicity=Māori"]


def test_nothing_is_found_where_all_succeed_alike() -> None:
    for share in (0.0, 0.6, 1.0):
        assert scan(counted(lambda *_, share=share: share))[1].empty


def test_a_gap_under_the_smallest_is_not_listed_however_sure() -> None:
    rows = counted(lambda profile, *_: 0.6 - 0.04 * ("Māori" in profile), n=1000)
    seen, found = scan(rows)
    assert seen["q_value"].min() < 1e-6
    assert found.empty


def test_a_gap_whose_interval_holds_nought_is_not_listed() -> None:
    rows = counted(even).iloc[:1].assign(profile="", n=20)
    community = replace(expecting(0.5), settings=Settings(smallest_spread=0.5))
    for success, listed in [(6, 0), (5, 1)]:
        seen, found = scan(rows.assign(n_success=success), community=community)
        assert seen["q_value"].item() < community.settings.false_share
        assert len(found) == listed


def test_what_is_left_of_a_gap_without_a_stronger_finding_has_to_be_worth_listing() -> None:
    # European learners are 11 points ahead of the others, but 4 of the others but for Māori.
    shares = {"European/Pākehā": 0.64, "Māori": 0.4}
    rows = counted(
        lambda profile, *_: shares.get(profile.split("=")[1].split(" & ")[0], 0.6), n=1000
    )
    seen, found = scan(rows)
    gap = seen.loc[seen["group"] == "ethnicity=European/Pākehā", "gap"].item()
    assert gap == pytest.approx(0.64 - (0.6 + 0.6 + 0.4) / 3, abs=0.01)
    assert only(found)["group"] == "ethnicity=Māori"


def test_two_gaps_that_add_up_are_two_findings_and_not_their_pair() -> None:
    rows = counted(
        lambda profile, *_: 0.7 - 0.2 * ("Asian" in profile) - 0.15 * profile.endswith("=female"),
        n=20,
    )
    learns = np.where(own(rows, "ethnicity=Asian"), "ell=yes", "ell=no")
    gender = rows["profile"].str.split(" & ").str[1]
    found = scan(rows.assign(profile=learns + " & " + gender))[1]
    assert sorted(found["group"]) == ["ell=yes", "gender=female"]
    assert set(found["direction"]) == {"hurdle"}


def test_one_group_ahead_and_one_behind_are_two_findings_when_there_are_others() -> None:
    rows = counted(
        lambda profile, *_: 0.6 + 0.2 * ("Asian" in profile) - 0.2 * ("Māori" in profile)
    )
    found = scan(rows)[1]
    assert find.successes(found)["group"].tolist() == ["ethnicity=Asian"]
    assert find.hurdles(found)["group"].tolist() == ["ethnicity=Māori"]


@pytest.mark.parametrize(("boys", "named"), [(8, False), (10, True)])
def test_a_group_is_not_split_when_too_few_are_left_to_tell_apart(boys: int, named: bool) -> None:
    girls, pacific = "ethnicity=Pacific Peoples & gender=female", "ethnicity=Pacific Peoples"
    rows = counted(lambda profile, *_: 0.6 - 0.3 * (profile == girls))
    dropped = rows.index[own(rows, pacific) & own(rows, "gender=male")]
    few = rows.loc[dropped[:1]].assign(n=boys, n_success=boys)
    found = scan(pd.concat([rows.drop(dropped), few]))[1]
    assert find.hurdles(found)["group"].tolist() == [girls if named else pacific]


def test_the_false_share_decides_what_is_worth_listing() -> None:
    rows = counted(lambda profile, *_: 0.6 - 0.2 * ("Māori" in profile), n=5)
    seen = scan(rows)[0]
    q = seen.loc[seen["group"] == "ethnicity=Māori", "q_value"].item()
    for share, listed in [(q * 0.99, 0), (q * 1.01, 1)]:
        community = replace(COMMUNITY, settings=Settings(false_share=share))
        assert len(scan(rows, community=community)[1]) == listed


@pytest.mark.parametrize(("few", "looked"), [(9, False), (10, True)])
def test_a_group_too_small_to_compare_is_not_looked_at(few: int, looked: bool) -> None:
    rows = counted(even).iloc[:8].assign(n=few, n_success=1)
    groups = scan(rows)[0]["group"]
    assert ("ethnicity=Asian & gender=male" in set(groups)) == looked


def test_others_who_cannot_be_compared_do_not_count_as_others() -> None:
    # P1 has all of Year 8 but for two learners; everybody else is in Year 7 at P2.
    rows = pd.DataFrame(
        [(8.0, "P1", 100, 50), (8.0, "P2", 2, 2), (7.0, "P2", 100, 50)],
        columns=["year_level", "provider_id", "n", "n_success"],
    ).assign(measure="writing_judgement", stage="years_7_8", year=2020, profile="")
    assert scan(rows)[0].empty


def test_deepest_group_sets_how_many_attributes_join() -> None:
    for deepest, groups in [(1, SINGLES), (2, [*SINGLES, *PAIRS])]:
        community = replace(COMMUNITY, settings=Settings(deepest_group=deepest))
        seen = scan(counted(even), community=community)[0]
        assert sorted(seen.loc[seen["depth"] > 0, "group"]) == sorted(groups)


def test_small_worlds_are_no_trouble() -> None:
    rows = counted(lambda profile, *_: 0.6 - 0.3 * ("Māori" in profile), n=40)
    first = rows["provider_id"] == "P1"
    worlds = {
        "one provider": rows[first],
        "one year": rows[rows["year"] == 2020],
        "no attributes": rows.assign(profile=""),
        "no year level": rows.assign(year_level=np.nan),
        "one group": rows[rows["profile"] == PAIRS[0]],
    }
    found = {name: scan(world)[1] for name, world in worlds.items()}
    hurdle = ["ethnicity=Māori"]
    assert {name: list(table["group"]) for name, table in found.items()} == {
        "one provider": hurdle, "one year": hurdle, "no attributes": [], "no year level": hurdle,
        "one group": [],
    }  # fmt: skip
    assert math.isnan(found["no year level"]["year_level_min"][0])
    assert found["one year"]["evidence"].tolist() == ["moderate"]


def test_year_levels_are_those_that_are_known() -> None:
    rows = counted(lambda profile, *_: 0.6 - 0.3 * ("Māori" in profile))
    rows.loc[rows["provider_id"] == "P1", "year_level"] = np.nan
    told = only(scan(rows)[1])
    assert (told["year_level_min"], told["year_level_max"]) == (7, 8)


def test_no_data_gives_empty_tables_with_all_columns() -> None:
    seen, found = scan(counted(even).head(0))
    assert seen.empty
    assert {"kind", "stages", "z", "p_value", "q_value", "gap"} <= set(seen.columns)
    assert found.columns.tolist() == [*rank.COLUMNS, *rank.EXTRA]
    assert find.successes(found).empty
    assert find.hurdles(found).empty


def test_the_columns_of_what_was_looked_at_do_not_depend_on_the_data() -> None:
    with_pairs = scan(two_steps(), pairs=STEPS, community=expecting(0.5))[0]
    assert list(scan(counted(even).head(0))[0].columns) == list(with_pairs.columns)
