"""Kinds: many made-up communities of each kind judged in processes of their own, as one table."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

FIRST_SEED = 10_000

One = Callable[[Any, int], Mapping[str, float]]


def run(
    kinds: Sequence[Any],
    one: One,
    *,
    about: str | None,
    usual: int,
    called: str,
    digits: int,
    results: Path,
    written: Callable[[pd.DataFrame], str],
) -> None:
    """Make every kind of community, write ``results`` and say what was seen.

    ``one`` judges the community of a kind and a seed; ``usual`` is how many of a kind there are unless
    others are asked for, and ``called`` the column that says how many there were.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--seeds", type=int, default=usual, help="how many communities of a kind")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(options.jobs) as pool:
        rows = list(pool.map(partial(seen, one=one, seeds=options.seeds, called=called), kinds))
    results.parent.mkdir(exist_ok=True)
    pd.DataFrame(rows).to_csv(results, index=False, float_format=f"%.{digits}g")
    print(written(pd.read_csv(results)))


def seen(kind: Any, *, one: One, seeds: int, called: str) -> dict[str, float]:
    """What is told of many communities of one kind, as sums over them."""
    told = pd.DataFrame([one(kind, FIRST_SEED + seed) for seed in range(seeds)])
    return {**asdict(kind), called: seeds, **told.sum().to_dict()}
