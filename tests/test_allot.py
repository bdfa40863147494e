"""What can be put to work is laid beside the candidates, and no way of sharing it is recommended."""

from __future__ import annotations

import dataclasses
import re

import pandas as pd
import pytest

from colanalysis import allot, lead, share_out
from colanalysis.resourcing import options


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", str(html)).split())


def changed(made, **tables):
    return dataclasses.replace(made, tables={**made.tables, **tables})


@pytest.fixture
def two(public):
    """A release of two members and a guest, where the number of one is hidden."""
    rank = public.tables["candidates"]["rank"].iloc[0]
    measure = public.tables["findings"].set_index("rank").loc[rank, "measure"]
    ids = list(public.tables["providers"]["provider_id"])[:3]
    providers = public.tables["providers"].head(3)
    return changed(
        public,
        providers=providers.assign(
            member=[True, True, False], roll=[100.0, 300.0, 50.0], name=["Rata", "Miro", "Guest"]
        ),
        to_shift=pd.DataFrame(
            {
                "rank": rank,
                "provider_id": ids,
                "n": [40.0, None, 40.0],
                "low": [9.0, None, 3.0],
                "high": [9.0, None, 3.0],
            }
        ),
        resources=pd.DataFrame(
            {
                "resource": ["Time", "Room"],
                "unit": ["hours", "evenings"],
                "amount": [8.5, 2.0],
                "generated_by": [ids[0], ""],
                "rule": "",
                "stays": [2.0, None],
                "measure": [measure, ""],
                "reaches": [2.0, None],
                "at_least": [None, None],
            }
        ),
    )


def test_what_stays_and_what_is_shared_is_told(two):
    said = words(allot.resources(two))
    assert "Time 8.5 hours" in said
    assert "2 6.5" in said
    assert "Room 2 evenings the community 0 2" in said


def test_options_stand_side_by_side_with_gains_and_a_hidden_number_keeps_its_equal_share(two):
    said = words(allot.resources(two))
    # Six whole hours of 6.5; of the three that are left to Rata none goes elsewhere.
    assert "Rata 9 3 (0) 2 (−1) 3 (0) 3 (0)" in said
    assert "Miro c 3 (0) 4 (+1) 3 (0) 3 (0)" in said
    assert "Guest" not in said[said.index("Time: 6 hours") :]
    # Three hours reach six of Rata's nine; of Miro's it cannot be said how many of six there are.
    assert "Equal shares 0 6 to 12 1 to 2" in said
    assert "By roll 1 4 to 12 0.7 to 2" in said


def test_no_way_of_sharing_is_recommended_and_all_stand_in_one_order(public):
    said = words(allot.resources(public))
    assert "none is recommended, and their order means nothing" in said
    assert not re.search(r"\b(best|should choose|optimal|fairest)\b", said)
    assert list(share_out.OPTIONS) == list(options.OPTIONS)


def test_without_resources_it_is_said_what_would_be_needed(public):
    nothing = changed(
        public,
        resources=public.tables["resources"].head(0),
        brought=public.tables["brought"].head(0),
    )
    said = words(allot.resources(nothing))
    assert "No resources are listed" in said
    assert "resource_rules.csv" in said


def test_a_resource_behind_no_measure_says_how_options_would_come(public):
    plain = public.tables["resources"].assign(measure="")
    assert "name in the column measure" in words(allot.resources(changed(public, resources=plain)))


def test_a_rule_outside_its_years_is_said_to_be_so(public):
    before = changed(public, brought=public.tables["brought"].assign(in_force=False))
    assert "not in force: what would be" in words(allot.resources(before))
    assert "not in force" not in words(allot.resources(public))


def test_roles_are_told_by_role_with_what_is_missing_and_who_carries_several(public):
    said = words(lead.leadership(public))
    assert "1. Maths: teacher judgement: no role is listed yet for Rimu Terrace School, " in said
    assert "1. Maths: teacher judgement Rimu Terrace School" not in said
    assert "Open: nobody holds it yet" in said
    assert "Head of English (Te Awa Rere Intermediate) holds 2 roles" in said


def test_without_roles_it_is_said_what_to_agree(public):
    none = changed(public, leadership=public.tables["leadership"].head(0))
    assert "who leads it, in whose time" in words(lead.leadership(none))


def test_the_next_stage_is_told(public):
    said = words(lead.way(public))
    assert said.count(": next") == 1
    assert "6. Appoint" in said


def test_learners_to_shift_are_those_of_published_counts(public):
    """By a second road: from cells.csv and findings.csv alone."""
    cells = public.tables["cells"]
    found = public.tables["findings"].set_index("rank")
    told = public.tables["to_shift"].dropna(subset=["low"])
    exact = told[told["low"] == told["high"]]
    assert len(exact) >= 3
    for row in exact.itertuples():
        hurdle = found.loc[row.rank]
        same = cells[
            (cells["provider_id"] == row.provider_id)
            & (cells["measure"] == hurdle["measure"])
            & (cells["group"] == hurdle["group"])
            & (cells["n"] == row.n)
            & (cells["domain"] == "results")
        ]
        short = hurdle["reference_rate"] * same["n"] - same["n_success"]
        assert any(max(0, -(-one // 1)) == row.low for one in short.round(6))
