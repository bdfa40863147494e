"""Report: a community's folder in, its challenge-evidence report out, whole or not at all.

First the release is made and sealed; only then a notebook runs, and it is given the release and not
the folder, so neither the page nor anything left behind by the run can hold a learner's record.
"""

from __future__ import annotations

import csv
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from colanalysis import evidence, execute, export, release, sealed
from colanalysis.comparing import rank
from colanalysis.errors import ReportError, UsageError
from colanalysis.sealed import Release
from colanalysis.terms import labels, settings

NOTEBOOK = "10-challenge-evidence.ipynb"
PAGE = "challenge-evidence.html"
SAMPLE = execute.ROOT / "data" / "sample"
VERSIONS = ("pandas", "numpy", "scipy", "matplotlib", "papermill", "nbconvert")


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
    return release.seal(gathered, audience=audience, provider=provider)


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
    tell: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write the report of a community or of one provider, and return the path of its page.

    Besides the page: ``findings.csv``, ``tables/*.csv``, ``release.json`` and ``run.json``. An
    earlier report stays as it was unless the new one is whole.
    """
    started = time.monotonic()
    target = _own_place(out or default_out(settings.read(folder).id, provider, audience))
    gathered = evidence.gather(folder, year=year, tell=tell)
    tell("Deciding what may be shown")
    ready = release.seal(gathered, audience=audience, provider=provider)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=target.parent) as making:
        whole = Path(making) / "report"
        (whole / "tables").mkdir(parents=True)
        ready.write(whole / "release.json")
        _write_csv(ready.tables["findings"][rank.COLUMNS], whole / "findings.csv")
        for name, table in ready.tables.items():
            _write_csv(table, whole / "tables" / f"{name}.csv")
        tell("Making the page")
        (whole / PAGE).write_text(page_of(whole / "release.json"), encoding="utf-8", newline="\n")
        run = _run(gathered, ready, seconds=time.monotonic() - started)
        (whole / "run.json").write_text(run, encoding="utf-8", newline="\n")
        _put_in_place(whole, target)
    return target / PAGE


def write_findings(
    folder: Path,
    *,
    out: Path | None = None,
    year: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write the exact ``findings.csv`` for the data lead, and return its path."""
    target = _place(out or Path("reports") / "data-lead" / _safe(settings.read(folder).id))
    gathered = evidence.gather(folder, year=year, tell=tell)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=target) as making:
        made_path = Path(making) / "findings.csv"
        _write_csv(gathered.found[rank.COLUMNS], made_path)
        made_path.replace(target / "findings.csv")
    return target / "findings.csv"


def default_out(community_id: str, provider: str = "", audience: str = "public") -> Path:
    """Where a report goes unless told otherwise; names are made of safe letters only.

    Exact reports have a place of their own, so that a folder of public ones can be passed on.
    """
    place = Path("reports") if audience == "public" else Path("reports") / _safe(audience)
    folder = place / _safe(community_id)
    return folder / "providers" / _safe(provider) if provider else folder


def _place(target: Path) -> Path:
    """A folder that is there or can be made; UsageError where it cannot."""
    nearest = next(path for path in (target, *target.absolute().parents) if path.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise UsageError(f"cannot write into {nearest}", where=str(target), expected="a folder")
    return target


def _own_place(target: Path) -> Path:
    """A folder that is new, empty, or holds an earlier report; nobody else's files are replaced."""
    ours = {PAGE, "findings.csv", "release.json", "run.json", "tables"}
    there = {path.name for path in target.iterdir()} if _place(target).exists() else set()
    if there & ours and not {"release.json", "run.json"} <= there:
        raise UsageError(
            f"found {', '.join(sorted(there & ours))} that no report has written",
            where=str(target),
            expected="an empty folder, or one with an earlier report",
            remedy="Choose another folder with --out.",
        )
    return target


def page_of(release_file: Path) -> str:
    """Run the report's notebook on a sealed release and give the page; ReportError if not whole."""
    ready = sealed.read(release_file)
    node = execute.run(execute.NOTEBOOKS / NOTEBOOK, {"release": str(release_file.resolve())})
    page = export.notebook(
        node,
        title=_title(ready),
        drop={"facilitator"},
        maori=labels.pairs("section"),
        first=ready.about["settings"]["language_order"].partition("-")[0],
    )
    if not page.endswith(export.END):
        raise ReportError("the page is not whole", where=NOTEBOOK)
    return page


def _title(ready: Release) -> str:
    own = ready.about["providers"].get(ready.about["provider"], "")
    return " · ".join(
        part for part in (own, str(ready.about["name"]), "challenge evidence") if part
    )


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table so that no spreadsheet takes a text for a formula; numbers stay numbers."""
    safe = table.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = [_inert(value) for value in safe[column]]
        elif pd.api.types.is_float_dtype(safe[column]):
            safe[column] = [_short(value) for value in safe[column]]
    safe.to_csv(path, index=False, encoding="utf-8", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)


def _inert(value: object) -> object:
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r", "\0")):
        return "'" + value
    return "" if value is None else value


def _short(value: float) -> str:
    """Six significant digits, whole numbers without a point, nothing for missing."""
    return "" if pd.isna(value) else f"{value:.6g}"


def _run(gathered: evidence.Evidence, ready: Release, *, seconds: float) -> str:
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
        "inputs": gathered.inputs[["file", "table", "sha256"]].to_dict("records"),
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


def _put_in_place(whole: Path, target: Path) -> None:
    """Swap a finished report in; what else lies in the folder (providers' reports) stays."""
    target.mkdir(exist_ok=True)
    tables = target / "tables"
    if (target / "release.json").is_file():
        for name in sealed.read(target / "release.json").tables:
            (tables / f"{name}.csv").unlink(missing_ok=True)
    tables.mkdir(exist_ok=True)
    for made_path in sorted((whole / "tables").iterdir()):
        made_path.replace(tables / made_path.name)
    files = [path for path in whole.iterdir() if path.is_file()]
    for made_path in sorted(files, key=lambda path: path.suffix == ".html"):
        made_path.replace(target / made_path.name)


def _safe(name: str) -> str:
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name)
    return kept.strip("-") or "community"
