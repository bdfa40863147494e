"""Processor time of a report's page, made in three ways: ``python -m benchmarks.making.run``.

All pages are made of one sealed release of the sample. *Commands* is a loop of ``papermill`` and
``jupyter nbconvert``; *ours* is what a batch does, each page in a process of its own, on two cores;
*plain* is one process that runs the code of the cells as functions, with no notebook run at all, and
exports alike. Seconds are user and system time of all processes from their start to their end, shared
out over the pages; each way is run several times, in turn, and the quickest counts. Writes
results/making.csv.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import ctypes
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pandas as pd

from colanalysis import deliver, draw, export, report
from colanalysis.batching import make, work
from colanalysis.batching.work import Limits, Task
from colanalysis.executing import execute, notebooks

RESULTS = Path(__file__).parent / "results"
JOBS = 2
NOTEBOOK = notebooks.NOTEBOOKS / report.NOTEBOOK


# prctl: who asks for it is given the children of its children once their parents have ended.
_TAKE_IN_ORPHANS = 36


def main() -> None:
    """Run what was asked for and say it in a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=200, help="how many pages a process makes")
    parser.add_argument("--times", type=int, default=3, help="how often each way is run")
    parser.add_argument("--worker", choices=WORKERS, help=argparse.SUPPRESS)
    parser.add_argument("--release", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        WORKERS[options.worker](options.release, options.pages, options.out)
        return
    with tempfile.TemporaryDirectory() as place:
        release = Path(place) / "release.json"
        report.made().write(release)
        # Alone in its folder a batch makes its page and not the one on one sheet as well.
        shutil.copy(NOTEBOOK, place)
        runs = [
            run
            for _ in range(options.times)
            for run in (_commands(release), *(_worked(w, release, options.pages) for w in WORKERS))
        ]
        texts = {path.read_text(encoding="utf-8") for path in Path(place).glob("*.page")}
        parts = pd.read_csv(Path(place) / "parts.csv").min()
    assert len(texts) == 1, "the ways do not give the same page"
    quickest = pd.DataFrame(runs, columns=["way", "seconds"]).groupby("way")["seconds"].min()
    row = {
        "pages": options.pages,
        **{f"seconds_{way}": quickest[way] for way in ("commands", "ours", "plain")},
        "commands_ratio": quickest["commands"] / quickest["ours"],
        "plain_ratio": quickest["ours"] / quickest["plain"],
        **parts,
    }
    RESULTS.mkdir(exist_ok=True)
    told = pd.DataFrame([row])
    told.to_csv(RESULTS / "making.csv", index=False, float_format="%.3g")
    print(told.T.to_string(header=False))


def _spent(run: Callable[[], object]) -> float:
    """Seconds of all processes that a run starts, those too that outlive whoever started them."""
    ctypes.CDLL(None).prctl(_TAKE_IN_ORPHANS, 1)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _commands(release: Path) -> tuple[str, float]:
    scripts, out = Path(sys.executable).parent, release.with_name("out.ipynb")
    words = [
        [scripts / "papermill", release.with_name(NOTEBOOK.name), out, "-p", "release", release],
        [scripts / "jupyter", "nbconvert", "--to", "html", "--no-input", out],
    ]

    def run() -> None:
        for command in words:
            subprocess.run(command, check=True, capture_output=True)

    return "commands", _spent(run)


def _worked(way: str, release: Path, pages: int) -> tuple[str, float]:
    command = [sys.executable, "-m", "benchmarks.making.run", "--worker", way, "--pages", pages]
    places = ["--release", release, "--out", release.with_name(f"{way}.page")]
    words = [str(word) for word in [*command, *places]]
    return way, _spent(lambda: subprocess.run(words, check=True)) / pages


def _ours(release: Path, pages: int, out: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        folders = [Path(place) / str(number) for number in range(pages)]
        for folder in folders:
            folder.mkdir()
            shutil.copy(release, folder)
        notebook = release.with_name(NOTEBOOK.name)
        tasks = [Task(f.name, make.page, (f, notebook, {}, None, None), Limits()) for f in folders]
        ended = [one.why for one in work.outcomes(tasks, jobs=JOBS)]
        assert not any(ended), ended
        texts = {(folder / deliver.PAGE).read_text(encoding="utf-8") for folder in folders}
    assert len(texts) == 1, "the pages of one release differ"
    out.write_text(*texts, encoding="utf-8")


def _plain(release: Path, pages: int, out: Path) -> None:
    spent = {"drawing": 0.0, "exporting": 0.0}

    def timed(what: str, function: Callable[..., object]) -> Callable[..., object]:
        def call(*words: object, **choices: object) -> object:
            began = process_time()
            try:
                return function(*words, **choices)
            finally:
                spent[what] += process_time() - began

        return call

    draw.chart, export.notebook = (
        timed("drawing", draw.chart),
        timed("exporting", export.notebook),
    )
    execute.run = _without_a_process
    for _ in range(pages):
        out.write_text(report.page_of(release), encoding="utf-8")
    row = {f"seconds_{what}": seconds / pages for what, seconds in spent.items()}
    parts = out.with_name("parts.csv")
    pd.DataFrame([row]).to_csv(parts, mode="a", header=not parts.exists(), index=False)


def _without_a_process(notebook: Path, values: dict[str, object], **_: object) -> object:
    """The notebook with what its cells give, each of them run as a function of what stood before."""
    node, names = notebooks.read(notebook), {}
    for cell in filter(notebooks.runs, node.cells):
        body = ast.parse(cell.source)
        last = body.body.pop() if isinstance(body.body[-1], ast.Expr) else None
        exec(compile(body, "cell", "exec"), names)
        if "parameters" in cell.metadata.get("tags", []):
            names.update(values)
        if last is not None:
            shown = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
            cell.outputs = notebooks.showing([shown]).cells[0].outputs
    return node


WORKERS = {"ours": _ours, "plain": _plain}

if __name__ == "__main__":
    main()
