from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode, v4

from colanalysis import export, page
from colanalysis.drawing.canvas import Chart
from colanalysis.errors import ReportError

EVIL = '<script>alert("x")</script>'
SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='9'><text fill='#fff'>{}</text></svg>"
WIDE, NARROW = (SVG.format(words).encode() for words in ("50% & “Māori”", 'a, b "c" d'))
CHART = Chart(WIDE, NARROW, 'Dot chart: 48 % "at or above".', 720, 300)
EMPTY = page.table(pd.DataFrame(columns=["group", "n"]), caption="Groups")
TITLE = page.heading(1, "Where do learners succeed?", anchor="top")


def soup(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def cell(piece: str, *, tags: tuple[str, ...] = (), **data: str) -> NotebookNode:
    data = data or {"text/html": str(piece), "text/plain": repr(piece)}
    output = v4.new_output("execute_result", data=data, execution_count=1)
    return v4.new_code_cell("secret_call()", outputs=[output], metadata={"tags": list(tags)})


def notebook(*pieces: str | NotebookNode) -> NotebookNode:
    cells = [piece if isinstance(piece, NotebookNode) else cell(piece) for piece in pieces]
    return v4.new_notebook(cells=cells)


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "step": ["Years 0–3", "Years 4–6", "Years 7–8"],
            "n_learners": [21, 1230, None],
            "rate": ["72 %", "c", "z"],
            "note": [EVIL, "much the same as in the year before", "c"],
        }
    )


def whole() -> NotebookNode:
    """Every helper once, as a report would use them."""
    numbers = page.table(frame(), caption="Reading by step")
    return notebook(
        v4.new_markdown_cell("# Where do learners succeed?\n\nFor teachers and *whānau*."),
        page.notice("Made-up sample data.", "sample"),
        page.heading(2, "In short", "Hei whakarāpopoto", anchor="in-short"),
        page.paragraphs(["Most learners succeed.", page.mi("Ka pai")]),
        page.notice("Few answers.", "caution"),
        page.heading(2, "Successes", "Ngā angitu", anchor="successes", first="mi"),
        page.figure(
            CHART, title="Reading holds up", subtitle="Share", table=numbers, note="Counted: all."
        ),
        page.heading(2, "Candidates", anchor="candidates"),
        page.cards([("Writing", ["About 66 learners.", page.bullets(["One", "Two"]), EMPTY])]),
        page.table(frame(), caption="A wide table " * 8, row_headers=2),
        v4.new_markdown_cell("## Ask yourself\n\n- Who is not counted?\n\n### What it cannot tell"),
        page.definitions([("Success", "At or above."), (page.mi("whānau"), "Family.")]),
        page.footer(["Made from data of 1 July 2025."]),
    )


def test_a_table_can_be_read_aloud() -> None:
    html = soup(page.table(frame(), caption="Reading", headings={"rate": "Succeed"}))
    region, caption = html.select_one("div.scroll"), html.caption
    assert (region["role"], region["tabindex"]) == ("region", "0")
    assert region["aria-labelledby"] == caption["id"]
    assert caption.get_text() == "Reading"
    heads = html.select("thead th")
    assert [th.get_text() for th in heads] == ["Step", "N learners", "Succeed", "Note"]
    assert {th["scope"] for th in heads} == {"col"}
    assert [th.get_text() for th in html.select("tbody th[scope=row]")] == list(frame()["step"])
    assert len(html.select("tbody td")) == 9


def test_numbers_stand_right_and_words_left() -> None:
    html = soup(page.table(frame(), caption="Reading"))
    row = html.select("tbody tr")[0].find_all("td")
    assert [td.get("class") for td in row] == [["number"], ["number"], None]
    assert html.select("tbody th")[0].get("class") is None
    long = frame().assign(step="Who said it, and where it was said " * 2)
    headers = soup(page.table(long, caption="Claims")).select("th.long")
    assert [th["scope"] for th in headers] == ["col", "row", "row", "row"]
    assert [td.get_text() for td in html.select("tbody tr")[1].find_all("td")][:2] == ["1230", "c"]
    cells = pd.DataFrame({"a": ["x"], "b": [-0.5], "d": [3.0]})
    shown = [td.get_text() for td in soup(page.table(cells, caption="Numbers")).find_all("td")]
    assert shown == ["−0.5", "3"]


def test_marks_are_explained_only_where_they_occur() -> None:
    html = soup(page.table(frame(), caption="Reading"))
    key = html.select_one("p.key").get_text()
    assert [key.count(f"{mark}: ") for mark in "czx"] == [1, 1, 1]
    assert html.select("tbody tr")[2].find_all("td")[0].get_text() == "x"
    clean = pd.DataFrame({"step": ["c"], "n": [3]})
    assert "key" not in page.table(clean, caption="Reading")
    assert "key" not in page.table(frame(), caption="Reading", key=False)


def test_nothing_from_data_becomes_markup() -> None:
    pieces = [
        page.table(frame().rename(columns={"step": EVIL}), caption=EVIL, headings={"rate": EVIL}),
        page.paragraphs([EVIL]), page.bullets([EVIL]), page.definitions([(EVIL, EVIL)]),
        page.notice(EVIL), page.footer([EVIL]), page.cards([(EVIL, [EVIL])]), page.mi(EVIL),
        page.heading(2, EVIL, EVIL, anchor='"><script>'),
        page.figure(Chart(SVG, SVG, EVIL + '">', 1, 1), title=EVIL, subtitle=EVIL,
                    table=page.Html(""), note=EVIL),
    ]  # fmt: skip
    for piece in pieces:
        assert "<script" not in piece
        assert soup(piece).find("script") is None
        assert "alert" in soup(piece).decode()


def test_ids_come_from_the_content() -> None:
    one, two = (page.table(frame(), caption=text) for text in ("One", "Two"))
    assert one == page.table(frame(), caption="One")
    assert soup(one).caption["id"] != soup(two).caption["id"]
    other = page.table(frame().assign(rate="50 %"), caption="One")
    assert soup(one).caption["id"] != soup(other).caption["id"]


def test_an_empty_table_says_so() -> None:
    html = soup(page.table(frame().iloc[:0], caption="Reading"))
    assert html.tbody.get_text() == "Nothing to show"
    assert html.td["colspan"] == "4"


def test_a_figure_has_title_description_numbers_and_who_is_counted() -> None:
    numbers = page.table(frame(), caption="Reading")
    html = soup(page.figure(CHART, title="T", subtitle="S", table=numbers, note="All."))
    assert html.img["alt"] == CHART.alt
    assert (html.img["width"], html.img["height"]) == ("720", "300")
    assert "max-width" in html.source["media"]
    for address, drawn in ((html.img["src"], CHART.wide), (html.source["srcset"], CHART.narrow)):
        told, _, body = address.partition(",")
        assert told == "data:image/svg+xml"
        assert unquote_to_bytes(body) == drawn
        # A space would end an address in a list of them, and a # the part that is the picture.
        assert re.fullmatch(r"[!$-~]+[^,]", address)
    assert html.details.table.caption.get_text() == "Reading"
    assert (html.h3.get_text(), html.figcaption.get_text()) == ("T", "All.")
    assert soup(page.figure(CHART, title="T", subtitle="S", table=numbers)).figcaption is None
    with pytest.raises(ReportError, match="without description"):
        page.figure(Chart(WIDE, NARROW, " ", 1, 1), title="T", subtitle="S", table=numbers)


def test_headings_stand_in_both_languages_in_the_order_asked_for() -> None:
    english, maori = "Successes", "Ngā angitu"
    html = soup(page.heading(2, english, maori, anchor="a")).h2
    assert html.get_text().replace("\u00a0", " ") == "Successes | Ngā angitu"
    assert html.find("span", lang="mi").get_text() == maori
    turned = page.heading(2, english, maori, anchor="a", first="mi")
    assert soup(turned).get_text().replace("\u00a0", " ") == "Ngā angitu | Successes"
    assert page.heading(3, english, anchor="a") == '<h3 id="a">Successes</h3>'


def test_a_piece_shows_itself_in_a_notebook_and_adds_up() -> None:
    piece = page.paragraphs(["One"])
    assert piece._repr_html_() == "<p>One</p>"
    assert repr(piece) == "<Html: 10 characters>"
    assert isinstance(piece + page.bullets(["Two"]), page.Html)
    with pytest.raises(ReportError, match="sample, caution, info"):
        page.notice("Text", "loud")


def test_the_page_is_whole_and_the_same_each_time() -> None:
    html = page.export(whole(), title="Te Awa </title><b>2025")
    assert html == page.export(whole(), title="Te Awa </title><b>2025")
    assert html.endswith("<!-- complete -->")
    assert len(html.encode()) < 40_000
    parsed = soup(html)
    assert parsed.html["lang"] == "en-NZ"
    assert parsed.title.get_text() == "Te Awa </title><b>2025"
    assert len(parsed.find_all("h1")) == len(parsed.find_all("main")) == 1
    assert parsed.find("meta", attrs={"name": "viewport"})
    policy = parsed.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert (
        policy
        == "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )
    assert parsed.select_one("a.skip")["href"] == "#main"
    assert "Few answers." in parsed.main.get_text()


def test_the_page_holds_no_code_no_script_and_no_address() -> None:
    html = page.export(whole(), title="Te Awa")
    assert not re.search(r"<script|https?:|mathjax|require\.js|mermaid|No description", html, re.I)
    assert "secret_call" not in html
    assert not re.search(r"¶|\bIn \[|Out\[", html)


def test_contents_lead_to_every_section_and_ids_are_unique() -> None:
    parsed = soup(page.export(whole(), title="Te Awa"))
    ids = [tag["id"] for tag in parsed.find_all(id=True)]
    assert len(ids) == len(set(ids))
    links = parsed.select("nav a")
    assert [a["href"][1:] for a in links] == [h2["id"] for h2 in parsed.find_all("h2")]
    assert links[0].find("span", lang="mi").get_text() == "Hei whakarāpopoto"
    assert soup(page.export(notebook(TITLE), title="T")).nav is None


def test_a_table_shown_twice_keeps_its_name() -> None:
    shown = page.table(frame(), caption="Reading")
    parsed = soup(page.export(notebook(TITLE, shown, shown + shown), title="T"))
    names = [region["aria-labelledby"] for region in parsed.select("[role=region]")]
    assert names == [caption["id"] for caption in parsed.find_all("caption")]
    assert len(set(names)) == 3


def test_cells_of_parameters_and_setup_are_left_out() -> None:
    hidden = [
        cell("<p>away</p>", tags=(tag,)) for tag in ("parameters", "injected-parameters", "setup")
    ]
    kept = cell("<p>for the facilitator</p>", tags=("facilitator",))
    node = notebook(TITLE, *hidden, kept)
    html = page.export(node, title="T")
    assert "away" not in html
    assert "for the facilitator" in html
    assert "for the facilitator" not in page.export(node, title="T", drop=["facilitator"])
    assert len(node.cells) == 5


def test_markdown_from_a_cell_is_shown() -> None:
    html = page.export(notebook(TITLE, cell("", **{"text/markdown": "Two *words*"})), title="T")
    assert "<em>words</em>" in html


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (v4.new_output("stream", name="stdout", text="learner 123456789"), "printed text"),
        (
            v4.new_output("error", ename="E", evalue="123456789", traceback=["123456789"]),
            "an error",
        ),
        (v4.new_output("display_data", data={"image/png": "123456789"}), "image/png"),
        (v4.new_output("display_data", data={"text/plain": "123456789"}), "text/plain"),
        (v4.new_output("display_data", data={}), "nothing"),
    ],
)
@pytest.mark.parametrize("tags", [[], ["setup"]])
def test_an_output_that_readers_could_not_read_stops_the_page(
    output: NotebookNode, found: str, tags: list[str]
) -> None:
    bad = v4.new_code_cell("x", outputs=[output], metadata={"tags": tags})
    with pytest.raises(ReportError, match=f"cell 2: found {found}") as caught:
        page.export(notebook(TITLE, bad), title="T")
    assert "123456789" not in str(caught.value)


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<script>1</script>", "<script>"),
        ("<style>p {}</style>", "<style>"),
        ('<p onclick="x()">a</p>', "onclick"),
        ('<a href="https://example.org">a</a>', "href"),
        ('<a href="//example.org">a</a>', "href"),
        ('<a href="javascript:x()">a</a>', "href"),
        ('<a href="/home/a.csv">a</a>', "href"),
        ('<img alt="a" src="http://example.org/a.png">', "src"),
        ('<img alt="a" src="a.png">', "src"),
        ('<p style="background: URL(a)">a</p>', "style"),
        ('<img alt="" src="data:image/png;base64,AAAA">', "without description"),
        ('<img src="data:image/png;base64,AAAA">', "without description"),
        ("<table><tr><th>a</th></tr></table>", "without scopes"),
        ("<h1>Second</h1>", "2 top headings"),
    ],
)
@pytest.mark.parametrize("markdown", [True, False])
def test_a_page_that_is_not_safe_or_not_readable_is_refused(
    html: str, found: str, markdown: bool
) -> None:
    piece = v4.new_markdown_cell(html) if markdown else cell(html)
    with pytest.raises(ReportError, match=re.escape(found)):
        page.export(notebook(TITLE, piece), title="T")


def test_a_link_to_a_file_beside_the_page_is_kept() -> None:
    html = page.export(notebook(TITLE, cell('<a href="tables/a.csv">a</a>')), title="T")
    assert 'href="tables/a.csv"' in html


def test_a_page_without_top_heading_is_refused() -> None:
    with pytest.raises(ReportError, match="0 top headings"):
        page.export(notebook(page.paragraphs(["a"])), title="T")


def test_importing_page_is_cheap() -> None:
    code = (
        "import sys, colanalysis.page; "
        "print({'nbconvert', 'nbformat', 'matplotlib', 'bs4'} & set(sys.modules))"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


@pytest.mark.browser
def test_the_page_passes_in_a_browser_on_phone_and_desk_in_light_and_dark(
    chromium: str, tmp_path: Path
) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    path = tmp_path / "page.html"
    path.write_text(page.export(whole(), title="Te Awa"), encoding="utf-8")
    options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
               "--disable-background-networking", "--disable-component-update",
               "--disable-sync"]  # fmt: skip
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(chromium), args=options)
        for width, height in ((390, 844), (1280, 900)):
            for scheme in ("light", "dark"):
                view = browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme=scheme
                )
                view.goto(path.as_uri())
                view.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
                found = axe.run(view)
                assert found.violations_count == 0, found.generate_report()
                assert view.evaluate("document.documentElement.scrollWidth") <= width
                view.close()
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["caution", "info"])
def test_exact_numbers_are_marked_on_every_sheet_of_paper(
    kind: str, chromium: str, tmp_path: Path
) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not on PATH")
    told = page.notice("For governance only", kind) + page.paragraphs(["Learners succeed."] * 150)
    path, paper = tmp_path / "page.html", tmp_path / "page.pdf"
    path.write_text(
        page.export(notebook(v4.new_markdown_cell("# T"), told), title="T"), encoding="utf-8"
    )
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        view = browser.new_page()
        view.goto(path.as_uri())
        view.pdf(path=paper, prefer_css_page_size=True)
        browser.close()
    text = subprocess.run(["pdftotext", str(paper), "-"], capture_output=True, text=True).stdout
    sheets = text.split("\f")[:-1]
    assert len(sheets) > 3
    marked = ["Not public: exact numbers" in sheet for sheet in sheets]
    assert all(marked) if kind == "caution" else not any(marked)


def test_how_to_read_a_chart_is_said_beside_the_first_that_says_it() -> None:
    def drawn(title: str, reading: str = "") -> str:
        return page.figure(CHART, title=title, subtitle="Share", table=EMPTY, reading=reading)

    pieces = [TITLE, drawn("One"), drawn("Two", "A < b."), drawn("Three", "C.")]
    found = soup(page.export(notebook(*pieces), title="T")).select(".reading")
    assert [said.get_text() for said in found] == ["How to read this. A < b."]
    assert found[0].find_parent("figure").h3.get_text() == "Two"


def test_of_the_words_those_are_kept_that_the_page_uses() -> None:
    words = {
        "Group": "of a heading",
        "Term": "only within another word: midterm",
        "Hurdle": "only in the meaning of a word: a step",
        "Step": "only of a table's heading",
        "Dot chart": "only of a chart's description",
        "c": "a cell",
        "x": "no cell, though the word x-ray stands there",
        "C.": "not a pattern",
    }
    listed = page.words([(word, "Kupu", means) for word, means in words.items()], first="mi")
    pieces = [
        TITLE,
        v4.new_markdown_cell("## All groups\n\nAn x-ray at midterm, by CO"),
        page.table(pd.DataFrame({"step": ["Years 0–3"], "n": ["c"]}), caption="Numbers", key=False),
        page.figure(CHART, title="One", subtitle="Share", table=EMPTY),
        listed,
    ]
    kept = soup(page.export(notebook(*pieces), title="T")).select("dl.words > div")
    assert [entry.dt.get_text() for entry in kept] == [
        f"Kupu\u00a0| {word}" for word in ("Group", "Step", "Dot chart", "c")
    ]
    assert {entry.dt.span["lang"] for entry in kept} == {"mi"}
    assert [entry.dd.get_text() for entry in kept][0] == "of a heading"


def test_an_error_names_the_cell_by_its_number_in_the_file() -> None:
    printed = v4.new_code_cell("x", outputs=[v4.new_output("stream", name="stdout", text="1")])
    put_in = v4.new_code_cell("x", metadata={"tags": ["injected-parameters"]})
    with pytest.raises(ReportError, match="^cell 2: found printed text"):
        page.export(notebook(TITLE, put_in, printed), title="T")
    with pytest.raises(ReportError, match=r"^own\.ipynb, cell 2: found printed text"):
        export.admit_part(notebook(TITLE, put_in, printed), where="own.ipynb")
