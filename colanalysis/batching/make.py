"""Make: the two things that are done in a process of their own, a community's releases and one page."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from colanalysis import deliver, earlier, evidence, ledger, paper, release, report
from colanalysis.batching.plan import Job
from colanalysis.terms import settings

__all__ = ["keep", "needed", "page", "releases"]


def releases(folder: Path, asked: Sequence[tuple[Job, Path]], out: Path) -> None:
    """Seal all releases of a community that are asked for, each into its folder, or none.

    Beside each is kept the draft that lies under ``out``, where it will go. Everything is gathered and
    decided once a year of data, the earliest first. The ledger is written when all are sealed.
    ReleaseError and others as ``report.write`` raises them.
    """
    community = settings.read(folder)
    book = ledger.read(community)
    for year in sorted({job.year for job, _ in asked}, key=lambda year: year or 9999):
        started = time.monotonic()
        gathered = evidence.gather(folder, year=year)
        before = ledger.admit(book, gathered)
        for job, place in [(job, place) for job, place in asked if job.year == year]:
            ready = release.seal(
                gathered, audience=job.audience, provider=job.provider, before=before
            )
            report.write_tables(ready, place)
            record = report.run_record(gathered, ready, seconds=time.monotonic() - started)
            (place / "run.json").write_text(record, encoding="utf-8", newline="\n")
            objection = partial(ledger.objection, book, now=ready)
            compared = earlier.keep(place, out / job.id, objection)
            if not community.made_up:
                book = ledger.added(book, gathered, before, ready, beside=compared)
    if not community.made_up:
        ledger.write(book)


def page(
    folder: Path,
    notebook: Path,
    values: Mapping[str, object],
    community: Path | None,
    browser: Path | None,
) -> None:
    """Make the page of a sealed release beside it, and see that the whole folder is on the disk.

    ``community``: the folder in which its own notebooks lie, where there are any; ``browser``: what
    prints the page, if anything does.
    """
    # The one place where a notebook is run for a batch.
    report.write_pages(folder, notebook=notebook, values=values, community=community, alone=True)
    if browser:
        # This process is ended with all of its group, and the browser with it.
        paper.printed(folder / deliver.PAGE, browser, own_group=False)
    keep(folder)


def needed(folder: Path, notebook: Path) -> dict[str, Path]:
    """Each file that a report's pages are made of, by its place beside the notebook; not all are there."""
    return {
        "report/release.json": folder / "release.json",
        f"report/{deliver.EARLIER}": folder / deliver.EARLIER,
        notebook.name: notebook,
        report.ON_ONE_PAGE: notebook.with_name(report.ON_ONE_PAGE),
    }


def keep(folder: Path) -> None:
    """See that a whole folder is on the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
