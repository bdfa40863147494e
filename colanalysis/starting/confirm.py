"""Confirm what the columns of an export are: its first rows under a mask, and a profile to keep.

What the module promises: nobody's value can be read in a preview; a profile is written whole or not
at all, and over another only where that is asked for.
"""

from __future__ import annotations

import string
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from colanalysis.errors import SettingsError, UsageError
from colanalysis.reading import mapping
from colanalysis.reading.grid import Grid
from colanalysis.starting import aliases, discover
from colanalysis.starting.draft import profile_name
from colanalysis.starting.shapes import quoted
from colanalysis.terms import keys, profiles
from colanalysis.terms.schema import RESERVED, TABLES, identifies
from colanalysis.terms.settings import FILE

__all__ = ["HIDDEN", "choices", "free_name", "masked", "preview", "profile_text", "save"]

HIDDEN = "never read"

_ROWS, _LONGEST = 5, 12


def masked(text: str) -> str:
    """Put an a for every letter and a 9 for every digit; of a long text only its beginning.

    >>> masked("Māori: 4B"), masked("93.5%")
    ('aaaaa: 9a', '99.9%')
    """
    shown = "".join(map(_mask, unicodedata.normalize("NFC", text)))
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def preview(grid: Grid) -> pd.DataFrame:
    """Show the first five rows of an export, every value masked, those that name people hidden.

    Columns without a heading, or with one that stands twice, are left out as they are in reading.
    """
    once = discover.named_once(grid)
    ids = frozenset(aliases.drafted(once, "learners")) | frozenset(aliases.others(once, "learners"))
    return pd.DataFrame(
        {
            name: [HIDDEN] * min(_ROWS, len(grid.rows))
            if identifies("learners", name) and name not in ids
            else [masked(text) for text in grid.column(name).head(_ROWS)]
            for name in once
        },
        dtype=str,
    )


def choices(headings: Sequence[str], table: str) -> pd.DataFrame:
    """List the headings that a table may have, with ours by exact name and what comes near.

    Columns: `heading`, `column` ("" where none has the name), `perhaps` (never more than a
    suggestion), `own` (the name under which it would be an attribute of its own; "" where it may
    not be one). What names people is not listed.
    """
    exact, near = aliases.drafted(headings, table), aliases.close(headings, table)
    also = aliases.others(headings, table)
    listed = [
        name for name in headings if name in exact or name in also or not identifies(table, name)
    ]
    further = TABLES[table].open
    return pd.DataFrame(
        {
            "heading": listed,
            "column": [exact.get(name, "") for name in listed],
            "perhaps": [near.get(name, also.get(name, "")) for name in listed],
            "own": [
                name if further and name not in RESERVED and not identifies(table, name) else ""
                for name in listed
            ],
        },
        dtype=str,
    )


def free_name(folder: Path, file: str) -> str:
    """Name a profile after an export, as no profile of the folder is named."""
    return profile_name(file, taken=[*profiles.files(folder), *_in_settings(folder)])


def save(
    folder: Path, name: str, *, table: str, columns: Mapping[str, str], replace: bool = False
) -> Path:
    """Write profiles/NAME.toml into a community folder, with `columns` theirs = ours.

    UsageError where there is a profile of that name (one that is a file gives way where `replace`
    is true) or the name is none, SettingsError where the columns cannot be those of the table.
    """
    folder, name = Path(folder), profiles.as_name(name.strip())
    where = f"{profiles.FOLDER}/{name}.toml"
    _refuse_name(folder, name, replace=replace)
    text = profile_text(table, columns, where=where)
    target = folder / profiles.FOLDER / f"{name}.toml"
    try:
        with tempfile.TemporaryDirectory(prefix=".making-", dir=folder) as making:
            whole = Path(making) / target.name
            whole.write_text(text, encoding="utf-8", newline="\n")
            target.parent.mkdir(exist_ok=True)
            whole.replace(target)
    except OSError as error:
        raise UsageError(
            f"the profile cannot be written ({error.strerror or type(error).__name__})",
            where=where,
            expected="a folder where you may write",
            remedy="Nothing was changed.",
        ) from error
    return target


def profile_text(table: str, columns: Mapping[str, str], *, where: str) -> str:
    """Write a profile of the tidy reader; SettingsError where the reader would refuse it."""
    if table not in TABLES:
        raise keys.unknown(table, TABLES, where=f"{where} table")
    if not columns:
        raise _wrong(where, "no column is chosen", "at least one column of ours")
    for ours in mapping.turned(columns, table=table, error=partial(_wrong, where)):
        if ours not in TABLES[table].columns and not TABLES[table].open:
            raise keys.unknown(ours, TABLES[table].columns, where=f"{where} columns")
    lines = [f"{quoted(theirs)} = {quoted(ours)}" for theirs, ours in columns.items()]
    return "\n".join(
        [
            "# What the columns of an export are: theirs = ours. What is one school's alone, such as",
            "# its number, belongs into constants of the [[source]].",
            'reader = "tidy"',
            f'table = "{table}"',
            "[columns]",
            *lines,
            "",
        ]
    )


def _mask(letter: str) -> str:
    kind = unicodedata.category(letter)[0]
    if letter in string.punctuation or kind == "P":
        return letter
    # A mark above a letter tells of the letter, so it is left out.
    return {"L": "a", "N": "9", "Z": " ", "M": "", "C": ""}.get(kind, "·")


def _refuse_name(folder: Path, name: str, *, replace: bool) -> None:
    where = f"{profiles.FOLDER}/{name}.toml"
    if not profiles.is_name(name):
        raise UsageError(
            f'found the name "{name}"',
            where="the profile",
            expected="letters, digits, blanks, - and _, as a file's name",
            remedy="Choose another name.",
        )
    if name in _in_settings(folder):
        raise UsageError(
            f"{FILE} has a [profile.{name}] already",
            where=where,
            expected="one profile of a name",
            remedy=f"Choose another name, or take that one out of {FILE}.",
        )
    if not replace and (folder / profiles.FOLDER / f"{name}.toml").exists():
        raise UsageError(
            "there is a profile of that name already",
            where=where,
            expected="a new name",
            remedy="Choose another name, or say that it may be replaced. Nothing was changed.",
        )


def _in_settings(folder: Path) -> list[str]:
    written = profiles.document(folder / FILE, where=FILE) if (folder / FILE).is_file() else {}
    there = written.get("profile")
    return list(map(profiles.as_name, there)) if isinstance(there, Mapping) else []


def _wrong(where: str, found: str, expected: str) -> SettingsError:
    return SettingsError(found, where=where, expected=expected, remedy="Choose again.")
