"""A notebook that runs in the process of its report: the same page, and the same words where it stops."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from colanalysis import report
from colanalysis.batching import work
from colanalysis.batching.work import Task
from colanalysis.executing import execute, forked

pytestmark = pytest.mark.skipif(not forked.possible(), reason="processes are forked on Linux only")


def notebook(path: Path, *cells: str) -> Path:
    parameters = v4.new_code_cell('word: str = ""', metadata={"tags": ["parameters"]})
    made = v4.new_notebook(cells=[parameters, *(v4.new_code_cell(cell) for cell in cells)])
    nbformat.write(made, path)
    return path


def values(path: Path, out: Path) -> None:
    """Write what the last cell of a notebook gave."""
    node = execute.run(path, {"word": "007"}, alone=True)
    out.write_text(node.cells[-1].outputs[0]["data"]["text/plain"], encoding="utf-8")


def after_another(first: Path, second: Path, out: Path) -> None:
    execute.run(first, {}, alone=True)
    values(second, out)


def page(release: Path, out: Path) -> None:
    out.write_text(report.page_of(release, alone=True), encoding="utf-8")


def why(*task: object) -> str:
    (ended,) = work.outcomes([Task("one", task[0], task[1:])], jobs=1)  # type: ignore[arg-type]
    return ended.why


def test_parameters_arrive_and_nothing_is_left_of_the_notebook_before(tmp_path):
    first = notebook(tmp_path / "first.ipynb", "left = 1")
    second = notebook(tmp_path / "second.ipynb", "word, 'left' in globals(), __name__")
    assert why(after_another, first, second, tmp_path / "out") == ""
    assert (tmp_path / "out").read_text() == "('007', False, '__main__')"


def test_the_page_is_the_same_as_from_a_process_of_the_notebook_alone(tmp_path, public):
    public.write(tmp_path / "release.json")
    assert why(page, tmp_path / "release.json", tmp_path / "out") == ""
    assert (tmp_path / "out").read_text() == report.page_of(tmp_path / "release.json")


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("1 / 0", "cell 2 stopped with ZeroDivisionError"),
        ("raise SystemExit", "cell 2 ended the run with SystemExit"),
        ("import os; os._exit(0)", work.DIED),
        ("for _ in range(60): print('x' * 1_000_000)", "cell 2 showed more than 50 million"),
    ],
)
def test_a_run_that_stops_is_told_in_plain_words(tmp_path, cell, found):
    path = notebook(tmp_path / "one.ipynb", cell, "1")
    assert found in why(values, path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_shown_anew_changes_the_cell_that_showed_it_first(tmp_path):
    path = notebook(
        tmp_path / "one.ipynb",
        "from IPython.display import display, HTML; shown = display(HTML('old'), display_id=True)",
        "shown.update(HTML('new'))",
        "1",
    )
    assert why(shows_new, path, tmp_path / "out") == ""
    assert (tmp_path / "out").read_text() == "new"


def shows_new(path: Path, out: Path) -> None:
    node = execute.run(path, {}, alone=True)
    out.write_text(node.cells[1].outputs[0]["data"]["text/html"], encoding="utf-8")
