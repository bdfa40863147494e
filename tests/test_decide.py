"""One number for the same learners, in whatever table, report, order or run; and nothing taken back."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import Small

from colanalysis import atoms, cells, custody, protect, release
from colanalysis.auditing import audit
from colanalysis.publishing import decide, plan
from colanalysis.publishing.decide import Decided, Told

UNITS = ["P1", "P2", "P3", "S1"]


@pytest.fixture(scope="module")
def told(small: Small) -> Told:
    return release.told_to("public", small.gathered, release.NOTHING)


@pytest.fixture(scope="module")
def exact(small: Small, told: Told) -> pd.DataFrame:
    """What every cell counts, in the order of the cells that were decided."""
    return cells.counted(told.decided.cells, small.gathered.atoms)


@pytest.fixture
def no_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        pytest.fail("an audit was made")

    monkeypatch.setattr(decide.audit, "audit", refuse)


def test_the_same_learners_are_the_same_number_in_whichever_cell_they_stand(
    told: Told, exact: pd.DataFrame
) -> None:
    shown = told.decided.cells
    for name, key in (("n", "key"), ("n_success", "key_success")):
        known = shown[name].notna()
        by = shown.loc[known, name].groupby([exact.loc[known, name], exact.loc[known, key]])
        assert (by.nunique() == 1).all()
        assert (by.size() > 1).sum() > 5


def test_every_number_that_is_told_is_beside_the_exact_one(told: Told, exact: pd.DataFrame) -> None:
    shown = told.decided.cells
    for name in ("n", "n_success"):
        off = (shown[name] - exact[name]).dropna()
        assert len(off) > 50
        assert off.abs().max() <= 2
        assert (shown[name].dropna() % 3 == 0).all()
        assert (off[exact.loc[off.index, name] % 3 == 0] == 0).all()


def test_all_cells_of_all_reports_are_decided_and_no_others(small: Small, told: Told) -> None:
    for unit in ["", *UNITS]:
        for name, table in plan.tables(small.gathered, unit, exact=True).items():
            looked_up = told.of(table)
            assert looked_up["mark"].notna().all(), name
            assert list(looked_up.index) == list(range(len(table)))
    assert len(told.decided.cells) == len(plan.whole(small.gathered, ["", *UNITS]))


@pytest.mark.usefixtures("unaudited")
def test_rows_of_the_files_in_another_order_give_the_same_numbers(
    small: Small, told: Told, tmp_path: Any
) -> None:
    from builders import SETTINGS, put

    from colanalysis import evidence

    mixed = {name: table.sample(frac=1, random_state=3) for name, table in small.rows.items()}
    mixed["providers"] = small.rows["providers"]
    gathered = evidence.gather(put(tmp_path, mixed, SETTINGS))
    again = release.told_to("public", gathered, release.NOTHING).decided.cells
    both = told.decided.cells.merge(again, on=cells.DEFINITION, suffixes=("", "_again"))
    assert len(both) == len(told.decided.cells)
    for name in ("n", "n_success"):
        known = both[name].notna() & both[f"{name}_again"].notna()
        assert known.sum() > 50
        assert list(both.loc[known, name]) == list(both.loc[known, f"{name}_again"])


def test_what_the_audit_withholds_is_said_and_looked_at(told: Told) -> None:
    withheld = told.decided.cells["done"] == protect.WITHHELD
    assert withheld.any()
    assert told.decided.cells.loc[withheld, "n_success"].isna().all()
    assert list(told.decided.looked_at) == ["who", "protected", "withheld"]
    assert len(told.decided.looked_at) == 4
    assert (told.decided.looked_at["protected"] > 10).all()


@pytest.mark.usefixtures("no_audit")
def test_governance_is_told_every_count_as_it_is(small: Small) -> None:
    shown = release.told_to("governance", small.gathered, release.NOTHING).decided.cells
    counted = cells.counted(shown, small.gathered.atoms)
    some = counted["n"] > 0
    assert list(shown.loc[some, "n"]) == list(counted.loc[some, "n"])
    assert list(shown.loc[some, "n_success"]) == list(counted.loc[some, "n_success"])
    assert set(shown["done"]) <= {"exact", protect.ABSENT}


@pytest.mark.usefixtures("no_audit")
@pytest.mark.parametrize("unit", ["P1", "S1"])
def test_a_provider_is_told_its_own_exactly_and_all_else_as_everybody(
    small: Small, told: Told, unit: str
) -> None:
    mixed = decide.with_own(told, small.gathered, unit).decided.cells
    assert not mixed.duplicated(cells.DEFINITION).any()
    assert len(mixed) == len(told.decided.cells)
    own = mixed["provider_id"] == unit
    counted = cells.counted(mixed[own], small.gathered.atoms)
    some = counted["n"] > 0
    assert some.sum() > 10
    assert (mixed.loc[own, "n"] == counted["n"])[some].all()
    assert (mixed.loc[own, "n_success"] == counted["n_success"])[some].all()
    public = told.decided.cells
    pd.testing.assert_frame_equal(
        mixed[~own].reset_index(drop=True),
        public[public["provider_id"] != unit].reset_index(drop=True),
    )


@pytest.mark.usefixtures("no_audit")
def test_where_everything_was_told_before_nothing_is_audited_again(
    small: Small, told: Told
) -> None:
    again = decide.told(small.gathered, told.rules, told.decided)
    pd.testing.assert_frame_equal(
        again.decided.cells.sort_values(cells.DEFINITION, ignore_index=True),
        told.decided.cells.sort_values(cells.DEFINITION, ignore_index=True),
    )
    pd.testing.assert_frame_equal(again.decided.looked_at, told.decided.looked_at)


def keeping(monkeypatch: pytest.MonkeyPatch) -> list[pd.DataFrame]:
    """Put an audit in place that withholds nothing; what it was given, one table for each time."""
    given: list[pd.DataFrame] = []

    def keep(shown: pd.DataFrame, *_: Any) -> audit.Audit:
        given.append(shown)
        return audit.Audit(shown, Decided.nothing().looked_at)

    monkeypatch.setattr(decide.audit, "audit", keep)
    return given


def test_what_was_told_before_stays_and_the_new_is_audited_beside_it(
    small: Small, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = keeping(monkeypatch)
    public = told.decided.cells
    before = Decided(public.iloc[:40].assign(mark="few", n_success=np.nan), told.decided.looked_at)
    again = decide.told(small.gathered, told.rules, before).decided.cells
    [shown] = given
    assert np.isinf(shown["weight"]).sum() == 40
    both = before.cells.merge(again, on=cells.DEFINITION)
    assert len(both) == 40
    assert set(both["mark_y"]) == {"few"}
    assert len(again) == len(public)


def test_what_was_told_is_attacked_again_as_it_stands(
    small: Small, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = keeping(monkeypatch)
    decide.attacked(small.gathered, told)
    assert np.isinf(given[0]["weight"]).all()
    assert len(given[0]) == len(told.decided.cells)


def flows_of(*numbers: tuple[str, float]) -> pd.DataFrame:
    whole = "same_provider other_provider not_seen_again"
    ways = {
        "whole": whole,
        "stay": "same_provider",
        "move": "other_provider",
        "go": "not_seen_again",
    }
    rows = [
        {"goes_to": ways[way], "n": n, "stages": "years_4_6", "domain": "flows"}
        for way, n in numbers
    ]
    return cells.define(pd.DataFrame(rows)).assign(
        n_success=np.nan, rate=np.nan, low=np.nan, high=np.nan, mark="few", done=""
    )


@pytest.mark.parametrize(
    ("whole", "part", "kept"),
    [(60, 30, True), (60, 51, False), (60, 48, True), (60, 60, False), (np.nan, 30, False)],
)
def test_a_part_of_a_flow_is_told_where_all_other_ways_are_enough(
    whole: float, part: float, kept: bool
) -> None:
    """Of the whole and the part each may be two off, and six have to be left."""
    rules = protect.Rules(3, 10, 5, 6)
    told = decide._apart_from_the_whole(flows_of(("whole", whole), ("go", part)), rules)
    assert told["n"].notna().tolist() == [not np.isnan(whole), kept]


def test_the_shares_that_findings_are_compared_with_are_given_to_the_audit(small: Small) -> None:
    rules = protect.rules_for(
        "public", small.gathered.community.settings, custody.keys(small.gathered.community).round
    )
    shown = decide.by_rules(small.gathered, rules).decided.cells
    ties = decide._ties(small.gathered, shown, rules)
    gaps = small.gathered.found.query("kind == 'gap'")
    assert {name for _, name in ties} == set(gaps["measure"])
    results = small.gathered.atoms.query("domain == 'results'")
    for (_, name), tied in ties.items():
        own = results[results["measure"] == name]
        assert tied.weights.shape == (gaps["measure"].eq(name).sum(), len(own))
        told = shown.iloc[tied.row]  # each belongs to the count of its own finding
        of = gaps[gaps["measure"] == name]
        for column in ("measure", "stages", "group", "provider_id", "year_min", "year_max"):
            assert told[column].tolist() == of[column].tolist()
        share = tied.weights @ own["n_success"].to_numpy(float)
        assert (tied.low <= share).all()
        assert (share <= tied.high).all()


def test_nothing_told_before_has_all_columns() -> None:
    nothing = Decided.nothing()
    assert list(nothing.cells) == [*cells.DEFINITION, *decide.NUMBERS, "smallest"]
    assert nothing.cells.empty
    assert set(atoms.SUMS[:2]) <= set(decide.NUMBERS)


def test_decisions_are_made_once_for_all_reports_of_the_same_evidence(
    small: Small, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    real = decide.told
    monkeypatch.setattr(decide, "told", lambda *given: made.append(1) or real(*given))
    gathered = dataclasses.replace(small.gathered)
    for provider in ("", "P1", "P2"):
        release.seal(gathered, provider=provider, before=told.decided)
    assert len(made) == 1
