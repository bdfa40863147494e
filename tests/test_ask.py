"""A form has a field for each parameter of a notebook, and runs it with what was filled in."""

from __future__ import annotations

import nbformat
import pytest
from nbformat import v4

from colanalysis import ask
from colanalysis.cli import main
from colanalysis.errors import UsageError
from colanalysis.executing import notebooks

CELL = """\
word: str = "a"  # any text
kind: str = "one"  # one of two [one | two]
year: int = 0  # a year [0 | 1900..2100]
share: float = 0.5
exact: bool = False  # as it is"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of notebooks in the place of the project's."""
    cells = [
        v4.new_code_cell(CELL, metadata={"tags": ["parameters"]}),
        v4.new_code_cell("word, kind, year, share, exact"),
    ]
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "30-all-kinds.ipynb")
    monkeypatch.setattr(notebooks, "NOTEBOOKS", tmp_path)
    return tmp_path


def fields(form):
    *asked, button, said = form.children
    return {box.children[0].description: box.children[0] for box in asked}, button, said


def shown(path):
    (output,) = nbformat.read(path, as_version=4).cells[-1].outputs
    return output["data"]["text/plain"]


def test_every_parameter_has_a_field_of_its_type_with_its_default(folder):
    asked, _, _ = fields(ask.notebook("30-all-kinds", out=folder / "out.ipynb"))
    kinds = {name: type(field).__name__ for name, field in asked.items()}
    assert kinds == {
        "word": "Text", "kind": "Dropdown", "year": "IntText", "share": "FloatText",
        "exact": "Checkbox",
    }  # fmt: skip
    assert [field.value for field in asked.values()] == ["a", "one", 0, 0.5, False]
    assert asked["kind"].options == ("one", "two")


def test_what_was_filled_in_is_what_the_notebook_is_told(folder):
    asked, button, said = fields(ask.notebook("30-all-kinds", out=folder / "made" / "out.ipynb"))
    asked["word"].value, asked["kind"].value, asked["exact"].value = "007", "two", True
    asked["year"].value, asked["share"].value = 2024, 0.25
    button.click()
    assert shown(folder / "made" / "out.ipynb") == "('007', 'two', 2024, 0.25, True)"
    assert "out.ipynb" in said.value
    assert not button.disabled


def test_what_does_not_fit_is_told_and_nothing_is_run_or_written(folder):
    asked, button, said = fields(ask.notebook("30-all-kinds", out=folder / "out.ipynb"))
    asked["year"].value = 7
    button.click()
    assert "an int that is not possible" in said.value
    assert "1900..2100" in said.value
    assert not (folder / "out.ipynb").exists()
    assert not button.disabled


def test_an_unknown_notebook_is_refused_with_those_that_exist(folder):
    with pytest.raises(UsageError, match="30-all-kinds"):
        ask.notebook("31-other", out=folder / "out.ipynb")


# The command


@pytest.mark.usefixtures("folder")
def test_the_command_says_what_the_notebook_can_be_told(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["notebook", "30-all-kinds", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert ended.value.code == 0
    assert "--kind" in said
    assert "str out of one, two (one of two); default 'one'" in said
    assert "int out of 0, 1900..2100 (a year); default 0" in said


def test_the_command_runs_it_with_texts_as_they_are(folder, capsys):
    out = folder / "out.ipynb"
    words = ["notebook", "30-all-kinds.ipynb", "--out", str(out), "--word", "NO", "--exact", "yes"]
    assert main(words) == 0
    assert capsys.readouterr().out.strip() == str(out.resolve())
    assert shown(out) == "('NO', 'one', 0, 0.5, True)"


def test_the_command_refuses_what_does_not_fit(folder, capsys):
    out = folder / "out.ipynb"
    assert main(["notebook", "30-all-kinds", "--out", str(out), "--year", "soon"]) == 2
    assert "found a text that is no int for parameter 'year'" in capsys.readouterr().err
    assert not out.exists()
