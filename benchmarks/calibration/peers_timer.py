"""Seconds of pysubgroup's fastest exhaustive search, in an environment of its own.

    python peers_timer.py OUT TABLE.parquet ...

A table has attributes and success; OUT gets times.json: seconds by table and by quality ("WRAcc",
which prunes more, and "binomial", which orders as z does), the median of five. Selectors, target
and task are made before the clock starts, so that it is the search alone. pysubgroup 0.9 needs numpy 1.
"""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path
from statistics import median
from time import perf_counter

import pandas as pd
import pysubgroup as ps

QUALITIES = {"WRAcc": 1.0, "binomial": 0.5}  # exponents of the size of a subgroup
LISTED, DEPTH, REPEAT = 20, 3, 5


def seconds(table: pd.DataFrame, *, exponent: float) -> float:
    """Time the depth-first search on bit sets."""
    times = []
    for _ in range(REPEAT):
        space = ps.create_selectors(table, ignore=["success"])
        task = ps.SubgroupDiscoveryTask(
            table,
            ps.BinaryTarget("success", 1),
            space,
            result_set_size=LISTED,
            depth=DEPTH,
            qf=ps.StandardQF(exponent),
        )
        search = ps.DFS(ps.BitSetRepresentation)
        start = perf_counter()
        search.execute(task)
        times.append(perf_counter() - start)
    return median(times)


def main() -> None:
    """Time all tables, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("tables", type=Path, nargs="+")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    times = {}
    for path in options.tables:
        table = pd.read_parquet(path)
        times[path.stem] = {
            name: seconds(table, exponent=exponent) for name, exponent in QUALITIES.items()
        }
    (options.out / "times.json").write_text(json.dumps(times), encoding="utf-8")


if __name__ == "__main__":
    main()
