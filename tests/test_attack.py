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
from colanalysis.auditing.block import Block, Ties
from colanalysis.auditing.crowd import crowd
from colanalysis.auditing.possible import Possible
from colanalysis.errors import ReleaseError

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
    for row, target in enumerate(known.targets.toarray()):
        if target @ own_n > 0:  # the rest is told to nobody
            need[row] = min(3, target @ (of.n - own_n))
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


def public(finest: pd.DataFrame, table: pd.DataFrame, *domains: str) -> model.Model:
    """What the public knows of sizes who is told of these domains alone."""
    table = table[table["domain"].isin(domains)].reset_index(drop=True)
    known = {table.loc[piece[0][0], "domain"]: piece for piece in cells.blocks(table, finest)}
    everybody = crowd(table, known.get("results"), known.get("assessed"), RULES.smallest_group - 1)
    return model.sizes(everybody, table, RULES)


def too_close(known: model.Model) -> set[int]:
    """The targets that another solver keeps closer together than they should be."""
    rows = LinearConstraint(known.rows, known.low, known.high)
    found = set()
    for target in np.flatnonzero(known.need > 0):
        sums, bounds = known.targets[target].toarray().ravel(), (known.least, known.most)
        low, high = (
            side * milp(side * sums, constraints=rows, bounds=bounds).fun for side in (1, -1)
        )
        if np.floor(high + 1e-6) - np.ceil(low - 1e-6) < known.need[target]:
            found.add(int(target))
    return found


def narrowed_by_public(known: model.Model) -> set[int]:
    found = attack.Attack(known, whole=False).outsider(attack.PUBLIC)
    return {breach.target for breach in found}


def test_sizes_that_the_public_could_narrow_down_are_found():
    # 21 shown as 21 and 15 shown as 15: four to eight boys, of whom nothing was to be known.
    finest = atoms(("A", "gender=female", 15, 7), ("A", "gender=male", 6, 3))
    table = told(finest, {}, {"group": "gender=female"}, {"group": "gender=male"})
    table["n"] = [21.0, 15.0, np.nan]
    known = public(finest, table, "results")
    assert narrowed_by_public(known) == too_close(known)
    # 25 shown as 27 and 17 as 15: eight boys or more, and no ten, or they would be told of.
    finest["n"], finest["n_success"] = [17, 8], [8, 4]
    tight = public(finest, table.assign(n=[27.0, 15.0, np.nan]), "results")
    assert narrowed_by_public(tight) == too_close(tight) != set()


def listed(results: pd.DataFrame, more: list[int]) -> pd.DataFrame:
    """The list of those who could have been assessed: all with a result, and so many more."""
    n = results["n"] + more
    return results.assign(domain="assessed", year_level=np.nan, n=n, n_success=results["n"])


def together() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A school of 33 learners, nine of them boys; nothing of the boys is told in either table.

    At most seven of the girls on the list and at most 17 with a result: 24 of the 31 or more.
    """
    results = atoms(("A", "gender=female", 17, 8), ("A", "gender=male", 5, 2))
    finest = pd.concat([results, listed(results, [6, 4])], ignore_index=True)
    who = [{}, {"group": "gender=female"}, {"group": "gender=male"}]
    table = told(finest, *who, *({**one, "domain": "assessed"} for one in who))
    untold = {"mark": protect.HIDDEN, "n": np.nan, "n_success": np.nan}
    return finest, table.assign(
        n=[24.0, 15.0, np.nan, 33.0, 24.0, np.nan],
        n_success=[9.0, 6.0, np.nan, 24.0, np.nan, np.nan],
        mark=["", "", protect.HIDDEN, "", protect.MOST, protect.HIDDEN],
        done=["", "", protect.ABSENT, "", "", protect.ABSENT],
    ).fillna(untold)


def test_results_and_who_was_assessed_are_attacked_together():
    finest, table = together()
    for domain in ("results", "assessed"):
        assert narrowed_by_public(public(finest, table, domain)) == set()
    known = public(finest, table, "results", "assessed")
    found = narrowed_by_public(known)
    assert found == too_close(known)
    assert set((known.targets @ known.true)[list(found)]) == {9}
    safe = audit.audit(table, finest, RULES)
    assert safe.looked_at.set_index("who").loc[attack.PUBLIC, "withheld"] == 1
    after = public(finest, safe.told, "results", "assessed")
    assert too_close(after) == set()


@given(
    st.lists(
        st.tuples(st.integers(1, 25), st.integers(0, 9), st.integers(0, 4)), min_size=2, max_size=5
    ),
    st.integers(0, 2**30),
)
@settings(max_examples=30)
def test_sizes_of_results_and_list_are_as_far_apart_as_another_solver_says(rows, seed):
    """Whole numbers or not makes no difference to who is found, on worlds of a few groups."""
    names = [f"ethnicity={one} & gender={two}" for one in "PQR" for two in ("female", "male")]
    results = atoms(*(("AB"[place % 2], names[place], n, n // 2)
                      for place, (n, _, _) in enumerate(rows)))  # fmt: skip
    on_list = listed(results, [more for _, more, _ in rows])
    on_list["n_success"] += [min(unjudged, more) for _, more, unjudged in rows]
    finest = pd.concat([results, on_list], ignore_index=True)
    chance = np.random.default_rng(seed)
    finest["key"], finest["key_success"] = chance.integers(0, 2**60, (2, len(finest)))
    who = [{}, {"provider_id": "A"}, {"group": "gender=female"}, {"group": "ethnicity=P"}]
    table = told(finest, *who, *({**one, "domain": "assessed"} for one in who))
    known = public(finest, table, "results", "assessed")
    assert narrowed_by_public(known) == too_close(known)
    safe = audit.audit(table, finest, RULES).told
    assert too_close(public(finest, safe, "results", "assessed")) == set()


def test_nobody_is_known_to_have_no_result_because_nobody_has_one():
    """Of those of whom nobody has a result some could have one, for all that the public knows."""
    results = atoms(("A", "gender=female", 20, 8))
    boys = results.assign(profile="gender=male", n=9, n_success=0)
    on_list = pd.concat([listed(results, [6]), listed(boys, [0]).assign(n_success=0)])
    finest = pd.concat([results, on_list], ignore_index=True)
    who = [{}, {"group": "gender=female"}, {"group": "gender=male"}]
    table = told(finest, *who, *({**one, "domain": "assessed"} for one in who))
    known = public(finest, table, "results", "assessed")
    # So and not so: girls' results, the boys' that there could be; not assessed of either.
    assert sorted(known.true.tolist()) == [0, 0, 6, 8, 9, 12]
    everybody = known.targets[0].toarray().ravel()
    assert (known.most[known.true == 0] > 0).all()
    assert everybody.max() == 1


def test_learners_with_more_results_than_were_assessed_there_are_taken_for_others():
    results = atoms(("A", "gender=female", 20, 8), ("A", "gender=male", 20, 9))
    on_list = listed(results, [6, 4])
    on_list.loc[0, ["n", "n_success"]] = [19, 18]  # two have moved
    finest = pd.concat([results, on_list], ignore_index=True)
    table = told(finest, {}, {"domain": "assessed"})
    known = public(finest, table, "results", "assessed")
    # So and not so: the girls' results; the boys'; all girls on the list and the boys without a result.
    assert sorted(known.true.tolist()) == sorted([8, 12, 9, 11, 18, 1 + 4])


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


def test_whole_ends_agree_with_another_solver(mid_size):
    finest, table = mid_size
    _, attacked = looked(finest, table)
    known = attacked.model
    possible = Possible(known.rows, known.low, known.high, known.least, known.most)
    rows = LinearConstraint(known.rows, known.low, known.high)
    for target in np.random.default_rng(2).choice(known.targets.shape[0], 12, replace=False):
        sums = known.targets[target].toarray().ravel()
        for side in (1, -1):
            other = milp(
                side * sums, constraints=rows, bounds=(known.least, known.most), integrality=1
            )
            point = possible.whole_end(side * sums)
            assert point is not None
            assert (point == np.rint(point)).all()
            assert possible.holds(point)
            assert side * sums @ point == pytest.approx(other.fun)


def test_what_only_the_ends_of_whole_numbers_keep_apart_is_no_breach(monkeypatch):
    # All witnesses that are drawn are the truth itself.
    finest = atoms(("A", "", 40, 20))
    table = told(finest, {})
    monkeypatch.setattr(attack.Attack, "_point", lambda self, *_: self.model.true.copy())
    assert looked(finest, table)[1].outsider(attack.ROLLS) == []
    monkeypatch.setattr(Possible, "whole_end", lambda *_: None)
    assert looked(finest, table)[1].outsider(attack.ROLLS)


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
    known = public(finest.assign(domain="assessed"), table.assign(domain="assessed"), "assessed")
    need = known.without(np.array([0, 1])).need
    raised = known.targets[np.flatnonzero(need > known.need)].toarray()
    assert set(need[need > known.need]) == {model.HIDDEN_ROOM}
    so, not_so = np.split(raised @ np.diag(known.true), 2, axis=1)
    counts = np.unique(np.array([so.sum(axis=1), not_so.sum(axis=1)]).T, axis=0)
    assert counts.tolist() == [[10, 0], [10, 10], [20, 0], [20, 20]]


def test_a_size_that_is_withheld_is_no_secret_where_the_list_tells_of_the_same_learners():
    results = atoms(("A", "gender=female", 20, 10), ("A", "gender=male", 20, 10))
    finest = pd.concat([results, listed(results, [10, 10])], ignore_index=True)
    known = public(finest, told(finest, {}, {"domain": "assessed"}), "results", "assessed")
    with_result = known.set_of == 0
    assert known.need[with_result].tolist() == [RULES.base - 1]
    assert known.without(np.array([0])).need[with_result].tolist() == [RULES.base - 1]
    assert known.without(np.array([0, 1])).need[with_result].tolist() == [model.HIDDEN_ROOM]


def test_a_new_name_for_learners_whose_number_was_withheld_before_is_looked_at_too():
    girls = {"group": "gender=female"}
    same = {**girls, "year_min": 2025.0, "year_max": 2025.0}
    weights = (np.inf, np.inf, 1.0)
    table = shown_as(told(TWO, {}, girls, same, weights=weights), [15, 9, 9])
    before = audit.withheld(table, [], [1])  # the girls were withheld in an earlier release
    safe = audit.audit(before, TWO, RULES).told
    assert list(safe["mark"]) == ["", "c", "c"]


def test_a_share_that_a_finding_is_told_beside_is_taken_back_with_the_findings_own_count():
    # The girls' finding says that half of the others succeed: 8 to 9 of the 17 boys of either school.
    finest = atoms(
        ("A", "gender=female", 30, 15), ("A", "gender=male", 17, 8),
        ("B", "gender=female", 30, 15), ("B", "gender=male", 17, 9),
    )  # fmt: skip
    table = told(finest, {}, {"group": "gender=female"}, {"group": "gender=male"})
    others = finest["profile"].eq("gender=male").to_numpy() / 34
    low, high = np.array([16.5 / 34]), np.array([17.5 / 34])
    ties = {("results", "reading"): Ties(others[None, :], low, high, np.array([1]))}
    safe = audit.audit(table, finest, RULES, ties).told
    assert safe["done"].eq(protect.WITHHELD).tolist() == [False, True, False]
    assert audit.audit(table, finest, RULES).told["done"].ne(protect.WITHHELD).all()
    # Once its finding's count is not told, it is no number that anybody has.
    again = audit.audit(safe.assign(weight=np.inf), finest, RULES, ties)
    assert again.told["mark"].tolist() == safe["mark"].tolist()
    assert (again.looked_at["withheld"] == 0).all()
    with pytest.raises(ReleaseError, match="reading gives learners' results away"):
        audit.audit(table.assign(weight=np.inf), finest, RULES, ties)


def test_cells_that_count_nobody_are_left_as_they_are():
    table = told(TWO, {"provider_id": "Z"})
    pd.testing.assert_frame_equal(audit.audit(table, TWO, RULES).told, table)
