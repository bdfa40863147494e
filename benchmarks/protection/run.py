"""Attack all reports of many made-up regions: ``python -m benchmarks.protection.run WHAT``.

``regions`` writes results/regions.csv, one row a community: what the second attacker found (all
should be 0) and what protection costs. ``again`` writes results/again.csv: whether a second release
was refused while 1, 5, 19 or 20 learners of one school differ. ``left`` writes results/left.csv: how
often somebody with the reports before and after names a leaver's result, beside the guess from the
first alone. ``growth`` writes results/growth.csv: what the audit takes as a community grows.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.protection import growth, region
from colanalysis import evidence, ledger, release
from colanalysis.errors import ReleaseError

RESULTS = Path(__file__).parent / "results"
CHANGED = (1, 5, 19, 20, 40)
# After fewer leavers there is no second set of reports that anybody could hold beside the first.
LEFT = (20, 40)


def main() -> None:
    """Run what was asked for and say it in a few lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["regions", "again", "left", "growth"])
    parser.add_argument("--seeds", type=int, default=60, help="how many regions")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument(
        "--pages", type=int, default=3, help="of how many regions pages are made too"
    )
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    if options.what == "regions":
        _told(
            _over(seeds, partial(_region, pages=options.pages, first=options.first), "regions.csv")
        )
    elif options.what == "growth":
        RESULTS.mkdir(exist_ok=True)
        table = pd.DataFrame(growth.measured())
        table.to_csv(RESULTS / "growth.csv", index=False, float_format="%.4g")
        print(table.to_string(index=False))
    elif options.what == "left":
        table = _over(seeds, _left, "left.csv")
        print(table.groupby("left")[["named", "guessed"]].mean().to_string())
    else:
        table = _over(seeds, _again, "again.csv")
        print(table.groupby("changed")["refused"].agg(["sum", "count"]).to_string())


def _over(seeds: range, one: Any, name: str) -> pd.DataFrame:
    """Run every seed, and write down what there is after each."""
    rows: list[dict[str, Any]] = []
    RESULTS.mkdir(exist_ok=True)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for done in pool.map(one, seeds):
            rows += done
            pd.DataFrame(rows).to_csv(RESULTS / name, index=False, float_format="%.4g")
            print(f"{len(rows)} rows", flush=True)
    return pd.DataFrame(rows)


def _region(seed: int, *, pages: int, first: int) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "region"
        return list(region.attacked(seed, own, pages=seed < first + pages))


def _again(seed: int) -> list[dict[str, Any]]:
    """Of each community, whether the ledger refuses a second release after so many changes."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for place, community in enumerate(region.regions.write(Path(folder) / "region", seed)):
            first = evidence.gather(community)
            # The ledger's gate is about learners: how the numbers were decided does not matter here.
            ready = release.Release({"fingerprint": "first", "audience": "governance", "provider": "",
                                     "year": first.year}, {})  # fmt: skip
            book = ledger.added(ledger.Book(first.community), first, release.NOTHING, ready)
            for many in CHANGED:
                chance = np.random.default_rng([seed, place, many])
                provider = str(chance.choice(first.providers["provider_id"]))
                people = region.changed(first, provider, many, chance)
                rows.append(
                    {"seed": seed, "community": community.name, "changed": many,
                     "refused": int(_refused(book, replace(first, people=people)))}
                )  # fmt: skip
    return rows


def _left(seed: int) -> list[dict[str, Any]]:
    rows = []
    for many in LEFT:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(region.left(seed, Path(folder) / "region", many))
    return rows


def _refused(book: ledger.Book, again: evidence.Evidence) -> bool:
    try:
        ledger.admit(book, again)
    except ReleaseError:
        return True
    return False


def _told(table: pd.DataFrame) -> None:
    found = ["pinned", "narrowed", "determined", "wrong", "disagree", "unsolved", "strangers"]
    print(table[found].sum().to_string())
    total = table.sum(numeric_only=True)
    for what in ("school", "single"):
        of = total[f"{what}_cells"]
        print(
            f"{what}: shown {total[f'{what}_shown'] / of:.3f}, bare rules {total[f'{what}_bare'] / of:.3f}"
        )
    print(
        f"mean error {total['error_sum'] / total['shown']:.3f}, most {table['error_most'].max():.0f}"
    )
    print(table[[name for name in table if name.startswith("seconds")]].mean().to_string())


if __name__ == "__main__":
    main()
