"""What there is to put to work is shared in whole units that add up, and hidden numbers stay hidden."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from builders import table
from hypothesis import example, given, settings
from hypothesis import strategies as st

from colanalysis.errors import UsageError
from colanalysis.resourcing import generated, need, options, reach, roles, stages, units

NAN = float("nan")
weights = st.dictionaries(
    st.text("ABCDEFGH", min_size=1, max_size=3), st.integers(0, 500), min_size=1, max_size=9
).filter(lambda found: sum(found.values()) > 0)
few_places = st.lists(
    st.tuples(st.integers(1, 400), st.sampled_from([None, 0, 1, 5, 12]), st.integers(0, 5)),
    min_size=1,
    max_size=5,
)


def places(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["provider_id", "roll", "low", "high"])


def made(rows) -> pd.DataFrame:
    return places(
        *(
            (f"P{n}", roll, NAN if low is None else low, NAN if low is None else low + wide)
            for n, (roll, low, wide) in enumerate(rows)
        )
    )


def shares(told: pd.DataFrame, option: str, end: str = "low") -> dict[str, int]:
    rows = told[told["option"] == option]
    return dict(zip(rows["provider_id"], rows[end], strict=True))


# Whole units


@given(st.integers(0, 1000), weights)
def test_whole_units_add_up_and_nobody_is_a_whole_unit_off_its_quota(amount, found):
    told = units.shared(amount, pd.Series(found))
    assert told.sum() == amount
    exact = {name: amount * one / sum(found.values()) for name, one in found.items()}
    assert all(abs(told[name] - exact[name]) < 1 for name in found)


def test_of_equal_remainders_the_first_id_gets_the_unit_in_whatever_order_they_stand():
    for order in ("ABC", "CBA", "BCA"):
        told = units.equal(4, pd.Index(list(order)))
        assert told.to_dict() == {**dict.fromkeys(order, 1), "A": 2}


def test_nobody_to_share_with_is_refused():
    for found in ({}, {"A": 0}, {"A": -1, "B": 2}):
        with pytest.raises(UsageError, match="one weight above it"):
            units.shared(3, pd.Series(found, dtype=float))


# Reach


@pytest.mark.parametrize("reaches", [0.5, 1.5, 2])
@pytest.mark.parametrize("at_least", [0, 1])
def test_the_program_reaches_as_many_as_trying_all_shares_does(reaches, at_least):
    rng = np.random.default_rng([ord(letter) for letter in "as many as trying all"])
    for _ in range(6):
        shift = pd.Series(rng.integers(0, 9, 3), index=list("ABC"))
        amount = int(rng.integers(3, 9))
        best = max(
            sum(min(int(u * reaches), s) for u, s in zip(tried, shift, strict=True))
            for tried in product(range(at_least, amount + 1), repeat=3)
            if sum(tried) == amount
        )
        found = reach.widest(amount, shift, reaches=reaches, at_least=at_least)
        assert found.sum() == amount
        assert found.min() >= at_least
        assert reach.reached(found, shift, reaches=reaches).sum() == best


def test_of_shares_that_reach_as_many_those_nearest_to_equal_ones_are_taken():
    # Both ways of giving reach all four learners.
    found = reach.widest(9, pd.Series({"A": 2, "B": 1, "C": 1}), reaches=1)
    assert found.to_dict() == {"A": 3, "B": 3, "C": 3}


def test_a_floor_above_what_there_is_is_refused():
    with pytest.raises(UsageError, match="at least 2 for each"):
        reach.widest(3, pd.Series({"A": 1, "B": 1}), reaches=1, at_least=2)


# Options


def test_options_as_worked_out_by_hand():
    told = options.side_by_side(
        10, places(("A", 100, 12, 12), ("B", 300, 3, 3), ("C", 100, 0, 0)), reaches=2
    )
    assert list(dict.fromkeys(told["option"])) == list(options.OPTIONS)
    assert shares(told, "equal") == {"A": 4, "B": 3, "C": 3}
    assert shares(told, "roll") == {"A": 2, "B": 6, "C": 2}
    assert shares(told, "shift") == {"A": 8, "B": 2, "C": 0}
    # Six units reach A's twelve, two reach B's three. A has two more than an equal share, whoever
    # of the others has the one that is left: the first named.
    assert shares(told, "reach") == {"A": 6, "B": 3, "C": 1}
    assert shares(told, "roll", "gain_low") == {"A": -2, "B": 3, "C": -1}
    moved = options.trade_off(
        10, places(("A", 100, 12, 12), ("B", 300, 3, 3), ("C", 100, 0, 0)), reaches=2
    )
    assert moved.to_numpy().tolist() == [
        ["equal", 0, 0, 11, 11],
        ["roll", 3, 3, 7, 7],
        ["shift", 4, 4, 15, 15],
        ["reach", 2, 2, 15, 15],
    ]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), few_places, st.sampled_from([0.5, 1, 3]))
def test_every_option_adds_up_at_exact_numbers(amount, rows, reaches):
    exact = made([(roll, low, 0) for roll, low, _ in rows])
    told = options.side_by_side(amount, exact, reaches=reaches)
    assert (told["low"] == told["high"]).all()
    assert (told.groupby("option")["low"].sum() == amount).all()
    assert (told.groupby("option")["gain_low"].sum() == 0).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 20), few_places)
@example(2, [(100, 0, 1), (100, 0, 1), (100, 1, 0)])  # A has a unit only where both ranges are high
def test_ranges_hold_what_the_ends_give(amount, rows):
    told = options.side_by_side(amount, made(rows), reaches=1)
    for end in ("low", "high"):
        exact = made(rows)
        exact = exact.assign(low=exact[end], high=exact[end])
        for option in dict.fromkeys(told["option"]):
            one = shares(options.side_by_side(amount, exact, reaches=1), option)
            assert all(shares(told, option)[name] <= one[name] for name in one)
            assert all(shares(told, option, "high")[name] >= one[name] for name in one)


def test_a_hidden_number_is_neither_guessed_nor_taken_for_nought():
    there = places(("A", 100, 9, 9), ("B", 100, NAN, NAN), ("C", 100, 0, 0))
    told = options.side_by_side(9, there, reaches=1)
    for option in ("shift", "reach"):
        assert shares(told, option)["B"] == 3
    assert shares(told, "shift") == {"A": 6, "B": 3, "C": 0}
    assert dict(zip(told["provider_id"], told["told"], strict=True))["B"] == np.False_
    reached = options.trade_off(9, there, reaches=1).set_index("option")
    assert reached.loc["shift", ["reached_low", "reached_high"]].tolist() == [6, 9]


def test_where_nothing_may_be_told_only_what_needs_no_number_is_there():
    told = options.side_by_side(5, places(("A", 10, NAN, NAN), ("B", 30, NAN, NAN)), reaches=1)
    assert set(told["option"]) == {"equal", "roll"}


def test_a_provider_without_a_roll_leaves_no_option_by_roll():
    told = options.side_by_side(5, places(("A", NAN, 3, 3), ("B", 30, 4, 4)))
    assert set(told["option"]) == {"equal", "shift"}


def test_everybody_has_the_floor_under_every_option():
    there = places(("A", 1, 90, 90), ("B", 500, 0, 0), ("C", 1, 1, 1))
    told = options.side_by_side(12, there, reaches=5, at_least=2)
    assert set(told["option"]) == set(options.OPTIONS)
    assert told["low"].min() == 2
    only = options.side_by_side(5, there, reaches=5, at_least=2)
    assert set(only["option"]) == {"equal"}


def test_the_frontier_reaches_more_the_more_is_moved_and_ends_at_the_most():
    there = places(("A", 100, 20, 24), ("B", 100, 1, 1), ("C", 100, 0, 0))
    line = options.frontier(12, there, reaches=2)
    assert line["moved"].is_monotonic_increasing
    assert line[["reached_low", "reached_high"]].diff().iloc[1:].min().min() >= 0
    assert line.iloc[0].tolist() == [0, 9, 9]  # four units each: eight learners, and one
    assert line.iloc[-1][["reached_low", "reached_high"]].tolist() == [21, 24]


# What rolls bring


def providers(**rolls: float) -> pd.DataFrame:
    return pd.DataFrame({"provider_id": list(rolls), "roll": list(rolls.values()), "member": True})


def test_rules_bring_by_steps_of_the_roll_and_say_what_stays():
    rules = table(
        "resource_rules",
        [
            {"rule": "small", "roll_to": 149, "amount": 2, "stays": 5},
            {"rule": "large", "roll_from": 150, "amount": 6, "stays": 2},
            {"rule": "all", "per": "community", "roll_from": 300, "amount": 10},
            {"rule": "more", "per": "community", "roll_from": 301, "amount": 10},
        ],
    )
    told = generated.by_roll(rules, providers(A=149, B=150, C=1, X=NAN), year=2025)
    got = told[["rule", "provider_id", "amount", "stays", "shared"]].to_numpy().tolist()
    assert got == [
        ["small", "A", 2, 2, 0],
        ["small", "C", 2, 2, 0],
        ["large", "B", 6, 2, 4],
        ["all", "", 10, 0, 10],
    ]


def test_a_provider_that_is_no_member_brings_nothing():
    rules = table("resource_rules", [{"rule": "all", "amount": 2}])
    there = providers(A=10, B=10).assign(member=[True, False])
    assert list(generated.by_roll(rules, there, year=2025)["provider_id"]) == ["A"]


@pytest.mark.parametrize(("year", "so"), [(2014, False), (2015, True), (2025, True), (2026, False)])
def test_the_rules_of_the_scheme_that_ended_are_in_force_in_its_years_only(year, so):
    shipped = generated.shipped()
    told = generated.by_roll(shipped, providers(A=200, B=100), year=year)
    assert told[["provider_id", "amount", "unit"]].to_numpy().tolist() == [["", 0.4, "FTTE"]]
    assert list(told["in_force"]) == [so]
    assert shipped["source"].str.len().gt(0).all()


# Learners to shift from what is told


def test_learners_to_shift_follow_from_what_is_told_and_no_more():
    shown = pd.DataFrame(
        [
            ("A", 40, 20, ""),
            ("B", 40, 36, ""),
            ("C", 21, NAN, "few"),
            ("D", 21, NAN, "most"),
            ("E", 12, NAN, "c"),
            ("F", NAN, NAN, "c"),
        ],
        columns=["provider_id", "n", "n_success", "mark"],
    ).assign(rank=1)
    told = need.at(shown, pd.DataFrame({"rank": [1], "reference_rate": [0.7]}))
    by = told.set_index("provider_id")[["low", "high"]]
    assert by.loc["A"].tolist() == [8, 8]  # 28 of 40 would be as many
    assert by.loc["B"].tolist() == [0, 0]
    assert by.loc["C"].tolist() == [10, 15]  # 14.7 less five, less none
    assert by.loc["D"].tolist() == [0, 0]
    assert by.loc[["E", "F"]].isna().all().all()


# Leadership and stages


def test_gaps_and_overlaps_of_roles():
    listed = table(
        "leadership",
        [
            {"role": "Leader", "scope": "across", "held_by": "Principal"},
            {"role": "Lead", "provider_id": "A", "measure": "reading", "held_by": "Dean"},
            {"role": "Coach", "provider_id": "A", "measure": "reading", "held_by": "Dean"},
            {"role": "Lead", "provider_id": "B", "measure": "reading"},
            {"role": "Lead", "provider_id": "C", "measure": "maths", "held_by": "Teacher"},
            {"role": "Guide", "scope": "across", "measure": "maths", "held_by": "Teacher"},
        ],
    )
    wanted = pd.DataFrame({"rank": [3, 5], "measure": ["reading", "maths"]})
    met = pd.DataFrame({"rank": [3, 3, 3, 5], "provider_id": ["A", "B", "C", "C"]})
    told = roles.beside(listed, wanted, met)
    assert told[["measure", "provider_id", "verdict"]].to_numpy().tolist() == [
        ["reading", "", "held"],
        ["reading", "A", "held twice"],
        ["reading", "B", "open"],
        ["reading", "C", "missing"],
        ["maths", "", "held"],
        ["maths", "C", "held"],
    ]
    assert roles.several(listed).to_numpy().tolist() == [["Dean", "A", 2]]


def test_the_next_stage_is_the_first_that_is_not_all_there():
    so = dict.fromkeys(stages.FACTS, True)
    assert not stages.come_to(so)["next"].any()
    told = stages.come_to({**so, "expires": False, "after_targets": False})
    assert list(told["stage"]) == [1, 2, 3, 4, 5, 6, 7]
    assert list(told.loc[told["next"], "stage"]) == [2]
    assert told.loc[1, ["state", "lacking"]].tolist() == ["begun", "until when"]
    assert told.loc[6, "state"] == "not begun"


def test_what_a_folder_shows():
    listed = table("leadership", [{"scope": "across", "held_by": "Principal"}, {"scope": "within"}])
    told = stages.facts(
        tables={"providers": 3, "enrolments": 0, "counts": 4},
        leadership=listed,
        protocol={"purpose": True, "approver": False, "expires": False},
        targets=[2023],
        last_year=2024,
    )
    assert set(told) == set(stages.FACTS)
    assert {name for name, so in told.items() if so} == {
        "providers", "purpose", "results", "plans", "across", "within", "some_held", "after_targets",
    }  # fmt: skip
