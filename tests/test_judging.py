"""Schools whose judgements sit apart are told to the data lead, and to nobody else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import builders
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from scipy.special import expit

from colanalysis import cli, evidence, health, judging, release
from colanalysis.publishing import publish

APART = "Miro School"
NAMES = {"P1": "Rata School", "P2": APART, "P3": "Totara School", "P4": "Kōwhai School"}


def files(*, stricter: float, schools: int = 4) -> dict[str, pd.DataFrame]:
    """Schools of 150 learners with a reading test and a judgement, which the second gives less."""
    rng = np.random.default_rng(5)
    names = dict(list(NAMES.items())[:schools])
    school = np.repeat(list(names), 150)
    who = [f"n{one:04d}" for one in range(len(school))]
    able = rng.standard_normal(len(school))
    odds = 0.5 + 1.8 * able - stricter * (school == "P2")
    judged = np.where(rng.random(len(school)) < expit(odds), "at", "below")
    stanine = np.clip(np.round(5 + 2 * able), 1, 9).astype(int).astype(str)
    level = rng.integers(4, 7, len(school))
    stood = pd.DataFrame(
        {"learner_id": who, "provider_id": school, "year": 2025, "year_level": level}
    )
    results = [
        stood.assign(measure="reading_judgement", value=judged),
        stood.assign(measure="pat_reading_stanine", value=stanine),
    ]
    return {
        "providers": pd.DataFrame(
            {"provider_id": list(names), "name": list(names.values()), "type": "primary"}
        ),
        "learners": pd.DataFrame({"learner_id": who, "gender": rng.choice(["f", "m"], len(who))}),
        "enrolments": stood,
        "observations": pd.concat(results, ignore_index=True),
    }


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a community with one school apart."""
    return builders.put(tmp_path_factory.mktemp("apart") / "c", files(stricter=2.0))


def page_of(looked: health.Health, out: Path) -> BeautifulSoup:
    return BeautifulSoup(health.write(looked, out).read_text(encoding="utf-8"), "html.parser")


def test_a_school_apart_is_a_warning_that_names_school_measure_and_year(
    apart: Path, tmp_path: Path
) -> None:
    looked = health.look(apart)
    (row,) = looked.checks[looked.checks["check"] == judging.RULE].itertuples()
    assert row.verdict == "warning"
    assert not looked.blocked
    for said in (APART, "2025 fewer", "Reading: teacher judgement", "Reading: PAT stanine"):
        assert said in row.expected
    (school,) = looked.schools[looked.schools["apart"]].itertuples()
    # Two on the scale of log-odds, by a second road: of all learners as they are, one by one.
    able = np.random.default_rng(6).standard_normal(100_000)
    true = float((expit(0.5 + 1.8 * able - 2) - expit(0.5 + 1.8 * able)).mean())
    assert school.provider_id == "P2"
    assert school.low < true < school.high
    assert school.high < 0
    assert f"by {-100 * school.shift:.0f} points" in row.expected
    said = page_of(looked, tmp_path).get_text(" ")
    assert "It says nothing about any teacher" in said
    assert "apart from the others" in said
    assert "a doubt of ±" in said


def test_the_command_tells_it_and_still_ends_well(
    apart: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", str(apart), "--out", str(tmp_path / "out")]) == 0
    assert f"warning: the folder: {judging.RULE}" in capsys.readouterr().out


def test_schools_that_judge_alike_pass(tmp_path: Path) -> None:
    looked = health.look(builders.put(tmp_path / "c", files(stricter=0.0)))
    (row,) = looked.checks[looked.checks["check"] == judging.RULE].itertuples()
    assert row.verdict == health.PASSED
    assert len(looked.schools) == 4
    text = page_of(looked, tmp_path / "out").get_text(" ")
    assert "not apart" in text
    assert "apart from the others" not in text


def test_where_too_few_schools_have_both_it_says_so(tmp_path: Path) -> None:
    looked = health.look(builders.put(tmp_path / "c", files(stricter=2.0, schools=2)))
    text = page_of(looked, tmp_path / "out").get_text(" ")
    assert "It cannot be said. It takes three schools" in text


# Reports


def test_no_report_tells_which_school_is_apart(apart: Path) -> None:
    gathered = evidence.gather(apart)
    assert len(gathered.judged) == 1
    told = publish.tables(gathered, release.told_to("public", gathered, release.NOTHING), "")
    assert set(told["data"]["what"]) == {"rows_in", "used", "set_aside"}
    # Nor of four schools what they differ by, since each could work out the others'.
    assert told["judged"].empty


def test_doubts_are_told_in_whole_points_rounded_up_and_of_many_schools_only(
    apart: Path,
) -> None:
    gathered = evidence.gather(apart)
    one = {"measure": "reading_judgement", "test": "t", "year": 2025, "spread": 0.021, "n": 100,
           "n_schools": 5, "one_school": 0.0412, "pooled": 0.02}  # fmt: skip
    few = [{**one, "measure": "a", "n_schools": 4}, {**one, "measure": "b", "n": 99}]
    gathered = replace(gathered, judged=pd.DataFrame([one, *few]))
    told = publish.tables(gathered, release.told_to("public", gathered, release.NOTHING), "")
    assert told["judged"].to_dict("records") == [
        {"measure": "reading_judgement", "one_school": 5, "pooled": 2}
    ]
