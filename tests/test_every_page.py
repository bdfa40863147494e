"""Every page that comes from the sample, as a browser shows it: readable by everybody, asking nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from test_paper import sheets

from colanalysis import deliver, health, paper, release, report
from colanalysis.batching import index, run
from colanalysis.executing import notebooks

if TYPE_CHECKING:
    from colanalysis.evidence import Evidence
    from colanalysis.sealed import Release

pytestmark = [pytest.mark.slow, pytest.mark.browser]

NAMES = (
    "community", "te reo first", "school", "early learning", "governance", "one sheet", "own sheet",
    "health", "batch",
)  # fmt: skip
SHEETS = {"one sheet": "community", "own sheet": "school"}
PHONE, DESK = (360, 800), (1280, 900)
LARGEST = 300_000
# WCAG 2.2 AA with everything before it, and what axe calls best practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
         "--no-first-run", "--disable-component-update"]  # fmt: skip


@pytest.fixture(scope="module")
def pages(
    gathered: Evidence, public: Release, sample: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Each page of the sample, made once."""
    folder = tmp_path_factory.mktemp("pages")
    settings = public.about["settings"] | {"language_order": "mi-en"}
    releases = {
        "community": public,
        "te reo first": replace(public, about={**public.about, "settings": settings}),
        "school": release.seal(gathered, provider="P2"),
        "early learning": release.seal(gathered, provider="E2"),
        "governance": release.seal(gathered, audience="governance"),
    }
    made = {}
    for name, ready in releases.items():
        made[name] = folder / name / deliver.PAGE
        made[name].parent.mkdir()
        ready.write(made[name].with_name("release.json"))
        text = report.page_of(made[name].with_name("release.json"))
        made[name].write_text(text, encoding="utf-8", newline="\n")
    for name, whose in SHEETS.items():
        made[name] = made[whose].with_name(deliver.ONE_PAGE)
        text = report.page_of(
            made[whose].with_name("release.json"),
            notebook=notebooks.NOTEBOOKS / report.ON_ONE_PAGE,
        )
        made[name].write_text(text, encoding="utf-8", newline="\n")
    made["health"] = health.write(health.look(sample), folder / "health")
    made["batch"] = batch(folder / "batch", reports=6)
    return made


def batch(out: Path, *, reports: int) -> Path:
    """The index of a batch: every third report failed, one row was refused, one has a print and a sheet."""
    rows = [
        {
            "report": f"te-awa/providers/S{n:03d}", "row": f"row {n + 2}", "community_id": "te-awa",
            "community": "Te Awa", "provider": f"S{n:03d}", "provider_name": f"Kura {n}",
            "audience": "public", "year": "2025", "notebook": report.NOTEBOOK,
            "state": "failed" if n % 3 == 2 else run.DONE, "tries": 1, "seconds": 2.5,
            "why": "took longer than 300 seconds" if n % 3 == 2 else "", "sha256": "",
        }
        for n in range(reports)
    ]  # fmt: skip
    blank = dict.fromkeys(index.COLUMNS, "") | {"tries": 0, "seconds": 0.0}
    rows.append(blank | {"row": "row 1", "state": run.REFUSED, "why": "found no community"})
    (out / index.FOLDER).mkdir(parents=True)
    printed = out / str(rows[0]["report"]) / deliver.PAPER
    printed.parent.mkdir(parents=True)
    printed.touch()
    printed.with_name(deliver.ONE_PAGE).touch()
    return index.write(pd.DataFrame(rows, columns=index.COLUMNS), out)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium, args=QUIET)
        yield opened
        opened.close()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("name", NAMES)
def test_everybody_can_read_it_and_nothing_is_asked_for(
    pages: dict[str, Path], browser: Any, name: str, size: tuple[int, int]
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # axe is a script, which the page's own policy forbids.
    view = browser.new_page(
        viewport=dict(zip(("width", "height"), size, strict=True)), bypass_csp=True
    )
    asked: list[str] = []
    view.on("request", lambda request: asked.append(request.url))
    view.goto(pages[name].as_uri())
    view.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert view.evaluate("document.documentElement.scrollWidth") <= size[0]
    # Rows are made alike; axe would look at every cell of thousands.
    view.evaluate("document.querySelectorAll('tbody tr:nth-child(n+4)').forEach(r => r.remove())")
    for scheme in ("light", "dark"):
        view.emulate_media(color_scheme=scheme)
        found = axe.run(view, options={"runOnly": RULES, "resultTypes": ["violations"]})
        assert found.violations_count == 0, f"{scheme}: {found.generate_report()}"
        assert len(found.response["passes"]) > 20
    view.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("name", NAMES)
def test_it_is_small_runs_nothing_and_is_whole(pages: dict[str, Path], name: str) -> None:
    text = pages[name].read_bytes()
    assert len(text) < LARGEST
    assert b"<script" not in text
    assert not re.findall(rb"""(?:src|href|srcset)=["']?\s*(?:https?:)?//""", text)
    assert text.endswith(b"<!-- complete -->")


@pytest.mark.parametrize("name", ["community", "governance", "health"])
def test_on_paper_no_heading_stands_at_the_foot_of_a_sheet_and_no_card_is_cut(
    pages: dict[str, Path], chromium: str, name: str
) -> None:
    printed = paper.printed(pages[name], Path(chromium))
    found = sheets(printed)
    page = BeautifulSoup(pages[name].read_text(encoding="utf-8"), "html.parser")
    assert printed.read_bytes().count(b"/Alt") == len(page.find_all("img")) > 0
    named = page.select("main h1, main h2, main h3, dt, caption, .subtitle, p:has(+ ul)")
    headings = [text for one in named if len(text := " ".join(one.get_text().split())) > 3]
    assert len(headings) > 10
    for sheet in found:
        # The last lines are the sheet's number and, where numbers are exact, the warning.
        lines = [line.strip() for line in sheet.splitlines() if line.strip()]
        body = [line for line in lines if not re.search(r"Not public|^\d+ ?/ ?\d+$", line)]
        foot = "".join("".join(body).split())
        assert not [one for one in headings if foot.endswith("".join(one.split()))], body[-1]
    close = ["".join(sheet.split()) for sheet in found]
    for card in page.select(".card:has(dl)"):
        begun = ["".join(one.get_text().split())[:25] for one in card.select("h3, dd")]
        assert any(all(start in sheet for start in begun) for sheet in close), begun[0]


def test_te_reo_maori_stands_first_where_it_is_asked_for(pages: dict[str, Path]) -> None:
    maori = '<h2 class="mi-first" id="section-2"><span lang="mi">Ngā angitu</span>'
    for name in ("community", "te reo first"):
        text = pages[name].read_text(encoding="utf-8")
        assert (maori in text) == (name == "te reo first")


def test_only_pages_with_exact_numbers_are_marked_so_on_every_sheet(pages: dict[str, Path]) -> None:
    marked = [name for name in NAMES if b'class="notice caution"' in pages[name].read_bytes()]
    assert marked == ["governance", "health"]


def test_the_index_of_five_hundred_reports_is_small_enough_to_open(tmp_path: Path) -> None:
    made = batch(tmp_path / "out", reports=500)
    assert made.stat().st_size < 1_000_000
    page = BeautifulSoup(made.read_text(encoding="utf-8"), "html.parser")
    first = page.find(id="community-te-awa").find_next("tbody").find("tr")
    assert [(link.get_text(), Path(link["href"]).name) for link in first.find_all("a")] == [
        ("Kura 0", deliver.PAGE),
        ("Kura 0 as PDF", deliver.PAPER),
        ("Kura 0 on one page", deliver.ONE_PAGE),
    ]
