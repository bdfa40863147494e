"""The Ministry of Education's directories of schools and early learning services, as one table.

What the module promises: both directories are read in the layout in which they are published
(lines above the header, Windows-1252, footnote marks in column names) or tidied; the columns come
out under the names of the `providers` table; what is not known stays blank; and contact details
and street addresses are never taken.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from colanalysis.errors import DataError
from colanalysis.terms.schema import column_name

__all__ = ["ROLLS", "of_community", "read"]

_HEADER_WITHIN = 30

# Ours, and what the directories have called it since 2016, folded.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "provider_id": ("school_id", "number", "school_number", "service_number", "ece_id"),
    "name": ("name", "org_name", "school_name", "service_name"),
    "type": ("school_type", "institution_type", "org_type", "service_type"),
    "community_id": ("community_of_learning_id", "col_id"),
    "community_name": ("community_of_learning_name", "col_name"),
    "roll": ("total_school_roll", "total_roll", "total"),
    "latitude": ("latitude",),
    "longitude": ("longitude",),
    "decile": ("decile",),
    "eqi": ("eqi_index",),
    "equity_index": ("equity_index",),
    "roll_maori": ("maori",),
    "roll_pacific": ("pasifika", "pacific"),
    "roll_asian": ("asian",),
    "roll_melaa": ("melaa",),
    "roll_european": ("european_pakeha", "european"),
    "roll_other": ("other",),
    "roll_international": ("international_students", "international"),
    "roll_date": ("roll_date",),
}
_NEEDED = ("provider_id", "name", "type", "community_id")
ROLLS = tuple(name for name in _COLUMNS if name.startswith("roll_") and name != "roll_date")
_NUMBERS = ("roll", "latitude", "longitude", "decile", "eqi", *ROLLS)

# How the directories' types begin, folded. Special schools and the correspondence school teach
# every year level; teen parent units and activity centres are parts of secondary schools.
# Tertiary providers and partners are in neither directory.
_TYPES: Mapping[str, tuple[str, ...]] = {
    "primary": ("full_primary", "contributing"),
    "intermediate": ("intermediate",),
    "composite": ("composite", "restricted_composite", "special", "correspondence"),
    "secondary": ("secondary", "teen_parent_unit", "activity_centre"),
    "ece": (
        "education_and_care", "casual_education_and_care", "free_kindergarten", "kindergarten",
        "homebased", "home_based", "playcentre", "playgroup", "te_kohanga_reo", "kohanga_reo",
        "hospital_based",
    ),
}  # fmt: skip


def read(files: Sequence[Path]) -> pd.DataFrame:
    """Read every school and service in the directories, each cell the text that is printed.

    Beside the columns of `providers` the table holds `community_id` and `community_name`, where
    each row stood (`file`, `row` as a spreadsheet numbers it) and `dated`, what the file says
    about the date of its rolls. Raises DataError when a file is not such a directory.
    """
    return pd.concat([_read_one(Path(file)) for file in files], ignore_index=True)


def of_community(table: pd.DataFrame, *, community_id: str) -> pd.DataFrame:
    """Pick the members of one community: types in our words, blank what is not known.

    Raises DataError when a type is not known or a number occurs twice: schools and services are
    numbered by the Ministry in one series, so the same directory was then given twice.
    """
    members = table[table["community_id"] == community_id].reset_index(drop=True)
    twice = members[members["provider_id"].duplicated(keep=False)]
    if len(twice):
        number = twice["provider_id"].iloc[0]
        where = " and ".join(
            f"{file} row {row}"
            for file, row in twice.loc[twice["provider_id"] == number, ["file", "row"]].values
        )
        raise DataError(
            f"the number {number} occurs more than once",
            where=where,
            expected="each school or service once",
            remedy="Give one school directory and one early learning directory.",
        )
    kinds = [_type(row) for row in members.to_dict("records")]
    return _known(members).assign(type=pd.Series(kinds, dtype=str))


def _read_one(path: Path) -> pd.DataFrame:
    rows = _rows(path)
    at = _header_at(rows, path=path)
    places = _places(rows[at])
    body = [row for row in enumerate(rows[at + 1 :], start=at + 2) if any(row[1])]
    table = pd.DataFrame(
        {
            name: [cells[place].strip() if place < len(cells) else "" for _, cells in body]
            for name, place in places.items()
        },
        dtype=str,
    ).reindex(columns=list(_COLUMNS), fill_value="")
    table = table.assign(
        file=path.name,
        row=[number for number, _ in body],
        dated=_dated(rows[:at], table["roll_date"], path=path),
    )
    return table[table["provider_id"] != ""]


def _rows(path: Path) -> list[list[str]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _not_a_directory("the file cannot be opened", path) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    try:
        return list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise _not_a_directory("this is not a table in text", path) from error


def _places(header: Sequence[str]) -> dict[str, int]:
    names = [column_name(cell) for cell in header]
    found = {
        ours: next((names.index(theirs) for theirs in known if theirs in names), None)
        for ours, known in _COLUMNS.items()
    }
    return {name: place for name, place in found.items() if place is not None}


def _header_at(rows: Sequence[Sequence[str]], *, path: Path) -> int:
    known = [set(_places(row)) & set(_NEEDED) for row in rows[:_HEADER_WITHIN]]
    best = max(range(len(known)), key=lambda at: len(known[at]), default=None)
    missing = [name for name in _NEEDED if best is None or name not in known[best]]
    if not missing:
        return best or 0
    wanted = ", ".join(f"{name} (such as {_COLUMNS[name][0]})" for name in missing)
    raise _not_a_directory(f"the first {_HEADER_WITHIN} rows have no column for {wanted}", path)


def _not_a_directory(found: str, path: Path) -> DataError:
    return DataError(
        found,
        where=path.name,
        expected="the Ministry's school or early learning directory, as a CSV file",
        remedy="Use the directory as published, or name its columns as published.",
    )


def _number(text: str) -> str:
    bare = text.replace(",", "")
    return bare if re.fullmatch(r"-?\d+(\.\d+)?", bare) else ""


def _dated(above: Sequence[Sequence[str]], dates: pd.Series, *, path: Path) -> str:
    said = [cell.strip() for row in above for cell in row if re.search(r"(?i)\broll data\b", cell)]
    column = [f"roll of {date}" for date in dates[dates != ""].mode().head(1)]
    named = [f"{year} by its name" for year in re.findall(r"(?<!\d)20\d\d(?!\d)", path.stem)]
    return [*said, *column, *named, "it does not say of when"][0]


def _known(members: pd.DataFrame) -> pd.DataFrame:
    """Blank what the directory prints where it does not know."""
    members = members.assign(**{name: members[name].map(_number) for name in _NUMBERS})
    members["decile"] = members["decile"].replace("99", "")
    members["equity_index"] = members["equity_index"].replace("Not Applicable / Unknown", "")
    # Kōhanga reo report Asian and European children under "other" (a footnote of the directory):
    # the zeros printed for them are not counts.
    kohanga = members["type"].map(column_name).isin(["te_kohanga_reo", "kohanga_reo"])
    for name in ("roll_asian", "roll_european"):
        members[name] = members[name].mask(kohanga & members[name].eq("0"), "")
    return members


def _type(row: Mapping[str, str]) -> str:
    words = column_name(row["type"])
    for kind, beginnings in _TYPES.items():
        if words.startswith(beginnings):
            return kind
    known = ", ".join(name for beginnings in _TYPES.values() for name in beginnings)
    raise DataError(
        f'the type "{row["type"]}" is not known',
        where=f"{row['file']}, row {row['row']}",
        expected="a type that begins with one of: " + known.replace("_", " "),
        remedy="Write one of these in a copy of the directory, and give the copy.",
    )
