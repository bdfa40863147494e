"""Sections of a report: which are shown, in which order, and those that are a community's own notebooks."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from builders import SETTINGS, community
from nbformat import v4
from notebook_files import KERNEL

from colanalysis import arrange, deliver, evidence, export, ledger, release, report
from colanalysis.errors import ReportError, SettingsError, UsageError
from colanalysis.executing import notebooks
from colanalysis.terms import labels, sections, settings

ROOT = Path(__file__).resolve().parent.parent
REPORT = notebooks.NOTEBOOKS / report.NOTEBOOK
EXAMPLE = ROOT / "examples" / "own-section" / "are-our-learners-here.ipynb"
RELEASE = 'release: str = ""  # the release'
SECRET = "00417 scored 54.37"


def markdown(text, *tags):
    return v4.new_markdown_cell(text, metadata={"tags": list(tags)})


def code(text, *tags):
    return v4.new_code_cell(text, metadata={"tags": list(tags)})


def written(path, *cells, parameters=RELEASE):
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [code(parameters, "parameters"), *cells]
    nbformat.write(v4.new_notebook(cells=cells, metadata=KERNEL), path)
    return path


def own(folder, *cells, title="# Kapa haka", **choices):
    return written(folder / "ours" / "own.ipynb", markdown(title), *cells, **choices)


SHOWS = (
    markdown("# The page"),
    code("from colanalysis import page", "setup"),
    code("page.paragraphs(['the head'])"),
    markdown("## One", "section:successes"),
    code("page.paragraphs(['one'])"),
    markdown("## Two", "section:challenges"),
    code("1 / 0"),
    markdown("## Three", "section:behind"),
    code("page.paragraphs(['three'])"),
)


def ran(tmp_path, *chosen, cells=SHOWS):
    """The words of a quick notebook with these sections of it, and with a community's own."""
    quick = written(tmp_path / "quick.ipynb", *cells)
    node = arrange.run(quick, {"release": "r"}, chosen=chosen or None, folder=tmp_path)
    page = BeautifulSoup(export.notebook(node, title="t"), "html.parser")
    return page.main.get_text(" ").split()


# What community.toml says


def read(folder, chosen):
    (folder / "community.toml").write_text(
        f"{SETTINGS}[report]\nsections = {chosen}\n", encoding="utf-8"
    )
    return settings.read(folder).sections


def test_without_a_choice_there_is_none(tmp_path):
    (tmp_path / "community.toml").write_text(SETTINGS, encoding="utf-8")
    assert settings.read(tmp_path).sections is None
    assert arrange.own(community()) == []


def test_what_was_chosen_stands_in_its_order(tmp_path):
    own(tmp_path)
    chosen = ["behind", "ours/own.ipynb", "in_short"]
    assert read(tmp_path, chosen) == tuple(chosen)


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (["sucesses", "behind"], 'unknown name "sucesses".*in_short, changes.*Did you mean "succ'),
        (["in_short", "in_short", "behind"], 'found "in_short" twice'),
        (["ours/own.ipynb", "behind", "ours/own.ipynb"], 'found "ours/own.ipynb" twice'),
        (["in_short"], 'found no "behind".*who is counted'),
        ([], 'found no "behind"'),
        (["ours/none.ipynb", "behind"], 'found no notebook "ours/none.ipynb"'),
        (["ours.ipynb", "behind"], 'found no notebook "ours.ipynb"'),
        (["../out.ipynb", "behind"], 'found "../out.ipynb", which lies elsewhere'),
        (["link.ipynb", "behind"], 'found "link.ipynb", which lies elsewhere'),
        ([f"{ROOT.as_posix()}/out.ipynb", "behind"], "which lies elsewhere"),
    ],
)  # fmt: skip
def test_a_section_that_cannot_be_shown_is_refused_where_it_is_chosen(tmp_path, chosen, said):
    folder = tmp_path / "folder"
    own(folder)
    (folder / "ours.ipynb").mkdir()
    written(tmp_path / "out.ipynb")
    (folder / "link.ipynb").symlink_to(tmp_path / "out.ipynb")
    with pytest.raises(SettingsError, match=rf"community\.toml \[report\] sections: .*{said}"):
        read(folder, chosen)


def test_a_path_that_no_file_can_have_is_no_notebook(tmp_path):
    with pytest.raises(SettingsError, match="found no notebook"):
        sections.own("a\0.ipynb", tmp_path, where="here")


def test_an_own_notebook_that_cannot_be_told_the_release_is_refused_before_any_work(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(evidence, "gather", lambda *_, **__: pytest.fail("work was begun"))
    own(tmp_path, parameters='year: str = ""')
    read(tmp_path, ["ours/own.ipynb", "behind"])
    with pytest.raises(UsageError, match=r"own\.ipynb: found no parameter release"):
        report.write(tmp_path, out=tmp_path / "out")


def test_every_section_of_the_report_has_its_id_and_its_name():
    cells = {
        tag.removeprefix(arrange.TAG): cell
        for cell in notebooks.read(REPORT).cells
        for tag in cell.metadata.get("tags", [])
        if tag.startswith(arrange.TAG)
    }
    assert tuple(cells) == sections.IDS
    found = {name: labels.label(f"section.{name}") for name in sections.IDS}
    # Some are there on some pages only, so their code shows their heading too.
    shown = {name for name, cell in cells.items() if cell.cell_type == "code"}
    assert shown == {"changes", "own"}
    for name in cells.keys() - shown:
        assert cells[name].source.splitlines()[0] == f"## {found[name]}"
    headings = re.findall(r"(?m)^## ", "\n".join(c.source for c in notebooks.read(REPORT).cells))
    assert len(headings) == len(found) - len(shown)
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^\| `(\w+)` \| ([A-Z].*) \|$", guide) == list(found.items())


# A notebook with some of its sections


def test_all_is_run_where_nothing_was_chosen(tmp_path):
    with pytest.raises(ReportError, match=r"quick\.ipynb: cell 8 stopped with ZeroDivisionError"):
        ran(tmp_path)


def test_sections_stand_as_chosen_and_others_are_not_run(tmp_path):
    said = ["The", "page", "the", "head", "Three", "three", "One", "one"]
    assert ran(tmp_path, "behind", "successes") == said


def test_an_error_names_the_cell_by_its_place_in_the_file(tmp_path):
    with pytest.raises(ReportError, match=r"quick\.ipynb: cell 8 stopped with ZeroDivisionError"):
        ran(tmp_path, "challenges", "behind")


def test_a_notebook_without_tagged_headings_is_run_as_it_is(tmp_path):
    cells = [markdown("# The page"), markdown("## Two"), code("from colanalysis import page")]
    said = ran(tmp_path, "behind", cells=[*cells, code("page.paragraphs(['two'])")])
    assert said == ["The", "page", "Two", "two"]


def test_a_section_that_another_notebook_lacks_is_told(tmp_path):
    with pytest.raises(ReportError, match=r"quick\.ipynb: found no section affected"):
        ran(tmp_path, "affected", "behind")


# A community's own notebook


def test_an_own_notebook_is_a_section_with_its_headings_one_level_down(tmp_path):
    own(
        tmp_path,
        code("from colanalysis import page\nheard = release", "setup"),
        markdown("### Deeper\n\n```\n# not a heading\n```\n\n####### nor this"),
        code("page.paragraphs([f'told {heard}'])"),
    )
    quick = written(tmp_path / "quick.ipynb", *SHOWS)
    chosen = ("successes", "ours/own.ipynb", "behind")
    node = arrange.run(quick, {"release": "r"}, chosen=chosen, folder=tmp_path)
    page = BeautifulSoup(export.notebook(node, title="t"), "html.parser").main
    headings = [(tag.name, tag.get_text()) for tag in page.find_all(re.compile("h[1-6]"))]
    assert headings == [
        ("h1", "The page"), ("h2", "One"), ("h2", "Kapa haka"), ("h4", "Deeper"), ("h2", "Three"),
    ]  # fmt: skip
    assert "# not a heading" in page.pre.get_text().splitlines()
    assert "told r" in page.get_text()
    assert "import" not in page.get_text()


FAULTS = {
    "fails": (code(f"raise ValueError('{SECRET}')"), "cell 3 stopped with ValueError"),
    "prints": (code(f"print('{SECRET}')"), r"cell 3: found printed text \(stdout\)"),
    "shows a bare value": (code("{'a': 1}"), "cell 3: found text/plain"),
    "a script in Markdown": (markdown("Look\n\n<script>alert(1)</script>"), "found <script>"),
    "a script in an output": (
        code("from colanalysis import page\npage.Html('<script>1</script>')"), "found <script>",
    ),
    "an outside address": (markdown("[a](https://example.org)"), "outside address"),
    "an outside picture": (markdown("![a](https://example.org/a.png)"), "outside address"),
    "a picture without words": (
        markdown("![](data:image/png;base64,AAAA)"), "an image without description",
    ),
    "a second title": (markdown("# Another"), "found 2 titles.*expected one line"),
    "a title underlined": (markdown("Another\n======="), "found 1 top headings, not none"),
    "a title in HTML": (markdown("<h1>Another</h1>"), "found 1 top headings, not none"),
    "what is ours": (code("sealed"), "cell 3 stopped with NameError"),
    "ends": (code("exit()"), "cell 3"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_an_own_notebook_that_is_no_section_stops_the_report_and_is_named(tmp_path, fault):
    cell, said = FAULTS[fault]
    own(tmp_path, cell)
    with pytest.raises(ReportError, match=rf"(?i)^own\.ipynb\W.*{said}") as caught:
        ran(tmp_path, "ours/own.ipynb", "behind")
    assert SECRET not in str(caught.value)


def test_an_own_notebook_needs_a_title(tmp_path):
    own(tmp_path, title="No title")
    with pytest.raises(ReportError, match=r"own\.ipynb: found 0 titles"):
        ran(tmp_path, "ours/own.ipynb", "behind")


def test_a_release_that_names_a_notebook_elsewhere_runs_nothing(tmp_path):
    (tmp_path / "folder").mkdir()
    quick = written(tmp_path / "quick.ipynb", *SHOWS)
    written(tmp_path / "out.ipynb", markdown("# Out"))
    for folder, error in ((tmp_path / "folder", SettingsError), (None, UsageError)):
        with pytest.raises(error):
            arrange.run(quick, {"release": "r"}, chosen=("../out.ipynb", "behind"), folder=folder)


# The whole way


@pytest.fixture(scope="module")
def choosing(small, tmp_path_factory):
    """A small community that was published before, and has chosen its sections since."""
    folder = tmp_path_factory.mktemp("choosing") / "folder"
    shutil.copytree(small.folder, folder)
    nothing = ledger.Book(evidence.gather(folder).community)
    ledger.write(ledger.added(nothing, small.gathered, release.NOTHING, small.ready))
    shutil.copytree(EXAMPLE.parent, folder / "ours")
    with (folder / "community.toml").open("a", encoding="utf-8") as file:
        names = ["challenges", f"ours/{EXAMPLE.name}", "behind"]
        file.write(f"\n[report]\nsections = {names}\n")
    return folder


@pytest.mark.slow
def test_a_report_has_the_sections_that_were_chosen_and_the_same_bytes_each_time(
    choosing, tmp_path
):
    one, two = (report.write(choosing, out=tmp_path / name) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    page = BeautifulSoup(one.read_text(encoding="utf-8"), "html.parser")
    headings = [tag.get_text().split("\u00a0|")[0] for tag in page.find_all("h2")]
    assert headings == [
        labels.label("section.challenges"), "Are our learners here?", labels.label("section.behind"),
    ]  # fmt: skip
    assert page.select_one("p.subtitle").get_text().startswith("Test")
    own_figure = page.find(string="Who is here").find_parent("figure")
    attended = release_table(one, "steps").query("measure == 'attendance'")
    # By hand: what the table says of each step, in whole percent.
    told = [cell.get_text() for cell in own_figure.select("tbody td.number")]
    assert [text for text in told if text.endswith("%")] == [f"{r:.0%}" for r in attended["rate"]]
    assert len(page.select(".reading")) == 1
    assert page.select_one(".reading").find_parent("figure") is page.select_one("figure")


def release_table(page, name):
    from colanalysis import sealed

    return sealed.read(page.parent / "release.json").tables[name]


@pytest.mark.slow
def test_a_failing_own_notebook_leaves_the_earlier_report_as_it_was(choosing, tmp_path):
    folder, out = tmp_path / "folder", tmp_path / "out"
    shutil.copytree(choosing, folder)
    page = report.write(folder, out=out)
    before = page.read_bytes()
    written(folder / "ours" / EXAMPLE.name, markdown("# Ours"), code("1 / 0"))
    with pytest.raises(ReportError, match=rf"{EXAMPLE.name}: cell 3 stopped with ZeroDivision"):
        report.write(folder, out=out)
    assert (out / deliver.PAGE).read_bytes() == before
