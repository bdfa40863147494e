"""Parameters of a notebook: what its tagged cell says is all that it can be told."""

import nbformat
import papermill
import pytest
from notebook_files import notebook

from colanalysis import report
from colanalysis.errors import ReportError, UsageError
from colanalysis.executing import notebooks, parameters
from colanalysis.executing.parameters import Parameter

REPORT = notebooks.NOTEBOOKS / report.NOTEBOOK
ALL = """name: str = "007"  # what it is called
year: int = 0  # zero for the latest [0 | 1900..2100]
share: float = 0.5  # of all [0..1]
whole: bool = False  # or not
who: str = "public"  # may see it [public | the board]
bare: str = "# [a]"
"""


@pytest.fixture
def all_kinds(tmp_path):
    return notebook(tmp_path / "all.ipynb", parameters=ALL)


def test_parameters_are_read_with_type_default_meaning_and_what_is_possible(all_kinds):
    assert parameters.declared(all_kinds) == {
        "name": Parameter("name", "str", "007", "what it is called"),
        "year": Parameter("year", "int", 0, "zero for the latest", ("0", "1900..2100")),
        "share": Parameter("share", "float", 0.5, "of all", ("0..1",)),
        "whole": Parameter("whole", "bool", False, "or not"),
        "who": Parameter("who", "str", "public", "may see it", ("public", "the board")),
        "bare": Parameter("bare", "str", "# [a]", ""),
    }


def test_papermill_reads_the_same_names_types_and_defaults(all_kinds):
    found = papermill.inspect_notebook(str(all_kinds))
    ours = parameters.declared(all_kinds)
    assert list(found) == list(ours)
    assert [one["inferred_type_name"] for one in found.values()] == [
        one.type for one in ours.values()
    ]


def test_the_report_declares_what_it_can_be_told():
    found = parameters.declared(REPORT)
    assert list(found) == ["community", "release", "earlier", "year", "provider", "audience"]
    assert found["audience"].allowed == ("public", "governance", "provider")
    assert found["year"].allowed == ("0", "1900..2100")


def test_an_unknown_parameter_is_refused_naming_those_that_exist():
    with pytest.raises(UsageError, match=r"'yaer'.*community, release, earlier, year"):
        parameters.checked(REPORT, {"yaer": 2025})


@pytest.mark.parametrize("value", ["2025", 2025.0, True, None])
def test_a_parameter_of_another_type_is_refused(value):
    with pytest.raises(UsageError, match="Expected int"):
        parameters.checked(REPORT, {"year": value})


POSSIBLE = [("year", 0), ("year", 1900), ("year", 2100), ("share", 0.0), ("share", 1.0),
            ("who", "the board"), ("whole", True), ("name", "")]  # fmt: skip
IMPOSSIBLE = [("year", -1), ("year", 1899), ("year", 2101), ("share", 1.01), ("share", -0.01),
              ("who", "all"), ("who", ""), ("who", "Public")]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), POSSIBLE)
def test_a_possible_value_is_taken_as_it_is(all_kinds, name, value):
    assert parameters.checked(all_kinds, {name: value}) == {name: value}


@pytest.mark.parametrize(("name", "value"), IMPOSSIBLE)
def test_an_impossible_value_is_refused_with_what_is_possible(all_kinds, name, value):
    among = ", ".join(parameters.declared(all_kinds)[name].allowed)
    with pytest.raises(UsageError, match="that is not possible") as caught:
        parameters.checked(all_kinds, {name: value})
    assert f"out of {among}" in caught.value.expected


@pytest.mark.parametrize(
    "text", ["007", "NO", "no", "null", "1e5", "2025-03-01", "03/04/2025", " x ", "True", ""]
)
def test_a_text_stays_the_text_that_it_was(all_kinds, text):
    assert parameters.from_texts(all_kinds, {"name": text}) == {"name": text}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("year", "2025", 2025), ("year", " 0 ", 0), ("share", "1", 1.0), ("share", "0.25", 0.25),
     ("whole", "yes", True), ("whole", "False", False), ("who", "the board", "the board")],
)  # fmt: skip
def test_other_texts_become_what_the_notebook_declares(all_kinds, name, text, value):
    (found,) = parameters.from_texts(all_kinds, {name: text}).values()
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("name", "text"),
    [("year", "2025.0"), ("year", "1e3"), ("year", ""), ("year", "٣"), ("year", "1_900"),
     ("year", "99"), ("share", "nan"), ("share", "50%"), ("whole", "1"), ("whole", "NO WAY"),
     ("who", "everybody"), ("year", "9" * 30)],
)  # fmt: skip
def test_a_text_that_is_none_of_the_declared_type_is_refused_without_telling_it(
    all_kinds, name, text
):
    with pytest.raises(UsageError, match=rf"for parameter '{name}'.*Expected") as caught:
        parameters.from_texts(all_kinds, {name: text})
    assert not text or text not in caught.value.found


def test_a_text_for_an_unknown_parameter_is_refused(all_kinds):
    with pytest.raises(UsageError, match="'yaer'.*one of: name, year"):
        parameters.from_texts(all_kinds, {"yaer": "2025"})


def test_help_is_made_of_the_same_cell(all_kinds):
    said = [one.expected for one in parameters.declared(all_kinds).values()]
    assert said[:3] == [
        "str (what it is called)",
        "int out of 0, 1900..2100 (zero for the latest)",
        "float out of 0..1 (of all)",
    ]


@pytest.mark.parametrize(
    ("line", "found"),
    [('year: int = "0"', "found str as default"), ("share: float = 1", "found int as default"),
     ("year: int = 5  # [0 | 1900..2100]", "that is not possible as default")],
)  # fmt: skip
def test_a_default_that_does_not_fit_is_a_fault_of_the_notebook(tmp_path, line, found):
    with pytest.raises(ReportError, match=found):
        parameters.declared(notebook(tmp_path / "a.ipynb", parameters=line))


@pytest.mark.parametrize("line", ["n: int = 1  # [one | 2]", "n: float = 0.5  # [0..many]"])
def test_possible_values_that_are_no_numbers_are_a_fault_of_the_notebook(tmp_path, line):
    with pytest.raises(ReportError, match="possible values"):
        parameters.declared(notebook(tmp_path / "a.ipynb", parameters=line))


def test_a_default_that_is_worked_out_is_a_fault_of_the_notebook(tmp_path):
    with pytest.raises(ReportError, match="found a default that is worked out"):
        parameters.declared(notebook(tmp_path / "a.ipynb", parameters="n: int = 1 + len('a')"))


def test_a_missing_notebook_is_refused_naming_those_that_exist(tmp_path):
    with pytest.raises(UsageError, match=r"10-challenge-evidence\.ipynb"):
        parameters.declared(tmp_path / "none.ipynb")


def test_a_notebook_without_parameters_cell_is_refused(tmp_path):
    path = tmp_path / "bare.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), path)
    with pytest.raises(ReportError, match="found 0 cells tagged parameters"):
        parameters.declared(path)


def test_modules_that_cells_import_are_those_that_bear_a_fork(tmp_path):
    cells = ["import numpy as np, os\nfrom colanalysis import show, trace", "%time import seaborn",
             "import matplotlib.pyplot\nimport antigravity", "from . import x\nimport numpy"]  # fmt: skip
    node = notebooks.read(notebook(tmp_path / "a.ipynb", *cells))
    assert notebooks.modules(node.cells) == [
        "numpy", "colanalysis", "colanalysis.show", "colanalysis.trace", "matplotlib.pyplot",
    ]  # fmt: skip
