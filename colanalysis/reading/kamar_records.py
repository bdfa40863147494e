"""Read the JSON of KAMAR's Directory Services as records that may be used, and nothing else of it.

Whatever is not in ``_KEPT`` is thrown away by the parser itself, at the end of each object: names,
birth dates, caregivers, residences, emergency contacts and comments never reach a table. JSON has no
rows: the row in a note is the place of a record in its section, from 1.

A learner whose datasharing says no to details is left out, with results and attendance; a learner
without such a statement is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from colanalysis import coded
from colanalysis.errors import DataError
from colanalysis.reading.grid import Grid
from colanalysis.reading.read import decode
from colanalysis.terms import problems
from colanalysis.terms.problems import note

__all__ = ["ATTRIBUTES", "Export", "Record", "dicts", "read", "text_at"]

Record = dict[str, Any]
Notes = list[dict[str, object]]

# Attributes that may be asked for, and the key of each in a student's record.
ATTRIBUTES: Mapping[str, str] = {
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
    + ["leavingdate", "datasharing", "details", *ATTRIBUTES.values()]
    + ["type", "number", "result", "year", "date", "values", "hdp", "hdj", "hdu"]
)
_NO = ("0", "no", "n", "false")


@dataclass(frozen=True)
class Export:
    """One export: its records by section with their places, which number is the id, whose it is."""

    file: str
    sections: Mapping[str, Sequence[tuple[int, Record]]]
    key: str
    provider: str
    year: str

    def table(
        self, columns: Mapping[str, Sequence[str] | str], places: Sequence[int]
    ) -> tuple[pd.DataFrame, Notes]:
        """Make a table of text; what has no learner's id is set aside."""
        lists = [texts for texts in columns.values() if not isinstance(texts, str)]
        names = tuple(name for name, texts in columns.items() if not isinstance(texts, str))
        grid = Grid(self.file, names, places, lambda place: pd.Series(lists[place], dtype="str"))
        told = {name: grid.texts(name) if name in names else str(columns[name]) for name in columns}
        rows = coded.plain(grid.table(told))
        known = rows["learner_id"] != ""
        notes = problems.in_rows("learner without an id", rows[~known], self.key)
        return rows[known].reset_index(drop=True), notes


def read(data: bytes, file: str, *, key: str, provider: str) -> tuple[Export, Notes]:
    """Read an export; it is of the given provider, else of the one school that it names."""
    text, notes = decode(data, file)
    envelope = _envelope(text, file)
    sections, more = _sections(envelope, file)
    school, year = provider or _school(envelope, file), _year(envelope, file)
    return Export(file, sections, key, school, year), notes + more


def _envelope(text: str, file: str) -> Record:
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
        if isinstance(envelope, dict) and text_at(envelope, "sms", "KAMAR").upper() == "KAMAR":
            return envelope
        raise _refused("another JSON", file)
    # Raised out here, since the parser's own error holds the whole text.
    raise _refused("a damaged JSON", place)


def _sections(envelope: Record, file: str) -> tuple[dict[str, list[tuple[int, Record]]], Notes]:
    """Records of each section, with their places, without learners who share no details."""
    sections: dict[str, list[tuple[int, Record]]] = {}
    notes: Notes = []
    for name in _SECTIONS:
        section = envelope.get(name, {"data": []})
        records = section.get("data") if isinstance(section, dict) else None
        if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
            raise _refused(f"a section {name} without a list of records", file)
        told = text_at(section, "count", str(len(records)))
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


def _numbers(record: Record) -> set[tuple[str, str]]:
    """Both numbers of a learner, by which a record is known to be theirs."""
    found = {(key, text_at(record, key).lstrip("0")) for key in ("id", "nsn")}
    return {(key, number) for key, number in found if number}


def _declines(record: Record) -> bool:
    sharing = record.get("datasharing")
    return isinstance(sharing, dict) and text_at(sharing, "details").lower() in _NO


def _school(envelope: Record, file: str) -> str:
    codes = [text_at(one, "moeCode") for one in dicts(envelope.get("schools"))]
    if len(codes) != 1 or not codes[0]:
        raise _refused(
            f"{len(codes)} schools with a number",
            file,
            "one school, or provider_id in the [[source]]",
        )
    return codes[0]


def _year(envelope: Record, file: str) -> str:
    moment = text_at(envelope, "datetime")
    if not re.fullmatch(r"(?:19|20)[0-9]{6,12}", moment):
        raise _refused("no time at which the export was made", file)
    return moment[:4]


def text_at(record: Record, key: str, otherwise: str = "") -> str:
    """Write one value of a record as text, or the other text where there is no such value."""
    return _text(record.get(key, otherwise))


def dicts(value: object) -> list[Record]:
    """Take the records out of a list, whatever else is in it or in its place."""
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


def _refused(
    found: str, place: str, expected: str = "an export of KAMAR Directory Services"
) -> DataError:
    return DataError(
        f"found {found}",
        where=place,
        expected=expected,
        remedy="Export it again, and do not edit it by hand.",
    )
