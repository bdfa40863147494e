"""Check the keys and the types of one TOML table, and name what is wrong and what exists.

Settings and the catalogue are both written by people; a key that is misspelt and silently ignored
would leave a choice undone that they believe they made.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from colanalysis.errors import SettingsError

__all__ = [
    "COUNT",
    "DATE",
    "FLAG",
    "NUMBER",
    "SHARE",
    "TABLE",
    "TABLES",
    "TEXT",
    "TEXTS",
    "TEXT_TABLE",
    "WHOLE",
    "WORDS",
    "YEAR",
    "Kind",
    "one_of",
    "read",
    "said",
    "unknown",
]


@dataclass(frozen=True)
class Kind:
    """A kind of value: ``expected`` says it in words; ``of`` converts, or raises ValueError."""

    expected: str
    of: Callable[[object], Any]


def one_of(*choices: str) -> Kind:
    """Make a kind of value that is one of a few texts."""

    def of(value: object) -> str:
        if value not in choices:
            raise ValueError
        return str(value)

    return Kind("one of: " + ", ".join(f'"{choice}"' for choice in choices), of)


def read(
    table: object, kinds: Mapping[str, Kind], *, where: str, required: Collection[str] = ()
) -> dict[str, Any]:
    """Convert every value of a table by the kind of its key.

    SettingsError when a key is unknown, a value is of another kind or a required key is missing.
    """
    if not isinstance(table, Mapping):
        raise SettingsError(f"found {said(table)}", where=where, expected="a table of key = value")
    for key in table:
        if key not in kinds:
            raise unknown(key, kinds, where=where)
    for key in required:
        if key not in table:
            raise SettingsError(
                f'the key "{key}" is missing', where=where, expected=kinds[key].expected
            )
    return {key: _converted(value, kinds[key], f"{where} {key}") for key, value in table.items()}


def unknown(key: str, known: Collection[str], *, where: str) -> SettingsError:
    """Make the error for a name that does not exist, with what does."""
    near = get_close_matches(str(key), known, n=1)
    return SettingsError(
        f'found the unknown name "{key}"',
        where=where,
        expected=f"one of: {', '.join(known)}",
        remedy=f'Did you mean "{near[0]}"?' if near else "Correct it or take the line out.",
    )


def said(value: object) -> str:
    """Say a value of a TOML file in a few words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _converted(value: object, kind: Kind, where: str) -> Any:
    try:
        return kind.of(value)
    except (TypeError, ValueError, KeyError) as error:
        raise SettingsError(f"found {said(value)}", where=where, expected=kind.expected) from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _words(value: object) -> str:
    if not _text(value).strip():
        raise ValueError
    return _text(value)


def _number(value: object) -> float:
    # true is a whole number to Python, but no one who writes it means 1.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    if value != value:
        raise ValueError
    return float(value)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _date(value: object) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return value.date()
    if not isinstance(value, datetime.date):
        raise TypeError
    return value


def _within(kind: Callable[[object], Any], low: float, high: float) -> Callable[[object], Any]:
    def of(value: object) -> Any:
        converted = kind(value)
        if not low <= converted <= high:
            raise ValueError
        return converted

    return of


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_text(part) for part in _list(value))


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError
    return dict(value)


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


TEXT = Kind('text in quotation marks, such as "at"', _text)
WORDS = Kind('text in quotation marks that is not empty, such as "te-awa"', _words)
TEXTS = Kind('a list of texts, such as ["gender", "ethnicity"]', _texts)
NUMBER = Kind("a number, such as 0.9", _number)
SHARE = Kind("a share between 0 and 1, such as 0.1", _within(_number, 0, 1))
WHOLE = Kind("a whole number, such as 10", _whole)
COUNT = Kind("a whole number, 1 or more", _within(_whole, 1, 10**9))
YEAR = Kind("a year of four digits, such as 2025", _within(_whole, 1900, 2999))
FLAG = Kind("true or false, without quotation marks", _flag)
DATE = Kind("a date without quotation marks, such as 2026-12-31", _date)
TABLE = Kind('a table, such as { theirs = "ours" }', _table)
TABLES = Kind(
    "blocks with two brackets around the name, such as [[measure]]",
    lambda value: tuple(_table(part) for part in _list(value)),
)
TEXT_TABLE = Kind(
    'a table of texts, such as { "NSN ID" = "learner_id" }',
    lambda value: {name: _text(part) for name, part in _table(value).items()},
)
