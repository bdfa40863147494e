"""How often schools are told apart, and rightly: ``python -m benchmarks.consistency.run``.

A row of results/consistency.csv is many communities of one kind, of seeds 10,000 and on, sent through
``agree`` and ``moderate`` as a community's data go.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import kinds
from benchmarks.consistency import worlds
from benchmarks.consistency.worlds import World
from colanalysis import agree
from colanalysis.moderating import moderate

RESULTS = Path(__file__).parent / "results" / "consistency.csv"
SEEDS = 200
NOISY = 0.85
KINDS = [
    World(reliability=NOISY, means=0.0),
    World(reliability=NOISY),
    *(World(reliability=one, means=0.6) for one in (0.95, NOISY, 0.8)),
    World(means=0.6, reliability=NOISY, curve=0.3),
    World(spread=0.3, reliability=NOISY),
    World(schools=4, spread=0.3, reliability=NOISY),
    World(schools=4, fewest=20, most=80, reliability=NOISY, means=0.6),
    World(apart=1.0, reliability=0.95),
    World(apart=1.0, reliability=NOISY),
    World(apart=1.0, reliability=NOISY, means=0.6),
    World(apart=1.0, reliability=NOISY, spread=0.3),
    World(apart=1.0, reliability=NOISY, schools=4),
    World(apart=1.0, reliability=NOISY, fewest=20, most=80),
]
HEAD = (
    "| schools of learners | reliability | learners differ | judging differs | one apart by | communities "
    "| found | another, or any, told apart | intervals that hold | error, points | pooled doubt, ± points "
    "| pooled doubts that hold |"
)


def main() -> None:
    """Make every kind of community and say what was seen."""
    kinds.run(
        KINDS,
        one,
        about=__doc__,
        usual=SEEDS,
        called="communities",
        digits=4,
        results=RESULTS,
        written=written,
    )


def one(world: World, seed: int) -> Mapping[str, float]:
    """What is told of the community of a kind and a seed."""
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


def written(table: pd.DataFrame) -> str:
    """The table of docs/method.md, from what is kept in results."""
    lines = [HEAD, "| --- " * HEAD.count(" | ") + "| --- |"]
    for row in table.itertuples():
        shared = f"{row.schools} of {row.fewest} to {row.most}"
        world = f"{row.reliability:g}{' (curved)' if row.curve else ''} | {row.means:g} | {row.spread:g}"
        found = f"{row.found / row.communities:.1%}" if row.apart else "-"
        doubt = f"{100 * row.pooled_sum / row.communities:.1f}"
        error = 100 * np.sqrt(row.squared_shrunken / row.schools_told)
        lines.append(
            f"| {shared} | {world} | {row.apart:g} | {row.communities} | {found} | "
            f"{row.false / row.communities:.1%} | {row.held / row.schools_told:.1%} | {error:.1f} | "
            f"{doubt} | {row.pooled_held / row.communities:.1%} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
