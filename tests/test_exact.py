"""What is told of a finding, worked out again by plain pandas from the results themselves."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from builders import belongs, panel

from colanalysis.comparing import exact
from colanalysis.comparing.compare import Panel

STRATUM = ["stage", "year", "year_level"]
SCORES = ["n_scored", "score_sum", "score_squares"]
PROFILES = ["ethnicity=Māori & ethnicity=Samoan", "ethnicity=Māori", "ethnicity=Asian", ""]


def results(rng: np.random.Generator, n: int = 500) -> pd.DataFrame:
    """A result for each of many learners, with scores in tenths."""
    return pd.DataFrame(
        {
            "learner": range(n),
            "stage": rng.choice(["years_4_6", "years_7_8"], n),
            "year": rng.choice([2023, 2024, 2025], n),
            "year_level": 5.0,
            "provider_id": rng.choice(["P", "Q"], n),
            "profile": rng.choice(PROFILES, n, p=[0.1, 0.2, 0.3, 0.4]),
            "score": rng.integers(0, 60, n) / 10,
            "success": rng.integers(0, 2, n).astype(bool),
        }
    )


def sides(
    rows: pd.DataFrame, group: str, provider: str = "", *, years: tuple[int, int] = (2023, 2025)
) -> tuple[Panel, np.ndarray, np.ndarray, pd.DataFrame, pd.DataFrame]:
    """Panel, members and range; and the results of both sides in the strata where both are."""
    part = panel(rows)
    inside = part.within(list(part.stages), *years)
    ranged = rows[rows["year"].between(*years)]
    own = belongs(ranged, group, provider)
    mine, others = ranged[own], ranged[~own]
    both = set(mine[STRATUM].itertuples(index=False)) & set(others[STRATUM].itertuples(index=False))

    def kept(side: pd.DataFrame) -> pd.DataFrame:
        return side[[row in both for row in side[STRATUM].itertuples(index=False)]]

    return part, part.members(group, provider), inside, kept(mine), kept(others)


def standardised(mine: pd.DataFrame, others: pd.DataFrame, column: str) -> float:
    """The others' mean, stratum by stratum, weighted by the mix of the group."""
    means = others.groupby(STRATUM)[column].mean()
    return float(np.mean([means[tuple(key)] for key in mine[STRATUM].itertuples(index=False)]))


@pytest.mark.parametrize("years", [(2023, 2025), (2024, 2024)])
@pytest.mark.parametrize(
    ("group", "provider"), [("ethnicity=Māori", ""), ("ethnicity=Samoan", ""), ("", "P")]
)
def test_shares_and_gap_are_those_of_the_results(
    group: str, provider: str, years: tuple[int, int], rng: np.random.Generator
) -> None:
    part, members, inside, mine, others = sides(results(rng), group, provider, years=years)
    told = exact.against(part, members, inside)
    assert (told.n[0], told.n_success[0]) == (len(mine), mine["success"].sum())
    assert told.n_others[0] == len(others)
    assert told.rate[0] == pytest.approx(mine["success"].mean())
    reference = standardised(mine, others, "success")
    assert told.reference[0] == pytest.approx(reference)
    assert told.gap[0] == pytest.approx(mine["success"].mean() - reference)


def test_strata_without_one_of_the_sides_are_left_out(rng: np.random.Generator) -> None:
    rows = results(rng)
    # Nobody of P in the first year, nobody else in the last year of one step.
    at_p = rows["provider_id"] == "P"
    last = (rows["year"] == 2025) & (rows["stage"] == "years_7_8")
    rows = rows[~(at_p & (rows["year"] == 2023)) & ~(~at_p & last)]
    part, members, inside, mine, others = sides(rows, "", "P")
    assert len(mine) < (rows["provider_id"] == "P").sum()
    assert len(others) < (rows["provider_id"] == "Q").sum()
    told = exact.against(part, members, inside)
    assert (told.n[0], told.n_others[0]) == (len(mine), len(others))
    expected = mine["success"].mean() - standardised(mine, others, "success")
    assert told.gap[0] == pytest.approx(expected)
    difference = exact.standardised_difference(part, members, inside)
    assert difference == pytest.approx(by_scores(mine, others))


def test_a_group_of_everybody_has_nobody_to_be_compared_with(rng: np.random.Generator) -> None:
    part, members, inside, *_ = sides(results(rng), "")
    told = exact.against(part, members, inside)
    assert (told.n[0], told.n_others[0], told.gap[0]) == (0, 0, 0)
    assert math.isnan(exact.standardised_difference(part, members, inside))


def test_repeated_results_widen_the_doubt(rng: np.random.Generator) -> None:
    part, members, inside, *_ = sides(results(rng), "ethnicity=Asian")
    plain = exact.against(part, members, inside)
    wide = exact.against(part, members, inside, design_effect=4.0)
    assert wide.error == pytest.approx(2 * plain.error)
    assert wide.gap == pytest.approx(plain.gap)


def test_other_successes_take_the_place_of_those_counted(rng: np.random.Generator) -> None:
    rows = results(rng)
    part, members, inside, *_ = sides(rows, "ethnicity=Asian")
    other = rows.assign(success=~rows["success"])
    told = exact.against(part, members, inside, n_success=part.n - part.n_success)
    again = panel(other)
    assert told.gap == pytest.approx(exact.against(again, members, inside).gap)


# -- Scores ----------------------------------------------------------------------------------------


def by_scores(mine: pd.DataFrame, others: pd.DataFrame) -> float:
    """Difference of mean scores over the deviation around the means of strata."""
    everybody = pd.concat([mine, others])
    off = everybody["score"] - everybody.groupby(STRATUM)["score"].transform("mean")
    freedom = len(everybody) - everybody[STRATUM].drop_duplicates().shape[0]
    deviation = math.sqrt((off**2).sum() / freedom)
    return (mine["score"].mean() - standardised(mine, others, "score")) / deviation


def test_the_standardised_difference_by_hand() -> None:
    rows = pd.DataFrame(
        {
            "learner": range(5),
            "profile": ["ell=yes", "ell=yes", "", "", ""],
            "score": [4.0, 6.0, 1.0, 2.0, 3.0],
            "success": True,
        }
    )
    # Means 5 and 2, all together 3.2: squares 0.64 + 7.84 + 4.84 + 1.44 + 0.04 over 4.
    part = panel(rows)
    everything = np.ones(len(part.n), dtype=bool)
    found = exact.standardised_difference(part, part.members("ell=yes"), everything)
    assert found == pytest.approx(3 / math.sqrt(14.8 / 4))


@pytest.mark.parametrize("years", [(2023, 2025), (2024, 2025)])
@pytest.mark.parametrize(("group", "provider"), [("ethnicity=Māori", ""), ("", "Q")])
def test_the_standardised_difference_is_that_of_the_scores(
    group: str, provider: str, years: tuple[int, int], rng: np.random.Generator
) -> None:
    part, members, inside, mine, others = sides(results(rng), group, provider, years=years)
    found = exact.standardised_difference(part, members, inside)
    assert found == pytest.approx(by_scores(mine, others))


def test_the_unit_of_the_scores_does_not_matter(rng: np.random.Generator) -> None:
    rows = results(rng)
    part, members, inside, *_ = sides(rows, "ethnicity=Asian")
    larger = panel(rows.assign(score=rows["score"] * 100 + 7))
    assert exact.standardised_difference(larger, members, inside) == pytest.approx(
        exact.standardised_difference(part, members, inside)
    )


def test_scores_that_do_not_vary_differ_by_nothing_that_can_be_told(
    rng: np.random.Generator,
) -> None:
    part, members, inside, *_ = sides(results(rng).assign(score=2.5), "ethnicity=Asian")
    assert math.isnan(exact.standardised_difference(part, members, inside))


def test_counts_that_others_made_have_no_scores_and_do_not_weigh(
    rng: np.random.Generator,
) -> None:
    rows = results(rng)
    part, members, inside, mine, others = sides(rows, "ethnicity=Asian")
    sealed = part.counted["provider_id"] == "Q"
    bare = {name: part.counted[name].mask(sealed, 0) for name in SCORES}
    told = dataclasses.replace(part, counted=part.counted.assign(**bare))
    own, rest = (side[side["provider_id"] == "P"] for side in (mine, others))
    found = exact.standardised_difference(told, members, inside)
    assert found == pytest.approx(by_scores(own, rest))
    none = dataclasses.replace(part, counted=part.counted.assign(**dict.fromkeys(SCORES, 0)))
    assert math.isnan(exact.standardised_difference(none, members, inside))
