"""Index: what became of every report of a batch, as a page, a table and a few lines for each."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd

from colanalysis import deliver, export, page
from colanalysis.batching.journal import DONE, FOLDER
from colanalysis.executing import notebooks
from colanalysis.page import Html

__all__ = ["COLUMNS", "PAGE", "TABLE", "write"]

PAGE, TABLE, LOGS = "index.html", "batch.csv", "logs"
COLUMNS = [
    "report", "row", "community_id", "community", "provider", "provider_name", "audience", "year",
    "notebook", "state", "why", "tries", "seconds", "sha256",
]  # fmt: skip
WHOLE = "The whole community"


def write(table: pd.DataFrame, out: Path) -> Path:
    """Write the page, ``batch.csv`` and ``logs`` of a batch (``COLUMNS``), and give the page's path."""
    with tempfile.TemporaryDirectory(prefix="making-", dir=out / FOLDER) as making:
        whole = Path(making)
        deliver.write_csv(table, whole / TABLE)
        (whole / PAGE).write_text(_page(table, out), encoding="utf-8", newline="\n")
        for row in table[table["report"] != ""].to_dict("records"):
            log = out / LOGS / f"{row['report']}.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            (whole / "log").write_text(_log(row), encoding="utf-8", newline="\n")
            (whole / "log").replace(log)
        for name in (TABLE, PAGE):
            (whole / name).replace(out / name)
    return out / PAGE


def _page(table: pd.DataFrame, out: Path) -> str:
    pieces = [
        page.heading(1, "Reports of one batch", anchor="top"),
        # No exact numbers are here, so it is none of the cautions that are marked on every sheet.
        page.notice("For whoever makes the reports. Pass on the reports, not this page.", "info"),
        page.paragraphs([_in_short(table)]),
        *_not_made(table[table["state"] != DONE]),
    ]
    for name, own in table[table["report"] != ""].groupby("community_id", sort=True):
        anchor = f"community-{deliver.safe(str(name))}"
        pieces += [page.heading(2, own["community"].iloc[0], anchor=anchor), _community(own, out)]
    return export.notebook(notebooks.showing(pieces), title="Reports of one batch")


def _not_made(failed: pd.DataFrame) -> list[Html]:
    """What was not made, once for each reason."""
    if failed.empty:
        return []
    rows = [
        {
            "community": community or "none named",
            "why": why,
            "reports": ", ".join(filter(None, own["report"])) or "not begun",
            "row": ", ".join(dict.fromkeys(own["row"])),
        }
        for (community, why), own in failed.groupby(["community", "why"], sort=False)
    ]
    return [
        page.heading(2, "What was not made, and why", anchor="not-made"),
        page.table(
            pd.DataFrame(rows),
            caption="Reports that were not made",
            headings={"row": "In the plan"},
            key=False,
        ),
    ]


def _in_short(table: pd.DataFrame) -> str:
    made = int((table["state"] == DONE).sum())
    if made == len(table):
        return f"All {made} reports were made."
    return f"{made} of {len(table)} reports were made; {len(table) - made} were not."


def _community(own: pd.DataFrame, out: Path) -> Html:
    rows = [
        {
            "report": _links(row, out) if row["state"] == DONE else _asked(row),
            "audience": row["audience"],
            "years": f"up to {row['year']}" if row["year"] else "all",
            "what": "made" if row["state"] == DONE else "not made: see above",
        }
        for row in own.to_dict("records")
    ]
    return page.table(
        pd.DataFrame(rows, dtype="object"),  # a link is more than its text
        caption=f"Reports of {own['community'].iloc[0]}",
        headings={"audience": "For", "what": "What became of it"},
        key=False,
    )


def _links(row: dict[str, object], out: Path) -> Html:
    """The page, and its print and the page on one sheet where they are."""
    link, report, name = Html('<a href="{}/{}">{}</a>'), str(row["report"]), _asked(row)
    further = {deliver.PAPER: f"{name} as PDF", deliver.ONE_PAGE: f"{name} on one page"}
    links = [
        link.format(report, file, named)
        for file, named in further.items()
        if (out / report / file).is_file()
    ]
    told = link.format(report, deliver.PAGE, name)
    return told + Html(" (") + Html(", ").join(links) + Html(")") if links else told


def _asked(row: dict[str, object]) -> str:
    return str(row["provider_name"] or row["provider"] or WHOLE)


def _log(row: dict[str, object]) -> str:
    said = [
        f"Report {row['report']}, {row['row']} of the plan.",
        f"{_asked(row)}, {row['community']}; for the audience {row['audience']}.",
        f"Notebook {row['notebook']}, {'up to ' + str(row['year']) if row['year'] else 'all years'}.",
        f"{'Made' if row['state'] == DONE else 'Not made: ' + str(row['why'])}",
        f"Tries {row['tries']}, seconds {row['seconds']:.1f}.",
    ]
    return "\n".join(said) + "\n"
