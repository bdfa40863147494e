"""Time reading, checking and linking beside pandas: ``python -m benchmarks.reading.run``.

Each is run five times in a process of its own, in turn, and the quickest counts. Peer is what pandas
takes to read the same files with every column as text; ``again`` is a second run, which takes the
checked tables that the first has kept. Memory is the most that a process held above what it held
before it began. Writes results/reading.csv.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import pandas as pd

from benchmarks.reading import community

RESULTS = Path(__file__).parent / "results"
TIMES = 5
STEPS = ("load", "check", "link")
WORKERS = {"pandas": ("read",), "ours": STEPS, "again": ("again",)}


def main() -> None:
    """Run what was asked for and say it in a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many results")
    parser.add_argument("--worker", choices=WORKERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work = {"pandas": _pandas, "ours": _ours, "again": _again}
        print(*work[options.worker](options.folder))
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "community"
        community.write(folder, options.rows)
        runs = [_timed(folder, which) for _ in range(TIMES) for which in WORKERS]
        size = sum(_text(path).memory_usage(deep=True).sum() for path in _files(folder)) / 2**20
    table = pd.DataFrame(runs).groupby("what").min()
    seconds = table[[f"seconds_{step}" for step in ("read", *STEPS)]].sum(axis=1)
    row = {
        "rows": options.rows,
        "seconds_pandas": seconds["pandas"],
        **{f"seconds_{step}": table.loc["ours", f"seconds_{step}"] for step in STEPS},
        "ratio": seconds["ours"] / seconds["pandas"],
        "seconds_again": table.loc["again", "seconds_again"],
        "mib_tables": size,
        "mib_pandas": table.loc["pandas", "mib"],
        "mib_ours": table.loc["ours", "mib"],
        "memory_ratio": table.loc["ours", "mib"] / size,
    }
    RESULTS.mkdir(exist_ok=True)
    told = pd.DataFrame([row])
    told.to_csv(RESULTS / "reading.csv", index=False, float_format="%.3g")
    print(told.T.to_string(header=False))


def _timed(folder: Path, which: str) -> dict[str, object]:
    command = [sys.executable, "-m", "benchmarks.reading.run", "--worker", which]
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder.parent / "keys")}
    done = subprocess.run(
        [*command, "--folder", folder], check=True, capture_output=True, text=True, env=environment
    )
    *seconds, mib = map(float, done.stdout.split())
    return {"what": which, "mib": mib} | {
        f"seconds_{name}": value for name, value in zip(WORKERS[which], seconds, strict=True)
    }


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.csv"))


def _text(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _pandas(folder: Path) -> list[float]:
    before, began = _mib(), perf_counter()
    tables = [_text(path) for path in _files(folder)]
    return [perf_counter() - began, _mib() - before + 0 * len(tables)]


def _ours(folder: Path) -> list[float]:
    from colanalysis import check, link, load  # noqa: PLC0415 - not part of what pandas needs

    before, began = _mib(), perf_counter()
    loaded = load.community(folder)
    read = perf_counter()
    checked = check.tables(loaded).require()
    sure = perf_counter()
    link.journeys(checked)
    return [read - began, sure - read, perf_counter() - sure, _mib() - before]


def _again(folder: Path) -> list[float]:
    from colanalysis import kept  # noqa: PLC0415 - not part of what pandas needs

    kept.checked(folder)  # the first run, which keeps what it has checked
    before, began = _mib(), perf_counter()
    kept.checked(folder)
    return [perf_counter() - began, _mib() - before]


def _mib() -> float:
    # What resource.getrusage tells begins with the most that the parent held.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
