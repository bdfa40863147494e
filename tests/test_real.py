"""Real public files: a national study of 23,503 learners, and communities known by rolls alone."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from colanalysis import begin, evidence, release, report

pytestmark = pytest.mark.real
EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "hsls09"
DIRECTORIES = (
    "nz_school_directory/schools_2017.csv",
    "nz_ece_directory/Directory-ECE-Current_contact_columns_blanked.csv",
)


@pytest.fixture(scope="module")
def study(real, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hsls09")
    shutil.copy(EXAMPLE / "community.toml", folder)
    shutil.copy(real / "hsls09" / "hsls09_joined.parquet", folder)
    return folder


@pytest.fixture(scope="module")
def raw(real):
    return pd.read_parquet(real / "hsls09" / "hsls09_joined.parquet")


@pytest.mark.slow
def test_the_study_comes_out_as_a_whole_report(study, tmp_path, unaudited):  # noqa: ARG001
    # (The audit of 23,503 learners takes minutes.)
    page = report.write(study, out=tmp_path / "out")
    text = page.read_text(encoding="utf-8")
    assert text.endswith("<!-- complete -->")
    assert text.count("<h2") >= 9
    run = json.loads((page.parent / "run.json").read_text(encoding="utf-8"))
    rows = {(row["table"], row["what"]): row["count"] for row in run["rows"]}
    assert abs(rows[("learners", "rows_in")] - 23_503) <= 3


def test_who_feels_safe_is_counted_as_in_the_file(study, raw):
    counted = evidence.gather(study).counted
    safe = counted[counted["measure"] == "feel_safe"]
    answers = raw["feel_safe_survey1"].dropna()
    assert safe["n"].sum() == len(answers)
    assert safe["n_success"].sum() == answers.isin(["Strongly agree", "Agree"]).sum()


def test_grades_and_the_known_order_by_safety_and_absence_hold(study, raw):
    counted = evidence.gather(study).counted
    grades = counted[counted["measure"] == "grade_average"].groupby("year_level")
    for level, name in {9: "9th", 10: "10th", 11: "11th", 12: "12th"}.items():
        column = raw[f"gpa_{name}_survey3"].dropna()
        assert grades["n"].sum()[level] == len(column)
        assert grades["n_success"].sum()[level] == (column >= 2.5).sum()


@pytest.mark.parametrize("community", ["99051", "99006"])
def test_rolls_alone_are_counted_and_claim_nothing_about_success(community, real, tmp_path):
    files = [real / name for name in DIRECTORIES]
    folder = begin.folder(tmp_path / community, directories=files, community_id=community)
    ready = release.seal(evidence.gather(folder))
    schools = pd.read_csv(files[0], dtype=str, keep_default_na=False)
    own = schools[schools["Community of Learning: ID"] == community]
    providers = ready.tables["providers"]
    in_schools = providers[providers["type"] != "ece"]
    assert in_schools["roll"].astype(float).sum() == own["Total School Roll"].astype(float).sum()
    assert ready.tables["findings"].empty
    assert ready.tables["steps"].empty


@pytest.mark.slow
def test_a_report_on_rolls_says_what_cannot_be_said(real, tmp_path):
    files = [real / name for name in DIRECTORIES]
    folder = begin.folder(tmp_path / "far-north", directories=files, community_id="99051")
    text = report.write(folder, out=tmp_path / "out").read_text(encoding="utf-8")
    assert "There are no results of learners in this data" in text
    assert "It cannot say where learners succeed" in text
    assert "Rolls by ethnicity" in text
    assert text.count("<h2") >= 9
