"""The truth about the sample: what was planted, what follows from it, and what the tables show."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pandas as pd

from .counts import change, gap, strata
from .measures import BY_ID
from .planted import PLANTED, Planted
from .setting import STAGES
from .survey import ASPECTS

HEADING = "# Written by data/make_sample.py: what was planted in the sample, and what it shows."
NOTHING = (
    "phonics_40_weeks",
    "stand_down",
    "managing_self",
    "pat_maths_stanine",
    "expected_progress",
    "leaver_destination",
    *(f"wellbeing_{kind}_{aspect}" for kind in ("primary", "secondary") for aspect in ASPECTS),
)
LEAVERS_TOO = {
    "of": "level-2-transient", "kind": "gap", "measure": "leaver_qualification",
    "group": "transient=yes",
    "words": "What leavers leave with is read from the same NCEA results.",
}  # fmt: skip


def truth(made: Mapping[str, pd.DataFrame], groups: Mapping[str, np.ndarray]) -> str:
    """Give ``truth.toml``, its last part counted from the finished tables."""
    blocks = [_block(f"[[{plant.kind}]]", _entry(plant)) for plant in PLANTED]
    follows = [entry for plant in PLANTED for entry in _ends(plant)]
    blocks += [_block("[[follows]]", entry) for entry in (*follows, LEAVERS_TOO)]
    blocks += [_block("[[nothing]]", {"measure": name}) for name in NOTHING]
    for plant in PLANTED:
        blocks.append(_block(f"[realised.{plant.id}]", _realised(plant, made, groups)))
    return "\n\n".join([HEADING, *blocks]) + "\n"


def _block(heading: str, entries: Mapping[str, object]) -> str:
    return "\n".join([heading, *(f"{key} = {_toml(value)}" for key, value in entries.items())])


def _toml(value: object) -> str:
    """Write numbers, text and lists of text, which TOML writes as JSON does."""
    return f"{value:.4f}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def _entry(plant: Planted) -> dict[str, object]:
    years = BY_ID[plant.measure].years
    covered = [name for name, levels in STAGES.items() if levels in plant.steps()]
    return {
        "id": plant.id, "measure": plant.measure, "group": plant.group,
        "year_level_min": plant.levels[0], "year_level_max": plant.levels[1],
        "stages": plant.stages or covered, "year_min": years[0], "year_max": years[-1],
        "provider_id": plant.provider_id, "points": plant.points, "words": plant.words,
    }  # fmt: skip


def _ends(plant: Planted) -> list[dict[str, object]]:
    """What an effect on a group brings with it where its run of year levels begins or ends."""
    if plant.transition or not plant.group:
        return []
    first, last = BY_ID[plant.measure].levels
    ends = [(plant.levels[0] - 1, plant.points), (plant.levels[1], -plant.points)]
    return [
        {"of": plant.id, "kind": "transition", "measure": plant.measure, "group": plant.group,
         "year_level_min": before, "year_level_max": before + 1, "points": points,
         "words": "The same learners where the planted run begins or ends."}
        for before, points in ends if first <= before < last
    ]  # fmt: skip


def _realised(
    plant: Planted, made: Mapping[str, pd.DataFrame], groups: Mapping[str, np.ndarray]
) -> dict[str, float]:
    """Count what the finished tables show of one effect."""
    rows = made[plant.measure]
    rows = rows[rows["assessed"]]
    if plant.transition:
        success = rows["standing"].to_numpy() >= 0
        return change(BY_ID[plant.measure], rows, success, plant.levels)
    rows = rows[rows["level"].between(*plant.levels)]
    own = plant.members(rows, groups)
    return gap(rows["standing"].to_numpy() >= 0, own, strata(rows)) | _spread(rows[own])


def _spread(rows: pd.DataFrame) -> dict[str, float]:
    """How many learners an effect is about, and how many results lie in small groups."""
    cells = rows.groupby(["provider_id", "year", "level"])["who"].nunique()
    return {
        "distinct_learners": rows["who"].nunique(),
        "share_in_cells_under_10": float(cells[cells < 10].sum() / cells.sum()),
    }
