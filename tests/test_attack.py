"""The attack beside enumeration: what each kind of somebody could narrow down, by trying everything."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, milp
from test_auditing import RULES, TWO, atoms, could_be_true, looked, shown_as, told, world

from colanalysis import cells, protect
from colanalysis.auditing import attack, audit, model
from colanalysis.auditing.block import Block, block, untied
from colanalysis.auditing.possible import Possible

MANY = 100_000


def narrowed(could: np.ndarray, known: model.Model, need: np.ndarray) -> set[int]:
    """The targets that are closer together in all those tables than they should be."""
    values = (known.targets @ could.T).T
    return set(np.flatnonzero((np.ptp(values, axis=0) < need) & (need > 0)).tolist())


def by_provider(could: np.ndarray, of: Block, known: model.Model, place: int) -> set[int]:
    """What a provider that knows its own could narrow down."""
    own_n, own = of.own_n[place], of.own_success[place]
    fits = ((could >= own) & (could <= own + of.n - own_n)).all(axis=1)
    need = np.minimum(known.need, known.targets @ (of.n - own_n))
    return narrowed(could[fits], known, need)


def by_parents(could: np.ndarray, of: Block, known: model.Model) -> set[int]:
    """What the parent of any one child could narrow down."""
    found = set()
    for child in range(len(of.n)):
        others = known.targets @ of.n - known.targets[:, [child]].toarray().ravel()
        need = np.minimum(known.need, others)
        if of.n_success[child] > 0:
            found |= narrowed(could[could[:, child] >= 1], known, need)
        if of.n_success[child] < of.n[child]:
            found |= narrowed(could[could[:, child] <= of.n[child] - 1], known, need)
    return found


def test_what_a_parent_could_narrow_down_is_found():
    # Of five boys three or four succeed for all that is told; who knows of one is left with less.
    finest = atoms(("A", "gender=female", 20, 10), ("A", "gender=male", 5, 3))
    table = shown_as(told(finest, {}, {"group": "gender=female"}), [12, 12])
    of, attacked = looked(finest, table)
    could = could_be_true(attacked.model)
    assert (
        {b.target for b in attacked.parents(of)} == by_parents(could, of, attacked.model) != set()
    )


def test_what_a_provider_could_narrow_down_of_others_alone_is_found():
    # Those of B and of C are told in no number; A knows its own and so what is left of the whole.
    finest = atoms(("A", "", 40, 20), ("B", "", 3, 3), ("C", "", 2, 2))
    table = shown_as(told(finest, {}, {"provider_id": "B"}, {"provider_id": "C"}), [27, None, None])
    of, attacked = looked(finest, table)
    could = could_be_true(attacked.model)
    place = of.providers.index("A")
    expected = by_provider(could, of, attacked.model, place)
    alone = np.asarray(attacked.model.targets @ of.own_n[place]) == 0
    assert {int(t) for t in expected if alone[t]}  # targets without any of its own learners
    assert {b.target for b in attacked.insider(of, place)} == expected


def test_a_group_that_no_report_tells_of_is_looked_at():
    # Those of A are in two sets that overlap: 10 to 14 with one child more, 13 to 17 with another.
    finest = atoms(
        ("A", "gender=female", 20, 7), ("A", "gender=male", 15, 6),
        ("B", "gender=other", 1, 1), ("C", "gender=other", 1, 0),
    )  # fmt: skip
    finest["year_level"] = [5.0, 5.0, 4.0, 6.0]
    cut = {"level_max": 5.0}, {"level_min": 5.0}, {"group": "gender=female"}
    table = shown_as(told(finest, *cut), [12, 15, 9])
    of, attacked = looked(finest, table)
    known = attacked.model
    found = {breach.target for breach in attacked.outsider(attack.ROLLS)}
    assert found == narrowed(could_be_true(known), known, known.need)
    assert 35 in (known.targets @ of.n)[list(found)]
    assert 35 not in of.set_n
    safe = audit.audit(table, finest, RULES).told
    assert (safe["done"] == protect.WITHHELD).any()


small_world = st.lists(
    st.tuples(st.integers(1, 6), st.floats(0, 1), st.sampled_from("ABC"), st.booleans()),
    min_size=2, max_size=4,
)  # fmt: skip


@given(small_world, st.integers(0, 2**30))
@settings(max_examples=40)
def test_nobody_is_said_to_be_kept_away_whom_enumeration_lets_near(rows, seed):
    finest = world(rows, 4, seed)
    parts = [{"provider_id": one} for one in "AB"] + [{"group": "gender=female"}]
    table = told(finest, {}, *parts)
    of, attacked = looked(finest, table)
    known = attacked.model
    if np.prod(known.most + 1) > MANY:
        return
    could = could_be_true(known)
    assert (could == known.true).all(axis=1).any()  # what is true is among what could be
    by_rolls = narrowed(could, known, known.need)
    assert {b.target for b in attacked.outsider(attack.ROLLS)} == by_rolls
    assert {b.target for b in attacked.parents(of)} == by_parents(could, of, known)
    for place in range(len(of.providers)):
        found = {b.target for b in attacked.insider(of, place)}
        assert found == by_provider(could, of, known, place)
    safe = audit.audit(table, finest, RULES).told
    of, after = looked(finest, safe)
    could = could_be_true(after.model)
    assert not narrowed(could, after.model, after.model.need)
    assert not by_parents(could, of, after.model)
    for place in range(len(of.providers)):
        assert not by_provider(could, of, after.model, place)


def test_sizes_that_the_public_could_narrow_down_are_found():
    # 21 shown as 21 and 15 shown as 15: four to eight boys, of whom nothing was to be known.
    finest = atoms(("A", "gender=female", 15, 7), ("A", "gender=male", 6, 3))
    table = told(finest, {}, {"group": "gender=female"}, {"group": "gender=male"})
    table["n"] = [21.0, 15.0, np.nan]
    ((rows, own, holds),) = cells.blocks(table, finest)
    of = block(rows, own, holds, untied(len(own)))
    known = model.sizes(of, table, RULES)
    attacked = attack.Attack(known, whole=False)
    could = could_be_true(known)
    assert {b.target for b in attacked.outsider(attack.PUBLIC)} == narrowed(
        could, known, known.need
    )
    table["n"] = [21.0, 21.0, np.nan]  # rounded by another key so that hardly any boys are left
    finest["n"] = [20, 1]
    tight = model.sizes(block(rows, finest, holds, untied(len(own))), table, RULES)
    attacked = attack.Attack(tight, whole=False)
    found = {b.target for b in attacked.outsider(attack.PUBLIC)}
    assert found == narrowed(could_be_true(tight), tight, tight.need)


def region(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Four schools by three years by six groups, and a table of cells of all kinds."""
    chance = np.random.default_rng(seed)
    profiles = [f"ethnicity={one} & gender={two}" for one in "PQR" for two in ("female", "male")]
    rows = [(school, profile) for school in "ABCD" for profile in profiles for _ in range(3)]
    n = chance.integers(2, 14, len(rows))
    success = chance.binomial(n, 0.6)
    finest = atoms(*((*row, int(a), int(b)) for row, a, b in zip(rows, n, success, strict=True)))
    finest["year"] = np.tile([2023, 2024, 2025], len(rows) // 3)
    finest["key"] = chance.integers(0, 2**60, len(finest))
    finest["key_success"] = finest["key"] // 5
    groups = ["", *(f"ethnicity={one}" for one in "PQR"), "gender=female", "gender=male"]
    years = [{}, *({"year_min": float(y), "year_max": float(y)} for y in (2023, 2024, 2025))]
    defined = [
        {"provider_id": school, "group": group, **year}
        for school in ["", *"ABCD"] for group in groups for year in years
    ]  # fmt: skip
    return finest, told(finest, *defined)


@pytest.fixture(scope="module")
def mid_size() -> tuple[pd.DataFrame, pd.DataFrame]:
    return region(3)


def test_ends_and_whole_points_agree_with_another_solver(mid_size):
    finest, table = mid_size
    _, attacked = looked(finest, table)
    known = attacked.model
    possible = Possible(known.rows, known.low, known.high, known.least, known.most)
    rows = LinearConstraint(known.rows, known.low, known.high)
    for target in np.random.default_rng(1).choice(known.targets.shape[0], 40, replace=False):
        sums = known.targets[target].toarray().ravel()
        bounds = (known.least, known.most)
        low, high = (
            side * milp(side * sums, constraints=rows, bounds=bounds).fun for side in (1, -1)
        )
        ends = possible.ends(sums)
        assert (ends.low, ends.high) == pytest.approx((low, high), abs=1e-5)
        point = possible.whole_point(sums * 100)
        if point is not None:
            assert (point == np.rint(point)).all()
            assert possible.holds(point)
            assert low - 1e-6 <= sums @ point <= high + 1e-6


def test_every_witness_could_be_true_and_is_whole(mid_size):
    finest, table = mid_size
    of, attacked = looked(finest, table)
    attacked.outsider(attack.ROLLS)
    attacked.parents(of)
    known, points = attacked.model, attacked._seen.points
    sums = (known.rows @ points.T).T
    assert (points == np.rint(points)).all()
    assert ((sums >= known.low) & (sums <= known.high)).all()
    assert ((points >= 0) & (points <= of.n)).all()
    assert np.allclose((known.targets @ points.T).T, attacked._seen.values)


@pytest.mark.parametrize("succeeds", [True, False])
def test_who_could_have_an_outcome_is_shown_by_a_change_that_holds(mid_size, succeeds):
    finest, table = mid_size
    of, attacked = looked(finest, table)
    known, point = attacked.model, attacked._seen.points[-1]
    sums, children = known.targets[5].toarray().ravel(), np.arange(len(of.n))
    could = attacked._could_be(point, children, sums, succeeds)
    step = 1 if succeeds else -1
    for child in children:
        has = point[child] >= 1 if succeeds else point[child] <= of.n[child] - 1
        changed = []
        for other in children:
            new = point.copy()
            new[child] += step
            new[other] -= step
            changed.append(attacked._all.holds(new) and sums[child] == sums[other])
        changed[child] = False
        assert could[child] == (has or any(changed))


def test_the_audit_is_the_same_in_several_processes_and_with_rows_turned_round(
    mid_size, monkeypatch
):
    finest, table = mid_size
    first = audit.audit(table, finest, RULES).told
    assert (first["done"] == protect.WITHHELD).any()
    monkeypatch.setattr(audit, "ENOUGH", 0)
    pd.testing.assert_frame_equal(audit.audit(table, finest, RULES).told, first)
    turned = table.sample(frac=1, random_state=4)
    again = audit.audit(turned, finest, RULES).told.set_index(turned.index).sort_index()
    pd.testing.assert_frame_equal(again, first)


def test_a_set_that_is_withheld_needs_its_full_room_in_size_and_in_how_many_it_is_so_of():
    finest = atoms(("A", "gender=female", 20, 10), ("A", "gender=male", 20, 10))
    table = shown_as(told(finest, {}, {"group": "gender=female"}), [21, 9])
    of, _ = looked(finest, table)
    known = model.both(of, table, RULES)
    need = model.once_withheld(known, of, [0, 1])
    raised = known.targets[np.flatnonzero(need > known.need)].toarray()
    assert set(need[need > known.need]) == {model.HIDDEN_ROOM}
    so, not_so = np.split(raised, 2, axis=1)
    counts = np.array([so @ of.n_success, not_so @ of.n_success]).T.tolist()
    assert sorted(counts) == [[10, 0], [10, 10], [20, 0], [20, 20]]


def test_a_new_name_for_learners_whose_number_was_withheld_before_is_looked_at_too():
    girls = {"group": "gender=female"}
    same = {**girls, "year_min": 2025.0, "year_max": 2025.0}
    weights = (np.inf, np.inf, 1.0)
    table = shown_as(told(TWO, {}, girls, same, weights=weights), [15, 9, 9])
    before = audit.withheld(table, [], [1])  # the girls were withheld in an earlier release
    safe = audit.audit(before, TWO, RULES).told
    assert list(safe["mark"]) == ["", "c", "c"]


def test_cells_that_count_nobody_are_left_as_they_are():
    table = told(TWO, {"provider_id": "Z"})
    pd.testing.assert_frame_equal(audit.audit(table, TWO, RULES).told, table)
