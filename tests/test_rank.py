"""Order and words: findings are ranked by reach, how sure and how persistent, and graded so."""

from __future__ import annotations

import itertools

import by_hand
import numpy as np
import pandas as pd
import pytest
from test_choose import behind, even, findings, has, told, world

from colanalysis import find
from colanalysis.comparing import rank

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


def test_other_orders_are_by_learners_in_a_year_and_by_the_size_of_the_gap() -> None:
    found = pd.DataFrame([
        {**FINDING, "rank": 1, "group": "few", "gap": 0.3, "n_latest": 20},
        {**FINDING, "rank": 2, "group": "many", "gap": -0.1, "n_latest": 100},
        {**FINDING, "rank": 3, "group": "tied", "gap": 0.1, "n_latest": 100},
    ])  # fmt: skip
    assert find.by_learners(found)["group"].tolist() == ["many", "tied", "few"]
    assert find.by_gap(found)["group"].tolist() == ["few", "many", "tied"]
    assert find.by_gap(found).columns.tolist() == found.columns.tolist()


def test_findings_are_ranked_by_what_their_columns_say(rng: np.random.Generator) -> None:
    names = ["writing_judgement", "reading_judgement", "maths_judgement"]
    rows = [
        world(rng, lambda rows, points=points: 0.7 - points * has(rows, "ell=yes"), measure=name)
        for points, name in zip((0.2, 0.3, 0.25), names, strict=True)
    ]
    found = findings(pd.concat(rows, ignore_index=True))
    persistence = found["years_seen"] / found["years_with_data"]
    product = found["gap"].abs() * found["n_latest"] * found["sure"] * persistence
    assert len(found) >= 3
    assert product.is_monotonic_decreasing
    assert found["rank"].tolist() == list(range(1, len(found) + 1))


def test_evidence_is_strong_only_when_sure_and_seen_twice(rng: np.random.Generator) -> None:
    rows = world(rng, behind)
    often, once = findings(rows), findings(rows.assign(year=2020))
    assert often["evidence"].tolist() == ["strong"]
    assert once["evidence"].tolist() == ["moderate"]
    assert once["sure"].item() >= 0.95
    assert "shows in 1 of 1 years" in once["notes"].item()


@pytest.mark.parametrize(
    ("sure", "seen", "grade"),
    [(0.95, 2, "strong"), (0.949, 2, "moderate"), (0.99, 1, "moderate"), (0.8, 0, "moderate"),
     (0.79, 5, "watch")],
)  # fmt: skip
def test_the_grade_follows_from_how_sure_and_how_often(sure: float, seen: int, grade: str) -> None:
    assert rank._grade(sure, seen) == grade


def test_few_learners_are_said_to_be_few(rng: np.random.Generator) -> None:
    rows = world(rng, lambda rows: np.full(len(rows), 0.8), n=1000)
    few = rows[has(rows, "ell=yes")].index[:25]
    rows["profile"] = "ell=no"
    rows.loc[few, ["profile", "success"]] = ["ell=yes", False]
    found = findings(rows)
    assert told(found) == ["hurdle ell=yes"]
    assert "few learners" in found["notes"].item()
    assert (found["n_learners"].item(), found["n_success"].item()) == (25, 0)


def test_years_before_and_after_the_range_count_as_years_with_data(
    rng: np.random.Generator,
) -> None:
    def once(rows: pd.DataFrame) -> np.ndarray:
        return 0.7 - 0.4 * has(rows, "ethnicity=Māori") * (rows["year"] == 2020).to_numpy()

    rows = world(rng, once, n=4000, years=(2019, 2020, 2021))
    row = findings(rows).iloc[0]
    own = by_hand.Hand(rows).by_year("ethnicity=Māori", "", ["years_7_8"], -1, 2020)
    assert (row["year_min"], row["year_max"]) == (2020, 2020)
    assert (row["years_seen"], row["years_with_data"], row["n_latest"]) == own
    assert own[:2] == (1, 3)


def test_nothing_to_choose_from_gives_an_empty_table_with_all_columns(
    rng: np.random.Generator,
) -> None:
    found = findings(world(rng, even, n=300))
    assert found.empty
    assert found.columns.tolist() == [*rank.COLUMNS, *rank.EXTRA]
    assert rank.ranked(found).columns.tolist() == found.columns.tolist()
