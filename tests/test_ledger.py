"""What was published is known, and the next release is refused where the two would tell of learners."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from aliases import alias
from builders import SETTINGS, Small, put

from colanalysis import (
    cells,
    check,
    custody,
    deliver,
    evidence,
    kept,
    ledger,
    link,
    load,
    release,
    report,
    sealed,
    snapshot,
)
from colanalysis.auditing.audit import Audit
from colanalysis.errors import ReleaseError, UsageError
from colanalysis.evidence import Evidence
from colanalysis.ledger import Book
from colanalysis.publishing import decide
from colanalysis.release import NOTHING
from colanalysis.sealed import Release

Files = dict[str, pd.DataFrame]


class Published(NamedTuple):
    """A community whose public report is out."""

    rows: Files
    folder: Path
    gathered: Evidence
    ready: Release
    book: Book


@pytest.fixture(scope="module")
def out(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("published") / "own"
    shutil.copytree(small.folder, folder)
    gathered = evidence.gather(folder)
    nothing = ledger.read(gathered.community)
    ledger.write(ledger.added(nothing, small.gathered, NOTHING, small.ready))
    return Published(small.rows, folder, gathered, small.ready, ledger.read(gathered.community))


@pytest.fixture
def no_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        pytest.fail("an audit was made")

    monkeypatch.setattr(decide.audit, "audit", refuse)


def files_beside(out: Published, folder: Path, rows: Files, settings: str = SETTINGS) -> Path:
    """Changed files beside the same ledger."""
    put(folder, rows, settings)
    shutil.copy(out.folder / ledger.FILE, folder)
    return folder


def next_year(out: Published, folder: Path, rows: Files, settings: str = SETTINGS) -> Evidence:
    """What the ledger has to know of such files; what would be found in them is left out."""
    checked = check.tables(load.community(files_beside(out, folder, rows, settings)))
    people = snapshot.of(link.journeys(checked), out.gathered.counted.iloc[:0])
    return dataclasses.replace(out.gathered, community=checked.community, people=people)


def admitted(gathered: Evidence) -> decide.Decided:
    return ledger.admit(ledger.read(gathered.community), gathered)


def learners_at(rows: Files, provider: str, many: int) -> list[str]:
    """Learners who have never been anywhere else."""
    places = rows["enrolments"].groupby("learner_id")["provider_id"].agg(set)
    own = [name for name, where in places.items() if where == {provider}]
    tested = rows["observations"].query("year == 2025 and measure == 'attendance'")["learner_id"]
    own = [name for name in own if name in set(tested)]
    assert len(own) >= many
    return own[:many]


def turned(rows: Files, who: list[str]) -> Files:
    """Their attendance of the latest year is the other one."""
    table = rows["observations"].copy()
    own = table["learner_id"].isin(who) & table["year"].eq(2025) & table["measure"].eq("attendance")
    assert own.sum() == len(who)
    table.loc[own, "value"] = [0.5 if value == 0.95 else 0.95 for value in table.loc[own, "value"]]
    return {**rows, "observations": table}


def gone(rows: Files, who: list[str]) -> Files:
    """They are in none of the files any more."""
    return {
        name: table[~table["learner_id"].isin(who)] if "learner_id" in table else table
        for name, table in rows.items()
    }


def come(rows: Files, who: list[str]) -> Files:
    """Others have come who are as they are."""
    return {
        name: pd.concat(
            [
                table,
                table[table["learner_id"].isin(who)].assign(
                    learner_id=lambda own: "x" + own["learner_id"]
                ),
            ]
        )
        if "learner_id" in table
        else table
        for name, table in rows.items()
    }


@pytest.mark.usefixtures("no_audit")
def test_the_same_data_may_be_published_again_in_the_same_numbers_without_another_audit(
    out: Published,
) -> None:
    again = evidence.gather(out.folder)
    ready = release.seal(again, before=admitted(again))
    assert ready.about == out.ready.about
    assert list(ready.tables) == list(out.ready.tables)
    for name, table in ready.tables.items():
        pd.testing.assert_frame_equal(table, out.ready.tables[name], check_dtype=False)


@pytest.mark.usefixtures("no_audit")
def test_a_providers_report_may_follow_and_says_the_same_of_everybody(out: Published) -> None:
    own = release.seal(out.gathered, provider="P2", before=admitted(out.gathered))
    both = own.tables["cells"].merge(out.ready.tables["cells"], on=cells.DEFINITION)
    assert len(both) > 20
    for name in ("n", "n_success", "mark"):
        pd.testing.assert_series_equal(both[f"{name}_x"], both[f"{name}_y"], check_names=False)


@pytest.mark.parametrize("change", [turned, gone, come])
@pytest.mark.parametrize("many", [1, 5, 19])
def test_a_few_learners_who_differ_are_refused_by_provider_and_release(
    out: Published, tmp_path: Path, change: Callable[[Files, list[str]], Files], many: int
) -> None:
    who = learners_at(out.rows, "P1", many)
    gathered = next_year(out, tmp_path, change(out.rows, who))
    with pytest.raises(ReleaseError) as refused:
        admitted(gathered)
    said = str(refused.value)
    assert "fewer than 20 learners differ at P1 from" in said
    assert out.ready.about["fingerprint"] in said
    assert f"--withdraw {out.ready.about['fingerprint']}" in said
    assert "at least 20 learners at every provider" in said
    # How many differ, and who, would be half of what must not be told.
    assert not re.search(rf"\b{many}\b(?! learners differ)", said.replace("at least 20", ""))
    assert not [name for name in who if name in said or alias(name) in said]


@pytest.mark.parametrize("change", [turned, gone, come])
def test_twenty_learners_who_differ_are_enough(
    out: Published, tmp_path: Path, change: Callable[[Files, list[str]], Files]
) -> None:
    gathered = next_year(out, tmp_path, change(out.rows, learners_at(out.rows, "P1", 20)))
    # None of the earlier numbers is about the same learners.
    assert admitted(gathered).cells.empty


def test_every_provider_counts_by_itself(out: Published, tmp_path: Path) -> None:
    who = [*learners_at(out.rows, "P1", 25), *learners_at(out.rows, "P2", 3)]
    with pytest.raises(ReleaseError, match=r"differ at P2 from"):
        admitted(next_year(out, tmp_path, turned(out.rows, who)))
    who = [*learners_at(out.rows, "P1", 2), *learners_at(out.rows, "P2", 3)]
    with pytest.raises(ReleaseError, match=r"differ at P1, P2 from"):
        admitted(next_year(out, tmp_path, turned(out.rows, who)))


def test_how_many_have_to_differ_can_be_set(out: Published, tmp_path: Path) -> None:
    settings = SETTINGS + "[settings]\nsmallest_change = 4\n"
    for many, fits in ((3, False), (4, True)):
        rows = turned(out.rows, learners_at(out.rows, "P1", many))
        gathered = next_year(out, tmp_path / str(many), rows, settings)
        if fits:
            admitted(gathered)
        else:
            with pytest.raises(ReleaseError, match="fewer than 4 learners"):
                admitted(gathered)


def year_more(rows: Files) -> Files:
    """The same files a year later: who was there is one year level higher, some have come back."""
    added = {}
    places = rows["enrolments"]
    away = places[(places["year"] == 2024) & ~places["learner_id"].isin(
        places.loc[places["year"] == 2025, "learner_id"]
    )]  # fmt: skip
    assert len(away) > 5
    for name in ("enrolments", "observations"):
        last = rows[name][rows[name]["year"] == 2025]
        later = last.assign(year=2026, year_level=last["year_level"] + 1)
        later.loc[later["year_level"] > 8, "provider_id"] = "S1"
        later = later[later.get("measure", pd.Series("", later.index)) != "reading_judgement"]
        added[name] = pd.concat([rows[name], later])
    back = away.assign(year=2026, year_level=away["year_level"] + 2, provider_id="S1")
    return {**rows, **added, "enrolments": pd.concat([added["enrolments"], back])}


def test_a_year_later_all_that_was_told_stands_as_it_was_told(
    out: Published, tmp_path: Path
) -> None:
    gathered = evidence.gather(files_beside(out, tmp_path, year_more(out.rows)))
    assert gathered.year == 2026
    before = admitted(gathered)
    told = release.told_to("public", gathered, before).decided.cells
    was = admitted(out.gathered).cells
    both = was.merge(told, how="left", on=cells.DEFINITION, indicator=True)
    # Only who was not seen again can have come back since.
    lost = both["_merge"] != "both"
    assert set(both.loc[lost, "domain"]) == {"flows"}
    assert "not_seen_again" in set(both.loc[lost, "goes_to"])
    both = both[~lost]
    for name in ("n", "n_success", "mark", "done"):
        pd.testing.assert_series_equal(both[f"{name}_x"], both[f"{name}_y"], check_names=False)
    assert len(told) > len(was)
    # And once more, now that both are known.
    ready = release.seal(gathered, before=before)
    book = ledger.added(ledger.read(gathered.community), gathered, before, ready)
    assert len(book.entries) == 2
    again = ledger.admit(book, gathered).cells
    assert not again.duplicated(cells.DEFINITION).any()
    known = again.merge(told, on=[*cells.DEFINITION, "n", "n_success", "mark", "done"])
    assert len(known) == len(told)


def test_fewer_years_of_the_same_learners_are_refused(out: Published) -> None:
    gathered = evidence.gather(out.folder, year=2024)
    with pytest.raises(ReleaseError, match=r"up to a later year.*--withdraw"):
        admitted(gathered)


@pytest.mark.parametrize("name", ["smallest_group", "smallest_count", "smallest_survey"])
def test_other_rules_for_the_same_learners_are_refused(
    out: Published, tmp_path: Path, name: str
) -> None:
    settings = SETTINGS + f"[settings]\n{name} = 12\n"
    with pytest.raises(ReleaseError, match=r"by other rules.*the settings, the key and the years"):
        admitted(next_year(out, tmp_path, out.rows, settings))


@pytest.mark.usefixtures("no_audit")
def test_a_setting_that_changes_no_number_is_free(out: Published, tmp_path: Path) -> None:
    settings = SETTINGS + "[settings]\ncandidates = 3\n"
    assert len(admitted(next_year(out, tmp_path, out.rows, settings)).cells) > 100


def test_with_another_key_the_ledger_is_not_believed(tmp_path: Path, out: Published) -> None:
    text = SETTINGS + '[privacy]\nkey_file = "../other.key"\n'
    gathered = next_year(out, tmp_path / "t", out.rows, text)
    with pytest.raises(ReleaseError, match="not the ledger as it was written with the community's"):
        ledger.read(gathered.community)


def entry_of(stored: dict[str, Any]) -> dict[str, Any]:
    return stored["entries"][0]


def other_count(stored: dict[str, Any]) -> None:
    entry_of(stored)["cells"]["rows"][0][11] = 99


TAMPERED: dict[str, Callable[[dict[str, Any]], object]] = {
    "a number": other_count,
    "withdrawn": lambda stored: entry_of(stored)["releases"][0].update(withdrawn=True),
    "people": lambda stored: entry_of(stored)["people"].pop("P1"),
    "no entry": lambda stored: stored.update(entries=[]),
    "other seal": lambda stored: stored.update(seal="0" * 64),
    "seal of letters": lambda stored: stored.update(seal="ā"),
    "no text": lambda stored: stored.update(seal=5),
    "no seal": lambda stored: stored.pop("seal"),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_ledger_that_somebody_has_changed_is_refused(
    out: Published, tmp_path: Path, how: str
) -> None:
    gathered = out.gathered
    stored = json.loads((out.folder / ledger.FILE).read_text(encoding="utf-8"))
    TAMPERED[how](stored)
    (tmp_path / ledger.FILE).write_text(json.dumps(stored), encoding="utf-8")
    community = dataclasses.replace(gathered.community, folder=tmp_path)
    with pytest.raises(ReleaseError, match=r"release-ledger\.json: .*Put the ledger"):
        ledger.read(community)


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b'{"entries": [], "seal": ""}']
)
def test_a_ledger_that_is_not_whole_is_refused(out: Published, tmp_path: Path, text: bytes) -> None:
    (tmp_path / ledger.FILE).write_bytes(text)
    with pytest.raises(ReleaseError, match="not the ledger as it was written"):
        ledger.read(dataclasses.replace(out.gathered.community, folder=tmp_path))


def test_what_was_withdrawn_forbids_nothing(out: Published, tmp_path: Path) -> None:
    gathered = next_year(out, tmp_path, turned(out.rows, learners_at(out.rows, "P1", 5)))
    name = out.ready.about["fingerprint"]
    book = ledger.withdraw(ledger.read(gathered.community), name)
    assert book.standing() == []
    assert ledger.admit(book, gathered).cells.empty
    # It is still known.
    assert [r["withdrawn"] for r in book.entries[0]["releases"]] == [True]
    with pytest.raises(UsageError, match=rf"no release {name} .*Still out are: none"):
        ledger.withdraw(book, name)


def test_a_release_that_is_not_out_cannot_be_withdrawn(out: Published) -> None:
    with pytest.raises(UsageError, match=out.ready.about["fingerprint"]) as refused:
        ledger.withdraw(out.book, "123456abcdef")
    assert "no release 123456abcdef" in str(refused.value)


@pytest.mark.usefixtures("no_audit")
def test_as_long_as_one_of_several_is_out_the_learners_are_protected(
    out: Published, tmp_path: Path
) -> None:
    own = release.seal(out.gathered, provider="P2", before=admitted(out.gathered))
    both = ledger.added(out.book, out.gathered, admitted(out.gathered), own)
    assert [r["provider"] for r in both.entries[0]["releases"]] == ["", "P2"]
    assert len(both.entries) == 1
    book = ledger.withdraw(both, out.ready.about["fingerprint"])
    gathered = next_year(out, tmp_path, turned(out.rows, learners_at(out.rows, "P1", 5)))
    with pytest.raises(ReleaseError, match=own.about["fingerprint"]) as refused:
        ledger.admit(book, gathered)
    assert out.ready.about["fingerprint"] not in str(refused.value)


@pytest.mark.usefixtures("no_audit")
def test_a_release_that_is_made_again_is_one_release(out: Published) -> None:
    before = admitted(out.gathered)
    again = ledger.added(out.book, out.gathered, before, out.ready)
    assert again.entries == out.book.entries


@pytest.mark.usefixtures("no_audit")
def test_exact_numbers_are_not_kept_and_yet_known_to_be_out(out: Published, tmp_path: Path) -> None:
    exact = release.seal(out.gathered, audience="governance")
    empty = ledger.read(dataclasses.replace(out.gathered.community, folder=tmp_path))
    book = ledger.added(empty, out.gathered, NOTHING, exact)
    assert empty.entries == []
    [entry] = book.entries
    assert "cells" not in entry
    assert entry["releases"][0]["audience"] == "governance"
    gathered = next_year(out, tmp_path, turned(out.rows, learners_at(out.rows, "P1", 5)))
    with pytest.raises(ReleaseError, match="differ at P1"):
        ledger.admit(book, gathered)
    # Once there is a public one too, its numbers are kept beside it.
    before = admitted(out.gathered)
    more = ledger.added(book, out.gathered, before, out.ready)
    assert "cells" in more.entries[0]
    assert "cells" not in book.entries[0]


def test_the_file_tells_nothing_of_a_learner_and_is_its_owners(out: Published) -> None:
    path = out.folder / ledger.FILE
    text = path.read_text(encoding="utf-8")
    assert not [
        name for name in out.rows["learners"]["learner_id"] if name in text or alias(name) in text
    ]
    assert os.name != "posix" or path.stat().st_mode & 0o077 == 0
    hidden = {one.name for one in out.folder.iterdir() if one.name.startswith(".")}
    assert hidden <= {kept.FOLDER}


def test_a_ledger_comes_back_as_it_was_written(out: Published, tmp_path: Path) -> None:
    community = dataclasses.replace(out.gathered.community, folder=tmp_path)
    ledger.write(Book(community, out.book.entries))
    assert ledger.read(community).entries == out.book.entries
    assert (tmp_path / ledger.FILE).read_bytes() == (out.folder / ledger.FILE).read_bytes()


def test_a_folder_that_cannot_be_written_is_said(
    out: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    with pytest.raises(ReleaseError, match=r"cannot be written \(No space left.*nothing was"):
        ledger.write(out.book)


@pytest.fixture
def written(out: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Write the report of a folder, without its page."""
    monkeypatch.setattr(report, "page_of", lambda *_, **__: "a page")
    shutil.copytree(out.folder, tmp_path / "own")

    def write(**choices: Any) -> Path:
        return report.write(tmp_path / "own", out=tmp_path / "out", **choices)

    return write


@pytest.mark.usefixtures("no_audit")
def test_a_report_is_in_the_ledger_before_it_is_where_others_see_it(
    written: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(deliver, "put_in_place", broken)
    with pytest.raises(OSError, match="disk is full"):
        written(provider="P1")
    assert not (tmp_path / "out").exists()
    stored = json.loads((tmp_path / "own" / ledger.FILE).read_text(encoding="utf-8"))
    assert [one["provider"] for one in stored["entries"][0]["releases"]] == ["", "P1"]


@pytest.mark.usefixtures("no_audit")
def files_in(folder: Path) -> dict[Path, bytes]:
    """All files but the checked tables, which are kept anew."""
    found = [path for path in folder.rglob("*") if path.is_file() and kept.FOLDER not in path.parts]
    return {path: path.read_bytes() for path in found}


def test_what_is_refused_leaves_report_and_ledger_as_they_were_until_the_other_is_withdrawn(
    out: Published, written: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written()
    held = files_in(tmp_path)
    changed = turned(out.rows, learners_at(out.rows, "P1", 5))["observations"]
    changed.to_csv(tmp_path / "own" / "observations.csv", index=False)
    with pytest.raises(ReleaseError, match="differ at P1"):
        written()
    held[tmp_path / "own" / "observations.csv"] = changed.to_csv(index=False).encode()
    assert files_in(tmp_path) == held
    monkeypatch.setattr(decide.audit, "audit", lambda told, *_: Audit(told, NOTHING.looked_at))
    written(withdraw=[out.ready.about["fingerprint"]])
    stored = json.loads((tmp_path / "own" / ledger.FILE).read_text(encoding="utf-8"))
    assert [[r["withdrawn"] for r in e["releases"]] for e in stored["entries"]] == [[True], [False]]


def test_the_next_draft_is_compared_with_the_one_before_until_that_is_taken_back(
    out: Published, written: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def earlier() -> Release:
        return sealed.read(tmp_path / "out" / deliver.EARLIER)

    def beside() -> list[str]:
        stored = json.loads((tmp_path / "own" / ledger.FILE).read_text(encoding="utf-8"))
        return [one.get("beside", "") for entry in stored["entries"] for one in entry["releases"]]

    monkeypatch.setattr(decide.audit, "audit", lambda told, *_: Audit(told, NOTHING.looked_at))
    first = out.ready.about["fingerprint"]
    written()
    assert not (tmp_path / "out" / deliver.EARLIER).exists()
    changed = turned(out.rows, learners_at(out.rows, "P1", 40))["observations"]
    changed.to_csv(tmp_path / "own" / "observations.csv", index=False)
    written()
    assert earlier().about["fingerprint"] == first
    assert beside() == ["", first]
    held = files_in(tmp_path)
    written()
    again = files_in(tmp_path)
    run = tmp_path / "out" / "run.json"
    assert again.pop(run) != b"" != held.pop(run)
    assert again == held
    written(withdraw=[first])
    assert earlier().about == {"why": "withdrawn"}
    assert beside() == ["", ""]


def test_what_another_page_tells_beside_its_own_is_out_until_that_page_is_made_again(
    out: Published, tmp_path: Path
) -> None:
    first = out.ready.about["fingerprint"]
    later = next_year(out, tmp_path / "later", turned(out.rows, learners_at(out.rows, "P1", 40)))
    about = {**out.ready.about, "fingerprint": "second", "audience": "governance"}
    second = dataclasses.replace(out.ready, about=about)
    both = ledger.added(out.book, later, NOTHING, second, beside=first)
    alone = ledger.added(both, later, NOTHING, second)
    # Taken back by itself, it still stands on the page that compares with it.
    book = ledger.withdraw(both, first)
    assert book.entries[0]["releases"][0]["withdrawn"]
    near_first = next_year(out, tmp_path / "5", turned(out.rows, learners_at(out.rows, "P1", 5)))
    with pytest.raises(ReleaseError, match=r"release second .*--withdraw second"):
        ledger.admit(book, near_first)
    assert ledger.admit(ledger.withdraw(book, "second"), near_first).cells.empty
    assert ledger.admit(ledger.withdraw(alone, first), near_first).cells.empty


def test_why_an_earlier_release_may_not_be_told(out: Published) -> None:
    def against(book: Book = out.book, **about: Any) -> str:
        then = dataclasses.replace(out.ready, about={**out.ready.about, **about})
        return ledger.objection(book, then, out.ready)

    assert against() == ""
    for name in ("id", "audience", "provider"):
        assert against(**{name: "another"}) == "other"
    assert against(key="another") == "key"
    assert against(fingerprint="another") == "unknown"
    first = out.ready.about["fingerprint"]
    back = ledger.withdraw(out.book, first)
    assert against(back) == "withdrawn"
    # The same report, made once more: it is out again.
    assert against(ledger.added(back, out.gathered, NOTHING, out.ready)) == ""
    made_up = dataclasses.replace(out.ready, about={**out.ready.about, "made_up": True})
    assert ledger.objection(Book(out.book.community), made_up, made_up) == ""


@pytest.mark.usefixtures("unaudited")
def test_of_a_made_up_community_nothing_is_written_and_nothing_refused(
    out: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "page_of", lambda *_, **__: "a page")
    settings = SETTINGS + "made_up = true\n"
    for many in (0, 1):
        rows = turned(out.rows, learners_at(out.rows, "P1", many))
        folder = put(tmp_path / "made-up", rows, settings)
        report.write(folder, out=tmp_path / "out")
        assert not (folder / ledger.FILE).exists()
    gathered = evidence.gather(folder)
    ready = release.seal(gathered)
    nothing = ledger.read(gathered.community)
    book = ledger.added(nothing, gathered, NOTHING, ready)
    ledger.write(book)
    # Nor does one that lies there hold anything fast: nothing of it was audited.
    same = ledger.admit(ledger.read(gathered.community), gathered)
    assert same.cells.empty
    put(folder, out.rows, settings)
    assert admitted(evidence.gather(folder)).cells.empty


def test_a_key_is_named_and_not_told(out: Published) -> None:
    text = (out.folder / ledger.FILE).read_text(encoding="utf-8")
    keys = custody.keys(out.gathered.community)
    assert keys.id in text
    for secret in (keys.link, keys.round, keys.ledger, keys.files):
        assert secret.hex()[:12] not in text
