"""The second attacker finds what was planted in small reports, and nothing in safe ones."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import regions
import second_attacker as attacker

COLUMNS = {
    "steps": "measure,stage,year,n,n_success,rate,low,high,mark,done",
    "groups": "measure,year,group,n,n_success,rate,low,high,mark,done",
}


def people(*rows):
    """The truth of one measure at one step in one year: school, gender, learners, succeeding."""
    return pd.DataFrame(
        [
            {
                "measure": "maths", "stage": "years_4_6", "year": 2024, "year_level": 5,
                "provider_id": school, "ethnicity": "Asian", "gender": gender, "ell": "no",
                "came_from": "", "goes_to": "", "eligible": n, "n": n, "n_success": x,
            }
            for school, gender, n, x in rows
        ]
    )  # fmt: skip


def report(folder: Path, *, steps=(), groups=(), page="<p>Nothing</p>") -> Path:
    (folder / "tables").mkdir(parents=True)
    for name, rows in (("steps", steps), ("groups", groups)):
        lines = [COLUMNS[name], *(_line(name, *row) for row in rows)]
        (folder / "tables" / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    (folder / "findings.csv").write_text("rank,kind\n", encoding="utf-8")
    (folder / attacker.PAGE).write_text(page, encoding="utf-8")
    return folder


def _line(name, group, n, x, mark=""):
    about = "maths,years_4_6,2024" if name == "steps" else f"maths,2024,{group}"
    rate = f"{x / n:.2f}" if n and x is not None else ""
    return f"{about},{n if n else ''},{'' if x is None else x},{rate},,,{mark},"


def two_schools(folder, community, own, truth):
    """The community's report, and that of school P, each with all learners of the step."""
    one = report(folder / "all", steps=[("", *community)])
    other = report(folder / "P", steps=[("", *own)])
    return attacker.attack({"": one, "P": other}, truth)


def test_a_school_whose_learners_must_all_succeed_is_found_out(tmp_path):
    # 42 of 51 at most 44 in the end; the others are at least 38: of 4 learners in Q all succeed.
    truth = people(("P", "female", 60, 40), ("Q", "female", 4, 4))
    told = two_schools(tmp_path, (63, 46), (60, 38), truth)
    assert told.learners == 4
    assert [leak.definition[1][0] for leak in told.determined] == ["Q"]
    assert {leak.low for leak in told.determined} == {4}


def test_a_hidden_count_with_too_little_room_is_found_out(tmp_path):
    truth = people(("P", "female", 60, 40), ("Q", "female", 8, 7))
    told = two_schools(tmp_path, (69, 49), (60, 38), truth)
    # Q is 47 to 51 less 36 to 40, but there are only 8.
    assert {(leak.low, leak.high) for leak in told.narrowed if leak.what == "succeed"} >= {(7, 8)}


def test_a_count_in_words_is_used_with_what_is_around_it(tmp_path):
    truth = people(("P", "female", 30, 2), ("P", "male", 30, 8))
    groups = [("", 60, 11), ("gender=female", 30, None, "few"), ("gender=male", 30, 8)]
    safe = attacker.attack({"": report(tmp_path / "a", groups=groups)}, truth)
    assert safe.empty, safe
    groups[0] = ("", 60, 8)
    bare = attacker.attack({"": report(tmp_path / "b", groups=groups)}, truth)
    # Ten at most succeed, six at least are male.
    assert not [leak for leak in bare.wrong if leak.truth == 2]
    groups[1] = ("gender=female", 30, None, "most")
    wrong = attacker.attack({"": report(tmp_path / "c", groups=groups)}, truth)
    assert [leak.truth for leak in wrong.wrong].count(2) >= 1


def test_one_definition_with_two_values_is_found(tmp_path):
    truth = people(("P", "female", 60, 40), ("Q", "female", 60, 30))
    one = report(tmp_path / "a", steps=[("", 120, 69)], groups=[("", 120, 72)])
    told = attacker.attack({"": one}, truth)
    assert len(told.disagree) == 1
    two = report(tmp_path / "b", groups=[("", 120, 69)])
    again = attacker.numbers(two) + attacker.numbers(report(tmp_path / "c", groups=[("", 120, 72)]))
    assert len(attacker.disagreements(again)) == 1


def test_a_number_further_from_the_truth_than_rounding_is_found(tmp_path):
    truth = people(("P", "female", 60, 40), ("Q", "female", 60, 30))
    told = attacker.attack({"": report(tmp_path / "a", steps=[("", 120, 75)])}, truth)
    assert {leak.truth for leak in told.wrong} == {70}


def test_large_schools_that_are_told_rounded_are_safe(tmp_path):
    truth = people(("P", "female", 60, 40), ("P", "male", 55, 30), ("Q", "female", 60, 30))
    told = two_schools(tmp_path, (174, 99), (117, 69), truth)
    assert told.empty, told
    assert told.looked_at["outcomes"] > 0
    assert told.looked_at["parents"] > 0


def test_a_parent_finds_out_more_than_somebody_who_holds_the_rolls(tmp_path):
    # Of the four in Q none to three succeed; for a parent whose child does, one to three.
    truth = people(("P", "female", 60, 38), ("Q", "male", 4, 3))
    told = two_schools(tmp_path, (63, 39), (60, 40), truth)
    assert {(leak.who, leak.low, leak.high) for leak in told.narrowed} == {("a parent", 1, 3)}


def test_a_school_finds_out_of_another_what_its_own_outcomes_leave_over(tmp_path):
    # Of both 40 to 44 succeed; P knows of its own 38 and is left with two to four of four in Q.
    truth = people(("P", "female", 60, 38), ("Q", "male", 4, 3))
    told = attacker.attack({"": report(tmp_path / "all", steps=[("", 63, 42)])}, truth)
    assert {(leak.who, leak.low, leak.high) for leak in told.narrowed} == {("P", 2, 4)}


def test_the_outcome_of_one_who_left_is_named_from_two_versions(tmp_path):
    first = report(tmp_path / "first", steps=[("", 63, 42)])
    second = report(tmp_path / "second", steps=[("", 63, 39)])
    named = attacker.rerelease({"": first}, {"": second}, people(("P", "female", 1, 1)))
    other = attacker.rerelease({"": first}, {"": first}, people(("P", "female", 1, 1)))
    assert named == (1.0, 1.0)
    assert other == (0.0, 1.0)


def test_a_stray_number_on_a_page_is_found(tmp_path):
    page = '<p>Of 63 learners 67% succeed</p><img alt="Bars: 41 learners">'
    told = attacker.strangers(report(tmp_path, steps=[("", 63, 42)], page=page))
    assert len(told) == 1
    assert "41" in told[0]


def test_a_share_that_is_not_of_shown_counts_is_used(tmp_path):
    folder = report(tmp_path, steps=[("", 63, 42)])
    path = folder / "tables" / "steps.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("0.67", "0.61"), encoding="utf-8")
    assert [one.value for one in attacker.numbers(folder) if one.what == attacker.SHARE] == [0.61]


def test_where_there_is_no_report_nothing_is_called_safe(tmp_path):
    with pytest.raises(ValueError, match="no report"):
        attacker.attack({"": tmp_path}, people(("P", "female", 60, 40)))


def test_the_made_region_is_whole(tmp_path):
    folders = regions.write(tmp_path, 3, learners=120)
    assert len(folders) == 3
    truth = regions.people(folders[0])
    assert (truth["n_success"] <= truth["n"]).all()
    assert (truth["n"] <= truth["eligible"]).all()
    assert truth.loc[truth["measure"] == "attendance", "eligible"].sum() == 3 * 120


@pytest.mark.slow
def test_what_a_made_community_publishes_gives_nothing_away(tmp_path):
    from colanalysis import report as reports

    folder = regions.write(tmp_path / "region", 1)[0]
    written = {
        unit: reports.write(folder, out=tmp_path / (unit or "all"), provider=unit).parent
        for unit in ("", "P1")
    }
    if not (written[""] / "tables" / "groups.csv").exists():
        pytest.skip("groups are not told yet")
    told = attacker.attack(written, regions.people(folder), regions.moves(folder))
    assert told.empty, told
    assert [attacker.strangers(one) for one in written.values()] == [[], []]
