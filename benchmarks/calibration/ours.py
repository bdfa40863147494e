"""What the library finds in a made-up community, and what it says about what was planted there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.calibration.scan import Condition, Listed
from benchmarks.calibration.worlds import COMMUNITY, Planted, World
from colanalysis import find, measure
from colanalysis.comparing import estimate, settle
from colanalysis.comparing.compare import Key
from colanalysis.comparing.scan import Scan
from colanalysis.link import Journeys


@dataclass(frozen=True)
class Cell:
    """A plant as the library tells it, listed or not: ``gap``, its interval, and the ``true`` gap.

    ``n`` is the plant's results; the interval is 1.96 errors to each side of the shrunken gap.
    """

    n: float
    gap: float
    low: float
    high: float
    true: float

    @property
    def holds(self) -> bool:
        """Whether the interval holds what is true."""
        return self.low <= self.true <= self.high


@dataclass(frozen=True)
class Told:
    """What is listed, first things first, the kind of each, and every plant (None: too few)."""

    listed: tuple[Listed, ...]
    kinds: tuple[str, ...]
    cells: tuple[Cell | None, ...]


def told(world: World) -> Told:
    """Run the library on a community as a report does, and look at what was planted besides."""
    counted, pairs = measure.counts(world.journeys), measure.pairs(world.journeys)
    scanned = find.scans(counted, pairs, community=COMMUNITY)
    rows = find.looked_at(scanned, pairs, community=COMMUNITY)
    found = find.findings(rows, scanned, community=COMMUNITY).sort_values("rank")
    listed = tuple(_listed(row, world.journeys) for _, row in found.iterrows())
    cells = tuple(cell(planted, scanned, rows) for planted in world.truth)
    return Told(listed, tuple(found["kind"]), cells)


def _listed(row: pd.Series, journeys: Journeys) -> Listed:
    steps = row["stages"].split()
    conditions: list[Condition] = [
        ("stage", steps[0], steps[-1]),
        ("year", int(row["year_min"]), int(row["year_max"])),
    ]
    conditions += [(name, row[name], row[name]) for name in ("group", "provider_id") if row[name]]
    direction, quality = str(row["direction"]), float(row["gap"])
    rows = _rows(row, steps, journeys)
    return Listed("ours", direction, str(row["measure"]), quality, tuple(conditions), rows)


def _rows(row: pd.Series, steps: list[str], journeys: Journeys) -> np.ndarray:
    """The results that a finding is about."""
    results = journeys.results
    inside = (results["measure"] == row["measure"]) & results["stage"].isin(steps)
    inside &= results["year"].between(row["year_min"], row["year_max"])
    if row["provider_id"]:
        inside &= results["provider_id"] == row["provider_id"]
    if row["group"]:
        named = journeys.groups()
        for part in row["group"].split(" & "):
            inside &= results["learner"].isin(named.loc[named["group"] == part, "learner"])
    return inside.to_numpy(bool)


def cell(planted: Planted, scanned: Mapping[Key, Scan], rows: pd.DataFrame) -> Cell | None:
    """What the library says about a plant over all years; None if there is no saying.

    So it is where the plant is too small to compare, does not begin and end with steps, or is of a
    group at one school.
    """
    plant = planted.plant
    looked = next(one for key, one in scanned.items() if key[0] == plant.measure)
    units, panel = looked.units, looked.panel
    same = (units["provider_id"] == plant.provider_id) & (units["group"] == plant.group)
    mine = (rows["kind"] == "gap") & (rows["measure"] == plant.measure)
    mine &= (rows["provider_id"] == plant.provider_id) & (rows["group"] == plant.group)
    if not same.any() or not mine.any():
        return None
    level = panel.strata["year_level"].to_numpy(float)[panel.stratum]
    wanted = np.zeros(panel.places, dtype=bool)
    wanted[panel.grid[(level >= plant.first) & (level <= plant.last)]] = True
    places = np.flatnonzero((looked.ranges.holds == wanted).all(axis=1))
    if not len(places):
        return None
    spread = float(rows.loc[mine, "spread"].iloc[0])
    one = settle.told(looked, int(np.flatnonzero(same)[0]), int(places[0]), spread=spread)
    around = estimate.Z95 * one["error"]
    return Cell(one["n"], one["gap"], one["gap"] - around, one["gap"] + around, planted.gap)
