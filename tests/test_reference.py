"""The share beside which a finding is told, and how much it gives away, reckoned by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from builders import Small
from by_hand import against, belongs
from hypothesis import given
from hypothesis import strategies as st

from colanalysis.protect import Rules
from colanalysis.publishing import reference

RULES = Rules(base=3, smallest_group=10, smallest_survey=5, smallest_count=6)


@pytest.mark.parametrize(
    ("others", "share", "told"),
    [(200, 0.7, 0.70), (200, 0.99, 0.97), (200, 0.005, 0.03), (20, 0.95, 0.71), (12, 0.9, 0.5),
     (14, 0.5, 0.6), (5, 0.5, 0.5)],
)  # fmt: skip
def test_the_share_compared_with_leaves_six_on_either_side(
    others: float, share: float, told: float
) -> None:
    # 141, 195 and 6 of 201, 15 of 21, 6 of 12, 9 of 15, 6 of 12
    assert reference.told(share, others, RULES) == told


@given(st.integers(12, 3000), st.floats(0, 1))
def test_the_true_share_lies_within_what_the_told_one_gives_away(others: int, share: float) -> None:
    low, high = reference.limits(share, others, RULES)
    assert low <= share <= high


@given(st.integers(60, 3000), st.floats(0.3, 0.7))
def test_what_is_given_away_of_a_middling_share_is_as_wide_as_the_rounding(
    others: int, share: float
) -> None:
    low, high = reference.limits(share, others, RULES)
    of = 3 * np.floor(others / 3 + 0.5)
    assert high - low == pytest.approx(0.01 + 3 / of)


def test_of_a_share_at_an_end_only_one_side_is_given_away() -> None:
    assert reference.limits(0.99, 200, RULES)[1] == np.inf
    assert reference.limits(0.005, 200, RULES)[0] == -np.inf


def test_a_reference_is_a_weighted_sum_of_the_others_successes(small: Small) -> None:
    """The same as the others' share, learner by learner, of the same steps and years."""
    rows = small.rows["observations"].merge(small.rows["learners"], on="learner_id")
    levels = {3: "years_0_3", **dict.fromkeys((4, 5, 6), "years_4_6"),
              **dict.fromkeys((7, 8), "years_7_8"), **dict.fromkeys((9, 10), "years_9_10")}  # fmt: skip
    rows["profile"] = [
        " & ".join(
            sorted([f"gender={gender}", *(f"ethnicity={one}" for one in said.split(";") if one)])
        )
        for gender, said in zip(rows["gender"], rows["ethnicity"], strict=True)
    ]
    rows = rows.assign(
        stage=rows["year_level"].map(levels), success=rows["value"].isin(["at", 0.95])
    )
    finest = small.gathered.atoms.query("domain == 'results'")
    for measure, stages, group, provider in [
        ("reading_judgement", "years_4_6", "ethnicity=Pacific Peoples", ""),
        ("attendance", "years_4_6 years_7_8", "gender=male", ""),
        ("attendance", "years_7_8", "", "P2"),
        ("attendance", "years_4_6", "ethnicity=Māori & gender=female", ""),
    ]:
        finding = SimpleNamespace(measure=measure, stages=stages, group=group, provider_id=provider,
                                  year_min=2023, year_max=2025)  # fmt: skip
        own = finest[finest["measure"] == measure]
        weights = reference.weights(finding, own)
        mine = rows[(rows["measure"] == measure) & rows["stage"].isin(stages.split())]
        expected = against(mine, belongs(mine, group, provider))["reference_rate"]
        assert weights @ own["n_success"].to_numpy(float) == pytest.approx(expected)
        assert weights @ own["n"].to_numpy(float) == pytest.approx(1)
        assert (weights >= 0).all()


def test_a_year_without_others_cannot_be_compared_and_weighs_nothing() -> None:
    finest = pd.DataFrame(
        {"stage": "years_4_6", "year": [2024, 2024, 2025], "year_level": 5.0, "provider_id": "P",
         "profile": ["gender=male", "gender=female", "gender=male"], "came_from": "", "goes_to": "",
         "domain": "results", "measure": "reading", "n": [10, 20, 30], "n_success": [5, 15, 10]}
    )  # fmt: skip
    finding = SimpleNamespace(measure="reading", stages="years_4_6", year_min=2024, year_max=2025,
                              group="gender=male", provider_id="")  # fmt: skip
    assert reference.weights(finding, finest).tolist() == [0, 1 / 20, 0]


def test_findings_of_evidence_have_the_reference_that_their_weights_give(small: Small) -> None:
    finest = small.gathered.atoms.query("domain == 'results'")
    gaps = small.gathered.found.query("kind == 'gap'")
    assert len(gaps)
    for gap in gaps.itertuples():
        own: pd.DataFrame = finest[finest["measure"] == gap.measure]
        share = reference.weights(gap, own) @ own["n_success"].to_numpy(float)
        assert share == pytest.approx(gap.reference_rate)
