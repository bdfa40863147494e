"""A plan is looked at whole: every row that cannot be followed is named, with all that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from batches import community, notebook, plan

from colanalysis import cli, deliver
from colanalysis.batching import journal
from colanalysis.batching.plan import Job, Plan, read
from colanalysis.errors import UsageError

PROTOCOL = '[privacy]\npurpose = "why"\napprover = "who"\nexpires = 2999-12-31\n'


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plans")
    community(folder / "rata", providers=3, learners=60)
    community(folder / "kauri", providers=3, learners=60, more=PROTOCOL)
    notebook(folder / "quick.ipynb")
    notebook(folder / "closed.ipynb", parameters='colour: str = "red"')
    notebook(folder / "kinds.ipynb", parameters=KINDS)
    (folder / "no.ipynb").write_text("no", encoding="utf-8")
    (folder / "broken").mkdir()
    (folder / "broken" / "community.toml").write_text("[community]\n", encoding="utf-8")
    return folder


KINDS = 'release: str = ""\nword: str = ""\nmany: int = 1\nshare: float = 0.5\nwanted: bool = True'


def asked(here: Path, *rows: dict[str, str], out: Path | None = None) -> Plan:
    return read(plan(here / "plan.csv", rows), out=out or here / "out")


def written(here: Path, text: str, name: str = "plan.yaml", out: Path | None = None) -> Plan:
    (here / name).write_text(text, encoding="utf-8")
    return read(here / name, out=out or here / "out")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"community": "none"}, "none: found no such folder"),
        ({"community": "broken"}, "community.toml [community]"),
        ({"provider": "S01"}, "found no community"),
        ({"community": "rata", "provider": "S9"}, "Unknown provider 'S9'"),
        ({"community": "rata", "audience": "all"}, "Unknown audience 'all'"),
        ({"community": "rata", "audience": "governance"}, "needs a protocol"),
        ({"community": "kauri", "audience": "provider"}, "without saying whose"),
        ({"community": "rata", "year": "2020"}, "Expected one of: 2024, 2025"),
        ({"community": "rata", "year": "latest"}, "Expected one of: 2024, 2025"),
        ({"community": "rata", "notebook": "none.ipynb"}, "found no notebook 'none.ipynb'"),
        ({"community": "rata", "notebook": "no.ipynb"}, "found no notebook in the file"),
        ({"community": "rata", "notebook": "closed.ipynb"}, "found no parameter release"),
        (
            {"community": "rata", "colour": "red"},
            "parameters of 10-challenge-evidence.ipynb: found",
        ),
        ({"community": "rata", "notebook": "quick.ipynb", "often": "often"}, "no int"),
        ({"community": "rata", "notebook": "quick.ipynb", "often": "1.0"}, "no int"),
    ],
)
def test_a_row_that_cannot_be_followed_is_named_with_its_reason(here, row, said):
    found = asked(here, {"community": "rata", "provider": "S01"}, row, {"community": "kauri"})
    (one,) = found.refused
    assert one.where == "row 3"
    assert said in one.why
    assert str(here) not in one.why
    assert [job.id for job in found.jobs] == ["rata/providers/S01", "kauri"]


def test_all_that_is_wrong_with_all_rows_is_told_at_once(here):
    two = {"community": "none", "notebook": "none.ipynb"}
    found = asked(here, two, {"community": "rata", "year": "1"}, {"community": "rata"})
    assert [one.where for one in found.refused] == ["row 2", "row 2", "row 3"]
    assert len(found.jobs) == 1


def test_the_same_report_twice_is_refused_also_behind_a_star(here):
    found = asked(
        here,
        {"community": "rata", "provider": "*"},
        {"community": "rata", "provider": "S02"},
        {"community": "rata", "year": "2024"},
    )
    assert [one.where for one in found.refused] == ["row 3", "row 4"]
    assert {job.where for job in found.jobs} == {"row 2"}
    assert {one.why.partition(":")[0] for one in found.refused} == {
        "This is the same report as in row 2"
    }


def test_a_star_is_the_community_and_every_provider_that_has_results(here):
    found = asked(here, {"community": "rata", "provider": "*"})
    assert [job.provider for job in found.jobs] == ["", "S01", "S02", "S03"]
    assert not found.refused


def test_a_star_for_providers_own_numbers_is_every_provider(here):
    found = asked(here, {"community": "kauri", "provider": "*", "audience": "provider"})
    places = [deliver.default_place("kauri", f"S0{n}", "provider") for n in (1, 2, 3)]
    assert [Path("reports") / job.id for job in found.jobs] == places


def test_blank_cells_are_what_a_report_is_without_a_word(here):
    (job,) = asked(here, {"community": "rata"}).jobs
    usual = Job("rata", "row 2", (here / "rata").resolve(), "rata", "Rata")
    assert job == usual


@pytest.mark.parametrize("name", ["plan.yaml", "plan.yml"])
def test_texts_of_yaml_stay_what_was_written(here, name):
    text = (
        "- community: rata\n  notebook: kinds.ipynb\n  word: 007\n"
        "- {community: rata, provider: S01, notebook: kinds.ipynb, word: NO}\n"
        "- {community: rata, provider: S02, notebook: kinds.ipynb, word: 2025-01-31, many: 012}\n"
        "- {community: rata, provider: S03, notebook: kinds.ipynb, word: , wanted: NO, share: 1}\n"
    )
    found = written(here, text, name)
    assert not found.refused
    assert [dict(job.values) for job in found.jobs] == [
        {"word": "007"},
        {"word": "NO"},
        {"word": "2025-01-31", "many": 12},
        {"wanted": False, "share": 1.0},
    ]
    assert [job.where for job in found.jobs] == ["row 1", "row 4", "row 5", "row 6"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("plan.yaml", "community: rata\n", "found no list"),
        ("plan.yaml", "- rata\n", "row 1: found something else"),
        ("plan.yaml", "- community: [rata]\n", "row 1: found something else"),
        ("plan.yaml", "- community: rata\n  community: kauri\n", "found community twice"),
        ("plan.yaml", "- community: 'rata\n", "row 2: found text that is not YAML"),
        ("plan.yaml", "[]", "found no report in the plan"),
        ("plan.csv", "community\n", "found no report in the plan"),
        ("plan.csv", "folder\nrata\n", "found no column community"),
        ("plan.csv", "community,community\nrata,kauri\n", "the same heading"),
        ("plan.csv", "community,\nrata,x\n", "found a column without a heading"),
        ("plan.csv", "community,year\nrata\n", "row 2: found 1 fields"),
        ("plan.txt", "community\nrata\n", "ends in .csv or .yaml"),
    ],
)
def test_a_file_that_is_no_plan_is_refused(here, name, text, said):
    with pytest.raises(UsageError) as caught:
        written(here, text, name)
    assert said in str(caught.value)


def test_a_plan_that_is_not_there_is_wrong_use(here):
    with pytest.raises(UsageError, match="cannot be opened"):
        read(here / "nothing.csv", out=here / "out")


def test_a_place_that_is_a_link_to_somewhere_else_is_refused(here, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "rata").symlink_to(tmp_path / "elsewhere")
    found = asked(here, {"community": "rata"}, out=tmp_path / "out")
    assert "outside the folder for reports" in found.refused[0].why
    assert not found.jobs


def test_files_of_others_are_not_replaced_but_what_a_batch_began_is(here, tmp_path):
    mine = tmp_path / "rata" / "tables" / "mine.csv"
    mine.parent.mkdir(parents=True)
    mine.write_text("keep", encoding="utf-8")
    (one,) = asked(here, {"community": "rata"}, out=tmp_path).refused
    assert "found tables that no report has written" in one.why
    with journal.opened(tmp_path) as book:
        book.placing(journal.Entry("rata"))
    assert not asked(here, {"community": "rata"}, out=tmp_path).refused


@pytest.mark.parametrize("words", [["--jobs", "0"], ["--seconds", "-1"], ["--memory-gib", "much"]])
def test_limits_that_are_none_are_wrong_use(here, words, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["batch", str(here / "plan.csv"), *words])
    assert stopped.value.code == 2
    assert words[0] in capsys.readouterr().err


def test_nothing_is_written_by_looking_at_a_plan(here, tmp_path):
    asked(here, {"community": "rata"}, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
