"""The data health page: every check with its verdict, what reports can tell, and no learner's value."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from test_check import folder

from colanalysis import cli, health
from colanalysis.terms.rules import RULES

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
SECRETS = ("7319004", "Martian", "49.5", "101.75")
BAD = {
    "observations": "learner_id,provider_id,year,measure,value,term,date\n"
    "7319004,S1,2025,maths,101.75,,\n007,S1,2025,maths,49.5,1,2025-03-01\n"
    "007,S1,2025,maths,<5,2,\n007,S1,2025,maths,*,3,\n"
}


def made(
    where: Path, **tables: str | None
) -> tuple[health.Health, BeautifulSoup, list[dict[str, str]]]:
    (where / "c").mkdir()
    looked = health.look(folder(where / "c", **tables))
    path = health.write(looked, where / "out")
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    with (where / "out" / health.CHECKS).open(encoding="utf-8-sig", newline="") as file:
        return looked, page, list(csv.DictReader(file))


def test_every_check_has_a_verdict_and_says_what_it_is_for(tmp_path: Path) -> None:
    _, page, rows = made(tmp_path, **BAD)
    assert {row["check"] for row in rows} == set(RULES)
    assert len(RULES) >= 60
    for row in rows:
        assert row["looks_for"]
        assert row["why"]
        assert (row["verdict"] == "passed") == (row["count"] == "0")
    broken = {row["check"]: row for row in rows if row["verdict"] != "passed"}
    assert broken["mark in place of a value"]["rows"] == "rows 4, 5"
    assert broken["mark in place of a value"]["file"] == "observations.csv"
    assert broken["value off the scale"]["rows"] == "row 2"
    text = page.get_text(" ")
    assert all(name in text for name in broken)


def test_no_value_and_no_id_is_told(tmp_path: Path) -> None:
    made(tmp_path, **BAD)
    for path in (tmp_path / "out").iterdir():
        told = path.read_text(encoding="utf-8-sig")
        assert not [secret for secret in SECRETS if secret in told]


def test_what_blocks_is_said_and_nothing_is_counted(tmp_path: Path) -> None:
    looked, page, _ = made(tmp_path, providers="provider_id,name,type\n")
    assert looked.blocked
    assert "Something blocks a report." in page.get_text(" ")
    assert looked.reports["can"].tolist() == ["no"]
    assert page.find("figure") is None


def test_what_reports_can_tell_follows_from_the_data(tmp_path: Path) -> None:
    can = made(tmp_path)[0].reports.set_index("what")["can"]
    assert can["Where learners succeed and where they meet hurdles"] == "yes"
    assert can["Which groups of learners a hurdle affects most"] == "yes"
    assert can["Wellbeing"] == can["Local knowledge beside the data"] == "no"
    assert can["The same learners from step to step"] == "no"
    sample = health.look(SAMPLE).reports.set_index("what")["can"]
    assert set(sample) == {"yes"}


def test_coverage_is_that_of_the_tables(tmp_path: Path) -> None:
    # Counted by hand: of three enrolled at S1 in 2025 at levels that reading covers one has a result.
    enrolments = "learner_id,provider_id,year,year_level\n7,S1,2025,5\n8,S1,2025,6\n9,S1,2025,8\n"
    results = "learner_id,provider_id,year,measure,value\n7,S1,2025,reading,at\n"
    looked, page, _ = made(tmp_path, enrolments=enrolments, observations=results)
    whole = looked.coverage[looked.coverage["group"] == ""]
    assert whole[["eligible", "assessed"]].sum().tolist() == [3, 1]
    (row,) = (tr for tr in page.find_all("tr") if "Kōwhai, Reading" in tr.get_text())
    assert [cell.get_text() for cell in row.find_all("td")] == ["3", "1", "33%"]
    assert "Assessed at least 10 points less often" in page.get_text(" ")


def test_the_command_writes_the_page_and_says_what_blocks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c").mkdir()
    community = folder(tmp_path / "c", providers="provider_id,name,type\n")
    assert cli.main(["check", str(community), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().out
    assert "Problems block a report." in said
    assert re.search(r"data-health\.html\s*$", said)
    assert (tmp_path / "out" / health.PAGE).is_file()
