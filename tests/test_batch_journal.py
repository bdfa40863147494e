"""The journal is one batch's alone, keeps what was written, and is never guessed at."""

from __future__ import annotations

import pytest

from colanalysis.batching import journal
from colanalysis.batching.journal import Entry
from colanalysis.errors import UsageError

DONE = Entry("rata", journal.DONE, "from", "sha", "", 1, 2.5)


def test_what_was_written_is_there_for_the_next_batch(tmp_path):
    with journal.opened(tmp_path / "out") as book:
        book.note(Entry("rata"), Entry("miro"))
        book.note(DONE)
    with journal.opened(tmp_path / "out") as book:
        assert book.entries() == {"rata": DONE, "miro": Entry("miro")}


def test_a_second_batch_is_told_that_there_is_one(tmp_path):
    with journal.opened(tmp_path):
        for look in (journal.begun, lambda out: journal.opened(out).__enter__()):
            with pytest.raises(UsageError, match="another batch is at work there"):
                look(tmp_path)
    assert journal.begun(tmp_path) == frozenset()


def test_stopping_is_written_beside_those_that_wait_alone(tmp_path):
    with journal.opened(tmp_path) as book:
        book.note(DONE, Entry("miro"), Entry("kauri", journal.FAILED, why="why"))
        book.stop(["rata", "miro", "kauri"])
        states = {one.id: one.state for one in book.entries().values()}
    assert states == {"rata": "done", "miro": "stopped", "kauri": "failed"}


def test_a_place_once_begun_is_known_for_good(tmp_path):
    with journal.opened(tmp_path) as book:
        book.placing(Entry("rata", journal.PLACING))
        book.placing(Entry("rata", journal.PLACING))
        book.note(Entry("rata", journal.FAILED, why="why"))
    assert journal.begun(tmp_path) == {"rata"}


def test_a_file_that_is_no_journal_is_not_guessed_at(tmp_path):
    (tmp_path / journal.FOLDER).mkdir()
    (tmp_path / journal.FOLDER / journal.FILE).write_bytes(b"no journal" * 500)
    with pytest.raises(UsageError, match="Delete the folder .batch"):
        journal.begun(tmp_path)


def test_a_folder_that_cannot_be_made_is_wrong_use(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with (
        pytest.raises(UsageError, match="cannot write into"),
        journal.opened(tmp_path / "file" / "out"),
    ):
        pass
