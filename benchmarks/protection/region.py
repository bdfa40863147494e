"""Region: all reports of one made-up region, what an attacker makes of them, and what they cost."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from colanalysis import cells, evidence, protect, release, report
from colanalysis.evidence import Evidence
from colanalysis.publishing.decide import Told

ROOT = Path(__file__).resolve().parent.parent.parent
# The second attacker and the regions belong to the tests: they share no code with the library.
sys.path.insert(0, str(ROOT / "tests"))
import regions  # noqa: E402
import second_attacker  # noqa: E402

ETHNICITY, GENDER = "ethnicity=", "gender="


def attacked(seed: int, folder: Path, *, pages: bool) -> Iterator[dict[str, Any]]:
    """Write one region and all of its reports, attack them, and give one row a community."""
    for community in regions.write(folder, seed):
        began = perf_counter()
        gathered = evidence.gather(community)
        counted = perf_counter()
        told = release.told_to(release.PUBLIC, gathered, release.NOTHING)
        audited = perf_counter()
        reports = write(gathered, folder / f"{community.name}-reports", pages=pages)
        written = perf_counter()
        result = second_attacker.attack(
            reports, regions.people(community), regions.moves(community), seed=seed
        )
        strangers = [s for one in reports.values() for s in _strangers(one, pages)]
        yield {
            "seed": seed, "community": community.name, "reports": len(reports), "pages": int(pages),
            "learners": int(gathered.people["learner"].nunique()), "findings": len(gathered.found),
            "cells": len(told.decided.cells),
            "protected": int(told.decided.looked_at["protected"].max()),
            "withheld": int(told.decided.looked_at["withheld"].sum()),
            **{
                name: len(getattr(result, name))
                for name in ("pinned", "narrowed", "determined", "wrong", "disagree", "unsolved")
            },
            "strangers": len(strangers), **price(gathered, told),
            "seconds_evidence": counted - began, "seconds_audit": audited - counted,
            "seconds_written": written - audited, "seconds_attack": perf_counter() - written,
        }  # fmt: skip


def write(gathered: Evidence, folder: Path, *, pages: bool) -> dict[str, Path]:
    """Write what every report of a community tells; the same files as ``report.write`` writes."""
    reports = {}
    for unit in ["", *gathered.providers["provider_id"]]:
        ready = release.seal(gathered, provider=unit)
        target = folder / (unit or "community")
        report.write_tables(ready, target)
        if pages:
            page = report.page_of(target / "release.json")
            (target / "challenge-evidence.html").write_text(page, encoding="utf-8")
        reports[unit] = target
    return reports


def price(gathered: Evidence, told: Told) -> dict[str, float]:
    """What protection costs: cells still shown, and how far shown counts are from the truth.

    The lattice of a school is every ethnic group by every gender with the margins, small groups told
    together as they are published; of the community, every single group of every attribute. Beside
    it, what the bare rules of design (ten learners, six on either side) would show of them.
    """
    table = told.decided.cells
    exact = cells.counted(table, gathered.atoms)
    shown = table["mark"] == protect.SHOWN
    error = (table["n_success"] - exact["n_success"])[shown].abs()
    results = table["domain"].eq("results") & table["stages"].eq("") & table["came_from"].eq("")
    latest = table["measure"].map(gathered.counted.groupby("measure")["year"].max())
    lattice = results & (table["year_min"] == table["year_max"]) & (table["year_max"] == latest)
    lattice &= (exact["n"] > 0) & table["level_min"].isna() & table["level_max"].isna()
    by_two = table["group"].map(_of_the_lattice)
    school = lattice & (table["provider_id"] != "") & by_two
    single = lattice & (table["provider_id"] == "") & ~table["group"].str.contains(" & ")
    bare = (exact["n"] >= 10) & (exact["n_success"] >= 6)
    bare &= exact["n"] - exact["n_success"] >= 6
    return {
        "school_cells": int(school.sum()), "school_shown": int((school & shown).sum()),
        "school_bare": int((school & bare).sum()), "single_cells": int(single.sum()),
        "single_shown": int((single & shown).sum()), "single_bare": int((single & bare).sum()),
        "shown": int(shown.sum()), "error_sum": float(error.sum()), "error_most": float(error.max()),
    }  # fmt: skip


def _of_the_lattice(group: str) -> bool:
    parts = group.split(" & ") if group else []
    return all(part.startswith((ETHNICITY, GENDER)) for part in parts)


def _strangers(folder: Path, pages: bool) -> list[str]:
    return second_attacker.strangers(folder) if pages else []


def changed(
    evidence_: Evidence, provider: str, learners: int, chance: np.random.Generator
) -> pd.DataFrame:
    """The marks of a community's learners as if the results of some at one provider were others."""
    people = evidence_.people
    there = people.loc[people["provider_id"] == provider, "learner"].unique()
    some = chance.choice(there, size=min(learners, len(there)), replace=False)
    touched = people["learner"].isin(some) & (people["provider_id"] == provider)
    return people.assign(content=people["content"].where(~touched, people["content"] + 1))


def left(seed: int, folder: Path, many: int) -> dict[str, Any]:
    """Reports before and after so many learners left one school, and how well two tell what one does not.

    The gate is not asked: with few leavers it would refuse the second set (``run again`` counts that).
    """
    community = regions.write(folder, seed)[0]
    truth = regions.people(community)
    before = write(evidence.gather(community), folder / "before", pages=False)
    learners = pd.read_csv(community / "enrolments.csv", dtype=str)
    chance = np.random.default_rng([seed, many])
    latest = learners[learners["year"] == learners["year"].max()]
    school = chance.choice(sorted(latest["provider_id"].unique()))
    there = latest.loc[latest["provider_id"] == school, "learner_id"].unique()
    gone = chance.choice(there, size=min(many, len(there)), replace=False)
    for name in ("learners", "enrolments", "observations"):
        table = pd.read_csv(community / f"{name}.csv", dtype=str, keep_default_na=False)
        table[~table["learner_id"].isin(gone)].to_csv(community / f"{name}.csv", index=False)
    after = write(evidence.gather(community), folder / "after", pages=False)
    keys, sums = list(regions.KEYS), ["eligible", "n", "n_success"]
    rest = regions.people(community).set_index(keys)[sums]
    lost = truth.set_index(keys)[sums].sub(rest, fill_value=0).reset_index()
    lost = lost[lost["n"] > 0]
    single = lost.loc[lost.index.repeat(lost["n"].astype(int))].copy()
    # Of several leavers of one kind as many are counted to succeed as did.
    order = single.groupby(level=0).cumcount()
    single["n_success"] = (order < single["n_success"]).astype(int)
    named, guessed = second_attacker.rerelease(before, after, single.assign(n=1))
    return {"seed": seed, "left": many, "results": len(single), "named": named, "guessed": guessed}
