"""How often a shift is told where there is one and where there is none: ``python -m benchmarks.shift.run``.

A row of results/shift.csv is many made-up communities of one kind, each with one plan, of seeds
10,000 and on. Each is judged a later year without any shift, and again with the shift that is said to
be found four times in five.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import kinds
from benchmarks.shift import worlds
from benchmarks.shift.worlds import Made, World
from colanalysis.planning import shift
from colanalysis.planning.target import Baseline

RESULTS = Path(__file__).parent / "results" / "shift.csv"
SEEDS = 1_000
Z95 = 1.959963984540054
KINDS = [
    World(lowest=False),
    World(),
    World(apart=0.0, wander=0.0),
    World(apart=0.0),
    World(apart=0.15),
    World(wander=0.0),
    World(wander=0.06),
    World(years=1),
    World(years=5),
    World(groups=40),
    World(groups=5),
    World(fewest=12, most=40),
    World(fewest=300, most=900),
    World(known=False, lowest=False),
    World(known=False),
    World(known=False, apart=0.0, wander=0.0),
    World(rounded=True),
    World(rounded=True, fewest=15, most=60),
    World(rounded=True, apart=0.0, wander=0.0),
    World(rounded=True, known=False),
]
HEAD = (
    "| groups of learners | apart, wander, points | years known | picked | counts | told shifted, of nothing | told "
    "moved away, of nothing | plain test would tell | planted, points | planted and found |"
)


def main() -> None:
    """Make every kind of community and say what was seen."""
    kinds.run(
        KINDS,
        one,
        about=__doc__,
        usual=SEEDS,
        called="runs",
        digits=6,
        results=RESULTS,
        written=written,
    )


def one(world: World, seed: int) -> Mapping[str, float]:
    """What is told of the community of a kind and a seed."""
    chance = np.random.default_rng(seed)
    made = worlds.made(world, chance)
    nothing = _seen(world, made.of, made.later, chance)
    told = shift.judged(made.plan, nothing, history=made.history)
    extra = told["detectable"]
    # Where not even all would be told from noise, nothing can be planted.
    room = extra is not None and made.later + int(str(extra)) / made.of < 1
    planted = int(str(extra)) / made.of if room else 0.0
    moved = _seen(world, made.of, made.later + planted, chance)
    then = shift.judged(made.plan, moved, history=made.history)
    return {
        "shifted": told["shift"] == shift.SHIFT[0],
        "away": told["shift"] == shift.SHIFT[1],
        "plain": _plain(made, nothing),
        "planted": room,
        "points": planted,
        "found": room and then["shift"] == shift.SHIFT[0],
    }


def _seen(world: World, of: int, share: float, chance: np.random.Generator) -> Baseline:
    """So many succeed, as they are counted or as a report tells them."""
    n = int(chance.binomial(of, share))
    if world.rounded:
        (of,), (n,) = worlds.published(np.array([of]), np.array([n]), chance)
    return Baseline(int(n), int(of))


def _plain(made: Made, now: Baseline) -> bool:
    """What the usual test of two shares, which knows nothing of how the group was picked, would tell."""
    before = made.plan.baseline
    both = (before.n + now.n) / (before.of + now.of)
    error = np.sqrt(both * (1 - both) * (1 / before.of + 1 / now.of))
    return bool(float(now.share - before.share) > Z95 * error)


def written(table: pd.DataFrame) -> str:
    """The table of docs/method.md, from what is kept in results."""
    lines = [HEAD, "| --- " * HEAD.count(" | ") + "| --- |"]
    for row in table.itertuples():
        known = str(row.years) if row.known else "none"
        lines.append(
            f"| {row.groups} of {row.fewest} to {row.most} | {100 * row.apart:g}, {100 * row.wander:g} | "
            f"{known} | {'lowest' if row.lowest else 'any'} | "
            f"{'rounded' if row.rounded else 'exact'} | {row.shifted / row.runs:.1%} | "
            f"{row.away / row.runs:.1%} | {row.plain / row.runs:.1%} | "
            f"{100 * row.points / row.planted:.0f} | {row.found / row.planted:.1%} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
