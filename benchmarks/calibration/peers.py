"""What other methods find in the made-up communities, to stand beside what is found here.

They run in a virtual environment of their own with pysubgroup 0.9.0, sliceline 0.3.0, pandas, scipy,
numpy below 2 (pysubgroup does not work with numpy 2) and pyarrow below 21: ``--environment FOLDER``,
or COLANALYSIS_PEERS. ``beside`` puts them beside the library.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.calibration.scan import Listed
from colanalysis.link import Journeys

WORKER, TIMER = (Path(__file__).with_name(f"peers_{name}.py") for name in ("worker", "timer"))
VARIABLE = "COLANALYSIS_PEERS"


def flat(journeys: Journeys) -> pd.DataFrame:
    """One row per result that can be judged, as other methods want it; the index is the results'.

    Columns: measure, year_level, year, provider_id, success (0 or 1), a column of 0 and 1 for each
    ethnicity, and a column of text for each other attribute ("" where nothing is recorded).
    """
    results = journeys.results[journeys.results["success"].notna()]
    table = results[["measure", "year_level", "year", "provider_id"]].copy()
    table["success"] = results["success"].astype("int64")
    for attribute, rows in journeys.memberships.groupby("attribute", sort=True):
        if attribute == "ethnicity":
            for value, members in rows.groupby("value", sort=True):
                inside = results["learner"].isin(members["learner"])
                table[f"ethnicity={value}"] = inside.astype("int64")
        else:
            values = rows.drop_duplicates("learner").set_index("learner")["value"]
            table[str(attribute)] = results["learner"].map(values).fillna("")
    return table


def overlap(rows_a: np.ndarray, rows_b: np.ndarray) -> float:
    """Results in both, as a share of the results in either (Jaccard); 0 when both are empty."""
    either = (rows_a | rows_b).sum()
    return float((rows_a & rows_b).sum() / either) if either else 0.0


def python_of(environment: Path) -> Path:
    """The interpreter of a virtual environment, or the path itself if it is one."""
    inside = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    return environment / inside if environment.is_dir() else environment


def run(
    tables: Sequence[pd.DataFrame], *, environment: Path, direction: str = ""
) -> list[list[Listed]]:
    """What pysubgroup and sliceline list in each table, in one process for all of them.

    For each tool and direction (or the one that is named) at most ten, best first; "pysubgroup ranges" is told of every range
    of year levels, which it does not make by itself.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [folder / f"world_{place:04d}.parquet" for place in range(len(tables))]
        for table, path in zip(tables, paths, strict=True):
            table.reset_index(drop=True).to_parquet(path, index=False)
        only = ["--direction", direction] if direction else []
        work(environment, WORKER, folder, paths, only)
        return [_read(path) for path in paths]


def work(
    environment: Path, script: Path, out: Path, paths: Sequence[Path], more: Sequence[str] = ()
) -> None:
    """Run a script in the peers' environment and wait for it."""
    command = [str(python_of(environment)), str(script), str(out), *map(str, paths), *more]
    subprocess.run(command, check=True)


def _read(path: Path) -> list[Listed]:
    listed = pd.read_csv(path.with_suffix(".csv"), keep_default_na=False)
    with np.load(path.with_suffix(".npz")) as arrays:
        rows = arrays["rows"]
    return [
        Listed(
            one.tool,
            one.direction,
            one.measure,
            float(one.quality),
            tuple(tuple(condition) for condition in json.loads(one.conditions)),
            inside,
        )
        for one, inside in zip(listed.itertuples(), rows, strict=True)
    ]


def asked(environment: Path | None) -> Path:
    """The peers' environment that was asked for."""
    given = environment or os.environ.get(VARIABLE)
    if not given:
        raise SystemExit(f"--environment or {VARIABLE} has to name the peers' environment")
    return Path(given)
