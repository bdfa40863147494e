"""Run a batch: all reports of a plan, decided before any is made, each whole in its place or not there.

First every community's releases are sealed, in private, and its ledger is written; then the pages are
made, each in a process of its own. What was ended in the middle goes on from the journal.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pandas as pd

from colanalysis import deliver, export, paper, program, release, report
from colanalysis.batching import cluster, index, journal, make, work
from colanalysis.batching.journal import DONE, FAILED, PLACING, Entry, Journal
from colanalysis.batching.plan import Job, Plan
from colanalysis.batching.work import Limits, Outcome, Task
from colanalysis.errors import ColanalysisError
from colanalysis.executing import running

__all__ = ["REFUSED", "batch"]

REFUSED = "refused"
STAGING = "sealed"
USUAL = Limits()
# What a page is made with, besides what is ours.
LIBRARIES = (
    "pandas", "numpy", "scipy", "pyarrow", "highspy", "nbconvert", "nbclient",
    "papermill", "ipykernel", "jinja2", "beautifulsoup4",
)  # fmt: skip


@dataclass(frozen=True)
class _Means:
    """What pages are made with: so many at a time, within limits, printed or not, here or elsewhere."""

    jobs: int
    limits: Limits
    browser: Path | None
    scheduler: str


def batch(
    plan: Plan,
    *,
    out: Path,
    jobs: int,
    resume: bool = False,
    pdf: bool = False,
    limits: Limits = USUAL,
    scheduler: str = "",
    tell: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Make all reports of a plan, so many at a time, and give what became of each (``index.COLUMNS``).

    ``resume``: reports that are done and would be the same again are left as they are. ``pdf``: each
    page is printed beside itself. ``scheduler``: of a Dask cluster that makes the public pages.
    UsageError where no browser can print, and while another batch is at work in ``out``;
    KeyboardInterrupt, with nothing running any more, when it is stopped.
    """
    means = _Means(jobs, limits, paper.browser() if pdf else None, scheduler)
    if scheduler:
        cluster.look(scheduler, LIBRARIES)
    ids = [job.id for job in plan.jobs]
    tell(running.way())
    with journal.opened(out) as book, _staging(out) as staging, _stops() as stopped:
        done = {one: e for one, e in book.entries().items() if resume and e.state == DONE}
        book.note(*(Entry(one) for one in ids if one not in done))
        try:
            ready = _sealed(plan.jobs, out, staging, book, jobs, stopped, tell)
            todo = [
                (job, folder, mark)
                for job, folder in ready
                if not _stands(
                    done.get(job.id),
                    mark := _fingerprint(job, folder, pdf),
                    out / job.id,
                    pdf=pdf,
                    sheet=bool(report.sheet_beside(job.notebook)),
                )
            ]
            book.note(*(Entry(job.id) for job, _, _ in todo))
            _pages(todo, out, book, means, stopped, tell)
        except (KeyboardInterrupt, ColanalysisError):
            book.stop(ids)
            raise
        told = _table(plan, book)
        index.write(told, out)
    return told


def _sealed(
    asked: tuple[Job, ...],
    out: Path,
    staging: Path,
    book: Journal,
    jobs: int,
    stopped: Callable[[], bool],
    tell: Callable[[str], None],
) -> list[tuple[Job, Path]]:
    """Seal the releases of all communities; those of whom nothing was refused, with their folders."""
    of: dict[Path, list[tuple[Job, Path]]] = {}
    for number, job in enumerate(asked):
        of.setdefault(job.folder, []).append((job, staging / str(number)))
    tasks = [Task(str(folder), make.releases, (folder, own, out)) for folder, own in of.items()]
    tell(f"Deciding what may be shown of {len(of)} communities")
    ready: list[tuple[Job, Path]] = []
    for ended in work.outcomes(tasks, jobs=jobs, stopped=stopped):
        own = of[Path(ended.task.name)]
        if ended.why:
            book.note(*(Entry(job.id, FAILED, why=ended.why, tries=1) for job, _ in own))
        else:
            ready += own
        tell(f"{own[0][0].community}: {'not decided' if ended.why else 'decided'}")
    return sorted(ready, key=lambda one: int(one[1].name))


def _pages(
    todo: list[tuple[Job, Path, str]],
    out: Path,
    book: Journal,
    means: _Means,
    stopped: Callable[[], bool],
    tell: Callable[[str], None],
) -> None:
    """Make the pages and put each report in its place as soon as it is whole."""
    of = {job.id: (folder, mark) for job, folder, mark in todo}
    here: list[Task] = []
    away: list[Task] = []
    for job, folder, _ in todo:
        # Exact numbers stay on this machine, and so does what a community has written itself.
        far = means.scheduler and job.audience == release.PUBLIC and not job.own
        values = (folder, job.notebook, dict(job.values), job.folder, means.browser)
        (away if far else here).append(Task(job.id, make.page, values, means.limits))
    outcomes: Iterator[Outcome] = chain(
        cluster.outcomes(away, scheduler=means.scheduler, made_with=LIBRARIES, stopped=stopped),
        work.outcomes(here, jobs=means.jobs, stopped=stopped),
    )
    began = time.monotonic()
    for number, ended in enumerate(outcomes, start=1):
        one = ended.task.name
        folder, mark = of[one]
        sha, why = ("", ended.why) if ended.why else _put(folder, out / one, book, one)
        state = FAILED if why else DONE
        book.note(Entry(one, state, mark, sha, why, ended.tries, round(ended.seconds, 1)))
        left = (time.monotonic() - began) / number * (len(todo) - number)
        tell(f"{number} of {len(todo)}{_in_words(left)}: {one} {why or 'made'}")


def _put(folder: Path, target: Path, book: Journal, one: str) -> tuple[str, str]:
    """Put a whole report in its place: the digest of its page, or why it could not be."""
    page = (folder / deliver.PAGE).read_bytes()
    if not page.endswith(export.END.encode()):
        return "", "the page is not whole"
    book.placing(Entry(one, PLACING))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        deliver.put_in_place(folder, target)
    except (OSError, ColanalysisError) as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        return "", f"it could not be put in its place ({said})"
    return hashlib.sha256(page).hexdigest(), ""


def _stands(
    entry: Entry | None, fingerprint: str, place: Path, *, pdf: bool = False, sheet: bool = False
) -> bool:
    """Whether a report was done, from the same, and its page is still as it was made.

    ``pdf`` and ``sheet``: whether its print and its page on one sheet have to be there too.
    """
    if entry is None or entry.fingerprint != fingerprint:
        return False
    if pdf and not paper.whole(place / deliver.PAPER):
        return False
    if sheet and not (place / deliver.ONE_PAGE).is_file():
        return False
    page = place / deliver.PAGE
    return page.is_file() and hashlib.sha256(page.read_bytes()).hexdigest() == entry.sha256


def _fingerprint(job: Job, folder: Path, pdf: bool) -> str:
    """Name all that a report follows from: releases, now and earlier, notebooks, values, the program.

    And whether it is printed: what is made with a PDF is not what is made without.
    """
    told = hashlib.sha256(program.digest(*LIBRARIES))
    values = json.dumps(dict(job.values), sort_keys=True).encode()
    files = (*make.needed(folder, job.notebook).values(), *job.own)
    parts = (path.read_bytes() if path.is_file() else b"" for path in files)
    for part in (*parts, values, b"printed" if pdf else b""):
        told.update(len(part).to_bytes(8, "big") + part)
    return told.hexdigest()


def _table(plan: Plan, book: Journal) -> pd.DataFrame:
    entries = book.entries()
    rows = [
        {
            "report": job.id, "row": job.where, "community_id": job.community_id,
            "community": job.community, "provider": job.provider,
            "provider_name": job.provider_name, "audience": job.audience,
            "year": str(job.year or ""), "notebook": job.notebook.name, "state": entry.state,
            "why": entry.why, "tries": entry.tries, "seconds": entry.seconds,
            "sha256": entry.sha256,
        }
        for job in plan.jobs
        if (entry := entries[job.id])
    ]  # fmt: skip
    blank = dict.fromkeys(index.COLUMNS, "") | {"state": REFUSED, "tries": 0, "seconds": 0.0}
    rows += [
        blank | {"row": one.where, "community": one.community, "why": one.why}
        for one in plan.refused
    ]
    return pd.DataFrame(rows, columns=index.COLUMNS)


@contextmanager
def _staging(out: Path) -> Iterator[Path]:
    """A private folder on the same disk; what an earlier batch has left there is never trusted."""
    beside = out / journal.FOLDER
    for old in [path for path in beside.iterdir() if path.is_dir()]:
        shutil.rmtree(old, ignore_errors=True)
    folder = beside / STAGING
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _stops() -> Iterator[Callable[[], bool]]:
    """Say whether somebody wants the batch to stop, which it then does between two steps."""
    asked = threading.Event()
    # Only the main thread hears signals; elsewhere whoever calls has to stop it.
    here = threading.current_thread() is threading.main_thread()
    heard = (signal.SIGINT, signal.SIGTERM) if here else ()
    before = {one: signal.signal(one, lambda *_: asked.set()) for one in heard}
    try:
        yield asked.is_set
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _in_words(seconds: float) -> str:
    if seconds >= 90:
        return f", about {seconds / 60:.0f} min left"
    return f", about {seconds:.0f} s left" if seconds else ""
