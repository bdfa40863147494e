"""Time a whole community: 5,000 learners, 12 measures, 5 years, 12 attributes, 15 schools.

    python -m benchmarks.calibration.large LEARNERS.pickle

Prints the seconds of each step and memory (MB) as JSON; ``apart`` makes the learners and has it done
in a process of its own, so that the memory to make them is not counted.
"""

from __future__ import annotations

import json
import pickle
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from scipy.special import expit

from benchmarks.calibration.worlds import UNPUBLISHED
from colanalysis import find, measure
from colanalysis.link import Journeys
from colanalysis.terms.settings import Community
from colanalysis.terms.yardstick import Measure

LEARNERS, MEASURES, YEARS, SCHOOLS = 5_000, 12, 5, 15
VALUES = (2, 2, 2, 2, 3, 3, 4, 4, 5, 6, 2, 3)
FIRST_YEAR, LEVELS = 2020, (1, 13)
NAMES = [f"m{place:02d}" for place in range(MEASURES)]


def community() -> Community:
    """A community with as many measures as are wanted."""
    measures = {
        name: Measure(id=name, label=name, domain="achievement", scale="yes/no", success_from="yes")
        for name in NAMES
    }
    return Community(folder=Path(), id="large", name="Large", made_up=True, measures=measures)


def made(rng: np.random.Generator) -> Journeys:
    """Learners who move up through the levels, with one ability and nothing planted."""
    own = community()
    start = rng.integers(-3, 12, LEARNERS)
    ability, school = rng.standard_normal(LEARNERS), rng.integers(0, SCHOOLS, LEARNERS)
    pieces = []
    for name in NAMES:
        for year in range(YEARS):
            who = np.flatnonzero((start + year >= LEVELS[0]) & (start + year <= LEVELS[1]))
            success = rng.random(len(who)) < expit(0.5 + ability[who])
            columns = {"learner": who, "year_level": (start[who] + year).astype(float)}
            rows = pd.DataFrame(columns).assign(measure=name, year=FIRST_YEAR + year)
            rows = rows.assign(provider_id=np.array([f"P{one:02d}" for one in school[who]]))
            pieces.append(rows.assign(success=success, score=success.astype(float)))
    results = pd.concat(pieces, ignore_index=True).astype({"success": "boolean"})
    results["stage"] = [own.stage_of(level, "composite") for level in results["year_level"]]
    members = [
        pd.DataFrame(
            {
                "learner": np.arange(LEARNERS),
                "attribute": f"a{place:02d}",
                "value": [f"v{one}" for one in rng.integers(0, values, LEARNERS)],
            }
        )
        for place, values in enumerate(VALUES)
    ]
    places = results[["learner", "provider_id", "year", "year_level", "stage"]].drop_duplicates()
    return Journeys(own, results, places, pd.concat(members, ignore_index=True), UNPUBLISHED)


def seconds(journeys: Journeys) -> dict[str, float]:
    """Seconds of counting, scanning, looking and finding; how much there is; and memory."""
    own, before = journeys.community, _peak()
    times = [perf_counter()]
    counted, pairs = measure.counts(journeys), measure.pairs(journeys)
    times.append(perf_counter())
    scanned = find.scans(counted, pairs, community=own)
    times.append(perf_counter())
    rows = find.looked_at(scanned, pairs, community=own)
    times.append(perf_counter())
    found = find.findings(rows, scanned, community=own)
    times.append(perf_counter())
    names = ("counts and pairs", "scans", "looked_at", "findings")
    told = dict(zip(names, np.diff(times).round(2).tolist(), strict=True))
    compared = sum(len(one.units) * len(one.n_all) for one in scanned.values())
    amounts = {"results": len(journeys.results), "groups by ranges": compared, "listed": len(found)}
    return told | amounts | {"MB before": before, "peak MB": _peak()}


def _peak() -> float:
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)


def apart() -> pd.DataFrame:
    """What ``seconds`` tells, from a process of its own, as a table of what and value."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "learners.pickle"
        path.write_bytes(pickle.dumps(made(np.random.default_rng(0))))
        command = [sys.executable, "-m", "benchmarks.calibration.large", str(path)]
        root = Path(__file__).resolve().parents[2]
        done = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True)
    told = json.loads(done.stdout)
    return pd.DataFrame({"what": list(told), "value": list(told.values())})


if __name__ == "__main__":
    # The file is the one that ``apart`` has just written.
    print(json.dumps(seconds(pickle.loads(Path(sys.argv[1]).read_bytes()))))
