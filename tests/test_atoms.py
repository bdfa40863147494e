"""The finest counts of a release, counted and keyed again from the rows in plain Python."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from aliases import MASTER, alias, mac
from builders import checked, counted, files, put
from hypothesis import given, settings
from hypothesis import strategies as st

import colanalysis
from colanalysis import atoms, evidence, link, measure

NOBODY = counted().iloc[:0]
ROUND = mac(mac(b"colanalysis", MASTER), b"round\x01")
LEVELS = {3: "years_0_3", 4: "years_4_6", 5: "years_4_6", 6: "years_4_6", 7: "years_7_8",
          8: "years_7_8", 9: "years_9_10", 10: "years_9_10"}  # fmt: skip

CATALOGUE = tomllib.loads(
    (Path(colanalysis.__file__).parent / "reference" / "measures.toml").read_text(encoding="utf-8")
)
# Measure and first year of every new yardstick.
BROKEN = {(m["id"], b["date"].year) for m in CATALOGUE["measure"] for b in m.get("breaks", [])}


def key(name: str) -> int:
    return int.from_bytes(mac(ROUND, b"record|" + name.encode())[:8], "big")


def of(**tables: list[dict[str, object]]) -> pd.DataFrame:
    return atoms.of(link.journeys(checked(**tables)), NOBODY)


def sums(table: pd.DataFrame, columns: list[str]) -> dict[tuple[object, ...], tuple[int, ...]]:
    """Counts and sums of keys (modulo 2**64) by some columns."""
    added: dict[tuple[object, ...], list[int]] = {}
    for row in table.to_dict("records"):
        mine = added.setdefault(tuple(row[name] for name in columns), [0, 0, 0, 0])
        for place, name in enumerate(atoms.SUMS):
            mine[place] += row[name]
    return {
        where: (n, x, one % 2**64, other % 2**64) for where, (n, x, one, other) in added.items()
    }


@pytest.fixture(scope="module")
def rows() -> dict[str, pd.DataFrame]:
    return files(np.random.default_rng(3), learners=120)


@pytest.fixture(scope="module")
def finest(rows: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder: Path = tmp_path_factory.mktemp("atoms")
    return evidence.gather(put(folder, rows)).atoms


def test_results_are_counted_with_the_keys_of_pseudonyms(
    rows: dict[str, pd.DataFrame], finest: pd.DataFrame
) -> None:
    results = rows["observations"]
    stage = {
        (row.learner_id, row.measure, row.year): LEVELS[row.year_level]
        for row in results.itertuples()
    }
    people = rows["learners"].set_index("learner_id")
    expected: dict[tuple[object, ...], list[int]] = {}
    for row in results.itertuples():
        who = people.loc[row.learner_id]
        groups = [f"ethnicity={name}" for name in who["ethnicity"].split(";") if name]
        profile = " & ".join(sorted([*groups, f"gender={who['gender']}"]))
        came, goes = (
            ""
            if (row.measure, max(row.year, row.year + step)) in BROKEN
            else stage.get((row.learner_id, row.measure, row.year + step), "")
            for step in (-1, 1)
        )
        where = (row.measure, LEVELS[row.year_level], row.year, row.year_level, row.provider_id,
                 profile, came, goes)  # fmt: skip
        own = key("learner|" + alias(row.learner_id))
        mine = expected.setdefault(where, [0, 0, 0, 0])
        succeeds = row.value in ("at", 0.95)
        for place, more in enumerate((1, succeeds, own, own * succeeds)):
            mine[place] += more
    table = finest[(finest["domain"] == "results") & finest["measure"].isin(results["measure"])]
    names = ["measure", "stage", "year", "year_level", "provider_id", "profile", "came_from",
             "goes_to"]  # fmt: skip
    assert sums(table, names) == {
        where: (n, x, one % 2**64, other % 2**64) for where, (n, x, one, other) in expected.items()
    }
    assert not table.duplicated(names).any()


def test_the_same_learners_give_the_same_sum_in_results_of_every_measure() -> None:
    whole = of(
        observations=[
            {"learner_id": who, "measure": name, "year_level": 5, "score": 1.0 if name == "belonging" else 9.0}
            for name in ("belonging", "attendance")
            for who in "abc"
        ]
    )  # fmt: skip
    both = whole.groupby("measure")[["key", "key_success"]].sum()
    assert both.nunique().eq(1).all()
    assert (both["key"] == both["key_success"]).all()


def test_an_anonymous_answer_is_keyed_by_what_it_says_in_whatever_order_it_lies() -> None:
    answers = [
        {"value": "agree", "score": 1.0, "gender": gender, "year_level": 5} for gender in "ffmfm"
    ]
    one, other = of(survey=answers), of(survey=answers[::-1])
    pd.testing.assert_frame_equal(one, other)
    [female, male] = one.sort_values("profile")["key"]
    alone = of(survey=answers[:1])["key"].item()
    # Three answers that say the same have three different keys.
    assert female % 2**64 != 3 * alone % 2**64
    assert female != male


def test_assessed_are_the_enrolled_and_of_them_those_with_a_result(
    rows: dict[str, pd.DataFrame], finest: pd.DataFrame
) -> None:
    places = rows["enrolments"]
    for name in ("attendance", "reading_judgement"):
        tested = rows["observations"].query("measure == @name")
        tested = set(zip(tested["learner_id"], tested["year"], strict=True))
        expected: Counter[tuple[object, ...]] = Counter()
        keys: Counter[tuple[object, ...]] = Counter()
        for row in places.itertuples():
            if name == "attendance" or row.year_level <= 10:
                where = (LEVELS[row.year_level], row.year, row.provider_id)
                hit = (row.learner_id, row.year) in tested
                own = key("learner|" + alias(row.learner_id))
                for what, more in (("n", 1), ("x", hit), ("key", own), ("hit", own * hit)):
                    (keys if what in ("key", "hit") else expected)[(*where, what)] += more
        mine = finest[(finest["domain"] == "assessed") & (finest["measure"] == name)]
        got = sums(mine, ["stage", "year", "provider_id"])
        covers = {where for where in got if where[0] != "years_9_10"}
        assert len(covers) > 10
        for where in covers:
            assert got[where] == (
                expected[(*where, "n")], expected[(*where, "x")],
                keys[(*where, "key")] % 2**64, keys[(*where, "hit")] % 2**64,
            )  # fmt: skip


def test_flows_are_learners_at_the_end_of_a_step_and_newcomers_before_theirs() -> None:
    places = [("stays", 2024, "P", 6), ("stays", 2025, "P", 7), ("moves", 2024, "P", 6),
              ("moves", 2025, "Q", 7), ("goes", 2024, "P", 6), ("new", 2025, "P", 7)]  # fmt: skip
    names = ["learner_id", "provider_id", "year", "year_level"]
    whole = of(
        enrolments=[
            dict(zip(names, (who, p, year, level), strict=True)) for who, year, p, level in places
        ]
    )
    assert set(whole["domain"]) == {"flows"}
    assert sums(whole, ["stage", "year", "goes_to"]) == {
        ("years_4_6", 2024, way): (1, 0, key(f"learner|{who}"), 0)
        for way, who in [("same_provider", "stays"), ("other_provider", "moves"),
                         ("not_seen_again", "goes"), ("new_in_step", "new")]
    }  # fmt: skip


def test_counts_that_others_made_are_keyed_by_themselves() -> None:
    theirs = counted(
        {"provider_id": "P", "n": 20, "n_success": 12},
        {"provider_id": "Q", "n": 20, "n_success": 0},
        {"provider_id": "S", "n": 20, "n_success": 20},
    )
    journeys = link.journeys(checked())
    told = atoms.of(journeys, theirs).set_index("provider_id")
    assert told["n"].tolist() == [20, 20, 20]
    assert told["key"].nunique() == 3
    assert told.loc["P", "key_success"] not in (0, told.loc["P", "key"])
    # Nobody adds nothing, and all of them are the same people.
    assert told.loc["Q", "key_success"] == 0
    assert told.loc["S", "key_success"] == told.loc["S", "key"]
    pd.testing.assert_frame_equal(told, atoms.of(journeys, theirs[::-1]).set_index("provider_id"))


PARTS = st.lists(st.integers(0, 3), min_size=40, max_size=40)


@settings(max_examples=8)
@given(PARTS)
def test_sums_of_keys_add_over_parts_that_have_nobody_in_common(where: list[int]) -> None:
    rows = [
        {"learner_id": f"{who}", "measure": "belonging", "year": year, "year_level": 5,
         "score": float((who + year) % 3 > 0)}
        for who in range(40) for year in (2024, 2025)
    ]  # fmt: skip
    parts = [
        of(observations=[row for row in rows if where[int(row["learner_id"])] == part])
        for part in range(4)
    ]
    assert sums(pd.concat(parts), ["year"]) == sums(of(observations=rows), ["year"])


def test_where_nothing_is_recorded_there_are_no_atoms_and_every_column() -> None:
    nothing = of()
    assert list(nothing) == [*atoms.KEYS, *atoms.SUMS]
    assert nothing.empty


def test_atoms_add_up_to_the_counts_that_findings_are_made_from(
    tmp_path: Path, rows: dict[str, pd.DataFrame]
) -> None:
    gathered = evidence.gather(put(tmp_path, rows))
    results = gathered.atoms[gathered.atoms["domain"] == "results"]
    keys = [*measure.CELL, "profile"]
    by_atoms = results.groupby(keys, dropna=False)[["n", "n_success"]].sum()
    by_counts = gathered.counted.groupby(keys, dropna=False)[["n", "n_success"]].sum()
    pd.testing.assert_frame_equal(by_atoms, by_counts, check_index_type=False)
