"""Journal: what became of every report of a batch, written down before anybody relies on it.

One SQLite file in the folder that the reports go to. Whoever has it open is the only batch at work
there; what a batch that was ended in the middle has written stays.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from colanalysis.errors import UsageError

__all__ = ["DONE", "FAILED", "FOLDER", "STOPPED", "Entry", "Journal", "begun", "opened"]

FOLDER, FILE = ".batch", "journal.sqlite"
WAITING, PLACING, DONE, FAILED, STOPPED = "waiting", "placing", "done", "failed", "stopped"
_TABLES = """
CREATE TABLE IF NOT EXISTS reports (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, fingerprint TEXT NOT NULL, sha256 TEXT NOT NULL,
    why TEXT NOT NULL, tries INTEGER NOT NULL, seconds REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS begun (id TEXT PRIMARY KEY);
"""


@dataclass(frozen=True)
class Entry:
    """What became of one report.

    ``fingerprint``: all that its page follows from; ``sha256``: of the page; ``why`` it failed.
    """

    id: str
    state: str = WAITING
    fingerprint: str = ""
    sha256: str = ""
    why: str = ""
    tries: int = 0
    seconds: float = 0.0


class Journal:
    """The journal of one folder of reports, open for one batch alone."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def entries(self) -> dict[str, Entry]:
        """What became of each report, by its id."""
        names = ", ".join(field.name for field in fields(Entry))
        rows = self._connection.execute(f"SELECT {names} FROM reports")
        return {row[0]: Entry(*row) for row in rows}

    def note(self, *entries: Entry) -> None:
        """Write down what became of reports; it outlives a power cut when this returns."""
        names = ", ".join(field.name for field in fields(Entry))
        marks = ", ".join("?" for _ in fields(Entry))
        with self._at_once():
            self._connection.executemany(
                f"INSERT OR REPLACE INTO reports ({names}) VALUES ({marks})", map(astuple, entries)
            )

    def placing(self, entry: Entry) -> None:
        """Write down that a report is about to be put in its place, which is ours from now on."""
        with self._at_once():
            self._connection.execute("INSERT OR IGNORE INTO begun VALUES (?)", (entry.id,))
        self.note(entry)

    def begun(self) -> frozenset[str]:
        """Reports whose place a batch has begun to fill, be it to the end or not."""
        return frozenset(row[0] for row in self._connection.execute("SELECT id FROM begun"))

    def stop(self, ids: Collection[str]) -> None:
        """Write down of those reports that wait that the batch was stopped before they were made."""
        known = self.entries()
        waiting = [known[one] for one in ids if known[one].state in (WAITING, PLACING)]
        why = "the batch was stopped before it was made"
        self.note(*(Entry(one.id, STOPPED, why=why) for one in waiting))

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection:
            yield


@contextmanager
def opened(out: Path) -> Iterator[Journal]:
    """Open the journal of a folder of reports for this batch alone.

    UsageError while another batch is at work there, and where the file is no journal.
    """
    path = out / FOLDER / FILE
    try:
        out.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write into {out}", expected="a folder to write into") from error
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            # Held from the first transaction until the end, by whichever way it comes.
            for words in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"):
                connection.execute(f"PRAGMA {words}")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
            connection.executescript(_TABLES)
        except sqlite3.OperationalError as error:
            raise UsageError(
                "another batch is at work there",
                where=str(out),
                expected="one batch at a time for each folder of reports",
                remedy="Wait until it has ended, or choose another folder with --out.",
            ) from error
        except sqlite3.DatabaseError as error:
            raise UsageError(
                "found no journal of a batch in the file",
                where=str(path),
                expected="the file as the last batch has left it",
                remedy=f"Delete the folder {FOLDER}: every report is then made again.",
            ) from error
        yield Journal(connection)


def begun(out: Path) -> frozenset[str]:
    """Reports whose place in a folder an earlier batch has begun to fill."""
    if not (out / FOLDER / FILE).is_file():
        return frozenset()
    with opened(out) as journal:
        return journal.begun()
