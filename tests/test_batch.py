"""Many reports at once: good ones among bad ones, disturbed in every way, and none lost."""

from __future__ import annotations

import csv
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from batches import SHOWS, community, made, notebook, plan
from bs4 import BeautifulSoup

from colanalysis import cli, deliver, ledger, release, report
from colanalysis.batching import index, journal, make, run
from colanalysis.batching.journal import Entry
from colanalysis.batching.plan import Job, read
from colanalysis.batching.work import Limits
from colanalysis.errors import ReleaseError, UsageError
from colanalysis.terms import settings

pytestmark = pytest.mark.slow
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals are sent as they are there")
SECRET = "00417 scored 54.37"
QUICK = "quick.ipynb"
BAD = [
    {"community": "rata", "provider": "S08", "colour": "red"},
    {"community": "rata", "provider": "S09", "notebook": QUICK, "often": "often"},
    {"community": "none", "provider": "S10", "notebook": QUICK},
    {"community": "rata", "provider": "S11", "notebook": "raises.ipynb"},
    {"community": "rata", "provider": "S13", "notebook": "hungry.ipynb"},
]
GOOD = [
    {"community": "rata", "provider": "S01", "notebook": QUICK, "often": "3"},
    {"community": "rata", "provider": "S02", "notebook": QUICK, "colour": "007"},
    {"community": "kauri"},
    {"community": "kauri", "provider": "S01", "audience": "provider", "notebook": QUICK},
]
MORE = [
    {"community": "kauri", "provider": f"S{n:02d}", "audience": audience, "notebook": QUICK}
    for audience in ("public", "governance")
    for n in range(1, 11)
]
NEVER = {"community": "rata", "provider": "S12", "notebook": "never.ipynb"}
REFUSED = {"2", "3", "4"}
FAILED = {
    "rata/providers/S11": "raises.ipynb: cell 3 stopped with ValueError. Open the notebook in "
    "JupyterLab and run it to see why.",
    "rata/providers/S13": "asked for more memory than allowed",
}
PROTOCOL = '[privacy]\npurpose = "why"\napprover = "who"\nexpires = 2999-12-31\n'


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("batch")
    community(folder / "rata")
    community(folder / "kauri", more=PROTOCOL)
    notebook(folder / QUICK)
    notebook(folder / "raises.ipynb", f'raise ValueError("{SECRET}")')
    notebook(folder / "never.ipynb", "while True:\n    pass")
    notebook(folder / "hungry.ipynb", "kept = [bytearray(2**28) for _ in range(100)]")
    plan(folder / "nine.csv", [*BAD, *GOOD])
    return folder


def with_bad_ones(here: Path, name: str, *, seconds: float) -> pd.DataFrame:
    """What became of a plan with bad rows, four reports at a time."""
    asked = read(here / f"{name}.csv", out=here / name)
    return run.batch(asked, out=here / name, jobs=4, limits=Limits(seconds, gib=1))


@pytest.fixture(scope="module")
def nine(here: Path) -> pd.DataFrame:
    """What became of nine rows, of which five are bad."""
    return with_bad_ones(here, "nine", seconds=500)


@pytest.fixture(scope="module")
def out(here: Path, nine: pd.DataFrame) -> Path:
    """The folder in which four reports of nine were made."""
    assert len(nine) == 9
    return here / "nine"


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "colanalysis", "batch", *words]


def once(here: Path, *rows: dict[str, str], out: Path, jobs: int = 2, resume: bool = True):
    asked = read(plan(here / f"{out.name}.csv", rows), out=out)
    return run.batch(asked, out=out, jobs=jobs, resume=resume)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_bad_rows_are_told_before_anything_is_started(here, tmp_path, capsys):
    assert cli.main(["batch", str(here / "nine.csv"), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert set(re.findall(r"nine\.csv, row (\d+):", said)) == REFUSED
    assert "Nothing was started." in said
    assert not (tmp_path / "out").exists()


def whole(told: pd.DataFrame, out: Path, failures: dict[str, str]) -> None:
    """See that all good ones were made, all bad ones told, and no other page is there."""
    assert set(told.loc[told["state"] == "refused", "row"]) == {f"row {n}" for n in REFUSED}
    failed = told[told["state"] == "failed"]
    assert dict(zip(failed["report"], failed["why"], strict=True)) == failures
    pages = list(out.rglob(deliver.PAGE))
    assert {path.parent.relative_to(out).as_posix() for path in pages} == set(
        told.loc[told["state"] == "done", "report"]
    )
    for path in pages:
        assert path.read_bytes().endswith(b"<!-- complete -->")
        beside = {one.name for one in path.parent.iterdir()}
        assert beside >= {"release.json", "run.json", "findings.csv", "tables"}
    assert not any((out / one).exists() for one in failures)


def test_the_good_ones_are_made_and_the_bad_ones_told(nine, out):
    assert nine["state"].value_counts().to_dict() == {"done": 4, "refused": 3, "failed": 2}
    whole(nine, out, FAILED)


@pytest.mark.calibration
def test_of_thirty_with_six_bad_ones_twenty_four_are_made(here):
    plan(here / "thirty.csv", [*BAD, NEVER, *GOOD, *MORE])
    told = with_bad_ones(here, "thirty", seconds=90)
    assert told["state"].value_counts().to_dict() == {"done": 24, "refused": 3, "failed": 3}
    late = {"rata/providers/S12": "took longer than 90 seconds"}
    whole(told, here / "thirty", FAILED | late)


def test_what_a_notebook_is_told_stands_in_its_page(out):
    for place, words, times in (("S01", "red", 3), ("S02", "007", 1)):
        path = out / "rata" / "providers" / place / deliver.PAGE
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        assert len(page.main.find_all("p", string=f"{place} {words}")) == times


def test_the_table_and_a_log_for_each_tell_the_same_and_no_data(here, nine, out):
    table = rows_of(out / index.TABLE)
    assert [row["report"] for row in table] == list(nine["report"])
    assert [row["why"] for row in table] == list(nine["why"])
    for row in nine[nine["report"] != ""].to_dict("records"):
        log = (out / "logs" / f"{row['report']}.log").read_text(encoding="utf-8")
        assert row["why"] in log
    told = "".join(
        path.read_text(encoding="utf-8")
        for path in out.rglob("*")
        if path.suffix in (".log", ".csv", ".html")
    )
    assert not [words for words in (SECRET, "Traceback", str(here)) if words in told]


def test_the_index_leads_to_every_page_and_says_why_the_others_are_not_there(nine, out):
    page = BeautifulSoup((out / index.PAGE).read_text(encoding="utf-8"), "html.parser")
    links = [link["href"] for link in page.find_all("a") if link["href"].endswith(deliver.PAGE)]
    assert set(links) == {
        f"{one}/{deliver.PAGE}" for one in nine.loc[nine["state"] == "done", "report"]
    }
    assert all((out / link).is_file() for link in links)
    assert [heading.get("id") for heading in page.find_all("h2")] == [
        "not-made", "community-kauri", "community-rata",
    ]  # fmt: skip
    first = page.find(id="not-made").find_next("table").get_text(" ")
    assert all(why in first for why in [*FAILED.values(), "none: found no such folder"])
    assert "4 of 9 reports were made; 5 were not." in page.get_text()
    assert not page.find_all("script")


def test_an_index_of_five_hundred_reports_is_light(nine, tmp_path):
    (tmp_path / journal.FOLDER).mkdir()
    many = pd.concat([nine] * 56, ignore_index=True).head(500)
    many["report"] = [f"{one}-{place}" for place, one in enumerate(many["report"])]
    assert index.write(many, tmp_path).stat().st_size < 1_000_000


def test_nothing_private_is_left_beside_the_journal(out):
    assert {path.name for path in (out / journal.FOLDER).iterdir()} == {journal.FILE}


def reports(out: Path) -> dict[str, bytes]:
    """Every file of every report, by its name."""
    return {name: data for name, data in made(out).items() if name != index.PAGE}


def test_what_is_done_is_left_and_what_was_changed_is_made_again(here, out, tmp_path):
    mine = tmp_path / "out"
    first = once(here, GOOD[1], out=mine, jobs=1)
    (page,) = mine.rglob(deliver.PAGE)
    stood, whole_page = page.stat().st_mtime_ns, page.read_bytes()
    assert whole_page == (out / page.relative_to(mine)).read_bytes()
    pd.testing.assert_frame_equal(once(here, GOOD[1], out=mine), first)
    assert page.stat().st_mtime_ns == stood
    with page.open("a", encoding="utf-8") as file:
        file.write("more")
    once(here, GOOD[1], out=mine)
    assert page.read_bytes() == whole_page


def test_done_is_what_follows_from_the_same(tmp_path, monkeypatch):
    (tmp_path / deliver.PAGE).write_text("page", encoding="utf-8")
    release_file, told = tmp_path / "release.json", notebook(tmp_path / QUICK)
    release_file.write_text("release", encoding="utf-8")
    own, draft = notebook(tmp_path / "own.ipynb"), tmp_path / deliver.EARLIER
    draft.write_text("another release", encoding="utf-8")
    job = Job(
        "t", "row 2", tmp_path, "t", "Test", notebook=told, values={"often": 1}, own=(own,)
    )  # fmt: skip

    def same(job: Job = job) -> bool:
        return run._stands(entry, run._fingerprint(job, tmp_path, False), tmp_path)

    page = (tmp_path / deliver.PAGE).read_bytes()
    mark = run._fingerprint(job, tmp_path, False)
    entry = Entry("t", run.DONE, mark, hashlib.sha256(page).hexdigest())
    assert same()
    assert run._fingerprint(job, tmp_path, True) != mark
    assert not same(replace(job, values={"often": 2}))
    with monkeypatch.context() as patch:
        patch.setattr(run.program, "digest", lambda *_: b"another program")
        assert not same()
    for path in (release_file, draft, told, own, tmp_path / deliver.PAGE):
        before = path.read_bytes()
        path.write_bytes(before + b" ")
        assert not same(), path.name
        path.write_bytes(before)
    assert same()
    for kind, file in (("sheet", deliver.ONE_PAGE), ("pdf", deliver.PAPER)):
        assert not run._stands(entry, mark, tmp_path, **{kind: True}), file
    (tmp_path / deliver.ONE_PAGE).write_text("sheet", encoding="utf-8")
    assert run._stands(entry, mark, tmp_path, sheet=True)


def test_a_communitys_own_section_is_in_its_reports_and_a_changed_one_is_made_again(tmp_path):
    chosen = '[report]\nsections = ["ours.ipynb", "behind"]\n'
    folder, mine = tmp_path / "rimu", tmp_path / "out"
    community(folder, providers=3, learners=60, more=chosen)
    asked = [{"community": "rimu"}, {"community": "rimu", "provider": "S02"}]
    ours = notebook(folder / "ours.ipynb", "1", parameters='name: str = ""')
    refused = read(plan(tmp_path / "out.csv", asked), out=mine).refused
    assert "ours.ipynb: found no parameter release" in refused[0].why
    for words in ("red", "blue"):
        shows = SHOWS.replace("{colour}", words)
        notebook(ours, shows, parameters='release: str = ""\noften: int = 1')
        told = once(tmp_path, *asked, out=mine)
        assert set(told["state"]) == {run.DONE}
        for place, provider in (("rimu", ""), ("rimu/providers/S02", "S02")):
            page = BeautifulSoup((mine / place / deliver.PAGE).read_bytes(), "html.parser")
            assert page.find("h2").get_text() == "A quick page"
            assert page.find("p", string=f"{provider} {words}")
    before = {path: path.stat().st_mtime_ns for path in mine.rglob(deliver.PAGE)}
    once(tmp_path, *asked, out=mine)
    assert {path: path.stat().st_mtime_ns for path in mine.rglob(deliver.PAGE)} == before


def test_a_report_of_a_batch_is_the_report_by_itself(here, out, tmp_path):
    alone = report.write(here / "kauri", out=tmp_path / "alone").parent
    all_ = made(out / "kauri")
    assert {name: all_[name] for name in made(alone)} == made(alone)


@pytest.fixture(scope="module")
def known(small, tmp_path_factory):
    """A small community's folder in which the ledger of its public report lies."""
    folder = tmp_path_factory.mktemp("known") / "folder"
    shutil.copytree(small.folder, folder)
    nothing = ledger.Book(settings.read(folder))
    ledger.write(ledger.added(nothing, small.gathered, release.NOTHING, small.ready))
    return folder


def jobs_of(folder: Path, *asked: tuple[str, str], staging: Path) -> list[tuple[Job, Path]]:
    return [
        (Job(f"{n}", "row 2", folder, "t", "Test", provider, "", audience), staging / f"{n}")
        for n, (provider, audience) in enumerate(asked)
    ]


def test_all_releases_of_a_community_stand_in_its_ledger_at_once(known, small, tmp_path):
    shutil.copytree(known, tmp_path / "own")
    asked = [("", "public"), ("P2", "public"), ("P2", "provider"), ("", "governance")]
    jobs = jobs_of(tmp_path / "own", *asked, staging=tmp_path)
    make.releases(tmp_path / "own", jobs, tmp_path / "out")
    book = ledger.read(
        small.gathered.community.__class__(folder=tmp_path / "own", id="t", name="T")
    )
    (entry,) = book.entries
    told = sorted((one["provider"], one["audience"]) for one in entry["releases"])
    assert told == sorted(asked)
    small.ready.write(tmp_path / "alone.json")
    assert (tmp_path / "0" / "release.json").read_bytes() == (tmp_path / "alone.json").read_bytes()


def test_where_one_release_is_refused_nothing_of_the_community_is_told(
    known, tmp_path, monkeypatch
):
    before = (known / ledger.FILE).read_bytes()
    seal = release.seal

    def sealed(gathered, *, audience, **others):
        if audience == "governance":
            raise ReleaseError("no")
        return seal(gathered, audience=audience, **others)

    monkeypatch.setattr(release, "seal", sealed)
    asked = jobs_of(known, ("", "public"), ("", "governance"), staging=tmp_path)
    with pytest.raises(ReleaseError):
        make.releases(known, asked, tmp_path / "out")
    assert (known / ledger.FILE).read_bytes() == before


def test_a_community_that_is_refused_fails_all_its_reports_and_no_others(known, here, tmp_path):
    shutil.copytree(known, tmp_path / "bad")
    shutil.copytree(here / "rata", tmp_path / "rata")
    shutil.copy(here / QUICK, tmp_path)
    (tmp_path / "bad" / ledger.FILE).write_text('{"entries": [], "seal": ""}', encoding="utf-8")
    asked = [
        {"community": one, "provider": provider, "notebook": QUICK}
        for one, provider in (("bad", ""), ("bad", "P1"), ("rata", "S01"))
    ]
    told = once(tmp_path, *asked, out=tmp_path / "out")
    assert told["state"].tolist() == ["failed", "failed", "done"]
    assert told["why"].str.contains("this is not the ledger").tolist() == [True, True, False]
    assert not (tmp_path / "out" / "t").exists()


def heard(batch: subprocess.Popen, words: str) -> None:
    """Wait until a batch has said something."""
    for line in batch.stderr:
        if words in line:
            return
    raise AssertionError("the batch ended first")


def started(here: Path, out: Path, *more: str, jobs: int = 2) -> subprocess.Popen:
    words = command(str(here / "few.csv"), "--out", str(out), "--jobs", str(jobs), *more)
    return subprocess.Popen(words, stderr=subprocess.PIPE, text=True, encoding="utf-8")


@POSIX
def test_stopped_killed_and_gone_on_with_every_report_is_there_byte_for_byte(here, out, tmp_path):
    plan(here / "few.csv", [*reversed(GOOD[:3])])
    disturbed = tmp_path / "out"
    batch = started(here, disturbed)
    heard(batch, "1 of 3")
    with pytest.raises(UsageError, match="another batch is at work there"):
        read(here / "few.csv", out=disturbed)
    batch.send_signal(signal.SIGINT)
    assert "colanalysis: stopped" in batch.communicate()[1]
    assert batch.returncode == 130
    with journal.opened(disturbed) as book:
        assert {one.state for one in book.entries().values()} == {"done", "stopped"}
    assert {path.name for path in (disturbed / journal.FOLDER).iterdir()} == {journal.FILE}
    batch = started(here, disturbed, "--resume")
    heard(batch, "Rata: decided")
    batch.kill()
    batch.communicate()
    told = run.batch(read(here / "few.csv", out=disturbed), out=disturbed, jobs=2, resume=True)
    assert set(told["state"]) == {"done"}
    mine, all_ = reports(disturbed), made(out)
    assert len([name for name in mine if name.endswith(deliver.PAGE)]) == 3
    assert {name: all_[name] for name in mine} == mine


@POSIX
@pytest.mark.calibration
def test_over_earlier_drafts_a_batch_that_was_killed_ends_as_one_that_was_not(tmp_path):
    folder = community(tmp_path / "rata", providers=3, learners=90)
    shows = "from colanalysis import changes, sealed\nchanges.since(sealed.read(release), earlier)"
    words = 'release: str = ""  # the release\nearlier: str = ""  # the draft before'
    notebook(tmp_path / "drafts.ipynb", shows, parameters=words)
    asked = [
        {"community": "rata", "provider": one, "notebook": "drafts.ipynb"}
        for one in ("S01", "S02", "S03")
    ]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    once(tmp_path, *asked, out=whole, jobs=1)
    assert not list(whole.rglob(deliver.EARLIER))
    shutil.copytree(whole, killed)
    table = pd.read_csv(folder / "observations.csv")
    table.drop(index=table.index[-30:]).to_csv(folder / "observations.csv", index=False)
    before = {path.parent: path.read_bytes() for path in killed.rglob("release.json")}
    once(tmp_path, *asked, out=whole, jobs=1)
    plan(tmp_path / "few.csv", asked)
    for words in ("Rata: decided", "2 of 3"):
        batch = started(tmp_path, killed, "--resume", jobs=1)
        heard(batch, words)
        batch.kill()
        batch.communicate()
    once(tmp_path, *asked, out=killed, jobs=1)
    assert reports(killed) == reports(whole)
    for place, release_file in before.items():
        assert (place / deliver.EARLIER).read_bytes() == release_file
        assert "What changed since the last draft?" in (place / deliver.PAGE).read_text("utf-8")
    # Asked for once more, all are as they were.
    once(tmp_path, *asked, out=killed, jobs=1, resume=False)
    assert reports(killed) == reports(whole)


@POSIX
@pytest.mark.calibration
def test_fifty_reports_killed_twenty_times_are_all_there_byte_for_byte(here, tmp_path):
    everybody = [{"community": "rata", "provider": "*"}, {"community": "kauri", "provider": "*"}]
    own = {"community": "kauri", "provider": "*", "audience": "provider"}
    rows = [row | {"notebook": QUICK} for row in (*everybody, own)]
    more = [{"community": "kauri", "audience": "governance", "notebook": QUICK}]
    more += [row | more[0] for row in ({"provider": f"S{n:02d}"} for n in range(1, 6))]
    plan(here / "few.csv", [*rows, *more])
    batch = started(here, tmp_path / "whole")
    batch.communicate()
    assert batch.returncode == 0
    whole = made(tmp_path / "whole")
    assert len([name for name in whole if name.endswith(deliver.PAGE)]) == 50
    chance = random.Random(20)
    for kills in range(20):
        batch = started(here, tmp_path / "killed", "--resume", jobs=chance.choice([1, 2, 4]))
        # By what it says and not by the clock, so that a slow machine is killed as far on.
        for _ in range(chance.randint(0, 7)):
            batch.stderr.readline()
        time.sleep(chance.uniform(0, 0.1))
        assert batch.poll() is None, f"it was done after {kills} kills"
        batch.kill()
        batch.communicate()
        for path in (tmp_path / "killed").rglob(deliver.PAGE):
            name = path.relative_to(tmp_path / "killed").as_posix()
            if ".batch" not in name:
                assert path.read_bytes() == whole[name]
    batch = started(here, tmp_path / "killed", "--resume")
    batch.communicate()
    assert batch.returncode == 0
    assert made(tmp_path / "killed") == whole


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_the_index_is_accessible_and_fits(out, chromium, width):
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=quiet)
        view = browser.new_page(viewport={"width": width, "height": 844}, bypass_csp=True)
        asked: list[str] = []
        view.on("request", lambda request: asked.append(request.url))
        view.goto((out / index.PAGE).as_uri())
        found = Axe().run(view)
        wide = view.evaluate("document.documentElement.scrollWidth")
        view.click("text=School S01")
        inside = view.title()
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert [v["id"] for v in found.response["violations"]] == []
    assert wide <= width
    assert "challenge evidence" in inside
