"""Judgements and tests of the same learners stand together: counted by hand, and no learner in them."""

from __future__ import annotations

from dataclasses import replace

import builders
import pandas as pd
import pytest

from colanalysis import agree, link
from colanalysis.errors import SettingsError
from colanalysis.terms import catalogue, settings

COMMUNITY = replace(builders.community(), measures=catalogue.measures())


def result(learner: str, measure: str, score: float, **more: object) -> dict[str, object]:
    row = {"learner_id": learner, "measure": measure, "score": score, "year_level": 5.0}
    return {**row, "value": str(score), **more}


def counted(*rows: dict[str, object]) -> pd.DataFrame:
    return agree.counts(link.journeys(builders.checked(of=COMMUNITY, observations=list(rows))))


def test_a_learner_with_both_in_one_year_at_one_provider_is_counted() -> None:
    table = counted(
        result("a", "reading_judgement", 2.0),
        result("a", "pat_reading_stanine", 7.0),
        result("b", "reading_judgement", 1.0),
        result("b", "pat_reading_stanine", 3.0),
        # No test; a test at another provider; a test of another year; a test of other learning.
        result("c", "reading_judgement", 2.0),
        result("d", "reading_judgement", 2.0),
        result("d", "pat_reading_stanine", 5.0, provider_id="Q"),
        result("e", "reading_judgement", 2.0),
        result("e", "pat_reading_stanine", 5.0, year=2024),
        result("f", "reading_judgement", 2.0),
        result("f", "pat_maths_stanine", 5.0),
    )
    # 7 and 3 are two to either side of their mean, and so one standard deviation.
    expected = pd.DataFrame(
        [
            ("reading_judgement", "pat_reading_stanine", 2025, 5.0, "P", -1.0, 1, 0),
            ("reading_judgement", "pat_reading_stanine", 2025, 5.0, "P", 1.0, 1, 1),
        ],
        columns=agree.COLUMNS,
    )
    pd.testing.assert_frame_equal(table, expected, check_dtype=False)


def test_scores_are_told_beside_their_own_year_level_in_quarters() -> None:
    scores = {5.0: (2.0, 4.0, 4.5), 6.0: (5.0, 7.0, 9.0)}
    rows = [
        result(f"{level}{place}", name, value, year_level=level)
        for level, values in scores.items()
        for place, score in enumerate(values)
        for name, value in (("reading_judgement", 2.0), ("pat_reading_stanine", score))
    ]
    table = counted(*rows)
    # By hand: -1.5, 0.5, 1 and -2, 0, 2, whose mean square is (2.25 + 0.25 + 1 + 4 + 0 + 4) / 6 = 1.384².
    assert table["score"].tolist() == [-1.0, 0.25, 0.75, -1.5, 0.0, 1.5]
    assert table["n"].sum() == 6


def test_without_both_nothing_is_counted() -> None:
    assert counted(result("a", "reading_judgement", 2.0)).empty
    apart = counted(result("a", "reading_judgement", 2.0), result("b", "pat_reading_stanine", 2.0))
    assert apart.empty
    alone = counted(result("a", "reading_judgement", 2.0), result("a", "pat_reading_stanine", 2.0))
    assert alone["score"].tolist() == [0.0]


def test_judgements_of_the_catalogue_are_compared_with_tests_of_the_same_learning() -> None:
    measures = catalogue.measures()
    for name, measure in measures.items():
        for test in measure.compared_with:
            assert "teacher, from several sources" in measure.judged_by
            assert measures[test].judged_by.startswith("test")
            assert measures[test].scale == "number"
            assert {name.split("_")[0]} <= set(test.split("_"))
    assert sum(bool(measure.compared_with) for measure in measures.values()) == 6


@pytest.mark.parametrize(
    ("name", "message"),
    [("pat_reeding", "unknown name"), ("writing_judgement", "which is no number")],
)
def test_a_test_that_does_not_exist_or_has_no_score_is_refused(tmp_path, name, message) -> None:
    (tmp_path / "community.toml").write_text(
        '[community]\nid = "t"\nname = "T"\n[[measure]]\nid = "reading_judgement"\n'
        f'compared_with = ["{name}"]\n',
        encoding="utf-8",
    )
    with pytest.raises(SettingsError, match=message) as refused:
        settings.read(tmp_path)
    assert "compared_with" in str(refused.value)
