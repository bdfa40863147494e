"""The library and other methods on the same communities: what is listed, and how well it fits.

A row of ``results/peers.csv`` is a method in one community: whether anything is listed, the quality of
its first entry, that of its first hurdle, and how far this hurdle, and the best of the first ten,
hold the results of what was planted.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from multiprocessing.pool import ThreadPool
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.calibration import kept, ours, peers
from benchmarks.calibration.scan import Listed, scan
from benchmarks.calibration.settings import CELLS, Setting
from benchmarks.calibration.worlds import DEFAULT_GROUP, World
from benchmarks.calibration.written import mean, share, written

TOOLS = {
    "ours": "colanalysis",
    "scan": "plain scan",
    "pysubgroup": "pysubgroup",
    "pysubgroup ranges": "pysubgroup, all ranges",
    "sliceline": "sliceline",
}
FIRST_SEED, AT_ONCE, LOOKED_AT = 30_000, 5, 10
# The worst tenth of communities with nothing there list something above the cut.
CUT = 0.9
KIND = ["repetition", "learners", "points"]


def settings() -> list[tuple[Setting, int]]:
    """Kinds of communities and how many of each: nothing there, and a hurdle."""
    nothing = [(800, 60), (2_500, 60), (10_000, 20)]
    kinds = [(Setting(size, repetition="weak"), seeds) for size, seeds in nothing]
    for size, points in CELLS:
        hurdle = Setting(size, repetition="weak", group=DEFAULT_GROUP, points=-points)
        kinds.append((hurdle, 40))
    return kinds


def run(environment: Path | None, *, seeds: int | None, jobs: int) -> None:
    """Run every method on every community and keep what came of it."""
    folder, rows = peers.asked(environment), []
    for setting, usual in settings():
        last = FIRST_SEED + (seeds or usual)
        batches = [
            range(start, min(start + AT_ONCE, last)) for start in range(FIRST_SEED, last, AT_ONCE)
        ]
        with ThreadPool(jobs) as pool:
            told = pool.imap(partial(_batch, setting, folder), batches)
            rows += [row for some in told for row in some]
        kept.write("peers", pd.DataFrame(rows))


def _batch(setting: Setting, environment: Path, seeds: Iterable[int]) -> list[dict[str, object]]:
    worlds = [setting.world(seed) for seed in seeds]
    flat = [peers.flat(world.journeys) for world in worlds]
    # Of a community with a hurdle only the hurdles are looked at.
    found = peers.run(flat, environment=environment, direction="hurdle" if setting.points else "")
    rows = []
    for seed, world, table, others in zip(seeds, worlds, flat, found, strict=True):
        listed = [*ours.told(world).listed, *scan(table), *others]
        kind = {name: getattr(setting, name) for name in KIND} | {"seed": seed}
        for tool in TOOLS:
            rows.append(
                kind | {"tool": tool} | _row([one for one in listed if one.tool == tool], world)
            )
    return rows


def _row(listed: list[Listed], world: World) -> dict[str, object]:
    hurdles = [one for one in listed if one.direction == "hurdle"][:LOOKED_AT]
    row: dict[str, object] = {"listed": len(listed) > 0, "quality": _best(listed)}
    if world.truth:
        fits = [peers.overlap(one.rows, world.truth[0].rows) for one in hurdles] or [0.0]
        row |= {
            "hurdle": _best(hurdles[:1]),
            "first": round(fits[0], 4),
            "best": round(max(fits), 4),
        }
    return row


def _best(listed: list[Listed]) -> float:
    return float(np.round(max((abs(one.quality) for one in listed), default=0.0), 6))


def together(rows: pd.DataFrame) -> pd.DataFrame:
    """Each method in each kind of community, in the columns of the table.

    ``listed`` is a count of communities; ``cut`` is the quality that a tenth of the communities with
    nothing there exceed, and ``first_cut`` the mean overlap if only entries above it were listed.
    The library's own list is not cut.
    """
    rows = rows.assign(**{name: pd.to_numeric(rows[name]) for name in ("hurdle", "first", "best")})
    nothing = rows[rows["points"] == 0].groupby(["repetition", "learners", "tool"])["quality"]
    cut = nothing.quantile(CUT).rename("cut").reset_index()
    cut.loc[cut["tool"] == "ours", "cut"] = 0.0
    rows = rows.merge(cut, how="left", on=["repetition", "learners", "tool"])
    rows["first_cut"] = rows["first"] * (rows["hurdle"] > rows["cut"])
    told = rows.groupby([*KIND, "tool"], sort=False).agg(
        seeds=("seed", "size"),
        listed=("listed", "sum"),
        first=("first", "mean"),
        first_error=("first", "sem"),
        best=("best", "mean"),
        first_cut=("first_cut", "mean"),
        first_cut_error=("first_cut", "sem"),
    )
    return told.reset_index()


def nothing(table: pd.DataFrame) -> str:
    """Communities with nothing there in which each method lists anything."""
    told = together(table)
    rows = [
        (
            f"{row.learners:,}",
            TOOLS[row.tool],
            row.seeds,
            share(row.listed, row.seeds),
        )
        for row in told[told["points"] == 0].itertuples()
    ]
    return written("learners|method|communities|list anything, %", rows)


def hurdle(table: pd.DataFrame) -> str:
    """How well each method's first hurdle, and its best of ten, hold the planted one."""
    told = together(table)
    rows = [
        (
            f"{row.points:+.0f}", f"{row.learners:,}", TOOLS[row.tool], row.seeds,
            mean(row.first, row.first_error), f"{row.best:.2f}",
            mean(row.first_cut, row.first_cut_error),
        )
        for row in told[told["points"] != 0].itertuples()
    ]  # fmt: skip
    head = "points|learners|method|communities|first overlap|best of ten"
    return written(f"{head}|first overlap at equal false lists", rows)
