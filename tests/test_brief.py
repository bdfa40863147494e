"""The page on one sheet: plain words, the same findings, the whole report beside it, one side of paper."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from colanalysis import brief, deliver, evidence, release, report
from colanalysis.executing import notebooks
from colanalysis.sealed import Release

NOTEBOOK = notebooks.NOTEBOOKS / report.ON_ONE_PAGE
JARGON = re.compile(
    r"\b(gaps?|percentage|points?|significan\w+|statistic\w*|estimate\w*|interval|range|p-value"
    r"|q-value|evidence|hurdles?|cohort|variance|comparisons?|confidence|measures?)\b|%|±",
    re.IGNORECASE,
)
LONG = "Te Kura Kaupapa Māori o Ngā Wai Rere me Te Awa Rere Composite School"


def words(html: object) -> str:
    return BeautifulSoup(str(html), "html.parser").get_text(" ", strip=True)


def changed(made: Release, **tables: pd.DataFrame) -> Release:
    return dataclasses.replace(made, tables={**made.tables, **tables})


def finding(**more: object) -> SimpleNamespace:
    usual = {
        "kind": "gap", "direction": "hurdle", "measure": "maths_judgement", "stages": "years_4_6",
        "year_level_min": 4.0, "year_level_max": 6.0, "group": "gender=female", "provider_id": "",
        "n_learners": 300, "n_success": 177, "rate": 0.59, "mark": "", "reference_rate": 0.7,
    }  # fmt: skip
    return SimpleNamespace(**usual | more)


def test_a_finding_is_one_plain_sentence_in_learners(public: Release) -> None:
    assert brief.sentence(finding(), public) == (
        "Maths does not serve female learners in Years 4–6 well yet: 59 of every 100 are at or above "
        "the expectation, and 70 of every 100 other learners at the same step."
    )
    few = finding(direction="success", n_learners=36, n_success=27, rate=0.75, provider_id="P3")
    assert brief.sentence(few, public) == (
        "Maths goes well for female learners in Years 4–6 at Rimu Terrace School: about 27 of 36 are at "
        "or above the expectation, and 70 of every 100 other learners at the same step."
    )
    assert ": nearly all are at or above" in brief.sentence(finding(mark="most"), public)


def test_a_step_taken_and_a_hope_not_met_have_sentences_of_their_own(public: Release) -> None:
    taken = finding(kind="transition", stages="years_4_6 years_7_8", group="")
    assert brief.sentence(taken, public) == (
        "Maths: when learners move on from Years 4–6 to Years 7–8, fewer of them are at or above the "
        "expectation than we could hope: 59 of every 100, where 70 of every 100 could be hoped for."
    )
    assert brief.sentence(finding(kind="level"), public).endswith(
        "59 of every 100 are at or above the expectation, and 70 of every 100 were hoped for."
    )


@pytest.fixture(scope="module")
def page(public: Release, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("brief")
    public.write(folder / "release.json")
    return report.page_of(folder / "release.json", notebook=NOTEBOOK)


@pytest.mark.slow
def test_the_page_tells_the_first_findings_and_what_is_asked(page: str, public: Release) -> None:
    soup = BeautifulSoup(page, "html.parser")
    assert soup.title.string == "Te Awa Rere Community of Learning · on one page"
    told = [item.get_text() for item in soup.main.find_all("li")]
    found = public.tables["findings"]
    for way in ("success", "hurdle"):
        rows = found[found["direction"] == way].head(3)
        assert len(rows) == 3
        assert [brief.sentence(row, public) in told for row in rows.itertuples()] == [True] * 3
    headings = [heading.get_text() for heading in soup.main.find_all(["h1", "h2", "h3"])]
    assert headings == [
        "How are our learners doing?", "What the numbers show", "What goes well",
        "What does not go well yet", "How many get there", "What we ask of you",
    ]  # fmt: skip
    assert [link["href"] for link in soup.main.find_all("a")] == [deliver.PAGE]
    assert len(soup.find_all("img")) == 1
    assert "People here have told us 11 things that they know." in soup.main.get_text()
    assert soup.find("table") is None


@pytest.mark.slow
def test_the_page_has_no_word_of_statistics(page: str) -> None:
    soup = BeautifulSoup(page, "html.parser")
    for own in soup.main.find_all("img"):
        own.decompose()
    said = soup.main.get_text(" ", strip=True).replace(deliver.PAGE, "")
    # What success means is the catalogue's and holds for every page.
    said = said.replace("more than 90% of half-days", "")
    assert JARGON.findall(said) == []


def grade(text: str) -> float:
    """The school grade of a text after Flesch and Kincaid: a colon ends a sentence, vowels are syllables."""
    sentences = [one for one in re.split(r"[.?:]\s", f"{text} ") if re.search(r"\w", one)]
    spoken = re.findall(r"[^\W\d]+", text)
    vowels = sum(
        max(len(re.findall(r"[aeiouyāēīōū]+", re.sub(r"e$", "", w.lower()))), 1) for w in spoken
    )
    return 0.39 * len(spoken) / len(sentences) + 11.8 * vowels / len(spoken) - 15.59


@pytest.mark.slow
def test_the_page_reads_at_about_age_twelve(page: str) -> None:
    assert (
        grade("The cat sat on the mat. It was warm.")
        < 2
        < 9
        < grade(
            "Differential achievement necessitates comprehensive consideration of contextual variables."
        )
    )
    soup = BeautifulSoup(page, "html.parser")
    for names in soup.main.find_all("p", class_="subtitle"):
        names.decompose()
    said = [
        # The name of a community is as long as it is.
        one.get_text(" ", strip=True).replace("Te Awa Rere Community of Learning", "Rata")
        for one in soup.main.find_all(["p", "li"])
    ]
    assert len(said) > 10
    assert grade(". ".join(said)) <= 6
    assert [one for one in said if grade(one) > 8] == []


@pytest.mark.slow
def test_exact_numbers_are_not_called_safe(public: Release) -> None:
    exact = dataclasses.replace(public, about={**public.about, "audience": "governance"})
    assert "no child can be known" in words(brief.more(public))
    assert "Please do not pass this page on" in words(brief.more(exact))
    assert "no child can be known" not in words(brief.more(exact))


def test_every_piece_has_something_true_to_say_without_findings(
    public: Release, tmp_path: Path
) -> None:
    (tmp_path / "community.toml").write_text('[community]\nid="t"\nname="T"\n', encoding="utf-8")
    (tmp_path / "providers.csv").write_text(
        "provider_id,name,type\n1,One,primary\n", encoding="utf-8"
    )
    bare = release.seal(evidence.gather(tmp_path))
    nothing = changed(public, findings=public.tables["findings"].head(0))
    for one in (bare, nothing):
        assert "Nothing stands out in it that could not be chance." in words(brief.in_short(one))
        assert words(brief.successes(one)).startswith("Nothing stands out")
        assert words(brief.challenges(one)).startswith("Nothing stands out")
        assert brief.picture(one) == ""
    assert "Please tell us" in words(brief.local_knowledge(bare))


def test_where_no_share_is_a_number_there_is_no_chart(public: Release) -> None:
    found = public.tables["findings"].assign(mark="most", rate=float("nan"))
    assert brief.picture(changed(public, findings=found)) == ""


def test_the_chart_says_beside_whom_or_what_learners_stand(public: Release) -> None:
    first = public.tables["findings"].query("direction == 'hurdle'").head(1)
    assert f"Maths: {brief.OTHERS}, 70%" in bars(changed(public, findings=first))
    step = public.tables["findings"].query("kind == 'transition'")
    told = changed(public, findings=step)
    assert f"Reading: as could be hoped for, {step['reference_rate'].item():.0%}" in bars(told)


def bars(ready: Release) -> str:
    return BeautifulSoup(str(brief.picture(ready)), "html.parser").img["alt"]


def test_a_providers_sheet_says_whose_come_first(public: Release) -> None:
    own = dataclasses.replace(public, about={**public.about, "provider": "P3"})
    assert "In each list, what was found at Rimu Terrace School comes first." in words(
        brief.in_short(own)
    )
    assert "Rimu Terrace School" in BeautifulSoup(str(brief.successes(own)), "html.parser").li.text
    other = dataclasses.replace(public, about={**public.about, "provider": "S1"})
    assert "Nothing was found at Te Awa Rere College alone" in words(brief.in_short(other))


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("case", ["as it is", "long names, exact numbers"])
def test_it_prints_on_one_side_of_paper(
    public: Release, case: str, chromium: str, tmp_path: Path
) -> None:
    if shutil.which("pdfinfo") is None:
        pytest.skip("pdfinfo is not on PATH")
    sync_api = pytest.importorskip("playwright.sync_api")
    ready = public
    if case != "as it is":
        about = {
            **public.about, "name": f"{LONG} Community of Learning", "audience": "provider",
            "provider": "P3", "providers": {**public.about["providers"], "P3": LONG},
            "purpose": "to agree on the achievement challenges of the next three years together",
            "approver": "the chair of the stewardship group",
        }  # fmt: skip
        ready = dataclasses.replace(public, about=about)
    ready.write(tmp_path / "release.json")
    path, paper = tmp_path / "page.html", tmp_path / "page.pdf"
    path.write_text(report.page_of(tmp_path / "release.json", notebook=NOTEBOOK), encoding="utf-8")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        view = browser.new_page()
        view.goto(path.as_uri())
        view.pdf(path=paper, prefer_css_page_size=True)
        browser.close()
    told = subprocess.run(
        ["pdfinfo", str(paper)], capture_output=True, text=True, check=True
    ).stdout
    assert re.search(r"^Pages:\s+1$", told, re.MULTILINE), told
    assert re.search(r"^Page size:\s+59\d.* x 84\d", told, re.MULTILINE), told
