import json

import nbformat
import pytest

from colanalysis import execute
from colanalysis.errors import ReportError, UsageError

REPORT = execute.NOTEBOOKS / "10-challenge-evidence.ipynb"


def notebook(path, *cells, parameters='name: str = "a"  # what it is called'):
    tagged = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    node = nbformat.v4.new_notebook(
        cells=[tagged, *(nbformat.v4.new_code_cell(cell) for cell in cells)],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3"},
            "language_info": {"name": "python"},
        },
    )
    nbformat.write(node, path)
    return path


def test_parameters_are_read_with_type_default_and_meaning():
    found = execute.parameters(REPORT)
    assert list(found) == ["community", "release", "year", "provider", "audience"]
    assert found["year"] == execute.Parameter(
        "year", "int", 0, "leave out everything after this year; zero for the latest"
    )


def test_an_unknown_parameter_is_refused_naming_those_that_exist():
    with pytest.raises(UsageError, match=r"'yaer'.*community, release, year, provider, audience"):
        execute.checked(REPORT, {"yaer": 2025})


@pytest.mark.parametrize("value", ["2025", 2025.0, True, None])
def test_a_parameter_of_another_type_is_refused(value):
    with pytest.raises(UsageError, match="Expected int"):
        execute.checked(REPORT, {"year": value})


def test_a_missing_notebook_is_refused_naming_those_that_exist(tmp_path):
    with pytest.raises(UsageError, match=r"10-challenge-evidence\.ipynb"):
        execute.parameters(tmp_path / "none.ipynb")


def test_a_notebook_without_parameters_cell_is_refused(tmp_path):
    path = tmp_path / "bare.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), path)
    with pytest.raises(ReportError, match="found 0 cells tagged parameters"):
        execute.parameters(path)


@pytest.mark.slow
def test_texts_survive_and_a_finished_run_has_run_every_cell(tmp_path):
    node = execute.run(notebook(tmp_path / "a.ipynb", "name"), {"name": '007 "NO" Māori'})
    assert json.dumps(node.cells[-1].outputs[0].data["text/plain"], ensure_ascii=False).count("007")
    assert "Māori" in node.cells[-1].outputs[0].data["text/plain"]


@pytest.mark.slow
def test_a_failing_cell_is_named_without_its_values(tmp_path):
    path = notebook(tmp_path / "bad.ipynb", 'raise ValueError("00417 scored 54.37")')
    with pytest.raises(ReportError, match="stopped with ValueError") as caught:
        execute.run(path, {})
    assert "00417" not in str(caught.value)


@pytest.mark.slow
def test_a_notebook_that_ends_itself_early_is_not_finished(tmp_path):
    path = notebook(tmp_path / "early.ipynb", "import sys; sys.exit(0)", "1 + 1")
    with pytest.raises(ReportError):
        execute.run(path, {})
