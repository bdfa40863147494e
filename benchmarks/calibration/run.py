"""Make the figures of docs/method.md again, or some of them.

    python -m benchmarks.calibration.run all|null|planted|power|small|peers|speed [--jobs 2]
    python -m benchmarks.calibration.run curves

Each part keeps its figures in ``results/PART.csv`` and prints its tables; "curves" only draws and
prints what is kept. A row of null, planted and power is many communities of one kind, of seeds 10,000
and on; a kind that is run again takes the place of its row, and ``--only
"learners=800,repetition=weak"`` runs some kinds. peers and speed need the peers' environment
(``peers``). Nothing is drawn at random but by seeds; seconds are of the machine they are taken on.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pandas as pd

from benchmarks.calibration import beside, figures, kept, measured, small, speed, tables
from benchmarks.calibration.settings import FIRST_SEED, PARTS, Setting, seeds_of

OTHERS = ("small", "peers", "speed")


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=["all", *PARTS, *OTHERS, "curves"])
    parser.add_argument("--seeds", type=int, help="instead of the usual number")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help='such as "learners=800,repetition=weak"')
    parser.add_argument("--environment", type=Path, help="the peers' virtual environment")
    options = parser.parse_args()
    # Every worker is busy by itself: none may start threads of its own.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    for part in [*PARTS, *OTHERS] if options.part == "all" else [options.part]:
        _run(part, options)
    if options.part in ("all", "curves"):
        figures.draw()
    for title, table in tables.all_of_them().items():
        if options.part in ("all", "curves", title.partition(":")[0]):
            print(f"\n{title}\n\n{table}")


def _run(part: str, options: argparse.Namespace) -> None:
    if part in PARTS:
        _communities(part, options)
    elif part == "small":
        kept.write("small", small.measured())
    elif part == "peers":
        beside.run(options.environment, seeds=options.seeds, jobs=options.jobs)
    elif part == "speed":
        speed.run(options.environment)


def _communities(part: str, options: argparse.Namespace) -> None:
    settings = [one for one in PARTS[part]() if _wanted(one, options.only)]
    with get_context("spawn").Pool(options.jobs) as pool:
        for setting in settings:
            seeds = range(FIRST_SEED, FIRST_SEED + (options.seeds or seeds_of(part, setting)))
            _keep(part, setting, pool.imap(partial(measured.row, setting), seeds))


def _wanted(setting: Setting, only: str) -> bool:
    wanted = dict(one.split("=", 1) for one in only.split(",") if one)
    own = asdict(setting)
    return all(str(own[name]) in value.split("|") for name, value in wanted.items())


def _keep(part: str, setting: Setting, rows: Iterable[dict[str, float]]) -> None:
    """Add the figures of one kind of community to those of its part, in place of older ones."""
    kind = asdict(setting)
    new = pd.DataFrame([kind | measured.together(list(rows))])
    old = kept.read(part)
    if len(old):
        same = (old[list(kind)].astype(str) == new[list(kind)].astype(str).iloc[0]).all(axis=1)
        new = pd.concat([old[~same], new], ignore_index=True)
    kept.write(part, new)


if __name__ == "__main__":
    main()
