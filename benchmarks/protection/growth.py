"""Growth: what the audit of everything that a community publishes takes, as the community grows."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from benchmarks.protection.region import ROOT
from colanalysis import evidence, release, report
from colanalysis.evidence import Evidence
from colanalysis.publishing import decide

PROVIDERS = (2, 4, 8)


def measured() -> Iterator[dict[str, Any]]:
    """The audit of the sample's first providers alone, then of all: cells, seconds, core-seconds.

    Findings belong to the whole community, so only the last row has them. Its last columns are the
    seconds that a page takes from a release that is read, and from counts that are still to be put
    into the form of one (both without the audit).
    """
    whole = evidence.gather(ROOT / "data" / "sample")
    for many in PROVIDERS:
        yield _audited(_first(whole, many))
    yield _audited(whole) | _pages(whole)


def _audited(own: Evidence) -> dict[str, Any]:
    rules = release.rules(release.PUBLIC, own.community)
    began, worked = perf_counter(), _worked()
    told = decide.told(own, rules, release.NOTHING)
    looked_at = told.decided.looked_at
    return {
        "providers": len(own.providers), "cells": len(told.decided.cells),
        "results": int(own.atoms.loc[own.atoms["domain"] == "results", "n"].sum()),
        "protected": int(looked_at["protected"].max()), "withheld": int(looked_at["withheld"].sum()),
        "seconds": perf_counter() - began, "core_seconds": _worked() - worked,
    }  # fmt: skip


def _first(whole: Evidence, many: int) -> Evidence:
    """A community of the first providers, with nobody of the others and no findings."""
    providers = whole.providers.sort_values("provider_id").head(many)

    def own(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["provider_id"].isin([*providers["provider_id"], ""])]

    return replace(whole, providers=providers, atoms=own(whole.atoms), counted=own(whole.counted),
                   found=whole.found.iloc[:0])  # fmt: skip


def _pages(whole: Evidence) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "release.json"
        began = perf_counter()
        release.seal(whole).write(path)
        sealed = perf_counter()
        report.page_of(path)
        done = perf_counter()
    return {"seconds_page_from_release": done - sealed, "seconds_page_from_counts": done - began}


def _worked() -> float:
    """Seconds of all cores, of processes that have ended too."""
    own = os.times()
    return own.user + own.system + own.children_user + own.children_system
