"""The whole way, once: the sample's report as readers, spreadsheets and other programs meet it."""

import csv
import json
import re
import shutil

import pytest

from colanalysis import deliver, evidence, ledger, release, report
from colanalysis.comparing import rank
from colanalysis.errors import ReportError, UsageError
from colanalysis.executing import execute, forked, notebooks, parameters
from colanalysis.terms import labels

pytestmark = pytest.mark.slow
SECTIONS = [
    "in_short", "successes", "challenges", "affected", "candidates", "resources", "leadership",
    "local_knowledge", "shift", "behind",
]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory, sample):
    out = tmp_path_factory.mktemp("report") / "out"
    page = report.write(sample, out=out)
    return page.parent


@pytest.fixture(scope="module")
def page(made):
    return (made / deliver.PAGE).read_text(encoding="utf-8")


def test_a_kernel_gives_the_same_page_byte_for_byte(made, page, monkeypatch):
    monkeypatch.setattr(forked, "possible", lambda: False)
    assert report.page_of(made / "release.json") == page


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_has_every_section_in_the_order_in_which_it_is_agreed(page):
    found = [re.sub(r"<[^>]+>", "", h) for h in re.findall(r"<h2[^>]*>(.*?)</h2>", page, re.S)]
    assert [h.split("\u00a0|")[0].strip() for h in found] == [
        labels.label(f"section.{name}") for name in SECTIONS
    ]


def test_sections_are_named_in_te_reo_maori_too_where_the_words_are_known(page):
    assert '\u00a0| <span lang="mi">Ngā angitu</span></h2>' in page
    told = re.findall(r'<h2[^>]*>[^<]*<span lang="mi">([^<]*)</span></h2>', page)
    assert told == [
        labels.pairs("section")[english]
        for name in SECTIONS
        if (english := labels.label(f"section.{name}")) in labels.pairs("section")
    ]
    assert len(told) == len(labels.pairs("section")) >= 5


def test_the_page_is_whole_asks_nobody_and_runs_nothing(page):
    assert page.endswith("<!-- complete -->")
    assert "<script" not in page
    assert not re.findall(r"""(?:src|href|srcset)=["']?\s*(?:https?:)?//""", page)
    assert "default-src 'none'" in page
    assert len(page.encode()) < 1_000_000


def test_every_picture_is_described(page):
    described = re.findall(r'<img alt="([^"]*)"', page)
    assert len(described) == page.count("<img") >= 6
    assert all(len(alt) > 40 for alt in described)
    assert "No description" not in page


def test_findings_have_the_columns_of_the_contract_and_only_public_numbers(made):
    table = rows(made / "findings.csv")
    assert list(table[0]) == rank.COLUMNS
    assert {row["p_value"] + row["q_value"] for row in table} == {""}
    assert all(int(row["n_learners"]) % 3 == 0 for row in table)
    assert [int(row["rank"]) for row in table] == list(range(1, len(table) + 1))


def test_every_table_of_the_release_is_written_as_csv(made):
    tables = json.loads((made / "release.json").read_text(encoding="utf-8"))["tables"]
    written = {path.stem for path in (made / "tables").glob("*.csv")}
    assert written == set(tables)
    assert len(rows(made / "tables" / "steps.csv")) == len(tables["steps"]["rows"])


def test_the_run_record_says_what_went_in(made, sample):
    run = json.loads((made / "run.json").read_text(encoding="utf-8"))
    assert run["status"] == "finished"
    assert {item["file"] for item in run["inputs"]} >= {"providers.csv", "observations.csv"}
    assert run["settings"]["smallest_group"] == 10
    assert str(sample.parent) not in json.dumps(run)


def test_no_name_and_no_learner_id_is_in_anything_that_was_made(made, sample):
    learners = rows(sample / "learners.csv")
    names = {row["preferred_name"] for row in learners}
    everything = "".join(
        path.read_text(encoding="utf-8") for path in made.rglob("*") if path.is_file()
    )
    words = set(re.findall(r"\w+", everything))
    # Some names are words a page may use ("Grace", "Rose"): those of the column that are not.
    assert not [name for name in names - {"Rose", "Grace", "Hope", "Faith"} if name in words]
    assert not [row["learner_id"] for row in learners if f'"{row["learner_id"]}"' in everything]


@pytest.fixture(scope="module")
def known(small, tmp_path_factory):
    """A small community's folder in which the ledger of its public report lies."""
    folder = tmp_path_factory.mktemp("known") / "folder"
    shutil.copytree(small.folder, folder)
    nothing = ledger.Book(evidence.gather(folder).community)
    ledger.write(ledger.added(nothing, small.gathered, release.NOTHING, small.ready))
    return folder


def test_the_same_inputs_give_the_same_bytes(known, small, tmp_path):
    one, two = (report.write(known, out=tmp_path / name).parent for name in ("one", "two"))
    made = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert len(made) > 15
    for path in made:
        if path.name != "run.json":
            assert (one / path).read_bytes() == (two / path).read_bytes(), path.name
    small.ready.write(tmp_path / "release.json")
    assert (one / "release.json").read_bytes() == (tmp_path / "release.json").read_bytes()


@pytest.mark.usefixtures("unaudited")
def test_the_next_draft_tells_what_has_changed_and_made_again_tells_it_again(
    known, small, tmp_path
):
    folder, out = tmp_path / "own", tmp_path / "out"
    shutil.copytree(known, folder)
    first = report.write(folder, out=out)
    assert "last draft" not in first.read_text(encoding="utf-8")
    table = small.rows["observations"]
    latest = table.query("provider_id == 'P1' and year == 2025")["learner_id"].unique()[:40]
    table[~table["learner_id"].isin(latest)].to_csv(folder / "observations.csv", index=False)
    page = report.write(folder, out=out).read_text(encoding="utf-8")
    held = {
        path: path.read_bytes()
        for path in out.rglob("*")
        if path.name != "run.json" and path.is_file()
    }
    found = [re.sub(r"<[^>]+>", "", h) for h in re.findall(r"<h2[^>]*>(.*?)</h2>", page, re.S)]
    assert found[1] == "What changed since the last draft?"
    assert "Rows read: observations" in page
    report.write(folder, out=out)
    assert {path: path.read_bytes() for path in held} == held
    # What was taken back is told no more.
    report.write(folder, out=out, withdraw=[small.ready.about["fingerprint"]])
    page = (out / deliver.PAGE).read_text(encoding="utf-8")
    assert "It is not compared with this one: it was taken back." in page
    assert "Rows read: observations" not in page


def test_the_page_on_one_sheet_lies_beside_the_whole_report(made):
    sheet = (made / deliver.ONE_PAGE).read_text(encoding="utf-8")
    assert sheet.endswith("<!-- complete -->")
    assert f'href="{deliver.PAGE}"' in sheet


def test_a_report_that_fails_leaves_the_earlier_one_as_it_was(made, known, tmp_path, monkeypatch):
    out = tmp_path / "out"
    shutil.copytree(made, out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    def broken(_release_file, **_):
        raise ReportError("cell 4 stopped with ValueError", where=report.NOTEBOOK)

    monkeypatch.setattr(report, "page_of", broken)
    kept = (known / ledger.FILE).read_bytes()
    with pytest.raises(ReportError):
        report.write(known, out=out)
    # What nobody can see was not published.
    assert (known / ledger.FILE).read_bytes() == kept
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_texts_that_a_spreadsheet_would_run_are_inert_and_numbers_stay_numbers(tmp_path):
    import pandas as pd

    table = pd.DataFrame({"name": ["=1+1", "+x", "-y", "@z", "Māori"], "gap": [-0.25] * 5})
    deliver.write_csv(table, tmp_path / "t.csv")
    read = rows(tmp_path / "t.csv")
    assert [row["name"] for row in read] == ["'=1+1", "'+x", "'-y", "'@z", "Māori"]
    assert {row["gap"] for row in read} == {"-0.25"}


@pytest.mark.parametrize(
    "name",
    [
        "00-start-here",
        "05-name-the-columns",
        "06-local-knowledge",
        "12-on-one-page",
        "20-explore-the-pathway",
        "30-challenges-and-targets",
        "40-resources",
    ],
)
def test_the_other_notebooks_run_on_the_sample(name, made):
    path = notebooks.NOTEBOOKS / f"{name}.ipynb"
    # Those that can be told a release need not make one.
    told = {"release"} & set(parameters.declared(path))
    node = execute.run(path, dict.fromkeys(told, str(made / "release.json")))
    assert all(cell.execution_count for cell in node.cells if cell.cell_type == "code")


def test_one_providers_report_is_about_that_provider(known, small, tmp_path):
    out = report.write(known, out=tmp_path / "own", provider="P2").parent
    text = (out / deliver.PAGE).read_text(encoding="utf-8")
    assert "This report is for Miro School" in text
    steps = rows(out / "tables" / "steps.csv")
    own = small.rows["observations"].query("provider_id == 'P2'")
    assert {row["measure"] for row in steps} == set(own["measure"])


def test_everything_can_be_attacked_again_without_writing_anything(known):
    before = {path.name: path.read_bytes() for path in known.iterdir() if path.is_file()}
    told = report.audited(known)
    assert len(told.decided.looked_at) == 4
    assert (told.decided.looked_at["withheld"] == 0).all()
    assert {p.name: p.read_bytes() for p in known.iterdir() if p.is_file()} == before


def test_default_folders_are_named_by_safe_letters_only():
    found = deliver.default_place("te awa/../x", "../../etc")
    assert re.fullmatch(
        r"reports/te-awa----x\.[0-9a-f]{10}/providers/etc\.[0-9a-f]{10}", found.as_posix()
    )


def test_files_that_no_report_has_written_are_never_replaced(sample, tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "mine.csv").write_text("keep", encoding="utf-8")
    with pytest.raises(UsageError, match="found tables that no report has written"):
        report.write(sample, out=tmp_path)
    assert (tmp_path / "tables" / "mine.csv").read_text(encoding="utf-8") == "keep"


@pytest.mark.parametrize("under", ["", "x"])
def test_a_place_that_cannot_be_written_is_refused_before_any_work(sample, tmp_path, under):
    (tmp_path / "file").write_text("", encoding="utf-8")
    for make in (report.write, report.write_findings):
        with pytest.raises(UsageError, match="cannot write into"):
            make(sample, out=tmp_path / "file" / under)


def test_what_find_writes_tells_how_many_learners_and_never_which(small, tmp_path, monkeypatch):
    monkeypatch.setattr(report.evidence, "gather", lambda *_, **__: small.gathered)
    report.write_findings(small.folder, out=tmp_path)
    written = {path.stem: list(rows(path)) for path in tmp_path.glob("*.csv")}
    assert set(written) == {"findings", "doubts", "candidates", "conditions"}
    hurdles = [row for row in written["findings"] if row["direction"] == "hurdle"]
    chosen = written["candidates"][0]
    assert 0 < int(chosen["learners"]) <= int(chosen["of"])
    assert set(chosen["ranks"].split()) <= {row["rank"] for row in hurdles}
    assert {row["rank"] for row in written["conditions"]} <= {row["rank"] for row in hurdles}
    for name in ("candidates", "conditions"):
        assert not {"learner", "learner_id"} & set(written[name][0])


def test_exact_reports_do_not_lie_among_public_ones():
    public = deliver.default_place("t")
    assert not deliver.default_place("t", audience="governance").is_relative_to(public)


def test_a_report_over_an_earlier_one_leaves_other_files_alone(made, known, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(made, out)
    (out / "tables" / "old.csv").write_text("mine", encoding="utf-8")
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    report.write(known, out=out)
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert (out / "tables" / "old.csv").is_file()
    assert (out / "tables" / "steps.csv").is_file()
