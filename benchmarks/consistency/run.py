"""How often schools are told apart, and rightly: ``python -m benchmarks.consistency.run``.

A row of results/consistency.csv is many communities of one kind, of seeds 10,000 and on, sent through
``agree`` and ``moderate`` as a community's data go.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.consistency import worlds
from benchmarks.consistency.worlds import World
from colanalysis import agree, moderate

RESULTS = Path(__file__).parent / "results" / "consistency.csv"
FIRST_SEED, SEEDS = 10_000, 400
KINDS = [
    *(World(reliability=one, means=two) for one in (1.0, 0.85) for two in (0.0, 0.3, 0.6)),
    World(spread=0.3, reliability=0.85),
    World(schools=4, spread=0.3, reliability=0.85),
    World(schools=4, fewest=20, most=80, reliability=0.85, means=0.6),
    World(apart=1.0),
    World(apart=1.0, reliability=0.85),
    World(apart=1.0, reliability=0.85, means=0.6),
    World(apart=1.0, reliability=0.85, spread=0.3),
    World(apart=1.0, reliability=0.85, schools=4),
    World(apart=1.0, reliability=0.85, fewest=20, most=80),
]


def main() -> None:
    """Make every kind of community and say what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many communities of a kind")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(options.jobs) as pool:
        rows = list(pool.map(partial(seen, seeds=options.seeds), KINDS))
    table = pd.DataFrame(rows)
    RESULTS.parent.mkdir(exist_ok=True)
    table.to_csv(RESULTS, index=False, float_format="%.4g")
    print(table.to_string(index=False))


def seen(world: World, *, seeds: int) -> dict[str, float]:
    """What is told of many communities of one kind, as sums over them."""
    told = pd.DataFrame([_one(world, FIRST_SEED + seed) for seed in range(seeds)])
    return {**asdict(world), "communities": seeds, **told.sum().to_dict()}


def _one(world: World, seed: int) -> Mapping[str, float]:
    journeys, higher = worlds.made(world, seed)
    agreed = agree.counts(journeys)
    table = moderate.schools(agreed, community=worlds.COMMUNITY)
    doubt = moderate.doubts(agreed, community=worlds.COMMUNITY).iloc[0]
    apart = table["apart"].to_numpy()
    # A school is told beside what schools of this community do, and so is the truth.
    true = higher - higher.mean()
    part = table["n"] / table["n"].sum()
    planted = world.apart != 0
    return {
        "found": int(planted and apart[0]),
        "false": int(apart[1:].any() if planted else apart.any()),
        "schools_told": len(table),
        "held": int(((table["low"] <= true) & (true <= table["high"])).sum()),
        "pooled_held": int(abs(part @ higher) <= doubt["pooled"]),
        "squared_seen": float(((table["seen"] - true) ** 2).sum()),
        "squared_shrunken": float(((table["shift"] - true) ** 2).sum()),
        "pooled_sum": float(doubt["pooled"]),
        "spread_sum": float(doubt["spread"]),
        "true_spread_sum": float(np.std(higher, ddof=1)),
    }


if __name__ == "__main__":
    main()
