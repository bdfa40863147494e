"""The scan as a whole: what is looked at, how much chance is allowed for, what is listed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import by_hand
import numpy as np
import pandas as pd
import pytest
from by_hand import Hand, belongs

from colanalysis import find
from colanalysis.comparing import look, rank, spread
from colanalysis.comparing.scan import Scan
from colanalysis.measure import CELL, LATER, PAIR_SUMS
from colanalysis.terms.settings import Community, Settings

COMMUNITY = Community(folder=Path(), id="t", name="T")
ETHNICITIES = ["Asian", "European/Pākehā", "Māori", "Pacific Peoples"]
NO_PAIRS = pd.DataFrame(columns=[*CELL, *LATER, "profile", *PAIR_SUMS])
Chance = Callable[[str, str, int], float]


def rows_of(
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
    cells = product([2019, 2020, 2021], levels, ["P1", "P2", "P3", "P4"], profiles, range(n))
    rows = pd.DataFrame(cells, columns=["year", "year_level", "provider_id", "profile", "number"])
    at = zip(rows["profile"], rows["provider_id"], rows["year"], strict=True)
    known = {key: round(n * chance(*key)) for key in dict.fromkeys(at)}
    at = zip(rows["profile"], rows["provider_id"], rows["year"], strict=True)
    success = rows["number"] < [known[key] for key in at]
    return rows.assign(
        learner=np.arange(len(rows)), measure=measure, stage=stage, success=success
    )  # fmt: skip


def even(*_: object) -> float:
    return 0.6


def scan(
    rows: pd.DataFrame, *, community: Community = COMMUNITY, pairs: pd.DataFrame = NO_PAIRS
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What was looked at, and the findings."""
    scanned = find.scans(by_hand.counts(rows), pairs, community=community)
    seen = find.looked_at(scanned, pairs, community=community)
    return seen, find.findings(seen, scanned, community=community)


def scans(rows: pd.DataFrame, pairs: pd.DataFrame = NO_PAIRS) -> dict[tuple[str, int], Scan]:
    return find.scans(by_hand.counts(rows), pairs, community=COMMUNITY)


def only(found: pd.DataFrame) -> pd.Series:
    assert len(found) == 1, found[["direction", "kind", "group", "provider_id"]].to_string()
    return found.iloc[0]


SINGLES = [*(f"ethnicity={name}" for name in ETHNICITIES), "gender=female", "gender=male"]
PAIRS = [
    f"ethnicity={name} & gender={gender}"
    for name, gender in product(ETHNICITIES, ["female", "male"])
]
PROVIDERS = ["P1", "P2", "P3", "P4"]


# -- What is looked at -----------------------------------------------------------------------------


def test_everything_is_looked_at_over_the_range_in_which_it_stands_out_most() -> None:
    rows = rows_of(
        lambda profile, provider, year: (
            0.5 + 0.2 * (provider == "P1") - 0.2 * ("Asian" in profile) * (year > 2019)
        )
    )
    seen, looked = scan(rows)[0], scans(rows)["writing_judgement", 1]
    named = (seen["group"] + seen["provider_id"]).tolist()
    assert sorted(named) == sorted([*SINGLES, *PAIRS, *PROVIDERS])
    own, ranges = Hand(rows, spread.GRID), looked.ranges
    for row in seen.itertuples():
        over = []
        place = looked.panel.providers.index(row.provider_id) if row.provider_id else -1
        for number, allowed in enumerate(looked.allowance):
            years = 2019 + ranges.first_year[number], 2019 + ranges.last_year[number]
            likely = looked.spread[ranges.span[number], place]
            where = (["years_7_8"], *years)
            told = own.judge(row.group, row.provider_id, where, likely=likely)
            over.append({**told, "looks": allowed, "years": years, "where": where})
        best = min(over, key=lambda one: one["p_value"] * one["looks"])
        for name in ("n", "n_others", "n_success", "raw_gap", "error", "p_value"):
            value = best[name]
            assert getattr(row, name) == pytest.approx(value, rel=1e-6, abs=1e-9), (row, name)
        assert (row.year_min, row.year_max) == best["years"]
        assert row.looks == best["looks"]
        effect = (best["chance"] + best["between"]) / best["independent"]
        assert row.design_effect == pytest.approx(effect)
        assert row.rate == pytest.approx(best["n_success"] / best["n"])
        assert row.reference_rate == pytest.approx(row.rate - row.raw_gap)
        parts = row.group.split(" & ") if " & " in row.group else []
        likely = looked.spread[-1, -1]
        alone = [own.judge(one, "", best["where"], likely=likely)["raw_gap"] for one in parts]
        assert row.predicted == pytest.approx(sum(alone), abs=1e-9)
    maori = seen[seen["group"] == "ethnicity=Asian"].iloc[0]
    assert (maori["year_min"], maori["year_max"]) == (2020, 2021)


def test_gaps_of_a_measure_and_depth_are_shrunken_together_by_what_they_stray_overall() -> None:
    rows = rows_of(lambda profile, *_: 0.6 - 0.6 * (profile == PAIRS[0]), n=20)
    seen, looked = scan(rows)[0], scans(rows)["writing_judgement", 1]
    own, whole = Hand(rows, spread.GRID), (["years_7_8"], 2019, 2021)
    span = looked.ranges.span[looked.ranges.all_years][0]
    for depth, names in ((1, SINGLES), (2, PAIRS), (0, PROVIDERS)):
        away = []
        for name in names:
            place = -1 if depth else looked.panel.providers.index(name)
            unit = (name, "") if depth else ("", name)
            likely = looked.spread[span, place]
            told = own.judge(*unit, whole, likely=likely)
            parts = name.split(" & ") if depth > 1 else []
            prior = [own.judge(one, "", whole, likely=likely)["raw_gap"] for one in parts]
            away.append((told["raw_gap"] - sum(prior), told["error"]))
        wide = by_hand.spread_of(*np.array(away).T)
        for row in seen[seen["depth"] == depth].itertuples():
            assert row.spread == pytest.approx(wide)
            gap = by_hand.shrunken(row.raw_gap, row.error, row.predicted, wide)
            assert row.gap == pytest.approx(gap)
        if depth == 2:
            assert wide > 0.05


def test_times_and_false_ones_by_hand_on_a_tiny_example() -> None:
    """Yes and no of one attribute are one comparison; simple questions are allowed more."""
    answers = ["a=yes & b=x", "a=yes & b=y", "a=no & b=x", "a=no & b=y", "a=no & b=z"]
    rows = pd.DataFrame(
        [(answers[at % 5], "P1" if at % 7 < 4 else "P2", at**3 % 101 > 40) for at in range(213)],
        columns=["profile", "provider_id", "success"],
    ).assign(learner=range(213), measure="writing_judgement", stage="years_7_8", year=2020,
             year_level=7.0)  # fmt: skip
    seen = scan(rows)[0].set_index(["depth", "provider_id", "group"]).sort_index()
    # a (both sides one), b=x, b=y, b=z; all pairs; two schools (both sides one).
    assert (seen.loc[1, "times"] == 4 / 0.35).all()
    pairs = seen.loc[2]
    assert len(pairs) == 5
    assert (pairs["times"] == 5 / 0.15).all()
    assert (seen.loc[0, "times"] == 1 / 0.2).all()
    yes, no = (seen.loc[(1, "", f"a={side}")] for side in ("yes", "no"))
    assert yes["p_value"] == pytest.approx(no["p_value"])
    # One step in one year is one range and one look.
    assert (seen["looks"] == 1).all()
    false = look.expected_false(seen)
    assert false == pytest.approx(seen["p_value"].clip(upper=1) * seen["times"])
    brute = [
        min(min(f / max((false <= f).sum() - 1, 1) for f in false if f >= one), 1.0)
        for one in false
    ]
    assert seen["q_value"].tolist() == pytest.approx(brute)


def test_what_is_allowed_for_chance_is_never_more_than_all() -> None:
    deeper = sum(look._share("gap", depth) for depth in range(3, 30))
    assert sum(look.SHARES.values()) + deeper <= 1 + 1e-9
    assert look._share("gap", 3) == 0.05
    assert look._share("gap", 4) == 0.025


def test_a_p_value_beyond_all_ranges_is_not_more_than_certain() -> None:
    rows = pd.DataFrame({"p_value": [0.5, 0.001], "looks": [10.0, 10.0], "times": [3.0, 3.0]})
    assert look.expected_false(rows).tolist() == pytest.approx([3.0, 0.03])


def test_more_to_look_at_allows_less_for_each() -> None:
    rows = rows_of(lambda profile, *_: 0.6 - 0.1 * ("Māori" in profile))
    other = rows_of(even, measure="attendance").assign(learner=lambda t: t["learner"] + 10**6)
    one, two = scan(rows)[0], scan(pd.concat([rows, other], ignore_index=True))[0]
    two = two[two["measure"] == "writing_judgement"].reset_index(drop=True)
    assert (two.loc[two["depth"] == 1, "times"] > one.loc[one["depth"] == 1, "times"]).all()
    q = [table.set_index("group").loc["ethnicity=Māori", "q_value"] for table in (one, two)]
    assert q[1] == pytest.approx(2 * q[0])


def test_where_all_succeed_on_one_yardstick_the_other_is_none_the_worse() -> None:
    rows = rows_of(lambda profile, *_: 0.6 - 0.2 * ("Māori" in profile))
    sure = rows_of(lambda *_: 1.0).assign(
        year=lambda table: table["year"] + 6, learner=lambda table: table["learner"] + 9**7
    )
    told = only(scan(pd.concat([rows, sure], ignore_index=True))[1])
    alone = only(scan(rows)[1])
    assert (told["group"], told["year_max"]) == ("ethnicity=Māori", 2021)
    assert told["gap"] == pytest.approx(alone["gap"])


def test_a_measure_in_which_all_succeed_takes_nothing_from_the_others() -> None:
    rows = rows_of(even)
    sure = rows_of(lambda *_: 1.0, measure="attendance").assign(
        learner=lambda t: t["learner"] + 9**7
    )
    seen, found = scan(pd.concat([rows, sure], ignore_index=True))
    own = seen[seen["measure"] == "attendance"]
    assert (own["looks"] >= 1).all()
    assert (own["p_value"] > 0.9).all()
    assert (own["q_value"] > 0.1).all()
    assert found.empty


@pytest.mark.parametrize(("few", "looked"), [(9, False), (10, True)])
def test_a_group_too_small_to_compare_is_not_looked_at(few: int, looked: bool) -> None:
    rows = rows_of(even, n=few)
    rows = rows[(rows["year"] == 2019) & (rows["year_level"] == 7) & (rows["provider_id"] == "P1")]
    groups = scan(rows)[0]["group"]
    assert ("ethnicity=Asian & gender=male" in set(groups)) == looked


def test_others_who_are_too_few_are_no_others() -> None:
    rows = rows_of(even)
    few = rows.index[rows["provider_id"] == "P2"][:9]
    rows = rows[(rows["provider_id"] == "P1") | rows.index.isin(few)]
    assert not scan(rows)[0]["provider_id"].isin(PROVIDERS).any()


def test_deepest_group_sets_how_many_attributes_join() -> None:
    for deepest, groups in [(1, SINGLES), (2, [*SINGLES, *PAIRS])]:
        community = replace(COMMUNITY, settings=Settings(deepest_group=deepest))
        seen = scan(rows_of(even), community=community)[0]
        assert sorted(seen.loc[seen["depth"] > 0, "group"]) == sorted(groups)


# -- What is listed --------------------------------------------------------------------------------


def test_turning_success_and_failure_round_turns_every_finding_round() -> None:
    rows = rows_of(lambda profile, _, year: 0.5 - 0.2 * ("Māori" in profile) * (year > 2019))
    told = only(scan(rows)[1])
    turned = only(scan(rows.assign(success=~rows["success"]))[1])
    assert (told["direction"], turned["direction"]) == ("hurdle", "success")
    for same in ("group", "years_seen", "year_min", "year_max", "n_learners"):
        assert turned[same] == told[same]
    for name in ("gap", "score_gap"):
        assert turned[name] == pytest.approx(-told[name], nan_ok=True)
    assert (turned["learners_to_shift"], told["learners_to_shift"] > 0) == (0, True)
    assert turned["p_value"] == pytest.approx(told["p_value"], rel=1e-9)
    assert (told["year_min"], told["year_max"]) == (2020, 2021)


@pytest.mark.parametrize("behind", ["female", "male"])
def test_a_gap_between_two_halves_is_told_from_the_side_of_the_hurdle(behind: str) -> None:
    told = only(scan(rows_of(lambda profile, *_: 0.7 - 0.2 * profile.endswith(f"={behind}")))[1])
    assert (told["direction"], told["group"]) == ("hurdle", f"gender={behind}")


def test_successes_and_hurdles_are_the_two_halves_of_what_is_found() -> None:
    rows = pd.concat(
        [rows_of(lambda profile, *_: 0.6 - 0.2 * ("Māori" in profile), n=20),
         rows_of(lambda profile, *_: 0.6 + 0.2 * ("Asian" in profile), n=20, measure="attendance")
         .assign(learner=lambda table: table["learner"] + 10**6)],
        ignore_index=True,
    )  # fmt: skip
    found = scan(rows)[1]
    assert find.successes(found)["group"].tolist() == ["ethnicity=Asian"]
    assert find.hurdles(found)["group"].tolist() == ["ethnicity=Māori"]


def test_nothing_is_found_where_all_succeed_alike() -> None:
    for share in (0.0, 0.6, 1.0):
        assert scan(rows_of(lambda *_, share=share: share))[1].empty


def test_a_gap_under_the_smallest_is_not_listed_however_sure() -> None:
    rows = rows_of(lambda profile, *_: 0.6 - 0.04 * ("Māori" in profile), n=200)
    seen, found = scan(rows)
    assert seen["q_value"].min() < 1e-3
    assert found.empty


def test_one_group_ahead_and_one_behind_are_two_findings_when_there_are_others() -> None:
    rows = rows_of(
        lambda profile, *_: 0.6 + 0.2 * ("Asian" in profile) - 0.2 * ("Māori" in profile)
    )
    found = scan(rows)[1]
    assert find.successes(found)["group"].tolist() == ["ethnicity=Asian"]
    assert find.hurdles(found)["group"].tolist() == ["ethnicity=Māori"]


def test_two_gaps_that_add_up_are_two_findings_and_not_their_pair() -> None:
    rows = rows_of(
        lambda profile, *_: 0.7 - 0.2 * ("Asian" in profile) - 0.15 * profile.endswith("=female"),
        n=20,
    )
    learns = np.where(belongs(rows, "ethnicity=Asian"), "ell=yes", "ell=no")
    gender = rows["profile"].str.split(" & ").str[1]
    found = scan(rows.assign(profile=learns + " & " + gender))[1]
    assert sorted(found["group"]) == ["ell=yes", "gender=female"]
    assert set(found["direction"]) == {"hurdle"}


def test_the_false_share_decides_what_is_worth_listing() -> None:
    rows = rows_of(lambda profile, *_: 0.6 - 0.2 * ("Māori" in profile), n=5)
    rows = rows[rows["provider_id"].isin(["P1", "P2"])]
    loose = replace(COMMUNITY, settings=Settings(false_share=0.9))
    q = only(scan(rows, community=loose)[1])["q_value"]
    assert 0 < q < 0.9
    for share, listed in [(q * 0.99, 0), (q * 1.01, 1)]:
        community = replace(COMMUNITY, settings=Settings(false_share=share))
        assert len(scan(rows, community=community)[1]) == listed


def test_learners_seen_three_times_do_not_pass_for_three_learners() -> None:
    """The same learners with the same results every year are as many learners as in one year."""
    rows = rows_of(lambda profile, *_: 0.6 - 0.15 * ("Māori" in profile), n=10)
    once = rows[rows["year"] == 2019].assign(learner=lambda table: range(len(table)))
    years = [once.assign(year=year) for year in (2019, 2020, 2021)]
    thrice = pd.concat(years, ignore_index=True)
    known = scan(thrice, pairs=by_hand.pairs(thrice))[0]
    unknown = scan(thrice)[0]
    alone = scan(once)[0]
    p = [
        one.loc[one["group"] == "ethnicity=Māori", "p_value"].item()
        for one in (known, alone, unknown)
    ]
    assert p[0] == pytest.approx(p[1], rel=0.15)
    assert p[2] < p[0] / 100


def test_small_worlds_are_no_trouble() -> None:
    rows = rows_of(lambda profile, *_: 0.6 - 0.3 * ("Māori" in profile), n=40)
    worlds = {
        "one provider": rows[rows["provider_id"] == "P1"],
        "one year": rows[rows["year"] == 2020],
        "no attributes": rows.assign(profile=""),
        "no year level": rows.assign(year_level=np.nan),
        "one group": rows[rows["profile"] == PAIRS[0]],
        "one of everything": rows[
            (rows["profile"] == PAIRS[0]) & (rows["provider_id"] == "P1") & (rows["year"] == 2020)
        ],
    }
    found = {name: scan(world)[1] for name, world in worlds.items()}
    hurdle = ["ethnicity=Māori"]
    assert {name: list(table["group"]) for name, table in found.items()} == {
        "one provider": hurdle, "one year": hurdle, "no attributes": [], "no year level": hurdle,
        "one group": [], "one of everything": [],
    }  # fmt: skip
    assert math.isnan(found["no year level"]["year_level_min"][0])
    assert found["one year"]["evidence"].tolist() == ["moderate"]


def test_year_levels_are_those_that_are_known() -> None:
    rows = rows_of(lambda profile, *_: 0.6 - 0.3 * ("Māori" in profile))
    rows.loc[rows["provider_id"] == "P1", "year_level"] = np.nan
    told = only(scan(rows)[1])
    assert (told["year_level_min"], told["year_level_max"]) == (7, 8)


def test_scores_are_told_where_they_are_known() -> None:
    rows = rows_of(lambda profile, *_: 0.6 - 0.2 * ("Māori" in profile))
    assert math.isnan(only(scan(rows)[1])["score_gap"])
    told = only(scan(rows.assign(score=rows["success"] * 2.0 + 1))[1])
    strata = rows.groupby(["year", "year_level"])["success"]
    deviation = math.sqrt(
        ((rows["success"] - strata.transform("mean")) ** 2).sum() / (len(rows) - 6)
    )
    assert told["score_gap"] == pytest.approx((told["rate"] - told["reference_rate"]) / deviation)
    assert f"mean score {told['score_gap']:+.2f} standard deviations" in told["notes"]


def test_no_data_gives_empty_tables_with_all_columns() -> None:
    seen, found = scan(rows_of(even).head(0))
    assert seen.empty
    assert seen.columns.tolist() == look.COLUMNS
    assert found.columns.tolist() == [*rank.COLUMNS, *rank.EXTRA]
    assert find.successes(found).empty
    assert find.hurdles(found).empty


def test_what_nothing_can_be_compared_in_gives_empty_tables_too() -> None:
    seen, found = scan(rows_of(even).head(5))
    assert seen.empty
    assert seen.columns.tolist() == look.COLUMNS
    assert found.empty
