"""What changed since the last draft: which draft may be told, and what is said of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from colanalysis import changes, deliver, earlier, ledger, sealed
from colanalysis.sealed import Release


def changed(
    made: Release, *, about: Mapping[str, object] = MappingProxyType({}), **tables: pd.DataFrame
) -> Release:
    return dataclasses.replace(
        made, about={**made.about, **about}, tables={**made.tables, **tables}
    )


def put(ready: Release, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    ready.write(folder / "release.json")
    return folder


def words(html: object) -> str:
    return BeautifulSoup(str(html), "html.parser").get_text(" ", strip=True)


@pytest.fixture
def then(public: Release) -> Release:
    """A draft without the first two findings, in which the third succeeds less, of fewer years."""
    found = public.tables["findings"].drop(index=[0, 1])
    found["rate"] = found["rate"].where(found["rank"] != 3, 0.12)
    rows = public.tables["data"].copy()
    read = (rows["what"] == "rows_in") & (rows["table"] == "observations")
    rows.loc[read, "count"] = 12_345
    about = {
        "year": 2024,
        "fingerprint": "earlier",
        "settings": {**public.about["settings"], "smallest_gap": 0.1},
    }
    return changed(public, about=about, findings=found, data=rows)


# What is told


def test_findings_are_new_gone_or_stayed_whatever_their_rank(
    public: Release, then: Release
) -> None:
    found = public.tables["findings"]
    now = changed(
        public, findings=found.drop(index=[3]).iloc[::-1].assign(rank=range(1, len(found)))
    )
    told = changes.findings(now, then).set_index("finding")["change"]
    titles = [changes.describe.title(row, public.about) for row in found.itertuples()]
    assert set(told.index) == set(titles)
    assert {title: told[title] for title in titles[:2]} == dict.fromkeys(titles[:2], "new")
    assert told[titles[3]] == "gone"
    assert set(told[[titles[2], *titles[4:]]]) == {"stayed"}
    assert list(told.drop_duplicates()) == ["new", "gone", "stayed"]


def test_both_shares_stand_in_words(public: Release, then: Release) -> None:
    told = changes.findings(public, then)
    third = public.tables["findings"].iloc[2]
    others = f"others {third['reference_rate']:.0%}"
    row = told[told["finding"] == changes.describe.title(third, public.about)].iloc[0]
    assert (row["then"], row["now"]) == (f"12%, {others}", f"{third['rate']:.0%}, {others}")
    assert set(told.loc[told["change"] == "new", "then"]) == {changes.NONE}


def test_of_two_drafts_alike_nothing_has_changed(public: Release, tmp_path: Path) -> None:
    assert set(changes.findings(public, public)["change"]) == {"stayed"}
    assert changes.made_from(public, public).empty
    said = words(changes.since(public, str(put(public, tmp_path) / "release.json")))
    many = len(public.tables["findings"])
    assert f"{many} are still told, 0 are not told any more, and 0 are new" in said
    assert "Each of them is told with the same share." in said
    assert "as many rows, with the same settings" in said


def test_findings_alike_in_all_but_their_years_are_told_apart(public: Release) -> None:
    found = public.tables["findings"]
    twice = changed(public, findings=pd.concat([found, found.head(1).assign(year_min=2023)]))
    assert changes.findings(twice, public)["change"].value_counts().to_dict() == {
        "stayed": len(found), "new": 1,
    }  # fmt: skip


def test_what_a_draft_was_made_from_is_told_where_it_differs(
    public: Release, then: Release
) -> None:
    told = changes.made_from(public, then).set_index("what")
    now = (
        public.tables["data"].query("what == 'rows_in' and table == 'observations'")["count"].item()
    )
    assert told.loc["Years"].to_list() == ["2021–2024", "2021–2025"]
    assert told.loc["Rows read: observations"].to_list() == ["12,345", f"{now:,.0f}"]
    assert told.loc["Setting: smallest_gap"].to_list() == ["0.1", "0.05"]
    assert len(told) == 3


def test_a_yardstick_that_was_added_or_changed_is_told(public: Release) -> None:
    measures = dict(public.about["measures"])
    name, other = list(measures)[:2]
    label, label_other = measures[name]["label"], measures[other]["label"]
    before = measures | {other: measures[other] | {"success": "something else"}}
    del before[name]
    told = changes.made_from(public, changed(public, about={"measures": before})).set_index("what")
    assert told.loc[f"Yardstick: {label}", "then"] == changes.NONE
    assert told.loc[f"Yardstick: {label_other}", "then"].startswith("something else")
    assert len(told) == 2


def test_a_page_without_an_earlier_draft_has_no_such_section(public: Release) -> None:
    assert changes.since(public, "") == ""


def test_the_section_says_what_it_cannot_say(
    public: Release, then: Release, tmp_path: Path
) -> None:
    html = changes.since(public, str(put(then, tmp_path) / "release.json"))
    page = BeautifulSoup(str(html), "html.parser")
    assert page.h2.get_text() == "What changed since the last draft?"
    assert "This list cannot say which." in page.get_text()
    rows = [row.th.get_text() for row in page.table.tbody.find_all("tr")]
    assert len(rows) == 3  # two new ones and one that has moved; the others stayed as they were


# Which draft may be told


def nothing_against(_: Release) -> str:
    return ""


def test_where_nothing_lay_there_is_nothing_to_compare_with(
    public: Release, tmp_path: Path
) -> None:
    assert earlier.keep(put(public, tmp_path / "new"), tmp_path / "old", nothing_against) == ""
    assert earlier.beside(tmp_path / "new") == {}


def test_the_draft_that_lies_there_is_kept_and_stays_when_the_same_is_made_again(
    public: Release, then: Release, tmp_path: Path
) -> None:
    old, new, again = put(then, tmp_path / "old"), tmp_path / "new", tmp_path / "again"
    assert earlier.keep(put(public, new), old, nothing_against) == "earlier"
    kept = (new / deliver.EARLIER).read_bytes()
    assert kept == (old / "release.json").read_bytes()
    assert earlier.beside(new) == {"earlier": str((new / deliver.EARLIER).resolve())}
    assert earlier.keep(put(public, again), new, nothing_against) == "earlier"
    assert (again / deliver.EARLIER).read_bytes() == kept


@pytest.mark.parametrize("why", ledger.OBJECTIONS)
def test_a_draft_that_must_not_be_told_leaves_the_reason_and_no_number(
    public: Release, then: Release, tmp_path: Path, why: str
) -> None:
    old, new, again = put(then, tmp_path / "old"), tmp_path / "new", tmp_path / "again"
    assert earlier.keep(put(public, new), old, lambda _: why) == ""
    kept = new / deliver.EARLIER
    assert sealed.read(kept).tables == {}
    assert sealed.read(kept).about == {"why": why}
    said = words(changes.since(public, str(kept)))
    assert f"It is not compared with this one: {changes.WHY_NOT[why]}." in said
    # Made again, the page says so again, whatever could be said now.
    assert earlier.keep(put(public, again), new, nothing_against) == ""
    assert (again / deliver.EARLIER).read_bytes() == kept.read_bytes()


def test_a_draft_that_is_taken_back_later_is_told_no_more(
    public: Release, then: Release, tmp_path: Path
) -> None:
    old, new, again = put(then, tmp_path / "old"), tmp_path / "new", tmp_path / "again"
    earlier.keep(put(public, new), old, nothing_against)
    assert earlier.keep(put(public, again), new, lambda _: ledger.WITHDRAWN) == ""
    assert sealed.read(again / deliver.EARLIER).about == {"why": "withdrawn"}


@pytest.mark.parametrize(
    "damage", ["not json", "another format", "no tables", "a column", "a name"]
)
def test_a_draft_of_another_version_is_not_told(
    public: Release, tmp_path: Path, damage: str
) -> None:
    old, new = put(public, tmp_path / "old"), tmp_path / "new"
    path = old / "release.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    if damage == "another format":
        stored["format"] = 1
    elif damage == "no tables":
        del stored["tables"]
    elif damage == "a column":
        stored["tables"]["findings"]["columns"][0] = "place"
        stored["tables"]["findings"]["columns"][1] = "way"
    elif damage == "a name":
        del stored["about"]["first_year"]
    path.write_text("{" if damage == "not json" else json.dumps(stored), encoding="utf-8")
    assert earlier.keep(put(public, new), old, nothing_against) == ""
    assert sealed.read(new / deliver.EARLIER).about == {"why": earlier.VERSION}


def test_there_are_words_for_every_reason() -> None:
    assert set(changes.WHY_NOT) == {*ledger.OBJECTIONS, earlier.VERSION}


# How it gets to its place


def report_in(folder: Path, ready: Release, *names: str) -> Path:
    put(ready, folder)
    (folder / "tables").mkdir()
    for name in (*names, "run.json", deliver.PAGE):
        (folder / name).write_text(str(folder.name), encoding="utf-8")
    return folder


def test_nothing_of_an_earlier_report_is_left_beside_a_new_one(
    public: Release, tmp_path: Path
) -> None:
    old = report_in(tmp_path / "old", public, deliver.EARLIER, deliver.ONE_PAGE, "notes.txt")
    deliver.put_in_place(report_in(tmp_path / "new", public), old)
    assert {path.name for path in old.iterdir()} == {
        "notes.txt", "release.json", "run.json", "tables", deliver.PAGE,
    }  # fmt: skip
    assert deliver.own_place(old) == old


def test_a_report_that_is_stopped_anywhere_finds_the_same_draft_again(
    public: Release, then: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace
    for files in range(1, 5):
        here = tmp_path / str(files)
        old, new = report_in(here / "old", then), report_in(here / "new", public)
        earlier.keep(new, old, nothing_against)
        left = iter(range(files))

        def stopped(path: Path, target: Path, left: Iterator[int] = left) -> Path:
            if next(left, None) is None:
                raise KeyboardInterrupt
            return replace(path, target)

        with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
            patch.setattr(Path, "replace", stopped)
            deliver.put_in_place(new, old)
        again = report_in(here / "again", public)
        assert earlier.keep(again, old, nothing_against) == "earlier", files
        draft = sealed.read(again / deliver.EARLIER)
        assert draft.about["fingerprint"] == "earlier"
