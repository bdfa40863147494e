"""The share of half-days that each learner attended, from the days of a KAMAR export.

The half-days hdp, hdj and hdu are taken as present, justified and unjustified absence: so they are
named, and no public description says it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from colanalysis.reading.attended import FEWEST
from colanalysis.reading.dates import TERMS, Term, term_of
from colanalysis.reading.kamar_records import Export, dicts, text_at
from colanalysis.reading.moe import iso_day
from colanalysis.terms import keys
from colanalysis.terms.problems import note

__all__ = ["KINDS", "observations"]

Notes = list[dict[str, object]]
# By learner, year and term: place of the first record, half-days present, half-days told.
_Totals = dict[tuple[str, str, str], list[int]]

KINDS = {"measure": keys.WORDS, "terms": TERMS, "fewest": keys.COUNT}
_HALVES, _TOO_MANY = {"": 0, "0": 0, "1": 1, "2": 2}, 3


def observations(export: Export, chosen: Mapping[str, Any]) -> tuple[pd.DataFrame, Notes]:
    """The share of half-days present, for each learner and year, or term where terms are chosen."""
    days, records = _days(export), export.sections["attendance"]
    ids = [text_at(one, export.key) for _, one in records]
    _, notes = export.table({"learner_id": ids}, [place for place, _ in records])
    sums, outside = _sums(days, chosen.get("terms"))
    for rule, many in {
        "day told twice": days.twice,
        "half-days not understood": days.odd,
        "half-day outside the terms": outside,
    }.items():
        if many:
            notes.append(note(rule, export.file, count=many))
    fewest = chosen.get("fewest", FEWEST)
    enough = {who: total for who, total in sums.items() if total[2] >= fewest}
    if few := len(sums) - len(enough):
        span = "term" if "terms" in chosen else "year"
        notes.append(
            note("too few half-days", export.file, count=few, fewest=str(fewest), span=span)
        )
    rows, more = export.table(
        {
            "learner_id": [learner for learner, _, _ in enough],
            "provider_id": export.provider,
            "year": [year for _, year, _ in enough],
            "measure": chosen["measure"],
            "value": [repr(present / total) for _, present, total in enough.values()],
            "term": [term for _, _, term in enough],
            "date": "",
        },
        [place for place, _, _ in enough.values()],
    )
    return rows, notes + more


@dataclass
class _Days:
    """Days of learners: place of the record, half-days present and absent; and what was wrong."""

    known: dict[tuple[str, str], tuple[int, int, int]]
    twice: int = 0
    odd: int = 0


def _days(export: Export) -> _Days:
    days = _Days({})
    for place, record in export.sections["attendance"]:
        learner = text_at(record, export.key)
        for one in dicts(record.get("values")) if learner else ():
            day = iso_day(text_at(one, "date"))
            counts = [text_at(one, key) for key in ("hdp", "hdj", "hdu")]
            present, justified, unjustified = (_HALVES.get(text, _TOO_MANY) for text in counts)
            # A day has two half-days; more means that the numbers are something else.
            if not _is_day(day) or present + justified + unjustified > 2:
                days.odd += 1
                continue
            days.twice += (learner, day) in days.known
            days.known[learner, day] = (place, present, justified + unjustified)
    return days


def _is_day(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _sums(days: _Days, terms: Sequence[Term] | None) -> tuple[_Totals, int]:
    """Add the days of each learner up; and count half-days that are in none of the terms."""
    sums: _Totals = {}
    outside = 0
    for (learner, day), (place, present, absent) in days.known.items():
        term = term_of(datetime.date.fromisoformat(day), terms or ())
        if terms is not None and not term:
            outside += present + absent
            continue
        total = sums.setdefault((learner, day[:4], term), [place, 0, 0])
        total[1] += present
        total[2] += present + absent
    return sums, outside
