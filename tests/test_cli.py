import subprocess
import sys
from argparse import Namespace

import pytest

from colanalysis.cli import main
from colanalysis.errors import UsageError

PROVIDERS = "provider_id,name,type\n1,Kōwhai School,primary\n"
SETTINGS = '[community]\nid = "t"\nname = "Test"\n'


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "community"
    made.mkdir()
    (made / "community.toml").write_text(SETTINGS, encoding="utf-8")
    (made / "providers.csv").write_text(PROVIDERS, encoding="utf-8")
    return made


def run(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_what_follows_lab_is_passed_on_and_elsewhere_it_is_wrong_use(capsys, monkeypatch):
    begun = []
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: begun.append(command) or Namespace(returncode=0)
    )
    assert main(["lab", "--no-browser", "--port", "8899"]) == 0
    assert begun[0][-3:] == ["--no-browser", "--port", "8899"]
    with pytest.raises(SystemExit, match="2"):
        main(["check", "folder", "--port", "8899"])
    assert "unrecognized arguments: --port 8899" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["many", "0", "-1", "nan"])
def test_a_time_that_is_none_is_wrong_use(capsys, seconds):
    with pytest.raises(SystemExit, match="2"):
        main(["batch", "plan.csv", f"--seconds={seconds}"])
    assert "--seconds: expected a number above 0" in capsys.readouterr().err


def test_a_folder_that_does_not_exist_is_wrong_use(capsys, tmp_path):
    status, out, err = run(capsys, "report", tmp_path / "none")
    assert (status, out) == (2, "")
    assert "found no such folder" in err
    assert "Traceback" not in err


def test_a_table_without_a_required_column_blocks_and_nothing_is_written(capsys, folder, tmp_path):
    (folder / "enrolments.csv").write_text("learner_id,year\n007,2025\n", encoding="utf-8")
    status, _, err = run(capsys, "report", folder, "--out", tmp_path / "out")
    assert status == 1
    assert "enrolments.csv" in err
    assert "provider_id" in err
    assert "007" not in err
    assert not (tmp_path / "out").exists()


def test_an_unknown_measure_blocks(capsys, folder):
    row = "007,1,2025,telepathy,3\n"
    head = "learner_id,provider_id,year,measure,value\n"
    (folder / "observations.csv").write_text(head + row, encoding="utf-8")
    status, out, _ = run(capsys, "check", folder, "--out", folder.parent / "health")
    assert status == 1
    assert "measure" in out
    assert "007" not in out


def test_a_sound_folder_passes_the_check(capsys, folder):
    status, out, _ = run(capsys, "check", folder, "--out", folder.parent / "health")
    assert status == 0
    assert "Nothing blocks" in out


def test_a_year_without_data_is_wrong_use(capsys, folder):
    status, _, err = run(capsys, "find", folder, "--year", 2020)
    assert status == 2
    assert "no data for year 2020" in err


def test_an_unknown_provider_is_wrong_use_naming_those_that_exist(capsys, folder):
    status, _, err = run(capsys, "report", folder, "--provider", "99")
    assert status == 2
    assert "This community has: 1" in err


def test_a_wrong_setting_is_named(capsys, folder):
    text = SETTINGS + "[settings]\nsmalest_group = 5\n"
    (folder / "community.toml").write_text(text, encoding="utf-8")
    status, _, err = run(capsys, "check", folder, "--out", folder.parent / "health")
    assert status == 1
    assert "smalest_group" in err
    assert "smallest_group" in err


@pytest.mark.parametrize("words", [["reprot"], ["report"], ["report", "x", "--audience", "all"]])
def test_a_wrong_command_ends_with_two(words):
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2


def test_new_starts_a_folder_that_can_be_checked(capsys, tmp_path):
    status, out, _ = run(capsys, "new", tmp_path / "fresh")
    assert status == 0
    assert str(tmp_path / "fresh") in out
    assert (tmp_path / "fresh" / "community.toml").is_file()


TARGETS = "target,baseline_n,baseline_of,target_percent,extra_learners\n"


@pytest.mark.parametrize(
    ("row", "status", "words"),
    [
        ("T,63,141,60,22\n", 0, "T: possible; learners 141"),
        ("T,63,141,60,21\n", 0, "1 learner short"),
        ("T,63,141,60,30\n", 1, "T: impossible"),
        ("T,63,141,160,30\n", 2, "plan.csv row 2 target_percent"),
    ],
)
def test_published_targets_are_audited(capsys, tmp_path, row, status, words):
    plan = tmp_path / "plan.csv"
    plan.write_text(TARGETS + row, encoding="utf-8")
    ended, out, err = run(capsys, "audit", plan)
    assert ended == status
    assert words in out + err


def test_a_target_is_worked_out_in_learners(capsys, tmp_path):
    schools = tmp_path / "schools.csv"
    schools.write_text("school,n,of\nKōwhai,20,50\nTōtara,43,91\n", encoding="utf-8")
    words = ["--measure", "reading_judgement", "--from-year", "2024", "--year", "2099"]
    status, out, _ = run(capsys, "target", "--schools", schools, "--to", "60", *words)
    assert status == 0
    assert "From 63 of 141 (44.7 %) to 60 %" in out
    assert "Tōtara" in out
    assert "The yardstick changes" in out
    status, out, _ = run(capsys, "target", "--now", "20/100", "--by-percent", "5")
    assert (status, "to 21 %" in out) == (0, True)
    status, out, _ = run(capsys, "target", "--now", "20/100", "--by-points", "5")
    assert (status, "to 25 %" in out) == (0, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--now", "63/141", "--to", "40"], "above the baseline"),
        (["--now", "0/0", "--to", "40"], "0 learners"),
        (["--now", "1/2", "--to", "60", "--year", "2024"], "or later"),
        (["--now", "1/2", "--to", "60", "--measure", "telepathy"], "reading_judgement"),
        (["--now", "1/2", "--to", "60", "--rounding", "up"], "nearest, reaches, reads as"),
    ],
)
def test_a_target_that_cannot_be_is_wrong_use(capsys, words, said):
    status, out, err = run(capsys, "target", *words)
    assert (status, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_a_baseline_is_written_as_a_part_of_a_whole():
    with pytest.raises(SystemExit) as stopped:
        main(["target", "--now", "63", "--to", "60"])
    assert stopped.value.code == 2


def test_help_loads_none_of_the_heavy_libraries():
    code = (
        "import sys\nfrom colanalysis.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'pandas', 'numpy', 'matplotlib', 'papermill'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert said.stdout.strip().endswith("[]")


def test_an_error_that_quotes_a_file_cannot_steer_a_terminal():
    told = UsageError("no \x1b[31mred\x1b[0m folder", where="a\x07.csv", remedy="Look\x9b2J again.")
    assert str(told) == "a.csv: no [31mred[0m folder. Look2J again."
