"""Read the JSON of KAMAR's Directory Services: students, and results and attendance where asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from colanalysis.reading import kamar_attendance, kamar_records
from colanalysis.reading.grid import Read
from colanalysis.reading.kamar_records import ATTRIBUTES, Export, text_at
from colanalysis.reading.mapping import attributes, entries, where, wrong
from colanalysis.reading.moe import iso_day, not_in
from colanalysis.terms import keys, problems
from colanalysis.terms.problems import note
from colanalysis.terms.settings import Source

__all__ = ["OPTIONS", "read"]

Notes = list[dict[str, object]]

_LEVELS = {"current": "yearlevel", "funding": "fundinglevel"}
_KINDS = {
    "provider_id": keys.WORDS,
    "learner_id": keys.one_of("nsn", "id"),
    "year_level": keys.one_of(*_LEVELS),
    "learners": keys.FLAG,
    "attributes": keys.TEXT_TABLE,
    "attendance": keys.TABLE,
}
_RESULT = {
    **dict.fromkeys(("type", "number", "measure"), keys.WORDS),
    "values": keys.TEXT_TABLE,
    "term": keys.TEXT,
}
OPTIONS = (*_KINDS, "results")


def read(data: bytes, file: str, source: Source) -> Read:
    """Turn an export into learners and enrolments, and results and attendance as the settings ask."""
    chosen = _options(source)
    key, provider = chosen.get("learner_id", "nsn"), chosen.get("provider_id", "")
    export, notes = kamar_records.read(data, file, key=key, provider=provider)
    tables: dict[str, pd.DataFrame] = {}
    if export.sections["students"]:
        tables, more = _students(export, chosen)
        notes += more
    parts = []
    for section, make in (("results", _results), ("attendance", kamar_attendance.observations)):
        if chosen.get(section):
            rows, more = make(export, chosen[section])
            notes += more
            parts.append(rows)
        elif many := len(export.sections[section]):
            notes.append(note("section not asked for", file, column=section, count=many))
    if parts:
        tables["observations"] = pd.concat(parts, ignore_index=True)
    return Read(tables, notes)


def _options(source: Source) -> dict[str, Any]:
    """Convert the options; a name that the format does not have is refused."""
    if source.columns:
        raise wrong(source, "columns", "found columns", "none, as the export has fixed names")
    given = {key: value for key, value in source.options.items() if key != "results"}
    chosen = keys.read(given, _KINDS, where=where(source))
    chosen["attributes"] = attributes(source, chosen.get("attributes", {}), ATTRIBUTES)
    needed = ("type", "number", "measure")
    chosen["results"] = entries(source, "results", _RESULT, required=needed)
    if "attendance" in chosen:
        place, kinds = where(source, "attendance"), kamar_attendance.KINDS
        table = keys.read(chosen["attendance"], kinds, where=place, required=("measure",))
        chosen["attendance"] = table
    return chosen


def _students(export: Export, chosen: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], Notes]:
    """Learners, one row each, and where they were enrolled in the year of the export."""
    places = [place for place, _ in export.sections["students"]]
    records = [one for _, one in export.sections["students"]]

    def texts(key: str) -> list[str]:
        return [text_at(one, key) for one in records]

    ids, levels = texts(export.key), _LEVELS[chosen.get("year_level", "current")]
    further = {ours: texts(ATTRIBUTES[key]) for ours, key in chosen["attributes"].items()}
    own = {"gender": texts("gender"), "ethnicity": texts("ethnicity")}
    learners, notes = export.table({"learner_id": ids, **own, **further}, places)
    again = learners.duplicated("learner_id", keep="last")
    notes += problems.in_rows("learner in several records", learners[again])
    enrolments, _ = export.table(
        {
            "learner_id": ids,
            "provider_id": export.provider,
            "year": export.year,
            "year_level": texts(levels),
            "start_date": [iso_day(text) for text in texts("startingdate")],
            "end_date": [iso_day(text) for text in texts("leavingdate")],
        },
        places,
    )
    away = not_in(enrolments, export.year)
    notes += problems.in_rows("not enrolled in the year", enrolments[away])
    tables = {"enrolments": enrolments[~away].reset_index(drop=True)}
    if chosen.get("learners", True):
        tables["learners"] = learners[~again].reset_index(drop=True)
    return tables, notes


def _results(export: Export, wanted: Sequence[Mapping[str, Any]]) -> tuple[pd.DataFrame, Notes]:
    """Results of the standards that the settings name, and of no other."""
    parts, notes = [], []
    for entry in wanted:
        standard = (entry["type"].upper(), entry["number"].upper())
        found = [
            (place, one)
            for place, one in export.sections["results"]
            if (text_at(one, "type").upper(), text_at(one, "number").upper()) == standard
        ]
        values = [text_at(one, "result") for _, one in found]
        meant = [entry.get("values", {text: text}).get(text, "") for text in values]
        blank = sum(text == one == "" for text, one in zip(values, meant, strict=True))
        other = sum(text != "" and one == "" for text, one in zip(values, meant, strict=True))
        called = " ".join(standard)
        for rule, many in [
            ("no such result", 0 if found else 1),
            ("result without a value", blank),
            ("code without a meaning", other),
        ]:
            if many:
                notes.append(note(rule, export.file, column=called, count=many))
        kept = [(*pair, text) for pair, text in zip(found, meant, strict=True) if text]
        rows, more = export.table(
            {
                "learner_id": [text_at(one, export.key) for _, one, _ in kept],
                "provider_id": export.provider,
                "year": [text_at(one, "year") for _, one, _ in kept],
                "measure": entry["measure"],
                "value": [text for _, _, text in kept],
                "term": entry.get("term", ""),
                "date": [iso_day(text_at(one, "date")) for _, one, _ in kept],
            },
            [place for place, _, _ in kept],
        )
        notes += more
        parts.append(rows)
    return pd.concat(parts, ignore_index=True), notes
