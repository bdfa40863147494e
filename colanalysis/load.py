"""Load a community folder: settings and tables, every cell the text it was but for learners' ids.

Nothing is repaired and nothing is guessed. A file that cannot be read with certainty is refused with
its name and row; what is only doubtful becomes a note for the checks. Columns that could name a
person are not read, and no id of a learner leaves this room: what leaves is a pseudonym.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from colanalysis import coded, custody, pseudonym
from colanalysis.checking import texts
from colanalysis.errors import DataError, SettingsError
from colanalysis.reading import files, sources
from colanalysis.reading.grid import Read
from colanalysis.terms import problems, settings
from colanalysis.terms.schema import RESERVED, TABLES, TOTAL, Table, identifies
from colanalysis.terms.settings import Community, Source

__all__ = ["Loaded", "community", "files_of"]

_File = tuple[Path, Callable[[bytes, str], Read]]


@dataclass(frozen=True)
class Loaded:
    """A community as it was handed over.

    ``frames``: table name to rows, all text ("" is blank; categorical, see ``coded``) but
    ``source_row`` (a number); a table without a file is absent; ``learner_id`` is a pseudonym. ``inputs``: file, table, sha256, rows.
    ``notes``: what the reading found, in the columns of ``check.Checked.problems``.
    """

    community: Community
    frames: Mapping[str, pd.DataFrame]
    inputs: pd.DataFrame
    notes: pd.DataFrame


def community(folder: Path | str) -> Loaded:
    """Read the settings and all tables of a community folder.

    Raises UsageError when the folder is not a community folder, SettingsError when community.toml
    is wrong, DataError when a file cannot be read with certainty.
    """
    found = settings.read(Path(folder))
    pieces: dict[str, list[pd.DataFrame]] = {name: [] for name in TABLES}
    inputs: list[dict[str, object]] = []
    notes: list[dict[str, object]] = _unread(found)

    def add(path: Path, reads: Callable[[bytes, str], Read]) -> None:
        file = _shown(path, found.folder)
        data = files.opened(path, file)
        digest = beside.submit(lambda: hashlib.sha256(data).hexdigest())
        read = reads(data, file)
        notes.extend(read.notes)
        if not any(map(len, read.tables.values())):
            notes.append(problems.note("header only", file))
        for name, rows in read.tables.items():
            pieces[name].append(rows)
            told = {"file": file, "table": name, "sha256": digest.result(), "rows": len(rows)}
            inputs.append(told)

    with ThreadPoolExecutor(1) as beside:  # a file's digest is worked out while it is read
        for path, reads in _tables(found):
            add(path, reads)
        _refuse_copies(inputs)
        for path, reads in _sources(found):
            add(path, reads)
    frames = {name: coded.below(parts) for name, parts in pieces.items() if parts}
    frames = _under_pseudonyms(frames, found)
    columns = ["file", "table", "sha256", "rows"]
    return Loaded(found, frames, pd.DataFrame(inputs, columns=columns), problems.table(notes))


def files_of(found: Community) -> list[Path]:
    """List the files that a community's tables are read from.

    Raises DataError and SettingsError as ``community`` does, where it is not clear which they are.
    """
    return [path for path, _ in (*_tables(found), *_sources(found))]


def _tables(found: Community) -> Sequence[_File]:
    """The files of tables, which are found by their names, each with the way in which it is read."""
    return [
        (path, partial(_read, table=table))
        for table in TABLES.values()
        for path in _files(found.folder, table.name)
    ]


def _sources(found: Community) -> Sequence[_File]:
    """The same of exports, which are found by [[source]]."""
    return [
        (_source_path(found.folder, source), partial(sources.read, source=source))
        for source in found.sources
    ]


def _files(folder: Path, table: str) -> list[Path]:
    """Find the files of one table: one file, or all of a folder of that name."""
    found = [path for path in sorted(folder.iterdir()) if path.stem.casefold() == table]
    single = [path for path in found if path.is_file() and path.suffix.lower() in files.ENDINGS]
    inside = [path for path in found if path.is_dir() and not path.suffix]
    if len(single) + len(inside) > 1:
        names = ", ".join(path.name for path in single + inside)
        raise DataError(
            f"found {names}",
            where=table,
            expected="one file or one folder, as rows read twice would count twice",
            remedy=f"Keep one of them, or put all files into one folder {table}.",
        )
    if not inside:
        return single
    return [path for path in sorted(inside[0].rglob("*")) if _readable(path)]


def _refuse_copies(inputs: Sequence[Mapping[str, object]]) -> None:
    """Refuse a file that lies in a folder twice: nothing would tell that its answers count twice."""
    first: dict[tuple[object, object], object] = {}
    for one in inputs:
        before = first.setdefault((one["table"], one["sha256"]), one["file"])
        if one["rows"] and before != one["file"]:
            raise DataError(
                f"found the same as in {before}",
                where=str(one["file"]),
                expected="every file once, as rows read twice would count twice",
                remedy="Delete one of the two.",
            )


def _readable(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in files.ENDINGS and path.name[0] not in ".~"


def _unread(found: Community) -> list[dict[str, object]]:
    """Tables in the folder that are named after nothing known: often a spelling mistake."""
    listed = [_source_path(found.folder, source) for source in found.sources]
    return [
        problems.note("file not read", path.name)
        for path in sorted(found.folder.iterdir())
        if _stray(path) and not (path.exists() and any(map(path.samefile, listed)))
    ]


def _stray(path: Path) -> bool:
    """Say whether a file looks like data and has no name by which it is read."""
    ending, name = path.suffix.lower(), path.stem.casefold()
    if name in TABLES and (_readable(path) or (path.is_dir() and not ending)):
        return False
    if ending in files.BY_SOURCE:
        return path.is_file() and path.name[0] not in ".~"
    # Whatever bears the name of a table was meant to be read: observations.csv.gz, a broken link.
    named = name.partition(".")[0] in TABLES
    return named or (_readable(path) and ending != ".txt")


def _source_path(folder: Path, source: Source) -> Path:
    path = folder / source.file
    if not path.is_file():
        raise SettingsError(
            f"there is no file {source.file}",
            where="community.toml, [[source]] file",
            remedy="Correct the path, which starts at the community folder.",
        )
    return path


def _shown(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def _read(data: bytes, file: str, *, table: Table) -> Read:
    """Take the columns of one file that belong to its table, and notes on those that do not."""
    grid = files.grid(data, file, frozenset(table.columns))
    missing = [c.name for c in table.required if c.name not in grid.headings]
    remarks = [
        problems.note(
            "missing column", grid.file, column=name, count=max(len(grid.rows), 1), table=table.name
        )
        for name in missing
    ]
    kept = [name for name in grid.headings if name in table.columns]
    for name in (n for n in grid.headings if n and n not in table.columns):
        if identifies(table.name, name):
            remarks.append(problems.note("identifying column", grid.file, column=name))
        elif missing:
            continue  # the first row may be data, whose cells must not be told
        elif name in RESERVED:
            remarks.append(problems.note("reserved heading", grid.file, column=name))
        elif table.open:
            kept.append(name)
        else:
            remarks.append(
                problems.note("column not used", grid.file, column=name, table=table.name)
            )
    rows = grid.table({name: grid.column(name) for name in kept})
    return Read({table.name: rows}, [*grid.notes, *remarks])


def _under_pseudonyms(
    frames: Mapping[str, pd.DataFrame], found: Community
) -> dict[str, pd.DataFrame]:
    """Put a pseudonym in the place of every learner's id; an id that is spoilt is marked as such."""
    ids = {name: rows["learner_id"] for name, rows in frames.items() if "learner_id" in rows}
    if not ids:
        return dict(frames)
    # A learner who stands in several tables is named once.
    columns = coded.aligned(list(ids.values()))
    known = pd.Series(columns[0].array.categories)
    known = known.mask(texts.a_total(known), TOTAL)
    named = pseudonym.of(known, custody.keys(found).link)
    return dict(frames) | {
        name: frames[name].assign(learner_id=named.take(own.array.codes).set_axis(own.index))
        for name, own in zip(ids, columns, strict=True)
    }
