"""A sealed release: the closed set of tables that a page may show, and nothing else.

Pages, charts, sentences, alternative texts and CSV files read a release and nothing behind it. Every
table of counts has a column ``done`` that says what was done to its row, so the release is its own
ledger.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from colanalysis.errors import UsageError

FORMAT = 4


@dataclass(frozen=True)
class Release:
    """What may be shown of one community, year and audience: ``about`` it, and its tables."""

    about: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]

    def __repr__(self) -> str:
        rows = sum(len(table) for table in self.tables.values())
        return f"Release({self.about['name']}, {self.about['audience']}: {rows:,} rows)"

    @property
    def period(self) -> str:
        """The years it speaks of: "2021–2025", or "rolls only" where there are no results."""
        last = self.about["year"]
        if last is None:
            return "rolls only"
        first = self.about["first_year"]
        return f"{first}–{last}" if first < last else f"{last}"

    def write(self, path: Path) -> None:
        """Write ``release.json``: the same release gives the same bytes."""
        tables = {
            name: {"columns": list(table.columns), "rows": [_plain_row(r) for r in table.values]}
            for name, table in self.tables.items()
        }
        text = json.dumps(
            {"format": FORMAT, "about": self.about, "tables": tables},
            ensure_ascii=False,
            indent=1,
            allow_nan=False,
        )
        path.write_text(text + "\n", encoding="utf-8", newline="\n")


def read(path: Path | str) -> Release:
    """Open a release that was made before. UsageError when there is none or it is another format."""
    stored = _stored(Path(path))
    return Release(stored["about"], {k: _table(v) for k, v in stored["tables"].items()})


def about(path: Path) -> Mapping[str, Any]:
    """What a release that was made before says of itself; errors as `read` raises them."""
    told: Mapping[str, Any] = _stored(path)["about"]
    return told


def _stored(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise UsageError(
            f"There is no release at {path}. Make one with 'colanalysis report FOLDER', "
            "or give the community's folder instead."
        )
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:  # not JSON, or not even UTF-8
        stored = None
    if not isinstance(stored, dict) or stored.get("format") != FORMAT:
        raise UsageError(
            f"{path} is not a release of this version (format {FORMAT}). Make it again with "
            "'colanalysis report FOLDER'."
        )
    return stored


def _table(stored: Mapping[str, Any]) -> pd.DataFrame:
    """A table as it was before it was written: a column in which all is hidden holds numbers."""
    table = pd.DataFrame(stored["rows"], columns=stored["columns"])
    hidden = [name for name in table if len(table) and table[name].isna().all()]
    return table.astype(dict.fromkeys(hidden, "float64")) if hidden else table


def _plain_row(values: Iterable[object]) -> list[object]:
    return [_plain_value(value) for value in values]


def _plain_value(value: object) -> object:
    """A JSON value; whole floats become integers, shares keep four decimals, no number is null."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() else round(value, 4)
    return value
