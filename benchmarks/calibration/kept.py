"""Where the figures of each part are kept, and how they are read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

RESULTS = Path(__file__).with_name("results")


def read(part: str) -> pd.DataFrame:
    """Read the figures of a part; no rows where it has not been run."""
    path = RESULTS / f"{part}.csv"
    return pd.read_csv(path, keep_default_na=False) if path.exists() else pd.DataFrame()


def write(part: str, table: pd.DataFrame) -> None:
    """Keep the figures of a part."""
    RESULTS.mkdir(exist_ok=True)
    table.to_csv(RESULTS / f"{part}.csv", index=False, lineterminator="\n")
