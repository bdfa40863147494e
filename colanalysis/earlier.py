"""Earlier: the draft that lies where a report goes, kept beside the report that takes its place.

So that a page can say what has changed, and the same report made again says the same again.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from colanalysis import deliver, sealed
from colanalysis.errors import UsageError
from colanalysis.sealed import Release

VERSION = "version"
# What a draft has to tell so that another can be compared with it.
ABOUT = (
    "audience", "fingerprint", "first_year", "id", "key", "made_up", "measures", "name", "provider",
    "providers", "settings", "version", "year",
)  # fmt: skip
TABLES = {
    "findings": (
        "direction", "group", "kind", "mark", "measure", "n_learners", "n_success", "provider_id",
        "rate", "reference_rate", "stages", "year_level_max", "year_level_min", "year_max", "year_min",
    ),
    "data": ("count", "table", "what"),
}  # fmt: skip


def keep(whole: Path, target: Path, objection: Callable[[Release], str]) -> str:
    """Put the draft at ``target`` beside the new release in ``whole``; its id, where it may be told.

    A report that is made again keeps the draft with which it was compared. Where there is an
    ``objection`` only that is kept, and "" given, as where there is no draft.
    """
    there = target / "release.json"
    if there.is_file() and there.read_bytes() == (whole / "release.json").read_bytes():
        there = target / deliver.EARLIER
    if not there.is_file():
        return ""
    draft = _read(there)
    why = draft.about.get("why") or _incomplete(draft) or objection(draft)
    if why:
        draft = Release({"why": why}, {})
    draft.write(whole / deliver.EARLIER)
    return "" if why else str(draft.about["fingerprint"])


def beside(folder: Path) -> dict[str, str]:
    """The parameter that names the draft kept in a report's folder; empty where there is none."""
    kept = folder / deliver.EARLIER
    return {"earlier": str(kept.resolve())} if kept.is_file() else {}


def _read(path: Path) -> Release:
    try:
        return sealed.read(path)
    except (UsageError, AttributeError, KeyError, TypeError, ValueError):
        return Release({"why": VERSION}, {})


def _incomplete(draft: Release) -> str:
    """Whether a draft lacks something that it would be compared by."""
    told = all(set(columns) <= set(draft.tables.get(name, ())) for name, columns in TABLES.items())
    return "" if told and set(ABOUT) <= set(draft.about) else VERSION
