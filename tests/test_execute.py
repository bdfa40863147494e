"""A run has come to its last cell or is an error in plain words, in a forked process or a kernel."""

import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
from notebook_files import notebook

from colanalysis.errors import ReportError, UsageError
from colanalysis.executing import execute, forked, running

pytestmark = pytest.mark.slow


@pytest.fixture(params=["forked", "kernel"])
def way(request, monkeypatch):
    """Run the test in both ways."""
    if request.param == "kernel":
        monkeypatch.setattr(forked, "possible", lambda: False)
    elif not forked.possible():
        pytest.skip("this system does not fork")
    return request.param


def test_it_is_said_how_notebooks_run_here(way):
    said = {"forked": "fresh process, forked", "kernel": "kernel of its own, without limits"}
    assert said[way] in running.way()


@pytest.mark.usefixtures("way")
def test_texts_survive_and_a_finished_run_has_run_every_cell(tmp_path):
    node = execute.run(notebook(tmp_path / "a.ipynb", "name", ""), {"name": '007 "NO" Māori'})
    assert node.cells[-2].outputs[0].data["text/plain"] == "'007 \"NO\" Māori'"
    assert "papermill" not in node.metadata
    assert "papermill" not in node.cells[-1].metadata.get("tags", [])


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("values", [{}, {"name": "b"}])
def test_a_failing_cell_is_named_by_its_place_in_the_file_without_its_values(tmp_path, values):
    path = notebook(tmp_path / "bad.ipynb", 'raise ValueError("00417 scored 54.37")', "1")
    with pytest.raises(ReportError, match=r"bad\.ipynb: cell 2 stopped with ValueError") as caught:
        execute.run(path, values)
    assert "00417" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("cell", ["import sys; sys.exit(0)", "import sys; sys.exit()"])
def test_a_notebook_that_ends_itself_is_not_finished_even_in_its_last_cell(tmp_path, cell):
    with pytest.raises(ReportError, match="cell 2 ended the run with SystemExit"):
        execute.run(notebook(tmp_path / "early.ipynb", cell), {"name": "b"})


SHOWS = [
    "from IPython.display import HTML, Markdown, clear_output, display\nimport pandas as pd",
    "display(HTML('<b>one</b>')); display(Markdown('*two*'), metadata={'a': 1}); 3",
    "class Both:\n    def _repr_html_(self): return '<i>b</i>'\n    def __repr__(self): return 'b'\n"
    "    def _repr_png_(self): return b'PNG'\nBoth()",
    "pd.DataFrame({f'column {i}': ['a long text'] for i in range(30)})",
    "pd.Series(['ā', None], name='x')",
    "print('out', end=''); print(' and on')",
    "import sys; print('wrong', file=sys.stderr)",
    "print('gone'); clear_output(); print('stays')",
    "handle = display(HTML('first'), display_id='x')",
    "handle.update(HTML('second'))",
    "import matplotlib.pyplot as plt; _ = plt.plot([1, 2])",
    "name; 1 + 1;",
    "await __import__('asyncio').sleep(0, 'slept')",
    "!echo from a program",
    "import os; _ = os.system('echo from below')",
    "%%time\npass",
    "Out[4], In[5][:5], __",
    "sys.stdout.isatty(), __name__, '' in sys.path",
]


def test_cells_show_what_they_show_in_a_kernel(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # where that is set, kernels hear less
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    path = notebook(tmp_path / "all.ipynb", *SHOWS)
    ours = execute.run(path, {"name": "b"})
    monkeypatch.setattr(forked, "possible", lambda: False)
    kernel = execute.run(path, {"name": "b"})
    for one, other in zip(ours.cells, kernel.cells, strict=True):
        assert one.execution_count == other.execution_count
        if "%%time" not in one.source:
            assert one.outputs == other.outputs, one.source
    assert [out.data["text/html"] for out in ours.cells[10].outputs] == ["second"]
    assert [out.output_type for out in ours.cells[3].outputs] == [
        "display_data", "display_data", "execute_result",
    ]  # fmt: skip
    assert "image/png" in ours.cells[12].outputs[0].data


def test_where_nothing_can_be_forked_a_kernel_is_started(tmp_path, monkeypatch, caplog):
    def unfit(*_, **__):
        raise forked.UnfitError("found two threads")

    monkeypatch.setattr(forked, "Process", unfit)
    node = execute.run(notebook(tmp_path / "a.ipynb", "type(get_ipython()).__name__"), {})
    assert "ZMQ" in node.cells[-1].outputs[0].data["text/plain"]
    assert "a.ipynb: found two threads; a kernel runs the notebook" in caplog.text


# Through papermill


def by_papermill(path, out, **choices):
    return papermill.execute_notebook(
        path, out, engine_name="colanalysis", progress_bar=False, **choices
    )


def test_the_command_knows_the_engine_and_raw_texts_survive(tmp_path):
    path = notebook(tmp_path / "a.ipynb", "print(repr(name))")
    command = [Path(sys.executable).parent / "papermill", "--engine", "colanalysis"]
    words = [*command, path, tmp_path / "out.ipynb", "-r", "name", "007"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    node = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert node.cells[-1].outputs[0].text == "'007'\n"
    assert node.cells[-1].metadata.papermill.status == "completed"
    words[-3:] = ["-p", "name", "007"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "found int for parameter 'name'" in done.stderr
    assert "-r NAME VALUE" in done.stderr


@pytest.mark.parametrize(
    "values", [{"nmae": "b"}, {"name": 7}, {"name": True}, {"x = 1; print('run') #": 5}]
)
def test_parameters_that_do_not_fit_are_refused_before_anything_runs(tmp_path, values):
    ran = tmp_path / "ran"
    path = notebook(tmp_path / "a.ipynb", f"open({str(ran)!r}, 'w').close()")
    with pytest.raises(UsageError, match="found"):
        by_papermill(path, None, parameters=values)
    assert not ran.exists()


def test_a_failing_cell_is_put_down_as_papermill_does(tmp_path):
    path = notebook(tmp_path / "a.ipynb", "1 / 0", "2")
    with pytest.raises(papermill.PapermillExecutionError, match="ZeroDivisionError"):
        by_papermill(path, tmp_path / "out.ipynb")
    cells = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    failed = next(cell for cell in cells if cell.get("source") == "1 / 0")
    assert failed.outputs[0].ename == "ZeroDivisionError"
    assert failed.metadata.papermill.status == "failed"
    assert cells[-1].execution_count is None


def test_output_goes_to_the_files_that_papermill_was_given(tmp_path):
    path = notebook(tmp_path / "a.ipynb", "import sys; print('a'); print('b', file=sys.stderr)")
    with (tmp_path / "o").open("w") as out, (tmp_path / "e").open("w") as wrong:
        by_papermill(path, None, stdout_file=out, stderr_file=wrong)
    assert [(tmp_path / name).read_text() for name in "oe"] == ["a\n", "b\n"]


def test_a_cell_may_take_as_long_as_papermill_says(tmp_path):
    path = notebook(tmp_path / "a.ipynb", "while True: pass")
    with pytest.raises(ReportError, match="cell 2 took longer than it may"):
        by_papermill(path, None, execution_timeout=1)
