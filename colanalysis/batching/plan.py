"""Plan: which reports are asked for, every row of it looked at before anything is started.

A plan is a table (CSV) or a list of entries (YAML). Every cell is the text that was written: 007, NO
and a date stay what they are until the notebook's own parameter says what they should be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from colanalysis import arrange, deliver, evidence, kept, release, report
from colanalysis.batching import journal
from colanalysis.errors import ColanalysisError, DataError, UsageError
from colanalysis.executing import notebooks, parameters
from colanalysis.reading import files
from colanalysis.terms.settings import Community

__all__ = ["Job", "Plan", "Refused", "read"]

COLUMNS = ("community", "provider", "audience", "year", "notebook")
EVERY = "*"


@dataclass(frozen=True)
class Job:
    """One report that is asked for.

    ``id``: its folder under that of all reports, and its name wherever it is spoken of; ``where``:
    the row of the plan; ``values``: what its notebook is told besides the release; ``own``: the
    community's notebooks that are sections of the page.
    """

    id: str
    where: str
    folder: Path
    community_id: str
    community: str
    provider: str = ""
    provider_name: str = ""
    audience: str = release.PUBLIC
    year: int | None = None
    notebook: Path = notebooks.NOTEBOOKS / report.NOTEBOOK
    values: Mapping[str, object] = field(default_factory=dict)
    own: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A row of the plan that cannot be followed: what was asked for, and why not."""

    where: str
    community: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


@dataclass(frozen=True)
class Plan:
    """What can be made, in the order of the plan, and what cannot."""

    jobs: tuple[Job, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True)
class _Known:
    """What a plan may ask of a community: its providers with their names, years, and who has results."""

    community: Community
    providers: Mapping[str, str]
    years: tuple[int, ...]
    results: pd.DataFrame
    own: tuple[Path, ...]


Row = tuple[str, Mapping[str, str]]


def read(path: Path, *, out: Path) -> Plan:
    """Read a plan and look at all of it; reports are to go into folders under ``out``.

    UsageError where the file is not a plan, or ``out`` is not a folder to write into.
    """
    deliver.place(out)
    known: dict[Path, _Known | ColanalysisError] = {}
    begun = journal.begun(out)
    jobs: dict[str, Job] = {}
    refused: list[Refused] = []
    for where, row in _rows(path):
        found, problems = _asked(where, row, path.parent, known)
        for job in found:
            if job.id in jobs:
                problems.append(_twice(jobs[job.id]))
            elif said := _place_problem(job, out, begun):
                problems.append(said)
        if not problems:
            jobs |= {job.id: job for job in found}
        refused += [Refused(where, row.get("community", ""), why) for why in problems]
    return Plan(tuple(jobs.values()), tuple(refused))


def _rows(path: Path) -> list[Row]:
    """The rows of a plan as text, each with its place in the file; blank cells are left out."""
    readers = {".csv": _table, ".yaml": _entries, ".yml": _entries}
    if path.suffix.lower() not in readers:
        raise UsageError(
            f"found a plan called {path.name!r}", expected="a file that ends in .csv or .yaml"
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"the plan cannot be opened ({error.strerror or type(error).__name__})", where=str(path)
        ) from error
    rows = list(readers[path.suffix.lower()](data, path.name))
    if not rows:
        raise UsageError("found no report in the plan", where=path.name, expected="a row for each")
    return rows


def _table(data: bytes, name: str) -> Iterator[Row]:
    try:
        grid = files.grid(data, name, frozenset(COLUMNS))
        columns = {heading: list(grid.texts(heading)) for heading in grid.headings if heading}
    except DataError as error:
        # A plan is part of the command and not of anybody's data.
        raise UsageError(
            error.found, where=error.where, expected=error.expected, remedy=error.remedy
        ) from error
    if any(note["rule"] == "column without a heading" for note in grid.notes):
        raise UsageError("found a column without a heading", where=name, expected="a name for each")
    if "community" not in columns:
        raise UsageError(
            "found no column community",
            where=f"{name}, row 1",
            expected=f"headings among {', '.join(COLUMNS)} and parameters of the notebooks",
        )
    for place, number in enumerate(grid.rows):
        cells = {heading: texts[place] for heading, texts in columns.items()}
        yield f"row {number}", {heading: text for heading, text in cells.items() if text}


def _entries(data: bytes, name: str) -> Iterator[Row]:
    import yaml

    try:
        # Composed and not constructed: no scalar becomes anything but the text it is.
        whole = yaml.compose(data, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise UsageError(
            "found text that is not YAML", where=f"{name}, row {mark.line + 1}" if mark else name
        ) from error
    if not isinstance(whole, yaml.SequenceNode):
        raise UsageError("found no list", where=name, expected="a list of entries")
    for entry in whole.value:
        where = f"row {entry.start_mark.line + 1}"
        cells: dict[str, str] = {}
        for key, value in entry.value if isinstance(entry, yaml.MappingNode) else [(None, None)]:
            if not (isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode)):
                raise UsageError(
                    "found something else than names with one text each",
                    where=f"{name}, {where}",
                    expected="entries such as - community: my-community",
                )
            if key.value in cells:
                raise UsageError(f"found {key.value} twice", where=f"{name}, {where}")
            cells[key.value] = value.value.strip()
        yield where, {key: text for key, text in cells.items() if text}


def _asked(
    where: str,
    row: Mapping[str, str],
    beside: Path,
    known: dict[Path, _Known | ColanalysisError],
) -> tuple[list[Job], list[str]]:
    """The reports that a row asks for, and all that is wrong with it."""
    problems: list[str] = []

    def tried(look: Any, *values: object) -> Any:
        try:
            return look(*values)
        except ColanalysisError as error:
            problems.append(str(error))
            return None

    notebook = beside / row["notebook"] if "notebook" in row else Job.notebook
    values = {name: text for name, text in row.items() if name not in COLUMNS}
    told = tried(_values, notebook, values)
    own = tried(_community, row.get("community", ""), beside, known)
    if own is None:
        return [], problems
    audience, asked = row.get("audience", release.PUBLIC), row.get("provider", "")
    year = tried(_year, row.get("year", ""), own)
    if problems:
        return [], problems
    providers = _providers(own, audience, year) if asked == EVERY else [asked]
    for provider in providers or [""]:
        tried(release.admit, own.community, list(own.providers), audience, provider)
    if problems:
        return [], list(dict.fromkeys(problems))
    return [
        Job(
            id=_id(own.community, provider, audience),
            where=where,
            folder=own.community.folder,
            community_id=own.community.id,
            community=own.community.name,
            provider=provider,
            provider_name=own.providers.get(provider, ""),
            audience=audience,
            year=year,
            notebook=notebook,
            values=told,
            own=own.own,
        )
        for provider in providers
    ], []


def _id(community: Community, provider: str, audience: str) -> str:
    usual = deliver.default_place(community.id, provider, audience)
    return usual.relative_to(usual.parts[0]).as_posix()


def _community(written: str, beside: Path, known: dict[Path, _Known | ColanalysisError]) -> _Known:
    """Look at a community's folder, once; raise what stands against it, every time."""
    if not written:
        raise UsageError("found no community", expected="a folder, as seen from the plan")
    folder = (beside / written).resolve()
    if folder not in known:
        try:
            known[folder] = _looked_at(folder)
        except ColanalysisError as error:
            known[folder] = error
    found = known[folder]
    if isinstance(found, ColanalysisError):
        # The folder as it was written: where it lies on this machine is nobody's business.
        raise type(found)(
            found.found.replace(str(folder), written),
            where=found.where.replace(str(folder), written),
            expected=found.expected,
            remedy=found.remedy,
        )
    return found


def _looked_at(folder: Path) -> _Known:
    checked = kept.checked(folder).require()
    frames = checked.frames
    told = [frames[name][["provider_id", "year"]] for name in ("observations", "survey", "counts")]
    results = pd.concat([rows.astype({"provider_id": "str"}) for rows in told]).drop_duplicates()
    names = frames["providers"][["provider_id", "name"]].itertuples(index=False, name=None)
    years, own = tuple(evidence.years(checked)), tuple(arrange.own(checked.community))
    return _Known(checked.community, dict(names), years, results, own)


def _year(written: str, known: _Known) -> int | None:
    if not written:
        return None
    if written not in {str(year) for year in known.years}:
        raise UsageError(
            "found a year without data",
            where="column year",
            expected=f"one of: {', '.join(map(str, known.years)) or 'none'}, or blank for the latest",
        )
    return int(written)


def _providers(known: _Known, audience: str, year: int | None) -> list[str]:
    """The community as a whole ("") and every provider with results; the exact report is one's own."""
    upto = known.results if year is None else known.results[known.results["year"] <= year]
    some = set(upto["provider_id"])
    whole = [] if audience == release.PROVIDER else [""]
    return whole + [provider for provider in known.providers if provider in some]


def _values(notebook: Path, written: Mapping[str, str]) -> dict[str, object]:
    """What a notebook is told, each text as the type that its parameter declares."""
    declared = parameters.declared(notebook)
    if "release" not in declared:
        raise UsageError(
            "found no parameter release",
            where=notebook.name,
            expected="a notebook that is given the release it speaks of",
        )
    free = [name for name in declared if name not in (*COLUMNS, "release", "earlier")]
    unknown = [name for name in written if name not in free]
    if unknown:
        raise UsageError(
            f"found {', '.join(unknown)}",
            where=f"parameters of {notebook.name}",
            expected=f"columns among: {', '.join([*COLUMNS, *free])}",
        )
    return parameters.from_texts(notebook, written)


def _place_problem(job: Job, out: Path, begun: Iterable[str]) -> str:
    """Say why a report cannot go to its place; "" where it can."""
    target = out / job.id
    if not target.resolve().is_relative_to(out.resolve()):
        return f"{job.id} would lie outside the folder for reports: it is a link to somewhere else."
    try:
        # What a batch was ended in the middle of is not whole, and ours all the same.
        (deliver.place if job.id in begun else deliver.own_place)(target)
    except UsageError as error:
        return str(error)
    return ""


def _twice(other: Job) -> str:
    return (
        f"This is the same report as in {other.where}: a community, a provider and an audience have "
        "one place. Take one of the two out, or put it into a plan with a folder of its own."
    )
