"""Read a wide export: one row is a learner, with results of several years side by side."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd

from colanalysis import coded
from colanalysis.reading.grid import Grid
from colanalysis.reading.mapping import CELL, entries, find, option, targets, where, wrong
from colanalysis.terms import keys
from colanalysis.terms.schema import TABLES
from colanalysis.terms.settings import Source

__all__ = ["KINDS", "named", "tables"]

_Columns = Mapping[str, pd.Series | str]
_RESULT = {
    **dict.fromkeys(("column", "measure", "term"), keys.TEXT),
    "year": keys.YEAR,
    "year_level": keys.WHOLE,
    "values": keys.TEXT_TABLE,
    "missing": keys.TEXTS,
}
_NEEDED = ("column", "measure", "year")
KINDS = {
    "provider_id": keys.TEXT,
    "attributes": keys.TEXT_TABLE,
    **dict.fromkeys(("providers", "enrolments", "results"), keys.TABLES),
}
_ENROLMENT = {"year": keys.YEAR, "year_level": keys.WHOLE, "when": keys.TEXTS}


def named(source: Source) -> list[str]:
    """List the headings that the settings of a wide export name."""
    results = entries(source, "results", _RESULT, required=_NEEDED)
    return [*source.columns, *option(source, "attributes", {}), *(one["column"] for one in results)]


def tables(grid: Grid, source: Source) -> dict[str, pd.DataFrame]:
    """Turn a wide export into learners, enrolments and results (and providers, if it says any)."""
    mapped = targets(source, "columns", source.columns, table="enrolments")
    for ours in mapped:
        if ours not in ("learner_id", "provider_id"):
            raise keys.unknown(ours, ("learner_id", "provider_id"), where=where(source, "columns"))
    ids: dict[str, pd.Series | str] = {
        ours: grid.column(find(grid, theirs, source)) for ours, theirs in mapped.items()
    }
    if "provider_id" in source.options:
        ids["provider_id"] = option(source, "provider_id", "")
    for name in ("learner_id", "provider_id"):
        if name not in ids:
            raise wrong(source, "columns", f"nothing is mapped to {name}", "one column")
    return {
        **_providers(source),
        **_learners(grid, source, ids["learner_id"]),
        **_enrolments(grid, source, ids),
        **_results(grid, source, ids),
    }


def _providers(source: Source) -> dict[str, pd.DataFrame]:
    kinds = dict.fromkeys(TABLES["providers"].columns, CELL)
    rows = pd.DataFrame(entries(source, "providers", kinds)).fillna("").astype("str")
    places = {"source_file": "community.toml", "source_row": 0}
    return {"providers": rows.assign(**places)} if len(rows) else {}


def _learners(grid: Grid, source: Source, ids: pd.Series | str) -> dict[str, pd.DataFrame]:
    mapping = option(source, "attributes", {})
    named = targets(source, "attributes", mapping, taken=("learner_id",), table="learners")
    columns = {ours: grid.column(find(grid, theirs, source)) for ours, theirs in named.items()}
    return {"learners": grid.table({"learner_id": ids, **columns})} if columns else {}


def _enrolments(grid: Grid, source: Source, ids: _Columns) -> dict[str, pd.DataFrame]:
    parts = []
    for entry in entries(source, "enrolments", _ENROLMENT, required=("year",)):
        fixed = {key: str(entry.get(key, "")) for key in ("year", "year_level")}
        rows = grid.table({**ids, **fixed})
        filled = [grid.column(find(grid, name, source)) != "" for name in entry.get("when", ())]
        parts.append(rows[pd.concat(filled, axis=1).any(axis=1)] if filled else rows)
    return {"enrolments": coded.below(parts)} if parts else {}


def _results(grid: Grid, source: Source, ids: _Columns) -> dict[str, pd.DataFrame]:
    parts = []
    for entry in entries(source, "results", _RESULT, required=_NEEDED):
        texts = grid.column(find(grid, entry["column"], source))
        there = (texts != "") & ~texts.isin(entry.get("missing", ()))
        values = coded.recoded(texts, partial(_meant, entry.get("values", {})))
        fixed = {key: str(entry.get(key, "")) for key in ("measure", "year", "year_level", "term")}
        parts.append(grid.table({**ids, "value": values, **fixed})[there])
    return {"observations": coded.below(parts)} if parts else {}


def _meant(values: Mapping[str, str], text: str) -> str:
    return values.get(text, text)
