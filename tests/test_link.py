"""Linking follows learners, judges each result by its measure's rule and leaves their ids behind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from builders import checked, community, providers, table
from pandas.testing import assert_frame_equal

from colanalysis import check, link, load
from colanalysis.link import Journeys
from colanalysis.terms.pathway import Stage
from colanalysis.terms.settings import Settings


def one(**result: object) -> Journeys:
    """Journeys of a community with one learner and one result."""
    return link.journeys(
        checked(learners=[{"learner_id": "a"}], observations=[{"learner_id": "a", **result}])
    )


def groups_of(journeys: Journeys) -> dict[int, set[str]]:
    return journeys.groups().groupby("learner")["group"].agg(set).to_dict()


def test_the_builders_give_what_checking_gives(tmp_path: Path) -> None:
    tables = {
        "community.toml": '[community]\nid = "t"\nname = "T"\n',
        "providers.csv": "provider_id,name,type\nP,P,primary\n",
        "learners.csv": "learner_id,gender\na,F\n",
        "enrolments.csv": "learner_id,provider_id,year,year_level\na,P,2025,4\n",
        "observations.csv": "learner_id,provider_id,year,measure,value\na,P,2025,attendance,1\n",
        "survey.csv": "provider_id,year,measure,value\nP,2025,whanau_engagement,yes\n",
        "counts.csv": "provider_id,year,measure,n,n_success\nP,2025,attendance,9,8\n",
        "local_knowledge.csv": "claim,source,direction\nx,teacher,success\n",
        "resources.csv": "resource,unit,amount\nx,hours,2\n",
    }
    for name, text in tables.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    real = check.tables(load.community(tmp_path)).frames
    for name in set(real) - {"providers"}:
        rows = [{"gender": "F"}] if name == "learners" else [{}]
        made = table(name, rows)
        assert set(made) == set(real[name]), name
        assert made[list(real[name])].dtypes.astype(str).equals(real[name].dtypes.astype(str)), name


@pytest.mark.parametrize(
    ("level", "provider", "stage"),
    [
        (0, "P", "years_0_3"),
        (3, "P", "years_0_3"),
        (4, "P", "years_4_6"),
        (8, "P", "years_7_8"),
        (9, "S", "years_9_10"),
        (13, "S", "years_11_13"),
        (None, "E", "ece"),
        (0, "E", "ece"),
    ],
)
def test_the_step_follows_from_year_level_and_type_of_provider(
    level: float | None, provider: str, stage: str
) -> None:
    enrolled = {"learner_id": "a", "provider_id": provider, "year_level": level}
    result = {**enrolled, "measure": "attendance"}
    journeys = link.journeys(
        checked(learners=[{"learner_id": "a"}], enrolments=[enrolled], observations=[result])
    )
    assert journeys.places["stage"].tolist() == [stage]
    assert journeys.results["stage"].tolist() == [stage]


@pytest.mark.parametrize(("measure", "stage"), [("ece_before", "ece"), ("leaver", "leavers")])
def test_a_measure_with_a_step_of_its_own_keeps_it_at_every_year_level(
    measure: str, stage: str
) -> None:
    assert one(measure=measure, year_level=0).results["stage"].tolist() == [stage]
    assert one(measure=measure, year_level=None).results["stage"].tolist() == [stage]


def test_a_step_that_the_community_does_not_have_is_no_step() -> None:
    short = community(stages=(Stage("primary", 0, 8),))
    rows = [{"learner_id": "a", "measure": m, "year_level": 4} for m in ("ece_before", "reading")]
    results = link.journeys(checked(of=short, observations=rows)).results
    assert results[["measure", "stage"]].values.tolist() == [["reading", "primary"]]


def test_a_result_without_a_step_is_left_out() -> None:
    assert one(year_level=None).results.empty


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"date": "2025-03-01", "term": "4"}, {"date": "2025-11-01", "term": "1"}),
        ({"date": None, "term": "4"}, {"date": "2025-03-01", "term": "1"}),
        ({"term": "1"}, {"term": "4"}),
        ({}, {}),
    ],
    ids=["date", "a date before none", "term", "row"],
)
@pytest.mark.parametrize("reverse", [False, True])
def test_the_last_result_of_the_year_stands(
    earlier: dict[str, object], later: dict[str, object], reverse: bool
) -> None:
    rows = [
        {"learner_id": "a", "year_level": 4, "score": 0.0, **earlier},
        {"learner_id": "a", "year_level": 4, "score": 1.0, "provider_id": "Q", **later},
    ]
    if reverse and earlier:
        rows = rows[::-1]
    results = link.journeys(checked(observations=rows)).results
    assert results[["score", "provider_id"]].values.tolist() == [[1.0, "Q"]]


def test_results_of_other_years_measures_and_learners_all_stand() -> None:
    base = {"learner_id": "a", "year_level": 4}
    rows = [base, {**base, "year": 2024}, {**base, "measure": "maths"}, {**base, "learner_id": "b"}]
    assert len(link.journeys(checked(observations=rows)).results) == 4


def test_the_place_a_learner_came_to_last_stands_last_in_a_year() -> None:
    enrolled = [
        {"learner_id": "a", "provider_id": "Q", "year_level": 4, "start_date": "2025-07-01"},
        {"learner_id": "a", "provider_id": "P", "year_level": 4, "start_date": "2025-02-01"},
        {"learner_id": "a", "provider_id": "S", "year_level": 4},
    ]
    assert link.journeys(checked(enrolments=enrolled)).places["provider_id"].tolist() == list("SPQ")


def test_a_learner_is_in_both_of_two_ethnic_groups() -> None:
    rows = [{"learner_id": "a", "ethnicity": "Māori;Asian", "gender": "Female"}]
    groups = groups_of(link.journeys(checked(learners=rows)))
    assert groups == {0: {"ethnicity=Māori", "ethnicity=Asian", "gender=Female"}}


def test_a_learner_is_in_the_first_ethnic_group_alone_where_groups_are_prioritised() -> None:
    first = community(settings=Settings(ethnicity="prioritised"))
    rows = [
        {"learner_id": "a", "ethnicity": "Māori;Asian", "clubs": "chess;choir"},
        {"learner_id": "b", "ethnicity": "Asian"},
    ]
    groups = groups_of(link.journeys(checked(of=first, learners=rows)))
    assert groups == {
        0: {"ethnicity=Māori", "clubs=chess", "clubs=choir"},
        1: {"ethnicity=Asian"},
    }


def test_what_is_not_recorded_is_no_group() -> None:
    rows = [{"learner_id": "a", "ethnicity": "", "gender": " "}]
    assert groups_of(link.journeys(checked(learners=rows))) == {}


def test_no_name_of_a_group_holds_the_sign_that_joins_names() -> None:
    rows = [{"learner_id": "a", "stream": "Arts & Music"}, {"learner_id": "b", "stream": "R&D &"}]
    groups = groups_of(link.journeys(checked(learners=rows)))
    assert groups == {0: {"stream=Arts and Music"}, 1: {"stream=R and D and"}}


@pytest.mark.parametrize("chosen", [("gender",), ("Gender",), ("gender", "nothing")])
def test_only_the_attributes_that_the_community_chose_are_groups(chosen: tuple[str, ...]) -> None:
    rows = checked(
        of=community(attributes=chosen),
        learners=[{"learner_id": "a", "gender": "F", "ell": "yes"}],
        survey=[{"year_level": 4, "gender": "M", "ell": "no"}],
    )
    assert groups_of(link.journeys(rows)) == {0: {"gender=F"}, 1: {"gender=M"}}


def test_columns_that_say_where_a_row_is_from_are_no_groups() -> None:
    rows = checked(learners=[{"learner_id": "a"}], survey=[{"year_level": 4, "term": "1"}])
    assert link.journeys(rows).memberships.empty


def test_every_survey_answer_is_a_learner_of_its_own_with_its_own_groups() -> None:
    answer = {"year_level": 4, "gender": "F"}
    rows = checked(
        learners=[{"learner_id": "a", "gender": "M"}, {"learner_id": "b", "gender": "M"}],
        enrolments=[{"learner_id": "b", "year_level": 4}],
        observations=[{"learner_id": "b", "measure": "belonging", "year_level": 4}],
        survey=[answer, answer, {**answer, "gender": "X"}],
    )
    journeys = link.journeys(rows)
    assert sorted(journeys.results["learner"]) == [1, 2, 3, 4]
    assert groups_of(journeys) == {
        0: {"gender=M"},
        1: {"gender=M"},
        2: {"gender=F"},
        3: {"gender=F"},
        4: {"gender=X"},
    }


def test_an_answer_never_has_the_number_of_a_learner_who_is_in_one_table_only() -> None:
    rows = checked(
        learners=[{"learner_id": "a"}],
        enrolments=[{"learner_id": "b", "year_level": 4}],
        observations=[{"learner_id": "c", "year_level": 4}],
        survey=[{"year_level": 4}],
    )
    journeys = link.journeys(rows)
    answer = journeys.results.loc[journeys.results["measure"] == "belonging", "learner"].item()
    known = set(journeys.places["learner"]) | set(
        journeys.results.loc[journeys.results["measure"] == "reading", "learner"]
    )
    assert len(known) == 2
    assert answer == 3


@pytest.mark.parametrize(
    ("result", "success"),
    [
        ({"measure": "attendance", "score": 0.90}, False),
        ({"measure": "attendance", "score": 0.901}, True),
        ({"measure": "maths", "score": 10.0, "year_level": 4}, True),
        ({"measure": "maths", "score": 19.0, "year_level": 5}, False),
        ({"measure": "maths", "score": 20.0, "year_level": 5}, True),
        ({"measure": "reading", "score": 1.0}, True),
        ({"measure": "reading", "score": 0.0}, False),
    ],
)
def test_success_is_judged_by_the_rule_of_the_measure(
    result: dict[str, object], success: bool
) -> None:
    assert one(**{"year_level": 4, **result}).results["success"].tolist() == [success]


@pytest.mark.parametrize(
    "result",
    [
        {"measure": "reading", "score": None},
        {"measure": "attendance", "score": None},
        {"measure": "maths", "score": 99.0, "year_level": 6},
    ],
    ids=["level", "number", "no cut for the year level"],
)
def test_a_missing_result_stays_missing_and_is_never_a_failure(result: dict[str, object]) -> None:
    assert one(**{"year_level": 4, **result}).results["success"].isna().all()


def test_no_id_of_a_learner_is_in_any_table() -> None:
    rows = checked(
        learners=[{"learner_id": "secret-7", "gender": "F"}],
        enrolments=[{"learner_id": "secret-7", "year_level": 4}],
        observations=[{"learner_id": "secret-7", "year_level": 4}],
    )
    journeys = link.journeys(rows)
    tables = (journeys.results, journeys.places, journeys.memberships, journeys.groups())
    for frame in tables:
        assert len(frame) == 1
        assert "learner_id" not in frame
        assert "secret-7" not in frame.to_csv()
    assert "secret-7" not in repr(journeys)


def test_the_tables_have_the_columns_that_are_promised() -> None:
    journeys = one(year_level=4)
    promised = "learner provider_id year year_level measure score stage success"
    assert list(journeys.results) == promised.split()
    assert list(journeys.places) == ["learner", "provider_id", "year", "year_level", "stage"]
    assert list(journeys.memberships) == ["learner", "attribute", "value"]


EVERYTHING = {
    "learners": [{"learner_id": "a", "gender": "F"}],
    "enrolments": [{"learner_id": "a", "year_level": 4}],
    "observations": [{"learner_id": "a", "year_level": 4}],
    "survey": [{"year_level": 4, "gender": "M"}],
}


@pytest.mark.parametrize("absent", [True, False], ids=["absent", "empty"])
@pytest.mark.parametrize(
    ("given", "results", "places", "memberships"),
    [
        ("", 0, 0, 0),
        ("enrolments observations survey", 2, 1, 1),
        ("learners observations survey", 2, 0, 2),
        ("learners enrolments survey", 1, 1, 2),
        ("learners enrolments observations", 1, 1, 1),
        ("survey", 1, 0, 1),
        ("learners", 0, 0, 1),
    ],
)
def test_any_table_but_the_providers_may_be_absent_or_empty(
    given: str, absent: bool, results: int, places: int, memberships: int
) -> None:
    rows = checked(**{name: EVERYTHING[name] for name in given.split()})
    if absent:
        frames = {n: f for n, f in rows.frames.items() if n == "providers" or len(f)}
        rows = replace(rows, frames=frames)
    journeys = link.journeys(rows)
    sizes = [len(journeys.results), len(journeys.places), len(journeys.memberships)]
    assert sizes == [results, places, memberships]


def test_steps_can_be_asked_for_rows_that_have_no_measure() -> None:
    rows = pd.DataFrame({"provider_id": ["P", "E", "?"], "year_level": [4.0, float("nan"), 9.0]})
    stages = link.stages(rows, providers(), community=community())
    assert stages.tolist() == ["years_4_6", "ece", "years_9_10"]


def test_linking_changes_nothing_that_it_is_given() -> None:
    rows = checked(**EVERYTHING)
    before = {name: frame.copy() for name, frame in rows.frames.items()}
    link.journeys(rows)
    for name, frame in before.items():
        assert_frame_equal(rows.frames[name], frame)
