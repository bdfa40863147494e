"""Start a community folder: settings to fill in, tables to fill, members where they are known.

What the module promises: the folder is written whole or not at all, and nothing that is already
there is changed. Exports that lie in the folder are offered as sources, with a profile drafted by
their column names; no export is read before somebody takes the # from its source.
"""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from colanalysis.errors import UsageError
from colanalysis.starting import directories as _directories
from colanalysis.starting.discover import exports
from colanalysis.starting.outline import settings_text
from colanalysis.terms import profiles
from colanalysis.terms.schema import TABLES, column_name

__all__ = ["folder"]

_TEMPLATES = (
    "providers",
    "learners",
    "enrolments",
    "observations",
    "survey",
    "local_knowledge",
    "resources",
    "leadership",
)
_EARLY = (
    "For early learning services roll_other includes MELAA and not stated; for kōhanga reo also "
    "Asian and European, which are therefore blank there."
)


def folder(
    target: Path, *, directories: Sequence[Path] = (), community_id: str | None = None
) -> Path:
    """Start a community folder and return where it is.

    With the Ministry's directories and the number of a community, `providers.csv` holds its
    members with their rolls and the settings hold its name; otherwise the tables are headers only.
    Tables that lie in the folder already stay as they are.

    Raises UsageError when the folder was started before or the directories know no such
    community, DataError when a directory cannot be used.
    """
    target = Path(target)
    _refuse_to_overwrite(target, members=bool(directories))
    if directories and not community_id:
        raise UsageError(
            "a directory was given without a community",
            expected='the number in the directory\'s column "Community of Learning: ID"',
            remedy="Add the number of the community.",
        )
    files, remarks = _headers(target), []
    name = target.resolve().name
    number = (community_id or "").strip() or column_name(name).replace("_", "-") or "community"
    if directories:
        table = _directories.read(directories)
        members = _members(table, number)
        files["providers.csv"] = _csv(_providers(members))
        remarks = _remarks(table, members)
        name = next((given for given in members["community_name"] if given), name)
    found = exports(target, without=directories)
    text = settings_text(
        community_id=number,
        name=name,
        remarks=remarks,
        found=found,
        kept=profiles.files(target),
    )
    # The settings come last: a folder without them is one that was not started.
    _write(target, files | {"community.toml": text})
    return target


def _refuse_to_overwrite(target: Path, *, members: bool) -> None:
    if target.exists() and not target.is_dir():
        raise UsageError("this is a file", where=str(target), expected="a folder or a new name")
    if (target / "community.toml").exists():
        raise UsageError(
            "this is a community folder already: it has a community.toml",
            where=str(target),
            expected="a folder that was not started yet",
            remedy="Choose another name. Nothing was changed.",
        )
    if members and "providers" in _tables_in(target):
        raise UsageError(
            "there is a table of providers already",
            where=str(target),
            expected="none, as the directory gives them",
            remedy="Move it away, or leave the directory out. Nothing was changed.",
        )


def _tables_in(target: Path) -> set[str]:
    paths = target.iterdir() if target.is_dir() else ()
    return {path.stem.casefold() for path in paths} & set(TABLES)


def _members(table: pd.DataFrame, community_id: str) -> pd.DataFrame:
    members = _directories.of_community(table, community_id=community_id)
    if len(members):
        return members
    known = table.loc[table["community_id"] != "", ["community_id", "community_name"]]
    names = dict(known.drop_duplicates("community_id").values)
    raise UsageError(
        f'the directories know {len(names)} communities, but no number "{community_id}"'
        + _closest(names, community_id),
        expected='a number of their column "Community of Learning: ID"',
        remedy="Correct the number, or start the folder without a directory.",
    )


def _closest(names: Mapping[str, str], wanted: str) -> str:
    words = {
        column_name(words): number for number, name in names.items() for words in (number, name)
    }
    close = difflib.get_close_matches(column_name(wanted), list(words), n=5, cutoff=0.5)
    numbers = dict.fromkeys(words[word] for word in close)
    listed = "; ".join(f"{number} {names[number]}".strip() for number in numbers)
    return f"; closest are {listed}" if listed else ""


def _providers(members: pd.DataFrame) -> pd.DataFrame:
    further = ("decile", "equity_index", *_directories.ROLLS)
    extra = [name for name in further if members[name].ne("").any()]
    columns = [*TABLES["providers"].columns, *extra]
    return members.assign(member="yes").reindex(columns=columns, fill_value="")


def _remarks(table: pd.DataFrame, members: pd.DataFrame) -> list[str]:
    used = table.drop_duplicates("file")
    names = [name for name in members["community_name"].drop_duplicates() if name]
    return [
        *(
            f"Members and rolls from {file}: {dated}."
            for file, dated in used[["file", "dated"]].values
        ),
        *(f"Also named {name} in a directory." for name in names[1:]),
        *([_EARLY] if members["type"].eq("ece").any() else []),
    ]


def _headers(target: Path) -> dict[str, str]:
    there = _tables_in(target)
    return {
        f"{name}.csv": _csv(pd.DataFrame(columns=list(TABLES[name].columns)))
        for name in _TEMPLATES
        if name not in there
    }


def _csv(table: pd.DataFrame) -> str:
    # The mark in front tells Excel that the text is UTF-8: without it, macrons are lost on saving.
    return "\ufeff" + table.to_csv(index=False, lineterminator="\n")


def _write(target: Path, files: Mapping[str, str]) -> None:
    try:
        if target.exists():
            _write_into(target, files)
        else:
            _write_beside(target, files)
    except OSError as error:
        raise UsageError(
            f"the folder cannot be written ({error.strerror or type(error).__name__})",
            where=str(target),
            expected="a place where you may write, with room for some small files",
            remedy="Choose another place. Nothing was left behind.",
        ) from error


def _write_beside(target: Path, files: Mapping[str, str]) -> None:
    # One rename brings the folder into being, with the folders above it that are missing.
    target = target.resolve()
    top = next(path for path in [*reversed(target.parents), target] if not path.exists())
    with tempfile.TemporaryDirectory(prefix=".new-", dir=top.parent) as beside:
        made = Path(beside) / target.relative_to(top.parent)
        made.mkdir(parents=True)
        _write_into(made, files)
        (Path(beside) / top.name).rename(top)


def _write_into(folder: Path, files: Mapping[str, str]) -> None:
    written: list[Path] = []
    try:
        for name, text in files.items():
            with (folder / name).open("x", encoding="utf-8", newline="") as file:
                written.append(folder / name)
                file.write(text)
    except BaseException:
        for path in written:
            path.unlink()
        raise
