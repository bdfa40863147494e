"""What a school hands over holds pseudonyms, and is whole or not there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from aliases import alias

from colanalysis import check, deliver, hand_over, load
from colanalysis.cli import main
from colanalysis.errors import DataError, UsageError

SETTINGS = '[community]\nid = "t"\nname = "Test"\nyear = 2025\n'
TABLES = {
    "providers": "provider_id,name,type,latitude\nS1,=Kōwhai School,primary,-36.850\n",
    "learners": "learner_id,First name,gender,ell,hobby\n"
    + "".join(f"{1000 + n},CANARY,x,yes,hobby {n}\n" for n in range(30)),
    "enrolments": "learner_id,provider_id,year\n1000,S1,2025\n1001,S1,2025\n1.0E+03,S1,2025\n",
    "observations": "learner_id,provider_id,year,measure,value\n1001,S1,2025,m,-3\n,S1,2025,m,1\n",
    "survey": "provider_id,year,measure,value,learner_id,said\n"
    + "".join(f"S1,2025,m,2,CANARY,CANARY {n}\n" for n in range(30)),
}


def school(folder: Path, **tables: str) -> Path:
    folder.mkdir()
    (folder / "community.toml").write_text(SETTINGS, encoding="utf-8")
    for name, text in {**TABLES, **tables}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def plain(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_tables_are_written_with_pseudonyms_and_without_names(tmp_path: Path) -> None:
    out = hand_over.tables(school(tmp_path / "school"), out=tmp_path / "deep" / "out")
    assert {path.name for path in out.iterdir()} == {f"{name}.csv" for name in TABLES}
    learners = plain(out / "learners.csv")
    assert list(learners) == ["learner_id", "gender", "ell"]
    assert learners["learner_id"].tolist() == [alias(str(1000 + n)) for n in range(30)]
    enrolled = [alias("1000"), alias("1001"), "psn-spoilt"]
    assert plain(out / "enrolments.csv")["learner_id"].tolist() == enrolled
    assert plain(out / "observations.csv")["learner_id"].tolist() == [alias("1001"), ""]
    assert list(plain(out / "survey.csv")) == ["provider_id", "year", "measure", "value"]
    everything = b"".join(path.read_bytes() for path in out.iterdir())
    assert not [word for word in (b"CANARY", b"1001", b"hobby", b"school/") if word in everything]


def test_numbers_stay_numbers_and_formulas_are_inert(tmp_path: Path) -> None:
    out = hand_over.tables(school(tmp_path / "school"), out=tmp_path / "out")
    assert plain(out / "providers.csv").iloc[0].tolist() == [
        "S1", "'=Kōwhai School", "primary", "-36.850",
    ]  # fmt: skip
    assert plain(out / "observations.csv")["value"].tolist() == ["-3", "1"]


def test_a_community_gets_the_same_tables_from_what_was_handed_over(
    tmp_path: Path, sample: Path
) -> None:
    community = hand_over.tables(sample, out=tmp_path / "community")
    shutil.copy(sample / "community.toml", community)
    first, then = (check.tables(load.community(one)) for one in (sample, community))
    assert len(first.frames["observations"]) > 10_000
    for name, rows in first.frames.items():
        pd.testing.assert_frame_equal(then.frames[name], rows)


def test_two_schools_with_one_key_know_the_same_learner(tmp_path: Path) -> None:
    first = school(tmp_path / "one")
    second = school(
        tmp_path / "two", learners="learner_id\n0001000\n", enrolments=TABLES["learners"]
    )
    (second / "enrolments.csv").write_text("learner_id,provider_id,year\n01000,S1,2024\n")
    given = [hand_over.tables(one, out=tmp_path / f"from {one.name}") for one in (first, second)]
    community = tmp_path / "community"
    (community / "enrolments").mkdir(parents=True)
    shutil.copy(first / "community.toml", community)
    shutil.copy(given[0] / "providers.csv", community)
    for one in given:
        shutil.copy(one / "enrolments.csv", community / "enrolments" / f"{one.name}.csv")
    raw = "learner_id,provider_id,year\n 1000,S1,2023\n"
    (community / "enrolments" / "raw.csv").write_text(raw, encoding="utf-8")
    checked = check.tables(load.community(community))
    rows = checked.frames["enrolments"]
    assert sorted(rows.loc[rows["learner_id"] == alias("1000"), "year"]) == [2023, 2024, 2025]
    assert checked.problems["rule"].tolist() == ["spoilt learner id"]


def test_a_folder_with_files_is_refused_and_stays(tmp_path: Path) -> None:
    folder, out = school(tmp_path / "school"), tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"--out"):
        hand_over.tables(folder, out=out)
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
    with pytest.raises(UsageError, match="new or an empty folder"):
        hand_over.tables(folder, out=out / "mine.txt")
    for inside in (folder, folder / "new"):
        with pytest.raises(UsageError, match="inside the folder"):
            hand_over.tables(folder, out=inside)
    (out / "mine.txt").unlink()
    assert hand_over.tables(folder, out=out) == out


def test_a_table_without_ids_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    folder = school(tmp_path / "school", enrolments="1000,S1,2025\n")
    with pytest.raises(DataError, match=r"enrolments\.csv") as caught:
        hand_over.tables(folder, out=tmp_path / "out")
    assert "1000" not in str(caught.value)
    assert sorted(tmp_path.iterdir()) == [folder]


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, written, write = school(tmp_path / "school"), [], deliver.write_csv

    def full(table: pd.DataFrame, path: Path) -> None:
        written.append(path)
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        write(table, path)

    monkeypatch.setattr(deliver, "write_csv", full)
    with pytest.raises(UsageError, match="No space left"):
        hand_over.tables(folder, out=tmp_path / "out")
    assert sorted(tmp_path.iterdir()) == [folder]


def test_the_command_says_where_the_tables_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = school(tmp_path / "school")
    assert main(["pseudonymise", str(folder), "--out", str(tmp_path / "out")]) == 0
    assert str(tmp_path / "out") in capsys.readouterr().out
    assert main(["pseudonymise", str(folder), "--out", str(tmp_path / "out")]) == 2
    assert "found files there" in capsys.readouterr().err
