"""Read how many half-days each learner attended, as an export has counted them: a row a learner.

The share is worked out anew from the two counts, as a ready percentage may be rounded over the line
that success is measured by. Where the absences are told too, they must add up with the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from colanalysis import coded
from colanalysis.reading import files
from colanalysis.reading.attended import FEWEST
from colanalysis.reading.grid import Read
from colanalysis.reading.mapping import find, targets, where, wrong
from colanalysis.terms import keys, problems
from colanalysis.terms.keys import Kind
from colanalysis.terms.problems import note
from colanalysis.terms.schema import column_name
from colanalysis.terms.settings import Source

__all__ = ["OPTIONS", "read"]

_WHOLE = re.compile(r"(\d{1,4})(?:\.0+)?", re.ASCII)
_KINDS: Mapping[str, Kind] = {
    "provider_id": keys.WORDS,
    "year": keys.YEAR,
    "term": keys.WORDS,
    "measure": keys.WORDS,
    "fewest": keys.COUNT,
}
OPTIONS = tuple(_KINDS)
_COUNTS = ("attended", "possible", "absent")
_COLUMNS = ("learner_id", "provider_id", "year", "term", "year_level", *_COUNTS)
_NEEDED = ("learner_id", "provider_id", "year", "attended", "possible")


def read(data: bytes, file: str, source: Source) -> Read:
    """Turn counts of half-days into the share of them that each learner attended.

    Raises SettingsError when the source does not say where learner, school, year and counts stand.
    """
    chosen = keys.read(source.options, _KINDS, where=where(source), required=("measure",))
    mapped = _mapped(source, chosen)
    grid = files.grid(data, file, frozenset(map(column_name, source.columns)))
    told = {name: grid.texts(find(grid, theirs, source)) for name, theirs in mapped.items()}
    given: dict[str, pd.Series | str] = {
        name: str(chosen[name]) for name in ("provider_id", "year", "term") if name in chosen
    }
    who = {name: texts for name, texts in told.items() if name not in _COUNTS}
    rows = coded.plain(grid.table({"year_level": "", **given, **who}))
    counts = pd.DataFrame({name: _number(told[name]) for name in _COUNTS if name in told})
    attended, possible = counts["attended"], counts["possible"]
    clear = counts.notna().all(axis=1) & (attended <= possible)
    if "absent" in counts:
        clear &= attended + counts["absent"] == possible
    fewest = chosen.get("fewest", FEWEST)
    kept = clear & (possible >= fewest)
    notes = [*grid.notes, *problems.in_rows("half-day counts not understood", rows[~clear])]
    if few := int((clear & ~kept).sum()):
        span = "term" if "term" in rows else "year"
        notes.append(note("too few half-days", file, count=few, fewest=str(fewest), span=span))
    shares = (attended[kept] / possible[kept]).map(str)
    results = rows[kept].assign(measure=chosen["measure"], value=shares)
    results = results.astype({"measure": "str", "value": "str"}).reset_index(drop=True)
    return Read({"observations": results}, notes)


def _mapped(source: Source, chosen: Mapping[str, Any]) -> dict[str, str]:
    """Find out where learner, school, year and the counts stand."""
    taken = [name for name in ("provider_id", "year", "term") if name in chosen]
    mapped = targets(source, "columns", source.columns, table="observations", taken=taken)
    for ours in mapped:
        if ours not in _COLUMNS:
            raise keys.unknown(ours, _COLUMNS, where=where(source, "columns"))
    for name in _NEEDED:
        if name not in mapped and name not in taken:
            raise wrong(source, "columns", f"nothing is mapped to {name}", "one column")
    return mapped


def _number(texts: pd.Series) -> pd.Series:
    """Whole numbers; missing where the text is none."""
    return pd.to_numeric(texts.where(texts.str.fullmatch(_WHOLE)), errors="coerce")
