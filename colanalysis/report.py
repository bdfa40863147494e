"""Report: a community's folder in, its challenge-evidence report out, whole or not at all.

First the release is made and sealed; only then a notebook runs, and it is given the release and not
the folder, so neither the page nor anything left behind by the run can hold a learner's record.
"""

from __future__ import annotations

import json
import platform
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from colanalysis import (
    arrange,
    covering,
    custody,
    deliver,
    earlier,
    evidence,
    export,
    find,
    ledger,
    paper,
    release,
    sealed,
)
from colanalysis.comparing import rank
from colanalysis.errors import ReportError
from colanalysis.executing import notebooks, parameters
from colanalysis.publishing import decide
from colanalysis.publishing.decide import Told
from colanalysis.sealed import Release
from colanalysis.terms import labels, settings

NOTEBOOK, ON_ONE_PAGE = "10-challenge-evidence.ipynb", "12-on-one-page.ipynb"
SAMPLE = notebooks.ROOT / "data" / "sample"
VERSIONS = ("pandas", "numpy", "scipy", "papermill", "nbconvert")


def made(
    community: str = "sample",
    *,
    release_file: str = "",
    year: int = 0,
    provider: str = "",
    audience: str = "public",
) -> Release:
    """Give a notebook its release: one that was sealed before, or made now from the folder.

    ``community`` is a folder, or "sample" for the made-up community; ``year`` 0 is the latest.
    """
    if release_file:
        return sealed.read(release_file)
    gathered = evidence.gather(folder_of(community), year=year or None)
    before = ledger.admit(ledger.read(gathered.community), gathered)
    return release.seal(gathered, audience=audience, provider=provider, before=before)


def folder_of(community: str) -> Path:
    """The folder of a community, where "sample" is the made-up one that comes with the project."""
    return SAMPLE if community == "sample" else Path(community)


def write(
    folder: Path,
    *,
    out: Path | None = None,
    year: int | None = None,
    provider: str = "",
    audience: str = "public",
    withdraw: Sequence[str] = (),
    pdf: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write the report of a community or of one provider, and return the path of its page.

    Besides the page: one that prints on one sheet, ``findings.csv``, ``tables/*.csv``,
    ``release.json`` and ``run.json``, and ``earlier.json`` where another draft lay there; and in the
    community's folder the ledger of all that was published. ``withdraw``: releases that were taken
    back wherever they were put; ``pdf``: print the page beside it. An earlier report stays as it was
    unless the new one is whole.
    ReleaseError where the release could give somebody's results away, alone or beside earlier ones.
    """
    started = time.monotonic()
    browser = paper.browser() if pdf else None
    community = settings.read(folder)
    # Before minutes of work: a page that could not be made is known now.
    arrange.own(community)
    target = deliver.own_place(out or deliver.default_place(community.id, provider, audience))
    gathered = evidence.gather(folder, year=year, tell=tell)
    tell("Deciding what may be shown")
    book = ledger.opened(gathered.community, withdraw)
    before = ledger.admit(book, gathered)
    ready = release.seal(gathered, audience=audience, provider=provider, before=before)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=target.parent) as making:
        whole = Path(making) / "report"
        write_tables(ready, whole)
        compared = earlier.keep(whole, target, lambda then: ledger.objection(book, then, ready))
        tell("Making the page")
        write_pages(whole, community=folder)
        if browser:
            tell("Printing the page")
            paper.printed(whole / deliver.PAGE, browser)
        run = run_record(gathered, ready, seconds=time.monotonic() - started)
        (whole / "run.json").write_text(run, encoding="utf-8", newline="\n")
        # Written down first: what was published and is not known could not be taken into account.
        # (Of a made-up community nothing can be given away, and its folder stays as it came.)
        if not gathered.community.made_up:
            ledger.write(ledger.added(book, gathered, before, ready, beside=compared))
        deliver.put_in_place(whole, target)
    return target / deliver.PAGE


def write_tables(ready: Release, folder: Path) -> None:
    """Write what a release tells besides its page: ``release.json``, ``findings.csv``, ``tables/*.csv``."""
    (folder / "tables").mkdir(parents=True)
    ready.write(folder / "release.json")
    deliver.write_csv(ready.tables["findings"][rank.COLUMNS], folder / "findings.csv")
    for name, table in ready.tables.items():
        deliver.write_csv(table, folder / "tables" / f"{name}.csv")


def write_pages(
    folder: Path,
    *,
    notebook: Path | None = None,
    values: Mapping[str, object] = MappingProxyType({}),
    community: Path | None = None,
    alone: bool = False,
) -> None:
    """Make the page of a release beside it; of the report's own notebook also the one on one sheet.

    ``community``: its folder, in which its own notebooks lie. ``alone`` as for `page_of`.
    """
    release_file = folder / "release.json"
    notebook = notebook or notebooks.NOTEBOOKS / NOTEBOOK
    told = earlier.beside(folder) if "earlier" in parameters.declared(notebook) else {}
    pages = {}
    if sheet := sheet_beside(notebook):
        pages[deliver.ONE_PAGE] = page_of(release_file, notebook=sheet, alone=alone)
    pages[deliver.PAGE] = page_of(
        release_file, notebook=notebook, values={**values, **told}, folder=community, alone=alone
    )
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def sheet_beside(notebook: Path) -> Path | None:
    """Find the notebook of the page on one sheet, which is made with the report's own notebook."""
    sheet = notebook.with_name(ON_ONE_PAGE)
    return sheet if notebook.name == NOTEBOOK and sheet.is_file() else None


def audited(
    folder: Path, *, year: int | None = None, tell: Callable[[str], None] = lambda _: None
) -> Told:
    """Decide and audit all reports of a community without writing any of them.

    What stands in the ledger is attacked once more. ReleaseError where anything gives results away.
    """
    gathered = evidence.gather(folder, year=year, tell=tell)
    tell("Attacking everything that would be published")
    before = ledger.admit(ledger.read(gathered.community), gathered)
    told = decide.told(gathered, release.rules(release.PUBLIC, gathered.community), before)
    return told if before.cells.empty else decide.attacked(gathered, told)


def write_findings(
    folder: Path,
    *,
    out: Path | None = None,
    year: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write the exact ``findings.csv`` for the data lead, and return its path.

    Beside it ``doubts.csv``: what was asked of each finding, with the answer in a sentence;
    ``candidates.csv``: sets of hurdles that together reach the most learners, with how many; and
    ``conditions.csv``: what success goes with among each hurdle's learners.
    """
    target = deliver.place(
        out or deliver.default_place(settings.read(folder).id, audience="data-lead")
    )
    gathered = evidence.gather(folder, year=year, tell=tell)
    at_most = gathered.community.settings.candidates
    tables = {
        "doubts": find.answers(gathered.doubts),
        "candidates": covering.sets(gathered.behind, gathered.found, at_most=at_most),
        "conditions": gathered.conditions,
        "findings": gathered.found[rank.COLUMNS],
    }
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=target) as making:
        for name, table in tables.items():
            deliver.write_csv(table, Path(making) / f"{name}.csv")
        for name in tables:
            (Path(making) / f"{name}.csv").replace(target / f"{name}.csv")
    return target / "findings.csv"


def page_of(
    release_file: Path,
    *,
    notebook: Path | None = None,
    values: Mapping[str, object] = MappingProxyType({}),
    folder: Path | None = None,
    alone: bool = False,
) -> str:
    """Run a notebook, the report's own if none is named, on a sealed release and give the page.

    ``values``: its parameters besides ``release``. ``folder``: the community's, for the sections that
    are notebooks of its own; they are told the release and nothing else. ``alone``: this process was
    forked for this report. ReportError if the page is not whole.
    """
    about = sealed.about(release_file)
    notebook = notebook or notebooks.NOTEBOOKS / NOTEBOOK
    node = arrange.run(
        notebook,
        {**values, "release": str(release_file.resolve())},
        chosen=about["sections"],
        folder=folder,
        alone=alone,
    )
    page = export.notebook(
        node,
        title=_title(about, node.metadata.get("title", "Challenge evidence")),
        drop={"facilitator"},
        maori=labels.pairs("section"),
        first=about["settings"]["language_order"].partition("-")[0],
    )
    if not page.endswith(export.END):
        raise ReportError("the page is not whole", where=notebook.name)
    return page


def _title(about: Mapping[str, Any], what: str) -> str:
    own = about["providers"].get(about["provider"], "")
    return " · ".join(part for part in (own, str(about["name"]), what.lower()) if part)


def _inputs(gathered: evidence.Evidence) -> list[dict[str, str]]:
    """Which files were read, with a digest under the community's key.

    A plain digest would let anybody try whether a small file is the one they think it is.
    """
    secret = custody.keys(gathered.community).files
    table = gathered.inputs[["file", "table", "sha256"]]
    return [
        {
            "file": file,
            "table": name,
            "hmac_sha256": custody.mark(sha.encode(), secret),
        }
        for file, name, sha in table.itertuples(index=False)
    ]


def run_record(gathered: evidence.Evidence, ready: Release, *, seconds: float) -> str:
    """The text of ``run.json``: what went into a release, and with which settings and versions."""
    rows = ready.tables["data"]
    counts = rows.loc[rows["table"] != "", ["table", "what", "count"]]
    record = {
        "status": "finished",
        "community": ready.about["id"],
        "audience": ready.about["audience"],
        "provider": ready.about["provider"],
        "year": ready.about["year"],
        "fingerprint": ready.about["fingerprint"],
        "settings": ready.about["settings"],
        "inputs": _inputs(gathered),
        "rows": [
            {
                "table": row.table,
                "what": row.what,
                "count": None if pd.isna(row.count_) else row.count_,
            }
            for row in counts.rename(columns={"count": "count_"}).itertuples()
        ],
        "versions": {
            "colanalysis": ready.about["version"],
            "python": platform.python_version(),
            **{name: version(name) for name in VERSIONS},
        },
        "seconds": round(seconds, 1),
    }
    return json.dumps(record, ensure_ascii=False, indent=1) + "\n"
