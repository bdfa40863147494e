"""What could have been found: the promised share is found when as much is planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from builders import community

from colanalysis import find, measure
from colanalysis.comparing import reach

COMMUNITY = community()
NO_PAIRS = pd.DataFrame(columns=[*measure.CELL, *measure.LATER, "profile", *measure.PAIR_SUMS])


def counted(rng: np.random.Generator, *, part: float, gap: float, n: int = 400) -> pd.DataFrame:
    """One step and one year; a part of the learners is behind by ``gap``."""
    few = round(part * n)
    rows = pd.DataFrame(
        {
            "measure": "belonging", "stage": "years_4_6", "year": 2024, "year_level": 5.0,
            "provider_id": "P", "profile": ["g=a", "g=b"], "n": [few, n - few],
            "n_success": [rng.binomial(few, 0.6 - gap), rng.binomial(n - few, 0.6)],
        }
    )  # fmt: skip
    return rows.assign(**dict.fromkeys(("n_scored", "score_sum", "score_squares"), 0))


def looked(table: pd.DataFrame) -> tuple[dict, pd.DataFrame]:
    scanned = find.scans(table, NO_PAIRS, community=COMMUNITY)
    return scanned, find.looked_at(scanned, NO_PAIRS, community=COMMUNITY)


def test_the_gap_is_that_of_the_normal_tail(rng: np.random.Generator) -> None:
    table = counted(rng, part=0.2, gap=0.0)
    scanned, rows = looked(table)
    told = find.detectable(scanned, rows, community=COMMUNITY).set_index("part")
    share = table["n_success"].sum() / 400
    (times,) = rows.loc[rows["depth"] == 1, "times"].unique()
    limit = scipy.stats.norm.isf(0.10 / times / 2) + scipy.stats.norm.isf(0.2)
    for part in reach.PARTS:
        error = np.sqrt(
            share * (1 - share) * 400 / 399 * (1 / (part * 400) + 1 / ((1 - part) * 400))
        )
        assert told.loc[part, "n"] == pytest.approx(part * 400)
        assert told.loc[part, "gap"] == pytest.approx(limit * error, rel=1e-3)


def test_a_gap_of_that_size_is_found_about_four_times_in_five(rng: np.random.Generator) -> None:
    scanned, rows = looked(counted(rng, part=0.2, gap=0.0))
    gap = find.detectable(scanned, rows, community=COMMUNITY).set_index("part").loc[0.2, "gap"]
    hits = 0
    for _ in range(150):
        scanned, rows = looked(counted(rng, part=0.2, gap=gap))
        hits += len(find.findings(rows, scanned, community=COMMUNITY)) > 0
    assert 0.7 < hits / 150 < 0.92


def test_groups_too_small_to_compare_and_impossible_gaps_are_left_out(
    rng: np.random.Generator,
) -> None:
    scanned, rows = looked(counted(rng, part=0.3, gap=0.0, n=60))
    told = find.detectable(scanned, rows, community=COMMUNITY)
    assert told["n"].min() >= COMMUNITY.settings.smallest_group
    assert set(told["part"]) < set(reach.PARTS)


def test_nothing_is_said_where_nothing_was_looked_at() -> None:
    told = reach.detectable(
        {}, pd.DataFrame(columns=["kind", "depth", "times"]), community=COMMUNITY
    )
    assert list(told.columns) == reach.COLUMNS
    assert told.empty


def test_results_that_repeat_one_another_count_for_less(rng: np.random.Generator) -> None:
    first = counted(rng, part=0.2, gap=0.0)
    table = pd.concat([first, first.assign(year=2025, year_level=6.0)], ignore_index=True)
    where = {"measure": "belonging", "stage": "years_4_6", "year": 2024, "year_level": 5.0}
    later = {"stage_later": "years_4_6", "year_later": 2025, "year_level_later": 6.0}
    # Everybody has the same result twice: the second tells nothing.
    same = {name: first["n_success"].to_numpy() for name in ("first", "later", "both")}
    twice = pd.DataFrame(
        {"profile": first["profile"], "n": first["n"], **same, **where, **later}
    ).assign(provider_id="P", provider_id_later="P")[NO_PAIRS.columns]

    def gap(pairs: pd.DataFrame) -> float:
        scanned = find.scans(table, pairs, community=COMMUNITY)
        rows = find.looked_at(scanned, pairs, community=COMMUNITY)
        told = find.detectable(scanned, rows, community=COMMUNITY)
        return told.set_index("part").loc[0.2, "gap"]

    apart, together = gap(NO_PAIRS), gap(twice)
    assert 1.3 < together / apart < 1.45
