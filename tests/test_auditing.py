"""The audit: planted leaks are found and mended, and what it calls safe is safe by enumeration."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colanalysis import cells, protect
from colanalysis.auditing import attack, audit, model
from colanalysis.auditing.block import block, untied
from colanalysis.errors import ReleaseError
from colanalysis.protect import Rules
from colanalysis.terms.settings import Settings

RULES = protect.rules_for("public", Settings(), b"a key for tests")
SUMS = ["n", "n_success", "key", "key_success"]


def atoms(*rows: tuple[str, str, int, int]) -> pd.DataFrame:
    """Atoms of one measure: provider, profile, learners, and those who succeed."""
    table = pd.DataFrame(rows, columns=["provider_id", "profile", "n", "n_success"])
    return table.assign(
        domain="results", measure="reading", stage="years_4_6", year=2025, year_level=5.0,
        came_from="", goes_to="", key=np.arange(len(table)) * 7919, key_success=np.arange(len(table)),
    )  # fmt: skip


def told(finest: pd.DataFrame, *definitions: dict[str, str], weights=()) -> pd.DataFrame:
    """Those cells in the form in which the rules alone would show them."""
    blank = {"domain": "results", "measure": "reading", "group": "", "provider_id": ""}
    table = cells.define(pd.DataFrame([{**blank, **one} for one in definitions]))
    table = table.assign(smallest=10, weight=list(weights) or 1.0)
    return protect.counts(table.join(cells.counted(table, finest)), RULES)


def shown_as(table: pd.DataFrame, values: list[int | None]) -> pd.DataFrame:
    """The same with chosen numbers of those who succeed, as another key might have rounded them."""
    x = pd.Series(values, index=table.index, dtype=float)
    return table.assign(n_success=x, mark=np.where(x.isna(), table["mark"], protect.SHOWN))


def looked(finest: pd.DataFrame, table: pd.DataFrame):
    """The model of somebody with the rolls, and the attack on it."""
    ((rows, own, holds),) = cells.blocks(table, finest)
    of = block(rows, own, holds, untied(len(own)))
    return of, attack.Attack(model.outcomes(of, table, RULES), whole=True)


def could_be_true(known: model.Model) -> np.ndarray:
    """Every whole number that could be true: tables by counts."""
    every = np.array(list(product(*(range(int(most) + 1) for most in known.most))), dtype=float)
    sums = (known.rows @ every.T).T
    return every[((sums >= known.low) & (sums <= known.high)).all(axis=1)]


def by_enumeration(known: model.Model) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most of every target over all whole numbers that could be true."""
    values = (known.targets @ could_be_true(known).T).T
    return values.min(axis=0), values.max(axis=0)


def world(rows, size: int, seed: int) -> pd.DataFrame:
    """Atoms of schools and genders, ``size`` learners for each one named, with keys of their own."""
    finest = atoms(*[
        (school, "gender=female" if girl else "gender=male", size * n, round(size * n * share))
        for n, share, school, girl in rows
    ])  # fmt: skip
    key = np.random.default_rng(seed).integers(0, 2**60, len(finest))
    return finest.assign(key=key, key_success=key // 3)


# One school, so that no other provider knows a part of it.
TWO = atoms(("A", "gender=female", 20, 10), ("A", "gender=male", 4, 4))
GIRLS = {"group": "gender=female"}


def test_a_small_rest_that_two_rounded_counts_pin_is_found_and_mended():
    table = told(TWO, {}, GIRLS, weights=(5.0, 1.0))
    # 14 of 24 shown as 15 and 10 of 20 girls as 9: the four boys are 2 to 4 of 4, not 0 to 4.
    table = shown_as(table, [15, 9])
    of, attacked = looked(TWO, table)
    low, high = by_enumeration(attacked.model)
    narrowed = set(np.flatnonzero(high - low < attacked.model.need))
    assert narrowed
    assert {breach.target for breach in attacked.outsider(attack.ROLLS)} == narrowed
    safe = audit.audit(table, TWO, RULES)
    assert list(safe.told["mark"]) == ["", "c"]
    assert safe.told["done"].iloc[1] == protect.WITHHELD
    _, again = looked(TWO, safe.told)
    low, high = by_enumeration(again.model)
    assert (high - low >= again.model.need).all()


def test_what_the_other_schools_have_in_a_told_count_is_not_told():
    def school(name: str, girls: tuple[int, int], boys: tuple[int, int]):
        return (name, "gender=female", *girls), (name, "gender=male", *boys)

    mine, theirs = school("A", (6, 3), (5, 3)), school("B", (2, 1), (2, 1))
    finest = atoms(*mine, *theirs)
    table = shown_as(told(finest, {}, GIRLS), [9, None])
    # 7 to 9 of 15 succeed, as a count is shown: who knows the 6 of A knows that 1 to 3 of B's 4 do.
    of, attacked = looked(finest, table)
    assert not attacked.outsider(attack.ROLLS)
    assert [(breach.low, breach.high) for breach in attacked.insider(of, 0)] == [(7, 9)]
    assert list(audit.audit(table, finest, RULES).told["mark"]) == ["c", "c"]
    # Where more could be true, with a third school or more learners, nobody knows so closely.
    for rest in (*theirs, *school("C", (3, 1), (3, 2))), school("B", (4, 2), (5, 2)):
        others = atoms(*mine, *rest)
        table = shown_as(told(others, {}, GIRLS), [9, None])
        assert list(audit.audit(table, others, RULES).told["mark"]) == ["", "c"]


def test_what_may_not_be_taken_back_is_a_conflict_that_names_the_measure():
    table = shown_as(told(TWO, {}, GIRLS, weights=(np.inf, np.inf)), [15, 9])
    with pytest.raises(ReleaseError, match="reading gives learners' results away"):
        audit.audit(table, TWO, RULES)


def test_a_number_that_was_published_before_stays_and_the_new_one_goes():
    table = shown_as(told(TWO, {}, GIRLS, weights=(1.0, np.inf)), [15, 9])
    assert list(audit.audit(table, TWO, RULES).told["mark"]) == ["c", ""]


def test_two_definitions_of_the_same_learners_are_withheld_together():
    same = {**GIRLS, "year_min": 2025.0, "year_max": 2025.0}
    table = shown_as(told(TWO, {}, GIRLS, same, weights=(9.0, 1.0, 1.0)), [15, 9, 9])
    assert list(audit.audit(table, TWO, RULES).told["mark"]) == ["", "c", "c"]


def test_what_is_safe_is_left_as_it_is():
    finest = atoms(("A", "", 60, 30), ("B", "", 55, 27))
    table = told(finest, {}, {"provider_id": "A"}, {"provider_id": "B"})
    safe = audit.audit(table, finest, RULES)
    pd.testing.assert_frame_equal(safe.told, table)
    assert (safe.looked_at["withheld"] == 0).all()
    assert list(safe.looked_at["who"]) == [
        attack.PUBLIC, attack.ROLLS, attack.PARENT, attack.PROVIDER,
    ]  # fmt: skip


def test_a_provider_that_knows_its_own_could_work_out_the_rest():
    finest = atoms(("A", "", 40, 20), ("B", "", 2, 2))
    table = shown_as(told(finest, {}), [24])
    of, attacked = looked(finest, table)
    assert attacked.outsider(attack.ROLLS) == []
    place = of.providers.index("A")
    assert {breach.who for breach in attacked.insider(of, place)} == {attack.PROVIDER}
    assert list(audit.audit(table, finest, RULES).told["mark"]) == ["c"]


small_world = st.lists(
    st.tuples(st.integers(1, 9), st.floats(0, 1), st.sampled_from("AB"), st.booleans()),
    min_size=2, max_size=4,
)  # fmt: skip


@given(small_world, st.integers(0, 2**30))
@settings(max_examples=25)
def test_nothing_is_called_safe_that_enumeration_narrows(rows, seed):
    finest = world(rows, 3, seed)
    definitions = [{}, {"provider_id": "A"}, {"provider_id": "B"}, {"group": "gender=female"},
                   {"group": "gender=male"}]  # fmt: skip
    table = told(finest, *definitions)
    safe = audit.audit(table, finest, RULES).told
    of, attacked = looked(finest, safe)
    known = attacked.model
    if np.prod(known.most + 1) > 50_000:
        return
    low, high = by_enumeration(known)
    assert (low <= known.targets @ known.true).all()
    assert (high >= known.targets @ known.true).all()
    assert (high - low >= known.need).all()


def test_order_of_cells_does_not_matter():
    table = shown_as(told(TWO, {}, GIRLS, weights=(5.0, 1.0)), [15, 9])
    turned = audit.audit(table.iloc[::-1].reset_index(drop=True), TWO, RULES).told
    assert list(turned["mark"]) == ["c", ""]


def test_what_is_published_must_hold_what_is_true():
    table = shown_as(told(TWO, {}), [30])
    with pytest.raises(ArithmeticError, match="does not hold what is true"):
        audit.audit(table, TWO, RULES)


def test_rules_leave_a_room_for_every_number_by_itself():
    rules = Rules(base=3, smallest_group=10, smallest_survey=5, smallest_count=6)
    for n in range(15, 60):
        window = range(rules.lowest, int(rules.highest(np.array(n))) + 1)
        for value in {x // 3 * 3 + step for x in window for step in (0, 3)}:
            could = [x for x in window if abs(x - value) <= 2]
            assert len(could) >= 3 or value not in {v for x in window for v in (
                {x} if x % 3 == 0 else {x // 3 * 3, x // 3 * 3 + 3})}  # fmt: skip
