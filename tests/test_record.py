"""Claims are written below those that are there; nothing that stood there is lost or changed."""

from __future__ import annotations

import csv
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
from builders import counted, providers

from colanalysis import check, evidence, explore, load, propose, record, release, report
from colanalysis.errors import UsageError
from colanalysis.terms import settings

ROOT = Path(__file__).resolve().parent.parent
SAID = {
    "claim": "Reading goes well.",
    "source": "Teacher",
    "direction": "success",
    "consent": "yes",
}
HEAD = "claim,source,direction,measure,year_levels,group,provider_id,date,consent\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "community.toml").write_text('[community]\nid="t"\nname="T"\n', encoding="utf-8")
    return tmp_path


def rows(path: Path, delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def test_a_first_claim_makes_the_file(folder):
    path = record.claim(folder, **SAID)
    assert rows(path) == [
        HEAD.strip().split(","),
        ["Reading goes well.", "Teacher", "success", "", "", "", "", "", "yes"],
    ]
    assert {one.name for one in folder.iterdir()} == {"community.toml", "local_knowledge.csv"}


@pytest.mark.parametrize(
    "before",
    [
        HEAD.encode() + b'"One, two",a,hurdle,,,,,,no\n',
        b"\xef\xbb\xbf" + HEAD.encode() + b"One,a,hurdle,,,,,,no",
        HEAD.replace(",", ";").replace("\n", "\r\n").encode() + b"One;a;hurdle;;;;;;no\r\n",
        b"Direction,Claim,Source,Consent\nhurdle,One,a,\n",
    ],
    ids=["quoted", "mark and no last line end", "semicolons of Windows", "other columns"],
)
def test_what_stood_there_stays_byte_for_byte(folder, before):
    path = folder / "local_knowledge.csv"
    path.write_bytes(before)
    assert record.claim(folder, **SAID) == path
    assert path.read_bytes().startswith(before)
    delimiter = ";" if b";" in before else ","
    told = rows(path, delimiter)
    assert len(told) == 3
    by = dict(zip((name.lower() for name in told[0]), told[2], strict=True))
    assert {name: by[name] for name in SAID} == SAID
    assert path.read_bytes().count(b"\r\n") in (0, 3)


def test_what_looks_like_a_formula_is_written_as_letters(folder):
    path = record.claim(folder, **{**SAID, "claim": '=HYPERLINK("x")', "source": "@dean"})
    assert rows(path)[1][:2] == ['\'=HYPERLINK("x")', "'@dean"]


def test_a_claim_of_several_lines_is_one_row(folder):
    path = record.claim(folder, **{**SAID, "claim": 'Line one\r\n,"line two"\x00'})
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2
    assert rows(path)[1][0] == 'Line one ,"line two"'


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"claim": " "}, "nothing for claim"),
        ({"source": ""}, "nothing for source"),
        ({"direction": "sideways"}, "a direction other than"),
        ({"consent": ""}, "no answer on whether it may be told"),
        ({"measure": "reeding"}, "a measure that is not known"),
        ({"name": "x"}, "the column name"),
    ],
)
def test_what_is_lacking_is_said_and_nothing_is_written(folder, change, told):
    with pytest.raises(UsageError, match=told):
        record.claim(folder, **{**SAID, **change})
    assert not (folder / "local_knowledge.csv").exists()


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (b"claim,source,direction\nOne,a,hurdle\n", "no column consent"),
        (HEAD.encode() + b'"One,a,hurdle,,,,,,no\n', "quotation marks do not end"),
        (HEAD.encode() + b"wh\xe3,a,hurdle,,,,,,no\n", "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_added_to_stays_as_it_is(folder, before, told):
    path = folder / "local_knowledge.csv"
    path.write_bytes(before)
    with pytest.raises(UsageError, match=told):
        record.claim(folder, **SAID)
    assert path.read_bytes() == before
    assert {one.name for one in folder.iterdir()} == {"community.toml", path.name}


def test_a_workbook_is_not_touched_and_a_folder_gets_a_file_of_its_own(folder):
    (folder / "local_knowledge.xlsx").write_bytes(b"PK")
    with pytest.raises(UsageError, match=r"Save the table as local_knowledge\.csv"):
        record.claim(folder, **SAID)
    (folder / "local_knowledge.xlsx").unlink()
    (folder / "local_knowledge").mkdir()
    assert record.claim(folder, **SAID) == folder / "local_knowledge" / "from-the-form.csv"


def test_of_many_who_write_at_once_none_loses_a_row(folder):
    def write(number: int) -> int:
        for _ in range(2000):
            try:
                record.claim(folder, **{**SAID, "claim": f"Claim {number}"})
            except UsageError as error:
                assert "adding a claim at this moment" in str(error)  # noqa: PT017
            else:
                return number
        raise AssertionError("never alone")

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(write, range(12)))
    found = rows(folder / "local_knowledge.csv")[1:]
    assert sorted(row[0] for row in found) == sorted(f"Claim {number}" for number in written)


def test_a_write_that_fails_leaves_the_file_and_nothing_beside_it(folder, monkeypatch):
    path = record.claim(folder, **SAID)
    before = path.read_bytes()

    def full(*_args, **_keywords):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UsageError, match="No space left"):
        record.claim(folder, **{**SAID, "claim": "Another."})
    assert path.read_bytes() == before
    assert {one.name for one in folder.iterdir()} == {"community.toml", path.name}


def test_the_form_writes_what_was_chosen_and_says_what_is_lacking(folder):
    counts = counted({"profile": "ethnicity=Māori & gender=female"})
    places = providers()
    form = explore.claim_form(settings.read(folder), places, counts)
    *asked, button, said = form.children
    by = {one.description: one for one in asked}
    assert by["Learners"].options == ("ethnicity=Māori", "gender=female")
    button.click()
    assert "nothing for claim" in said.value
    by["Claim"].value, by["Source"].value = "Boys read at home.", "Kaumātua"
    by["Place"].value, by["May be told"].value = "P", "yes: by role"
    by["Said on"].value = pd.Timestamp("2026-03-12").date()
    button.click()
    assert "The next report has it" in said.value
    assert rows(folder / "local_knowledge.csv")[1] == [
        "Boys read at home.", "Kaumātua", "success", "", "", "", "P", "2026-03-12", "yes: by role",
    ]  # fmt: skip


def test_the_sheet_for_a_hui_is_read_without_a_problem(folder):
    shutil.copy(ROOT / "examples" / "local_knowledge_hui.csv", folder / "local_knowledge.csv")
    (folder / "providers.csv").write_text("provider_id,name,type\n1,One,primary\n", "utf-8")
    checked = check.tables(load.community(folder))
    assert checked.problems.empty
    assert len(checked.frames["local_knowledge"]) == 2


def test_a_facilitator_who_adds_a_claim_sees_it_in_the_next_report(tmp_path, public):
    place = tmp_path / "sample"
    shutil.copytree(report.SAMPLE, place)
    said = {
        "claim": "Girls have fewer chances to talk their mathematics through.",
        "source": "Numeracy leader",
        "direction": "hurdle",
        "measure": "maths_judgement",
        "year_levels": "4-6",
        "group": "gender=female",
        "date": "2025-06-10",
    }
    untold = "Girls have been told that it is not for them."
    record.claim(place, **{**said, "claim": untold}, consent="no")
    record.claim(place, **said, consent="yes: by role")
    after = release.seal(evidence.gather(place))
    card = str(propose.candidates(after))
    words = "points the same way (the data cannot say why): “Girls have fewer chances to talk their mathematics through.” (Numeracy leader, 10 June 2025)"
    assert words in card
    assert said["claim"] not in str(propose.candidates(public))
    assert untold not in card
    assert len(after.tables["knowledge"]) == len(public.tables["knowledge"]) + 2
