"""Pages on paper: a PDF that can be read aloud, is the same each time, and asks nobody for anything."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from batches import community, notebook, plan
from bs4 import BeautifulSoup

from colanalysis import deliver, export, page, paper, report
from colanalysis.batching import index, run
from colanalysis.batching.plan import read
from colanalysis.errors import ReportError, UsageError
from colanalysis.executing import notebooks

POSIX = pytest.mark.skipif(
    os.name != "posix", reason="the stand-in for a browser is a shell script"
)
LONG = pd.DataFrame({"school": [f"School {n}" for n in range(120)], "learners": range(120)})


def written(folder: Path, title: str = "Te Awa Rere") -> Path:
    """A page with a folded table that is longer than a sheet."""
    folder.mkdir(exist_ok=True)
    numbers = page.table(LONG, caption="Learners of each school")
    pieces = [
        page.heading(1, "Where do learners succeed?", anchor="top"),
        page.paragraphs(["Ngā ākonga: most learners succeed."]),
        page.heading(2, "In numbers", anchor="numbers"),
        page.Html("<details><summary>Show the numbers</summary>{}</details>").format(numbers),
    ]
    path = folder / deliver.PAGE
    text = export.notebook(notebooks.showing(pieces), title=title)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def sheets(pdf: Path) -> list[str]:
    """What stands on each sheet."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not on PATH")
    told = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True)
    return told.stdout.decode("utf-8").split("\f")[:-1]


@pytest.fixture(scope="module")
def pdf(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return paper.printed(written(tmp_path_factory.mktemp("paper")), Path(chromium))


@pytest.mark.browser
def test_a_print_has_tags_a_title_a_language_and_an_outline(pdf: Path) -> None:
    told = pdf.read_bytes()
    catalog = re.search(rb"<</Type /Catalog.*?endobj", told, re.S)
    assert catalog is not None
    assert b"/Marked true" in catalog[0]
    assert b"/Lang (en-NZ)" in catalog[0]
    assert b"/StructTreeRoot" in catalog[0]
    assert b"/Outlines" in catalog[0]
    assert b"/DisplayDocTitle true" in catalog[0]
    assert b"/Title (Te Awa Rere)" in told
    for tag in (b"/S /H1", b"/S /H2", b"/S /TH", b"/S /TD", b"/Headers ["):
        assert tag in told


@pytest.mark.browser
def test_what_is_folded_on_the_screen_is_open_on_paper_under_headings_on_every_sheet(
    pdf: Path,
) -> None:
    found = sheets(pdf)
    assert len(found) > 2
    assert all(
        f"{n}/{len(found)}" in sheet.replace(" ", "") for n, sheet in enumerate(found, start=1)
    )
    assert all(re.search(r"School\s+Learners\n", sheet) for sheet in found)
    assert [name for name in LONG["school"] if name not in "".join(found)] == []
    assert "Show the numbers" not in "".join(found)


@pytest.mark.browser
def test_the_same_page_gives_the_same_bytes_and_they_tell_nothing_of_the_machine(
    pdf: Path, chromium: str, tmp_path: Path
) -> None:
    time.sleep(1.1)  # a PDF's time has whole seconds
    again = paper.printed(written(tmp_path / "elsewhere"), Path(chromium))
    assert again.read_bytes() == pdf.read_bytes()
    for word in (b"file:", b"Date", b"Mozilla", b"Linux", str(pdf.parent).encode()):
        assert word not in pdf.read_bytes()
    assert [path.name for path in again.parent.iterdir()] == [deliver.PAGE, again.name]


@pytest.mark.browser
def test_every_part_of_a_print_is_where_its_own_index_says(pdf: Path) -> None:
    told = pdf.read_bytes()
    start = int(re.findall(rb"startxref\n(\d+)", told)[-1])
    assert told[start:].startswith(b"xref")
    rows = re.findall(rb"(\d{10}) \d{5} ([nf]) ?\n", told[start:])
    places = [(number, int(at)) for number, (at, kind) in enumerate(rows) if kind == b"n"]
    assert len(places) > 100
    assert all(told[at:].startswith(b"%d 0 obj" % number) for number, at in places)


def test_times_are_blanks_and_cells_are_counted_from_one() -> None:
    def made(when: str, first: int) -> bytes:
        cells = " ".join(f"(node{first + more:08d})" for more in (0, 5, 2))
        return f"<</CreationDate (D:{when}+00'00')\n/ModDate (D:{when})>> [{cells}] (node)".encode()

    one, two = made("20260102030405", 95), made("20271231235959", 1007)
    assert paper._steady(one) == paper._steady(two)
    assert paper._steady(one).endswith(b"[(node00000001) (node00000006) (node00000003)] (node)")
    assert b"Date" not in paper._steady(one)
    assert len(paper._steady(one)) == len(one)


@pytest.mark.browser
@pytest.mark.parametrize("held", [True, False])
def test_nobody_is_asked_for_anything(
    held: bool, chromium: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            try:
                server.accept()[0].close()
            except OSError:
                return
            asked.set()

        threading.Thread(target=listen, daemon=True).start()
        path = tmp_path / "page.html"
        where = f"http://127.0.0.1:{server.getsockname()[1]}/a.png"
        path.write_text(f'<html lang="en"><title>T</title><h1>A</h1><img src="{where}">', "utf-8")
        if not held:
            # So it is known that whoever asked would be heard.
            free = [one for one in paper._ASKED if not one.startswith("--host-resolver")]
            monkeypatch.setattr(paper, "_ASKED", free)
        paper.printed(path, Path(chromium))
        assert asked.wait(0 if held else 5) is not held
        server.shutdown(socket.SHUT_RDWR)


# Which browser, and what becomes of one that does not print


@pytest.fixture
def no_browser(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine on whose path there is no browser."""
    monkeypatch.delenv(paper.NAMED, raising=False)
    monkeypatch.setattr(paper.shutil, "which", lambda _: None)
    monkeypatch.setattr(paper.sys, "platform", "linux")
    return monkeypatch


def test_without_a_browser_nothing_is_made_and_it_is_said_what_to_do(
    no_browser: pytest.MonkeyPatch, sample: Path, tmp_path: Path
) -> None:
    no_browser.setattr(report.evidence, "gather", lambda *_, **__: pytest.fail("work was begun"))
    with pytest.raises(UsageError, match=r"found no browser.*Edge.*Chrome.*COLANALYSIS_BROWSER"):
        report.write(sample, out=tmp_path / "out", pdf=True)
    asked = read(plan(tmp_path / "plan.csv", [{"community": str(sample)}]), out=tmp_path / "out")
    with pytest.raises(UsageError, match="found no browser"):
        run.batch(asked, out=tmp_path / "out", jobs=1, pdf=True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("system", "where"),
    [
        ("win32", "Microsoft/Edge/Application/msedge.exe"),
        ("win32", "Google/Chrome/Application/chrome.exe"),
        ("darwin", "Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    ],
)
def test_browsers_are_found_where_their_makers_put_them(
    no_browser: pytest.MonkeyPatch, tmp_path: Path, system: str, where: str
) -> None:
    no_browser.setattr(paper.sys, "platform", system)
    no_browser.setattr(Path, "home", lambda: tmp_path)
    no_browser.setenv("PROGRAMFILES", str(tmp_path))
    for name in ("PROGRAMFILES(X86)", "LOCALAPPDATA"):
        no_browser.delenv(name, raising=False)
    (tmp_path / where).parent.mkdir(parents=True)
    (tmp_path / where).touch()
    assert paper.browser() == tmp_path / where


def stand_in(tmp_path: Path, *lines: str) -> Path:
    """A program that is called like a browser; $pdf is where it is asked to print to."""
    path = tmp_path / "stand-in"
    asked = 'for one; do case "$one" in --print-to-pdf=*) pdf="${one#*=}";; esac; done'
    path.write_text("\n".join(["#!/bin/sh", asked, *lines, ""]), encoding="utf-8")
    path.chmod(0o700)
    return path


@POSIX
def test_a_browser_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paper.NAMED, str(stand_in(tmp_path)))
    assert paper.browser() == tmp_path / "stand-in"
    monkeypatch.setenv(paper.NAMED, str(tmp_path / "none"))
    with pytest.raises(UsageError, match="COLANALYSIS_BROWSER names a program that is not there"):
        paper.browser()


@POSIX
@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["exit 3"], "ended with status 3 and without a whole PDF"),
        (["printf '%%PDF-1.4 and no more' > $pdf"], "ended with status 0 and without a whole PDF"),
        (["printf '%%PDF-1.4 no tags %%%%EOF' > $pdf"], "cannot be read aloud"),
    ],
)
def test_a_print_that_is_not_whole_or_not_tagged_is_an_error_and_does_not_stay(
    tmp_path: Path, lines: list[str], found: str
) -> None:
    path = written(tmp_path)
    with pytest.raises(ReportError, match=found) as said:
        paper.printed(path, stand_in(tmp_path, *lines))
    assert str(tmp_path) not in str(said.value)
    assert not path.with_suffix(".pdf").exists()


@POSIX
def test_a_program_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be started"):
        paper.printed(written(tmp_path), tmp_path)


@POSIX
def test_a_browser_that_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    browser = stand_in(tmp_path, "sleep 600 &", f"echo $! > {tmp_path}/child", "wait")
    with pytest.raises(ReportError, match="longer than 1 seconds"):
        paper.printed(written(tmp_path), browser, seconds=1)
    child = int((tmp_path / "child").read_text(encoding="ascii"))
    assert gone(child)


def gone(process: int) -> bool:
    """Whether a process has ended; one that nobody has buried yet has."""
    for _ in range(50):
        told = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True)
        if not told.stdout.strip() or told.stdout.startswith(b"Z"):
            return True
        time.sleep(0.1)
    return False


# Reports


@pytest.mark.slow
@pytest.mark.browser
def test_a_report_is_printed_beside_its_page_and_an_old_print_does_not_outlive_it(
    small, chromium: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out, pdf = tmp_path / "folder", tmp_path / "out", tmp_path / "out" / deliver.PAPER
    shutil.copytree(small.folder, folder)
    quick = written(tmp_path / "quick").read_text(encoding="utf-8")
    monkeypatch.setenv(paper.NAMED, chromium)
    # The ledger is written into the folder of the community that was gathered: a copy's.
    here = replace(small.gathered, community=replace(small.gathered.community, folder=folder))
    monkeypatch.setattr(report.evidence, "gather", lambda *_, **__: here)
    monkeypatch.setattr(report, "page_of", lambda *_, **__: quick)
    report.write(folder, out=out, audience="governance", pdf=True)
    assert paper.whole(pdf)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    monkeypatch.setattr(paper, "_TAGS", (b"/NoSuchTag",))
    with pytest.raises(ReportError, match="cannot be read aloud"):
        report.write(folder, out=out, audience="governance", pdf=True)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    report.write(folder, out=out, audience="governance")
    assert (out / deliver.PAGE).is_file()
    assert not pdf.exists()


@pytest.mark.slow
@pytest.mark.browser
def test_a_batch_prints_its_pages_and_goes_on_where_a_print_is_missing(
    chromium: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(paper.NAMED, chromium)
    community(tmp_path / "rata")
    notebook(tmp_path / "quick.ipynb")
    asked = [
        {"community": "rata", "provider": f"S{n:02d}", "notebook": "quick.ipynb"} for n in (1, 2)
    ]
    out, one, two = tmp_path / "out", *(f"rata/providers/S{n:02d}" for n in (1, 2))

    def batch(pdf: bool) -> pd.Series:
        """When each page was made."""
        told = run.batch(
            read(plan(tmp_path / "plan.csv", asked), out=out), out=out, jobs=2, resume=True, pdf=pdf
        )
        assert set(told["state"]) == {run.DONE}
        return pd.Series([(out / name / deliver.PAGE).stat().st_mtime_ns for name in (one, two)])

    plain = batch(pdf=False)
    assert not list(out.rglob("*.pdf"))
    first = batch(pdf=True)
    assert (first != plain).all()
    assert {path.name for path in out.rglob("*.pdf")} == {deliver.PAPER}
    prints = {name: (out / name / deliver.PAPER).read_bytes() for name in (one, two)}
    links = BeautifulSoup((out / index.PAGE).read_text(encoding="utf-8"), "html.parser")
    assert links.find("a", href=f"{two}/{deliver.PAPER}").get_text() == "School S02 as PDF"
    (out / two / deliver.PAPER).write_bytes(prints[two][:-20])
    again = batch(pdf=True)
    assert (again != first).tolist() == [False, True]
    assert {name: (out / name / deliver.PAPER).read_bytes() for name in (one, two)} == prints
