"""Read the JSON of KAMAR's Directory Services: students, and results and attendance where asked for.

Whatever is not in ``_KEPT`` is thrown away by the parser itself, at the end of each object: names,
birth dates, caregivers, residences, emergency contacts and comments never reach a table. JSON has no
rows: the row in a note is the place of a record in its section, from 1.

A learner whose datasharing says no to details is left out, with results and attendance; a learner
without such a statement is read. The half-days hdp, hdj and hdu are taken as present, justified and
unjustified absence: so they are named, and no public description says it.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from colanalysis import coded
from colanalysis.errors import DataError
from colanalysis.reading.grid import Grid, Read
from colanalysis.reading.half_days import TERMS, term_of
from colanalysis.reading.mapping import attributes, entries, where, wrong
from colanalysis.reading.moe import iso_day, not_in
from colanalysis.reading.read import decode
from colanalysis.terms import keys, problems
from colanalysis.terms.problems import note
from colanalysis.terms.settings import Source

__all__ = ["OPTIONS", "read"]

# Attributes that may be asked for, and the key of each in a student's record.
_ATTRIBUTES: Mapping[str, str] = {
    "iwi": "iwi",
    "ors": "ors",
    "esol": "esol",
    "type": "moetype",
    "maori_level": "maorilevel",
    "pacific_language": "pacificlanguage",
    "pacific_level": "pacificlevel",
    "boarding": "boarder",
}
_SECTIONS = ("students", "results", "attendance")
_KEPT = frozenset(
    ["SMSDirectoryData", "datetime", "sms", "schools", "moeCode", *_SECTIONS, "count", "data"]
    + ["id", "nsn", "gender", "ethnicity", "yearlevel", "fundinglevel", "startingdate"]
    + ["leavingdate", "datasharing", "details", *_ATTRIBUTES.values()]
    + ["type", "number", "result", "year", "date", "values", "hdp", "hdj", "hdu"]
)
_NO = ("0", "no", "n", "false")
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
_ATTENDANCE = {"measure": keys.WORDS, "terms": TERMS, "fewest": keys.COUNT}
_FEWEST = 30
_HALVES, _TOO_MANY = {"": 0, "0": 0, "1": 1, "2": 2}, 3
OPTIONS = (*_KINDS, "results")

_Record = dict[str, Any]
_Notes = list[dict[str, object]]


@dataclass(frozen=True)
class _Export:
    """One export: its records by section with their places, what the settings ask, whose it is."""

    file: str
    sections: Mapping[str, Sequence[tuple[int, _Record]]]
    chosen: Mapping[str, Any]
    provider: str
    year: str

    @property
    def key(self) -> str:
        """Which of the two numbers is the learner's id."""
        return str(self.chosen.get("learner_id", "nsn"))

    def table(
        self, columns: Mapping[str, Sequence[str] | str], places: Sequence[int]
    ) -> tuple[pd.DataFrame, _Notes]:
        """Make a table of text; what has no learner's id is set aside."""
        lists = [texts for texts in columns.values() if not isinstance(texts, str)]
        names = tuple(name for name, texts in columns.items() if not isinstance(texts, str))
        grid = Grid(self.file, names, places, lambda place: pd.Series(lists[place], dtype="str"))
        told = {name: grid.texts(name) if name in names else str(columns[name]) for name in columns}
        rows = coded.plain(grid.table(told))
        known = rows["learner_id"] != ""
        notes = problems.in_rows("learner without an id", rows[~known], self.key)
        return rows[known].reset_index(drop=True), notes


def read(data: bytes, file: str, source: Source) -> Read:
    """Turn an export into learners and enrolments, and results and attendance as the settings ask."""
    chosen = _options(source)
    text, notes = decode(data, file)
    envelope = _envelope(text, file)
    sections, more = _sections(envelope, file)
    notes += more
    provider, year = chosen.get("provider_id") or _school(envelope, file), _year(envelope, file)
    export = _Export(file, sections, chosen, provider, year)
    tables: dict[str, pd.DataFrame] = {}
    if sections["students"]:
        tables, more = _students(export)
        notes += more
    parts = []
    for section, make in (("results", _results), ("attendance", _attendance)):
        if chosen.get(section):
            rows, more = make(export)
            notes += more
            parts.append(rows)
        elif sections[section]:
            many = len(sections[section])
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
    chosen["attributes"] = attributes(source, chosen.get("attributes", {}), _ATTRIBUTES)
    needed = ("type", "number", "measure")
    chosen["results"] = entries(source, "results", _RESULT, required=needed)
    if "attendance" in chosen:
        place = where(source, "attendance")
        table = keys.read(chosen["attendance"], _ATTENDANCE, where=place, required=("measure",))
        chosen["attendance"] = table
    return chosen


def _envelope(text: str, file: str) -> _Record:
    """Parse the JSON; every number stays the text it was, every key that is not kept is dropped."""
    place = file
    try:
        found = json.loads(
            text,
            object_pairs_hook=lambda pairs: {key: one for key, one in pairs if key in _KEPT},
            parse_int=str,
            parse_float=str,
        )
    except json.JSONDecodeError as error:
        place = f"{file}, row {error.lineno}"
    except RecursionError:
        pass
    else:
        envelope = found.get("SMSDirectoryData") if isinstance(found, dict) else None
        if isinstance(envelope, dict) and _text(envelope.get("sms", "KAMAR")).upper() == "KAMAR":
            return envelope
        raise _refused("another JSON", file)
    # Raised out here, since the parser's own error holds the whole text.
    raise _refused("a damaged JSON", place)


def _refused(
    found: str, place: str, expected: str = "an export of KAMAR Directory Services"
) -> DataError:
    return DataError(
        f"found {found}",
        where=place,
        expected=expected,
        remedy="Export it again, and do not edit it by hand.",
    )


def _sections(envelope: _Record, file: str) -> tuple[dict[str, list[tuple[int, _Record]]], _Notes]:
    """Records of each section, with their places, without learners who share no details."""
    sections: dict[str, list[tuple[int, _Record]]] = {}
    notes: _Notes = []
    for name in _SECTIONS:
        section = envelope.get(name, {"data": []})
        records = section.get("data") if isinstance(section, dict) else None
        if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
            raise _refused(f"a section {name} without a list of records", file)
        told = _text(section.get("count", str(len(records))))
        if told != str(len(records)):
            notes.append(note("section does not reconcile", file, column=name))
        sections[name] = list(enumerate(records, 1))
    declined = [_numbers(one) for _, one in sections["students"] if _declines(one)]
    numbers = set().union(*declined)
    for name, places in sections.items():
        shared = [(place, one) for place, one in places if numbers.isdisjoint(_numbers(one))]
        if len(shared) < len(places):
            away = len(places) - len(shared)
            notes.append(note("data sharing declined", file, column=name, count=away))
        sections[name] = shared
    return sections, notes


def _numbers(record: _Record) -> set[tuple[str, str]]:
    """Both numbers of a learner, by which a record is known to be theirs."""
    found = {(key, _text(record.get(key)).lstrip("0")) for key in ("id", "nsn")}
    return {(key, number) for key, number in found if number}


def _declines(record: _Record) -> bool:
    sharing = record.get("datasharing")
    return isinstance(sharing, dict) and _text(sharing.get("details")).lower() in _NO


def _school(envelope: _Record, file: str) -> str:
    schools = envelope.get("schools")
    codes = [_text(one.get("moeCode")) for one in _dicts(schools)]
    if len(codes) != 1 or not codes[0]:
        raise _refused(
            f"{len(codes)} schools with a number",
            file,
            "one school, or provider_id in the [[source]]",
        )
    return codes[0]


def _year(envelope: _Record, file: str) -> str:
    moment = _text(envelope.get("datetime"))
    if not re.fullmatch(r"(?:19|20)[0-9]{6,12}", moment):
        raise _refused("no time at which the export was made", file)
    return moment[:4]


def _students(export: _Export) -> tuple[dict[str, pd.DataFrame], _Notes]:
    places = [place for place, _ in export.sections["students"]]
    records = [one for _, one in export.sections["students"]]

    def texts(key: str) -> list[str]:
        return [_text(one.get(key)) for one in records]

    ids, levels = texts(export.key), _LEVELS[export.chosen.get("year_level", "current")]
    further = {ours: texts(_ATTRIBUTES[key]) for ours, key in export.chosen["attributes"].items()}
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
    if export.chosen.get("learners", True):
        tables["learners"] = learners[~again].reset_index(drop=True)
    return tables, notes


def _results(export: _Export) -> tuple[pd.DataFrame, _Notes]:
    """Results of the standards that the settings name, and of no other."""
    parts, notes = [], []
    for entry in export.chosen["results"]:
        wanted = (entry["type"].upper(), entry["number"].upper())
        found = [
            (place, one)
            for place, one in export.sections["results"]
            if (_text(one.get("type")).upper(), _text(one.get("number")).upper()) == wanted
        ]
        values = [_text(one.get("result")) for _, one in found]
        meant = [entry.get("values", {text: text}).get(text, "") for text in values]
        blank = sum(text == one == "" for text, one in zip(values, meant, strict=True))
        other = sum(text != "" and one == "" for text, one in zip(values, meant, strict=True))
        called = " ".join(wanted)
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
                "learner_id": [_text(one.get(export.key)) for _, one, _ in kept],
                "provider_id": export.provider,
                "year": [_text(one.get("year")) for _, one, _ in kept],
                "measure": entry["measure"],
                "value": [text for _, _, text in kept],
                "term": entry.get("term", ""),
                "date": [iso_day(_text(one.get("date"))) for _, one, _ in kept],
            },
            [place for place, _, _ in kept],
        )
        notes += more
        parts.append(rows)
    return pd.concat(parts, ignore_index=True), notes


def _attendance(export: _Export) -> tuple[pd.DataFrame, _Notes]:
    """Share of half-days present, for each learner and year, or term where the settings name terms."""
    chosen, days, records = (
        export.chosen["attendance"],
        _days(export),
        export.sections["attendance"],
    )
    ids = [_text(one.get(export.key)) for _, one in records]
    _, notes = export.table({"learner_id": ids}, [place for place, _ in records])
    notes += _counted(
        export.file, {"day told twice": days.twice, "half-days not understood": days.odd}
    )
    sums: dict[tuple[str, str, str], list[int]] = {}
    outside = 0
    for (learner, day), (place, present, absent) in days.known.items():
        term = term_of(datetime.date.fromisoformat(day), chosen.get("terms", ()))
        if "terms" in chosen and not term:
            outside += present + absent
            continue
        total = sums.setdefault((learner, day[:4], term), [place, 0, 0])
        total[1] += present
        total[2] += present + absent
    notes += _counted(export.file, {"half-day outside the terms": outside})
    fewest = chosen.get("fewest", _FEWEST)
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


def _days(export: _Export) -> _Days:
    days = _Days({})
    for place, record in export.sections["attendance"]:
        learner = _text(record.get(export.key))
        for one in _dicts(record.get("values")) if learner else ():
            day = iso_day(_text(one.get("date")))
            counts = [_text(one.get(key)) for key in ("hdp", "hdj", "hdu")]
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


def _counted(file: str, counts: Mapping[str, int]) -> _Notes:
    return [note(rule, file, count=many) for rule, many in counts.items() if many]


def _dicts(value: object) -> list[_Record]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    """Write a value as text; a list as its parts with ; between them, anything missing as blank."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ";".join(filter(None, map(_text, value)))
    if not isinstance(value, str):
        return ""
    # JSON can write half of a letter, which no table can hold.
    return value.encode("utf-8", "replace").decode("utf-8").strip()
