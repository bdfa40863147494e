"""Draft the [[source]] of an export: its table, and which of its columns is which of ours.

What the module promises: only what is known by its exact name stands in a profile; what comes near
is a comment, and every [[source]] is one, so that nothing is read before somebody says so.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

import pandas as pd

from colanalysis.starting import aliases
from colanalysis.terms import profiles
from colanalysis.terms.schema import TABLES, column_name

__all__ = ["blocks", "one_line", "profile_name", "quoted", "source_text"]


def blocks(found: pd.DataFrame, *, kept: Collection[str] = ()) -> str:
    """Write a commented [[source]] for each of the exports `found` (`file`, `columns`).

    An export that is named like one of the profiles `kept` in the folder uses it; for any other a
    profile is drafted. Without exports there is an example.
    """
    written: list[str] = []
    named: set[str] = set()
    for file, columns in found.values:
        headings = columns.split("; ") if columns else []
        table = aliases.table_of(headings)
        if (name := profile_name(file)) in kept:
            lines = [f"# profile = {quoted(name)}  # profiles/{name}.toml"]
        elif table:
            name = profile_name(file, taken=[*kept, *named])
            written.append(_profile(name, headings, table))
            lines = [f"# profile = {quoted(name)}  # look through it first, then take the # away"]
        else:
            untold = "# which table this is cannot be told from its columns: nothing is drafted"
            lines = [*([untold] if columns else []), *_by_itself(headings)]
        named.add(name)
        written.append(_source(file, columns, lines))
    return "\n\n".join(written) or _source("exports/results.csv", "", _by_itself([]))


def profile_name(file: str, *, taken: Collection[str] = ()) -> str:
    """Name the profile of an export after its file, with a number where the name is taken."""
    name = column_name(PurePosixPath(file).stem)[:50].strip("_")
    name = name if profiles.is_name(name) else f"export_{name}".strip("_")
    numbered = (f"{name}_{number}" for number in range(2, len(taken) + 3))
    return next(free for free in (name, *numbered) if free not in taken)


def source_text(file: str, profile: str, lacking: Sequence[str]) -> str:
    """Write the block of a file that has a profile, and what no column of it tells, to fill in."""
    return "\n".join(
        [
            "[[source]]",
            f"file = {quoted(file)}",
            f"profile = {quoted(profile)}",
            *([f"constants = {_to_fill_in(lacking)}"] if lacking else []),
        ]
    )


def quoted(text: str) -> str:
    """Write a text as TOML does, in quotation marks on one line."""
    # JSON's text in quotation marks is TOML's, but for one character that TOML forbids bare.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def one_line(text: str) -> str:
    """Write a text as a comment may have it, without what would end the line."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _profile(name: str, headings: Sequence[str], table: str) -> str:
    """Draft a profile: what is known by its exact name, with what only comes near as a comment."""
    drafted = aliases.drafted(headings, table)
    lacking = aliases.lacking(drafted.values(), table)
    return "\n".join(
        [
            f"[profile.{quoted(name)}]",
            'reader = "tidy"',
            f"table = {quoted(table)}  # a row is {TABLES[table].row_is}",
            *([f"# constants = {_to_fill_in(lacking)}  # what no column tells"] if lacking else []),
            f"[profile.{quoted(name)}.columns]",
            *(_mapped(theirs, ours) for theirs, ours in drafted.items()),
            *(f"# or: {_mapped(*pair)}" for pair in aliases.others(headings, table).items()),
            *(f"# perhaps: {_mapped(*pair)}" for pair in aliases.close(headings, table).items()),
        ]
    )


def _source(file: str, columns: str, lines: Sequence[str]) -> str:
    return "\n".join(
        [
            "# [[source]]",
            f"# file = {quoted(file)}",
            f"# its columns: {one_line(columns)}"
            if columns
            else "# its columns were not recognised",
            *lines,
        ]
    )


def _by_itself(headings: Sequence[str]) -> list[str]:
    theirs = headings[0] if headings else "NSN"
    return [
        '# reader = "tidy"  # one row is one row of a table; "wide": one row is a learner',
        '# table = "observations"',
        f'# columns = {{ {quoted(theirs)} = "learner_id" }}  # theirs = ours',
    ]


def _mapped(theirs: str, ours: str) -> str:
    return f"{quoted(theirs)} = {quoted(ours)}"


def _to_fill_in(lacking: Sequence[str]) -> str:
    return "{ " + ", ".join(f'{ours} = "?"' for ours in lacking) + " }"
