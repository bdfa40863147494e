"""Parameters of a notebook as a contract, read from its cell tagged ``parameters`` alone.

A line of that cell declares one: ``year: int = 0  # what it means [0 | 1900..2100]``. The brackets
at the end of the comment, where there are any, list the values and the ranges that are possible.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colanalysis.errors import ReportError, UsageError
from colanalysis.executing import notebooks

TYPES = {"str": str, "int": int, "float": float, "bool": bool}
LARGEST = 2**63
_NAMED = {"str": "a str", "int": "an int", "float": "a float", "bool": "a bool"}

_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_COMMENT = re.compile(r"(?P<help>[^\[\]]*?)\s*(?:\[(?P<allowed>[^\[\]]+)\])?")
_RANGE = re.compile(r"-?[0-9.]*[0-9](\.\.-?[0-9.]*[0-9])?")
_TRUE, _FALSE = ("true", "yes"), ("false", "no")


@dataclass(frozen=True)
class Parameter:
    """A parameter that a notebook declares: name, type, default, what it means, what is possible."""

    name: str
    type: str
    default: object
    help: str
    allowed: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """What a value has to be, in words."""
        among = f" out of {', '.join(self.allowed)}" if self.allowed else ""
        return f"{self.type}{among} ({self.help})" if self.help else f"{self.type}{among}"


def declared(notebook: Path) -> dict[str, Parameter]:
    """Read what a notebook can be told."""
    return of(notebooks.read(notebook), where=notebook.name)


def of(node: Any, *, where: str) -> dict[str, Parameter]:
    """Read what an opened notebook can be told; ``where`` is its name in errors."""
    cells = notebooks.tagged(node.cells, "parameters")
    if len(cells) != 1:
        raise ReportError(
            f"found {len(cells)} cells tagged parameters", where=where, expected="exactly one"
        )
    lines = cells[0].source.splitlines()
    found = {
        line.target.id: _parameter(
            line.target.id, line, lines[(line.end_lineno or line.lineno) - 1], where
        )
        for line in ast.parse(cells[0].source).body
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value
    }
    for one in found.values():
        _sound(one, where)
    return found


def checked(notebook: Path, values: Mapping[str, object]) -> dict[str, object]:
    """Refuse parameters that the notebook does not declare, or that are not just what they seem.

    A value becomes a line of the notebook's code, so it has to be a plain text, number or yes or no.
    """
    return fitting(declared(notebook), values, where=notebook.name)


def fitting(
    known: Mapping[str, Parameter], values: Mapping[str, object], *, where: str, remedy: str = ""
) -> dict[str, object]:
    """Give the values if each fits the parameter of its name; UsageError otherwise."""
    for name, value in values.items():
        one = _known(known, name, where)
        if wrong := _wrong(one, value):
            raise UsageError(
                f"found {wrong} for parameter {name!r}",
                where=where,
                expected=one.expected,
                remedy=remedy,
            )
    return dict(values)


def from_texts(notebook: Path, texts: Mapping[str, str]) -> dict[str, object]:
    """Turn texts, as a command line or a table has them, into values of the declared types.

    A text stays as it is: ``007`` keeps its zeros, ``NO`` is a word and a date is not rewritten.
    """
    known = declared(notebook)
    values = {
        name: _value(_known(known, name, notebook.name), text, notebook.name)
        for name, text in texts.items()
    }
    return fitting(known, values, where=notebook.name)


def _parameter(name: str, line: ast.AnnAssign, text: str, where: str) -> Parameter:
    comment = text.encode()[line.end_col_offset :].decode().partition("#")[2].strip()
    parts = _COMMENT.fullmatch(comment)
    said, listed = parts.group("help", "allowed") if parts else (comment, None)
    allowed = tuple(part.strip() for part in (listed or "").split("|") if part.strip())
    try:
        default = ast.literal_eval(line.value or ast.Constant(None))
    except ValueError:
        raise ReportError(
            "found a default that is worked out",
            where=f"{where}, parameter {name}",
            expected="a text, a number, True or False as it is",
        ) from None
    return Parameter(name, ast.unparse(line.annotation), default, said, allowed)


def _sound(one: Parameter, where: str) -> None:
    """Refuse a parameter of which no value could be checked; it is a fault of the notebook."""
    if not _NAME.fullmatch(one.name) or one.type not in TYPES:
        raise ReportError(
            f"found the parameter {one.name}: {one.type}",
            where=where,
            expected=f"a name of small letters, and one of: {', '.join(TYPES)}",
        )
    if one.type != "str" and not all(_RANGE.fullmatch(part) for part in one.allowed):
        raise ReportError(
            f"found other possible values of {one.name} than numbers",
            where=where,
            expected="numbers, or two with .. between them",
        )
    if wrong := _wrong(one, one.default):
        raise ReportError(
            f"found {wrong} as default of the parameter {one.name}",
            where=where,
            expected=one.expected,
        )


def _known(known: Mapping[str, Parameter], name: object, where: str) -> Parameter:
    if type(name) is str and name in known:
        return known[name]
    said = repr(name) if type(name) is str else type(name).__name__
    raise UsageError(f"found parameter {said}", where=where, expected=f"one of: {', '.join(known)}")


def _wrong(one: Parameter, value: Any) -> str:
    """Say what is wrong with a value, without the value itself: it may be anything."""
    if type(value) is not TYPES[one.type]:
        return type(value).__name__
    if isinstance(value, str) and re.search("[\0\ud800-\udfff]", value):
        # Half a letter is no text that a file can hold, and NUL ends a path before its end.
        return "a text with NUL or half a letter"
    if isinstance(value, int | float) and not abs(value) < LARGEST:
        return f"{_NAMED[one.type]} that is not finite or of ordinary size"
    if one.allowed and not any(_is(value, allowed) for allowed in one.allowed):
        return f"{_NAMED[one.type]} that is not possible"
    return ""


def _is(value: Any, allowed: str) -> bool:
    low, dots, high = allowed.partition("..")
    if dots and not isinstance(value, str):
        return float(low) <= value <= float(high)
    return value == allowed if isinstance(value, str) else value == float(allowed)


def _value(one: Parameter, text: str, where: str) -> object:
    """A text as the type of its parameter; a text that is none of it is refused as a text."""
    plain = text.strip()
    if one.type == "int" and re.fullmatch(r"[+-]?[0-9]{1,19}", plain):
        return int(plain)
    if one.type == "float" and re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", plain):
        return float(plain) if math.isfinite(float(plain)) else text
    if one.type == "bool" and plain.lower() in _TRUE + _FALSE:
        return plain.lower() in _TRUE
    if one.type == "str":
        return text
    raise UsageError(
        f"found a text that is no {one.type} for parameter {one.name!r}",
        where=where,
        expected=one.expected,
    )
