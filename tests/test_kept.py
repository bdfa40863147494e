"""Checked tables are taken again only where everything is as it was, and are then the same."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from colanalysis import check, custody, kept, load
from colanalysis.check import Checked
from colanalysis.terms import settings

SAMPLE = Path(__file__).parent.parent / "data" / "sample"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, as a community of learners who exist, with what was kept of it."""
    folder = tmp_path_factory.mktemp("kept") / "community"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns(kept.FOLDER))
    some = set(pd.read_csv(folder / "learners.csv", dtype=str)["learner_id"].iloc[:200])
    for name in ("learners", "enrolments", "observations"):
        rows = pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
        rows[rows["learner_id"].isin(some)].to_csv(folder / f"{name}.csv", index=False)
    text = (folder / "community.toml").read_text(encoding="utf-8")
    (folder / "community.toml").write_text(text.replace("made_up = true", ""), encoding="utf-8")
    kept.checked(folder)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "community"))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Each folder that is read from its files."""
    told: list[Path] = []
    true = load.community

    def community(folder: Path) -> load.Loaded:
        told.append(folder)
        return true(folder)

    monkeypatch.setattr(load, "community", community)
    return told


def kept_in(folder: Path) -> Path:
    (found,) = (folder / kept.FOLDER).iterdir()
    return found


def assert_same(one: Checked, other: Checked) -> None:
    assert set(one.frames) == set(other.frames)
    for name, rows in one.frames.items():
        pd.testing.assert_frame_equal(rows, other.frames[name], check_categorical=False)
        assert rows.dtypes.astype(str).equals(other.frames[name].dtypes.astype(str))
    for name in ("problems", "rows", "inputs"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


def test_what_was_kept_is_what_reading_and_checking_give(folder: Path, reads: list[Path]) -> None:
    # A folder that lies elsewhere is another one: paths are part of what the tables follow from.
    kept.checked(folder)
    again = kept.checked(folder)
    assert reads == [folder]
    assert_same(again, check.tables(load.community(folder)))
    assert len(again.frames["observations"]) > 1_000


def mended(folder: Path) -> None:
    path = folder / "observations.csv"
    path.write_bytes(path.read_bytes().replace(b",above,", b",below,", 1))


def added(folder: Path) -> None:
    (folder / "observation.csv").write_text("learner_id\n", encoding="utf-8")


def told(folder: Path) -> None:
    path = folder / "community.toml"
    path.write_text(path.read_text(encoding="utf-8") + "# said\n", encoding="utf-8")


def described(folder: Path) -> None:
    (folder / "profiles").mkdir()
    (folder / "profiles" / "own.toml").write_text('reader = "tidy"\n', encoding="utf-8")


def rekeyed(folder: Path) -> None:
    custody.rotate(settings.read(folder))


def damaged(folder: Path) -> None:
    path = kept_in(folder) / "table-observations.parquet"
    bytes_ = bytearray(path.read_bytes())
    bytes_[len(bytes_) // 2] ^= 1
    path.write_bytes(bytes_)


def cut(folder: Path) -> None:
    path = kept_in(folder) / "problems.parquet"
    path.write_bytes(path.read_bytes()[:-9])


def lost(folder: Path) -> None:
    (kept_in(folder) / "table-survey.parquet").unlink()


@pytest.mark.parametrize(
    "change",
    [mended, added, told, described, rekeyed, damaged, cut, lost],
    ids=lambda c: c.__name__,
)
def test_anything_that_changes_makes_it_be_read_again(
    change: Callable[[Path], None], folder: Path, reads: list[Path]
) -> None:
    kept.checked(folder)
    change(folder)
    found = kept.checked(folder)
    assert reads == [folder, folder]
    assert_same(found, check.tables(load.community(folder)))
    assert len(list((folder / kept.FOLDER).iterdir())) == 1


def test_the_next_day_it_is_read_again(
    folder: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tomorrow(datetime.date):
        @classmethod
        def today(cls) -> datetime.date:
            return datetime.date(2031, 1, 2)

    kept.checked(folder)
    monkeypatch.setattr(kept, "date", Tomorrow)
    kept.checked(folder)
    assert reads == [folder, folder]


def test_another_program_reads_again(
    folder: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.checked(folder)
    monkeypatch.setattr(kept.program, "digest", lambda *_: b"another")
    kept.checked(folder)
    assert reads == [folder, folder]


def test_where_nothing_can_be_written_nothing_is_kept(folder: Path, reads: list[Path]) -> None:
    shutil.rmtree(folder / kept.FOLDER)
    (folder / kept.FOLDER).write_text("a file in its place", encoding="utf-8")
    assert_same(kept.checked(folder), kept.checked(folder))
    assert reads == [folder, folder]
    assert (folder / kept.FOLDER).read_text(encoding="utf-8") == "a file in its place"


def test_only_the_owner_may_look_and_no_id_is_kept(whole: Path) -> None:
    assert (whole / kept.FOLDER).stat().st_mode & 0o777 == 0o700
    ids = set(pd.read_csv(whole / "learners.csv", dtype=str)["learner_id"])
    tables = [pq.read_table(path).to_pandas() for path in kept_in(whole).glob("*.parquet")]
    texts = {
        text
        for table in tables
        for name in table.select_dtypes(exclude="number")
        for text in table[name].astype(str).unique()
    }
    assert len(ids) == 200
    assert not ids & texts


def test_of_a_made_up_community_nothing_is_kept(folder: Path, reads: list[Path]) -> None:
    shutil.rmtree(folder / kept.FOLDER)
    path = folder / "community.toml"
    text = path.read_text(encoding="utf-8").replace("[community]", "[community]\nmade_up = true")
    path.write_text(text, encoding="utf-8")
    assert_same(kept.checked(folder), kept.checked(folder))
    assert reads == [folder, folder]
    assert not (folder / kept.FOLDER).exists()


def test_what_blocks_is_not_kept(folder: Path, reads: list[Path]) -> None:
    shutil.rmtree(folder / kept.FOLDER)
    (folder / "providers.csv").write_text("provider_id,name,type\n", encoding="utf-8")
    assert len(kept.checked(folder).blocking)
    assert not (folder / kept.FOLDER).exists()
    kept.checked(folder)
    assert reads == [folder, folder]
