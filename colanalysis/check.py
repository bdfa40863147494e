"""Check what was loaded: typed tables that can be trusted, and a list of everything that cannot.

All problems are collected, then told at once. Whatever is not used is counted: rows in are rows
used plus rows set aside, table by table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from colanalysis import coded
from colanalysis.checking import across, convert, people, put_to_work, results, texts
from colanalysis.checking.sift import (
    Known,
    Notes,
    at_known,
    blank,
    complete,
    doubt,
    known_measure,
    sift,
)
from colanalysis.errors import DataError
from colanalysis.load import Loaded
from colanalysis.terms import problems
from colanalysis.terms.labels import plain
from colanalysis.terms.rules import SEVERITIES
from colanalysis.terms.schema import TABLES
from colanalysis.terms.settings import Community

__all__ = ["Checked", "tables"]

_TOLD = 20
# A row for every learner, year or result: their columns of text stay categorical.
_LONG = ("learners", "enrolments", "observations")


@dataclass(frozen=True)
class Checked:
    """Tables after checking.

    ``frames``: every table of the schema, typed, empty where there was no file; texts of learners,
    enrolments and observations are categorical (``coded``). ``problems``:
    severity, rule, file, row, column, expected, remedy, count. ``rows``: table, rows_in, used,
    set_aside. ``inputs``: as loaded. No problem holds a value or an id.
    """

    community: Community
    frames: Mapping[str, pd.DataFrame]
    problems: pd.DataFrame
    rows: pd.DataFrame
    inputs: pd.DataFrame

    @property
    def blocking(self) -> pd.DataFrame:
        """The problems that stand in the way of a report."""
        return self.problems[self.problems["severity"] == SEVERITIES[0]]

    def require(self) -> Checked:
        """Go on only with data that nothing blocks.

        Raises DataError that tells the first problems in words.
        """
        if self.blocking.empty:
            return self
        told = problems.in_words(self.blocking)
        if len(told) > _TOLD:
            told = [*told[:_TOLD], f"… and {len(told) - _TOLD:,} more"]
        raise DataError("\n".join(["found what blocks:", *told]))

    def __repr__(self) -> str:
        return f"Checked({self.rows['used'].sum():,} rows used, {len(self.problems):,} problems)"


def tables(loaded: Loaded) -> Checked:
    """Check every table; nothing is printed and no content of a table raises an error."""
    community, notes = loaded.community, loaded.notes.to_dict("records")
    given = {name: _readable(loaded, name) for name in TABLES}
    notes += [note for rows in given.values() if len(rows) for note in _torn(rows)]
    given |= {name: coded.plain(given[name]) for name in TABLES if name not in _LONG}
    frames: dict[str, pd.DataFrame] = {}

    def take(name: str, result: tuple[pd.DataFrame, Notes]) -> pd.DataFrame:
        frames[name] = result[0] if name in _LONG else coded.plain(result[0])
        notes.extend(result[1])
        return frames[name]

    providers = take("providers", people.providers(given["providers"]))
    if providers.empty:
        notes.append(problems.note("no providers", "", column="provider_id"))
    learners = take("learners", people.learners(given["learners"], community))
    enrolments = take("enrolments", people.enrolments(given["enrolments"], providers, learners))
    notes += across.enrolled(enrolments, Known(community, providers, learners, enrolments))
    away = ~convert.within(learners["learner_id"], enrolments["learner_id"])
    notes += doubt(learners, "not enrolled", "learner_id", away)
    known = Known(community, providers, learners, enrolments)
    take("observations", results.observations(given["observations"], known))
    take("survey", results.survey(given["survey"], known))
    take("counts", results.counts(given["counts"], known))
    take("local_knowledge", _claims(given["local_knowledge"], known))
    take("resources", put_to_work.resources(given["resources"], known))
    take("resource_rules", put_to_work.rules(given["resource_rules"]))
    take("leadership", put_to_work.leadership(given["leadership"], known))
    return Checked(
        community, frames, problems.table(notes), _counted(loaded, frames), loaded.inputs
    )


def _readable(loaded: Loaded, name: str) -> pd.DataFrame:
    """Keep the rows of files that have every required column; the others are in the notes."""
    rows = complete(loaded.frames.get(name), name)
    lacking = loaded.notes.loc[loaded.notes["rule"] == "missing column", "file"]
    kept = ~rows["source_file"].isin(lacking)
    return rows if bool(kept.all()) else rows[kept].reset_index(drop=True)


def _torn(rows: pd.DataFrame) -> Notes:
    """Texts whose letters were lost or wrongly read before the file came here."""
    written = [name for name in rows if name not in ("learner_id", "source_file", "source_row")]
    return [
        note
        for name in written
        for note in doubt(rows, "letters lost", name, texts.torn(rows[name]))
    ]


def _counted(loaded: Loaded, frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    rows = pd.DataFrame(
        [
            {"table": name, "rows_in": len(loaded.frames[name]), "used": len(frames[name])}
            for name in TABLES
            if name in loaded.frames
        ],
        columns=["table", "rows_in", "used"],
    )
    return rows.assign(set_aside=rows["rows_in"] - rows["used"])


def _claims(rows: pd.DataFrame, known: Known) -> tuple[pd.DataFrame, Notes]:
    """Claims of people in the community: a direction, and only measures and providers that exist."""
    rows = rows.assign(direction=rows["direction"].map(plain).astype("str"))
    other = ~rows["direction"].isin(["success", "hurdle"])
    rows, notes = sift(
        rows, *blank(rows, "local_knowledge"), ("unknown direction", "direction", other)
    )
    rows, again = known_measure(rows, known)
    rows, more = at_known(rows, "provider_id", known)
    date, bad = convert.dates(rows["date"])
    notes += again + more + doubt(rows, "not a date", "date", bad)
    return rows.assign(date=date).reset_index(drop=True), notes
