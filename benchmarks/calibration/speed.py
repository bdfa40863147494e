"""Time the search of every group of up to three attributes, here and in pysubgroup.

A table has twelve attributes of two to eight values (43 values in all) and one outcome, at one step
in one year. pysubgroup's search is timed alone, its selectors made beforehand (``peers_timer``); ours
from codes that are made beforehand, and from the table of text on as well. Compare ratios of one run
only. ``results/speed.csv`` has both, ``results/growth.csv`` ours alone, and ``results/large.csv`` a whole
community (``large``).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd

from benchmarks.calibration import kept, large, peers
from colanalysis.comparing import estimate, look, tally

VALUES = (2, 2, 2, 2, 2, 3, 3, 4, 4, 5, 6, 8)
SIZES, GROWTH = (20_000, 100_000), (10_000, 30_000, 100_000, 300_000, 1_000_000)
SHARE, GAP = 0.65, -0.15
DEEPEST, SMALLEST, LISTED, REPEAT = 3, 10, 20, 5
# What of all chance is allowed to groups of one, two and three attributes.
ALLOWED = np.array([look.SHARES["gap", 1], look.SHARES["gap", 2], look.DEEPER / 2])


def run(environment: Path | None) -> None:
    """Time everything and keep the seconds."""
    folder = peers.asked(environment)
    tables = {learners: table(np.random.default_rng(1), learners=learners) for learners in SIZES}
    others = theirs(list(tables.values()), environment=folder)
    rows: list[tuple[int, str, float, float]] = []
    for (learners, one), seconds in zip(tables.items(), others, strict=True):
        fastest = min(seconds.values())
        rows += [
            (learners, f"pysubgroup, {name}", time, round(fastest / time, 1))
            for name, time in seconds.items()
        ]
        rows += [
            (learners, f"ours, {name}", time, round(fastest / time, 1))
            for name, time in ours(one).items()
        ]
    columns = ["learners", "work", "seconds", "times_as_fast"]
    kept.write("speed", pd.DataFrame(rows, columns=columns).round({"seconds": 4}))
    kept.write("growth", growth())
    kept.write("large", large.apart())


def table(rng: np.random.Generator, *, learners: int) -> pd.DataFrame:
    """Attributes a00 to a11 (text) and success (0 or 1); one group of two attributes is worse off.

    The values of an attribute are unequally common, the first the most.
    """
    columns = {}
    for place, values in enumerate(VALUES):
        weights = 1 / np.arange(1, values + 1) ** 0.7
        drawn = rng.choice(values, learners, p=weights / weights.sum())
        columns[f"a{place:02d}"] = np.array([f"v{one}" for one in range(values)])[drawn]
    made = pd.DataFrame(columns)
    worse = (made["a00"] == "v1") & (made["a05"] == "v2")
    made["success"] = (rng.random(learners) < SHARE + GAP * worse).astype("int64")
    return made


def theirs(tables: Sequence[pd.DataFrame], *, environment: Path) -> list[dict[str, float]]:
    """Seconds of pysubgroup's depth-first search on bit sets, to depth three, the best twenty."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [folder / f"size_{place}.parquet" for place in range(len(tables))]
        for one, path in zip(tables, paths, strict=True):
            one.to_parquet(path, index=False)
        peers.work(environment, peers.TIMER, folder, paths)
        times = json.loads((folder / "times.json").read_text(encoding="utf-8"))
        return [times[path.stem] for path in paths]


def ours(learners: pd.DataFrame) -> dict[str, float]:
    """Seconds of the same search here: the scan, with what chance allows, and from text on."""
    attributes, outcome = learners.drop(columns="success"), learners["success"].to_numpy(float)
    axes = coded(attributes)
    return {
        "the scan": timed(lambda: scanned(axes, outcome)),
        "scan and chance": timed(lambda: judged(axes, outcome)),
        "from the table of text on": timed(lambda: judged(coded(attributes), outcome)),
    }


def growth() -> pd.DataFrame:
    """Seconds of the scan, and of scan and chance, from few learners to many."""
    rows = []
    for learners in GROWTH:
        times = ours(table(np.random.default_rng(1), learners=learners))
        seconds = (round(times[name], 4) for name in ("the scan", "scan and chance"))
        rows.append((learners, *seconds))
    return pd.DataFrame(rows, columns=["learners", "scan", "scan_and_chance"])


def coded(attributes: pd.DataFrame) -> tally.Axes:
    """Read attributes of text as the library's compact codes, a row for each learner."""
    columns, values = [], []
    for name in attributes:
        code, known = pd.factorize(attributes[name], sort=True)
        columns.append(code.astype(np.int32))
        values.append(tuple(f"{name}={one}" for one in known))
    return tally.Axes(np.column_stack(columns), tuple(attributes), tuple(values))


def scanned(axes: tally.Axes, outcome: np.ndarray) -> tuple[np.ndarray, ...]:
    """Sums of every group of up to three attributes and its z, and the places of the best twenty."""
    chosen = tally.combined(axes, deepest=DEEPEST)
    rows, box = np.arange(len(outcome)), np.zeros(len(outcome), dtype=np.int64)
    weights = [np.ones(len(rows)), outcome]
    n, success = (
        one[:, 0]
        for one in tally.sums(axes, chosen, profile=rows, box=box, boxes=1, weights=weights)
    )
    share = outcome.mean()
    variance = share * (1 - share) * n * (1 - n / len(rows))
    enough = (n >= SMALLEST) & (len(rows) - n >= SMALLEST)
    away = success - n * share
    z = np.where(enough, away / np.sqrt(np.where(enough, variance, 1.0)), 0.0)
    best = np.argpartition(-np.abs(z), LISTED)[:LISTED]
    groups = [prod(len(axes.values[axis]) for axis in one) for one in chosen]
    depth = np.repeat([len(one) for one in chosen], groups)
    return n, away, variance, enough, depth, best[np.argsort(-np.abs(z[best]))]


def judged(axes: tally.Axes, outcome: np.ndarray) -> np.ndarray:
    """The scan, and for every group of enough learners what share of a list would be chance."""
    n, away, variance, enough, depth, _ = scanned(axes, outcome)
    n, away, variance, depth = n[enough], away[enough], variance[enough], depth[enough] - 1
    share = np.full(len(n), outcome.mean())
    p = estimate.exact_p_values(away / n, share, variance / n**2)
    times = np.bincount(depth, minlength=DEEPEST) / ALLOWED
    return estimate.false_shares(p * times[depth])


def timed(work: Callable[[], object]) -> float:
    """Seconds, the median of five; the plan of blocks is made beforehand, as selectors are."""
    times = []
    work()
    for _ in range(REPEAT):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times)
