"""What came of one community as a row of numbers, and of many communities of one kind as one row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.calibration import ours
from benchmarks.calibration.peers import overlap
from benchmarks.calibration.settings import MEASURE, Setting
from benchmarks.calibration.worlds import World

FOUND, LOOKED_AT = 0.5, 10


def row(setting: Setting, seed: int) -> dict[str, float]:
    """Make one community, run the library on it and compare with what is true."""
    world = setting.world(seed)
    told = ours.told(world)
    names = [
        kind if kind != "gap" else "provider" if _at_one_school(one) else "group"
        for one, kind in zip(told.listed, told.kinds, strict=True)
    ]
    numbers: dict[str, float] = {"listed": len(names), "any": bool(names)}
    numbers |= {f"any_{name}": name in names for name in ("group", "provider", "transition")}
    return numbers | (_of_plant(told, world, setting.direction) if world.truth else {})


def _at_one_school(listed: ours.Listed) -> bool:
    return any(name == "provider_id" for name, *_ in listed.conditions)


def _of_plant(told: ours.Told, world: World, direction: str) -> dict[str, float]:
    rows, cell = world.truth[0].rows, told.cells[0]
    every = [overlap(one.rows, rows) for one in told.listed]
    fits = [fit for fit, one in zip(every, told.listed, strict=True) if one.direction == direction][
        :LOOKED_AT
    ] or [0.0]
    found = max(fits) >= FOUND
    of_measure = (world.journeys.results["measure"] == MEASURE).sum()
    return {
        "unrelated": sum(fit == 0 for fit in every),
        "overlap": fits[0],
        "best": max(fits),
        "found": found,
        "share": rows.sum() / of_measure,
        "cells": cell is not None,
        "hold": cell is not None and cell.holds,
        "cells_found": cell is not None and found,
        "hold_found": cell is not None and found and cell.holds,
        "off": np.nan if cell is None else cell.gap - cell.true,
        "width": np.nan if cell is None else cell.high - cell.low,
    }


COUNTED = [
    "any", "any_group", "any_provider", "any_transition", "listed", "unrelated", "found", "cells",
    "hold", "cells_found", "hold_found",
]  # fmt: skip
AVERAGED = ["overlap", "best", "share", "off", "width"]


def together(rows: list[dict[str, float]]) -> dict[str, float]:
    """Sums of what is counted, means of the rest, and the standard error of the mean overlap."""
    table = pd.DataFrame(rows).astype(float)
    counts = {name: int(table[name].sum()) for name in COUNTED if name in table}
    means = {name: round(float(table[name].mean()), 4) for name in AVERAGED if name in table}
    told: dict[str, float] = {"seeds": len(table), **counts, **means}
    if "overlap" in table:
        told["overlap_error"] = round(float(table["overlap"].sem()), 4)
    return told
