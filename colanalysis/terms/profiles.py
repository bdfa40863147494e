"""Profiles: what the columns of an export are, said once for every file of its kind.

A ``[[source]]`` names its profile, which stands in community.toml as ``[profile.NAME]``, or in a
file of its own, profiles/NAME.toml, that one school can hand to another.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from colanalysis.errors import SettingsError
from colanalysis.terms import keys
from colanalysis.terms.schema import column_name

__all__ = ["FOLDER", "SOURCE", "as_name", "document", "files", "is_name", "own", "resolved"]

FOLDER = "profiles"
SOURCE = {
    **dict.fromkeys(("file", "profile", "reader"), keys.TEXT),
    "columns": keys.TEXT_TABLE,
}

# A name is also a file's: letters and digits, and none that Windows keeps for a device.
_NAME = re.compile(r"(?!(?:con|prn|aux|nul|com\d|lpt\d)$)\w(?:[\w -]*\w)?", re.IGNORECASE)
_OF_THE_FILE = ("file", "profile")
# Tables of theirs = ours, in which a heading and a column of ours both stand once.
_THEIRS = ("columns", "attributes")


def is_name(name: str) -> bool:
    """Say whether a profile can have this name, which is also the name of a file.

    >>> is_name("KAMAR 2025"), is_name("../kamar")
    (True, False)
    """
    return _NAME.fullmatch(name) is not None and len(name) <= 60


def as_name(written: str) -> str:
    """Write a name in one way: some systems part a letter of a file's name from its macron."""
    return unicodedata.normalize("NFC", written)


def files(folder: Path) -> dict[str, Path]:
    """Find the profiles of a community folder that are files of their own, by name."""
    found = sorted((folder / FOLDER).glob("*.toml"))
    named = {as_name(path.stem): path for path in found if path.is_file()}
    return {name: path for name, path in named.items() if is_name(name)}


def own(tables: Mapping[str, object], folder: Path, *, where: str) -> dict[str, dict[str, Any]]:
    """Check the ``[profile.NAME]`` tables of community.toml, which ``where`` names in errors."""
    beside, found = files(folder), {}
    for written, table in tables.items():
        name, here = as_name(written), f"{where} [profile.{written}]"
        if name in beside:
            raise SettingsError(
                f"found {FOLDER}/{name}.toml too",
                where=here,
                expected="one profile of a name",
                remedy="Take one of the two out, or give it another name.",
            )
        found[name] = _checked(table, where=here)
    return found


def resolved(
    entry: Mapping[str, Any], written: Mapping[str, Mapping[str, Any]], folder: Path, *, where: str
) -> dict[str, Any]:
    """Say a ``[[source]]`` with what its profile says: its own keys add to it or take its place.

    Within a table, such as ``constants``, entries do. SettingsError where there is no such profile.
    """
    if "profile" not in entry:
        return dict(entry)
    name = as_name(keys.read({"profile": entry["profile"]}, SOURCE, where=where)["profile"])
    beside = files(folder)
    if name in written:
        profile = written[name]
    elif name in beside:
        here = f"{FOLDER}/{name}.toml"
        profile = _checked(document(beside[name], where=here), where=here)
    else:
        raise _unknown(name, (*written, *beside), where=f"{where} profile")
    return {**profile, **{key: _added(key, profile.get(key), entry[key]) for key in entry}}


def document(path: Path, *, where: str) -> dict[str, Any]:
    """Read a TOML file that somebody wrote; SettingsError when it is not one."""
    try:
        # Windows editors put a byte order mark first, which is not TOML.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SettingsError(
            "found letters that are not UTF-8", where=where, remedy="Save the file as UTF-8."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"found something that is not TOML ({error})",
            where=where,
            remedy='Text stands in quotation marks: name = "Te Awa".',
        ) from error
    except (RecursionError, ValueError) as error:
        # Valid TOML may nest brackets, or write digits, beyond what Python takes.
        raise SettingsError(
            "found brackets within brackets, or digits of a number, without end",
            where=where,
            expected="settings that somebody wrote by hand",
            remedy="Take the line out, or put an earlier copy of the file in its place.",
        ) from error
    except OSError as error:
        raise SettingsError(
            "the file cannot be opened",
            where=where,
            remedy="Close it in other programs and check that you may read it.",
        ) from error


def _unknown(name: str, known: Sequence[str], *, where: str) -> SettingsError:
    if known:
        return keys.unknown(name, known, where=where)
    return SettingsError(
        f'found the name "{name}"',
        where=where,
        expected=f"a profile, and there is neither a [profile.NAME] nor a {FOLDER}/NAME.toml",
        remedy="Write one, or take the line out.",
    )


def _checked(table: object, *, where: str) -> dict[str, Any]:
    if not isinstance(table, Mapping):
        raise SettingsError(f"found {keys.said(table)}", where=where, expected=keys.TABLE.expected)
    for key in _OF_THE_FILE:
        if key in table:
            raise SettingsError(
                f'found the key "{key}"',
                where=where,
                expected="what holds for every file of the kind",
                remedy=f"Say {key} in the [[source]].",
            )
    known = {key: value for key, value in table.items() if key in SOURCE}
    return {**table, **keys.read(known, SOURCE, where=where)}


def _added(key: str, profile: object, source: object) -> object:
    if not (isinstance(profile, Mapping) and isinstance(source, Mapping)):
        return source
    if key not in _THEIRS:
        return {**profile, **source}
    headings, ours = {column_name(name) for name in source}, list(source.values())
    left = {
        name: value
        for name, value in profile.items()
        if column_name(name) not in headings and value not in ours
    }
    return {**left, **source}
